/* One instruction at a time, by opcode and ModRM. What is not listed here may do anything: then the
 * number counts as made. */
#include "shellcode/number.h"

#include "shellcode/glance_form.h"

enum {
	HIGHEST = 0x2000, /* numbers of every system are below this, but for bits of a class above
			     16 (macOS, x32); Windows' reach furthest, with those of its windows */
	STACK_DEEPEST = 64,
	ALL_REGISTERS = 8, /* words that pushad pushes */
	NOBODY = 255	   /* no register */
};

/* An instruction whose operands are registers by their full numbers. */
struct operands {
	const struct form *form;
	unsigned reg, other; /* ModRM's; other: NOBODY where that is memory */
	unsigned low;	     /* of the opcode's lower three bits */
	unsigned extension;
};

static const struct number made = { NUMBER_MADE, 0, false };

static struct number in_register(struct number number, unsigned place)
{
	number.kind = NUMBER_IN_REGISTER;
	number.place = (uint8_t)place;
	return number;
}

static struct number on_stack(struct number number, unsigned place)
{
	if (place > STACK_DEEPEST)
		return made;
	number.kind = NUMBER_ON_STACK;
	number.place = (uint8_t)place;
	return number;
}

static struct number changed(struct number number)
{
	number.changed = true;
	return number;
}

static struct number constant(struct number number, uint32_t value)
{
	if (number.changed || (value & 0xffff) < HIGHEST)
		return made;
	return (struct number){ NUMBER_WRONG, 0, false };
}

static uint32_t immediate_32(const struct form *form, size_t at)
{
	return (uint32_t)form_byte(form, at) | (uint32_t)form_byte(form, at + 1) << 8 |
	       (uint32_t)form_byte(form, at + 2) << 16 | (uint32_t)form_byte(form, at + 3) << 24;
}

/* The register that an 8-bit operand is a part of. */
static unsigned part_of(const struct form *form, unsigned number)
{
	return form->rex == 0 && number < 8 ? number & 3 : number;
}

/* A part of the number's register is replaced or changed, if it is that register. */
static struct number part_written(struct number number, bool its)
{
	return its ? changed(number) : number;
}

/* --- where the number is in a register --- */

static struct number exchanged(struct number number, unsigned one, unsigned other)
{
	return number.place == one     ? in_register(number, other)
	       : number.place == other ? in_register(number, one)
				       : number;
}

/* add … cmp with ModRM, or with eax and an immediate. */
static struct number through_arithmetic(const struct operands *op, struct number number)
{
	uint8_t opcode = op->form->opcode;
	unsigned target = opcode & 2 ? op->reg : op->other;

	if (opcode >= 0x38 || (opcode & 7) > 5)
		return number;
	if ((opcode & 7) > 3)
		return number.place != X86_AX ? number : opcode == 0x25 ? made : changed(number);
	if (!(opcode & 1))
		return part_written(number,
				    target != NOBODY && part_of(op->form, target) == number.place);
	return target == number.place ? made : number;
}

/* mov with ModRM. */
static struct number through_move(const struct operands *op, struct number number)
{
	uint8_t opcode = op->form->opcode;
	unsigned target = opcode & 2 ? op->reg : op->other;
	unsigned source = opcode & 2 ? op->other : op->reg;

	if (!(opcode & 1))
		return part_written(number,
				    target != NOBODY && part_of(op->form, target) == number.place);
	if (target != number.place)
		return number;
	return source == NOBODY ? made : in_register(number, source);
}

/* Opcodes of group 1, shifts, 0xc6, 0xc7, 0xf6 and 0xf7. */
static struct number through_group(const struct operands *op, struct number number)
{
	uint8_t opcode = op->form->opcode;
	bool wide = opcode & 1, its = op->other == number.place;

	if (opcode >= 0xf6) {
		if (op->extension < 2)
			return number;
		if (op->extension >= 4) /* multiplies and divides ax, dx */
			return number.place == X86_AX || number.place == X86_DX ? made : number;
		return part_written(number, its);
	}
	if (!wide || opcode == 0x82)
		return part_written(number, op->other != NOBODY &&
						    part_of(op->form, op->other) == number.place);
	if (!its || (opcode < 0x84 && op->extension == 7))
		return number;
	if (opcode == 0xc7)
		return constant(number, immediate_32(op->form, op->form->at + 1));
	if (opcode < 0x84 && op->extension != 1 && op->extension != 4)
		return changed(number);
	return made;
}

/* lea keeps what a register points at near by. */
static struct number through_lea(const struct operands *op, struct number number)
{
	unsigned mode = op->form->modrm >> 6, base = op->form->modrm & 7;

	if (op->reg != number.place)
		return number;
	if (op->reg == NOBODY || base == 4 || mode > 1 || (mode == 0 && base == 5))
		return made;
	return changed(in_register(number, base));
}

static struct number through_two_bytes(const struct operands *op, struct number number)
{
	uint8_t opcode = op->form->opcode;
	bool implied = opcode == 0x31 || opcode == 0xa2 || (opcode & 0xfe) == 0xb0 ||
		       opcode == 0x05 || opcode == 0x34;

	if ((opcode & 0xf0) == 0x80)
		return number;
	if ((opcode & 0xf8) == 0xc8)
		return op->low == number.place ? made : number;
	return (implied && number.place <= X86_BX) || op->reg == number.place ||
			       op->other == number.place
		       ? made
		       : number;
}

static struct number through_one_byte(const struct operands *op, struct number number)
{
	uint8_t opcode = op->form->opcode;
	bool low = op->low == number.place, ax = number.place == X86_AX;

	switch (opcode & 0xf8) {
	case 0x40:
	case 0x48: return part_written(number, low);
	case 0x50: return number;
	case 0x58: return low ? on_stack(number, 0) : number;
	case 0x70:
	case 0x78: return number;
	case 0x90: return op->low == X86_AX ? number : exchanged(number, X86_AX, op->low);
	case 0xb0: return part_written(number, part_of(op->form, op->low) == number.place);
	case 0xb8: return low ? constant(number, immediate_32(op->form, op->form->at)) : number;
	case 0xd8: return ax && opcode == 0xdf && op->form->modrm == 0xe0 ? made : number;
	default: break;
	}
	switch (opcode) {
	case 0x80:
	case 0x81:
	case 0x82:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0xc7:
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
	case 0xf6:
	case 0xf7: return through_group(op, number);
	case 0x88:
	case 0x89:
	case 0x8a:
	case 0x8b: return through_move(op, number);
	case 0x69:
	case 0x6b:
	case 0x63: return op->reg == number.place ? made : number;
	case 0x86:
		return part_written(number, part_of(op->form, op->reg) == number.place ||
						    part_of(op->form, op->other) == number.place);
	case 0x87:
		if (op->other == NOBODY)
			return op->reg == number.place ? made : number;
		return exchanged(number, op->reg, op->other);
	case 0x8d: return through_lea(op, number);
	case 0x98:
	case 0xa1:
	case 0xad: return ax ? made : number;
	case 0x99: return number.place == X86_DX ? made : number;
	case 0x9f:
	case 0xa0:
	case 0xac:
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7: return part_written(number, ax);
	case 0xe0:
	case 0xe1:
	case 0xe2: return part_written(number, number.place == X86_CX);
	case 0xfe:
	case 0xff:
		if (op->extension == 2 || op->extension == 3)
			return made;
		return part_written(number, op->extension < 2 && op->other == number.place);
	case 0x60:
	case 0x68:
	case 0x6a:
	case 0x84:
	case 0x85:
	case 0x9b:
	case 0x9c:
	case 0x9d:
	case 0x9e:
	case 0xa2:
	case 0xa3:
	case 0xa4:
	case 0xa5:
	case 0xa6:
	case 0xa7:
	case 0xa8:
	case 0xa9:
	case 0xaa:
	case 0xab:
	case 0xae:
	case 0xaf:
	case 0xe3:
	case 0xe9:
	case 0xeb:
	case 0xf5:
	case 0xf8:
	case 0xf9:
	case 0xfc:
	case 0xfd: return number;
	default: return made;
	}
}

/* --- where it is on the stack --- */

/* Does it move the stack pointer, or write through it, other than by pushes and pops? */
static bool moves_stack(const struct operands *op)
{
	const struct form *form = op->form;
	bool through = form->has_modrm && form->modrm < 0xc0 && (form->modrm & 7) == 4 &&
		       (form_byte(form, form->at + 1) & 7) == X86_SP;

	return through || op->other == X86_SP || op->reg == X86_SP || form->opcode == 0x44 ||
	       form->opcode == 0x4c || form->opcode == 0x5c || form->opcode == 0x94 ||
	       form->opcode == 0xbc || form->opcode == 0xc8 || form->opcode == 0xc9;
}

/* Words are pushed, of which the lowest is that of `number` when it is at the top. */
static struct number pushed(struct number number, unsigned words, struct number top)
{
	if (number.place < words)
		return words == 1 ? top : made;
	return on_stack(number, number.place - words);
}

static struct number through_stack(const struct operands *op, struct number number)
{
	const struct form *form = op->form;
	uint8_t opcode = form->opcode;

	if (form->two_bytes)
		return (opcode & 0xf0) == 0x80 ? number : made;
	if ((opcode & 0xf8) == 0x50)
		return pushed(number, 1, in_register(number, op->low));
	if ((opcode & 0xf8) == 0x58 && op->low != X86_SP)
		return on_stack(number, number.place + 1u);
	switch (opcode) {
	case 0x68: return pushed(number, 1, constant(number, immediate_32(form, form->at)));
	case 0x6a:
		return pushed(number, 1,
			      constant(number, (uint32_t)(int8_t)form_byte(form, form->at)));
	case 0x60: return pushed(number, ALL_REGISTERS, made);
	case 0x06:
	case 0x0e:
	case 0x16:
	case 0x1e:
	case 0x9c: return pushed(number, 1, made);
	case 0x07:
	case 0x17:
	case 0x1f:
	case 0x9d: return on_stack(number, number.place + 1u);
	case 0x61: return on_stack(number, number.place + ALL_REGISTERS);
	case 0xff:
		if (op->extension == 6)
			return pushed(number, 1, made);
		return op->extension < 2 && !moves_stack(op) ? number : made;
	default: return moves_stack(op) ? made : number;
	}
}

/* --- */

static struct operands operands_of(const struct form *form)
{
	unsigned rex = form->rex;
	struct operands op = { .form = form,
			       .reg = NOBODY,
			       .other = NOBODY,
			       .low = (form->opcode & 7u) | (rex & 1) << 3,
			       .extension = form->modrm >> 3 & 7u };

	if (!form->has_modrm)
		return op;
	op.reg = op.extension | (rex & 4) << 1;
	if (form->modrm >= 0xc0)
		op.other = (form->modrm & 7u) | (rex & 1) << 3;
	return op;
}

struct number number_before(enum x86_mode mode, struct bytes code, struct number number)
{
	struct form form;
	struct operands op;

	if (number.kind >= NUMBER_MADE)
		return number;
	/* halves of a register stay as they were: what they make is left to execution */
	if (!form_of(mode, code, &form) || form.closer || form.narrow_operand ||
	    form.narrow_address || form.opcode == 0xe8)
		return made;
	op = operands_of(&form);
	if (number.kind == NUMBER_ON_STACK)
		return through_stack(&op, number);
	if (!form.two_bytes && (form.opcode == 0xcd || form.opcode == 0x9a))
		return number.place == X86_AX ? made : number; /* its result */
	if (form.two_bytes)
		return through_two_bytes(&op, number);
	if (form.opcode < 0x40)
		return through_arithmetic(&op, number);
	if (mode == X86_MODE_32 && form.opcode == 0x61)
		return made; /* popad */
	return through_one_byte(&op, number);
}

bool number_possible(struct number number, bool zero)
{
	if (number.kind == NUMBER_MADE)
		return true;
	if (number.kind == NUMBER_ON_STACK)
		return zero && number.changed;
	return zero && number.kind == NUMBER_IN_REGISTER && number.place != X86_SP;
}
