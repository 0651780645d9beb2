#include "shellcode/marks.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/marks_rules.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define WITH_SIMD 1
#endif

static const uint8_t digits_a[2][16] = { TABLE(A_LOW), TABLE(A_HIGH) };
static const uint8_t digits_b[2][16] = { TABLE(B_LOW), TABLE(B_HIGH) };
static const uint8_t digits_c[2][16] = { TABLE(C_LOW), TABLE(C_HIGH) };

/* --- plain C --- */

#define IS(v, value)	       ((v) == (value))
#define MASKED(v, mask, value) (((v) & (mask)) == (value))
#define SAME(v, w)	       ((v) == (w))
#define BELOW(v, limit)	       ((v) < (limit))
#define PLUS(v, number)	       ((uint8_t)((v) + (number)))
#define NEGATIVE(v)	       ((v) >= 0x80)

static unsigned forms_of(const uint8_t digits[2][16], uint8_t byte)
{
	return digits[0][byte & 15] & digits[1][byte >> 4];
}

static bool may_begin(const uint8_t *data)
{
	uint8_t a = data[0], b = data[1], c = data[2], d = data[3], e = data[4], g = data[6];
	unsigned forms = forms_of(digits_a, a);

	if (forms && forms & forms_of(digits_b, b) & forms_of(digits_c, c))
		return true;
	return RULE_OTHERS;
}

static void marks_portable(const uint8_t *data, size_t blocks, uint64_t *seeds, uint64_t *breaks)
{
	for (size_t block = 0; block < blocks; block++, data += MARKS_BLOCK) {
		uint64_t found = 0, broken = 0;
		for (unsigned i = 0; i < MARKS_BLOCK; i++) {
			found |= (uint64_t)may_begin(data + i) << i;
			broken |= (uint64_t)(data[i] <= 0x20 || data[i] >= 0x7f) << i;
		}
		seeds[block] = found;
		breaks[block] = broken;
	}
}

static void rare_portable(const uint8_t *data, size_t blocks, uint64_t *seeds)
{
	for (size_t block = 0; block < blocks; block++, data += MARKS_BLOCK) {
		uint64_t found = 0;
		for (unsigned i = 0; i < MARKS_BLOCK; i++) {
			uint8_t a = data[i], b = data[i + 1], c = data[i + 2];
			uint8_t d = data[i + 3], e = data[i + 4];
			found |= (uint64_t)(RULE_RARE) << i;
		}
		seeds[block] = found;
	}
}

#undef IS
#undef MASKED
#undef SAME
#undef BELOW
#undef PLUS
#undef NEGATIVE

static bool always(void)
{
	return true;
}

#ifdef WITH_SIMD

/* --- SSE2: vectors of 16, masks are vectors; digits are looked up one by one, where a rougher
 * condition holds --- */

#define IS(v, value) _mm_cmpeq_epi8(v, _mm_set1_epi8((char)(value)))
#define MASKED(v, mask, value) \
	_mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8((char)(mask))), _mm_set1_epi8((char)(value)))
#define SAME(v, w)	_mm_cmpeq_epi8(v, w)
#define BELOW(v, limit) _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8((limit)-1)), v)
#define PLUS(v, number) _mm_add_epi8(v, _mm_set1_epi8(number))
#define NEGATIVE(v)	_mm_cmplt_epi8(v, _mm_setzero_si128())

__attribute__((target("sse2"))) static __m128i load_16(const uint8_t *data)
{
	return _mm_loadu_si128((const __m128i *)(const void *)data);
}

__attribute__((target("sse2"))) static uint64_t bits_16(__m128i mask)
{
	return (uint64_t)(uint32_t)_mm_movemask_epi8(mask);
}

/* Of the marks of sixteen bytes, those that stay. */
static uint64_t confirm(const uint8_t *data, uint64_t marks)
{
	uint64_t found = 0;

	for (; marks; marks &= marks - 1) {
		unsigned i = (unsigned)__builtin_ctzll(marks);
		found |= (uint64_t)may_begin(data + i) << i;
	}
	return found;
}

__attribute__((target("sse2"))) static void marks_sse2(const uint8_t *data, size_t blocks,
						       uint64_t *seeds, uint64_t *breaks)
{
	for (size_t block = 0; block < blocks; block++) {
		uint64_t found = 0, broken = 0;
		for (unsigned part = 0; part < 4; part++, data += 16) {
			__m128i a = load_16(data), b = load_16(data + 1), c = load_16(data + 2);
			/* signed: 0x80 and above are below the blank too */
			__m128i printable = _mm_and_si128(_mm_cmpgt_epi8(a, _mm_set1_epi8(0x20)),
							  _mm_cmplt_epi8(a, _mm_set1_epi8(0x7f)));
			__m128i rough = RULE_FORMS;
			broken |= (bits_16(printable) ^ 0xffff) << (16 * part);
			if (bits_16(_mm_or_si128(_mm_or_si128(a, b), c))) {
				__m128i d = load_16(data + 3), e = load_16(data + 4);
				__m128i g = load_16(data + 6);
				rough = _mm_or_si128(rough, RULE_OTHERS);
			}
			found |= confirm(data, bits_16(rough)) << (16 * part);
		}
		seeds[block] = found;
		breaks[block] = broken;
	}
}

__attribute__((target("sse2"))) static void rare_sse2(const uint8_t *data, size_t blocks,
						      uint64_t *seeds)
{
	for (size_t block = 0; block < blocks; block++) {
		uint64_t found = 0;
		for (unsigned part = 0; part < 4; part++, data += 16) {
			__m128i a = load_16(data), b = load_16(data + 1), c = load_16(data + 2);
			__m128i d = load_16(data + 3), e = load_16(data + 4);
			found |= bits_16(RULE_RARE) << (16 * part);
		}
		seeds[block] = found;
	}
}

#undef IS
#undef MASKED
#undef SAME
#undef BELOW
#undef PLUS
#undef NEGATIVE

/* --- AVX2: vectors of 32 --- */

#define IS(v, value) _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char)(value)))
#define MASKED(v, mask, value)                                                 \
	_mm256_cmpeq_epi8(_mm256_and_si256(v, _mm256_set1_epi8((char)(mask))), \
			  _mm256_set1_epi8((char)(value)))
#define SAME(v, w)	_mm256_cmpeq_epi8(v, w)
#define BELOW(v, limit) _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8((limit)-1)), v)
#define PLUS(v, number) _mm256_add_epi8(v, _mm256_set1_epi8(number))
#define NEGATIVE(v)	_mm256_cmpgt_epi8(_mm256_setzero_si256(), v)

__attribute__((target("avx2"))) static __m256i load_32(const uint8_t *data)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)data);
}

__attribute__((target("avx2"))) static uint64_t bits_32(__m256i mask)
{
	return (uint64_t)(uint32_t)_mm256_movemask_epi8(mask);
}

__attribute__((target("avx2"))) static __m256i table_32(const uint8_t *table)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

__attribute__((target("avx2"))) static __m256i forms_32(const uint8_t digits[2][16], __m256i bytes)
{
	__m256i digit = _mm256_set1_epi8(0x0f);
	__m256i low = _mm256_and_si256(bytes, digit);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), digit);

	return _mm256_and_si256(_mm256_shuffle_epi8(table_32(digits[0]), low),
				_mm256_shuffle_epi8(table_32(digits[1]), high));
}

__attribute__((target("avx2"))) static void marks_avx2(const uint8_t *data, size_t blocks,
						       uint64_t *seeds, uint64_t *breaks)
{
	for (size_t block = 0; block < blocks; block++) {
		uint64_t found = 0, broken = 0;
		for (unsigned part = 0; part < 2; part++, data += 32) {
			__m256i a = load_32(data), b = load_32(data + 1), c = load_32(data + 2);
			__m256i printable =
				_mm256_and_si256(_mm256_cmpgt_epi8(a, _mm256_set1_epi8(0x20)),
						 _mm256_cmpgt_epi8(_mm256_set1_epi8(0x7f), a));
			__m256i forms = _mm256_and_si256(
				forms_32(digits_a, a),
				_mm256_and_si256(forms_32(digits_b, b), forms_32(digits_c, c)));
			broken |= (bits_32(printable) ^ 0xffffffff) << (32 * part);
			found |= (bits_32(IS(forms, 0)) ^ 0xffffffff) << (32 * part);
			if (bits_32(_mm256_or_si256(_mm256_or_si256(a, b), c)) == 0)
				continue;
			__m256i d = load_32(data + 3), e = load_32(data + 4), g = load_32(data + 6);
			found |= bits_32(RULE_OTHERS) << (32 * part);
		}
		seeds[block] = found;
		breaks[block] = broken;
	}
}

__attribute__((target("avx2"))) static void rare_avx2(const uint8_t *data, size_t blocks,
						      uint64_t *seeds)
{
	for (size_t block = 0; block < blocks; block++) {
		uint64_t found = 0;
		for (unsigned part = 0; part < 2; part++, data += 32) {
			__m256i a = load_32(data), b = load_32(data + 1), c = load_32(data + 2);
			__m256i d = load_32(data + 3), e = load_32(data + 4);
			found |= bits_32(RULE_RARE) << (32 * part);
		}
		seeds[block] = found;
	}
}

#undef IS
#undef MASKED
#undef SAME
#undef BELOW
#undef PLUS
#undef NEGATIVE

/* --- AVX-512BW: vectors of 64, masks are words --- */

#define IS(v, value) _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)(value)))
#define MASKED(v, mask, value)                                                      \
	_mm512_cmpeq_epi8_mask(_mm512_and_si512(v, _mm512_set1_epi8((char)(mask))), \
			       _mm512_set1_epi8((char)(value)))
#define SAME(v, w)	_mm512_cmpeq_epi8_mask(v, w)
#define BELOW(v, limit) _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(limit))
#define PLUS(v, number) _mm512_add_epi8(v, _mm512_set1_epi8(number))
#define NEGATIVE(v)	_mm512_movepi8_mask(v)

__attribute__((target("avx512f,avx512bw"))) static __m512i load_64(const uint8_t *data)
{
	return _mm512_loadu_si512((const void *)data);
}

__attribute__((target("avx512f,avx512bw"))) static __m512i table_64(const uint8_t *table)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table));
}

__attribute__((target("avx512f,avx512bw"))) static __m512i forms_64(const uint8_t digits[2][16],
								    __m512i bytes)
{
	__m512i digit = _mm512_set1_epi8(0x0f);
	__m512i low = _mm512_and_si512(bytes, digit);
	__m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), digit);

	return _mm512_and_si512(_mm512_shuffle_epi8(table_64(digits[0]), low),
				_mm512_shuffle_epi8(table_64(digits[1]), high));
}

__attribute__((target("avx512f,avx512bw"))) static void
marks_avx512(const uint8_t *data, size_t blocks, uint64_t *seeds, uint64_t *breaks)
{
	for (size_t block = 0; block < blocks; block++, data += 64) {
		__m512i a = load_64(data), b = load_64(data + 1), c = load_64(data + 2);
		__m512i forms = _mm512_and_si512(forms_64(digits_a, a), forms_64(digits_b, b));
		uint64_t found = _mm512_test_epi8_mask(forms, forms_64(digits_c, c));
		breaks[block] = ~(_mm512_cmpgt_epi8_mask(a, _mm512_set1_epi8(0x20)) &
				  _mm512_cmplt_epi8_mask(a, _mm512_set1_epi8(0x7f)));
		if (_mm512_movepi8_mask(_mm512_or_si512(_mm512_or_si512(a, b), c))) {
			__m512i d = load_64(data + 3), e = load_64(data + 4), g = load_64(data + 6);
			found |= RULE_OTHERS;
		}
		seeds[block] = found;
	}
}

__attribute__((target("avx512f,avx512bw"))) static void rare_avx512(const uint8_t *data,
								    size_t blocks, uint64_t *seeds)
{
	for (size_t block = 0; block < blocks; block++, data += 64) {
		__m512i a = load_64(data), b = load_64(data + 1), c = load_64(data + 2);
		__m512i d = load_64(data + 3), e = load_64(data + 4);
		seeds[block] = RULE_RARE;
	}
}

static bool has_sse2(void)
{
	return __builtin_cpu_supports("sse2");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}
#endif

const struct marks_path marks_paths[] = {
#ifdef WITH_SIMD
	{ "avx512", marks_avx512, rare_avx512, has_avx512 },
	{ "avx2", marks_avx2, rare_avx2, has_avx2 },
	{ "sse2", marks_sse2, rare_sse2, has_sse2 },
#endif
	{ "portable", marks_portable, rare_portable, always },
	{ NULL, NULL, NULL, NULL },
};

/* --- whole buffers --- */

static const struct marks_path *choose(void)
{
	const char *wanted = getenv("KENBI_SIMD");
	const struct marks_path *best = NULL;

	for (const struct marks_path *path = marks_paths; path->name; path++) {
		if (!path->supported())
			continue;
		if (wanted && strcmp(wanted, path->name) == 0)
			return path;
		if (!best)
			best = path;
	}
	return best;
}

const struct marks_path *marks_path(void)
{
	static const struct marks_path *chosen; /* every thread would choose the same */
	const struct marks_path *path = __atomic_load_n(&chosen, __ATOMIC_RELAXED);

	if (!path) {
		path = choose();
		__atomic_store_n(&chosen, path, __ATOMIC_RELAXED);
	}
	return path;
}

/* Of the words `first` to `end`, how many can be made where the bytes lie. */
static size_t words_in_place(struct bytes bytes, size_t first, size_t end)
{
	size_t safe = bytes.length < MARKS_AHEAD ? 0 : (bytes.length - MARKS_AHEAD) / MARKS_BLOCK;

	safe = safe < end ? safe : end;
	return safe > first ? safe - first : 0;
}

/* The last blocks are copied where zeros follow them. */
struct tail {
	uint8_t data[2 * MARKS_BLOCK + MARKS_AHEAD];
};

static struct tail tail_from(struct bytes bytes, size_t word)
{
	struct tail tail = { { 0 } };
	size_t from = word * MARKS_BLOCK;

	memcpy(tail.data, bytes.data + from, bytes.length - from);
	return tail;
}

void marks_fill(const struct marks_path *path, struct bytes bytes, size_t first, size_t end,
		uint64_t *seeds, uint64_t *breaks)
{
	size_t words = words_in_place(bytes, first, end), last = first + words;

	if (words)
		path->function(bytes.data + first * MARKS_BLOCK, words, seeds + first,
			       breaks + first);
	if (last < end) {
		struct tail tail = tail_from(bytes, last);
		path->function(tail.data, end - last, seeds + last, breaks + last);
	}
}

void marks_fill_rare(const struct marks_path *path, struct bytes bytes, size_t first, size_t end,
		     uint64_t *seeds)
{
	size_t words = words_in_place(bytes, first, end), last = first + words;

	if (words)
		path->rare(bytes.data + first * MARKS_BLOCK, words, seeds + first);
	if (last < end) {
		struct tail tail = tail_from(bytes, last);
		path->rare(tail.data, end - last, seeds + last);
	}
}
