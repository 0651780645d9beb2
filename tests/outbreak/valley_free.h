/* valley_free - routes between few providers, slow and obvious: the cheapest of all paths that
 * climb, cross at most one link between peers (or at the top), and descend. The fewest climbs count
 * most, then not to cross, then the fewest steps down. */
#ifndef KENBI_TESTS_VALLEY_FREE_H
#define KENBI_TESTS_VALLEY_FREE_H

#include "outbreak/outbreak.h"

#define VALLEY_FREE_MOST 16 /* providers */

struct valley_free_route {
	uint32_t
		nodes[2 * VALLEY_FREE_MOST]; /* providers that it meets, both ends too; any order */
	size_t node_count;
	uint32_t links[2 * VALLEY_FREE_MOST]; /* providers whose link to their parent, or at the
						 top, it meets */
	size_t link_count;
	bool crosses; /* a link between peers, not both at the top: */
	uint32_t over, into;
};
/* To each of all providers, routes[count]. `peers[a][b]`: a and b peer. `parents` as in struct
 * outbreak_world. */
void valley_free_routes(const uint32_t *parents, size_t count,
			bool peers[VALLEY_FREE_MOST][VALLEY_FREE_MOST], uint32_t from,
			struct valley_free_route *routes);

#endif
