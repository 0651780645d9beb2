/* What the simulator and the host's processor are asked to do: cases for tests/x86/differential.h.
 *
 * Three ways lead to a case. The walk goes through every encoding (prefixes, opcode map, opcode,
 * ModRM) and makes a case of each that an implemented instruction has. Random cases are random
 * bytes that decode, or that do not. Sequences are a few instructions in a row, with loops and
 * stores into their own bytes. All get random registers and flags, and addresses that mostly hit
 * the data pages or their borders. */
#ifndef KENBI_TEST_X86_CASES_H
#define KENBI_TEST_X86_CASES_H

#include <Zydis/Zydis.h>

#include "base/base.h"
#include "native.h"

enum case_kind {
	CASE_INSTRUCTION,
	CASE_INVALID, /* bytes that are no instruction, or one that is not for user code */
	CASE_SEQUENCE,
	CASE_KINDS
};

struct case_plan {
	enum case_kind kind;
	ZydisDecodedInstruction instruction; /* the first one */
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	uint64_t operand_address; /* linear, of the first memory operand; 0: there is none */
	bool near_limit;	  /* an operand lies around the end of its segment or space */
	unsigned undefined_flags; /* eflags and x87 status bits that nobody defines afterwards */
	unsigned undefined_status;
};

struct cases {
	struct random random;
	ZydisDecoder decoder;
	bool wide;
	unsigned features; /* NATIVE_HAS_… */
	const uint8_t (*memory)[NATIVE_PAGE];
	bool thorough;	   /* the walk takes every ModRM byte, not one of each kind */
	uint64_t position; /* of the walk */
	uint64_t end;
};

/* Borrows `memory`, what the pages hold before each case. The decoder is the machine's, so that
 * both see the same instructions. */
void cases_init(struct cases *cases, const ZydisDecoder *decoder, uint64_t seed, unsigned features,
		bool thorough, const uint8_t (*memory)[NATIVE_PAGE]);
/* The next case of the walk; false at its end. */
bool cases_walk(struct cases *cases, struct native_case *one, struct case_plan *plan);
/* A case at random, of any kind. */
void cases_random(struct cases *cases, struct native_case *one, struct case_plan *plan);

/* --- case_state.c: registers and memory before a case --- */

static inline bool case_one_in(struct random *random, unsigned count)
{
	return random_below(random, count) == 0;
}

/* A register's worth of bits, often from an edge or an address of the data pages. */
uint64_t case_value(struct random *random);
/* Vector registers hold small and large numbers in every reading: integers, floats, doubles. */
void case_vector(struct random *random, uint8_t at[16]);
/* An 80-bit value of the x87 stack: mostly numbers near one, some of the special ones. */
void case_real(struct random *random, uint8_t *at);
/* Control words, and a status whose waiting exceptions are summarised as the processor does. */
uint16_t case_x87_control(struct random *random);
uint16_t case_x87_status(struct random *random, unsigned control);
uint32_t case_mxcsr(struct random *random);
/* The 512 bytes that fxsave writes. */
void case_fxsave(struct random *random, uint8_t *area);
/* A stack pointer, now and then near the end of what is mapped. */
uint64_t case_stack(struct random *random);
/* General registers, flags, segments, x87 and SSE, and where the code is. */
void case_state(struct cases *cases, struct native_case *one);
/* Masks the x87 and SSE exceptions. */
void case_mask(struct native_case *one);
/* --- case_operands.c: where the instruction of a plan reads and writes --- */

/* Moves registers and displacements so that the operands of the instruction, whose bytes are at
 * `bytes` and which will run at `ip`, mostly hit something. `itself`: its own bytes too, when it
 * runs once only: what comes out of that, nobody knows. */
void case_aim(struct cases *cases, struct native_case *one, const struct case_plan *plan,
	      uint8_t *bytes, uint64_t ip, bool itself);
/* What single instructions need beyond that: selectors, frames, counts. Sets steps. */
void case_prepare(struct cases *cases, struct native_case *one, struct case_plan *plan);
/* Is an operand of it around the end of its segment or of the 32-bit space, where it wraps? */
bool case_near_limit(const struct native_case *one, const struct case_plan *plan);
/* The linear address of a memory operand. */
uint64_t case_address(const struct native_case *one, const ZydisDecodedInstruction *instruction,
		      const ZydisDecodedOperand *operand, uint64_t ip);

#endif
