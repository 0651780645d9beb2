/* Floating point across lanes, from the additions of SSE2: addsub, hadd, hsub (SSE3) and the dot
 * products (SSE4.1). */
#include "x86/handlers.h"
#include "x86/simd_float.h"

#define LANES(name, ...)                                    \
	SIMD_KERNEL(kernel_##name, #name " %%xmm1, %%xmm0") \
	static const struct simd_operation lanes_##name = { kernel_##name, __VA_ARGS__ };

LANES(addps, host_add, 4, 4, true)
LANES(addpd, host_add, 2, 8, false)
LANES(subps, host_subtract, 4, 4, true)
LANES(subpd, host_subtract, 2, 8, false)
LANES(mulps, host_multiply, 4, 4, true)
LANES(mulpd, host_multiply, 2, 8, false)

/* The lanes of singles, or of doubles, whose bit in `mask` is set; zero in the others, which then
 * raise nothing. */
static union xmm singles(const union xmm *from, unsigned mask)
{
	union xmm result = { .u64 = { 0, 0 } };

	for (unsigned i = 0; i < 4; i++)
		if (mask >> i & 1)
			result.u32[i] = from->u32[i];
	return result;
}

static union xmm doubles(const union xmm *from, unsigned mask)
{
	return (union xmm){ .u64 = { mask & 1 ? from->u64[0] : 0, mask & 2 ? from->u64[1] : 0 } };
}

/* --- the even lanes are subtracted, the odd ones added --- */

#define ALTERNATE(name, lanes, even, odd, subtract, add)                    \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		const union xmm target = simd_target(cpu, op);              \
		union xmm source, low, high, result;                        \
		uint32_t raised;                                            \
		if (!simd_source(cpu, op, &source))                         \
			return NULL;                                        \
		low = lanes(&target, even);                                 \
		high = lanes(&target, odd);                                 \
		result = lanes(&source, even);                              \
		raised = simd_execute(cpu, subtract, &low, &result);        \
		result = lanes(&source, odd);                               \
		raised |= simd_execute(cpu, add, &high, &result);           \
		if (!simd_settle(cpu, op, raised))                          \
			return NULL;                                        \
		low = lanes(&low, even);                                    \
		high = lanes(&high, odd);                                   \
		for (unsigned i = 0; i < 2; i++)                            \
			result.u64[i] = low.u64[i] | high.u64[i];           \
		return simd_done(cpu, op, &result);                         \
	}

ALTERNATE(addsubps, singles, 5, 10, &lanes_subps, &lanes_addps)
ALTERNATE(addsubpd, doubles, 1, 2, &lanes_subpd, &lanes_addpd)

/* --- neighbours --- */

/* The even lanes of both vectors, and the odd ones. */
static void split_singles(const union xmm *a, const union xmm *b, union xmm *even, union xmm *odd)
{
	*even = (union xmm){ .u32 = { a->u32[0], a->u32[2], b->u32[0], b->u32[2] } };
	*odd = (union xmm){ .u32 = { a->u32[1], a->u32[3], b->u32[1], b->u32[3] } };
}

static void split_doubles(const union xmm *a, const union xmm *b, union xmm *even, union xmm *odd)
{
	*even = (union xmm){ .u64 = { a->u64[0], b->u64[0] } };
	*odd = (union xmm){ .u64 = { a->u64[1], b->u64[1] } };
}

#define NEIGHBOURS(name, split, kernel)                                            \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)        \
	{                                                                          \
		const union xmm target = simd_target(cpu, op);                     \
		union xmm source, even, odd;                                       \
		if (!simd_source(cpu, op, &source))                                \
			return NULL;                                               \
		split(&target, &source, &even, &odd);                              \
		if (!simd_settle(cpu, op, simd_execute(cpu, kernel, &even, &odd))) \
			return NULL;                                               \
		return simd_done(cpu, op, &even);                                  \
	}

NEIGHBOURS(haddps, split_singles, &lanes_addps)
NEIGHBOURS(haddpd, split_doubles, &lanes_addpd)
NEIGHBOURS(hsubps, split_singles, &lanes_subps)
NEIGHBOURS(hsubpd, split_doubles, &lanes_subpd)

/* --- dot products: the upper half of the immediate chooses factors, the lower one results --- */

/* Each step settles its exceptions before the next begins (SDM vol. 2, DPPS). */
struct operation *run_dpps(struct x86 *cpu, struct operation *op)
{
	const union xmm target = simd_target(cpu, op);
	unsigned factors = op->immediate >> 4 & 15, results = op->immediate & 15;
	union xmm source, product, even, odd;

	if (!simd_source(cpu, op, &source))
		return NULL;
	product = singles(&target, factors);
	source = singles(&source, factors);
	if (!simd_settle(cpu, op, simd_execute(cpu, &lanes_mulps, &product, &source)))
		return NULL;
	product = singles(&product, factors);
	split_singles(&product, &product, &even, &odd);
	if (!simd_settle(cpu, op, simd_execute(cpu, &lanes_addps, &even, &odd)))
		return NULL;
	odd = (union xmm){ .u32 = { even.u32[1], even.u32[1], even.u32[1], even.u32[1] } };
	even = (union xmm){ .u32 = { even.u32[0], even.u32[0], even.u32[0], even.u32[0] } };
	if (!simd_settle(cpu, op, simd_execute(cpu, &lanes_addps, &even, &odd)))
		return NULL;
	even = singles(&even, results);
	return simd_done(cpu, op, &even);
}

struct operation *run_dppd(struct x86 *cpu, struct operation *op)
{
	const union xmm target = simd_target(cpu, op);
	unsigned factors = op->immediate >> 4 & 3, results = op->immediate & 3;
	union xmm source, product, even, odd;

	if (!simd_source(cpu, op, &source))
		return NULL;
	product = doubles(&target, factors);
	source = doubles(&source, factors);
	if (!simd_settle(cpu, op, simd_execute(cpu, &lanes_mulpd, &product, &source)))
		return NULL;
	product = doubles(&product, factors);
	split_doubles(&product, &product, &even, &odd);
	if (!simd_settle(cpu, op, simd_execute(cpu, &lanes_addpd, &even, &odd)))
		return NULL;
	even = doubles(&even, results);
	return simd_done(cpu, op, &even);
}
