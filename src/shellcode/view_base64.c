#include "shellcode/view_base64.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_AVX2 1
#endif

enum {
	AT_ONCE = 32,		       /* letters */
	MADE = AT_ONCE - BASE64_SLACK, /* bytes of these */
	GROUP = 4,
	GROUP_BYTES = 3
};

const uint8_t base64_digits[256] = {
	['A'] = 1,  ['B'] = 2,	['C'] = 3,  ['D'] = 4,	['E'] = 5,  ['F'] = 6,	['G'] = 7,
	['H'] = 8,  ['I'] = 9,	['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
	['/'] = 64, ['-'] = 63, ['_'] = 64
};

#ifdef WITH_AVX2
static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx2"))) static __m256i letters_at(const uint8_t *data)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)data);
}

/* A table of sixteen bytes for each half. */
__attribute__((target("avx2"))) static __m256i twice(const uint8_t *table)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* One bit for each letter that is base64's: each upper digit has a set of lower ones. */
__attribute__((target("avx2"))) static uint32_t which_are_letters(__m256i letters)
{
	/* sets: 1: b d f (+ - /); 2: 0 to 9 (digits); 4: 1 to f (A to O, a to o); 8: 0 to a, and f
	 * (P to Z, _); 16: 0 to a (p to z) */
	static const uint8_t low[16] = { 2 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 2 | 4 | 8 | 16,
					 4 | 8 | 16,
					 1 | 4,
					 4,
					 1 | 4,
					 4,
					 1 | 4 | 8 };
	static const uint8_t high[16] = { [2] = 1, [3] = 2, [4] = 4, [5] = 8, [6] = 4, [7] = 16 };
	__m256i digit = _mm256_set1_epi8(0x0f);
	__m256i upper = _mm256_and_si256(_mm256_srli_epi16(letters, 4), digit);
	__m256i sets =
		_mm256_and_si256(_mm256_shuffle_epi8(twice(high), upper),
				 _mm256_shuffle_epi8(twice(low), _mm256_and_si256(letters, digit)));

	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(sets, _mm256_setzero_si256()));
}

/* How many of them begin the bytes, by 32. */
__attribute__((target("avx2"))) static size_t run_by_avx2(struct bytes bytes)
{
	size_t count = 0;

	for (; count + AT_ONCE <= bytes.length; count += AT_ONCE) {
		uint32_t letters = which_are_letters(letters_at(bytes.data + count));
		if (letters != UINT32_MAX)
			return count + (unsigned)__builtin_ctz(~letters);
	}
	return count;
}

/* What each letter says: its code less that of the first of its range. */
__attribute__((target("avx2"))) static __m256i values_of(__m256i letters)
{
	/* by upper digit; those of + - / and _, which are alone, come on top */
	static const int8_t shift[16] = { [2] = 62 - '+', [3] = 52 - '0', [4] = -'A',
					  [5] = -'A',	  [6] = 26 - 'a', [7] = 26 - 'a' };
	__m256i upper = _mm256_and_si256(_mm256_srli_epi16(letters, 4), _mm256_set1_epi8(0x0f));
	__m256i values =
		_mm256_add_epi8(letters, _mm256_shuffle_epi8(twice((const uint8_t *)shift), upper));
	__m256i minus = _mm256_cmpeq_epi8(letters, _mm256_set1_epi8('-'));
	__m256i slash = _mm256_cmpeq_epi8(letters, _mm256_set1_epi8('/'));
	__m256i line = _mm256_cmpeq_epi8(letters, _mm256_set1_epi8('_'));

	values = _mm256_sub_epi8(values, _mm256_and_si256(minus, _mm256_set1_epi8('-' - '+')));
	values = _mm256_sub_epi8(values, _mm256_and_si256(slash, _mm256_set1_epi8('/' - '+' - 1)));
	return _mm256_add_epi8(values, _mm256_and_si256(line, _mm256_set1_epi8(63 - ('_' - 'A'))));
}

/* 32 letters to MADE bytes; BASE64_SLACK more are written. */
__attribute__((target("avx2"))) static void decode_32(const uint8_t *letters, uint8_t *bytes)
{
	/* 6 and 6 bits to 12, 12 and 12 to 24; these lie in words, the lowest byte of each last */
	__m256i pairs =
		_mm256_maddubs_epi16(values_of(letters_at(letters)), _mm256_set1_epi16(0x0140));
	__m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
	__m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2,
					 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	__m256i halves = _mm256_shuffle_epi8(words, order);
	__m256i joined =
		_mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));

	_mm256_storeu_si256((__m256i *)(void *)bytes, joined);
}

/* By 32 letters, the last of which may have been done already; how many of `count` were: none where
 * there are fewer. */
__attribute__((target("avx2"))) static size_t decode_by_avx2(const uint8_t *letters, size_t count,
							     uint8_t *bytes)
{
	size_t done = 0, last = count - AT_ONCE;

	if (count < AT_ONCE)
		return 0;
	for (; done < last; done += AT_ONCE)
		decode_32(letters + done, bytes + done / GROUP * GROUP_BYTES);
	decode_32(letters + last, bytes + last / GROUP * GROUP_BYTES);
	return count;
}
#else
static bool has_avx2(void)
{
	return false;
}

static size_t run_by_avx2(struct bytes bytes)
{
	(void)bytes;
	return 0;
}

static size_t decode_by_avx2(const uint8_t *letters, size_t count, uint8_t *bytes)
{
	(void)letters, (void)count, (void)bytes;
	return 0;
}
#endif

size_t base64_run(struct bytes bytes, size_t offset)
{
	struct bytes rest = bytes_slice(bytes, offset, SIZE_MAX);
	size_t count = has_avx2() ? run_by_avx2(rest) : 0;

	while (count < rest.length && base64_digit(rest.data[count]) >= 0)
		count++;
	return count;
}

void base64_decode(const uint8_t *letters, size_t groups, uint8_t *bytes)
{
	size_t count = groups * GROUP,
	       done = has_avx2() ? decode_by_avx2(letters, count, bytes) : 0;

	for (bytes += done / GROUP * GROUP_BYTES; done < count; done += GROUP) {
		uint32_t word = 0;
		for (unsigned i = 0; i < GROUP; i++)
			word = word << 6 | (uint32_t)base64_digit(letters[done + i]);
		*bytes++ = (uint8_t)(word >> 16);
		*bytes++ = (uint8_t)(word >> 8);
		*bytes++ = (uint8_t)word;
	}
}
