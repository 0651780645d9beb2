/* kenbi remedy in a confined process: the parent opens the files and prints, the role reads what
 * others recorded and derives. Options go in as JSON, records come back as JSON. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/benign.h"
#include "sandbox/sandbox.h"

#define MEMORY_LIMIT ((size_t)6 << 30)
#define CPU_LIMIT    600

enum { PARTS_LIMIT = 1024, NAME_SIZE = 320 };

struct named_trace {
	struct trace_log *log;
	char name[NAME_SIZE];
};

struct reading {
	int channel;
	json_t *options;
	struct named_trace traces[PARTS_LIMIT];
	size_t count;
	bool benign_comes; /* the next input is benign traffic, no trace */
	struct remedy_profile *profile;
	struct pipeline_sink sink;
};

/* --- in the role --- */

static int send_record(void *context, const json_t *record)
{
	const struct reading *reading = context;
	char *text = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(17));
	int result = text ? sandbox_send(reading->channel, SANDBOX_RECORD, bytes_of(text), -1, NULL)
			  : ERROR_MEMORY;

	free(text);
	return result;
}

/* Of the machines in a log only those that are attacked, command themselves, or scan. */
static bool is_wanted(const struct reading *reading, const struct trace_import *import,
		      const struct trace_import_part *part)
{
	if (import->format != TRACE_FORMAT_EVE || part->alerted ||
	    json_is_string(json_object_get(reading->options, "host")))
		return true;
	json_t *scan = remedy_scan_pattern(part->log, trace_log_self(part->log));
	json_decref(scan);
	return scan != NULL;
}

static int keep_parts(struct reading *reading, struct trace_import *import, const char *name,
		      struct error *error)
{
	uint64_t left_out = import->dropped;
	size_t before = reading->count;

	for (size_t i = 0; i < import->count; i++) {
		struct trace_import_part *part = &import->parts[i];
		if (!is_wanted(reading, import, part))
			continue;
		if (reading->count == PARTS_LIMIT) {
			left_out += trace_log_count(part->log);
			continue;
		}
		struct named_trace *trace = &reading->traces[reading->count++];
		char source[NAME_SIZE];
		snprintf(source, sizeof source, "%.255s%s%s", name, *part->host ? " " : "",
			 part->host);
		case_copy_text(trace->name, sizeof trace->name, source);
		trace->log = part->log;
		part->log = NULL;
	}
	if (reading->count == before && left_out == 0)
		return error_set(error, ERROR_INPUT, name,
				 "no alert of an attack in it and no machine that scans; name the "
				 "machine that you suspect (--host ADDRESS)");
	if (left_out == 0)
		return 0;
	char message[120];
	snprintf(message, sizeof message, "%llu events are beyond the limits and were left out",
		 (unsigned long long)left_out);
	return case_give(&reading->sink,
			 json_pack("{s:s, s:o, s:s}", "type", "error", "file",
				   case_text(name, strlen(name)), "message", message),
			 error);
}

static int read_trace(struct reading *reading, int descriptor, const char *name,
		      struct error *error)
{
	const char *host = json_string_value(json_object_get(reading->options, "host"));
	struct trace_import import = { .format = TRACE_FORMAT_NONE };
	struct buffer content;

	if (reading->benign_comes) {
		reading->benign_comes = false;
		return benign_read(descriptor, name, &reading->profile, error);
	}
	int result = file_read_descriptor(descriptor, name, TRACE_IMPORT_LIMIT, &content, error);

	if (result < 0)
		return result;
	result = trace_import(buffer_bytes(&content), name, host, &import, error);
	buffer_fini(&content);
	if (result == 0)
		result = keep_parts(reading, &import, name, error);
	trace_import_fini(&import);
	return result;
}

static int derive(struct reading *reading, struct error *error)
{
	const struct trace_log *logs[PARTS_LIMIT];
	const char *names[PARTS_LIMIT];
	uint32_t chosen[REMEDY_CANDIDATES];
	const json_t *list = json_object_get(reading->options, "chosen");
	struct pipeline_remedy_options options = {
		.chosen = chosen,
		.time = (uint64_t)json_integer_value(json_object_get(reading->options, "time")),
		.format = json_string_value(json_object_get(reading->options, "format"))
	};

	for (; options.chosen_count < json_array_size(list) &&
	       options.chosen_count < REMEDY_CANDIDATES;
	     options.chosen_count++)
		chosen[options.chosen_count] =
			(uint32_t)json_integer_value(json_array_get(list, options.chosen_count));
	for (size_t i = 0; i < reading->count; i++) {
		logs[i] = reading->traces[i].log;
		names[i] = reading->traces[i].name;
	}
	return pipeline_remedies(&options, logs, names, reading->count, reading->profile,
				 &reading->sink, error);
}

/* Options, inputs, the word that they are all. */
static int serve(struct reading *reading, struct buffer *body)
{
	enum sandbox_message type;
	int descriptor;

	for (;;) {
		struct error outcome = { 0 };
		if (sandbox_receive(reading->channel, &type, body, &descriptor, NULL) != 1)
			return 3;
		if (type == SANDBOX_FINISH) {
			outcome.code = derive(reading, &outcome);
			return sandbox_send_outcome(reading->channel, SANDBOX_DONE, &outcome) < 0
				       ? 3
				       : 0;
		}
		if (type != SANDBOX_INPUT || descriptor < 0)
			return 3;
		outcome.code = read_trace(reading, descriptor, buffer_text(body), &outcome);
		close(descriptor);
		if (sandbox_send_outcome(reading->channel, SANDBOX_INPUT_DONE, &outcome) < 0)
			return 3;
	}
}

static int confine_reading(struct error *error)
{
	char data[4096];
	const char *folders[] = { data, NULL };
	const struct sandbox_limits limits = { MEMORY_LIMIT, CPU_LIMIT };

	file_data_path("", data, sizeof data);
	return sandbox_confine(folders, &limits, error);
}

int pipeline_remedies_role(void)
{
	struct reading *reading = calloc(1, sizeof *reading);
	struct error outcome = { 0 };
	enum sandbox_message type;
	struct buffer body;
	int descriptor, status = 3;

	if (!reading)
		return 3;
	reading->channel = sandbox_role_channel();
	reading->sink = (struct pipeline_sink){ .context = reading, .record = send_record };
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	if (reading->channel >= 0 &&
	    sandbox_receive(reading->channel, &type, &body, &descriptor, NULL) == 1 &&
	    type == SANDBOX_OPTIONS &&
	    (reading->options = json_loads(buffer_text(&body), 0, NULL))) {
		reading->benign_comes = json_is_true(json_object_get(reading->options, "benign"));
		if (confine_reading(&outcome) == 0)
			status = serve(reading, &body);
		else
			status = sandbox_send_outcome(reading->channel, SANDBOX_DONE, &outcome) < 0
					 ? 3
					 : 0;
	}
	for (size_t i = 0; i < reading->count; i++)
		trace_log_free(reading->traces[i].log);
	remedy_profile_free(reading->profile);
	json_decref(reading->options);
	buffer_fini(&body);
	free(reading);
	return status;
}

/* --- in the parent --- */

struct dialogue {
	struct sandbox_child child;
	const struct pipeline_sink *sink;
	struct buffer body;
};

/* Records are handed on until the role answers with `until`, or says that it is done. 1: answered;
 * 0: the role died; negative: the work has to stop. */
static int hand_on(struct dialogue *dialogue, enum sandbox_message until, struct error *outcome,
		   struct error *error)
{
	enum sandbox_message type;
	int descriptor;

	while (sandbox_receive(dialogue->child.channel, &type, &dialogue->body, &descriptor,
			       NULL) == 1) {
		if (descriptor >= 0)
			close(descriptor);
		if (type == until || type == SANDBOX_DONE) {
			sandbox_read_outcome(&dialogue->body, outcome);
			return 1;
		}
		if (type != SANDBOX_RECORD)
			continue;
		json_t *record = json_loadb((const char *)dialogue->body.data,
					    dialogue->body.length, 0, NULL);
		int result = record ? dialogue->sink->record(dialogue->sink->context, record)
				    : ERROR_INTERNAL;
		json_decref(record);
		if (result < 0)
			return error_set(error, result, NULL, "the results cannot be delivered");
	}
	return 0;
}

/* One question to the role and its answer; `name` is what it is about. */
static int ask(struct dialogue *dialogue, enum sandbox_message question, const char *name,
	       int descriptor, enum sandbox_message until, struct error *error)
{
	struct error outcome = { 0 }, ending = { 0 };
	/* a role that cannot listen has said why, or is dead: both are seen below */
	int sent =
		sandbox_send(dialogue->child.channel, question, bytes_of(name), descriptor, NULL);
	(void)sent;
	int answered = hand_on(dialogue, until, &outcome, error);

	if (answered < 0)
		return answered;
	if (answered == 0) {
		int ended = sandbox_stop(&dialogue->child, &ending);
		dialogue->child.process = -1;
		return error_set(error, ended < 0 ? ending.code : ERROR_INTERNAL, name, "%s",
				 ended < 0 ? ending.message : "the reading process ended early");
	}
	if (outcome.code && error)
		*error = outcome;
	return outcome.code;
}

static char *remedy_options_text(const struct pipeline_remedy_options *options)
{
	json_t *chosen = json_array();

	for (size_t i = 0; i < options->chosen_count; i++)
		json_array_append_new(chosen, json_integer(options->chosen[i]));
	json_t *object = json_pack("{s:s?, s:b, s:o, s:I, s:s?}", "host", options->host, "benign",
				   options->benign != NULL, "chosen", chosen, "time",
				   (json_int_t)options->time, "format", options->format);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

int pipeline_remedies_run(const struct pipeline_remedy_options *options,
			  const struct pipeline_inputs *inputs, const struct pipeline_sink *sink,
			  struct error *error)
{
	struct dialogue dialogue = { .sink = sink };
	char *text = remedy_options_text(options);
	const char *name;
	int descriptor, next;
	int result = text ? sandbox_start("remedy", &dialogue.child, error)
			  : error_set(error, ERROR_MEMORY, NULL, "no memory for options");

	if (result < 0) {
		free(text);
		if (options->benign)
			close(options->benign_descriptor);
		return result;
	}
	buffer_init(&dialogue.body, SANDBOX_MESSAGE_LIMIT);
	/* a role that cannot listen is noticed at the first question */
	int sent = sandbox_send(dialogue.child.channel, SANDBOX_OPTIONS, bytes_of(text), -1, NULL);
	(void)sent;
	free(text);
	if (options->benign) {
		result = ask(&dialogue, SANDBOX_INPUT, options->benign, options->benign_descriptor,
			     SANDBOX_INPUT_DONE, error);
		close(options->benign_descriptor);
	}
	while (result == 0 && (next = inputs->next(inputs->context, &name, &descriptor)) != 0) {
		if (next < 0) {
			result = error_set(error, ERROR_SYSTEM, NULL,
					   "nothing is derived while an input is missing");
			break;
		}
		result = ask(&dialogue, SANDBOX_INPUT, name, descriptor, SANDBOX_INPUT_DONE, error);
		close(descriptor);
	}
	if (result == 0)
		result = ask(&dialogue, SANDBOX_FINISH, "", -1, SANDBOX_DONE, error);
	struct error ending = { 0 };
	if (dialogue.child.process > 0 && sandbox_stop(&dialogue.child, &ending) < 0 &&
	    result == 0) {
		result = ending.code;
		if (error)
			*error = ending;
	}
	buffer_fini(&dialogue.body);
	return result;
}
