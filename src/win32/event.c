/* Events get the time, the process and the place of the call that they belong to.
 *
 * A program that does the same thing for ever (a thread that guards its registry keys) would fill
 * every trace: an event that was said 64 times is counted from then on, not said (win32_repeats).
 */
#include "win32/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_BYTES  256u
#define REPEATS	    64u /* the same event from the same place, with the same values */
#define SAID_SIZE   32768u
#define SAID_PROBES 16u

/* 64-bit FNV-1a over everything that makes two events the same. */
static uint64_t mix(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 1099511628211u;
	return hash;
}

static uint64_t hash_of(const struct trace_event *event)
{
	uint64_t hash = mix(14695981039346656037u, &event->kind, sizeof event->kind);

	hash = mix(hash, &event->caller, sizeof event->caller);
	hash = mix(hash, &event->process, sizeof event->process);
	for (int i = 0; i < TRACE_FIELDS; i++) {
		const struct trace_value *value = &event->values[i];
		if (value->text)
			hash = mix(hash, value->text, strlen(value->text) + 1);
		else
			hash = mix(hash, &value->number, sizeof value->number);
	}
	return hash ? hash : 1;
}

/* How often was this very event said before? 0 when the table is full: then it counts as new. */
static uint32_t times_said(struct win32 *w, const struct trace_event *event)
{
	uint64_t hash = hash_of(event);

	if (!w->said)
		w->said = calloc(SAID_SIZE, sizeof *w->said);
	for (size_t i = 0; w->said && i < SAID_PROBES; i++) {
		struct win32_said *said = &w->said[(hash + i) % SAID_SIZE];
		if (said->hash == 0)
			said->hash = hash;
		if (said->hash == hash)
			return said->count++;
	}
	return 0;
}

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
		if (times_said(w, &event) >= REPEATS) {
			w->repeats++;
			w->repeats_in_a_row++;
			return;
		}
		w->repeats_in_a_row = 0;
		w->active_time = win32_now(w);
	} else if (w->repeats_in_a_row) {
		return;
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
