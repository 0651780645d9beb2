/* Shuffles, blends, insertions and extractions: a mask or an immediate chooses lanes of the
 * operands, nothing is computed. */
#include "x86/handlers.h"
#include "x86/simd.h"

static uint64_t shuffle_words(uint64_t from, unsigned order)
{
	uint64_t result = 0;

	for (unsigned i = 0; i < 4; i++)
		result |= (from >> 16 * (order >> 2 * i & 3) & 0xffff) << 16 * i;
	return result;
}

struct operation *run_pshufw(struct x86 *cpu, struct operation *op)
{
	union xmm source;

	if (!simd_source(cpu, op, &source))
		return NULL;
	mmx_write(cpu, op->target, shuffle_words(source.u64[0], (unsigned)op->immediate));
	return done(op);
}

struct operation *run_pshuflw(struct x86 *cpu, struct operation *op)
{
	union xmm source;

	if (!simd_source(cpu, op, &source))
		return NULL;
	source.u64[0] = shuffle_words(source.u64[0], (unsigned)op->immediate);
	cpu->registers.xmm[op->target & 15] = source;
	return done(op);
}

struct operation *run_pshufhw(struct x86 *cpu, struct operation *op)
{
	union xmm source;

	if (!simd_source(cpu, op, &source))
		return NULL;
	source.u64[1] = shuffle_words(source.u64[1], (unsigned)op->immediate);
	cpu->registers.xmm[op->target & 15] = source;
	return done(op);
}

struct operation *run_pshufd(struct x86 *cpu, struct operation *op)
{
	union xmm source, *target = &cpu->registers.xmm[op->target & 15];

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < 4; i++)
		target->u32[i] = source.u32[op->immediate >> 2 * i & 3];
	return done(op);
}

struct operation *run_shufps(struct x86 *cpu, struct operation *op)
{
	union xmm source, *target = &cpu->registers.xmm[op->target & 15], first = *target;

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < 4; i++)
		target->u32[i] = (i < 2 ? &first : &source)->u32[op->immediate >> 2 * i & 3];
	return done(op);
}

struct operation *run_shufpd(struct x86 *cpu, struct operation *op)
{
	union xmm source, *target = &cpu->registers.xmm[op->target & 15];

	if (!simd_source(cpu, op, &source))
		return NULL;
	target->u64[0] = target->u64[op->immediate & 1];
	target->u64[1] = source.u64[op->immediate >> 1 & 1];
	return done(op);
}

/* Shifts of the whole register by bytes. */
struct operation *run_pslldq(struct x86 *cpu, struct operation *op)
{
	union xmm *target = &cpu->registers.xmm[op->target & 15], from = *target;
	unsigned count = op->immediate & 0xff;

	for (unsigned i = 0; i < 16; i++)
		target->u8[i] = i >= count ? from.u8[i - count] : 0;
	return done(op);
}

struct operation *run_psrldq(struct x86 *cpu, struct operation *op)
{
	union xmm *target = &cpu->registers.xmm[op->target & 15], from = *target;
	unsigned count = op->immediate & 0xff;

	for (unsigned i = 0; i < 16; i++)
		target->u8[i] = i + count < 16 ? from.u8[i + count] : 0;
	return done(op);
}

/* Each byte of the mask chooses a byte of the first operand, or zero when its top bit is set. */
struct operation *run_pshufb(struct x86 *cpu, struct operation *op)
{
	const union xmm target = simd_target(cpu, op);
	const unsigned last = op->target_kind == OPERAND_MMX ? 7 : 15;
	union xmm mask, result;

	if (!simd_source(cpu, op, &mask))
		return NULL;
	for (unsigned i = 0; i < 16; i++)
		result.u8[i] = mask.u8[i] >> 7 ? 0 : target.u8[mask.u8[i] & last];
	return simd_done(cpu, op, &result);
}

/* The first operand above the second, shifted right by bytes. */
struct operation *run_palignr(struct x86 *cpu, struct operation *op)
{
	const union xmm target = simd_target(cpu, op);
	const unsigned size = op->target_kind == OPERAND_MMX ? 8 : 16;
	const unsigned count = op->immediate & 0xff;
	union xmm source, result = { .u64 = { 0, 0 } };

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < size; i++) {
		unsigned from = i + count;
		if (from < size)
			result.u8[i] = source.u8[from];
		else if (from < 2 * size)
			result.u8[i] = target.u8[from - size];
	}
	return simd_done(cpu, op, &result);
}

/* --- duplicating moves --- */

#define DUPLICATE(name, lane, from)                                         \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		union xmm source, result;                                   \
		if (!simd_source(cpu, op, &source))                         \
			return NULL;                                        \
		for (unsigned i = 0; i < 16 / sizeof result.lane[0]; i++)   \
			result.lane[i] = source.lane[from];                 \
		return simd_done(cpu, op, &result);                         \
	}

DUPLICATE(movddup, u64, 0)
DUPLICATE(movsldup, u32, i & 2)
DUPLICATE(movshdup, u32, (i & 2) + 1)

/* --- blends --- */

/* A lane comes from the second operand where `chosen` is true. */
#define BLEND(name, lane, chosen)                                           \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		union xmm source, result = simd_target(cpu, op);            \
		const union xmm *mask = &cpu->registers.xmm[0];             \
		(void)mask;                                                 \
		if (!simd_source(cpu, op, &source))                         \
			return NULL;                                        \
		for (unsigned i = 0; i < 16 / sizeof result.lane[0]; i++)   \
			if (chosen)                                         \
				result.lane[i] = source.lane[i];            \
		return simd_done(cpu, op, &result);                         \
	}

BLEND(blendps, u32, op->immediate >> i & 1)
BLEND(blendpd, u64, op->immediate >> i & 1)
BLEND(pblendw, u16, op->immediate >> i & 1)
BLEND(blendvps, s32, mask->s32[i] < 0)
BLEND(blendvpd, s64, mask->s64[i] < 0)
BLEND(pblendvb, s8, mask->s8[i] < 0)

/* --- insertions and extractions --- */

#define INSERT(name, lane)                                                           \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)          \
	{                                                                            \
		const unsigned lanes = (op->target_kind == OPERAND_MMX ? 8 : 16) /   \
				       (unsigned)sizeof((union xmm *)NULL)->lane[0]; \
		union xmm source, result;                                            \
		if (!simd_source(cpu, op, &source))                                  \
			return NULL;                                                 \
		result = simd_target(cpu, op);                                       \
		result.lane[op->immediate & (lanes - 1)] = source.lane[0];           \
		return simd_done(cpu, op, &result);                                  \
	}

INSERT(pinsrb, u8)
INSERT(pinsrw, u16)
INSERT(pinsrd, u32)
INSERT(pinsrq, u64)

/* To memory the lane alone, to a register with zeros above. */
#define EXTRACT(name, lane)                                                                    \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                    \
	{                                                                                      \
		const unsigned lanes = (op->source_kind == OPERAND_MMX ? 8 : 16) /             \
				       (unsigned)sizeof((union xmm *)NULL)->lane[0];           \
		union xmm source;                                                              \
		uint64_t value;                                                                \
		if (!simd_source(cpu, op, &source))                                            \
			return NULL;                                                           \
		value = source.lane[op->immediate & (lanes - 1)];                              \
		if (op->target_kind != OPERAND_MEMORY) {                                       \
			register_write(cpu, op->target, 8, value);                             \
			return done(op);                                                       \
		}                                                                              \
		if (!memory_write(cpu, linear_address(cpu, op), sizeof source.lane[0], value)) \
			return memory_fault(cpu, op);                                          \
		return done_writing(cpu, op);                                                  \
	}

EXTRACT(pextrb, u8)
EXTRACT(pextrw, u16)
EXTRACT(pextrd, u32)
EXTRACT(pextrq, u64)
EXTRACT(extractps, u32)

/* Bits 6 and 7 of the immediate choose the lane of a register source, 4 and 5 the target's, 0 to 3
 * the lanes to clear. */
struct operation *run_insertps(struct x86 *cpu, struct operation *op)
{
	union xmm source, result = simd_target(cpu, op);
	unsigned from = op->source_kind == OPERAND_MEMORY ? 0 : op->immediate >> 6 & 3;

	if (!simd_source(cpu, op, &source))
		return NULL;
	result.u32[op->immediate >> 4 & 3] = source.u32[from];
	for (unsigned i = 0; i < 4; i++)
		if (op->immediate >> i & 1)
			result.u32[i] = 0;
	return simd_done(cpu, op, &result);
}
