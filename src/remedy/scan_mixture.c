/* The mixture of a locally preferring scan, by maximum likelihood.
 *
 * A target's likelihood depends only on the longest own prefix that it shares, so the data are four
 * counts. Weights are found by expectation and maximisation (Dempster, Laird, Rubin 1977),
 * intervals by the likelihood ratio (3.84 is the 95 % point of chi-square with one degree of
 * freedom).
 *
 * A program that excludes addresses (itself, 127/8, …) draws from slightly smaller spaces than is
 * assumed here; the difference is below what intervals show. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/scan.h"

enum { LEVELS = 4, ROUNDS = 300, HALVINGS = 24 };

#define CHI_SQUARE 3.841458820694124

static const unsigned level_bits[LEVELS] = { 0, 8, 16, 24 };

/* How many targets share the own prefix of a level and not of the next. */
static void count_levels(const struct scan_targets *targets, uint32_t own, double counts[LEVELS])
{
	memset(counts, 0, LEVELS * sizeof *counts);
	for (size_t i = 0; i < targets->count; i++) {
		uint32_t difference = targets->items[i].address ^ own;
		int level = difference >> 24 ? 0 : difference >> 16 ? 1 : difference >> 8 ? 2 : 3;
		counts[level]++;
	}
}

/* Densities relative to 2^-32. A target in level k lies in the prefixes of all levels up to k. */
static double density(const double weight[LEVELS], int level)
{
	double sum = 0;

	for (int i = 0; i <= level; i++)
		sum += ldexp(weight[i], (int)level_bits[i]);
	return sum;
}

static double log_likelihood(const double counts[LEVELS], const double weight[LEVELS])
{
	double sum = 0;

	for (int level = 0; level < LEVELS; level++)
		if (counts[level] > 0)
			sum += counts[level] * log(fmax(density(weight, level), 1e-300));
	return sum;
}

/* The best weights; where `fixed` is a level, its weight stays `value`. */
static double maximise(const double counts[LEVELS], int fixed, double value, double weight[LEVELS])
{
	double total = counts[0] + counts[1] + counts[2] + counts[3];

	for (int i = 0; i < LEVELS; i++)
		weight[i] = i == fixed	? value
			    : fixed < 0 ? 1.0 / LEVELS
					: (1 - value) / (LEVELS - 1);
	for (int round = 0; round < ROUNDS; round++) {
		double share[LEVELS] = { 0 }, free = 0;
		for (int level = 0; level < LEVELS; level++) {
			double all = density(weight, level);
			for (int i = 0; i <= level && all > 0; i++)
				share[i] +=
					counts[level] * ldexp(weight[i], (int)level_bits[i]) / all;
		}
		for (int i = 0; i < LEVELS; i++)
			free += i == fixed ? 0 : share[i];
		for (int i = 0; i < LEVELS; i++)
			if (i != fixed)
				weight[i] = fixed < 0  ? share[i] / total
					    : free > 0 ? (1 - value) * share[i] / free
						       : (1 - value) / (LEVELS - 1);
	}
	return log_likelihood(counts, weight);
}

/* Where the profile likelihood falls by half of CHI_SQUARE between `inside` and `outside`. */
static double find_border(const double counts[LEVELS], int level, double best, double inside,
			  double outside)
{
	double weight[LEVELS];

	if (2 * (best - maximise(counts, level, outside, weight)) <= CHI_SQUARE)
		return outside;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (inside + outside) / 2;
		if (2 * (best - maximise(counts, level, middle, weight)) <= CHI_SQUARE)
			inside = middle;
		else
			outside = middle;
	}
	return inside;
}

void scan_fit_mixture(const struct scan_targets *targets, uint32_t own,
		      struct scan_mixture *mixture)
{
	const double uniform[LEVELS] = { 1, 0, 0, 0 };
	double counts[LEVELS];

	count_levels(targets, own, counts);
	double best = maximise(counts, -1, 0, mixture->weight);
	for (int level = 0; level < LEVELS; level++) {
		double weight = mixture->weight[level];
		mixture->low[level] = find_border(counts, level, best, weight, 0);
		mixture->high[level] = find_border(counts, level, best, weight, 1);
	}
	/* Three weights are free: BIC asks 3/2 ln n of them. */
	mixture->evidence = best - log_likelihood(counts, uniform) -
			    1.5 * log((double)(targets->count ? targets->count : 1));
}

static int by_number(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

uint32_t scan_crowd(const struct scan_targets *targets, size_t *count)
{
	uint32_t *sorted = calloc(targets->count + 1, sizeof *sorted), crowd = 0;
	size_t run = 0;

	*count = 0;
	for (size_t i = 0; sorted && i < targets->count; i++)
		sorted[i] = targets->items[i].address;
	if (sorted)
		qsort(sorted, targets->count, sizeof *sorted, by_number);
	for (size_t i = 0; sorted && i < targets->count; i++) {
		run = i > 0 && (sorted[i] ^ sorted[i - 1]) >> 16 == 0 ? run + 1 : 1;
		if (run > *count) {
			*count = run;
			crowd = sorted[i];
		}
	}
	free(sorted);
	return crowd;
}
