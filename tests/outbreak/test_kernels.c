/* Every way of scanning, against the oracle that draws every scan (explicit.c), under every kind of
 * remedy and with links that saturate: two-sample Kolmogorov-Smirnov tests of the time at which
 * half are infected, by 10,000 replicas each, in a small world. A table says every p-value.
 *
 * The family is held to 5 % by Holm's procedure (Scand. J. Statist. 6, 1979): of m tests the
 * smallest p-value must be above 0.05 / m, the next above 0.05 / (m - 1), … And the p-values
 * themselves must be as uniform as those of true hypotheses are: many that are only rather small
 * would tell of a small mistake everywhere. Seeds are fixed, and one for all cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/replica.h"
#include "outbreaks.h"
#include "sample.h"
#include "smirnov.h"

/* Under sanitizers the code is looked at, not its statistics. */
#ifdef __SANITIZE_ADDRESS__
#define REPLICAS 1000
#define FASTER	 1.25
#else
#define REPLICAS 10000
#define FASTER	 1.05
#endif
#define ORACLE_SEED 1000000

static const struct column {
	const char *name;
	bool narrow;
	struct remedy_candidate remedy;
} columns[] = {
	{ "none", false, { .effect = REMEDY_CONTROL } },
	{ "filter",
	  false,
	  { .effect = REMEDY_FILTER,
	    .place = REMEDY_AT_SUBNET,
	    .pass = 0.3,
	    .share = 0.6,
	    .delay_seconds = 3.07 } },
	{ "rate limit",
	  false,
	  { .effect = REMEDY_RATE,
	    .place = REMEDY_AT_HOST,
	    .pass = 0.25,
	    .share = 0.6,
	    .delay_seconds = 3.07 } },
	{ "patching",
	  false,
	  { .effect = REMEDY_PATCH,
	    .place = REMEDY_AT_HOST,
	    .share = 0.3,
	    .delay_seconds = 4.09 } },
	{ "clean-up",
	  false,
	  { .effect = REMEDY_CLEAN,
	    .place = REMEDY_AT_SUBNET,
	    .share = 0.7,
	    .delay_seconds = 3.07,
	    .reaction_seconds = 4.13 } },
	{ "blocking",
	  false,
	  { .effect = REMEDY_BLOCK,
	    .place = REMEDY_AT_PROVIDER,
	    .pass = 0.1,
	    .share = 0.8,
	    .delay_seconds = 2.03,
	    .reaction_seconds = 3.11 } },
	{ "bandwidth", true, { .effect = REMEDY_CONTROL } },
	{ "narrow+filter",
	  true,
	  { .effect = REMEDY_FILTER,
	    .place = REMEDY_AT_SUBNET,
	    .pass = 0.2,
	    .share = 0.5,
	    .delay_seconds = 3.07 } },
	{ "narrow+rate",
	  true,
	  { .effect = REMEDY_RATE,
	    .place = REMEDY_AT_SUBNET,
	    .pass = 0.3,
	    .share = 0.5,
	    .delay_seconds = 3.07 } },
};
#define COLUMNS (sizeof columns / sizeof *columns)

static struct sample_cell make_cell(const struct outbreak *outbreak, const struct column *column)
{
	struct sample_cell cell = { .world = small_world,
				    .worm = outbreaks_worm(outbreak),
				    .duration = outbreak->duration,
				    .remedy = &column->remedy };
	if (column->narrow) {
		cell.world.providers = narrow_providers;
		cell.worm.scan_bytes = 1;
	}
	return cell;
}

#define COMBINED 2 /* the last columns */

/* Another one for people who want to know whether a small p-value comes again. */
static uint64_t seed(void)
{
	const char *text = getenv("KENBI_TEST_SEED");
	return text ? strtoull(text, NULL, 10) : 1;
}

static double engine[COLUMNS][REPLICAS], every_scan[COLUMNS][REPLICAS], oracle[REPLICAS];

/* Columns of the same world share the outbreaks in which nothing is done. */
static void ask_engine(const struct outbreak *outbreak, size_t columns_here, bool explicitly,
		       double samples[][REPLICAS])
{
	const struct remedy_candidate *remedies[COLUMNS];

	for (size_t first = 0, end; first < columns_here; first = end) {
		struct sample_cell cell = make_cell(outbreak, &columns[first]);
		for (end = first; end < columns_here; end++) {
			if (columns[end].narrow != columns[first].narrow)
				break;
			remedies[end] = &columns[end].remedy;
		}
		assert_true(sample_engine_row(&cell, remedies + first, end - first, explicitly,
					      seed(), samples[first], REPLICAS));
	}
}

static void ask_oracle(const struct sample_cell *cell, double *sample)
{
	assert_true(sample_oracle(cell, ORACLE_SEED * seed(), sample, REPLICAS));
}

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static bool holds_by_holm(const double *p_values, size_t count)
{
	double sorted[2 * OUTBREAKS * COLUMNS];

	memcpy(sorted, p_values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, ascending);
	printf("%zu tests; smallest p-values %.5f (above %.5f), %.5f (above %.5f)\n", count,
	       sorted[0], 0.05 / (double)count, sorted[1], 0.05 / (double)(count - 1));
	/* The procedure stops at the first that is not rejected: it is enough to look at that. */
	return sorted[0] > 0.05 / (double)count;
}

static void print_row(const char *name, const double *p_values, size_t count)
{
	printf("%-15s", name);
	for (size_t c = 0; c < count; c++)
		printf(" %-13.4f", p_values[c]);
	printf("\n");
	fflush(stdout);
}

/* Of p-values of true hypotheses a share x is below x. Those of ties and of few outcomes are
 * larger, which does no harm: only too many small ones are looked for (one-sided Kolmogorov-Smirnov
 * test, Smirnov 1944: exp(-2 n D^2)). Scan by scan the same oracle's sample is used again, so only
 * the cells by events are independent. */
static bool are_uniform(const double *p_values, size_t count)
{
	double sorted[OUTBREAKS * COLUMNS], greatest = 0;
	size_t tenths[10] = { 0 };

	memcpy(sorted, p_values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, ascending);
	for (size_t i = 0; i < count; i++) {
		greatest = fmax(greatest, (double)(i + 1) / (double)count - sorted[i]);
		tenths[(size_t)fmin(9, 10 * sorted[i])]++;
	}
	double p = exp(-2 * (double)count * greatest * greatest);
	printf("%zu p-values by events, in tenths:", count);
	for (size_t i = 0; i < 10; i++)
		printf(" %zu", tenths[i]);
	printf("; too many small ones: D = %.3f, p = %.3f\n", greatest, p);
	return p > 0.01;
}

/* The p-values of a family of tests. */
struct family {
	double all[2 * OUTBREAKS * COLUMNS], by_events[OUTBREAKS * COLUMNS];
	size_t count, count_by_events;
};

/* Adds the p-values of a row, or two. */
static void compare(const struct outbreak *outbreak, struct family *family)
{
	static double oracle_again[REPLICAS];
	size_t columns_here = COLUMNS - (outbreak->combined ? 0 : COMBINED);
	double by_events[COLUMNS], by_scans[COLUMNS];

	ask_engine(outbreak, columns_here, false, engine);
	if (outbreak->drawn)
		ask_engine(outbreak, columns_here, true, every_scan);
	for (size_t c = 0; c < columns_here; c++) {
		struct sample_cell cell = make_cell(outbreak, &columns[c]);
		ask_oracle(&cell, oracle);
		memcpy(oracle_again, oracle, sizeof oracle);
		by_events[c] = smirnov_test(engine[c], oracle, REPLICAS);
		family->all[family->count++] = by_events[c];
		family->by_events[family->count_by_events++] = by_events[c];
		if (!outbreak->drawn)
			continue;
		by_scans[c] = smirnov_test(every_scan[c], oracle_again, REPLICAS);
		family->all[family->count++] = by_scans[c];
	}
	print_row(outbreak->name, by_events, columns_here);
	if (outbreak->drawn)
		print_row("  scan by scan", by_scans, columns_here);
}

static void agrees_with_every_scan_drawn(void **state)
{
	(void)state;
	struct family family = { .count = 0 };

	printf("%-15s", "p-values");
	for (size_t c = 0; c < COLUMNS; c++)
		printf(" %-13s", columns[c].name);
	printf("\n");
	for (size_t w = 0; w < OUTBREAKS; w++)
		compare(&outbreaks[w], &family);
	bool holds = holds_by_holm(family.all, family.count);
	bool uniform = are_uniform(family.by_events, family.count_by_events);
	assert_true(holds && uniform);
}

/* The test above would see a small mistake, at the hardest level that Holm's procedure asks for: a
 * worm that is a twentieth faster (a quarter where there are fewer replicas). */
static void would_notice_a_difference(void **state)
{
	(void)state;
	struct sample_cell cell = make_cell(&outbreaks[0], &columns[1]);

	ask_oracle(&cell, oracle);
	cell.worm.rate *= FASTER;
	assert_true(sample_engine(&cell, false, seed(), engine[0], REPLICAS));
	double p = smirnov_test(engine[0], oracle, REPLICAS);
	printf("%g times as fast: p = %.2g\n", FASTER, p);
	assert_true(p < 0.05 / (2 * OUTBREAKS * COLUMNS));
}

/* Infected with a remedy: a subset of those without, none of them sooner, where the loop says so.
 */
static void remedies_never_lose_hosts(void **state)
{
	(void)state;
	static double without[200];
	const struct history *history;
	struct replica replica;
	struct error error;
	uint64_t saved = 0, cells = 0;

	for (size_t w = 0; w < 2 * OUTBREAKS; w++)
		for (size_t c = 0; c < COLUMNS; c++) {
			struct sample_cell cell = make_cell(&outbreaks[w / 2], &columns[c]);
			cell.worm.every_scan = w % 2;
			if (!loop_follows(&cell.worm, &cell.world))
				continue;
			cells++;
			assert_int_equal(replica_init(&replica, &cell.world, &cell.worm,
						      cell.duration, &error),
					 0);
			for (uint32_t r = 0; r < 500; r++) {
				assert_int_equal(replica_run(&replica, seed(), r, &error), 0);
				for (uint32_t i = 0; i < replica.population.count; i++)
					without[i] = INFINITY;
				for (uint32_t i = 0; i < replica.base.count; i++)
					without[replica.base.host[i]] = replica.base.time[i];
				assert_int_equal(
					replica_try(&replica, cell.remedy, &history, &error), 0);
				for (uint32_t i = 0; i < history->count; i++)
					assert_true(without[history->host[i]] <= history->time[i]);
				saved += replica.base.count - history->count;
			}
			replica_fini(&replica);
		}
	assert_true(cells >= 100 && saved > 50 * cells); /* they do something, too */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_every_scan_drawn),
					    cmocka_unit_test(would_notice_a_difference),
					    cmocka_unit_test(remedies_never_lose_hosts) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
