#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "report/page.h"

static const char *safe(struct buffer *buffer, const json_t *value)
{
	buffer_clear(buffer);
	assert_int_equal(report_append_safe(buffer, value), 0);
	return buffer_text(buffer);
}

static void markup_becomes_escapes(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 1000);
	json_t *value = json_string("</script><!-- a & b");
	assert_string_equal(safe(&buffer, value),
			    "\"\\u003c/script\\u003e\\u003c!-- a \\u0026 b\"");
	json_decref(value);
	value = json_pack("{s:i}", "<script>", 1);
	assert_string_equal(safe(&buffer, value), "{\"\\u003cscript\\u003e\":1}");
	json_decref(value);
	buffer_fini(&buffer);
}

/* Every character of the Basic Multilingual Plane (but surrogates) survives, and the text stays
 * ASCII. */
static void every_character_comes_back(void **state)
{
	(void)state;
	struct buffer text, buffer;
	buffer_init(&text, 1 << 20);
	buffer_init(&buffer, 1 << 20);
	for (unsigned c = 0; c <= 0xffff; c++) {
		uint8_t utf8[3] = { (uint8_t)(0xe0 | c >> 12), (uint8_t)(0x80 | (c >> 6 & 63)),
				    (uint8_t)(0x80 | (c & 63)) };
		uint8_t two[2] = { (uint8_t)(0xc0 | c >> 6), (uint8_t)(0x80 | (c & 63)) };
		uint8_t one = (uint8_t)c;
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		assert_int_equal(c < 0x80    ? buffer_append(&text, &one, 1)
				 : c < 0x800 ? buffer_append(&text, two, 2)
					     : buffer_append(&text, utf8, 3),
				 0);
	}
	json_t *value = json_stringn(buffer_text(&text), text.length);
	assert_non_null(value);
	const char *json = safe(&buffer, value);
	for (size_t i = 0; i < buffer.length; i++)
		assert_true(json[i] >= ' ' && json[i] <= 127 && !strchr("<>&", json[i]));
	json_t *again = json_loadb(json, buffer.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_true(json_equal(value, again));
	json_decref(again);
	json_decref(value);
	buffer_fini(&text);
	buffer_fini(&buffer);
}

static void plain_text_stays_readable(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 1000);
	json_t *value = json_pack("{s:s, s:f}", "name", "<Größe>", "time", 1240195699.345);
	assert_int_equal(report_append_plain(&buffer, value), 0);
	assert_string_equal(buffer_text(&buffer), "{\"name\":\"<Größe>\",\"time\":1240195699.345}");
	json_decref(value);
	buffer_fini(&buffer);
}

static void a_full_buffer_is_told(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 20);
	json_t *value = json_string("<<<<<<<<<<<<<<<<");
	assert_int_equal(report_append_safe(&buffer, value), ERROR_LIMIT);
	json_decref(value);
	buffer_fini(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(markup_becomes_escapes),
					    cmocka_unit_test(every_character_comes_back),
					    cmocka_unit_test(plain_text_stays_readable),
					    cmocka_unit_test(a_full_buffer_is_told) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
