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
