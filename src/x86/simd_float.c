/* Packed and scalar floating point: arithmetic, comparisons, conversions, each executed by the host
 * under the guest's MXCSR. Rounding, denormals and exception flags are those of the hardware. */
#include "x86/simd_float.h"

#include "x86/handlers.h"

bool simd_settle(struct x86 *cpu, const struct operation *op, uint32_t raised)
{
	const uint32_t before = MXCSR_IE | MXCSR_DE | MXCSR_ZE;
	/* these are found before the operation: when one of them stops it the others never occur */
	uint32_t early = raised & before & ~(cpu->registers.mxcsr >> 7);

	cpu->registers.mxcsr |= early ? raised & before : raised;
	if (!(raised & ~(cpu->registers.mxcsr >> 7)))
		return true;
	raise_fault(cpu, op, X86_VECTOR_XM, 0);
	return false;
}

/* The second operand, and what the operation makes of the first with it; false after a fault. */
INLINE bool float_compute(struct x86 *cpu, const struct operation *op,
			  const struct simd_operation *operation, union xmm *target)
{
	union xmm source;

	return simd_source(cpu, op, &source) &&
	       simd_settle(cpu, op, simd_execute(cpu, operation, target, &source));
}

INLINE struct operation *vector_of(struct x86 *cpu, struct operation *op,
				   const struct simd_operation *operation)
{
	union xmm target = cpu->registers.xmm[op->target & 15];

	if (!float_compute(cpu, op, operation, &target))
		return NULL;
	cpu->registers.xmm[op->target & 15] = target;
	return done(op);
}

/* Results that are always in range. */
INLINE struct operation *vector_from(struct x86 *cpu, struct operation *op, simd_kernel *kernel)
{
	return vector_of(cpu, op, &(struct simd_operation){ .run = kernel });
}

INLINE bool float_compute_from(struct x86 *cpu, const struct operation *op, simd_kernel *kernel,
			       union xmm *target)
{
	return float_compute(cpu, op, &(struct simd_operation){ .run = kernel }, target);
}

#define FLOAT(name)                                                         \
	SIMD_KERNEL(host_##name, #name " %%xmm1, %%xmm0")                   \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return vector_from(cpu, op, host_##name);                   \
	}

/* Results that may be out of range: what simd_operation says. */
#define RANGED(name, ...)                                                                        \
	SIMD_KERNEL(host_##name, #name " %%xmm1, %%xmm0")                                        \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                      \
	{                                                                                        \
		return vector_of(cpu, op, &(struct simd_operation){ host_##name, __VA_ARGS__ }); \
	}
#define ARITHMETIC(name, wide)              \
	RANGED(name##ps, wide, 4, 4, true)  \
	RANGED(name##ss, wide, 1, 4, true)  \
	RANGED(name##pd, wide, 2, 8, false) \
	RANGED(name##sd, wide, 1, 8, false)

ARITHMETIC(add, host_add)
ARITHMETIC(sub, host_subtract)
ARITHMETIC(mul, host_multiply)
ARITHMETIC(div, host_divide)

static uint16_t wide_convert(uint16_t control, const struct x87_value *a, const struct x87_value *b,
			     struct x87_value *result)
{
	const struct x87_value one = { UINT64_C(1) << 63, 0x3fff };

	(void)a;
	return host_multiply(control, b, &one, result);
}

RANGED(cvtpd2ps, wide_convert, 2, 8, true)
RANGED(cvtsd2ss, wide_convert, 1, 8, true)

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
FLOAT(cvtss2sd)

/* --- comparison by predicate: 0 eq, 1 lt, 2 le, 3 unord, 4 neq, 5 nlt, 6 nle, 7 ord --- */

#define PREDICATE(name, number) \
	SIMD_KERNEL(host_##name##number, #name " $" #number ", %%xmm1, %%xmm0")

#define COMPARE(name)                                                           \
	PREDICATE(name, 0)                                                      \
	PREDICATE(name, 1)                                                      \
	PREDICATE(name, 2)                                                      \
	PREDICATE(name, 3)                                                      \
	PREDICATE(name, 4)                                                      \
	PREDICATE(name, 5)                                                      \
	PREDICATE(name, 6)                                                      \
	PREDICATE(name, 7)                                                      \
	static simd_kernel *const host_##name[8] = {                            \
		host_##name##0, host_##name##1, host_##name##2, host_##name##3, \
		host_##name##4, host_##name##5, host_##name##6, host_##name##7  \
	};

COMPARE(cmpps)
COMPARE(cmppd)
COMPARE(cmpss)
COMPARE(cmpsd)

struct operation *run_cmpps(struct x86 *cpu, struct operation *op)
{
	return vector_from(cpu, op, host_cmpps[op->immediate & 7]);
}

struct operation *run_cmppd(struct x86 *cpu, struct operation *op)
{
	return vector_from(cpu, op, host_cmppd[op->immediate & 7]);
}

struct operation *run_cmpss(struct x86 *cpu, struct operation *op)
{
	return vector_from(cpu, op, host_cmpss[op->immediate & 7]);
}

/* Two instructions bear the name: the string operation has no vector register. */
struct operation *run_cmpsd(struct x86 *cpu, struct operation *op)
{
	if (op->target_kind != OPERAND_XMM)
		return run_cmps(cpu, op);
	return vector_from(cpu, op, host_cmpsd[op->immediate & 7]);
}

/* --- comparison into the flags: CF, ZF and PF, the others are cleared --- */

/* The flags are collected as bits of the target; setcc, as not every host has lahf. */
#define COMPARE_FLAGS(name)                                                             \
	SIMD_KERNEL(host_##name,                                                        \
		    #name " %%xmm1, %%xmm0\n\tsetp %%al\n\tsetz %%cl\n\tsetc %%dl\n\t"  \
			  "shlb $2, %%al\n\tshlb $6, %%cl\n\torb %%cl, %%al\n\t"        \
			  "orb %%dl, %%al\n\tmovzbl %%al, %%eax\n\tmovd %%eax, %%xmm0", \
		    "rax", "rcx", "rdx", "cc")                                          \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)             \
	{                                                                               \
		union xmm target = cpu->registers.xmm[op->target & 15];                 \
		if (!float_compute_from(cpu, op, host_##name, &target))                 \
			return NULL;                                                    \
		flags_set_arithmetic(cpu, target.u64[0]);                               \
		return done(op);                                                        \
	}

COMPARE_FLAGS(comiss)
COMPARE_FLAGS(comisd)
COMPARE_FLAGS(ucomiss)
COMPARE_FLAGS(ucomisd)

/* --- conversions between the general and the vector registers --- */

#define FROM_INTEGER(name)                                                                    \
	SIMD_KERNEL(host_##name##32, "movd %%xmm1, %%eax\n\t" #name "l %%eax, %%xmm0", "rax") \
	SIMD_KERNEL(host_##name##64, "movq %%xmm1, %%rax\n\t" #name "q %%rax, %%xmm0", "rax") \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                   \
	{                                                                                     \
		return vector_from(cpu, op,                                                   \
				   op->source_size == 8 ? host_##name##64 : host_##name##32); \
	}

FROM_INTEGER(cvtsi2ss)
FROM_INTEGER(cvtsi2sd)

#define TO_INTEGER(name)                                                                          \
	SIMD_KERNEL(host_##name##32, #name " %%xmm1, %%eax\n\tmovd %%eax, %%xmm0", "rax")         \
	SIMD_KERNEL(host_##name##64, #name " %%xmm1, %%rax\n\tmovq %%rax, %%xmm0", "rax")         \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                       \
	{                                                                                         \
		union xmm result = { .u64 = { 0, 0 } };                                           \
		if (!float_compute_from(                                                          \
			    cpu, op, op->size == 8 ? host_##name##64 : host_##name##32, &result)) \
			return NULL;                                                              \
		register_write(cpu, op->target, op->size, result.u64[0]);                         \
		return done(op);                                                                  \
	}

TO_INTEGER(cvtss2si)
TO_INTEGER(cvttss2si)
TO_INTEGER(cvtsd2si)
TO_INTEGER(cvttsd2si)

/* --- conversions between MMX and XMM --- */

#define FROM_MMX(name)                                                                       \
	SIMD_KERNEL(host_##name, "movdq2q %%xmm1, %%mm0\n\t" #name " %%mm0, %%xmm0\n\temms", \
		    "mm0", X87_STACK)                                                        \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                  \
	{                                                                                    \
		return vector_from(cpu, op, host_##name);                                    \
	}

FROM_MMX(cvtpi2ps)
FROM_MMX(cvtpi2pd)

#define TO_MMX(name)                                                                             \
	SIMD_KERNEL(host_##name, #name " %%xmm1, %%mm0\n\tmovq2dq %%mm0, %%xmm0\n\temms", "mm0", \
		    X87_STACK)                                                                   \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                      \
	{                                                                                        \
		union xmm result = { .u64 = { 0, 0 } };                                          \
		if (!float_compute_from(cpu, op, host_##name, &result))                          \
			return NULL;                                                             \
		mmx_write(cpu, op->target, result.u64[0]);                                       \
		return done(op);                                                                 \
	}

TO_MMX(cvtps2pi)
TO_MMX(cvttps2pi)
TO_MMX(cvtpd2pi)
TO_MMX(cvttpd2pi)
