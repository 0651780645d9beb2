/* Topologies, checked and unfolded into one list of subnets in address order. Shares that a subnet
 * does not give are its provider's, then the world's; a generator writes many alike subnets in one
 * line. Where a graph is imported or generated, its nodes are the providers, each with one subnet,
 * and the providers of the file only say what is different about some of them. */
#include "outbreak/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/peering.h"
#include "outbreak/route.h"

#define MOST_MEMORY    ((size_t)256 << 20)
#define MOST_IMPORT    ((size_t)512 << 20)
#define MOST_ADDRESSES INT64_C(4294967296) /* of IPv4 */
#define MOST_UPLINK    1e15
#define MOST_PEERS     1000.0 /* of each generated provider, in the mean */

struct shares {
	double live, vulnerable, patched;
};

/* A world under construction. */
struct builder {
	const struct world_file *file;
	const char *where;
	struct outbreak_world *world;
	struct outbreak_provider *providers;
	struct outbreak_subnet *subnets;
	uint32_t *parents, *top_down;
	int64_t addresses;
	struct error *error;
};

static int take_share(struct builder *builder, const char *key, const char *name,
		      const double *given, double inherited, double *share)
{
	*share = given ? *given : inherited;
	if (*share >= 0 && *share <= 1)
		return 0;
	return error_set(builder->error, ERROR_INPUT, builder->where,
			 "%s of '%s' is %g, allowed is 0 to 1", key, name, *share);
}

static int take_shares(struct builder *builder, const char *name, const double *live,
		       const double *vulnerable, const double *patched,
		       const struct shares *inherited, struct shares *shares)
{
	int result = take_share(builder, "live_share", name, live, inherited->live, &shares->live);
	if (result == 0)
		result = take_share(builder, "vulnerable_share", name, vulnerable,
				    inherited->vulnerable, &shares->vulnerable);
	if (result == 0)
		result = take_share(builder, "patched_share", name, patched, inherited->patched,
				    &shares->patched);
	return result;
}

static char *copy_text(struct builder *builder, const char *text)
{
	return arena_copy(builder->world->arena, bytes_of(text));
}

static int no_memory(struct builder *builder)
{
	return error_set(builder->error, ERROR_LIMIT, builder->where,
			 "the world needs more than %zu MiB; use fewer subnets", MOST_MEMORY >> 20);
}

static int add_subnet(struct builder *builder, const char *name, int64_t addresses,
		      const struct shares *shares)
{
	if (addresses < 1 || addresses > MOST_ADDRESSES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "addresses of '%s' is %" PRId64 ", allowed is 1 to %" PRId64, name,
				 addresses, MOST_ADDRESSES);
	builder->addresses += addresses;
	if (builder->addresses > MOST_ADDRESSES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "up to '%s' the subnets have %" PRId64
				 " addresses together, allowed are %" PRId64,
				 name, builder->addresses, MOST_ADDRESSES);
	const char *copy = copy_text(builder, name);
	if (!copy)
		return no_memory(builder);
	builder->subnets[builder->world->subnet_count++] = (struct outbreak_subnet){
		.name = copy,
		.provider = (uint32_t)builder->world->provider_count,
		.addresses = (uint64_t)addresses,
		.live_share = shares->live,
		.vulnerable_share = shares->vulnerable,
		.patched_share = shares->patched,
	};
	return 0;
}

/* The generator's subnets are called after the provider: "north-1", "north-2", … */
static int generate(struct builder *builder, const struct world_file_provider *provider,
		    const struct shares *shares)
{
	char name[256];
	int result = 0;

	for (int64_t i = 0; result == 0 && i < provider->generate->subnets; i++) {
		snprintf(name, sizeof name, "%s-%" PRId64, provider->name, i + 1);
		result = add_subnet(builder, name, provider->generate->addresses, shares);
	}
	return result;
}

static int add_provider(struct builder *builder, const struct world_file_provider *provider,
			const struct shares *defaults)
{
	struct shares shares, own;
	int result =
		take_shares(builder, provider->name, provider->live_share,
			    provider->vulnerable_share, provider->patched_share, defaults, &shares);

	for (unsigned i = 0; result == 0 && i < provider->subnets_count; i++) {
		const struct world_file_subnet *subnet = &provider->subnets[i];
		result =
			take_shares(builder, subnet->name, subnet->live_share,
				    subnet->vulnerable_share, subnet->patched_share, &shares, &own);
		if (result == 0)
			result = add_subnet(builder, subnet->name, subnet->addresses, &own);
	}
	if (result == 0 && provider->generate)
		result = generate(builder, provider, &shares);
	if (result < 0)
		return result;
	const char *copy = copy_text(builder, provider->name);
	if (!copy)
		return no_memory(builder);
	double uplink = provider->uplink ? *provider->uplink : 0;
	if (!(uplink >= 0 && uplink <= MOST_UPLINK))
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "uplink of '%s' is %g, allowed is 0 to %g", provider->name, uplink,
				 MOST_UPLINK);
	builder->providers[builder->world->provider_count++] =
		(struct outbreak_provider){ .name = copy, .uplink = uplink };
	return 0;
}

/* How many subnets there will be, and that every provider has some. */
static int count_subnets(struct builder *builder, int64_t *count)
{
	*count = 0;
	for (unsigned i = 0; i < builder->file->providers_count; i++) {
		const struct world_file_provider *provider = &builder->file->providers[i];
		const struct world_file_generate *generator = provider->generate;
		if (generator &&
		    (generator->subnets < 1 || generator->subnets > WORLD_MOST_SUBNETS))
			return error_set(builder->error, ERROR_INPUT, builder->where,
					 "generate.subnets of '%s' is %" PRId64
					 ", allowed is 1 to %d",
					 provider->name, generator->subnets, WORLD_MOST_SUBNETS);
		if (!generator && provider->subnets_count == 0)
			return error_set(builder->error, ERROR_INPUT, builder->where,
					 "provider '%s' has no subnets; give subnets or generate",
					 provider->name);
		*count += provider->subnets_count + (generator ? generator->subnets : 0);
	}
	if (*count > WORLD_MOST_SUBNETS)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "there are %" PRId64 " subnets, allowed are %d", *count,
				 WORLD_MOST_SUBNETS);
	return 0;
}

static int take_scanned_space(struct builder *builder)
{
	const int64_t *given = builder->file->scanned_space;

	builder->world->scanned_space = (uint64_t)(given ? *given : builder->addresses);
	if (given && (*given < builder->addresses || *given > MOST_ADDRESSES))
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "scanned_space is %" PRId64 ", allowed is %" PRId64
				 " (all addresses of the subnets) to %" PRId64,
				 *given, builder->addresses, MOST_ADDRESSES);
	return 0;
}

/* A list of names to be found by. */
struct name_index {
	const char *name;
	uint32_t index;
};

static int by_name(const void *left, const void *right)
{
	const struct name_index *a = left, *b = right;
	return strcmp(a->name, b->name);
}

static struct name_index *index_providers(const struct world_file *file)
{
	struct name_index *names = malloc((file->providers_count + 1) * sizeof *names);

	for (unsigned i = 0; names && i < file->providers_count; i++)
		names[i] = (struct name_index){ file->providers[i].name, i };
	if (names && file->providers_count > 1)
		qsort(names, file->providers_count, sizeof *names, by_name);
	return names;
}

static const struct name_index *find_name(const struct name_index *names, size_t count,
					  const char *name)
{
	struct name_index wanted = { .name = name };
	return count ? bsearch(&wanted, names, count, sizeof *names, by_name) : NULL;
}

/* Room for as many of both, and of parents. */
static int make_room(struct builder *builder, size_t providers, size_t subnets)
{
	struct outbreak_world *world = builder->world;

	world->name = copy_text(builder, builder->file->name);
	builder->providers = arena_take(world->arena, providers * sizeof *builder->providers);
	builder->subnets = arena_take(world->arena, subnets * sizeof *builder->subnets);
	builder->parents = arena_take(world->arena, providers * sizeof *builder->parents);
	builder->top_down = arena_take(world->arena, providers * sizeof *builder->top_down);
	if (!world->name || !builder->providers || !builder->subnets || !builder->parents ||
	    !builder->top_down)
		return no_memory(builder);
	world->providers = builder->providers;
	world->subnets = builder->subnets;
	return 0;
}

/* Somebody on the circle that there is, and its parent: met twice on one way up. `met` is 0 of each
 * provider. */
static uint32_t find_circle(const uint32_t *parents, uint32_t count, uint32_t *met,
			    uint32_t *parent)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = i;
		for (; at != OUTBREAK_TOP && met[at] == 0; at = parents[at])
			met[at] = i + 1;
		if (at != OUTBREAK_TOP && met[at] == i + 1) {
			*parent = parents[at];
			return at;
		}
	}
	return *parent = 0;
}

static int tell_circle(struct builder *builder)
{
	const struct outbreak_provider *providers = builder->world->providers;
	size_t count = builder->world->provider_count;
	uint32_t *met = calloc(count + 1, sizeof *met);

	if (!met)
		return no_memory(builder);
	uint32_t parent, at = find_circle(builder->parents, (uint32_t)count, met, &parent);
	free(met);
	return error_set(builder->error, ERROR_INPUT, builder->where,
			 "the parents of its providers run in a circle: that of '%s' is '%s', and "
			 "so on back to '%s'; one of them must have another parent, or none",
			 providers[at].name, providers[parent].name, providers[at].name);
}

/* Parents are known, and become the world's. */
static int keep_routes(struct builder *builder)
{
	struct outbreak_world *world = builder->world;
	int result = route_order(builder->parents, world->provider_count, builder->top_down);

	if (result == ERROR_INPUT)
		return tell_circle(builder);
	if (result < 0)
		return no_memory(builder);
	world->parents = builder->parents;
	world->top_down = builder->top_down;
	return 0;
}

static int take_parents(struct builder *builder, const struct name_index *names, bool *any)
{
	const struct world_file *file = builder->file;
	int result = 0;

	*any = false;
	for (unsigned i = 0; result == 0 && i < file->providers_count; i++) {
		const char *parent = file->providers[i].parent;
		const struct name_index *found =
			parent ? find_name(names, file->providers_count, parent) : NULL;
		builder->parents[i] = found ? found->index : OUTBREAK_TOP;
		*any |= found != NULL;
		if (parent && !found)
			result = error_set(builder->error, ERROR_INPUT, builder->where,
					   "parent of '%s' is '%s', which is no provider",
					   file->providers[i].name, parent);
	}
	return result;
}

/* Links to the peers of provider `index`, behind those in `links`. */
static int take_peers_of(struct builder *builder, const struct name_index *names, uint32_t index,
			 struct peering_link *links, size_t *count)
{
	const struct world_file *file = builder->file;
	const struct world_file_provider *provider = &file->providers[index];

	for (unsigned i = 0; i < provider->peers_count; i++) {
		const struct name_index *found =
			find_name(names, file->providers_count, provider->peers[i]);
		if (!found || found->index == index)
			return error_set(builder->error, ERROR_INPUT, builder->where,
					 "a peer of '%s' is '%s', which is no other provider",
					 provider->name, provider->peers[i]);
		links[(*count)++] = (struct peering_link){ index, found->index };
	}
	return 0;
}

static int take_peers(struct builder *builder, const struct name_index *names, bool routed)
{
	const struct world_file *file = builder->file;
	size_t count = 0, most = 0;
	int result = 0;

	for (unsigned i = 0; i < file->providers_count; i++)
		most += file->providers[i].peers_count;
	struct peering_link *links = malloc((most + 1) * sizeof *links);
	if (!links)
		return no_memory(builder);
	for (unsigned i = 0; result == 0 && i < file->providers_count; i++)
		result = take_peers_of(builder, names, i, links, &count);
	/* Without parents, all are connected anyway. */
	if (result == 0 && routed && peering_build(builder->world, links, count) < 0)
		result = no_memory(builder);
	free(links);
	return result;
}

/* Parents, peers and remedies name them. */
static int check_names(struct builder *builder, const struct name_index *names)
{
	for (unsigned i = 1; i < builder->file->providers_count; i++)
		if (strcmp(names[i - 1].name, names[i].name) == 0)
			return error_set(builder->error, ERROR_INPUT, builder->where,
					 "two providers are called '%s'; give each its own name",
					 names[i].name);
	return 0;
}

static int take_routes(struct builder *builder)
{
	struct name_index *names = index_providers(builder->file);
	bool routed;

	if (!names)
		return no_memory(builder);
	int result = check_names(builder, names);
	if (result == 0)
		result = take_parents(builder, names, &routed);
	if (result == 0 && routed)
		result = keep_routes(builder);
	if (result == 0)
		result = take_peers(builder, names, routed);
	free(names);
	return result;
}

static int build_from_list(struct builder *builder, const struct shares *defaults)
{
	const struct world_file *file = builder->file;
	int64_t subnets = 0;
	int result = 0;

	if (file->providers_count == 0)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "providers is missing; give it, import or generate");
	result = count_subnets(builder, &subnets);
	if (result == 0)
		result = make_room(builder, file->providers_count, (size_t)subnets);
	for (unsigned i = 0; result == 0 && i < file->providers_count; i++)
		result = add_provider(builder, &file->providers[i], defaults);
	return result == 0 ? take_routes(builder) : result;
}

/* Reads a file beside the topology. */
static int read_import(struct builder *builder, const char *name, char *path, size_t size,
		       struct buffer *content)
{
	const char *slash = strrchr(builder->where, '/');
	int folder = slash && name[0] != '/' ? (int)(slash - builder->where) + 1 : 0;

	if ((size_t)folder + strlen(name) >= size)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "an import is a path of more than %zu characters", size - 1);
	snprintf(path, size, "%.*s%s", folder, builder->where, name);
	return file_read(path, MOST_IMPORT, content, builder->error);
}

typedef int graph_reader(struct graph *graph, const char *where, struct bytes text,
			 struct error *error);

static int import_with(struct builder *builder, struct graph *graph, const char *name,
		       graph_reader *read)
{
	struct buffer content = { 0 };
	char path[4096];
	int result = read_import(builder, name, path, sizeof path, &content);

	if (result < 0)
		return result;
	result = read(graph, path, buffer_bytes(&content), builder->error);
	buffer_fini(&content);
	return result;
}

static int import_graphml(struct builder *builder, struct graph *graph)
{
	const struct world_file_import *import = builder->file->import;
	int64_t addresses = import->addresses ? *import->addresses : 4096;
	struct buffer content = { 0 };
	char path[4096];

	if (addresses < 1 || addresses > MOST_ADDRESSES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "import.addresses is %" PRId64 ", allowed is 1 to %" PRId64,
				 addresses, MOST_ADDRESSES);
	int result = read_import(builder, import->graphml, path, sizeof path, &content);
	if (result < 0)
		return result;
	result = graph_read_graphml(graph, path, buffer_bytes(&content), (uint64_t)addresses,
				    builder->error);
	buffer_fini(&content);
	return result;
}

static int import_graph(struct builder *builder, struct graph *graph)
{
	const struct world_file_import *import = builder->file->import;

	if (!import->graphml == !import->ranges || (import->graphml && import->relations))
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "import needs either graphml, or ranges and perhaps relations");
	if (import->graphml)
		return import_graphml(builder, graph);
	int result = import_with(builder, graph, import->ranges, graph_read_ranges);
	if (result == 0 && import->relations)
		result = import_with(builder, graph, import->relations, graph_read_relations);
	return result;
}

static int generate_graph(struct builder *builder, struct graph *graph)
{
	const struct world_file_shape *shape = builder->file->generate;

	if (shape->providers < 1 || shape->providers > GRAPH_MOST_NODES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "generate.providers is %" PRId64 ", allowed is 1 to %u",
				 shape->providers, GRAPH_MOST_NODES);
	if (shape->addresses < 1 || shape->addresses > MOST_ADDRESSES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "generate.addresses is %" PRId64 ", allowed is 1 to %" PRId64,
				 shape->addresses, MOST_ADDRESSES);
	uint64_t seed = shape->seed ? (uint64_t)*shape->seed : 1;
	double peers = shape->peers ? *shape->peers : 0;
	if (!(peers >= 0 && peers <= MOST_PEERS))
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "generate.peers is %g, allowed is 0 to %g", peers, MOST_PEERS);
	int result = graph_generate(graph, builder->where, shape->shape, (uint32_t)shape->providers,
				    (uint64_t)shape->addresses, seed, builder->error);
	return result < 0
		       ? result
		       : graph_generate_peers(graph, builder->where, peers, seed, builder->error);
}

/* A node, with what the file's provider of that name says (NULL: nothing). */
static int add_node(struct builder *builder, const struct graph_node *node,
		    const struct world_file_provider *different, const struct shares *defaults)
{
	struct shares shares = *defaults;
	int result = 0;

	if (different)
		result = take_shares(builder, node->name, different->live_share,
				     different->vulnerable_share, different->patched_share,
				     defaults, &shares);
	if (result == 0 && node->addresses > 0)
		result = add_subnet(builder, node->name, (int64_t)node->addresses, &shares);
	if (result < 0)
		return result;
	const char *copy = copy_text(builder, node->name);
	if (!copy)
		return no_memory(builder);
	builder->providers[builder->world->provider_count++] =
		(struct outbreak_provider){ .name = copy };
	return 0;
}

/* Providers of the file are known in the graph, and give shares only. */
static int check_differences(struct builder *builder, const struct graph *graph)
{
	const struct world_file *file = builder->file;
	struct name_index *names = malloc((graph->node_count + 1) * sizeof *names);
	int result = 0;

	if (!names)
		return no_memory(builder);
	for (size_t i = 0; i < graph->node_count; i++)
		names[i] = (struct name_index){ graph->nodes[i].name, (uint32_t)i };
	if (graph->node_count > 1)
		qsort(names, graph->node_count, sizeof *names, by_name);
	for (unsigned i = 0; result == 0 && i < file->providers_count; i++) {
		const struct world_file_provider *provider = &file->providers[i];
		if (provider->subnets_count || provider->generate || provider->parent ||
		    provider->peers_count)
			result = error_set(builder->error, ERROR_INPUT, builder->where,
					   "provider '%s' has more than shares, but providers are "
					   "imported or generated",
					   provider->name);
		else if (!find_name(names, graph->node_count, provider->name))
			result =
				error_set(builder->error, ERROR_INPUT, builder->where,
					  "provider '%s' is not among the %zu that are imported or "
					  "generated",
					  provider->name, graph->node_count);
	}
	free(names);
	return result;
}

static int add_nodes(struct builder *builder, const struct graph *graph,
		     const struct shares *defaults)
{
	const struct world_file *file = builder->file;
	struct name_index *names = index_providers(file);

	if (!names)
		return no_memory(builder);
	int result = make_room(builder, graph->node_count, graph->node_count);
	for (size_t i = 0; result == 0 && i < graph->node_count; i++) {
		const struct name_index *found =
			find_name(names, file->providers_count, graph->nodes[i].name);
		result = add_node(builder, &graph->nodes[i],
				  found ? &file->providers[found->index] : NULL, defaults);
	}
	free(names);
	if (result == 0 && builder->world->subnet_count == 0)
		result = error_set(builder->error, ERROR_INPUT, builder->where,
				   "no provider has addresses");
	return result;
}

/* Once parents are known. */
static int keep_peers(struct builder *builder, const struct graph *graph)
{
	struct peering_link *links = malloc((graph->edge_count + 1) * sizeof *links);
	size_t count = 0;

	if (!links)
		return no_memory(builder);
	for (size_t i = 0; i < graph->edge_count; i++)
		if (graph->edges[i].peers)
			links[count++] =
				(struct peering_link){ graph->edges[i].a, graph->edges[i].b };
	int result = peering_build(builder->world, links, count);
	free(links);
	return result < 0 ? no_memory(builder) : 0;
}

static int build_from_graph(struct builder *builder, const struct shares *defaults)
{
	const struct world_file *file = builder->file;
	struct graph graph;
	int result = 0;

	if (file->import && file->generate)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "both import and generate are given; keep one");
	result = graph_init(&graph, builder->error);
	if (result < 0)
		return result;
	result = file->import ? import_graph(builder, &graph) : generate_graph(builder, &graph);
	if (result == 0)
		result = check_differences(builder, &graph);
	if (result == 0)
		result = add_nodes(builder, &graph, defaults);
	if (result == 0 && graph.edge_count > 0)
		result = graph_route(&graph, builder->parents, builder->error);
	if (result == 0 && graph.edge_count > 0)
		result = keep_routes(builder);
	if (result == 0 && graph.edge_count > 0)
		result = keep_peers(builder, &graph);
	graph_fini(&graph);
	return result;
}

static int build(struct builder *builder)
{
	const struct world_file *file = builder->file;
	struct shares defaults;
	int result = take_shares(builder, file->name, file->live_share, file->vulnerable_share,
				 file->patched_share, &(struct shares){ 0.25, 0.25, 0 }, &defaults);

	if (result == 0)
		result = file->import || file->generate ? build_from_graph(builder, &defaults)
							: build_from_list(builder, &defaults);
	return result < 0 ? result : take_scanned_space(builder);
}

int world_build(const struct world_file *file, const char *where, struct outbreak_world *world,
		struct error *error)
{
	struct builder builder = { .file = file, .where = where, .world = world, .error = error };

	*world = (struct outbreak_world){ .arena = arena_new(MOST_MEMORY) };
	if (!world->arena)
		return error_set(error, ERROR_MEMORY, where, "no memory for a world");
	int result = build(&builder);
	if (result < 0)
		outbreak_world_fini(world);
	return result;
}
