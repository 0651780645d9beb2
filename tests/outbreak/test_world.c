#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/outbreak.h"

static void unfolds_inheritance_and_generators(void **state)
{
	(void)state;
	static const char text[] = "name: small\n"
				   "scanned_space: 65536\n"
				   "live_share: 0.5\n"
				   "vulnerable_share: 0.4\n"
				   "providers:\n"
				   "  - name: north\n"
				   "    live_share: 0.25\n"
				   "    subnets:\n"
				   "      - { name: own, addresses: 100, patched_share: 0.75 }\n"
				   "    generate: { subnets: 2, addresses: 256 }\n"
				   "  - name: south\n"
				   "    generate: { subnets: 1, addresses: 16 }\n";
	struct outbreak_world world;
	struct error error;
	assert_int_equal(outbreak_world_parse(bytes_of(text), "small.yaml", &world, &error), 0);
	assert_string_equal(world.name, "small");
	assert_int_equal(world.provider_count, 2);
	assert_int_equal(world.subnet_count, 4);
	assert_int_equal(world.scanned_space, 65536);
	assert_string_equal(world.subnets[0].name, "own");
	assert_string_equal(world.subnets[2].name, "north-2");
	assert_string_equal(world.subnets[3].name, "south-1");
	assert_int_equal(world.subnets[3].provider, 1);
	assert_true(world.subnets[0].live_share == 0.25 && world.subnets[3].live_share == 0.5);
	assert_true(world.subnets[0].patched_share == 0.75 && world.subnets[1].patched_share == 0);
	assert_true(outbreak_subnet_hosts(&world.subnets[0]) == 25);
	assert_true(outbreak_subnet_vulnerable(&world.subnets[0]) == 2.5);
	outbreak_world_fini(&world);
}

static void scans_its_own_addresses_unless_told(void **state)
{
	(void)state;
	struct outbreak_world world;
	struct error error;
	assert_int_equal(
		outbreak_world_parse(bytes_of("name: a\nproviders:\n  - name: b\n    generate: "
					      "{ subnets: 3, addresses: 7 }\n"),
				     "a.yaml", &world, &error),
		0);
	assert_int_equal(world.scanned_space, 21);
	outbreak_world_fini(&world);
}

/* Every message says the file, the key, what it is and what it may be. */
static void refuses_impossible_values(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says[3];
	} cases[] = {
		{ "name: a\nlive_share: 1.5\nproviders:\n  - name: b\n    generate: { subnets: 1, "
		  "addresses: 1 }\n",
		  { "live_share", "1.5", "0 to 1" } },
		{ "name: a\nproviders:\n  - name: b\n    patched_share: nan\n    generate: { "
		  "subnets: "
		  "1, addresses: 1 }\n",
		  { "patched_share", "'b'", "0 to 1" } },
		{ "name: a\nproviders:\n  - name: b\n    subnets:\n      - { name: c, addresses: "
		  "9, "
		  "vulnerable_share: -0.1 }\n",
		  { "vulnerable_share", "'c'", "-0.1" } },
		{ "name: a\nproviders:\n  - name: b\n    subnets:\n      - { name: c, addresses: 0 "
		  "}\n",
		  { "addresses", "'c'", "1 to 4294967296" } },
		{ "name: a\nproviders:\n  - name: b\n    generate: { subnets: 0, addresses: 1 }\n",
		  { "generate.subnets", "'b'", "1 to" } },
		{ "name: a\nproviders:\n  - name: b\n    generate: { subnets: 3, addresses: "
		  "4000000000 }\n",
		  { "together", "8000000000", "4294967296" } },
		{ "name: a\nscanned_space: 5\nproviders:\n  - name: b\n    generate: { subnets: 3, "
		  "addresses: 2 }\n",
		  { "scanned_space", "5", "6" } },
		{ "name: a\nproviders:\n  - name: b\n", { "'b'", "no subnets", "generate" } },
		{ "name: a\nproviders: []\n", { "providers", "line", "" } },
		{ "providers:\n  - name: b\n", { "name", "", "" } },
		{ "name: a\nproviders:\n  - name: b\n    colour: red\n", { "colour", "line", "" } },
		{ "name: a\nproviders:\n  - name: b\n    subnets:\n      - { name: c, addresses: "
		  "-4 }\n",
		  { "addresses", "'c'", "is -4" } },
		{ "", { "empty", "", "" } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct outbreak_world world;
		struct error error = { 0 };
		char text[1000];
		assert_int_equal(
			outbreak_world_parse(bytes_of(cases[i].text), "bad.yaml", &world, &error),
			ERROR_INPUT);
		error_text(&error, text, sizeof text);
		printf("%s\n", text);
		assert_non_null(strstr(text, "bad.yaml"));
		for (size_t j = 0; j < 3; j++)
			assert_non_null(strstr(text, cases[i].says[j]));
		assert_null(world.arena);
	}
}

static void ships_worlds(void **state)
{
	(void)state;
	static const char *const names[] = { "topology/campus.yaml", "topology/grid.yaml",
					     "topology/providers.yaml" };
	struct outbreak_world world;
	struct error error;
	for (size_t i = 0; i < 3; i++) {
		char path[4096];
		assert_int_equal(outbreak_world_load(file_data_path(names[i], path, sizeof path),
						     &world, &error),
				 0);
		assert_true(world.subnet_count > 10);
		outbreak_world_fini(&world);
	}
	assert_int_equal(outbreak_world_load(NULL, &world, &error), 0);
	double vulnerable = 0;
	for (size_t i = 0; i < world.subnet_count; i++)
		vulnerable += outbreak_subnet_vulnerable(&world.subnets[i]);
	assert_true(vulnerable > 1e4 && vulnerable < 1e5);
	outbreak_world_fini(&world);
	assert_int_equal(outbreak_world_load("/nowhere/x.yaml", &world, &error), ERROR_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(unfolds_inheritance_and_generators),
					    cmocka_unit_test(scans_its_own_addresses_unless_told),
					    cmocka_unit_test(refuses_impossible_values),
					    cmocka_unit_test(ships_worlds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
