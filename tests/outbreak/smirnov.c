#include "smirnov.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

/* The greatest difference of two empirical distribution functions; sorts both. */
static double greatest_difference(double *a, double *b, size_t count)
{
	double greatest = 0;
	size_t i = 0, j = 0;

	qsort(a, count, sizeof *a, ascending);
	qsort(b, count, sizeof *b, ascending);
	while (i < count && j < count) {
		double value = a[i] < b[j] ? a[i] : b[j];
		while (i < count && a[i] <= value)
			i++;
		while (j < count && b[j] <= value)
			j++;
		greatest = fmax(greatest, fabs((double)i - (double)j) / (double)count);
	}
	return greatest;
}

/* Asymptotic p-value (Press et al., Numerical Recipes, 14.3; Stephens 1970). */
double smirnov_test(double *a, double *b, size_t count)
{
	double root = sqrt((double)count / 2), sum = 0;
	double lambda = (root + 0.12 + 0.11 / root) * greatest_difference(a, b, count);

	if (lambda < 0.2)
		return 1;
	for (int k = 1; k <= 100; k++)
		sum += (k % 2 ? 2 : -2) * exp(-2 * lambda * lambda * k * k);
	return fmax(0, fmin(1, sum));
}
