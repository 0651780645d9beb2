#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unix/table.h"

static void assert_call(enum unix_system system, uint64_t number, const char *name)
{
	int call = unix_table_find(system, number);

	assert_true(call >= 0);
	assert_string_equal(unix_table_name(call), name);
}

static void knows_numbers(void **state)
{
	(void)state;
	assert_call(UNIX_LINUX_32, 11, "execve");
	assert_call(UNIX_LINUX_32, 102, "socketcall");
	assert_call(UNIX_LINUX_64, 59, "execve");
	assert_call(UNIX_LINUX_64, 0, "read");
	assert_call(UNIX_FREEBSD_32, 59, "execve");
	assert_call(UNIX_FREEBSD_64, 104, "bind");
	assert_call(UNIX_SOLARIS_32, 230, "so_socket");
	assert_int_equal(unix_table_find(UNIX_LINUX_32, 1 << 20), ERROR_INPUT);
	assert_int_equal(unix_table_find(UNIX_SOLARIS_32, 0), ERROR_INPUT);
}

static void every_call_has_known_letters(void **state)
{
	(void)state;
	for (int call = 0; call < UNIX_CALL_COUNT; call++) {
		const char *letters = unix_table_letters(call);
		assert_true(strlen(letters) <= UNIX_ARGUMENTS);
		assert_int_equal(strspn(letters, "ptvboaArwcdDyslLmukghzeqfni?"), strlen(letters));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_numbers),
		cmocka_unit_test(every_call_has_known_letters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
