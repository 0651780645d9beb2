/* What an instruction does, as far as the filters ask: by opcode and ModRM, without operands'
 * values. What is not listed has no trait. */
#include "shellcode/glance_form.h"

#include <string.h>

enum {
	LOWEST = 0x10000,
	LOW_END = 0x1000000,
	LIBRARIES_START = 0x70000000,
	LIBRARIES_END = 0x7fffffff, /* the last byte of 32-bit programs' half */
	ADDRESS_END = 0x7fff	    /* upper half of the last address of 64-bit programs */
};

static bool leaves_fip_alone(const struct form *form)
{
	unsigned extension = form->modrm >> 3 & 7;

	if (form->modrm >= 0xc0)
		return (form->opcode == 0xdb && (form->modrm & 0xf8) == 0xe0) ||
		       (form->opcode == 0xdf && form->modrm == 0xe0);
	return (form->opcode == 0xd9 && extension >= 4) ||
	       (form->opcode == 0xdd && (extension == 4 || extension >= 6));
}

/* Is the memory operand addressed by the stack pointer alone? */
static bool on_stack(const struct form *form)
{
	return (form->modrm & 7) == 4 && !(form->narrow_address && form->mode == X86_MODE_32) &&
	       (form_byte(form, form->at + 1) & 0x3f) == 0x24;
}

/* Does the instruction write its ModRM operand, if that is memory? */
static bool writes_operand(uint8_t opcode, unsigned extension)
{
	if (opcode < 0x40)
		return (opcode & 7) < 2 && opcode < 0x38;
	switch (opcode) {
	case 0x80:
	case 0x81:
	case 0x82:
	case 0x83: return extension != 7;
	case 0x86:
	case 0x87:
	case 0x88:
	case 0x89:
	case 0x8f:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0xc7:
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3: return true;
	case 0xf6:
	case 0xf7: return extension == 2 || extension == 3;
	case 0xfe:
	case 0xff: return extension < 2;
	default: return false;
	}
}

/* The same of the 0F map: moves from vector registers, exchanges, shifts over two words, bits. */
static bool writes_two_byte_operand(uint8_t opcode, unsigned extension)
{
	switch (opcode) {
	case 0x11:
	case 0x13:
	case 0x17:
	case 0x29:
	case 0x2b:
	case 0x7e:
	case 0x7f:
	case 0xa4:
	case 0xa5:
	case 0xab:
	case 0xac:
	case 0xad:
	case 0xb0:
	case 0xb1:
	case 0xb3:
	case 0xbb:
	case 0xc0:
	case 0xc1:
	case 0xd6:
	case 0xe7: return true;
	case 0xba: return extension > 4;
	default: return false;
	}
}

/* And of the FPU: its stores, but for control words, status and environment. */
static bool writes_fpu_operand(uint8_t opcode, unsigned extension)
{
	switch (opcode) {
	case 0xd9: return extension == 2 || extension == 3;
	case 0xdb: return extension == 1 || extension == 2 || extension == 3 || extension == 7;
	case 0xdd: return extension >= 1 && extension <= 3;
	case 0xdf: return (extension >= 1 && extension <= 3) || extension >= 6;
	default: return false;
	}
}

static bool compares_operand(uint8_t opcode, unsigned extension)
{
	return (opcode >= 0x38 && opcode < 0x3c) ||
	       ((opcode == 0x80 || opcode == 0x81 || opcode == 0x83) && extension == 7);
}

/* A fixed address: a process has its own memory and its program at low ones, its libraries at the
 * upper end, whatever system it is of (world.h). */
static bool is_nowhere(int64_t address)
{
	return address < LOWEST || (address >= LOW_END && address < LIBRARIES_START) ||
	       address >= LIBRARIES_END;
}

static uint32_t u32_at(const struct form *form, size_t at)
{
	return (uint32_t)form_byte(form, at) | (uint32_t)form_byte(form, at + 1) << 8 |
	       (uint32_t)form_byte(form, at + 2) << 16 | (uint32_t)form_byte(form, at + 3) << 24;
}

static bool has_segment(const struct form *form)
{
	for (size_t i = 0; i + 1 < form->at; i++)
		if (form->code.data[i] == 0x64 || form->code.data[i] == 0x65)
			return true;
	return false;
}

/* Does it access a fixed address where nothing is? In 64-bit mode such addresses are relative to
 * ip, and what code has of its own is near. */
static bool goes_nowhere(const struct form *form)
{
	bool moves = !form->two_bytes && (form->opcode & 0xfc) == 0xa0;
	uint32_t address;

	if (form->narrow_address || (!moves && (!form->has_modrm || (form->modrm & 0xc7) != 5)) ||
	    (!form->two_bytes && form->opcode == 0x8d) ||
	    (form->two_bytes && form->opcode == 0x1f) || has_segment(form))
		return false;
	if (moves)
		return form->mode == X86_MODE_32 ? is_nowhere(u32_at(form, form->at))
						 : u32_at(form, form->at + 4) > ADDRESS_END;
	address = u32_at(form, form->at + 1);
	return form->mode == X86_MODE_32 ? is_nowhere(address) : address + LOW_END > 2 * LOW_END;
}

/* An interrupt that no system answers: the process is over, but for a handler of the code's own, to
 * which no straight way leads. */
static bool is_answered_by_none(const struct form *form)
{
	if (form->two_bytes || form->opcode != 0xcd)
		return !form->two_bytes && (form->opcode == 0xcc || form->opcode == 0xf1);
	switch (form_byte(form, form->at)) {
	case 0x2e:
	case 0x80:
	case 0x91: return false;
	default: return true;
	}
}

static unsigned traits_of_operand(const struct form *form)
{
	unsigned extension = form->modrm >> 3 & 7, traits = 0;
	bool integer = !form->two_bytes && (form->opcode < 0xd8 || form->opcode > 0xdf);

	if (form->modrm >= 0xc0 || on_stack(form))
		return 0;
	if (form->two_bytes)
		return writes_two_byte_operand(form->opcode, extension) ? GLANCE_STORE
									: GLANCE_LOAD;
	if (!integer)
		return writes_fpu_operand(form->opcode, extension) ? GLANCE_STORE : 0;
	if (form->opcode == 0x8d)
		return 0;
	traits |= writes_operand(form->opcode, extension) ? GLANCE_STORE : GLANCE_LOAD;
	if (compares_operand(form->opcode, extension))
		traits |= GLANCE_SCAN;
	return traits;
}

/* Registers that get a value of their own rather than a change of the one they have. */
unsigned form_sets(const struct form *form)
{
	unsigned target = 1u << (form->modrm >> 3 & 7), other = 1u << (form->modrm & 7);
	unsigned extension = form->modrm >> 3 & 7;
	bool registers = form->modrm >= 0xc0;

	if (form->two_bytes)
		return form->has_modrm && (form->opcode & 0xf0) != 0x90 ? target : 0;
	if ((form->opcode & 0xf8) == 0x90 && form->opcode != 0x90) /* xchg eax, r */
		return 1u | 1u << (form->opcode & 7);
	if ((form->opcode & 0xf8) == 0x58 || (form->opcode & 0xf8) == 0xb8)
		return 1u << (form->opcode & 7);
	switch (form->opcode) {
	case 0x29:
	case 0x31:
	case 0x19:
	case 0x21:
	case 0x89: return registers ? other : 0;
	case 0x87: return registers ? other | target : target;
	case 0x2b:
	case 0x33:
	case 0x1b:
	case 0x23:
	case 0x8b:
	case 0x8d:
	case 0x63:
	case 0x69:
	case 0x6b: return target;
	case 0x83:
	case 0x81: return registers && (extension == 4 || extension == 1) ? other : 0;
	case 0xc0:
	case 0xc1:
	case 0xd1:
	case 0xd3:
	case 0xc7: return registers ? other : 0;
	case 0xf7: return extension >= 4 ? 1u << X86_AX | 1u << X86_DX : 0;
	case 0x99: return 1u << X86_DX;
	case 0x61: return 0xff;
	case 0x25:
	case 0x98:
	case 0xa1:
	case 0xad:
	case 0xd6: return 1u << X86_AX;
	default: return 0;
	}
}

/* Arithmetic with an immediate, moves to al and ah, increments. */
static bool touches_ax(const struct form *form)
{
	if (form->two_bytes)
		return false;
	if (form->opcode < 0x38)
		return (form->opcode & 6) == 4;
	return form->opcode == 0x40 || form->opcode == 0x48 || form->opcode == 0xb0 ||
	       form->opcode == 0xb4 || form->opcode == 0xac ||
	       ((form->opcode & 0xfc) == 0x80 && (form->modrm & 0xc7) == 0xc0) ||
	       ((form->opcode | 1) == 0xff && (form->modrm & 0xf7) == 0xc0) ||
	       ((form->opcode | 1) == 0xf7 && (form->modrm & 0xf7) == 0xd0);
}

/* Moves, exchanges and sums with the stack pointer, whole words only, and what gives it a value. */
static bool takes_stack(const struct form *form)
{
	bool target = (form->modrm >> 3 & 7) == 4;
	bool involved = form->modrm >= 0xc0 && ((form->modrm & 7) == 4 || target);

	if (form->two_bytes)
		return (form->opcode & 0xf0) == 0x40 && (involved || target);
	if (form->opcode < 0x38)
		return involved && (form->opcode & 5) == 1;
	switch (form->opcode) {
	case 0x54:
	case 0x5c: /* pop esp */
	case 0x60: /* pushad */
	case 0x94:
	case 0xbc: /* mov esp, imm */
	case 0xc9: return true;
	case 0x87:
	case 0x89: return involved;
	case 0x8b: return involved || target;
	case 0x8d: return on_stack(form) || target;
	default: return false;
	}
}

/* Of the instructions that VEX begins, moves, integers and logic of vectors, and those of general
 * registers, are what decoders are made of; the rest is left to mathematics. In 32-bit mode the
 * prefixes are lds and les where memory follows (SDM vol. 2, 2.3.5). */
static unsigned traits_of_vex(const struct form *form)
{
	enum { VEX_3 = 0xc4, NONE = 0, F2 = 3 };
	unsigned payload = form->opcode == VEX_3 ? 2 : 1, map = payload == 2 ? form->modrm & 31 : 1;
	unsigned prefix = form_byte(form, form->at + payload - 1) & 3;
	struct form inner = { .mode = form->mode,
			      .code = form->code,
			      .at = form->at + payload + 1,
			      .narrow_address = form->narrow_address,
			      .opcode = form_byte(form, form->at + payload),
			      .two_bytes = true,
			      .has_modrm = true };

	inner.modrm = form_byte(&inner, inner.at);
	if (form->mode == X86_MODE_32 && form->modrm < 0xc0)
		return GLANCE_RARE;
	if (map == 1 && prefix == NONE &&
	    !memchr("\x10\x11\x28\x29\x54\x55\x56\x57\x77", inner.opcode, 9))
		return GLANCE_RARE;
	if (map == 1 && prefix == F2 && inner.opcode != 0x70 && inner.opcode != 0xf0)
		return GLANCE_RARE;
	if (map == 1)
		return inner.opcode == 0x77 ? 0 : traits_of_operand(&inner);
	if (inner.modrm >= 0xc0 || on_stack(&inner))
		return 0;
	/* extractions */
	return map == 3 && memchr("\x14\x15\x16\x17\x19\x39", inner.opcode, 6) ? GLANCE_STORE
									       : GLANCE_LOAD;
}

static unsigned traits_of_opcode(const struct form *form)
{
	unsigned extension = form->modrm >> 3 & 7;

	if (form->two_bytes)
		return form->opcode == 0xa0 || form->opcode == 0xa8   ? GLANCE_PUSH
		       : form->opcode == 0xa1 || form->opcode == 0xa9 ? GLANCE_POP
								      : 0;
	if ((form->opcode & 0xf8) == 0x50)
		return GLANCE_PUSH;
	if ((form->opcode & 0xf8) == 0x58)
		return GLANCE_POP;
	if ((form->opcode & 0xf8) == 0xd8)
		return leaves_fip_alone(form) ? 0 : GLANCE_FPU;
	switch (form->opcode) {
	case 0x68:
	case 0x6a:
	case 0x60:
	case 0x9c: return GLANCE_PUSH;
	case 0x06:
	case 0x0e:
	case 0x16:
	case 0x1e: return GLANCE_PUSH | GLANCE_RARE;
	case 0x61:
	case 0x8f:
	case 0x9d: return GLANCE_POP;
	case 0x07:
	case 0x17:
	case 0x1f: return GLANCE_POP | GLANCE_RARE;
	case 0xff: return extension == 6 ? GLANCE_PUSH : 0;
	case 0xa4:
	case 0xa5: return GLANCE_LOAD | GLANCE_STORE;
	case 0xaa:
	case 0xab: return GLANCE_STORE;
	case 0xac:
	case 0xad: return GLANCE_LOAD;
	case 0xa6:
	case 0xa7:
	case 0xae:
	case 0xaf: return GLANCE_LOAD | GLANCE_SCAN;
	case 0x00: return form->modrm == 0 ? GLANCE_RARE : 0;
	case 0xc4:
	case 0xc5: return traits_of_vex(form);
	case 0x62:
	case 0x63:
	case 0xc8:
	case 0xca:
	case 0xcb: return GLANCE_RARE;
	default: return 0;
	}
}

uint16_t form_traits(const struct form *form)
{
	unsigned traits = traits_of_opcode(form);

	if (form_sets(form) & 1u << X86_AX)
		traits |= GLANCE_SETS_AX;
	if (touches_ax(form))
		traits |= GLANCE_TOUCHES_AX;
	if (takes_stack(form))
		traits |= GLANCE_STACK_TAKEN;
	if (form->has_modrm)
		traits |= traits_of_operand(form);
	if (goes_nowhere(form) || is_answered_by_none(form))
		traits |= GLANCE_NOWHERE;
	return (uint16_t)traits;
}
