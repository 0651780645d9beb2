/* The x87 register stack and its exceptions, for the files that execute on it. */
#ifndef KENBI_X86_X87_H
#define KENBI_X86_X87_H

#include "x86/operand.h"
#include "x86/x87_host.h"

/* The real indefinite: what masked invalid operations give. */
#define X87_INDEFINITE ((struct x87_value){ UINT64_C(0xc000000000000000), 0xffff })

INLINE unsigned x87_top(const struct x86 *cpu)
{
	return cpu->registers.x87.status >> 11 & 7;
}

INLINE void x87_set_top(struct x86 *cpu, unsigned top)
{
	cpu->registers.x87.status =
		(uint16_t)((cpu->registers.x87.status & ~(7u << 11)) | (top & 7) << 11);
}

/* Bit of ST(i) in x87.valid, and its value. */
INLINE unsigned x87_bit(const struct x86 *cpu, unsigned i)
{
	return 1u << ((x87_top(cpu) + i) & 7);
}

INLINE struct x87_value *x87_st(struct x86 *cpu, unsigned i)
{
	return &cpu->registers.x87.values[(x87_top(cpu) + i) & 7];
}

INLINE bool x87_empty(const struct x86 *cpu, unsigned i)
{
	return !(cpu->registers.x87.valid & x87_bit(cpu, i));
}

/* Recomputes ES and B from the unmasked exceptions. */
void x87_summarise(struct x86 *cpu);
/* Adds the exceptions of `status`, and replaces those condition bits that `conditions` names. False
 * when an unmasked exception forbids to write the result. */
bool x87_status(struct x86 *cpu, uint16_t status, uint16_t conditions);
/* Stack fault: the instruction goes on with the indefinite (true), or does nothing (false). */
bool x87_underflow(struct x86 *cpu);
/* False when the stack was full and the exception is not masked. */
bool x87_push(struct x86 *cpu, struct x87_value value);
/* After an underflow, which hides an overflow of the same instruction. */
void x87_push_anyway(struct x86 *cpu, struct x87_value value);
void x87_pop(struct x86 *cpu);
/* Remembers the instruction as the last one: FIP, FDP, opcode. */
void x87_note(struct x86 *cpu, const struct operation *op);
/* An exception of an earlier instruction waits: this one must raise #MF instead. */
INLINE bool x87_waits(const struct x86 *cpu)
{
	return cpu->registers.x87.status & STATUS_ES;
}
/* A memory operand converted to 80 bits; false after a memory fault. */
bool x87_memory(struct x86 *cpu, const struct operation *op, bool integer, struct x87_value *value,
		uint16_t *status);

#endif
