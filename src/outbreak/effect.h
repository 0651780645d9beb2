/* effect - what a remedy does to one replica: which places take part, and what passes them.
 *
 * A place takes part when its own random number is below the candidate's share, so that the places
 * of a small share are among those of a larger one. Nothing holds before the candidate's delay;
 * callers compare times. */
#ifndef KENBI_OUTBREAK_EFFECT_H
#define KENBI_OUTBREAK_EFFECT_H

#include "outbreak/population.h"

struct effect {
	const struct remedy_candidate *candidate; /* borrowed */
	const struct population *population;	  /* borrowed */
	uint8_t *covered; /* of each individual: 1 when it, or the place that it is behind, takes
			     part */
	uint8_t *part;	  /* per subnet: it, or its provider, takes part; NULL where hosts do */
};

MUST_CHECK int effect_init(struct effect *effect, const struct remedy_candidate *candidate,
			   const struct population *population, struct error *error);
void effect_fini(struct effect *effect);

/* The candidate cannot change this outbreak: the run without it is its run. */
bool effect_is_void(const struct remedy_candidate *candidate, double duration);
/* The host can no longer be infected by anybody. */
bool effect_immune(const struct effect *effect, uint32_t host);
/* REMEDY_FILTER, and REMEDY_BLOCK when its reaction time is over: chance that an attack from a host
 * in subnet `from` reaches host `to`. 1 for others. */
double effect_reach(const struct effect *effect, uint32_t from, uint32_t to);
/* REMEDY_FILTER: the same as far as subnets decide: without the filters at hosts. */
double effect_reach_subnet(const struct effect *effect, uint32_t from, uint32_t to);
/* What the scanning rate of the host is multiplied by: 1 unless it is limited by REMEDY_RATE. */
double effect_speed(const struct effect *effect, uint32_t host);
/* effect_speed() times effect_reach() between hosts of different places, by whether the remedy
 * covers them. */
double effect_apart(const struct effect *effect, unsigned from, unsigned to);

#endif
