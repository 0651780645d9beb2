/* noise - random numbers in batches: Philox4x32-10 as base/random.h has it, several blocks at a
 * time in vector registers, and what is made of a batch.
 *
 * A stream is a sequence of 32-bit words, cut into batches; a batch is a pure function of seed,
 * stream and number. Four blocks lie together: their words 0 and 1 first, then their words 2 and 3,
 * which is how vectors hold them. The words are the same on every machine. */
#ifndef KENBI_OUTBREAK_NOISE_H
#define KENBI_OUTBREAK_NOISE_H

#include "outbreak/draw.h"

#define NOISE_WORDS 1024 /* of a batch */
#define NOISE_GROUP 8	 /* blocks that are made together */

/* Batch `number` of the stream (of `seed`, `stream` as random_init() takes them). */
void noise_words(uint64_t seed, uint64_t stream, uint64_t number, uint32_t words[NOISE_WORDS]);
/* `blocks` blocks of four words, from block `position` of the stream on; a multiple of
 * NOISE_GROUP. */
void noise_blocks(uint64_t seed, uint64_t stream, uint64_t position, unsigned blocks,
		  uint32_t *words);
/* What draw_at() says for entries number * NOISE_UNITS … of the stream. */
#define NOISE_UNITS (NOISE_WORDS / 4)
void noise_units(uint64_t seed, uint64_t stream, uint64_t number, double values[NOISE_UNITS]);
/* Exponential variates of mean 1, each from two words (52 bits), good to 1e-15. */
void noise_exponentials(const uint32_t words[NOISE_WORDS], double values[NOISE_WORDS / 2]);

/* The stream of a purpose in a replica. */
static inline uint64_t noise_stream(uint32_t replica, uint32_t purpose)
{
	return (uint64_t)purpose << 32 | replica;
}

/* Uniform below `bound` > 0 from one word, without bias: the few words that have to be refused are
 * replaced from `spare` (Lemire 2019, DOI 10.1145/3230636). */
static inline uint32_t noise_below(uint32_t word, uint32_t bound, struct random *spare)
{
	uint64_t product = (uint64_t)word * bound;

	if ((uint32_t)product < bound && (uint32_t)product < -bound % bound)
		return random_below(spare, bound);
	return (uint32_t)(product >> 32);
}

#endif
