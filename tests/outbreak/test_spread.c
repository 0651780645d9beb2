/* Where the infected are over time: beside the ranking, which runs the same outbreaks, and by what
 * must hold of any spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "outbreak/outbreak.h"

static const struct remedy_candidate filter = { .name = "filter",
						.effect = REMEDY_FILTER,
						.place = REMEDY_AT_SUBNET,
						.pass = 0,
						.share = 0.7,
						.delay_seconds = 10,
						.collateral = "" };
static const struct outbreak_worm worms[] = {
	{ .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 3 },
	{ .scan = OUTBREAK_LOCAL, .rate = 1, .local_share = 0.5, .initially_infected = 3 },
	{ .scan = OUTBREAK_SEQUENTIAL, .rate = 3, .initially_infected = 3, .random_start = 0.2 },
};
#define WORMS (sizeof worms / sizeof *worms)

static void parse(struct outbreak_world *world, const char *subnets)
{
	char text[400];
	snprintf(text, sizeof text,
		 "name: test\nlive_share: 0.5\nvulnerable_share: 0.5\nproviders:\n"
		 "  - { name: a, generate: { subnets: %s, addresses: 64 } }\n"
		 "  - { name: b, patched_share: 1, generate: { subnets: 1, addresses: 64 } }\n",
		 subnets);
	assert_int_equal(outbreak_world_parse(bytes_of(text), "test.yaml", world, NULL), 0);
}

static double share_of(const struct outbreak_spread *spread, size_t outbreak, uint32_t frame,
		       size_t group)
{
	return spread->share[(outbreak * spread->frames + frame) * spread->groups + group];
}

static void check_spread(const struct outbreak_spread *spread, double duration)
{
	assert_in_range(spread->frames, 2, OUTBREAK_SPREAD_FRAMES);
	assert_true(spread->time[0] == 0 && spread->time[spread->frames - 1] == duration);
	for (uint32_t frame = 1; frame < spread->frames; frame++) {
		assert_true(spread->time[frame] > spread->time[frame - 1]);
		for (size_t i = 0; i < spread->outbreaks; i++)
			for (size_t group = 0; group < spread->groups; group++) {
				double share = share_of(spread, i, frame, group);
				assert_true(share >= share_of(spread, i, frame - 1, group));
				assert_true(share <= share_of(spread, 0, frame, group));
				assert_true(share <= 1);
			}
	}
}

static void the_end_is_that_of_the_ranking(void **state)
{
	(void)state;
	struct outbreak_world world;
	struct outbreak_run run = outbreak_default_run();
	const struct remedy_candidate *played[] = { &filter };

	run.duration = 2000;
	run.replicas = 5;
	parse(&world, "12");
	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_result ranked;
		struct outbreak_spread spread;
		assert_int_equal(outbreak_rank(&world, &worms[w], &run, &filter, 1, NULL, NULL,
					       &ranked, NULL),
				 0);
		assert_int_equal(outbreak_follow(&world, &worms[w], &run, played, 1, &spread, NULL),
				 0);
		assert_int_equal(spread.groups, 13);
		assert_int_equal(spread.group_size, 1);
		check_spread(&spread, run.duration);
		for (size_t i = 0; i < 2; i++)
			for (size_t subnet = 0; subnet < 13; subnet++) {
				const struct outbreak_forecast *end = &ranked.forecasts[i];
				double share = share_of(&spread, i, spread.frames - 1, subnet);
				double infected = share * end->subnet_vulnerable[subnet];
				assert_float_equal(infected, end->subnet_infected[subnet], 1e-9);
			}
		assert_true(ranked.forecasts[1].mean_saved > 0);
		/* Patched from the start: nobody there can be infected. */
		assert_true(share_of(&spread, 0, spread.frames - 1, 12) == 0);
		outbreak_spread_fini(&spread);
		outbreak_result_fini(&ranked);
	}
	outbreak_world_fini(&world);
}

/* A worm that is through in a hundredth of the simulated time is seen spreading all the same. */
static void frames_lie_where_it_spreads(void **state)
{
	(void)state;
	struct outbreak_world world;
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_spread spread;
	uint32_t between = 0;

	run.duration = 100000;
	run.replicas = 3;
	parse(&world, "12");
	assert_int_equal(outbreak_follow(&world, &worms[0], &run, NULL, 0, &spread, NULL), 0);
	check_spread(&spread, run.duration);
	for (uint32_t frame = 0; frame < spread.frames; frame++) {
		double share = share_of(&spread, 0, frame, 3);
		between += share > 0.1 && share < 0.9;
	}
	assert_in_range(between, 10, OUTBREAK_SPREAD_FRAMES);
	outbreak_spread_fini(&spread);
	outbreak_world_fini(&world);
}

static void very_many_subnets_are_told_in_groups(void **state)
{
	(void)state;
	struct outbreak_world world;
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_spread spread;

	run.duration = 100;
	run.replicas = 2;
	parse(&world, "20000");
	assert_int_equal(outbreak_follow(&world, &worms[0], &run, NULL, 0, &spread, NULL), 0);
	assert_int_equal(spread.group_size, 3);
	assert_int_equal(spread.groups, 6667);
	check_spread(&spread, run.duration);
	outbreak_spread_fini(&spread);
	outbreak_world_fini(&world);
}

static void the_impossible_is_refused(void **state)
{
	(void)state;
	struct outbreak_world world;
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_spread spread;
	struct outbreak_worm worm = worms[0];
	struct error error;

	parse(&world, "2");
	worm.rate = -1;
	assert_int_equal(outbreak_follow(&world, &worm, &run, NULL, 0, &spread, &error),
			 ERROR_USAGE);
	outbreak_spread_fini(&spread);
	outbreak_world_fini(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_is_that_of_the_ranking),
		cmocka_unit_test(frames_lie_where_it_spreads),
		cmocka_unit_test(very_many_subnets_are_told_in_groups),
		cmocka_unit_test(the_impossible_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
