/* 128-bit floating point, and its rounding to the 80 bits of the x87. */
#include "x86/wide.h"

#include "x86/x87_host.h"

enum { BIAS = 16383, EXPONENT_INFINITE = 0x7fff, EXPONENT_WRAP = 24576 };

uint128 wide_high_product(uint128 a, uint128 b)
{
	uint64_t a_high = (uint64_t)(a >> 64), a_low = (uint64_t)a;
	uint64_t b_high = (uint64_t)(b >> 64), b_low = (uint64_t)b;
	uint128 low = (uint128)a_low * b_low;
	uint128 left = (uint128)a_high * b_low, right = (uint128)a_low * b_high;
	uint128 middle = (low >> 64) + (uint64_t)left + (uint64_t)right;

	return (uint128)a_high * b_high + (left >> 64) + (right >> 64) + (middle >> 64);
}

static int leading_zeros(uint128 value)
{
	uint64_t high = (uint64_t)(value >> 64);

	return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
}

struct wide wide_normalised(uint128 fraction, int exponent, bool negative)
{
	int zeros;

	if (fraction == 0)
		return (struct wide){ 0, 0, negative };
	zeros = leading_zeros(fraction);
	return (struct wide){ fraction << zeros, exponent - zeros, negative };
}

struct wide wide_multiply(struct wide a, struct wide b)
{
	return wide_normalised(wide_high_product(a.fraction, b.fraction),
			       a.exponent + b.exponent + 1, a.negative != b.negative);
}

/* Bit by bit, as on paper. */
struct wide wide_divide(struct wide a, struct wide b)
{
	uint128 rest = a.fraction, quotient = 0;
	int exponent = a.exponent - b.exponent;
	bool carry = false;

	if (rest < b.fraction) {
		carry = rest >> 127;
		rest <<= 1;
		exponent--;
	}
	for (int i = 0; i < 128; i++) {
		bool fits = carry || rest >= b.fraction;
		if (fits)
			rest -= b.fraction;
		quotient = quotient << 1 | fits;
		carry = rest >> 127;
		rest <<= 1;
	}
	return wide_normalised(quotient, exponent, a.negative != b.negative);
}

struct wide wide_add(struct wide a, struct wide b)
{
	uint128 sum, low;
	int distance;

	if (a.fraction == 0 || b.fraction == 0)
		return a.fraction == 0 ? b : a;
	if (a.exponent < b.exponent || (a.exponent == b.exponent && a.fraction < b.fraction)) {
		struct wide other = a;
		a = b;
		b = other;
	}
	distance = a.exponent - b.exponent;
	low = distance < 128 ? b.fraction >> distance : 0;
	if (a.negative != b.negative)
		return wide_normalised(a.fraction - low, a.exponent, a.negative);
	sum = a.fraction + low;
	if (sum >= low)
		return (struct wide){ sum, a.exponent, a.negative };
	return (struct wide){ sum >> 1 | (uint128)1 << 127, a.exponent + 1, a.negative };
}

struct wide wide_negated(struct wide a)
{
	a.negative = !a.negative;
	return a;
}

uint128 wide_fixed(struct wide a)
{
	return a.fraction == 0 || a.exponent < -128 ? 0 : a.fraction >> (-1 - a.exponent);
}

struct wide wide_from_x87(const struct x87_value *value)
{
	int exponent = value->sign_exponent & EXPONENT_INFINITE;

	/* a denormal has the exponent of the smallest normal number */
	return wide_normalised((uint128)value->mantissa << 64, (exponent ? exponent : 1) - BIAS,
			       value->sign_exponent >> 15);
}

struct rounded {
	uint128 significand; /* at most 2^64 */
	bool inexact, up;
};

/* Takes the low `drop` bits off, 64 of them or more. */
static struct rounded round_off(struct wide a, int drop, bool more, unsigned rounding)
{
	struct rounded result = { .significand = drop < 128 ? a.fraction >> drop : 0 };
	uint128 rest = drop < 128 ? a.fraction << (128 - drop) : drop == 128 ? a.fraction : 1;
	uint128 half = (uint128)1 << 127;

	result.inexact = rest != 0 || more;
	switch (rounding) {
	case 0:
		result.up =
			rest > half || (rest == half && (more || (uint64_t)result.significand & 1));
		break;
	case 1: result.up = result.inexact && a.negative; break;
	case 2: result.up = result.inexact && !a.negative; break;
	default: break;
	}
	result.significand += result.up;
	return result;
}

static uint16_t pack(struct wide a, struct rounded rounded, int biased, struct x87_value *result)
{
	result->mantissa = (uint64_t)rounded.significand;
	result->sign_exponent = (uint16_t)((a.negative ? 0x8000 : 0) | biased);
	return (uint16_t)((rounded.inexact ? STATUS_PE : 0) | (rounded.up ? STATUS_C1 : 0));
}

/* A masked overflow: infinity, or the largest number where rounding points to zero. */
static uint16_t overflowed(struct wide a, unsigned rounding, struct x87_value *result)
{
	bool infinite = rounding == 0 || rounding == (a.negative ? 1u : 2u);
	struct rounded rounded = { infinite ? (uint128)1 << 63 : UINT64_MAX, true, infinite };

	return pack(a, rounded, infinite ? EXPONENT_INFINITE : EXPONENT_INFINITE - 1, result) |
	       STATUS_OE;
}

uint16_t wide_to_x87(struct wide a, bool more, uint16_t control, struct x87_value *result)
{
	unsigned rounding = control >> 10 & 3;
	int biased = a.exponent + BIAS;
	struct rounded rounded;

	if (a.fraction == 0)
		return pack(a, (struct rounded){ 0 }, 0, result);
	rounded = round_off(a, 64, more, rounding);
	if (rounded.significand >> 64) {
		rounded.significand >>= 1;
		biased++;
	}
	if (biased >= EXPONENT_INFINITE) {
		if (control & STATUS_OE)
			return overflowed(a, rounding, result);
		return pack(a, rounded, biased - EXPONENT_WRAP, result) | STATUS_OE;
	}
	if (biased >= 1)
		return pack(a, rounded, biased, result);
	if (!(control & STATUS_UE))
		return pack(a, rounded, biased + EXPONENT_WRAP, result) | STATUS_UE;
	/* the exponent before rounding: what is cut is cut once */
	rounded = round_off(a, 64 + 1 - (a.exponent + BIAS), more, rounding);
	return pack(a, rounded, rounded.significand >> 63 ? 1 : 0, result) |
	       (rounded.inexact ? STATUS_UE : 0);
}
