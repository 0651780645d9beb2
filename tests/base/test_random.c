#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"

/* Known answers of the authors' Random123 distribution (kat_vectors, philox4x32 10 rounds). */
static void gives_the_published_vectors(void **state)
{
	(void)state;
	static const struct {
		uint32_t counter[4], key[2], result[4];
	} cases[] = {
		{ { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { ~0u, ~0u, ~0u, ~0u },
		  { ~0u, ~0u },
		  { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
		  { 0xa4093822, 0x299f31d0 },
		  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t result[4];
		random_philox(cases[i].counter, cases[i].key, result);
		assert_memory_equal(result, cases[i].result, sizeof result);
	}
}

static void is_a_function_of_seed_and_stream(void **state)
{
	(void)state;
	struct random a, b, c;
	random_init(&a, 7, 1);
	random_init(&b, 7, 1);
	random_init(&c, 7, 2);
	unsigned same = 0;
	for (int i = 0; i < 1000; i++) {
		uint32_t drawn = random_u32(&a);
		assert_int_equal(drawn, random_u32(&b));
		same += drawn == random_u32(&c);
	}
	assert_true(same < 3);
}

static void bounded_numbers_are_even(void **state)
{
	(void)state;
	struct random random;
	unsigned counts[6] = { 0 };
	random_init(&random, 1, 1);
	for (int i = 0; i < 60000; i++)
		counts[random_below(&random, 6)]++;
	double chi2 = 0;
	for (int i = 0; i < 6; i++)
		chi2 += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000.0;
	assert_true(chi2 < 20.5); /* 5 degrees of freedom, p = 0.001 */
	assert_int_equal(random_below(&random, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(gives_the_published_vectors),
					    cmocka_unit_test(is_a_function_of_seed_and_stream),
					    cmocka_unit_test(bounded_numbers_are_even) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
