/* shortcut - what links between peers add to an outbreak behind filters on the routes.
 *
 * By the tree of routes filters part hosts into zones, and side.h draws hits at exact rates. A link
 * between peers lets some hosts of one zone hit some of another, past the filter: never fewer, but
 * who is no matter of classes. So a second process is laid over the first, of hits by all who scan
 * on all whom the links of those reach, and each is taken or not by its own route (thinning). Hosts
 * that nobody who scans has a link to wait: they cost nothing. */
#ifndef KENBI_OUTBREAK_SHORTCUT_H
#define KENBI_OUTBREAK_SHORTCUT_H

#include "outbreak/effect.h"
#include "outbreak/supply.h"

#define SHORTCUT_NOBODY UINT32_MAX

struct shortcut {
	const struct effect *effect; /* borrowed; NULL: there are none */
	double pair;		     /* rate at which one who scans hits a certain target so */
	const uint32_t *subnet;	     /* borrowed: of each target */
	uint32_t *targets;	     /* those who can be hit */
	uint32_t target_count;
	uint32_t *of_subnet; /* of each subnet: the place of its provider in the order of trees;
				NOBODY: it has no use for links */
	uint32_t *waiting;   /* of each place: its first target that waits, NOBODY, or that a link
				has led there and nobody waits any more */
	uint32_t *next;	     /* of each target: the next one */
	uint8_t *followed;   /* of each provider: its links have been */
	size_t count, providers, subnets, capacity;
};

void shortcut_fini(struct shortcut *shortcut);
/* Nobody scans, nobody can be hit; for `count` targets, whose subnets the caller fills in before
 * anything else. `pair` is the rate without a filter. Without links for this remedy there are no
 * shortcuts. */
MUST_CHECK int shortcut_reset(struct shortcut *shortcut, const struct effect *effect, double pair,
			      const uint32_t *subnet, size_t count, struct error *error);
/* Chance that a hit from one subnet on another gets through, with and without links. */
double shortcut_chance(const struct shortcut *shortcut, uint32_t from, uint32_t to);
/* The target may be hit from now on. */
void shortcut_expose(struct shortcut *shortcut, uint32_t target);
/* Somebody in that subnet scans. */
void shortcut_scan(struct shortcut *shortcut, uint32_t subnet);
/* Whether a link leads from a subnet, where somebody scans, to `target`. */
bool shortcut_leads(const struct shortcut *shortcut, uint32_t subnet, uint32_t target);
/* Target `index` can no longer be hit. */
void shortcut_drop(struct shortcut *shortcut, uint32_t index);

/* Hits per second by so many who scan, those included that no link lets through. */
static inline double shortcut_rate(const struct shortcut *shortcut, uint32_t scanning)
{
	return shortcut->effect ? shortcut->pair * scanning * shortcut->target_count : 0;
}

#endif
