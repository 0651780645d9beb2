#include "base/base.h"

#include <math.h>

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t result[4])
{
	uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
	uint32_t k0 = key[0], k1 = key[1];

	for (int round = 0; round < 10; round++) {
		uint64_t p0 = (uint64_t)0xD2511F53u * c0;
		uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
		uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
		uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c1 = (uint32_t)p1;
		c3 = (uint32_t)p0;
		c0 = n0;
		c2 = n2;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	result[0] = c0;
	result[1] = c1;
	result[2] = c2;
	result[3] = c3;
}

void random_init(struct random *random, uint64_t seed, uint64_t stream)
{
	*random = (struct random){ .seed = seed, .stream = stream };
}

uint32_t random_u32(struct random *random)
{
	if (random->left == 0) {
		uint32_t counter[4] = { (uint32_t)random->position,
					(uint32_t)(random->position >> 32),
					(uint32_t)random->stream,
					(uint32_t)(random->stream >> 32) };
		uint32_t key[2] = { (uint32_t)random->seed, (uint32_t)(random->seed >> 32) };
		random_philox(counter, key, random->block);
		random->position++;
		random->left = 4;
	}
	return random->block[--random->left];
}

uint64_t random_u64(struct random *random)
{
	uint64_t high = random_u32(random);
	return high << 32 | random_u32(random);
}

/* Lemire's multiply-and-reject, DOI 10.1145/3230636. */
uint32_t random_below(struct random *random, uint32_t bound)
{
	if (bound == 0)
		return 0;
	uint64_t product = (uint64_t)random_u32(random) * bound;
	if ((uint32_t)product < bound) {
		uint32_t threshold = -bound % bound;
		while ((uint32_t)product < threshold)
			product = (uint64_t)random_u32(random) * bound;
	}
	return (uint32_t)(product >> 32);
}

double random_unit(struct random *random)
{
	return ((double)(random_u64(random) >> 11) + 0.5) * 0x1.0p-53;
}

double random_exponential(struct random *random)
{
	return -log(random_unit(random));
}
