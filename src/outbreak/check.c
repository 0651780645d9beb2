#include "outbreak/check.h"

#include <string.h>

#define MOST_SECONDS  3.2e9 /* a century */
#define MOST_RATE     1e9
#define MOST_CONTACTS 1e6

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

/* Fields that the way of scanning looks at. */
static int check_mail(const struct outbreak_vector *vector, struct error *error)
{
	int result = in_range("worm", "contacts", vector->contacts, 1, MOST_CONTACTS, error);

	if (result == 0)
		result = in_range("worm", "contact_exponent", vector->contact_exponent, 1.001, 100,
				  error);
	if (result == 0)
		result = in_range("worm", "contacts_most", vector->contacts_most, vector->contacts,
				  MOST_CONTACTS, error);
	if (result == 0)
		result = in_range("worm", "open_share", vector->open_share, 0, 1, error);
	if (result == 0)
		result = in_range("worm", "reading", vector->reading, 0, MOST_SECONDS, error);
	return result;
}

static int check_shares(const struct outbreak_vector *vector, struct error *error)
{
	static const char *const prefixes[] = { "share_8", "share_16", "share_24" };
	double sum = vector->local_share;
	int result = in_range("worm", "local_share", vector->local_share, 0, 1, error);

	for (int i = 0; result == 0 && i < 3; i++) {
		result = in_range("worm", prefixes[i], vector->prefix_share[i], 0, 1, error);
		sum += vector->prefix_share[i];
	}
	if (result == 0)
		result = in_range("worm", "sum of local_share, share_8, share_16 and share_24", sum,
				  0, 1 + 1e-9, error);
	return result;
}

static int check_vector(const struct outbreak_vector *vector, bool first, struct error *error)
{
	int result = check_shares(vector, error);

	if (vector->scan > OUTBREAK_SHARES)
		return error_set(error, ERROR_USAGE, "worm", "scan is %d, which is no way to scan",
				 (int)vector->scan);
	if (result == 0)
		result = in_range("worm", "random_start", vector->random_start, 0, 1, error);
	if (result < 0)
		return result;
	if (vector->scan == OUTBREAK_MAIL)
		return check_mail(vector, error);
	if (vector->scan == OUTBREAK_HIT_LIST && !first)
		return error_set(error, ERROR_USAGE, "worm",
				 "a hit list is not the first of several ways; put it first");
	if (vector->scan == OUTBREAK_HIT_LIST)
		result = in_range("worm", "list_size", vector->list_size, 1, UINT32_MAX, error);
	if (result == 0 && vector->scan == OUTBREAK_FLAWED)
		result = in_range("worm", "number of increments", vector->increment_count, 1,
				  OUTBREAK_INCREMENTS, error);
	if (result == 0)
		result = in_range("worm", "draw_bits", vector->draw_bits, 0, 16, error);
	if (result == 0)
		result = in_range("worm", "rate", vector->rate, 1e-9, MOST_RATE, error);
	return result;
}

static int check_hosts(const struct outbreak_worm *worm, struct error *error)
{
	int result = in_range("worm", "rate_spread", worm->rate_spread, 0, 2, error);

	if (result == 0)
		result =
			in_range("worm", "unreachable_share", worm->unreachable_share, 0, 1, error);
	if (result == 0)
		result = in_range("worm", "private_share", worm->private_share, 0, 1, error);
	if (result == 0)
		result = in_range("worm", "online", worm->online, 0, MOST_SECONDS, error);
	if (result == 0)
		result = in_range("worm", "offline", worm->offline, 0, MOST_SECONDS, error);
	if (result == 0)
		result = in_range("worm", "scan_bytes", worm->scan_bytes, 0, 65535, error);
	if (result == 0 && (worm->online > 0) != (worm->offline > 0))
		return error_set(error, ERROR_USAGE, "worm",
				 "only one of online and offline is given; give both or none");
	return result;
}

int check_worm(const struct outbreak_worm *worm, const struct outbreak_world *world,
	       struct error *error)
{
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	int result = in_range("worm", "number of vectors", (double)worm->vector_count, 0,
			      OUTBREAK_VECTORS, error);

	if (result < 0)
		return result;
	size_t count = outbreak_worm_vectors(worm, vectors);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = check_vector(&vectors[i], i == 0, error);
	if (result == 0)
		result = check_hosts(worm, error);
	if (result == 0)
		result = in_range("worm", "latency", worm->latency, 0, MOST_SECONDS, error);
	if (result == 0)
		result = in_range("worm", "initially_infected", worm->initially_infected, 1,
				  UINT32_MAX, error);
	if (result < 0)
		return result;
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
		result = in_range(where, "reaction", candidate->reaction_seconds, 0, MOST_SECONDS,
				  error);
	if (result == 0)
		result = in_range(where, "collateral_share", candidate->collateral_share, 0, 1,
				  error);
	return result;
}
