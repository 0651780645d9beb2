/* The pipeline in a confined process: the parent opens inputs and receives records, the role parses
 * and runs.
 *
 * The role that dies (a crash, its limits) costs the input it was reading and the links to what it
 * had read; the parent says so, starts another role that goes on numbering where the last one
 * ended, and feeds it the rest. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#define MEMORY_LIMIT ((size_t)8 << 30)
#define CPU_LIMIT    3600

/* --- in the role --- */

static int send_json(int channel, const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(17));
	int result = text ? sandbox_send(channel, SANDBOX_RECORD, bytes_of(text), -1, NULL)
			  : ERROR_MEMORY;
	free(text);
	return result;
}

static int role_record(void *context, const json_t *record)
{
	return send_json(*(int *)context, record);
}

static int role_sample(void *context, struct bytes content)
{
	return sandbox_send(*(int *)context, SANDBOX_SAMPLE, content, -1, NULL);
}

static void role_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct buffer body;

	buffer_init(&body, 4096);
	buffer_append(&body, &done, sizeof done);
	buffer_append(&body, &total, sizeof total);
	buffer_append(&body, what, strlen(what));
	int result = sandbox_send(*(int *)context, SANDBOX_PROGRESS, buffer_bytes(&body), -1, NULL);
	(void)result; /* a parent that is gone is noticed at the next record */
	buffer_fini(&body);
}

static int read_options(const char *text, struct pipeline_options *options, json_t **kept)
{
	json_t *object = json_loads(text, 0, NULL);
	json_int_t seed, budget;
	int raw, events, explain, stages, replicas;
	json_t *topology;

	if (!object ||
	    json_unpack(object, "{s:i, s:b, s:b, s:b, s:o, s:I, s:i, s:I}", "stages", &stages,
			"raw", &raw, "events", &events, "explain", &explain, "topology", &topology,
			"seed", &seed, "replicas", &replicas, "sample_budget", &budget) < 0) {
		json_decref(object);
		return ERROR_INTERNAL;
	}
	*options = (struct pipeline_options){ .stages = (unsigned)stages,
					      .raw = raw,
					      .events = events,
					      .explain = explain,
					      .topology = json_string_value(topology),
					      .seed = (uint64_t)seed,
					      .replicas = (uint32_t)replicas,
					      .sample_budget = (uint64_t)budget };
	*kept = object;
	return 0;
}

static int serve_inputs(int channel, struct pipeline *pipeline, struct buffer *body)
{
	enum sandbox_message type;
	int descriptor;
	struct error outcome;

	for (;;) {
		memset(&outcome, 0, sizeof outcome);
		if (sandbox_receive(channel, &type, body, &descriptor, NULL) != 1)
			return 3;
		if (type == SANDBOX_FINISH) {
			int result = pipeline_finish(pipeline, &outcome);
			outcome.code = result;
			return sandbox_send_outcome(channel, SANDBOX_DONE, &outcome) < 0 ? 3 : 0;
		}
		if (type != SANDBOX_INPUT || descriptor < 0)
			return 3;
		int result = pipeline_feed(pipeline, descriptor, buffer_text(body), &outcome);
		outcome.code = result;
		if (sandbox_send_outcome(channel, SANDBOX_INPUT_DONE, &outcome) < 0)
			return 3;
	}
}

static int confine(const char *topology, struct error *error)
{
	char data[4096];
	const char *folders[] = { data, topology, NULL };
	struct sandbox_limits limits = { MEMORY_LIMIT, CPU_LIMIT };

	file_data_path("", data, sizeof data);
	return sandbox_confine(folders, &limits, error);
}

static void start_numbering(struct pipeline *pipeline, const json_t *options)
{
	const json_t *ids = json_object_get(options, "ids");

	for (size_t i = 0; i < CASE_RECORDS; i++)
		pipeline->ids[i] = json_integer_value(json_array_get(ids, i));
}

int pipeline_role(void)
{
	int channel = sandbox_role_channel(), descriptor, status = 3;
	struct pipeline_sink sink = { &channel, role_record, role_sample, role_progress };
	struct pipeline_options options;
	struct pipeline *pipeline = NULL;
	struct error outcome = { 0 };
	enum sandbox_message type;
	struct buffer body;
	json_t *kept = NULL;

	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	if (channel >= 0 && sandbox_receive(channel, &type, &body, &descriptor, NULL) == 1 &&
	    type == SANDBOX_OPTIONS && read_options(buffer_text(&body), &options, &kept) == 0) {
		int result = confine(options.topology, &outcome);
		if (result == 0)
			result = pipeline_new(&options, &sink, &pipeline, &outcome);
		if (result == 0) {
			start_numbering(pipeline, kept);
			status = serve_inputs(channel, pipeline, &body);
		} else {
			status = sandbox_send_outcome(channel, SANDBOX_DONE, &outcome) < 0 ? 3 : 0;
		}
	}
	pipeline_free(pipeline);
	json_decref(kept);
	buffer_fini(&body);
	return status;
}

/* --- in the parent --- */

struct pump {
	const struct pipeline_options *options;
	const struct pipeline_sink *sink;
	struct sandbox_child child;
	struct buffer body;
	int64_t ids[CASE_RECORDS]; /* highest seen, for a role that has to be replaced */
	bool dead;
};

static void follow_numbering(struct pump *pump, const json_t *record)
{
	static const char *const types[CASE_RECORDS] = { "session",   "shellcode", "sample",
							 "behaviour", "step",	   "remedy" };
	const char *type = json_string_value(json_object_get(record, "type"));
	json_int_t id = json_integer_value(json_object_get(record, "id"));

	for (size_t i = 0; type && i < CASE_RECORDS; i++)
		if (strcmp(type, types[i]) == 0 && id > pump->ids[i])
			pump->ids[i] = id;
}

static int take_record(struct pump *pump, struct error *error)
{
	json_t *record = json_loadb((const char *)pump->body.data, pump->body.length, 0, NULL);

	if (!record)
		return error_set(error, ERROR_INTERNAL, NULL, "the analysis process sent no JSON");
	follow_numbering(pump, record);
	int result = pump->sink->record(pump->sink->context, record);
	json_decref(record);
	return result < 0 ? error_set(error, result, NULL, "the results cannot be delivered") : 0;
}

static void take_progress(struct pump *pump)
{
	uint64_t numbers[2];

	if (pump->body.length < sizeof numbers || !pump->sink->progress)
		return;
	memcpy(numbers, pump->body.data, sizeof numbers);
	pump->sink->progress(pump->sink->context, buffer_text(&pump->body) + sizeof numbers,
			     numbers[0], numbers[1]);
}

/* Serves the role until it answers with `until` (or DONE). 1: answered, *outcome filled; 0: it
 * died; negative: the work has to stop. */
static int pump_until(struct pump *pump, enum sandbox_message until, struct error *outcome,
		      struct error *error)
{
	enum sandbox_message type;
	int descriptor, result = 0;

	while (result == 0) {
		struct error broken;
		if (sandbox_receive(pump->child.channel, &type, &pump->body, &descriptor,
				    &broken) != 1)
			return 0;
		if (descriptor >= 0)
			close(descriptor); /* a role has no business handing out descriptors */
		if (type == SANDBOX_RECORD) {
			result = take_record(pump, error);
		} else if (type == SANDBOX_SAMPLE) {
			if (pump->sink->sample(pump->sink->context, buffer_bytes(&pump->body)) < 0)
				result = error_set(error, ERROR_SYSTEM, NULL,
						   "a sample cannot be stored");
		} else if (type == SANDBOX_PROGRESS) {
			take_progress(pump);
		} else if (type == until || type == SANDBOX_DONE) {
			sandbox_read_outcome(&pump->body, outcome);
			if (type == until)
				return 1;
			/* It could not even begin. */
			*error = *outcome;
			result = outcome->code ? outcome->code : ERROR_INTERNAL;
		}
	}
	return result;
}

static int start(struct pump *pump, struct error *error)
{
	const struct pipeline_options *options = pump->options;
	json_t *ids = json_array();
	int result = sandbox_start("pipeline", &pump->child, error);

	if (result < 0) {
		json_decref(ids);
		return result;
	}
	pump->dead = false;
	for (size_t i = 0; i < CASE_RECORDS; i++)
		json_array_append_new(ids, json_integer(pump->ids[i]));
	json_t *object =
		json_pack("{s:i, s:b, s:b, s:b, s:s?, s:I, s:i, s:I, s:o}", "stages",
			  (int)options->stages, "raw", options->raw, "events", options->events,
			  "explain", options->explain, "topology", options->topology, "seed",
			  (json_int_t)options->seed, "replicas", (int)options->replicas,
			  "sample_budget", (json_int_t)options->sample_budget, "ids", ids);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	result =
		text ? sandbox_send(pump->child.channel, SANDBOX_OPTIONS, bytes_of(text), -1, error)
		     : error_set(error, ERROR_MEMORY, NULL, "no memory for options");
	free(text);
	json_decref(object);
	return result;
}

/* Tells of a role that died while `name` was read (NULL: while the case was finished). */
static int mourn(struct pump *pump, const char *name, struct error *outcome)
{
	struct error why = { 0 };

	pump->dead = true;
	if (sandbox_stop(&pump->child, &why) == 0)
		error_set(&why, ERROR_INTERNAL, NULL, "the analysis process ended early");
	error_set(outcome, why.code, name, "%s", why.message);
	json_t *record = json_pack("{s:s, s:s?, s:s}", "type", "error", "file", name, "message",
				   why.message);
	int result = record ? pump->sink->record(pump->sink->context, record) : ERROR_MEMORY;
	json_decref(record);
	return result;
}

static int feed(struct pump *pump, const char *name, int descriptor, struct error *outcome,
		struct error *error)
{
	if (pump->dead && start(pump, error) < 0) {
		close(descriptor);
		return error->code;
	}
	struct error ignored;
	int sent = sandbox_send(pump->child.channel, SANDBOX_INPUT, bytes_of(name), descriptor,
				&ignored);
	close(descriptor);
	(void)sent; /* a role that could not take it has said why, or is dead: both are seen now */
	int answered = pump_until(pump, SANDBOX_INPUT_DONE, outcome, error);
	if (answered == 0)
		return mourn(pump, name, outcome);
	return answered < 0 ? answered : 0;
}

static int finish(struct pump *pump, struct error *error)
{
	struct error outcome = { 0 }, ignored;

	if (pump->dead) {
		int result = start(pump, error);
		if (result < 0)
			return result;
	}
	int sent = sandbox_send(pump->child.channel, SANDBOX_FINISH, bytes_of(""), -1, &ignored);
	(void)sent;
	int answered = pump_until(pump, SANDBOX_DONE, &outcome, error);
	if (answered < 0)
		return answered;
	if (answered == 0 && mourn(pump, NULL, &outcome) < 0)
		return error_set(error, ERROR_SYSTEM, NULL, "the results cannot be delivered");
	if (outcome.code && error)
		*error = outcome;
	return outcome.code;
}

int pipeline_run(const struct pipeline_options *options, const struct pipeline_inputs *inputs,
		 const struct pipeline_sink *sink, struct error *error)
{
	struct pump pump = { .options = options, .sink = sink, .child = { -1, -1 } };
	struct error own = { 0 }, ending;
	const char *name;
	int descriptor, next, result;

	buffer_init(&pump.body, SANDBOX_MESSAGE_LIMIT);
	result = start(&pump, &own);
	while (result == 0 && (next = inputs->next(inputs->context, &name, &descriptor)) != 0) {
		struct error outcome = { 0 };
		if (next < 0)
			continue;
		result = feed(&pump, name, descriptor, &outcome, &own);
		if (result == 0 && outcome.code)
			inputs->failed(inputs->context, &outcome);
	}
	if (result == 0)
		result = finish(&pump, &own);
	if (!pump.dead && sandbox_stop(&pump.child, &ending) < 0 && result == 0) {
		own = ending;
		result = ending.code;
	}
	buffer_fini(&pump.body);
	if (error)
		*error = own;
	return result;
}
