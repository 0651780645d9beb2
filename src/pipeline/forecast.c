/* From traces to behaviours, remedies and the forecast that ranks them. */
#include "pipeline/case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is assumed when the analysis could not see it; each assumption is told in the worm record.
 */
#define ASSUMED_RATE	 10.0 /* scans per second of an infected host */
#define ASSUMED_INFECTED 10   /* hosts infected at the beginning */
#define ASSUMED_LATENCY	 1.0  /* seconds from hit to first own scan */
/* How wide remedies are searched: what a person can wait for on two cores. */
#define CANDIDATES 64
#define FINALISTS  8

static int emit_all(struct pipeline *pipeline, const json_t *records, enum case_record type)
{
	size_t index;
	json_t *record;

	json_array_foreach(records, index, record)
	{
		json_object_set_new(record, "id", json_integer(case_next_id(pipeline, type)));
		int result = case_emit(pipeline, json_incref(record));
		if (result < 0)
			return result;
	}
	return 0;
}

static int find_behaviours(struct pipeline *pipeline, const struct remedy_knowledge *knowledge,
			   json_t **behaviours, struct error *error)
{
	const struct case_trace *traces = pipeline->traces.items;
	size_t count = 0, all = pipeline->traces.count + 1;
	const struct trace_log **logs = calloc(all, sizeof *logs);
	const char **sources = calloc(all, sizeof *sources);
	int result = ERROR_MEMORY;

	if (logs && sources) {
		logs[count] = pipeline->wire;
		sources[count++] = "wire";
		for (size_t i = 0; i < pipeline->traces.count; i++) {
			if (!traces[i].log)
				continue;
			logs[count] = traces[i].log;
			sources[count++] = traces[i].source;
		}
		result = remedy_behaviours(knowledge, logs, sources, count, behaviours, error);
	} else {
		error_set(error, ERROR_MEMORY, NULL, "no memory for behaviours");
	}
	free(logs);
	free(sources);
	return result;
}

/* The scan pattern with the most targets drives the forecast. */
static const struct case_trace *strongest_scan(const struct pipeline *pipeline)
{
	const struct case_trace *traces = pipeline->traces.items, *best = NULL;
	json_int_t most = 0;

	for (size_t i = 0; i < pipeline->traces.count; i++) {
		json_int_t targets = json_integer_value(json_object_get(traces[i].scan, "targets"));
		if (traces[i].scan && (!best || targets > most)) {
			best = &traces[i];
			most = targets;
		}
	}
	return best;
}

/* The port of the service that was attacked on the wire; 0: not known. */
static uint16_t attacked_port(const struct pipeline *pipeline)
{
	const struct case_session *sessions = pipeline->sessions.items;

	for (size_t i = 0; i < pipeline->sessions.count; i++)
		if (sessions[i].attack)
			return sessions[i].server_port;
	return 0;
}

/* The model's local scan draws from the own subnet, a worm's from a prefix of its own address.
 * Scans of a wider prefix hit the own subnet as often as its size says; the rest of them count as
 * scans of the whole space. */
static double local_share(const json_t *scan, const struct outbreak_world *world)
{
	static const struct {
		const char *prefix;
		double addresses;
	} levels[] = { { "24", 0x1p8 }, { "16", 0x1p16 }, { "8", 0x1p24 } };
	const json_t *shares = json_object_get(scan, "local_share");
	double addresses = 0, share = 0, inner = 0;

	for (size_t i = 0; i < world->subnet_count; i++)
		addresses += (double)world->subnets[i].addresses / (double)world->subnet_count;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		double within = json_number_value(json_object_get(shares, levels[i].prefix));
		if (within > inner) {
			share += (within - inner) * fmin(1, addresses / levels[i].addresses);
			inner = within;
		}
	}
	return share;
}

static struct outbreak_worm derive_worm(const struct pipeline *pipeline,
					const struct outbreak_world *world, char *why, size_t size)
{
	const struct case_trace *seen = strongest_scan(pipeline);
	struct outbreak_worm worm = { .scan = OUTBREAK_RANDOM,
				      .rate = ASSUMED_RATE,
				      .port = attacked_port(pipeline),
				      .initially_infected = ASSUMED_INFECTED,
				      .latency = ASSUMED_LATENCY };

	if (!seen) {
		snprintf(why, size,
			 "no scan was seen; assumed: uniform random scan of the attacked port %u "
			 "at %.0f "
			 "scans/s; %d hosts infected at the start, %.0f s from hit to first scan",
			 worm.port, worm.rate, ASSUMED_INFECTED, ASSUMED_LATENCY);
		return worm;
	}
	const char *strategy = json_string_value(json_object_get(seen->scan, "strategy"));
	double rate = json_number_value(json_object_get(seen->scan, "rate"));
	worm.port = (uint16_t)json_integer_value(json_object_get(seen->scan, "port"));
	if (strategy && strcmp(strategy, "sequential") == 0)
		worm.scan = OUTBREAK_SEQUENTIAL;
	else if (strategy && strcmp(strategy, "local") == 0)
		worm.scan = OUTBREAK_LOCAL;
	if (worm.scan == OUTBREAK_LOCAL)
		worm.local_share = local_share(seen->scan, world);
	if (rate > 0)
		worm.rate = rate;
	int length = snprintf(why, size,
			      "%s: %s scan of port %u seen in the simulator; rate %.3g scans/s %s",
			      seen->source, strategy ? strategy : "random", worm.port, worm.rate,
			      rate > 0 ? "measured there" : "assumed");
	if (worm.scan == OUTBREAK_LOCAL)
		length +=
			snprintf(why + length, size - (size_t)length,
				 "; %.2g of the scans stay in the own subnet, the others count as "
				 "scans of the whole space",
				 worm.local_share);
	snprintf(why + length, size - (size_t)length,
		 "; assumed: %d hosts infected at the start, %.0f s from hit to first scan",
		 ASSUMED_INFECTED, ASSUMED_LATENCY);
	return worm;
}

int case_forecast(struct pipeline *pipeline, struct error *error)
{
	struct remedy_knowledge *knowledge = NULL;
	struct remedy_candidates candidates = { 0 };
	struct outbreak_world world = { 0 };
	struct outbreak_run run = outbreak_default_run();
	json_t *behaviours = NULL;
	char why[512];
	int result = remedy_load(NULL, &knowledge, error);

	outbreak_ask_all(&run);
	run.candidates = CANDIDATES;
	run.finalists = FINALISTS;
	run.seed = pipeline->options.seed;
	if (pipeline->options.replicas)
		run.replicas = pipeline->options.replicas;
	if (result == 0)
		result = find_behaviours(pipeline, knowledge, &behaviours, error);
	if (result == 0)
		result = emit_all(pipeline, behaviours, CASE_BEHAVIOUR);
	/* Nothing malicious: nothing spreads, nothing is to be remedied. */
	if (result == 0 && pipeline->malicious) {
		struct outbreak_worm worm;
		result = remedy_derive(knowledge, behaviours, &candidates, error);
		if (result == 0)
			result = outbreak_world_load(pipeline->options.topology, &world, error);
		if (result == 0)
			worm = derive_worm(pipeline, &world, why, sizeof why);
		if (result == 0)
			result = pipeline_forecast(&world, &worm, why, &run, candidates.items,
						   candidates.count, &pipeline->sink, error);
	}
	json_decref(behaviours);
	outbreak_world_fini(&world);
	remedy_candidates_fini(&candidates);
	remedy_knowledge_free(knowledge);
	return result;
}
