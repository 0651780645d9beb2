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
	DRAW_COUNTS, /* hosts of each subnet that can be infected, where they are many; see DRAW_FEW
		      */
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
	DRAW_INFECTOR_SPARE,
	DRAW_WEIGHT,   /* how fast a host is */
	DRAW_REACH,    /* from where it can be reached */
	DRAW_PRESENCE, /* when it is there: by host, then number */
	DRAW_PLACES,   /* where hosts lie in a permutation of all addresses */
	DRAW_LEAP,     /* where a walk starts, and starts again: by host, then number */
	DRAW_LUCK,     /* does a timed scan get through: by host, then number */
	DRAW_LIST,     /* who is on a hit list */
	DRAW_HEIR,     /* who hits in the place of another: by number of the hit */
	DRAW_CONTACTS, /* e-mail: how many, who, when: by host, then number */
	DRAW_SCANS,    /* explicit scans: targets; see drawn.c for these three */
	DRAW_SCAN_COUNTS,
	DRAW_SCAN_TIMES,
	DRAW_HIT,     /* by whom somebody is hit, and who, where only the rate of hits is known */
	DRAW_EXPOSED, /* in which order those who can be hit are */
	DRAW_FEW,     /* hosts of each subnet that can be infected, where they are few */
	DRAW_LIVE     /* how many others are live */
};

static inline void draw_init(struct random *random, uint64_t seed, uint32_t replica,
			     uint32_t purpose)
{
	random_init(random, seed, (uint64_t)purpose << 32 | replica);
}

/* Where several ways of scanning need streams of the same purpose: the purpose of way `number`. */
static inline uint32_t draw_of(enum draw_purpose purpose, unsigned number)
{
	return (uint32_t)purpose | number << 8;
}

/* Uniform in (0, 1): entry `index` of the stream. */
static inline double draw_at(uint64_t seed, uint32_t replica, uint32_t purpose, uint64_t index)
{
	struct random random;
	draw_init(&random, seed, replica, purpose);
	random.position = index;
	return random_unit(&random);
}

#endif
