/* The letters of base64 (RFC 4648, both alphabets): how many there are, and what they say. With
 * vectors where the processor has them. */
#ifndef KENBI_SHELLCODE_VIEW_BASE64_H
#define KENBI_SHELLCODE_VIEW_BASE64_H

#include "base/base.h"

enum { BASE64_SLACK = 8 };

extern const uint8_t base64_digits[256]; /* what each byte says, and 1; 0: it is no letter */

/* 0 to 63; -1: it is none. */
static inline int base64_digit(uint8_t byte)
{
	return base64_digits[byte] - 1;
}

/* Letters from `offset` on without anything between them. */
size_t base64_run(struct bytes bytes, size_t offset);
/* How many lines of `line` letters begin at `offset`, each of which ends with the same `seam` bytes
 * that stand before `offset`, and another letter behind them. */
size_t base64_lines(struct bytes bytes, size_t offset, size_t line, size_t seam);
/* `groups` groups of four letters at `letters`, all of them base64's, to three bytes each. Up to
 * BASE64_SLACK bytes behind these are written, too. */
void base64_decode(const uint8_t *letters, size_t groups, uint8_t *bytes);

#endif
