#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shellcode/start.h"

#define BYTES(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static struct sweep *sweep_of(struct bytes bytes)
{
	struct sweep *sweep = sweep_new(X86_MODE_32, 4096);

	if (sweep)
		sweep_load(sweep, bytes);
	return sweep;
}

static bool contains(const struct start *starts, size_t count, size_t offset)
{
	for (size_t i = 0; i < count; i++)
		if (starts[i].offset == offset)
			return true;
	return false;
}

static void goes_back_through_straight_code(void **state)
{
	/* xor eax, eax; push eax; mov al, 11; int 80h */
	struct sweep *sweep = sweep_of(BYTES("\x31\xc0\x50\xb0\x0b\xcd\x80"));
	struct start starts[16];
	size_t count;

	(void)state;
	assert_non_null(sweep);
	count = start_find(sweep, 5, false, starts, 16);
	assert_int_equal(starts[0].offset, 5);
	assert_true(contains(starts, count, 3));
	assert_true(contains(starts, count, 2));
	assert_true(contains(starts, count, 0));
	sweep_free(sweep);
}

static void goes_back_through_jumps(void **state)
{
	/* jmp to the call; pop esi; …; call back to the pop */
	struct sweep *sweep = sweep_of(BYTES("\xeb\x04\x5e\x90\x90\x90\xe8\xf7\xff\xff\xff"));
	struct start starts[16];
	size_t count;

	(void)state;
	assert_non_null(sweep);
	count = start_find(sweep, 6, false, starts, 16);
	assert_true(contains(starts, count, 0));
	sweep_free(sweep);
}

static void stops_at_what_cannot_execute(void **state)
{
	/* hlt; int 80h: nothing passes the hlt */
	struct sweep *sweep = sweep_of(BYTES("\x90\xf4\xcd\x80"));
	struct start starts[16];

	(void)state;
	assert_non_null(sweep);
	assert_int_equal(start_find(sweep, 2, false, starts, 16), 1);
	assert_int_equal(sweep_step(sweep, 1).length, 0);
	sweep_free(sweep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_back_through_straight_code),
		cmocka_unit_test(goes_back_through_jumps),
		cmocka_unit_test(stops_at_what_cannot_execute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
