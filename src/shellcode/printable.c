/* By tables of the first byte and of ModRM. */
#include "shellcode/printable.h"

#include <string.h>

#include "shellcode/glance_form.h"
#include "shellcode/ingredients.h"

enum {
	LOOK = 160,   /* instructions: alphanumeric decoders build themselves at length */
	KINDS = 8,    /* different opcodes in a decoder at least */
	PREFIXES = 3, /* before an instruction that is known here */
	WALK_COST = 4 /* of an instruction, in nanoseconds, see share.h */
};

/* What a first byte begins: the bytes that it has with its immediate (0: what nobody writes), and
 * what else there is to it. */
enum {
	N = 0,	   /* nobody's: privileged, bound; arpl, which is movsxd in 64-bit mode */
	M = 0x10,  /* ModRM follows, and what that asks for */
	P = 0x20,  /* prefix */
	A = 0x40,  /* needs a closer look */
	Z = 5,	   /* an immediate of the operand size, 32 bits at most */
	SIZE = 0xf /* the bytes */
};

/* clang-format off */
#define FOUR(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define EIGHT(...) FOUR(__VA_ARGS__), FOUR(__VA_ARGS__)
#define SIXTEEN(...) EIGHT(__VA_ARGS__), EIGHT(__VA_ARGS__)
#define ARITHMETIC M | 1, M | 1, M | 1, M | 1, 2, Z
/* By what is valid in 32-bit mode only, what 40 to 4f are, and 63. */
#define FORMS(old, increments, arpl) { \
	/* 00 */ ARITHMETIC, old, old, ARITHMETIC, old, A, \
	/* 10 */ ARITHMETIC, old, old, ARITHMETIC, old, old, \
	/* 20 */ ARITHMETIC, P | 1, old, ARITHMETIC, P | 1, old, \
	/* 30 */ ARITHMETIC, P | 1, old, ARITHMETIC, P | 1, old, \
	/* 40 */ SIXTEEN(increments), \
	/* 50 */ SIXTEEN(1), \
	/* 60 */ old, old, N, arpl, P | 1, P | 1, P | A | 1, P | A | 1, Z, M | Z, 2, M | 2, N, N, N, N, \
	/* 70 */ SIXTEEN(2), \
	/* 80 */ SIXTEEN(A), SIXTEEN(A), SIXTEEN(A), SIXTEEN(A), \
	/* c0 */ SIXTEEN(A), SIXTEEN(A), SIXTEEN(A), SIXTEEN(A) }

static const uint8_t forms[2][256] = {
	[X86_MODE_32] = FORMS(1, 1, N),
	[X86_MODE_64] = FORMS(N, P | 1, M | 1),
};

/* Bytes of ModRM, SIB and distance by ModRM; A: SIB may have no base, and more distance. */
#define BASES(size, sib, bare) FOUR(size), sib, bare, size, size
static const uint8_t addresses[256] = {
	/* 00 */ EIGHT(BASES(1, A, 5)),
	/* 40 */ EIGHT(BASES(2, 3, 2)),
	/* 80 */ EIGHT(BASES(5, 6, 5)),
	/* c0 */ EIGHT(BASES(1, 1, 1)),
};
/* clang-format on */

/* The length by the first two bytes, a prefix being an instruction of its own; with A: they do not
 * tell. */
static inline unsigned quick_length(enum x86_mode mode, const uint8_t *at)
{
	unsigned form = forms[mode][at[0]], modrm = 0u - (form / M & 1);

	return (form & (SIZE | A)) + (addresses[at[1]] & modrm);
}

/* Of 66 or 67 as an instruction of its own, or with the one behind it. */
static unsigned prefix_stride(enum x86_mode mode, uint8_t prefix, uint8_t next)
{
	unsigned form = forms[mode][next];

	if (prefix == 0x67) /* addresses may be shorter in 32-bit mode only */
		return mode == X86_MODE_64 || !(form & (M | P | A)) ? 1 : INSTRUCTION_MAX + 1;
	if (prefix == next)
		return 1;
	if (form & (P | A) || next >= 0x70 || form == (M | Z))
		return INSTRUCTION_MAX + 1;
	return form == Z ? 4 : 1; /* an immediate of 16 bits */
}

unsigned printable_stride(enum x86_mode mode, uint8_t first, uint8_t second)
{
	const uint8_t bytes[] = { first, second };
	unsigned form = forms[mode][first], length = quick_length(mode, bytes);

	if (form & P && form & A)
		return prefix_stride(mode, first, second);
	return length & A ? INSTRUCTION_MAX + 1 : length;
}

static bool is_rex(enum x86_mode mode, uint8_t byte)
{
	return mode == X86_MODE_64 && (byte & 0xf0) == 0x40;
}

/* ModRM with a distance of 16 bits (SDM vol. 2, table 2-1). */
static unsigned narrow_address(uint8_t modrm)
{
	static const uint8_t sizes[4] = { 1, 2, 3, 1 };

	return modrm < 0x40 && (modrm & 7) == 6 ? 3 : sizes[modrm >> 6];
}

unsigned printable_length(enum x86_mode mode, const uint8_t *at)
{
	unsigned end = 0, form = forms[mode][at[0]], immediate, address = 0;
	bool narrow = false, rex = false, wide = false, narrows_address = false;

	for (; form & P; form = forms[mode][at[++end]]) {
		if (end == PREFIXES || (rex && !is_rex(mode, at[end])))
			return INSTRUCTION_MAX + 1;
		narrow |= at[end] == 0x66;
		narrows_address |= at[end] == 0x67 && mode == X86_MODE_32;
		rex = is_rex(mode, at[end]);
		wide = rex && at[end] & 8; /* the last REX counts */
	}
	if (form == N)
		return 0;
	if (form & A || (narrow && at[end] >= 0x70))
		return INSTRUCTION_MAX + 1;
	immediate = (form & SIZE) == Z && narrow && !wide ? 2 : (form & SIZE) - 1;
	end++;
	if (form & M)
		address = narrows_address ? narrow_address(at[end]) : form_quick_address(at + end);
	return end + immediate + address;
}

/* The length at `offset`, with whatever help it needs; 0: it does not go on behind itself. A prefix
 * may be an instruction of its own. */
static unsigned length_at(enum x86_mode mode, struct bytes bytes, size_t offset)
{
	unsigned length = A;
	struct step step;

	if (offset + INSTRUCTION_MAX < bytes.length) {
		length = quick_length(mode, bytes.data + offset);
		if (length & A)
			length = printable_length(mode, bytes.data + offset);
	}
	if (length <= INSTRUCTION_MAX)
		return length;
	step = glance_length(mode, bytes_slice(bytes, offset, INSTRUCTION_MAX));
	return step.flow == FLOW_NEXT || step.flow == FLOW_BRANCH ? step.length : 0;
}

struct straight {
	struct ingredients seen;
	uint64_t opcodes[4]; /* and prefixes, one bit each */
	unsigned kinds;	     /* of these */
	unsigned steps;
};

static void count_instruction(struct straight *straight, uint8_t first, unsigned length)
{
	uint64_t *opcodes = &straight->opcodes[first / 64], bit = (uint64_t)1 << first % 64;

	straight->kinds += (*opcodes & bit) == 0;
	*opcodes |= bit;
	straight->seen.patches += (first | 1) == 0x31 && length == 3;
	straight->seen.sums += ingredients_is_sum(first);
	straight->seen.pushes += first == 0x50;
	straight->steps++;
}

static bool enough(const struct straight *straight)
{
	const struct ingredients *seen = &straight->seen;

	return straight->steps >= PRINTABLE_SHORTEST &&
	       ((seen->patches >= INGREDIENTS_PATCHES && straight->kinds >= KINDS) ||
		ingredients_build(seen));
}

/* Do the instructions of the run go straight through enough of what code needs? */
static bool holds_enough(enum x86_mode mode, struct bytes bytes, size_t start, size_t end,
			 unsigned *steps)
{
	struct straight straight = { .steps = 0 };

	for (size_t at = start; straight.steps < LOOK && at < end && !enough(&straight);) {
		unsigned length = length_at(mode, bytes, at);
		if (length == 0)
			break;
		count_instruction(&straight, bytes.data[at], length);
		at += length;
	}
	*steps += straight.steps;
	return enough(&straight);
}

unsigned printable_widths(struct bytes bytes, size_t start, size_t end, unsigned widths,
			  uint64_t *cost)
{
	unsigned steps = 0;

	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		if (widths >> mode & 1 && !holds_enough(mode, bytes, start, end, &steps))
			widths &= ~(1u << mode);
	*cost += (uint64_t)WALK_COST * steps;
	return widths;
}
