/* Blocks of 64 bytes. Every line of base64 is asked, and half of them come no farther. */
#include "shellcode/ingredients.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_AVX512 1
#endif

enum {
	LANE = 16, /* bytes to a vector of every processor */
	BLOCK = 64 /* bytes that are counted at once */
};

typedef uint8_t lane __attribute__((vector_size(LANE)));

static lane lane_at(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

/* Sum of sixteen counters of at most 15 each. */
static unsigned sum_of(lane counters)
{
	uint64_t words[2];

	memcpy(words, &counters, sizeof words);
	return (unsigned)((words[0] + words[1]) * 0x0101010101010101u >> 56);
}

/* Adds what a block has. `block`: with the byte behind it. */
static void add_block(struct ingredients *seen, const uint8_t block[BLOCK + 1])
{
	lane patches = { 0 }, sums = { 0 }, pushes = { 0 };

	for (unsigned i = 0; i < BLOCK; i += LANE) {
		lane bytes = lane_at(block + i), next = lane_at(block + i + 1);
		patches -= (lane)((bytes | 1) == 0x31) & (lane)((next & 0xc0) == 0x40) &
			   (lane)((next & 7) != 4);
		sums -= (lane)((bytes | 8) == 0x2d) | (lane)(bytes == 0x35);
		pushes -= (lane)(bytes == 0x50);
	}
	seen->patches += sum_of(patches);
	seen->sums += sum_of(sums);
	seen->pushes += sum_of(pushes);
}

/* Adds the first block of a run, and passes it. */
static void count_block(struct ingredients *seen, struct bytes *run)
{
	uint8_t last[BLOCK + 1] = { 0 }; /* zeros are nothing of it */

	if (run->length > BLOCK) {
		add_block(seen, run->data);
	} else {
		memcpy(last, run->data, run->length);
		add_block(seen, last);
	}
	*run = bytes_slice(*run, BLOCK, SIZE_MAX);
}

struct ingredients ingredients_of(struct bytes run)
{
	struct ingredients seen = { 0 };

	while (run.length && !ingredients_build(&seen))
		count_block(&seen, &run);
	return seen;
}

static inline bool may_do(const struct ingredients *seen)
{
	return seen->patches >= INGREDIENTS_PATCHES || seen->sums >= INGREDIENTS_SUMS;
}

static bool may_do_plainly(struct bytes run)
{
	struct ingredients seen = { 0 };

	while (run.length && !may_do(&seen))
		count_block(&seen, &run);
	return may_do(&seen);
}

size_t ingredients_keep_plainly(struct bytes bytes, struct ingredients_run *runs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct ingredients_run run = runs[i];
		runs[kept] = run;
		kept += may_do_plainly(bytes_slice(bytes, run.start, run.end - run.start));
	}
	return kept;
}

#ifdef WITH_AVX512
#define WIDE __attribute__((target("avx512f,avx512bw,popcnt")))

WIDE static inline __m512i all(uint8_t byte)
{
	return _mm512_set1_epi8((char)byte);
}

/* Adds what at most a block of printable bytes has. */
WIDE static inline void add_vector(struct ingredients *seen, const uint8_t *data, size_t length)
{
	uint64_t there = length < BLOCK ? ((uint64_t)1 << length) - 1 : UINT64_MAX;
	__m512i bytes = _mm512_maskz_loadu_epi8(there, data);
	__m512i next = _mm512_maskz_loadu_epi8(length > BLOCK ? there : there >> 1, data + 1);
	uint64_t changes = _mm512_cmpeq_epi8_mask(_mm512_or_si512(bytes, all(1)), all(0x31));
	uint64_t distance = _mm512_test_epi8_mask(next, all(0x40));
	uint64_t base = _mm512_test_epi8_mask(_mm512_xor_si512(next, all(4)), all(7));
	uint64_t sums = _mm512_cmpeq_epi8_mask(_mm512_or_si512(bytes, all(8)), all(0x2d)) |
			_mm512_cmpeq_epi8_mask(bytes, all(0x35));

	seen->patches += (unsigned)__builtin_popcountll(changes & distance & base);
	seen->sums += (unsigned)__builtin_popcountll(sums);
}

/* Lines have two blocks, which are counted without asking what the first has. */
WIDE static inline bool may_do_by_avx512(const uint8_t *data, size_t length)
{
	struct ingredients seen = { 0 };

	do {
		size_t second = length > BLOCK ? length - BLOCK : 0;
		add_vector(&seen, data, length);
		add_vector(&seen, data + BLOCK, second);
		data += 2 * BLOCK;
		length = second > BLOCK ? second - BLOCK : 0;
	} while (length && !may_do(&seen));
	return may_do(&seen);
}

WIDE static size_t keep_by_avx512(const uint8_t *data, struct ingredients_run *runs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct ingredients_run run = runs[i];
		runs[kept] = run;
		kept += may_do_by_avx512(data + run.start, run.end - run.start);
	}
	return kept;
}
#endif

size_t ingredients_keep(struct bytes bytes, struct ingredients_run *runs, size_t count)
{
#ifdef WITH_AVX512
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("popcnt"))
		return keep_by_avx512(bytes.data, runs, count);
#endif
	return ingredients_keep_plainly(bytes, runs, count);
}
