/* String instructions. A repeated one executes one iteration at a time and is its own next
 * operation, so that an iteration counts as an instruction, faults are exact, and a run can stop in
 * between. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"

INLINE uint64_t masked(const struct operation *op, uint64_t value)
{
	return value << op->address_unused >> op->address_unused;
}

INLINE uint64_t source_address(const struct x86 *cpu, const struct operation *op)
{
	return (masked(op, cpu->registers.general[X86_SI]) +
		cpu->registers.segment_base[op->segment]) &
	       cpu->linear_mask;
}

/* The destination is in ES whatever the prefixes say. */
INLINE uint64_t target_address(const struct x86 *cpu, const struct operation *op)
{
	return (masked(op, cpu->registers.general[X86_DI]) +
		(cpu->mode == X86_MODE_32 ? cpu->registers.segment_base[X86_ES] : 0)) &
	       cpu->linear_mask;
}

INLINE void advance(struct x86 *cpu, const struct operation *op, enum x86_register reg)
{
	uint64_t step = cpu->registers.flags & X86_FLAG_DF ? 0 - (uint64_t)op->size : op->size;

	put(cpu, reg, 8 - op->address_unused / 8u, cpu->registers.general[reg] + step);
}

/* Is there nothing to do at all? */
INLINE bool exhausted(const struct x86 *cpu, const struct operation *op)
{
	return op->prefixes & (PREFIX_REP | PREFIX_REPNE) &&
	       masked(op, cpu->registers.general[X86_CX]) == 0;
}

/* Behind an iteration; `more` is what the comparison says about going on. */
INLINE struct operation *iterated(struct x86 *cpu, struct operation *op, bool more)
{
	if (op->prefixes & (PREFIX_REP | PREFIX_REPNE)) {
		uint64_t count = masked(op, cpu->registers.general[X86_CX] - 1);
		put(cpu, X86_CX, 8 - op->address_unused / 8u, count);
		if (count != 0 && more) {
			if (LIKELY(!cpu->code_changed))
				return op;
			cpu->registers.ip = op->address;
			cpu->from = NULL;
			cpu->event = EVENT_NEXT;
			return NULL;
		}
	}
	return done_writing(cpu, op);
}

struct operation *run_movs(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (exhausted(cpu, op))
		return done(op);
	if (!memory_read(cpu, source_address(cpu, op), op->size, &value) ||
	    !memory_write(cpu, target_address(cpu, op), op->size, value))
		return memory_fault(cpu, op);
	advance(cpu, op, X86_SI);
	advance(cpu, op, X86_DI);
	return iterated(cpu, op, true);
}

struct operation *run_lods(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (exhausted(cpu, op))
		return done(op);
	if (!memory_read(cpu, source_address(cpu, op), op->size, &value))
		return memory_fault(cpu, op);
	put(cpu, X86_AX, op->size, value);
	advance(cpu, op, X86_SI);
	return iterated(cpu, op, true);
}

struct operation *run_stos(struct x86 *cpu, struct operation *op)
{
	if (exhausted(cpu, op))
		return done(op);
	if (!memory_write(cpu, target_address(cpu, op), op->size, get(cpu, X86_AX, op->size)))
		return memory_fault(cpu, op);
	advance(cpu, op, X86_DI);
	return iterated(cpu, op, true);
}

/* Repeated comparisons go on while ZF is what the prefix wants. */
static struct operation *compared(struct x86 *cpu, struct operation *op, uint64_t a, uint64_t b)
{
	flags_sub(cpu, a, b, a - b, op->size);
	return iterated(cpu, op, flag_zf(cpu) == !!(op->prefixes & PREFIX_REP));
}

struct operation *run_scas(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (exhausted(cpu, op))
		return done(op);
	if (!memory_read(cpu, target_address(cpu, op), op->size, &value))
		return memory_fault(cpu, op);
	advance(cpu, op, X86_DI);
	return compared(cpu, op, get(cpu, X86_AX, op->size), value);
}

struct operation *run_cmps(struct x86 *cpu, struct operation *op)
{
	uint64_t a, b;

	if (exhausted(cpu, op))
		return done(op);
	/* the order only shows when both fault */
	if (!memory_read(cpu, target_address(cpu, op), op->size, &b) ||
	    !memory_read(cpu, source_address(cpu, op), op->size, &a))
		return memory_fault(cpu, op);
	advance(cpu, op, X86_SI);
	advance(cpu, op, X86_DI);
	return compared(cpu, op, a, b);
}
