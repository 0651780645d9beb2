#include "valley_free.h"

#include <string.h>

#define TOP OUTBREAK_TOP

/* A provider on the way up, or on the way down. */
struct label {
	uint32_t cost;
	uint32_t before;   /* provider */
	bool before_rises; /* … and how it was met */
};
enum { FALLS, RISES };
#define UNKNOWN UINT32_MAX
#define CLIMB	1000000u
#define CROSS	1000u
#define DESCEND 1u

struct search {
	struct label labels[VALLEY_FREE_MOST][2];
	bool changed;
};

static void try(struct search *search, uint32_t from, int from_way, uint32_t to, int to_way,
		uint32_t cost)
{
	struct label *before = &search->labels[from][from_way],
		     *label = &search->labels[to][to_way];

	if (before->cost == UNKNOWN || before->cost + cost >= label->cost)
		return;
	*label = (struct label){ before->cost + cost, from, from_way == RISES };
	search->changed = true;
}

static void tell(const struct search *search, const uint32_t *parents, uint32_t to,
		 struct valley_free_route *route)
{
	uint32_t at = to;
	int way = FALLS;

	*route = (struct valley_free_route){ 0 };
	route->nodes[route->node_count++] = at;
	while (search->labels[at][way].before != at || way == FALLS) {
		const struct label *label = &search->labels[at][way];
		uint32_t before = label->before;
		if (before != at) {
			route->nodes[route->node_count++] = before;
			if (parents[before] == at)
				route->links[route->link_count++] = before;
			else if (parents[at] == before)
				route->links[route->link_count++] = at;
			else if (parents[at] == TOP && parents[before] == TOP) {
				route->links[route->link_count++] = at;
				route->links[route->link_count++] = before;
			} else {
				route->crosses = true;
				route->over = before;
				route->into = at;
			}
		}
		way = label->before_rises ? RISES : FALLS;
		at = before;
	}
}

/* Who buys from somebody is no peer of theirs. */
static bool hangs_below(const uint32_t *parents, uint32_t provider, uint32_t above)
{
	for (uint32_t at = provider; at != TOP; at = parents[at])
		if (at == above)
			return true;
	return false;
}

static bool are_peers(const uint32_t *parents, bool peers[VALLEY_FREE_MOST][VALLEY_FREE_MOST],
		      uint32_t a, uint32_t b)
{
	if (parents[a] == TOP && parents[b] == TOP)
		return a != b;
	return peers[a][b] && !hangs_below(parents, a, b) && !hangs_below(parents, b, a);
}

void valley_free_routes(const uint32_t *parents, size_t count,
			bool peers[VALLEY_FREE_MOST][VALLEY_FREE_MOST], uint32_t from,
			struct valley_free_route *routes)
{
	struct search search;

	memset(&search, 0xff, sizeof search);
	search.labels[from][RISES] = (struct label){ 0, from, true };
	do {
		search.changed = false;
		for (uint32_t a = 0; a < count; a++) {
			try(&search, a, RISES, a, FALLS, 0);
			if (parents[a] != TOP) {
				try(&search, a, RISES, parents[a], RISES, CLIMB);
				try(&search, parents[a], FALLS, a, FALLS, DESCEND);
			}
			for (uint32_t b = 0; b < count; b++)
				if (are_peers(parents, peers, a, b))
					try(&search, a, RISES, b, FALLS, CROSS);
		}
	} while (search.changed);
	for (uint32_t to = 0; to < count; to++)
		tell(&search, parents, to, &routes[to]);
}
