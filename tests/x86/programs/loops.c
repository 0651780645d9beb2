/* Loops that compilers turn into vector code: sums, products, minima, conversions, shuffles over
 * all element types. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

enum { COUNT = 1003 };

static int8_t s8[COUNT];
static uint8_t u8[COUNT];
static int16_t s16[COUNT], t16[COUNT];
static uint16_t u16[COUNT];
static int32_t s32[COUNT], t32[COUNT];
static uint32_t u32[COUNT];
static int64_t s64[COUNT];
static float f32[COUNT], g32[COUNT];
static double f64[COUNT];

static void fill(void)
{
	uint32_t random = 77;

	for (int i = 0; i < COUNT; i++) {
		uint32_t x = next_random(&random);
		s8[i] = (int8_t)x;
		u8[i] = (uint8_t)(x >> 8);
		s16[i] = (int16_t)x;
		t16[i] = (int16_t)(x >> 16);
		u16[i] = (uint16_t)(x >> 4);
		s32[i] = (int32_t)x;
		t32[i] = (int32_t)(x * 7) >> (x & 15);
		u32[i] = x;
		s64[i] = (int64_t)x * (int32_t)(x * 3);
		f32[i] = (float)(int32_t)x / 65536;
		g32[i] = (float)(x & 1023) / 8 + 1;
		f64[i] = (double)x / 3;
	}
}

static void reduce(void)
{
	int64_t sum = 0, product = 0;
	int32_t least = INT32_MAX, most = INT32_MIN;
	uint32_t all = 0, distance = 0;
	int16_t top16 = INT16_MIN;
	uint8_t low8 = 255;
	unsigned positive = 0;

	for (int i = 0; i < COUNT; i++) {
		sum += s8[i] + u8[i] + s16[i] + u16[i] + s32[i];
		product += (int64_t)s32[i] * t32[i] + s16[i] * t16[i];
		least = s32[i] < least ? s32[i] : least;
		most = t32[i] > most ? t32[i] : most;
		top16 = s16[i] > top16 ? s16[i] : top16;
		low8 = u8[i] < low8 ? u8[i] : low8;
		all ^= u32[i] << (i & 7);
		distance += (uint32_t)(u8[i] > (uint8_t)s8[i] ? u8[i] - (uint8_t)s8[i]
							      : (uint8_t)s8[i] - u8[i]);
		positive += f32[i] > 0 && s64[i] > 0;
	}
	printf("%lld %lld %d %d %d %u %08x %u %u\n", (long long)sum, (long long)product, least,
	       most, top16, low8, all, distance, positive);
}

static void transform(void)
{
	for (int i = 0; i < COUNT; i++) {
		int wide = s16[i] + t16[i];
		t16[i] = (int16_t)(wide > INT16_MAX   ? INT16_MAX
				   : wide < INT16_MIN ? INT16_MIN
						      : wide);
		u16[i] = (uint16_t)((uint32_t)u16[i] * 40503 >> 16);
		u8[i] = (uint8_t)((u8[i] + (uint8_t)s8[i] + 1) >> 1);
		s8[i] = (int8_t)(s8[i] < 0 ? -s8[i] : s8[i]);
		s32[i] = t32[i] > s32[i] ? t32[i] - s32[i] / 7 : s32[i] >> 3;
		u32[i] = u32[i] << 5 | u32[i] >> 27;
		s64[i] = (s64[i] >> 7) + (s64[i] == 0 ? 5 : s32[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		g32[i] = f32[i] * g32[i] + f32[COUNT - 1 - i];
		f64[i] = f64[i] / (g32[i] == 0 ? 1 : (double)g32[i]);
		f32[i] = (float)f64[i];
		t32[i] = (int32_t)(g32[i] / 4096);
	}
	printf("%08x %08x %08x %08x", checksum(t16, sizeof t16), checksum(u16, sizeof u16),
	       checksum(u8, sizeof u8), checksum(s8, sizeof s8));
	printf(" %08x %08x %08x %08x %08x %08x %08x\n", checksum(s32, sizeof s32),
	       checksum(u32, sizeof u32), checksum(s64, sizeof s64), checksum(g32, sizeof g32),
	       checksum(f64, sizeof f64), checksum(f32, sizeof f32), checksum(t32, sizeof t32));
}

typedef int32_t int_vector __attribute__((vector_size(16)));
typedef uint8_t byte_vector __attribute__((vector_size(16)));
typedef float float_vector __attribute__((vector_size(16)));

static void vectors(void)
{
	int_vector a, b = { 1, -2, 3, -4 };
	float_vector f, g = { 0.5f, -1.5f, 3, 1e6f };
	byte_vector bytes, order = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 };

	memcpy(&a, s32, sizeof a);
	memcpy(&f, g32, sizeof f);
	memcpy(&bytes, u8, sizeof bytes);
	a = (a * b + (a >> 3)) ^ (a > b);
	f = f * g + f / g;
	for (int i = 0; i < 16; i++)
		bytes[i] ^= bytes[order[i]];
	bytes += bytes >> 1;
	printf("%d %d %d %d %a %a %08x\n", a[0], a[1], a[2], a[3], (double)f[1], (double)f[3],
	       checksum(&bytes, sizeof bytes));
}

int program_loops(void)
{
	fill();
	for (int i = 0; i < 6; i++) {
		reduce();
		transform();
		vectors();
	}
	return 0;
}
