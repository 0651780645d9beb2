/* walk - outbreaks of worms that scan sequentially: each infected host walks upwards through the
 * addresses, from the first one of its subnet (or a random one), one address every 1 / rate
 * seconds, and around at the end.
 *
 * All walk at the same pace, so of two walkers the one behind never finds a host that the one ahead
 * could have found: of those who come to the same host that can be infected all but the first can
 * be forgotten, and hosts that cannot be are jumped over (reach.h). The cost is a few events per
 * infection. Where a filter lets a part of the attacks through, the one behind does matter, and
 * convoy.h takes over. A rate limit makes two paces: the slow are forgotten behind anybody, the
 * fast behind the fast.
 *
 * The walk of a host is a function of replica, host and the time of its infection, and a remedy
 * only stops or slows walkers: nobody is infected sooner with it than without. */
#ifndef KENBI_OUTBREAK_WALK_H
#define KENBI_OUTBREAK_WALK_H

#include <math.h>

#include "outbreak/effect.h"
#include "outbreak/history.h"
#include "outbreak/reach.h"

struct walk_event {
	double time;
	double scans; /* of the walker, this one included */
	uint32_t walker;
	uint32_t target; /* host whose address is scanned, or WALK_START */
};
#define WALK_START UINT32_MAX

/* Memory of one run; used again by the next. */
struct walk {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	struct history *history;	     /* borrowed */
	double *start_time; /* of each infected host: when it starts to scan; -1: not infected */
	uint64_t *start_address; /* of each infected host */
	uint32_t *rank;		 /* of each infected host: its place in history */
	uint8_t *visited;	 /* of each host: by whom; see walk.c */
	double *without; /* of each host: when the base has it infected, not to be sooner; INFINITY:
			    never; 0: no matter */
	/* Of each host: when the first at full pace, and the first of the slow, that are in the
	 * heap come. */
	double *soonest, *soonest_slow;
	struct reach reach;
	struct walk_event *heap;
	size_t heap_count, heap_capacity, capacity;
};

void walk_init(struct walk *walk, const struct population *population,
	       const struct outbreak_worm *worm);
void walk_fini(struct walk *walk);

/* The outbreak without remedy, up to `duration` seconds, into `history`. */
MUST_CHECK int walk_run(struct walk *walk, double duration, struct history *history,
			struct error *error);
/* The outbreak that `base` tells, with the remedy. */
MUST_CHECK int walk_run_with(struct walk *walk, const struct effect *effect,
			     const struct history *base, double duration, struct history *history,
			     struct error *error);

/* When a walker that started at `start` makes its scan number `scans`. From a remedy's delay on,
 * `speed` multiplies its pace. Whoever walks computes it by this one expression: the same scan has
 * the same time, to the last bit, whatever else is simulated beside it. */
static inline double walk_scan_time(double start, double scans, double rate, double delay,
				    double speed)
{
	double time = start + scans / rate;

	if (speed >= 1 || time <= delay)
		return time;
	if (speed <= 0)
		return INFINITY;
	double before = delay > start ? (delay - start) * rate : 0;
	return fmax(delay, start) + (scans - before) / (rate * speed);
}

/* Where a host's walk starts: a uniform address with chance `random_start`, or the first one of the
 * own subnet. */
uint64_t walk_choose_start(const struct population *population, double random_start, uint32_t host);

/* For convoy.c. */
/* Empties the walk, and infects whom `base` has infected before `until`. */
MUST_CHECK int walk_reset(struct walk *walk, const struct history *base, double until,
			  struct history *history, struct error *error);
/* `infector` is its place in history. */
void walk_infect(struct walk *walk, uint32_t host, uint32_t infector, double time);
static inline bool walk_infected(const struct walk *walk, uint32_t host)
{
	return walk->start_time[host] >= 0;
}
MUST_CHECK int walk_push(struct walk *walk, struct walk_event event, struct error *error);
bool walk_pop(struct walk *walk, struct walk_event *event);
/* Whether the event on a host that is not infected would be sooner than its infection in the base.
 * That is never so but by rounding, where walks that began apart meet at one instant: the event is
 * moved to the base's time, and forgotten where that is past the end. */
bool walk_is_early(const struct walk *walk, struct walk_event *event);
/* How many scans before `time` an unlimited walker has made. */
double walk_scans_before(const struct walk *walk, uint32_t walker, double time);

#endif
