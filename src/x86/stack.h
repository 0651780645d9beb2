/* The stack: sp is 16 bits wide nowhere in user mode, so its size is that of the mode. */
#ifndef KENBI_X86_STACK_H
#define KENBI_X86_STACK_H

#include "x86/operand.h"

INLINE uint64_t stack_pointer(const struct x86 *cpu)
{
	return cpu->registers.general[X86_SP];
}

INLINE uint64_t stack_linear(const struct x86 *cpu, uint64_t offset)
{
	return (offset + (cpu->mode == X86_MODE_32 ? cpu->registers.segment_base[X86_SS] : 0)) &
	       cpu->linear_mask;
}

/* Writes below the stack pointer and moves it; on a fault nothing has changed. */
INLINE bool push(struct x86 *cpu, unsigned size, uint64_t value)
{
	uint64_t pointer = (stack_pointer(cpu) - size) & cpu->linear_mask;

	if (!memory_write(cpu, stack_linear(cpu, pointer), size, value))
		return false;
	cpu->registers.general[X86_SP] = pointer;
	return true;
}

/* Reads at the stack pointer plus `offset` without moving it. */
INLINE bool peek(struct x86 *cpu, uint64_t offset, unsigned size, uint64_t *value)
{
	return memory_read(cpu, stack_linear(cpu, stack_pointer(cpu) + offset), size, value);
}

/* A fault of an implied stack access: #SS where another operand's would be #GP. */
INLINE struct operation *push_fault(struct x86 *cpu, const struct operation *op)
{
	if (cpu->exit.vector == X86_VECTOR_GP)
		cpu->exit.vector = X86_VECTOR_SS;
	return memory_fault(cpu, op);
}

INLINE void drop(struct x86 *cpu, uint64_t bytes)
{
	cpu->registers.general[X86_SP] = (stack_pointer(cpu) + bytes) & cpu->linear_mask;
}

#endif
