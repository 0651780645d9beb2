/* Operands: reading and writing what an instruction names. All are inlined; called with constants
 * they leave one load or store. The readers give false after a memory fault, see memory_fault. */
#ifndef KENBI_X86_OPERAND_H
#define KENBI_X86_OPERAND_H

#include "x86/flags.h"
#include "x86/memory.h"

/* The offset within the segment. */
INLINE uint64_t effective_address(const struct x86 *cpu, const struct operation *op)
{
	const uint64_t *general = cpu->registers.general;
	uint64_t offset =
		general[op->base] + (general[op->index] << op->scale) + (uint64_t)op->displacement;

	return offset << op->address_unused >> op->address_unused;
}

INLINE uint64_t linear_address(const struct x86 *cpu, const struct operation *op)
{
	return (effective_address(cpu, op) + cpu->registers.segment_base[op->segment]) &
	       cpu->linear_mask;
}

/* Registers by byte offset: 0 is al, 1 is ah, 8 is cl. */
INLINE uint64_t register_read(const struct x86 *cpu, unsigned offset, unsigned size)
{
	const uint8_t *at = (const uint8_t *)cpu->registers.general + offset;
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

/* 32-bit writes clear the upper half, as in 64-bit mode; in 32-bit mode it is always clear. */
INLINE void register_write(struct x86 *cpu, unsigned offset, unsigned size, uint64_t value)
{
	uint8_t *at = (uint8_t *)cpu->registers.general + offset;

	if (size == 4) {
		value = (uint32_t)value;
		size = 8;
	}
	memcpy(at, &value, size);
}

/* By register number, for implied operands. */
INLINE uint64_t get(const struct x86 *cpu, enum x86_register reg, unsigned size)
{
	return register_read(cpu, 8u * reg, size);
}

INLINE void put(struct x86 *cpu, enum x86_register reg, unsigned size, uint64_t value)
{
	register_write(cpu, 8u * reg, size, value);
}

INLINE bool memory_read(struct x86 *cpu, uint64_t address, unsigned size, uint64_t *value)
{
	*value = 0;
	switch (size) {
	case 1: return load(cpu, address, value, 1);
	case 2: return load(cpu, address, value, 2);
	case 4: return load(cpu, address, value, 4);
	default: return load(cpu, address, value, 8);
	}
}

INLINE bool memory_write(struct x86 *cpu, uint64_t address, unsigned size, uint64_t value)
{
	switch (size) {
	case 1: return store(cpu, address, &value, 1);
	case 2: return store(cpu, address, &value, 2);
	case 4: return store(cpu, address, &value, 4);
	default: return store(cpu, address, &value, 8);
	}
}

INLINE bool operand_read(struct x86 *cpu, const struct operation *op, unsigned kind,
			 unsigned number, unsigned size, uint64_t *value)
{
	if (kind == OPERAND_MEMORY)
		return memory_read(cpu, linear_address(cpu, op), size, value);
	if (kind == OPERAND_REGISTER)
		*value = register_read(cpu, number, size);
	else
		*value = zero_extend(op->immediate, size);
	return true;
}

INLINE bool operand_write(struct x86 *cpu, const struct operation *op, unsigned kind,
			  unsigned number, unsigned size, uint64_t value)
{
	if (kind == OPERAND_MEMORY)
		return memory_write(cpu, linear_address(cpu, op), size, value);
	register_write(cpu, number, size, value);
	return true;
}

INLINE bool read_target(struct x86 *cpu, const struct operation *op, uint64_t *value)
{
	return operand_read(cpu, op, op->target_kind, op->target, op->size, value);
}

INLINE bool read_source(struct x86 *cpu, const struct operation *op, uint64_t *value)
{
	return operand_read(cpu, op, op->source_kind, op->source, op->source_size, value);
}

INLINE bool write_target(struct x86 *cpu, const struct operation *op, uint64_t value)
{
	return operand_write(cpu, op, op->target_kind, op->target, op->size, value);
}

/* Reads a target that will be written back: a fault is that of the write, and comes before the
 * read. */
INLINE bool read_for_update(struct x86 *cpu, const struct operation *op, uint64_t *value)
{
	if (op->target_kind == OPERAND_MEMORY &&
	    !memory_probe(cpu, linear_address(cpu, op), op->size))
		return false;
	return read_target(cpu, op, value);
}

/* The end of an instruction that neither wrote memory nor made sure that it could. */
INLINE struct operation *done(struct operation *op)
{
	return op + 1;
}

/* The end of one that may have: what comes next may have been decoded from other bytes. */
INLINE struct operation *done_writing(struct x86 *cpu, struct operation *op)
{
	return LIKELY(!cpu->code_changed) ? op + 1 : leave(cpu, op);
}

/* Goes on at an address that only this execution knows. */
INLINE struct operation *go_to(struct x86 *cpu, uint64_t address)
{
	const struct jump_cache_entry *entry;

	address &= cpu->linear_mask;
	entry = &cpu->jump_cache[address % JUMP_CACHE];
	if (LIKELY(entry->address == address && entry->operation && !cpu->code_changed))
		return entry->operation;
	cpu->registers.ip = address;
	cpu->from = NULL;
	cpu->event = EVENT_BRANCH;
	return NULL;
}

#endif
