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
	assert_int_equal(seed_at(BYTES("\x48\x8d\x05\xef\xff\xf0\xff"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\x64\xa1\x30\x00\x00\x00"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x64\x8b\x40\x30"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x65\x48\x8b\x52\x60"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x65\x48\x8b\x04\x25\x60\x00\x00\x00"), 0), SEED_SEGMENT);
	assert_int_equal(seed_at(BYTES("\x65\x48\x8b\x04\x25\x60\x00\x40\x00"), 0), SEED_NONE);
	assert_int_equal(seed_at(BYTES("\x64\x3b\x40\x30"), 0), SEED_NONE);
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

/* A map of its own for each test. */
static void load(struct seed_map *map, struct bytes bytes)
{
	struct error error;

	assert_int_equal(seed_map_init(map, 1 << 16, &error), 0);
	seed_map_load(map, bytes);
}

static void finds_the_next_seed(void **state)
{
	struct bytes bytes = BYTES("plain text and then \xcd\x80, more text, \x0f\x05");
	struct seed_map map;
	struct seed seed;

	(void)state;
	load(&map, bytes);
	assert_true(seed_map_next(&map, 0, &seed));
	assert_int_equal(seed.kind, SEED_INT80);
	assert_int_equal(seed.offset, 20);
	assert_true(seed_map_next(&map, seed.offset + 1, &seed));
	assert_int_equal(seed.kind, SEED_SYSCALL);
	assert_false(seed_map_next(&map, seed.offset + 1, &seed));
	seed_map_load(&map, (struct bytes){ NULL, 0 });
	assert_false(seed_map_next(&map, 0, &seed));
	seed_map_fini(&map);
}

/* The rule book, asked at every offset, is the oracle. */
static void misses_no_seed(void **state)
{
	static uint8_t data[1 << 16];
	struct random random;
	struct seed_map map;
	struct seed seed = { 0 };
	size_t at = 0;

	(void)state;
	random_init(&random, 5, 0);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)random_u32(&random);
	load(&map, (struct bytes){ data, sizeof data });
	for (size_t i = 0; i < sizeof data; i++) {
		if (seed_at(map.bytes, i) == SEED_NONE)
			continue;
		assert_true(seed_map_next(&map, at, &seed));
		assert_int_equal(seed.offset, i);
		at = i + 1;
	}
	assert_false(seed_map_next(&map, at, &seed));
	seed_map_fini(&map);
}

static size_t run_obviously(struct bytes bytes, size_t from, size_t shortest, size_t *end)
{
	size_t start = from;

	for (size_t i = from; i <= bytes.length; i++) {
		if (i < bytes.length && bytes.data[i] > 0x20 && bytes.data[i] < 0x7f)
			continue;
		*end = i;
		if (i - start >= shortest)
			return start;
		start = i + 1;
	}
	*end = bytes.length;
	return SIZE_MAX;
}

/* Runs of every length at every alignment, a few at a time, against the obvious loop. */
static void compare_runs(struct bytes bytes, size_t most, unsigned *all)
{
	struct seed_run runs[8];
	struct seed_map map;
	size_t end = 0, at = 0, count, start;

	load(&map, bytes);
	do {
		count = seed_map_runs(&map, &at, 48, runs, most);
		assert_true(count <= most);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(runs[i].start, run_obviously(bytes, end, 48, &end));
			assert_int_equal(runs[i].end, end);
		}
		*all += (unsigned)count;
	} while (count == most);
	start = run_obviously(bytes, end, 48, &end);
	assert_int_equal(start, SIZE_MAX);
	seed_map_fini(&map);
}

static void finds_printable_runs(void **state)
{
	static uint8_t data[1 << 16];
	struct random random;

	(void)state;
	random_init(&random, 3, 0);
	for (unsigned rare = 10; rare < 200; rare += 10) {
		unsigned all = 0;
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = random_u32(&random) % rare ? 'A' : ' ';
		for (size_t most = 1; most <= 8; most++)
			compare_runs((struct bytes){ data, sizeof data - 37 * (most - 1) }, most,
				     &all);
		assert_true(rare < 30 || all > 100);
	}
}

/* Lines of all lengths, with either end. */
static void finds_lines(void **state)
{
	static uint8_t data[1 << 14];

	(void)state;
	for (size_t line = 47; line < 140; line++)
		for (size_t seam = 1; seam <= 2; seam++) {
			unsigned all = 0;
			memset(data, 'A', sizeof data);
			for (size_t i = line; i + seam <= sizeof data; i += line + seam)
				memcpy(data + i, &"\r\n"[2 - seam], seam);
			compare_runs((struct bytes){ data, sizeof data }, 3, &all);
			assert_true(line == 47 || all >= sizeof data / (line + 2));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_forms), cmocka_unit_test(finds_the_next_seed),
		cmocka_unit_test(misses_no_seed),  cmocka_unit_test(finds_printable_runs),
		cmocka_unit_test(finds_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
