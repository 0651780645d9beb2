/* repeat - what short streams held that were dear to search, since worms repeat themselves.
 *
 * A search is reproducible: the same bytes, searched alone, hold the same. What took a millisecond
 * and more as counted is kept, bytes and findings, and given again where the same bytes come: one
 * datagram of a worm is run once, its thousand copies are compared. The oldest go first. One thread
 * at a time. */
#ifndef KENBI_SHELLCODE_REPEAT_H
#define KENBI_SHELLCODE_REPEAT_H

#include "shellcode/shellcode.h"

enum {
	REPEATS = 16,
	REPEAT_LONGEST = 16 << 10, /* bytes of a stream */
	REPEAT_FINDINGS = 2,	   /* streams with more are not kept */
	REPEAT_DEAR = 1000000	   /* nanoseconds, as counted */
};

struct repeat {
	uint8_t *bytes; /* owned; NULL: a free place */
	size_t length, count;
	struct shellcode_finding findings[REPEAT_FINDINGS];
	bool exhausted;
};

struct repeats {
	struct repeat list[REPEATS];
	unsigned next; /* whose turn it is to go */
};

void repeats_fini(struct repeats *repeats);
/* Number of findings that the same bytes gave, copied to `findings`; -1: they are not known, or
 * gave more than fit. */
int repeats_give(const struct repeats *repeats, struct bytes bytes,
		 struct shellcode_finding *findings, size_t capacity, bool *exhausted);
/* Keeps a copy of what a search gave that cost so much, where that is worth it. */
void repeats_keep(struct repeats *repeats, struct bytes bytes, uint64_t cost,
		  const struct shellcode_finding *findings, size_t count, bool exhausted);

#endif
