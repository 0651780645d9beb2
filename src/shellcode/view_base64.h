/* The letters of base64 (RFC 4648, both alphabets): how many there are, and what they say. With
 * AVX2 where the processor has it. */
#ifndef KENBI_SHELLCODE_VIEW_BASE64_H
#define KENBI_SHELLCODE_VIEW_BASE64_H

#include "base/base.h"

/* 0 to 63; -1: it is none. */
int base64_digit(uint8_t byte);
/* Letters from `offset` on without anything between them. */
size_t base64_run(struct bytes bytes, size_t offset);
/* `groups` groups of four letters at `letters`, all of them base64's, to three bytes each. */
void base64_decode(const uint8_t *letters, size_t groups, uint8_t *bytes);

#endif
