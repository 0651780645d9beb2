/* What the fuzz targets of the importers share. */
#ifndef KENBI_FUZZ_IMPORT_H
#define KENBI_FUZZ_IMPORT_H

#include <stdlib.h>

#include "trace/trace.h"

static inline void fuzz_import(struct bytes bytes, enum trace_format format)
{
	struct trace_import import;

	if (trace_import_format(bytes) != format ||
	    trace_import(bytes, "fuzz", NULL, &import, NULL) < 0)
		return;
	if (import.count == 0)
		abort();
	for (size_t i = 0; i < import.count; i++)
		for (size_t j = 0; j < trace_log_count(import.parts[i].log); j++) {
			json_t *event = trace_event_json(trace_log_event(import.parts[i].log, j));
			if (!event)
				abort();
			json_decref(event);
		}
	trace_import_fini(&import);
}

#endif
