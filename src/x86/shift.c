/* Shifts, rotates and double shifts. Counts are masked to 5 bits, 6 for 64-bit operands; a count of
 * zero changes no flag. OF for counts above one is undefined: it is computed as for the last single
 * step. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"
#include "x86/shapes.h"

enum shift { SHL, SHR, SAR, ROL, ROR, RCL, RCR };

INLINE bool top_bit(uint64_t value, unsigned size)
{
	return value >> (8 * size - 1) & 1;
}

INLINE void flags_shift(struct x86 *cpu, uint64_t result, unsigned size, bool cf, bool of)
{
	flags_logic(cpu, result, size);
	flag_set_cf_of(cpu, cf, of);
}

INLINE uint64_t shift_left(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	unsigned bits = 8 * size;
	bool cf = count <= bits && value >> (bits - count) & 1;
	uint64_t result = count < 64 ? zero_extend(value << count, size) : 0;

	flags_shift(cpu, result, size, cf, cf != top_bit(result, size));
	return result;
}

INLINE uint64_t shift_right(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	bool cf = value >> (count - 1) & 1;
	uint64_t result = value >> count;

	flags_shift(cpu, result, size, cf, top_bit(result, size) != top_bit(result << 1, size));
	return result;
}

INLINE uint64_t shift_arithmetic(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	int64_t number = (int64_t)sign_extend(value, size);
	bool cf = number >> (count - 1) & 1;
	uint64_t result = zero_extend((uint64_t)(number >> count), size);

	flags_shift(cpu, result, size, cf, false);
	return result;
}

INLINE uint64_t rotate_left(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	unsigned bits = 8 * size;

	count %= bits;
	if (count)
		value = zero_extend(value << count | value >> (bits - count), size);
	flag_set_cf_of(cpu, value & 1, (value & 1) != top_bit(value, size));
	return value;
}

INLINE uint64_t rotate_right(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	unsigned bits = 8 * size;

	count %= bits;
	if (count)
		value = zero_extend(value >> count | value << (bits - count), size);
	flag_set_cf_of(cpu, top_bit(value, size),
		       top_bit(value, size) != top_bit(value << 1, size));
	return value;
}

static uint64_t rotate_carry_left(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	bool carry = flag_cf(cpu);

	for (count %= 8 * size + 1; count > 0; count--) {
		bool out = top_bit(value, size);
		value = zero_extend(value << 1 | carry, size);
		carry = out;
	}
	flag_set_cf_of(cpu, carry, carry != top_bit(value, size));
	return value;
}

static uint64_t rotate_carry_right(struct x86 *cpu, uint64_t value, unsigned count, unsigned size)
{
	bool carry = flag_cf(cpu);

	for (count %= 8 * size + 1; count > 0; count--) {
		bool out = value & 1;
		value = value >> 1 | (uint64_t)carry << (8 * size - 1);
		carry = out;
	}
	flag_set_cf_of(cpu, carry, top_bit(value, size) != top_bit(value << 1, size));
	return value;
}

/* A count that is not zero after masking. */
INLINE uint64_t shifted(struct x86 *cpu, enum shift kind, uint64_t value, unsigned count,
			unsigned size)
{
	switch (kind) {
	case SHL: return shift_left(cpu, value, count, size);
	case SHR: return shift_right(cpu, value, count, size);
	case SAR: return shift_arithmetic(cpu, value, count, size);
	case ROL: return rotate_left(cpu, value, count, size);
	case ROR: return rotate_right(cpu, value, count, size);
	case RCL: return rotate_carry_left(cpu, value, count, size);
	default: return rotate_carry_right(cpu, value, count, size);
	}
}

INLINE struct operation *run_shift(struct x86 *cpu, struct operation *op, enum shift kind)
{
	uint64_t value, count;

	if (!read_source(cpu, op, &count) || !read_for_update(cpu, op, &value))
		return memory_fault(cpu, op);
	count &= op->size == 8 ? 63 : 31;
	if (count == 0) {
		/* a 32-bit register is still written: its upper half is cleared */
		if (op->target_kind == OPERAND_REGISTER)
			register_write(cpu, op->target, op->size, value);
		return done_writing(cpu, op);
	}
	if (!write_target(cpu, op, shifted(cpu, kind, value, (unsigned)count, op->size)))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

/* Registers by a constant. */
INLINE struct operation *shift_register(struct x86 *cpu, struct operation *op, unsigned size,
					unsigned target, unsigned source, enum shift kind)
{
	uint64_t value = register_read(cpu, op->target, size);
	unsigned count = (unsigned)op->immediate & (size == 8 ? 63 : 31);

	(void)target;
	(void)source;
	if (LIKELY(count != 0))
		value = shifted(cpu, kind, value, count, size);
	register_write(cpu, op->target, size, value);
	return done(op);
}

#define SHIFT_SHAPES(name, KIND)                                             \
	SHAPE_EACH_SIZE(name, shift_register, ri, REGISTER, IMMEDIATE, KIND) \
	shape_table shapes_##name = { { [SHAPE_RI] = name##_ri1 },           \
				      { [SHAPE_RI] = name##_ri2 },           \
				      { [SHAPE_RI] = name##_ri4 },           \
				      { [SHAPE_RI] = name##_ri8 } };

SHIFT_SHAPES(shl, SHL)
SHIFT_SHAPES(shr, SHR)
SHIFT_SHAPES(sar, SAR)
SHIFT_SHAPES(rol, ROL)
SHIFT_SHAPES(ror, ROR)

#define SHIFT(name, KIND)                                                   \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return run_shift(cpu, op, KIND);                            \
	}

SHIFT(shl, SHL)
SHIFT(shr, SHR)
SHIFT(sar, SAR)
SHIFT(rol, ROL)
SHIFT(ror, ROR)
SHIFT(rcl, RCL)
SHIFT(rcr, RCR)

/* The count of a double shift: an immediate, or cl. */
static unsigned double_count(const struct x86 *cpu, const struct operation *op)
{
	uint64_t count = op->third_kind == OPERAND_IMMEDIATE ? op->immediate : get(cpu, X86_CX, 1);

	return (unsigned)(count & (op->size == 8 ? 63 : 31));
}

/* One bit at a time: 16-bit operands with counts above 16 (undefined) shift the pair around, as the
 * AMD and Intel processors of today do. */
static uint64_t double_step(uint64_t *value, uint64_t *filler, unsigned size, bool left)
{
	unsigned top = 8 * size - 1;
	uint64_t out;

	if (left) {
		uint64_t in = *filler >> top & 1;
		out = *value >> top & 1;
		*value = zero_extend(*value << 1 | in, size);
		*filler = zero_extend(*filler << 1 | out, size);
	} else {
		uint64_t in = *filler & 1;
		out = *value & 1;
		*value = *value >> 1 | in << top;
		*filler = *filler >> 1 | out << top;
	}
	return out;
}

INLINE struct operation *run_double(struct x86 *cpu, struct operation *op, bool left)
{
	unsigned count = double_count(cpu, op);
	uint64_t value, filler, before, out = 0;

	if (!read_source(cpu, op, &filler) || !read_for_update(cpu, op, &value))
		return memory_fault(cpu, op);
	if (count == 0) {
		if (op->target_kind == OPERAND_REGISTER)
			register_write(cpu, op->target, op->size, value);
		return done_writing(cpu, op);
	}
	before = value;
	while (count-- > 0) {
		before = value;
		out = double_step(&value, &filler, op->size, left);
	}
	flags_shift(cpu, value, op->size, out, top_bit(before ^ value, op->size));
	if (!write_target(cpu, op, value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_shld(struct x86 *cpu, struct operation *op)
{
	return run_double(cpu, op, true);
}

struct operation *run_shrd(struct x86 *cpu, struct operation *op)
{
	return run_double(cpu, op, false);
}
