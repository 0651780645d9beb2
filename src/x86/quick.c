/* The everyday encodings, decoded without Zydis: one-byte opcodes and a few behind 0f, with no
 * prefix but REX.
 *
 * Cold code is mostly made of these, and a full decoding costs ten times the execution. What an
 * opcode means lies in a table, and so does what a modrm byte names; both hold the bytes of the
 * operation as they will lie in it, two words of eight, so that they are put together by sums and
 * without branches: in cold code nothing can be foretold. Whatever is not here is left to Zydis;
 * what is here gives the same operation, bit for bit (tests/x86/test_decode.c). */
#include "x86/decode.h"
#include "x86/handlers.h"
#include "x86/shapes.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* The two words: base … source_kind, and size … width. */
#define OPERANDS	 offsetof(struct operation, base)
#define SIZES		 offsetof(struct operation, size)
#define AT(member, word) (8 * (offsetof(struct operation, member) - (word)))
static_assert(SIZES == OPERANDS + 8 && sizeof(struct operation) == SIZES + 8,
	      "the last sixteen bytes of an operation are these words");

/* Who executes: the general handler, and the handlers for just one size and shape. */
struct semantics {
	handler *general;
	shape_table *shapes;
};

enum mode { MODE_32, MODE_64, MODE_64_W /* with REX.W */, MODES };

struct encoding {
	const struct semantics *semantics; /* one, or those to choose from */
	uint64_t sizes[MODES];		   /* 0: not here */
	uint64_t operands;		   /* what they are, whatever the bytes are */
	uint64_t rm, reg, low; /* unit of the r/m operand, of the register in modrm.reg, and of that
				  in the opcode: what makes it the target or the source */
	uint64_t number;       /* which bits of the number are the immediate */
	uint8_t distance;      /* 1: the number is a distance */
	uint8_t constant;      /* a number that is none of the bytes */
	uint8_t bytes;	       /* of the number: 0, 1, 4 */
	uint8_t modrm, none;   /* 1: there is a modrm byte; 0xc0: there is none, so no memory */
	uint8_t group;	       /* 7: modrm.reg chooses among eight semantics */
	uint8_t condition;     /* 15: the opcode's low half chooses among sixteen */
	uint8_t byte, byte_rm; /* 1: registers are bytes; the r/m operand is one */
	uint8_t shape[2];      /* enum shape with an r/m register, with memory */
};

/* Sizes in 32-bit mode, in 64-bit mode, and there with REX.W. */
#define BYTE  (1, 1, 1)
#define SHORT (2, 2, 2)
#define FULL  (4, 4, 8)
#define STACK (4, 8, 8)
#define NONE  (0, 0, 0)

#define FIRST(a, b, c)	a
#define SECOND(a, b, c) b
#define THIRD(a, b, c)	c
/* clang-format off */
#define SIZE_WORD(mode, unused, of_target, of_source, operand, prefix) \
	((uint64_t)mode of_target << AT(size, SIZES) | (uint64_t)mode of_source << AT(source_size, SIZES) | \
	 (uint64_t)(unused) << AT(address_unused, SIZES) | (uint64_t)(prefix) << AT(prefixes, SIZES) | \
	 (uint64_t)mode operand << AT(width, SIZES))
#define ALL_SIZES(of_target, of_source, operand, prefix) \
	{ SIZE_WORD(FIRST, 32, of_target, of_source, operand, prefix), \
	  SIZE_WORD(SECOND, 0, of_target, of_source, operand, prefix), \
	  SIZE_WORD(THIRD, 0, of_target, of_source, operand, prefix) }

#define IN_TARGET	(UINT64_C(1) << AT(target, OPERANDS))
#define IN_SOURCE	(UINT64_C(1) << AT(source, OPERANDS))
#define TARGET(kind)	((uint64_t)OPERAND_##kind << AT(target_kind, OPERANDS))
#define SOURCE(kind)	((uint64_t)OPERAND_##kind << AT(source_kind, OPERANDS))
#define KIND_FROM_IT	16 /* bits from an operand's register to its kind */
#define IS_BYTE(width)	.byte = FIRST width == 1, .byte_rm = FIRST width == 1
#define EVERY_BIT	.number = UINT64_MAX
#define REGISTER_ONLY	.none = 0xc0
static_assert(AT(target_kind, OPERANDS) - AT(target, OPERANDS) == KIND_FROM_IT &&
		      AT(source_kind, OPERANDS) - AT(source, OPERANDS) == KIND_FROM_IT,
	      "an operand's kind lies two bytes behind its register");

/* The forms: r/m, reg … */
#define MR(name, width) { &name, ALL_SIZES(width, width, width, 0), SOURCE(REGISTER), \
	.rm = IN_TARGET, .reg = IN_SOURCE, .modrm = 1, IS_BYTE(width), .shape = { SHAPE_RR, SHAPE_MR } }
/* reg, r/m … */
#define RM(name, width) { &name, ALL_SIZES(width, width, width, 0), TARGET(REGISTER), \
	.rm = IN_SOURCE, .reg = IN_TARGET, .modrm = 1, IS_BYTE(width), .shape = { SHAPE_RR, SHAPE_RM } }
/* reg, smaller r/m … */
#define EXTEND(name, smaller) { &name, ALL_SIZES(FULL, smaller, FULL, 0), TARGET(REGISTER), \
	.rm = IN_SOURCE, .reg = IN_TARGET, .modrm = 1, .byte_rm = FIRST smaller == 1, .shape = { SHAPE_RR, SHAPE_RM } }
/* reg, an address … */
#define ADDRESS(name) { &name, ALL_SIZES(FULL, STACK, FULL, 0), TARGET(REGISTER), \
	.rm = IN_SOURCE, .reg = IN_TARGET, .modrm = 1, .shape = { SHAPES, SHAPE_RM } }
/* r/m alone, one of eight … */
#define GROUP_M(name, width) { name##_group, ALL_SIZES(width, NONE, width, 0), \
	.rm = IN_TARGET, .modrm = 1, .group = 7, IS_BYTE(width), .shape = { SHAPE_R, SHAPE_M } }
/* with an immediate, a count, a count of one … */
#define GROUP_NUMBER(name, width, size, ...) { name##_group, ALL_SIZES(width, size, width, 0), SOURCE(IMMEDIATE), \
	.rm = IN_TARGET, .modrm = 1, .group = 7, IS_BYTE(width), .shape = { SHAPE_RI, SHAPE_MI }, __VA_ARGS__ }
#define GROUP_I8(name, width) GROUP_NUMBER(name, width, BYTE, .bytes = 1, EVERY_BIT)
#define GROUP_I32(name) GROUP_NUMBER(name, FULL, (4, 4, 4), .bytes = 4, EVERY_BIT)
#define GROUP_COUNT(name, width) GROUP_NUMBER(name, width, BYTE, .bytes = 1, .number = UINT8_MAX)
#define GROUP_ONCE(name, width) GROUP_NUMBER(name, width, BYTE, .constant = 1)
/* accumulator or the register in the opcode, immediate … */
#define LOW_NUMBER(name, width, unit, count) \
	.semantics = &name, .operands = TARGET(REGISTER) | SOURCE(IMMEDIATE), \
	.low = unit, IS_BYTE(width), .shape = { SHAPE_RI }, .bytes = count, EVERY_BIT, REGISTER_ONLY
#define AI(name, width, count) { LOW_NUMBER(name, width, 0, count), \
	.sizes = ALL_SIZES(width, (count, count, count), width, 0) }
#define REG_I8(name) { LOW_NUMBER(name, BYTE, IN_TARGET, 1), .sizes = ALL_SIZES(BYTE, BYTE, BYTE, 0) }
/* with REX.W the number has eight bytes: not here */
#define REG_I32(name) { LOW_NUMBER(name, FULL, IN_TARGET, 4), .sizes = { \
	SIZE_WORD(FIRST, 32, FULL, (4, 4, 4), FULL, 0), SIZE_WORD(SECOND, 0, FULL, (4, 4, 4), FULL, 0), 0 } }
/* the register in the opcode, of the operand size, or pushed or popped … */
#define REG(name) { &name, ALL_SIZES(FULL, NONE, FULL, 0), TARGET(REGISTER), .low = IN_TARGET, .shape = { SHAPE_R }, REGISTER_ONLY }
#define STACK_REG(name) { &name, ALL_SIZES(STACK, NONE, STACK, PREFIX_STACK), TARGET(REGISTER), \
	.low = IN_TARGET, .shape = { SHAPE_R }, REGISTER_ONLY }
/* an immediate, pushed; a distance; nothing */
#define STACK_I(name, count) { &name, ALL_SIZES((count, count, count), NONE, STACK, PREFIX_STACK), TARGET(IMMEDIATE), \
	.shape = { SHAPE_I }, .bytes = count, EVERY_BIT, REGISTER_ONLY }
#define BRANCH(name, count, prefix) { &name, ALL_SIZES((count, count, count), NONE, STACK, PREFIX_BRANCH | (prefix)), \
	TARGET(IMMEDIATE), .shape = { SHAPE_I }, .bytes = count, .distance = 1, REGISTER_ONLY }
#define CONDITIONAL(count) { jcc, ALL_SIZES((count, count, count), NONE, STACK, PREFIX_BRANCH), \
	TARGET(IMMEDIATE), .shape = { SHAPE_I }, .bytes = count, .distance = 1, .condition = 15, REGISTER_ONLY }
#define STACK_NOTHING(name) { &name, ALL_SIZES(NONE, NONE, STACK, PREFIX_STACK), .shape = { SHAPE_NONE }, REGISTER_ONLY }

#define SEMANTICS(name) { run_##name, &shapes_##name }
#define GENERAL(handler) { handler, &no_shapes }
static shape_table no_shapes;
static const struct semantics add = SEMANTICS(add), or = SEMANTICS(or), adc = SEMANTICS(adc),
	sbb = SEMANTICS(sbb), and = SEMANTICS(and), sub = SEMANTICS(sub), xor = SEMANTICS(xor),
	cmp = SEMANTICS(cmp), test = SEMANTICS(test), mov = SEMANTICS(mov), inc = SEMANTICS(inc),
	dec = SEMANTICS(dec), push = SEMANTICS(push), pop = SEMANTICS(pop), lea = SEMANTICS(lea),
	xchg = SEMANTICS(xchg), call = SEMANTICS(call), ret = SEMANTICS(ret), jmp = SEMANTICS(jmp),
	movzx = SEMANTICS(movzx), movsx = SEMANTICS(movsx);
static const struct semantics
	alu_group[8] = { SEMANTICS(add), SEMANTICS(or), SEMANTICS(adc), SEMANTICS(sbb), SEMANTICS(and),
			 SEMANTICS(sub), SEMANTICS(xor), SEMANTICS(cmp) },
	shift_group[8] = { SEMANTICS(rol), SEMANTICS(ror), GENERAL(run_rcl), GENERAL(run_rcr), SEMANTICS(shl),
			   SEMANTICS(shr), GENERAL(NULL), SEMANTICS(sar) },
	step_group[8] = { SEMANTICS(inc), SEMANTICS(dec), [2 ... 7] = GENERAL(NULL) },
	mov_group[8] = { SEMANTICS(mov), [1 ... 7] = GENERAL(NULL) },
	jcc[16] = { GENERAL(jcc_if0), GENERAL(jcc_if1), GENERAL(jcc_if2), GENERAL(jcc_if3), GENERAL(jcc_if4),
		    GENERAL(jcc_if5), GENERAL(jcc_if6), GENERAL(jcc_if7), GENERAL(jcc_if8), GENERAL(jcc_if9),
		    GENERAL(jcc_if10), GENERAL(jcc_if11), GENERAL(jcc_if12), GENERAL(jcc_if13),
		    GENERAL(jcc_if14), GENERAL(jcc_if15) };

#define ALU(base, name) \
	[base] = MR(name, BYTE), [base + 1] = MR(name, FULL), [base + 2] = RM(name, BYTE), [base + 3] = RM(name, FULL), \
	[base + 4] = AI(name, BYTE, 1), [base + 5] = AI(name, FULL, 4)

static const struct encoding one_byte[256] = {
	ALU(0x00, add), ALU(0x08, or), ALU(0x10, adc), ALU(0x18, sbb),
	ALU(0x20, and), ALU(0x28, sub), ALU(0x30, xor), ALU(0x38, cmp),
	[0x40 ... 0x47] = REG(inc), /* REX in 64-bit mode: eaten before */
	[0x48 ... 0x4f] = REG(dec),
	[0x50 ... 0x57] = STACK_REG(push),
	[0x58 ... 0x5f] = STACK_REG(pop),
	[0x68] = STACK_I(push, 4),
	[0x6a] = STACK_I(push, 1),
	[0x70 ... 0x7f] = CONDITIONAL(1),
	[0x80] = GROUP_I8(alu, BYTE),
	[0x81] = GROUP_I32(alu),
	[0x83] = GROUP_I8(alu, FULL),
	[0x84] = MR(test, BYTE), [0x85] = MR(test, FULL),
	[0x86] = MR(xchg, BYTE), [0x87] = MR(xchg, FULL),
	[0x88] = MR(mov, BYTE), [0x89] = MR(mov, FULL), [0x8a] = RM(mov, BYTE), [0x8b] = RM(mov, FULL),
	[0x8d] = ADDRESS(lea),
	[0xa8] = AI(test, BYTE, 1), [0xa9] = AI(test, FULL, 4),
	[0xb0 ... 0xb7] = REG_I8(mov),
	[0xb8 ... 0xbf] = REG_I32(mov),
	[0xc0] = GROUP_COUNT(shift, BYTE), [0xc1] = GROUP_COUNT(shift, FULL),
	[0xc3] = STACK_NOTHING(ret),
	[0xc6] = GROUP_I8(mov, BYTE), [0xc7] = GROUP_I32(mov),
	[0xd0] = GROUP_ONCE(shift, BYTE), [0xd1] = GROUP_ONCE(shift, FULL),
	[0xe8] = BRANCH(call, 4, PREFIX_STACK),
	[0xe9] = BRANCH(jmp, 4, 0),
	[0xeb] = BRANCH(jmp, 1, 0),
	[0xfe] = GROUP_M(step, BYTE), [0xff] = GROUP_M(step, FULL),
};

static const struct encoding two_byte[256] = {
	[0x80 ... 0x8f] = CONDITIONAL(4),
	[0xb6] = EXTEND(movzx, BYTE), [0xb7] = EXTEND(movzx, SHORT),
	[0xbe] = EXTEND(movsx, BYTE), [0xbf] = EXTEND(movsx, SHORT),
};

/* What mod and rm of a modrm byte name, by mod << 3 | rm. */
struct place {
	uint64_t operands;
	uint32_t rm[2]; /* the r/m operand in units of struct encoding; [1]: of bytes without REX */
	uint8_t bytes;	/* of the displacement: 0, 1, 4 */
	uint8_t stack;	/* PREFIX_STACK, unless REX.B changes the base */
	uint8_t base;	/* what REX.B adds to the base */
	uint8_t number; /* … and to the register */
};

#define ADDRESSED(base_register, segment_register) \
	((uint64_t)(base_register) << AT(base, OPERANDS) | (uint64_t)NO_REGISTER << AT(index, OPERANDS) | \
	 (uint64_t)(segment_register) << AT(segment, OPERANDS))
#define BASE(number, segment, count, prefix) { ADDRESSED(number, segment), \
	{ OPERAND_MEMORY << KIND_FROM_IT, OPERAND_MEMORY << KIND_FROM_IT }, count, prefix, 8, 0 }
#define NO_BASE(segment, count) { ADDRESSED(NO_REGISTER, segment), \
	{ OPERAND_MEMORY << KIND_FROM_IT, OPERAND_MEMORY << KIND_FROM_IT }, count, 0, 0, 0 }
#define NUMBER(n) { ADDRESSED(NO_REGISTER, NO_SEGMENT), \
	{ OPERAND_REGISTER << KIND_FROM_IT | 8 * (n), \
	  OPERAND_REGISTER << KIND_FROM_IT | (8 * ((n) & 3) + ((n) >> 2)) }, 0, 0, 0, 8 * 8 }
/* rm 4 is the sib byte */
#define BASES(data, fifth, count) \
	BASE(0, data, count, 0), BASE(1, data, count, 0), BASE(2, data, count, 0), BASE(3, data, count, 0), \
	NO_BASE(data, count), fifth, BASE(6, data, count, 0), BASE(7, data, count, 0)
#define PLACES(data, stack) { \
	BASES(data, NO_BASE(data, 4), 0), \
	BASES(data, BASE(5, stack, 1, PREFIX_STACK), 1), \
	BASES(data, BASE(5, stack, 4, PREFIX_STACK), 4), \
	NUMBER(0), NUMBER(1), NUMBER(2), NUMBER(3), NUMBER(4), NUMBER(5), NUMBER(6), NUMBER(7) }
static const struct place places_32[32] = PLACES(X86_DS, X86_SS);
static const struct place places_64[32] = PLACES(NO_SEGMENT, NO_SEGMENT);
/* clang-format on */

/* The sign-extended number of 0, 1 or 4 bytes. */
INLINE int64_t signed_number(const uint8_t *at, unsigned bytes)
{
	unsigned unused = (64 - 8 * bytes) % 64;
	uint32_t number;

	memcpy(&number, at, sizeof number);
	return (int64_t)((uint64_t)number << unused) >> unused & -(int64_t)(bytes != 0);
}

/* What a memory operand with a sib byte adds up. */
INLINE uint64_t sib_operands(bool wide, unsigned byte, bool based, unsigned rex, unsigned *stack)
{
	unsigned index = (byte >> 3 & 7) | (rex & 2) << 2, base = (byte & 7) | (rex & 1) << 3;
	bool on_stack = based && base >> 1 == X86_SP >> 1;
	uint64_t segment = wide ? NO_SEGMENT : on_stack ? X86_SS : X86_DS;

	*stack = on_stack ? PREFIX_STACK : 0;
	return (uint64_t)(based ? base : NO_REGISTER) << AT(base, OPERANDS) |
	       (uint64_t)(index == 4 ? NO_REGISTER : index) << AT(index, OPERANDS) |
	       (uint64_t)(index == 4 ? 0 : byte >> 6) << AT(scale, OPERANDS) |
	       segment << AT(segment, OPERANDS);
}

/* The handler for just this size and shape where there is one. */
INLINE handler *choose(const struct encoding *encoding, unsigned opcode, unsigned reg,
		       unsigned width, unsigned shape)
{
	const struct semantics *semantics =
		encoding->semantics + (reg & encoding->group) + (opcode & encoding->condition);
	handler *special = (*semantics->shapes)[__builtin_ctz(width)][shape];

	return special ? special : semantics->general;
}

INLINE unsigned decode_for(bool wide, uint64_t address, const uint8_t *bytes, struct operation *op)
{
	static const uint8_t registers[2][8] = { { 0, 8, 16, 24, 32, 40, 48, 56 },
						 { 0, 8, 16, 24, 1, 9, 17, 25 } };
	bool extended = wide && (*bytes & 0xf0) == 0x40;
	const uint8_t *at = bytes + extended;
	unsigned rex = extended ? *bytes : 0, high = !extended, opcode = *at++;
	const struct encoding *encoding = &one_byte[opcode];
	const struct place *place;
	unsigned modrm, reg, stack, displaced, shape;
	uint64_t operands, sizes;
	int64_t displacement, number;

	if (opcode == 0x0f)
		encoding = &two_byte[opcode = *at++];
	else if (wide && (opcode & 0xf0) == 0x40)
		return 0; /* a second REX */
	sizes = encoding->sizes[wide ? (rex & 8 ? MODE_64_W : MODE_64) : MODE_32];
	modrm = *at | encoding->none;
	at += encoding->modrm;
	shape = encoding->shape[modrm < 0xc0];
	if (UNLIKELY(sizes == 0 || shape == SHAPES))
		return 0;
	reg = modrm >> 3 & 7;
	place = &(wide ? places_64 : places_32)[modrm >> 6 << 3 | (modrm & 7)];
	operands = place->operands + (rex & 1) * place->base;
	stack = rex & 1 ? 0 : place->stack;
	displaced = place->bytes;
	if (modrm < 0xc0 && (modrm & 7) == 4) {
		unsigned sib = *at++;
		bool based = (sib & 7) != 5 || modrm >= 0x40;
		operands = sib_operands(wide, sib, based, rex, &stack);
		displaced = based ? displaced : 4;
	}
	displacement = signed_number(at, displaced);
	at += displaced;
	number = signed_number(at, encoding->bytes);
	at += encoding->bytes;
	if (wide && (modrm & 0xc7) == 5)
		displacement += (int64_t)address + (at - bytes);
	operands +=
		encoding->operands +
		(place->rm[encoding->byte_rm & high] + (rex & 1) * place->number) * encoding->rm +
		(registers[encoding->byte & high][reg] + (rex & 4) * 16) * encoding->reg +
		(registers[encoding->byte & high][opcode & 7] + (rex & 1) * 64) * encoding->low;
	sizes |= (uint64_t)(at - bytes) << AT(length, SIZES) |
		 (uint64_t)stack << AT(prefixes, SIZES) |
		 (uint64_t)(opcode & 15) << AT(third, SIZES);
	op->run = choose(encoding, opcode, reg, (unsigned)(sizes >> AT(width, SIZES)), shape);
	op->address = address;
	op->displacement = displacement + (number & -(int64_t)encoding->distance);
	op->immediate = ((uint64_t)number & encoding->number) | encoding->constant;
	memcpy((char *)op + OPERANDS, &operands, sizeof operands);
	memcpy((char *)op + SIZES, &sizes, sizeof sizes);
	return op->run ? (unsigned)(at - bytes) : 0;
}

unsigned decode_quick(const struct x86 *cpu, uint64_t address, const uint8_t *bytes,
		      struct operation *op)
{
	/* none of these knows a segment but DS and SS */
	if (UNLIKELY(cpu->null_segments >> X86_DS & 1))
		return 0;
	return cpu->mode == X86_MODE_64 ? decode_for(true, address, bytes, op)
					: decode_for(false, address, bytes, op);
}
