/* What a search may cost, in nanoseconds of a common processor: counted (x86_effort), not measured,
 * so that the same bytes are always searched alike.
 *
 * Each kind of work has a share of its own, so that one that runs dry leaves the others theirs: who
 * floods a stream with code that promises much must not keep what is found from being explained. A
 * stream begins with a burst of each and earns more with every byte; nothing it sends can cost
 * more. */
#ifndef KENBI_SHELLCODE_SHARE_H
#define KENBI_SHELLCODE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum share {
	SHARE_LOOK,    /* judging seeds without executing anything */
	SHARE_PROBE,   /* trying start points */
	SHARE_PROVE,   /* running those that promise, until the verdict */
	SHARE_EXPLAIN, /* and behind it, to the end */
	SHARES
};

struct shares {
	uint64_t left[SHARES];
	uint64_t low[SHARES]; /* half a burst */
	uint64_t spent;	      /* of all */
	uint64_t untried;     /* candidates that were given up for want of a share */
};

/* A stream's burst. */
void shares_init(struct shares *shares);
/* What `length` bytes of a stream earn; `decoded`: bytes of a view, which cost the sender less. */
void shares_earn(struct shares *shares, size_t length, bool decoded);
void shares_spend(struct shares *shares, enum share share, uint64_t cost);
/* The most that one of many may take: a part of what is left, so that none takes it all. */
uint64_t shares_part(const struct shares *shares, enum share share);

/* So little is left that what is likely to be in vain should be left out. */
static inline bool shares_low(const struct shares *shares, enum share share)
{
	return shares->left[share] < shares->low[share];
}
/* Even less: only what is new to this stream should be tried. */
static inline bool shares_scarce(const struct shares *shares, enum share share)
{
	return shares->left[share] < shares->low[share] / 2;
}

#endif
