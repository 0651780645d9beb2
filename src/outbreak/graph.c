#include "outbreak/graph.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/outbreak.h"

#define MOST_MEMORY ((size_t)256 << 20)

int graph_init(struct graph *graph, struct error *error)
{
	*graph = (struct graph){ .arena = arena_new(MOST_MEMORY) };
	return graph->arena ? 0 : error_set(error, ERROR_MEMORY, NULL, "no memory for a graph");
}

void graph_fini(struct graph *graph)
{
	arena_free(graph->arena);
	free(graph->nodes);
	free(graph->edges);
	*graph = (struct graph){ 0 };
}

/* Makes room for one more item. */
static int grow(void **items, size_t count, size_t *capacity, size_t size, struct error *error)
{
	if (count < *capacity)
		return 0;
	size_t wanted = *capacity ? 2 * *capacity : 256;
	void *larger = realloc(*items, wanted * size);
	if (!larger)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for a graph");
	*items = larger;
	*capacity = wanted;
	return 0;
}

int graph_add_node(struct graph *graph, const char *where, struct bytes name, uint64_t addresses,
		   uint32_t *node, struct error *error)
{
	if (graph->node_count == GRAPH_MOST_NODES)
		return error_set(error, ERROR_LIMIT, where, "there are more than %u providers",
				 GRAPH_MOST_NODES);
	int result = grow((void **)&graph->nodes, graph->node_count, &graph->node_capacity,
			  sizeof *graph->nodes, error);
	const char *copy = result == 0 ? arena_copy(graph->arena, name) : NULL;
	if (!copy)
		return result < 0 ? result
				  : error_set(error, ERROR_LIMIT, where,
					      "names need more than %zu MiB", MOST_MEMORY >> 20);
	if (node)
		*node = (uint32_t)graph->node_count;
	graph->nodes[graph->node_count++] = (struct graph_node){ copy, addresses };
	return 0;
}

int graph_add_edge(struct graph *graph, const char *where, struct graph_edge edge,
		   struct error *error)
{
	if (graph->edge_count == GRAPH_MOST_EDGES)
		return error_set(error, ERROR_LIMIT, where, "there are more than %u connections",
				 GRAPH_MOST_EDGES);
	int result = grow((void **)&graph->edges, graph->edge_count, &graph->edge_capacity,
			  sizeof *graph->edges, error);
	if (result == 0)
		graph->edges[graph->edge_count++] = edge;
	return result;
}

/* Before another, as a parent: more customers, or as many and first. */
static bool goes_before(const uint32_t *customers, uint32_t a, uint32_t b)
{
	if (customers[a] != customers[b])
		return customers[a] > customers[b];
	return a < b;
}

static int route_by_sales(const struct graph *graph, uint32_t *parents, struct error *error)
{
	uint32_t *customers = calloc(graph->node_count + 1, sizeof *customers);

	if (!customers)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for routes");
	for (size_t i = 0; i < graph->edge_count; i++)
		if (graph->edges[i].sells)
			customers[graph->edges[i].a]++;
	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct graph_edge *edge = &graph->edges[i];
		uint32_t *parent = &parents[edge->b];
		if (edge->sells && goes_before(customers, edge->a, edge->b) &&
		    (*parent == OUTBREAK_TOP || goes_before(customers, edge->a, *parent)))
			*parent = edge->a;
	}
	free(customers);
	return 0;
}

/* Who is connected to whom: of node i, other[first[i] … first[i + 1] - 1]. */
struct neighbours {
	uint32_t *first, *other;
};

static bool list_neighbours(const struct graph *graph, struct neighbours *near)
{
	near->first = calloc(graph->node_count + 2, sizeof *near->first);
	near->other = malloc((2 * graph->edge_count + 1) * sizeof *near->other);
	if (!near->first || !near->other)
		return false;
	/* Counted two places ahead, so that filling moves each start to where it belongs. */
	for (size_t i = 0; i < graph->edge_count; i++) {
		near->first[graph->edges[i].a + 2] += !graph->edges[i].peers;
		near->first[graph->edges[i].b + 2] += !graph->edges[i].peers;
	}
	for (size_t i = 2; i < graph->node_count + 2; i++)
		near->first[i] += near->first[i - 1];
	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct graph_edge *edge = &graph->edges[i];
		if (edge->peers)
			continue;
		near->other[near->first[edge->a + 1]++] = edge->b;
		near->other[near->first[edge->b + 1]++] = edge->a;
	}
	return true;
}

/* Everybody that hangs together with `start`, breadth first, into `queue`; returns how many.
 * Those met get their parent. */
static size_t walk_from(const struct neighbours *near, uint32_t start, uint32_t *parents,
			uint8_t *met, uint32_t *queue)
{
	size_t count = 0;

	queue[count++] = start;
	met[start] = 1;
	for (size_t next = 0; next < count; next++) {
		uint32_t at = queue[next];
		for (uint32_t i = near->first[at]; i < near->first[at + 1]; i++) {
			uint32_t other = near->other[i];
			if (met[other])
				continue;
			met[other] = 1;
			parents[other] = at;
			queue[count++] = other;
		}
	}
	return count;
}

/* Twice over each part: to find its hub, and from there. */
static void route_parts(const struct graph *graph, const struct neighbours *near, uint32_t *parents,
			uint8_t *met, uint32_t *queue)
{
	for (uint32_t start = 0; start < graph->node_count; start++) {
		if (met[start])
			continue;
		size_t count = walk_from(near, start, parents, met, queue);
		uint32_t hub = start, most = 0;
		for (size_t i = 0; i < count; i++) {
			uint32_t node = queue[i];
			uint32_t degree = near->first[node + 1] - near->first[node];
			if (degree > most || (degree == most && node < hub)) {
				hub = node;
				most = degree;
			}
			met[node] = 0;
		}
		parents[hub] = OUTBREAK_TOP;
		walk_from(near, hub, parents, met, queue);
	}
}

static int route_by_distance(const struct graph *graph, uint32_t *parents, struct error *error)
{
	struct neighbours near = { 0 };
	uint8_t *met = calloc(graph->node_count + 1, 1);
	uint32_t *queue = malloc((graph->node_count + 1) * sizeof *queue);
	int result = 0;

	if (met && queue && list_neighbours(graph, &near))
		route_parts(graph, &near, parents, met, queue);
	else
		result = error_set(error, ERROR_MEMORY, NULL, "no memory for routes");
	free(near.first);
	free(near.other);
	free(met);
	free(queue);
	return result;
}

int graph_route(const struct graph *graph, uint32_t *parents, struct error *error)
{
	bool sold = false;

	for (size_t i = 0; i < graph->node_count; i++)
		parents[i] = OUTBREAK_TOP;
	for (size_t i = 0; i < graph->edge_count; i++)
		sold |= graph->edges[i].sells;
	return sold ? route_by_sales(graph, parents, error)
		    : route_by_distance(graph, parents, error);
}

static int add_numbered(struct graph *graph, const char *where, uint32_t number, uint64_t addresses,
			struct error *error)
{
	char name[24];

	snprintf(name, sizeof name, "p-%u", number + 1);
	return graph_add_node(graph, where, bytes_of(name), addresses, NULL, error);
}

/* Whom the newcomer is connected to: the end of a random connection, which is as likely as it has
 * ends there. */
static uint32_t by_connections(const struct graph *graph, size_t edges, struct random *random)
{
	const struct graph_edge *edge = &graph->edges[random_below(random, (uint32_t)edges)];
	return random_u32(random) & 1 ? edge->a : edge->b;
}

static int connect_power_law(struct graph *graph, const char *where, uint32_t node,
			     struct random *random, struct error *error)
{
	if (node == 0)
		return 0;
	uint32_t first = node == 1 ? 0 : by_connections(graph, graph->edge_count, random),
		 second = first;
	int result = 0;
	while (node > 1 && second == first)
		second = by_connections(graph, graph->edge_count, random);
	result = graph_add_edge(graph, where, (struct graph_edge){ .a = first, .b = node }, error);
	if (result == 0 && second != first)
		result = graph_add_edge(graph, where, (struct graph_edge){ .a = second, .b = node },
					error);
	return result;
}

static uint32_t square_side(uint32_t count)
{
	uint32_t side = 1;

	while ((uint64_t)side * side < count)
		side++;
	return side;
}

static int connect_grid(struct graph *graph, const char *where, uint32_t node, uint32_t side,
			struct error *error)
{
	int result = 0;

	if (node % side > 0)
		result = graph_add_edge(graph, where,
					(struct graph_edge){ .a = node - 1, .b = node }, error);
	if (result == 0 && node >= side)
		result = graph_add_edge(graph, where,
					(struct graph_edge){ .a = node - side, .b = node }, error);
	return result;
}

int graph_generate(struct graph *graph, const char *where, enum graph_shape shape,
		   uint32_t providers, uint64_t addresses, uint64_t seed, struct error *error)
{
	uint32_t side = shape == GRAPH_GRID ? square_side(providers) : 0;
	struct random random;
	int result = 0;

	random_init(&random, seed, 0);
	for (uint32_t i = 0; result == 0 && i < providers; i++) {
		result = add_numbered(graph, where, i, addresses, error);
		if (result < 0)
			break;
		if (shape == GRAPH_POWER_LAW)
			result = connect_power_law(graph, where, i, &random, error);
		else if (shape == GRAPH_GRID)
			result = connect_grid(graph, where, i, side, error);
		else if (i > 0)
			result = graph_add_edge(
				graph, where,
				(struct graph_edge){ .a = (i - 1) / 4, .b = i, .sells = true },
				error);
	}
	return result;
}

int graph_generate_peers(struct graph *graph, const char *where, double mean, uint64_t seed,
			 struct error *error)
{
	size_t connections = graph->edge_count;
	double links = connections > 0 ? mean * (double)graph->node_count : 0;
	struct random random;
	int result = 0;

	random_init(&random, seed, 1);
	for (double i = 0.5; result == 0 && i < links; i++) {
		struct graph_edge edge = { .a = by_connections(graph, connections, &random),
					   .b = by_connections(graph, connections, &random),
					   .peers = true };
		if (edge.a != edge.b)
			result = graph_add_edge(graph, where, edge, error);
	}
	return result;
}
