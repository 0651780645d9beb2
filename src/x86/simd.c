/* What MMX and SSE instructions share: their operands, the MMX state, and all moves. */
#include "x86/simd.h"

#include "x86/handlers.h"

bool simd_enter_mmx(struct x86 *cpu, const struct operation *op)
{
	if (x87_waits(cpu)) {
		raise_fault(cpu, op, X86_VECTOR_MF, 0);
		return false;
	}
	cpu->registers.x87.valid = 0xff;
	x87_set_top(cpu, 0);
	return true;
}

static bool read_memory(struct x86 *cpu, const struct operation *op, union xmm *value, bool aligned)
{
	uint64_t address = linear_address(cpu, op);

	if (aligned && op->source_size == 16 && address % 16 != 0) {
		raise_fault(cpu, op, X86_VECTOR_GP, 0);
		return false;
	}
	if (!load(cpu, address, value, op->source_size <= 16 ? op->source_size : 16)) {
		memory_fault(cpu, op);
		return false;
	}
	return true;
}

static bool read_operand(struct x86 *cpu, const struct operation *op, union xmm *value,
			 bool aligned)
{
	*value = (union xmm){ .u64 = { 0, 0 } };
	/* an x87 exception that waits comes before everything, a fault of the memory before the
	 * change to MMX state */
	if (touches_mmx(op) && x87_waits(cpu)) {
		raise_fault(cpu, op, X86_VECTOR_MF, 0);
		return false;
	}
	if (op->source_kind == OPERAND_MEMORY && !read_memory(cpu, op, value, aligned))
		return false;
	if (touches_mmx(op) && op->target_kind == OPERAND_MEMORY &&
	    !memory_probe(cpu, linear_address(cpu, op), op->size)) {
		memory_fault(cpu, op);
		return false;
	}
	if (touches_mmx(op) && !simd_enter_mmx(cpu, op))
		return false;
	switch (op->source_kind) {
	case OPERAND_XMM: *value = cpu->registers.xmm[op->source & 15]; break;
	case OPERAND_MMX: value->u64[0] = mmx_read(cpu, op->source); break;
	case OPERAND_REGISTER:
		value->u64[0] = register_read(cpu, op->source, op->source_size);
		break;
	case OPERAND_IMMEDIATE: value->u64[0] = op->immediate & 0xff; break;
	default: break;
	}
	return true;
}

bool simd_source(struct x86 *cpu, const struct operation *op, union xmm *value)
{
	return read_operand(cpu, op, value, true);
}

bool simd_source_unaligned(struct x86 *cpu, const struct operation *op, union xmm *value)
{
	return read_operand(cpu, op, value, false);
}

static struct operation *write_memory(struct x86 *cpu, struct operation *op, const union xmm *value,
				      bool aligned)
{
	uint64_t address = linear_address(cpu, op);

	if (aligned && op->size == 16 && address % 16 != 0)
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (!memory_store(cpu, address, value, op->size))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

/* Whole registers, aligned or not, in either direction. */
static struct operation *move_whole(struct x86 *cpu, struct operation *op, bool aligned)
{
	union xmm value;

	if (!read_operand(cpu, op, &value, aligned))
		return NULL;
	if (op->target_kind == OPERAND_MEMORY)
		return write_memory(cpu, op, &value, aligned);
	if (op->target_kind == OPERAND_MMX)
		mmx_write(cpu, op->target, value.u64[0]);
	else
		cpu->registers.xmm[op->target & 15] = value;
	return done(op);
}

struct operation *run_move_aligned(struct x86 *cpu, struct operation *op)
{
	return move_whole(cpu, op, true);
}

struct operation *run_move_unaligned(struct x86 *cpu, struct operation *op)
{
	return move_whole(cpu, op, false);
}

/* movd and movq: to a vector register with zeros above, or from one. */
struct operation *run_move_low(struct x86 *cpu, struct operation *op)
{
	union xmm value;

	if (!read_operand(cpu, op, &value, false))
		return NULL;
	switch (op->target_kind) {
	case OPERAND_MEMORY: return write_memory(cpu, op, &value, false);
	case OPERAND_REGISTER: register_write(cpu, op->target, op->size, value.u64[0]); break;
	case OPERAND_MMX: mmx_write(cpu, op->target, value.u64[0]); break;
	default:
		value.u64[1] = 0;
		cpu->registers.xmm[op->target & 15] = value;
		break;
	}
	return done(op);
}

/* movss and movsd: a load clears what is above, a register move keeps it. */
INLINE struct operation *move_scalar(struct x86 *cpu, struct operation *op, unsigned size)
{
	union xmm value;

	if (!read_operand(cpu, op, &value, false))
		return NULL;
	if (op->target_kind == OPERAND_MEMORY) {
		if (!memory_store(cpu, linear_address(cpu, op), &value, size))
			return memory_fault(cpu, op);
		return done_writing(cpu, op);
	}
	if (op->source_kind == OPERAND_MEMORY)
		cpu->registers.xmm[op->target & 15] = value;
	else
		memcpy(&cpu->registers.xmm[op->target & 15], &value, size);
	return done(op);
}

struct operation *run_movss(struct x86 *cpu, struct operation *op)
{
	return move_scalar(cpu, op, 4);
}

/* Two instructions bear the name: the string operation has no vector register. */
struct operation *run_movsd(struct x86 *cpu, struct operation *op)
{
	if (op->target_kind != OPERAND_XMM && op->source_kind != OPERAND_XMM)
		return run_movs(cpu, op);
	return move_scalar(cpu, op, 8);
}

/* Halves: movlps, movhps and their like. */
INLINE struct operation *move_half(struct x86 *cpu, struct operation *op, unsigned to,
				   unsigned from)
{
	union xmm value;

	if (!read_operand(cpu, op, &value, false))
		return NULL;
	if (op->target_kind == OPERAND_MEMORY) {
		if (!memory_store(cpu, linear_address(cpu, op), &value.u64[from], 8))
			return memory_fault(cpu, op);
		return done_writing(cpu, op);
	}
	cpu->registers.xmm[op->target & 15].u64[to] =
		value.u64[op->source_kind == OPERAND_MEMORY ? 0 : from];
	return done(op);
}

struct operation *run_move_low_half(struct x86 *cpu, struct operation *op)
{
	return move_half(cpu, op, 0, 0);
}

/* A store takes the high half, a load fills it. */
struct operation *run_move_high_half(struct x86 *cpu, struct operation *op)
{
	return move_half(cpu, op, 1, 1);
}

struct operation *run_movhlps(struct x86 *cpu, struct operation *op)
{
	return move_half(cpu, op, 0, 1);
}

struct operation *run_movlhps(struct x86 *cpu, struct operation *op)
{
	return move_half(cpu, op, 1, 0);
}

/* movq2dq and movdq2q are plain moves of the low half between the two files. */

/* --- masks --- */

INLINE struct operation *move_mask(struct x86 *cpu, struct operation *op, unsigned lane,
				   unsigned lanes)
{
	unsigned mask = 0;
	union xmm value;

	if (!read_operand(cpu, op, &value, false))
		return NULL;
	for (unsigned i = 0; i < lanes; i++)
		mask |= (unsigned)(value.u8[lane * (i + 1) - 1] >> 7) << i;
	register_write(cpu, op->target, op->size, mask);
	return done(op);
}

struct operation *run_movmskps(struct x86 *cpu, struct operation *op)
{
	return move_mask(cpu, op, 4, 4);
}

struct operation *run_movmskpd(struct x86 *cpu, struct operation *op)
{
	return move_mask(cpu, op, 8, 2);
}

struct operation *run_pmovmskb(struct x86 *cpu, struct operation *op)
{
	return move_mask(cpu, op, 1, op->source_kind == OPERAND_MMX ? 8 : 16);
}

/* maskmovq, maskmovdqu: the bytes of the first operand that the second selects, to ds:[di]. */
struct operation *run_masked_store(struct x86 *cpu, struct operation *op)
{
	bool mmx = op->source_kind == OPERAND_MMX;
	uint64_t address =
		cpu->registers.general[X86_DI] << op->address_unused >> op->address_unused;
	unsigned bytes = mmx ? 8 : 16;
	union xmm mask, value = { .u64 = { 0, 0 } };

	if (!read_operand(cpu, op, &mask, false))
		return NULL;
	if (mmx)
		value.u64[0] = mmx_read(cpu, op->target);
	else
		value = cpu->registers.xmm[op->target & 15];
	address = (address + cpu->registers.segment_base[op->segment]) & cpu->linear_mask;
	/* the whole operand must be writable, whatever is selected; eight bytes are its unit */
	if (!memory_probe(cpu, address, 8) || !memory_room(cpu, address, bytes))
		return memory_fault(cpu, op);
	for (unsigned i = 0; i < bytes; i++)
		if (mask.u8[i] >> 7 &&
		    !store(cpu, (address + i) & cpu->linear_mask, &value.u8[i], 1))
			return memory_fault(cpu, op);
	return done_writing(cpu, op);
}
