/* Errors: a function that can fail returns 0 or one of these negative codes and must be checked.
 * What a person will read also fills a caller-owned struct error: what happened, where, what to do.
 */
#ifndef KENBI_BASE_ERROR_H
#define KENBI_BASE_ERROR_H

#include <stdarg.h>

#define MUST_CHECK			 __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

enum error_code {
	ERROR_INPUT = -1, /* the data is not what it claims to be: exit status 2 */
	ERROR_USAGE = -2, /* the caller asked for something that does not exist: exit status 2 */
	ERROR_SYSTEM =
		-3, /* the operating system refused (errno is in the message): exit status 2 */
	ERROR_LIMIT = -4,   /* a budget of bytes, depth, count or time is used up */
	ERROR_MEMORY = -5,  /* no memory: exit status 3 */
	ERROR_INTERNAL = -6 /* kenbi's own fault: exit status 3 */
};

struct error {
	int code;	 /* 0 when nothing happened */
	char where[256]; /* file, line, offset or object that the message is about; may be empty */
	char message[512]; /* one sentence without a full stop, starting in lower case */
};

/* Fills `error` (NULL is accepted) and returns `code`, so that callers can write
 * `return error_set(error, ERROR_INPUT, path, "not a capture: magic is %08x", magic);`. */
int error_set(struct error *error, int code, const char *where, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* Like error_set with ERROR_SYSTEM, and appends strerror(errno). */
int error_system(struct error *error, const char *where, const char *format, ...) PRINTF_LIKE(3, 4);

/* Writes "where: message" (or only the message) into text; always terminated. Returns text. */
char *error_text(const struct error *error, char *text, unsigned size);

/* The exit status of the program for an error code: 2 for the user's side, 3 for ours. */
int error_exit_status(int code);

#endif
