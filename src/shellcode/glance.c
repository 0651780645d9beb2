#include "shellcode/glance_form.h"

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

/* clang-format off */
static const uint8_t one_byte[256] = {
	/* 00 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, S,
	/* 10 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
	/* 20 */ M, M, M, M, B, Z, P, X, M, M, M, M, B, Z, P, X,
	/* 30 */ M, M, M, M, B, Z, P, X, M, M, M, M, B, Z, P, X,
	/* 40 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 60 */ X, X, S, M, P, P, P, P, Z, FULL, B, BOTH, N, N, N, N,
	/* 70 */ B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	/* 80 */ BOTH, FULL, BOTH | X, BOTH, M, M, M, M, M, M, M, M, S, S, S, S,
	/* 90 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, S, 0, 0, 0, 0, 0,
	/* a0 */ S, S, S, S, 0, 0, 0, 0, B, Z, 0, 0, 0, 0, 0, 0,
	/* b0 */ B, B, B, B, B, B, B, B, S, S, S, S, S, S, S, S,
	/* c0 */ BOTH, BOTH, W, 0, S, S, S, S, W | B, 0, W, 0, 0, B, X, N,
	/* d0 */ M, M, M, M, B | X, B | X, X, 0, S, S, S, S, S, S, S, S,
	/* e0 */ B, B, B, B, N, N, N, N, Z, Z, S, B, N, N, N, N,
	/* f0 */ S, 0, P, P, N, 0, S, S, 0, 0, N, N, 0, 0, S, S,
};
/* clang-format on */

/* The integer part of the 0F map; N: ask the full decoder, which for moves of vectors and exchanges
 * says nothing of their operand. */
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
	case 0x11:
	case 0x13:
	case 0x17:
	case 0x29:
	case 0x2b:
	case 0x7e:
	case 0x7f:
	case 0xb0:
	case 0xb1:
	case 0xba:
	case 0xc0:
	case 0xc1:
	case 0xd6:
	case 0xe7: return M | N;
	default: return (opcode & 0xf8) == 0xc8 ? 0 : N; /* bswap */
	}
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
	if (form->mode == X86_MODE_64 && (form_byte(form, form->at) & 0xf0) == 0x40) {
		form->rex = form_byte(form, form->at);
		form->wide = (form->rex & 8) != 0;
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
		base = form_byte(form, form->at + 1) & 7;
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

/* The register forms of d8 to df that are instructions: bit n is ModRM c0 + n (SDM vol. 2,
 * appendix B.17, with the aliases that processors accept). */
static const uint64_t x87_registers[8] = {
	0xffffffffffffffffu, 0xffff7f33ff01ffffu, 0x00000200ffffffffu, 0x00ffff1fffffffffu,
	0xffffffffffffffffu, 0x0000ffffffffffffu, 0xffffffff02ffffffu, 0x00ffff01ffffffffu,
};

/* Opcodes whose ModRM decides: their shape with M, or N for those that the full decoder must judge.
 */
static uint8_t special(uint8_t opcode, uint8_t modrm)
{
	unsigned extension = modrm >> 3 & 7;
	bool memory = modrm < 0xc0;

	if ((opcode & 0xf8) == 0xd8 && !memory)
		return x87_registers[opcode & 7] >> (modrm & 0x3f) & 1 ? M : N;
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
	case 0xde:
	case 0xdf: return M;
	case 0xd9: return extension != 1 ? M : N;
	case 0xdb: return extension != 4 && extension != 6 ? M : N;
	case 0xdd: return extension != 5 ? M : N;
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

/* Of ff. */
static enum flow flow_by_extension(uint8_t modrm)
{
	unsigned extension = modrm >> 3 & 7;

	return extension == 3					    ? FLOW_SYSTEM
	       : extension == 2 || extension == 4 || extension == 5 ? FLOW_INDIRECT
								    : FLOW_NEXT;
}

static enum flow flow_of_form(const struct form *form)
{
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
	case 0xff: return flow_by_extension(form->modrm);
	default: return FLOW_NEXT;
	}
}

/* --- one instruction --- */

static struct step ask(const struct form *form)
{
	struct step step = instruction_step(form->mode, form->code);

	step.traits = GLANCE_ASKED;
	if (step.length && !form->brief)
		step.traits |= form_traits(form);
	return step;
}

/* A relative branch's distance: `size` bytes. */
static int32_t distance(const uint8_t *at, size_t size)
{
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
		step.target = distance(form->code.data + end - immediate, immediate) + step.length;
	step.traits = form->brief ? 0 : form_traits(form);
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

	form->opcode = form_byte(form, form->at++);
	if (form->opcode == 0x0f) {
		form->two_bytes = true;
		form->opcode = form_byte(form, form->at++);
		shape = two_byte_shape(form->opcode);
	} else {
		shape = one_byte[form->opcode];
	}
	if (form->mode == X86_MODE_64 && !form->two_bytes && (form->opcode & 0xf0) == 0x40)
		shape = N; /* REX behind REX */
	form->modrm = form_byte(form, form->at);
	if (shape & S && !form->two_bytes && !has_long_immediate(form))
		shape = special(form->opcode, form->modrm);
	form->has_modrm = (shape & M) != 0;
	form->closer = (shape & (N | P)) != 0;
	return shape;
}

static struct step look(struct form form)
{
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
	if (form.mode == X86_MODE_64 && shape & X)
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

/* --- the common case: at most REX before an opcode that is not asked for more --- */

enum {
	REXES = 3, /* the last of which counts */
	QUICK = 14 /* bytes that it has at most: REX, opcode, ModRM, SIB, 4 + 4 */
};

/* Flow of the opcodes of the one-byte map that are not asked for more: 0, FLOW_NEXT. */
static const uint8_t quick_flow[256] = {
	[0x70] = FLOW_BRANCH, [0x71] = FLOW_BRANCH, [0x72] = FLOW_BRANCH, [0x73] = FLOW_BRANCH,
	[0x74] = FLOW_BRANCH, [0x75] = FLOW_BRANCH, [0x76] = FLOW_BRANCH, [0x77] = FLOW_BRANCH,
	[0x78] = FLOW_BRANCH, [0x79] = FLOW_BRANCH, [0x7a] = FLOW_BRANCH, [0x7b] = FLOW_BRANCH,
	[0x7c] = FLOW_BRANCH, [0x7d] = FLOW_BRANCH, [0x7e] = FLOW_BRANCH, [0x7f] = FLOW_BRANCH,
	[0xc2] = FLOW_RETURN, [0xc3] = FLOW_RETURN, [0xca] = FLOW_RETURN, [0xcb] = FLOW_RETURN,
	[0xcc] = FLOW_SYSTEM, [0xcd] = FLOW_SYSTEM, [0xce] = FLOW_SYSTEM, [0xe0] = FLOW_BRANCH,
	[0xe1] = FLOW_BRANCH, [0xe2] = FLOW_BRANCH, [0xe3] = FLOW_BRANCH, [0xe8] = FLOW_CALL,
	[0xe9] = FLOW_JUMP,   [0xeb] = FLOW_JUMP,   [0xf1] = FLOW_SYSTEM,
};

/* A conditional jump over 32 bits, which 0F is most often the beginning of. */
static bool long_branch(const uint8_t *at, size_t opcode, struct step *step)
{
	if ((at[opcode + 1] & 0xf0) != 0x80)
		return false;
	*step = (struct step){ .length = (uint8_t)(opcode + 6), .flow = FLOW_BRANCH };
	step->target = distance(at + opcode + 2, 4) + step->length;
	return true;
}

/* As look without traits, and *opcode where the opcode is; false: it must be looked at closer. */
static bool look_quickly(enum x86_mode mode, struct bytes code, struct step *step, size_t *opcode)
{
	const uint8_t *at = code.data;
	size_t end = 0, immediate;
	uint8_t byte, shape;
	unsigned flow;

	if (code.length < QUICK)
		return false;
	while (mode == X86_MODE_64 && (at[end] & 0xf0) == 0x40 && end < REXES)
		end++;
	*opcode = end;
	byte = at[end];
	shape = one_byte[byte];
	flow = quick_flow[byte];
	if (shape == N || (mode == X86_MODE_64 && shape & X)) {
		*step = (struct step){ 0 };
		return true;
	}
	if ((byte & 0xf8) == 0xb8 && end == 0) {
		shape = Z; /* mov r, imm32 */
	} else if (shape & S && byte == 0x0f) {
		return long_branch(at, end, step);
	} else if (shape & S && byte >= 0xc6) {
		shape = special(byte, at[end + 1]);
		flow = byte != 0xff ? 0 : flow_by_extension(at[end + 1]);
	}
	if (shape & (N | P | S) || (mode == X86_MODE_64 && (byte & 0xf0) == 0x40))
		return false;
	immediate = (shape & B ? 1u : 0u) + (shape & W ? 2u : 0u) + (shape & Z ? 4u : 0u);
	end += 1 + (shape & M ? form_quick_address(at + end + 1) : 0) + immediate;
	*step = (struct step){ .length = (uint8_t)end, .flow = flow ? (uint8_t)flow : FLOW_NEXT };
	if (flow == FLOW_BRANCH || flow == FLOW_JUMP || flow == FLOW_CALL)
		step->target = distance(at + end - immediate, immediate) + step->length;
	return true;
}

/* The traits of what was looked at quickly. */
static uint16_t quick_traits(enum x86_mode mode, struct bytes code, size_t opcode)
{
	struct form form = { .mode = mode,
			     .code = bytes_slice(code, 0, INSTRUCTION_MAX),
			     .at = opcode + 1,
			     .opcode = code.data[opcode] };

	if (form.opcode == 0x0f) {
		form.two_bytes = true;
		form.opcode = code.data[form.at++];
		return form_traits(&form);
	}
	form.modrm = code.data[form.at];
	form.has_modrm = (one_byte[form.opcode] & M) ||
			 (one_byte[form.opcode] & S && (form.opcode & 0xf8) != 0xb8);
	return form_traits(&form);
}

struct step glance(enum x86_mode mode, struct bytes code)
{
	struct step step;
	size_t opcode;

	if (!look_quickly(mode, code, &step, &opcode))
		return look((struct form){ .mode = mode, .code = code });
	if (step.length)
		step.traits = quick_traits(mode, code, opcode);
	return step;
}

struct step glance_length(enum x86_mode mode, struct bytes code)
{
	struct step step;
	size_t opcode;

	return look_quickly(mode, code, &step, &opcode)
		       ? step
		       : look((struct form){ .mode = mode, .code = code, .brief = true });
}

size_t glance_opcode(enum x86_mode mode, struct bytes code)
{
	struct form form = { .mode = mode, .code = code };

	read_prefixes(&form);
	return form.at;
}

bool form_of(enum x86_mode mode, struct bytes code, struct form *form)
{
	*form = (struct form){ .mode = mode, .code = code };
	read_prefixes(form);
	if (form->at >= code.length)
		return false;
	read_opcode(form);
	return true;
}

unsigned glance_sets(enum x86_mode mode, struct bytes code)
{
	struct form form;

	return form_of(mode, code, &form) ? form_sets(&form) : 0;
}
