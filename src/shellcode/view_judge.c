#include "shellcode/view_judge.h"

#include <string.h>

#include "shellcode/vectors.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_VECTORS 1
#endif

enum {
	LANE = 16,
	LANES = VIEW_BLOCK / LANE,
	MANY_ESCAPES = 3, /* of % and \ in a block */
	MANY_EQUALS = 6	  /* of = and & */
};

typedef uint8_t lane __attribute__((vector_size(LANE)));

static lane lane_at(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

static lane all(uint8_t byte)
{
	lane value;

	memset(&value, byte, sizeof value);
	return value;
}

static lane is(lane value, uint8_t byte)
{
	return (lane)(value == all(byte));
}

static lane between(lane value, uint8_t first, uint8_t last)
{
	return (lane)(value - all(first) <= all((uint8_t)(last - first)));
}

static bool full(lane mask)
{
	uint64_t words[2];

	memcpy(words, &mask, sizeof words);
	return (words[0] & words[1]) == UINT64_MAX;
}

static bool any(lane mask)
{
	uint64_t words[2];

	memcpy(words, &mask, sizeof words);
	return (words[0] | words[1]) != 0;
}

/* Sum of sixteen counters of at most 15 each. */
static unsigned sum(lane counters)
{
	uint64_t words[2];

	memcpy(words, &counters, sizeof words);
	return (unsigned)((words[0] + words[1]) * 0x0101010101010101u >> 56);
}

/* Zero where the other half of UTF-16's ASCII is, and nowhere else. */
static bool is_wide(lane zeros)
{
	static const lane odd = { 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255 };

	return full((lane)(zeros == odd)) || full((lane)(zeros == (lane)~odd));
}

static lane token(lane value)
{
	return between(value | all(0x20), 'a', 'z') | between(value, '0', '9') | is(value, '+') |
	       is(value, '/') | is(value, '-') | is(value, '_');
}

static lane list(lane value)
{
	lane lower = value | all(0x20);

	return between(value, '\t', '?') | between(lower, 'a', 'f') | is(lower, 'x') |
	       is(lower, 'h') | is(lower, 'r') | is(lower, 'w');
}

/* Most text has a blank, and a letter from the middle of the
 * alphabet, in every 32 bytes: no long word and no list, without looking closer. */
struct view_block view_judge_plainly(const uint8_t *data)
{
	lane escapes = { 0 }, equals = { 0 }, zeros = { 0 };
	struct view_block block = { 0 };

	for (unsigned i = 0; i < LANES; i += 2) {
		lane first = lane_at(data + i * LANE), second = lane_at(data + (i + 1) * LANE);
		lane letters = between(first | all(0x20), 'i', 'q') |
			       between(second | all(0x20), 'i', 'q');
		if (!any(is(first, ' ') | is(second, ' ')))
			block.token |= full(token(first) & token(second));
		if (!any(letters))
			block.list |= full(list(first) & list(second));
		zeros |= is(first, 0) | is(second, 0);
		escapes -= is(first, '%') | is(first, '\\');
		escapes -= is(second, '%') | is(second, '\\');
		equals -= is(first, '=') | is(first, '&');
		equals -= is(second, '=') | is(second, '&');
	}
	for (unsigned i = 0; any(zeros) && i < LANES; i += 2)
		block.wide |= is_wide(is(lane_at(data + i * LANE), 0)) &&
			      is_wide(is(lane_at(data + (i + 1) * LANE), 0));
	block.escapes = sum(escapes) >= MANY_ESCAPES || sum(equals) >= MANY_EQUALS;
	return block;
}

static bool holds_any(struct view_block block)
{
	return block.escapes || block.token || block.list || block.wide;
}

#ifdef WITH_VECTORS
/* Upper digits have sets of lower ones, see view_base64.c. Lists: 09 to 3f, a to f, x h r w in
 * either case. */
static const uint8_t token_low[16] = { 26, 30, 30, 30, 30, 30, 30, 30, 30, 30, 28, 5, 4, 5, 4, 13 };
static const uint8_t token_high[16] = { 0, 0, 1, 2, 4, 8, 4, 16 };
static const uint8_t list_low[16] = { 2, 6, 14, 6, 6, 6, 6, 10, 14, 3, 3, 3, 3, 3, 3, 3 };
static const uint8_t list_high[16] = { 1, 2, 2, 2, 4, 8, 4, 8 };

/* One bit for each byte whose digits are in the sets. */
__attribute__((target("avx2"))) static uint32_t in_sets(__m256i bytes, const uint8_t *low,
							const uint8_t *high)
{
	__m256i digit = _mm256_set1_epi8(0x0f);
	__m256i lower = _mm256_and_si256(bytes, digit);
	__m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), digit);
	__m256i lows =
		_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)low));
	__m256i highs =
		_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)high));
	__m256i sets = _mm256_and_si256(_mm256_shuffle_epi8(lows, lower),
					_mm256_shuffle_epi8(highs, upper));

	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(sets, _mm256_setzero_si256()));
}

__attribute__((target("avx2"))) static uint32_t equal(__m256i bytes, char byte)
{
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte)));
}

__attribute__((target("avx2"))) static uint32_t either(__m256i bytes, char one, char other)
{
	return (uint32_t)_mm256_movemask_epi8(
		_mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(one)),
				_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(other))));
}

/* Every second byte is zero in each half. */
static bool alternates(uint32_t zeros)
{
	return ((zeros & 0xffff) == 0xaaaa || (zeros & 0xffff) == 0x5555) &&
	       (zeros >> 16 == 0xaaaa || zeros >> 16 == 0x5555);
}

__attribute__((target("avx2,popcnt"))) static inline struct view_block
judge_by_avx2(const uint8_t *data)
{
	struct view_block block = { 0 };
	unsigned escapes = 0, equals = 0;

	for (unsigned half = 0; half < 2; half++, data += VIEW_BLOCK / 2) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)data);
		block.token |= in_sets(bytes, token_low, token_high) == UINT32_MAX;
		block.list |= in_sets(bytes, list_low, list_high) == UINT32_MAX;
		block.wide |= alternates(equal(bytes, 0));
		escapes += (unsigned)__builtin_popcount(either(bytes, '%', '\\'));
		equals += (unsigned)__builtin_popcount(either(bytes, '=', '&'));
	}
	block.escapes = escapes >= MANY_ESCAPES || equals >= MANY_EQUALS;
	return block;
}

__attribute__((target("avx2,popcnt"))) static size_t
nothing_by_avx2(const uint8_t *data, size_t blocks, struct view_block *next)
{
	size_t count = 0;

	for (; count < blocks; count++) {
		*next = judge_by_avx2(data + count * VIEW_BLOCK);
		if (holds_any(*next))
			break;
	}
	return count;
}

#define WIDE __attribute__((target("avx512f,avx512bw,popcnt")))

WIDE static inline __m512i table_of(const uint8_t *table)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* Are all bits of a half set? */
static inline bool half_is_full(uint64_t bits)
{
	return (uint32_t)bits == UINT32_MAX || bits >> 32 == UINT32_MAX;
}

static inline bool half_alternates(uint64_t zeros)
{
	return zeros && (alternates((uint32_t)zeros) || alternates((uint32_t)(zeros >> 32)));
}

WIDE static inline uint64_t any_of(__m512i bytes, char one, char other)
{
	return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(one)) |
	       _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(other));
}

WIDE static inline struct view_block judge_by_avx512(const uint8_t *data)
{
	__m512i bytes = _mm512_loadu_si512((const void *)data);
	__m512i digit = _mm512_set1_epi8(0x0f), lower = _mm512_and_si512(bytes, digit);
	__m512i upper = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), digit);
	uint64_t tokens = _mm512_test_epi8_mask(_mm512_shuffle_epi8(table_of(token_low), lower),
						_mm512_shuffle_epi8(table_of(token_high), upper));
	uint64_t lists = _mm512_test_epi8_mask(_mm512_shuffle_epi8(table_of(list_low), lower),
					       _mm512_shuffle_epi8(table_of(list_high), upper));
	int escapes = __builtin_popcountll(any_of(bytes, '%', '\\'));
	int equals = __builtin_popcountll(any_of(bytes, '=', '&'));

	return (struct view_block){ .escapes = escapes >= MANY_ESCAPES || equals >= MANY_EQUALS,
				    .token = half_is_full(tokens),
				    .list = half_is_full(lists),
				    .wide = half_alternates(_mm512_testn_epi8_mask(bytes, bytes)) };
}

WIDE static size_t nothing_by_avx512(const uint8_t *data, size_t blocks, struct view_block *next)
{
	size_t count = 0;

	for (; count < blocks; count++) {
		*next = judge_by_avx512(data + count * VIEW_BLOCK);
		if (holds_any(*next))
			break;
	}
	return count;
}
#endif

struct view_block view_judge(const uint8_t *data)
{
	struct view_block block;

	view_judge_nothing(data, 1, &block);
	return block;
}

size_t view_judge_nothing(const uint8_t *data, size_t blocks, struct view_block *next)
{
	size_t count = 0;

#ifdef WITH_VECTORS
	if (vectors_best() >= VECTORS_AVX512)
		return nothing_by_avx512(data, blocks, next);
	if (vectors_best() >= VECTORS_AVX2)
		return nothing_by_avx2(data, blocks, next);
#endif
	for (; count < blocks; count++) {
		*next = view_judge_plainly(data + count * VIEW_BLOCK);
		if (holds_any(*next))
			break;
	}
	return count;
}
