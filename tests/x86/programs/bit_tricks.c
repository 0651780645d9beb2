/* Counting, reversing, rotating, searching bits, each beside a slow way of doing it. */
#include "programs.h"

#include <stdio.h>

static uint64_t reverse(uint64_t x)
{
	x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
	x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
	return __builtin_bswap64(x);
}

static unsigned slow_count(uint64_t x)
{
	unsigned count = 0;

	for (; x; x &= x - 1)
		count++;
	return count;
}

static uint64_t slow_reverse(uint64_t x)
{
	uint64_t result = 0;

	for (int i = 0; i < 64; i++)
		result |= (x >> i & 1) << (63 - i);
	return result;
}

static uint64_t deposit(uint64_t value, uint64_t mask)
{
	uint64_t result = 0;

	for (uint64_t bit = 1; mask; bit += bit) {
		if (value & bit)
			result |= mask & -mask;
		mask &= mask - 1;
	}
	return result;
}

static uint32_t crc32(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (-(crc & 1) & 0xedb88320);
	}
	return ~crc;
}

static uint64_t rotate(uint64_t x, unsigned count)
{
	return x << (count & 63) | x >> (-count & 63);
}

int program_bit_tricks(void)
{
	uint32_t random = 0xbadc0de;
	uint64_t sum = 0;
	int wrong = 0;

	for (int i = 0; i < 4000; i++) {
		uint64_t x = (uint64_t)next_random(&random) << 32 | next_random(&random);
		x >>= i % 64;
		if (x == 0)
			continue;
		wrong += (unsigned)__builtin_popcountll(x) != slow_count(x);
		wrong += reverse(x) != slow_reverse(x);
		wrong += __builtin_ctzll(x) != __builtin_clzll(slow_reverse(x));
		wrong += __builtin_parityll(x) != (int)(slow_count(x) & 1);
		wrong += ((uint32_t)x && __builtin_ffs((int)x) != 1 + __builtin_ctz((unsigned)x));
		sum += rotate(x, (unsigned)i) ^ deposit(x, x * 0x9e3779b97f4a7c15);
		sum += (uint64_t)__builtin_bswap32((uint32_t)x) + __builtin_bswap16((uint16_t)x);
		sum ^= (uint64_t)__builtin_clrsb((int)x) << 40 | (x & ~(x >> 3)) >> 5;
		sum += (uint8_t)((uint8_t)x << 3 | (uint8_t)x >> 5);
		sum += (uint16_t)((uint16_t)x << (i % 16) | (uint16_t)x >> (16 - i % 16));
	}
	printf("%016llx wrong %d crc %08x\n", (unsigned long long)sum, wrong,
	       crc32((const uint8_t *)"123456789", 9));
	return wrong != 0;
}
