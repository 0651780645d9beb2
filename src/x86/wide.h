/* Floating point with 128 bits of significand in integer arithmetic, for the functions that no IEEE
 * rule fixes: the same bits on every host, with every compiler.
 *
 * Operations cut instead of rounding: each may lose one unit of the last of 128 places, which
 * leaves some 60 places below the 64 of an x87 result. There are no special values and no
 * exceptions, the exponent is an int; x87_transcendental.c sees to both ends. */
#ifndef KENBI_X86_WIDE_H
#define KENBI_X86_WIDE_H

#include "x86/machine.h"

__extension__ typedef unsigned __int128 uint128;

#define UINT128(high, low) ((uint128)UINT64_C(high) << 64 | UINT64_C(low))

/* fraction * 2^(exponent - 127); the top bit of the fraction is set unless the value is zero. */
struct wide {
	uint128 fraction;
	int exponent;
	bool negative;
};

/* The high half of the 256-bit product. */
uint128 wide_high_product(uint128 a, uint128 b);
/* fraction * 2^(exponent - 127) with any fraction. */
struct wide wide_normalised(uint128 fraction, int exponent, bool negative);
struct wide wide_multiply(struct wide a, struct wide b);
/* b is not zero. */
struct wide wide_divide(struct wide a, struct wide b);
struct wide wide_add(struct wide a, struct wide b);
struct wide wide_negated(struct wide a);
/* The magnitude of a number below one as 128 bits behind the point. */
uint128 wide_fixed(struct wide a);

/* A finite x87 number, denormal or not. */
struct wide wide_from_x87(const struct x87_value *value);
/* Rounds as the control word says, to 64 bits whatever its precision. `more`: the true value is not
 * exactly this one. Gives the status: OE, UE, PE, and C1 when the magnitude was rounded up; an
 * overflow or underflow that is not masked gives the result with 24576 taken from or added to its
 * exponent (SDM vol. 1, 8.5.4 and 8.5.5). */
uint16_t wide_to_x87(struct wide a, bool more, uint16_t control, struct x87_value *result);

#endif
