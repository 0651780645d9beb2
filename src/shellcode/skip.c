/* Skipping what cannot begin a seed: a necessary condition on two neighbouring bytes, tested one at
 * a time or sixteen at a time. It must hold wherever seed_at finds something; more is allowed. */
#include "shellcode/seed.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool may_begin(uint8_t byte, uint8_t next)
{
	switch (byte) {
	case 0xe8:
	case 0xd9:
	case 0xdd:
	case 0xcd:
	case 0x0f:
	case 0x9a:
	case 0xff: return true;
	case 0x64:
	case 0x65:
		return next >= 0x80 || (next & 0xc7) == 0x03 || (next & 0xf0) == 0x40 ||
		       next == 0x67;
	case 0x48:
	case 0x4c: return next == 0x8d;
	case 0x54: return next == 0xc3;
	default: return (byte & 0xf8) == 0xb8;
	}
}

size_t seed_skip_portable(struct bytes bytes, size_t from)
{
	size_t offset = from;

	while (offset + 1 < bytes.length && !may_begin(bytes.data[offset], bytes.data[offset + 1]))
		offset++;
	return offset + 1 < bytes.length ? offset : bytes.length;
}

#ifdef __SSE2__
static __m128i is(__m128i vector, int value)
{
	return _mm_cmpeq_epi8(vector, _mm_set1_epi8((char)value));
}

static __m128i masked_is(__m128i vector, int mask, int value)
{
	return is(_mm_and_si128(vector, _mm_set1_epi8((char)mask)), value);
}

static __m128i either(__m128i a, __m128i b)
{
	return _mm_or_si128(a, b);
}

/* may_begin for sixteen positions; 0xff where it holds. */
static __m128i may_begin_sse2(__m128i byte, __m128i next)
{
	__m128i alone = either(either(is(byte, 0xe8), either(is(byte, 0xd9), is(byte, 0xdd))),
			       either(either(is(byte, 0xcd), is(byte, 0x0f)),
				      either(is(byte, 0x9a), is(byte, 0xff))));
	__m128i segment = _mm_and_si128(
		masked_is(byte, 0xfe, 0x64),
		either(either(masked_is(next, 0x80, 0x80), masked_is(next, 0xc7, 0x03)),
		       either(masked_is(next, 0xf0, 0x40), is(next, 0x67))));
	__m128i push_ret = _mm_and_si128(is(byte, 0x54), is(next, 0xc3));

	__m128i lea = _mm_and_si128(masked_is(byte, 0xfb, 0x48), is(next, 0x8d));

	return either(either(either(alone, segment), lea),
		      either(push_ret, masked_is(byte, 0xf8, 0xb8)));
}

size_t seed_skip_sse2(struct bytes bytes, size_t from)
{
	size_t offset = from;

	for (; offset + 17 <= bytes.length; offset += 16) {
		__m128i byte =
			_mm_loadu_si128((const __m128i *)(const void *)(bytes.data + offset));
		__m128i next =
			_mm_loadu_si128((const __m128i *)(const void *)(bytes.data + offset + 1));
		unsigned found = (unsigned)_mm_movemask_epi8(may_begin_sse2(byte, next));
		if (found)
			return offset + (unsigned)__builtin_ctz(found);
	}
	return seed_skip_portable(bytes, offset);
}
#endif
