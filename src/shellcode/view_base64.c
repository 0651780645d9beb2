/* By 64 letters, 32, or one: AVX-512 with VBMI, AVX2, any processor. */
#include "shellcode/view_base64.h"

#include <string.h>

#include "shellcode/vectors.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_VECTORS 1
#endif

enum {
	AT_ONCE = 32, /* letters */
	WIDE = 64,
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

#ifdef WITH_VECTORS
/* --- AVX2: 32 letters --- */

#define AVX2 __attribute__((target("avx2")))

AVX2 static __m256i letters_at(const uint8_t *data)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)data);
}

/* A table of sixteen bytes for each half. */
AVX2 static __m256i twice(const uint8_t *table)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* One bit for each letter that is base64's: each upper digit has a set of lower ones. */
AVX2 static uint32_t which_are_letters(__m256i letters)
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
AVX2 static size_t run_by_avx2(struct bytes bytes)
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
AVX2 static __m256i values_of(__m256i letters)
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

/* 32 letters to 24 bytes; BASE64_SLACK more are written. */
AVX2 static void decode_32(const uint8_t *letters, uint8_t *bytes)
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
AVX2 static size_t decode_by_avx2(const uint8_t *letters, size_t count, uint8_t *bytes)
{
	size_t done = 0, last = count - AT_ONCE;

	if (count < AT_ONCE)
		return 0;
	for (; done < last; done += AT_ONCE)
		decode_32(letters + done, bytes + done / GROUP * GROUP_BYTES);
	decode_32(letters + last, bytes + last / GROUP * GROUP_BYTES);
	return count;
}
/* --- AVX-512 with VBMI: 64 letters, looked up all at once --- */

#define VBMI __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/* One bit for each of `count` bytes. */
static uint64_t first_bits(size_t count)
{
	return count < WIDE ? ((uint64_t)1 << count) - 1 : UINT64_MAX;
}

/* What letters say; above 127: they are none, or those are not ASCII. */
VBMI static inline __m512i look_up(__m512i letters)
{
	const __m512i one = _mm512_set1_epi8(1);
	__m512i low = _mm512_sub_epi8(_mm512_loadu_si512((const void *)base64_digits), one);
	__m512i high =
		_mm512_sub_epi8(_mm512_loadu_si512((const void *)(base64_digits + WIDE)), one);

	return _mm512_or_si512(_mm512_permutex2var_epi8(low, letters, high),
			       _mm512_and_si512(letters, _mm512_set1_epi8((char)0x80)));
}

/* One bit for each of the first letters that is none; what is behind them is none. */
VBMI static inline uint64_t which_are_none(const uint8_t *data, size_t count)
{
	return _mm512_movepi8_mask(look_up(_mm512_maskz_loadu_epi8(first_bits(count), data)));
}

VBMI static size_t run_by_vbmi(struct bytes bytes)
{
	uint64_t none = 0;
	size_t count = 0;

	for (; count < bytes.length; count += WIDE) {
		none = which_are_none(bytes.data + count, bytes.length - count);
		if (none)
			return count + (unsigned)__builtin_ctzll(none);
	}
	return bytes.length;
}

VBMI static void decode_by_vbmi(const uint8_t *letters, size_t count, uint8_t *bytes)
{
	static const uint8_t order[WIDE] = { 2,	 1,  0,	 6,  5,	 4,  10, 9,  8,	 14, 13, 12,
					     18, 17, 16, 22, 21, 20, 26, 25, 24, 30, 29, 28,
					     34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44,
					     50, 49, 48, 54, 53, 52, 58, 57, 56, 62, 61, 60 };
	__m512i places = _mm512_loadu_si512((const void *)order);

	for (size_t done = 0; done < count; done += WIDE) {
		size_t left = count - done < WIDE ? count - done : WIDE;
		__m512i says = look_up(_mm512_maskz_loadu_epi8(first_bits(left), letters + done));
		/* as decode_32 */
		__m512i pairs = _mm512_maddubs_epi16(says, _mm512_set1_epi16(0x0140));
		__m512i words = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
		_mm512_mask_storeu_epi8(bytes + done / GROUP * GROUP_BYTES,
					first_bits(left / GROUP * GROUP_BYTES),
					_mm512_permutexvar_epi8(places, words));
	}
}

VBMI static bool line_by_vbmi(const uint8_t *data, size_t line)
{
	uint64_t none = 0;

	for (size_t at = 0; at < line; at += WIDE)
		none |= which_are_none(data + at, line - at) & first_bits(line - at);
	return none == 0;
}

#endif

/* Letters at the beginning of the bytes. */
static size_t run_of(struct bytes bytes)
{
	size_t count = 0;

#ifdef WITH_VECTORS
	if (vectors_best() >= VECTORS_VBMI)
		return run_by_vbmi(bytes);
	if (vectors_best() >= VECTORS_AVX2)
		count = run_by_avx2(bytes);
#endif
	while (count < bytes.length && base64_digit(bytes.data[count]) >= 0)
		count++;
	return count;
}

size_t base64_run(struct bytes bytes, size_t offset)
{
	return run_of(bytes_slice(bytes, offset, SIZE_MAX));
}

static bool is_line(struct bytes line)
{
#ifdef WITH_VECTORS
	if (vectors_best() >= VECTORS_VBMI)
		return line_by_vbmi(line.data, line.length);
#endif
	return run_of(line) == line.length;
}

size_t base64_lines(struct bytes bytes, size_t offset, size_t line, size_t seam)
{
	const uint8_t *end = bytes.data + offset - seam; /* of the line before */
	size_t count = 0, at = offset;

	for (; at < bytes.length && line + seam < bytes.length - at; at += line + seam, count++)
		if (memcmp(bytes.data + at + line, end, seam) != 0 ||
		    base64_digit(bytes.data[at + line + seam]) < 0 ||
		    !is_line(bytes_slice(bytes, at, line)))
			break;
	return count;
}

void base64_decode(const uint8_t *letters, size_t groups, uint8_t *bytes)
{
	size_t count = groups * GROUP, done = 0;

#ifdef WITH_VECTORS
	if (vectors_best() >= VECTORS_VBMI) {
		decode_by_vbmi(letters, count, bytes);
		return;
	}
	if (vectors_best() >= VECTORS_AVX2)
		done = decode_by_avx2(letters, count, bytes);
#endif
	for (bytes += done / GROUP * GROUP_BYTES; done < count; done += GROUP) {
		uint32_t word = 0;
		for (unsigned i = 0; i < GROUP; i++)
			word = word << 6 | (uint32_t)base64_digit(letters[done + i]);
		*bytes++ = (uint8_t)(word >> 16);
		*bytes++ = (uint8_t)(word >> 8);
		*bytes++ = (uint8_t)word;
	}
}
