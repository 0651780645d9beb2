/* How fast remedies are ranked: 200 candidates in the default world, with deadline curves and
 * combinations, for each way of scanning that has a fast path; and Code Red over as many networks
 * as the Internet has, with filters at 30 of them. The networks are a power law's, or, where
 * KENBI_AS_RANGES and perhaps KENBI_AS_RELATIONS name files as docs/topology.md describes them, the
 * real ones; once with links of customers only, once with those between peers, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "outbreak/graph.h"
#include "outbreak/outbreak.h"

static bool json;

#define PEERS 4

static void print(const char *name, double value, const char *unit)
{
	if (json)
		printf("{\"bench\":\"ranking\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
		       "\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	else
		printf("%-66s %10.4g %s\n", name, value, unit);
}

static double seconds_of(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int fail(const struct error *error)
{
	char text[900];
	fprintf(stderr, "ranking: %s\n", error_text(error, text, sizeof text));
	return 1;
}

/* Wall and processor time of one ranking. */
static int rank(const char *name, const struct outbreak_world *world,
		const struct outbreak_worm *worm, const struct outbreak_run *run,
		const struct remedy_candidate *given, size_t count)
{
	double wall = seconds_of(CLOCK_MONOTONIC), processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	struct outbreak_candidates all;
	struct outbreak_result result = { 0 };
	struct error error;
	char label[120];

	if (outbreak_candidates_at_places(world, given, count, run->candidates, &all, &error) < 0)
		return fail(&error);
	int code =
		outbreak_rank(world, worm, run, all.items, all.count, NULL, NULL, &result, &error);
	if (code == 0) {
		print(name, seconds_of(CLOCK_MONOTONIC) - wall, "s");
		snprintf(label, sizeof label, "%s, processor time", name);
		print(label, seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor, "s");
		snprintf(label, sizeof label, "%s, saved by the best", name);
		print(label, result.forecasts[1].mean_saved, "hosts");
	}
	outbreak_result_fini(&result);
	outbreak_candidates_fini(&all);
	return code < 0 ? fail(&error) : 0;
}

static int many_candidates(void)
{
	static const struct remedy_candidate given[] = {
		{ .name = "subnet filter",
		  .title = "subnet filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_SUBNET,
		  .share = 0.5,
		  .delay_seconds = 3600 },
		{ .name = "provider filter",
		  .title = "provider filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_PROVIDER,
		  .pass = 0.05,
		  .share = 0.5,
		  .delay_seconds = 3600 },
		{ .name = "border filter",
		  .title = "border filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_BORDER,
		  .pass = 0.1,
		  .share = 1,
		  .delay_seconds = 3600 },
		{ .name = "host filter",
		  .title = "host filter",
		  .effect = REMEDY_FILTER,
		  .place = REMEDY_AT_HOST,
		  .share = 0.3,
		  .delay_seconds = 3600 },
		{ .name = "patch",
		  .title = "patch",
		  .effect = REMEDY_PATCH,
		  .place = REMEDY_AT_PROVIDER,
		  .share = 0.5,
		  .delay_seconds = 7200 },
		{ .name = "rate limit",
		  .title = "rate limit",
		  .effect = REMEDY_RATE,
		  .place = REMEDY_AT_SUBNET,
		  .pass = 0.1,
		  .share = 0.8,
		  .delay_seconds = 1800 },
	};
	struct outbreak_world world;
	struct outbreak_run run = outbreak_default_run();
	struct error error;
	int result = 0;

	if (outbreak_world_load(NULL, &world, &error) < 0)
		return fail(&error);
	outbreak_ask_all(&run);
	for (int scan = OUTBREAK_RANDOM; result == 0 && scan <= OUTBREAK_LOCAL; scan++) {
		struct outbreak_worm worm = { .scan = (enum outbreak_scan)scan,
					      .rate = 6,
					      .local_share = scan == OUTBREAK_LOCAL ? 0.5 : 0,
					      .initially_infected = 10 };
		char label[100];
		snprintf(label, sizeof label, "200 candidates, default world, %s",
			 outbreak_scan_name(worm.scan));
		result = rank(label, &world, &worm, &run, given, sizeof given / sizeof *given);
	}
	outbreak_world_fini(&world);
	return result;
}

/* Where no file says who sells to whom: networks by size, each buying from two larger ones
 * in proportion to their connections, and links between peers as graph_generate_peers() draws them.
 */
static int larger_first(const void *left, const void *right)
{
	const struct graph_node *a = left, *b = right;
	return (a->addresses < b->addresses) - (a->addresses > b->addresses);
}

static int write_relations(const char *path, int descriptor, const struct graph *graph,
			   const struct graph *real, struct error *error)
{
	FILE *file = fdopen(descriptor, "w");

	for (size_t i = 0; file && i < graph->edge_count; i++) {
		const struct graph_edge *edge = &graph->edges[i];
		/* Names are AS64500. */
		fprintf(file, "%s|%s|%d\n", real->nodes[edge->a].name + 2,
			real->nodes[edge->b].name + 2, edge->peers ? 0 : -1);
	}
	return file && fclose(file) == 0 ? 0 : error_set(error, ERROR_SYSTEM, path, "not written");
}

static int generate_relations(struct graph *graph, size_t networks, double peers,
			      struct error *error)
{
	int result = graph_generate(graph, "relations", GRAPH_POWER_LAW, (uint32_t)networks, 1, 1,
				    error);
	return result < 0 ? result : graph_generate_peers(graph, "relations", peers, 1, error);
}

/* Into a new file; its name takes the place of the X. */
static int make_relations(const char *ranges, double peers, char *path, struct error *error)
{
	struct buffer content = { 0 };
	struct graph real, made;
	int descriptor = mkstemp(path);
	int result = descriptor < 0 ? error_set(error, ERROR_SYSTEM, path, "not written")
				    : file_read(ranges, (size_t)512 << 20, &content, error);

	if (result == 0)
		result = graph_init(&real, error);
	if (result < 0)
		return result;
	result = graph_init(&made, error);
	if (result == 0)
		result = graph_read_ranges(&real, ranges, buffer_bytes(&content), error);
	if (result == 0)
		result = generate_relations(&made, real.node_count, peers, error);
	if (result == 0) {
		qsort(real.nodes, real.node_count, sizeof *real.nodes, larger_first);
		result = write_relations(path, descriptor, &made, &real, error);
	}
	graph_fini(&real);
	graph_fini(&made);
	buffer_fini(&content);
	return result;
}

/* 3.3e9 addresses of the real networks are in use. */
static int load_real_networks(struct outbreak_world *world, const char *ranges, double peers,
			      struct error *error)
{
	const char *given = getenv("KENBI_AS_RELATIONS");
	char made[] = "/tmp/kenbi-relations-XXXXXX", text[9000];
	int result = given ? 0 : make_relations(ranges, peers, made, error);

	if (result < 0)
		return result;
	snprintf(text, sizeof text,
		 "name: networks\nscanned_space: 4294967296\nlive_share: 0.02\n"
		 "vulnerable_share: 0.00544\nimport: { ranges: '%s', relations: '%s' }\n",
		 ranges, given ? given : made);
	result = outbreak_world_parse(bytes_of(text), "networks", world, error);
	if (!given)
		unlink(made);
	return result;
}

/* 360,000 hosts in all of IPv4. `peers`: links between peers, of each network in the mean, where
 * they are generated. */
static int load_networks(struct outbreak_world *world, double peers, struct error *error)
{
	const char *ranges = getenv("KENBI_AS_RANGES");
	char text[1000];

	if (ranges)
		return load_real_networks(world, ranges, peers, error);
	snprintf(text, sizeof text,
		 "name: networks\nscanned_space: 4294967296\nlive_share: 0.02\n"
		 "vulnerable_share: 0.0549\n"
		 "generate: { shape: power-law, providers: 80000, addresses: 4096, "
		 "peers: %g }\n",
		 peers);
	return outbreak_world_parse(bytes_of(text), "networks", world, error);
}

static int compare_places(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* Filters at the 30 networks through which most others reach the rest, from the second hour on. */
static int filter_networks(double peers)
{
	enum { FILTERS = 30 };
	struct remedy_candidate filter = { .name = "filters",
					   .title = "filters",
					   .effect = REMEDY_FILTER,
					   .place = REMEDY_AT_BORDER,
					   .share = 1,
					   .delay_seconds = 7200 };
	struct outbreak_worm worm = { .scan = OUTBREAK_RANDOM,
				      .rate = 358 / 60.0,
				      .initially_infected = 10 };
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_candidates singles;
	struct outbreak_world world;
	struct error error;
	uint32_t places[FILTERS], count = 0;
	char label[100];

	if (load_networks(&world, peers, &error) < 0)
		return fail(&error);
	if (outbreak_candidates_at_places(&world, &filter, 1, 1 + 2 * FILTERS, &singles, &error) <
	    0) {
		outbreak_world_fini(&world);
		return fail(&error);
	}
	for (size_t i = 0; i < singles.count && count < FILTERS; i++)
		if (singles.items[i].place_count == 1)
			places[count++] = singles.items[i].places[0];
	qsort(places, count, sizeof *places, compare_places);
	filter.places = places;
	filter.place_count = count;
	run.replicas = 100;
	snprintf(label, sizeof label, "code red, 24 h x 100 replicas, %zu %s, %u filters",
		 world.provider_count,
		 getenv("KENBI_AS_RANGES")
			 ? world.peering ? "real networks that peer" : "real networks"
		 : world.peering ? "networks that peer"
				 : "networks",
		 count);
	int result = rank(label, &world, &worm, &run, &filter, 1);
	outbreak_candidates_fini(&singles);
	outbreak_world_fini(&world);
	return result;
}

/* Where a file of relations is given, networks peer as it says. */
static int many_networks(void)
{
	return filter_networks(0) || (!getenv("KENBI_AS_RELATIONS") && filter_networks(PEERS));
}

int main(int count, char **arguments)
{
	bool candidates = true, networks = true;

	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0) {
			json = true;
		} else if (strcmp(arguments[i], "--candidates") == 0) {
			networks = false;
		} else if (strcmp(arguments[i], "--networks") == 0) {
			candidates = false;
		} else {
			fprintf(stderr, "usage: %s [--json] [--candidates | --networks]\n",
				arguments[0]);
			return 2;
		}
	}
	return (candidates && many_candidates()) || (networks && many_networks());
}
