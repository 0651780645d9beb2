/* Bytes that somebody else owns, and the bounded reader: the only way foreign bytes are read.
 *
 * The reader's failure sticks: after a read past the end every further read gives zeros, and
 * reader_failed() is asked once, at the end of a structure. */
#ifndef KENBI_BASE_BYTES_H
#define KENBI_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *data; /* borrowed; may be NULL when length is 0 */
	size_t length;
};

struct reader {
	struct bytes bytes;
	size_t offset;
	bool failed;
};

/* The bytes of a C string without its terminator. */
struct bytes bytes_of(const char *text);
/* bytes[offset, offset + length), cut at the end of bytes; empty when offset lies beyond. */
#ifdef __clang_analyzer__
/* Were it to look inside, it would take each empty slice for one that is used: it does not see that
 * callers ask for its length, or the reader whether it failed. The same with reader_take. */
struct bytes bytes_slice(struct bytes bytes, size_t offset, size_t length);
#else
static inline struct bytes bytes_slice(struct bytes bytes, size_t offset, size_t length)
{
	if (offset >= bytes.length)
		return (struct bytes){ NULL, 0 };
	size_t left = bytes.length - offset;
	return (struct bytes){ bytes.data + offset, length < left ? length : left };
}
#endif
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
bool bytes_start_with(struct bytes bytes, const char *prefix);
/* Offset of the first occurrence at or after `from`, or SIZE_MAX. */
size_t bytes_find(struct bytes bytes, struct bytes needle, size_t from);

static inline struct reader reader_of(struct bytes bytes)
{
	return (struct reader){ .bytes = bytes };
}
static inline size_t reader_left(const struct reader *reader)
{
	return reader->bytes.length - reader->offset;
}
static inline bool reader_failed(const struct reader *reader)
{
	return reader->failed;
}
/* The next `length` bytes, borrowed; empty (and the reader failed) when fewer are left. */
#ifdef __clang_analyzer__
struct bytes reader_take(struct reader *reader, size_t length);
#else
static inline struct bytes reader_take(struct reader *reader, size_t length)
{
	if (reader->failed || reader_left(reader) < length) {
		reader->failed = true;
		return (struct bytes){ NULL, 0 };
	}
	struct bytes taken = { reader->bytes.data + reader->offset, length };
	reader->offset += length;
	return taken;
}
#endif
static inline void reader_skip(struct reader *reader, size_t length)
{
	(void)reader_take(reader, length);
}
void reader_seek(struct reader *reader, size_t offset);
/* Up to and including the next '\n', returned without "\r\n"; the rest where there is none. */
struct bytes reader_line(struct reader *reader);

/* Numbers; 0 (and the reader failed) when too few bytes are left. */
static inline uint8_t reader_u8(struct reader *reader)
{
	struct bytes taken = reader_take(reader, 1);

	return (uint8_t)(taken.length ? taken.data[0] : 0);
}
static inline uint16_t reader_u16le(struct reader *reader)
{
	struct bytes taken = reader_take(reader, 2);

	return (uint16_t)(taken.length ? taken.data[0] | taken.data[1] << 8 : 0);
}
static inline uint16_t reader_u16be(struct reader *reader)
{
	struct bytes taken = reader_take(reader, 2);

	return (uint16_t)(taken.length ? taken.data[0] << 8 | taken.data[1] : 0);
}
static inline uint32_t reader_u32le(struct reader *reader)
{
	struct bytes taken = reader_take(reader, 4);
	const uint8_t *data = taken.data;

	return taken.length ? (uint32_t)data[3] << 24 | (uint32_t)data[2] << 16 |
				      (uint32_t)data[1] << 8 | data[0]
			    : 0;
}
static inline uint32_t reader_u32be(struct reader *reader)
{
	struct bytes taken = reader_take(reader, 4);
	const uint8_t *data = taken.data;

	return taken.length ? (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
				      (uint32_t)data[2] << 8 | data[3]
			    : 0;
}
static inline uint64_t reader_u64le(struct reader *reader)
{
	struct bytes taken = reader_take(reader, 8);
	struct reader halves = { .bytes = taken };
	uint64_t low = reader_u32le(&halves);

	return low | (uint64_t)reader_u32le(&halves) << 32;
}

#endif
