/* side - the state of one birth process: who is infected, who scans, whom a hit may still infect.
 *
 * Hosts are grouped in compartments (the subnets where scans prefer their own, else one). Each has
 * a segment of `slot`: hosts that may be hit grow from its front, infected ones, in order, from its
 * back; so picking either at random, and moving a host, is constant time. */
#ifndef KENBI_OUTBREAK_SIDE_H
#define KENBI_OUTBREAK_SIDE_H

#include "outbreak/history.h"
#include "outbreak/population.h"
#include "outbreak/sum_tree.h"

#define SIDE_NOT_INFECTED UINT32_MAX

struct side {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	struct history *history;	     /* borrowed; what happened */
	bool local;			     /* compartments are subnets */
	size_t compartments;
	double global_pair; /* rate at which one scanning host hits one certain host anywhere */
	double *local_pair; /* per compartment: … in the own subnet, on top of that */
	uint32_t *slot;	    /* hosts */
	uint32_t *where;    /* of each host in front: its index in slot */
	uint32_t *rank;	    /* of each host: its place in history, or SIDE_NOT_INFECTED */
	uint32_t *front;    /* per compartment: how many may be hit */
	uint32_t *back;	    /* … are infected */
	uint32_t *scanning; /* … of them, past their latency */
	uint32_t scanning_total; /* the first so many of history */
	struct sum_tree targets; /* front, as weights */
	struct sum_tree inside;	 /* rate of hits by local scans; only when local */
	size_t capacity;
};

/* For worlds of `population` and this worm; both stay borrowed. */
MUST_CHECK int side_init(struct side *side, const struct population *population,
			 const struct outbreak_worm *worm, struct error *error);
void side_fini(struct side *side);
/* Nobody is infected and nobody can be hit, in the replica that `population` now holds. */
MUST_CHECK int side_reset(struct side *side, struct history *history, struct error *error);

/* The host, or every host, may be hit from now on. */
void side_expose(struct side *side, uint32_t host);
void side_expose_all(struct side *side);
/* An exposed host may not be hit any more. */
void side_hide(struct side *side, uint32_t host);
/* A host that is not exposed is infected. */
void side_infect(struct side *side, uint32_t host, uint32_t infector, double time);
/* When the next infected host starts to scan; INFINITY when all do. */
double side_next_start(const struct side *side);
/* It does. */
void side_start_next(struct side *side);
/* Hits per second on exposed hosts. */
double side_rate(const struct side *side);
/* Who hits whom when something is hit; side_rate() must be positive. */
void side_draw_pair(const struct side *side, struct random *random, uint32_t *infector,
		    uint32_t *victim);

static inline bool side_scans(const struct side *side, uint32_t host)
{
	return side->rank[host] < side->scanning_total;
}

#endif
