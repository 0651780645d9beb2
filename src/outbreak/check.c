#include "outbreak/check.h"

#include <string.h>

#define MOST_SECONDS 3.2e9 /* a century */
#define MOST_RATE    1e9

/* `value` within bounds; not a number is not. */
static int in_range(const char *where, const char *key, double value, double low, double high,
		    struct error *error)
{
	if (value >= low && value <= high)
		return 0;
	return error_set(error, ERROR_USAGE, where, "%s is %g, allowed is %g to %g", key, value,
			 low, high);
}

static bool has_subnet(const struct outbreak_world *world, const char *name)
{
	for (size_t i = 0; i < world->subnet_count; i++)
		if (strcmp(world->subnets[i].name, name) == 0)
			return true;
	return false;
}

int check_worm(const struct outbreak_worm *worm, const struct outbreak_world *world,
	       struct error *error)
{
	int result = in_range("worm", "rate", worm->rate, 1e-9, MOST_RATE, error);

	if (result == 0)
		result = in_range("worm", "local_share", worm->local_share, 0, 1, error);
	if (result == 0)
		result = in_range("worm", "random_start", worm->random_start, 0, 1, error);
	if (result == 0)
		result = in_range("worm", "latency", worm->latency, 0, MOST_SECONDS, error);
	if (result == 0)
		result = in_range("worm", "initially_infected", worm->initially_infected, 1,
				  UINT32_MAX, error);
	if (result < 0)
		return result;
	if (worm->scan > OUTBREAK_LOCAL)
		return error_set(error, ERROR_USAGE, "worm", "scan is %d, which is no way to scan",
				 (int)worm->scan);
	if (worm->origin && !has_subnet(world, worm->origin))
		return error_set(error, ERROR_USAGE, "worm",
				 "origin is '%s', but world '%s' has no subnet of that name",
				 worm->origin, world->name);
	return 0;
}

static int check_delays(const struct outbreak_run *run, struct error *error)
{
	if (run->delay_count > OUTBREAK_MOST_DELAYS)
		return error_set(error, ERROR_USAGE, "run", "delays has %zu values, allowed are %d",
				 run->delay_count, OUTBREAK_MOST_DELAYS);
	for (size_t i = 0; i < run->delay_count; i++) {
		int result = in_range("run", "delays", run->delays[i], 0, MOST_SECONDS, error);
		if (result < 0)
			return result;
		if (i > 0 && run->delays[i] <= run->delays[i - 1])
			return error_set(error, ERROR_USAGE, "run",
					 "delays has %g behind %g; they must ascend",
					 run->delays[i], run->delays[i - 1]);
	}
	return 0;
}

int check_run(const struct outbreak_run *run, struct error *error)
{
	int result = in_range("run", "duration", run->duration, 1e-6, MOST_SECONDS, error);

	if (result == 0)
		result = in_range("run", "replicas", run->replicas, 1, 1e6, error);
	if (result == 0)
		result = in_range("run", "curve_points", run->curve_points, 2, 1e5, error);
	if (result == 0)
		result = in_range("run", "combine", run->combine, 0, OUTBREAK_MOST_COMBINE, error);
	return result == 0 ? check_delays(run, error) : result;
}

int check_places(const struct remedy_candidate *candidate, const struct outbreak_world *world,
		 struct error *error)
{
	const char *where = candidate->name ? candidate->name : "remedy";

	if (candidate->place == REMEDY_AT_LINK && !world->parents)
		return error_set(error, ERROR_USAGE, where,
				 "its place is a link, but no provider of world '%s' has a parent",
				 world->name);
	if (!candidate->places)
		return 0;
	size_t most =
		candidate->place == REMEDY_AT_SUBNET ? world->subnet_count : world->provider_count;

	if (candidate->place == REMEDY_AT_HOST)
		return error_set(error, ERROR_USAGE, where,
				 "places are given, but it is enforced at hosts; give a share");
	for (size_t i = 0; i < candidate->place_count; i++) {
		if (candidate->places[i] >= most)
			return error_set(error, ERROR_USAGE, where,
					 "place number %u is none of the world's %zu",
					 candidate->places[i], most);
		if (i > 0 && candidate->places[i] <= candidate->places[i - 1])
			return error_set(error, ERROR_USAGE, where, "its places do not ascend");
	}
	return 0;
}

int check_candidate(const struct remedy_candidate *candidate, struct error *error)
{
	const char *where = candidate->name ? candidate->name : "remedy";
	if (candidate->place == REMEDY_AT_LINK && candidate->effect != REMEDY_FILTER)
		return error_set(error, ERROR_USAGE, where,
				 "its place is a link, where only the effect filter is possible");
	int result = in_range(where, "pass", candidate->pass, 0, 1, error);

	if (result == 0)
		result = in_range(where, "share", candidate->share, 0, 1, error);
	if (result == 0)
		result = in_range(where, "delay", candidate->delay_seconds, 0, MOST_SECONDS, error);
	if (result == 0)
		result = in_range(where, "collateral_share", candidate->collateral_share, 0, 1,
				  error);
	return result;
}
