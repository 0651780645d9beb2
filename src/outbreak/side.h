/* side - the state of one birth process: who is infected, who scans, whom a hit may still infect.
 *
 * Targets are numbered as suits the process: by host where nothing is done, by their place in the
 * base history where that is followed. They are grouped in compartments, so that all hosts of one
 * are treated alike: subnets where scans prefer their own; else the places that a filter parts from
 * all others, and one compartment for all that it does not; else the two halves that the remedy
 * makes of all hosts; else one. What happens at rates that differ by compartment is drawn in
 * proportion to them: hits that a remedy is bound to stop are not looked at.
 *
 * A compartment has a segment of `slot`: targets that may be hit grow from its front; where hosts
 * of a compartment hit each other more than others, its infected, by their place in history, grow
 * from its back. So picking either at random is constant time, and memory is touched as little as
 * can be: its latency is what an infection costs. */
#ifndef KENBI_OUTBREAK_SIDE_H
#define KENBI_OUTBREAK_SIDE_H

#include "outbreak/effect.h"
#include "outbreak/history.h"
#include "outbreak/shortcut.h"
#include "outbreak/sum_tree.h"
#include "outbreak/supply.h"

#define SIDE_NOT_INFECTED UINT32_MAX
#define SIDE_NOBODY	  UINT32_MAX
#define SIDE_AHEAD	  16 /* entries of base from asking memory to using it */

struct side {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	struct history *history;	     /* borrowed; what happened */
	const struct history *base;	     /* borrowed; targets are its entries; NULL: hosts */
	const struct effect *effect;	     /* borrowed; with base: the remedy */
	bool exact;	     /* rates hold all that the remedy does; else hits are to be decided */
	bool named;	     /* infectors matter: their lists are kept */
	bool listed;	     /* … and who scans is not merely the first of history */
	bool by_host;	     /* compartments are whom the remedy covers, and the others */
	uint32_t *of_subnet; /* else: of each subnet, its compartment */
	uint32_t *of_place;  /* with shortcuts: of each place, the same */
	uint32_t *numbered;  /* of each place: its compartment, while they are numbered */
	size_t compartments;
	uint8_t *half;	     /* of each compartment: the remedy covers it */
	double global_pair;  /* rate at which a scanning host hits a certain target anywhere */
	double apart[2][2];  /* what remains of it from one half on the other */
	double within[2];    /* … on hosts of the same compartment */
	double pair[2][2];   /* global_pair times `apart` */
	double *inside_pair; /* of each: what scanning hosts in it add to that, on targets in it */
	uint32_t *first;     /* of each: where its segment starts; one more: the end */
	uint32_t *front;     /* … how many may be hit */
	uint32_t *back;	     /* … are infected, where inside_pair is not 0 */
	uint32_t *scanning;  /* … of them, past their latency */
	uint32_t *ahead;     /* with base: a random word each, for the next to be exposed there */
	uint32_t scanning_total; /* the first so many of history */
	uint32_t *slot;
	uint32_t *infected; /* what holds the backs: `slot`, or with shortcuts the next */
	uint32_t *apart_infected;
	uint32_t *place; /* with base: of each target, its compartment, or with shortcuts the place
			    of its provider: memory that lies together */
	uint32_t *rank;	 /* with base: of each target, its place in history, or SIDE_NOT_INFECTED */
	uint32_t *sources; /* who scans, by place in history: those of half 0 from the front on, of
			      half 1 from the back */
	uint32_t source_end;	    /* where the back is */
	uint32_t source_count[2];   /* of each half */
	uint32_t target_count[2];   /* of each half: who may be hit */
	size_t lone[2];		    /* of each half: its compartment, where it has but one */
	bool spread[2];		    /* it has several, and is hit from outside: `targets` is kept */
	struct sum_tree targets[2]; /* front of the compartments of each half */
	struct sum_tree inside;	    /* rate of what inside_pair adds */
	/* Where rates are not exact, and the remedy lets nothing at all from one zone to another:
	 * nobody is hit in zones where nobody scans. Their targets wait, in lists that end with
	 * SIDE_NOBODY. */
	bool parts;
	uint32_t *zone_of_subnet;
	uint32_t *zone_sources; /* of each zone: who scans in it */
	uint32_t *waiting;	/* … its first target that waits */
	uint32_t *next_waiting; /* of each target: the next one */
	/* Where rates are exact but for links between peers: hits over these. Targets that they
	 * infect stay in their compartments until they are taken there, too, and the other way
	 * round: `rank` tells. */
	struct shortcut shortcut;
	struct supply_words order; /* with base: in which those who may be hit are */
	size_t capacity;
};

/* A hit: who (place in history) hits what (index of slot, in a compartment). */
struct side_hit {
	uint32_t infector, index, compartment;
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
/* For shortcut.h: in the zone of the target somebody scans. */
void side_open(void *side, uint32_t target);
/* A target of that compartment that was never exposed, or was taken, is infected. `infector` is its
 * place in history. */
void side_infect(struct side *side, uint32_t target, uint32_t compartment, uint32_t infector,
		 double time);
/* With base, and before anything else: its first `count` entries happen as they did, and those scan
 * who did at the time of the last. */
void side_follow(struct side *side, uint32_t count);
/* Takes the target at an index of `slot`, in that compartment: it can no longer be hit. */
uint32_t side_take(struct side *side, uint32_t index, uint32_t compartment);
/* When the next infected host starts to scan; INFINITY when all do. */
double side_next_start(const struct side *side);
/* It does. */
void side_start_next(struct side *side);
/* What is hit when something is; side_rate() must be positive. With base and exact rates, that is
 * to be taken. Where infectors do not matter the one that is told is nobody's place. */
struct side_hit side_draw_hit(const struct side *side, struct supply_words *words);

/* The compartment of a host, and of a target. */
static inline uint32_t side_compartment_of(const struct side *side, uint32_t host)
{
	return side->by_host ? side->effect->covered[host]
			     : side->of_subnet[population_subnet(side->population, host)];
}
static inline uint32_t side_compartment(const struct side *side, uint32_t target)
{
	if (!side->base)
		return side_compartment_of(side, target);
	return side->shortcut.effect ? side->of_place[side->place[target]] : side->place[target];
}

/* Entry `index` of base, if there is one, will be looked at soon. */
static inline void side_foresee(const struct side *side, uint32_t index)
{
	const struct history *base = side->base;

	if (index >= base->count || base->infector[index] == HISTORY_NOBODY)
		return;
	__builtin_prefetch(&side->rank[base->infector[index]]);
	__builtin_prefetch(&side->place[base->infector[index]]);
	if (side->shortcut.effect && base->count - index > SIDE_AHEAD)
		__builtin_prefetch(&side->of_place[side->place[index + SIDE_AHEAD]]);
	/* Where it would be exposed. */
	uint32_t c = side_compartment(side, index);
	__builtin_prefetch(&side->slot[side->first[c] + side->front[c]], 1);
}

/* Where rates are exact: chance that what infected an entry of base still does, past the remedy. */
static inline double side_chance(const struct side *side, uint32_t infector, uint32_t victim)
{
	uint32_t from = side->place[infector], to = side->place[victim];

	if (side->shortcut.effect)
		return shortcut_chance(&side->shortcut, from, to);
	return from == to ? side->within[side->half[from]]
			  : side->apart[side->half[from]][side->half[to]];
}

/* Hits per second on exposed targets: from one half on the other, apart from what inside_pair adds,
 */
static inline double side_half_rate(const struct side *side, unsigned from, unsigned to)
{
	return side->pair[from][to] * side->source_count[from] * side->target_count[to];
}

/* … and all of them, but for those over shortcuts. */
static inline double side_rate(const struct side *side)
{
	return side_half_rate(side, 0, 0) + side_half_rate(side, 0, 1) +
	       side_half_rate(side, 1, 0) + side_half_rate(side, 1, 1) +
	       sum_tree_total(&side->inside);
}

static inline bool side_infected(const struct side *side, uint32_t target)
{
	return side->rank[target] != SIDE_NOT_INFECTED;
}

static inline uint32_t side_host(const struct side *side, uint32_t target)
{
	return side->base ? side->base->host[target] : target;
}

#endif
