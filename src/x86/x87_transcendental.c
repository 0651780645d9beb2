/* Transcendental functions: a reduced argument, and a short series in 128-bit fixed point.
 *
 * A series is evaluated from its last term to its first (Horner); accumulators have 127 bits behind
 * the point, arguments 128. Where a factor next to one would be cut to one, a last bit keeps it
 * apart, so that directed rounding and inexactness are right for the smallest arguments too. The
 * constants are printed by tools/x87-truth.py. */
#include "x86/x87_transcendental.h"

#include "x86/wide.h"
#include "x86/x87_host.h"

#define ONE ((uint128)1 << 127)

static const struct wide one = { ONE, 0, false };
static const struct wide pi = { UINT128(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1), 1, false };
static const struct wide half_pi = { UINT128(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1), 0, false };
static const struct wide ln2 = { UINT128(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af), -1, false };
static const struct wide two_log2e = { UINT128(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89), 1, false };

/* --- kinds of arguments --- */

enum kind { KIND_ZERO, KIND_FINITE, KIND_INFINITE, KIND_NAN };

static enum kind kind_of(const struct x87_value *a)
{
	unsigned exponent = a->sign_exponent & 0x7fff;

	if (exponent == 0)
		return a->mantissa ? KIND_FINITE : KIND_ZERO;
	/* without its integer bit it is no number (SDM vol. 1, table 8-3): invalid, as a NaN is */
	if (!(a->mantissa >> 63))
		return KIND_NAN;
	if (exponent != 0x7fff)
		return KIND_FINITE;
	return a->mantissa << 1 ? KIND_NAN : KIND_INFINITE;
}

static bool is_negative(const struct x87_value *a)
{
	return a->sign_exponent >> 15;
}

static uint16_t denormal(const struct x87_value *a)
{
	return (a->sign_exponent & 0x7fff) == 0 && a->mantissa ? STATUS_DE : 0;
}

static uint16_t invalid_operation(struct x87_value *result)
{
	*result = (struct x87_value){ UINT64_C(0xc000000000000000), 0xffff };
	return STATUS_IE;
}

static uint16_t exactly(struct x87_value *result, bool negative, uint64_t mantissa,
			uint16_t exponent)
{
	*result = (struct x87_value){ mantissa, (uint16_t)((negative ? 0x8000 : 0) | exponent) };
	return 0;
}

static uint16_t zero(struct x87_value *result, bool negative)
{
	return exactly(result, negative, 0, 0);
}

static uint16_t infinity(struct x87_value *result, bool negative)
{
	return exactly(result, negative, ONE >> 64, 0x7fff);
}

/* An addition makes of a NaN what every other operation does. */
static uint16_t propagate(uint16_t control, const struct x87_value *a, const struct x87_value *b,
			  struct x87_value *result)
{
	return host_add(control, a, b, result) & STATUS_EXCEPTIONS;
}

/* --- series --- */

/* A small correction that is not nothing. */
static uint128 at_least_a_bit(uint128 correction)
{
	return correction ? correction : 1;
}

static struct wide square(struct wide a)
{
	a.negative = false;
	return wide_multiply(a, a);
}

/* sin r = r (1 - r^2/(2*3) (1 - r^2/(4*5) (...))); |r| < 0.79. */
static struct wide sine_series(struct wide r)
{
	uint128 z = wide_fixed(square(r)), factor = ONE;

	if (r.fraction == 0)
		return r;
	for (unsigned n = 17; n >= 1; n--)
		factor = ONE - at_least_a_bit(wide_high_product(factor, z) / (2 * n * (2 * n + 1)));
	return wide_multiply(r, wide_normalised(factor, 0, false));
}

static struct wide cosine_series(struct wide r)
{
	uint128 z = wide_fixed(square(r)), factor = ONE;

	if (r.fraction == 0)
		return one;
	for (unsigned n = 17; n >= 1; n--)
		factor = ONE - at_least_a_bit(wide_high_product(factor, z) / (2 * n * (2 * n - 1)));
	return wide_normalised(factor, 0, false);
}

/* e^y - 1 = y (1 + y/2 (1 + y/3 (...))); |y| < 0.70. */
static struct wide exponential_series(struct wide y)
{
	uint128 z = wide_fixed(y), factor = ONE;

	for (unsigned n = 31; n >= 2; n--) {
		uint128 term = wide_high_product(factor, z) / n;
		factor = y.negative ? ONE - term : ONE + term;
	}
	return wide_multiply(y, wide_normalised(factor, 0, false));
}

/* atan t = t (1 - t^2/3 + t^4/5 - ...); |t| <= 1/8. */
static struct wide arctangent_series(struct wide t)
{
	uint128 z = wide_fixed(square(t)), factor = 0;

	for (unsigned n = 22; n >= 1; n--)
		factor = ONE / (2 * n + 1) - wide_high_product(factor, z);
	factor = ONE - at_least_a_bit(wide_high_product(factor, z));
	return wide_multiply(t, wide_normalised(factor, 0, false));
}

/* atanh s = s (1 + s^2/3 + s^4/5 + ...); |s| < 0.18. */
static struct wide area_tangent_series(struct wide s)
{
	uint128 z = wide_fixed(square(s)), factor = 0;

	for (unsigned n = 26; n >= 1; n--)
		factor = ONE / (2 * n + 1) + wide_high_product(factor, z);
	factor = ONE + wide_high_product(factor, z);
	return wide_multiply(s, wide_normalised(factor, 0, false));
}

/* --- 2^x - 1 --- */

uint16_t x87_exponential(uint16_t control, const struct x87_value *a, struct x87_value *result)
{
	unsigned exponent = a->sign_exponent & 0x7fff;

	*result = *a;
	switch (kind_of(a)) {
	case KIND_ZERO: return 0;
	case KIND_NAN: return propagate(control, a, a, result);
	case KIND_INFINITE: return is_negative(a) ? exactly(result, true, ONE >> 64, 0x3fff) : 0;
	default: break;
	}
	if (exponent < 0x3fff)
		return wide_to_x87(exponential_series(wide_multiply(wide_from_x87(a), ln2)), true,
				   control, result) |
		       denormal(a);
	if (exponent > 0x3fff || a->mantissa << 1)
		return STATUS_PE;
	return is_negative(a) ? exactly(result, true, ONE >> 64, 0x3ffe) : 0;
}

/* --- sine, cosine, tangent --- */

/* An angle as quarter turns and a rest of at most an eighth. */
struct angle {
	unsigned quarters;
	struct wide rest;
};

enum { LARGEST_ANGLE = 0x3fff + 63 };

/* pi is 3.243f6a8885a308d3 in hexadecimal, 66 bits; in units of 2^-65 the same digits are a quarter
 * turn, and every angle that has to be reduced is a whole number of them below 2^128. */
static struct angle reduce(const struct x87_value *a)
{
	const uint128 quarter = UINT128(0x3, 0x243f6a8885a308d3);
	int shift = (a->sign_exponent & 0x7fff) - 0x3fff - 63 + 65;
	bool negative = is_negative(a);
	struct angle angle = { 0, wide_from_x87(a) };
	uint128 units, rest;

	if (shift < 0) /* below a quarter of one */
		return angle;
	units = (uint128)a->mantissa << shift;
	angle.quarters = (unsigned)(units / quarter) & 3;
	rest = units % quarter;
	if (rest > quarter / 2) {
		angle.quarters++;
		angle.rest = wide_normalised(quarter - rest, 127 - 65, !negative);
	} else {
		angle.rest = wide_normalised(rest, 127 - 65, negative);
	}
	if (negative)
		angle.quarters = 0 - angle.quarters;
	return angle;
}

static struct wide sine_of(struct angle angle)
{
	struct wide value =
		angle.quarters & 1 ? cosine_series(angle.rest) : sine_series(angle.rest);

	return angle.quarters & 2 ? wide_negated(value) : value;
}

static struct wide cosine_of(struct angle angle)
{
	angle.quarters++;
	return sine_of(angle);
}

/* tan r = r (1 + r^2/3 + ...) where the quotient would lose the second term. */
static struct wide tangent_of(struct angle angle)
{
	uint128 z;

	if (angle.quarters & 1 || angle.rest.exponent >= -32)
		return wide_divide(sine_of(angle), cosine_of(angle));
	z = wide_fixed(square(angle.rest));
	return wide_multiply(angle.rest, wide_normalised(ONE + at_least_a_bit(z / 6), 0, false));
}

/* What sine, cosine and tangent have in common: true when *status is all, and *result the operand,
 * a NaN, or the indefinite. */
static bool no_angle(uint16_t control, const struct x87_value *a, struct x87_value *result,
		     uint16_t *status)
{
	enum kind kind = kind_of(a);

	*result = *a;
	if (kind == KIND_NAN)
		*status = propagate(control, a, a, result);
	else if (kind == KIND_INFINITE)
		*status = invalid_operation(result);
	else if (kind == KIND_FINITE && (a->sign_exponent & 0x7fff) >= LARGEST_ANGLE)
		*status = STATUS_C2;
	else
		return false;
	return true;
}

uint16_t x87_sine(uint16_t control, const struct x87_value *a, struct x87_value *result)
{
	uint16_t status;

	if (no_angle(control, a, result, &status))
		return status;
	if (kind_of(a) == KIND_ZERO)
		return 0;
	return wide_to_x87(sine_of(reduce(a)), true, control, result) | denormal(a);
}

uint16_t x87_cosine(uint16_t control, const struct x87_value *a, struct x87_value *result)
{
	uint16_t status;

	if (no_angle(control, a, result, &status))
		return status;
	if (kind_of(a) == KIND_ZERO)
		return exactly(result, false, ONE >> 64, 0x3fff);
	return wide_to_x87(cosine_of(reduce(a)), true, control, result) | denormal(a);
}

uint16_t x87_sine_cosine(uint16_t control, const struct x87_value *a, struct x87_value *below,
			 struct x87_value *top)
{
	uint16_t status = x87_sine(control, a, below);

	/* C1 is about the cosine, which is rounded last */
	return (uint16_t)((status & ~STATUS_C1) | x87_cosine(control, a, top));
}

uint16_t x87_tangent(uint16_t control, const struct x87_value *a, struct x87_value *below,
		     struct x87_value *top)
{
	uint16_t status;

	if (no_angle(control, a, below, &status)) {
		*top = *below;
		return status;
	}
	exactly(top, false, ONE >> 64, 0x3fff);
	if (kind_of(a) == KIND_ZERO)
		return 0;
	return wide_to_x87(tangent_of(reduce(a)), true, control, below) | denormal(a);
}

/* --- arctangent --- */

/* Of quarters of one. */
static const struct wide arctangents[5] = {
	{ 0, 0, false },
	{ UINT128(0xfadbafc96406eb15, 0x6dc79ef5f7a217e6), -3, false },
	{ UINT128(0xed63382b0dda7b45, 0x6fe445ecbc3a8d03), -2, false },
	{ UINT128(0xa4bc7d1934f70924, 0x19a87f2a457dac9f), -1, false },
	{ UINT128(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1), -1, false },
};

/* atan t = atan c + atan((t - c) / (1 + tc)) with c the quarter next to t; 0 < t <= 1. */
static struct wide arctangent_to_one(struct wide t)
{
	unsigned quarter =
		t.exponent < -3 ? 0 : ((unsigned)(t.fraction >> (124 - t.exponent)) + 1) / 2;
	struct wide c = wide_normalised(quarter, 125, false);

	if (quarter == 0)
		return arctangent_series(t);
	t = wide_divide(wide_add(t, wide_negated(c)), wide_add(one, wide_multiply(t, c)));
	return wide_add(arctangents[quarter], arctangent_series(t));
}

/* The angle of a point in the first quadrant, neither coordinate zero. */
static struct wide first_quadrant(struct wide y, struct wide x)
{
	bool steep =
		y.exponent > x.exponent || (y.exponent == x.exponent && y.fraction > x.fraction);
	struct wide angle = arctangent_to_one(steep ? wide_divide(x, y) : wide_divide(y, x));

	return steep ? wide_add(half_pi, wide_negated(angle)) : angle;
}

/* Where a coordinate is zero or infinite: quarters of pi. */
static unsigned special_direction(enum kind y, enum kind x, bool left)
{
	if (y == KIND_INFINITE && x == KIND_INFINITE)
		return left ? 3 : 1;
	if (y == KIND_ZERO || x == KIND_INFINITE)
		return left ? 4 : 0;
	return 2;
}

uint16_t x87_arctangent(uint16_t control, const struct x87_value *y, const struct x87_value *x,
			struct x87_value *result)
{
	enum kind kind_y = kind_of(y), kind_x = kind_of(x);
	bool left = is_negative(x);
	uint16_t denormals = denormal(y) | denormal(x);
	struct wide angle, up, right;

	if (kind_y == KIND_NAN || kind_x == KIND_NAN)
		return propagate(control, y, x, result);
	if (kind_y == KIND_FINITE && kind_x == KIND_FINITE) {
		up = wide_from_x87(y);
		right = wide_from_x87(x);
		up.negative = right.negative = false;
		angle = first_quadrant(up, right);
		if (left)
			angle = wide_add(pi, wide_negated(angle));
	} else {
		unsigned direction = special_direction(kind_y, kind_x, left);
		if (direction == 0)
			return zero(result, is_negative(y)) | denormals;
		angle = wide_multiply(pi, wide_normalised(direction, 125, false));
	}
	angle.negative = is_negative(y);
	return wide_to_x87(angle, true, control, result) | denormals;
}

/* --- logarithms --- */

/* log2 w = e + 2/ln 2 * atanh((m - 1) / (m + 1)) with w = m * 2^e and m near one; `above` is w - 1
 * where that is known better, for w so near one that e is zero. */
static struct wide logarithm_of(struct wide w, const struct wide *above)
{
	/* m is between the roots of 1/2 and of 2 */
	const uint128 root = UINT128(0xb504f333f9de6484, 0x597d89b3754abe9f);
	int exponent = w.fraction > root ? w.exponent + 1 : w.exponent;
	unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);
	struct wide rest, result;

	w.exponent -= exponent;
	rest = exponent == 0 && above ? *above : wide_add(w, wide_negated(one));
	result = wide_multiply(area_tangent_series(wide_divide(rest, wide_add(w, one))), two_log2e);
	return wide_add(wide_normalised(magnitude, 127, exponent < 0), result);
}

/* y times a logarithm that is not zero; `exact`: the logarithm is a whole number. */
static uint16_t times(uint16_t control, const struct x87_value *y, struct wide logarithm,
		      bool exact, struct x87_value *result)
{
	return wide_to_x87(wide_multiply(wide_from_x87(y), logarithm), !exact, control, result);
}

/* y times a logarithm that is zero or infinite, or y is. */
static uint16_t special_product(const struct x87_value *y, bool logarithm_zero,
				bool logarithm_infinite, bool negative, struct x87_value *result)
{
	enum kind kind = kind_of(y);

	negative = negative != is_negative(y);
	if ((kind == KIND_ZERO && logarithm_infinite) || (kind == KIND_INFINITE && logarithm_zero))
		return invalid_operation(result);
	return kind == KIND_ZERO || logarithm_zero ? zero(result, negative)
						   : infinity(result, negative);
}

uint16_t x87_logarithm(uint16_t control, const struct x87_value *y, const struct x87_value *x,
		       struct x87_value *result)
{
	enum kind kind_y = kind_of(y), kind_x = kind_of(x);
	uint16_t denormals = denormal(y) | denormal(x);
	struct wide w;
	bool is_one;

	if (kind_y == KIND_NAN || kind_x == KIND_NAN)
		return propagate(control, y, x, result);
	if (kind_x != KIND_ZERO && is_negative(x))
		return invalid_operation(result);
	if (kind_x == KIND_ZERO && kind_y == KIND_FINITE)
		return infinity(result, !is_negative(y)) | STATUS_ZE;
	if (kind_x == KIND_ZERO || kind_x == KIND_INFINITE)
		return special_product(y, false, true, kind_x == KIND_ZERO, result) | denormals;
	w = wide_from_x87(x);
	is_one = w.exponent == 0 && w.fraction == ONE;
	if (kind_y != KIND_FINITE || is_one)
		return special_product(y, is_one, false, w.exponent < 0, result) | denormals;
	return times(control, y, logarithm_of(w, NULL), w.fraction == ONE, result) | denormals;
}

uint16_t x87_logarithm_plus_one(uint16_t control, const struct x87_value *y,
				const struct x87_value *x, struct x87_value *result)
{
	enum kind kind_y = kind_of(y), kind_x = kind_of(x);
	uint16_t denormals = denormal(y) | denormal(x);
	struct wide above, w;
	bool exact;

	if (kind_y == KIND_NAN || kind_x == KIND_NAN)
		return propagate(control, y, x, result);
	/* minus one and below */
	if (is_negative(x) && (x->sign_exponent & 0x7fff) >= 0x3fff)
		return invalid_operation(result);
	if (kind_y != KIND_FINITE || kind_x != KIND_FINITE)
		return special_product(y, kind_x == KIND_ZERO, kind_x == KIND_INFINITE,
				       is_negative(x), result) |
		       denormals;
	above = wide_from_x87(x);
	w = wide_add(one, above);
	/* powers of two that a 64-bit significand can be one away from */
	exact = w.fraction == ONE && w.exponent != 0 && w.exponent >= -64 && w.exponent <= 64;
	return times(control, y, logarithm_of(w, &above), exact, result) | denormals;
}
