/* Code in packed files: in what comes out of them, and in the packed bytes themselves, which is
 * what docs/shellcode-search.md says about both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "with_detector.h"

enum { PACKED_MOST = 1 << 16 };

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, 1 << 16, content, &error), 0);
}

/* How many findings there are, and through which view the first one. */
static int search(struct bytes bytes, char view[64])
{
	struct shellcode_finding findings[4];
	struct error error;
	bool exhausted;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, 4,
				   &exhausted, &error);

	assert_true(count >= 0);
	view[0] = 0;
	for (int i = 0; i < count; i++) {
		if (i == 0)
			memcpy(view, findings[0].view, 64);
		shellcode_finding_fini(&findings[i]);
	}
	return count;
}

static void put(struct buffer *into, const void *data, size_t length)
{
	assert_int_equal(buffer_append(into, data, length), 0);
}

static void put_le32(struct buffer *into, uint32_t value)
{
	uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			    (uint8_t)(value >> 24) };

	put(into, bytes, sizeof bytes);
}

/* --- deflate data that is nothing but the bytes that somebody wants to stand there --- */

struct bits {
	struct buffer *into;
	uint32_t waiting;
	unsigned count;
};

/* The lowest bit first, as everything but codes is written (RFC 1951, section 3.1.1). */
static void put_bits(struct bits *bits, uint32_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		bits->waiting |= (value >> i & 1) << bits->count;
		if (++bits->count < 8)
			continue;
		uint8_t byte = (uint8_t)bits->waiting;
		put(bits->into, &byte, 1);
		bits->waiting = bits->count = 0;
	}
}

static uint8_t reversed(uint8_t byte)
{
	uint8_t result = 0;

	for (unsigned i = 0; i < 8; i++)
		result = (uint8_t)(result << 1 | (byte >> i & 1));
	return result;
}

/* A block in which the literals 0 to 254 have the codes 0 to 254 and its end has 255, all of eight
 * bits: any bytes but ff are such data. Its header is 37 bytes long. */
static void put_own_block(struct buffer *into, struct bytes content)
{
	struct bits bits = { .into = into };
	unsigned lengths = 0;

	put_bits(&bits, 1 | 2 << 1, 3); /* the last block, codes of its own */
	put_bits(&bits, 0, 5);		/* 257 literals */
	put_bits(&bits, 0, 5);		/* one distance */
	put_bits(&bits, 1, 4);		/* five lengths of lengths: of 16, 17, 18, 0, 8 */
	put_bits(&bits, 2 | 0 << 3 | 0 << 6 | 2 << 9 | 1 << 12, 15);
	/* 8 is 0, 0 is 10, 16 (three times the last) is 11; four repetitions fill the byte */
	put_bits(&bits, 0, 1);
	lengths++;
	for (unsigned i = 0; i < 4; i++, lengths += 3) {
		put_bits(&bits, 3, 2);
		put_bits(&bits, 0, 2);
	}
	for (; lengths < 255; lengths++)
		put_bits(&bits, 0, 1);
	put_bits(&bits, 1, 2); /* no literal 255 */
	put_bits(&bits, 0, 1); /* the end */
	put_bits(&bits, 1, 2); /* no distance */
	assert_int_equal(bits.count, 0);
	put(into, content.data, content.length);
	put(into, "\xff", 1);
}

/* A gzip file whose packed bytes are the content. */
static void gzip_of_own_block(struct buffer *into, struct bytes content, bool right)
{
	uLong sum = crc32(0, NULL, 0);

	put(into, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
	put_own_block(into, content);
	for (size_t i = 0; i < content.length; i++) {
		uint8_t literal = reversed(content.data[i]);
		sum = crc32(sum, &literal, 1);
	}
	put_le32(into, (uint32_t)sum ^ !right);
	put_le32(into, (uint32_t)content.length);
}

/* Starts a shell; `hidden`: behind a decoder that finds itself. */
static void put_code(struct buffer *into, bool hidden)
{
	struct buffer code, decoder;

	buffer_init(&code, PACKED_MOST);
	buffer_init(&decoder, PACKED_MOST);
	read_vector("linux_execve", &code);
	read_vector("decoder_add_fnstenv", &decoder);
	decoder.data[2] = (uint8_t)code.length;
	for (size_t i = 0; hidden && i < code.length; i++)
		code.data[i] = (uint8_t)(code.data[i] + 7);
	if (hidden)
		put(into, decoder.data, decoder.length);
	put(into, code.data, code.length);
	buffer_fini(&decoder);
	buffer_fini(&code);
}

/* The same with letters around it. */
static void dress(bool hidden, struct buffer *into)
{
	buffer_init(into, PACKED_MOST);
	for (unsigned i = 0; i < 40; i++)
		buffer_append_text(into, "letters ");
	put_code(into, hidden);
	for (unsigned i = 0; i < 40; i++)
		buffer_append_text(into, " letters");
	assert_false(buffer_failed(into));
	assert_null(memchr(into->data, 0xff, into->length));
}

static int found_in_packed_bytes(bool hidden, bool right, char view[64])
{
	struct buffer content, file;
	uint8_t unpacked[PACKED_MOST];
	z_stream stream = { .next_out = unpacked, .avail_out = sizeof unpacked };

	dress(hidden, &content);
	buffer_init(&file, PACKED_MOST);
	gzip_of_own_block(&file, buffer_bytes(&content), right);
	/* zlib agrees about what this is */
	stream.next_in = file.data;
	stream.avail_in = (uInt)file.length;
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), right ? Z_STREAM_END : Z_DATA_ERROR);
	assert_int_equal(stream.total_out, content.length);
	inflateEnd(&stream);
	int found = search(buffer_bytes(&file), view);
	buffer_fini(&file);
	buffer_fini(&content);
	return found;
}

static void packed_bytes_with_a_wrong_sum_are_bytes(void **state)
{
	char view[64];

	(void)state;
	assert_int_equal(found_in_packed_bytes(false, false, view), 1);
	assert_string_equal(view, "");
	assert_int_equal(found_in_packed_bytes(true, false, view), 1);
}

/* With the right one they are asked for what chance hardly makes: a code that finds itself is seen,
 * one that only makes system calls is not. */
static void packed_bytes_with_the_right_sum_are_looked_at(void **state)
{
	char view[64];

	(void)state;
	assert_int_equal(found_in_packed_bytes(true, true, view), 1);
	assert_string_equal(view, "");
	assert_int_equal(found_in_packed_bytes(false, true, view), 0);
}

/* --- what comes out --- */

static void pack(struct bytes content, int level, int bits, struct buffer *into)
{
	uint8_t packed[PACKED_MOST];
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)content.data,
			    .avail_in = (uInt)content.length,
			    .next_out = packed,
			    .avail_out = sizeof packed };

	assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	put(into, packed, stream.total_out);
	deflateEnd(&stream);
}

static void what_comes_out_is_searched(void **state)
{
	struct buffer content, file;
	char view[64];

	(void)state;
	dress(false, &content);
	buffer_init(&file, PACKED_MOST);
	/* stored blocks hold the code as it is: once is told, through the file */
	for (int level = 0; level <= 9; level += 3) {
		buffer_clear(&file);
		pack(buffer_bytes(&content), level, 15 + 16, &file);
		assert_int_equal(search(buffer_bytes(&file), view), 1);
		assert_string_equal(view, "gzip");
	}
	buffer_fini(&file);
	buffer_fini(&content);
}

/* The header's name is no packed data, whatever the file is worth. */
static void a_header_is_no_packed_data(void **state)
{
	struct buffer code, packed, file;
	char view[64];

	(void)state;
	buffer_init(&code, PACKED_MOST);
	buffer_init(&packed, PACKED_MOST);
	buffer_init(&file, PACKED_MOST);
	put_code(&code, false);
	pack(bytes_of("nothing to be seen here, nor there, nor anywhere"), 9, 15 + 16, &packed);
	put(&file, packed.data, 3);
	put(&file, "\x08", 1);
	put(&file, packed.data + 4, 6);
	assert_null(memchr(code.data, 0, code.length));
	put(&file, code.data, code.length);
	put(&file, "", 1);
	put(&file, packed.data + 10, packed.length - 10);
	assert_int_equal(search(buffer_bytes(&file), view), 1);
	assert_string_equal(view, "");
	buffer_fini(&file);
	buffer_fini(&packed);
	buffer_fini(&code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_bytes_with_a_wrong_sum_are_bytes),
		cmocka_unit_test(packed_bytes_with_the_right_sum_are_looked_at),
		cmocka_unit_test(what_comes_out_is_searched),
		cmocka_unit_test(a_header_is_no_packed_data),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
