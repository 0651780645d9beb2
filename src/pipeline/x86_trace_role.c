/* kenbi x86 trace in a confined process: the parent opens the file and prints, the role reads and
 * runs. Options go in as JSON, records come back as JSON; nothing else crosses. */
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#define ROLE_MEMORY  ((size_t)2 << 30)
#define ROLE_SECONDS 3600

enum { MOST_REGISTERS = 32 };

/* --- in the role --- */

static int deliver(void *context, const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT);
	int result = text ? sandbox_send(*(int *)context, SANDBOX_RECORD, bytes_of(text), -1, NULL)
			  : ERROR_MEMORY;

	free(text);
	return result;
}

static int read_x86_options(const char *text, struct pipeline_x86_trace *options,
			    struct pipeline_x86_register registers[MOST_REGISTERS])
{
	json_t *object = json_loads(text, 0, NULL), *list, *item;
	json_int_t base, entry, budget, value;
	int wide, quiet;
	const char *name;
	size_t index;
	int result = 0;

	if (!object || json_unpack(object, "{s:b, s:I, s:I, s:I, s:b, s:o}", "wide", &wide, "base",
				   &base, "entry", &entry, "budget", &budget, "quiet", &quiet,
				   "registers", &list) < 0)
		result = ERROR_INTERNAL;
	if (result == 0 && json_array_size(list) > MOST_REGISTERS)
		result = ERROR_INTERNAL;
	if (result == 0) {
		*options = (struct pipeline_x86_trace){ .wide = wide,
							.base = (uint64_t)base,
							.entry = (uint64_t)entry,
							.budget = (uint64_t)budget,
							.quiet = quiet,
							.registers = registers };
		json_array_foreach(list, index, item)
		{
			if (json_unpack(item, "{s:s, s:I}", "name", &name, "value", &value) < 0 ||
			    strlen(name) >= sizeof registers->name) {
				result = ERROR_INTERNAL;
				break;
			}
			strcpy(registers[index].name, name);
			registers[index].value = (uint64_t)value;
			options->register_count++;
		}
	}
	json_decref(object);
	return result;
}

static int trace_descriptor(int channel, const struct pipeline_x86_trace *options, int descriptor,
			    const char *name, struct error *outcome)
{
	struct pipeline_sink sink = { .context = &channel, .record = deliver };
	struct buffer code;
	int result = file_read_descriptor(descriptor, name, PIPELINE_X86_LIMIT, &code, outcome);

	if (result < 0)
		return result;
	result = pipeline_x86_trace(options, buffer_bytes(&code), name, &sink, outcome);
	buffer_fini(&code);
	return result;
}

/* Options, then one input. */
static int serve(int channel, struct buffer *body)
{
	struct pipeline_x86_register registers[MOST_REGISTERS];
	struct pipeline_x86_trace options;
	struct error outcome = { 0 };
	enum sandbox_message type;
	int descriptor;

	if (sandbox_receive(channel, &type, body, &descriptor, NULL) != 1 ||
	    type != SANDBOX_OPTIONS || read_x86_options(buffer_text(body), &options, registers) < 0)
		return 3;
	if (sandbox_receive(channel, &type, body, &descriptor, NULL) != 1 ||
	    type != SANDBOX_INPUT || descriptor < 0)
		return 3;
	outcome.code = trace_descriptor(channel, &options, descriptor, buffer_text(body), &outcome);
	close(descriptor);
	return sandbox_send_outcome(channel, SANDBOX_DONE, &outcome) < 0 ? 3 : 0;
}

int pipeline_x86_trace_role(void)
{
	static const char *const nothing[] = { NULL };
	const struct sandbox_limits limits = { ROLE_MEMORY, ROLE_SECONDS };
	int channel = sandbox_role_channel(), status = 3;
	struct error outcome = { 0 };
	struct buffer body;

	if (channel < 0)
		return 3;
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	if (sandbox_confine(nothing, &limits, &outcome) == 0)
		status = serve(channel, &body);
	else
		status = sandbox_send_outcome(channel, SANDBOX_DONE, &outcome) < 0 ? 3 : 0;
	buffer_fini(&body);
	return status;
}

/* --- in the parent --- */

static char *options_text(const struct pipeline_x86_trace *options)
{
	json_t *registers = json_array();

	for (size_t i = 0; i < options->register_count; i++)
		json_array_append_new(registers,
				      json_pack("{s:s, s:I}", "name", options->registers[i].name,
						"value", (json_int_t)options->registers[i].value));
	json_t *object = json_pack("{s:b, s:I, s:I, s:I, s:b, s:o}", "wide", options->wide, "base",
				   (json_int_t)options->base, "entry", (json_int_t)options->entry,
				   "budget", (json_int_t)options->budget, "quiet", options->quiet,
				   "registers", registers);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

static int take_x86_record(const struct pipeline_sink *sink, const struct buffer *body,
			   struct error *error)
{
	json_t *record = json_loadb((const char *)body->data, body->length, 0, NULL);

	if (!record)
		return error_set(error, ERROR_INTERNAL, NULL, "the trace process sent no JSON");
	int result = sink->record(sink->context, record);
	json_decref(record);
	return result < 0 ? error_set(error, result, NULL, "the trace cannot be delivered") : 0;
}

/* 1: *outcome is how it ended; 0: the role died; negative: the work has to stop. */
static int listen_to_role(int channel, const struct pipeline_sink *sink, struct error *outcome,
			  struct error *error)
{
	enum sandbox_message type;
	struct buffer body;
	int descriptor, result = 0;
	bool answered = false;

	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	while (result == 0 && !answered) {
		if (sandbox_receive(channel, &type, &body, &descriptor, NULL) != 1)
			break;
		if (descriptor >= 0)
			close(descriptor);
		if (type == SANDBOX_RECORD)
			result = take_x86_record(sink, &body, error);
		answered = type == SANDBOX_DONE;
		if (answered)
			sandbox_read_outcome(&body, outcome);
	}
	buffer_fini(&body);
	return result < 0 ? result : answered;
}

int pipeline_x86_trace_run(const struct pipeline_x86_trace *options, const char *name,
			   int descriptor, const struct pipeline_sink *sink, struct error *error)
{
	struct error outcome = { 0 }, ending = { 0 };
	struct sandbox_child child = { 0 };
	char *text = options->register_count <= MOST_REGISTERS ? options_text(options) : NULL;
	int result = text ? sandbox_start("x86-trace", &child, error)
			  : error_set(error, ERROR_LIMIT, NULL, "at most %d registers can be set",
				      MOST_REGISTERS);

	if (result < 0) {
		free(text);
		close(descriptor);
		return result;
	}
	/* a role that cannot listen has said why, or is dead: both are seen below */
	int sent = sandbox_send(child.channel, SANDBOX_OPTIONS, bytes_of(text), -1, NULL);
	if (sent == 0)
		sent = sandbox_send(child.channel, SANDBOX_INPUT, bytes_of(name), descriptor, NULL);
	free(text);
	close(descriptor);
	int answered = listen_to_role(child.channel, sink, &outcome, error);
	int ended = sandbox_stop(&child, &ending);
	if (answered < 0)
		return answered;
	if (answered == 0)
		return error_set(error, ended < 0 ? ending.code : ERROR_INTERNAL, name, "%s",
				 ended < 0 ? ending.message : "the trace process ended early");
	if (outcome.code && error)
		*error = outcome;
	return outcome.code;
}
