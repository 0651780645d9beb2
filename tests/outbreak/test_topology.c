/* Providers and the routes between them: imports, generators, what filters on the way part, and
 * that both ways of simulating them are one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "outbreak/chain.h"
#include "outbreak/graph.h"
#include "outbreak/route.h"

#define TOP OUTBREAK_TOP

static const char zoo[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	"<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
	"  <key attr.name=\"label\" attr.type=\"string\" for=\"node\" id=\"d32\" />\n"
	"  <key attr.name=\"label\" attr.type=\"string\" for=\"graph\" id=\"d7\" />\n"
	"  <graph edgedefault=\"undirected\">\n"
	"    <data key=\"d7\">a net</data>\n"
	"    <node id=\"0\"><data key=\"d29\">48.1</data><data key=\"d32\">North &amp; East</data>"
	"</node>\n"
	"    <node id=\"1\"><data key=\"d32\">Hub</data></node>\n"
	"    <node id=\"2\"/>\n"
	"    <node id=\"3\"/>\n"
	"    <edge source=\"0\" target=\"1\"><data key=\"d33\">10 Mbit/s</data></edge>\n"
	"    <edge source=\"1\" target=\"2\"/>\n"
	"    <edge source=\"1\" target=\"1\"/>\n"
	"    <edge source=\"2\" target=\"3\"/>\n"
	"    <edge source=\"1\" target=\"2\"/>\n"
	"  </graph>\n"
	"</graphml>\n";

static void reads_graphml(void **state)
{
	(void)state;
	static const char *const names[] = { "North & East", "Hub", "2", "3" };
	static const uint32_t expected[] = { 1, TOP, 1, 2 };
	uint32_t parents[4];
	struct graph graph;
	struct error error;

	assert_int_equal(graph_init(&graph, &error), 0);
	assert_int_equal(graph_read_graphml(&graph, "zoo", bytes_of(zoo), 64, &error), 0);
	assert_int_equal(graph.node_count, 4);
	assert_int_equal(graph.edge_count, 4);
	assert_int_equal(graph_route(&graph, parents, &error), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(graph.nodes[i].name, names[i]);
		assert_int_equal(graph.nodes[i].addresses, 64);
		assert_int_equal(parents[i], expected[i]);
	}
	graph_fini(&graph);
}

typedef int reader_of_text(struct graph *graph, struct bytes text, struct error *error);

static int read_zoo(struct graph *graph, struct bytes text, struct error *error)
{
	return graph_read_graphml(graph, "file", text, 1, error);
}

static int read_ranges(struct graph *graph, struct bytes text, struct error *error)
{
	return graph_read_ranges(graph, "file", text, error);
}

static int read_relations(struct graph *graph, struct bytes text, struct error *error)
{
	return graph_read_relations(graph, "file", text, error);
}

static void says_what_is_wrong_and_where(void **state)
{
	(void)state;
	static const struct {
		reader_of_text *read;
		const char *text, *says;
	} cases[] = {
		{ read_zoo, "<graphml>\n<node/>\n</graphml>", "line 2: a node has no id" },
		{ read_zoo, "<graphml>\n\n<node id='a'/>\n<edge source='a' target='b'/></graphml>",
		  "line 4: an edge names no node before it: b" },
		{ read_zoo, "<graphml>\n<node id='a'>\n</graphml>", "line 3: mismatched tag" },
		{ read_zoo, "<!DOCTYPE x [<!ENTITY a 'b'>]><graphml/>",
		  "line 1: a document type is not allowed: x" },
		{ read_zoo,
		  "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a>",
		  "too deep" },
		{ read_zoo, "<graphml/>", "there is no node" },
		{ read_zoo, "", "no element" },
		{ read_ranges, "192.0.2.0,192.0.2.255,1\n192.0.2.300,192.0.3.0,2\n",
		  "line 2: it does not begin with two IPv4 addresses" },
		{ read_ranges, "192.0.2.0,192.0.2.255,AS1\n", "line 1: the third field" },
		{ read_ranges, "192.0.2.9,192.0.2.3,1\n", "ends before it starts" },
		{ read_ranges, "192.0.2.9,192.0.2.9,1\n192.0.2.0,192.0.2.3,1\n",
		  "line 2: the range starts before" },
		{ read_ranges, "\n", "there is no range" },
		{ read_relations, "# x\n1|2|-1\n1|2|1\n", "line 3: the third field is neither" },
		{ read_relations, "1,2,-1\n", "line 1: it does not begin" },
		{ read_relations, "1|99999999999|0\n", "line 1: it does not begin" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct graph graph;
		struct error error;
		assert_int_equal(graph_init(&graph, &error), 0);
		assert_int_equal(cases[i].read(&graph, bytes_of(cases[i].text), &error),
				 ERROR_INPUT);
		assert_string_equal(error.where, "file");
		assert_non_null(strstr(error.message, cases[i].says));
		graph_fini(&graph);
	}
}

static void reads_networks(void **state)
{
	(void)state;
	struct graph graph;
	struct error error;
	uint32_t parents[6];

	assert_int_equal(graph_init(&graph, &error), 0);
	/* 192.0.2.0 is 3221225984; the third range overlaps with the second by 6 addresses. */
	assert_int_equal(read_ranges(&graph,
				     bytes_of("192.0.2.0,192.0.2.255,64500,\"Example, Inc.\"\r\n"
					      "198.51.100.0,198.51.100.15,64501,Other\n"
					      "198.51.100.10,198.51.100.31,64500\n"
					      "203.0.113.0,3405803791,64503\n"),
				     &error),
			 0);
	assert_int_equal(graph.node_count, 3);
	assert_string_equal(graph.nodes[0].name, "AS64500");
	assert_int_equal(graph.nodes[0].addresses, 256 + 16);
	assert_int_equal(graph.nodes[1].addresses, 16);
	assert_int_equal(graph.nodes[2].addresses, 16);
	/* 64502 has two customers, 64503 one; 64501 buys from both; peers are no way up. */
	assert_int_equal(read_relations(&graph,
					bytes_of("# comment\n64502|64500|-1\n64503|64501|-1|bgp\n"
						 "64502|64501|-1\n64502|64503|0\n64501|64502|-1\n"),
					&error),
			 0);
	assert_int_equal(graph.node_count, 4);
	assert_string_equal(graph.nodes[3].name, "AS64502");
	assert_int_equal(graph.nodes[3].addresses, 0);
	assert_int_equal(graph_route(&graph, parents, &error), 0);
	assert_int_equal(parents[0], 3);
	assert_int_equal(parents[1], 3);
	assert_int_equal(parents[2], TOP);
	assert_int_equal(parents[3], TOP); /* its provider is its smaller customer: no circle */
	graph_fini(&graph);
}

static void generates_shapes(void **state)
{
	(void)state;
	static const enum graph_shape shapes[] = { GRAPH_POWER_LAW, GRAPH_TREE, GRAPH_GRID };
	enum { N = 2500 };
	static uint32_t parents[N], order[N], degree[N];

	for (size_t s = 0; s < 3; s++) {
		struct graph graph, again;
		struct error error;
		uint32_t tops = 0, most = 0;
		assert_int_equal(graph_init(&graph, &error), 0);
		assert_int_equal(graph_init(&again, &error), 0);
		assert_int_equal(graph_generate(&graph, "g", shapes[s], N, 16, 7, &error), 0);
		assert_int_equal(graph_generate(&again, "g", shapes[s], N, 16, 7, &error), 0);
		assert_int_equal(graph.edge_count, again.edge_count);
		for (size_t i = 0; i < graph.edge_count; i++)
			assert_true(graph.edges[i].a == again.edges[i].a &&
				    graph.edges[i].b == again.edges[i].b);
		assert_int_equal(graph_route(&graph, parents, &error), 0);
		assert_int_equal(route_order(parents, N, order), 0);
		memset(degree, 0, sizeof degree);
		for (size_t i = 0; i < graph.edge_count; i++)
			degree[graph.edges[i].a]++, degree[graph.edges[i].b]++;
		for (size_t i = 0; i < N; i++) {
			tops += parents[i] == TOP;
			most = degree[i] > most ? degree[i] : most;
		}
		assert_int_equal(tops, 1); /* all hang together */
		if (shapes[s] == GRAPH_GRID)
			assert_int_equal(most, 4);
		if (shapes[s] == GRAPH_TREE)
			assert_int_equal(most, 5);
		if (shapes[s] == GRAPH_POWER_LAW) /* some √N: far more than the mean of 4 */
			assert_true(most > 40);
		graph_fini(&graph);
		graph_fini(&again);
	}
}

static const char routed[] =
	"name: routed\n"
	"live_share: 0.5\n"
	"vulnerable_share: 0.5\n"
	"scanned_space: 8192\n"
	"providers:\n"
	"  - { name: north, generate: { subnets: 2, addresses: 256 } }\n"
	"  - { name: south, generate: { subnets: 1, addresses: 256 } }\n"
	"  - { name: n1, parent: north, generate: { subnets: 2, addresses: 256 } }\n"
	"  - { name: n2, parent: north, generate: { subnets: 2, addresses: 256 } }\n"
	"  - { name: n11, parent: n1, generate: { subnets: 3, addresses: 256 } }\n"
	"  - { name: n12, parent: n1, generate: { subnets: 1, addresses: 256 } }\n"
	"  - { name: s1, parent: south, generate: { subnets: 3, addresses: 256 } }\n"
	"  - { name: s2, parent: south, generate: { subnets: 2, addresses: 256 } }\n";
#define PROVIDERS 8

static struct outbreak_world world;

static int load_world(void **state)
{
	(void)state;
	struct error error;
	return outbreak_world_parse(bytes_of(routed), "routed.yaml", &world, &error);
}

static int free_world(void **state)
{
	(void)state;
	outbreak_world_fini(&world);
	return 0;
}

/* From a provider up to the top, itself included. */
static size_t way_up(uint32_t provider, uint32_t *way)
{
	size_t count = 0;
	for (uint32_t at = provider; at != TOP; at = world.parents[at])
		way[count++] = at;
	return count;
}

/* The obvious way: both ways up, less what they share above the point where they meet. */
static double walk_route(uint32_t from, uint32_t to, const struct remedy_candidate *candidate,
			 const bool *filtered)
{
	uint32_t up[PROVIDERS], down[PROVIDERS];
	size_t ups = way_up(from, up), downs = way_up(to, down);
	unsigned providers = 0, links = 0;

	if (from == to)
		return 1;
	while (ups > 1 && downs > 1 && up[ups - 2] == down[downs - 2])
		ups--, downs--;
	bool meet = up[ups - 1] == down[downs - 1]; /* in one provider; else between two tops */
	for (size_t i = 0; i < ups; i++) {
		providers += filtered[up[i]];
		links += filtered[up[i]] && !(meet && i == ups - 1);
	}
	for (size_t i = 0; i < downs - meet; i++) {
		providers += filtered[down[i]];
		links += filtered[down[i]];
	}
	if (candidate->place == REMEDY_AT_BORDER)
		return providers ? candidate->pass : 1;
	return pow(candidate->pass, links);
}

/* All pairs of subnets, for every set of places. */
static void filters_stand_on_the_way(void **state)
{
	(void)state;
	static const struct outbreak_worm worm = { .rate = 1, .initially_infected = 1 };
	struct population population;
	struct error error;

	assert_int_equal(population_init(&population, &world, &error), 0);
	assert_int_equal(population_draw(&population, &worm, 1, 0, &error), 0);
	for (unsigned set = 1; set < 1u << PROVIDERS; set++)
		for (int place = REMEDY_AT_BORDER; place <= REMEDY_AT_LINK; place++) {
			struct remedy_candidate candidate = { .effect = REMEDY_FILTER,
							      .place = (enum remedy_place)place,
							      .pass = set % 3 ? 0.5 : 0 };
			uint32_t places[PROVIDERS];
			bool filtered[PROVIDERS];
			struct effect effect;
			for (uint32_t i = 0; i < PROVIDERS; i++) {
				filtered[i] = set >> i & 1;
				if (filtered[i])
					places[candidate.place_count++] = i;
			}
			candidate.places = places;
			assert_int_equal(effect_init(&effect, &candidate, &population, &error), 0);
			for (uint32_t a = 0; a < world.subnet_count; a++)
				for (uint32_t b = 0; b < world.subnet_count; b++)
					assert_true(fabs(effect_reach_subnet(&effect, a, b) -
							 walk_route(world.subnets[a].provider,
								    world.subnets[b].provider,
								    &candidate, filtered)) < 1e-12);
			effect_fini(&effect);
		}
	population_fini(&population);
}

struct outcome {
	double mean, variance;
};

/* `first` does nothing; behind it hits are decided one by one, alone they are drawn by zones. */
static struct outcome simulate(const struct outbreak_worm *worm, uint64_t seed,
			       const struct remedy_candidate *first,
			       const struct remedy_candidate *candidate)
{
	enum { REPLICAS = 400 };
	static struct chain chain;
	struct replica replica;
	struct error error;
	double sum = 0, squares = 0;

	assert_int_equal(replica_init(&replica, &world, worm, 60, &error), 0);
	for (uint32_t r = 0; r < REPLICAS; r++) {
		assert_int_equal(replica_run(&replica, seed, r, &error), 0);
		chain_reset(&chain, NULL, 0);
		if (first)
			assert_int_equal(chain_add(&chain, &replica, first, &error), 0);
		assert_int_equal(chain_add(&chain, &replica, candidate, &error), 0);
		double infected = chain_end(&chain, &replica)->count;
		sum += infected;
		squares += infected * infected;
	}
	chain_fini(&chain);
	replica_fini(&replica);
	double mean = sum / REPLICAS;
	return (struct outcome){ mean, (squares / REPLICAS - mean * mean) / REPLICAS };
}

static void zones_are_exact(void **state)
{
	(void)state;
	static const uint32_t places[] = { 0, 6 };
	const struct outbreak_worm worm = { .rate = 1.5, .initially_infected = 2 };
	const struct remedy_candidate nothing = { .effect = REMEDY_CONTROL, .share = 1 };

	for (int place = REMEDY_AT_BORDER; place <= REMEDY_AT_LINK; place++)
		for (int leaks = 0; leaks < 2; leaks++) {
			struct remedy_candidate candidate = { .effect = REMEDY_FILTER,
							      .place = (enum remedy_place)place,
							      .places = places,
							      .place_count = 2,
							      .pass = leaks ? 0.1 : 0,
							      .delay_seconds = 5 };
			struct outcome zones = simulate(&worm, 21, NULL, &candidate);
			struct outcome hits = simulate(&worm, 22, &nothing, &candidate);
			struct outcome none = simulate(&worm, 21, NULL, &nothing);
			assert_true(fabs(zones.mean - hits.mean) <
				    4 * sqrt(zones.variance + hits.variance));
			assert_true(zones.mean < 0.9 * none.mean);
		}
}

static void a_cut_parts_what_lies_below(void **state)
{
	(void)state;
	static const uint32_t cut[] = { 2 }; /* n1, with n11 and n12 below it */
	struct remedy_candidate filter = { .name = "cut",
					   .effect = REMEDY_FILTER,
					   .place = REMEDY_AT_LINK,
					   .places = cut,
					   .place_count = 1 };
	struct outbreak_worm worm = {
		.scan = OUTBREAK_RANDOM, .rate = 10, .initially_infected = 1, .origin = "n11-1"
	};
	struct outbreak_run run = { .duration = 300, .replicas = 10, .seed = 1, .curve_points = 2 };
	struct outbreak_result result;
	struct error error;

	for (int scan = OUTBREAK_RANDOM; scan <= OUTBREAK_LOCAL; scan++) {
		worm.scan = (enum outbreak_scan)scan;
		worm.random_start = 0.5;
		worm.local_share = scan == OUTBREAK_LOCAL ? 0.3 : 0;
		assert_int_equal(
			outbreak_rank(&world, &worm, &run, &filter, 1, NULL, NULL, &result, &error),
			0);
		const struct outbreak_forecast *parted = &result.forecasts[1];
		for (size_t s = 0; s < world.subnet_count; s++) {
			uint32_t provider = world.subnets[s].provider;
			bool below = provider == 2 || provider == 4 || provider == 5;
			assert_int_equal(parted->subnet_infected[s] > 0, below);
			assert_true(result.forecasts[0].subnet_infected[s] > 0);
		}
		outbreak_result_fini(&result);
	}
}

static char folder[] = "/tmp/kenbi-topology-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[200];
	struct error error;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(file_write(path, bytes_of(text), &error), 0);
}

static int load(const char *text, struct outbreak_world *loaded, struct error *error)
{
	char path[200];
	put("world.yaml", text);
	snprintf(path, sizeof path, "%s/world.yaml", folder);
	return outbreak_world_load(path, loaded, error);
}

static void builds_worlds_of_graphs(void **state)
{
	(void)state;
	struct outbreak_world loaded;
	struct error error;

	put("zoo.graphml", zoo);
	put("ranges.csv", "192.0.2.0,192.0.2.255,64500\n198.51.100.0,198.51.100.15,64501\n");
	put("relations.txt", "64502|64500|-1\n64502|64501|-1\n");
	assert_int_equal(load("name: z\nimport: { graphml: zoo.graphml, addresses: 512 }\n"
			      "providers: [ { name: Hub, patched_share: 0.9 } ]\n",
			      &loaded, &error),
			 0);
	assert_int_equal(loaded.provider_count, 4);
	assert_int_equal(loaded.scanned_space, 4 * 512);
	assert_true(loaded.subnets[1].patched_share == 0.9);
	assert_true(loaded.subnets[0].patched_share == 0);
	assert_int_equal(loaded.parents[3], 2);
	outbreak_world_fini(&loaded);

	assert_int_equal(load("name: i\nscanned_space: 4294967296\n"
			      "import: { ranges: ranges.csv, relations: relations.txt }\n",
			      &loaded, &error),
			 0);
	assert_int_equal(loaded.provider_count, 3);
	assert_int_equal(loaded.subnet_count, 2); /* AS64502 has no addresses */
	assert_string_equal(loaded.subnets[1].name, "AS64501");
	assert_int_equal(loaded.subnets[1].addresses, 16);
	assert_int_equal(loaded.parents[0], 2);
	outbreak_world_fini(&loaded);

	assert_int_equal(load("name: g\ngenerate: { shape: tree, providers: 21, addresses: 64 }\n",
			      &loaded, &error),
			 0);
	assert_int_equal(loaded.provider_count, 21);
	assert_int_equal(loaded.parents[20], 4);
	outbreak_world_fini(&loaded);
}

static void refuses_impossible_worlds(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "name: a\n", "providers is missing" },
		{ "name: a\nimport: { graphml: missing.graphml }\n", "missing.graphml" },
		{ "name: a\nimport: { graphml: zoo.graphml, ranges: ranges.csv }\n", "either" },
		{ "name: a\nimport: { relations: relations.txt }\n", "either" },
		{ "name: a\nimport: { ranges: zoo.graphml }\n", "line 1" },
		{ "name: a\nimport: { graphml: zoo.graphml }\nproviders: [ { name: Rim } ]\n",
		  "'Rim' is not among" },
		{ "name: a\ngenerate: { shape: ring, providers: 3, addresses: 1 }\n", "shape" },
		{ "name: a\ngenerate: { shape: tree, providers: 0, addresses: 1 }\n", "is 0" },
		{ "name: a\ngenerate: { shape: tree, providers: 3, addresses: 4294967296 }\n",
		  "together" },
		{ "name: a\nproviders:\n"
		  "  - { name: b, parent: c, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: c, parent: b, generate: { subnets: 1, addresses: 1 } }\n",
		  "circle: that of 'b' is 'c'" },
		{ "name: a\nproviders:\n"
		  "  - { name: b, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: top, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: f, parent: d, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: c, parent: top, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: d, parent: e, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: e, parent: d, generate: { subnets: 1, addresses: 1 } }\n",
		  "circle: that of 'd' is 'e'" },
		{ "name: a\nproviders:\n"
		  "  - { name: b, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: c, parent: b, generate: { subnets: 1, addresses: 1 } }\n"
		  "  - { name: b, generate: { subnets: 1, addresses: 1 } }\n",
		  "two providers are called 'b'" },
		{ "name: a\nproviders:\n"
		  "  - { name: b, parent: d, generate: { subnets: 1, addresses: 1 } }\n",
		  "'d', which is no provider" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct outbreak_world loaded;
		struct error error;
		char text[1000];
		assert_true(load(cases[i].text, &loaded, &error) < 0);
		error_text(&error, text, sizeof text);
		assert_non_null(strstr(text, cases[i].says));
		assert_null(loaded.arena);
	}
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? load_world(state) : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "world.yaml", "zoo.graphml", "ranges.csv",
					     "relations.txt" };
	char path[200];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	return free_world(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_graphml),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(reads_networks),
		cmocka_unit_test(generates_shapes),
		cmocka_unit_test(filters_stand_on_the_way),
		cmocka_unit_test(zones_are_exact),
		cmocka_unit_test(a_cut_parts_what_lies_below),
		cmocka_unit_test(builds_worlds_of_graphs),
		cmocka_unit_test(refuses_impossible_worlds),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
