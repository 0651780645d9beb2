#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"

static void reads_both_byte_orders(void **state)
{
	(void)state;
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };
	struct reader reader = reader_of((struct bytes){ data, sizeof data });
	assert_int_equal(reader_u16le(&reader), 0x0201);
	assert_int_equal(reader_u16be(&reader), 0x0304);
	assert_int_equal(reader_u8(&reader), 5);
	assert_true(reader_u64le(&reader) == 0x0d0c0b0a09080706u);
	assert_false(reader_failed(&reader));
}

static void failure_sticks(void **state)
{
	(void)state;
	static const uint8_t data[] = { 1, 2, 3 };
	struct reader reader = reader_of((struct bytes){ data, sizeof data });
	assert_int_equal(reader_u32le(&reader), 0);
	assert_true(reader_failed(&reader));
	assert_int_equal(reader_u8(&reader), 0);
	assert_int_equal(reader_take(&reader, 0).length, 0);
	assert_true(reader_failed(&reader));
}

static void splits_lines(void **state)
{
	(void)state;
	struct reader reader = reader_of(bytes_of("one\r\n\ntwo"));
	assert_true(bytes_equal_text(reader_line(&reader), "one"));
	assert_true(bytes_equal_text(reader_line(&reader), ""));
	assert_true(bytes_equal_text(reader_line(&reader), "two"));
	assert_false(reader_failed(&reader));
	reader_line(&reader);
	assert_true(reader_failed(&reader));
}

static void slices_are_cut(void **state)
{
	(void)state;
	struct bytes bytes = bytes_of("abcdef");
	assert_true(bytes_equal_text(bytes_slice(bytes, 4, SIZE_MAX), "ef"));
	assert_int_equal(bytes_slice(bytes, 7, 1).length, 0);
	assert_int_equal(bytes_find(bytes, bytes_of("cd"), 0), 2);
	assert_true(bytes_find(bytes, bytes_of("cd"), 3) == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_both_byte_orders),
					    cmocka_unit_test(failure_sticks),
					    cmocka_unit_test(splits_lines),
					    cmocka_unit_test(slices_are_cut) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
