/* Packed and scalar floating point, executed by the host's own instructions under the guest's
 * MXCSR: rounding, denormals and exception flags are those of the hardware. */
#include "x86/handlers.h"
#include "x86/simd.h"

enum { MXCSR_FLAGS = 0x3f, MXCSR_MASKS = 0x1f80 };

/* Runs one host instruction between the guest's MXCSR with everything masked and our own. */
#define UNDER_MXCSR(code, outputs, ...)                                                        \
	uint32_t saved, mxcsr = (cpu->registers.mxcsr | MXCSR_MASKS) & ~(uint32_t)MXCSR_FLAGS; \
	__asm__ volatile("stmxcsr %[saved]\n\tldmxcsr %[mxcsr]\n\t" code                       \
			 "\n\tstmxcsr %[mxcsr]\n\tldmxcsr %[saved]"                            \
			 : outputs, [saved] "=m"(saved), [mxcsr] "+m"(mxcsr)                   \
			 : __VA_ARGS__                                                         \
			 : "xmm0", "xmm1", X87_STACK, "mm0")

/* Keeps the flags; false when one of them is not masked, and #XM is raised. */
static bool settle(struct x86 *cpu, const struct operation *op, uint32_t mxcsr)
{
	uint32_t raised = mxcsr & MXCSR_FLAGS;
	/* invalid, denormal, divide by zero come before the operation: the others are not looked at
	 */
	uint32_t early = raised & 7 & ~(cpu->registers.mxcsr >> 7);

	cpu->registers.mxcsr |= early ? raised & 7 : raised;
	if (!(raised & ~(cpu->registers.mxcsr >> 7)))
		return true;
	raise_fault(cpu, op, X86_VECTOR_XM, 0);
	return false;
}

#define FLOAT(name)                                                                          \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                  \
	{                                                                                    \
		union xmm target = cpu->registers.xmm[op->target & 15], source;              \
		if (!simd_source(cpu, op, &source))                                          \
			return NULL;                                                         \
		UNDER_MXCSR("movdqu %[target], %%xmm0\n\tmovdqu %[source], %%xmm1\n\t" #name \
			    " %%xmm1, %%xmm0\n\tmovdqu %%xmm0, %[target]",                   \
			    [target] "+m"(target), [source] "m"(source));                    \
		if (!settle(cpu, op, mxcsr))                                                 \
			return NULL;                                                         \
		cpu->registers.xmm[op->target & 15] = target;                                \
		return done(op);                                                             \
	}

FLOAT(addps)
FLOAT(addpd)
FLOAT(addss)
FLOAT(addsd)
FLOAT(subps)
FLOAT(subpd)
FLOAT(subss)
FLOAT(subsd)
FLOAT(mulps)
FLOAT(mulpd)
FLOAT(mulss)
FLOAT(mulsd)
FLOAT(divps)
FLOAT(divpd)
FLOAT(divss)
FLOAT(divsd)
FLOAT(minps)
FLOAT(minpd)
FLOAT(minss)
FLOAT(minsd)
FLOAT(maxps)
FLOAT(maxpd)
FLOAT(maxss)
FLOAT(maxsd)
FLOAT(sqrtps)
FLOAT(sqrtpd)
FLOAT(sqrtss)
FLOAT(sqrtsd)
FLOAT(cvtdq2ps)
FLOAT(cvtps2dq)
FLOAT(cvttps2dq)
FLOAT(cvtdq2pd)
FLOAT(cvtpd2dq)
FLOAT(cvttpd2dq)
FLOAT(cvtps2pd)
FLOAT(cvtpd2ps)
FLOAT(cvtss2sd)
FLOAT(cvtsd2ss)

/* --- comparison by predicate: 0 eq, 1 lt, 2 le, 3 unord, 4 neq, 5 nlt, 6 nle, 7 ord --- */

#define COMPARE_UNDER(instruction, predicate)                                                      \
	{                                                                                          \
		UNDER_MXCSR("movdqu %[target], %%xmm0\n\tmovdqu %[source], %%xmm1\n\t" instruction \
			    " $" #predicate ", %%xmm1, %%xmm0\n\tmovdqu %%xmm0, %[target]",        \
			    [target] "+m"(*target), [source] "m"(*source));                        \
		return mxcsr;                                                                      \
	}

#define COMPARE(name)                                                                           \
	static uint32_t compare_##name(const struct x86 *cpu, union xmm *target,                \
				       const union xmm *source, unsigned predicate)             \
	{                                                                                       \
		switch (predicate) {                                                            \
		case 0: COMPARE_UNDER(#name, 0)                                                 \
		case 1: COMPARE_UNDER(#name, 1)                                                 \
		case 2: COMPARE_UNDER(#name, 2)                                                 \
		case 3: COMPARE_UNDER(#name, 3)                                                 \
		case 4: COMPARE_UNDER(#name, 4)                                                 \
		case 5: COMPARE_UNDER(#name, 5)                                                 \
		case 6: COMPARE_UNDER(#name, 6)                                                 \
		default: COMPARE_UNDER(#name, 7)                                                \
		}                                                                               \
	}                                                                                       \
	static struct operation *run_vector_##name(struct x86 *cpu, struct operation *op)       \
	{                                                                                       \
		union xmm target = cpu->registers.xmm[op->target & 15], source;                 \
		if (!simd_source(cpu, op, &source))                                             \
			return NULL;                                                            \
		if (!settle(cpu, op, compare_##name(cpu, &target, &source, op->immediate & 7))) \
			return NULL;                                                            \
		cpu->registers.xmm[op->target & 15] = target;                                   \
		return done(op);                                                                \
	}

COMPARE(cmpps)
COMPARE(cmppd)
COMPARE(cmpss)
COMPARE(cmpsd)

struct operation *run_cmpps(struct x86 *cpu, struct operation *op)
{
	return run_vector_cmpps(cpu, op);
}

struct operation *run_cmppd(struct x86 *cpu, struct operation *op)
{
	return run_vector_cmppd(cpu, op);
}

struct operation *run_cmpss(struct x86 *cpu, struct operation *op)
{
	return run_vector_cmpss(cpu, op);
}

/* Two instructions bear the name: the string operation has no vector register. */
struct operation *run_cmpsd(struct x86 *cpu, struct operation *op)
{
	return op->target_kind == OPERAND_XMM ? run_vector_cmpsd(cpu, op) : run_cmps(cpu, op);
}

/* --- comparison into the flags --- */

#define COMPARE_FLAGS(name)                                                                     \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                     \
	{                                                                                       \
		union xmm source;                                                               \
		uint64_t flags = 0;                                                             \
		if (!simd_source(cpu, op, &source))                                             \
			return NULL;                                                            \
		UNDER_MXCSR(                                                                    \
			"movdqu %[target], %%xmm0\n\tmovdqu %[source], %%xmm1\n\t" #name        \
			" %%xmm1, %%xmm0\n\tpushfq\n\tpopq %[flags]",                           \
			[flags] "=r"(flags), [target] "m"(cpu->registers.xmm[op->target & 15]), \
			[source] "m"(source));                                                  \
		if (!settle(cpu, op, mxcsr))                                                    \
			return NULL;                                                            \
		flags_set_arithmetic(cpu, flags);                                               \
		return done(op);                                                                \
	}

COMPARE_FLAGS(comiss)
COMPARE_FLAGS(comisd)
COMPARE_FLAGS(ucomiss)
COMPARE_FLAGS(ucomisd)

/* --- conversions between the general and the vector registers --- */

#define FROM_INTEGER(name)                                                               \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)              \
	{                                                                                \
		union xmm target = cpu->registers.xmm[op->target & 15], source;          \
		if (!simd_source(cpu, op, &source))                                      \
			return NULL;                                                     \
		if (op->source_size == 8) {                                              \
			UNDER_MXCSR("movdqu %[target], %%xmm0\n\t" #name                 \
				    "q %[source], %%xmm0\n\tmovdqu %%xmm0, %[target]",   \
				    [target] "+m"(target), [source] "m"(source.u64[0])); \
			if (!settle(cpu, op, mxcsr))                                     \
				return NULL;                                             \
		} else {                                                                 \
			UNDER_MXCSR("movdqu %[target], %%xmm0\n\t" #name                 \
				    "l %[source], %%xmm0\n\tmovdqu %%xmm0, %[target]",   \
				    [target] "+m"(target), [source] "m"(source.u32[0])); \
			if (!settle(cpu, op, mxcsr))                                     \
				return NULL;                                             \
		}                                                                        \
		cpu->registers.xmm[op->target & 15] = target;                            \
		return done(op);                                                         \
	}

FROM_INTEGER(cvtsi2ss)
FROM_INTEGER(cvtsi2sd)

#define TO_INTEGER(name)                                                                       \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                    \
	{                                                                                      \
		uint64_t value = 0;                                                            \
		union xmm source;                                                              \
		if (!simd_source(cpu, op, &source))                                            \
			return NULL;                                                           \
		if (op->size == 8) {                                                           \
			UNDER_MXCSR("movdqu %[source], %%xmm1\n\t" #name " %%xmm1, %q[value]", \
				    [value] "=r"(value), [source] "m"(source));                \
			if (!settle(cpu, op, mxcsr))                                           \
				return NULL;                                                   \
		} else {                                                                       \
			UNDER_MXCSR("movdqu %[source], %%xmm1\n\t" #name " %%xmm1, %k[value]", \
				    [value] "=r"(value), [source] "m"(source));                \
			if (!settle(cpu, op, mxcsr))                                           \
				return NULL;                                                   \
		}                                                                              \
		register_write(cpu, op->target, op->size, value);                              \
		return done(op);                                                               \
	}

TO_INTEGER(cvtss2si)
TO_INTEGER(cvttss2si)
TO_INTEGER(cvtsd2si)
TO_INTEGER(cvttsd2si)

/* --- conversions between MMX and XMM --- */

#define FROM_MMX(name)                                                                    \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)               \
	{                                                                                 \
		union xmm target = cpu->registers.xmm[op->target & 15], source;           \
		if (!simd_source_unaligned(cpu, op, &source))                             \
			return NULL;                                                      \
		UNDER_MXCSR("movdqu %[target], %%xmm0\n\tmovq %[source], %%mm0\n\t" #name \
			    " %%mm0, %%xmm0\n\tmovdqu %%xmm0, %[target]\n\temms",         \
			    [target] "+m"(target), [source] "m"(source.u64[0]));          \
		if (!settle(cpu, op, mxcsr))                                              \
			return NULL;                                                      \
		cpu->registers.xmm[op->target & 15] = target;                             \
		return done(op);                                                          \
	}

FROM_MMX(cvtpi2ps)
FROM_MMX(cvtpi2pd)

#define TO_MMX(name)                                                          \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)   \
	{                                                                     \
		uint64_t value = 0;                                           \
		union xmm source;                                             \
		if (!simd_source(cpu, op, &source))                           \
			return NULL;                                          \
		UNDER_MXCSR("movdqu %[source], %%xmm1\n\t" #name              \
			    " %%xmm1, %%mm0\n\tmovq %%mm0, %[value]\n\temms", \
			    [value] "+m"(value), [source] "m"(source));       \
		if (!settle(cpu, op, mxcsr))                                  \
			return NULL;                                          \
		mmx_write(cpu, op->target, value);                            \
		return done(op);                                              \
	}

TO_MMX(cvtps2pi)
TO_MMX(cvttps2pi)
TO_MMX(cvtpd2pi)
TO_MMX(cvttpd2pi)
