/* What the order of targets tells: neighbours, repeats, the generator behind them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/scan.h"

/* --- neighbours --- */

static void read_neighbours(const struct scan_targets *targets, struct scan_order *order)
{
	size_t neighbours = 0, up = 0, fresh = 0;

	for (size_t i = 1; i < targets->count; i++) {
		bool found = false;
		for (size_t j = i; j > 0 && j > (i > SCAN_NEAR ? i - SCAN_NEAR : 0) && !found;
		     j--) {
			uint32_t step = targets->items[i].address - targets->items[j - 1].address;
			found = step == 1 || step == UINT32_MAX;
			up += step == 1;
		}
		neighbours += found;
		fresh += !found && targets->items[i].address != targets->items[i - 1].address;
	}
	order->sequential_share =
		targets->count > 1 ? (double)neighbours / (double)(targets->count - 1) : 0;
	if (neighbours > 0)
		order->step = 4 * up >= 3 * neighbours ? 1 : 4 * up <= neighbours ? -1 : 0;
	order->streams = 1 + (unsigned)(fresh < SCAN_NEAR ? fresh : SCAN_NEAR);
}

/* --- repeats --- */

static int by_address(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

static void read_space(const uint32_t *sorted, size_t count, struct scan_order *order)
{
	uint32_t difference = sorted[0] ^ sorted[count - 1];

	order->space_bits = difference ? (unsigned)__builtin_clz(difference) : 32;
	order->space_prefix = sorted[0] & (uint32_t)(UINT64_MAX << (32 - order->space_bits));
}

/* Chao's lower bound: seen + f1² / 2 f2, with f1 and f2 the numbers of addresses seen once, twice.
 */
static void read_list(const uint32_t *sorted, size_t count, struct scan_order *order)
{
	double distinct = 0, once = 0, twice = 0;
	size_t run = 0;

	for (size_t i = 0; i < count; i++) {
		run++;
		if (i + 1 < count && sorted[i + 1] == sorted[i])
			continue;
		distinct++;
		once += run == 1;
		twice += run == 2;
		run = 0;
	}
	order->repeats = count - (size_t)distinct;
	order->list_size =
		distinct + (twice > 0 ? once * once / (2 * twice) : once * (once - 1) / 2);
}

void scan_read_order(const struct scan_targets *targets, struct scan_order *order)
{
	uint32_t *sorted = calloc(targets->count + 1, sizeof *sorted);
	size_t kept = 0;

	*order = (struct scan_order){ .retries = 1 };
	read_neighbours(targets, order);
	/* The same target in a row is a retry, no choice. */
	for (size_t i = 0; sorted && i < targets->count; i++)
		if (i == 0 || targets->items[i].address != targets->items[i - 1].address)
			sorted[kept++] = targets->items[i].address;
	order->attempts = kept;
	if (kept > 0) {
		order->retries = (double)targets->count / (double)kept;
		qsort(sorted, kept, sizeof *sorted, by_address);
		read_space(sorted, kept, order);
		read_list(sorted, kept, order);
		double space = ldexp(1, 32 - (int)order->space_bits);
		/* n draws from N: n - N (1 - (1 - 1/N)^n) repeats. */
		order->expected_repeats =
			(double)kept + space * expm1((double)kept * log1p(-1 / fmax(space, 2)));
	}
	free(sorted);
}

/* --- the generator --- */

static uint32_t swap(uint32_t value)
{
	return __builtin_bswap32(value);
}

/* The inverse of an odd number modulo 2^32, by Newton's iteration. */
static uint32_t inverse(uint32_t odd)
{
	uint32_t result = odd;

	for (int i = 0; i < 5; i++)
		result *= 2 - odd * result;
	return result;
}

static size_t follow(const struct scan_targets *targets, bool swapped, uint32_t a, uint32_t c)
{
	size_t steps = 0;

	for (size_t i = 1; i < targets->count; i++) {
		uint32_t from = targets->items[i - 1].address, to = targets->items[i].address;
		if (swapped) {
			from = swap(from);
			to = swap(to);
		}
		steps += a * from + c == to;
	}
	return steps;
}

/* After how many steps, as a power of two, x returns: every odd multiplier gives a permutation
 * whose cycles have such lengths, for the affine maps modulo 2^32 are a group of 2^63 elements.
 * Each round squares the map. An even multiplier never comes back: 0. */
static unsigned cycle_of(uint32_t a, uint32_t c, uint32_t x)
{
	uint32_t multiplier = a, increment = c;
	unsigned bits = 0;

	if (a % 2 == 0)
		return 0;
	for (; bits < 32 && multiplier * x + increment != x; bits++) {
		increment = (multiplier + 1) * increment;
		multiplier *= multiplier;
	}
	return bits;
}

bool scan_find_generator(const struct scan_targets *targets, struct scan_generator *generator)
{
	enum { TRIES = 64, MOST_ZEROS = 24 };
	size_t pairs = targets->count > 0 ? targets->count - 1 : 0;

	/* Any three states give a candidate; only a true one is followed by half of all pairs. */
	for (int swapped = 0; swapped < 2; swapped++)
		for (size_t i = 0; i + 2 < targets->count && i < TRIES; i++) {
			uint32_t x[3];
			for (size_t j = 0; j < 3; j++)
				x[j] = swapped ? swap(targets->items[i + j].address)
					       : targets->items[i + j].address;
			uint32_t first = x[1] - x[0], second = x[2] - x[1];
			unsigned zeros = first ? (unsigned)__builtin_ctz(first) : 32;
			/* a · first = second leaves the upper bits of a open where first is even;
			 * every choice of them gives the same sequence, so they are 0. */
			if (zeros > MOST_ZEROS || second & ((1u << zeros) - 1))
				continue;
			uint32_t a = (second >> zeros) * inverse(first >> zeros);
			a &= UINT32_MAX >> zeros;
			uint32_t c = x[1] - a * x[0];
			/* x + 1 is counting, which is told otherwise. */
			if (a == 1)
				continue;
			size_t steps = follow(targets, swapped, a, c);
			if (steps < 8 || 2 * steps < pairs)
				continue;
			*generator = (struct scan_generator){ .multiplier = a,
							      .increment = c,
							      .known_bits = 32 - zeros,
							      .swapped = swapped,
							      .steps = steps,
							      .pairs = pairs,
							      .cycle_bits = cycle_of(a, c, x[0]) };
			return true;
		}
	return false;
}
