/* Bytes as ranges of networks, and what comes behind a line of '=' as their relations. */
#include "outbreak/outbreak.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/graph.h"
#include "outbreak/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Routes of whatever was read have no circles. */
static void check_routes(const struct graph *graph)
{
	uint32_t *parents = malloc(graph->node_count * sizeof *parents);
	uint32_t *order = malloc(graph->node_count * sizeof *order);
	struct error error;

	if (parents && order &&
	    (graph_route(graph, parents, &error) < 0 ||
	     route_order(parents, graph->node_count, order) == ERROR_INPUT))
		abort();
	free(parents);
	free(order);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memmem(data, size, "\n=\n", 3) : NULL;
	struct bytes ranges = { data, cut ? (size_t)(cut - data) : size };
	struct bytes relations = { cut ? cut + 3 : NULL, cut ? size - ranges.length - 3 : 0 };
	struct graph graph;
	struct error error;

	if (graph_init(&graph, &error) < 0)
		return 0;
	if (graph_read_ranges(&graph, "ranges", ranges, &error) == 0 &&
	    graph_read_relations(&graph, "relations", relations, &error) == 0)
		check_routes(&graph);
	graph_fini(&graph);
	return 0;
}
