#include "base/base.h"

#include <string.h>

struct bytes bytes_of(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

struct bytes bytes_slice(struct bytes bytes, size_t offset, size_t length)
{
	if (offset >= bytes.length)
		return (struct bytes){ NULL, 0 };
	size_t left = bytes.length - offset;
	return (struct bytes){ bytes.data + offset, length < left ? length : left };
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

struct reader reader_of(struct bytes bytes)
{
	return (struct reader){ .bytes = bytes };
}

struct bytes reader_take(struct reader *reader, size_t length)
{
	if (reader->failed || reader_left(reader) < length) {
		reader->failed = true;
		return (struct bytes){ NULL, 0 };
	}
	struct bytes taken = { reader->bytes.data + reader->offset, length };
	reader->offset += length;
	return taken;
}

static uint64_t little_endian(struct bytes bytes)
{
	uint64_t value = 0;
	for (size_t i = bytes.length; i-- > 0;)
		value = value << 8 | bytes.data[i];
	return value;
}

static uint64_t big_endian(struct bytes bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < bytes.length; i++)
		value = value << 8 | bytes.data[i];
	return value;
}

uint8_t reader_u8(struct reader *reader)
{
	return (uint8_t)little_endian(reader_take(reader, 1));
}

uint16_t reader_u16le(struct reader *reader)
{
	return (uint16_t)little_endian(reader_take(reader, 2));
}

uint16_t reader_u16be(struct reader *reader)
{
	return (uint16_t)big_endian(reader_take(reader, 2));
}

uint32_t reader_u32le(struct reader *reader)
{
	return (uint32_t)little_endian(reader_take(reader, 4));
}

uint32_t reader_u32be(struct reader *reader)
{
	return (uint32_t)big_endian(reader_take(reader, 4));
}

uint64_t reader_u64le(struct reader *reader)
{
	return little_endian(reader_take(reader, 8));
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

void reader_skip(struct reader *reader, size_t length)
{
	(void)reader_take(reader, length);
}

void reader_seek(struct reader *reader, size_t offset)
{
	if (offset > reader->bytes.length)
		reader->failed = true;
	else
		reader->offset = offset;
}

size_t reader_left(const struct reader *reader)
{
	return reader->bytes.length - reader->offset;
}

bool reader_failed(const struct reader *reader)
{
	return reader->failed;
}
