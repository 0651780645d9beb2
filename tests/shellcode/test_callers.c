#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/callers.h"

enum { LENGTH = 40000 };

static void put_call(uint8_t *data, size_t from, size_t to)
{
	uint32_t distance = (uint32_t)(to - from - 5);

	data[from] = 0xe8;
	memcpy(data + from + 1, &distance, sizeof distance);
}

/* Calls far ahead and far back are listed, and told by where they lead. */
static void calls_are_told_by_where_they_lead(void **state)
{
	struct callers *callers = calloc(1, sizeof *callers);
	uint8_t *data = calloc(1, LENGTH);
	struct seed_map map;
	struct error error;

	(void)state;
	assert_true(callers && data);
	memset(data, 0x90, LENGTH);
	put_call(data, 100, 30000);
	put_call(data, 35000, 30000);
	put_call(data, 30050, 200);
	put_call(data, 500, LENGTH + 4); /* beyond the piece */
	assert_int_equal(seed_map_init(&map, LENGTH, &error), 0);
	seed_map_load(&map, (struct bytes){ data, LENGTH });
	assert_true(callers_list(callers, &map) > 0);
	assert_int_equal(callers->count, 3);
	assert_int_equal(callers_caller(callers, 30000, false), 100);
	assert_int_equal(callers_caller(callers, 30000, true), 35000);
	assert_int_equal(callers_caller(callers, 30001, true), SIZE_MAX);
	assert_int_equal(callers_function(callers, 30100), 30000);
	assert_int_equal(callers_function(callers, 29999), 200);
	assert_int_equal(callers_function(callers, 199), SIZE_MAX);
	assert_true(callers_lead_to(callers, 29900, 101));
	assert_false(callers_lead_to(callers, 29900, 100));
	seed_map_fini(&map);
	free(data);
	free(callers);
}

/* More calls than are kept: the first ones are, and no more. */
static void no_more_calls_are_kept_than_there_is_room_for(void **state)
{
	enum { MANY = 5 * (CALLERS_MOST + 100) };
	struct callers *callers = calloc(1, sizeof *callers);
	uint8_t *data = calloc(1, MANY);
	struct seed_map map;
	struct error error;

	(void)state;
	assert_true(callers && data);
	for (size_t at = 0; at < MANY; at += 5)
		put_call(data, at, 0);
	assert_int_equal(seed_map_init(&map, MANY, &error), 0);
	seed_map_load(&map, (struct bytes){ data, MANY });
	callers_list(callers, &map);
	assert_true(callers->count > 13000 && callers->count <= CALLERS_MOST);
	for (size_t i = 0; i < callers->count; i++)
		assert_int_equal(callers->calls[i].to, 0);
	seed_map_fini(&map);
	free(data);
	free(callers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_told_by_where_they_lead),
		cmocka_unit_test(no_more_calls_are_kept_than_there_is_room_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
