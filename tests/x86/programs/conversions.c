/* Between integers and floating point, in all rounding directions, with the exception flags they
 * raise. */
#include "programs.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

static const volatile double values[] = {
	0,	-0.0,  0.5,	     -0.5,	1.5,	      2.5,	     -2.5,
	1e-310, 1e300, 123456789.75, -1e9,	2147483647.5, -2147483649.0, 4294967295.5,
	9e15,	0.1,   1.0 / 3,	     16777217.0
};

static void print_flags(void)
{
	int flags = fetestexcept(FE_ALL_EXCEPT);

	printf(" %s%s%s%s%s\n", flags & FE_INVALID ? "I" : "-", flags & FE_DIVBYZERO ? "Z" : "-",
	       flags & FE_OVERFLOW ? "O" : "-", flags & FE_UNDERFLOW ? "U" : "-",
	       flags & FE_INEXACT ? "P" : "-");
}

static void convert(double value)
{
	volatile float narrow;

	feclearexcept(FE_ALL_EXCEPT);
	narrow = (float)value;
	printf("%a -> %a", value, (double)narrow);
	print_flags();
	feclearexcept(FE_ALL_EXCEPT);
	printf("  rint %a nearbyint %a floor %a ceil %a trunc %a round %a", rint(value),
	       nearbyint(value), floor(value), ceil(value), trunc(value), round(value));
	print_flags();
	if (fabs(value) < 1e18) {
		feclearexcept(FE_ALL_EXCEPT);
		printf("  %lld %lld", (long long)value, (long long)llrint(value));
		if (fabs(value) < 2e9)
			printf(" %d %ld", (int)value, lrint(value));
		if (value >= 0)
			printf(" %llu", (unsigned long long)value);
		print_flags();
	}
}

static void from_integers(void)
{
	static const volatile int64_t numbers[] = {
		0, 1, -1, INT64_MAX, INT64_MIN, 1 << 24 | 1, INT64_C(0x20000000000001), -77
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int64_t n = numbers[i];
		printf("%lld: %a %a %a %a %La\n", (long long)n, (double)(float)n, (double)n,
		       (double)(uint64_t)n, (double)(float)(uint32_t)n, (long double)n);
	}
}

static void arithmetic(double a, double b)
{
	volatile double sum, product, quotient, root;

	feclearexcept(FE_ALL_EXCEPT);
	sum = a + b;
	product = a * b;
	quotient = a / b;
	root = sqrt(fabs(a));
	printf("  %a %a %a %a", sum, product, quotient, root);
	print_flags();
}

int program_conversions(void)
{
	static const struct {
		int direction;
		const char *name;
	} directions[] = { { FE_TONEAREST, "nearest" },
			   { FE_UPWARD, "up" },
			   { FE_DOWNWARD, "down" },
			   { FE_TOWARDZERO, "zero" } };

	for (int d = 0; d < 4; d++) {
		fesetround(directions[d].direction);
		printf("%s %d\n", directions[d].name, fegetround() == directions[d].direction);
		for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
			convert(values[i]);
			arithmetic(values[i], values[(i + 7) % (sizeof values / sizeof *values)]);
		}
		from_integers();
	}
	fesetround(FE_TONEAREST);
	arithmetic(INFINITY, -INFINITY);
	arithmetic(DBL_MAX, DBL_MAX);
	arithmetic(DBL_MIN, 0x1p-1074);
	printf("%d %d %d\n", isnan(values[0] / values[1]) != 0, isinf(values[4] / values[0]) != 0,
	       values[0] == values[1]);
	return 0;
}
