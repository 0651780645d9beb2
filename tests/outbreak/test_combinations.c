/* Several remedies at once, under every way of scanning, against the oracle that draws every scan
 * (explicit.c): two-sample Kolmogorov-Smirnov tests as in test_kernels.c, of three effects each.
 * Together they are held to 5 % by Holm's procedure. And run by run: nobody is infected who was not
 * without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "explicit.h"
#include "outbreak/chain.h"
#include "small_world.h"
#include "smirnov.h"

#define REPLICAS    5000
#define SEED	    1
#define ORACLE_SEED 1000000
#define MEMBERS	    3

static const struct outbreak {
	const char *name;
	struct outbreak_worm worm;
	double duration;
	bool narrow;
} outbreaks[] = {
	{ "random", { .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 2 }, 25, false },
	{ "random, narrow",
	  { .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 2 },
	  25,
	  true },
	{ "sequential",
	  { .scan = OUTBREAK_SEQUENTIAL, .rate = 2, .initially_infected = 2, .random_start = 0.4 },
	  35,
	  false },
	{ "uneven mixture",
	  { WAYS(mixture), .initially_infected = 2, .latency = 1, .rate_spread = 0.5 },
	  25,
	  false },
	{ "permutation",
	  { WAYS(permutation), .initially_infected = 2, .rate_spread = 0.2 },
	  20,
	  false },
	{ "hit list", { WAYS(hit_list), .initially_infected = 2, .latency = 0.5 }, 15, false },
	{ "flawed", { WAYS(flawed), .initially_infected = 2, .rate_spread = 0.2 }, 30, false },
	{ "several ways", { WAYS(several), .initially_infected = 1 }, 20, false },
};
#define OUTBREAKS (sizeof outbreaks / sizeof *outbreaks)

/* In the order of their delays. */
static const struct remedy_candidate combinations[][MEMBERS] = {
	{ { .effect = REMEDY_PATCH, .place = REMEDY_AT_HOST, .share = 0.2, .delay_seconds = 2.03 },
	  { .effect = REMEDY_FILTER,
	    .place = REMEDY_AT_SUBNET,
	    .pass = 0.3,
	    .share = 0.6,
	    .delay_seconds = 3.07 },
	  { .effect = REMEDY_RATE,
	    .place = REMEDY_AT_HOST,
	    .pass = 0.4,
	    .share = 0.6,
	    .delay_seconds = 4.09 } },
	{ { .effect = REMEDY_BLOCK,
	    .place = REMEDY_AT_PROVIDER,
	    .pass = 0.1,
	    .share = 0.8,
	    .delay_seconds = 2.03,
	    .reaction_seconds = 3.11 },
	  { .effect = REMEDY_CLEAN,
	    .place = REMEDY_AT_SUBNET,
	    .share = 0.7,
	    .delay_seconds = 3.07,
	    .reaction_seconds = 4.13 },
	  { .effect = REMEDY_FILTER,
	    .place = REMEDY_AT_HOST,
	    .pass = 0.2,
	    .share = 0.5,
	    .delay_seconds = 4.09 } },
	{ { .effect = REMEDY_RATE,
	    .place = REMEDY_AT_HOST,
	    .pass = 0.6,
	    .share = 0.8,
	    .delay_seconds = 2.03 },
	  { .effect = REMEDY_RATE,
	    .place = REMEDY_AT_SUBNET,
	    .pass = 0.5,
	    .share = 0.5,
	    .delay_seconds = 4.09 },
	  { .effect = REMEDY_BLOCK,
	    .place = REMEDY_AT_HOST,
	    .pass = 0.3,
	    .share = 0.7,
	    .delay_seconds = 5.01,
	    .reaction_seconds = 2.11 } },
	/* The two that cut walkers off from whole subnets. */
	{ { .effect = REMEDY_BLOCK,
	    .place = REMEDY_AT_SUBNET,
	    .share = 0.6,
	    .delay_seconds = 3.07,
	    .reaction_seconds = 2.11 },
	  { .effect = REMEDY_FILTER,
	    .place = REMEDY_AT_PROVIDER,
	    .share = 0.4,
	    .delay_seconds = 6.01 },
	  { .effect = REMEDY_RATE,
	    .place = REMEDY_AT_HOST,
	    .pass = 0.7,
	    .share = 0.5,
	    .delay_seconds = 7.03 } },
};
#define COMBINATIONS (sizeof combinations / sizeof *combinations)
#define CELLS	     (OUTBREAKS * COMBINATIONS)

static double engine[REPLICAS], oracle[REPLICAS];
static struct chain chain;

static struct outbreak_worm worm_of(const struct outbreak *outbreak, struct outbreak_world *world)
{
	struct outbreak_worm worm = outbreak->worm;

	if (worm.vector_count > 0) {
		worm.scan = worm.vectors[0].scan;
		worm.rate = worm.vectors[0].rate;
	}
	*world = small_world;
	if (outbreak->narrow) {
		world->providers = narrow_providers;
		worm.scan_bytes = 1;
	}
	return worm;
}

static double outcome_of(double half_time, uint32_t infected)
{
	/* To the nanosecond: many times of evenly spaced scans are the same but for rounding. */
	return half_time < INFINITY ? round(1e9 * half_time) : 1e15 - infected;
}

static void build_chain(struct replica *replica, uint32_t number,
			const struct remedy_candidate *members, size_t count)
{
	struct error error;

	assert_int_equal(replica_run(replica, SEED, number, &error), 0);
	chain_reset(&chain, NULL, 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(chain_add(&chain, replica, &members[i], &error), 0);
}

static void ask_engine(const struct outbreak *outbreak, const struct remedy_candidate *members,
		       size_t count)
{
	struct outbreak_world world;
	struct outbreak_worm worm = worm_of(outbreak, &world);
	struct replica replica;
	struct error error;

	assert_int_equal(replica_init(&replica, &world, &worm, outbreak->duration, &error), 0);
	for (uint32_t r = 0; r < REPLICAS; r++) {
		build_chain(&replica, r, members, count);
		const struct history *history = chain_end(&chain, &replica);
		uint32_t half = (replica.population.count + 1) / 2;
		bool reached = half > 0 && history->count >= half;
		engine[r] =
			outcome_of(reached ? history->time[half - 1] : INFINITY, history->count);
	}
	chain_fini(&chain);
	replica_fini(&replica);
}

static void ask_oracle(const struct outbreak *outbreak, const struct remedy_candidate *members)
{
	const struct remedy_candidate *all[MEMBERS] = { &members[0], &members[1], &members[2] };
	struct explicit_outcome outcome;
	struct outbreak_world world;
	struct outbreak_worm worm = worm_of(outbreak, &world);

	for (uint32_t r = 0; r < REPLICAS; r++) {
		struct explicit_run run = { outbreak->duration, ORACLE_SEED + r,
					    .until_half = true };
		assert_true(explicit_run(&world, &worm, all, MEMBERS, &run, &outcome));
		oracle[r] = outcome_of(outcome.half_time, outcome.infected);
	}
}

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static void agree_with_every_scan_drawn(void **state)
{
	(void)state;
	double p_values[CELLS];
	size_t count = 0;

	for (size_t w = 0; w < OUTBREAKS; w++) {
		printf("%-15s", outbreaks[w].name);
		for (size_t c = 0; c < COMBINATIONS; c++) {
			ask_engine(&outbreaks[w], combinations[c], MEMBERS);
			ask_oracle(&outbreaks[w], combinations[c]);
			p_values[count] = smirnov_test(engine, oracle, REPLICAS);
			printf(" %-8.4f", p_values[count++]);
		}
		printf("\n");
		fflush(stdout);
	}
	qsort(p_values, count, sizeof *p_values, ascending);
	printf("%zu tests; smallest p-value %.5f (above %.5f)\n", count, p_values[0],
	       0.05 / (double)count);
	assert_true(p_values[0] > 0.05 / (double)count);
}

/* One member less is seen. */
static void would_notice_a_missing_member(void **state)
{
	(void)state;

	for (size_t c = 0; c < COMBINATIONS; c++) {
		ask_engine(&outbreaks[0], combinations[c], MEMBERS - 1);
		ask_oracle(&outbreaks[0], combinations[c]);
		assert_true(smirnov_test(engine, oracle, REPLICAS) < 0.05 / CELLS);
	}
}

/* What the outbreak `before` did not infect, at that time or sooner, `after` does not. */
static uint32_t assert_no_worse(const struct history *before, const struct history *after,
				uint32_t hosts)
{
	double times[200];

	assert_true(hosts <= sizeof times / sizeof *times);
	for (uint32_t i = 0; i < hosts; i++)
		times[i] = INFINITY;
	for (uint32_t i = 0; i < before->count; i++)
		times[before->host[i]] = before->time[i];
	for (uint32_t i = 0; i < after->count; i++)
		assert_true(times[after->host[i]] <= after->time[i]);
	return before->count - after->count;
}

static void never_lose_hosts(void **state)
{
	(void)state;
	uint64_t saved = 0, cells = 0;

	for (size_t w = 0; w < OUTBREAKS; w++)
		for (size_t c = 0; c < COMBINATIONS; c++) {
			struct outbreak_world world;
			struct outbreak_worm worm = worm_of(&outbreaks[w], &world);
			struct replica replica;
			struct error error;
			if (!loop_follows(&worm, &world))
				continue;
			cells++;
			assert_int_equal(replica_init(&replica, &world, &worm,
						      outbreaks[w].duration, &error),
					 0);
			for (uint32_t r = 0; r < 500; r++) {
				build_chain(&replica, r, combinations[c], MEMBERS);
				uint32_t hosts = replica.population.count;
				saved += assert_no_worse(&replica.base, chain_end(&chain, &replica),
							 hosts);
				/* Nor does the third member lose hosts, where nothing before it
				 * depends on when somebody was infected, and all runs are of the
				 * same engine. */
				if (!loop_needed_for(&combinations[c][0]) && !outbreaks[w].narrow &&
				    worm.scan != OUTBREAK_SEQUENTIAL)
					assert_no_worse(chain.history[1], chain.history[2], hosts);
			}
			chain_fini(&chain);
			replica_fini(&replica);
		}
	assert_true(cells >= 12 && saved > 500 * cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agree_with_every_scan_drawn),
					    cmocka_unit_test(would_notice_a_missing_member),
					    cmocka_unit_test(never_lose_hosts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
