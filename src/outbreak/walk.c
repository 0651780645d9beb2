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
}

void walk_fini(struct walk *walk)
{
	free(walk->start_time);
	free(walk->start_address);
	free(walk->rank);
	free(walk->visited);
	free(walk->without);
	free(walk->heap);
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
	walk->start_time = malloc(wanted * sizeof *walk->start_time);
	walk->start_address = malloc(wanted * sizeof *walk->start_address);
	walk->rank = malloc(wanted * sizeof *walk->rank);
	walk->visited = malloc(wanted * sizeof *walk->visited);
	walk->without = malloc(wanted * sizeof *walk->without);
	bool enough = walk->start_time && walk->start_address && walk->rank && walk->visited &&
		      walk->without;
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

uint32_t walk_host_from(const struct walk *walk, uint64_t address)
{
	const struct population *population = walk->population;
	uint32_t low = 0, high = population->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (population->address[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low == population->count ? 0 : low;
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
	double delay;
};

static double pace(const struct rules *rules, uint32_t walker)
{
	return rules->effect ? effect_all_speed(rules->effect, walker) : 1;
}

static bool reachable(const struct walk *walk, const struct rules *rules, uint32_t walker,
		      uint32_t host)
{
	const uint32_t *subnet = walk->population->subnet;
	return !rules->effect ||
	       effect_all_reach_subnet(rules->effect, subnet[walker], subnet[host]) > 0;
}

/* Moves on from `*host` (it is included) to the first host that no filter at a subnet or provider
 * keeps from the walker, whole subnets at a time. False when there is none. */
static bool skip_unreachable(const struct walk *walk, const struct rules *rules, uint32_t walker,
			     uint32_t *host)
{
	const struct population *population = walk->population;

	for (size_t tried = 0; tried <= population->world->subnet_count; tried++) {
		if (reachable(walk, rules, walker, *host))
			return true;
		uint32_t next = population->first[population->subnet[*host] + 1];
		*host = next == population->count ? 0 : next;
	}
	return false;
}

/* The walker is about to scan `address` as its scan number `scans`: its next event. */
static int schedule(struct walk *walk, const struct rules *rules, uint32_t walker, uint64_t address,
		    double scans, struct error *error)
{
	uint64_t space = walk->population->world->scanned_space;
	uint32_t target = walk_host_from(walk, address);

	if (!skip_unreachable(walk, rules, walker, &target))
		return 0;
	uint64_t there = walk->population->address[target];
	scans += (double)(there >= address ? there - address : there + space - address);
	double time = walk_scan_time(walk->start_time[walker], scans, walk->worm->rate,
				     rules->delay, pace(rules, walker));
	if (time == INFINITY)
		return 0;
	return walk_push(walk, (struct walk_event){ time, scans, walker, target }, error);
}

/* Whether somebody who finds all that this walker can find is ahead of it; leaves its mark if not.
 */
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

static int follow(struct walk *walk, const struct rules *rules, double until, struct error *error)
{
	const struct population *population = walk->population;
	uint64_t space = population->world->scanned_space;
	struct walk_event event;
	int result = 0;

	while (result == 0 && walk_pop(walk, &event) && event.time < until) {
		if (walk_is_early(walk, &event)) {
			result = walk_push(walk, event, error);
			continue;
		}
		if (forgotten(walk, rules, &event))
			continue;
		uint32_t host = event.target;
		if (!walk_infected(walk, host) &&
		    !(rules->effect && effect_all_immune(rules->effect, host))) {
			walk_infect(walk, host, walk->rank[event.walker], event.time);
			result = schedule(walk, rules, host, walk->start_address[host], 1, error);
		}
		uint64_t next = (population->address[host] + 1) % space;
		if (result == 0)
			result = schedule(walk, rules, event.walker, next, event.scans + 1, error);
	}
	return result;
}

int walk_run(struct walk *walk, double duration, struct history *history, struct error *error)
{
	const struct population *population = walk->population;
	struct rules rules = { .effect = NULL, .delay = INFINITY };
	int result = walk_reset(walk, NULL, 0, history, error);

	for (uint32_t i = 0; result == 0 && i < population->chosen_count; i++) {
		uint32_t host = (uint32_t)population->chosen[i];
		walk_infect(walk, host, HISTORY_NOBODY, 0);
		result = schedule(walk, &rules, host, walk->start_address[host], 1, error);
	}
	return result < 0 ? result : follow(walk, &rules, duration, error);
}

int walk_run_with(struct walk *walk, const struct effect *effect, const struct history *base,
		  double duration, struct history *history, struct error *error)
{
	const struct remedy_candidate *candidate = effect->candidate;
	uint64_t space = walk->population->world->scanned_space;
	struct rules rules = { .effect = effect, .delay = candidate->delay_seconds };

	if (effect_any_leaks(effect))
		return convoy_run_with(walk, effect, base, duration, history, error);
	/* Until the delay all is as without; then everybody walks on, also those who were forgotten
	 * behind others: the ones ahead may be stopped now. */
	int result = walk_reset(walk, base, rules.delay, history, error);
	uint32_t infected = history->count;
	for (uint32_t i = 0; result == 0 && i < infected; i++) {
		uint32_t host = history->host[i];
		double scans = walk_scans_before(walk, host, rules.delay);
		uint64_t address = (walk->start_address[host] + (uint64_t)scans) % space;
		result = schedule(walk, &rules, host, address, scans + 1, error);
	}
	return result < 0 ? result : follow(walk, &rules, duration, error);
}
