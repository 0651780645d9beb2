/* list - the kernel of hit lists: addresses that the worm's author knew before (Staniford, Paxson &
 * Weaver 2002). Those infected first share the list; a host goes through its part at an even pace,
 * and hands half of what is left to whom it infects. Where its part is used up it starts to scan in
 * the worm's other ways.
 *
 * On the list are hosts that can be infected, at random; a part that a cleaned host holds is lost.
 */
#include "outbreak/loop.h"

#include <stdlib.h>

#include "outbreak/binomial.h"
#include "outbreak/draw.h"

/* Of each host: entries first … end - 1 are still to be scanned. */
struct list_part {
	double begin;
	uint32_t first, end;
};

struct list {
	uint64_t *entries; /* hosts */
	uint32_t count;
	struct list_part *parts;
	size_t capacity;
};

static int list_init(struct kernel *kernel, struct error *error)
{
	kernel->state = calloc(1, sizeof(struct list));
	return kernel->state ? 0 : error_set(error, ERROR_MEMORY, "", "no memory for a kernel");
}

static void list_fini(struct kernel *kernel)
{
	struct list *list = kernel->state;

	if (list) {
		free(list->entries);
		free(list->parts);
	}
	free(list);
	kernel->state = NULL;
}

static int list_make_room(struct list *list, size_t count, struct error *error)
{
	if (count <= list->capacity)
		return 0;
	size_t wanted = count + count / 8;
	free(list->entries);
	free(list->parts);
	list->entries = malloc(wanted * sizeof *list->entries);
	list->parts = malloc(wanted * sizeof *list->parts);
	list->capacity = list->entries && list->parts ? wanted : 0;
	return list->capacity
		       ? 0
		       : error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
}

static int list_reset(struct kernel *kernel, bool open, struct error *error)
{
	const struct population *population = kernel->loop->population;
	struct list *list = kernel->state;
	struct random random;
	int result = list_make_room(list, (size_t)population->count + 1, error);

	(void)open;
	if (result < 0)
		return result;
	list->count = kernel->vector->list_size < population->count ? kernel->vector->list_size
								    : population->count;
	draw_init(&random, population->seed, population->replica,
		  draw_of(DRAW_LIST, kernel->number));
	subset_draw(&random, population->count, list->count, list->entries);
	for (uint32_t i = list->count; i > 1; i--) {
		uint32_t other = random_below(&random, i);
		uint64_t entry = list->entries[other];
		list->entries[other] = list->entries[i - 1];
		list->entries[i - 1] = entry;
	}
	for (uint32_t host = 0; host < population->count; host++)
		list->parts[host] = (struct list_part){ 0 };
	for (uint64_t i = 0; i < population->chosen_count; i++) {
		struct list_part *part = &list->parts[population->chosen[i]];
		part->first = (uint32_t)(i * list->count / population->chosen_count);
		part->end = (uint32_t)((i + 1) * list->count / population->chosen_count);
	}
	return 0;
}

/* The host's next entry, its scan number `scan`. */
static int list_go_on(struct kernel *kernel, uint32_t host, uint64_t scan, struct error *error)
{
	const struct population *population = kernel->loop->population;
	const struct list *list = kernel->state;
	const struct list_part *part = &list->parts[host];

	if (part->first == part->end)
		return loop_start_rest(kernel->loop, host, error);
	struct kernel_event event = { .time = loop_scan_time(kernel->loop, host, part->begin,
							     (double)scan, loop_rate(kernel, host)),
				      .luck = draw_at(population->seed, population->replica,
						      draw_of(DRAW_LUCK, kernel->number),
						      (uint64_t)host << 32 | (uint32_t)scan),
				      .count = scan,
				      .from = host,
				      .to = (uint32_t)list->entries[part->first],
				      .kernel = kernel->number };
	return loop_push(kernel->loop, &event, error);
}

static int list_start(struct kernel *kernel, uint32_t host, struct error *error)
{
	struct list *list = kernel->state;

	list->parts[host].begin = kernel->loop->now;
	return list_go_on(kernel, host, 1, error);
}

static int list_fire(struct kernel *kernel, const struct kernel_event *event, struct error *error)
{
	struct loop *loop = kernel->loop;
	struct list *list = kernel->state;
	struct list_part *part = &list->parts[event->from];
	bool infected = loop_infected(loop, event->to), through = false;
	int result = 0;

	if (loop->state[event->from] & LOOP_STOPPED)
		return 0;
	part->first++;
	if (!infected)
		result = loop_hit(loop, kernel, event->from, event->to, event->luck, &through,
				  error);
	if (result < 0)
		return result;
	if (through) {
		struct list_part *taken = &list->parts[event->to];
		uint32_t half = (part->end - part->first) / 2;
		taken->first = part->end - half;
		taken->end = part->end;
		part->end -= half;
	}
	return list_go_on(kernel, event->from, event->count + 1, error);
}

const struct kernel_operations kernel_list = { .init = list_init,
					       .fini = list_fini,
					       .reset = list_reset,
					       .start = list_start,
					       .fire = list_fire };
