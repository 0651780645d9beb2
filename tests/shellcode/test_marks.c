#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/marks.h"
#include "shellcode/seed.h"

enum { LARGEST = 1 << 12, ROUNDS = 300 };

static const struct marks_path *portable(void)
{
	const struct marks_path *path = marks_paths;

	while (strcmp(path->name, "portable") != 0)
		path++;
	return path;
}

/* Every path against the portable one, and both against the rule book. The bytes lie at the end of
 * memory of their own, so that a sanitizer sees what reads too far. */
static void compare(struct bytes bytes)
{
	uint64_t seeds[LARGEST / 64 + 1], breaks[LARGEST / 64 + 1];
	uint64_t other_seeds[LARGEST / 64 + 1], other_breaks[LARGEST / 64 + 1];
	uint64_t rare[LARGEST / 64 + 1];
	size_t words = marks_words(bytes.length), size = words * sizeof *seeds;
	uint8_t *copy = malloc(bytes.length + 1);

	assert_non_null(copy);
	memcpy(copy, bytes.data, bytes.length);
	bytes.data = copy;
	marks_fill(portable(), bytes, 0, words, seeds, breaks);
	marks_fill_rare(portable(), bytes, 0, words, rare);
	for (const struct marks_path *path = marks_paths; path->name; path++) {
		if (!path->supported())
			continue;
		/* in two parts: what lies behind one is what comes next */
		marks_fill(path, bytes, 0, words / 2, other_seeds, other_breaks);
		marks_fill(path, bytes, words / 2, words, other_seeds, other_breaks);
		assert_memory_equal(seeds, other_seeds, size);
		assert_memory_equal(breaks, other_breaks, size);
		marks_fill_rare(path, bytes, words / 2, words, other_seeds);
		marks_fill_rare(path, bytes, 0, words / 2, other_seeds);
		assert_memory_equal(rare, other_seeds, size);
	}
	for (size_t i = 0; i < bytes.length; i++) {
		struct seed seed = { .offset = i, .kind = seed_at(bytes, i) };
		if (seed.kind != SEED_NONE)
			assert_true(seeds[i / 64] >> i % 64 & 1);
		if (seed_is_rare(bytes, &seed))
			assert_true(rare[i / 64] >> i % 64 & 1);
		assert_int_equal(breaks[i / 64] >> i % 64 & 1, copy[i] <= 0x20 || copy[i] >= 0x7f);
	}
	free(copy);
}

static void all_paths_agree_on_random_bytes(void **state)
{
	uint8_t data[LARGEST];
	struct random random;

	(void)state;
	random_init(&random, 23, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (uint8_t)random_u32(&random);
		compare((struct bytes){ data, 1 + random_u32(&random) % LARGEST });
	}
}

/* First bytes of seeds, then what may follow them, dense; and text with them inside. */
static void all_paths_agree_on_structured_bytes(void **state)
{
	static const uint8_t firsts[] = { 0xe8, 0xd9, 0xdd, 0x64, 0x65, 0x0f, 0xcd, 0x9a,
					  0xff, 0x54, 0xb8, 0xbf, 0x48, 0x4c, 'e',  'd' };
	static const uint8_t seconds[] = { 0x00, 0xff, 0x74, 0xa1, 0x8b, 0x33, 0x67, 0x48,
					   0x05, 0x34, 0xae, 0x80, 0x91, 0x2e, 0xd0, 0xe4,
					   0xc3, 0x8d, 0x7c, 0x01, 0xfe, 'a',  ' ',  0x24 };
	uint8_t data[LARGEST];
	struct random random;

	(void)state;
	random_init(&random, 29, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned rare = 1 + random_u32(&random) % 200;
		for (size_t i = 0; i < sizeof data; i++) {
			uint32_t number = random_u32(&random);
			data[i] = number % rare	    ? (uint8_t)(0x20 + (number >> 8) % 0x5f)
				  : number >> 8 & 1 ? firsts[(number >> 9) % sizeof firsts]
						    : seconds[(number >> 9) % sizeof seconds];
		}
		compare((struct bytes){ data, 1 + random_u32(&random) % LARGEST });
	}
}

/* What is filled in parts is what is filled at once, but that nothing is left of the blocks between
 * that are rare, other than rare seeds. */
static void parts_of_a_map_are_as_the_whole(void **state)
{
	uint8_t data[LARGEST];
	struct bytes bytes = { data, sizeof data };
	struct seed_map whole, parts;
	struct random random;
	struct error error;

	(void)state;
	random_init(&random, 31, 0);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = i % 7 ? (uint8_t)random_u32(&random) : 0x65;
	for (size_t i = 3; i < sizeof data; i += 5)
		data[i] = 0x8b;
	assert_int_equal(seed_map_init(&whole, LARGEST, &error), 0);
	assert_int_equal(seed_map_init(&parts, LARGEST, &error), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t from = random_u32(&random) % LARGEST, until = random_u32(&random) % LARGEST;
		size_t first = (from + 63) / 64, last = until / 64, left_out = 0;
		seed_map_load(&whole, bytes);
		seed_map_begin(&parts, bytes);
		seed_map_fill(&parts, from);
		seed_map_fill_rare(&parts, until);
		seed_map_fill(&parts, sizeof data);
		for (size_t i = 0; i < sizeof data; i++) {
			struct seed seed = { .offset = i, .kind = seed_at(bytes, i) };
			bool inside = i / 64 >= first && i / 64 < last;
			bool was = whole.seeds[i / 64] >> i % 64 & 1;
			bool is = parts.seeds[i / 64] >> i % 64 & 1;
			if (!inside || seed_is_rare(bytes, &seed))
				assert_int_equal(was, is);
			else
				assert_true(!is || was);
			left_out += was && !is;
			assert_int_equal(parts.breaks[i / 64] >> i % 64 & 1,
					 inside || (whole.breaks[i / 64] >> i % 64 & 1));
		}
		assert_true(left_out > 0 || last < first + 2);
	}
	seed_map_fini(&whole);
	seed_map_fini(&parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_paths_agree_on_random_bytes),
		cmocka_unit_test(all_paths_agree_on_structured_bytes),
		cmocka_unit_test(parts_of_a_map_are_as_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
