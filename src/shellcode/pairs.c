#include "shellcode/pairs.h"

#include <string.h>

#include "shellcode/vectors.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

void pairs_init(struct pairs *pairs, const char *text, unsigned count)
{
	*pairs = (struct pairs){ .count = (uint8_t)(count < PAIRS_MOST ? count : PAIRS_MOST) };
	memcpy(pairs->bytes, text, 2 * (size_t)pairs->count);
	for (unsigned i = 0; i < pairs->count; i++)
		for (unsigned half = 0; half < 4; half++) {
			unsigned byte = pairs->bytes[i][half / 2];
			pairs->halves[half][half % 2 ? byte >> 4 : byte & 15] |= (uint8_t)(1u << i);
		}
}

static bool begins_at(const struct pairs *pairs, const uint8_t *data)
{
	return (pairs->halves[0][data[0] & 15] & pairs->halves[1][data[0] >> 4] &
		pairs->halves[2][data[1] & 15] & pairs->halves[3][data[1] >> 4]) != 0;
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((target("avx2"))) static __m256i table_of(const uint8_t half[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)half));
}

/* The first of `blocks` of 32 bytes, which one more byte follows, that has a pair in it. */
__attribute__((target("avx2"))) static size_t skip_by_avx2(const struct pairs *pairs,
							   const uint8_t *data, size_t blocks)
{
	const __m256i low = _mm256_set1_epi8(15);
	const __m256i a = table_of(pairs->halves[0]), b = table_of(pairs->halves[1]);
	const __m256i c = table_of(pairs->halves[2]), d = table_of(pairs->halves[3]);
	size_t i = 0;

	for (; i < blocks; i++) {
		__m256i first = _mm256_loadu_si256((const __m256i *)(data + 32 * i));
		__m256i second = _mm256_loadu_si256((const __m256i *)(data + 32 * i + 1));
		__m256i upper = _mm256_and_si256(_mm256_srli_epi16(first, 4), low);
		__m256i upper_second = _mm256_and_si256(_mm256_srli_epi16(second, 4), low);
		__m256i found = _mm256_and_si256(
			_mm256_and_si256(_mm256_shuffle_epi8(a, _mm256_and_si256(first, low)),
					 _mm256_shuffle_epi8(b, upper)),
			_mm256_and_si256(_mm256_shuffle_epi8(c, _mm256_and_si256(second, low)),
					 _mm256_shuffle_epi8(d, upper_second)));
		if (!_mm256_testz_si256(found, found))
			break;
	}
	return i;
}

/* As above, of blocks of 64 bytes: pairs are compared one by one, `count` of them. */
__attribute__((target("avx512f,avx512bw"), always_inline)) static inline size_t
skip_so_many(const struct pairs *pairs, unsigned count, const uint8_t *data, size_t blocks)
{
	__m512i firsts[PAIRS_MOST], seconds[PAIRS_MOST];
	size_t i = 0;

	for (unsigned k = 0; k < count; k++) {
		firsts[k] = _mm512_set1_epi8((char)pairs->bytes[k][0]);
		seconds[k] = _mm512_set1_epi8((char)pairs->bytes[k][1]);
	}
	for (; i < blocks; i++) {
		__m512i first = _mm512_loadu_si512((const void *)(data + 64 * i));
		__m512i second = _mm512_loadu_si512((const void *)(data + 64 * i + 1));
		uint64_t found = 0;
		for (unsigned k = 0; k < count; k++)
			found |= _mm512_mask_cmpeq_epi8_mask(
				_mm512_cmpeq_epi8_mask(first, firsts[k]), second, seconds[k]);
		if (found)
			break;
	}
	return i;
}

enum { COMPARED = 3 /* more are told faster by their halves */ };

__attribute__((target("avx512f,avx512bw"))) static size_t
skip_by_avx512(const struct pairs *pairs, const uint8_t *data, size_t blocks)
{
	switch (pairs->count) {
	case 1: return skip_so_many(pairs, 1, data, blocks);
	case 2: return skip_so_many(pairs, 2, data, blocks);
	default: return skip_so_many(pairs, COMPARED, data, blocks);
	}
}

/* How many of the bytes no pair begins in, in whole blocks. */
static size_t skip(const struct pairs *pairs, const uint8_t *data, size_t length)
{
	if (vectors_best() >= VECTORS_AVX512 && pairs->count <= COMPARED)
		return 64 * skip_by_avx512(pairs, data, (length - 1) / 64);
	return vectors_best() >= VECTORS_AVX2 ? 32 * skip_by_avx2(pairs, data, (length - 1) / 32)
					      : 0;
}
#else
static size_t skip(const struct pairs *pairs, const uint8_t *data, size_t length)
{
	(void)pairs, (void)data, (void)length;
	return 0;
}
#endif

size_t pairs_next(const struct pairs *pairs, struct bytes bytes, size_t from)
{
	for (size_t at = from; at + 1 < bytes.length;) {
		at += skip(pairs, bytes.data + at, bytes.length - at);
		/* in these, or in none */
		for (unsigned i = 0; i < 64 && at + 1 < bytes.length; i++, at++)
			if (begins_at(pairs, bytes.data + at))
				return at;
	}
	return bytes.length;
}
