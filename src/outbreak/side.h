/* side - the state of one birth process: who is infected, who scans, whom a hit may still infect.
 *
 * Targets are numbered as suits the process: by host where nothing is done, by their place in the
 * base history where that is followed. They are grouped in compartments (the subnets where scans
 * prefer their own, else one). Each compartment has a segment of `slot`: targets that may be hit
 * grow from its front; where scans are local, its infected, by their place in history, grow from
 * its back. So picking either at random is constant time, and memory is touched as little as can
 * be: its latency is what an infection costs. */
#ifndef KENBI_OUTBREAK_SIDE_H
#define KENBI_OUTBREAK_SIDE_H

#include "outbreak/history.h"
#include "outbreak/population.h"
#include "outbreak/sum_tree.h"

struct side {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	struct history *history;	     /* borrowed; what happened */
	const struct history *base; /* borrowed; targets are its entries; NULL: they are hosts */
	bool local;		    /* compartments are subnets */
	size_t compartments;
	double global_pair; /* rate at which one scanning host hits one certain target anywhere */
	double *local_pair; /* per compartment: … in the own subnet, on top of that */
	uint32_t *slot;
	uint32_t *rank;	 /* with base: of each target, its place in history, or SIDE_NOT_INFECTED */
	uint32_t *front; /* per compartment: how many may be hit */
	uint32_t *back;	 /* … are infected */
	uint32_t *scanning;	 /* … of them, past their latency */
	uint32_t scanning_total; /* the first so many of history */
	struct sum_tree targets; /* front, as weights; only when local */
	struct sum_tree inside;	 /* rate of hits by local scans; only when local */
	size_t capacity;
};
#define SIDE_NOT_INFECTED UINT32_MAX

/* For worlds of `population` and this worm; both stay borrowed. */
MUST_CHECK int side_init(struct side *side, const struct population *population,
			 const struct outbreak_worm *worm, struct error *error);
void side_fini(struct side *side);
/* Nobody is infected, in the replica that `population` now holds. Without `base` everybody can be
 * hit, and with it nobody. */
MUST_CHECK int side_reset(struct side *side, const struct history *base, struct history *history,
			  struct error *error);

/* The target may be hit from now on. */
void side_expose(struct side *side, uint32_t target);
/* A target that was never exposed, or was taken, is infected. `infector` is its place in history.
 */
void side_infect(struct side *side, uint32_t target, uint32_t infector, double time);
/* Takes the target at an index of `slot`: it can no longer be hit. */
uint32_t side_take(struct side *side, uint32_t index);
/* When the next infected host starts to scan; INFINITY when all do. */
double side_next_start(const struct side *side);
/* It does. */
void side_start_next(struct side *side);
/* Hits per second on exposed targets. */
double side_rate(const struct side *side);
/* Who (place in history) hits what (index of slot) when something is hit; side_rate() must be
 * positive. */
void side_draw_hit(const struct side *side, struct random *random, uint32_t *infector,
		   uint32_t *index);

static inline uint32_t side_host(const struct side *side, uint32_t target)
{
	return side->base ? side->base->host[target] : target;
}

#endif
