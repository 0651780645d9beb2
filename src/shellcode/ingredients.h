/* What the characters of a printable run hold of what code made of such needs: changes of what lies
 * behind them, or what builds words on the stack. Counted by vectors, whatever is an instruction
 * among them. */
#ifndef KENBI_SHELLCODE_INGREDIENTS_H
#define KENBI_SHELLCODE_INGREDIENTS_H

#include "base/base.h"

enum {
	INGREDIENTS_PATCHES = 2, /* that a decoder has at least */
	INGREDIENTS_PUSHES = 3,	 /* words that code built on the stack has at least */
	INGREDIENTS_SUMS = 2 * INGREDIENTS_PUSHES
};

struct ingredients {
	unsigned patches; /* xor [register + distance], register */
	unsigned sums;	  /* eax combined with 32 bits: that is how any value is made */
	unsigned pushes;
};

/* Builds it words? */
static inline bool ingredients_build(const struct ingredients *seen)
{
	return seen->sums >= INGREDIENTS_SUMS && seen->pushes >= INGREDIENTS_PUSHES;
}

/* Does an opcode combine eax with 32 bits? */
static inline bool ingredients_is_sum(uint8_t opcode)
{
	return opcode == 0x25 || opcode == 0x2d || opcode == 0x35;
}

/* What the run holds, counted until it builds. */
struct ingredients ingredients_of(struct bytes run);
/* A part of the bytes. */
struct ingredients_run {
	size_t start, end;
	unsigned widths; /* 1 << enum x86_mode, see strides.h */
};

/* Keeps those of the runs  in order, that have two patches, or sums
 * enough; returns how many. With AVX-512 where the processor has it; tests ask both. */
size_t ingredients_keep(struct bytes bytes, struct ingredients_run *runs, size_t count);
size_t ingredients_keep_plainly(struct bytes bytes, struct ingredients_run *runs, size_t count);

#endif
