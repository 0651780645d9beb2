#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/printable.h"
#include "shellcode/strides.h"

enum { BOTH = 1 << X86_MODE_32 | 1 << X86_MODE_64, ROOM = 128, TAIL = 1024 };

static uint8_t code[STRIDES_RUNS * ROOM + TAIL];
static struct strides strides;

/* Runs of `letters`, each followed by a line's end. */
static void fill(struct random *random, const char *letters, struct seed_run *runs)
{
	for (size_t i = 0; i < sizeof code; i++)
		code[i] = (uint8_t)letters[random_below(random, (uint32_t)strlen(letters))];
	for (size_t k = 0; k < STRIDES_RUNS; k++) {
		runs[k].start = k * ROOM + random_below(random, 3);
		runs[k].end = (k + 1) * ROOM - 2 - random_below(random, 40);
		code[runs[k].end] = '\r';
		code[runs[k].end + 1] = '\n';
	}
}

struct tally {
	unsigned works, passed;
};

static void judge(const struct seed_run *runs, size_t count, struct tally *tally)
{
	struct bytes bytes = { code, sizeof code };

	for (size_t k = 0; k < count; k++) {
		uint64_t cost = 0;
		unsigned widths = printable_widths(bytes, runs[k].start, runs[k].end, BOTH, &cost);
		assert_int_equal(widths & ~runs[k].widths, 0);
		tally->works += widths != 0;
		tally->passed += runs[k].widths != 0;
	}
}

/* Whatever the walk one by one takes is left to it, and little else. */
static void nothing_that_works_is_left_behind(void **state)
{
	static const char *const letters[] = {
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		"0A1BP5XAAHIIJJKKGGRQZWUVZuTt-Sy2",
		"0A14f5hig1BPXAAHJKGRQdeg4%-",
		("!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
		 "abcdefghijklmnopqrstuvwxyz{|}~"),
	};
	struct tally tallies[4] = { { 0, 0 } };
	struct random random;

	(void)state;
	strides_init(&strides);
	random_init(&random, 22, 0);
	for (unsigned i = 0; i < 8000; i++) {
		struct seed_run runs[STRIDES_RUNS];
		size_t count = 1 + random_below(&random, STRIDES_RUNS);
		fill(&random, letters[i % 4], runs);
		strides_judge(&strides, (struct bytes){ code, sizeof code }, runs, count);
		judge(runs, count, &tallies[i % 4]);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_true(tallies[i].works > 100);
	assert_true(tallies[0].passed < 4 * tallies[0].works);
}

/* Near the end of the bytes nothing is told: both widths are left to the walk. */
static void ends_are_for_the_walk(void **state)
{
	struct seed_run run = { sizeof code - 100, sizeof code, 0 };

	(void)state;
	strides_init(&strides);
	memset(code, 'l', sizeof code); /* insb: nobody's */
	strides_judge(&strides, (struct bytes){ code, sizeof code }, &run, 1);
	assert_int_equal(run.widths, BOTH);
	run.start = 0;
	strides_judge(&strides, (struct bytes){ code, sizeof code }, &run, 1);
	assert_int_equal(run.widths, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_works_is_left_behind),
		cmocka_unit_test(ends_are_for_the_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
