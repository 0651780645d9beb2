/* push, pop and what is built of them. */
#include "x86/stack.h"

#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/segment.h"
#include "x86/shapes.h"

struct operation *run_push(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (op->target_kind == OPERAND_SEGMENT)
		value = cpu->registers.selector[op->target];
	else if (op->target_kind == OPERAND_IMMEDIATE)
		value = op->immediate;
	else if (!operand_read(cpu, op, op->target_kind, op->target, op->width, &value))
		return memory_fault(cpu, op);
	if (!push(cpu, op->width, value))
		return push_fault(cpu, op);
	return done_writing(cpu, op);
}

/* pop [esp+4] computes its address with the stack pointer already moved. */
struct operation *run_pop(struct x86 *cpu, struct operation *op)
{
	uint64_t value, pointer = stack_pointer(cpu);

	if (!peek(cpu, 0, op->width, &value))
		return push_fault(cpu, op);
	if (op->target_kind == OPERAND_SEGMENT && !segment_load(cpu, op->target, (uint16_t)value))
		return segment_fault(cpu, op, value);
	drop(cpu, op->width);
	if (op->target_kind == OPERAND_SEGMENT) {
		if (op->target != X86_SS)
			return cpu->segments_changed ? leave(cpu, op) : done(op);
		cpu->trap_delayed = true;
		return leave(cpu, op);
	}
	if (!operand_write(cpu, op, op->target_kind, op->target, op->width, value)) {
		cpu->registers.general[X86_SP] = pointer;
		return memory_fault(cpu, op);
	}
	return done_writing(cpu, op);
}

/* General registers, memory, immediates. */
INLINE struct operation *push_operand(struct x86 *cpu, struct operation *op, unsigned size,
				      unsigned target, unsigned source)
{
	uint64_t value = op->immediate;

	(void)source;
	if (target != OPERAND_IMMEDIATE && !operand_read(cpu, op, target, op->target, size, &value))
		return memory_fault(cpu, op);
	if (!push(cpu, size, value))
		return push_fault(cpu, op);
	return done_writing(cpu, op);
}

SHAPE_EACH_SIZE(push, push_operand, r, REGISTER, NONE)
SHAPE_EACH_SIZE(push, push_operand, m, MEMORY, NONE)
SHAPE_EACH_SIZE(push, push_operand, i, IMMEDIATE, NONE)

#define PUSH_SHAPES(size)                                                                    \
	{                                                                                    \
		[SHAPE_R] = push_r##size, [SHAPE_M] = push_m##size, [SHAPE_I] = push_i##size \
	}
shape_table shapes_push = { PUSH_SHAPES(1), PUSH_SHAPES(2), PUSH_SHAPES(4), PUSH_SHAPES(8) };

INLINE struct operation *pop_register(struct x86 *cpu, struct operation *op, unsigned size)
{
	uint64_t value;

	if (!peek(cpu, 0, size, &value))
		return push_fault(cpu, op);
	drop(cpu, size);
	register_write(cpu, op->target, size, value);
	return done(op);
}

static struct operation *pop_r4(struct x86 *cpu, struct operation *op)
{
	return pop_register(cpu, op, 4);
}

static struct operation *pop_r8(struct x86 *cpu, struct operation *op)
{
	return pop_register(cpu, op, 8);
}

shape_table shapes_pop = { [2] = { [SHAPE_R] = pop_r4 }, [3] = { [SHAPE_R] = pop_r8 } };

struct operation *run_pusha(struct x86 *cpu, struct operation *op)
{
	uint64_t pointer = stack_pointer(cpu), low = pointer - 8u * op->width;

	if (!memory_room(cpu, stack_linear(cpu, low), 8u * op->width))
		return memory_fault(cpu, op);
	for (unsigned reg = X86_AX; reg <= X86_DI; reg++) {
		uint64_t value = reg == X86_SP ? pointer : cpu->registers.general[reg];
		if (!push(cpu, op->width, value))
			return push_fault(cpu, op);
	}
	return done_writing(cpu, op);
}

struct operation *run_popa(struct x86 *cpu, struct operation *op)
{
	uint64_t values[8];

	for (unsigned i = 0; i < 8; i++)
		if (!peek(cpu, i * op->width, op->width, &values[i]))
			return push_fault(cpu, op);
	for (unsigned i = 0; i < 8; i++)
		if (X86_DI - i != X86_SP)
			put(cpu, X86_DI - i, op->width, values[i]);
	drop(cpu, 8u * op->width);
	return done(op);
}

struct operation *run_pushf(struct x86 *cpu, struct operation *op)
{
	/* VM and RF are pushed as zero */
	if (!push(cpu, op->width, x86_flags(cpu) & ~(uint64_t)(FLAG_VM | FLAG_RF)))
		return push_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_popf(struct x86 *cpu, struct operation *op)
{
	uint64_t mask = FLAGS_USER, value;

	if (!peek(cpu, 0, op->width, &value))
		return push_fault(cpu, op);
	if (op->width == 2)
		mask &= 0xffff;
	drop(cpu, op->width);
	x86_set_flags(cpu, (x86_flags(cpu) & ~mask) | (value & mask));
	return leave(cpu, op); /* TF may have changed */
}

struct operation *run_enter(struct x86 *cpu, struct operation *op)
{
	unsigned size = op->width, level = op->third % 32;
	uint64_t saved = stack_pointer(cpu), bp = cpu->registers.general[X86_BP];
	uint64_t frame = (saved - size) & cpu->linear_mask, value;
	unsigned bytes = size * (level + 1);

	/* everything that can fault, in the order of the instruction, before the first change */
	if (!memory_probe(cpu, stack_linear(cpu, frame), size))
		return memory_fault(cpu, op);
	for (unsigned i = 1; i <= level; i++)
		if ((i < level &&
		     !memory_read(cpu, stack_linear(cpu, bp - size * i), size, &value)) ||
		    !memory_probe(cpu, stack_linear(cpu, frame - size * i), size))
			return memory_fault(cpu, op);
	if (!memory_probe(cpu, stack_linear(cpu, saved - bytes - (op->immediate & 0xffff)), size))
		return memory_fault(cpu, op);
	if (!push(cpu, size, bp))
		return push_fault(cpu, op);
	for (unsigned i = 1; i < level; i++) {
		if (!memory_read(cpu, stack_linear(cpu, bp - size * i), size, &value) ||
		    !push(cpu, size, value))
			return memory_fault(cpu, op);
	}
	if (level > 0 && !push(cpu, size, frame))
		return memory_fault(cpu, op);
	drop(cpu, 0 - (op->immediate & 0xffff));
	put(cpu, X86_BP, size, frame);
	return done_writing(cpu, op);
}

struct operation *run_leave(struct x86 *cpu, struct operation *op)
{
	uint64_t bp = cpu->registers.general[X86_BP], value;

	if (!memory_read(cpu, stack_linear(cpu, bp), op->width, &value))
		return memory_fault(cpu, op);
	cpu->registers.general[X86_SP] = (bp + op->width) & cpu->linear_mask;
	put(cpu, X86_BP, op->width, value);
	return done(op);
}
