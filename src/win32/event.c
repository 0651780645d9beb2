/* Events get the time, the process and the place of the call that they belong to. */
#include "win32/event.h"

#include <stdio.h>
#include <string.h>

#define DATA_BYTES 256u

void win32_event(struct win32 *w, enum trace_kind kind,
		 const struct trace_value values[TRACE_FIELDS])
{
	struct trace_event event = {
		.kind = kind,
		.time = win32_instructions(w),
		.process = w->process_number,
		.caller = w->call_site,
	};

	memcpy(event.values, values, sizeof event.values);
	if (kind != TRACE_SLEEP) {
		w->quiet_sleep = false;
		w->active_time = win32_now(w);
	}
	trace_emit(&w->trace, &event);
}

const char *win32_event_data(struct win32 *w, struct bytes bytes)
{
	char *text = win32_scratch(w, 4 * DATA_BYTES + 1), *at = text;

	if (bytes.length > DATA_BYTES)
		bytes.length = DATA_BYTES;
	for (size_t i = 0; i < bytes.length; i++) {
		uint8_t byte = bytes.data[i];
		if (byte >= 0x20 && byte < 0x7f && byte != '\\')
			*at++ = (char)byte;
		else
			at += sprintf(at, "\\x%02x", byte);
	}
	*at = 0;
	return text;
}

void win32_event_sleep(struct win32 *w, uint32_t milliseconds)
{
	if (w->quiet_sleep && w->sleep_caller == w->call_site && w->sleep_length == milliseconds)
		return;
	EMIT(w, SLEEP, trace_number(milliseconds));
	w->quiet_sleep = true;
	w->sleep_caller = w->call_site;
	w->sleep_length = milliseconds;
}
