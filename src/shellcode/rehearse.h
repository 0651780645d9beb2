/* Does code that uses only the commonest instructions come to nothing? A few dozen instructions are
 * gone through without a machine, which would cost twenty times as much to set up.
 *
 * Text that happens to be instructions soon reads or writes where a process has no memory. What is
 * certain is told, and nothing else: whatever these few instructions do not cover (see rehearse.c)
 * is for a probe. */
#ifndef KENBI_SHELLCODE_REHEARSE_H
#define KENBI_SHELLCODE_REHEARSE_H

#include "shellcode/world.h"

enum rehearsal_end {
	REHEARSAL_OPEN,	  /* nothing is certain */
	REHEARSAL_FAILS,  /* a run ends in a fault before it has executed anything that it wrote,
			     asked the system for anything, or read the PEB */
	REHEARSAL_DECODES /* and so does this, but it may have written as much of itself as decoders
			     do */
};

struct rehearsal {
	enum rehearsal_end end;
	size_t at;     /* the offset from the entry of the instruction that faults */
	uint64_t cost; /* in nanoseconds, see share.h */
};

/* How a run from `entry` of `piece`, which lies where the world has its code or is about to, would
 * end with CONVENTION_POINTERS or CONVENTION_ZERO. */
struct rehearsal rehearse(struct world *world, struct bytes piece, size_t entry,
			  enum convention convention);

#endif
