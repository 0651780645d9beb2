/* Traces that others recorded: which format a file has, and our own NDJSON of events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/import.h"

#define LINE_LIMIT ((size_t)1 << 20) /* a longer first line is a report's only one */

/* The first line that holds anything; empty when there is none. */
static struct bytes first_line(struct bytes content)
{
	struct reader reader = reader_of(content);

	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		for (size_t i = 0; i < line.length; i++)
			if (line.data[i] != ' ' && line.data[i] != '\t')
				return (struct bytes){ line.data + i, line.length - i };
	}
	return (struct bytes){ NULL, 0 };
}

static bool is_report(const json_t *object)
{
	return json_is_object(json_object_get(object, "behavior")) ||
	       json_is_object(json_object_get(object, "network")) ||
	       (json_is_object(json_object_get(object, "info")) &&
		json_is_object(json_object_get(object, "target")));
}

enum trace_format trace_import_format(struct bytes content)
{
	struct bytes line = first_line(content);
	enum trace_format format = TRACE_FORMAT_NONE;

	if (line.length == 0 || line.data[0] != '{')
		return format;
	json_t *object = NULL;
	if (line.length < LINE_LIMIT)
		object = json_loadb((const char *)line.data, line.length,
				    JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	if (!object) /* a report is printed over many lines, or is one that is too long to try */
		return bytes_find(content, bytes_of("\"behavior\""), 0) != SIZE_MAX ||
				       bytes_find(content, bytes_of("\"network\""), 0) != SIZE_MAX
			       ? TRACE_FORMAT_CAPE
			       : TRACE_FORMAT_NONE;
	if (json_is_string(json_object_get(object, "event_type")))
		format = TRACE_FORMAT_EVE;
	else if (json_is_string(json_object_get(object, "type")))
		format = TRACE_FORMAT_EVENTS;
	else if (is_report(object))
		format = TRACE_FORMAT_CAPE;
	json_decref(object);
	return format;
}

/* One line of NDJSON; records that are no events are passed over, so that whole outputs can be
 * read. */
static int read_event_line(const char *where, struct bytes line, struct trace_sink *sink,
			   struct error *error)
{
	json_error_t syntax;
	struct trace_event event;

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

static int import_own(struct bytes content, const char *name, struct trace_import *import,
		      struct error *error)
{
	struct trace_log *log = trace_log_new(IMPORT_LOG);
	int result = 0;

	if (!log)
		return error_set(error, ERROR_MEMORY, name, "no memory for a trace");
	struct trace_sink sink = trace_log_sink(log);
	struct reader reader = reader_of(content);
	for (unsigned number = 1; result == 0 && reader_left(&reader); number++) {
		char where[300];
		snprintf(where, sizeof where, "%.250s:%u", name, number);
		result = read_event_line(where, reader_line(&reader), &sink, error);
	}
	if (result == 0 && trace_log_count(log) == 0)
		result = error_set(error, ERROR_INPUT, name,
				   "no events in it; `kenbi behave --json --events` writes them");
	if (result < 0) {
		trace_log_free(log);
		return result;
	}
	import->dropped = trace_log_dropped(log);
	return import_add_part(import, log, "", false, error);
}

/* What is no format at all may still be meant as one: then what is wrong with its JSON helps. */
static int explain_none(struct bytes content, const char *name, struct error *error)
{
	json_error_t syntax;
	struct bytes line = first_line(content);
	char where[300];

	if (line.length && line.data[0] == '{' && line.length < LINE_LIMIT) {
		json_t *object =
			json_loadb((const char *)line.data, line.length, JSON_ALLOW_NUL, &syntax);
		bool whole = object != NULL;
		json_decref(object);
		snprintf(where, sizeof where, "%.250s:1", name);
		if (!whole)
			return error_set(error, ERROR_INPUT, where, "not JSON: %s", syntax.text);
	}
	return error_set(
		error, ERROR_INPUT, name,
		"no events in it: neither kenbi's (NDJSON, `kenbi behave --json --events`), nor a "
		"JSON report of CAPE or Cuckoo, nor an EVE log of Suricata");
}

int trace_import(struct bytes content, const char *name, const char *host,
		 struct trace_import *import, struct error *error)
{
	int result = ERROR_INPUT;

	*import = (struct trace_import){ .format = trace_import_format(content) };
	if (content.length > TRACE_IMPORT_LIMIT)
		return error_set(error, ERROR_LIMIT, name, "larger than %zu MiB; split the log",
				 TRACE_IMPORT_LIMIT >> 20);
	if (host && import->format != TRACE_FORMAT_EVE && import->format != TRACE_FORMAT_NONE)
		return error_set(error, ERROR_INPUT, name,
				 "this is one program's trace, which has no hosts to choose from");
	switch (import->format) {
	case TRACE_FORMAT_EVENTS: result = import_own(content, name, import, error); break;
	case TRACE_FORMAT_CAPE: result = import_cape(content, name, import, error); break;
	case TRACE_FORMAT_EVE: result = import_eve(content, name, host, import, error); break;
	case TRACE_FORMAT_NONE: result = explain_none(content, name, error); break;
	}
	if (result < 0)
		trace_import_fini(import);
	return result;
}

void trace_import_fini(struct trace_import *import)
{
	for (size_t i = 0; i < import->count; i++)
		trace_log_free(import->parts[i].log);
	free(import->parts);
	*import = (struct trace_import){ .format = TRACE_FORMAT_NONE };
}
