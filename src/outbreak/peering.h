/* peering - links between providers that peer: shortcuts beside the tree of routes.
 *
 * A provider sends to its customers what is for them, to a peer what is for the peer's customers,
 * and all else to its parent (Gao 2001, DOI 10.1109/90.974527). So an attack climbs until a
 * provider has its target below itself, or has a peer that has, crosses to the one of these peers
 * that is nearest to the target, and descends: at most one such link, and no valley. What it meets
 * on the way is met without the link, too: a shortcut never has more filters than the tree.
 *
 * Who reaches whom by a link is not transitive, and the way back may be another. */
#ifndef KENBI_OUTBREAK_PEERING_H
#define KENBI_OUTBREAK_PEERING_H

#include "outbreak/outbreak.h"

#define PEERING_NONE UINT32_MAX

struct peering_link {
	uint32_t a, b;
};
/* For a world that has its parents: takes from its arena what `links` come to, and sets
 * world->peering. Links that no route uses are left out: twice the same, between two at the top,
 * who are connected anyway, and with somebody below oneself. NULL is left where there is no other.
 * ERROR_MEMORY. */
MUST_CHECK int peering_build(struct outbreak_world *world, const struct peering_link *links,
			     size_t count);

/* The link that the route crosses: from `link->a`, which is `from` or above it, to `link->b`, which
 * is `to` or above it. False: it is that of the tree. */
bool peering_cross(const struct outbreak_world *world, uint32_t from, uint32_t to,
		   struct peering_link *link);

/* Whether `provider` is `above`, or hangs below it. */
static inline bool peering_below(const struct outbreak_peering *peering, uint32_t provider,
				 uint32_t above)
{
	return peering->enter[provider] - peering->enter[above] <=
	       peering->leave[above] - peering->enter[above];
}

#endif
