/* What is known about outbreaks, found again: random scanning spreads over the whole net, and
 * faster; sequential scanning spreads from the near subnets; a filter at the routers between
 * subnets stops it there; a local preference fills the own subnet first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>

#include "outbreak/replica.h"

#define SUBNETS	 64 /* of data/topology/grid.yaml */
#define REPLICAS 40

static struct outbreak_world grid;

static int load_grid(void **state)
{
	(void)state;
	char path[4096];
	struct error error;
	return outbreak_world_load(file_data_path("topology/grid.yaml", path, sizeof path), &grid,
				   &error);
}

static int free_grid(void **state)
{
	(void)state;
	outbreak_world_fini(&grid);
	return 0;
}

/* From one host in the first subnet, ten scans a second. */
static struct outbreak_worm worm_of(enum outbreak_scan scan)
{
	return (struct outbreak_worm){ .scan = scan,
				       .rate = 10,
				       .local_share = scan == OUTBREAK_LOCAL ? 0.9 : 0,
				       .initially_infected = 1,
				       .origin = "row-1-1" };
}

static void forecast(const struct outbreak_worm *worm, double duration,
		     const struct remedy_candidate *remedy, struct outbreak_result *result)
{
	struct outbreak_run run = {
		.duration = duration, .replicas = REPLICAS, .seed = 7, .curve_points = 101
	};
	struct error error;
	assert_int_equal(outbreak_rank(&grid, worm, &run, remedy, remedy ? 1 : 0, NULL, NULL,
				       result, &error),
			 0);
}

/* Subnets where at least one host is infected, in the mean. */
static unsigned reached(const struct outbreak_result *result)
{
	unsigned count = 0;
	for (size_t i = 0; i < result->subnet_count; i++)
		count += result->forecasts[0].subnet_infected[i] >= 1;
	return count;
}

static void random_spreads_everywhere_and_faster(void **state)
{
	(void)state;
	struct outbreak_worm random = worm_of(OUTBREAK_RANDOM);
	struct outbreak_worm sequential = worm_of(OUTBREAK_SEQUENTIAL);
	struct outbreak_result everywhere, near;

	forecast(&random, 10, NULL, &everywhere);
	forecast(&sequential, 10, NULL, &near);
	assert_true(everywhere.forecasts[0].infected.median >
		    10 * near.forecasts[0].infected.median);
	assert_int_equal(reached(&everywhere), SUBNETS);
	assert_int_equal(reached(&near), 1);
	outbreak_result_fini(&everywhere);
	outbreak_result_fini(&near);
}

static void sequential_spreads_from_the_near_subnets(void **state)
{
	(void)state;
	struct outbreak_worm worm = worm_of(OUTBREAK_SEQUENTIAL);
	struct outbreak_result result;

	/* 10 scans a second walk over 16 subnets of 256 addresses in 409.6 seconds. */
	forecast(&worm, 409.6, NULL, &result);
	for (size_t i = 0; i < SUBNETS; i++) {
		const struct outbreak_forecast *nothing = &result.forecasts[0];
		if (i < 16)
			assert_true(nothing->subnet_infected[i] >
				    0.99 * nothing->subnet_vulnerable[i]);
		else
			assert_true(nothing->subnet_infected[i] == 0);
	}
	outbreak_result_fini(&result);
}

static void a_filter_between_subnets_stops_it_there(void **state)
{
	(void)state;
	struct outbreak_worm worm = worm_of(OUTBREAK_SEQUENTIAL);
	struct remedy_candidate filter = { .name = "filter",
					   .effect = REMEDY_FILTER,
					   .place = REMEDY_AT_SUBNET,
					   .pass = 0,
					   .share = 1,
					   .delay_seconds = 100 };
	struct outbreak_result result;

	/* After 100 seconds the walk is in the fourth subnet (from address 768 on), and every
	 * subnet that is infected by then is lost; no other is. */
	forecast(&worm, 2000, &filter, &result);
	const struct outbreak_forecast *filtered = &result.forecasts[1];
	for (size_t i = 0; i < SUBNETS; i++) {
		double share = filtered->subnet_infected[i] / filtered->subnet_vulnerable[i];
		assert_true(i < 4 ? share > 0.99 : share == 0);
		assert_true(result.forecasts[0].subnet_infected[i] > 0);
	}
	outbreak_result_fini(&result);
	/* At the providers' borders instead, the row is lost. */
	filter.place = REMEDY_AT_PROVIDER;
	forecast(&worm, 2000, &filter, &result);
	filtered = &result.forecasts[1];
	for (size_t i = 0; i < SUBNETS; i++)
		assert_true((filtered->subnet_infected[i] > 0) == (i < 8));
	outbreak_result_fini(&result);
}

static void local_preference_fills_its_own_subnet_first(void **state)
{
	(void)state;
	struct outbreak_worm worm = worm_of(OUTBREAK_LOCAL);
	struct outbreak_result result;

	forecast(&worm, 3, NULL, &result);
	const double *infected = result.forecasts[0].subnet_infected;
	double others = 0;
	for (size_t i = 1; i < SUBNETS; i++)
		others = fmax(others, infected[i]);
	assert_true(infected[0] > 3 * others);
	outbreak_result_fini(&result);
}

/* The mean course of random scanning without chance is the logistic curve (Staniford, Paxson &
 * Weaver 2002). */
static void random_scanning_is_logistic(void **state)
{
	(void)state;
	struct outbreak_worm worm = worm_of(OUTBREAK_RANDOM);
	struct outbreak_result result;

	worm.initially_infected = 400; /* so many that chance hardly moves the course */
	worm.origin = NULL;
	forecast(&worm, 5, NULL, &result);
	double vulnerable = result.forecasts[0].vulnerable;
	double growth = worm.rate * vulnerable / (double)grid.scanned_space;
	for (unsigned i = 0; i <= 100; i++) {
		double odds = 400 / (vulnerable - 400) * exp(growth * 0.05 * i);
		double expected = vulnerable * odds / (1 + odds);
		assert_true(fabs(result.forecasts[0].curve[i].median - expected) <
			    0.03 * vulnerable);
	}
	outbreak_result_fini(&result);
}

/* 400 providers whose connections follow a power law, and Code Red's speed over them: some
 * 1.8 infections per infected host and hour at first, as Staniford, Paxson & Weaver found in 2002.
 * What filters do then: Moore et al. 2003, "Internet Quarantine",
 * DOI 10.1109/INFCOM.2003.1209212. */
static const struct outbreak_worm code_red = { .scan = OUTBREAK_RANDOM,
					       .rate = 358 / 60.0,
					       .initially_infected = 10 };

static void load_internet(struct outbreak_world *internet)
{
	static const char text[] =
		"name: internet\n"
		"scanned_space: 268435456\n"
		"live_share: 0.5\n"
		"vulnerable_share: 0.0275\n"
		"generate: { shape: power-law, providers: 400, addresses: 4096 }\n";
	struct error error;
	assert_int_equal(outbreak_world_parse(bytes_of(text), "internet", internet, &error), 0);
}

/* Mean of hosts saved in a day, of those infected. */
static void rank_in(const struct outbreak_world *internet, const struct outbreak_worm *worm,
		    const struct remedy_candidate *candidates, size_t count, double *saved)
{
	struct outbreak_run run = {
		.duration = 86400, .replicas = 12, .seed = 5, .curve_points = 2
	};
	struct outbreak_result result;
	struct error error;

	assert_int_equal(
		outbreak_rank(internet, worm, &run, candidates, count, NULL, NULL, &result, &error),
		0);
	for (size_t i = 1; i <= count; i++)
		saved[result.forecasts[i].remedy - candidates] =
			result.forecasts[i].mean_saved / result.forecasts[0].infected.median;
	outbreak_result_fini(&result);
}

/* The largest places by what reaches the others through them, as the candidates at places have
 * them: the set of `size`. */
static const struct remedy_candidate *largest(const struct outbreak_candidates *all, size_t size)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].places && all->items[i].place_count == size)
			return &all->items[i];
	fail();
	return NULL;
}

static void few_at_the_top_beat_many_at_the_rim(void **state)
{
	(void)state;
	const struct remedy_candidate transit = { .name = "transit",
						  .title = "transit",
						  .effect = REMEDY_FILTER,
						  .place = REMEDY_AT_BORDER,
						  .share = 1,
						  .delay_seconds = 7200 };
	struct outbreak_world internet;
	struct outbreak_candidates all;
	struct error error;
	uint32_t rim[200];
	double saved[4];

	load_internet(&internet);
	assert_int_equal(outbreak_candidates_at_places(&internet, &transit, 1, 100, &all, &error),
			 0);
	/* The last 200 providers came last: most are connected to two larger ones and nobody else.
	 */
	for (uint32_t i = 0; i < 200; i++)
		rim[i] = 200 + i;
	struct remedy_candidate candidates[] = { *largest(&all, 8), *largest(&all, 1), transit,
						 *largest(&all, 8) };
	candidates[2].places = rim;
	candidates[2].place_count = 200;
	candidates[3].place = REMEDY_AT_PROVIDER; /* the same eight, for their own hosts only */
	rank_in(&internet, &code_red, candidates, 4, saved);
	/* Eight together (2 % of all) beat 200 at the rim, and far more than eight times one. */
	assert_true(saved[0] > 1.3 * saved[2]);
	/* Filtering what passes through beats filtering what leaves and enters. */
	assert_true(saved[0] > 5 * saved[3]);
	assert_true(saved[0] > saved[1]);
	printf("saved: 8 in transit %.3f, 1 in transit %.3f, 200 at the rim %.3f, "
	       "8 at their edge %.3f\n",
	       saved[0], saved[1], saved[2], saved[3]);
	outbreak_candidates_fini(&all);
	outbreak_world_fini(&internet);
}

/* Everywhere, content filters hold Code Red below a hundredth when they come within two hours, and
 * come too late after eight. */
static void content_filters_have_hours(void **state)
{
	(void)state;
	static const double hours[] = { 2, 4, 8 };
	struct remedy_candidate filters[3];
	struct outbreak_world internet;
	double saved[3];

	load_internet(&internet);
	for (size_t i = 0; i < 3; i++)
		filters[i] = (struct remedy_candidate){ .name = "content",
							.effect = REMEDY_FILTER,
							.place = REMEDY_AT_HOST,
							.share = 1,
							.delay_seconds = hours[i] * 3600 };
	rank_in(&internet, &code_red, filters, 3, saved);
	printf("saved by content filters after 2, 4, 8 h: %.3f, %.3f, %.3f\n", saved[0], saved[1],
	       saved[2]);
	assert_true(saved[0] > 0.98);
	assert_true(saved[2] < 0.2);
	outbreak_world_fini(&internet);
}

/* Lists of infected addresses have minutes: each host must be on them before it infects another,
 * however early the lists begin. */
static void address_lists_have_minutes(void **state)
{
	(void)state;
	static const double minutes[] = { 20, 120 };
	struct remedy_candidate lists[3];
	struct outbreak_world internet;
	double saved[3];

	load_internet(&internet);
	for (size_t i = 0; i < 2; i++)
		lists[i] = (struct remedy_candidate){ .name = "list",
						      .effect = REMEDY_BLOCK,
						      .place = REMEDY_AT_HOST,
						      .share = 1,
						      .reaction_seconds = minutes[i] * 60 };
	lists[2] = (struct remedy_candidate){ .name = "content",
					      .effect = REMEDY_FILTER,
					      .place = REMEDY_AT_HOST,
					      .share = 1,
					      .delay_seconds = 7200 };
	rank_in(&internet, &code_red, lists, 3, saved);
	printf("saved by lists within 20 min, 2 h, by content filters after 2 h: %.3f, %.3f, "
	       "%.3f\n",
	       saved[0], saved[1], saved[2]);
	assert_true(saved[0] > 0.99);
	assert_true(saved[1] < 0.5);
	assert_true(saved[2] > 0.98);
	outbreak_world_fini(&internet);
}

/* Somewhere among the states of rand() is one from which the four octets come. It and the next
 * three show no more than their 24 lower bits. */
static bool rand_makes(uint64_t address)
{
	for (uint32_t low = 0; low < 1u << 16; low++) {
		uint32_t state = (uint32_t)(address >> 24) << 16 | low;
		unsigned octet = 1;
		while (octet < 4 && ((state = 214013 * state + 2531011) >> 16 & 0xff) ==
					    (address >> (24 - 8 * octet) & 0xff))
			octet++;
		if (octet == 4)
			return true;
	}
	return false;
}

/* A generator called for each octet goes through 2^24 of 2^32 addresses, whatever its seed: of
 * 100,000 hosts some 390 are ever found, and they soon. */
static void most_are_out_of_reach_of_a_short_cycle(void **state)
{
	(void)state;
	static const struct outbreak_provider all = { "all" };
	static const struct outbreak_subnet subnet = {
		"all", 0, UINT64_C(1) << 32, 0.01, 0.00233, 0
	};
	static const struct outbreak_vector octets = { .scan = OUTBREAK_FLAWED,
						       .rate = 4000,
						       .multiplier = 214013,
						       .increments = { 2531011 },
						       .increment_count = 1,
						       .draw_bits = 8 };
	struct outbreak_world world = { .name = "all",
					.providers = &all,
					.provider_count = 1,
					.subnets = &subnet,
					.subnet_count = 1,
					.scanned_space = UINT64_C(1) << 32 };
	struct outbreak_worm worm = { .scan = OUTBREAK_FLAWED,
				      .rate = 4000,
				      .vectors = &octets,
				      .vector_count = 1,
				      .initially_infected = 500 };
	struct replica replica;
	struct error error;
	uint32_t found = 0;

	assert_int_equal(replica_init(&replica, &world, &worm, 60, &error), 0);
	assert_int_equal(replica_run(&replica, 1, 0, &error), 0);
	const struct history *history = &replica.base;
	for (uint32_t i = 0; i < history->count; i++) {
		if (history->infector[i] == HISTORY_NOBODY)
			continue;
		assert_true(rand_makes(replica.population.address[history->host[i]]));
		found++;
	}
	printf("%u of %u hosts found\n", found, replica.population.count);
	/* Binomial: 387 ± 20, less those infected first. */
	assert_true(found > 300 && found < 470);
	replica_fini(&replica);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_spreads_everywhere_and_faster),
		cmocka_unit_test(sequential_spreads_from_the_near_subnets),
		cmocka_unit_test(a_filter_between_subnets_stops_it_there),
		cmocka_unit_test(local_preference_fills_its_own_subnet_first),
		cmocka_unit_test(random_scanning_is_logistic),
		cmocka_unit_test(few_at_the_top_beat_many_at_the_rim),
		cmocka_unit_test(content_filters_have_hours),
		cmocka_unit_test(address_lists_have_minutes),
		cmocka_unit_test(most_are_out_of_reach_of_a_short_cycle),
	};
	return cmocka_run_group_tests(tests, load_grid, free_grid);
}
