/* Bytes as GraphML: whatever they are, a graph with routes or a message. */
#include "outbreak/outbreak.h"

#include <stdlib.h>

#include "outbreak/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct graph graph;
	struct error error;

	if (graph_init(&graph, &error) < 0)
		return 0;
	if (graph_read_graphml(&graph, "fuzz", (struct bytes){ data, size }, 4096, &error) == 0) {
		uint32_t *parents = malloc(graph.node_count * sizeof *parents);
		if (parents && graph_route(&graph, parents, &error) < 0)
			abort();
		free(parents);
	}
	graph_fini(&graph);
	return 0;
}
