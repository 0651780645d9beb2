/* How fast outbreaks are simulated: by events, whose cost goes with infections, and scan by scan,
 * beside numpy where it is installed. The two rates of scans are different quantities: "equivalent"
 * scans are those that the simulated worm made, drawn or not; "explicit" scans were all drawn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "outbreak/replica.h"

static bool json;

/* `peer`: the same by numpy; 0: there is none. */
static void print_beside(const char *name, double value, const char *unit, double peer)
{
	char beside[100] = "\"peer\":null,\"peer_value\":null,\"ratio\":null";

	if (json && peer > 0)
		snprintf(beside, sizeof beside,
			 "\"peer\":\"numpy\",\"peer_value\":%.6g,\"ratio\":%.4g", peer,
			 value / peer);
	if (json)
		printf("{\"bench\":\"outbreak\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",%s}"
		       "\n",
		       name, value, unit, beside);
	else if (peer > 0)
		printf("%-56s %12.4g %-14s numpy %10.4g, ratio %.3g\n", name, value, unit, peer,
		       value / peer);
	else
		printf("%-56s %12.4g %s\n", name, value, unit);
}

static void print(const char *name, double value, const char *unit)
{
	print_beside(name, value, unit, 0);
}

/* A number that bench/outbreak_numpy.py prints; 0 where numpy is not installed. */
static double ask_numpy(const char *question)
{
	char command[5000];
	double value = 0;

	/* Where another python3 comes first, the system's may be the one with numpy. */
	snprintf(command, sizeof command,
		 "python3 '%s' %s 2>/dev/null || /usr/bin/python3 '%s' %s 2>/dev/null",
		 NUMPY_BASELINE, question, NUMPY_BASELINE, question);
	FILE *answer = popen(command, "r");
	if (answer && fscanf(answer, "%lf", &value) != 1)
		value = 0;
	if (answer)
		pclose(answer);
	return value;
}

static double processor_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
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
	double processor = processor_seconds();
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
	print_beside(label, seconds, "s", remedy ? 0 : ask_numpy("births"));
	processor = processor_seconds() - processor;
	snprintf(label, sizeof label, "%s, processor time of one replica", name);
	print(label, 1000 * processor / replicas, "ms");
	if (!remedy) {
		print("code red, equivalent scans (not drawn), all cores",
		      infected_seconds * worm.rate * replicas / seconds, "scans/s");
		print("code red, equivalent scans (not drawn), per core",
		      infected_seconds * worm.rate * replicas / processor, "scans/s");
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

/* Scan by scan, on one core. */
static int explicit_scans(const char *name, const struct outbreak_world *world,
			  const struct outbreak_worm *worm, double duration, double peer)
{
	struct replica replica;
	struct error error;

	if (replica_init(&replica, world, worm, duration, &error) < 0)
		return fail(&error);
	double processor = processor_seconds();
	if (replica_run(&replica, 1, 0, &error) < 0) {
		replica_fini(&replica);
		return fail(&error);
	}
	processor = processor_seconds() - processor;
	print_beside(name, (double)replica.loop.scans / processor, "scans/s", peer);
	replica_fini(&replica);
	return 0;
}

/* An hour of Code Red in mid-course; Slammer's generator in 75,000 hosts for 20 seconds; walks. */
static int all_explicit_scans(void)
{
	static const struct outbreak_vector slammer[] = { { .scan = OUTBREAK_FLAWED,
							    .rate = 4000,
							    .multiplier = 214013,
							    .increments = { 0x88215000, 0x8831FA24,
									    0x88336870 },
							    .increment_count = 3 } };
	struct outbreak_world world = code_red_world;
	struct outbreak_worm random = { .scan = OUTBREAK_RANDOM,
					.rate = 358 / 60.0,
					.initially_infected = 50000,
					.every_scan = true };
	struct outbreak_worm walks = random, flawed = random;

	walks.scan = OUTBREAK_SEQUENTIAL;
	walks.random_start = 1;
	flawed.scan = OUTBREAK_FLAWED;
	flawed.rate = 4000;
	flawed.vectors = slammer;
	flawed.vector_count = 1;
	flawed.initially_infected = 20000;
	return explicit_scans("explicit scans (every one drawn), random, one core", &world, &random,
			      3600, ask_numpy("scans")) ||
	       explicit_scans("explicit scans (every one drawn), sequential, one core", &world,
			      &walks, 3600, 0) ||
	       explicit_scans("explicit scans (every one drawn), flawed, one core", &world, &flawed,
			      20, 0);
}

static double resident_bytes(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return 1024.0 * (double)usage.ru_maxrss;
}

/* A hundred million hosts: one replica of a day in which all are infected. Runs first, so that the
 * most memory ever used is its own. */
static int many_hosts(void)
{
	struct outbreak_world world = code_red_world;
	struct outbreak_subnet subnet = {
		"internet", 0, UINT64_C(4294967296), 0.05, 0.4656612873, 0
	};
	struct outbreak_worm worm = { .scan = OUTBREAK_RANDOM,
				      .rate = 0.05,
				      .initially_infected = 10 };
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_result result;
	struct timespec start;
	struct error error;
	double before = resident_bytes();

	world.subnets = &subnet;
	run.replicas = 1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (outbreak_rank(&world, &worm, &run, NULL, 0, NULL, NULL, &result, &error) < 0)
		return fail(&error);
	double hosts = result.forecasts[0].vulnerable, memory = resident_bytes() - before;
	print("100 million hosts, infected", result.forecasts[0].infected.median, "hosts");
	print("100 million hosts, time", seconds_since(&start), "s");
	print("100 million hosts, memory", memory / 1e9, "GB");
	print("100 million hosts, memory of one", memory / hosts, "bytes");
	outbreak_result_fini(&result);
	return 0;
}

/* In a process of its own, so that the most memory ever used is its own. Its networks take some
 * memory, too, which the hosts of the smaller world show. */
static int most_memory(double peers, const struct remedy_candidate *remedy, unsigned addresses,
		       double *bytes, double *hosts)
{
	struct outbreak_worm worm = { .rate = 6, .initially_infected = 1000 };
	struct outbreak_run run = outbreak_default_run();
	struct outbreak_result result;
	struct outbreak_world world;
	struct error error;
	char text[400];

	snprintf(text, sizeof text,
		 "name: networks\nlive_share: 1\nvulnerable_share: 0.25\ngenerate: "
		 "{ shape: power-law, providers: 4000, addresses: %u, peers: %g }\n",
		 addresses, peers);
	if (outbreak_world_parse(bytes_of(text), "networks", &world, &error) < 0)
		return fail(&error);
	run.replicas = run.threads = 1;
	run.duration = 600;
	if (outbreak_rank(&world, &worm, &run, remedy, remedy ? 1 : 0, NULL, NULL, &result,
			  &error) < 0)
		return fail(&error);
	*hosts = result.forecasts[0].infected.median;
	*bytes = resident_bytes();
	outbreak_result_fini(&result);
	outbreak_world_fini(&world);
	return 0;
}

static int ask_child(double peers, const struct remedy_candidate *remedy, unsigned addresses,
		     double answer[2])
{
	int pipes[2], status;

	fflush(stdout);
	if (pipe(pipes) < 0)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		double told[2];
		int failed = most_memory(peers, remedy, addresses, &told[0], &told[1]);
		_exit(failed || write(pipes[1], told, sizeof told) != sizeof told);
	}
	close(pipes[1]);
	bool read_all = child > 0 &&
			read(pipes[0], answer, 2 * sizeof *answer) == (ssize_t)(2 * sizeof *answer);
	close(pipes[0]);
	return child < 0 || waitpid(child, &status, 0) < 0 || status != 0 || !read_all;
}

/* What a host more costs: ten million against two. */
static int memory_of_one(const char *name, double peers, const struct remedy_candidate *remedy)
{
	double few[2], many[2];

	if (ask_child(peers, remedy, 2000, few) || ask_child(peers, remedy, 10000, many))
		return 1;
	print(name, (many[0] - few[0]) / (many[1] - few[1]), "bytes");
	return 0;
}

/* One outbreak, and the same one followed with filters: both are kept. */
static int all_memory(void)
{
	static const uint32_t places[] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
					   10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
					   20, 21, 22, 23, 24, 25, 26, 27, 28, 29 };
	struct remedy_candidate filters = { .name = "filters",
					    .effect = REMEDY_FILTER,
					    .place = REMEDY_AT_BORDER,
					    .places = places,
					    .place_count = 30,
					    .pass = 0.1,
					    .delay_seconds = 3 };

	return memory_of_one("memory of one host, nothing is done", 0, NULL) ||
	       memory_of_one("memory of one host, with and without 30 filters", 0, &filters) ||
	       memory_of_one("memory of one host, with and without 30 filters, peers", 4, &filters);
}

int main(int count, char **arguments)
{
	const struct remedy_candidate patch = { .name = "patch",
						.effect = REMEDY_PATCH,
						.place = REMEDY_AT_HOST,
						.share = 0.5,
						.delay_seconds = 6 * 3600 };

	bool memory = false;

	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0) {
			json = true;
		} else if (strcmp(arguments[i], "--memory") == 0) {
			memory = true;
		} else {
			fprintf(stderr, "usage: %s [--json] [--memory]\n", arguments[0]);
			return 2;
		}
	}
	if (memory)
		return all_memory();
	return many_hosts() || all_memory() || code_red("code red", NULL, 100) ||
	       code_red("code red paired with a patch", &patch, 20) || default_ranking() ||
	       all_explicit_scans();
}
