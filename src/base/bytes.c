#include "base/base.h"

#include <string.h>

struct bytes bytes_of(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_of(text));
}

bool bytes_start_with(struct bytes bytes, const char *prefix)
{
	size_t length = strlen(prefix);
	return bytes.length >= length && memcmp(bytes.data, prefix, length) == 0;
}

size_t bytes_find(struct bytes bytes, struct bytes needle, size_t from)
{
	if (from >= bytes.length || needle.length == 0)
		return SIZE_MAX;
	const uint8_t *found =
		memmem(bytes.data + from, bytes.length - from, needle.data, needle.length);
	return found ? (size_t)(found - bytes.data) : SIZE_MAX;
}

struct bytes reader_line(struct reader *reader)
{
	struct bytes rest = bytes_slice(reader->bytes, reader->offset, SIZE_MAX);
	if (reader->failed || rest.length == 0) {
		reader->failed = true;
		return (struct bytes){ NULL, 0 };
	}
	const uint8_t *end = memchr(rest.data, '\n', rest.length);
	struct bytes line = rest;
	if (end) {
		line.length = (size_t)(end - rest.data);
		reader->offset += line.length + 1;
	} else {
		reader->offset = reader->bytes.length;
	}
	if (line.length && line.data[line.length - 1] == '\r')
		line.length--;
	return line;
}

void reader_seek(struct reader *reader, size_t offset)
{
	if (offset > reader->bytes.length)
		reader->failed = true;
	else
		reader->offset = offset;
}
