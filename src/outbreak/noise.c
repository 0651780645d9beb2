#include "outbreak/noise.h"

#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

#define GROUP  4		 /* blocks that lie together */
#define BLOCKS (NOISE_WORDS / 4) /* of a batch */

/* Philox's multipliers and the increments of its key (DOI 10.1145/2063384.2063405, table 2). */
#define MULTIPLY_0 0xD2511F53u
#define MULTIPLY_1 0xCD9E8D57u
#define WEYL_0	   0x9E3779B9u
#define WEYL_1	   0xBB67AE85u

static void words_portable(uint64_t seed, uint64_t stream, uint64_t first, unsigned blocks,
			   uint32_t *words)
{
	const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };

	for (unsigned block = 0; block < blocks; block++) {
		uint64_t position = first + block;
		uint32_t counter[4] = { (uint32_t)position, (uint32_t)(position >> 32),
					(uint32_t)stream, (uint32_t)(stream >> 32) };
		uint32_t result[4], *group = words + block / GROUP * GROUP * 4;
		unsigned lane = block % GROUP;

		random_philox(counter, key, result);
		memcpy(group + 2 * lane, result, 8);
		memcpy(group + 2 * (GROUP + lane), result + 2, 8);
	}
}

#if defined __x86_64__
/* Each 64-bit lane holds one 32-bit word of one block; what stands above it is never read: products
 * take the low halves, and a high half is shifted down before it is used. */
struct lanes {
	__m256i c0, c1, c2, c3;
};

__attribute__((target("avx2"))) static inline void round_of(struct lanes *lanes, __m256i k0,
							    __m256i k1)
{
	__m256i p0 = _mm256_mul_epu32(lanes->c0, _mm256_set1_epi64x(MULTIPLY_0));
	__m256i p1 = _mm256_mul_epu32(lanes->c2, _mm256_set1_epi64x(MULTIPLY_1));

	lanes->c0 = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), _mm256_xor_si256(lanes->c1, k0));
	lanes->c2 = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), _mm256_xor_si256(lanes->c3, k1));
	lanes->c1 = p1;
	lanes->c3 = p0;
}

__attribute__((target("avx2"))) static inline struct lanes start_of(uint64_t stream, uint64_t first)
{
	__m256i position =
		_mm256_add_epi64(_mm256_set1_epi64x((int64_t)first), _mm256_set_epi64x(3, 2, 1, 0));
	return (struct lanes){ .c0 = position,
			       .c1 = _mm256_srli_epi64(position, 32),
			       .c2 = _mm256_set1_epi64x((int64_t)stream),
			       .c3 = _mm256_set1_epi64x((int64_t)(stream >> 32)) };
}

__attribute__((target("avx2"))) static inline void store(const struct lanes *lanes, uint32_t *words)
{
	__m256i front = _mm256_blend_epi32(lanes->c0, _mm256_slli_epi64(lanes->c1, 32), 0xAA);
	__m256i back = _mm256_blend_epi32(lanes->c2, _mm256_slli_epi64(lanes->c3, 32), 0xAA);

	_mm256_storeu_si256((__m256i *)words, front);
	_mm256_storeu_si256((__m256i *)(words + 8), back);
}

__attribute__((target("avx2"))) static void
words_avx2(uint64_t seed, uint64_t stream, uint64_t first, unsigned blocks, uint32_t *words)
{
	for (unsigned block = 0; block < blocks; block += NOISE_GROUP) {
		struct lanes a = start_of(stream, first + block);
		struct lanes b = start_of(stream, first + block + GROUP);
		uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

#pragma GCC unroll 10
		for (int round = 0; round < 10; round++) {
			__m256i v0 = _mm256_set1_epi64x(k0), v1 = _mm256_set1_epi64x(k1);
			round_of(&a, v0, v1);
			round_of(&b, v0, v1);
			k0 += WEYL_0;
			k1 += WEYL_1;
		}
		store(&a, words + (size_t)block * 4);
		store(&b, words + (size_t)block * 4 + (size_t)GROUP * 4);
	}
}
#endif

void noise_blocks(uint64_t seed, uint64_t stream, uint64_t position, unsigned blocks,
		  uint32_t *words)
{
#if defined __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		words_avx2(seed, stream, position, blocks, words);
		return;
	}
#endif
	words_portable(seed, stream, position, blocks, words);
}

void noise_words(uint64_t seed, uint64_t stream, uint64_t number, uint32_t words[NOISE_WORDS])
{
	noise_blocks(seed, stream, number * BLOCKS, BLOCKS, words);
}

void noise_units(uint64_t seed, uint64_t stream, uint64_t number, double values[NOISE_UNITS])
{
	uint32_t words[NOISE_WORDS];

	noise_words(seed, stream, number, words);
	for (unsigned block = 0; block < BLOCKS; block++) {
		/* random_u64() takes the last word first. */
		const uint32_t *group = words + block / GROUP * GROUP * 4;
		const uint32_t *back = group + (size_t)2 * (GROUP + block % GROUP);
		values[block] =
			((double)(((uint64_t)back[1] << 32 | back[0]) >> 11) + 0.5) * 0x1p-53;
	}
}

typedef double real4 __attribute__((vector_size(32)));
typedef uint64_t word4 __attribute__((vector_size(32)));

/* -log(u) of four u in (0, 1), made of 52 bits each. With u = 2^e * m, m in [sqrt(1/2), sqrt(2))
 * and s = (m - 1) / (m + 1), log(m) is 2 * artanh(s), whose series in s * s <= 0.0295 is cut where
 * its terms leave double precision. Only sums, products and a division: the same bits on every
 * machine. */
__attribute__((always_inline)) static inline void four_exponentials(const uint32_t *words,
								    double *values)
{
	const uint64_t root = UINT64_C(0x3FE6A09E667F3BCD); /* bits of sqrt(1/2) */
	word4 bits, above, exponent;
	real4 u, m, e, s, square, series;

	memcpy(&bits, words, sizeof bits);
	bits = bits >> 12 | UINT64_C(0x3FF0000000000000); /* [1, 2) */
	memcpy(&u, &bits, sizeof u);
	u -= 1 - 0x1p-53;
	memcpy(&bits, &u, sizeof bits);
	above = (bits - root + (UINT64_C(1024) << 52)) >> 52; /* e + 1024 */
	bits -= (above - 1024) << 52;
	memcpy(&m, &bits, sizeof m);
	exponent = above | UINT64_C(0x4330000000000000); /* 2^52 + above */
	memcpy(&e, &exponent, sizeof e);
	e -= 0x1p52 + 1024;
	s = (m - 1) / (m + 1);
	square = s * s;
	series = square * (1.0 / 23) + 1.0 / 21;
	series = series * square + 1.0 / 19;
	series = series * square + 1.0 / 17;
	series = series * square + 1.0 / 15;
	series = series * square + 1.0 / 13;
	series = series * square + 1.0 / 11;
	series = series * square + 1.0 / 9;
	series = series * square + 1.0 / 7;
	series = series * square + 1.0 / 5;
	series = series * square + 1.0 / 3;
	series = series * square + 1.0;
	u = -(e * 0x1.62e42fefa39efp-1 + (s + s) * series);
	memcpy(values, &u, sizeof u);
}

#if defined __x86_64__
__attribute__((target("avx2"))) static void exponentials_avx2(const uint32_t *words, double *values)
{
	for (unsigned i = 0; i < NOISE_WORDS / 2; i += 4)
		four_exponentials(words + (size_t)i * 2, values + i);
}
#endif

void noise_exponentials(const uint32_t words[NOISE_WORDS], double values[NOISE_WORDS / 2])
{
#if defined __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		exponentials_avx2(words, values);
		return;
	}
#endif
	for (unsigned i = 0; i < NOISE_WORDS / 2; i += 4)
		four_exponentials(words + (size_t)i * 2, values + i);
}
