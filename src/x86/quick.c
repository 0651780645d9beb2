/* The everyday encodings, decoded without Zydis: one-byte opcodes and a few behind 0f, with no
 * prefix but REX.
 *
 * Cold code is mostly made of these, and a full decoding costs ten times the execution. Whatever is
 * not here is left to Zydis; what is here gives the same operation, bit for bit
 * (tests/x86/test_decode.c). */
#include "x86/decode.h"
#include "x86/handlers.h"
#include "x86/shapes.h"

#include <string.h>

enum form {
	FORM_NONE,     /* not here */
	FORM_PLAIN,    /* no operand */
	FORM_MR,       /* r/m, reg */
	FORM_RM,       /* reg, r/m */
	FORM_AI,       /* accumulator, immediate */
	FORM_REG,      /* the register in the opcode */
	FORM_REG_I,    /* that, and an immediate of the full size */
	FORM_PUSH_I,   /* a sign-extended immediate */
	FORM_RELATIVE, /* a branch distance */
	FORM_JCC,      /* that of a condition */
	FORM_M_I,      /* r/m, immediate */
	FORM_M_I8,     /* r/m, sign-extended byte */
	FORM_SHIFT,    /* r/m, byte */
	FORM_SHIFT_1,  /* r/m, one */
	FORM_M,	       /* r/m */
	FORM_LEA,      /* reg, an address */
	FORM_EXTEND    /* reg, smaller r/m */
};

/* Who executes: the general handler, and the handlers for just one size and shape (may be NULL). */
struct semantics {
	handler *general;
	shape_table *shapes;
};

struct encoding {
	const struct semantics *semantics; /* one, or eight of which modrm.reg chooses */
	uint8_t form;
	uint8_t size;  /* 1, or 0 for the operand size; of FORM_EXTEND the source's */
	uint8_t modrm; /* 1: there is a modrm byte */
	uint8_t group; /* 7: modrm.reg chooses among eight semantics */
	uint8_t wide; /* 1: the stack, or a branch; 64 bits wide in 64-bit mode without any REX.W */
	uint8_t prefixes; /* PREFIX_STACK: pushes or pops; PREFIX_BRANCH */
};

#define SEMANTICS(name)                    \
	{                                  \
		run_##name, &shapes_##name \
	}
static const struct semantics add = SEMANTICS(add), or = SEMANTICS(or), adc = SEMANTICS(adc),
			      sbb = SEMANTICS(sbb), and = SEMANTICS(and), sub = SEMANTICS(sub),
			      xor = SEMANTICS(xor), cmp = SEMANTICS(cmp), test = SEMANTICS(test),
			      mov = SEMANTICS(mov), inc = SEMANTICS(inc), dec = SEMANTICS(dec),
			      push = SEMANTICS(push), pop = SEMANTICS(pop),
			      lea = SEMANTICS(lea), xchg = SEMANTICS(xchg), call = SEMANTICS(call), ret = SEMANTICS(ret), jmp = SEMANTICS(jmp),
			      movzx = { run_movzx, NULL }, movsx = { run_movsx, NULL };
static const struct semantics alu_group[8] = { SEMANTICS(add), SEMANTICS(or),  SEMANTICS(adc),
					       SEMANTICS(sbb), SEMANTICS(and), SEMANTICS(sub),
					       SEMANTICS(xor), SEMANTICS(cmp) };
static const struct semantics shift_group[8] = { SEMANTICS(rol),    SEMANTICS(ror),
						 { run_rcl, NULL }, { run_rcr, NULL },
						 SEMANTICS(shl),    SEMANTICS(shr),
						 { NULL, NULL },    SEMANTICS(sar) };
static const struct semantics step_group[8] = { SEMANTICS(inc), SEMANTICS(dec) };
static const struct semantics mov_group[8] = { SEMANTICS(mov) };

#define RM(name, form, size)                  \
	{                                     \
		&name, form, size, .modrm = 1 \
	}
#define GROUP(name, form, size)                                  \
	{                                                        \
		name##_group, form, size, .modrm = 1, .group = 7 \
	}
#define STACK(name, form, size)                                        \
	{                                                              \
		&name, form, size, .wide = 1, .prefixes = PREFIX_STACK \
	}
#define BRANCH(semantics, form, size)                                       \
	{                                                                   \
		semantics, form, size, .wide = 1, .prefixes = PREFIX_BRANCH \
	}
#define ALU(base, name)                                                       \
	[base] = RM(name, FORM_MR, 1), [base + 1] = RM(name, FORM_MR, 0),     \
	[base + 2] = RM(name, FORM_RM, 1), [base + 3] = RM(name, FORM_RM, 0), \
	[base + 4] = { &name, FORM_AI, 1 }, [base + 5] = { &name, FORM_AI, 0 }

static const struct encoding one_byte[256] = {
	ALU(0x00, add),
	ALU(0x08, or),
	ALU(0x10, adc),
	ALU(0x18, sbb),
	ALU(0x20, and),
	ALU(0x28, sub),
	ALU(0x30, xor),
	ALU(0x38, cmp),
	[0x40 ... 0x47] = { &inc, FORM_REG, 0 }, /* REX in 64-bit mode: eaten before */
	[0x48 ... 0x4f] = { &dec, FORM_REG, 0 },
	[0x50 ... 0x57] = STACK(push, FORM_REG, 0),
	[0x58 ... 0x5f] = STACK(pop, FORM_REG, 0),
	[0x68] = STACK(push, FORM_PUSH_I, 0),
	[0x6a] = STACK(push, FORM_PUSH_I, 1),
	[0x70 ... 0x7f] = BRANCH(NULL, FORM_JCC, 1),
	[0x80] = GROUP(alu, FORM_M_I, 1),
	[0x81] = GROUP(alu, FORM_M_I, 0),
	[0x83] = GROUP(alu, FORM_M_I8, 0),
	[0x84] = RM(test, FORM_MR, 1),
	[0x85] = RM(test, FORM_MR, 0),
	[0x86] = RM(xchg, FORM_MR, 1),
	[0x87] = RM(xchg, FORM_MR, 0),
	[0x88] = RM(mov, FORM_MR, 1),
	[0x89] = RM(mov, FORM_MR, 0),
	[0x8a] = RM(mov, FORM_RM, 1),
	[0x8b] = RM(mov, FORM_RM, 0),
	[0x8d] = RM(lea, FORM_LEA, 0),
	[0xa8] = { &test, FORM_AI, 1 },
	[0xa9] = { &test, FORM_AI, 0 },
	[0xb0 ... 0xb7] = { &mov, FORM_REG_I, 1 },
	[0xb8 ... 0xbf] = { &mov, FORM_REG_I, 0 },
	[0xc0] = GROUP(shift, FORM_SHIFT, 1),
	[0xc1] = GROUP(shift, FORM_SHIFT, 0),
	[0xc3] = STACK(ret, FORM_PLAIN, 0),
	[0xc6] = GROUP(mov, FORM_M_I, 1),
	[0xc7] = GROUP(mov, FORM_M_I, 0),
	[0xd0] = GROUP(shift, FORM_SHIFT_1, 1),
	[0xd1] = GROUP(shift, FORM_SHIFT_1, 0),
	[0xe8] = { &call, FORM_RELATIVE, 0, .wide = 1, .prefixes = PREFIX_STACK | PREFIX_BRANCH },
	[0xe9] = BRANCH(&jmp, FORM_RELATIVE, 0),
	[0xeb] = BRANCH(&jmp, FORM_RELATIVE, 1),
	[0xfe] = GROUP(step, FORM_M, 1),
	[0xff] = GROUP(step, FORM_M, 0),
};

static const struct encoding two_byte[256] = {
	[0x80 ... 0x8f] = BRANCH(NULL, FORM_JCC, 0), [0xb6] = RM(movzx, FORM_EXTEND, 1),
	[0xb7] = RM(movzx, FORM_EXTEND, 2),	     [0xbe] = RM(movsx, FORM_EXTEND, 1),
	[0xbf] = RM(movsx, FORM_EXTEND, 2),
};

/* What is being decoded; `at` is the next byte. There are always LONGEST_INSTRUCTION bytes. */
struct cursor {
	const uint8_t *at;
	unsigned rex; /* 0: none */
	bool wide;    /* 64-bit mode */
	unsigned modrm;
};

INLINE int64_t take_signed(struct cursor *cursor, unsigned size)
{
	int32_t number;

	if (size == 1)
		return (int8_t)*cursor->at++;
	memcpy(&number, cursor->at, sizeof number);
	cursor->at += sizeof number;
	return number;
}

/* The byte offset of a register in the file; without REX the bytes 4 to 7 are ah, ch, dh, bh. */
INLINE uint8_t register_offset(const struct cursor *cursor, unsigned number, unsigned size)
{
	bool high = (size == 1) & (cursor->rex == 0) & (number >> 2 & 1);

	return (uint8_t)(8 * number - (high ? 8 * 4 - 1 : 0));
}

/* The default segment, and what follows from it. */
INLINE void set_segment(const struct cursor *cursor, struct operation *op)
{
	bool stack = op->base == X86_SP || op->base == X86_BP;

	if (stack)
		op->prefixes |= PREFIX_STACK;
	if (!cursor->wide)
		op->segment = stack ? X86_SS : X86_DS;
}

/* The memory operand behind a modrm byte with mod != 3. */
INLINE void quick_memory(struct cursor *cursor, struct operation *op)
{
	unsigned mod = cursor->modrm >> 6, rm = cursor->modrm & 7;

	if (rm == 4) {
		unsigned sib = *cursor->at++;
		unsigned index = (sib >> 3 & 7) | (cursor->rex & 2) << 2;
		if (index != 4) {
			op->index = (uint8_t)index;
			op->scale = (uint8_t)(sib >> 6);
		}
		rm = sib & 7;
		if (rm == 5 && mod == 0)
			mod = 2;
		else
			op->base = (uint8_t)(rm | (cursor->rex & 1) << 3);
	} else if (rm == 5 && mod == 0) {
		mod = 2;
		if (cursor->wide) /* completed when the length is known */
			op->displacement = (int64_t)op->address;
	} else {
		op->base = (uint8_t)(rm | (cursor->rex & 1) << 3);
	}
	if (mod != 0)
		op->displacement += take_signed(cursor, mod == 1 ? 1 : 4);
	set_segment(cursor, op);
}

/* The r/m operand as target or source: its kind and number. */
INLINE enum operand_kind rm_operand(struct cursor *cursor, struct operation *op, unsigned size,
				    uint8_t *number)
{
	if (cursor->modrm >= 0xc0) {
		*number =
			register_offset(cursor, (cursor->modrm & 7) | (cursor->rex & 1) << 3, size);
		return OPERAND_REGISTER;
	}
	quick_memory(cursor, op);
	return OPERAND_MEMORY;
}

INLINE uint8_t reg_operand(const struct cursor *cursor, unsigned size)
{
	return register_offset(cursor, (cursor->modrm >> 3 & 7) | (cursor->rex & 4) << 1, size);
}

/* r/m, reg */
INLINE enum shape into_rm(struct cursor *cursor, struct operation *op)
{
	enum operand_kind kind = rm_operand(cursor, op, op->size, &op->target);

	op->target_kind = (uint8_t)kind;
	op->source = reg_operand(cursor, op->size);
	op->source_kind = OPERAND_REGISTER;
	op->source_size = op->size;
	return kind == OPERAND_MEMORY ? SHAPE_MR : SHAPE_RR;
}

/* reg, r/m */
INLINE enum shape from_rm(struct cursor *cursor, struct operation *op, unsigned source_size)
{
	enum operand_kind kind = rm_operand(cursor, op, source_size, &op->source);

	op->source_kind = (uint8_t)kind;
	op->source_size = (uint8_t)source_size;
	op->target = reg_operand(cursor, op->size);
	op->target_kind = OPERAND_REGISTER;
	return kind == OPERAND_MEMORY ? SHAPE_RM : SHAPE_RR;
}

/* r/m alone, or with an immediate. */
INLINE enum shape only_rm(struct cursor *cursor, struct operation *op)
{
	enum operand_kind kind = rm_operand(cursor, op, op->size, &op->target);

	op->target_kind = (uint8_t)kind;
	return kind == OPERAND_MEMORY ? SHAPE_M : SHAPE_R;
}

INLINE void take_immediate(struct cursor *cursor, struct operation *op, unsigned bytes)
{
	op->source_kind = OPERAND_IMMEDIATE;
	op->immediate = (uint64_t)take_signed(cursor, bytes);
	op->source_size = (uint8_t)bytes;
}

INLINE enum shape rm_immediate(struct cursor *cursor, struct operation *op, unsigned bytes)
{
	enum shape shape = only_rm(cursor, op);

	take_immediate(cursor, op, bytes);
	return shape == SHAPE_M ? SHAPE_MI : SHAPE_RI;
}

INLINE enum shape rm_shift(struct cursor *cursor, struct operation *op, bool by_one)
{
	enum shape shape = only_rm(cursor, op);

	op->source_kind = OPERAND_IMMEDIATE;
	op->source_size = 1;
	op->immediate = by_one ? 1 : *cursor->at++;
	return shape == SHAPE_M ? SHAPE_MI : SHAPE_RI;
}

INLINE enum shape opcode_register(const struct cursor *cursor, unsigned opcode,
				  struct operation *op)
{
	op->target_kind = OPERAND_REGISTER;
	op->target = register_offset(cursor, (opcode & 7) | (cursor->rex & 1) << 3, op->size);
	return SHAPE_R;
}

INLINE enum shape only_immediate(struct operation *op, unsigned bytes)
{
	op->target_kind = OPERAND_IMMEDIATE;
	op->size = (uint8_t)bytes;
	return SHAPE_I;
}

/* Reads the operands and gives their shape; SHAPES when the encoding is not for here after all. */
INLINE enum shape quick_operands(struct cursor *cursor, const struct encoding *encoding,
				 unsigned opcode, struct operation *op)
{
	unsigned full = op->size == 1 ? 1 : 4; /* an immediate */

	switch ((enum form)encoding->form) {
	case FORM_PLAIN: op->size = 0; return SHAPE_NONE;
	case FORM_MR: return into_rm(cursor, op);
	case FORM_RM: return from_rm(cursor, op, op->size);
	case FORM_EXTEND: return from_rm(cursor, op, encoding->size);
	case FORM_LEA:
		return cursor->modrm >= 0xc0 ? SHAPES : from_rm(cursor, op, cursor->wide ? 8 : 4);
	case FORM_AI:
		op->target_kind = OPERAND_REGISTER;
		take_immediate(cursor, op, full);
		return SHAPE_RI;
	case FORM_REG: return opcode_register(cursor, opcode, op);
	case FORM_REG_I:
		if (op->size == 8)
			return SHAPES;
		opcode_register(cursor, opcode, op);
		take_immediate(cursor, op, full);
		return SHAPE_RI;
	case FORM_PUSH_I:
		only_immediate(op, encoding->size ? 1 : 4);
		op->immediate = (uint64_t)take_signed(cursor, op->size);
		return SHAPE_I;
	case FORM_RELATIVE:
	case FORM_JCC:
		only_immediate(op, encoding->size ? 1 : 4);
		op->displacement = take_signed(cursor, op->size);
		return SHAPE_I;
	case FORM_M: return only_rm(cursor, op);
	case FORM_M_I: return rm_immediate(cursor, op, full);
	case FORM_M_I8: return rm_immediate(cursor, op, 1);
	case FORM_SHIFT: return rm_shift(cursor, op, false);
	case FORM_SHIFT_1: return rm_shift(cursor, op, true);
	default: return SHAPES;
	}
}

INLINE unsigned decode_for(bool wide, uint64_t address, const uint8_t *bytes, struct operation *op)
{
	struct cursor cursor = { .at = bytes, .wide = wide };
	const struct encoding *encoding;
	const struct semantics *semantics;
	unsigned opcode, width;
	enum shape shape;

	if (cursor.wide && (*cursor.at & 0xf0) == 0x40)
		cursor.rex = *cursor.at++;
	opcode = *cursor.at++;
	encoding = &one_byte[opcode];
	if (opcode == 0x0f) {
		opcode = *cursor.at++;
		encoding = &two_byte[opcode];
	} else if (cursor.wide && (opcode & 0xf0) == 0x40) {
		return 0; /* a second REX */
	}
	if (UNLIKELY(encoding->form == FORM_NONE))
		return 0;
	cursor.modrm = *cursor.at; /* where there is one */
	cursor.at += encoding->modrm;
	semantics = encoding->semantics + (cursor.modrm >> 3 & encoding->group);
	width = cursor.wide && (cursor.rex & 8 || encoding->wide) ? 8 : 4;
	if (encoding->size == 1 && !encoding->wide && encoding->form != FORM_EXTEND)
		width = 1;
	*op = (struct operation){ .address = address,
				  .base = NO_REGISTER,
				  .index = NO_REGISTER,
				  .segment = NO_SEGMENT,
				  .third = opcode & 15,
				  .prefixes = encoding->prefixes,
				  .size = (uint8_t)width,
				  .width = (uint8_t)width,
				  .address_unused = cursor.wide ? 0 : 32 };
	shape = quick_operands(&cursor, encoding, opcode, op);
	if (UNLIKELY(shape == SHAPES))
		return 0;
	op->length = (uint8_t)(cursor.at - bytes);
	if (cursor.wide && encoding->modrm && (cursor.modrm & 0xc7) == 5)
		op->displacement += op->length; /* behind the instruction */
	if (encoding->form == FORM_JCC) {
		op->run = conditions_jcc[opcode & 15];
		return op->length;
	}
	op->run = semantics->general;
	if (semantics->shapes) {
		handler *special = (*semantics->shapes)[__builtin_ctz(width)][shape];
		op->run = special ? special : op->run;
	}
	return op->run ? op->length : 0;
}

unsigned decode_quick(const struct x86 *cpu, uint64_t address, const uint8_t *bytes,
		      struct operation *op)
{
	return cpu->mode == X86_MODE_64 ? decode_for(true, address, bytes, op)
					: decode_for(false, address, bytes, op);
}
