#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "win32/registry.h"

static void keys_have_parents_and_children(void **state)
{
	(void)state;
	struct win32_registry *registry = win32_registry_new(1 << 20);

	assert_int_equal(win32_registry_create(registry, "HKLM\\Software\\B\\C"), 0);
	assert_int_equal(win32_registry_create(registry, "HKLM\\Software\\A"), 0);
	assert_int_equal(win32_registry_create(registry, "HKLM\\Software\\A B"), 0);
	assert_true(win32_registry_has(registry, "hklm\\SOFTWARE\\b"));
	assert_string_equal(win32_registry_subkey(registry, "HKLM\\Software", 0), "A");
	assert_string_equal(win32_registry_subkey(registry, "HKLM\\Software", 1), "A B");
	assert_string_equal(win32_registry_subkey(registry, "HKLM\\Software", 2), "B");
	assert_null(win32_registry_subkey(registry, "HKLM\\Software", 3));
	assert_null(win32_registry_subkey(registry, "HKLM\\Software\\A", 0));
	assert_int_equal(win32_registry_delete(registry, "HKLM\\Software\\B"), ERROR_INPUT);
	assert_int_equal(win32_registry_delete(registry, "HKLM\\Software\\B\\C"), 0);
	assert_int_equal(win32_registry_delete(registry, "HKLM\\Software\\B"), 0);
	win32_registry_free(registry);
}

static void values(void **state)
{
	(void)state;
	struct win32_registry *registry = win32_registry_new(8);

	assert_int_equal(win32_registry_set(registry, "HKCU\\X", "v", REG_BINARY, bytes_of("1")),
			 ERROR_INPUT);
	assert_int_equal(win32_registry_create(registry, "HKCU\\X"), 0);
	assert_int_equal(win32_registry_set(registry, "HKCU\\X", "v", REG_BINARY, bytes_of("1234")),
			 0);
	assert_int_equal(win32_registry_set(registry, "hkcu\\x", "V", REG_BINARY, bytes_of("56")),
			 0);
	const struct win32_value *value = win32_registry_get(registry, "HKCU\\X", "v");
	assert_int_equal(value->length, 2);
	assert_memory_equal(value->data, "56", 2);
	assert_null(win32_registry_value(registry, "HKCU\\X", 1));
	assert_int_equal(
		win32_registry_set(registry, "HKCU\\X", "w", REG_BINARY, bytes_of("1234567")),
		ERROR_LIMIT);
	assert_int_equal(win32_registry_delete_value(registry, "HKCU\\X", "v"), 0);
	assert_int_equal(win32_registry_delete_value(registry, "HKCU\\X", "v"), ERROR_INPUT);
	win32_registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keys_have_parents_and_children),
					    cmocka_unit_test(values) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
