/* Asked of the processor once; every thread would get the same answer. */
#include "shellcode/vectors.h"

#include <stdlib.h>
#include <string.h>

static int limit = VECTORS_VBMI, known = -1;

static enum vectors wanted(void)
{
	const char *name = getenv("KENBI_SIMD");

	return !name							    ? VECTORS_VBMI
	       : strcmp(name, "avx512") == 0				    ? VECTORS_AVX512
	       : strcmp(name, "avx2") == 0				    ? VECTORS_AVX2
	       : strcmp(name, "sse2") == 0 || strcmp(name, "portable") == 0 ? VECTORS_PLAIN
									    : VECTORS_VBMI;
}

static enum vectors of_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("popcnt"))
		return VECTORS_PLAIN;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw"))
		return VECTORS_AVX2;
	return __builtin_cpu_supports("avx512vbmi") ? VECTORS_VBMI : VECTORS_AVX512;
#else
	return VECTORS_PLAIN;
#endif
}

static enum vectors lower(enum vectors a, enum vectors b)
{
	return a < b ? a : b;
}

enum vectors vectors_best(void)
{
	int best = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (best < 0) {
		best = (int)lower(of_processor(), wanted());
		__atomic_store_n(&known, best, __ATOMIC_RELAXED);
	}
	return lower((enum vectors)best, (enum vectors)__atomic_load_n(&limit, __ATOMIC_RELAXED));
}

void vectors_limit(enum vectors most)
{
	__atomic_store_n(&limit, (int)most, __ATOMIC_RELAXED);
}
