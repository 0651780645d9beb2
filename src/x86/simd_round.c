/* roundps, roundpd, roundss, roundsd of SSE4.1: to an integer that stays a floating-point number.
 *
 * On the bits of the number, as hosts need not have the instructions. Singles and doubles differ in
 * two widths only. */
#include "x86/handlers.h"
#include "x86/simd_float.h"

enum rounding { TO_NEAREST, DOWN, UP, TOWARDS_ZERO };

/* How one instruction rounds: its immediate, and MXCSR where that says so (bit 2). */
struct rounder {
	enum rounding how;
	bool inexact_counts, denormals_are_zero;
	uint32_t raised;
};

/* Does the part that is cut off, against one half of the last bit kept, move the number away from
 * zero? */
static bool away_from_zero(enum rounding how, bool negative, bool odd, uint64_t rest, uint64_t half)
{
	switch (how) {
	case TO_NEAREST: return rest > half || (rest == half && odd);
	case DOWN: return negative && rest != 0;
	case UP: return !negative && rest != 0;
	default: return false;
	}
}

/* A number of `fraction_bits` and `exponent_bits` below its sign. */
INLINE uint64_t round_number(struct rounder *rounder, uint64_t number, unsigned fraction_bits,
			     unsigned exponent_bits)
{
	const unsigned bias = (1u << (exponent_bits - 1)) - 1;
	const uint64_t sign = number & UINT64_C(1) << (fraction_bits + exponent_bits);
	const uint64_t quiet = UINT64_C(1) << (fraction_bits - 1);
	uint64_t magnitude = number ^ sign, unit, rest;
	unsigned exponent = (unsigned)(magnitude >> fraction_bits);
	bool odd;

	if (exponent == 2 * bias + 1 && magnitude & (2 * quiet - 1)) {
		if (!(magnitude & quiet))
			rounder->raised |= MXCSR_IE;
		return number | quiet;
	}
	if (exponent >= bias + fraction_bits || magnitude == 0)
		return number;
	if (exponent == 0 && rounder->denormals_are_zero)
		return sign;
	if (exponent < bias) { /* below one: against one half, zero is even */
		rest = magnitude;
		unit = 0;
		odd = false;
		magnitude = 0;
		if (away_from_zero(rounder->how, sign, odd, rest,
				   (uint64_t)(bias - 1) << fraction_bits))
			magnitude = (uint64_t)bias << fraction_bits;
	} else {
		unit = UINT64_C(1) << (fraction_bits - (exponent - bias));
		rest = magnitude & (unit - 1);
		magnitude -= rest;
		/* the bit of the unit; the implied one when the number is below two */
		odd = exponent == bias || magnitude & unit;
		if (away_from_zero(rounder->how, sign, odd, rest, unit / 2))
			magnitude += unit; /* the carry goes into the exponent */
	}
	if (rest != 0 && rounder->inexact_counts)
		rounder->raised |= MXCSR_PE;
	return magnitude | sign;
}

/* The first `lanes` lanes of the source rounded into the target. */
INLINE struct operation *run_rounding(struct x86 *cpu, struct operation *op, unsigned size,
				      unsigned lanes)
{
	const uint32_t mxcsr = cpu->registers.mxcsr;
	unsigned control = (unsigned)op->immediate;
	struct rounder rounder = { .how = (enum rounding)(control & 4 ? mxcsr >> MXCSR_RC_SHIFT & 3
								      : control & 3),
				   .inexact_counts = !(control & 8),
				   .denormals_are_zero = mxcsr & MXCSR_DAZ };
	union xmm source, result = simd_target(cpu, op);

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < lanes; i++)
		if (size == 4)
			result.u32[i] = (uint32_t)round_number(&rounder, source.u32[i], 23, 8);
		else
			result.u64[i] = round_number(&rounder, source.u64[i], 52, 11);
	if (!simd_settle(cpu, op, rounder.raised))
		return NULL;
	return simd_done(cpu, op, &result);
}

struct operation *run_roundps(struct x86 *cpu, struct operation *op)
{
	return run_rounding(cpu, op, 4, 4);
}

struct operation *run_roundpd(struct x86 *cpu, struct operation *op)
{
	return run_rounding(cpu, op, 8, 2);
}

struct operation *run_roundss(struct x86 *cpu, struct operation *op)
{
	return run_rounding(cpu, op, 4, 1);
}

struct operation *run_roundsd(struct x86 *cpu, struct operation *op)
{
	return run_rounding(cpu, op, 8, 1);
}
