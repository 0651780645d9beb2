/* Following code ahead without executing it: straight on, through jumps and into calls. */
#ifndef KENBI_SHELLCODE_WALK_H
#define KENBI_SHELLCODE_WALK_H

#include "shellcode/sweep.h"

/* Begins with `sweep` and `next`, the rest 0. */
struct walk {
	struct sweep *sweep;
	size_t at, next; /* the present instruction, and the one behind it as it is executed */
	struct step step;
	unsigned steps;
};

/* One instruction on; false at the end of what can be followed. */
bool walk_on(struct walk *walk);
/* Has it come to where only execution knows how it goes on? */
static inline bool walk_ends(const struct walk *walk)
{
	return walk->step.flow == FLOW_RETURN || walk->step.flow == FLOW_INDIRECT;
}

/* Opcode and ModRM of an instruction, if it has one. */
struct opcode {
	size_t at; /* of the opcode, in the piece */
	uint8_t first, modrm, sib;
	bool memory;
};

struct opcode opcode_at(struct sweep *sweep, enum x86_mode mode, size_t offset);
/* Base and index registers of a memory operand, one bit each; 64-bit mode's upper eight by their
 * lower three bits. */
unsigned opcode_registers(const struct opcode *opcode);
/* Is it an integer instruction with an operand in ModRM? */
bool opcode_has_operand(const struct opcode *opcode);

/* Where a value may be, as far as registers go. */
struct taint {
	unsigned registers; /* that hold it, one bit each */
	bool pushed;
};

/* The instruction is executed: it may copy the value. */
void taint_move(struct taint *taint, const struct opcode *opcode);

#endif
