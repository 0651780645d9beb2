#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "remedy/extract.h"

static struct extract_value values[EXTRACT_NAMES];

static bool finds(const char *template, const char *text)
{
	bool matched;
	assert_null(extract_check(template));
	extract_find(template, bytes_of(text), values, &matched);
	return matched;
}

static void finds_typed_values(void **state)
{
	(void)state;
	assert_true(finds("open {address:address} {port:port}",
			  "echo OPEN   198.51.100.7\t8884 >> o&echo get x.exe >> o"));
	assert_string_equal(values[0].text, "198.51.100.7");
	assert_string_equal(values[1].text, "8884");
	assert_true(finds("get {file:word}", "echo get ssms.exe>>o"));
	assert_string_equal(values[0].text, "ssms.exe");
	assert_true(finds("{vulnerability:bulletin}", "LSASS (ms04-011): DsRoler"));
	assert_string_equal(values[0].text, "MS04-011");
}

static void values_end_where_their_form_ends(void **state)
{
	(void)state;
	assert_true(finds("://{address:address}", "http://203.0.113.9:8080/x"));
	assert_string_equal(values[0].text, "203.0.113.9");
	assert_true(finds("://{address:address}:{port:port}", "http://203.0.113.9:8080/x"));
	assert_string_equal(values[1].text, "8080");
	assert_true(finds("at {host:host}", "look at www.Example.com."));
	assert_string_equal(values[0].text, "www.example.com");
}

static void refuses_what_is_not_of_the_type(void **state)
{
	(void)state;
	assert_false(finds("open {address:address}", "open 0.0.0.0"));
	assert_false(finds("open {address:address}", "open 300.1.1.1"));
	assert_false(finds("port {port:port}", "port 70000"));
	assert_false(finds("port {port:port}", "port 0"));
	assert_false(finds("{vulnerability:bulletin}", "MS4-11 and CVE-1-2"));
	assert_false(finds("at {host:host}", "at localhost"));
	assert_false(finds("at {host:host}", "at -a.example"));
}

static void templates_are_checked(void **state)
{
	(void)state;
	assert_non_null(extract_check(""));
	assert_non_null(extract_check("no placeholder"));
	assert_non_null(extract_check("{port}"));
	assert_non_null(extract_check("{port:colour}"));
	assert_non_null(extract_check("{a:word} {b:word} {c:word} {d:word} {e:word}"));
}

static void undoes_escapes(void **state)
{
	uint8_t raw[16];
	(void)state;
	assert_int_equal(extract_unescape("a\\x0d\\x0Ab\\x", raw, sizeof raw), 6);
	assert_memory_equal(raw, "a\r\nb\\x", 6);
	assert_int_equal(extract_unescape("abcdef", raw, 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_typed_values),
		cmocka_unit_test(values_end_where_their_form_ends),
		cmocka_unit_test(refuses_what_is_not_of_the_type),
		cmocka_unit_test(templates_are_checked),
		cmocka_unit_test(undoes_escapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
