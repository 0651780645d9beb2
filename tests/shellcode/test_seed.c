#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/seed.h"

#define BYTES(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static void knows_the_forms(void **state)
{
	(void)state;
	assert_int_equal(seed_at(BYTES("\xe8\x00\x00\x00\x00\x58"), 0), SEED_CALL);
	assert_int_equal(seed_at(BYTES("\x90\xe8\xff\xff\xff\xff\xc0"), 1), SEED_CALL);
	assert_int_equal(seed_at(BYTES("\xe8\x00\x40\x00\x00\x58"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\xd9\x74\x24\xf4"), 0), SEED_FPU);
	assert_int_equal(seed_at(BYTES("\xd9\x36"), 0), SEED_FPU);
	assert_int_equal(seed_at(BYTES("\xdd\xb4\x24\x00\x00\x00\x00"), 0), SEED_FPU);
	assert_int_equal(seed_at(BYTES("\xd9\xf4"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\x64\xa1\x30\x00\x00\x00"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x64\x8b\x40\x30"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x65\x48\x8b\x52\x60"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x64\xa1\x30\x00\x00\x40"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\xcd\x80"), 0), SEED_INT80);
	assert_int_equal(seed_at(BYTES("\x0f\x34"), 0), SEED_INT80);
	assert_int_equal(seed_at(BYTES("\xcd\x91"), 0), SEED_GATE);
	assert_int_equal(seed_at(BYTES("\x9a\xff\xff\xff\xff\x07\x00"), 0), SEED_GATE);
	assert_int_equal(seed_at(BYTES("\xcd\x2e"), 0), SEED_INT2E);
	assert_int_equal(seed_at(BYTES("\x0f\x05"), 0), SEED_SYSCALL);
	assert_int_equal(seed_at(BYTES("\x64\xad\x90"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x65\x48\xad"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x48\x8d\x05\xf9\xff\xff\xff\x90"), 0), SEED_LEA);
	assert_int_equal(seed_at(BYTES("\x4c\x8d\x3d\x01\x00\x00\x00\x90"), 0), SEED_LEA);
	assert_int_equal(seed_at(BYTES("\x48\x8d\x05\xf8\xff\xff\xff\x90"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\x48\x8d\x45\xf9\xff\xff\xff\x90"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\xff\xe4"), 0), SEED_STACK);
	assert_int_equal(seed_at(BYTES("\xbb\x6d\x13\x86\x7c\xff\xd3"), 0), SEED_LIBRARY);
	assert_int_equal(seed_at(BYTES("\xbb\x6d\x13\x86\x7c\xff\xd0"), 0), SEED_NONE);
}

static void every_way_to_skip_gives_the_same_answer(void **state)
{
	uint8_t data[4096];
	struct bytes bytes = { data, sizeof data };
	struct random random;

	(void)state;
	random_init(&random, 7, 0);
	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (uint8_t)random_u32(&random);
		for (size_t i = 0; i < sizeof data; i++) {
			size_t portable = seed_skip_portable(bytes, i);
#ifdef __SSE2__
			assert_int_equal(seed_skip_sse2(bytes, i), portable);
#endif
			if (seed_at(bytes, i) != SEED_NONE)
				assert_int_equal(portable, i);
		}
	}
}

static void finds_the_next_seed(void **state)
{
	struct bytes bytes = BYTES("plain text and then \xcd\x80, more text, \x0f\x05");
	struct seed seed;

	(void)state;
	assert_true(seed_next(bytes, 0, &seed));
	assert_int_equal(seed.kind, SEED_INT80);
	assert_int_equal(seed.offset, 20);
	assert_true(seed_next(bytes, seed.offset + 1, &seed));
	assert_int_equal(seed.kind, SEED_SYSCALL);
	assert_false(seed_next(bytes, seed.offset + 1, &seed));
	assert_false(seed_next((struct bytes){ NULL, 0 }, 0, &seed));
}

static void finds_printable_runs(void **state)
{
	struct bytes bytes = BYTES("short words, then ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 end");
	size_t end;

	(void)state;
	assert_int_equal(seed_printable_run(bytes, 0, 32, &end), 18);
	assert_int_equal(end, 50);
	assert_true(seed_printable_run(bytes, end, 32, &end) == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_forms),
		cmocka_unit_test(every_way_to_skip_gives_the_same_answer),
		cmocka_unit_test(finds_the_next_seed),
		cmocka_unit_test(finds_printable_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
