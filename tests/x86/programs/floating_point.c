/* float and double: the library's functions at several points, sums that depend on order, special
 * values. On IA-32 the library computes some of them with the processor's transcendental
 * instructions, whose last bits are each processor's own: there fewer digits are printed. */
#include "programs.h"

#include <math.h>
#include <stdio.h>

#ifdef __x86_64__
enum { DOUBLE_DIGITS = 17, FLOAT_DIGITS = 9 };
#else
enum { DOUBLE_DIGITS = 13, FLOAT_DIGITS = 6 };
#endif

#define ROW(name)                    \
	{                            \
#name, name, name##f \
	}
static const struct {
	const char *name;
	double (*wide)(double);
	float (*narrow)(float);
} functions[] = { ROW(sin),    ROW(cos),  ROW(tan),   ROW(asin),  ROW(acos),  ROW(atan),
		  ROW(sinh),   ROW(cosh), ROW(tanh),  ROW(asinh), ROW(acosh), ROW(atanh),
		  ROW(exp),    ROW(exp2), ROW(expm1), ROW(log),	  ROW(log2),  ROW(log10),
		  ROW(log1p),  ROW(sqrt), ROW(cbrt),  ROW(erf),	  ROW(erfc),  ROW(tgamma),
		  ROW(lgamma), ROW(j0),	  ROW(floor), ROW(ceil),  ROW(rint),  ROW(logb),
		  ROW(fabs) };
#undef ROW

static void print_functions(void)
{
	static const volatile double points[] = { 0.1, 0.75, 1, 2.5, 10, -0.3, -7.25, 100 };

	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		printf("%s", functions[i].name);
		for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
			double value = functions[i].wide(points[p]);
			float narrow = functions[i].narrow((float)points[p]);
			if (isnan(value))
				printf(" nan %d", isnan(narrow));
			else
				printf(" %.*g %.*g", DOUBLE_DIGITS, value, FLOAT_DIGITS,
				       (double)narrow);
		}
		putchar('\n');
	}
}

static void print_pairs(void)
{
	static const volatile double pairs[][2] = { { 2, 0.5 }, { 10, -3 },	{ 1.5, 7.25 },
						    { -8, 3 },	{ 1e10, 1e-3 }, { 0.2, 0.3 } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		double a = pairs[i][0], b = pairs[i][1], whole;
		int exponent, quotient;
		double fraction = frexp(a, &exponent), rest = remquo(a, b, &quotient);
		double parts = modf(b, &whole);
		printf("%.*g %.*g %.17g %.17g %.17g %d %.17g %d", DOUBLE_DIGITS, pow(a, b),
		       DOUBLE_DIGITS, atan2(a, b), hypot(a, b), fmod(a, b), fraction, exponent,
		       rest, quotient & 7);
		printf(" %.17g %.17g %.17g", fma(a, b, -1), parts, whole);
		printf(" %.17g %.17g %.17g\n", fmin(a, b), fdim(a, b), nextafter(a, b));
	}
}

/* Newton's root, a matrix product, and a sum with and without compensation (Kahan). */
static void print_sums(void)
{
	volatile double root = 1;
	float matrix[8][8], product[8][8], plain = 0, sum = 0, lost = 0;

	for (int i = 0; i < 8; i++)
		root = (root + 2 / root) / 2;
	for (int i = 0; i < 64; i++)
		matrix[i / 8][i % 8] = (float)(i * 37 % 101) / 7;
	for (int i = 0; i < 64; i++) {
		product[i / 8][i % 8] = 0;
		for (int k = 0; k < 8; k++)
			product[i / 8][i % 8] += matrix[i / 8][k] * matrix[k][i % 8];
	}
	for (int i = 1; i < 20000; i++) {
		float term = 1.0f / (float)i;
		volatile float corrected = term - lost, next = sum + corrected;
		lost = (next - sum) - corrected;
		sum = next;
		plain += term;
	}
	printf("%a %.9g %.9g %.9g %.9g\n", root, (double)product[3][4], (double)product[7][7],
	       (double)plain, (double)sum);
}

int program_floating_point(void)
{
	print_functions();
	print_pairs();
	print_sums();
	return 0;
}
