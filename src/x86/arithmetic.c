/* Addition, subtraction, logic, comparison, and their atomic forms. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"
#include "x86/shapes.h"

enum binary { ADD, ADC, SUB, SBB, CMP, AND, OR, XOR, TEST };

/* The result of a two-operand instruction; sets the flags. */
INLINE uint64_t binary(struct x86 *cpu, enum binary kind, uint64_t a, uint64_t b, unsigned size)
{
	uint64_t result;

	switch (kind) {
	case ADD:
	case ADC:
		result = a + b + (kind == ADC && flag_cf(cpu));
		flags_add(cpu, a, b, result, size);
		return result;
	case SUB:
	case CMP:
	case SBB:
		result = a - b - (kind == SBB && flag_cf(cpu));
		flags_sub(cpu, a, b, result, size);
		return result;
	case AND:
	case TEST: result = a & b; break;
	case OR: result = a | b; break;
	default: result = a ^ b; break;
	}
	flags_logic(cpu, result, size);
	return result;
}

/* A memory target in the write cache: read, computed and written in one place. */
INLINE struct operation *binary_in_place(struct x86 *cpu, struct operation *op, unsigned size,
					 enum binary kind, struct frame *frame, uint64_t address,
					 uint64_t b)
{
	uint8_t *at = frame->bytes + address % PAGE_SIZE;
	uint64_t a = 0, result;

	memcpy(&a, at, size);
	result = binary(cpu, kind, a, b, size);
	memcpy(at, &result, size);
	mark_written(frame, address % PAGE_SIZE, size);
	return done(op);
}

INLINE struct operation *run_binary(struct x86 *cpu, struct operation *op, unsigned size,
				    unsigned target, unsigned source, enum binary kind)
{
	bool writes = kind != CMP && kind != TEST;
	uint64_t a, b, result, address = 0;

	if (!operand_read(cpu, op, source, op->source, size, &b))
		return memory_fault(cpu, op);
	if (target == OPERAND_MEMORY) {
		struct frame *frame;
		address = linear_address(cpu, op);
		frame = writes ? writable_frame(cpu, address, size) : NULL;
		if (LIKELY(frame))
			return binary_in_place(cpu, op, size, kind, frame, address, b);
		if ((writes && !memory_probe(cpu, address, size)) ||
		    !memory_read(cpu, address, size, &a))
			return memory_fault(cpu, op);
	} else {
		a = register_read(cpu, op->target, size);
	}
	result = binary(cpu, kind, a, b, size);
	if (!writes)
		return done(op);
	if (target == OPERAND_REGISTER) {
		register_write(cpu, op->target, size, result);
		return done(op);
	}
	if (!memory_write(cpu, address, size, result))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

/* The general handlers read the source in the target's size: one-byte immediates are sign-extended
 * to it. */
#define BINARY(name, KIND)                                                                    \
	SHAPES_TWO(name, run_binary, KIND)                                                    \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                   \
	{                                                                                     \
		return run_binary(cpu, op, op->size, op->target_kind, op->source_kind, KIND); \
	}

BINARY(add, ADD)
BINARY(adc, ADC)
BINARY(sub, SUB)
BINARY(sbb, SBB)
BINARY(cmp, CMP)
BINARY(and, AND)
BINARY(or, OR)
BINARY(xor, XOR)
BINARY(test, TEST)

/* inc and dec: an addition that leaves CF alone. */
INLINE struct operation *run_step(struct x86 *cpu, struct operation *op, unsigned size,
				  unsigned target, unsigned source, enum binary kind)
{
	bool cf = flag_cf(cpu);
	uint64_t a, value, address = 0;

	(void)source;
	if (target == OPERAND_MEMORY) {
		address = linear_address(cpu, op);
		if (!memory_probe(cpu, address, size) || !memory_read(cpu, address, size, &a))
			return memory_fault(cpu, op);
	} else {
		a = register_read(cpu, op->target, size);
	}
	value = binary(cpu, kind, a, 1, size);
	flags_keep_cf(cpu, cf);
	if (target == OPERAND_REGISTER) {
		register_write(cpu, op->target, size, value);
		return done(op);
	}
	if (!memory_write(cpu, address, size, value)) /* cannot be: it was probed */
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

#define STEP(name, KIND)                                                                 \
	SHAPES_ONE(name, run_step, KIND)                                                 \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)              \
	{                                                                                \
		return run_step(cpu, op, op->size, op->target_kind, OPERAND_NONE, KIND); \
	}

STEP(inc, ADD)
STEP(dec, SUB)

struct operation *run_neg(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_for_update(cpu, op, &value))
		return memory_fault(cpu, op);
	flags_sub(cpu, 0, value, 0 - value, op->size);
	if (!write_target(cpu, op, 0 - value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_not(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_for_update(cpu, op, &value) || !write_target(cpu, op, ~value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_xadd(struct x86 *cpu, struct operation *op)
{
	uint64_t a, b;

	if (!read_source(cpu, op, &b) || !read_for_update(cpu, op, &a))
		return memory_fault(cpu, op);
	flags_add(cpu, a, b, a + b, op->size);
	/* with the same register twice the sum stays; an address of this register is the old one */
	if (op->target_kind == OPERAND_MEMORY && !write_target(cpu, op, a + b))
		return memory_fault(cpu, op);
	register_write(cpu, op->source, op->size, a);
	if (op->target_kind == OPERAND_REGISTER)
		register_write(cpu, op->target, op->size, a + b);
	return done_writing(cpu, op);
}

struct operation *run_cmpxchg(struct x86 *cpu, struct operation *op)
{
	uint64_t accumulator = get(cpu, X86_AX, op->size);
	uint64_t value, source;

	if (!read_source(cpu, op, &source) || !read_for_update(cpu, op, &value))
		return memory_fault(cpu, op);
	flags_sub(cpu, accumulator, value, accumulator - value, op->size);
	/* the memory is written in either case (SDM: "the destination operand is always written")
	 */
	if (op->target_kind == OPERAND_MEMORY || accumulator == value) {
		if (!write_target(cpu, op, accumulator == value ? source : value))
			return memory_fault(cpu, op);
	}
	if (accumulator != value)
		put(cpu, X86_AX, op->size, value);
	return done_writing(cpu, op);
}

/* cmpxchg8b and 16b: halves of `half` bytes in dx:ax and cx:bx. */
INLINE struct operation *compare_exchange_pair(struct x86 *cpu, struct operation *op, unsigned half)
{
	uint64_t address = linear_address(cpu, op);
	uint64_t low, high;
	bool equal;

	if (half == 8 && address % 16 != 0)
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (!memory_probe(cpu, address, 2 * half) || !memory_read(cpu, address, half, &low) ||
	    !memory_read(cpu, (address + half) & cpu->linear_mask, half, &high))
		return memory_fault(cpu, op);
	equal = low == get(cpu, X86_AX, half) && high == get(cpu, X86_DX, half);
	flags_change(cpu, X86_FLAG_ZF, equal ? X86_FLAG_ZF : 0);
	if (!equal) {
		put(cpu, X86_AX, half, low);
		put(cpu, X86_DX, half, high);
	} else {
		low = get(cpu, X86_BX, half);
		high = get(cpu, X86_CX, half);
	}
	if (!memory_write(cpu, address, half, low) ||
	    !memory_write(cpu, (address + half) & cpu->linear_mask, half, high))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_cmpxchg8b(struct x86 *cpu, struct operation *op)
{
	return compare_exchange_pair(cpu, op, 4);
}

struct operation *run_cmpxchg16b(struct x86 *cpu, struct operation *op)
{
	return compare_exchange_pair(cpu, op, 8);
}
