/* printf, sscanf and strto… over many conversions. */
#include "programs.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_integers(void)
{
	static const long long numbers[] = { 0,	      1,	 -1,	    42,		  INT_MIN,
					     INT_MAX, LLONG_MIN, LLONG_MAX, 1234567890123 };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		long long n = numbers[i];
		printf("[%lld] [%+20lld] [%-20lld] [%020lld] [%llx] [%#llo] [%d] [%hd] [%hhu] "
		       "[%#X]\n",
		       n, n, n, n, (unsigned long long)n, (unsigned long long)n, (int)n, (short)n,
		       (unsigned char)n, (unsigned)n);
	}
}

static void print_reals(void)
{
	static const volatile double numbers[] = { 0,
						   1,
						   -1.5,
						   0.1,
						   1e10,
						   123456.789,
						   1e-7,
						   9.999999,
						   1e100,
						   5e-324,
						   1.7976931348623157e308 };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		printf("[%f] [%.3e] [%g] [%15.4f] [%-12.2g] [%#.0f] [%a] [%.17g]\n",
		       numbers[i] > 1e90 ? 0 : numbers[i], numbers[i], numbers[i],
		       numbers[i] > 1e90 ? 1 : numbers[i], numbers[i],
		       numbers[i] > 1e90 ? 2 : numbers[i], numbers[i], numbers[i]);
}

static void scan(void)
{
	char word[20], set[20];
	int number, consumed;
	unsigned hex;
	double real;
	long double precise;
	long long wide;
	int fields = sscanf("  17 beef 2.75 hello abcabcx -123456789012 1.25e3",
			    "%d %x %lf %19s %19[abc]x %lld %Lf%n", &number, &hex, &real, word, set,
			    &wide, &precise, &consumed);

	printf("%d: %d %x %g %s %s %lld %Lg %d\n", fields, number, hex, real, word, set, wide,
	       precise, consumed);
	printf("%d\n", sscanf("12:34:xx", "%d:%d:%d", &number, &consumed, (int *)&hex));
}

static void parse(void)
{
	static const char *const texts[] = {
		"0", "  -77rest", "0x7fff", "0777", "99999999999999999999",
		"z", "1e5",	  "-.5e-3", "nan",  "0x1p-3"
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char *end;
		errno = 0;
		long long whole = strtoll(texts[i], &end, 0);
		printf("%s: %lld (%s) %s", texts[i], whole, end,
		       errno == ERANGE ? "range" : "fine");
		double real = strtod(texts[i], &end);
		printf(", %a (%s)\n", real != real ? 0 : real, end);
	}
	for (int base = 2; base <= 36; base += 7)
		printf("%lu ", strtoul("101", NULL, base));
	putchar('\n');
}

int program_formats(void)
{
	char text[64];
	const char *volatile longer = "longer than ten";

	print_integers();
	print_reals();
	scan();
	parse();
	printf("[%s] [%10s] [%-10.3s] [%c] [%%] [%*d] [%.*s]\n", "text", "right", "leftmost", 'x',
	       7, 42, 2, "abcdef");
	printf("%2$s %1$s %3$" PRIu64 "\n", "world", "hello", UINT64_MAX);
	printf("%d %s\n", snprintf(text, 10, "%s", longer), text);
	printf("%zu %td %jd %ls\n", sizeof text, text + 5 - text, (intmax_t)-5, L"wide");
	fputs(strcat(strcpy(text, "done"), "\n"), stdout);
	return 255;
}
