#include "outbreak/convoy.h"

#include <math.h>
#include <stdlib.h>

#include "outbreak/draw.h"
#include "outbreak/ring.h"

struct convoy {
	struct walk *walk;
	const struct effect *effect;
	double rate, space;
	struct ring ring; /* walkers at their place at time 0, as if they had always walked */
	double *due;	  /* of each walker: time of its event; INFINITY: none */
	uint32_t
		*open; /* of each host: the first at or after it that is not infected, by hearsay */
	struct random random;
};

static void convoy_fini(struct convoy *convoy)
{
	ring_fini(&convoy->ring);
	free(convoy->due);
	free(convoy->open);
}

static int convoy_init(struct convoy *convoy, struct walk *walk, const struct effect *effect,
		       struct error *error)
{
	const struct population *population = walk->population;
	size_t count = (size_t)population->count + 1;

	*convoy = (struct convoy){ .walk = walk,
				   .effect = effect,
				   .rate = walk->worm->rate,
				   .space = (double)population->world->scanned_space };
	draw_init(&convoy->random, population->seed, population->replica,
		  effect_draws(effect, DRAW_WALK));
	convoy->due = malloc(count * sizeof *convoy->due);
	convoy->open = malloc(count * sizeof *convoy->open);
	if (ring_init(&convoy->ring, count) < 0 || !convoy->due || !convoy->open) {
		convoy_fini(convoy);
		error_set(error, ERROR_MEMORY, "", "no memory for %zu walkers", count);
		return ERROR_MEMORY;
	}
	for (uint32_t host = 0; host < count; host++) {
		convoy->due[host] = INFINITY;
		convoy->open[host] = host;
	}
	return 0;
}

/* The first host at or after `host` that is not infected, or the number of hosts. Disjoint sets of
 * hosts that end in an open one, with path halving (Tarjan & van Leeuwen 1984,
 * DOI 10.1145/62.2160). */
static uint32_t find_open(struct convoy *convoy, uint32_t host)
{
	uint32_t *open = convoy->open;

	while (open[host] != host) {
		open[host] = open[open[host]];
		host = open[host];
	}
	return host;
}

static double modulo(double value, double space)
{
	double rest = fmod(value, space);
	return rest < 0 ? rest + space : rest;
}

/* Addresses from a walker up to the next one ahead: a whole round when it is alone, or the last of
 * a crowd that started together. */
static double gap_ahead(const struct convoy *convoy, uint32_t walker)
{
	const struct ring *ring = &convoy->ring;
	uint32_t ahead = ring->next[walker];
	double gap = ring->place[ahead] - ring->place[walker];

	return ring_before(ring, walker, ahead) ? gap : gap + convoy->space;
}

static double scan_time(const struct convoy *convoy, uint32_t walker, double scans)
{
	return walk_scan_time(convoy->walk->start_time[walker], scans, convoy->rate, INFINITY, 1);
}

/* The walker meets `target` in its scan number `scans`, not before `now`. */
static int set_due(struct convoy *convoy, uint32_t walker, uint32_t target, double scans,
		   double now, struct error *error)
{
	double time = fmax(scan_time(convoy, walker, scans), now);

	if (time >= convoy->due[walker])
		return 0;
	convoy->due[walker] = time;
	return walk_push(convoy->walk, (struct walk_event){ time, scans, walker, target }, error);
}

/* The walker is about to scan `address`, as its scan number `scans`: its next event is at the first
 * open host, unless the next walker gets there before it. The half address allows for rounding; a
 * needless event does no harm. */
static int look_ahead(struct convoy *convoy, uint32_t walker, uint64_t address, double scans,
		      struct error *error)
{
	const struct population *population = convoy->walk->population;
	uint32_t count = population->count;
	uint64_t space = population->world->scanned_space;
	uint32_t target = population_host_from(population, address);

	if (find_open(convoy, target) == count)
		target = 0;
	target = find_open(convoy, target);
	if (target == count)
		return 0;
	uint64_t there = population->address[target];
	double distance = (double)(there >= address ? there - address : there + space - address);
	if (distance > gap_ahead(convoy, walker) + 0.5)
		return 0;
	return set_due(convoy, walker, target, scans + distance, 0, error);
}

/* The walker makes its first scan: it joins the ring. */
static int join(struct convoy *convoy, uint32_t walker, double now, struct error *error)
{
	const struct walk *walk = convoy->walk;
	uint64_t address = walk->start_address[walker];
	double start = walk->start_time[walker];

	ring_insert(&convoy->ring, walker,
		    modulo((double)address - modulo(start * convoy->rate, convoy->space),
			   convoy->space));
	if (now <= start + 1 / convoy->rate) /* its very first scan */
		return look_ahead(convoy, walker, address, 1, error);
	double scans = walk_scans_before(walk, walker, now);
	address = (address + (uint64_t)scans) % walk->population->world->scanned_space;
	return look_ahead(convoy, walker, address, scans + 1, error);
}

/* Host `target` has escaped `walker`: the next that it meets is the walker behind. */
static int hand_back(struct convoy *convoy, uint32_t walker, uint32_t target, double now,
		     struct error *error)
{
	const struct walk *walk = convoy->walk;
	uint32_t behind = convoy->ring.previous[walker];
	double there = (double)walk->population->address[target];
	double start = walk->start_time[behind];

	if (behind == walker)
		return 0;
	/* Its scan of that address, in the round that comes next. */
	double first = modulo(there - (double)walk->start_address[behind], convoy->space) + 1;
	double lap = round(((now - start) * convoy->rate + gap_ahead(convoy, behind) - first) /
			   convoy->space);
	return set_due(convoy, behind, target, first + fmax(lap, 0) * convoy->space, now, error);
}

static int attempt(struct convoy *convoy, const struct walk_event *event, struct error *error)
{
	struct walk *walk = convoy->walk;
	const struct population *population = walk->population;
	uint32_t walker = event->walker, target = event->target;

	if (walk_infected(walk, target))
		return 0;
	double chance =
		effect_all_immune(convoy->effect, target)
			? 0
			: effect_all_reach(convoy->effect, population->subnet[walker], target);
	if (chance < 1 && random_unit(&convoy->random) >= chance)
		return hand_back(convoy, walker, target, event->time, error);
	walk_infect(walk, target, walk->rank[walker], event->time);
	convoy->open[target] = target + 1;
	return walk_push(walk,
			 (struct walk_event){ walk->start_time[target], 0, target, WALK_START },
			 error);
}

static int follow(struct convoy *convoy, double until, struct error *error)
{
	struct walk *walk = convoy->walk;
	const struct population *population = walk->population;
	uint64_t space = population->world->scanned_space;
	struct walk_event event;
	int result = 0;

	while (result == 0 && walk_pop(walk, &event) && event.time < until) {
		if (event.target == WALK_START) {
			result = join(convoy, event.walker, event.time, error);
			continue;
		}
		if (event.time != convoy->due[event.walker])
			continue; /* a sooner one took its place */
		if (walk_is_early(walk, &event)) {
			convoy->due[event.walker] = event.time;
			result = walk_push(walk, event, error);
			continue;
		}
		convoy->due[event.walker] = INFINITY;
		result = attempt(convoy, &event, error);
		if (result == 0)
			result = look_ahead(convoy, event.walker,
					    (population->address[event.target] + 1) % space,
					    event.scans + 1, error);
	}
	return result;
}

int convoy_run_with(struct walk *walk, const struct effect *effect, const struct history *base,
		    double duration, struct history *history, struct error *error)
{
	double delay = effect->candidate->delay_seconds;
	struct convoy convoy;
	int result = convoy_init(&convoy, walk, effect, error);

	if (result < 0)
		return result;
	result = walk_reset(walk, base, delay, history, error);
	/* With several filters in a row each hit is drawn anew for all of them: whom the base
	 * spared by chance may be hit. */
	for (uint32_t host = 0; result == 0 && effect->also && host < walk->population->count;
	     host++)
		walk->without[host] = 0;
	for (uint32_t i = 0; result == 0 && i < history->count; i++) {
		uint32_t host = history->host[i];
		convoy.open[host] = host + 1;
		result = walk_push(walk,
				   (struct walk_event){ fmax(delay, walk->start_time[host]), 0,
							host, WALK_START },
				   error);
	}
	if (result == 0)
		result = follow(&convoy, duration, error);
	convoy_fini(&convoy);
	return result;
}
