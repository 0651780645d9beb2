/* Where the number of a system call comes from, by the way that leads to it.
 *
 * A way is followed from the call back to its beginning, one instruction at a time, and with it the
 * place where the number is at that point: eax at the call, another register before an exchange, a
 * word of the stack before a pop. It ends where an instruction makes a value of its own. A number
 * that is still in a register or on the stack where the run begins is what a convention (world.h)
 * has put there: with pointers everywhere no number at all. */
#ifndef KENBI_SHELLCODE_NUMBER_H
#define KENBI_SHELLCODE_NUMBER_H

#include "shellcode/instruction.h"

enum number_kind {
	NUMBER_IN_REGISTER, /* place: its number */
	NUMBER_ON_STACK,    /* place: words above the top */
	NUMBER_MADE,	    /* by the way, in whatever manner */
	NUMBER_WRONG	    /* by the way: one that no system has */
};

struct number {
	uint8_t kind; /* enum number_kind */
	uint8_t place;
	bool changed; /* something was added, or a part of it replaced */
};

/* At the call itself. */
static inline struct number number_at_call(void)
{
	return (struct number){ NUMBER_IN_REGISTER, X86_AX, false };
}

/* Before the instruction that `code` begins with, from what it is behind it. */
struct number number_before(enum x86_mode mode, struct bytes code, struct number number);
/* Could it be one where the run begins? `zero`: with registers that are 0, else with pointers. */
bool number_possible(struct number number, bool zero);

#endif
