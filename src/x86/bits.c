/* Bit tests, scans and counts, byte swaps, set on condition. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"

enum bit_change { BIT_KEEP, BIT_SET, BIT_RESET, BIT_COMPLEMENT };

/* Where a bit lies: with a register index, memory is a bit string that reaches in both directions.
 */
static uint64_t bit_string_address(const struct x86 *cpu, const struct operation *op,
				   uint64_t index)
{
	unsigned bits = 8u * op->size;
	int64_t element = (int64_t)sign_extend(index, op->size) >> __builtin_ctz(bits);
	uint64_t offset = effective_address(cpu, op) + (uint64_t)(element * op->size);

	offset = offset << op->address_unused >> op->address_unused;
	return (offset + cpu->registers.segment_base[op->segment]) & cpu->linear_mask;
}

INLINE struct operation *run_bit(struct x86 *cpu, struct operation *op, enum bit_change change)
{
	uint64_t index, value, mask, address = 0;
	bool memory = op->target_kind == OPERAND_MEMORY;

	if (!read_source(cpu, op, &index))
		return memory_fault(cpu, op);
	if (memory) {
		address = op->source_kind == OPERAND_REGISTER ? bit_string_address(cpu, op, index)
							      : linear_address(cpu, op);
		if ((change != BIT_KEEP && !memory_probe(cpu, address, op->size)) ||
		    !memory_read(cpu, address, op->size, &value))
			return memory_fault(cpu, op);
	} else {
		value = register_read(cpu, op->target, op->size);
	}
	mask = UINT64_C(1) << (index & (8u * op->size - 1));
	flag_set_cf(cpu, value & mask);
	if (change == BIT_KEEP)
		return done(op);
	value = change == BIT_SET     ? value | mask
		: change == BIT_RESET ? value & ~mask
				      : value ^ mask;
	if (!memory)
		register_write(cpu, op->target, op->size, value);
	else if (!memory_write(cpu, address, op->size, value))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_bt(struct x86 *cpu, struct operation *op)
{
	return run_bit(cpu, op, BIT_KEEP);
}

struct operation *run_bts(struct x86 *cpu, struct operation *op)
{
	return run_bit(cpu, op, BIT_SET);
}

struct operation *run_btr(struct x86 *cpu, struct operation *op)
{
	return run_bit(cpu, op, BIT_RESET);
}

struct operation *run_btc(struct x86 *cpu, struct operation *op)
{
	return run_bit(cpu, op, BIT_COMPLEMENT);
}

/* A zero source leaves the target as it is (AMD defines it, Intel does it). */
static struct operation *bit_scan(struct x86 *cpu, struct operation *op, bool reverse)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	flags_change(cpu, X86_FLAG_ZF, value ? 0 : X86_FLAG_ZF);
	if (value)
		register_write(
			cpu, op->target, op->size,
			(uint64_t)(reverse ? 63 - __builtin_clzll(value) : __builtin_ctzll(value)));
	return done(op);
}

struct operation *run_bsf(struct x86 *cpu, struct operation *op)
{
	return bit_scan(cpu, op, false);
}

struct operation *run_bsr(struct x86 *cpu, struct operation *op)
{
	return bit_scan(cpu, op, true);
}

/* Zeros from one end: unlike a scan they count a zero source too, which is all of it. The other
 * flags are undefined: clear. */
static struct operation *count_zeros(struct x86 *cpu, struct operation *op, bool leading)
{
	unsigned bits = 8u * op->size, count = bits;
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	if (value)
		count = (unsigned)(leading ? __builtin_clzll(value << (64 - bits))
					   : __builtin_ctzll(value));
	register_write(cpu, op->target, op->size, count);
	flags_set_arithmetic(cpu, (value ? 0 : X86_FLAG_CF) | (count ? 0 : X86_FLAG_ZF));
	return done(op);
}

struct operation *run_lzcnt(struct x86 *cpu, struct operation *op)
{
	return count_zeros(cpu, op, true);
}

struct operation *run_tzcnt(struct x86 *cpu, struct operation *op)
{
	return count_zeros(cpu, op, false);
}

struct operation *run_popcnt(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_source(cpu, op, &value))
		return memory_fault(cpu, op);
	register_write(cpu, op->target, op->size, (uint64_t)__builtin_popcountll(value));
	flags_set_arithmetic(cpu, value ? 0 : X86_FLAG_ZF);
	return done(op);
}

/* On a 16-bit register the result is undefined: the processors of today give zero. */
struct operation *run_bswap(struct x86 *cpu, struct operation *op)
{
	uint64_t value = register_read(cpu, op->target, op->size);

	value = op->size == 2 ? 0 : __builtin_bswap64(value) >> (64 - 8 * op->size);
	register_write(cpu, op->target, op->size, value);
	return done(op);
}

struct operation *run_setcc(struct x86 *cpu, struct operation *op)
{
	if (!operand_write(cpu, op, op->target_kind, op->target, 1, condition(cpu, op->third)))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

/* Undocumented: al = CF ? 0xff : 0. */
struct operation *run_salc(struct x86 *cpu, struct operation *op)
{
	put(cpu, X86_AX, 1, flag_cf(cpu) ? 0xff : 0);
	return done(op);
}
