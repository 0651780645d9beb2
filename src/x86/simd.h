/* Operands of MMX and SSE instructions. */
#ifndef KENBI_X86_SIMD_H
#define KENBI_X86_SIMD_H

#include "x86/x87.h"

/* Reads the second operand, zero above its size. What stopped it, if anything, is already raised:
 * NULL is then what the handler returns. Operands of 16 bytes in memory are aligned or #GP. */
bool simd_source(struct x86 *cpu, const struct operation *op, union xmm *value);
/* The same for an operand that may lie anywhere. */
bool simd_source_unaligned(struct x86 *cpu, const struct operation *op, union xmm *value);
/* Every MMX instruction: #MF if an exception waits, or the stack becomes eight valid registers.
 * False after a fault. */
bool simd_enter_mmx(struct x86 *cpu, const struct operation *op);

INLINE uint64_t mmx_read(const struct x86 *cpu, unsigned number)
{
	return cpu->registers.x87.values[number & 7].mantissa;
}

INLINE void mmx_write(struct x86 *cpu, unsigned number, uint64_t value)
{
	cpu->registers.x87.values[number & 7] = (struct x87_value){ value, 0xffff };
}

/* The first operand as it is, with zeros above an MMX register; and a new value for it. */
INLINE union xmm simd_target(const struct x86 *cpu, const struct operation *op)
{
	if (op->target_kind == OPERAND_MMX)
		return (union xmm){ .u64 = { mmx_read(cpu, op->target), 0 } };
	return cpu->registers.xmm[op->target & 15];
}

INLINE struct operation *simd_done(struct x86 *cpu, struct operation *op, const union xmm *value)
{
	if (op->target_kind == OPERAND_MMX)
		mmx_write(cpu, op->target, value->u64[0]);
	else
		cpu->registers.xmm[op->target & 15] = *value;
	return done(op);
}

INLINE bool touches_mmx(const struct operation *op)
{
	return op->target_kind == OPERAND_MMX || op->source_kind == OPERAND_MMX;
}

#endif
