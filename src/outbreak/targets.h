/* targets - which of many addresses somebody lies at, at a nanosecond or two for each that nobody
 * does.
 *
 * Two bitmaps answer for almost all: one by the upper bits of the address, small enough for a
 * core's own cache, and a larger one by a hash of it for what passes. What passes both is looked up
 * in the sorted list. */
#ifndef KENBI_OUTBREAK_TARGETS_H
#define KENBI_OUTBREAK_TARGETS_H

#include "base/base.h"

#define TARGETS_NOBODY	    UINT32_MAX
#define TARGETS_HASHED_BITS 2 /* log2 of how much larger the hashed bitmap is */

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
/* Each word stands for the address first + word * size / 2^32. Indices of the words whose address
 * may be somebody's into `found`, which has room for all and one more; returns how many. */
size_t targets_sift(const struct targets *targets, const uint32_t *words, size_t count,
		    uint64_t first, uint64_t size, uint32_t *found);

static inline uint32_t targets_hash(const struct targets *targets, uint32_t place)
{
	return place * 0x9E3779B1u >> (32 - TARGETS_HASHED_BITS - targets->bits);
}

static inline bool targets_bit(const uint32_t *map, uint32_t index)
{
	return map[index >> 5] >> (index & 31) & 1;
}

/* False: nobody lies there. */
static inline bool targets_may_hold(const struct targets *targets, uint32_t place)
{
	return targets_bit(targets->upper, place >> targets->shift) &&
	       targets_bit(targets->hashed, targets_hash(targets, place));
}

#endif
