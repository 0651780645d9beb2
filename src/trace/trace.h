/* trace - one vocabulary of behaviour events, and their text form (NDJSON).
 *
 * Whatever executes foreign code (win32, unix) or observes it (stream, shellcode) says what
 * happened in these words; policy, remedy and report only know these words. Adding a word is one
 * line in trace/vocabulary.h. */
#ifndef KENBI_TRACE_H
#define KENBI_TRACE_H

#include <jansson.h>

#include "base/base.h"
#include "trace/vocabulary.h"

#define TRACE_FIELDS 5 /* most fields that an event has */

#define TRACE_ENUM(id, name, meaning, ...) TRACE_##id,
enum trace_kind { TRACE_EVENTS(TRACE_ENUM) TRACE_KINDS };
#undef TRACE_ENUM

struct trace_value {
	const char *text; /* UTF-8, borrowed until the sink returns; NULL: the value is `number` */
	uint64_t number;
};

struct trace_event {
	enum trace_kind kind;
	uint64_t time;	  /* instructions executed by the simulated machine when it happened */
	uint32_t process; /* simulated process; 1 is the sample or shellcode itself */
	uint64_t caller;  /* address of the code that asked for it; 0: not known */
	struct trace_value values[TRACE_FIELDS]; /* in the order of the vocabulary's field names */
};

/* Where events go. The event and its texts are borrowed and valid during the call only. */
struct trace_sink {
	void *context;
	void (*event)(void *context, const struct trace_event *event);
};

const char *trace_kind_name(enum trace_kind kind);
const char *trace_kind_meaning(enum trace_kind kind);
/* The kind of that name, or ERROR_INPUT. */
int trace_kind_find(const char *name);
/* Name of field `index` of a kind, NULL past the last. */
const char *trace_field_name(enum trace_kind kind, unsigned index);
/* Index of the field of that name, or ERROR_INPUT. */
int trace_field_find(enum trace_kind kind, const char *name);

struct trace_value trace_text(const char *text);
struct trace_value trace_number(uint64_t number);

/* Gives an event to the sink (NULL: dropped). */
void trace_emit(const struct trace_sink *sink, const struct trace_event *event);

/* A sink that keeps copies of events, up to `limit` bytes; what is over is counted, not kept. */
struct trace_log;
struct trace_log *trace_log_new(size_t limit);
void trace_log_free(struct trace_log *log);
/* Another owner of a log that does not change any more, in any thread: each frees it. Returns log,
 * which may be NULL. */
struct trace_log *trace_log_share(struct trace_log *log);
struct trace_sink trace_log_sink(struct trace_log *log);
size_t trace_log_count(const struct trace_log *log);
/* Event `index`; valid as long as the log. */
const struct trace_event *trace_log_event(const struct trace_log *log, size_t index);
uint64_t trace_log_dropped(const struct trace_log *log);

/* What `time` counts: simulators count instructions, logs of real machines have a clock. */
enum trace_clock { TRACE_CLOCK_INSTRUCTIONS, TRACE_CLOCK_NANOSECONDS };
/* Says of whom the trace is; without it: instructions, and an address that nobody knows (NULL). */
void trace_log_describe(struct trace_log *log, enum trace_clock clock, const struct address *self);
enum trace_clock trace_log_clock(const struct trace_log *log);
const struct address *trace_log_self(const struct trace_log *log);

/* {"type":"event","event":"file.create","time":…,"process":…,"path":…}. Returns owned, NULL: no
 * memory. */
json_t *trace_event_json(const struct trace_event *event);
/* Reads one such object; texts are borrowed from it. ERROR_INPUT names what is wrong. */
MUST_CHECK int trace_event_from_json(const json_t *object, struct trace_event *event,
				     struct error *error);

/* --- traces that others recorded --- */

enum trace_format {
	TRACE_FORMAT_NONE,   /* nothing that is known here */
	TRACE_FORMAT_EVENTS, /* NDJSON of our own events */
	TRACE_FORMAT_CAPE,   /* the JSON report of CAPE, or of Cuckoo 2 */
	TRACE_FORMAT_EVE     /* Suricata's log, NDJSON */
};

#define TRACE_IMPORT_LIMIT ((size_t)256 << 20) /* most bytes of one file */

/* One machine's or program's part of an imported file. */
struct trace_import_part {
	struct trace_log *log;
	char host[ADDRESS_TEXT_SIZE]; /* EVE: the machine; else "" */
	bool alerted;		      /* EVE: an alert names it as attacker, victim or bot */
};

struct trace_import {
	enum trace_format format;
	struct trace_import_part *parts;
	size_t count;
	uint64_t dropped; /* events and hosts over the limits, which are in no part */
};

/* What the beginning of a file looks like; no more than its first line is looked at. */
enum trace_format trace_import_format(struct bytes content);
/* Turns a file's content into events (docs/imports.md says which become what). EVE: one part per
 * machine that an alert names or that opens 16 conversations, or, where `host` is not NULL, that
 * machine's part alone. ERROR_INPUT names line or key and what was expected there; ERROR_LIMIT past
 * TRACE_IMPORT_LIMIT. Depth of nesting is bounded by jansson (2,048). */
MUST_CHECK int trace_import(struct bytes content, const char *name, const char *host,
			    struct trace_import *import, struct error *error);
void trace_import_fini(struct trace_import *import);

/* Tells of every conversation in an EVE log, once, that no alert of an attack or a bot names.
 * Errors as of trace_import. */
struct trace_flow {
	bool udp;
	uint16_t port; /* the server's */
	struct address server;
};
MUST_CHECK int trace_eve_flows(struct bytes content, const char *name,
			       void (*flow)(void *context, const struct trace_flow *flow),
			       void *context, struct error *error);

#endif
