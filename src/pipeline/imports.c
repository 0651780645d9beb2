/* Reports of sandboxes, logs of Suricata and our own recorded traces as inputs of a case: their
 * behaviour, and the scan that drives the forecast, count as those of samples do. */
#include "pipeline/case.h"

#include <string.h>

/* Keeps one part as a trace of the case; what scans or was named by an alert is malicious. */
static int keep_part(struct pipeline *pipeline, enum trace_format format,
		     struct trace_import_part *part)
{
	json_t *scan = remedy_scan_pattern(part->log, trace_log_self(part->log));
	bool wanted = format != TRACE_FORMAT_EVE || part->alerted || scan;
	struct case_trace *trace = wanted ? case_list_add(&pipeline->traces, sizeof *trace) : NULL;

	if (scan || part->alerted)
		pipeline->malicious = true;
	if (!trace) { /* not wanted, or beyond the limit, which is counted */
		json_decref(scan);
		return wanted;
	}
	if (*part->host)
		case_copy_text(trace->source, sizeof trace->source, part->host);
	else
		snprintf(trace->source, sizeof trace->source, "trace %zu", pipeline->traces.count);
	trace->log = part->log;
	trace->scan = scan;
	part->log = NULL;
	return 1;
}

static int keep_parts(struct pipeline *pipeline, struct trace_import *import, struct error *error)
{
	int kept = 0;

	for (size_t i = 0; i < import->count; i++)
		kept += keep_part(pipeline, import->format, &import->parts[i]);
	if (import->dropped) {
		char message[120];
		snprintf(message, sizeof message,
			 "%llu events are beyond the limits and were left out",
			 (unsigned long long)import->dropped);
		int result = case_emit(pipeline,
				       json_pack("{s:s, s:o, s:s}", "type", "error", "file",
						 case_text(pipeline->file, strlen(pipeline->file)),
						 "message", message));
		if (result < 0)
			return result;
	}
	return kept ? 0
		    : error_set(error, ERROR_INPUT, pipeline->file,
				"no alert of an attack in it and no machine that scans");
}

bool case_is_import(struct bytes beginning)
{
	static const char *const words[] = { "\"event_type\"", "\"type\"",   "\"info\"",
					     "\"behavior\"",   "\"target\"", "\"network\"",
					     "\"statistics\"" };

	/* Cheap, and no promise: the importer decides. */
	for (size_t i = 0; bytes_start_with(beginning, "{") && i < sizeof words / sizeof *words;
	     i++)
		if (bytes_find(beginning, bytes_of(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

int case_read_import(struct pipeline *pipeline, int descriptor, bool *known, struct error *error)
{
	static const char *const formats[] = { [TRACE_FORMAT_EVENTS] = "events",
					       [TRACE_FORMAT_CAPE] = "report",
					       [TRACE_FORMAT_EVE] = "eve" };
	struct trace_import import = { .format = TRACE_FORMAT_NONE };
	struct buffer content;
	char sha256[DIGEST_TEXT_SIZE];
	int result = file_read_descriptor(descriptor, pipeline->file, TRACE_IMPORT_LIMIT, &content,
					  error);

	*known = true;
	if (result < 0)
		return result;
	enum trace_format format = trace_import_format(buffer_bytes(&content));
	*known = format != TRACE_FORMAT_NONE;
	if (*known)
		result = case_emit(pipeline,
				   json_pack("{s:s, s:s, s:s, s:I, s:s}", "type", "input", "file",
					     pipeline->file, "format", formats[format], "bytes",
					     (json_int_t)content.length, "sha256",
					     digest_text(buffer_bytes(&content), sha256)));
	if (*known && result == 0)
		result = trace_import(buffer_bytes(&content), pipeline->file, NULL, &import, error);
	buffer_fini(&content);
	if (!*known || result < 0)
		return result;
	result = keep_parts(pipeline, &import, error);
	trace_import_fini(&import);
	return result;
}
