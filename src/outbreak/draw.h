/* draw - which random numbers a run uses, and for what.
 *
 * Each purpose has a stream of its own per replica, so that a number never depends on how many were
 * drawn for something else: worlds, participation of places and the undisturbed outbreak are the
 * same whatever remedy is tried. draw_at() reads a stream like a table, for decisions that belong
 * to a host or place. */
#ifndef KENBI_OUTBREAK_DRAW_H
#define KENBI_OUTBREAK_DRAW_H

#include "base/base.h"

enum draw_purpose {
	DRAW_COUNTS,	/* live and vulnerable hosts of each subnet */
	DRAW_ADDRESSES, /* where in its subnet a host lies */
	DRAW_FIRST_INFECTED,
	DRAW_SPREAD,	/* the outbreak in which nothing is done */
	DRAW_DEFERRED,	/* hits on hosts that a remedy has saved so far */
	DRAW_PASS,	/* does the attack pass a filter: by number of the hit */
	DRAW_HOST_PART, /* does the place take part: by index of host, subnet, provider */
	DRAW_SUBNET_PART,
	DRAW_PROVIDER_PART,
	DRAW_START, /* where a sequential walk starts: by host */
	DRAW_WALK,  /* passing of filters by sequential walks */
	DRAW_ORDER, /* who is infected, one after the other, where all hosts are alike */
	DRAW_ORDER_SPARE,
	DRAW_INFECTOR, /* … and by whom: by place in history */
	DRAW_INFECTOR_SPARE
};

static inline void draw_init(struct random *random, uint64_t seed, uint32_t replica,
			     enum draw_purpose purpose)
{
	random_init(random, seed, (uint64_t)purpose << 32 | replica);
}

/* Uniform in (0, 1): entry `index` of the stream. */
static inline double draw_at(uint64_t seed, uint32_t replica, enum draw_purpose purpose,
			     uint64_t index)
{
	struct random random;
	draw_init(&random, seed, replica, purpose);
	random.position = index;
	return random_unit(&random);
}

#endif
