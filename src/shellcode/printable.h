/* Printable code must change itself, or build what it does on the stack, before it can jump back or
 * call anything: cheap judgements of runs of printable bytes by that. */
#ifndef KENBI_SHELLCODE_PRINTABLE_H
#define KENBI_SHELLCODE_PRINTABLE_H

#include "shellcode/glance.h"

enum printable {
	PRINTABLE_NOT,	  /* no code */
	PRINTABLE_WRITES, /* it may write into itself, through a register that points at it */
	PRINTABLE_BUILDS  /* or build its payload on the stack, by sums that are pushed */
};

/* What the characters of a run hold of what such code needs. Asked before it is decoded as code. */
enum printable printable_run(struct bytes run);
/* The same by the vectors of the compiler, on every processor. */
enum printable printable_run_plainly(struct bytes run);
/* The length of the printable instruction at `at`, which INSTRUCTION_MAX bytes follow; 0: it is
 * none that code has; INSTRUCTION_MAX + 1: it needs a closer look. */
unsigned printable_length(enum x86_mode mode, const uint8_t *at);
/* The widths (1 << enum x86_mode) in which the run from `start` to `end` may begin with code: the
 * way straight through it has twenty instructions, and enough of what such code needs among them,
 * before it comes to what nobody writes. *cost grows by what the look cost, see share.h. */
unsigned printable_widths(struct bytes bytes, size_t start, size_t end, uint64_t *cost);

#endif
