/* Properties of whole rankings: remedies never lose hosts, numbers add up, threads change nothing,
 * and what the field knows about ways of scanning comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/replica.h"

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

/* Every effect at every place, in three strengths. */
static size_t make_candidates(struct remedy_candidate *candidates)
{
	static const double strengths[][3] = { { 0, 0.6, 40 }, { 0.3, 0.5, 20 }, { 0.05, 1, 0 } };
	size_t count = 0;

	for (int effect = REMEDY_FILTER; effect <= REMEDY_CONTROL; effect++)
		for (int place = REMEDY_AT_HOST; place <= REMEDY_AT_BORDER; place++)
			for (int i = 0; i < 3; i++)
				candidates[count++] = (struct remedy_candidate){
					.name = "candidate",
					.effect = (enum remedy_effect)effect,
					.place = (enum remedy_place)place,
					.pass = strengths[i][0],
					.share = strengths[i][1],
					.delay_seconds = strengths[i][2],
					.collateral = "",
				};
	return count;
}

/* Infected with the remedy: a subset of those without, none of them sooner. Infectors were infected
 * before. */
static void check_coupling(const struct replica *replica, const struct history *with)
{
	static double without_time[10000];
	const struct history *base = &replica->base;
	double latency = replica->worm->latency;

	for (uint32_t i = 0; i < replica->population.count; i++)
		without_time[i] = INFINITY;
	for (uint32_t i = 0; i < base->count; i++)
		without_time[base->host[i]] = base->time[i];
	static double with_time[10000];
	for (uint32_t i = 0; i < replica->population.count; i++)
		with_time[i] = INFINITY;
	for (uint32_t i = 0; i < with->count; i++) {
		uint32_t host = with->host[i];
		assert_true(with_time[host] == INFINITY); /* once only */
		assert_true(i == 0 || with->time[i] >= with->time[i - 1]);
		assert_true(with->time[i] < replica->duration);
		with_time[host] = with->time[i];
		assert_true(without_time[host] <= with->time[i]);
		if (with->infector[i] == HISTORY_NOBODY)
			assert_true(with->time[i] == 0);
		else
			assert_true(with->infector[i] < i &&
				    with->time[with->infector[i]] + latency <=
					    with->time[i] + 1e-9);
	}
}

static void remedies_never_lose_hosts(void **state)
{
	(void)state;
	struct remedy_candidate candidates[48];
	size_t count = make_candidates(candidates);

	for (size_t w = 0; w < WORMS; w++) {
		struct replica replica;
		struct error error;
		const struct history *history;
		uint64_t saved = 0;
		assert_int_equal(replica_init(&replica, &world, &worms[w], 150, &error), 0);
		for (uint32_t r = 0; r < 12; r++) {
			assert_int_equal(replica_run(&replica, 5, r, &error), 0);
			assert_int_equal(replica_name_infectors(&replica, &error), 0);
			check_coupling(&replica, &replica.base);
			for (size_t i = 0; i < count; i++) {
				assert_int_equal(
					replica_try(&replica, &candidates[i], &history, &error), 0);
				check_coupling(&replica, history);
				saved += replica.base.count - history->count;
			}
		}
		assert_true(saved > 1000); /* they do something, too */
		replica_fini(&replica);
	}
}

/* Sequential walks whose scans, and the end of the run, fall on the same instants again and again:
 * every rounding of a time would show. */
static void walks_never_lose_hosts_in_the_last_instant(void **state)
{
	(void)state;
	static const double rates[] = { 0.3, 1, 3, 7 }, latencies[] = { 0, 0.1, 1.0 / 3 };
	struct remedy_candidate candidates[48];
	size_t count = make_candidates(candidates);
	struct error error;

	for (size_t i = 0; i < 12; i++) {
		struct outbreak_worm worm = { .scan = OUTBREAK_SEQUENTIAL,
					      .rate = rates[i % 4],
					      .latency = latencies[i / 4],
					      .initially_infected = 2,
					      .random_start = i % 2 ? 0.3 : 0 };
		struct replica replica;
		const struct history *history;
		/* As many whole scans as there are in the run, and latencies. */
		double duration = 240 / worm.rate + 3 * worm.latency;
		assert_int_equal(replica_init(&replica, &world, &worm, duration, &error), 0);
		for (uint32_t r = 0; r < 60; r++) {
			assert_int_equal(replica_run(&replica, 8, r, &error), 0);
			for (size_t c = 0; c < count; c++) {
				candidates[c].delay_seconds = (double)(c % 3 * 20) / worm.rate;
				assert_int_equal(
					replica_try(&replica, &candidates[c], &history, &error), 0);
				check_coupling(&replica, history);
				assert_true(history->count <= replica.base.count);
			}
		}
		replica_fini(&replica);
	}
}

static void rank(const struct outbreak_worm *worm, unsigned threads,
		 const struct remedy_candidate *candidates, size_t count,
		 struct outbreak_result *result)
{
	struct error error;
	struct outbreak_run run = {
		.duration = 150, .replicas = 13, .seed = 3, .curve_points = 31, .threads = threads
	};
	assert_int_equal(
		outbreak_rank(&world, worm, &run, candidates, count, NULL, NULL, result, &error),
		0);
}

static void assert_equal(const struct outbreak_result *a, const struct outbreak_result *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct outbreak_forecast *x = &a->forecasts[i], *y = &b->forecasts[i];
		assert_ptr_equal(x->remedy, y->remedy);
		assert_memory_equal(&x->saved, &y->saved, sizeof x->saved);
		assert_memory_equal(&x->infected, &y->infected, sizeof x->infected);
		assert_true(x->hosts == y->hosts && x->vulnerable == y->vulnerable);
		assert_memory_equal(x->curve, y->curve, a->curve_points * sizeof *x->curve);
		assert_memory_equal(x->subnet_infected, y->subnet_infected,
				    a->subnet_count * sizeof *x->subnet_infected);
		assert_memory_equal(x->subnet_vulnerable, y->subnet_vulnerable,
				    a->subnet_count * sizeof *x->subnet_vulnerable);
	}
}

static void threads_change_nothing(void **state)
{
	(void)state;
	struct remedy_candidate candidates[48];
	size_t count = make_candidates(candidates);

	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_result one, many;
		rank(&worms[w], 1, candidates, count, &one);
		for (unsigned threads = 2; threads <= 4; threads += 2) {
			rank(&worms[w], threads, candidates, count, &many);
			assert_equal(&one, &many);
			outbreak_result_fini(&many);
		}
		outbreak_result_fini(&one);
	}
}

static void numbers_add_up(void **state)
{
	(void)state;
	struct remedy_candidate candidates[48];
	size_t count = make_candidates(candidates);

	for (size_t w = 0; w < WORMS; w++) {
		struct outbreak_result result;
		rank(&worms[w], 2, candidates, count, &result);
		assert_int_equal(result.count, count + 1);
		assert_int_equal(result.subnet_count, world.subnet_count);
		assert_null(result.forecasts[0].remedy);
		for (size_t i = 0; i < result.count; i++) {
			const struct outbreak_forecast *forecast = &result.forecasts[i];
			double vulnerable = 0;
			for (size_t s = 0; s < result.subnet_count; s++) {
				assert_true(forecast->subnet_infected[s] <=
					    forecast->subnet_vulnerable[s]);
				vulnerable += forecast->subnet_vulnerable[s];
			}
			assert_true(fabs(vulnerable - forecast->vulnerable) < 1e-6);
			assert_true(forecast->vulnerable <= forecast->hosts);
			assert_true(forecast->curve[0].low >= worms[w].initially_infected);
			for (uint32_t p = 1; p < result.curve_points; p++)
				assert_true(forecast->curve[p].median >=
					    forecast->curve[p - 1].median);
			assert_true(forecast->saved.low >= 0);
			if (i > 1)
				assert_true(forecast->saved.median <= forecast[-1].saved.median);
			if (forecast->remedy && forecast->remedy->effect == REMEDY_CONTROL)
				assert_true(forecast->saved.high == 0);
		}
		outbreak_result_fini(&result);
	}
}

static void breaks_ties_by_collateral_and_name(void **state)
{
	(void)state;
	const struct remedy_candidate candidates[] = {
		{ .name = "b", .effect = REMEDY_CONTROL, .collateral = "" },
		{ .name = "z", .effect = REMEDY_FILTER, .place = REMEDY_AT_HOST, .share = 1 },
		{ .name = "a", .effect = REMEDY_CONTROL, .collateral = "everything stops" },
		{ .name = "a", .effect = REMEDY_CONTROL, .collateral = "" },
	};
	struct outbreak_result result;
	rank(&worms[0], 1, candidates, 4, &result);
	assert_ptr_equal(result.forecasts[1].remedy, &candidates[1]);
	assert_ptr_equal(result.forecasts[2].remedy, &candidates[3]);
	assert_ptr_equal(result.forecasts[3].remedy, &candidates[0]);
	assert_ptr_equal(result.forecasts[4].remedy, &candidates[2]);
	outbreak_result_fini(&result);
}

static void refuses_impossible_questions(void **state)
{
	(void)state;
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_worm worm = worms[0];
	struct remedy_candidate remedy = { .name = "sieve", .pass = 1.5, .share = 1 };
	struct outbreak_result result;
	struct error error;

	worm.rate = NAN;
	assert_int_equal(outbreak_rank(&world, &worm, &run, NULL, 0, NULL, NULL, &result, &error),
			 ERROR_USAGE);
	assert_non_null(strstr(error.message, "rate"));
	worm = worms[0];
	worm.origin = "mars";
	assert_int_equal(outbreak_rank(&world, &worm, &run, NULL, 0, NULL, NULL, &result, &error),
			 ERROR_USAGE);
	assert_non_null(strstr(error.message, "mars"));
	run.curve_points = 1;
	assert_int_equal(
		outbreak_rank(&world, &worms[0], &run, NULL, 0, NULL, NULL, &result, &error),
		ERROR_USAGE);
	run = outbreak_default_run();
	assert_int_equal(
		outbreak_rank(&world, &worms[0], &run, &remedy, 1, NULL, NULL, &result, &error),
		ERROR_USAGE);
	assert_string_equal(error.where, "sieve");
	run.replicas = 1000000;
	run.curve_points = 100000;
	assert_int_equal(
		outbreak_rank(&world, &worms[0], &run, NULL, 0, NULL, NULL, &result, &error),
		ERROR_LIMIT);
}

static void count_progress(void *context, size_t done, size_t total)
{
	size_t *last = context;
	assert_int_equal(done, *last + 1);
	assert_int_equal(total, 26);
	*last = done;
}

static void tells_progress(void **state)
{
	(void)state;
	struct outbreak_run run = { .duration = 50, .replicas = 13, .seed = 3, .curve_points = 2 };
	struct remedy_candidate remedy = { .name = "r", .effect = REMEDY_PATCH, .share = 0.1 };
	struct outbreak_result result;
	struct error error;
	size_t last = 0;
	assert_int_equal(outbreak_rank(&world, &worms[0], &run, &remedy, 1, count_progress, &last,
				       &result, &error),
			 0);
	assert_int_equal(last, 26);
	outbreak_result_fini(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remedies_never_lose_hosts),
		cmocka_unit_test(walks_never_lose_hosts_in_the_last_instant),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(numbers_add_up),
		cmocka_unit_test(breaks_ties_by_collateral_and_name),
		cmocka_unit_test(refuses_impossible_questions),
		cmocka_unit_test(tells_progress),
	};
	return cmocka_run_group_tests(tests, load_world, free_world);
}
