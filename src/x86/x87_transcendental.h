/* The transcendental functions of the x87 in integer arithmetic: the same bits on every host.
 *
 * Results are within 0.51 units in the last place of the true value when rounding to nearest, and
 * follow the rounding control as if the true value had been rounded (SDM vol. 1, 8.3.10 asks for
 * less). Precision control does not matter. Special values are those of the tables in SDM vol. 2.
 * All return the status: exceptions, C1 for a magnitude rounded up, C2 for an argument out of
 * range. `control` gives rounding, and the masks of overflow and underflow. */
#ifndef KENBI_X86_X87_TRANSCENDENTAL_H
#define KENBI_X86_X87_TRANSCENDENTAL_H

#include "x86/machine.h"

/* 2^a - 1 for a in [-1, 1]; beyond, where the SDM promises nothing, a itself and PE. */
uint16_t x87_exponential(uint16_t control, const struct x87_value *a, struct x87_value *result);
/* Of an angle below 2^63, reduced by the 66-bit pi of SDM vol. 1, 8.3.8; otherwise a, and C2. */
uint16_t x87_sine(uint16_t control, const struct x87_value *a, struct x87_value *result);
uint16_t x87_cosine(uint16_t control, const struct x87_value *a, struct x87_value *result);
/* fptan: 1 is the top; fsincos: the cosine is the top. */
uint16_t x87_tangent(uint16_t control, const struct x87_value *a, struct x87_value *below,
		     struct x87_value *top);
uint16_t x87_sine_cosine(uint16_t control, const struct x87_value *a, struct x87_value *below,
			 struct x87_value *top);
/* The angle of the point with abscissa `x` and ordinate `y`. */
uint16_t x87_arctangent(uint16_t control, const struct x87_value *y, const struct x87_value *x,
			struct x87_value *result);
/* y * log2(x), and y * log2(x + 1); the latter for every x above -1, not only the SDM's range. */
uint16_t x87_logarithm(uint16_t control, const struct x87_value *y, const struct x87_value *x,
		       struct x87_value *result);
uint16_t x87_logarithm_plus_one(uint16_t control, const struct x87_value *y,
				const struct x87_value *x, struct x87_value *result);

#endif
