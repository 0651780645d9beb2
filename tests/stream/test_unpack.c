/* Programs in archives and behind content codings; archives that lie, and bombs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <zlib.h>

#include "talk.h"

#define PROGRAM_SIZE 3000u

/* What stream_media takes for a PE, and then what deflate cannot do much about. */
static struct bytes program(void)
{
	static uint8_t bytes[PROGRAM_SIZE];
	uint32_t state = 1;

	for (size_t i = 0x40; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)((state = state * 1103515245 + 12345) >> 20);
	memcpy(bytes, "MZ", 2);
	bytes[0x3c] = 0x80;
	memcpy(bytes + 0x80, "PE\0\0", 4);
	return (struct bytes){ bytes, sizeof bytes };
}

/* Packs; bits as for deflateInit2. */
static void pack(struct bytes content, int bits, struct buffer *into)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)content.data,
			    .avail_in = (uInt)content.length };
	static uint8_t packed[1 << 20];

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_out = packed;
	stream.avail_out = sizeof packed;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(buffer_append(into, packed, stream.total_out), 0);
	deflateEnd(&stream);
}

static void put_le(struct buffer *into, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++, value >>= 8) {
		uint8_t byte = (uint8_t)value;
		assert_int_equal(buffer_append(into, &byte, 1), 0);
	}
}

struct zip {
	struct buffer file, directory;
	unsigned members;
};

static void zip_init(struct zip *zip)
{
	*zip = (struct zip){ .members = 0 };
	buffer_init(&zip->file, 1 << 24);
	buffer_init(&zip->directory, 1 << 24);
}

/* APPNOTE 4.3.7 and 4.3.12; `bytes` are as they lie in the file. */
static void zip_add(struct zip *zip, const char *name, struct bytes bytes, unsigned method,
		    unsigned flags)
{
	uint32_t offset = (uint32_t)zip->file.length;

	put_le(&zip->file, 0x04034b50, 4);
	put_le(&zip->file, 20, 2);
	put_le(&zip->file, flags, 2);
	put_le(&zip->file, method, 2);
	put_le(&zip->file, 0, 4);
	put_le(&zip->file, 0, 12);
	put_le(&zip->file, (uint32_t)strlen(name), 2);
	put_le(&zip->file, 4, 2); /* an extra field that the directory has not */
	buffer_append_text(&zip->file, name);
	put_le(&zip->file, 0, 4);
	assert_int_equal(buffer_append(&zip->file, bytes.data, bytes.length), 0);
	put_le(&zip->directory, 0x02014b50, 4);
	put_le(&zip->directory, 20, 4);
	put_le(&zip->directory, flags, 2);
	put_le(&zip->directory, method, 2);
	put_le(&zip->directory, 0, 8);
	put_le(&zip->directory, (uint32_t)bytes.length, 4);
	put_le(&zip->directory, 0, 4);
	put_le(&zip->directory, (uint32_t)strlen(name), 2);
	put_le(&zip->directory, 0, 12);
	put_le(&zip->directory, offset, 4);
	buffer_append_text(&zip->directory, name);
	zip->members++;
}

static struct bytes zip_finish(struct zip *zip)
{
	uint32_t offset = (uint32_t)zip->file.length;

	assert_int_equal(buffer_append(&zip->file, zip->directory.data, zip->directory.length), 0);
	put_le(&zip->file, 0x06054b50, 4);
	put_le(&zip->file, 0, 4);
	put_le(&zip->file, zip->members, 2);
	put_le(&zip->file, zip->members, 2);
	put_le(&zip->file, (uint32_t)zip->directory.length, 4);
	put_le(&zip->file, offset, 4);
	put_le(&zip->file, 0, 2);
	return buffer_bytes(&zip->file);
}

static void zip_fini(struct zip *zip)
{
	buffer_fini(&zip->file);
	buffer_fini(&zip->directory);
}

/* "GET name" and that body. */
static struct talk *answered(const char *name, const char *fields, struct bytes body)
{
	struct talk *talk = talk_new(6, 80);
	char head[300];

	snprintf(head, sizeof head, "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", name);
	talk_say(talk, STREAM_CLIENT, head);
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields,
		 body.length);
	talk_say(talk, STREAM_SERVER, head);
	talk_bytes(talk, STREAM_SERVER, body);
	talk_describe(talk);
	assert_true(talk_is(talk, "http", STREAM_CONFORMS));
	return talk;
}

static void members_of_a_zip(void **state)
{
	(void)state;
	struct buffer packed;
	struct zip zip;

	buffer_init(&packed, 1 << 20);
	pack(program(), -15, &packed);
	zip_init(&zip);
	zip_add(&zip, "readme.txt", bytes_of("nothing of interest"), 0, 0);
	zip_add(&zip, "a/stored.exe", program(), 0, 0);
	zip_add(&zip, "packed.exe", buffer_bytes(&packed), 8, 0);
	zip_add(&zip, "secret.exe", buffer_bytes(&packed), 8, 1);
	zip_add(&zip, "cut.exe", bytes_slice(buffer_bytes(&packed), 0, packed.length / 2), 8, 0);
	struct talk *talk = answered("w.zip", "", zip_finish(&zip));
	assert_int_equal(talk->result, 0);
	assert_int_equal(talk->description.file_count, 4);
	assert_string_equal(talk->description.files[0].media, "zip");
	const struct stream_file *stored = talk_file(talk, "a/stored.exe", program());
	assert_non_null(stored);
	assert_string_equal(stored->carrier, "http");
	assert_string_equal(stored->media, "pe");
	assert_int_equal(stored->sender, STREAM_SERVER);
	const struct stream_file *unpacked = talk_file(talk, "packed.exe", program());
	assert_non_null(unpacked);
	assert_true(unpacked->complete);
	const struct stream_file *cut = &talk->description.files[3];
	assert_string_equal(cut->name, "cut.exe");
	assert_false(cut->complete);
	assert_in_range(cut->content.length, 1, PROGRAM_SIZE - 1);
	talk_free(talk);
	zip_fini(&zip);
	buffer_fini(&packed);
}

/* Who does not ask for files pays for none. */
static void left_packed_where_nobody_asks(void **state)
{
	(void)state;
	struct buffer packed;

	buffer_init(&packed, 1 << 20);
	pack(program(), 15 + 16, &packed);
	for (int coded = 0; coded < 2; coded++) {
		struct talk *talk = answered("t.gz", coded ? "Content-Encoding: gzip\r\n" : "",
					     buffer_bytes(&packed));
		stream_description_fini(&talk->description);
		assert_int_equal(stream_describe_packed(&talk->session, &talk->description), 0);
		assert_true(talk_is(talk, "http", STREAM_CONFORMS));
		assert_int_equal(talk->description.file_count, 1);
		assert_string_equal(talk->description.files[0].media, "gzip");
		talk_free(talk);
	}
	buffer_fini(&packed);
}

static void archives_in_archives(void **state)
{
	(void)state;
	struct zip levels[3];
	struct bytes inner = program();

	for (int i = 0; i < 3; i++) {
		zip_init(&levels[i]);
		zip_add(&levels[i], i ? "more.zip" : "w.exe", inner, 0, 0);
		inner = zip_finish(&levels[i]);
	}
	struct talk *talk = answered("two.zip", "", buffer_bytes(&levels[1].file));
	assert_non_null(talk_file(talk, "w.exe", program()));
	talk_free(talk);
	talk = answered("three.zip", "", inner);
	assert_int_equal(talk->description.file_count, 3); /* the third archive stays closed */
	assert_null(talk_file(talk, "w.exe", program()));
	talk_free(talk);
	for (int i = 0; i < 3; i++)
		zip_fini(&levels[i]);
}

static void gzip_as_file_and_as_coding(void **state)
{
	(void)state;
	struct buffer packed;

	buffer_init(&packed, 1 << 20);
	pack(program(), 15 + 16, &packed);
	struct talk *talk = answered("tool.exe.gz", "", buffer_bytes(&packed));
	assert_int_equal(talk->description.file_count, 2);
	assert_non_null(talk_file(talk, "tool.exe", program()));
	talk_free(talk);
	talk = answered("tool.exe", "Content-Encoding: gzip\r\n", buffer_bytes(&packed));
	assert_int_equal(talk->description.file_count, 1);
	assert_true(talk_file(talk, "tool.exe", program())->complete);
	talk_free(talk);

	for (int bits = -15; bits <= 15; bits += 30) {
		buffer_clear(&packed);
		pack(program(), bits, &packed);
		talk = answered("t", "Content-Encoding: deflate\r\n", buffer_bytes(&packed));
		assert_non_null(talk_file(talk, "t", program()));
		talk_free(talk);
	}
	buffer_clear(&packed);
	pack(bytes_of("<html>a page like any other</html>"), 15 + 16, &packed);
	talk = answered("page", "Content-Encoding: gzip\r\n", buffer_bytes(&packed));
	assert_string_equal(talk->description.files[0].media, "gzip");
	assert_int_equal(talk->description.file_count, 1);
	talk_free(talk);
	buffer_fini(&packed);
}

/* 64 MiB of zeros behind a header in 64 KiB, and the same member named many times. */
static void bombs_are_bounded(void **state)
{
	(void)state;
	static uint8_t zeros[16 << 20];
	struct buffer packed;
	struct zip zip;

	memcpy(zeros, program().data, 0x100);
	buffer_init(&packed, 1 << 20);
	pack((struct bytes){ zeros, sizeof zeros }, -15, &packed);
	assert_in_range(packed.length, 1, 1 << 15);
	zip_init(&zip);
	for (int i = 0; i < 200; i++)
		zip_add(&zip, "x", buffer_bytes(&packed), 8, 0);
	struct talk *talk = answered("bomb.zip", "", zip_finish(&zip));
	assert_int_equal(talk->result, ERROR_LIMIT);
	uint64_t sum = 0;
	for (size_t i = 1; i < talk->description.file_count; i++)
		sum += talk->description.files[i].content.length;
	assert_in_range(sum, 1, 32 << 20);
	talk_free(talk);
	zip_fini(&zip);
	buffer_fini(&packed);
}

static void directories_that_lie(void **state)
{
	(void)state;
	struct zip zip;

	for (size_t cut = 1; cut < 120; cut++) {
		zip_init(&zip);
		zip_add(&zip, "w.exe", program(), 0, 0);
		struct bytes whole = zip_finish(&zip);
		struct talk *talk =
			answered("w.zip", "", bytes_slice(whole, 0, whole.length - cut));
		assert_int_equal(talk->description.file_count, 1);
		talk_free(talk);
		/* every byte of the directory wrong, one after the other */
		if (cut <= zip.directory.length)
			zip.file.data[whole.length - 22 - cut] ^= 0xff;
		talk = answered("w.zip", "", whole);
		assert_in_range(talk->description.file_count, 1, 2);
		talk_free(talk);
		zip_fini(&zip);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_a_zip),
		cmocka_unit_test(archives_in_archives),
		cmocka_unit_test(left_packed_where_nobody_asks),
		cmocka_unit_test(gzip_as_file_and_as_coding),
		cmocka_unit_test(bombs_are_bounded),
		cmocka_unit_test(directories_that_lie),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
