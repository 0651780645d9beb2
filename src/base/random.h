/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11, DOI 10.1145/2063384.2063405).
 *
 * A number is a pure function of (seed, stream, position), so that any part of a run can be drawn
 * again, in any order, on any number of threads, with the same result. */
#ifndef KENBI_BASE_RANDOM_H
#define KENBI_BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t seed;
	uint64_t stream;
	uint64_t position; /* index of the next block of four 32-bit numbers */
	uint32_t block[4];
	unsigned left; /* numbers of `block` that are not used yet */
};

/* The raw function: ten rounds over counter and key. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t result[4]);

void random_init(struct random *random, uint64_t seed, uint64_t stream);
uint32_t random_u32(struct random *random);
uint64_t random_u64(struct random *random);
/* Uniform in [0, bound), without bias; 0 for bound 0. */
uint32_t random_below(struct random *random, uint32_t bound);
/* Uniform in the open interval (0, 1), 53 bits. */
double random_unit(struct random *random);
/* Exponential with mean 1. */
double random_exponential(struct random *random);

#endif
