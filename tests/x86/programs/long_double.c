/* The x87's 80-bit format: arithmetic to its last bit, the library's functions, text in and out.
 * What rests on transcendental instructions is printed with fewer digits: their last bits are each
 * processor's own. */
#include "programs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROW(name)              \
	{                      \
#name, name##l \
	}
static const struct {
	const char *name;
	long double (*function)(long double);
} functions[] = { ROW(sin),   ROW(cos),	  ROW(tan),  ROW(asin),	  ROW(acos),
		  ROW(atan),  ROW(sinh),  ROW(cosh), ROW(tanh),	  ROW(asinh),
		  ROW(acosh), ROW(atanh), ROW(exp),  ROW(exp2),	  ROW(expm1),
		  ROW(exp10), ROW(log),	  ROW(log2), ROW(log10),  ROW(log1p),
		  ROW(cbrt),  ROW(erf),	  ROW(erfc), ROW(tgamma), ROW(lgamma) },
  exact[] = { ROW(sqrt), ROW(floor),	 ROW(ceil), ROW(trunc), ROW(round),
	      ROW(rint), ROW(nearbyint), ROW(logb), ROW(fabs) };
#undef ROW

static const volatile long double points[] = {
	0.1L, 0.75L, 1, 2.5L, 12, -0.3L, -7.25L, 0x1.8p-20L
};
enum { POINTS = sizeof points / sizeof *points };

static void print_functions(void)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		printf("%s", functions[i].name);
		for (int p = 0; p < POINTS; p++) {
			long double value = functions[i].function(points[p]);
			if (isnan(value))
				printf(" nan");
			else
				printf(" %.14Lg", value);
		}
		putchar('\n');
	}
	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
		printf("%s", exact[i].name);
		for (int p = 0; p < POINTS; p++)
			if (points[p] > 0 || i > 0)
				printf(" %La", exact[i].function(points[p]));
		putchar('\n');
	}
}

static void print_arithmetic(void)
{
	for (int i = 0; i < POINTS; i++) {
		long double a = points[i], b = points[(i + 3) % POINTS];
		int exponent, quotient;
		long double whole, fraction = frexpl(a, &exponent), rest = remquol(a, b, &quotient);
		long double parts = modfl(a, &whole);
		printf("%La %La %La %La %.21Lg\n", a + b, a - b, a * b, a / b, a / b);
		printf("  %La %La %La %d %La %d", fmodl(a, b), remainderl(a, b), fraction, exponent,
		       rest, quotient & 7);
		printf(" %La %La %La %La", parts, whole, ldexpl(a, 77), nextafterl(a, b));
		printf(" %La %La %d%d%d\n", fmal(a, b, 1), copysignl(a, b), a < b, a == b,
		       isgreater(a, b));
		printf("  %.14Lg %.14Lg %.14Lg\n", powl(fabsl(a), b), atan2l(a, b), hypotl(a, b));
	}
}

static void print_texts(void)
{
	static const char *const texts[] = { "3.14159265358979323846264338327950288",
					     "1e4000",
					     "-2.5e-4940",
					     "0x1.fffffffffffffffep+16383",
					     "123456789012345678901234567890",
					     "inf" };
	long double sum = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		long double value = strtold(texts[i], NULL);
		printf("%La %.25Lg %Le %.3Lf\n", value, value, value, value > 1e30L ? 0 : value);
	}
	for (int i = 1; i <= 2000; i++)
		sum += 1 / (long double)i / i;
	printf("%.19Lf %La\n", sum, sum);
}

int program_long_double(void)
{
	print_functions();
	print_arithmetic();
	print_texts();
	return 3;
}
