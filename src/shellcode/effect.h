/* What an instruction does to registers and flags, so that those without any effect on what follows
 * (slides, junk between the others) can be told from the rest. Zydis decodes. */
#ifndef KENBI_SHELLCODE_EFFECT_H
#define KENBI_SHELLCODE_EFFECT_H

#include "base/base.h"
#include "x86/x86.h"

/* Sets of registers: bit enum x86_register, and one for the arithmetic flags. */
enum { EFFECT_FLAGS = 1 << X86_REGISTERS };

struct effect {
	uint32_t reads;
	uint32_t writes;  /* wholly: what they held before does not matter any more */
	uint32_t touches; /* in part or wholly */
	bool asks;	  /* a system call: set by who knows which registers that reads */
	bool stores;	  /* into memory elsewhere than by the stack pointer */
	bool lasting;	  /* memory, the stack, control flow, or what else is not followed here */
};

/* Of the instruction that `code` begins with; lasting when it is none. */
struct effect effect_of(enum x86_mode mode, struct bytes code);

#endif
