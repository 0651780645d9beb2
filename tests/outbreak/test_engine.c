/* The engine against the oracle that draws every scan: two-sample Kolmogorov-Smirnov tests of how
 * many are infected at the end and of when half are, for every way of scanning and every kind of
 * remedy. The level of 5 % is for all tests together (Bonferroni). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "explicit.h"
#include "outbreak/replica.h"
#include "smirnov.h"

/* Under sanitizers the code is looked at, not its statistics. */
#ifdef __SANITIZE_ADDRESS__
#define REPLICAS 400
#define FASTER	 1.3
#else
#define REPLICAS 2000
#define FASTER	 1.1
#endif

static const struct outbreak_provider providers[] = { { "a" }, { "b" }, { "c" } };
static const struct outbreak_subnet subnets[] = {
	{ "a-1", 0, 64, 0.5, 0.6, 0.2 }, { "a-2", 0, 32, 0.9, 0.5, 0.0 },
	{ "b-1", 1, 96, 0.4, 0.5, 0.1 }, { "b-2", 1, 1, 1.0, 1.0, 0.0 },
	{ "b-3", 1, 64, 0.6, 0.6, 0.3 }, { "c-1", 2, 128, 0.3, 0.7, 0.0 },
};
static const struct outbreak_world world = { .name = "small",
					     .providers = providers,
					     .provider_count = 3,
					     .subnets = subnets,
					     .subnet_count = 6,
					     .scanned_space = 640 };

static const struct outbreak {
	struct outbreak_worm worm;
	double duration;
} outbreaks[] = {
	{ { .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 2 }, 45 },
	{ { .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 3, .latency = 4 }, 45 },
	{ { .scan = OUTBREAK_LOCAL, .rate = 1, .local_share = 0.6, .initially_infected = 2 }, 30 },
	{ { .scan = OUTBREAK_LOCAL,
	    .rate = 1,
	    .local_share = 0.3,
	    .initially_infected = 2,
	    .latency = 3 },
	  40 },
	{ { .scan = OUTBREAK_SEQUENTIAL, .rate = 2, .initially_infected = 3 }, 150 },
	{ { .scan = OUTBREAK_SEQUENTIAL,
	    .rate = 2,
	    .initially_infected = 2,
	    .latency = 2,
	    .random_start = 0.4 },
	  80 },
	{ { .scan = OUTBREAK_SEQUENTIAL, .rate = 9, .initially_infected = 1, .random_start = 0.1 },
	  40 },
};
#define OUTBREAKS (sizeof outbreaks / sizeof *outbreaks)

static const struct remedy_candidate remedies[] = {
	{ .name = "nothing", .effect = REMEDY_CONTROL },
	{ .name = "filter subnet 0",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_SUBNET,
	  .pass = 0,
	  .share = 0.5,
	  .delay_seconds = 12 },
	{ .name = "filter subnet 0.3",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_SUBNET,
	  .pass = 0.3,
	  .share = 0.6,
	  .delay_seconds = 8 },
	{ .name = "filter provider 0",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_PROVIDER,
	  .pass = 0,
	  .share = 0.5,
	  .delay_seconds = 10 },
	{ .name = "filter provider 0.4",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_PROVIDER,
	  .pass = 0.4,
	  .share = 0.7,
	  .delay_seconds = 0 },
	{ .name = "filter border 0",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_BORDER,
	  .pass = 0,
	  .share = 0.5,
	  .delay_seconds = 10 },
	{ .name = "filter border 0.2",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_BORDER,
	  .pass = 0.2,
	  .share = 0.6,
	  .delay_seconds = 5 },
	{ .name = "filter host 0",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_HOST,
	  .pass = 0,
	  .share = 0.5,
	  .delay_seconds = 10 },
	{ .name = "filter host 0.2",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_HOST,
	  .pass = 0.2,
	  .share = 0.7,
	  .delay_seconds = 6 },
	{ .name = "patch host",
	  .effect = REMEDY_PATCH,
	  .place = REMEDY_AT_HOST,
	  .share = 0.5,
	  .delay_seconds = 10 },
	{ .name = "patch subnet",
	  .effect = REMEDY_PATCH,
	  .place = REMEDY_AT_SUBNET,
	  .share = 0.5,
	  .delay_seconds = 10 },
	{ .name = "rate host 0",
	  .effect = REMEDY_RATE,
	  .place = REMEDY_AT_HOST,
	  .pass = 0,
	  .share = 0.6,
	  .delay_seconds = 8 },
	{ .name = "rate subnet 0.2",
	  .effect = REMEDY_RATE,
	  .place = REMEDY_AT_SUBNET,
	  .pass = 0.2,
	  .share = 0.6,
	  .delay_seconds = 5 },
};
#define REMEDIES (sizeof remedies / sizeof *remedies)
#define TESTS	 (2.0 * OUTBREAKS * REMEDIES)

struct sample {
	double infected[REPLICAS], half_time[REPLICAS];
};

static double half_time(const struct history *history, uint32_t vulnerable)
{
	uint32_t half = (vulnerable + 1) / 2;
	return half == 0 || history->count < half ? INFINITY : history->time[half - 1];
}

struct question {
	const struct outbreak *outbreak;
	const struct remedy_candidate *remedy;
	struct sample *sample;
	bool answered;
};

static bool ask_replica(struct question *question, struct replica *replica, uint32_t number)
{
	const struct history *history;
	struct error error;

	if (replica_run(replica, 11, number, &error) < 0 ||
	    replica_try(replica, question->remedy, &history, &error) < 0)
		return false;
	question->sample->infected[number] = history->count;
	question->sample->half_time[number] = half_time(history, replica->population.count);
	return true;
}

static void ask_engine(struct question *question)
{
	const struct outbreak *outbreak = question->outbreak;
	struct replica replica;
	struct error error;

	question->answered =
		replica_init(&replica, &world, &outbreak->worm, outbreak->duration, &error) == 0;
	if (!question->answered)
		return;
	for (uint32_t r = 0; question->answered && r < REPLICAS; r++)
		question->answered = ask_replica(question, &replica, r);
	replica_fini(&replica);
}

static void *ask_oracle(void *context)
{
	struct question *question = context;
	const struct outbreak *outbreak = question->outbreak;
	struct explicit_outcome outcome;

	question->answered = true;
	for (uint32_t r = 0; question->answered && r < REPLICAS; r++) {
		struct explicit_run run = { outbreak->duration, 100000 + r, false };
		question->answered =
			explicit_run(&world, &outbreak->worm, &question->remedy, 1, &run, &outcome);
		question->sample->infected[r] = outcome.infected;
		question->sample->half_time[r] = outcome.half_time;
	}
	return NULL;
}

static struct sample engine, oracle;

/* At the same time. */
static void ask_both(const struct outbreak *outbreak, const struct outbreak *oracles_outbreak,
		     const struct remedy_candidate *remedy)
{
	struct question ours = { outbreak, remedy, &engine, false };
	struct question theirs = { oracles_outbreak, remedy, &oracle, false };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, ask_oracle, &theirs), 0);
	ask_engine(&ours);
	pthread_join(thread, NULL);
	assert_true(ours.answered && theirs.answered);
}

static void agrees_with_every_scan_drawn(void **state)
{
	(void)state;
	unsigned failed = 0;

	for (size_t w = 0; w < OUTBREAKS; w++)
		for (size_t i = 0; i < REMEDIES; i++) {
			ask_both(&outbreaks[w], &outbreaks[w], &remedies[i]);
			double infected = smirnov_test(engine.infected, oracle.infected, REPLICAS);
			double half = smirnov_test(engine.half_time, oracle.half_time, REPLICAS);
			bool good = infected > 0.05 / TESTS && half > 0.05 / TESTS;
			printf("%-10s outbreak %zu, %-20s infected p = %.4f, half time p = "
			       "%.4f%s\n",
			       outbreak_scan_name(outbreaks[w].worm.scan), w, remedies[i].name,
			       infected, half, good ? "" : "  DIFFERENT");
			failed += !good;
		}
	assert_int_equal(failed, 0);
}

/* The test above would see a small mistake: a worm that is a tenth faster (more where there are
 * fewer replicas). */
static void would_notice_a_difference(void **state)
{
	(void)state;
	for (size_t w = 0; w < OUTBREAKS; w++) {
		struct outbreak faster = outbreaks[w];
		faster.worm.rate *= FASTER;
		ask_both(&faster, &outbreaks[w], &remedies[2]);
		double infected = smirnov_test(engine.infected, oracle.infected, REPLICAS);
		double half = smirnov_test(engine.half_time, oracle.half_time, REPLICAS);
		printf("%-10s outbreak %zu, %g times as fast: p = %.2g, %.2g\n",
		       outbreak_scan_name(outbreaks[w].worm.scan), w, FASTER, infected, half);
		assert_true(fmin(infected, half) < 0.05 / TESTS);
	}
}

/* Ten thousand scans a second for a year, most of them on hosts that a filter has cut off from all
 * who scan: nobody who is reachable is left, so nothing is to be drawn. Drawing what the filter
 * stops would be a hundred million million scans. */
static void nothing_is_drawn_for_those_who_cannot_be_reached(void **state)
{
	static const struct remedy_candidate cut[] = {
		{ .effect = REMEDY_FILTER, .place = REMEDY_AT_PROVIDER, .share = 1 },
		{ .effect = REMEDY_FILTER, .place = REMEDY_AT_BORDER, .share = 1 },
		{ .effect = REMEDY_RATE, .place = REMEDY_AT_SUBNET, .pass = 1e-9, .share = 1 },
	};
	struct outbreak_worm worm = {
		.scan = OUTBREAK_LOCAL, .rate = 10000, .local_share = 0.5, .initially_infected = 1
	};
	const struct history *history;
	struct replica replica;
	struct error error;

	(void)state;
	assert_int_equal(replica_init(&replica, &world, &worm, 365 * 86400.0, &error), 0);
	for (uint32_t r = 0; r < 20; r++) {
		assert_int_equal(replica_run(&replica, 11, r, &error), 0);
		for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
			assert_int_equal(replica_try(&replica, &cut[i], &history, &error), 0);
			uint32_t provider =
				subnets[population_subnet(&replica.population, history->host[0])]
					.provider;
			for (uint32_t j = 1; cut[i].effect == REMEDY_FILTER && j < history->count;
			     j++)
				assert_int_equal(subnets[population_subnet(&replica.population,
									   history->host[j])]
							 .provider,
						 provider);
		}
	}
	replica_fini(&replica);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_every_scan_drawn),
		cmocka_unit_test(would_notice_a_difference),
		cmocka_unit_test(nothing_is_drawn_for_those_who_cannot_be_reached)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
