#include "shellcode/share.h"

enum {
	MILLISECOND = 1000000,
	DECODED_EARNS = 8 /* bytes of a view that earn as much as one of the stream */
};

/* A view may be four times as long as what it was made from, twice in a row; together with its
 * bytes' share a byte of the stream costs no more than 80 nanoseconds (100 Mbit/s). */
static const struct {
	uint64_t burst, per_byte;
} rates[SHARES] = {
	[SHARE_LOOK] = { 4 * MILLISECOND, 8 },
	[SHARE_PROBE] = { 12 * MILLISECOND, 10 },
	[SHARE_PROVE] = { 10 * MILLISECOND, 5 },
	[SHARE_EXPLAIN] = { 28 * MILLISECOND, 4 },
};

void shares_init(struct shares *shares)
{
	*shares = (struct shares){ .spent = 0 };
	for (unsigned share = 0; share < SHARES; share++) {
		shares->left[share] = rates[share].burst;
		shares->low[share] = rates[share].burst / 2;
	}
}

void shares_earn(struct shares *shares, size_t length, bool decoded)
{
	for (unsigned share = 0; share < SHARES; share++)
		shares->left[share] +=
			rates[share].per_byte * length / (decoded ? DECODED_EARNS : 1);
}

void shares_spend(struct shares *shares, enum share share, uint64_t cost)
{
	uint64_t *left = &shares->left[share];

	*left = cost < *left ? *left - cost : 0;
	shares->spent += cost;
}

uint64_t shares_part(const struct shares *shares, enum share share)
{
	/* an explanation is seldom followed by another, and a stream's first one is to be whole */
	return share == SHARE_EXPLAIN ? shares->left[share] / 3 * 2 : shares->left[share] / 2;
}
