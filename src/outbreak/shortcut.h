/* shortcut - what links between peers add to an outbreak behind filters on the routes.
 *
 * By the tree of routes filters part hosts into zones, and side.h draws hits at exact rates. A link
 * between peers lets some hosts of one zone hit some of another, past the filter: never fewer, but
 * who is no matter of classes. So a second process is laid over the first, of hits by all who scan
 * and can use such links on all whom such links reach, and each is taken or not by its own route
 * (thinning). Hosts that nobody who scans has a link to wait: they cost nothing. */
#ifndef KENBI_OUTBREAK_SHORTCUT_H
#define KENBI_OUTBREAK_SHORTCUT_H

#include "outbreak/effect.h"
#include "outbreak/supply.h"

#define SHORTCUT_NOBODY UINT32_MAX

/* Who scans, by what its user calls it, and where its provider stands in the order of trees. */
struct shortcut_source {
	uint32_t number, place;
};

struct shortcut {
	const struct effect *effect; /* borrowed; NULL: there are none */
	double pair;		     /* rate at which one who scans hits a certain target so */
	struct shortcut_source *sources;
	uint32_t *targets; /* those who can be hit */
	uint32_t source_count, target_count;
	uint32_t *of_subnet; /* of each subnet: the place of its provider; NOBODY: it has no use for
				links */
	uint32_t *place;     /* of each target, the same: memory that lies together */
	uint32_t *waiting;   /* of each place: its first target that waits, NOBODY, or that a link
				has led there and nobody waits any more */
	uint32_t *next;	     /* of each target: the next one */
	uint8_t *followed;   /* of each provider: its links have been */
	size_t count, providers, subnets, capacity;
};

void shortcut_fini(struct shortcut *shortcut);
/* Nobody scans, nobody can be hit; for `count` targets and as many hosts that scan. `pair` is the
 * rate without a filter. Without links for this remedy there are no shortcuts. */
MUST_CHECK int shortcut_reset(struct shortcut *shortcut, const struct effect *effect, double pair,
			      size_t count, struct error *error);
/* Where there are shortcuts, before anything else: where each target is. */
static inline void shortcut_place(struct shortcut *shortcut, uint32_t target, uint32_t subnet)
{
	shortcut->place[target] = shortcut->of_subnet[subnet];
}
/* The target may be hit from now on. */
void shortcut_expose(struct shortcut *shortcut, uint32_t target);
/* Who has that number, in that subnet, scans. */
void shortcut_scan(struct shortcut *shortcut, uint32_t number, uint32_t subnet);
/* One of the hits; shortcut_rate() must be positive. Which of `targets`.
 * False: no link leads there from whom it comes. */
bool shortcut_draw(const struct shortcut *shortcut, struct supply_words *words, uint32_t *source,
		   uint32_t *index);
/* Target `index` can no longer be hit. */
void shortcut_drop(struct shortcut *shortcut, uint32_t index);

/* Hits per second, those included that no link lets through. */
static inline double shortcut_rate(const struct shortcut *shortcut)
{
	return shortcut->pair * shortcut->source_count * shortcut->target_count;
}

#endif
