/* Compiled code (tests/vectors/compiled) is found wherever it lies: bare, between text, in a
 * request, behind random bytes, a protocol's header, a slide of long instructions, and where a call
 * over a field of data leads to it. Bare it is told what it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "with_detector.h"

enum { LONGEST = 1 << 14, FIELD = 9000 };

struct code {
	const char *name, *os, *arch, *action, *detail;
	struct bytes bytes;
};

static const char words[] = "It was raining on the market square, and nobody had come to buy the "
			    "24 geese. ";

static void put_words(struct buffer *into)
{
	for (unsigned i = 0; i < 3; i++)
		buffer_append(into, words, sizeof words - 1);
}

static void put_random(struct buffer *into, size_t length)
{
	struct random random;

	random_init(&random, 17, length);
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)random_u32(&random);
		buffer_append(into, &byte, 1);
	}
}

static void put_nothing(struct buffer *into, size_t length)
{
	(void)into;
	(void)length;
}

static void put_text(struct buffer *into, size_t length)
{
	(void)length;
	put_words(into);
}

static void put_request(struct buffer *into, size_t length)
{
	buffer_printf(into,
		      "POST /upload HTTP/1.1\r\nHost: www.example.com\r\nContent-Type: "
		      "application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
		      length);
}

static void put_noise(struct buffer *into, size_t length)
{
	(void)length;
	put_random(into, 300);
}

/* Records with lengths and padding. */
static void put_records(struct buffer *into, size_t length)
{
	for (unsigned i = 0; i < 40; i++) {
		uint8_t record[] = {
			0, 0, (uint8_t)(length >> 8), (uint8_t)length, 0xff, 0xfe, (uint8_t)i, 0
		};
		buffer_append(into, record, sizeof record);
	}
}

/* nop of two to nine bytes, as assemblers pad with. */
static void put_slide(struct buffer *into, size_t length)
{
	static const struct bytes nops[] = {
		{ (const uint8_t *)"\x66\x90", 2 },
		{ (const uint8_t *)"\x0f\x1f\x00", 3 },
		{ (const uint8_t *)"\x0f\x1f\x44\x00\x00", 5 },
		{ (const uint8_t *)"\x0f\x1f\x80\x00\x00\x00\x00", 7 },
		{ (const uint8_t *)"\x66\x0f\x1f\x84\x00\x00\x00\x00\x00", 9 },
	};

	(void)length;
	put_words(into);
	for (unsigned i = 0; i < 60; i++)
		buffer_append(into, nops[i * 7 % 5].data, nops[i * 7 % 5].length);
}

/* A call over data. */
static void put_call(struct buffer *into, size_t length)
{
	const uint8_t call[] = { 0xe8, FIELD & 0xff, FIELD >> 8, 0, 0 };

	(void)length;
	put_words(into);
	buffer_append(into, call, sizeof call);
	put_random(into, FIELD);
}

static const struct place {
	const char *name;
	void (*before)(struct buffer *into, size_t length); /* of the code */
	bool system; /* is told rightly; behind a slide it may begin too late for that */
} places[] = {
	{ "bare", put_nothing, true },	     { "text", put_text, true },
	{ "request", put_request, true },    { "noise", put_noise, true },
	{ "records", put_records, true },    { "slide", put_slide, false },
	{ "behind a call", put_call, true },
};

/* Is there an action whose text form contains both? */
static bool acts(const struct shellcode_finding *finding, const struct code *code)
{
	size_t index;
	json_t *value;
	bool found = false;

	json_array_foreach(finding->actions, index, value)
	{
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		found |= strcmp(json_string_value(json_object_get(value, "action")),
				code->action) == 0 &&
			 strstr(text, code->detail);
		free(text);
	}
	return found;
}

static bool is_found(const struct code *code, const struct place *place)
{
	struct shellcode_finding findings[4];
	struct buffer buffer;
	struct error error;
	bool bare = place->before == put_nothing, found = false;
	bool told = bare && strcmp(code->action, "-") != 0;
	int count;

	buffer_init(&buffer, 1 << 17);
	place->before(&buffer, code->bytes.length);
	buffer_append(&buffer, code->bytes.data, code->bytes.length);
	if (!bare)
		put_words(&buffer);
	count = shellcode_scan(detector, buffer_bytes(&buffer), (struct bytes){ NULL, 0 }, findings,
			       4, NULL, &error);
	for (int i = 0; i < count; i++) {
		found |= (!place->system || strcmp(findings[i].os, code->os) == 0) &&
			 strcmp(findings[i].arch, code->arch) == 0 &&
			 (!told || acts(&findings[i], code));
		shellcode_finding_fini(&findings[i]);
	}
	if (!found)
		print_error("%s, %s: %d findings\n", code->name, place->name, count);
	buffer_fini(&buffer);
	return found;
}

static int digit(char letter)
{
	return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

/* A line of compiled.tsv, see compile.py; `bytes`: room for its code. */
static struct code read_code(char *line, uint8_t bytes[LONGEST])
{
	struct code code = { .name = strsep(&line, "\t") };
	size_t length = 0;

	code.os = strsep(&line, "\t");
	code.arch = strsep(&line, "\t");
	code.action = strsep(&line, "\t");
	code.detail = strsep(&line, "\t");
	assert_non_null(line);
	for (; line[2 * length]; length++) {
		assert_true(length < LONGEST);
		bytes[length] =
			(uint8_t)(digit(line[2 * length]) << 4 | digit(line[2 * length + 1]));
	}
	code.bytes = (struct bytes){ bytes, length };
	return code;
}

static void compiled_code_is_found_anywhere(void **state)
{
	struct buffer lines;
	unsigned count = 0, missed = 0;
	char path[1024], *text, *line;
	struct error error;

	(void)state;
	assert_non_null(getenv("KENBI_VECTORS"));
	snprintf(path, sizeof path, "%s/compiled.tsv", getenv("KENBI_VECTORS"));
	assert_int_equal(file_read(path, 1 << 22, &lines, &error), 0);
	text = strdup(buffer_text(&lines));
	assert_non_null(text);
	for (char *next = text; (line = strsep(&next, "\n")) && *line; count++) {
		uint8_t bytes[LONGEST];
		struct code code = read_code(line, bytes);
		for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
			missed += !is_found(&code, &places[i]);
	}
	free(text);
	buffer_fini(&lines);
	assert_true(count >= 100);
	assert_int_equal(missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiled_code_is_found_anywhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
