/* Runs of letters as instructions, many at a time: which of them come far enough to be worth a look
 * one by one (printable_widths).
 *
 * Nearly all letters that happen to be instructions soon come to one that nobody writes. To see
 * that takes a few steps from one length to the next, each of which waits for the one before; steps
 * of different runs do not wait for each other. */
#ifndef KENBI_SHELLCODE_STRIDES_H
#define KENBI_SHELLCODE_STRIDES_H

#include "shellcode/glance.h"
#include "shellcode/ingredients.h"

enum {
	STRIDES_RUNS = 32, /* at a time */
	STRIDES_COST = 16  /* of a run, in nanoseconds, see share.h */
};

/* By the first two bytes of an instruction, the first of them lower. */
struct strides {
	uint8_t by_two[2][1 << 16]; /* by enum x86_mode */
};

void strides_init(struct strides *strides);
/* Tells in which widths each of at most STRIDES_RUNS printable runs may be what printable_widths
 * asks for; where it does not tell them, printable_widths tells none of them either. */
void strides_judge(const struct strides *strides, struct bytes bytes, struct ingredients_run *runs,
		   size_t count);

#endif
