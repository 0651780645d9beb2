/* Start points: from where can execution reach a seed?
 *
 * Going backwards from the seed, an offset reaches it when what it falls into, branches, jumps or
 * calls to does. */
#ifndef KENBI_SHELLCODE_START_H
#define KENBI_SHELLCODE_START_H

#include "shellcode/callers.h"
#include "shellcode/number.h"
#include "shellcode/sweep.h"

enum {
	START_WINDOW = 512,  /* bytes before and behind the seed that are looked at */
	START_CALLERS = 8,   /* calls from farther away */
	START_OF_CALLER = 96 /* starts at each of these */
};

struct start {
	size_t offset;
	uint16_t distance; /* instructions to the seed */
	uint16_t traits;   /* enum glance_trait of those on the nearest way, without the seed's */
	uint8_t pushes;	   /* among them, 255 or more is 255 */
	uint8_t calls;	   /* the same */
	uint8_t sets;	   /* registers that they give values, see glance_sets; 0: not asked for */
	struct number
		number; /* where the number of the call at the seed comes from, if asked for */
	size_t loop;	/* where the last branch back among them goes; SIZE_MAX: nowhere */
};

/* What is asked of ways beside their traits. */
enum start_asks { START_ASKS_NOTHING, START_ASKS_SETS, START_ASKS_NUMBER };

/* Offsets that reach `seed` by ways without anything rare or that leads nowhere, nearest first, the
 * seed itself first; at most `capacity`. Returns how many. */
size_t start_find(struct sweep *sweep, size_t seed, enum start_asks asks, struct start *starts,
		  size_t capacity);
/* Adds to `count` starts that were found those that reach them by a call from farther away, and
 * what leads to these: farther calls, too, START_CALLERS at most. Returns how many there are then.
 */
size_t start_find_callers(struct sweep *sweep, const struct callers *callers, enum start_asks asks,
			  struct start *starts, size_t count, size_t capacity);

#endif
