/* route - which way attacks go between providers, and what a filter on the way parts.
 *
 * Each provider reaches the others through one parent (world->parents); those without are at the
 * top and connected with each other, each by a link of its own. So there is one route between any
 * two, and filters cut the tree into zones: an attack inside a zone meets none. */
#ifndef KENBI_OUTBREAK_ROUTE_H
#define KENBI_OUTBREAK_ROUTE_H

#include "outbreak/outbreak.h"

/* Fills order[count]: every provider behind its parent. ERROR_INPUT: parents run in a circle;
 * ERROR_MEMORY. */
MUST_CHECK int route_order(const uint32_t *parents, size_t count, uint32_t *order);

/* Zones of one set of filters. */
struct route_zones {
	uint32_t *of;	   /* of each provider: its zone; 0 is the one around the top */
	uint32_t *outside; /* of each zone: the zone on the other side of the link that cuts it off,
			      lower than its own number */
	uint32_t *depth;   /* of each zone: cuts between it and zone 0 */
	size_t count;
};
/* At links: the links to the parents of `filtered` (1: that provider takes part) are cut. At
 * providers: those that take part are zones of their own, and so is each tree below them. */
MUST_CHECK int route_cut(const struct outbreak_world *world, const uint8_t *filtered, bool links,
			 struct route_zones *zones, struct error *error);
void route_zones_fini(struct route_zones *zones);
/* Cut links on the route between two zones. */
unsigned route_cuts(const struct route_zones *zones, uint32_t from, uint32_t to);
/* Adds to each provider's value those of all below it. values[provider_count]. */
void route_sum_up(const struct outbreak_world *world, double *values);

#endif
