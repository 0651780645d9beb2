/* Printable code must change itself, or build what it does on the stack, before it can jump back or
 * call anything: cheap judgements of runs of printable bytes by that. */
#ifndef KENBI_SHELLCODE_PRINTABLE_H
#define KENBI_SHELLCODE_PRINTABLE_H

#include "shellcode/glance.h"

enum { PRINTABLE_SHORTEST = 20 /* instructions of code */ };

/* The length of the printable instruction at `at`, which INSTRUCTION_MAX bytes follow; 0: it is
 * none that code has; INSTRUCTION_MAX + 1: it needs a closer look. */
unsigned printable_length(enum x86_mode mode, const uint8_t *at);
/* The same by its first two bytes, of which the first is printable. A prefix may be an instruction
 * of its own. */
unsigned printable_stride(enum x86_mode mode, uint8_t first, uint8_t second);
/* In which of these widths (1 << enum x86_mode) may the run from `start` to `end` begin with code:
 * has the way straight through it PRINTABLE_SHORTEST instructions, and enough of what such code
 * needs among them, before it comes to what nobody writes? *cost grows by what the look cost, see
 * share.h. */
unsigned printable_widths(struct bytes bytes, size_t start, size_t end, unsigned widths,
			  uint64_t *cost);

#endif
