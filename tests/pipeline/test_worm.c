/* From the scan of a trace to the worm that a forecast spreads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pipeline/case.h"

static const struct outbreak_provider providers[] = { { "p", 0 } };
static const struct outbreak_subnet subnets[] = { { "s", 0, 4096, 0.5, 0.5, 0 },
						  { "t", 0, 4096, 0.5, 0.5, 0 } };
static const struct outbreak_world world = { .name = "w",
					     .providers = providers,
					     .provider_count = 1,
					     .subnets = subnets,
					     .subnet_count = 2,
					     .scanned_space = 1 << 20 };

/* The worm can be simulated, too. */
static void derive(const char *scan, struct case_worm *worm)
{
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_result result;
	struct error error;
	json_t *json = scan ? json_loads(scan, 0, NULL) : NULL;

	assert_true(!scan || json);
	case_derive_worm(json, "sample", 445, &world, worm);
	json_decref(json);
	run.duration = 600;
	run.replicas = 2;
	assert_int_equal(
		outbreak_rank(&world, &worm->worm, &run, NULL, 0, NULL, NULL, &result, &error), 0);
	assert_true(result.forecasts[0].infected.median >= 10);
	outbreak_result_fini(&result);
}

static void what_was_not_seen_is_assumed(void **state)
{
	(void)state;
	struct case_worm worm;

	derive(NULL, &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_RANDOM);
	assert_int_equal(worm.worm.port, 445);
	assert_non_null(strstr(worm.why, "no scan was seen"));
}

static void strategies_are_ways(void **state)
{
	(void)state;
	struct case_worm worm;

	/* 2048 hosts that walk a million addresses every seven hours: too many hits. */
	derive("{\"strategy\":\"permutation\",\"rate\":40.0,\"port\":80}", &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_RANDOM);
	assert_non_null(strstr(worm.why, "simulated as random"));

	derive("{\"strategy\":\"permutation\",\"rate\":0.5,\"port\":80}", &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_PERMUTATION);
	assert_int_equal(worm.worm.vector_count, 1);
	assert_true(worm.worm.vectors[0].rate == 0.5 && worm.worm.rate == 0.5);
	assert_int_equal(worm.worm.port, 80);

	derive("{\"strategy\":\"hit_list\",\"rate\":5.0,\"port\":80,\"list_size\":211.6}", &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_HIT_LIST);
	assert_int_equal(worm.worm.vectors[0].list_size, 212);

	derive("{\"strategy\":\"sequential\",\"rate\":0.0,\"port\":80}", &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_SEQUENTIAL);
	assert_true(worm.worm.rate == 10);

	/* Half in the own /16, which is 16 subnets: a 32nd in the own one. */
	derive("{\"strategy\":\"local\",\"rate\":5.0,\"port\":80,\"local_share\":{\"16\":0.5}}",
	       &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_LOCAL);
	assert_true(worm.worm.local_share == 0.03125);
}

static void short_cycles_are_told(void **state)
{
	(void)state;
	struct case_worm worm;

	derive("{\"strategy\":\"generator\",\"rate\":10.0,\"port\":80,\"generator\":{\"cycle_"
	       "bits\":"
	       "32}}",
	       &worm);
	assert_int_equal(worm.worm.scan, OUTBREAK_RANDOM);
	assert_null(strstr(worm.why, "cycle of"));
	derive("{\"strategy\":\"generator\",\"rate\":10.0,\"port\":80,\"generator\":{\"cycle_"
	       "bits\":"
	       "20}}",
	       &worm);
	assert_non_null(strstr(worm.why, "cycle of 2^20 addresses is over after 29.1 h"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_was_not_seen_is_assumed),
					    cmocka_unit_test(strategies_are_ways),
					    cmocka_unit_test(short_cycles_are_told) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
