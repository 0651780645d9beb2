#include "outbreak/whole.h"

#include <math.h>

#include "outbreak/supply.h"

#define PREFETCH 24 /* steps of the shuffle from asking memory to using it */

/* The first `done` of the hosts are in their final, random order. */
struct order {
	const struct population *population;
	uint32_t *hosts;
	uint32_t done;
	uint64_t batch;
	struct random spare;
};

/* A batch of steps of Durstenfeld's shuffle (DOI 10.1145/364520.364540). With whom a place swaps
 * depends on its word only, so all of that is known before the first swap. */
static void shuffle_on(struct order *order)
{
	const struct population *population = order->population;
	uint32_t words[NOISE_WORDS + PREFETCH], *hosts = order->hosts;
	uint32_t left = population->count - order->done;
	uint32_t steps = left < NOISE_WORDS ? left : NOISE_WORDS;

	noise_words(population->seed, noise_stream(population->replica, DRAW_ORDER), order->batch++,
		    words);
	for (uint32_t i = 0; i < steps; i++)
		words[i] = order->done + i + noise_below(words[i], left - i, &order->spare);
	for (uint32_t i = 0; i < PREFETCH; i++)
		words[steps + i] = order->done;
	for (uint32_t i = 0; i < steps; i++) {
		uint32_t place = order->done + i, other = words[i], host = hosts[other];
		__builtin_prefetch(&hosts[words[i + PREFETCH]], 1);
		hosts[other] = hosts[place];
		hosts[place] = host;
	}
	order->done += steps;
}

/* All hosts by number, but those infected first in front. `chosen` is ascending, so that no place
 * it names has been used for another before. */
static void order_init(struct order *order, const struct population *population, uint32_t *hosts)
{
	*order = (struct order){ .population = population,
				 .hosts = hosts,
				 .done = population->chosen_count };
	draw_init(&order->spare, population->seed, population->replica, DRAW_ORDER_SPARE);
	for (uint32_t host = 0; host < population->count; host++)
		hosts[host] = host;
	for (uint32_t i = 0; i < population->chosen_count; i++) {
		uint32_t host = (uint32_t)population->chosen[i];
		hosts[host] = hosts[i];
		hosts[i] = host;
	}
}

static void set_first(const struct population *population, struct history *history)
{
	history->count = population->chosen_count;
	for (uint32_t i = 0; i < history->count; i++)
		history->time[i] = 0;
}

/* With latency the number of those who scan changes between infections, too. */
static double next_time(struct supply_waits *waits, const struct history *history,
			uint32_t *scanning, double pair, double targets, double latency, double now,
			double until)
{
	double left = supply_wait(waits);

	for (;;) {
		double rate = pair * *scanning * targets;
		double start =
			*scanning < history->count ? history->time[*scanning] + latency : INFINITY;
		double hit = rate > 0 ? now + left / rate : INFINITY;
		if (hit < start || start >= until)
			return hit;
		left = fmax(0, left - rate * (start - now));
		now = start;
		++*scanning;
	}
}

int whole_run(const struct population *population, const struct outbreak_worm *worm,
	      double duration, struct history *history, struct error *error)
{
	double pair = worm->rate / (double)population->world->scanned_space, now = 0;
	uint32_t scanning = worm->latency > 0 ? 0 : population->chosen_count;
	struct supply_waits waits;
	struct order order;
	int result = history_reset(history, population->count, error);

	if (result < 0)
		return result;
	supply_waits_init(&waits, population->seed, population->replica, DRAW_SPREAD);
	order_init(&order, population, history->host);
	set_first(population, history);
	history->unnamed = true;
	while (history->count > 0 && history->count < population->count) {
		double targets = population->count - history->count;
		if (worm->latency > 0)
			now = next_time(&waits, history, &scanning, pair, targets, worm->latency,
					now, duration);
		else
			now += supply_wait(&waits) / (pair * history->count * targets);
		if (now >= duration)
			break;
		if (history->count == order.done)
			shuffle_on(&order);
		history->time[history->count++] = now;
	}
	return 0;
}

int whole_name_infectors(const struct population *population, const struct outbreak_worm *worm,
			 struct history *history, struct error *error)
{
	uint32_t words[NOISE_WORDS], scanning = 0;
	struct random spare;
	int result = history->unnamed ? history_name(history, error) : 0;

	if (result < 0 || !history->unnamed)
		return result;
	history->unnamed = false;
	draw_init(&spare, population->seed, population->replica, DRAW_INFECTOR_SPARE);
	for (uint32_t i = 0; i < history->count; i++) {
		if (i % NOISE_WORDS == 0)
			noise_words(population->seed,
				    noise_stream(population->replica, DRAW_INFECTOR),
				    i / NOISE_WORDS, words);
		while (scanning < i && history->time[scanning] + worm->latency <= history->time[i])
			scanning++;
		history->infector[i] =
			i < population->chosen_count
				? HISTORY_NOBODY
				: noise_below(words[i % NOISE_WORDS], scanning, &spare);
	}
	return 0;
}
