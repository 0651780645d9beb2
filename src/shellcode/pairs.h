/* Where one of a few pairs of bytes stands next: signatures of files begin with such. One pass at
 * the speed of memory, whatever stands in it. */
#ifndef KENBI_SHELLCODE_PAIRS_H
#define KENBI_SHELLCODE_PAIRS_H

#include "base/base.h"

enum { PAIRS_MOST = 8 };

struct pairs {
	uint8_t count;
	uint8_t bytes[PAIRS_MOST][2];
	/* Bit i of each says whether the half of a byte of pair i is this: lower and upper half of
	 * the first byte, of the second. */
	uint8_t halves[4][16];
};

/* `text`: `count` pairs, one behind the other. */
void pairs_init(struct pairs *pairs, const char *text, unsigned count);
/* The first place at or after `from` where one of them begins; the length where there is none. */
size_t pairs_next(const struct pairs *pairs, struct bytes bytes, size_t from);

#endif
