#include "outbreak/targets.h"

#include <stdlib.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

#define LEAST_BITS 10
#define USUAL_BITS 21 /* of the upper bitmap: 256 KiB */
#define MOST_BITS  29
#define HASHED	   (1u << TARGETS_HASHED_BITS) /* so much larger is the hashed one */

void targets_fini(struct targets *targets)
{
	free(targets->upper);
	free(targets->hashed);
	free(targets->guide);
	*targets = (struct targets){ 0 };
}

/* Bits of numbers below `space`, at least 1. */
static unsigned targets_width(uint64_t space)
{
	unsigned width = 1;
	while (width < 32 && UINT64_C(1) << width < space)
		width++;
	return width;
}

/* At least eight bits for each place; small where the space is small, so that small worlds are
 * cheap; what a core's cache holds where it may be large. */
static unsigned targets_choose_bits(uint32_t count, unsigned width)
{
	unsigned bits = width < USUAL_BITS ? width : USUAL_BITS;

	if (bits < LEAST_BITS)
		bits = LEAST_BITS;
	while (bits < MOST_BITS && bits < width && UINT64_C(8) * count > UINT64_C(1) << bits)
		bits++;
	return bits;
}

static int targets_make_room(struct targets *targets, size_t words, struct error *error)
{
	if (words <= targets->capacity)
		return 0;
	targets_fini(targets);
	targets->upper = malloc(words * sizeof *targets->upper);
	targets->hashed = malloc(words * HASHED * sizeof *targets->hashed);
	targets->guide = malloc((words + 1) * sizeof *targets->guide);
	if (!targets->upper || !targets->hashed || !targets->guide) {
		targets_fini(targets);
		int result = error_set(error, ERROR_MEMORY, "", "no memory for a map of addresses");
		return result < 0 ? result : ERROR_MEMORY;
	}
	targets->capacity = words;
	return 0;
}

int targets_set(struct targets *targets, const uint64_t *places, uint32_t count, uint64_t space,
		struct error *error)
{
	unsigned width = targets_width(space), bits = targets_choose_bits(count, width);
	size_t words = (size_t)1 << bits >> 5;
	uint32_t next = 0;
	int result = targets_make_room(targets, words, error);

	if (result < 0)
		return result;
	targets->places = places;
	targets->count = count;
	targets->bits = bits;
	targets->shift = width > bits ? width - bits : 0;
	memset(targets->upper, 0, words * sizeof *targets->upper);
	memset(targets->hashed, 0, words * HASHED * sizeof *targets->hashed);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t upper = (uint32_t)places[i] >> targets->shift;
		struct targets_mark mark = targets_mark(targets, (uint32_t)places[i]);
		while (next <= upper >> 5)
			targets->guide[next++] = i;
		targets->upper[upper >> 5] |= 1u << (upper & 31);
		targets->hashed[mark.word] |= mark.bits;
	}
	while (next <= words)
		targets->guide[next++] = count;
	return 0;
}

uint32_t targets_find(const struct targets *targets, uint64_t place)
{
	uint32_t cell = (uint32_t)place >> targets->shift >> 5;
	uint32_t low = targets->guide[cell], end = targets->guide[cell + 1], high = end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (targets->places[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && targets->places[low] == place ? low : TARGETS_NOBODY;
}

/* Whose upper bits are those of somebody. No branch depends on what is found: the index is always
 * written, and stays where it was hit. */
static size_t sift_upper(const struct targets *targets, const uint32_t *words, size_t count,
			 uint64_t first, uint64_t size, uint32_t *found)
{
	const uint32_t *upper = targets->upper;
	unsigned shift = targets->shift;
	size_t passed = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t place = (uint32_t)(first + (words[i] * size >> 32));
		found[passed] = (uint32_t)i;
		passed += targets_bit(upper, place >> shift);
	}
	return passed;
}

#if defined __x86_64__
/* The high halves of products of 16 words with a size up to 2^32. */
__attribute__((target("avx512f"))) static inline __m512i scale16(__m512i words, uint64_t size)
{
	if (size >> 32)
		return words;
	__m512i factor = _mm512_set1_epi64((int64_t)size);
	__m512i even = _mm512_srli_epi64(_mm512_mul_epu32(words, factor), 32);
	__m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(words, 32), factor);
	return _mm512_mask_blend_epi32(0xAAAA, even, odd);
}

/* The same, sixteen at a time. */
__attribute__((target("avx512f"))) static size_t sift_upper16(const struct targets *targets,
							      const uint32_t *words, size_t count,
							      uint64_t first, uint64_t size,
							      uint32_t *found)
{
	const __m512i one = _mm512_set1_epi32(1), low = _mm512_set1_epi32(31);
	const __m512i start = _mm512_set1_epi32((int32_t)(uint32_t)first);
	__m128i shift = _mm_cvtsi32_si128((int)targets->shift);
	__m512i index = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	size_t passed = 0;

	for (size_t i = 0; i < count; i += 16) {
		__mmask16 there = (__mmask16)(count - i < 16 ? (1u << (count - i)) - 1 : 0xFFFF);
		__m512i place = scale16(_mm512_maskz_loadu_epi32(there, words + i), size);
		place = _mm512_srl_epi32(_mm512_add_epi32(place, start), shift);
		__m512i cells = _mm512_mask_i32gather_epi32(
			place, there, _mm512_srli_epi32(place, 5), targets->upper, 4);
		__m512i bits = _mm512_sllv_epi32(one, _mm512_and_si512(place, low));
		__mmask16 hit = _mm512_mask_test_epi32_mask(there, cells, bits);
		_mm512_storeu_si512(found + passed, _mm512_maskz_compress_epi32(hit, index));
		passed += (unsigned)__builtin_popcount(hit);
		index = _mm512_add_epi32(index, _mm512_set1_epi32(16));
	}
	return passed;
}
#endif

size_t targets_sift(const struct targets *targets, const uint32_t *words, size_t count,
		    uint64_t first, uint64_t size, uint32_t *found)
{
	size_t passed, kept = 0;

#if defined __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		passed = sift_upper16(targets, words, count, first, size, found);
	else
#endif
		passed = sift_upper(targets, words, count, first, size, found);
	for (size_t i = 0; i < passed; i++) {
		uint32_t place = (uint32_t)(first + (words[found[i]] * size >> 32));
		found[kept] = found[i];
		kept += targets_marked(targets, place);
	}
	return kept;
}
