/* 64-bit arithmetic, which IA-32 does in halves, and 128-bit arithmetic where the compiler has it.
 */
#include "programs.h"

#include <stdio.h>

static uint64_t random64(uint32_t *random)
{
	uint64_t value = (uint64_t)next_random(random) << 32 | next_random(random);

	return value >> next_random(random) % 64;
}

/* Division by shifting and subtracting, to hold against the compiler's. */
static uint64_t slow_divide(uint64_t a, uint64_t b, uint64_t *rest)
{
	uint64_t quotient = 0;

	*rest = 0;
	for (int i = 63; i >= 0; i--) {
		uint64_t carry = *rest >> 63;
		*rest = *rest << 1 | (a >> i & 1);
		if (carry || *rest >= b) {
			*rest -= b;
			quotient |= UINT64_C(1) << i;
		}
	}
	return quotient;
}

#ifdef __SIZEOF_INT128__
static uint64_t high_product(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b >> 64);
}
#else
static uint64_t high_product(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX),
		 first = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t second = (a & UINT32_MAX) * (b >> 32) + (first & UINT32_MAX);

	return (a >> 32) * (b >> 32) + (first >> 32) + (second >> 32);
}
#endif

int program_wide_integers(void)
{
	uint32_t random = 12345;
	uint64_t sum = 0, rest;
	int wrong = 0;

	for (int i = 0; i < 1500; i++) {
		uint64_t a = random64(&random), b = random64(&random) | 1;
		int64_t sa = (int64_t)a, sb = (int64_t)(b << 1) >> 1;
		unsigned shift = (unsigned)i % 64;
		if (i % 4 == 0) {
			wrong += slow_divide(a, b, &rest) != a / b;
			wrong += rest != a % b;
		}
		sum += (a / b) ^ (a % b) ^ (a * b);
		sum += high_product(a, b);
		sum ^= (uint64_t)(sa / sb) + (uint64_t)(sa % sb);
		sum += a << shift ^ b >> shift;
		sum ^= (uint64_t)(sa >> shift);
		sum += (uint64_t)(a < b) + ((uint64_t)(sa < sb) << 1) + ((uint64_t)(a == b) << 2);
		sum += (uint64_t)-sa + (a & ~b);
		sum = sum << 7 | sum >> 57;
		sum += (uint64_t)(int64_t)((double)sa * 0.5);
	}
	printf("%016llx wrong %d\n", (unsigned long long)sum, wrong);
	return wrong;
}
