/* Code in compressed data of pictures, video and archives: what docs/shellcode-search.md says of
 * files whose format is right, of such that break a rule of it, and of what is around the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "media_files.h"
#include "shellcode/media.h"
#include "with_detector.h"

enum { CONTENT = 40000, CODE_AT = 20001, FILE_MOST = 1 << 17 };

static uint8_t content_of_all[CONTENT];

static struct bytes whole(void)
{
	return (struct bytes){ content_of_all, CONTENT };
}

/* Random, but never 0xff: xorshift64. */
static void fill_with_noise(uint64_t state)
{
	for (size_t i = 0; i < CONTENT; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		content_of_all[i] = (uint8_t)((state >> 16) % 255);
	}
}

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, 1 << 16, content, &error), 0);
}

/* Starts a shell; `hidden`: behind a decoder that finds itself. */
static void put_code(uint8_t *at, bool hidden)
{
	struct buffer code, decoder;

	read_vector("linux_execve", &code);
	read_vector("decoder_add_fnstenv", &decoder);
	decoder.data[2] = (uint8_t)code.length;
	for (size_t i = 0; hidden && i < code.length; i++)
		code.data[i] = (uint8_t)(code.data[i] + 7);
	if (hidden)
		memcpy(at, decoder.data, decoder.length);
	memcpy(at + (hidden ? decoder.length : 0), code.data, code.length);
	assert_null(memchr(at, 0xff, code.length + (hidden ? decoder.length : 0)));
	buffer_fini(&decoder);
	buffer_fini(&code);
}

static int search(struct bytes bytes, bool delivered)
{
	struct shellcode_file file = { 0, bytes.length };
	struct shellcode_finding findings[4];
	struct error error;

	if (delivered)
		shellcode_delivered(detector, &file, 1);
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, 4, NULL,
				   &error);
	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	return count;
}

/* A file of that kind, of what is in content_of_all. */
static void make(size_t kind, struct buffer *file)
{
	buffer_init(file, FILE_MOST);
	size_t at = media_kinds[kind].make(file, whole());
	assert_memory_equal(file->data + at, content_of_all, CODE_AT + 100);
}

static void a_code_that_finds_itself_is_found(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < media_kind_count; kind++) {
		struct buffer file;
		fill_with_noise(kind + 1);
		put_code(content_of_all + CODE_AT, true);
		make(kind, &file);
		assert_int_equal(search(buffer_bytes(&file), true), 1);
		buffer_fini(&file);
	}
}

/* The limit that is declared; and it is one of files that were delivered alone. */
static void a_code_that_only_calls_the_system_is_not(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < media_kind_count; kind++) {
		struct buffer file;
		fill_with_noise(kind + 1);
		put_code(content_of_all + CODE_AT, false);
		make(kind, &file);
		assert_int_equal(search(buffer_bytes(&file), true), 0);
		assert_int_equal(search(buffer_bytes(&file), false), 1);
		/* told for one search */
		assert_int_equal(search(buffer_bytes(&file), true), 0);
		assert_int_equal(search(buffer_bytes(&file), false), 1);
		buffer_fini(&file);
	}
}

static void what_is_cut_is_searched(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < media_kind_count; kind++) {
		struct buffer file;
		fill_with_noise(kind + 1);
		put_code(content_of_all + CODE_AT, false);
		make(kind, &file);
		file.length--;
		assert_int_equal(search(buffer_bytes(&file), true), 1);
		buffer_fini(&file);
	}
}

/* Letters do not look compressed, whatever the format says. */
static void what_is_not_dense_is_searched(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < media_kind_count; kind++) {
		struct buffer file;
		for (size_t i = 0; i < CONTENT; i++)
			content_of_all[i] = (uint8_t)('a' + i * i % 23);
		put_code(content_of_all + CODE_AT, false);
		make(kind, &file);
		assert_int_equal(search(buffer_bytes(&file), true), 1);
		buffer_fini(&file);
	}
}

/* In a comment of a picture, and behind its end. */
static void what_is_around_is_searched(void **state)
{
	struct buffer file;
	uint8_t code[100] = { 0 };

	(void)state;
	fill_with_noise(1);
	put_code(code, false);
	for (int behind = 0; behind < 2; behind++) {
		struct buffer with;
		make(0, &file);
		buffer_init(&with, FILE_MOST);
		assert_int_equal(buffer_append(&with, file.data, behind ? file.length : 2), 0);
		if (!behind)
			assert_int_equal(buffer_append(&with, "\xff\xfe\0\x66", 4), 0);
		assert_int_equal(buffer_append(&with, code, sizeof code), 0);
		if (!behind)
			assert_int_equal(buffer_append(&with, file.data + 2, file.length - 2), 0);
		struct media media;
		media_check(buffer_bytes(&with), &media);
		assert_int_equal(media.count, 1);
		assert_int_equal(search(buffer_bytes(&with), true), 1);
		buffer_fini(&with);
		buffer_fini(&file);
	}
}

/* --- the formats' own rules --- */

static size_t stretches(struct bytes file)
{
	struct media media;

	media_check(file, &media);
	return media.count;
}

static void content_is_the_stretch(void **state)
{
	(void)state;
	fill_with_noise(9);
	for (size_t kind = 0; kind < media_kind_count; kind++) {
		struct buffer file;
		struct media media;
		buffer_init(&file, FILE_MOST);
		size_t at = media_kinds[kind].make(&file, whole());
		media_check(buffer_bytes(&file), &media);
		assert_int_equal(media.count, 1);
		/* with the few bytes before and behind it that its format has there */
		assert_in_range(media.at[0].start, at - 6, at);
		assert_in_range(media.at[0].end, at + CONTENT, at + CONTENT + 4);
		buffer_fini(&file);
	}
}

/* A changed byte where sums or rules cover it: in all of a PNG file, in the headers of xz, in both
 * of 7z, in what is stored in zip. */
static void changed_bytes_are_noticed(void **state)
{
	static const struct {
		const char *name;
		size_t from, to, step;
	} places[] = {
		{ "png", 8, CONTENT + 60, 97 },
		{ "xz", 0, 24, 1 },
		{ "7z", 8, 32, 1 },
		{ "zip", 31, CONTENT + 100, 997 },
		{ "mp4", 4, 8, 1 },
		{ "mp4", 24, 28, 1 },
		{ "webp", 4, 8, 1 },
		{ "jpeg", 106, 110, 1 },
	};

	(void)state;
	fill_with_noise(9);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct buffer file;
		size_t kind = 0;
		while (strcmp(media_kinds[kind].name, places[i].name) != 0)
			kind++;
		make(kind, &file);
		for (size_t at = places[i].from; at < places[i].to; at += places[i].step) {
			file.data[at] ^= 0x80;
			assert_int_equal(stretches(buffer_bytes(&file)), 0);
			file.data[at] ^= 0x80;
		}
		assert_int_equal(stretches(buffer_bytes(&file)), 1);
		buffer_fini(&file);
	}
}

/* Changes `from` in a picture to `to` where it stands first; both of that length. */
static void expect_jpeg(const char *from, const char *to, size_t length, size_t expected)
{
	struct buffer file;

	make(0, &file);
	uint8_t *at = memmem(file.data, file.length, from, length);
	assert_non_null(at);
	memcpy(at, to, length);
	assert_int_equal(stretches(buffer_bytes(&file)), expected);
	buffer_fini(&file);
}

static void pictures_keep_their_rules(void **state)
{
	(void)state;
	fill_with_noise(9);
	memcpy(content_of_all + 9000, "rest", 4);
	expect_jpeg("rest",
		    "\xff\xd0"
		    "st",
		    4, 1);			 /* the restart whose turn it is */
	expect_jpeg("rest", "\xff\xd1st", 4, 0); /* the next one, too early */
	expect_jpeg("rest", "\xff\0st", 4, 1);	 /* stuffed */
	expect_jpeg("rest", "\xff\xc9st", 4, 0); /* no marker that belongs there */
	expect_jpeg("\xff\xdd\0\4\0\2", "\xff\xdd\0\4\0\0", 6, 1); /* no restarts */
	expect_jpeg("\x08\1\0\1\0\1", "\x08\0\x08\0\x08\1", 6, 0); /* 8 by 8: too much data */
	expect_jpeg("\0\x15\0\0\2\0", "\0\x15\0\3\0\0", 6, 0);	   /* three codes of one bit */
	expect_jpeg("\xff\xdb", "\xff\xfe", 2, 0);		   /* nothing to multiply with */
}

static void many_entries_of_the_same_bytes_are_no_archive(void **state)
{
	struct buffer file, twice;
	const uint8_t *entry, *end;

	(void)state;
	fill_with_noise(9);
	make(media_kind_count - 1, &file);
	entry = memmem(file.data, file.length, "PK\1\2", 4);
	end = memmem(file.data, file.length, "PK\5\6", 4);
	assert_non_null(entry);
	assert_non_null(end);
	buffer_init(&twice, FILE_MOST);
	size_t before = (size_t)(end - file.data), length = (size_t)(end - entry);
	assert_int_equal(buffer_append(&twice, file.data, before), 0);
	assert_int_equal(buffer_append(&twice, entry, length), 0);
	assert_int_equal(buffer_append(&twice, end, 22), 0);
	uint8_t *record = twice.data + twice.length - 22;
	record[8] = record[10] = 2;
	record[12] = (uint8_t)(2 * length);
	assert_int_equal(stretches(buffer_bytes(&twice)), 0);
	buffer_fini(&twice);
	buffer_fini(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_that_finds_itself_is_found),
		cmocka_unit_test(a_code_that_only_calls_the_system_is_not),
		cmocka_unit_test(what_is_cut_is_searched),
		cmocka_unit_test(what_is_not_dense_is_searched),
		cmocka_unit_test(what_is_around_is_searched),
		cmocka_unit_test(content_is_the_stretch),
		cmocka_unit_test(changed_bytes_are_noticed),
		cmocka_unit_test(pictures_keep_their_rules),
		cmocka_unit_test(many_entries_of_the_same_bytes_are_no_archive),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
