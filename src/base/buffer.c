#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){ .limit = limit };
}

void buffer_fini(struct buffer *buffer)
{
	if (!buffer)
		return;
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

/* Room for `length` more bytes and a terminator. */
static int reserve(struct buffer *buffer, size_t length)
{
	if (buffer->failed || length > buffer->limit - buffer->length) {
		buffer->failed = true;
		return ERROR_LIMIT;
	}
	size_t needed = buffer->length + length + 1;
	if (needed <= buffer->capacity)
		return 0;
	size_t capacity = buffer->capacity ? buffer->capacity : 64;
	while (capacity < needed)
		capacity *= 2;
	uint8_t *data = realloc(buffer->data, capacity);
	if (!data) {
		buffer->failed = true;
		return ERROR_MEMORY;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t length)
{
	int result = reserve(buffer, length);
	if (result < 0 || length == 0)
		return result;
	memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	int length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (length < 0)
		return ERROR_INTERNAL;
	int result = reserve(buffer, (size_t)length);
	if (result < 0)
		return result;
	va_start(list, format);
	vsnprintf((char *)buffer->data + buffer->length, (size_t)length + 1, format, list);
	va_end(list);
	buffer->length += (size_t)length;
	return 0;
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
	return (struct bytes){ buffer->data, buffer->length };
}

const char *buffer_text(struct buffer *buffer)
{
	if (!buffer->data)
		return "";
	buffer->data[buffer->length] = 0;
	return (const char *)buffer->data;
}

bool buffer_failed(const struct buffer *buffer)
{
	return buffer->failed;
}
