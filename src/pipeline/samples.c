/* Executables: run in the simulated Windows, judged by the policies, told as sample records. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

#include "fakenet/fakenet.h"
#include "win32/win32.h"

#define TRACE_LIMIT (64u << 20)
#define SLICE	    5000000u /* instructions between two signs of progress */
#define DROP_DEPTH  2	     /* a dropped executable of a dropped executable is run, no further */
#define DROPS	    8	     /* executables taken from one sample */

static bool is_known(const struct pipeline *pipeline, const char *sha256)
{
	const struct case_body *bodies = pipeline->bodies.items;

	for (size_t i = 0; i < pipeline->bodies.count; i++)
		if (strcmp(bodies[i].sha256, sha256) == 0)
			return true;
	return false;
}

int case_add_body(struct pipeline *pipeline, struct bytes content, const char *name,
		  const char *carrier, int64_t session, unsigned depth, struct error *error)
{
	char sha256[DIGEST_TEXT_SIZE];

	digest_text(content, sha256);
	bool again = is_known(pipeline, sha256);
	struct case_body *body = case_list_add(&pipeline->bodies, sizeof *body);
	if (!body)
		return 0; /* counted by the list */
	body->again = again;
	if (!again) {
		body->content = malloc(content.length ? content.length : 1);
		if (!body->content)
			return error_set(error, ERROR_MEMORY, pipeline->file,
					 "no memory for an executable");
		memcpy(body->content, content.data, content.length);
	}
	body->length = content.length;
	body->session = session;
	body->depth = depth;
	body->file = pipeline->file;
	memcpy(body->sha256, sha256, sizeof sha256);
	case_copy_text(body->name, sizeof body->name, name);
	case_copy_text(body->carrier, sizeof body->carrier, carrier);
	return again ? 0 : pipeline->sink.sample(pipeline->sink.context, content);
}

/* The simulator's events go to the log and to the policies at once. */
struct audience {
	struct trace_sink log, policies;
};

static void tell_both(void *context, const struct trace_event *event)
{
	const struct audience *audience = context;

	trace_emit(&audience->log, event);
	trace_emit(&audience->policies, event);
}

struct trial {
	struct trace_log *trace;
	struct policy_machine *judge;
	enum win32_end end;
	struct address self; /* of the simulated machine */
	uint64_t instructions, calls;
	bool loaded;
	struct error refusal; /* why it could not be loaded */
};

/* Executables that a sample left behind become samples. A copy of what is known already (of itself,
 * above all) is told by the policies and not run again. */
static void collect_drops(struct pipeline *pipeline, struct win32 *process,
			  const struct case_body *body)
{
	const char *path;
	struct bytes content;
	struct case_body parent = *body; /* the list may move */
	size_t taken = 0;

	for (size_t i = 0; win32_written_file(process, i, &path, &content) == 0; i++) {
		char sha256[DIGEST_TEXT_SIZE];
		struct error ignored;
		const char *slash = strrchr(path, '\\');
		if (!win32_is_pe(content) || is_known(pipeline, digest_text(content, sha256)))
			continue;
		if (parent.depth >= DROP_DEPTH || taken++ >= DROPS)
			pipeline->bodies.dropped++;
		else if (case_add_body(pipeline, content, slash ? slash + 1 : path, "dropped",
				       parent.session, parent.depth + 1, &ignored) < 0)
			pipeline->bodies.dropped++;
	}
}

static void run_slices(struct pipeline *pipeline, struct win32 *process, struct trial *trial,
		       const char *name)
{
	uint64_t budget = pipeline->options.sample_budget;

	for (uint64_t used = 0; used < budget; used += SLICE) {
		uint64_t slice = budget - used < SLICE ? budget - used : SLICE;
		case_progress(pipeline, name, used, budget);
		trial->end = win32_run(process, slice);
		if (trial->end != WIN32_END_BUDGET)
			return;
	}
}

static int try_sample(struct pipeline *pipeline, const struct case_body *body, struct trial *trial,
		      struct error *error)
{
	struct fakenet_config net_config = { .seed = pipeline->options.seed };
	struct fakenet *net = fakenet_new(&net_config);
	struct audience audience = { trace_log_sink(trial->trace),
				     policy_machine_sink(trial->judge) };
	char path[256];
	struct win32_config config = { .seed = pipeline->options.seed,
				       .trace = { &audience, tell_both } };
	struct win32 *process = NULL;

	snprintf(path, sizeof path, "C:\\%.100s", body->name[0] ? body->name : "sample.exe");
	config.sample_path = path;
	if (!net)
		return error_set(error, ERROR_MEMORY, body->name,
				 "no memory for the pseudo-Internet");
	config.peer = fakenet_peer(net);
	int result = win32_new(&config, &process, error);
	if (result == 0) {
		struct bytes content = { body->content, body->length };
		trial->loaded = win32_load(process, content, &trial->refusal) == 0;
		if (trial->loaded)
			run_slices(pipeline, process, trial, body->name);
		trial->instructions = win32_instructions(process);
		trial->calls = win32_calls(process);
		trial->self = win32_address(process);
		collect_drops(pipeline, process, body);
	}
	win32_free(process);
	fakenet_free(net);
	return result;
}

static json_t *policies(struct policy_machine *judge)
{
	json_t *list = json_array();
	const struct policy_finding *finding;

	for (size_t i = 0; (finding = policy_finding(judge, i)); i++) {
		json_t *evidence = json_array();
		for (size_t j = 0; j < finding->evidence_count; j++)
			json_array_append_new(evidence, case_text(finding->evidence[j],
								  strlen(finding->evidence[j])));
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:I, s:o}", "name", finding->name, "title",
					finding->title, "severity",
					policy_severity_name(finding->severity), "matches",
					(json_int_t)finding->matches, "evidence", evidence));
	}
	return list;
}

static json_t *sample_record(const struct case_body *body, struct trial *trial, int64_t id,
			     const json_t *scan)
{
	bool finished =
		trial->loaded && (trial->end == WIN32_END_EXIT || trial->end == WIN32_END_IDLE);
	const char *verdict = policy_verdict_name(policy_judge(trial->judge, finished));
	struct bytes content = { body->content, body->length };
	json_t *record = json_pack(
		"{s:s, s:I, s:s, s:o, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:O*, s:I, s:I}",
		"type", "sample", "id", (json_int_t)id, "file", body->file, "session",
		body->session ? json_integer(body->session) : json_null(), "carrier", body->carrier,
		"name", body->name, "sha256", body->sha256, "bytes", (json_int_t)body->length,
		"media", stream_media(content), "verdict", verdict, "end",
		trial->loaded ? win32_end_name(trial->end) : "fault", "policies",
		policies(trial->judge), "endpoints", case_endpoints(trial->trace, scan), "scan",
		scan, "instructions", (json_int_t)trial->instructions, "calls",
		(json_int_t)trial->calls);

	if (record && !scan)
		json_object_set_new(record, "scan", json_null());
	if (record && !trial->loaded)
		json_object_set_new(record, "refused", json_string(trial->refusal.message));
	if (record && trace_log_dropped(trial->trace))
		json_object_set_new(record, "events_dropped",
				    json_integer((json_int_t)trace_log_dropped(trial->trace)));
	return record;
}

static int emit_events(struct pipeline *pipeline, const struct trace_log *trace, const char *source)
{
	for (size_t i = 0; i < trace_log_count(trace); i++) {
		json_t *event = trace_event_json(trace_log_event(trace, i));
		if (event)
			json_object_set_new(event, "source", json_string(source));
		int result = case_emit(pipeline, event);
		if (result < 0)
			return result;
	}
	return 0;
}

static int tell_sample(struct pipeline *pipeline, const struct case_body *body, struct trial *trial)
{
	int64_t id = case_next_id(pipeline, CASE_SAMPLE);
	trace_log_describe(trial->trace, TRACE_CLOCK_INSTRUCTIONS, &trial->self);
	json_t *scan = remedy_scan_pattern(trial->trace, &trial->self);
	json_t *record = sample_record(body, trial, id, scan);
	struct case_sample *sample = case_list_add(&pipeline->samples, sizeof *sample);
	struct case_trace *trace = case_list_add(&pipeline->traces, sizeof *trace);
	char source[32];
	int result = 0;

	snprintf(source, sizeof source, "sample %lld", (long long)id);
	if (strcmp(json_string_value(json_object_get(record, "verdict")) ?: "", "malicious") == 0)
		pipeline->malicious = true;
	if (pipeline->options.events)
		result = emit_events(pipeline, trial->trace, source);
	if (sample) {
		sample->id = id;
		sample->session = body->session;
		sample->sender = body->sender;
		sample->record = json_incref(record);
		memcpy(sample->sha256, body->sha256, sizeof sample->sha256);
		memcpy(sample->name, body->name, sizeof sample->name);
	}
	if (trace) {
		trace->log = trial->trace;
		trial->trace = NULL;
		memcpy(trace->source, source, sizeof source);
		trace->scan = json_incref(scan);
	}
	json_decref(scan);
	if (result < 0)
		json_decref(record);
	return result < 0 ? result : case_emit(pipeline, record);
}

static int run_body(struct pipeline *pipeline, const struct case_body *body, struct error *error)
{
	struct trial trial = { .trace = trace_log_new(TRACE_LIMIT),
			       .judge = policy_machine_new(pipeline->policies),
			       .end = WIN32_END_BUDGET };
	int result;

	if (!trial.trace || !trial.judge)
		result = error_set(error, ERROR_MEMORY, body->name, "no memory to run it");
	else
		result = try_sample(pipeline, body, &trial, error);
	if (result == 0)
		result = tell_sample(pipeline, body, &trial);
	policy_machine_free(trial.judge);
	trace_log_free(trial.trace);
	return result;
}

/* The same bytes came again: the same judgement, another sighting. */
static int tell_again(struct pipeline *pipeline, const struct case_body *body)
{
	const struct case_sample *samples = pipeline->samples.items;
	json_t *record = NULL;

	for (size_t i = 0; i < pipeline->samples.count && !record; i++)
		if (strcmp(samples[i].sha256, body->sha256) == 0)
			record = json_deep_copy(samples[i].record);
	if (!record)
		return 0; /* the first of them is beyond the limit, which is counted */
	json_object_set_new(record, "id", json_integer(case_next_id(pipeline, CASE_SAMPLE)));
	json_object_set_new(record, "file", json_string(body->file));
	json_object_set_new(record, "session",
			    body->session ? json_integer(body->session) : json_null());
	json_object_set_new(record, "carrier", json_string(body->carrier));
	json_object_set_new(record, "name", json_string(body->name));
	return case_emit(pipeline, record);
}

int case_run_samples(struct pipeline *pipeline, struct error *error)
{
	int result = 0;

	/* The list grows while samples drop others; a body is freed as soon as it has been run. */
	for (size_t i = 0; i < pipeline->bodies.count && result == 0; i++) {
		struct case_body body = ((struct case_body *)pipeline->bodies.items)[i];
		if (!body.content && !body.again)
			continue;
		result =
			body.again ? tell_again(pipeline, &body) : run_body(pipeline, &body, error);
		struct case_body *ran = &((struct case_body *)pipeline->bodies.items)[i];
		free(ran->content);
		ran->content = NULL;
		ran->again = false;
	}
	return result;
}
