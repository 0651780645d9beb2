/* The everyday encodings, decoded without Zydis: one-byte opcodes and a few behind 0f, with no
 * prefix but REX.
 *
 * Cold code is mostly made of these, and a full decoding costs ten times the execution. Whatever is
 * not here is left to Zydis; what is here gives the same operation, bit for bit
 * (tests/x86/test_decode.c). */
#include "x86/decode.h"

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
	FORM_M_I,      /* r/m, immediate: the reg field chooses the mnemonic */
	FORM_M_I8,     /* r/m, sign-extended byte */
	FORM_SHIFT,    /* r/m, byte or one */
	FORM_M,	       /* r/m: the reg field chooses */
	FORM_EXTEND    /* reg, smaller r/m */
};

struct encoding {
	uint16_t mnemonic;
	uint8_t form;
	uint8_t size; /* 1, or 0 for the operand size; of FORM_EXTEND the source's */
};

#define M(name) ZYDIS_MNEMONIC_##name
#define ALU(base, name)                                                             \
	[base] = { M(name), FORM_MR, 1 }, [base + 1] = { M(name), FORM_MR, 0 },     \
	[base + 2] = { M(name), FORM_RM, 1 }, [base + 3] = { M(name), FORM_RM, 0 }, \
	[base + 4] = { M(name), FORM_AI, 1 }, [base + 5] = { M(name), FORM_AI, 0 }
#define EIGHT(base, name, form, size) [base... base + 7] = { M(name), form, size }
#define JUMPS(base, size)                                                                          \
	[base] = { M(JO), FORM_RELATIVE, size }, [base + 1] = { M(JNO), FORM_RELATIVE, size },     \
	[base + 2] = { M(JB), FORM_RELATIVE, size }, [base + 3] = { M(JNB), FORM_RELATIVE, size }, \
	[base + 4] = { M(JZ), FORM_RELATIVE, size }, [base + 5] = { M(JNZ), FORM_RELATIVE, size }, \
	[base + 6] = { M(JBE), FORM_RELATIVE, size },                                              \
	[base + 7] = { M(JNBE), FORM_RELATIVE, size },                                             \
	[base + 8] = { M(JS), FORM_RELATIVE, size }, [base + 9] = { M(JNS), FORM_RELATIVE, size }, \
	[base + 10] = { M(JP), FORM_RELATIVE, size },                                              \
	[base + 11] = { M(JNP), FORM_RELATIVE, size },                                             \
	[base + 12] = { M(JL), FORM_RELATIVE, size },                                              \
	[base + 13] = { M(JNL), FORM_RELATIVE, size },                                             \
	[base + 14] = { M(JLE), FORM_RELATIVE, size },                                             \
	[base + 15] = { M(JNLE), FORM_RELATIVE, size }

static const struct encoding one_byte[256] = {
	ALU(0x00, ADD),
	ALU(0x08, OR),
	ALU(0x10, ADC),
	ALU(0x18, SBB),
	ALU(0x20, AND),
	ALU(0x28, SUB),
	ALU(0x30, XOR),
	ALU(0x38, CMP),
	EIGHT(0x40, INC, FORM_REG, 0), /* REX in 64-bit mode: eaten before */
	EIGHT(0x48, DEC, FORM_REG, 0),
	EIGHT(0x50, PUSH, FORM_REG, 0),
	EIGHT(0x58, POP, FORM_REG, 0),
	[0x68] = { M(PUSH), FORM_PUSH_I, 0 },
	[0x6a] = { M(PUSH), FORM_PUSH_I, 1 },
	JUMPS(0x70, 1),
	[0x80] = { 0, FORM_M_I, 1 },
	[0x81] = { 0, FORM_M_I, 0 },
	[0x83] = { 0, FORM_M_I8, 0 },
	[0x84] = { M(TEST), FORM_MR, 1 },
	[0x85] = { M(TEST), FORM_MR, 0 },
	[0x88] = { M(MOV), FORM_MR, 1 },
	[0x89] = { M(MOV), FORM_MR, 0 },
	[0x8a] = { M(MOV), FORM_RM, 1 },
	[0x8b] = { M(MOV), FORM_RM, 0 },
	[0xa8] = { M(TEST), FORM_AI, 1 },
	[0xa9] = { M(TEST), FORM_AI, 0 },
	EIGHT(0xb0, MOV, FORM_REG_I, 1),
	EIGHT(0xb8, MOV, FORM_REG_I, 0),
	[0xc0] = { 0, FORM_SHIFT, 1 },
	[0xc1] = { 0, FORM_SHIFT, 0 },
	[0xc3] = { M(RET), FORM_PLAIN, 0 },
	[0xc6] = { M(MOV), FORM_M_I, 1 },
	[0xc7] = { M(MOV), FORM_M_I, 0 },
	[0xd0] = { 0, FORM_SHIFT, 1 },
	[0xd1] = { 0, FORM_SHIFT, 0 },
	[0xe8] = { M(CALL), FORM_RELATIVE, 0 },
	[0xe9] = { M(JMP), FORM_RELATIVE, 0 },
	[0xeb] = { M(JMP), FORM_RELATIVE, 1 },
	[0xfe] = { 0, FORM_M, 1 },
	[0xff] = { 0, FORM_M, 0 },
};

static const struct encoding two_byte[256] = {
	JUMPS(0x80, 0),
	[0xb6] = { M(MOVZX), FORM_EXTEND, 1 },
	[0xb7] = { M(MOVZX), FORM_EXTEND, 2 },
	[0xbe] = { M(MOVSX), FORM_EXTEND, 1 },
	[0xbf] = { M(MOVSX), FORM_EXTEND, 2 },
};

static const uint16_t group_alu[8] = {
	M(ADD), M(OR), M(ADC), M(SBB), M(AND), M(SUB), M(XOR), M(CMP)
};
static const uint16_t group_shift[8] = {
	M(ROL), M(ROR), M(RCL), M(RCR), M(SHL), M(SHR), 0, M(SAR)
};
static const uint16_t group_step[8] = { M(INC), M(DEC) };

/* What is being decoded; `at` is the next byte. */
struct cursor {
	const uint8_t *bytes;
	unsigned at, length;
	unsigned rex; /* 0: none */
	bool wide;    /* 64-bit mode */
	unsigned modrm;
};

static bool left(const struct cursor *cursor, unsigned count)
{
	return cursor->length - cursor->at >= count;
}

static int64_t signed_number(struct cursor *cursor, unsigned size)
{
	int64_t value;
	int32_t number;

	if (size == 1) {
		value = (int8_t)cursor->bytes[cursor->at];
	} else {
		memcpy(&number, cursor->bytes + cursor->at, sizeof number);
		value = number;
	}
	cursor->at += size;
	return value;
}

/* The byte offset of a register in the file; without REX the bytes 4 to 7 are ah, ch, dh, bh. */
static uint8_t register_offset(const struct cursor *cursor, unsigned number, unsigned size)
{
	if (size == 1 && !cursor->rex && number >= 4)
		return (uint8_t)(8 * (number - 4) + 1);
	return (uint8_t)(8 * number);
}

static unsigned modrm_register(const struct cursor *cursor)
{
	return (cursor->modrm >> 3 & 7) | (cursor->rex & 4) << 1;
}

/* The default segment, and what follows from it. */
static void set_segment(const struct cursor *cursor, struct operation *op)
{
	bool stack = op->base == X86_SP || op->base == X86_BP;

	if (stack)
		op->prefixes |= PREFIX_STACK;
	if (!cursor->wide)
		op->segment = stack ? X86_SS : X86_DS;
}

/* The memory operand behind a modrm byte with mod != 3; false when bytes are missing. */
static bool memory_operand(struct cursor *cursor, struct operation *op)
{
	unsigned mod = cursor->modrm >> 6, rm = cursor->modrm & 7;
	unsigned displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	bool ip_relative = false;

	if (rm == 4) {
		unsigned sib, index;
		if (!left(cursor, 1))
			return false;
		sib = cursor->bytes[cursor->at++];
		index = (sib >> 3 & 7) | (cursor->rex & 2) << 2;
		if (index != 4) {
			op->index = (uint8_t)index;
			op->scale = (uint8_t)(sib >> 6);
		}
		rm = sib & 7;
		if (rm == 5 && mod == 0)
			displacement = 4;
		else
			op->base = (uint8_t)(rm | (cursor->rex & 1) << 3);
	} else if (rm == 5 && mod == 0) {
		displacement = 4;
		ip_relative = cursor->wide;
	} else {
		op->base = (uint8_t)(rm | (cursor->rex & 1) << 3);
	}
	if (!left(cursor, displacement))
		return false;
	if (displacement)
		op->displacement = signed_number(cursor, displacement);
	if (ip_relative) /* completed when the length is known */
		op->displacement += (int64_t)op->address;
	set_segment(cursor, op);
	return true;
}

/* The r/m operand as target or source. */
static bool rm_operand(struct cursor *cursor, struct operation *op, unsigned size, uint8_t *kind,
		       uint8_t *number)
{
	if (cursor->modrm >> 6 != 3) {
		*kind = OPERAND_MEMORY;
		return memory_operand(cursor, op);
	}
	*kind = OPERAND_REGISTER;
	*number = register_offset(cursor, (cursor->modrm & 7) | (cursor->rex & 1) << 3, size);
	return true;
}

static void reg_operand(const struct cursor *cursor, unsigned size, uint8_t *kind, uint8_t *number)
{
	*kind = OPERAND_REGISTER;
	*number = register_offset(cursor, modrm_register(cursor), size);
}

static bool immediate(struct cursor *cursor, struct operation *op, unsigned bytes)
{
	if (!left(cursor, bytes))
		return false;
	op->source_kind = OPERAND_IMMEDIATE;
	op->immediate = (uint64_t)signed_number(cursor, bytes);
	op->source_size = (uint8_t)bytes;
	return true;
}

static bool two_operands(struct cursor *cursor, enum form form, unsigned source_size,
			 struct operation *op)
{
	op->source_size = (uint8_t)source_size;
	if (form == FORM_MR) {
		reg_operand(cursor, source_size, &op->source_kind, &op->source);
		return rm_operand(cursor, op, op->size, &op->target_kind, &op->target);
	}
	reg_operand(cursor, op->size, &op->target_kind, &op->target);
	return rm_operand(cursor, op, source_size, &op->source_kind, &op->source);
}

static bool group_operands(struct cursor *cursor, unsigned opcode, enum form form,
			   struct operation *op, uint16_t *mnemonic)
{
	unsigned which = cursor->modrm >> 3 & 7;

	if (form == FORM_SHIFT)
		*mnemonic = group_shift[which];
	else if (form == FORM_M)
		*mnemonic = group_step[which];
	else if (*mnemonic == 0)
		*mnemonic = group_alu[which];
	else if (which != 0) /* c6 and c7: mov only */
		return false;
	if (*mnemonic == 0 || !rm_operand(cursor, op, op->size, &op->target_kind, &op->target))
		return false;
	switch (form) {
	case FORM_M: return true;
	case FORM_M_I: return immediate(cursor, op, op->size == 1 ? 1 : 4);
	case FORM_M_I8: return immediate(cursor, op, 1);
	default: break;
	}
	if (opcode >= 0xd0) {
		op->source_kind = OPERAND_IMMEDIATE;
		op->source_size = 1;
		op->immediate = 1;
		return true;
	}
	if (!immediate(cursor, op, 1))
		return false;
	op->immediate &= 0xff;
	return true;
}

static bool opcode_register(struct cursor *cursor, unsigned opcode, enum form form,
			    struct operation *op)
{
	op->target_kind = OPERAND_REGISTER;
	op->target = register_offset(cursor, (opcode & 7) | (cursor->rex & 1) << 3, op->size);
	return form == FORM_REG || (op->size != 8 && immediate(cursor, op, op->size));
}

static bool relative(struct cursor *cursor, const struct encoding *encoding, struct operation *op)
{
	unsigned bytes = encoding->size ? 1 : 4;

	if (!left(cursor, bytes))
		return false;
	op->target_kind = OPERAND_IMMEDIATE;
	op->size = (uint8_t)bytes;
	op->displacement = signed_number(cursor, bytes);
	return true;
}

static bool push_immediate(struct cursor *cursor, const struct encoding *encoding,
			   struct operation *op)
{
	unsigned bytes = encoding->size ? 1 : 4;

	if (!left(cursor, bytes))
		return false;
	op->target_kind = OPERAND_IMMEDIATE;
	op->size = (uint8_t)bytes;
	op->immediate = (uint64_t)signed_number(cursor, bytes);
	return true;
}

static bool operands(struct cursor *cursor, const struct encoding *encoding, unsigned opcode,
		     struct operation *op, uint16_t *mnemonic)
{
	enum form form = (enum form)encoding->form;

	switch (form) {
	case FORM_PLAIN: op->size = 0; return true;
	case FORM_MR:
	case FORM_RM: return two_operands(cursor, form, op->size, op);
	case FORM_EXTEND: return two_operands(cursor, FORM_RM, encoding->size, op);
	case FORM_AI:
		op->target_kind = OPERAND_REGISTER;
		return immediate(cursor, op, op->size == 1 ? 1 : 4);
	case FORM_REG:
	case FORM_REG_I: return opcode_register(cursor, opcode, form, op);
	case FORM_PUSH_I: return push_immediate(cursor, encoding, op);
	case FORM_RELATIVE: return relative(cursor, encoding, op);
	default: return group_operands(cursor, opcode, form, op, mnemonic);
	}
}

/* Pushes, pops and near branches are 64 bits wide in 64-bit mode without any REX.W. */
static bool wide_by_default(uint16_t mnemonic)
{
	return mnemonic == M(PUSH) || mnemonic == M(POP) || mnemonic == M(CALL) ||
	       mnemonic == M(RET) || mnemonic == M(JMP) || (mnemonic >= M(JB) && mnemonic <= M(JZ));
}

bool decode_quick(const struct x86 *cpu, uint64_t address, const uint8_t *bytes, unsigned length,
		  struct decoded *decoded)
{
	struct cursor cursor = { .bytes = bytes,
				 .length = length,
				 .wide = cpu->mode == X86_MODE_64 };
	struct operation *op = &decoded->operation;
	const struct encoding *encoding;
	uint16_t mnemonic;
	unsigned opcode;

	if (cursor.wide && left(&cursor, 1) && (bytes[0] & 0xf0) == 0x40)
		cursor.rex = bytes[cursor.at++];
	if (!left(&cursor, 3))
		return false;
	opcode = bytes[cursor.at++];
	encoding = &one_byte[opcode];
	if (opcode == 0x0f) {
		opcode = bytes[cursor.at++];
		encoding = &two_byte[opcode];
	} else if (cursor.wide && (opcode & 0xf0) == 0x40) {
		return false; /* a second REX */
	}
	if (encoding->form == FORM_NONE)
		return false;
	mnemonic = encoding->mnemonic;
	*op = (struct operation){ .address = address,
				  .base = NO_REGISTER,
				  .index = NO_REGISTER,
				  .segment = NO_SEGMENT,
				  .third = opcode & 15,
				  .address_unused = cursor.wide ? 0 : 32 };
	op->width = cursor.wide && (cursor.rex & 8 || wide_by_default(mnemonic)) ? 8 : 4;
	op->size = encoding->size == 1 && encoding->form != FORM_EXTEND &&
				   encoding->form != FORM_PUSH_I
			   ? 1
			   : op->width;
	if (encoding->form == FORM_MR || encoding->form == FORM_RM ||
	    (encoding->form >= FORM_M_I && encoding->form <= FORM_EXTEND))
		cursor.modrm = bytes[cursor.at++];
	if (op->size == 1 && encoding->form != FORM_RELATIVE)
		op->width = 1; /* as Zydis has it */
	if (!operands(&cursor, encoding, opcode, op, &mnemonic))
		return false;
	op->length = (uint8_t)cursor.at;
	if (cursor.wide &&
	    (op->target_kind == OPERAND_MEMORY || op->source_kind == OPERAND_MEMORY) &&
	    (cursor.modrm & 0xc7) == 5)
		op->displacement += op->length;
	decoded->bytes = cursor.at;
	decode_handler((ZydisMnemonic)mnemonic, op);
	if (mnemonic == M(PUSH) || mnemonic == M(POP) || mnemonic == M(CALL) || mnemonic == M(RET))
		op->prefixes |= PREFIX_STACK;
	return true;
}
