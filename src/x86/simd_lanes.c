/* Packed integers of SSSE3, SSE4.1 and SSE4.2, lane by lane in C: hosts need have no more than
 * SSE2.
 *
 * A lane is computed from the same lane of both operands, or from a pair of neighbours. Where the
 * first operand is an MMX register the upper half of the vectors is not used. */
#include "x86/handlers.h"
#include "x86/simd.h"

static unsigned vector_bytes(const struct operation *op)
{
	return op->target_kind == OPERAND_MMX ? 8 : 16;
}

/* --- one lane each --- */

/* `lane` of the result from `a`, the first operand, and `b`, the second. */
#define LANE_BY_LANE(name, lane, type, expression)                          \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		union xmm source, result;                                   \
		const union xmm target = simd_target(cpu, op);              \
		if (!simd_source(cpu, op, &source))                         \
			return NULL;                                        \
		for (unsigned i = 0; i < 16 / sizeof(type); i++) {          \
			const type a = target.lane[i], b = source.lane[i];  \
			(void)a;                                            \
			result.lane[i] = (type)(expression);                \
		}                                                           \
		return simd_done(cpu, op, &result);                         \
	}

#define LARGER(a, b)	     ((a) > (b) ? (a) : (b))
#define SMALLER(a, b)	     ((a) < (b) ? (a) : (b))
#define SIGNED_LIKE(a, sign) ((sign) < 0 ? 0u - (uint32_t)(a) : (sign) > 0 ? (uint32_t)(a) : 0u)

LANE_BY_LANE(pabsb, s8, int8_t, b < 0 ? -b : b)
LANE_BY_LANE(pabsw, s16, int16_t, b < 0 ? -b : b)
LANE_BY_LANE(pabsd, s32, int32_t, SIGNED_LIKE(b, b))
LANE_BY_LANE(psignb, s8, int8_t, SIGNED_LIKE(a, b))
LANE_BY_LANE(psignw, s16, int16_t, SIGNED_LIKE(a, b))
LANE_BY_LANE(psignd, s32, int32_t, SIGNED_LIKE(a, b))
LANE_BY_LANE(pmulhrsw, s16, int16_t, ((a * b >> 14) + 1) >> 1)
LANE_BY_LANE(pminsb, s8, int8_t, SMALLER(a, b))
LANE_BY_LANE(pmaxsb, s8, int8_t, LARGER(a, b))
LANE_BY_LANE(pminuw, u16, uint16_t, SMALLER(a, b))
LANE_BY_LANE(pmaxuw, u16, uint16_t, LARGER(a, b))
LANE_BY_LANE(pminsd, s32, int32_t, SMALLER(a, b))
LANE_BY_LANE(pmaxsd, s32, int32_t, LARGER(a, b))
LANE_BY_LANE(pminud, u32, uint32_t, SMALLER(a, b))
LANE_BY_LANE(pmaxud, u32, uint32_t, LARGER(a, b))
LANE_BY_LANE(pmulld, u32, uint32_t, a *b)
/* the even signed doublewords */
LANE_BY_LANE(pmuldq, s64, int64_t, (int64_t)(int32_t)a *(int32_t)b)
LANE_BY_LANE(pcmpeqq, s64, int64_t, a == b ? -1 : 0)
LANE_BY_LANE(pcmpgtq, s64, int64_t, a > b ? -1 : 0)

/* --- pairs of neighbours --- */

static int16_t saturated(int32_t value)
{
	return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

/* The pairs of the first operand give the lower half of the result, those of the second the upper.
 */
#define PAIR_BY_PAIR(name, lane, type, expression)                                         \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)                \
	{                                                                                  \
		const unsigned half = vector_bytes(op) / sizeof(type) / 2;                 \
		union xmm source, result = { .u64 = { 0, 0 } };                            \
		const union xmm target = simd_target(cpu, op);                             \
		if (!simd_source(cpu, op, &source))                                        \
			return NULL;                                                       \
		for (unsigned i = 0; i < 2 * half; i++) {                                  \
			const type *pair =                                                 \
				&(i < half ? &target : &source)->lane[2 * i % (2 * half)]; \
			const type a = pair[0], b = pair[1];                               \
			result.lane[i] = (type)(expression);                               \
		}                                                                          \
		return simd_done(cpu, op, &result);                                        \
	}

PAIR_BY_PAIR(phaddw, u16, uint16_t, a + b)
PAIR_BY_PAIR(phaddd, u32, uint32_t, a + b)
PAIR_BY_PAIR(phaddsw, s16, int16_t, saturated(a + b))
PAIR_BY_PAIR(phsubw, u16, uint16_t, a - b)
PAIR_BY_PAIR(phsubd, u32, uint32_t, a - b)
PAIR_BY_PAIR(phsubsw, s16, int16_t, saturated(a - b))

/* Unsigned bytes of the first times signed bytes of the second operand, neighbours added. */
struct operation *run_pmaddubsw(struct x86 *cpu, struct operation *op)
{
	union xmm source, result;
	const union xmm target = simd_target(cpu, op);

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < 8; i++)
		result.s16[i] = saturated(target.u8[2 * i] * source.s8[2 * i] +
					  target.u8[2 * i + 1] * source.s8[2 * i + 1]);
	return simd_done(cpu, op, &result);
}

/* --- wider and narrower lanes --- */

#define WIDEN(name, to, from)                                               \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		union xmm source, result;                                   \
		if (!simd_source(cpu, op, &source))                         \
			return NULL;                                        \
		for (unsigned i = 0; i < 16 / sizeof result.to[0]; i++)     \
			result.to[i] = source.from[i];                      \
		return simd_done(cpu, op, &result);                         \
	}

WIDEN(pmovsxbw, s16, s8)
WIDEN(pmovsxbd, s32, s8)
WIDEN(pmovsxbq, s64, s8)
WIDEN(pmovsxwd, s32, s16)
WIDEN(pmovsxwq, s64, s16)
WIDEN(pmovsxdq, s64, s32)
WIDEN(pmovzxbw, u16, u8)
WIDEN(pmovzxbd, u32, u8)
WIDEN(pmovzxbq, u64, u8)
WIDEN(pmovzxwd, u32, u16)
WIDEN(pmovzxwq, u64, u16)
WIDEN(pmovzxdq, u64, u32)

struct operation *run_packusdw(struct x86 *cpu, struct operation *op)
{
	union xmm source, result;
	const union xmm target = simd_target(cpu, op);

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < 8; i++) {
		int32_t value = (i < 4 ? &target : &source)->s32[i % 4];
		result.u16[i] = (uint16_t)(value < 0 ? 0 : SMALLER(value, UINT16_MAX));
	}
	return simd_done(cpu, op, &result);
}

/* --- across all lanes --- */

/* The smallest word, and the first place where it is. */
struct operation *run_phminposuw(struct x86 *cpu, struct operation *op)
{
	union xmm source, result = { .u64 = { 0, 0 } };
	uint16_t place = 0;

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (uint16_t i = 1; i < 8; i++)
		if (source.u16[i] < source.u16[place])
			place = i;
	result.u16[0] = source.u16[place];
	result.u16[1] = place;
	return simd_done(cpu, op, &result);
}

/* Sums of absolute differences: four bytes of the second operand, which bits 0 and 1 choose,
 * against eight windows of the first from byte 0 or 4 on, which bit 2 chooses. */
struct operation *run_mpsadbw(struct x86 *cpu, struct operation *op)
{
	union xmm source, result;
	const union xmm target = simd_target(cpu, op);
	unsigned block = 4 * (op->immediate & 3), window = op->immediate & 4;

	if (!simd_source(cpu, op, &source))
		return NULL;
	for (unsigned i = 0; i < 8; i++) {
		int sum = 0;
		for (unsigned j = 0; j < 4; j++) {
			int difference = target.u8[window + i + j] - source.u8[block + j];
			sum += difference < 0 ? -difference : difference;
		}
		result.u16[i] = (uint16_t)sum;
	}
	return simd_done(cpu, op, &result);
}

/* ZF: no bit of the second operand is in the first; CF: all of them are. */
struct operation *run_ptest(struct x86 *cpu, struct operation *op)
{
	const union xmm target = simd_target(cpu, op);
	union xmm source;
	bool none, all;

	if (!simd_source(cpu, op, &source))
		return NULL;
	none = !((source.u64[0] & target.u64[0]) | (source.u64[1] & target.u64[1]));
	all = !((source.u64[0] & ~target.u64[0]) | (source.u64[1] & ~target.u64[1]));
	flags_set_arithmetic(cpu, (none ? X86_FLAG_ZF : 0u) | (all ? X86_FLAG_CF : 0u));
	return done(op);
}
