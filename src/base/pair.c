/* Where a pair of bytes is, by AVX2 where the processor has it: what has no pair in it
 * passes 64 bytes at a time. */
#include <string.h>

#include "base/base.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_SIMD 1
#endif

enum { BLOCK = 64 };

/* Of `blocks` blocks, which one more byte follows, how many from the first on have no pair that
 * begins in them. */
typedef size_t pair_function(const uint8_t *data, size_t blocks, uint8_t first, uint8_t second);

typedef uint8_t lane __attribute__((vector_size(16)));

static lane lane_at(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

static size_t pair_free_plainly(const uint8_t *data, size_t blocks, uint8_t first, uint8_t second)
{
	lane firsts, seconds;

	memset(&firsts, first, sizeof firsts);
	memset(&seconds, second, sizeof seconds);
	for (size_t block = 0; block < blocks; block++, data += BLOCK) {
		lane found = { 0 };
		uint64_t words[2];
		for (size_t i = 0; i < BLOCK; i += sizeof(lane))
			found |= (lane)(lane_at(data + i) == firsts) &
				 (lane)(lane_at(data + i + 1) == seconds);
		memcpy(words, &found, sizeof words);
		if (words[0] | words[1])
			return block;
	}
	return blocks;
}

#ifdef WITH_SIMD
__attribute__((target("avx2"))) static __m256i pairs_32(const uint8_t *data, __m256i firsts,
							__m256i seconds)
{
	const __m256i *one = (const void *)data, *next = (const void *)(data + 1);

	return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_loadu_si256(one), firsts),
				_mm256_cmpeq_epi8(_mm256_loadu_si256(next), seconds));
}

__attribute__((target("avx2"))) static size_t pair_free_by_avx2(const uint8_t *data, size_t blocks,
								uint8_t first, uint8_t second)
{
	__m256i firsts = _mm256_set1_epi8((char)first), seconds = _mm256_set1_epi8((char)second);

	for (size_t block = 0; block < blocks; block++, data += BLOCK)
		if (_mm256_movemask_epi8(_mm256_or_si256(pairs_32(data, firsts, seconds),
							 pairs_32(data + 32, firsts, seconds))))
			return block;
	return blocks;
}
#endif

static pair_function *pair_choose(void)
{
#ifdef WITH_SIMD
	if (__builtin_cpu_supports("avx2"))
		return pair_free_by_avx2;
#endif
	return pair_free_plainly;
}

size_t bytes_find_pair(struct bytes bytes, uint8_t first, uint8_t second, size_t from)
{
	pair_function *pair_free = pair_choose();

	for (size_t i = from; i + 1 < bytes.length;) {
		size_t end;
		i += BLOCK *
		     pair_free(bytes.data + i, (bytes.length - i - 1) / BLOCK, first, second);
		end = bytes.length - i - 1 > BLOCK ? i + BLOCK : bytes.length - 1;
		for (; i < end; i++)
			if (bytes.data[i] == first && bytes.data[i + 1] == second)
				return i;
	}
	return SIZE_MAX;
}
