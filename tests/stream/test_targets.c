#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "stream/targets.h"

/* Every entry of the knowledge that ships can be found by the bytes that its UUID has on the wire.
 */
static void every_interface_is_found(void **state)
{
	(void)state;
	struct error error;
	const struct targets *targets = targets_get(&error);
	assert_non_null(targets);
	static const unsigned place[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	for (unsigned i = 0; i < targets->interface_count; i++) {
		const struct target_interface *interface = &targets->interfaces[i];
		uint8_t uuid[UUID_SIZE];
		const char *text = interface->uuid;
		for (unsigned byte = 0; byte < UUID_SIZE; byte++) {
			unsigned value;
			text += *text == '-';
			assert_int_equal(sscanf(text, "%2x", &value), 1);
			uuid[place[byte]] = (uint8_t)value;
			text += 2;
		}
		assert_ptr_equal(targets_interface(targets, uuid), interface);
		for (unsigned j = 0; j < interface->operation_count; j++) {
			const struct target_operation *operation = &interface->operations[j];
			assert_ptr_equal(targets_operation(interface, operation->opnum), operation);
			assert_non_null(operation->source);
			if (operation->vulnerability)
				assert_int_equal(strncmp(operation->vulnerability, "MS", 2), 0);
		}
	}
	assert_non_null(targets_mark(targets, "mixed-transaction"));
	assert_non_null(targets_mark(targets, "reserved-session-setup"));
	assert_null(targets_mark(targets, "no such mark"));
}

static void what_is_not_known_is_not_named(void **state)
{
	(void)state;
	static const uint8_t nobody[UUID_SIZE];
	assert_null(targets_interface(targets_get(NULL), nobody));
	assert_null(targets_operation(NULL, 1));
	assert_null(targets_interface(NULL, nobody));
	assert_null(targets_mark(NULL, "mixed-transaction"));
}

static void mistakes_are_said(void **state)
{
	(void)state;
	struct error error;
	struct targets *targets;
	assert_int_equal(targets_load_bytes(bytes_of("interfaces: 3\nsmb: []\n"), "t.yaml",
					    &targets, &error),
			 ERROR_INPUT);
	assert_null(targets);
	assert_string_equal(error.where, "t.yaml");
	assert_int_equal(
		targets_load_bytes(bytes_of("interfaces:\n  - uuid: 00000000-0000-0000-0000-"
					    "000000000000\n    name: x\nsmb: []\n"),
				   "t.yaml", &targets, &error),
		0);
	assert_int_equal(targets->interface_count, 1);
	targets_free(targets);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_interface_is_found),
					    cmocka_unit_test(what_is_not_known_is_not_named),
					    cmocka_unit_test(mistakes_are_said) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
