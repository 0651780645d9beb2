/* Which of the instructions that were executed are the payload, and what it looks like: the raw
 * material of the kind.
 *
 * The payload is what runs after the last layer of decoding; a layer is a burst of writes of a loop
 * that made several of the executed instructions, so that code which patches a byte of itself or
 * lays a few instructions on the stack is none (nor is a decoder without a loop). Of the
 * payload only what something later depends on counts: slides, junk, and what a decoder leaves in
 * registers do not. */
#ifndef KENBI_SHELLCODE_PAYLOAD_H
#define KENBI_SHELLCODE_PAYLOAD_H

#include "shellcode/footprint.h"

/* Of `count` instructions in order of their first execution: hash of the payload's shapes, without
 * constants and addresses. */
uint64_t payload_shape(const struct executed **order, size_t count);

#endif
