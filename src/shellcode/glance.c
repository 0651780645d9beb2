#include "shellcode/glance.h"

/* Of each opcode of the one-byte map. */
enum {
	M = 1,	 /* ModRM follows */
	B = 2,	 /* an immediate byte */
	Z = 4,	 /* an immediate of the operand size, 32 bits at most */
	W = 8,	 /* an immediate word */
	N = 16,	 /* not for user programs, or not in this map */
	X = 32,	 /* not in 64-bit mode */
	S = 64,	 /* depends on ModRM: see special */
	P = 128, /* prefix */
	BOTH = M | B,
	FULL = M | Z
};

static const uint8_t one_byte[256] = {
	/* 00 */ M,
	M,
	M,
	M,
	B,
	Z,
	X,
	X,
	M,
	M,
	M,
	M,
	B,
	Z,
	X,
	S,
	/* 10 */ M,
	M,
	M,
	M,
	B,
	Z,
	X,
	X,
	M,
	M,
	M,
	M,
	B,
	Z,
	X,
	X,
	/* 20 */ M,
	M,
	M,
	M,
	B,
	Z,
	P,
	X,
	M,
	M,
	M,
	M,
	B,
	Z,
	P,
	X,
	/* 30 */ M,
	M,
	M,
	M,
	B,
	Z,
	P,
	X,
	M,
	M,
	M,
	M,
	B,
	Z,
	P,
	X,
	/* 40 */ 0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	/* 50 */ 0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	/* 60 */ X,
	X,
	S,
	M,
	P,
	P,
	P,
	P,
	Z,
	FULL,
	B,
	BOTH,
	N,
	N,
	N,
	N,
	/* 70 */ B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	/* 80 */ BOTH,
	FULL,
	BOTH | X,
	BOTH,
	M,
	M,
	M,
	M,
	M,
	M,
	M,
	M,
	S,
	S,
	S,
	S,
	/* 90 */ 0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	S,
	0,
	0,
	0,
	0,
	0,
	/* a0 */ S,
	S,
	S,
	S,
	0,
	0,
	0,
	0,
	B,
	Z,
	0,
	0,
	0,
	0,
	0,
	0,
	/* b0 */ B,
	B,
	B,
	B,
	B,
	B,
	B,
	B,
	S,
	S,
	S,
	S,
	S,
	S,
	S,
	S,
	/* c0 */ BOTH,
	BOTH,
	W,
	0,
	S,
	S,
	S,
	S,
	W | B,
	0,
	W,
	0,
	0,
	B,
	X,
	N,
	/* d0 */ M,
	M,
	M,
	M,
	B | X,
	B | X,
	X,
	0,
	S,
	S,
	S,
	S,
	S,
	S,
	S,
	S,
	/* e0 */ B,
	B,
	B,
	B,
	N,
	N,
	N,
	N,
	Z,
	Z,
	S,
	B,
	N,
	N,
	N,
	N,
	/* f0 */ S,
	0,
	P,
	P,
	N,
	0,
	S,
	S,
	0,
	0,
	N,
	N,
	0,
	0,
	S,
	S,
};

/* The integer part of the 0F map; N: ask the full decoder. */
static uint8_t two_byte_shape(uint8_t opcode)
{
	switch (opcode >> 4) {
	case 0x4:
	case 0x9: return M; /* cmov, set */
	case 0x8: return Z; /* jcc */
	default: break;
	}
	switch (opcode) {
	case 0x31: /* rdtsc */
	case 0x34: /* sysenter */
	case 0xa2: /* cpuid */
	case 0xa0:
	case 0xa1:
	case 0xa8:
	case 0xa9: return 0; /* push, pop fs, gs */
	case 0x1f:
	case 0xa3:
	case 0xa5:
	case 0xab:
	case 0xad:
	case 0xaf:
	case 0xb3:
	case 0xb6:
	case 0xb7:
	case 0xbb:
	case 0xbe:
	case 0xbf: return M;
	case 0xa4:
	case 0xac: return BOTH;
	default: return (opcode & 0xf8) == 0xc8 ? 0 : N; /* bswap */
	}
}

struct form {
	enum x86_mode mode;
	struct bytes code;
	size_t at; /* what has been read */
	uint8_t opcode, modrm;
	bool two_bytes, has_modrm;
	bool narrow_operand, narrow_address, wide; /* 66, 67, REX.W */
	bool locked;
};

static uint8_t byte_at(const struct form *form, size_t at)
{
	return at < form->code.length ? form->code.data[at] : 0;
}

/* Legacy prefixes, then REX where it is one. */
static void read_prefixes(struct form *form)
{
	for (; form->at < form->code.length; form->at++) {
		uint8_t byte = form->code.data[form->at];
		if (byte == 0x66)
			form->narrow_operand = true;
		else if (byte == 0x67)
			form->narrow_address = true;
		else if (byte == 0xf0)
			form->locked = true;
		else if (!(one_byte[byte] & P))
			break;
	}
	if (form->mode == X86_MODE_64 && (byte_at(form, form->at) & 0xf0) == 0x40) {
		form->wide = (byte_at(form, form->at) & 8) != 0;
		form->at++;
	}
}

/* Bytes of ModRM, SIB and displacement. */
static size_t address_length(const struct form *form)
{
	uint8_t mode = form->modrm >> 6, base = form->modrm & 7;
	size_t length = 1;

	if (mode == 3)
		return 1;
	if (form->narrow_address && form->mode == X86_MODE_32)
		return mode == 1 ? 2 : mode == 2 || base == 6 ? 3 : 1;
	if (base == 4) {
		base = byte_at(form, form->at + 1) & 7;
		length = 2;
	}
	return length + (mode == 1 ? 1 : mode == 2 || base == 5 ? 4 : 0);
}

static size_t immediate_length(const struct form *form, uint8_t shape)
{
	return (shape & B ? 1u : 0u) + (shape & W ? 2u : 0u) +
	       (shape & Z ? (form->narrow_operand && !form->wide ? 2u : 4u) : 0u);
}

/* Immediates of moves to and from absolute addresses, and of mov r, imm. */
static size_t long_immediate(const struct form *form)
{
	if (form->opcode < 0xb0) {
		if (form->mode == X86_MODE_64)
			return form->narrow_address ? 4 : 8;
		return form->narrow_address ? 2 : 4;
	}
	return form->wide ? 8 : form->narrow_operand ? 2 : 4;
}

/* Opcodes whose ModRM decides: their shape with M, or N for those that the full decoder must judge.
 */
static uint8_t special(uint8_t opcode, uint8_t modrm)
{
	unsigned extension = modrm >> 3 & 7;
	bool memory = modrm < 0xc0;

	switch (opcode) {
	case 0x8d: return memory ? M : N;
	case 0xc6: return extension == 0 ? BOTH : N;
	case 0xc7: return extension == 0 ? FULL : N;
	case 0xf6: return extension < 2 ? BOTH : M;
	case 0xf7: return extension < 2 ? FULL : M;
	case 0xfe: return extension < 2 ? M : N;
	case 0xff: return extension == 7 || !(memory || (extension != 3 && extension != 5)) ? N : M;
	case 0xd8:
	case 0xda:
	case 0xdc:
	case 0xde: return memory ? M : N;
	case 0xd9: return memory && extension != 1 ? M : N;
	case 0xdb: return memory && extension != 4 && extension != 6 ? M : N;
	case 0xdd: return memory && extension != 5 ? M : N;
	case 0xdf: return memory ? M : N;
	default: return N;
	}
}

static bool relative(const struct form *form)
{
	if (form->two_bytes)
		return (form->opcode & 0xf0) == 0x80;
	return (form->opcode & 0xf0) == 0x70 || (form->opcode & 0xfc) == 0xe0 ||
	       form->opcode == 0xe8 || form->opcode == 0xe9 || form->opcode == 0xeb;
}

static enum flow flow_of_form(const struct form *form)
{
	unsigned extension = form->modrm >> 3 & 7;

	if (form->two_bytes)
		return (form->opcode & 0xf0) == 0x80 ? FLOW_BRANCH
		       : form->opcode == 0x34	     ? FLOW_SYSTEM
						     : FLOW_NEXT;
	if ((form->opcode & 0xf0) == 0x70 || (form->opcode & 0xfc) == 0xe0)
		return FLOW_BRANCH;
	switch (form->opcode) {
	case 0xe8: return FLOW_CALL;
	case 0xe9:
	case 0xeb: return FLOW_JUMP;
	case 0xc2:
	case 0xc3:
	case 0xca:
	case 0xcb: return FLOW_RETURN;
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xf1: return FLOW_SYSTEM;
	case 0xff:
		return extension == 3					    ? FLOW_SYSTEM
		       : extension == 2 || extension == 4 || extension == 5 ? FLOW_INDIRECT
									    : FLOW_NEXT;
	default: return FLOW_NEXT;
	}
}

/* --- traits --- */

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
	       (byte_at(form, form->at + 1) & 0x3f) == 0x24;
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

static bool compares_operand(uint8_t opcode, unsigned extension)
{
	return (opcode >= 0x38 && opcode < 0x3c) ||
	       ((opcode == 0x80 || opcode == 0x81 || opcode == 0x83) && extension == 7);
}

static unsigned traits_of_operand(const struct form *form)
{
	unsigned extension = form->modrm >> 3 & 7, traits = 0;
	bool integer = !form->two_bytes && (form->opcode < 0xd8 || form->opcode > 0xdf);

	if (form->modrm >= 0xc0 || on_stack(form))
		return 0;
	if (form->two_bytes || !integer || form->opcode == 0x8d)
		return form->two_bytes ? GLANCE_LOAD : 0;
	traits |= writes_operand(form->opcode, extension) ? GLANCE_STORE : GLANCE_LOAD;
	if (compares_operand(form->opcode, extension))
		traits |= GLANCE_SCAN;
	return traits;
}

/* Registers that get a value of their own rather than a change of the one they have. */
static unsigned sets(const struct form *form)
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

/* Moves, exchanges and sums with the stack pointer, whole words only. */
static bool takes_stack(const struct form *form)
{
	bool involved =
		form->modrm >= 0xc0 && ((form->modrm & 7) == 4 || (form->modrm >> 3 & 7) == 4);

	if (form->two_bytes)
		return false;
	if (form->opcode < 0x38)
		return involved && (form->opcode & 5) == 1;
	switch (form->opcode) {
	case 0x54:
	case 0x94: return true;
	case 0x87:
	case 0x89:
	case 0x8b: return involved;
	case 0x8d: return on_stack(form);
	default: return false;
	}
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
	case 0x62:
	case 0x63:
	case 0xc4:
	case 0xc5:
	case 0xc8:
	case 0xca:
	case 0xcb: return GLANCE_RARE;
	default: return 0;
	}
}

static uint16_t traits_of(const struct form *form)
{
	unsigned traits = traits_of_opcode(form);

	if (sets(form) & 1u << X86_AX)
		traits |= GLANCE_SETS_AX;
	if (touches_ax(form))
		traits |= GLANCE_TOUCHES_AX;
	if (takes_stack(form))
		traits |= GLANCE_STACK_TAKEN;
	if (form->has_modrm)
		traits |= traits_of_operand(form);
	return (uint16_t)traits;
}

/* --- one instruction --- */

static struct step ask(const struct form *form)
{
	struct step step = instruction_step(form->mode, form->code);

	step.traits = GLANCE_ASKED;
	if (step.length)
		step.traits |= traits_of(form);
	return step;
}

/* A relative branch's distance: the last `size` bytes of the instruction. */
static int32_t distance(const struct form *form, size_t end, size_t size)
{
	const uint8_t *at = form->code.data + end - size;

	if (size == 1)
		return (int8_t)at[0];
	return (int32_t)((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
			 (uint32_t)at[3] << 24);
}

static struct step finish(const struct form *form, size_t end, size_t immediate)
{
	struct step step = { 0 };

	if (end > form->code.length || end > INSTRUCTION_MAX)
		return step;
	step.length = (uint8_t)end;
	step.flow = (uint8_t)flow_of_form(form);
	if (relative(form))
		step.target = distance(form, end, immediate) + step.length;
	step.traits = traits_of(form);
	return step;
}

static bool has_long_immediate(const struct form *form)
{
	return !form->two_bytes && ((form->opcode & 0xfc) == 0xa0 || (form->opcode & 0xf8) == 0xb8);
}

/* Reads the opcode; its shape, with N for what is not answered here. */
static uint8_t read_opcode(struct form *form)
{
	uint8_t shape;

	form->opcode = byte_at(form, form->at++);
	if (form->opcode == 0x0f) {
		form->two_bytes = true;
		form->opcode = byte_at(form, form->at++);
		shape = two_byte_shape(form->opcode);
	} else {
		shape = one_byte[form->opcode];
	}
	if (form->mode == X86_MODE_64 && !form->two_bytes && (form->opcode & 0xf0) == 0x40)
		shape = N; /* REX behind REX */
	form->modrm = byte_at(form, form->at);
	if (shape & S && !form->two_bytes && !has_long_immediate(form))
		shape = special(form->opcode, form->modrm);
	form->has_modrm = (shape & M) != 0;
	return shape;
}

struct step glance(enum x86_mode mode, struct bytes code)
{
	struct form form = { .mode = mode, .code = code };
	size_t end, immediate;
	uint8_t shape;

	if (form.code.length > INSTRUCTION_MAX)
		form.code.length = INSTRUCTION_MAX;
	read_prefixes(&form);
	if (form.at >= form.code.length)
		return (struct step){ 0 };
	shape = read_opcode(&form);
	if (!form.two_bytes && one_byte[form.opcode] == N)
		return (struct step){ 0 };
	if (mode == X86_MODE_64 && shape & X)
		return (struct step){ 0 };
	/* prefixes behind REX, reserved forms, 16-bit branches and what may not be locked */
	if (shape & (N | P) || form.locked ||
	    (form.narrow_operand && flow_of_form(&form) != FLOW_NEXT))
		return ask(&form);
	end = form.at;
	if (shape & M)
		end += address_length(&form);
	immediate =
		has_long_immediate(&form) ? long_immediate(&form) : immediate_length(&form, shape);
	return finish(&form, end + immediate, immediate);
}

size_t glance_opcode(enum x86_mode mode, struct bytes code)
{
	struct form form = { .mode = mode, .code = code };

	read_prefixes(&form);
	return form.at;
}

unsigned glance_sets(enum x86_mode mode, struct bytes code)
{
	struct form form = { .mode = mode, .code = code };

	read_prefixes(&form);
	if (form.at >= code.length)
		return 0;
	read_opcode(&form);
	return sets(&form);
}
