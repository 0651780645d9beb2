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

#include "outbreak/outbreak.h"

static char folder[] = "/tmp/kenbi-scenario-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static char *path_of(const char *name)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	struct error error;
	assert_int_equal(file_write(path_of(name), bytes_of(text), &error), 0);
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("world.yaml"));
	unlink(path_of("scenario.yaml"));
	return rmdir(folder);
}

static const char tiny[] =
	"name: tiny\nproviders:\n  - name: p\n    generate: { subnets: 2, addresses: "
	"64 }\n";

static void loads_a_topology_beside_it(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct error error;
	put("world.yaml", tiny);
	put("scenario.yaml",
	    "name: test\n"
	    "topology: world.yaml\n"
	    "worm: { scan: sequential, rate: 4, port: 445, initially_infected: 7,\n"
	    "  latency: 2.5, random_start: 0.4, origin: p-2 }\n"
	    "run: { duration: 100, replicas: 3, seed: 9, curve_points: 5 }\n"
	    "remedies:\n"
	    "  - { name: fence, effect: filter, place: border, share: 0.5, delay: 10,\n"
	    "      collateral: mail }\n"
	    "  - { name: brake, title: a brake, why: speed, effect: rate, place: host,\n"
	    "      pass: 0.25 }\n");
	assert_int_equal(outbreak_scenario_load(path_of("scenario.yaml"), &scenario, &error), 0);
	assert_string_equal(scenario.world.name, "tiny");
	assert_int_equal(scenario.worm.scan, OUTBREAK_SEQUENTIAL);
	assert_true(scenario.worm.rate == 4 && scenario.worm.latency == 2.5);
	assert_true(scenario.worm.random_start == 0.4);
	assert_int_equal(scenario.worm.port, 445);
	assert_int_equal(scenario.worm.initially_infected, 7);
	assert_string_equal(scenario.worm.origin, "p-2");
	assert_int_equal(scenario.run.replicas, 3);
	assert_int_equal(scenario.run.seed, 9);
	assert_int_equal(scenario.remedy_count, 2);
	assert_int_equal(scenario.remedies[0].place, REMEDY_AT_BORDER);
	assert_true(scenario.remedies[0].pass == 0 && scenario.remedies[0].share == 0.5);
	assert_true(scenario.remedies[0].delay_seconds == 10);
	assert_string_equal(scenario.remedies[0].title, "fence");
	assert_string_equal(scenario.remedies[0].collateral, "mail");
	assert_int_equal(scenario.remedies[1].effect, REMEDY_RATE);
	assert_true(scenario.remedies[1].pass == 0.25 && scenario.remedies[1].share == 1);
	outbreak_scenario_fini(&scenario);
}

static void reads_places_and_how_to_rank(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct error error;
	put("world.yaml", tiny);
	put("scenario.yaml",
	    "name: test\n"
	    "topology: world.yaml\n"
	    "worm: { scan: random, rate: 4 }\n"
	    "run: { delays: [5, 60], finalists: 7, combine: 4, candidates: 90 }\n"
	    "remedies:\n"
	    "  - { name: fence, effect: filter, place: subnet, places: [p-2, p-1],\n"
	    "      collateral_share: 0.25 }\n"
	    "  - { name: edge, effect: filter, place: provider, places: [p] }\n");
	assert_int_equal(outbreak_scenario_load(path_of("scenario.yaml"), &scenario, &error), 0);
	assert_int_equal(scenario.run.delay_count, 3);
	assert_true(scenario.run.delays[0] == 0 && scenario.run.delays[2] == 60);
	assert_int_equal(scenario.run.finalists, 7);
	assert_int_equal(scenario.run.combine, 4);
	assert_int_equal(scenario.run.candidates, 90);
	assert_int_equal(scenario.remedies[0].place_count, 2);
	assert_int_equal(scenario.remedies[0].places[0], 0);
	assert_int_equal(scenario.remedies[0].places[1], 1);
	assert_true(scenario.remedies[0].collateral_share == 0.25);
	assert_int_equal(scenario.remedies[1].place_count, 1);
	outbreak_scenario_fini(&scenario);
}

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "name: a\nworm: { scan: psychic, rate: 1 }\n", "scan" },
		{ "name: a\nworm: { scan: random, rate: 0 }\n", "worm: rate is 0" },
		{ "name: a\nworm: { scan: random, rate: 1, port: 70000 }\n", "worm.port is 70000" },
		{ "name: a\nworm: { scan: shares }\n", "worm: rate is 0" },
		{ "name: a\nworm: { scan: hit-list, rate: 1 }\n", "list_size is 0" },
		{ "name: a\nworm: { scan: flawed, rate: 1 }\n", "number of increments is 0" },
		{ "name: a\nworm: { scan: flawed, rate: 1, increments: [ 1 ], draw_bits: 17 }\n",
		  "worm.draw_bits is 17" },
		{ "name: a\nworm: { scan: flawed, rate: 1, increments: [ -1 ] }\n",
		  "worm.increments is -1" },
		{ "name: a\nworm: { scan: local, rate: 1, local_share: 0.6, share_16: 0.6 }\n",
		  "share_24 is 1.2" },
		{ "name: a\nworm: { scan: mail, contacts: 9, contacts_most: 3 }\n",
		  "contacts_most is 3" },
		{ "name: a\nworm: { scan: random, rate: 1, also: [ { scan: hit-list, rate: 1 } ] "
		  "}\n",
		  "put it first" },
		{ "name: a\nworm: { scan: random, rate: 1, online: 60 }\n", "offline" },
		{ "name: a\nworm: { scan: random, rate: 1, rate_spread: 9 }\n",
		  "rate_spread is 9" },
		{ "name: a\nworm: { scan: random, rate: 1 }\nremedies:\n  - { name: broom, effect: "
		  "clean, place: host, reaction: -1 }\n",
		  "broom: reaction is -1" },
		{ "name: a\nworm: { scan: random, rate: 1 }\nworld: { name: x, providers: [ { "
		  "name: y, "
		  "uplink: -1, generate: { subnets: 1, addresses: 1 } } ] }\n",
		  "uplink of 'y' is -1" },
		{ "name: a\nworm: { scan: random, rate: 1, origin: mars }\n", "mars" },
		{ "name: a\nworm: { scan: random, rate: 1, initially_infected: -3 }\n", "is -3" },
		{ "name: a\nworm: { scan: random, rate: 1 }\nrun: { replicas: 0 }\n",
		  "replicas is 0" },
		{ "name: a\nworm: { scan: random, rate: 1 }\ntopology: missing.yaml\n",
		  "missing.yaml" },
		{ "name: a\nworm: { scan: random, rate: 1 }\nremedies:\n  - { name: sieve, effect: "
		  "filter, "
		  "place: host, pass: 2 }\n",
		  "sieve: pass is 2" },
		{ "name: a\nworm: { scan: random, rate: 1 }\nrun: { delays: [60, 5] }\n",
		  "must ascend" },
		{ "name: a\nworm: { scan: random, rate: 1 }\nrun: { combine: 17 }\n",
		  "combine is 17" },
		{ "name: a\ntopology: world.yaml\nworm: { scan: random, rate: 1 }\nremedies:\n"
		  "  - { name: r, effect: patch, place: subnet, places: [p-1, q] }\n",
		  "no subnet of that name" },
		{ "name: a\ntopology: world.yaml\nworm: { scan: random, rate: 1 }\nremedies:\n"
		  "  - { name: r, effect: patch, place: host, places: [p] }\n",
		  "at hosts" },
		{ "name: a\n", "worm" },
		{ "name: a\nworm: { scan: random, rate: 1 }\ntopology: world.yaml\nworld: { name: "
		  "x, "
		  "providers: [ { name: y, generate: { subnets: 1, addresses: 1 } } ] }\n",
		  "both" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct outbreak_scenario scenario;
		struct error error;
		char text[1000];
		put("scenario.yaml", cases[i].text);
		assert_true(outbreak_scenario_load(path_of("scenario.yaml"), &scenario, &error) <
			    0);
		error_text(&error, text, sizeof text);
		printf("%s\n", text);
		assert_non_null(strstr(text, cases[i].says));
		assert_null(scenario.arena);
		assert_null(scenario.world.arena);
	}
}

static double vulnerable_of(const struct outbreak_world *world)
{
	double sum = 0;
	for (size_t i = 0; i < world->subnet_count; i++)
		sum += outbreak_subnet_vulnerable(&world->subnets[i]);
	return sum;
}

/* The shipped history: over 359,000 hosts in under 14 hours, over 2,000 new ones a minute at the
 * peak. */
static void tells_code_red_as_it_was(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct outbreak_result result;
	struct error error;
	char path[4096];
	assert_int_equal(
		outbreak_scenario_load(file_data_path("scenario/code-red.yaml", path, sizeof path),
				       &scenario, &error),
		0);
	assert_true(fabs(vulnerable_of(&scenario.world) - 360000) < 10);
	scenario.run.replicas = 5;
	scenario.run.curve_points = 24 * 60 + 1;
	assert_int_equal(outbreak_rank(&scenario.world, &scenario.worm, &scenario.run, NULL, 0,
				       NULL, NULL, &result, &error),
			 0);
	const struct outbreak_band *curve = result.forecasts[0].curve;
	assert_true(curve[24 * 60].median > 357000 && curve[24 * 60].median < 362000);
	assert_true(curve[14 * 60].median > 0.99 * curve[24 * 60].median);
	double peak = 0;
	for (int minute = 1; minute <= 24 * 60; minute++)
		peak = fmax(peak, curve[minute].median - curve[minute - 1].median);
	assert_true(peak > 2000 && peak < 4000);
	outbreak_result_fini(&result);
	outbreak_scenario_fini(&scenario);
}

static void reads_every_way_of_scanning(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct error error;
	static const char text[] =
		"name: test\n"
		"worm:\n"
		"  scan: hit-list\n"
		"  rate: 50\n"
		"  list_size: 1000\n"
		"  rate_spread: 0.5\n"
		"  unreachable_share: 0.1\n"
		"  private_share: 0.25\n"
		"  online: 3600\n"
		"  offline: 1800\n"
		"  scan_bytes: 404\n"
		"  explicit: true\n"
		"  also:\n"
		"    - { scan: flawed, rate: 9, multiplier: 214013, increments: [ 2283917312, 7 ] "
		"}\n"
		"    - { scan: local, rate: 2, local_share: 0.1, share_8: 0.5, share_16: 0.25 }\n"
		"    - { scan: mail, contacts: 3, contact_exponent: 2.5, contacts_most: 80,\n"
		"        open_share: 0.4, reading: 7200 }\n"
		"    - { scan: shares, rate: 0.1 }\n"
		"    - { scan: permutation, rate: 4 }\n"
		"world: { name: x, providers: [ { name: y, uplink: 1e8,\n"
		"  generate: { subnets: 1, addresses: 256 } } ] }\n"
		"remedies:\n"
		"  - { name: broom, effect: clean, place: host, reaction: 60 }\n"
		"  - { name: black list, effect: block, place: border, reaction: 20 }\n";
	put("scenario.yaml", text);
	assert_int_equal(outbreak_scenario_load(path_of("scenario.yaml"), &scenario, &error), 0);
	const struct outbreak_worm *worm = &scenario.worm;
	const struct outbreak_vector *ways = worm->vectors;
	assert_int_equal(worm->vector_count, 6);
	assert_true(worm->scan == OUTBREAK_HIT_LIST && worm->rate == 50);
	assert_true(ways[0].scan == OUTBREAK_HIT_LIST && ways[0].list_size == 1000);
	assert_true(worm->rate_spread == 0.5 && worm->unreachable_share == 0.1 &&
		    worm->private_share == 0.25 && worm->online == 3600 && worm->offline == 1800 &&
		    worm->scan_bytes == 404 && worm->every_scan);
	assert_true(ways[1].multiplier == 214013 && ways[1].increment_count == 2 &&
		    ways[1].increments[0] == 2283917312 && ways[1].increments[1] == 7);
	assert_true(ways[2].local_share == 0.1 && ways[2].prefix_share[0] == 0.5 &&
		    ways[2].prefix_share[1] == 0.25 && ways[2].prefix_share[2] == 0);
	assert_true(ways[3].contacts == 3 && ways[3].contact_exponent == 2.5 &&
		    ways[3].contacts_most == 80 && ways[3].open_share == 0.4 &&
		    ways[3].reading == 7200);
	assert_true(ways[4].scan == OUTBREAK_SHARES && ways[5].scan == OUTBREAK_PERMUTATION);
	assert_true(scenario.world.providers[0].uplink == 1e8);
	assert_true(scenario.remedies[0].effect == REMEDY_CLEAN &&
		    scenario.remedies[0].reaction_seconds == 60);
	assert_true(scenario.remedies[1].effect == REMEDY_BLOCK &&
		    scenario.remedies[1].reaction_seconds == 20);
	outbreak_scenario_fini(&scenario);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_every_way_of_scanning),
					    cmocka_unit_test(loads_a_topology_beside_it),
					    cmocka_unit_test(reads_places_and_how_to_rank),
					    cmocka_unit_test(refuses_what_cannot_be),
					    cmocka_unit_test(tells_code_red_as_it_was) };
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
