/* Binomial and Poisson variates in constant time by transformed rejection (BTRS, PTRS: Hörmann
 * 1993, DOI 10.1080/00949659308811496 and 10.1016/0167-6687(93)90997-4), and for few expected
 * successes by summing geometric gaps. The acceptance test is written with the tail of Stirling's
 * series, which keeps its precision for millions of trials. */
#include "outbreak/binomial.h"

#include <math.h>
#include <stdlib.h>

/* Trials up to each success are geometric; counts how many fit into n. */
static uint64_t by_gaps(struct random *random, uint64_t n, double chance)
{
	double first = random_unit(random);
	uint64_t successes = 0;

	/* Beyond the last trial, by bounds of both logarithms: where few succeed, mostly so. */
	if (1 - first > 1.000001 * (double)n * chance / (1 - chance))
		return 0;
	double log_failure = log1p(-chance), used = floor(log(first) / log_failure) + 1;
	for (;;) {
		if (used > (double)n)
			return successes;
		successes++;
		used += floor(log(random_unit(random)) / log_failure) + 1;
	}
}

/* log(k!) less Stirling's approximation of it at k + 1. */
static double stirling_tail(double k)
{
	static const double exact[] = { 0.08106146679532726,  0.04134069595540929,
					0.02767792568499834,  0.02079067210376509,
					0.01664469118982119,  0.01387612882307075,
					0.01189670994589177,  0.01041126526197209,
					0.009255462182712733, 0.008330563433362871 };
	if (k <= 9)
		return exact[(int)k];
	double square = (k + 1) * (k + 1);
	return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

/* log of P(k) / P(mode). */
static double log_ratio(double n, double odds, double mode, double k)
{
	return (mode + 0.5) * log((mode + 1) / (odds * (n - mode + 1))) +
	       (n + 1) * log((n - mode + 1) / (n - k + 1)) +
	       (k + 0.5) * log(odds * (n - k + 1) / (k + 1)) + stirling_tail(mode) +
	       stirling_tail(n - mode) - stirling_tail(k) - stirling_tail(n - k);
}

static uint64_t by_rejection(struct random *random, uint64_t trials, double chance)
{
	double n = (double)trials;
	double deviation = sqrt(n * chance * (1 - chance));
	double b = 1.15 + 2.53 * deviation;
	double a = -0.0873 + 0.0248 * b + 0.01 * chance;
	double centre = n * chance + 0.5;
	double alpha = (2.83 + 5.1 / b) * deviation;
	double mode = floor((n + 1) * chance);

	for (;;) {
		double u = random_unit(random) - 0.5;
		double v = random_unit(random);
		double from_edge = 0.5 - fabs(u);
		double k = floor((2 * a / from_edge + b) * u + centre);
		if (k < 0 || k > n)
			continue;
		if (from_edge >= 0.07 && v <= 0.92 - 4.2 / b)
			return (uint64_t)k;
		v = log(v * alpha / (a / (from_edge * from_edge) + b));
		if (v <= log_ratio(n, chance / (1 - chance), mode, k))
			return (uint64_t)k;
	}
}

uint64_t binomial_draw(struct random *random, uint64_t n, double chance)
{
	if (n == 0 || chance <= 0)
		return 0;
	if (chance >= 1)
		return n;
	if (chance > 0.5)
		return n - binomial_draw(random, n, 1 - chance);
	if ((double)n * chance < 10)
		return by_gaps(random, n, chance);
	return by_rejection(random, n, chance);
}

/* Unit exponentials that fit into the mean. */
static uint64_t poisson_by_gaps(struct random *random, double mean)
{
	uint64_t events = 0;
	double used = random_exponential(random);

	while (used <= mean) {
		used += random_exponential(random);
		events++;
	}
	return events;
}

uint64_t poisson_draw(struct random *random, double mean)
{
	if (mean < 10)
		return poisson_by_gaps(random, mean);
	double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
	double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), sure = 0.9277 - 3.6224 / (b - 2);
	for (;;) {
		double u = random_unit(random) - 0.5, v = random_unit(random);
		double from_edge = 0.5 - fabs(u);
		double k = floor((2 * a / from_edge + b) * u + mean + 0.43);
		if (from_edge >= 0.07 && v <= sure)
			return (uint64_t)k;
		if (k < 0 || (from_edge < 0.013 && v > from_edge))
			continue;
		/* log(k!) by Stirling's series at k + 1 */
		double factorial =
			(k + 0.5) * log(k + 1) - (k + 1) + 0.9189385332046727 + stirling_tail(k);
		if (log(v * inverse_alpha / (a / (from_edge * from_edge) + b)) <=
		    k * log(mean) - mean - factorial)
			return (uint64_t)k;
	}
}

/* Knuth's selection sampling (The Art of Computer Programming, volume 2, 3.4.2, algorithm S). */
static void by_selection(struct random *random, uint64_t n, uint64_t k, uint64_t *chosen)
{
	uint64_t found = 0;

	for (uint64_t i = 0; found < k; i++)
		if ((double)(n - i) * random_unit(random) < (double)(k - found))
			chosen[found++] = i;
}

static int ascending(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

void subset_draw(struct random *random, uint64_t n, uint64_t k, uint64_t *chosen)
{
	if (k > n / 4) {
		by_selection(random, n, k, chosen);
		return;
	}
	/* Each round draws as many as are missing and drops what is there already: the same as
	 * drawing one after the other until there are k distinct ones. */
	for (uint64_t distinct = 0; distinct < k;) {
		for (uint64_t i = distinct; i < k; i++)
			chosen[i] = n > UINT32_MAX ? random_u32(random)
						   : random_below(random, (uint32_t)n);
		qsort(chosen, k, sizeof *chosen, ascending);
		distinct = 1;
		for (uint64_t i = 1; i < k; i++)
			if (chosen[i] != chosen[distinct - 1])
				chosen[distinct++] = chosen[i];
	}
}
