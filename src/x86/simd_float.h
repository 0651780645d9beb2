/* Floating point on vector registers: the host's own instructions under the guest's MXCSR.
 *
 * A kernel is one of them. A handler executes one or several, adds up the exceptions, and settles
 * them before it writes its result. Kernels are SSE2 at most, which every x86-64 host has. */
#ifndef KENBI_X86_SIMD_FLOAT_H
#define KENBI_X86_SIMD_FLOAT_H

#include "x86/simd.h"
#include "x86/x87_host.h"

enum mxcsr {
	MXCSR_IE = 1 << 0,
	MXCSR_DE = 1 << 1,
	MXCSR_ZE = 1 << 2,
	MXCSR_OE = 1 << 3,
	MXCSR_UE = 1 << 4,
	MXCSR_PE = 1 << 5,
	MXCSR_FLAGS = 0x3f,
	MXCSR_DAZ = 1 << 6,
	MXCSR_OM = 1 << 10,
	MXCSR_UM = 1 << 11,
	MXCSR_MASKS = 0x1f80,
	MXCSR_RC_SHIFT = 13,
	MXCSR_FTZ = 1 << 15
};

/* Executes under `mxcsr`; the result replaces the target. Returns the MXCSR afterwards. */
typedef uint32_t simd_kernel(uint32_t mxcsr, union xmm *target, const union xmm *source);

/* Defines the kernel `name`: assembler that finds the operands in xmm0 and xmm1 and leaves its
 * result in xmm0. Further arguments are what else it changes. */
#define SIMD_KERNEL(name, code, ...)                                                       \
	static uint32_t name(uint32_t mxcsr, union xmm *target, const union xmm *source)   \
	{                                                                                  \
		uint32_t saved;                                                            \
		__asm__ volatile(                                                          \
			"stmxcsr %[saved]\n\tmovdqu %[target], %%xmm0\n\t"                 \
			"movdqu %[source], %%xmm1\n\tldmxcsr %[mxcsr]\n\t" code            \
			"\n\tstmxcsr %[mxcsr]\n\tldmxcsr %[saved]\n\t"                     \
			"movdqu %%xmm0, %[target]"                                         \
			: [target] "+m"(*target), [saved] "=m"(saved), [mxcsr] "+m"(mxcsr) \
			: [source] "m"(*source)                                            \
			: "xmm0", "xmm1" __VA_OPT__(, ) __VA_ARGS__);                      \
		return mxcsr;                                                              \
	}

/* A kernel, and what the slow path below must know of it. */
struct simd_operation {
	simd_kernel *run;
	/* the same on the x87, where nothing is out of range (see x87_host.h); NULL when results
	 * cannot be out of range */
	uint16_t (*wide)(uint16_t control, const struct x87_value *a, const struct x87_value *b,
			 struct x87_value *result);
	uint8_t lanes, size; /* of the source, the size in bytes */
	bool to_single;	     /* the precision of the results */
};

/* The exceptions of an operation of which a result may be too large or too tiny while the guest
 * does not mask that (simd_range.c). */
uint32_t simd_out_of_range(const struct x86 *cpu, const struct simd_operation *operation,
			   const union xmm *target, const union xmm *source);

/* Runs a kernel as the guest would; the exceptions that occurred, masked or not. The kernel itself
 * runs with all of them masked. */
INLINE uint32_t simd_execute(const struct x86 *cpu, const struct simd_operation *operation,
			     union xmm *target, const union xmm *source)
{
	uint32_t mxcsr = (cpu->registers.mxcsr | MXCSR_MASKS) & ~(uint32_t)MXCSR_FLAGS;

	if (operation->wide &&
	    UNLIKELY((cpu->registers.mxcsr & (MXCSR_UM | MXCSR_OM)) != (MXCSR_UM | MXCSR_OM))) {
		uint32_t raised = simd_out_of_range(cpu, operation, target, source);
		operation->run(mxcsr, target, source);
		return raised;
	}
	return operation->run(mxcsr, target, source) & MXCSR_FLAGS;
}

/* Keeps the flags; false when one of them is not masked, and #XM is raised. */
bool simd_settle(struct x86 *cpu, const struct operation *op, uint32_t raised);

#endif
