/* The parts under the engine: binomial variates, subsets, sum tree, ring, agenda. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "outbreak/agenda.h"
#include "outbreak/binomial.h"
#include "outbreak/draw.h"
#include "outbreak/noise.h"
#include "outbreak/ring.h"
#include "outbreak/sum_tree.h"
#include "outbreak/targets.h"

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

/* Mean, variance and the chance of 0, by DRAWS variates. */
static void poisson_fits(double mean)
{
	struct random random;
	double sum = 0, squares = 0;
	unsigned none = 0, below = 0;

	random_init(&random, 5, (uint64_t)mean);
	for (int i = 0; i < DRAWS; i++) {
		double drawn = (double)poisson_draw(&random, mean);
		sum += drawn - mean;
		squares += (drawn - mean) * (drawn - mean);
		none += drawn == 0;
		below += drawn < floor(mean);
	}
	double expected = 0; /* chance to be below the mean's whole part */
	for (double k = 0; k < floor(mean); k++)
		expected += exp(k * log(mean) - mean - lgamma(k + 1));
	double spread = sqrt(expected * (1 - expected) / DRAWS) + 1e-9;
	assert_true(fabs(sum / DRAWS) < 4.5 * sqrt(mean / DRAWS));
	assert_true(fabs(squares / DRAWS / mean - 1) < 4.5 * sqrt((2 + 1 / mean) / DRAWS));
	assert_true(fabs(below / (double)DRAWS - expected) < 4.5 * spread);
	assert_true(fabs(none / (double)DRAWS - exp(-mean)) <
		    4.5 * sqrt(exp(-mean) / DRAWS) + 1e-9);
}

static void poisson_has_its_distribution(void **state)
{
	(void)state;
	poisson_fits(0.2);
	poisson_fits(3);
	poisson_fits(9.9);
	poisson_fits(10.1);
	poisson_fits(47);
	poisson_fits(512);
	poisson_fits(100000);
	struct random random;
	random_init(&random, 1, 1);
	assert_int_equal(poisson_draw(&random, 0), 0);
}

/* Blocks from anywhere in a stream are those of the batches. */
static void noise_can_be_read_anywhere(void **state)
{
	(void)state;
	uint32_t batch[NOISE_WORDS], part[NOISE_GROUP * 4 * 2];

	noise_words(7, UINT64_C(3) << 40 | 5, 2, batch);
	for (unsigned i = 0; i < NOISE_WORDS / 4 - 2 * NOISE_GROUP; i += NOISE_GROUP) {
		noise_blocks(7, UINT64_C(3) << 40 | 5, 2 * NOISE_WORDS / 4 + i, 2 * NOISE_GROUP,
			     part);
		assert_memory_equal(part, batch + (size_t)i * 4, sizeof part);
	}
}

/* Against a list: who is there is found, who is not is not, whatever the space. */
static void targets_are_found(void **state)
{
	(void)state;
	static const uint64_t spaces[] = { 1, 3, 88, 70000, UINT64_C(4294967296) };
	struct targets targets = { 0 };
	struct error error;

	for (size_t s = 0; s < sizeof spaces / sizeof *spaces; s++) {
		uint64_t space = spaces[s], places[500];
		uint32_t count = space < 1000 ? (uint32_t)(space + 1) / 2 : 500;
		uint32_t words[NOISE_WORDS], found[NOISE_WORDS + TARGETS_BEYOND];
		struct random random;
		random_init(&random, 9, s);
		subset_draw(&random, space, count, places);
		assert_int_equal(targets_set(&targets, places, count, space, &error), 0);
		for (uint32_t i = 0; i < count; i++) {
			assert_true(targets_may_hold(&targets, (uint32_t)places[i]));
			assert_int_equal(targets_find(&targets, places[i]), i);
			bool next = i + 1 < count && places[i + 1] == places[i] + 1;
			if (places[i] + 1 < space && !next)
				assert_int_equal(targets_find(&targets, places[i] + 1),
						 TARGETS_NOBODY);
		}
		noise_words(1, s, 0, words);
		/* Whole batches, and what is left of one; from the first address, and from another.
		 */
		for (uint64_t first = 0; first < space && first < 2; first++)
			for (uint32_t all = 1000; all <= NOISE_WORDS; all += 3) {
				size_t sifted = targets_sift(&targets, words, all, first,
							     space - first, found),
				       next = 0;
				for (uint32_t i = 0; i < all; i++) {
					uint64_t place = first + (words[i] * (space - first) >> 32);
					bool kept = next < sifted && found[next] == i;
					next += kept;
					if (targets_find(&targets, place) != TARGETS_NOBODY)
						assert_true(kept);
				}
				assert_int_equal(next, sifted);
				/* It is worth something: most of those where nobody is are gone. */
				if (space > 1000000)
					assert_true(sifted <= 2);
			}
	}
	targets_fini(&targets);
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
	/* Parts of it. */
	sum_tree_fill(&tree, 4, 2);
	assert_true(sum_tree_total(&tree) == 8 && sum_tree_before(&tree, 0) == 0 &&
		    sum_tree_before(&tree, 3) == 6 && sum_tree_before(&tree, 99) == 8);
	sum_tree_set(&tree, 2, 0);
	unsigned drawn[4] = { 0 };
	for (int i = 0; i < 30000; i++)
		drawn[sum_tree_draw(&tree, 1, 4, 2, 4, &random)]++;
	assert_int_equal(drawn[0] + drawn[2], 0);
	assert_true(fabs(drawn[1] - 15000.0) < 400);
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

/* Against a look at all that is due: by time, of equal times by host, also while more comes in,
 * also for what is due before what was taken last. */
static void agenda_keeps_the_order(void **state)
{
	(void)state;
	static struct kernel_event due[3000];
	struct agenda agenda = { 0 };
	struct random random;

	for (size_t expected = 1; expected <= 100000; expected *= 100) {
		size_t count = 0;
		random_init(&random, 4, expected);
		assert_int_equal(agenda_reset(&agenda, 1000, expected, NULL), 0);
		assert_true(agenda_next(&agenda) == INFINITY);
		for (unsigned step = 0; step < 9000; step++) {
			bool push = step < 6000 && random_below(&random, 3) > 0;
			if (push && count < sizeof due / sizeof *due) {
				/* Many at the same time, some in a crowd, the last at the end. */
				double time = random_below(&random, 2) ? random_below(&random, 1000)
								       : 500 + random_unit(&random);
				due[count] =
					(struct kernel_event){ .time = time,
							       .count = step,
							       .from = random_below(&random, 9),
							       .to = step };
				assert_int_equal(agenda_push(&agenda, &due[count++], NULL), 0);
			} else if (count > 0) {
				size_t first = 0;
				for (size_t i = 1; i < count; i++)
					if (due[i].time < due[first].time ||
					    (due[i].time == due[first].time &&
					     (due[i].from < due[first].from ||
					      (due[i].from == due[first].from &&
					       due[i].to < due[first].to))))
						first = i;
				assert_true(agenda_next(&agenda) == due[first].time);
				struct kernel_event event = agenda_pop(&agenda);
				assert_true(event.time == due[first].time);
				assert_int_equal(event.count, due[first].count);
				due[first] = due[--count];
			}
		}
	}
	agenda_fini(&agenda);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(binomial_has_its_distribution),
					    cmocka_unit_test(poisson_has_its_distribution),
					    cmocka_unit_test(noise_can_be_read_anywhere),
					    cmocka_unit_test(targets_are_found),
					    cmocka_unit_test(agenda_keeps_the_order),
					    cmocka_unit_test(subsets_are_even),
					    cmocka_unit_test(sum_tree_draws_in_proportion),
					    cmocka_unit_test(ring_keeps_the_order) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
