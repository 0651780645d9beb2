#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/ingredients.h"

#define BYTES(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static bool builds(struct bytes run)
{
	struct ingredients seen = ingredients_of(run);

	return ingredients_build(&seen);
}

static void runs_are_judged_by_their_characters(void **state)
{
	(void)state;
	assert_true(ingredients_of(BYTES("PYIIII0AkAAQ2AB1BB0BBABXP")).patches >= 2);
	assert_true(builds(BYTES("%AAAA%BBBB-AAAAP-BBBB-CCCCP-AAAA-BBBBP")));
	assert_false(builds(BYTES("http://www.example.com/a/very/long/name.html")));
	assert_true(ingredients_of(BYTES("http://www.example.com/a/very/long/name.html")).patches <
		    2);
	assert_int_equal(ingredients_of(BYTES("")).sums, 0);
}

/* Runs of all lengths, some near each other, counted one byte after the other. */
static struct ingredients obviously(struct bytes run)
{
	struct ingredients seen = { 0 };

	for (size_t i = 0; i < run.length; i++) {
		uint8_t next = i + 1 < run.length ? run.data[i + 1] : 0;
		seen.patches += (run.data[i] == '0' || run.data[i] == '1') && next >= 0x40 &&
				(next & 7) != 4;
		seen.sums += run.data[i] == '%' || run.data[i] == '-' || run.data[i] == '5';
		seen.pushes += run.data[i] == 'P';
	}
	return seen;
}

static void fill(struct random *random, uint8_t *data, size_t length, unsigned which)
{
	static const char useful[] = "0A1BP5XAa=-%zLDdTUVYZuvw/+hijklmn";

	for (size_t i = 0; i < length; i++)
		data[i] = (uint8_t)(random_below(random, 40) < which
					    ? 0x21 + (int)random_below(random, 0x5e)
					    : useful[random_below(random, 33)]);
}

static void runs_are_counted_as_by_hand(void **state)
{
	struct random random;
	unsigned building = 0;

	(void)state;
	random_init(&random, 19, 0);
	for (unsigned i = 0; i < 50000; i++) {
		uint8_t data[200];
		struct bytes run = { data, random_below(&random, sizeof data + 1) };
		struct ingredients expected, seen;
		fill(&random, data, run.length, random_below(&random, 40));
		expected = obviously(run);
		seen = ingredients_of(run);
		assert_int_equal(ingredients_build(&seen), ingredients_build(&expected));
		if (ingredients_build(&expected)) {
			building++;
			continue;
		}
		assert_int_equal(seen.patches, expected.patches);
		assert_int_equal(seen.sums, expected.sums);
		assert_int_equal(seen.pushes, expected.pushes);
	}
	assert_true(building > 1000 && building < 49000);
}

/* Both ways keep those that have enough, in order and nothing else. */
static void those_that_have_enough_are_kept(void **state)
{
	enum { RUNS = 32, ROOM = 330 };
	static uint8_t data[RUNS * ROOM];
	struct bytes bytes = { data, sizeof data };
	struct random random;
	unsigned all = 0;

	(void)state;
	random_init(&random, 21, 0);
	for (unsigned i = 0; i < 2000; i++) {
		struct ingredients_run runs[RUNS], plainly[RUNS], expected[RUNS];
		size_t kept = 0, count = random_below(&random, RUNS + 1);
		fill(&random, data, sizeof data, 36 + random_below(&random, 4));
		for (size_t k = 0; k < count; k++) {
			size_t start = k * ROOM + random_below(&random, 10);
			runs[k] = (struct ingredients_run){
				start, start + random_below(&random, ROOM - 10), 0
			};
			struct ingredients seen =
				obviously(bytes_slice(bytes, start, runs[k].end - start));
			plainly[k] = expected[kept] = runs[k];
			kept += seen.patches >= 2 || seen.sums >= 6;
		}
		assert_int_equal(ingredients_keep(bytes, runs, count), kept);
		assert_int_equal(ingredients_keep_plainly(bytes, plainly, count), kept);
		for (size_t k = 0; k < kept; k++) {
			assert_int_equal(runs[k].start, expected[k].start);
			assert_int_equal(runs[k].end, expected[k].end);
			assert_int_equal(plainly[k].start, expected[k].start);
		}
		all += (unsigned)kept;
	}
	assert_true(all > 5000 && all < 27000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_judged_by_their_characters),
		cmocka_unit_test(runs_are_counted_as_by_hand),
		cmocka_unit_test(those_that_have_enough_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
