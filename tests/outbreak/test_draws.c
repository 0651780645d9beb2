/* The parts under the engine: binomial variates, subsets, sum tree, ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "outbreak/binomial.h"
#include "outbreak/ring.h"
#include "outbreak/sum_tree.h"

#define DRAWS 200000

static double probability(double n, double k, double chance)
{
	return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(chance) +
		   (n - k) * log1p(-chance));
}

/* Chi-square over all values that are expected at least 20 times; the rest is one more class. */
static void binomial_fits(uint64_t n, double chance)
{
	static unsigned counts[2000];
	struct random random;
	double chi2 = 0, rest = DRAWS, rest_counted = DRAWS;
	unsigned classes = 0;

	for (size_t i = 0; i < 2000; i++)
		counts[i] = 0;
	random_init(&random, 3, n);
	for (int i = 0; i < DRAWS; i++) {
		uint64_t drawn = binomial_draw(&random, n, chance);
		assert_true(drawn <= n);
		if (drawn < 2000)
			counts[drawn]++;
	}
	for (unsigned k = 0; k < 2000 && k <= n; k++) {
		double expected = DRAWS * probability((double)n, k, chance);
		if (expected < 20)
			continue;
		chi2 += (counts[k] - expected) * (counts[k] - expected) / expected;
		classes++;
		rest -= expected;
		rest_counted -= counts[k];
	}
	if (rest > 1)
		chi2 += (rest_counted - rest) * (rest_counted - rest) / rest;
	/* Wilson & Hilferty's approximation of the 99.9 % point. */
	double spread = 2 / (9.0 * classes);
	assert_true(chi2 < classes * pow(1 - spread + 3.09 * sqrt(spread), 3));
}

static void binomial_has_its_distribution(void **state)
{
	(void)state;
	binomial_fits(1, 0.3);
	binomial_fits(20, 0.1);
	binomial_fits(20, 0.9);
	binomial_fits(40, 0.5);
	binomial_fits(1000, 0.02);
	binomial_fits(1000, 0.9);
	binomial_fits(UINT64_C(4294967296), 1e-7); /* mean 429 */
	struct random random;
	random_init(&random, 1, 1);
	assert_int_equal(binomial_draw(&random, 0, 0.5), 0);
	assert_int_equal(binomial_draw(&random, 7, 0), 0);
	assert_int_equal(binomial_draw(&random, 7, 1), 7);
}

static void subsets_are_even(void **state)
{
	(void)state;
	static const struct {
		uint64_t n, k;
	} cases[] = { { 50, 3 }, { 50, 40 }, { 50, 50 }, { 50, 0 }, { 1, 1 }, { 40, 10 } };
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		unsigned counts[50] = { 0 };
		uint64_t chosen[50];
		uint64_t n = cases[c].n, k = cases[c].k;
		struct random random;
		random_init(&random, 4, c);
		for (int i = 0; i < 20000; i++) {
			subset_draw(&random, n, k, chosen);
			for (uint64_t j = 0; j < k; j++) {
				assert_true(chosen[j] < n && (j == 0 || chosen[j] > chosen[j - 1]));
				counts[chosen[j]]++;
			}
		}
		double expected = 20000.0 * (double)k / (double)n;
		double deviation = sqrt(expected * (1 - (double)k / (double)n));
		for (uint64_t i = 0; i < n; i++)
			assert_true(fabs(counts[i] - expected) <= 4.5 * deviation);
	}
}

static void sum_tree_draws_in_proportion(void **state)
{
	(void)state;
	struct sum_tree tree;
	unsigned counts[5] = { 0 };
	struct random random;
	assert_int_equal(sum_tree_init(&tree, 5), 0);
	static const double weights[] = { 1, 0, 2, 0, 5 };
	for (size_t i = 0; i < 5; i++)
		sum_tree_set(&tree, i, weights[i]);
	assert_true(sum_tree_total(&tree) == 8);
	random_init(&random, 5, 1);
	for (int i = 0; i < 80000; i++)
		counts[sum_tree_find(&tree, random_unit(&random) * 8)]++;
	assert_int_equal(counts[1] + counts[3], 0);
	assert_true(fabs(counts[0] - 10000.0) < 400);
	assert_true(fabs(counts[4] - 50000.0) < 600);
	assert_int_equal(sum_tree_find(&tree, 8), 4); /* rounding up to the total does no harm */
	for (size_t i = 0; i < 5; i++)
		sum_tree_set(&tree, i, 0.1);
	for (size_t i = 0; i < 5; i++)
		sum_tree_set(&tree, i, 0);
	assert_true(sum_tree_total(&tree) == 0);
	sum_tree_clear(&tree, 2);
	sum_tree_set(&tree, 1, 3);
	assert_true(sum_tree_total(&tree) == 3);
	assert_int_equal(sum_tree_find(&tree, 0), 1);
	sum_tree_fini(&tree);
}

static void ring_keeps_the_order(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	struct ring ring;
	struct random random;
	assert_int_equal(ring_init(&ring, COUNT), 0);
	random_init(&random, 6, 1);
	for (uint32_t i = 0; i < COUNT; i++)
		ring_insert(&ring, i, random_below(&random, 500)); /* many at the same place */
	uint32_t at = 0, wraps = 0;
	for (uint32_t i = 0; i < COUNT; i++) {
		uint32_t next = ring.next[at];
		assert_int_equal(ring.previous[next], at);
		wraps += !ring_before(&ring, at, next);
		at = next;
	}
	assert_int_equal(at, 0);
	assert_int_equal(wraps, 1);
	ring_fini(&ring);
	assert_int_equal(ring_init(&ring, 1), 0);
	ring_insert(&ring, 0, 3);
	assert_int_equal(ring.next[0], 0);
	ring_fini(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(binomial_has_its_distribution),
					    cmocka_unit_test(subsets_are_even),
					    cmocka_unit_test(sum_tree_draws_in_proportion),
					    cmocka_unit_test(ring_keeps_the_order) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
