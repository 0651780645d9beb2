/* Races, deadline curves, places, combinations and what is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/chain.h"
#include "outbreak/order.h"
#include "outbreak/paired.h"

static const char campus[] =
	"name: test\n"
	"live_share: 0.5\n"
	"vulnerable_share: 0.5\n"
	"scanned_space: 16384\n"
	"providers:\n"
	"  - { name: a, generate: { subnets: 8, addresses: 256 } }\n"
	"  - { name: b, patched_share: 0.5, generate: { subnets: 4, addresses: 512 } }\n"
	"  - { name: c, generate: { subnets: 1, addresses: 100 } }\n";

static struct outbreak_world world;

static int load_world(void **state)
{
	(void)state;
	struct error error;
	return outbreak_world_parse(bytes_of(campus), "test.yaml", &world, &error);
}

static int free_world(void **state)
{
	(void)state;
	outbreak_world_fini(&world);
	return 0;
}

static const struct outbreak_worm worms[] = {
	{ .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 3, .latency = 5 },
	{ .scan = OUTBREAK_LOCAL, .rate = 0.5, .local_share = 0.4, .initially_infected = 3 },
	{ .scan = OUTBREAK_SEQUENTIAL, .rate = 3, .initially_infected = 3, .random_start = 0.2 },
};
#define WORMS (sizeof worms / sizeof *worms)

static const double delays[] = { 0, 10, 40, 90, 1000 };
#define DELAYS (sizeof delays / sizeof *delays)

/* Every effect at every place, in three strengths. */
static size_t make_candidates(struct remedy_candidate *candidates)
{
	static const double strengths[][3] = { { 0, 0.6, 40 }, { 0.3, 0.5, 20 }, { 0.05, 1, 10 } };
	static const char *const names[] = { "mild", "middling", "strong" };
	size_t count = 0;

	for (int effect = REMEDY_FILTER; effect <= REMEDY_CONTROL; effect++)
		for (int place = REMEDY_AT_HOST; place <= REMEDY_AT_BORDER; place++)
			for (int i = 0; i < 3; i++)
				candidates[count++] = (struct remedy_candidate){
					.name = names[i],
					.title = names[i],
					.effect = (enum remedy_effect)effect,
					.place = (enum remedy_place)place,
					.pass = strengths[i][0],
					.share = strengths[i][1],
					.delay_seconds = strengths[i][2],
					.collateral = i == 2 ? "something" : "",
				};
	return count;
}
#define CANDIDATES 48

static void rank(const struct outbreak_worm *worm, const struct outbreak_run *changes,
		 const struct remedy_candidate *candidates, size_t count,
		 struct outbreak_result *result)
{
	struct outbreak_run run = *changes;
	struct error error;
	run.duration = 150;
	run.replicas = 16;
	run.seed = 3;
	run.curve_points = 5;
	run.delays = delays;
	run.delay_count = DELAYS;
	assert_int_equal(
		outbreak_rank(&world, worm, &run, candidates, count, NULL, NULL, result, &error),
		0);
}

static void knows_students_distribution(void **state)
{
	(void)state;
	/* Two-sided 5 %, from the tables. */
	static const double table[][2] = { { 1, 12.7062 }, { 2, 4.3027 },  { 5, 2.5706 },
					   { 19, 2.0930 }, { 99, 1.9842 }, { 1000, 1.9623 } };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_true(fabs(paired_student((unsigned)table[i][0]) - table[i][1]) < 1e-4);

	const double values[] = { 1, 2, 3, 4, 5 }; /* mean 3, s² = 2.5; t(4) = 2.776445 */
	struct outbreak_interval interval = paired_interval(values, 5);
	assert_true(fabs(interval.low - (3 - 2.776445 * sqrt(0.5))) < 1e-4);
	assert_true(fabs(interval.high - (3 + 2.776445 * sqrt(0.5))) < 1e-4);
	assert_true(isnan(paired_interval(values, 1).low));
}

/* Of 400 intervals of normal means, some 5 % miss; 20 ± 4 standard deviations of 4.4. */
static void intervals_hold_what_they_say(void **state)
{
	(void)state;
	struct random random;
	unsigned misses = 0;

	random_init(&random, 1, 1);
	for (int i = 0; i < 400; i++) {
		double values[8];
		for (int j = 0; j < 8; j++)
			values[j] = sqrt(-2 * log(random_unit(&random))) *
				    cos(6.283185307179586 * random_unit(&random));
		struct outbreak_interval interval = paired_interval(values, 8);
		misses += interval.low > 0 || interval.high < 0;
	}
	assert_in_range(misses, 4, 37);
}

static void races_find_what_a_full_ranking_finds(void **state)
{
	(void)state;
	struct remedy_candidate candidates[CANDIDATES];
	size_t count = make_candidates(candidates);
	struct outbreak_run all = { 0 }, raced = { .finalists = 6 };

	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_result full, race;
		rank(&worms[w], &all, candidates, count, &full);
		rank(&worms[w], &raced, candidates, count, &race);
		assert_int_equal(full.round_count, 1);
		assert_true(race.round_count >= 2);
		assert_int_equal(race.rounds[0].candidates, CANDIDATES);
		assert_int_equal(race.rounds[race.round_count - 1].replicas, 16);
		assert_true(race.rounds[race.round_count - 1].candidates < CANDIDATES / 3);
		/* The best are the same, with the same numbers. */
		for (size_t i = 1; i <= 3; i++) {
			const struct outbreak_forecast *a = &full.forecasts[i],
						       *b = &race.forecasts[i];
			assert_ptr_equal(a->remedy, b->remedy);
			assert_memory_equal(&a->saved, &b->saved, sizeof a->saved);
			assert_memory_equal(a->deadline, b->deadline, DELAYS * sizeof *a->deadline);
			assert_true(a->replicas == 16 && b->replicas == 16);
		}
		/* Those dropped come last, and say when. */
		for (size_t i = 2; i < race.count; i++) {
			const struct outbreak_forecast *before = &race.forecasts[i - 1],
						       *here = &race.forecasts[i];
			assert_true(!before->dropped || here->dropped);
			assert_int_equal(here->dropped != 0, here->deadline == NULL);
			if (here->dropped)
				assert_int_equal(here->replicas,
						 race.rounds[here->dropped - 1].replicas);
		}
		outbreak_result_fini(&full);
		outbreak_result_fini(&race);
	}
}

static void deadlines_fall_with_time(void **state)
{
	(void)state;
	struct remedy_candidate candidates[CANDIDATES];
	size_t count = make_candidates(candidates);
	struct outbreak_run run = { 0 };

	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_result result;
		rank(&worms[w], &run, candidates, count, &result);
		for (size_t i = 1; i < result.count; i++) {
			const struct outbreak_forecast *forecast = &result.forecasts[i];
			for (size_t d = 0; d < DELAYS; d++) {
				/* Its own delay is one of them: the very same runs. */
				if (delays[d] == forecast->remedy->delay_seconds)
					assert_memory_equal(&forecast->deadline[d],
							    &forecast->saved,
							    sizeof forecast->saved);
				if (d > 0) /* drawn apart, so a little may be chance */
					assert_true(forecast->deadline[d].median <=
						    1.1 * forecast->deadline[d - 1].median + 20);
			}
			assert_true(forecast->deadline[DELAYS - 1].high == 0); /* after the end */
			assert_true(forecast->mean_saved >= forecast->interval.low &&
				    forecast->mean_saved <= forecast->interval.high);
		}
		assert_true(result.forecasts[1].deadline[0].median >
			    result.forecasts[1].deadline[3].median);
		outbreak_result_fini(&result);
	}
}

static bool same_forecast(const struct outbreak_forecast *a, const struct outbreak_forecast *b)
{
	return a->remedy == b->remedy && a->dropped == b->dropped && a->pareto == b->pareto &&
	       memcmp(&a->saved, &b->saved, sizeof a->saved) == 0 &&
	       memcmp(&a->interval, &b->interval, sizeof a->interval) == 0 &&
	       (!a->deadline ||
		memcmp(a->deadline, b->deadline, DELAYS * sizeof *a->deadline) == 0);
}

static void threads_change_nothing(void **state)
{
	(void)state;
	struct remedy_candidate candidates[CANDIDATES];
	size_t count = make_candidates(candidates);

	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_run run = { .finalists = 6, .combine = 3, .threads = 1 };
		struct outbreak_result one, many;
		rank(&worms[w], &run, candidates, count, &one);
		run.threads = 3;
		rank(&worms[w], &run, candidates, count, &many);
		for (size_t i = 0; i < one.count; i++)
			assert_true(same_forecast(&one.forecasts[i], &many.forecasts[i]));
		assert_int_equal(one.combination_count, many.combination_count);
		for (size_t i = 0; i < one.combination_count; i++) {
			const struct outbreak_combination *a = &one.combinations[i],
							  *b = &many.combinations[i];
			assert_memory_equal(a->members, b->members,
					    a->member_count * sizeof *a->members);
			assert_true(same_forecast(&a->forecast, &b->forecast));
		}
		outbreak_result_fini(&one);
		outbreak_result_fini(&many);
	}
}

static void members_add_to_each_other(void **state)
{
	(void)state;
	struct remedy_candidate candidates[CANDIDATES];
	size_t count = make_candidates(candidates);
	struct outbreak_run run = { .finalists = 12, .combine = 4 };

	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_result result;
		rank(&worms[w], &run, candidates, count, &result);
		double before = result.forecasts[1].mean_saved;
		for (size_t i = 0; i < result.combination_count; i++) {
			const struct outbreak_combination *combination = &result.combinations[i];
			assert_int_equal(combination->member_count, i + 2);
			assert_ptr_equal(combination->members[0], result.forecasts[1].remedy);
			assert_true(combination->forecast.mean_saved > 0.99 * before);
			assert_true(combination->forecast.saved.low >= 0);
			assert_true(combination->forecast.disturbed >= 0 &&
				    combination->forecast.disturbed <= 1);
			before = combination->forecast.mean_saved;
		}
		outbreak_result_fini(&result);
	}
}

/* Mean infected at the end of a chain of two, and of one remedy; and what they spread. */
struct outcome {
	double mean, variance;
};

static struct outcome run_chain(const struct outbreak_worm *worm, uint64_t seed,
				const struct remedy_candidate *const *members, size_t count)
{
	enum { REPLICAS = 400 };
	static struct chain chain;
	struct replica replica;
	struct error error;
	double sum = 0, squares = 0;

	assert_int_equal(replica_init(&replica, &world, worm, 100, &error), 0);
	for (uint32_t r = 0; r < REPLICAS; r++) {
		assert_int_equal(replica_run(&replica, seed, r, &error), 0);
		chain_reset(&chain, NULL, 0);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(chain_add(&chain, &replica, members[i], &error), 0);
		double infected = chain_end(&chain, &replica)->count;
		assert_true(infected <= replica.base.count);
		sum += infected;
		squares += infected * infected;
	}
	chain_fini(&chain);
	replica_fini(&replica);
	double mean = sum / REPLICAS;
	return (struct outcome){ mean, (squares / REPLICAS - mean * mean) / REPLICAS };
}

static void assert_alike(const struct outbreak_worm *worm, const struct remedy_candidate *first,
			 const struct remedy_candidate *second, const struct remedy_candidate *both)
{
	const struct remedy_candidate *two[] = { first, second };
	struct outcome apart = run_chain(worm, 11, two, 2),
		       together = run_chain(worm, 12, &both, 1);
	struct outcome alone = run_chain(worm, 11, &first, 1);

	assert_true(fabs(apart.mean - together.mean) <
		    4 * sqrt(apart.variance + together.variance));
	assert_true(apart.mean < alone.mean - 4 * sqrt(apart.variance + alone.variance));
}

static const uint32_t some_subnets[] = { 0, 2, 4, 8, 10 }, other_subnets[] = { 1, 3, 5, 9, 12 },
		      both_subnets[] = { 0, 1, 2, 3, 4, 5, 8, 9, 10, 12 };

/* Remedies of which two make a third: the chain of the two is the third, in distribution. */
static void chains_are_exact(void **state)
{
	(void)state;
	struct remedy_candidate some = { .effect = REMEDY_FILTER,
					 .place = REMEDY_AT_SUBNET,
					 .places = some_subnets,
					 .place_count = 5,
					 .delay_seconds = 15 };
	struct remedy_candidate others = some, both = some;
	others.places = other_subnets;
	both.places = both_subnets;
	both.place_count = 10;

	for (size_t w = 0; w < WORMS; w++) {
		some.pass = others.pass = both.pass = 0;
		some.effect = others.effect = both.effect = REMEDY_FILTER;
		assert_alike(&worms[w], &some, &others, &both);
		some.effect = others.effect = both.effect = REMEDY_PATCH;
		assert_alike(&worms[w], &some, &others, &both);
		some.effect = others.effect = both.effect = REMEDY_FILTER;
		some.pass = others.pass = both.pass = 0.2;
		assert_alike(&worms[w], &some, &others, &both);
	}
	/* Half the rate of half the rate is a quarter. */
	for (size_t w = 0; w < 2; w++) {
		struct remedy_candidate half = { .effect = REMEDY_RATE,
						 .place = REMEDY_AT_HOST,
						 .share = 0.8,
						 .pass = 0.5,
						 .delay_seconds = 10 };
		struct remedy_candidate quarter = half;
		quarter.pass = 0.25;
		assert_alike(&worms[w], &half, &half, &quarter);
	}
}

static void some_are_no_combination(void **state)
{
	(void)state;
	struct remedy_candidate whole = { .effect = REMEDY_FILTER, .place = REMEDY_AT_SUBNET };
	struct remedy_candidate some = whole, other = whole, rate = { .effect = REMEDY_RATE };
	some.whole = other.whole = &whole;
	some.places = some_subnets;
	other.places = other_subnets;
	some.place_count = other.place_count = 5;

	assert_true(chain_allows(&world, &worms[0], &some, &other));
	assert_false(chain_allows(&world, &worms[0], &some, &some));
	assert_false(chain_allows(&world, &worms[0], &some, &whole));
	assert_true(chain_allows(&world, &worms[0], &some, &rate));
	/* the event loop walks for them, as far as they are few */
	assert_true(chain_allows(&world, &worms[2], &some, &rate));
	struct outbreak_subnet vast = { "vast", 0, 1000000, 0.5, 0.5, 0 };
	struct outbreak_world crowd = world;
	crowd.subnets = &vast;
	crowd.subnet_count = 1;
	assert_false(chain_allows(&crowd, &worms[2], &some, &rate));
	assert_true(chain_allows(&crowd, &worms[2], &some, &other));
}

static void the_front_is_what_nothing_beats(void **state)
{
	(void)state;
	static const struct remedy_candidate remedies[6];
	struct standing standings[] = {
		{ &remedies[0], .saved = 10, .disturbed = 0.5 },
		{ &remedies[1], .saved = 9, .disturbed = 0.6 },
		{ &remedies[2], .saved = 8, .disturbed = 0.1 },
		{ &remedies[3], .saved = 8, .disturbed = 0.2 },
		{ &remedies[4], .saved = 0, .disturbed = 0 },
		{ &remedies[5], .saved = 20, .disturbed = 0, .dropped = 1 },
	};
	static const bool front[] = { true, false, true, false, false, false };

	order_sort(standings, 6);
	order_mark_front(standings, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_ptr_equal(standings[i].remedy, &remedies[i]);
		assert_int_equal(standings[i].pareto, front[i]);
	}
}

static void remedies_go_to_their_places(void **state)
{
	(void)state;
	const struct remedy_candidate given[] = {
		{ .name = "filter",
		  .title = "a filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_PROVIDER,
		  .share = 0.5,
		  .collateral = "some" },
		{ .name = "patch", .title = "a patch", .effect = REMEDY_PATCH, .share = 0.5 },
	};
	struct outbreak_candidates all;
	struct outbreak_result result;
	struct outbreak_run run = { 0 };
	struct error error;

	assert_int_equal(outbreak_candidates_at_places(&world, given, 2, 5, &all, &error), 0);
	assert_int_equal(all.count, 5);
	assert_int_equal(all.left_out, 1);
	/* a has 512 hosts expected, b 256, c 25. */
	assert_string_equal(all.items[2].name, "filter@a");
	assert_string_equal(all.items[2].title, "a filter, at provider a");
	assert_string_equal(all.items[3].name, "filter@largest-2");
	assert_int_equal(all.items[3].place_count, 2);
	assert_string_equal(all.items[4].name, "filter@b");
	assert_ptr_equal(all.items[4].whole, &all.items[0]);
	rank(&worms[0], &run, all.items, all.count, &result);
	for (size_t i = 1; i < result.count; i++) {
		const struct outbreak_forecast *forecast = &result.forecasts[i];
		if (strcmp(forecast->remedy->name, "filter@a") != 0)
			continue;
		/* Provider a's share of all live hosts. */
		assert_true(fabs(forecast->disturbed - 1024.0 / (1024 + 1024 + 50)) < 1e-9);
		/* Shut from the start: at most what the first infected do inside. */
		assert_true(forecast->mean_saved > 0);
	}
	outbreak_result_fini(&result);
	outbreak_candidates_fini(&all);

	/* What the event loop is needed for is tried as it is. */
	struct remedy_candidate clean = given[0];
	clean.effect = REMEDY_CLEAN;
	assert_int_equal(outbreak_candidates_at_places(&world, &clean, 1, 5, &all, &error), 0);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.left_out, 0);
	outbreak_candidates_fini(&all);
}

static void only_named_places_take_part(void **state)
{
	(void)state;
	struct remedy_candidate shut = { .name = "shut",
					 .effect = REMEDY_PATCH,
					 .place = REMEDY_AT_SUBNET,
					 .places = some_subnets,
					 .place_count = 5 };
	struct outbreak_worm worm = worms[0];
	struct outbreak_result result;
	struct outbreak_run run = { 0 };

	worm.origin = "a-2";
	rank(&worm, &run, &shut, 1, &result);
	for (size_t s = 0, next = 0; s < world.subnet_count; s++) {
		bool named = next < 5 && some_subnets[next] == s;
		next += named;
		assert_int_equal(result.forecasts[1].subnet_infected[s] == 0, named);
		assert_true(result.forecasts[0].subnet_infected[s] > 0);
	}
	outbreak_result_fini(&result);
}

static void refuses_impossible_places_and_times(void **state)
{
	(void)state;
	static const uint32_t beyond[] = { 2, 13 }, twice[] = { 2, 2 };
	static const double backwards[] = { 5, 3 };
	struct remedy_candidate remedy = { .name = "r",
					   .effect = REMEDY_PATCH,
					   .place = REMEDY_AT_SUBNET,
					   .places = beyond,
					   .place_count = 2 };
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_result result;
	struct error error;

	for (int i = 0; i < 3; i++) {
		remedy.places = i == 1 ? twice : beyond;
		remedy.place = i == 2 ? REMEDY_AT_HOST : REMEDY_AT_SUBNET;
		assert_int_equal(outbreak_rank(&world, &worms[0], &run, &remedy, 1, NULL, NULL,
					       &result, &error),
				 ERROR_USAGE);
	}
	run.delays = backwards;
	run.delay_count = 2;
	assert_int_equal(
		outbreak_rank(&world, &worms[0], &run, NULL, 0, NULL, NULL, &result, &error),
		ERROR_USAGE);
	assert_non_null(strstr(error.message, "ascend"));
	run.delay_count = 0;
	run.combine = OUTBREAK_MOST_COMBINE + 1;
	assert_int_equal(
		outbreak_rank(&world, &worms[0], &run, NULL, 0, NULL, NULL, &result, &error),
		ERROR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_students_distribution),
		cmocka_unit_test(intervals_hold_what_they_say),
		cmocka_unit_test(races_find_what_a_full_ranking_finds),
		cmocka_unit_test(deadlines_fall_with_time),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(members_add_to_each_other),
		cmocka_unit_test(chains_are_exact),
		cmocka_unit_test(some_are_no_combination),
		cmocka_unit_test(the_front_is_what_nothing_beats),
		cmocka_unit_test(remedies_go_to_their_places),
		cmocka_unit_test(only_named_places_take_part),
		cmocka_unit_test(refuses_impossible_places_and_times),
	};
	return cmocka_run_group_tests(tests, load_world, free_world);
}
