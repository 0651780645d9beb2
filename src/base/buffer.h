/* A growing run of bytes with a limit that it never passes. A failed append sticks, so that a
 * writer may append many times and ask buffer_failed() once. */
#ifndef KENBI_BASE_BUFFER_H
#define KENBI_BASE_BUFFER_H

#include "base/bytes.h"
#include "base/error.h"

struct buffer {
	uint8_t *data;
	size_t length;
	size_t capacity;
	size_t limit; /* hard upper bound of length, in bytes */
	bool failed;  /* an append was refused: limit reached or no memory */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_fini(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* 0, or ERROR_LIMIT / ERROR_MEMORY; a refused append changes nothing but `failed`. */
int buffer_append(struct buffer *buffer, const void *data, size_t length);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
struct bytes buffer_bytes(const struct buffer *buffer);
/* The content as a C string: a terminator is kept behind the end. Never NULL. */
const char *buffer_text(struct buffer *buffer);
bool buffer_failed(const struct buffer *buffer);

#endif
