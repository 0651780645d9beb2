/* Exceptions of floating-point results that are out of range while overflow or underflow is not
 * masked.
 *
 * Kernels run masked, which hides two things. An exact result that is tiny raises underflow only
 * when the guest does not mask it: flushing to zero shows it. And such a result is inexact when it
 * would be with an exponent of any size, not because it was made a denormal or infinity: the x87,
 * with its larger exponent and the precision of the result, tells (SDM vol. 1, 4.9.1.4-4.9.1.6). */
#include "x86/simd_float.h"

/* Lane `i` everywhere. */
static union xmm every_lane(const union xmm *from, unsigned i, unsigned size)
{
	if (size == 4)
		return (union xmm){ .u32 = { from->u32[i], from->u32[i], from->u32[i],
					     from->u32[i] } };
	return (union xmm){ .u64 = { from->u64[i], from->u64[i] } };
}

static uint32_t wide_inexact(const struct x86 *cpu, const struct simd_operation *operation,
			     const union xmm *target, const union xmm *source)
{
	const unsigned double_precision = 2u << 8, rounding = cpu->registers.mxcsr >> 13 & 3;
	uint16_t control = (uint16_t)((operation->to_single ? 0 : double_precision) |
				      rounding << 10 | STATUS_EXCEPTIONS);
	struct x87_value a, b, result;

	if (operation->size == 4) {
		host_load_single(control, target, &a);
		host_load_single(control, source, &b);
	} else {
		host_load_double(control, target, &a);
		host_load_double(control, source, &b);
	}
	return operation->wide(control, &a, &b, &result) & MXCSR_PE;
}

static uint32_t lane_exceptions(const struct x86 *cpu, const struct simd_operation *operation,
				const union xmm *target, const union xmm *source)
{
	const uint32_t unmasked = ~(cpu->registers.mxcsr >> 7);
	uint32_t mxcsr = (cpu->registers.mxcsr | MXCSR_MASKS) & ~(uint32_t)MXCSR_FLAGS;
	uint32_t raised, tiny = 0;
	union xmm result = *target;

	if (unmasked & MXCSR_UE) {
		tiny = operation->run(mxcsr | MXCSR_FTZ, &result, source) & MXCSR_UE;
		mxcsr &= ~(uint32_t)MXCSR_FTZ;
		result = *target;
	}
	raised = operation->run(mxcsr, &result, source) & MXCSR_FLAGS;
	if (tiny || raised & unmasked & MXCSR_OE)
		raised = (raised & ~(uint32_t)MXCSR_PE) | tiny |
			 wide_inexact(cpu, operation, target, source);
	return raised;
}

uint32_t simd_out_of_range(const struct x86 *cpu, const struct simd_operation *operation,
			   const union xmm *target, const union xmm *source)
{
	uint32_t raised = 0;

	for (unsigned i = 0; i < operation->lanes; i++) {
		const union xmm a = every_lane(target, i, operation->size);
		const union xmm b = every_lane(source, i, operation->size);
		raised |= lane_exceptions(cpu, operation, &a, &b);
	}
	return raised;
}
