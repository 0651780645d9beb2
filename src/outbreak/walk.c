#include "outbreak/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/convoy.h"
#include "outbreak/draw.h"

/* Bits of `visited`. */
enum { VISITED_AT_FULL_PACE = 1, VISITED_LIMITED = 2 };

void walk_init(struct walk *walk, const struct population *population,
	       const struct outbreak_worm *worm)
{
	*walk = (struct walk){ .population = population, .worm = worm };
	reach_init(&walk->reach, population);
}

void walk_fini(struct walk *walk)
{
	free(walk->start_time);
	free(walk->start_address);
	free(walk->rank);
	free(walk->visited);
	free(walk->without);
	free(walk->soonest);
	free(walk->soonest_slow);
	free(walk->heap);
	reach_fini(&walk->reach);
	*walk = (struct walk){ 0 };
}

static int make_room(struct walk *walk, size_t count, struct error *error)
{
	if (count <= walk->capacity)
		return 0;
	size_t wanted = count + count / 8;
	free(walk->start_time);
	free(walk->start_address);
	free(walk->rank);
	free(walk->visited);
	free(walk->without);
	free(walk->soonest);
	free(walk->soonest_slow);
	walk->start_time = malloc(wanted * sizeof *walk->start_time);
	walk->start_address = malloc(wanted * sizeof *walk->start_address);
	walk->rank = malloc(wanted * sizeof *walk->rank);
	walk->visited = malloc(wanted * sizeof *walk->visited);
	walk->without = malloc(wanted * sizeof *walk->without);
	walk->soonest = malloc(wanted * sizeof *walk->soonest);
	walk->soonest_slow = malloc(wanted * sizeof *walk->soonest_slow);
	bool enough = walk->start_time && walk->start_address && walk->rank && walk->visited &&
		      walk->without && walk->soonest && walk->soonest_slow;
	walk->capacity = enough ? wanted : 0;
	if (walk->capacity == 0)
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
	return 0;
}

int walk_reset(struct walk *walk, const struct history *base, double until, struct history *history,
	       struct error *error)
{
	uint32_t count = walk->population->count;
	int result = make_room(walk, (size_t)count + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)count + 1, error);
	if (result == 0)
		result = history_name(history, error);
	if (result < 0)
		return result;
	walk->history = history;
	walk->heap_count = 0;
	memset(walk->visited, 0, count);
	for (uint32_t host = 0; host < count; host++) {
		walk->start_time[host] = -1;
		walk->without[host] = base ? INFINITY : 0;
	}
	for (uint32_t i = 0; base && i < base->count; i++)
		walk->without[base->host[i]] = base->time[i];
	for (uint32_t i = 0; base && i < base->count; i++)
		if (base->time[i] < until || base->infector[i] == HISTORY_NOBODY)
			walk_infect(walk, base->host[i], base->infector[i], base->time[i]);
	return 0;
}

/* Events in a binary heap; of equal times the lower walker comes first, so that the order is fixed.
 */
static bool sooner(const struct walk_event *a, const struct walk_event *b)
{
	return a->time < b->time || (a->time == b->time && a->walker < b->walker);
}

int walk_push(struct walk *walk, struct walk_event event, struct error *error)
{
	if (walk->heap_count == walk->heap_capacity) {
		size_t capacity = walk->heap_capacity ? 2 * walk->heap_capacity : 1024;
		void *larger = realloc(walk->heap, capacity * sizeof *walk->heap);
		if (!larger)
			return error_set(error, ERROR_MEMORY, "", "no memory for %zu events",
					 capacity);
		walk->heap = larger;
		walk->heap_capacity = capacity;
	}
	size_t hole = walk->heap_count++;
	while (hole > 0 && sooner(&event, &walk->heap[(hole - 1) / 2])) {
		walk->heap[hole] = walk->heap[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	walk->heap[hole] = event;
	return 0;
}

bool walk_pop(struct walk *walk, struct walk_event *event)
{
	if (walk->heap_count == 0)
		return false;
	*event = walk->heap[0];
	struct walk_event last = walk->heap[--walk->heap_count];
	size_t hole = 0;
	for (;;) {
		size_t child = 2 * hole + 1;
		if (child >= walk->heap_count)
			break;
		if (child + 1 < walk->heap_count &&
		    sooner(&walk->heap[child + 1], &walk->heap[child]))
			child++;
		if (!sooner(&walk->heap[child], &last))
			break;
		walk->heap[hole] = walk->heap[child];
		hole = child;
	}
	walk->heap[hole] = last;
	return true;
}

bool walk_is_early(const struct walk *walk, struct walk_event *event)
{
	double without = walk->without[event->target];

	if (walk_infected(walk, event->target) || event->time >= without)
		return false;
	event->time = without;
	return true;
}

uint64_t walk_choose_start(const struct population *population, double random_start, uint32_t host)
{
	uint64_t space = population->world->scanned_space;
	struct random random;

	if (random_start > 0) {
		draw_init(&random, population->seed, population->replica, DRAW_START);
		random.position = host;
		if (random_unit(&random) < random_start)
			return space > UINT32_MAX ? random_u32(&random)
						  : random_below(&random, (uint32_t)space);
	}
	return population->base[population->subnet[host]];
}

void walk_infect(struct walk *walk, uint32_t host, uint32_t infector, double time)
{
	walk->start_time[host] = time + walk->worm->latency;
	walk->start_address[host] =
		walk_choose_start(walk->population, walk->worm->random_start, host);
	walk->rank[host] = walk->history->count;
	history_add(walk->history, host, infector, time);
}

double walk_scans_before(const struct walk *walk, uint32_t walker, double time)
{
	double start = walk->start_time[walker], rate = walk->worm->rate;
	if (time <= start)
		return 0;
	double scans = floor((time - start) * rate);
	while (scans > 0 && start + scans / rate >= time)
		scans--;
	while (start + (scans + 1) / rate < time)
		scans++;
	return scans;
}

/* What happens from now on: without a remedy `effect` is NULL. */
struct rules {
	const struct effect *effect;
	double delay, until;
};

static double pace(const struct rules *rules, uint32_t walker)
{
	return rules->effect ? effect_all_speed(rules->effect, walker) : 1;
}

/* Whether somebody who finds all that this walker can find is ahead of it at `target`; else it is
 * ahead of others. */
static bool is_behind(struct walk *walk, bool slow, uint32_t target, double time)
{
	uint8_t ahead = slow ? VISITED_AT_FULL_PACE | VISITED_LIMITED : VISITED_AT_FULL_PACE;

	if ((walk->visited[target] & ahead) || time > walk->soonest[target] ||
	    (slow && time > walk->soonest_slow[target]))
		return true;
	*(slow ? &walk->soonest_slow[target] : &walk->soonest[target]) = time;
	return false;
}

/* The walker is about to scan `address` as its scan number `scans`, and `target` is whom it comes
 * to: its next event. */
static int approach(struct walk *walk, const struct rules *rules, uint32_t walker, uint32_t target,
		    uint64_t address, double scans, struct error *error)
{
	uint64_t space = walk->population->world->scanned_space;

	if (target == REACH_NOBODY)
		return 0;
	uint64_t there = walk->population->address[target];
	scans += (double)(there >= address ? there - address : there + space - address);
	double speed = pace(rules, walker);
	double time = walk_scan_time(walk->start_time[walker], scans, walk->worm->rate,
				     rules->delay, speed);
	if (time >= rules->until || is_behind(walk, speed < 1, target, time))
		return 0;
	return walk_push(walk, (struct walk_event){ time, scans, walker, target }, error);
}

static int set_out(struct walk *walk, const struct rules *rules, uint32_t walker, uint64_t address,
		   double scans, struct error *error)
{
	return approach(walk, rules, walker, reach_from(&walk->reach, walker, address), address,
			scans, error);
}

/* Whether the walker is to be forgotten at the host that it comes to; leaves its mark if not. */
static bool forgotten(struct walk *walk, const struct rules *rules, const struct walk_event *event)
{
	uint8_t *visited = &walk->visited[event->target];

	if (pace(rules, event->walker) < 1) {
		bool anybody = *visited != 0;
		*visited |= VISITED_LIMITED;
		return anybody;
	}
	bool fast = *visited & VISITED_AT_FULL_PACE;
	*visited |= VISITED_AT_FULL_PACE;
	return fast;
}

static int follow(struct walk *walk, const struct rules *rules, struct error *error)
{
	const struct population *population = walk->population;
	uint64_t space = population->world->scanned_space;
	struct walk_event event;
	int result = 0;

	while (result == 0 && walk_pop(walk, &event) && event.time < rules->until) {
		if (walk_is_early(walk, &event)) {
			result = walk_push(walk, event, error);
			continue;
		}
		if (forgotten(walk, rules, &event))
			continue;
		uint32_t host = event.target;
		bool hit = !walk_infected(walk, host);
		if (hit) {
			walk_infect(walk, host, walk->rank[event.walker], event.time);
			reach_close(&walk->reach, host);
		}
		/* It first: whom it infects is mostly behind it. */
		result = approach(walk, rules, event.walker, reach_behind(&walk->reach, host),
				  (population->address[host] + 1) % space, event.scans + 1, error);
		if (result == 0 && hit)
			result = set_out(walk, rules, host, walk->start_address[host], 1, error);
	}
	return result;
}

/* Nobody has been anywhere; those infected so far are in nobody's way. */
static int reset_visits(struct walk *walk, const struct effect *effect, struct error *error)
{
	int result = reach_reset(&walk->reach, effect, error);

	for (uint32_t host = 0; host < walk->population->count; host++)
		walk->soonest[host] = walk->soonest_slow[host] = INFINITY;
	for (uint32_t i = 0; result == 0 && i < walk->history->count; i++)
		reach_close(&walk->reach, walk->history->host[i]);
	return result;
}

int walk_run(struct walk *walk, double duration, struct history *history, struct error *error)
{
	const struct population *population = walk->population;
	struct rules rules = { .effect = NULL, .delay = INFINITY, .until = duration };
	int result = walk_reset(walk, NULL, 0, history, error);

	for (uint32_t i = 0; result == 0 && i < population->chosen_count; i++)
		walk_infect(walk, (uint32_t)population->chosen[i], HISTORY_NOBODY, 0);
	if (result == 0)
		result = reset_visits(walk, NULL, error);
	for (uint32_t i = 0; result == 0 && i < population->chosen_count; i++) {
		uint32_t host = (uint32_t)population->chosen[i];
		result = set_out(walk, &rules, host, walk->start_address[host], 1, error);
	}
	return result < 0 ? result : follow(walk, &rules, error);
}

int walk_run_with(struct walk *walk, const struct effect *effect, const struct history *base,
		  double duration, struct history *history, struct error *error)
{
	const struct remedy_candidate *candidate = effect->candidate;
	uint64_t space = walk->population->world->scanned_space;
	struct rules rules = { .effect = effect,
			       .delay = candidate->delay_seconds,
			       .until = duration };

	if (effect_any_leaks(effect))
		return convoy_run_with(walk, effect, base, duration, history, error);
	/* Until the delay all is as without; then everybody walks on, also those who were forgotten
	 * behind others: the ones ahead may be stopped now. */
	int result = walk_reset(walk, base, rules.delay, history, error);
	if (result == 0)
		result = reset_visits(walk, effect, error);
	uint32_t infected = history->count;
	for (uint32_t i = 0; result == 0 && i < infected; i++) {
		uint32_t host = history->host[i];
		double scans = walk_scans_before(walk, host, rules.delay);
		uint64_t address = (walk->start_address[host] + (uint64_t)scans) % space;
		result = set_out(walk, &rules, host, address, scans + 1, error);
	}
	return result < 0 ? result : follow(walk, &rules, error);
}
