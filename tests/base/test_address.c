#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/base.h"

static void parses_and_prints(void **state)
{
	(void)state;
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1", "0.0.0.0", "::" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct address address;
		char text[ADDRESS_TEXT_SIZE];
		assert_int_equal(address_parse(texts[i], &address), 0);
		assert_string_equal(address_text(&address, text), texts[i]);
	}
	struct address address;
	assert_int_equal(address_parse("192.0.2.256", &address), ERROR_INPUT);
	assert_int_equal(address.family, 0);
}

static void keeps_host_order(void **state)
{
	(void)state;
	struct address address = address_v4(0xC0000201);
	char text[ADDRESS_TEXT_SIZE];
	assert_string_equal(address_text(&address, text), "192.0.2.1");
	assert_int_equal(address_to_v4(&address), 0xC0000201);
}

static void knows_special_ranges(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool special;
	} cases[] = { { "10.1.2.3", true },    { "172.31.0.1", true },	 { "172.32.0.1", false },
		      { "192.168.9.9", true }, { "127.0.0.1", true },	 { "224.0.0.1", true },
		      { "8.8.8.8", false },    { "::1", true },		 { "fe80::1", true },
		      { "fd00::1", true },     { "2001:db8::1", false }, { "169.254.1.1", true } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct address address;
		assert_int_equal(address_parse(cases[i].text, &address), 0);
		assert_int_equal(address_is_special(&address), cases[i].special);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parses_and_prints),
					    cmocka_unit_test(keeps_host_order),
					    cmocka_unit_test(knows_special_ranges) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
