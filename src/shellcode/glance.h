/* One instruction at a glance: length, flow and a few traits, by table, without a full decoder.
 *
 * Searching a stream asks this of millions of offsets. What every compiler and most shellcode emit
 * (the one-byte opcodes and the integer part of 0F) is answered here; the rest (VEX, EVEX, XOP,
 * SSE, lock, reserved x87 forms) is handed to instruction_step. Both always give the same length,
 * flow and target; a test holds them to it. Encodings: Intel SDM vol. 2, appendix A. */
#ifndef KENBI_SHELLCODE_GLANCE_H
#define KENBI_SHELLCODE_GLANCE_H

#include "shellcode/instruction.h"

/* What the filters ask of an instruction; several may hold. */
enum glance_trait {
	GLANCE_PUSH = 1 << 0, /* onto the stack: a word, flags or all registers */
	GLANCE_POP = 1 << 1,  /* from the stack into a register, memory or all registers */
	GLANCE_FPU = 1 << 2, /* x87, and not one of the control instructions that leave FIP alone */
	GLANCE_SETS_AX = 1 << 3,    /* gives all of eax a new value, or may */
	GLANCE_TOUCHES_AX = 1 << 4, /* changes the value that eax has, or a part of it */
	GLANCE_STORE = 1 << 5, /* changes memory through a register other than the stack pointer */
	GLANCE_LOAD = 1 << 6,  /* reads memory through a register other than the stack pointer */
	GLANCE_STACK_TAKEN = 1 << 7, /* copies the stack pointer: an address for the code to use */
	GLANCE_SCAN = 1 << 8,	     /* compares memory */
	GLANCE_RARE = 1 << 9,	     /* what nobody writes: bound, arpl, far moves, zeros */
	GLANCE_NOWHERE = 1 << 14, /* cannot be passed: reads or writes at a fixed address where no
				     process has memory, or an interrupt that no system answers */
	GLANCE_ASKED = 1 << 13,	  /* nothing of the code's: the full decoder had to be asked */
	/* only of ways, see start.h */
	GLANCE_LOOP = 1 << 10,	 /* a branch back to an instruction of the way */
	GLANCE_SYSTEM = 1 << 11, /* a system call */
	GLANCE_CALL = 1 << 12
};

/* As instruction_step, with the traits filled. */
struct step glance(enum x86_mode mode, struct bytes code);

/* The same without traits (but GLANCE_ASKED), for half of the price. */
struct step glance_length(enum x86_mode mode, struct bytes code);

/* The general registers that the instruction gives a value of its own, or may, rather than changes
 * the one they have: one bit each, 64-bit mode's upper eight by their lower three bits. */
unsigned glance_sets(enum x86_mode mode, struct bytes code);

/* The offset of the opcode behind legacy prefixes and REX; code.length when there is none. */
size_t glance_opcode(enum x86_mode mode, struct bytes code);

#endif
