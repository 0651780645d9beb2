/* Runs that several ranks share, here threads that meet at a barrier in place of processes: all
 * come to what one alone does, whatever their number, and fail together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/ranks.h"

#define MOST_RANKS  5
#define MOST_VALUES 4096

/* What joins the ranks. */
struct meeting {
	pthread_barrier_t barrier;
	pthread_mutex_t lock;
	unsigned count;
	uint64_t sums[MOST_VALUES];
	int codes[MOST_RANKS];
	unsigned sums_left; /* before all ranks fail to sum; 0: they never do */
};

struct member {
	struct meeting *meeting;
	struct outbreak_ranks ranks;
	unsigned calls;
	struct outbreak_result result;
	int code;
	struct error error;
};

static int meet_sum(void *context, uint64_t *values, size_t count, struct error *error)
{
	struct member *member = context;
	struct meeting *meeting = member->meeting;

	assert_true(count <= MOST_VALUES);
	if (meeting->sums_left && ++member->calls >= meeting->sums_left)
		return error_set(error, ERROR_SYSTEM, "meeting", "the line is cut");
	if (pthread_barrier_wait(&meeting->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		memset(meeting->sums, 0, sizeof meeting->sums);
	pthread_barrier_wait(&meeting->barrier);
	pthread_mutex_lock(&meeting->lock);
	for (size_t i = 0; i < count; i++)
		meeting->sums[i] += values[i];
	pthread_mutex_unlock(&meeting->lock);
	pthread_barrier_wait(&meeting->barrier);
	memcpy(values, meeting->sums, count * sizeof *values);
	pthread_barrier_wait(&meeting->barrier);
	return 0;
}

static int meet_agree(void *context, int code, struct error *error)
{
	struct member *member = context;
	struct meeting *meeting = member->meeting;
	int agreed = 0;

	(void)error;
	meeting->codes[member->ranks.rank] = code;
	pthread_barrier_wait(&meeting->barrier);
	for (unsigned i = meeting->count; i-- > 0;)
		agreed = meeting->codes[i] < 0 ? meeting->codes[i] : agreed;
	pthread_barrier_wait(&meeting->barrier);
	return agreed;
}

static const char campus[] = "name: test\n"
			     "live_share: 0.5\n"
			     "vulnerable_share: 0.5\n"
			     "scanned_space: 16384\n"
			     "providers:\n"
			     "  - { name: a, generate: { subnets: 8, addresses: 256 } }\n"
			     "  - { name: b, generate: { subnets: 4, addresses: 512 } }\n";

static const struct remedy_candidate candidates[] = {
	{ .name = "subnets",
	  .title = "",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_SUBNET,
	  .share = 0.7 },
	{ .name = "leaky",
	  .title = "",
	  .effect = REMEDY_FILTER,
	  .place = REMEDY_AT_PROVIDER,
	  .pass = 0.1,
	  .share = 1 },
	{ .name = "patch",
	  .title = "",
	  .effect = REMEDY_PATCH,
	  .place = REMEDY_AT_HOST,
	  .share = 0.5,
	  .delay_seconds = 20 },
	{ .name = "limit",
	  .title = "",
	  .effect = REMEDY_RATE,
	  .place = REMEDY_AT_HOST,
	  .pass = 0.2,
	  .share = 0.5 },
	{ .name = "late",
	  .title = "",
	  .effect = REMEDY_PATCH,
	  .place = REMEDY_AT_HOST,
	  .share = 1,
	  .delay_seconds = 90 },
};
#define CANDIDATES (sizeof candidates / sizeof *candidates)

static struct outbreak_world world;
static const struct outbreak_worm worm = {
	.scan = OUTBREAK_LOCAL, .rate = 0.5, .local_share = 0.3, .initially_infected = 3
};

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

static const double delays[] = { 0, 10, 50 };

/* A race with deadline curves and a combination, in which every pass is shared. */
static struct outbreak_run shared_run(void)
{
	struct outbreak_run run = outbreak_default_run();

	run.duration = 100;
	run.replicas = 11;
	run.curve_points = 7;
	run.threads = 2;
	run.delays = delays;
	run.delay_count = sizeof delays / sizeof *delays;
	run.finalists = 2;
	run.combine = 3;
	return run;
}

static void *rank_one(void *context)
{
	struct member *member = context;
	struct outbreak_run run = shared_run();

	run.ranks = &member->ranks;
	member->code = outbreak_rank(&world, &worm, &run, candidates, CANDIDATES, NULL, NULL,
				     &member->result, &member->error);
	return NULL;
}

static void rank_together(struct meeting *meeting, struct member *members, unsigned count)
{
	pthread_t threads[MOST_RANKS];

	meeting->count = count;
	pthread_mutex_init(&meeting->lock, NULL);
	assert_int_equal(pthread_barrier_init(&meeting->barrier, NULL, count), 0);
	for (unsigned i = 0; i < count; i++) {
		members[i] = (struct member){ .meeting = meeting };
		members[i].ranks =
			(struct outbreak_ranks){ i, count, meet_sum, meet_agree, &members[i] };
		assert_int_equal(pthread_create(&threads[i], NULL, rank_one, &members[i]), 0);
	}
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&meeting->barrier);
	pthread_mutex_destroy(&meeting->lock);
}

static void assert_same_forecast(const struct outbreak_forecast *one,
				 const struct outbreak_forecast *other)
{
	assert_ptr_equal(one->remedy, other->remedy);
	assert_int_equal(one->replicas, other->replicas);
	assert_int_equal(one->dropped, other->dropped);
	assert_int_equal(one->pareto, other->pareto);
	assert_memory_equal(&one->hosts, &other->hosts, sizeof one->hosts);
	assert_memory_equal(&one->vulnerable, &other->vulnerable, sizeof one->vulnerable);
	assert_memory_equal(&one->infected, &other->infected, sizeof one->infected);
	assert_memory_equal(&one->saved, &other->saved, sizeof one->saved);
	assert_memory_equal(&one->interval, &other->interval, sizeof one->interval);
	assert_memory_equal(one->curve, other->curve, 7 * sizeof *one->curve);
	assert_memory_equal(one->subnet_infected, other->subnet_infected,
			    world.subnet_count * sizeof *one->subnet_infected);
	assert_memory_equal(one->subnet_vulnerable, other->subnet_vulnerable,
			    world.subnet_count * sizeof *one->subnet_vulnerable);
	assert_int_equal(one->deadline == NULL, other->deadline == NULL);
	if (one->deadline)
		assert_memory_equal(one->deadline, other->deadline,
				    shared_run().delay_count * sizeof *one->deadline);
}

static void assert_same(const struct outbreak_result *one, const struct outbreak_result *other)
{
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++)
		assert_same_forecast(&one->forecasts[i], &other->forecasts[i]);
	assert_int_equal(one->round_count, other->round_count);
	assert_int_equal(one->combination_count, other->combination_count);
	for (size_t i = 0; i < one->combination_count; i++) {
		assert_int_equal(one->combinations[i].member_count,
				 other->combinations[i].member_count);
		assert_same_forecast(&one->combinations[i].forecast,
				     &other->combinations[i].forecast);
	}
}

static void test_ranks_find_what_one_finds(void **state)
{
	(void)state;
	struct outbreak_run run = shared_run();
	struct outbreak_result alone;
	struct error error;

	assert_int_equal(outbreak_rank(&world, &worm, &run, candidates, CANDIDATES, NULL, NULL,
				       &alone, &error),
			 0);
	assert_true(alone.round_count > 1);
	assert_true(alone.combination_count > 0);
	for (unsigned count = 1; count <= MOST_RANKS; count++) {
		struct meeting meeting = { 0 };
		struct member members[MOST_RANKS];
		rank_together(&meeting, members, count);
		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(members[i].code, 0);
			assert_same(&alone, &members[i].result);
			outbreak_result_fini(&members[i].result);
		}
	}
	outbreak_result_fini(&alone);
}

/* Whatever exchange fails: in the race, the deadline curves, the combinations. */
static void test_a_failure_ends_all(void **state)
{
	(void)state;
	bool succeeded = false;

	for (unsigned left = 1; left < 1000 && !succeeded; left += 3) {
		struct meeting meeting = { .sums_left = left };
		struct member members[MOST_RANKS];
		rank_together(&meeting, members, 2);
		succeeded = members[0].code == 0;
		assert_true(left > 1 || !succeeded);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(members[i].code, succeeded ? 0 : ERROR_SYSTEM);
			if (!succeeded)
				assert_string_equal(members[i].error.message, "the line is cut");
			outbreak_result_fini(&members[i].result);
		}
	}
	assert_true(succeeded);
}

static void test_own(void **state)
{
	(void)state;
	struct outbreak_ranks ranks = { .count = 3 };

	assert_true(ranks_own(NULL, 17));
	for (uint32_t replica = 0; replica < 20; replica++) {
		unsigned owners = 0;
		for (ranks.rank = 0; ranks.rank < ranks.count; ranks.rank++)
			owners += ranks_own(&ranks, replica);
		assert_int_equal(owners, 1);
	}
}

static void *join_rows(void *context)
{
	struct member *member = context;
	enum { ROWS = 1500, STRIDE = 9, FIRST = 2, END = 8 };
	static const uint32_t other = UINT32_MAX; /* what must not be touched, or not be believed */
	uint32_t cells[ROWS][STRIDE];
	struct ranks_rows rows = { &cells[0][0], ROWS, STRIDE };

	for (uint32_t row = 0; row < ROWS; row++)
		for (uint32_t r = 0; r < STRIDE; r++)
			cells[row][r] = r >= FIRST && r < END && ranks_own(&member->ranks, r)
						? row * 10 + r
						: other;
	member->code = ranks_join_rows(&member->ranks, &rows, FIRST, END, &member->error);
	for (uint32_t row = 0; row < ROWS; row++)
		for (uint32_t r = 0; r < STRIDE; r++)
			if (cells[row][r] != (r >= FIRST && r < END ? row * 10 + r : other))
				member->code = ERROR_INTERNAL;
	return NULL;
}

/* More slots than go at once; those outside of the pass stay. */
static void test_rows(void **state)
{
	(void)state;
	struct meeting meeting = { .count = 2 };
	struct member members[2];
	pthread_t threads[2];

	pthread_mutex_init(&meeting.lock, NULL);
	assert_int_equal(pthread_barrier_init(&meeting.barrier, NULL, 2), 0);
	for (unsigned i = 0; i < 2; i++) {
		members[i] = (struct member){ .meeting = &meeting };
		members[i].ranks =
			(struct outbreak_ranks){ i, 2, meet_sum, meet_agree, &members[i] };
		assert_int_equal(pthread_create(&threads[i], NULL, join_rows, &members[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(members[i].code, 0);
	}
	pthread_barrier_destroy(&meeting.barrier);
	pthread_mutex_destroy(&meeting.lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ranks_find_what_one_finds),
		cmocka_unit_test(test_a_failure_ends_all),
	};
	return cmocka_run_group_tests(tests, load_world, free_world);
}
