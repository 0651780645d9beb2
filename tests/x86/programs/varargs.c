/* Variable arguments of all classes, more than fit into registers, copied and passed on. */
#include "programs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct point {
	int x;
	double y;
};

static double take(const char *kinds, va_list list)
{
	double sum = 0;

	for (int place = 1; *kinds; kinds++, place++) {
		double value = 0;
		switch (*kinds) {
		case 'i': value = va_arg(list, int); break;
		case 'l': value = (double)va_arg(list, long long); break;
		case 'd': value = va_arg(list, double); break;
		case 'L': value = (double)va_arg(list, long double); break;
		case 's': value = (double)strlen(va_arg(list, const char *)); break;
		case 'p': {
			struct point point = va_arg(list, struct point);
			value = point.x + point.y;
			break;
		}
		default: break;
		}
		sum = sum * 1.5 + value * place;
	}
	return sum;
}

static double twice(const char *kinds, ...)
{
	va_list list, copy;
	double sum;

	va_start(list, kinds);
	va_copy(copy, list);
	sum = take(kinds, list);
	sum += take(kinds, copy) / 2;
	va_end(copy);
	va_end(list);
	return sum;
}

static int print(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int print(char *text, size_t size, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	int length = vsnprintf(text, size, format, list);
	va_end(list);
	return length;
}

int program_varargs(void)
{
	struct point point = { 3, 0.25 };
	char text[200];

	printf("%.17g\n", twice("iiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8));
	printf("%.17g\n", twice("dddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.));
	printf("%.17g\n", twice("ildLspil", 1, 2LL, 3.5, 4.25L, "five", point, 7, -8LL));
	printf("%.17g\n", twice("pLpLdpi", point, 1.5L, point, -2.5L, 3., point, 4));
	int length = print(text, sizeof text, "%d %s %g %lld %Lg %c %u %x %ld %g", 1, "two", 3.5,
			   4LL, 5.5L, '6', 7u, 8u, 9L, 10.25);
	printf("%d %s\n", length, text);
	return length;
}
