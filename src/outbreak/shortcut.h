/* shortcut - what links between peers add to an outbreak behind filters on the routes.
 *
 * By the tree of routes filters part hosts into zones, and side.h draws hits at exact rates. A link
 * between peers lets some hosts of one zone hit some of another, past the filter: never fewer, but
 * who is no matter of classes. So a second process is laid over the first, of hits by all who scan
 * on all whom the links of those reach, and each is taken or not by its own route (thinning).
 *
 * Places are those of providers in the order of trees (peering.h), where each zone is a stretch but
 * for zones in it. Hosts of a zone in which nobody scans, and that no link of anybody who scans
 * leads to, wait at their place for the one or the other: they cost next to nothing. */
#ifndef KENBI_OUTBREAK_SHORTCUT_H
#define KENBI_OUTBREAK_SHORTCUT_H

#include "outbreak/effect.h"
#include "outbreak/supply.h"

enum shortcut_state {
	SHORTCUT_UNTOUCHED, /* nobody there can be hit */
	SHORTCUT_HIT,	    /* … but by hosts of the zone */
	SHORTCUT_ENTERED    /* … and over links */
};

struct shortcut {
	const struct effect *effect; /* borrowed; NULL: there are none */
	double pair;		     /* rate at which one who scans hits a certain target so */
	const uint32_t *place;	     /* borrowed: of each target */
	uint32_t *targets;	     /* those who can be hit so */
	uint32_t target_count;
	uint32_t *of_subnet; /* of each subnet: the place of its provider */
	uint8_t *state;	     /* of each place */
	uint32_t *waiting;   /* of each place that no link leads to: its first target */
	uint32_t *next;	     /* of each target: the next one */
	uint8_t *followed;   /* of each provider: its links have been */
	size_t count, capacity;
	/* Told of targets that hosts of their zone may hit from now on, but not of those who may
	 * be when shortcut_expose() says so. */
	void (*opened)(void *context, uint32_t target);
	void *context;
};

void shortcut_fini(struct shortcut *shortcut);
/* Nobody scans, nobody can be hit; for `count` targets, whose places (shortcut->of_subnet) the
 * caller fills in before anything else. `pair` is the rate without a filter. The world is always
 * the same one. Without links for this remedy there are no shortcuts. */
MUST_CHECK int shortcut_reset(struct shortcut *shortcut, const struct effect *effect, double pair,
			      const uint32_t *place, size_t count, struct error *error);
/* Chance that a hit from one place on another gets through, with and without links. */
double shortcut_chance(const struct shortcut *shortcut, uint32_t from, uint32_t to);
/* The target may be hit from now on. False: not yet, it waits. */
bool shortcut_expose(struct shortcut *shortcut, uint32_t target);
/* Somebody at that place is about to scan, the first one in its zone. */
void shortcut_open_zone(struct shortcut *shortcut, uint32_t place);
/* Somebody at that place scans. */
void shortcut_scan(struct shortcut *shortcut, uint32_t place);
/* Whether a link leads from one place to another. */
bool shortcut_leads(const struct shortcut *shortcut, uint32_t from, uint32_t to);
/* Target `index` can no longer be hit. */
void shortcut_drop(struct shortcut *shortcut, uint32_t index);

/* Hits per second by so many who scan, those included that no link lets through. */
static inline double shortcut_rate(const struct shortcut *shortcut, uint32_t scanning)
{
	return shortcut->effect ? shortcut->pair * scanning * shortcut->target_count : 0;
}

#endif
