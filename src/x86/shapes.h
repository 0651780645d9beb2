/* Specialised handlers: the same function compiled for one operand size and one combination of
 * operand kinds.
 *
 * A file that wants them writes its semantics as an INLINE function of (size, target kind, source
 * kind), and one SHAPES_… line makes the functions and their table. The decoder takes the table's
 * entry where there is one; the general handler serves all other combinations. */
#ifndef KENBI_X86_SHAPES_H
#define KENBI_X86_SHAPES_H

#include "x86/machine.h"

enum shape {
	SHAPE_RR, /* register, register */
	SHAPE_RI, /* register, immediate */
	SHAPE_RM,
	SHAPE_MR,
	SHAPE_MI,
	SHAPE_R,
	SHAPE_M,
	SHAPE_I,
	SHAPE_NONE, /* no operand */
	SHAPES
};

/* By the binary logarithm of the size. */
typedef handler *const shape_table[4][SHAPES];

#define SHAPE_FUNCTION(name, body, suffix, size, target, source, ...)                         \
	static struct operation *name##_##suffix##size(struct x86 *cpu, struct operation *op) \
	{                                                                                     \
		return onward(cpu, op,                                                        \
			      body(cpu, op, size, OPERAND_##target,                           \
				   OPERAND_##source __VA_OPT__(, ) __VA_ARGS__));             \
	}
#define SHAPE_EACH_SIZE(name, body, suffix, target, source, ...)                         \
	SHAPE_FUNCTION(name, body, suffix, 1, target, source __VA_OPT__(, ) __VA_ARGS__) \
	SHAPE_FUNCTION(name, body, suffix, 2, target, source __VA_OPT__(, ) __VA_ARGS__) \
	SHAPE_FUNCTION(name, body, suffix, 4, target, source __VA_OPT__(, ) __VA_ARGS__) \
	SHAPE_FUNCTION(name, body, suffix, 8, target, source __VA_OPT__(, ) __VA_ARGS__)

#define SHAPE_TWO(name, size)                                               \
	{                                                                   \
		[SHAPE_RR] = name##_rr##size, [SHAPE_RI] = name##_ri##size, \
		[SHAPE_RM] = name##_rm##size, [SHAPE_MR] = name##_mr##size, \
		[SHAPE_MI] = name##_mi##size                                \
	}
/* Two operands, every combination. Further arguments go to the body. */
#define SHAPES_TWO(name, body, ...)                                                               \
	SHAPE_EACH_SIZE(name, body, rr, REGISTER, REGISTER __VA_OPT__(, ) __VA_ARGS__)            \
	SHAPE_EACH_SIZE(name, body, ri, REGISTER, IMMEDIATE __VA_OPT__(, ) __VA_ARGS__)           \
	SHAPE_EACH_SIZE(name, body, rm, REGISTER, MEMORY __VA_OPT__(, ) __VA_ARGS__)              \
	SHAPE_EACH_SIZE(name, body, mr, MEMORY, REGISTER __VA_OPT__(, ) __VA_ARGS__)              \
	SHAPE_EACH_SIZE(name, body, mi, MEMORY, IMMEDIATE __VA_OPT__(, ) __VA_ARGS__)             \
	shape_table shapes_##name = { SHAPE_TWO(name, 1), SHAPE_TWO(name, 2), SHAPE_TWO(name, 4), \
				      SHAPE_TWO(name, 8) };

#define SHAPE_ONE(name, size)                                          \
	{                                                              \
		[SHAPE_R] = name##_r##size, [SHAPE_M] = name##_m##size \
	}
/* One operand, register or memory. */
#define SHAPES_ONE(name, body, ...)                                                               \
	SHAPE_EACH_SIZE(name, body, r, REGISTER, NONE __VA_OPT__(, ) __VA_ARGS__)                 \
	SHAPE_EACH_SIZE(name, body, m, MEMORY, NONE __VA_OPT__(, ) __VA_ARGS__)                   \
	shape_table shapes_##name = { SHAPE_ONE(name, 1), SHAPE_ONE(name, 2), SHAPE_ONE(name, 4), \
				      SHAPE_ONE(name, 8) };

/* clang-format off */
/* Functions for the sixteen conditions, and their table. */
#define CONDITION_FUNCTION(name, body, code) \
	struct operation *name##_if##code(struct x86 *cpu, struct operation *op) \
	{ \
		return body(cpu, op, code); \
	}
#define CONDITIONS(name, body) \
	CONDITION_FUNCTION(name, body, 0) \
	CONDITION_FUNCTION(name, body, 1) \
	CONDITION_FUNCTION(name, body, 2) \
	CONDITION_FUNCTION(name, body, 3) \
	CONDITION_FUNCTION(name, body, 4) \
	CONDITION_FUNCTION(name, body, 5) \
	CONDITION_FUNCTION(name, body, 6) \
	CONDITION_FUNCTION(name, body, 7) \
	CONDITION_FUNCTION(name, body, 8) \
	CONDITION_FUNCTION(name, body, 9) \
	CONDITION_FUNCTION(name, body, 10) \
	CONDITION_FUNCTION(name, body, 11) \
	CONDITION_FUNCTION(name, body, 12) \
	CONDITION_FUNCTION(name, body, 13) \
	CONDITION_FUNCTION(name, body, 14) \
	CONDITION_FUNCTION(name, body, 15) \
	handler *const conditions_##name[16] = { \
		name##_if0, name##_if1, name##_if2, name##_if3, name##_if4, name##_if5, \
		name##_if6, name##_if7, name##_if8, name##_if9, name##_if10, name##_if11, \
		name##_if12, name##_if13, name##_if14, name##_if15 \
	};

/* Mnemonics with a table, by the size of their first operand … */
#define X86_SHAPES(ROW) \
	ROW(ADD, add) ROW(ADC, adc) ROW(SUB, sub) ROW(SBB, sbb) ROW(CMP, cmp) ROW(AND, and) ROW(OR, or) \
	ROW(XOR, xor) ROW(TEST, test) ROW(INC, inc) ROW(DEC, dec) ROW(MOV, mov) ROW(LEA, lea) ROW(SHL, shl) \
	ROW(SHR, shr) ROW(SAR, sar) ROW(ROL, rol) ROW(ROR, ror) ROW(XCHG, xchg) \
	ROW(MOVZX, movzx) ROW(MOVSX, movsx)
/* … and by the operand size attribute: the stack and the branches. */
#define X86_WIDTH_SHAPES(ROW) \
	ROW(PUSH, push) ROW(POP, pop) ROW(CALL, call) ROW(RET, ret) ROW(JMP, jmp)

#define DECLARE(mnemonic, name) extern shape_table shapes_##name;
X86_SHAPES(DECLARE)
X86_WIDTH_SHAPES(DECLARE)
#undef DECLARE
/* clang-format on */

extern handler jcc_if0, jcc_if1, jcc_if2, jcc_if3, jcc_if4, jcc_if5, jcc_if6, jcc_if7, jcc_if8,
	jcc_if9, jcc_if10, jcc_if11, jcc_if12, jcc_if13, jcc_if14, jcc_if15;
extern handler *const conditions_jcc[16];

#endif
