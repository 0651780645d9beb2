/* side - the state of one birth process: who is infected, who scans, whom a hit may still infect.
 *
 * Targets are numbered as suits the process: by host where nothing is done, by their place in the
 * base history where that is followed. They are grouped in compartments, so that all hosts of one
 * are treated alike: subnets where scans prefer their own; the subnets or providers that a filter
 * tells apart; else the two halves that the remedy makes of all hosts. What happens at rates that
 * differ by compartment is drawn in proportion to them: hits that a remedy is bound to stop are not
 * looked at.
 *
 * A compartment has a segment of `slot`: targets that may be hit grow from its front; where there
 * are several, its infected, by their place in history, grow from its back. So picking either at
 * random is constant time, and memory is touched as little as can be: its latency is what an
 * infection costs. */
#ifndef KENBI_OUTBREAK_SIDE_H
#define KENBI_OUTBREAK_SIDE_H

#include "outbreak/effect.h"
#include "outbreak/history.h"
#include "outbreak/sum_tree.h"

#define SIDE_NOT_INFECTED UINT32_MAX

enum side_grouping { SIDE_HALVES, SIDE_SUBNETS, SIDE_PROVIDERS };

struct side {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	struct history *history;	     /* borrowed; what happened */
	const struct history *base;	     /* borrowed; targets are its entries; NULL: hosts */
	const struct effect *effect;	     /* borrowed; with base: the remedy */
	enum side_grouping grouping;
	size_t compartments;
	double global_pair;  /* rate at which a scanning host hits a certain target anywhere */
	double apart[2][2];  /* what remains of it from one half on the other */
	bool exact;	     /* rates hold all that the remedy does; else hits are to be decided */
	uint8_t *half;	     /* of each compartment: the remedy covers it */
	double *inside_pair; /* of each: what scanning hosts in it add to that, on targets in it */
	uint32_t *first;     /* of each: where its segment starts; one more: the end */
	uint32_t *front;     /* … how many may be hit */
	uint32_t *back;	     /* … are infected */
	uint32_t *scanning;  /* … of them, past their latency */
	uint32_t scanning_total; /* the first so many of history */
	uint32_t *slot;
	uint32_t *rank; /* with base: of each target, its place in history, or SIDE_NOT_INFECTED */
	struct sum_tree targets[2]; /* front of the compartments of each half */
	struct sum_tree sources[2]; /* … scanning */
	struct sum_tree inside;	    /* rate of what inside_pair adds */
	size_t capacity;
};

/* A hit: who (place in history) hits what (index of slot). */
struct side_hit {
	uint32_t infector, index;
	bool decided; /* it gets through; else what the remedy does is still to be seen */
};

/* For worlds of `population` and this worm; both stay borrowed. */
MUST_CHECK int side_init(struct side *side, const struct population *population,
			 const struct outbreak_worm *worm, struct error *error);
void side_fini(struct side *side);
/* Nobody is infected, in the replica that `population` now holds, and everybody can be hit. */
MUST_CHECK int side_reset(struct side *side, struct history *history, struct error *error);
/* Nobody is infected, and nobody can be hit: base is to be followed, with a remedy. */
MUST_CHECK int side_reset_with(struct side *side, const struct effect *effect,
			       const struct history *base, struct history *history,
			       struct error *error);

/* The target may be hit from now on. */
void side_expose(struct side *side, uint32_t target);
/* A target that was never exposed, or was taken, is infected. `infector` is its place in history.
 */
void side_infect(struct side *side, uint32_t target, uint32_t infector, double time);
/* With base, and before anything else: its first `count` entries happen as they did, and those scan
 * who did at the time of the last. */
void side_follow(struct side *side, uint32_t count);
/* Takes the target at an index of `slot`: it can no longer be hit. */
uint32_t side_take(struct side *side, uint32_t index);
/* When the next infected host starts to scan; INFINITY when all do. */
double side_next_start(const struct side *side);
/* It does. */
void side_start_next(struct side *side);
/* Hits per second on exposed targets. */
double side_rate(const struct side *side);
/* What is hit when something is; side_rate() must be positive. */
struct side_hit side_draw_hit(const struct side *side, struct random *random);

static inline uint32_t side_host(const struct side *side, uint32_t target)
{
	return side->base ? side->base->host[target] : target;
}

#endif
