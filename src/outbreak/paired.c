#include "outbreak/paired.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static double quantile(const double *sorted, size_t count, double share)
{
	double position = share * (double)(count - 1);
	size_t below = (size_t)position;
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

struct outbreak_band paired_band(double *values, size_t count)
{
	qsort(values, count, sizeof *values, ascending);
	return (struct outbreak_band){ .low = quantile(values, count, 0.05),
				       .median = quantile(values, count, 0.5),
				       .high = quantile(values, count, 0.95) };
}

double paired_mean(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

static double density(double t, double freedom, double scale)
{
	return scale * pow(1 + t * t / freedom, -(freedom + 1) / 2);
}

/* What lies between 0 and t, by Simpson's rule. */
static double area(double t, double freedom, double scale)
{
	enum { STEPS = 400 };
	double sum = density(0, freedom, scale) + density(t, freedom, scale);

	for (int i = 1; i < STEPS; i++)
		sum += (i % 2 ? 4 : 2) * density(t * i / STEPS, freedom, scale);
	return sum * t / STEPS / 3;
}

/* Newton's method from the normal distribution's quantile: the area grows ever slower, so it comes
 * near from below, and ends. */
double paired_student(unsigned freedom)
{
	const double pi = 3.14159265358979323846;
	double n = freedom, t = 1.959964;
	int sign;
	double scale = exp(lgamma_r((n + 1) / 2, &sign) - lgamma_r(n / 2, &sign)) / sqrt(n * pi);

	for (int i = 0; i < 60; i++) {
		double step = (0.475 - area(t, n, scale)) / density(t, n, scale);
		t += step;
		if (fabs(step) < 1e-9)
			break;
	}
	return t;
}

struct outbreak_interval paired_interval(const double *values, size_t count)
{
	double mean = paired_mean(values, count), squares = 0;

	if (count < 2)
		return (struct outbreak_interval){ NAN, NAN };
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	double error = sqrt(squares / (double)(count - 1) / (double)count);
	double half = error > 0 ? paired_student((unsigned)(count - 1)) * error : 0;
	return (struct outbreak_interval){ mean - half, mean + half };
}
