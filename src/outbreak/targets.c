#include "outbreak/targets.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_BITS 10
#define USUAL_BITS 21 /* of the upper bitmap: 256 KiB */
#define MOST_BITS  29
#define HASHED	   (1u << TARGETS_HASHED_BITS) /* so much larger is the hashed one */

void targets_fini(struct targets *targets)
{
	free(targets->upper);
	free(targets->hashed);
	free(targets->guide);
	*targets = (struct targets){ 0 };
}

/* Bits of numbers below `space`, at least 1. */
static unsigned targets_width(uint64_t space)
{
	unsigned width = 1;
	while (width < 32 && UINT64_C(1) << width < space)
		width++;
	return width;
}

/* At least eight bits for each place; small where the space is small, so that small worlds are
 * cheap; what a core's cache holds where it may be large. */
static unsigned targets_choose_bits(uint32_t count, unsigned width)
{
	unsigned bits = width < USUAL_BITS ? width : USUAL_BITS;

	if (bits < LEAST_BITS)
		bits = LEAST_BITS;
	while (bits < MOST_BITS && bits < width && UINT64_C(8) * count > UINT64_C(1) << bits)
		bits++;
	return bits;
}

static int targets_make_room(struct targets *targets, size_t words, struct error *error)
{
	if (words <= targets->capacity)
		return 0;
	targets_fini(targets);
	targets->upper = malloc(words * sizeof *targets->upper);
	targets->hashed = malloc(words * HASHED * sizeof *targets->hashed);
	targets->guide = malloc((words + 1) * sizeof *targets->guide);
	if (!targets->upper || !targets->hashed || !targets->guide) {
		targets_fini(targets);
		int result = error_set(error, ERROR_MEMORY, "", "no memory for a map of addresses");
		return result < 0 ? result : ERROR_MEMORY;
	}
	targets->capacity = words;
	return 0;
}

int targets_set(struct targets *targets, const uint64_t *places, uint32_t count, uint64_t space,
		struct error *error)
{
	unsigned width = targets_width(space), bits = targets_choose_bits(count, width);
	size_t words = (size_t)1 << bits >> 5;
	uint32_t next = 0;
	int result = targets_make_room(targets, words, error);

	if (result < 0)
		return result;
	targets->places = places;
	targets->count = count;
	targets->bits = bits;
	targets->shift = width > bits ? width - bits : 0;
	memset(targets->upper, 0, words * sizeof *targets->upper);
	memset(targets->hashed, 0, words * HASHED * sizeof *targets->hashed);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t upper = (uint32_t)places[i] >> targets->shift;
		uint32_t hash = targets_hash(targets, (uint32_t)places[i]);
		while (next <= upper >> 5)
			targets->guide[next++] = i;
		targets->upper[upper >> 5] |= 1u << (upper & 31);
		targets->hashed[hash >> 5] |= 1u << (hash & 31);
	}
	while (next <= words)
		targets->guide[next++] = count;
	return 0;
}

uint32_t targets_find(const struct targets *targets, uint64_t place)
{
	uint32_t cell = (uint32_t)place >> targets->shift >> 5;
	uint32_t low = targets->guide[cell], end = targets->guide[cell + 1], high = end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (targets->places[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && targets->places[low] == place ? low : TARGETS_NOBODY;
}

/* No branch depends on what is found: the index is always written, and stays where it was hit. */
size_t targets_sift(const struct targets *targets, const uint32_t *words, size_t count,
		    uint64_t first, uint64_t size, uint32_t *found)
{
	const uint32_t *upper = targets->upper;
	unsigned shift = targets->shift;
	size_t passed = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t place = (uint32_t)(first + (words[i] * size >> 32));
		found[passed] = (uint32_t)i;
		passed += targets_bit(upper, place >> shift);
	}
	for (size_t i = 0; i < passed; i++) {
		uint32_t place = (uint32_t)(first + (words[found[i]] * size >> 32));
		found[kept] = found[i];
		kept += targets_bit(targets->hashed, targets_hash(targets, place));
	}
	return kept;
}
