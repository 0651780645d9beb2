/* mail - the kernel of worms that send themselves to contacts: as soon as a host starts, a message
 * goes to each entry of its address book; some are opened, after an exponential time, and infect.
 *
 * The numbers of contacts follow a power law (Newman, Forrest & Balthrop 2002, DOI
 * 10.1103/PhysRevE.66.035101); whom a book holds is uniform over the hosts that can be infected,
 * and may hold one twice. A filter is asked when a message is opened. */
#include "outbreak/loop.h"

#include <math.h>

#include "outbreak/draw.h"

static int mail_init(struct kernel *kernel, struct error *error)
{
	(void)kernel;
	(void)error;
	return 0;
}

static void mail_fini(struct kernel *kernel)
{
	(void)kernel;
}

static int mail_reset(struct kernel *kernel, bool open, struct error *error)
{
	(void)kernel;
	(void)open;
	(void)error;
	return 0;
}

static double mail_contacts(const struct outbreak_vector *vector, struct random *random)
{
	double law = pow(random_unit(random), -1 / (vector->contact_exponent - 1));

	return fmin(floor(vector->contacts * law), floor(vector->contacts_most));
}

static int mail_start(struct kernel *kernel, uint32_t host, struct error *error)
{
	struct loop *loop = kernel->loop;
	const struct population *population = loop->population;
	const struct outbreak_vector *vector = kernel->vector;
	struct random random;
	int result = 0;

	draw_init(&random, population->seed, population->replica,
		  draw_of(DRAW_CONTACTS, kernel->number));
	random.position = (uint64_t)host << 32;
	double contacts = mail_contacts(vector, &random);
	for (double i = 0; result == 0 && i < contacts; i++) {
		struct kernel_event event = { .from = host, .kernel = kernel->number };
		event.to = random_below(&random, population->count);
		bool opened = random_unit(&random) < vector->open_share;
		event.time = loop->now + vector->reading * random_exponential(&random);
		event.luck = random_unit(&random);
		if (opened)
			result = loop_push(loop, &event, error);
	}
	return result;
}

static int mail_fire(struct kernel *kernel, const struct kernel_event *event, struct error *error)
{
	bool through;

	if (loop_infected(kernel->loop, event->to))
		return 0;
	return loop_hit(kernel->loop, kernel, event->from, event->to, event->luck, &through, error);
}

const struct kernel_operations kernel_mail = { .init = mail_init,
					       .fini = mail_fini,
					       .reset = mail_reset,
					       .start = mail_start,
					       .fire = mail_fire };
