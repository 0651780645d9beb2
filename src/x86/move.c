/* Moves, exchanges and address computation. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"
#include "x86/segment.h"
#include "x86/shapes.h"

struct operation *run_mov(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (op->target_kind == OPERAND_OTHER || op->source_kind == OPERAND_OTHER)
		return raise_fault(cpu, op, X86_VECTOR_GP, 0); /* control and debug registers */
	if (op->source_kind == OPERAND_SEGMENT)
		value = cpu->registers.selector[op->source];
	else if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	if (op->target_kind == OPERAND_SEGMENT) {
		if (op->target == X86_CS)
			return raise_fault(cpu, op, X86_VECTOR_UD, 0);
		if (!segment_load(cpu, op->target, (uint16_t)value))
			return segment_fault(cpu, op, value);
		if (op->target != X86_SS)
			return cpu->segments_changed ? leave(cpu, op) : done(op);
		cpu->trap_delayed = true;
		return leave(cpu, op);
	}
	if (op->source_kind == OPERAND_IMMEDIATE)
		value = op->immediate;
	if (!write_target(cpu, op, value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

/* Between general registers, memory and immediates. */
INLINE struct operation *move(struct x86 *cpu, struct operation *op, unsigned size, unsigned target,
			      unsigned source)
{
	uint64_t value = op->immediate;

	if (source != OPERAND_IMMEDIATE && !operand_read(cpu, op, source, op->source, size, &value))
		return memory_fault(cpu, op);
	if (target == OPERAND_REGISTER) {
		register_write(cpu, op->target, size, value);
		return done(op);
	}
	if (!memory_write(cpu, linear_address(cpu, op), size, value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

SHAPES_TWO(mov, move)

struct operation *run_movzx(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	register_write(cpu, op->target, op->size, value);
	return done(op);
}

struct operation *run_movsx(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	register_write(cpu, op->target, op->size, sign_extend(value, op->source_size));
	return done(op);
}

/* movzx and movsx of a byte or two into a larger register. */
INLINE struct operation *extend(struct x86 *cpu, struct operation *op, unsigned size,
				unsigned target, unsigned source, bool with_sign)
{
	bool byte = op->source_size == 1;
	uint64_t value;

	(void)target;
	if (!(byte ? operand_read(cpu, op, source, op->source, 1, &value)
		   : operand_read(cpu, op, source, op->source, 2, &value)))
		return memory_fault(cpu, op);
	if (with_sign)
		value = byte ? sign_extend(value, 1) : sign_extend(value, 2);
	register_write(cpu, op->target, size, value);
	return done(op);
}

/* clang-format off */
#define EXTENSIONS(name, with_sign) \
	SHAPE_FUNCTION(name, extend, rr, 4, REGISTER, REGISTER, with_sign) \
	SHAPE_FUNCTION(name, extend, rm, 4, REGISTER, MEMORY, with_sign) \
	SHAPE_FUNCTION(name, extend, rr, 8, REGISTER, REGISTER, with_sign) \
	SHAPE_FUNCTION(name, extend, rm, 8, REGISTER, MEMORY, with_sign) \
	shape_table shapes_##name = { [2] = { [SHAPE_RR] = name##_rr4, [SHAPE_RM] = name##_rm4 }, \
				      [3] = { [SHAPE_RR] = name##_rr8, [SHAPE_RM] = name##_rm8 } };
/* clang-format on */
EXTENSIONS(movzx, false)
EXTENSIONS(movsx, true)

INLINE struct operation *load_address(struct x86 *cpu, struct operation *op, unsigned size,
				      unsigned target, unsigned source)
{
	(void)target;
	(void)source;
	register_write(cpu, op->target, size, effective_address(cpu, op));
	return done(op);
}

SHAPE_FUNCTION(lea, load_address, rm, 4, REGISTER, MEMORY)
SHAPE_FUNCTION(lea, load_address, rm, 8, REGISTER, MEMORY)

shape_table shapes_lea = { [2] = { [SHAPE_RM] = lea_rm4 }, [3] = { [SHAPE_RM] = lea_rm8 } };

struct operation *run_lea(struct x86 *cpu, struct operation *op)
{
	return load_address(cpu, op, op->size, OPERAND_REGISTER, OPERAND_MEMORY);
}

/* Memory may be either operand; registers are written last. */
INLINE struct operation *exchange(struct x86 *cpu, struct operation *op, unsigned size,
				  unsigned target, unsigned source)
{
	unsigned reg = target == OPERAND_MEMORY ? op->source : op->target;
	uint64_t mine = register_read(cpu, reg, size), theirs, address;

	if (target == OPERAND_REGISTER && source == OPERAND_REGISTER) {
		theirs = register_read(cpu, op->source, size);
		register_write(cpu, op->source, size, mine);
		register_write(cpu, op->target, size, theirs);
		return done(op);
	}
	address = linear_address(cpu, op);
	if (!memory_probe(cpu, address, size) || !memory_read(cpu, address, size, &theirs) ||
	    !memory_write(cpu, address, size, mine))
		return memory_fault(cpu, op);
	register_write(cpu, reg, size, theirs);
	return done_writing(cpu, op);
}

SHAPES_TWO(xchg, exchange)

struct operation *run_xchg(struct x86 *cpu, struct operation *op)
{
	return exchange(cpu, op, op->size, op->target_kind, op->source_kind);
}

struct operation *run_cmov(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	if (!condition(cpu, op->third))
		value = register_read(cpu, op->target, op->size);
	register_write(cpu, op->target, op->size, value);
	return done(op);
}

struct operation *run_movbe(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	value = __builtin_bswap64(value) >> (64 - 8 * op->size);
	if (!write_target(cpu, op, value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_xlat(struct x86 *cpu, struct operation *op)
{
	uint64_t offset = cpu->registers.general[X86_BX] + get(cpu, X86_AX, 1);
	uint64_t value;

	offset = offset << op->address_unused >> op->address_unused;
	if (!memory_read(cpu,
			 (offset + cpu->registers.segment_base[op->segment]) & cpu->linear_mask, 1,
			 &value))
		return memory_fault(cpu, op);
	put(cpu, X86_AX, 1, value);
	return done(op);
}

/* lds and its like: an offset, and a selector behind it. */
INLINE struct operation *load_far(struct x86 *cpu, struct operation *op, enum x86_segment segment)
{
	uint64_t address = linear_address(cpu, op);
	uint64_t offset, selector;

	if (!memory_read(cpu, address, op->size, &offset) ||
	    !memory_read(cpu, (address + op->size) & cpu->linear_mask, 2, &selector))
		return memory_fault(cpu, op);
	if (!segment_load(cpu, segment, (uint16_t)selector))
		return segment_fault(cpu, op, selector);
	register_write(cpu, op->target, op->size, offset);
	return cpu->segments_changed ? leave(cpu, op) : done(op);
}

#define LOAD_FAR(name, SEGMENT)                                             \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return load_far(cpu, op, SEGMENT);                          \
	}

LOAD_FAR(lds, X86_DS)
LOAD_FAR(les, X86_ES)
LOAD_FAR(lfs, X86_FS)
LOAD_FAR(lgs, X86_GS)
LOAD_FAR(lss, X86_SS)
