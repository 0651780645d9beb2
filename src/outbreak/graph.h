/* graph - providers and what connects them, as an import or a generator gives them, and the routes
 * that come of it. */
#ifndef KENBI_OUTBREAK_GRAPH_H
#define KENBI_OUTBREAK_GRAPH_H

#include "base/base.h"

#define GRAPH_MOST_NODES 1000000u
#define GRAPH_MOST_EDGES 8000000u

struct graph_node {
	const char *name; /* in the graph's arena */
	uint64_t addresses;
};
struct graph_edge {
	uint32_t a, b;
	bool sells; /* a sells b the way to all others */
	bool peers; /* each takes from the other what is for itself and its customers; neither:
		       they are merely connected */
};
struct graph {
	struct arena *arena;
	struct graph_node *nodes;
	struct graph_edge *edges;
	size_t node_count, node_capacity, edge_count, edge_capacity;
};

MUST_CHECK int graph_init(struct graph *graph, struct error *error);
void graph_fini(struct graph *graph);
/* ERROR_LIMIT says `where`. `name` is copied. Returns the node's number in *node (may be NULL). */
MUST_CHECK int graph_add_node(struct graph *graph, const char *where, struct bytes name,
			      uint64_t addresses, uint32_t *node, struct error *error);
MUST_CHECK int graph_add_edge(struct graph *graph, const char *where, struct graph_edge edge,
			      struct error *error);
/* Fills parents[node_count], OUTBREAK_TOP for none; there are no circles.
 *
 * Where somebody sells, each provider's parent is, of those who sell to it and have more customers
 * than itself (of equals: come first), the one with the most; who has none is at the top. Mere
 * connections are not used. This is the way that most traffic takes, up to the largest and down
 * again (Gao 2001, DOI 10.1109/90.974527).
 *
 * Elsewhere routes are shortest paths to the provider with the most connections, of each part that
 * hangs together. Peers are no way up: peering.h says what they are used for. */
MUST_CHECK int graph_route(const struct graph *graph, uint32_t *parents, struct error *error);

/* --- imports: `text` is the file's content, `where` its name --- */

/* Internet Topology Zoo GraphML (Knight et al. 2011, DOI 10.1109/JSAC.2011.111002): nodes with
 * their labels, each with `addresses`; edges connect. No entities, at most 16 levels deep. */
MUST_CHECK int graph_read_graphml(struct graph *graph, const char *where, struct bytes text,
				  uint64_t addresses, struct error *error);
/* Ranges of IPv4 as "start,end,asn[,name]", addresses dotted or as numbers: nodes "AS64500" with
 * the sum of their ranges, in the order of the file. Ranges ascend; where they overlap, the first
 * has it. */
MUST_CHECK int graph_read_ranges(struct graph *graph, const char *where, struct bytes text,
				 struct error *error);
/* Relationships as CAIDA writes them: "a|b|-1" a sells to b, "a|b|0" they peer, further fields and
 * lines with # are not looked at. Networks without ranges become nodes without addresses. After
 * graph_read_ranges(). */
MUST_CHECK int graph_read_relations(struct graph *graph, const char *where, struct bytes text,
				    struct error *error);

/* --- generators --- */
enum graph_shape { GRAPH_POWER_LAW, GRAPH_TREE, GRAPH_GRID };
/* `providers` nodes "p-1" … with `addresses` each. Power law: each new one is connected to two that
 * are there, in proportion to their connections (Barabási & Albert 1999,
 * DOI 10.1126/science.286.5439.509). Tree: four hang below each. Grid: rows of a square. */
MUST_CHECK int graph_generate(struct graph *graph, const char *where, enum graph_shape shape,
			      uint32_t providers, uint64_t addresses, uint64_t seed,
			      struct error *error);
/* Links between peers, `mean` for each node: each between two that are drawn in proportion to their
 * connections, as those who meet many at exchange points are the large. Some are drawn twice. */
MUST_CHECK int graph_generate_peers(struct graph *graph, const char *where, double mean,
				    uint64_t seed, struct error *error);

#endif
