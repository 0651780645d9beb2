/* How fast outbreaks are simulated: the engine, whose cost goes with infections, beside the oracle
 * of its tests, which draws every scan. The two rates of scans are different quantities:
 * "equivalent" scans are those that the simulated worm made, drawn or not. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "explicit.h"
#include "outbreak/outbreak.h"

static bool json;

static void print(const char *name, double value, const char *unit)
{
	if (json)
		printf("{\"bench\":\"outbreak\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
		       "\"peer\":null,"
		       "\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	else
		printf("%-56s %12.4g %s\n", name, value, unit);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

static int fail(const struct error *error)
{
	char text[900];
	fprintf(stderr, "outbreak: %s\n", error_text(error, text, sizeof text));
	return 1;
}

/* 360,000 hosts in all of IPv4, 358 scans a minute, a day: as data/scenario/code-red.yaml, in one
 * compartment. */
static const struct outbreak_provider internet = { "internet" };
static const struct outbreak_subnet compartment = { "internet",	  0, UINT64_C(4294967296), 0.02,
						    0.0041909516, 0 };
static const struct outbreak_world code_red_world = { .name = "internet-2001",
						      .providers = &internet,
						      .provider_count = 1,
						      .subnets = &compartment,
						      .subnet_count = 1,
						      .scanned_space = UINT64_C(4294967296) };

static int code_red(const char *name, const struct remedy_candidate *remedy, uint32_t replicas)
{
	struct outbreak_worm worm = { .scan = OUTBREAK_RANDOM,
				      .rate = 358 / 60.0,
				      .initially_infected = 10 };
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_result result;
	struct timespec start;
	struct error error;
	char label[100];

	run.replicas = replicas;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (outbreak_rank(&code_red_world, &worm, &run, remedy, remedy ? 1 : 0, NULL, NULL, &result,
			  &error) < 0)
		return fail(&error);
	double seconds = seconds_since(&start), infected_seconds = 0;
	const struct outbreak_forecast *nothing = &result.forecasts[0];
	for (uint32_t i = 1; i < run.curve_points; i++)
		infected_seconds += (nothing->curve[i].median + nothing->curve[i - 1].median) / 2 *
				    run.duration / (run.curve_points - 1);
	snprintf(label, sizeof label, "%s, 24 h x %u replicas", name, replicas);
	print(label, seconds, "s");
	snprintf(label, sizeof label, "%s, per replica", name);
	print(label, 1000 * seconds / replicas, "ms");
	if (!remedy) {
		print("code red, equivalent scans",
		      infected_seconds * worm.rate * replicas / seconds, "scans/s");
		print("code red, infections", nothing->infected.median * replicas / seconds,
		      "infections/s");
	}
	outbreak_result_fini(&result);
	return 0;
}

/* The default world with remedies of every kind: what a person waits for. */
static int default_ranking(void)
{
	static const struct remedy_candidate remedies[] = {
		{ .name = "subnet filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_SUBNET,
		  .share = 0.5,
		  .delay_seconds = 3600 },
		{ .name = "provider filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_PROVIDER,
		  .pass = 0.05,
		  .share = 0.5,
		  .delay_seconds = 3600 },
		{ .name = "border filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_BORDER,
		  .pass = 0.1,
		  .share = 1,
		  .delay_seconds = 3600 },
		{ .name = "host filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_HOST,
		  .share = 0.3,
		  .delay_seconds = 3600 },
		{ .name = "patch",
		  .effect = REMEDY_PATCH,
		  .place = REMEDY_AT_HOST,
		  .share = 0.5,
		  .delay_seconds = 7200 },
		{ .name = "rate limit",
		  .effect = REMEDY_RATE,
		  .place = REMEDY_AT_SUBNET,
		  .pass = 0.1,
		  .share = 0.8,
		  .delay_seconds = 1800 },
	};
	struct outbreak_world world;
	struct error error;

	if (outbreak_world_load(NULL, &world, &error) < 0)
		return fail(&error);
	for (int scan = OUTBREAK_RANDOM; scan <= OUTBREAK_LOCAL; scan++) {
		struct outbreak_worm worm = { .scan = (enum outbreak_scan)scan,
					      .rate = 6,
					      .local_share = scan == OUTBREAK_LOCAL ? 0.5 : 0,
					      .initially_infected = 10 };
		struct outbreak_run run = outbreak_default_run();
		struct outbreak_result result;
		struct timespec start;
		char label[100];
		clock_gettime(CLOCK_MONOTONIC, &start);
		if (outbreak_rank(&world, &worm, &run, remedies, sizeof remedies / sizeof *remedies,
				  NULL, NULL, &result, &error) < 0) {
			outbreak_world_fini(&world);
			return fail(&error);
		}
		snprintf(label, sizeof label, "ranking of 6 remedies, default world, %s scan",
			 outbreak_scan_name(worm.scan));
		print(label, seconds_since(&start), "s");
		outbreak_result_fini(&result);
	}
	outbreak_world_fini(&world);
	return 0;
}

/* The oracle on a world of 65,536 addresses: scans drawn one by one, on one core. */
static int explicit_scans(void)
{
	static const struct outbreak_subnet subnet = { "all", 0, 65536, 0.5, 0.5, 0 };
	struct outbreak_world world = code_red_world;
	struct outbreak_worm worm = { .scan = OUTBREAK_RANDOM,
				      .rate = 1,
				      .initially_infected = 10 };
	struct explicit_outcome outcome;
	struct timespec start;

	world.subnets = &subnet;
	world.scanned_space = 65536;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (!explicit_run(&world, &worm, NULL, 600, 1, &outcome))
		return 1;
	print("explicit oracle, one core", (double)outcome.scans / seconds_since(&start),
	      "scans/s");
	return 0;
}

int main(int count, char **arguments)
{
	const struct remedy_candidate patch = { .name = "patch",
						.effect = REMEDY_PATCH,
						.place = REMEDY_AT_HOST,
						.share = 0.5,
						.delay_seconds = 6 * 3600 };

	json = count == 2 && strcmp(arguments[1], "--json") == 0;
	if (count > 2 || (count == 2 && !json)) {
		fprintf(stderr, "usage: %s [--json]\n", arguments[0]);
		return 2;
	}
	return code_red("code red", NULL, 100) ||
	       code_red("code red paired with a patch", &patch, 20) || default_ranking() ||
	       explicit_scans();
}
