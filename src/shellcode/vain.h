/* What was tried in vain: counts, by the look of a seed, of judgements and attempts that came to
 * nothing in this stream, or to what was found already.
 *
 * A flood of seeds is made of a few forms over and over; shellcode between them looks like none of
 * them, or needs a seed of another kind. When a share runs low (share.h), what has often been in
 * vain waits or is left out, what nearly all was in vain for later than the rest. Two looks may
 * share a count: then one is left out sooner, and only then. */
#ifndef KENBI_SHELLCODE_VAIN_H
#define KENBI_SHELLCODE_VAIN_H

#include "base/base.h"

enum {
	VAIN_LOOKS = 1 << 14,
	VAIN_KINDS = 16,
	VAIN_OFTEN = 8,
	VAIN_RARE = 16 /* part of all attempts that a rare kind has fewer than */
};

struct vain {
	uint8_t counts[VAIN_LOOKS]; /* 255: that often or more */
	uint64_t kinds[VAIN_KINDS], all;
};

/* The look of what begins at an offset: its place in the table. `salt` tells apart what is judged
 * in different ways. */
unsigned vain_look(struct bytes bytes, size_t offset, unsigned salt);
/* `kind`: of the seed, below VAIN_KINDS. */
void vain_count(struct vain *vain, unsigned look, unsigned kind);
/* It gave a finding: the next one would tell the same, and can wait. */
void vain_found(struct vain *vain, unsigned look);
/* So often in vain that the next time would hardly be different. */
static inline bool vain_likely(const struct vain *vain, unsigned look)
{
	return vain->counts[look] >= VAIN_OFTEN;
}
/* At least once. */
static inline bool vain_seen(const struct vain *vain, unsigned look)
{
	return vain->counts[look] > 0;
}
/* Less than a sixteenth of all that was in vain was of that kind. */
static inline bool vain_rare(const struct vain *vain, unsigned kind)
{
	return vain->kinds[kind] * VAIN_RARE < vain->all;
}

#endif
