/* targets - which of many addresses somebody lies at, at a nanosecond or two for each that nobody
 * does.
 *
 * Two bitmaps answer for almost all: one by the upper bits of the address, small enough for a
 * core's own cache, and a larger one by a hash of it for what passes, where a place sets two bits
 * of a word (Bloom 1970, DOI 10.1145/362686.362692). What passes both is looked up in the sorted
 * list. */
#ifndef KENBI_OUTBREAK_TARGETS_H
#define KENBI_OUTBREAK_TARGETS_H

#include "base/base.h"

#define TARGETS_NOBODY	    UINT32_MAX
#define TARGETS_HASHED_BITS 1  /* log2 of how much larger the hashed bitmap is */
#define TARGETS_BEYOND	    16 /* that targets_sift() may write beyond what it finds */

struct targets {
	const uint64_t *places; /* borrowed; ascending, below 2^32 */
	uint32_t count;
	unsigned bits, shift; /* log2 of the upper bitmap's bits; upper bits are above `shift` */
	uint32_t *upper, *hashed;
	uint32_t *guide; /* of each cell of the upper bitmap's 32 bits: the first place in it */
	size_t capacity;
};

void targets_fini(struct targets *targets);
/* `places` are borrowed until the next time. */
MUST_CHECK int targets_set(struct targets *targets, const uint64_t *places, uint32_t count,
			   uint64_t space, struct error *error);
/* The index of the place, or TARGETS_NOBODY. */
uint32_t targets_find(const struct targets *targets, uint64_t place);
/* The place will be looked for soon. */
static inline void targets_foresee(const struct targets *targets, uint64_t place)
{
	__builtin_prefetch(&targets->guide[(uint32_t)place >> targets->shift >> 5]);
}
/* Each word stands for the address first + word * size / 2^32, below 2^32. Indices of the words
 * whose address may be somebody's into `found`, ascending; it has room for all and TARGETS_BEYOND
 * more. Returns how many. */
size_t targets_sift(const struct targets *targets, const uint32_t *words, size_t count,
		    uint64_t first, uint64_t size, uint32_t *found);

static inline bool targets_bit(const uint32_t *map, uint32_t index)
{
	return map[index >> 5] >> (index & 31) & 1;
}

/* In which word of the hashed bitmap a place is, and its two bits there. */
struct targets_mark {
	uint32_t word, bits;
};

static inline struct targets_mark targets_mark(const struct targets *targets, uint32_t place)
{
	uint64_t hash = place * UINT64_C(0x9E3779B97F4A7C15);
	unsigned index_bits = targets->bits + TARGETS_HASHED_BITS - 5;

	return (struct targets_mark){ .word = (uint32_t)(hash >> (64 - index_bits)),
				      .bits = 1u << (hash >> 20 & 31) | 1u << (hash >> 15 & 31) };
}

static inline bool targets_marked(const struct targets *targets, uint32_t place)
{
	struct targets_mark mark = targets_mark(targets, place);
	return (targets->hashed[mark.word] & mark.bits) == mark.bits;
}

/* False: nobody lies there. */
static inline bool targets_may_hold(const struct targets *targets, uint32_t place)
{
	return targets_bit(targets->upper, place >> targets->shift) &&
	       targets_marked(targets, place);
}

#endif
