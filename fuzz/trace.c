/* A line of a trace file: JSON that somebody else wrote, read as an event, kept, and written again.
 */
#include <stdlib.h>

#include "trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_error_t syntax;
	struct trace_event event;
	struct error error;
	json_t *object = json_loadb((const char *)data, size, 0, &syntax);

	if (object && trace_event_from_json(object, &event, &error) == 0) {
		struct trace_log *log = trace_log_new(65536);
		struct trace_sink sink = trace_log_sink(log);
		trace_emit(&sink, &event);
		if (trace_log_count(log) == 1)
			json_decref(trace_event_json(trace_log_event(log, 0)));
		trace_log_free(log);
	}
	json_decref(object);
	return 0;
}
