/* How much of what was executed puts a system call together, and out of what?
 *
 * Code that somebody wrote sets a number and arguments, and does little else in between. Bytes that
 * happen to be instructions get there by way of sums, stores and rotations of which nothing comes,
 * and from what registers held before. So the way is followed back from the call: what sets a
 * register that is read behind it, what uses the stack, and what leads on by jumps serves; what
 * stores elsewhere, or sets what nobody reads, does not. */
#ifndef KENBI_SHELLCODE_SERVING_H
#define KENBI_SHELLCODE_SERVING_H

#include "shellcode/footprint.h"

struct serving {
	unsigned serving, idle; /* instructions */
	uint32_t leftover;	/* registers (see effect.h) whose values from before were used */
};

/* Of `count` instructions in order of execution, the last of which is the call. */
struct serving serving_of(const struct executed *const *order, size_t count);

#endif
