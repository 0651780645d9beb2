/* Which of the instructions that were executed are the payload, and what it looks like: the raw
 * material of the kind.
 *
 * The payload is what runs after the last layer of decoding. A layer is what one generation of code
 * wrote and what was executed once most of it was written, at least four instructions; code that
 * patches a byte of itself or lays a few instructions on the stack is none.
 *
 * Of the payload only that counts up to its last call of the system which something later depends
 * on: slides, junk, registers that are cleared, and what happens to lie behind it do not. Constants
 * are not looked at, and what is done several times in a row (pushing a text of any length) is done
 * once. */
#ifndef KENBI_SHELLCODE_PAYLOAD_H
#define KENBI_SHELLCODE_PAYLOAD_H

#include "shellcode/footprint.h"

/* Of `count` instructions in order of their first execution: the step of the payload's first; 0:
 * nothing was decoded. */
uint32_t payload_first(const struct executed *const *order, size_t count);

/* Hash of the shapes of `count` instructions in order of their first execution, up to the step of
 * the last call (0: of all). 0 when there is no memory. */
uint64_t payload_shape(const struct executed *const *order, size_t count, uint32_t last_call);

#endif
