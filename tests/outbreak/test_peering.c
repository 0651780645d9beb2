/* Links between providers that peer: the routes over them against all valley-free paths of small
 * random graphs, what filters on them let through, and outbreaks past them against the oracle that
 * draws every scan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/chain.h"
#include "outbreak/graph.h"
#include "outbreak/peering.h"
#include "outbreaks.h"
#include "sample.h"
#include "smirnov.h"
#include "valley_free.h"

#define TOP OUTBREAK_TOP

/* Under sanitizers the code is looked at, not its statistics. */
#ifdef __SANITIZE_ADDRESS__
#define REPLICAS 1000
#else
#define REPLICAS 10000
#endif

/* --- routes --- */

/* A random world of up to 12 providers, one subnet each. */
struct graph_world {
	struct outbreak_world world;
	struct outbreak_provider providers[VALLEY_FREE_MOST];
	struct outbreak_subnet subnets[VALLEY_FREE_MOST];
	uint32_t parents[VALLEY_FREE_MOST], top_down[VALLEY_FREE_MOST];
	bool peers[VALLEY_FREE_MOST][VALLEY_FREE_MOST];
};

static void make_graph(struct graph_world *made, struct random *random)
{
	uint32_t count = 2 + random_below(random, 11), links = random_below(random, 2 * count);
	uint32_t tops = 1 + random_below(random, 3);
	struct peering_link list[2 * VALLEY_FREE_MOST];

	memset(made, 0, sizeof *made);
	made->world = (struct outbreak_world){ .name = "random",
					       .arena = arena_new(1 << 20),
					       .providers = made->providers,
					       .provider_count = count,
					       .subnets = made->subnets,
					       .subnet_count = count,
					       .parents = made->parents,
					       .top_down = made->top_down,
					       .scanned_space = 4 * count };
	assert_non_null(made->world.arena);
	/* Numbers say nothing of the order from the top down: parents are among a shuffle's first.
	 */
	for (uint32_t i = 0; i < count; i++) {
		uint32_t other = random_below(random, i + 1);
		made->top_down[i] = made->top_down[other];
		made->top_down[other] = i;
		made->providers[i].name = "provider";
		made->subnets[i] = (struct outbreak_subnet){ "subnet", i, 4, 1, 1, 0 };
	}
	for (uint32_t i = 0; i < count; i++)
		made->parents[made->top_down[i]] =
			i < tops ? TOP : made->top_down[random_below(random, i)];
	for (uint32_t i = 0; i < links; i++) {
		list[i] = (struct peering_link){ random_below(random, count),
						 random_below(random, count) };
		if (list[i].a == list[i].b)
			list[i].b = (list[i].a + 1) % count;
		made->peers[list[i].a][list[i].b] = made->peers[list[i].b][list[i].a] = true;
	}
	assert_int_equal(peering_build(&made->world, list, links), 0);
}

/* The only link of a route between providers of which neither is the other's parent. */
static void routes_are_valley_free_and_the_best(void **state)
{
	(void)state;
	struct random random;
	struct graph_world made;
	size_t crossings = 0;

	random_init(&random, 7, 0);
	for (unsigned round = 0; round < 3000; round++) {
		make_graph(&made, &random);
		for (uint32_t from = 0; from < made.world.provider_count; from++) {
			struct valley_free_route routes[VALLEY_FREE_MOST];
			valley_free_routes(made.parents, made.world.provider_count, made.peers,
					   from, routes);
			for (uint32_t to = 0; to < made.world.provider_count; to++) {
				struct peering_link link;
				bool crosses = peering_cross(&made.world, from, to, &link);
				assert_int_equal(crosses, routes[to].crosses);
				if (!crosses)
					continue;
				crossings++;
				assert_int_equal(link.a, routes[to].over);
				assert_int_equal(link.b, routes[to].into);
			}
		}
		outbreak_world_fini(&made.world);
	}
	assert_true(crossings > 10000);
}

/* What a filter at these places leaves of an attack, by the slow route. */
static double slow_reach(const struct valley_free_route *route,
			 const struct remedy_candidate *candidate, unsigned set)
{
	unsigned filters = 0;

	if (candidate->place == REMEDY_AT_BORDER) {
		for (size_t i = 0; i < route->node_count; i++)
			filters |= set >> route->nodes[i] & 1;
		return route->node_count > 1 && filters ? candidate->pass : 1;
	}
	for (size_t i = 0; i < route->link_count; i++)
		filters += set >> route->links[i] & 1;
	return pow(candidate->pass, filters);
}

static void look_at_filters(const struct graph_world *made, struct population *population,
			    struct remedy_candidate *candidate, unsigned set)
{
	uint32_t places[VALLEY_FREE_MOST];
	struct effect effect;
	struct error error;

	candidate->place_count = 0;
	for (uint32_t i = 0; i < made->world.provider_count; i++)
		if (set >> i & 1)
			places[candidate->place_count++] = i;
	candidate->places = places;
	assert_int_equal(effect_init(&effect, candidate, population, &error), 0);
	assert_int_equal(effect_join_islands(&effect, &error), 0);
	for (uint32_t from = 0; from < made->world.provider_count; from++) {
		struct valley_free_route routes[VALLEY_FREE_MOST];
		bool peers[VALLEY_FREE_MOST][VALLEY_FREE_MOST];
		memcpy(peers, made->peers, sizeof peers);
		valley_free_routes(made->parents, made->world.provider_count, peers, from, routes);
		for (uint32_t to = 0; to < made->world.provider_count; to++) {
			double reach = effect_reach_subnet(&effect, from, to);
			assert_true(fabs(reach - slow_reach(&routes[to], candidate, set)) < 1e-12);
			/* Nothing gets from one island to another. */
			if (effect.island && candidate->pass <= 0 && reach > 0)
				assert_int_equal(effect.island[from], effect.island[to]);
		}
	}
	effect_fini(&effect);
}

static void filters_stand_on_the_routes(void **state)
{
	(void)state;
	static const struct outbreak_worm worm = { .rate = 1, .initially_infected = 1 };
	struct random random;
	struct graph_world made;

	random_init(&random, 8, 0);
	for (unsigned round = 0; round < 600; round++) {
		struct population population;
		struct error error;
		make_graph(&made, &random);
		assert_int_equal(population_init(&population, &made.world, &error), 0);
		assert_int_equal(population_draw(&population, &worm, 1, round, &error), 0);
		for (unsigned i = 0; i < 12; i++) {
			struct remedy_candidate candidate = { .effect = REMEDY_FILTER,
							      .place = i % 2 ? REMEDY_AT_LINK
									     : REMEDY_AT_BORDER,
							      .pass = i % 3 ? 0.5 : 0 };
			unsigned set = random_u32(&random) & random_u32(&random);
			look_at_filters(&made, &population, &candidate, set);
		}
		population_fini(&population);
		outbreak_world_fini(&made.world);
	}
}

/* --- outbreaks --- */

static const char peering[] =
	"name: peering\n"
	"live_share: 0.8\n"
	"vulnerable_share: 0.7\n"
	"scanned_space: 88\n"
	"providers:\n"
	"  - { name: t, subnets: [ { name: t-1, addresses: 6 } ] }\n"
	"  - { name: t1, parent: t, subnets: [ { name: t1-1, addresses: 8 } ], peers: [ u, t2 ] }\n"
	"  - { name: t11, parent: t1, peers: [ u1 ],\n"
	"      subnets: [ { name: t11-1, addresses: 12 }, { name: t11-2, addresses: 4 } ] }\n"
	"  - { name: u, subnets: [ { name: u-1, addresses: 6 } ] }\n"
	"  - { name: t2, parent: t, subnets: [ { name: t2-1, addresses: 10 } ] }\n"
	"  - { name: u1, parent: u, subnets: [ { name: u1-1, addresses: 12 } ], peers: [ t2, u ] "
	"}\n"
	"  - { name: u11, parent: u1, subnets: [ { name: u11-1, addresses: 14 } ] }\n";

static struct outbreak_world world;

static int load_world(void **state)
{
	(void)state;
	struct error error;
	return outbreak_world_parse(bytes_of(peering), "peering.yaml", &world, &error);
}

static int free_world(void **state)
{
	(void)state;
	outbreak_world_fini(&world);
	return 0;
}

static const struct remedy_candidate columns[] = {
	{ .name = "border 0",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_BORDER,
	  .share = 0.3,
	  .delay_seconds = 3.07 },
	{ .name = "border 0.2",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_BORDER,
	  .pass = 0.2,
	  .share = 0.4,
	  .delay_seconds = 3.07 },
	{ .name = "link 0",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_LINK,
	  .share = 0.5,
	  .delay_seconds = 2.03 },
	{ .name = "link 0.3",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_LINK,
	  .pass = 0.3,
	  .share = 0.6,
	  .delay_seconds = 2.03 },
};
#define COLUMNS	  (sizeof columns / sizeof *columns)
#define OUTBREAKS (sizeof outbreaks / sizeof *outbreaks)
#define FAST	  3 /* the first */

static double engine[REPLICAS], oracle[REPLICAS];

static struct sample_cell make_cell(size_t outbreak, size_t column)
{
	return (struct sample_cell){ .world = world,
				     .worm = outbreaks_worm(&outbreaks[outbreak]),
				     .duration = outbreaks[outbreak].duration,
				     .remedy = &columns[column] };
}

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

/* The ways of scanning that have fast paths with every filter on the routes, the others, which
 * share one loop, with one at the border and one at links: what lets nothing and what lets a part
 * through. Held to 5 % by Holm's procedure, whose
 * first step is enough. */
static void agrees_with_every_scan_drawn(void **state)
{
	(void)state;
	double p_values[OUTBREAKS * COLUMNS];
	size_t count = 0;

	for (size_t w = 0; w < OUTBREAKS; w++) {
		printf("%-15s", outbreaks[w].name);
		for (size_t c = 0; c < COLUMNS; c += w < FAST ? 1 : COLUMNS - 1) {
			struct sample_cell cell = make_cell(w, c);
			assert_true(sample_engine(&cell, false, 3, engine, REPLICAS));
			assert_true(sample_oracle(&cell, 3000000, oracle, REPLICAS));
			p_values[count] = smirnov_test(engine, oracle, REPLICAS);
			printf(" %s: %-10.4f", columns[c].name, p_values[count++]);
		}
		printf("\n");
		fflush(stdout);
	}
	qsort(p_values, count, sizeof *p_values, ascending);
	assert_true(p_values[0] > 0.05 / (double)count);
}

/* The test above would see that links between peers are not there. */
static void would_notice_that_nobody_peers(void **state)
{
	(void)state;
	struct sample_cell cell = make_cell(0, 0);

	assert_non_null(cell.world.peering);
	assert_true(sample_oracle(&cell, 3000000, oracle, REPLICAS));
	cell.world.peering = NULL;
	assert_true(sample_engine(&cell, false, 3, engine, REPLICAS));
	assert_true(smirnov_test(engine, oracle, REPLICAS) < 0.05 / (OUTBREAKS * COLUMNS));
}

static void filters_never_lose_hosts(void **state)
{
	(void)state;
	static double without[200];
	const struct history *history;
	struct replica replica;
	struct error error;
	uint64_t saved = 0, cells = 0;

	for (size_t w = 0; w < OUTBREAKS; w++)
		for (size_t c = 0; c < COLUMNS; c++) {
			struct sample_cell cell = make_cell(w, c);
			if (!loop_follows(&cell.worm, &cell.world))
				continue;
			cells++;
			assert_int_equal(
				replica_init(&replica, &world, &cell.worm, cell.duration, &error),
				0);
			for (uint32_t r = 0; r < 300; r++) {
				assert_int_equal(replica_run(&replica, 5, r, &error), 0);
				for (uint32_t i = 0; i < replica.population.count; i++)
					without[i] = INFINITY;
				for (uint32_t i = 0; i < replica.base.count; i++)
					without[replica.base.host[i]] = replica.base.time[i];
				assert_int_equal(
					replica_try(&replica, cell.remedy, &history, &error), 0);
				for (uint32_t i = 0; i < history->count; i++)
					assert_true(without[history->host[i]] <= history->time[i]);
				saved += replica.base.count - history->count;
			}
			replica_fini(&replica);
		}
	assert_true(cells >= 30 && saved > 30 * cells);
}

/* Whether anybody asks for infectors changes neither who is infected nor when. */
static void infectors_need_not_be_kept(void **state)
{
	(void)state;
	const struct history *history, *other;
	struct replica replica, anonymous;
	struct error error;
	size_t infected = 0;

	for (size_t w = 0; w < FAST; w++) {
		struct outbreak_worm worm = outbreaks_worm(&outbreaks[w]);
		double duration = outbreaks[w].duration;
		assert_int_equal(replica_init(&replica, &world, &worm, duration, &error), 0);
		assert_int_equal(replica_init(&anonymous, &world, &worm, duration, &error), 0);
		anonymous.with.anonymous = true;
		for (uint32_t i = 0; i < 100 * COLUMNS; i++) {
			const struct remedy_candidate *remedy = &columns[i % COLUMNS];
			assert_int_equal(replica_run(&replica, 6, i, &error), 0);
			assert_int_equal(replica_run(&anonymous, 6, i, &error), 0);
			assert_int_equal(replica_try(&replica, remedy, &history, &error), 0);
			assert_int_equal(replica_try(&anonymous, remedy, &other, &error), 0);
			assert_int_equal(history->count, other->count);
			assert_memory_equal(history->host, other->host,
					    history->count * sizeof *history->host);
			assert_memory_equal(history->time, other->time,
					    history->count * sizeof *history->time);
			infected += history->count;
		}
		replica_fini(&replica);
		replica_fini(&anonymous);
	}
	assert_true(infected > 10000);
}

struct outcome {
	double mean, variance;
};

static struct outcome simulate(const struct outbreak_world *simulated, uint64_t seed,
			       const struct remedy_candidate *first,
			       const struct remedy_candidate *candidate)
{
	enum { RUNS = 60 };
	const struct outbreak_worm worm = { .rate = 1, .initially_infected = 20 };
	static struct chain chain;
	struct replica replica;
	struct error error;
	double sum = 0, squares = 0;

	assert_int_equal(replica_init(&replica, simulated, &worm, 30, &error), 0);
	for (uint32_t r = 0; r < RUNS; r++) {
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
	double mean = sum / RUNS;
	return (struct outcome){ mean, (squares / RUNS - mean * mean) / RUNS };
}

/* Many networks: hits over links, laid over those of zones, are what hits decided one by one are;
 * and filters at transit save less than without peers, but something. */
static void shortcuts_are_exact(void **state)
{
	(void)state;
	struct outbreak_world many;
	struct error error;
	const struct remedy_candidate nothing = { .effect = REMEDY_CONTROL, .share = 1 };
	static const uint32_t places[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

	assert_int_equal(
		outbreak_world_parse(bytes_of("name: many\nlive_share: 0.5\nvulnerable_share: 1\n"
					      "generate: { shape: power-law, providers: 600, "
					      "addresses: 8, seed: 3, peers: 6 }\n"),
				     "many.yaml", &many, &error),
		0);
	assert_non_null(many.peering);
	const struct outbreak_peering *links = many.peering;
	for (int place = REMEDY_AT_BORDER; place <= REMEDY_AT_LINK; place++)
		for (int leaks = 0; leaks < 2; leaks++) {
			const struct remedy_candidate candidate = {
				.effect = REMEDY_FILTER,
				.place = (enum remedy_place)place,
				.places = places,
				.place_count = 12,
				.pass = leaks ? 0.05 : 0,
				.delay_seconds = 3
			};
			struct outcome zones = simulate(&many, 21, NULL, &candidate);
			struct outcome hits = simulate(&many, 22, &nothing, &candidate);
			struct outcome none = simulate(&many, 21, NULL, &nothing);
			many.peering = NULL;
			struct outcome apart = simulate(&many, 21, NULL, &candidate);
			many.peering = links;
			printf("place %d, pass %g: %g and %g infected, %g without filters, %g "
			       "without peers\n",
			       place, candidate.pass, zones.mean, hits.mean, none.mean, apart.mean);
			assert_true(fabs(zones.mean - hits.mean) <
				    4 * sqrt(zones.variance + hits.variance));
			assert_true(zones.mean < (place == REMEDY_AT_BORDER ? 0.5 : 1) * none.mean);
			assert_true(apart.mean <
				    zones.mean - 4 * sqrt(zones.variance + apart.variance));
		}
	outbreak_world_fini(&many);
}

/* --- where they come from --- */

static void peers_come_from_files(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "name: a\nproviders:\n"
		  "  - { name: b, peers: [ c ], generate: { subnets: 1, addresses: 1 } }\n",
		  "'c', which is no other provider" },
		{ "name: a\nproviders:\n"
		  "  - { name: b, peers: [ b ], generate: { subnets: 1, addresses: 1 } }\n",
		  "'b', which is no other provider" },
		{ "name: a\ngenerate: { shape: tree, providers: 9, addresses: 1, peers: -1 }\n",
		  "generate.peers is -1" },
	};
	struct outbreak_world loaded;
	struct graph graph;
	struct error error;
	char text[1000];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(
			outbreak_world_parse(bytes_of(cases[i].text), "w", &loaded, &error),
			ERROR_INPUT);
		error_text(&error, text, sizeof text);
		assert_non_null(strstr(text, cases[i].says));
	}
	assert_int_equal(graph_init(&graph, &error), 0);
	assert_int_equal(
		graph_read_relations(&graph, "file", bytes_of("1|2|-1\n2|3|0|bgp\n"), &error), 0);
	assert_true(graph.edges[0].sells && !graph.edges[0].peers);
	assert_true(!graph.edges[1].sells && graph.edges[1].peers);
	graph_fini(&graph);
	/* Of the links above t1 with t2 and u, t11 with u1, u1 with t2; u1 is below u. */
	assert_int_equal(world.peering->first[world.provider_count], 8);
	/* Where all are at the top, they are connected anyway. */
	assert_int_equal(
		outbreak_world_parse(
			bytes_of("name: a\nproviders:\n"
				 "  - { name: b, peers: [ c ], generate: { subnets: 1, "
				 "addresses: 1 } }\n"
				 "  - { name: c, generate: { subnets: 1, addresses: 1 } }\n"),
			"w", &loaded, &error),
		0);
	assert_null(loaded.peering);
	outbreak_world_fini(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_valley_free_and_the_best),
		cmocka_unit_test(filters_stand_on_the_routes),
		cmocka_unit_test(agrees_with_every_scan_drawn),
		cmocka_unit_test(would_notice_that_nobody_peers),
		cmocka_unit_test(filters_never_lose_hosts),
		cmocka_unit_test(infectors_need_not_be_kept),
		cmocka_unit_test(shortcuts_are_exact),
		cmocka_unit_test(peers_come_from_files),
	};
	return cmocka_run_group_tests(tests, load_world, free_world);
}
