/* Bit manipulation of later processors: BMI1 and BMI2, whose operands are VEX encoded, and the
 * additions with a choice of carry (ADX). lzcnt and tzcnt are in bits.c.
 *
 * What the decoder gives: the first operand is `target`, the second `source`, the third `third` or
 * the immediate; any of the last two may be the memory operand. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"

/* The second and third operand; false after a memory fault. */
static bool bmi_read(struct x86 *cpu, const struct operation *op, uint64_t *second, uint64_t *third)
{
	if (operand_read(cpu, op, op->source_kind, op->source, op->size, second) &&
	    operand_read(cpu, op, op->third_kind, op->third, op->size, third))
		return true;
	memory_fault(cpu, op);
	return false;
}

/* SF and ZF from the result, CF as given, OF clear. AF and PF are undefined: as after logic. */
static struct operation *bmi_done(struct x86 *cpu, struct operation *op, uint64_t result, bool cf)
{
	flags_logic(cpu, result, op->size);
	flag_set_cf_of(cpu, cf, false);
	register_write(cpu, op->target, op->size, result);
	return done(op);
}

static struct operation *bmi_done_without_flags(struct x86 *cpu, struct operation *op,
						uint64_t result)
{
	register_write(cpu, op->target, op->size, result);
	return done(op);
}

/* --- flags from the result --- */

struct operation *run_andn(struct x86 *cpu, struct operation *op)
{
	uint64_t a, b;

	if (!bmi_read(cpu, op, &a, &b))
		return NULL;
	return bmi_done(cpu, op, ~a & b, false);
}

/* The third operand names the field: bits 0-7 where it starts, 8-15 how long it is. */
struct operation *run_bextr(struct x86 *cpu, struct operation *op)
{
	uint64_t value, field;
	unsigned start, length;

	if (!bmi_read(cpu, op, &value, &field))
		return NULL;
	start = field & 0xff;
	length = field >> 8 & 0xff;
	value = start < 64 ? value >> start : 0;
	if (length < 64)
		value &= (UINT64_C(1) << length) - 1;
	flags_set_arithmetic(cpu, zero_extend(value, op->size) ? 0 : X86_FLAG_ZF);
	return bmi_done_without_flags(cpu, op, value);
}

/* Zeroes the bits from the index on; CF: there are none at it. */
struct operation *run_bzhi(struct x86 *cpu, struct operation *op)
{
	unsigned bits = 8u * op->size;
	uint64_t value, index;

	if (!bmi_read(cpu, op, &value, &index))
		return NULL;
	index &= 0xff;
	if (index < bits)
		value &= (UINT64_C(1) << index) - 1;
	return bmi_done(cpu, op, value, index >= bits);
}

struct operation *run_blsi(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	return bmi_done(cpu, op, value & -value, value != 0);
}

struct operation *run_blsmsk(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	return bmi_done(cpu, op, value ^ (value - 1), value == 0);
}

struct operation *run_blsr(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	return bmi_done(cpu, op, value & (value - 1), value == 0);
}

/* --- no flags --- */

/* Low bits of the second operand to the places that the mask names. */
struct operation *run_pdep(struct x86 *cpu, struct operation *op)
{
	uint64_t value, mask, result = 0;

	if (!bmi_read(cpu, op, &value, &mask))
		return NULL;
	for (; mask; mask &= mask - 1, value >>= 1)
		if (value & 1)
			result |= mask & -mask;
	return bmi_done_without_flags(cpu, op, result);
}

/* And back. */
struct operation *run_pext(struct x86 *cpu, struct operation *op)
{
	uint64_t value, mask, result = 0;

	if (!bmi_read(cpu, op, &value, &mask))
		return NULL;
	for (unsigned at = 0; mask; mask &= mask - 1, at++)
		if (value & mask & -mask)
			result |= UINT64_C(1) << at;
	return bmi_done_without_flags(cpu, op, result);
}

/* dx or rdx times the third operand: the low half to the second operand, the high half to the
 * first, which wins when both are one register. */
struct operation *run_mulx(struct x86 *cpu, struct operation *op)
{
	unsigned bits = 8u * op->size;
	unsigned __int128 product;
	uint64_t value;

	if (!operand_read(cpu, op, op->third_kind, op->third, op->size, &value))
		return memory_fault(cpu, op);
	product = (unsigned __int128)get(cpu, X86_DX, op->size) * value;
	register_write(cpu, op->source, op->size, (uint64_t)product);
	return bmi_done_without_flags(cpu, op, (uint64_t)(product >> bits));
}

struct operation *run_rorx(struct x86 *cpu, struct operation *op)
{
	unsigned bits = 8u * op->size;
	uint64_t value, count;

	if (!bmi_read(cpu, op, &value, &count))
		return NULL;
	count &= bits - 1;
	return bmi_done_without_flags(cpu, op,
				      value >> count | value << ((bits - count) & (bits - 1)));
}

struct operation *run_sarx(struct x86 *cpu, struct operation *op)
{
	uint64_t value, count;

	if (!bmi_read(cpu, op, &value, &count))
		return NULL;
	value = (uint64_t)((int64_t)sign_extend(value, op->size) >> (count & (8u * op->size - 1)));
	return bmi_done_without_flags(cpu, op, value);
}

struct operation *run_shlx(struct x86 *cpu, struct operation *op)
{
	uint64_t value, count;

	if (!bmi_read(cpu, op, &value, &count))
		return NULL;
	return bmi_done_without_flags(cpu, op, value << (count & (8u * op->size - 1)));
}

struct operation *run_shrx(struct x86 *cpu, struct operation *op)
{
	uint64_t value, count;

	if (!bmi_read(cpu, op, &value, &count))
		return NULL;
	return bmi_done_without_flags(cpu, op, value >> (count & (8u * op->size - 1)));
}

/* --- additions that carry in one flag only --- */

static struct operation *add_with(struct x86 *cpu, struct operation *op, enum x86_flag flag)
{
	unsigned __int128 sum;
	uint64_t target, source;

	if (!read_source(cpu, op, &source) || !read_target(cpu, op, &target))
		return memory_fault(cpu, op);
	sum = (unsigned __int128)target + source + (flags_arithmetic(cpu) & flag ? 1 : 0);
	flags_change(cpu, flag, sum >> 8 * op->size ? flag : 0u);
	register_write(cpu, op->target, op->size, (uint64_t)sum);
	return done(op);
}

struct operation *run_adcx(struct x86 *cpu, struct operation *op)
{
	return add_with(cpu, op, X86_FLAG_CF);
}

struct operation *run_adox(struct x86 *cpu, struct operation *op)
{
	return add_with(cpu, op, X86_FLAG_OF);
}
