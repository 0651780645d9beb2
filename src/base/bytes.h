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
struct bytes bytes_slice(struct bytes bytes, size_t offset, size_t length);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
bool bytes_start_with(struct bytes bytes, const char *prefix);
/* Offset of the first occurrence at or after `from`, or SIZE_MAX. */
size_t bytes_find(struct bytes bytes, struct bytes needle, size_t from);

struct reader reader_of(struct bytes bytes);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16le(struct reader *reader);
uint16_t reader_u16be(struct reader *reader);
uint32_t reader_u32le(struct reader *reader);
uint32_t reader_u32be(struct reader *reader);
uint64_t reader_u64le(struct reader *reader);
/* The next `length` bytes, borrowed; empty (and the reader failed) when fewer are left. */
struct bytes reader_take(struct reader *reader, size_t length);
/* Up to and including the next '\n', returned without "\r\n"; the rest where there is none. */
struct bytes reader_line(struct reader *reader);
void reader_skip(struct reader *reader, size_t length);
void reader_seek(struct reader *reader, size_t offset);
size_t reader_left(const struct reader *reader);
bool reader_failed(const struct reader *reader);

#endif
