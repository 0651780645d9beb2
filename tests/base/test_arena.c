#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"

static void stays_within_its_limit(void **state)
{
	(void)state;
	struct arena *arena = arena_new(10000);
	size_t taken = 0;
	while (arena_take(arena, 100))
		taken += 100;
	assert_in_range(taken, 7000, 10000);
	assert_true(arena_used(arena) <= 10000);
	assert_null(arena_take(arena, SIZE_MAX));
	arena_free(arena);
}

static void gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	struct arena *arena = arena_new(1 << 20);
	for (size_t size = 1; size < 300; size += 7) {
		uint8_t *taken = arena_take(arena, size);
		assert_int_equal((uintptr_t)taken % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(taken[i], 0);
		memset(taken, 0xff, size);
	}
	assert_string_equal(arena_copy(arena, bytes_of("copied")), "copied");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stays_within_its_limit),
					    cmocka_unit_test(gives_zeroed_aligned_memory) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
