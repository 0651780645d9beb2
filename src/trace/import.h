/* What the importers share: events gathered in any order, with copied texts, given to a log by
 * time. */
#ifndef KENBI_TRACE_IMPORT_H
#define KENBI_TRACE_IMPORT_H

#include "trace/trace.h"

#define IMPORT_EVENTS 1000000		  /* most of one file */
#define IMPORT_TEXTS  ((size_t)128 << 20) /* bytes of all their texts */
#define IMPORT_LOG    ((size_t)512 << 20) /* bytes of one part */
#define IMPORT_TEXT   1024		  /* bytes of one text */
#define IMPORT_NEVER  INT64_MIN		  /* no time is known */

/* The budget of a file. */
struct import_budget {
	struct arena *texts;
	size_t events;	  /* that may still come */
	uint64_t dropped; /* that came when none might */
};

struct import_event {
	int64_t time; /* nanoseconds since 1970, or IMPORT_NEVER: at the beginning */
	size_t order; /* as they came */
	struct trace_event event;
};

/* The events of one part. */
struct import_events {
	struct import_event *items;
	size_t count, capacity;
};

int import_budget_init(struct import_budget *budget, struct error *error);
void import_budget_fini(struct import_budget *budget);

/* Keeps a copy; texts are cut to IMPORT_TEXT bytes, "data" to 256, and control bytes become \\xHH.
 */
void import_add(struct import_budget *budget, struct import_events *events, int64_t time,
		const struct trace_event *event);
/* Gives the events in the order of their times to a new log, whose time begins at 0. Frees them.
 * `self` may be NULL. */
MUST_CHECK int import_finish(struct import_events *events, const struct address *self,
			     struct trace_log **log, struct error *error);
/* Adds a part to the result (takes the log). */
MUST_CHECK int import_add_part(struct trace_import *import, struct trace_log *log, const char *host,
			       bool alerted, struct error *error);

/* "2024-05-01T12:00:00.123456+0200", "2024-05-01 12:00:00,123": nanoseconds since 1970 (without a
 * zone: as UTC), or IMPORT_NEVER. */
int64_t import_time(const char *text);
/* A file name or URL that Windows would start: .exe, .scr, … */
bool import_is_program(const char *path);
/* "tcp" or "udp" in lower case; NULL: neither. */
const char *import_proto(const char *text);

/* --- the formats --- */

int import_cape(struct bytes content, const char *name, struct trace_import *import,
		struct error *error);
int import_eve(struct bytes content, const char *name, const char *host,
	       struct trace_import *import, struct error *error);

/* A table of what API calls mean (import_cape_api.c). */
enum import_care {
	IMPORT_PLAIN,	     /* take the fields */
	IMPORT_EVEN_FAILED,  /* … of calls that failed, too */
	IMPORT_FILE_OPENED,  /* file.create or file.open, by the disposition */
	IMPORT_VALUE_KEY,    /* the key's text ends with the value's name, which goes */
	IMPORT_SOCKET_MADE,  /* tells what kind a socket is; no event */
	IMPORT_SOCKET_NAMED, /* connect, bind: the socket's other end or port is known from now on
			      */
	IMPORT_SOCKET_USED   /* send, recv: the other end comes from the socket */
};
struct import_api {
	const char *name; /* without A, W, Ex, ExA, ExW */
	enum trace_kind kind;
	enum import_care care;
	const char *fields[TRACE_FIELDS]; /* "FileName|filepath": the argument of the first of
					     these names; "=text": that text; NULL: nothing */
};
/* The entry for that API, or NULL. */
const struct import_api *import_api_find(const char *name);

#endif
