/* supply - random numbers that are used one after the other, made in batches (noise.h): a stream of
 * waiting times, and one of words for all that is drawn when something happens. */
#ifndef KENBI_OUTBREAK_SUPPLY_H
#define KENBI_OUTBREAK_SUPPLY_H

#include "outbreak/noise.h"

#define SUPPLY_WAITS (NOISE_WORDS / 2) /* of a batch */

/* Exponentials of mean 1. */
struct supply_waits {
	uint64_t seed, stream, batch;
	unsigned used;
	double values[SUPPLY_WAITS];
};

struct supply_words {
	uint64_t seed, stream, batch;
	unsigned used;
	uint32_t words[NOISE_WORDS];
};

/* The streams of a purpose in a replica, from their starts. Waits and words need purposes of their
 * own. */
void supply_waits_init(struct supply_waits *waits, uint64_t seed, uint32_t replica,
		       uint32_t purpose);
void supply_words_init(struct supply_words *words, uint64_t seed, uint32_t replica,
		       uint32_t purpose);
void supply_more_waits(struct supply_waits *waits);
void supply_more_words(struct supply_words *words);

static inline double supply_wait(struct supply_waits *waits)
{
	if (waits->used == SUPPLY_WAITS)
		supply_more_waits(waits);
	return waits->values[waits->used++];
}

static inline uint32_t supply_word(struct supply_words *words)
{
	if (words->used == NOISE_WORDS)
		supply_more_words(words);
	return words->words[words->used++];
}

/* About what supply_below() will say when `ahead` words have been taken: to ask memory for it. */
static inline uint32_t supply_foresee(const struct supply_words *words, unsigned ahead,
				      uint32_t bound)
{
	unsigned at = words->used + ahead;

	return at < NOISE_WORDS ? (uint32_t)((uint64_t)words->words[at] * bound >> 32) : 0;
}

/* Uniform in the open interval (0, 1), 53 bits. */
static inline double supply_unit(struct supply_words *words)
{
	uint64_t high = supply_word(words);

	return ((double)((high << 32 | supply_word(words)) >> 11) + 0.5) * 0x1p-53;
}

/* Uniform below `bound` > 0, without bias (Lemire 2019, DOI 10.1145/3230636). */
static inline uint32_t supply_below(struct supply_words *words, uint32_t bound)
{
	uint64_t product = (uint64_t)supply_word(words) * bound;

	if ((uint32_t)product < bound)
		for (uint32_t few = -bound % bound; (uint32_t)product < few;)
			product = (uint64_t)supply_word(words) * bound;
	return (uint32_t)(product >> 32);
}

#endif
