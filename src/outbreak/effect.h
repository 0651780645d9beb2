/* effect - what a remedy does to one replica: which places take part, and what passes them.
 *
 * A place takes part when the candidate names it, or, where it names none, when its own random
 * number is below the candidate's share, so that the places of a small share are among those of a
 * larger one. Nothing holds before the candidate's delay; callers compare times. */
#ifndef KENBI_OUTBREAK_EFFECT_H
#define KENBI_OUTBREAK_EFFECT_H

#include "outbreak/draw.h"
#include "outbreak/population.h"
#include "outbreak/route.h"

struct effect {
	const struct remedy_candidate *candidate; /* borrowed */
	const struct population *population;	  /* borrowed */
	const struct effect *also; /* borrowed; what is in force besides, since the same time or
				      before: the outbreak that is followed is the one with it */
	unsigned stage;		   /* how many are: each draws numbers of its own */
	uint8_t *covered; /* of each individual: 1 when it, or the place that it is behind, takes
			     part; NULL: the remedy is a filter between places */
	uint8_t *part;	  /* of each subnet: it, or its provider, takes part; NULL where hosts do */
	uint8_t *filtered;	  /* of each provider: it takes part; where providers peer, a filter
				     stands at it, in the way of its links to peers, too; NULL where
				     hosts or subnets do */
	struct route_zones zones; /* what a filter on the routes between providers parts */
	uint32_t *zone;		  /* of each subnet; NULL: the remedy is no such filter */
	/* Where providers peer, and the remedy is such a filter: */
	uint8_t *opens;	  /* … a link leads from its way up, before the next filter, to a peer
			     without; NULL: nobody peers */
	uint32_t *island; /* of each subnet: of the zones that such links join, one; only after
			     effect_join_islands() */
};

MUST_CHECK int effect_init(struct effect *effect, const struct remedy_candidate *candidate,
			   const struct population *population, struct error *error);
void effect_fini(struct effect *effect);
/* Fills in `island`, where there is `opens`. */
MUST_CHECK int effect_join_islands(struct effect *effect, struct error *error);

/* The candidate cannot change this outbreak: the run without it is its run. */
bool effect_is_void(const struct remedy_candidate *candidate, double duration);
/* The host can no longer be infected by anybody. */
bool effect_immune(const struct effect *effect, uint32_t host);
/* REMEDY_FILTER, and REMEDY_BLOCK when its reaction time is over: chance that an attack from a host
 * in subnet `from` reaches host `to`. 1 for others. */
double effect_reach(const struct effect *effect, uint32_t from, uint32_t to);
/* Of providers in different zones: the route crosses a link between peers, and meets no filter.
 * Only where `opens` is there. */
bool effect_crosses(const struct effect *effect, uint32_t from, uint32_t to);
/* REMEDY_FILTER: the same as far as subnets decide: without the filters at hosts. */
double effect_reach_subnet(const struct effect *effect, uint32_t from, uint32_t to);
/* What the scanning rate of the host is multiplied by: 1 unless it is limited by REMEDY_RATE. */
double effect_speed(const struct effect *effect, uint32_t host);
/* The same for all that is in force, `effect` and also: a hit gets through if it passes each. */
bool effect_all_immune(const struct effect *effect, uint32_t host);
double effect_all_reach(const struct effect *effect, uint32_t from, uint32_t to);
double effect_all_reach_subnet(const struct effect *effect, uint32_t from, uint32_t to);
double effect_all_speed(const struct effect *effect, uint32_t host);
/* Whether one of all that is in force is a filter that lets a part through: of the scans, or, over
 * links between peers, of those who scan. Else filters part the subnets into classes. */
bool effect_any_leaks(const struct effect *effect);
/* A purpose's stream of random numbers, apart for each stage. */
static inline enum draw_purpose effect_draws(const struct effect *effect, enum draw_purpose purpose)
{
	return (enum draw_purpose)((unsigned)purpose | effect->stage << 8);
}
/* effect_speed() times effect_reach() between hosts of different places, by whether the remedy
 * covers them. */
double effect_apart(const struct effect *effect, unsigned from, unsigned to);

#endif
