#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"

static void grows_to_its_limit_and_no_further(void **state)
{
	(void)state;
	struct buffer buffer;
	buffer_init(&buffer, 10);
	assert_int_equal(buffer_append_text(&buffer, "0123456789"), 0);
	assert_string_equal(buffer_text(&buffer), "0123456789");
	assert_int_equal(buffer_append_text(&buffer, "a"), ERROR_LIMIT);
	assert_true(buffer_failed(&buffer));
	assert_int_equal(buffer.length, 10);
	assert_int_equal(buffer_append_text(&buffer, ""), ERROR_LIMIT);
	buffer_clear(&buffer);
	assert_int_equal(buffer_printf(&buffer, "%d-%s", 42, "x"), 0);
	assert_string_equal(buffer_text(&buffer), "42-x");
	buffer_fini(&buffer);
	buffer_fini(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(grows_to_its_limit_and_no_further) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
