/* Switch tables, function pointers, computed gotos, comparison chains. */
#include "programs.h"

#include <stdio.h>

static int dense(int n)
{
	switch (n) {
	case 0: return 11;
	case 1: return 5;
	case 2: return -7;
	case 3:
	case 4: return 100;
	case 5: return n * n;
	case 6: return 1 << n;
	case 7: return ~n;
	case 8: return 64 / n;
	case 9: return 65 % n;
	case 12: return 1000000;
	default: return n < 0 ? -1 : 1;
	}
}

static const char *sparse(unsigned n)
{
	switch (n) {
	case 3: return "three";
	case 1000: return "thousand";
	case 65536: return "word";
	case 0x7fffffff: return "largest";
	case 0x80000000: return "sign";
	case 0xffffffff: return "all";
	default: return n > 0x80000000 ? "negative" : "other";
	}
}

static unsigned add(unsigned a, unsigned b)
{
	return a + b;
}

static unsigned subtract(unsigned a, unsigned b)
{
	return a - b;
}

static unsigned mix(unsigned a, unsigned b)
{
	return (a ^ b) * 2654435761u;
}

static unsigned choose(unsigned a, unsigned b)
{
	return (int)a < (int)b ? a : b;
}

static unsigned machine(const uint8_t *code)
{
	static const void *const labels[] = { &&increment, &&twice, &&negate, &&halve, &&end };
	unsigned accumulator = 1;

	goto *labels[*code++];
increment:
	accumulator++;
	goto *labels[*code++];
twice:
	accumulator *= 2;
	goto *labels[*code++];
negate:
	accumulator = -accumulator;
	goto *labels[*code++];
halve:
	accumulator >>= 1;
	goto *labels[*code++];
end:
	return accumulator;
}

int program_dispatch(void)
{
	static unsigned (*const operations[])(unsigned, unsigned) = { add, subtract, mix, choose };
	static const unsigned probes[] = { 3,	       4,	   1000,       65536,
					   0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	uint8_t code[201];
	unsigned value = 1;
	uint32_t random = 99;
	long long total = 0;

	for (int i = 0; i < 40000; i++)
		total += dense((int)(next_random(&random) % 16) - 2);
	printf("%lld\n", total);
	for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
		printf("%s ", sparse(probes[i]));
	for (int i = 0; i < 40000; i++)
		value = operations[next_random(&random) >> 30](value, (unsigned)i);
	printf("%u\n", value);
	for (int i = 0; i < 200; i++)
		code[i] = (uint8_t)(next_random(&random) % 4);
	code[200] = 4;
	printf("%u\n", machine(code));
	return dense(8);
}
