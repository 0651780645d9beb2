/* What is known about remote operations: names, arguments, and the vulnerabilities that calls to
 * them exploited. Read from data/targets.yaml once per process. */
#ifndef KENBI_STREAM_TARGETS_H
#define KENBI_STREAM_TARGETS_H

#include "base/base.h"

#define UUID_SIZE      16
#define UUID_TEXT_SIZE 37

/* One input argument by its NDR form (C706, chapter 14). */
/* TARGET_NULL: a pointer that is null as a rule; where it is not, the rest is not described.
 * TARGET_HANDLE: a context handle, 20 bytes. */
enum target_form { TARGET_WIDE_STRING, TARGET_STRING, TARGET_U32, TARGET_NULL, TARGET_HANDLE };

struct target_argument {
	enum target_form form;
	bool unique;   /* behind a pointer that may be null */
	unsigned most; /* longest string that means something, in characters; 0: not known */
	char *name;
};

struct target_operation {
	unsigned opnum;
	char *name;
	char *vulnerability; /* "MS04-011 …", NULL: none known */
	char *source;
	struct target_argument *arguments; /* the first ones; those behind are not described */
	unsigned argument_count;
};

struct target_interface {
	char *uuid; /* lower case text */
	char *name;
	struct target_operation *operations;
	unsigned operation_count;
};

/* A way of using a protocol itself that exploited a vulnerability; `mark` is the name by which the
 * protocol's file asks for it. */
struct target_mark {
	char *mark;
	char *vulnerability;
	char *source;
};

/* Requests of HTTP that exploited a vulnerability. Everything that is given must hold; texts are in
 * small letters. */
struct target_request {
	char *method;
	char *begins;	 /* the target does */
	char *ends;	 /* the target up to its query does */
	char **contains; /* the target does, all of these */
	unsigned contains_count;
	unsigned target_over, query_over; /* at least so many bytes */
	char *field;			  /* "*": any; NULL: none is asked for */
	char **value;			  /* the field's value contains all of these */
	unsigned value_count;
	char *value_begins;
	unsigned value_over;
	char *vulnerability;
	char *source;
};

struct targets {
	struct target_interface *interfaces;
	unsigned interface_count;
	struct target_mark *marks;
	unsigned mark_count;
	struct target_request *http;
	unsigned http_count;
};

/* The knowledge of this process, loaded on first use; NULL when it cannot be read. Thread-safe. */
const struct targets *targets_get(struct error *error);
/* Reads one text of that form. Free with targets_free. */
MUST_CHECK int targets_load_bytes(struct bytes text, const char *name, struct targets **targets,
				  struct error *error);
void targets_free(struct targets *targets);

const struct target_interface *targets_interface(const struct targets *targets,
						 const uint8_t uuid[UUID_SIZE]);
const struct target_operation *targets_operation(const struct target_interface *interface,
						 unsigned opnum);
const char *targets_mark(const struct targets *targets, const char *mark);
/* A UUID as it lies on the wire in little-endian NDR, as text. Returns text. */
char *uuid_text(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT_SIZE]);

#endif
