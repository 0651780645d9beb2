/* The overflow builtins beside a wider computation, saturation, and comparisons at the borders of
 * the types. */
#include "programs.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

static const int32_t borders[] = {
	INT32_MIN, INT32_MIN + 1, -65536, -46341,	 -1,	   0, 1, 2,
	46340,	   46341,	  65535,  INT32_MAX - 1, INT32_MAX
};
enum { BORDERS = sizeof borders / sizeof *borders };

static int check_int(int32_t a, int32_t b)
{
	int32_t sum, difference, product;
	bool over[3] = { __builtin_add_overflow(a, b, &sum),
			 __builtin_sub_overflow(a, b, &difference),
			 __builtin_mul_overflow(a, b, &product) };
	int64_t exact[3] = { (int64_t)a + b, (int64_t)a - b, (int64_t)a * b };
	int32_t given[3] = { sum, difference, product };
	int wrong = 0;

	for (int i = 0; i < 3; i++)
		wrong +=
			over[i] != (exact[i] != (int32_t)exact[i]) || given[i] != (int32_t)exact[i];
	return wrong;
}

static unsigned narrow(int32_t a, int32_t b)
{
	int8_t s8;
	uint8_t u8;
	int16_t s16;
	uint16_t u16;
	uint32_t u32;
	int64_t s64;
	uint64_t u64;
	unsigned bits = __builtin_add_overflow((int8_t)a, (int8_t)b, &s8);

	bits = bits << 1 | __builtin_sub_overflow((uint8_t)a, (uint8_t)b, &u8);
	bits = bits << 1 | __builtin_mul_overflow((int16_t)a, (int16_t)b, &s16);
	bits = bits << 1 | __builtin_mul_overflow((uint16_t)a, (uint16_t)b, &u16);
	bits = bits << 1 | __builtin_add_overflow((uint32_t)a, (uint32_t)b, &u32);
	bits = bits << 1 | __builtin_mul_overflow((int64_t)a << 31, (int64_t)b, &s64);
	bits = bits << 1 | __builtin_mul_overflow((uint64_t)a, (uint64_t)b << 8, &u64);
	return bits ^ (unsigned)s8 ^ u8 ^ (unsigned)s16 << 3 ^ u16 ^ u32 ^ (unsigned)s64 ^
	       (unsigned)(u64 >> 32);
}

static int32_t saturated(int32_t a, int32_t b)
{
	int32_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT32_MIN : INT32_MAX;
	return sum;
}

int program_overflow(void)
{
	int wrong = 0;
	unsigned mixed = 0;

	for (int i = 0; i < BORDERS; i++) {
		for (int k = 0; k < BORDERS; k++) {
			volatile int32_t a = borders[i], b = borders[k];
			wrong += check_int(a, b);
			mixed = mixed * 31 + narrow(a, b);
			mixed = mixed * 31 + (unsigned)saturated(a, b);
			mixed += (unsigned)(a < b) + 2u * ((unsigned)a < (unsigned)b) +
				 4u * ((int16_t)a <= (int16_t)b) + 8u * ((uint8_t)a > (uint8_t)b);
			if (b != 0 && !(a == INT32_MIN && b == -1))
				mixed ^= (unsigned)(a / b) * 17 + (unsigned)(a % b);
		}
	}
	printf("wrong %d mixed %08x\n", wrong, mixed);
	return wrong;
}
