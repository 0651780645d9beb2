/* Saying what happens, in the words of trace/vocabulary.h. */
#ifndef KENBI_WIN32_EVENT_H
#define KENBI_WIN32_EVENT_H

#include "win32/process.h"

/* EMIT(w, FILE_COPY, trace_text(from), trace_text(to)); */
#define EMIT(w, id, ...) \
	win32_event((w), TRACE_##id, (const struct trace_value[TRACE_FIELDS]){ __VA_ARGS__ })

void win32_event(struct win32 *w, enum trace_kind kind,
		 const struct trace_value values[TRACE_FIELDS]);
/* Bytes as text for data fields: at most 256 bytes, non-printing ones as \xHH; in scratch memory.
 */
const char *win32_event_data(struct win32 *w, struct bytes bytes);
/* A sleep; equal sleeps from one place with nothing in between are said once. */
void win32_event_sleep(struct win32 *w, uint32_t milliseconds);

#endif
