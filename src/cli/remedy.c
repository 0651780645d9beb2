/* kenbi remedy: behaviours and countermeasures of traces that were recorded before (behave --json
 * --events). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "trace/trace.h"

#define TRACE_LIMIT ((size_t)256 << 20)

static const struct option options[] = { { "json", no_argument, NULL, 'j' }, { 0 } };

struct output {
	bool json;
	json_t *records;
};

static int take_record(void *context, const json_t *record)
{
	struct output *output = context;

	if (output->json)
		return cli_print_json(record);
	return json_array_append_new(output->records, json_deep_copy(record)) < 0 ? ERROR_MEMORY
										  : 0;
}

/* One line of NDJSON; records that are no events are passed over, so that whole outputs can be
 * read. */
static int read_line(const char *path, unsigned number, struct bytes line, struct trace_sink *sink,
		     struct error *error)
{
	char where[300];
	json_error_t syntax;
	struct trace_event event;

	snprintf(where, sizeof where, "%.250s:%u", path, number);
	if (line.length == 0)
		return 0;
	json_t *object = json_loadb((const char *)line.data, line.length, 0, &syntax);
	if (!object)
		return error_set(error, ERROR_INPUT, where, "not JSON: %s", syntax.text);
	int result = 0;
	const char *type = json_string_value(json_object_get(object, "type"));
	if (type && strcmp(type, "event") == 0) {
		result = trace_event_from_json(object, &event, error);
		if (result == 0)
			trace_emit(sink, &event);
		else if (error)
			snprintf(error->where, sizeof error->where, "%.255s", where);
	}
	json_decref(object);
	return result;
}

static int read_trace(const char *path, struct trace_log **log, struct error *error)
{
	struct buffer content;
	int result = file_read(path, TRACE_LIMIT, &content, error);

	*log = NULL;
	if (result < 0)
		return result;
	*log = trace_log_new(TRACE_LIMIT);
	if (!*log) {
		buffer_fini(&content);
		return error_set(error, ERROR_MEMORY, path, "no memory for a trace");
	}
	struct trace_sink sink = trace_log_sink(*log);
	struct reader reader = reader_of(buffer_bytes(&content));
	for (unsigned number = 1; result == 0 && reader_left(&reader); number++)
		result = read_line(path, number, reader_line(&reader), &sink, error);
	buffer_fini(&content);
	if (result == 0 && trace_log_count(*log) == 0)
		result = error_set(error, ERROR_INPUT, path,
				   "no events in it; `kenbi behave --json --events` writes them");
	return result;
}

static int derive(char *const *paths, int count, struct output *output, struct error *error)
{
	struct trace_log **logs = calloc((size_t)count, sizeof *logs);
	struct pipeline_sink sink = { output, take_record, NULL, NULL };
	int result = 0;

	if (!logs)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for traces");
	for (int i = 0; i < count && result == 0; i++)
		result = read_trace(paths[i], &logs[i], error);
	if (result == 0)
		result = pipeline_remedies((const struct trace_log *const *)logs,
					   (const char *const *)paths, (size_t)count, &sink, error);
	for (int i = 0; i < count; i++)
		trace_log_free(logs[i]);
	free(logs);
	return result;
}

static int remedy(const struct cli_command *command, int count, char **words)
{
	struct output output = { .records = json_array() };
	struct error error = { 0 };
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		if (option != 'j') {
			json_decref(output.records);
			return CLI_INPUT;
		}
		output.json = true;
	}
	int result;
	if (optind == count) {
		json_decref(output.records);
		return cli_usage_error(command, "remedies against what? name traces");
	}
	result = derive(words + optind, count - optind, &output, &error);
	if (result < 0)
		log_error(&error);
	else if (!output.json)
		cli_print_case(output.records, true);
	json_decref(output.records);
	return error_exit_status(result);
}

const struct cli_command cli_remedy = {
	.name = "remedy",
	.summary = "Derive behaviours and countermeasures from recorded traces",
	.usage = "[--json] TRACE…",
	.options = "  --json   print behaviour and remedy records as NDJSON\n\n"
		   "A trace is what `kenbi behave --json --events` prints.\n",
	.run = remedy,
};
