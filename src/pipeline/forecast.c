/* From traces to behaviours, remedies and the forecast that ranks them. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

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
		if (sessions[i].on_server)
			return sessions[i].server_port;
	return 0;
}

/* Nothing that spreads by itself: remedies stand without a rank, and the worm's record says why. */
static int give_unranked(struct pipeline *pipeline, const struct remedy_candidates *candidates,
			 struct error *error)
{
	int result = case_give(
		&pipeline->sink,
		json_pack("{s:s, s:n, s:s}", "type", "worm", "scan", "derived_from",
			  "no scan and no attack on a service was seen: nothing that spreads by "
			  "itself, so nothing is forecast"),
		error);

	for (size_t i = 0; i < candidates->count && result == 0; i++)
		result =
			case_give(&pipeline->sink,
				  case_remedy_record(&candidates->items[i], (int64_t)i + 1), error);
	return result;
}

static int give_forecast(struct pipeline *pipeline, const struct outbreak_run *run,
			 const struct remedy_candidates *candidates, struct error *error)
{
	const struct case_trace *seen = strongest_scan(pipeline);
	uint16_t port = attacked_port(pipeline);
	struct outbreak_world world = { 0 };
	struct case_worm worm;

	if (!seen && port == 0)
		return give_unranked(pipeline, candidates, error);
	int result = outbreak_world_load(pipeline->options.topology, &world, error);
	if (result == 0) {
		case_derive_worm(seen ? seen->scan : NULL, seen ? seen->source : NULL, port, &world,
				 &worm);
		result = pipeline_forecast(&world, &worm.worm, worm.why, run, candidates->items,
					   candidates->count, &pipeline->sink, error);
	}
	outbreak_world_fini(&world);
	return result;
}

int case_forecast(struct pipeline *pipeline, struct error *error)
{
	struct remedy_knowledge *knowledge = NULL;
	struct remedy_candidates candidates = { 0 };
	struct outbreak_run run = outbreak_default_run();
	json_t *behaviours = NULL;
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
		result = remedy_derive(knowledge, behaviours, &candidates, error);
		if (result == 0)
			result = give_forecast(pipeline, &run, &candidates, error);
	}
	json_decref(behaviours);
	remedy_candidates_fini(&candidates);
	remedy_knowledge_free(knowledge);
	return result;
}
