/* Packed integers and bitwise logic. The host has every one of these instructions (SSE2 is part of
 * x86-64), so each is executed by itself on the guest's operands. */
#include "x86/handlers.h"
#include "x86/simd.h"

/* Both register files, from the same row. */
#define PACKED(name)                                                                             \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                      \
	{                                                                                        \
		union xmm *target = &cpu->registers.xmm[op->target & 15], source;                \
		if (!simd_source(cpu, op, &source))                                              \
			return NULL;                                                             \
		if (op->target_kind == OPERAND_MMX) {                                            \
			uint64_t value = mmx_read(cpu, op->target);                              \
			__asm__("movq %0, %%mm0\n\tmovq %1, %%mm1\n\t" #name " %%mm1, %%mm0\n\t" \
				"movq %%mm0, %0\n\temms"                                         \
				: "+m"(value)                                                    \
				: "m"(source.u64[0])                                             \
				: "mm0", "mm1", X87_STACK);                                      \
			mmx_write(cpu, op->target, value);                                       \
		} else {                                                                         \
			__asm__("movdqu %0, %%xmm0\n\tmovdqu %1, %%xmm1\n\t" #name               \
				" %%xmm1, %%xmm0\n\tmovdqu %%xmm0, %0"                           \
				: "+m"(*target)                                                  \
				: "m"(source)                                                    \
				: "xmm0", "xmm1");                                               \
		}                                                                                \
		return done(op);                                                                 \
	}

/* SSE only. */
#define VECTOR(name)                                                              \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)       \
	{                                                                         \
		union xmm *target = &cpu->registers.xmm[op->target & 15], source; \
		if (!simd_source(cpu, op, &source))                               \
			return NULL;                                              \
		__asm__("movdqu %0, %%xmm0\n\tmovdqu %1, %%xmm1\n\t" #name        \
			" %%xmm1, %%xmm0\n\tmovdqu %%xmm0, %0"                    \
			: "+m"(*target)                                           \
			: "m"(source)                                             \
			: "xmm0", "xmm1");                                        \
		return done(op);                                                  \
	}

PACKED(paddb)
PACKED(paddw)
PACKED(paddd)
PACKED(paddq)
PACKED(paddsb)
PACKED(paddsw)
PACKED(paddusb)
PACKED(paddusw)
PACKED(psubb)
PACKED(psubw)
PACKED(psubd)
PACKED(psubq)
PACKED(psubsb)
PACKED(psubsw)
PACKED(psubusb)
PACKED(psubusw)
PACKED(pmullw)
PACKED(pmulhw)
PACKED(pmulhuw)
PACKED(pmuludq)
PACKED(pmaddwd)
PACKED(pavgb)
PACKED(pavgw)
PACKED(pmaxub)
PACKED(pmaxsw)
PACKED(pminub)
PACKED(pminsw)
PACKED(psadbw)
PACKED(pcmpeqb)
PACKED(pcmpeqw)
PACKED(pcmpeqd)
PACKED(pcmpgtb)
PACKED(pcmpgtw)
PACKED(pcmpgtd)
PACKED(pand)
PACKED(pandn)
PACKED(por)
PACKED(pxor)
PACKED(packsswb)
PACKED(packssdw)
PACKED(packuswb)
PACKED(punpcklbw)
PACKED(punpcklwd)
PACKED(punpckldq)
PACKED(punpckhbw)
PACKED(punpckhwd)
PACKED(punpckhdq)
PACKED(psllw)
PACKED(pslld)
PACKED(psllq)
PACKED(psrlw)
PACKED(psrld)
PACKED(psrlq)
PACKED(psraw)
PACKED(psrad)

VECTOR(punpcklqdq)
VECTOR(punpckhqdq)
VECTOR(andps)
VECTOR(andpd)
VECTOR(andnps)
VECTOR(andnpd)
VECTOR(orps)
VECTOR(orpd)
VECTOR(xorps)
VECTOR(xorpd)
VECTOR(unpcklps)
VECTOR(unpcklpd)
VECTOR(unpckhps)
VECTOR(unpckhpd)
VECTOR(rcpps)
VECTOR(rcpss)
VECTOR(rsqrtps)
VECTOR(rsqrtss)

/* --- shuffles, insertions, extractions: an immediate chooses --- */

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

struct operation *run_pinsrw(struct x86 *cpu, struct operation *op)
{
	union xmm source;

	if (!simd_source(cpu, op, &source))
		return NULL;
	if (op->target_kind == OPERAND_MMX) {
		uint64_t value = mmx_read(cpu, op->target);
		unsigned shift = 16 * (op->immediate & 3);
		value &= ~(UINT64_C(0xffff) << shift);
		mmx_write(cpu, op->target, value | (uint64_t)source.u16[0] << shift);
	} else {
		cpu->registers.xmm[op->target & 15].u16[op->immediate & 7] = source.u16[0];
	}
	return done(op);
}

struct operation *run_pextrw(struct x86 *cpu, struct operation *op)
{
	union xmm source;
	unsigned lane = (unsigned)op->immediate & (op->source_kind == OPERAND_MMX ? 3 : 7);

	if (!simd_source(cpu, op, &source))
		return NULL;
	if (op->target_kind == OPERAND_MEMORY) { /* the encoding of SSE4.1 */
		if (!memory_write(cpu, linear_address(cpu, op), 2, source.u16[lane]))
			return memory_fault(cpu, op);
		return done_writing(cpu, op);
	}
	register_write(cpu, op->target, op->size, source.u16[lane]);
	return done(op);
}
