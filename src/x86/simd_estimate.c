/* rcpps, rcpss, rsqrtps, rsqrtss: reciprocals with a relative error below 1.5 * 2^-12.
 *
 * Processors differ in them. Here the result is the true value rounded to a fraction of twelve bits
 * (an error of 2^-13 at most), by integer arithmetic: the same on every host. Special cases by the
 * SDM, vol. 2, RCPPS and RSQRTPS: denormal operands count as zero, tiny results are zero, no
 * exceptions, MXCSR has no say. */
#include "x86/handlers.h"
#include "x86/simd.h"

enum {
	SINGLE_SIGN = INT32_MIN,
	SINGLE_BIAS = 127,
	SINGLE_FRACTION = 23,
	SINGLE_INFINITE = 255,	/* exponent of infinity and NaN */
	ESTIMATE_FRACTION = 12, /* bits of the results */
	ESTIMATE_UNUSED = SINGLE_FRACTION - ESTIMATE_FRACTION
};

#define SINGLE_INFINITY	  UINT32_C(0x7f800000)
#define SINGLE_QUIET	  UINT32_C(0x00400000)
#define SINGLE_INDEFINITE UINT32_C(0xffc00000)

/* A single from a significand of twelve bits behind the leading one, in units of 2^-12 (2^12 to
 * 2^13, both included); zero when it is tiny. */
static uint32_t estimate(int exponent, uint32_t significand)
{
	uint32_t magnitude = (significand - (1u << ESTIMATE_FRACTION)) << ESTIMATE_UNUSED;

	exponent += SINGLE_BIAS;
	magnitude += (uint32_t)exponent << SINGLE_FRACTION; /* a carry is one more */
	return exponent < 0 || magnitude < 1u << SINGLE_FRACTION ? 0 : magnitude;
}

static uint32_t reciprocal(uint32_t number)
{
	uint32_t sign = number & (uint32_t)SINGLE_SIGN, magnitude = number ^ sign;
	int exponent = (int)(magnitude >> SINGLE_FRACTION) - SINGLE_BIAS;
	uint32_t significand = (magnitude & ((1u << SINGLE_FRACTION) - 1)) | 1u << SINGLE_FRACTION;

	if (magnitude > SINGLE_INFINITY)
		return number | SINGLE_QUIET;
	if (magnitude == SINGLE_INFINITY)
		return sign;
	if (magnitude < 1u << SINGLE_FRACTION)
		return sign | SINGLE_INFINITY;
	/* 2 / significand is above one and at most two; twice that for the half to round by */
	significand = (uint32_t)((UINT64_C(1) << (SINGLE_FRACTION + ESTIMATE_FRACTION + 2)) /
				 significand);
	return sign | estimate(-exponent - 1, (significand + 1) / 2);
}

/* The largest number whose square is not above `value`. */
static uint32_t square_root(uint64_t value)
{
	uint32_t root = 0;

	for (uint32_t bit = UINT32_C(1) << 31; bit; bit >>= 1)
		if ((uint64_t)(root | bit) * (root | bit) <= value)
			root |= bit;
	return root;
}

static uint32_t reciprocal_root(uint32_t number)
{
	uint32_t sign = number & (uint32_t)SINGLE_SIGN, magnitude = number ^ sign, root;
	int exponent = (int)(magnitude >> SINGLE_FRACTION) - SINGLE_BIAS;
	uint64_t significand = (magnitude & ((1u << SINGLE_FRACTION) - 1)) | 1u << SINGLE_FRACTION;

	if (magnitude > SINGLE_INFINITY)
		return number | SINGLE_QUIET;
	if (magnitude < 1u << SINGLE_FRACTION)
		return sign | SINGLE_INFINITY;
	if (sign)
		return SINGLE_INDEFINITE;
	if (magnitude == SINGLE_INFINITY)
		return 0;
	/* an even exponent: the significand is then from one to below four, its root below two */
	if (exponent & 1) {
		significand *= 2;
		exponent--;
	}
	/* 4 / significand is above one and at most four, and so its root above one and at most two;
	 * 26 bits behind the point, 13 of the root, of which the last rounds */
	root = square_root((UINT64_C(1) << (2 + SINGLE_FRACTION + 26)) / significand);
	return estimate(-exponent / 2 - 1, (root + 1) / 2);
}

INLINE struct operation *run_estimate(struct x86 *cpu, struct operation *op,
				      uint32_t (*estimate_of)(uint32_t), unsigned lanes)
{
	union xmm source, result = simd_target(cpu, op);

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < lanes; i++)
		result.u32[i] = estimate_of(source.u32[i]);
	return simd_done(cpu, op, &result);
}

struct operation *run_rcpps(struct x86 *cpu, struct operation *op)
{
	return run_estimate(cpu, op, reciprocal, 4);
}

struct operation *run_rcpss(struct x86 *cpu, struct operation *op)
{
	return run_estimate(cpu, op, reciprocal, 1);
}

struct operation *run_rsqrtps(struct x86 *cpu, struct operation *op)
{
	return run_estimate(cpu, op, reciprocal_root, 4);
}

struct operation *run_rsqrtss(struct x86 *cpu, struct operation *op)
{
	return run_estimate(cpu, op, reciprocal_root, 1);
}
