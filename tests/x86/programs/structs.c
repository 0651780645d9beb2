/* Structures of every size class passed and returned by value; bit fields, unions, flexible and
 * nested layouts. */
#include "programs.h"

#include <complex.h>
#include <stddef.h>
#include <stdio.h>

struct tiny {
	int8_t a;
};
struct pair {
	int32_t a, b;
};
struct mixed {
	double real;
	int32_t whole;
};
struct reals {
	float x, y, z;
};
struct large {
	int32_t items[9];
	long double precise;
};
struct fields {
	unsigned a : 3, b : 7;
	signed c : 5;
	uint64_t d : 40;
	unsigned : 0;
	unsigned e : 31;
};
union view {
	double real;
	uint64_t whole;
	uint8_t bytes[8];
};

#define NOT_INLINED __attribute__((noinline))

NOT_INLINED static struct tiny make_tiny(struct tiny from, int add)
{
	return (struct tiny){ (int8_t)(from.a + add) };
}

NOT_INLINED static struct pair swap(struct pair p)
{
	return (struct pair){ p.b, p.a };
}

NOT_INLINED static struct mixed scale(struct mixed m, float by, struct tiny t)
{
	return (struct mixed){ m.real * (double)by, m.whole + t.a };
}

NOT_INLINED static struct reals cross(struct reals a, struct reals b)
{
	return (struct reals){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z,
			       a.x * b.y - a.y * b.x };
}

NOT_INLINED static struct large turn(struct large l, int by, struct pair p, double last)
{
	struct large result = { { 0 }, l.precise * (long double)last };

	for (int i = 0; i < 9; i++)
		result.items[(i + by) % 9] = l.items[i] + p.a - p.b;
	return result;
}

NOT_INLINED static double complex square(double complex z)
{
	return z * z;
}

NOT_INLINED static double many(int a, double b, int c, float d, long double e, int64_t f, double g,
			       char h, double i, short j, double k, double l, double m, unsigned n,
			       double o)
{
	return a + b * 2 + c * 3 + (double)d * 4 + (double)e * 5 + (double)f * 6 + g * 7 + h * 8 +
	       i * 9 + j * 10 + k * 11 + l * 12 + m * 13 + n * 14 + o * 15;
}

int program_structs(void)
{
	struct tiny t = make_tiny((struct tiny){ 100 }, 50);
	struct pair p = swap((struct pair){ 3, -4 });
	struct mixed m = scale((struct mixed){ 2.5, 10 }, 0.5f, t);
	struct reals r = cross((struct reals){ 1, 2, 3 }, (struct reals){ -4, 5, 0.25f });
	struct large l = { { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 0.1L };
	struct fields f = { 0 };
	union view v = { .real = -1.25 };

	for (int i = 0; i < 20; i++)
		l = turn(l, i, p, 1.125);
	printf("%d %d %d %g %d %g %g %g\n", t.a, p.a, p.b, m.real, m.whole, (double)r.x,
	       (double)r.y, (double)r.z);
	for (int i = 0; i < 9; i++)
		printf("%d ", l.items[i]);
	printf("%La\n", l.precise);
	for (int i = 0; i < 300; i++) {
		f.a += 3;
		f.b += (unsigned)i;
		f.c = (signed)((unsigned)f.c * 3 + 1) % 16;
		f.d = f.d * 5 + f.b;
		f.e ^= (unsigned)f.d << (i % 7);
	}
	printf("%u %u %d %llu %u\n", f.a, f.b, f.c, (unsigned long long)f.d, f.e);
	double complex z = square(1.5 - 2 * I);
	printf("%g %g %016llx %02x\n", creal(z), cimag(z), (unsigned long long)v.whole, v.bytes[7]);
	printf("%.17g\n", many(1, 2, 3, 4, 5, -6, 7, 'h', 9, 10, 11, 12, 13, 14, 15));
	return (int)offsetof(struct mixed, whole);
}
