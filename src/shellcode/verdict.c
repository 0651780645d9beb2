#include "shellcode/verdict.h"

#include <string.h>

enum {
	HUNT_ASKED = 16,  /* times that a hunter asks the system, or its handler, about memory */
	ASKING_HUNT = 40, /* instructions of such a hunter, its handler included */
	HUNT_LENGTH = 32, /* instructions of a hunter's loop */
	ANSWER_LOOK = 8,  /* instructions behind a question, up to the branch by its answer */
	HUNT_LOOK = 6,	  /* instructions behind a hunter's last comparison */
	HUNT_STRAIGHT = 2 /* where what it looks for was there before it */
};

static bool has(const struct observation *seen, enum shellcode_evidence bit)
{
	return (seen->evidence & 1u << bit) != 0;
}

/* Decoders: code that it wrote, found through its own address, and something that followed. */
static bool decoder_verdict(const struct observation *seen)
{
	bool knows_itself = has(seen, SHELLCODE_GETPC_BIT) || has(seen, SHELLCODE_SELF_READ_BIT) ||
			    has(seen, SHELLCODE_STACK_STRING_BIT);
	bool does_something = seen->apis > 0 || seen->calls > 0;

	if (!has(seen, SHELLCODE_DECODES_BIT) || !knows_itself)
		return false;
	if (does_something)
		return seen->executed_written >= 3;
	/* A payload that ends for want of what it expects: the decoder must be plain, and most of
	 * what runs must be what it decoded. */
	return has(seen, SHELLCODE_GETPC_BIT) && seen->rewritten >= 24 && seen->decoded >= 6 &&
	       4 * seen->decoded >= 3 * seen->executed_written && seen->written_shapes >= 7;
}

static bool windows_verdict(const struct observation *seen)
{
	bool searched = has(seen, SHELLCODE_PEB_BIT) || has(seen, SHELLCODE_EXPORTS_BIT);

	return (searched && (seen->apis > 0 || seen->lists)) ||
	       (seen->natives > 0 && seen->executed >= 5) ||
	       ((seen->apis_sensible > 0 || seen->fixed_known > 0) && seen->executed >= 3);
}

/* System calls whose arguments the code has put together. Where registers held pointers before,
 * every small number is its doing, unless most of what was executed had nothing to do with the
 * call; where they were 0, only what leads somewhere counts. */
static bool unix_verdict(const struct observation *seen, enum convention convention)
{
	unsigned value = 2 * seen->weight + seen->numbers;

	if (seen->executed < 4)
		return false;
	if (convention == CONVENTION_ZERO)
		return seen->weight >= 2;
	bool only_exits = seen->exits && seen->calls == 1 && seen->asked < 2;
	bool sure = seen->weight >= 2;
	/* A fork bomb is a number, a call, and a jump that says where to. */
	bool bomb = seen->forks >= 8 && seen->most_repeated >= 8 && seen->asked <= 2 &&
		    !seen->way.leftover && !seen->indirect && !seen->returns &&
		    seen->way.idle <= seen->way.serving;
	/* One text alone proves nothing where the call's number was made of what was left over. */
	bool own = seen->numbers || !(seen->way.leftover >> X86_AX & 1);
	return (value >= 2 && (sure || (own && 2 * seen->way.idle <= seen->way.serving))) ||
	       (value == 1 && seen->settings && seen->executed >= 5 && !seen->borrows &&
		!only_exits && 3 * seen->way.idle <= seen->way.serving && !seen->way.leftover) ||
	       (seen->call_sites >= 3 && seen->calls >= 3 && seen->executed >= 9) || bomb ||
	       seen->questions >= HUNT_ASKED;
}

bool verdict_asks_about_memory(const struct observation *seen)
{
	return seen->walked_over >= HUNT_ASKED || seen->questions >= HUNT_ASKED;
}

/* A hunt for a mark is a loop of a few instructions and nothing else; behind a decoder, of those
 * that it wrote. */
static bool hunt_verdict(const struct observation *seen)
{
	bool written = has(seen, SHELLCODE_DECODES_BIT);
	unsigned length = written ? seen->executed_written : seen->executed;
	bool by_asking = verdict_asks_about_memory(seen) && length <= ASKING_HUNT;
	/* one that was decoded may have found its own constant, and gone on behind that */
	bool plain = written ? seen->own_mark && has(seen, SHELLCODE_GETPC_BIT) : !seen->indirect;

	return has(seen, SHELLCODE_EGG_HUNT_BIT) && length >= 3 &&
	       (by_asking || (length <= 16 && plain));
}

/* Registers that hold what a hunt looks at, followed through copies: one bit each. */
static unsigned follow_pointer(unsigned pointers, const struct instruction *instruction,
			       const uint8_t *code)
{
	unsigned one = 1u << (code[1] & 7), other = 1u << (code[1] >> 3 & 7);

	for (unsigned i = 0; instruction->role == ROLE_COMPARE && i < instruction->references_count;
	     i++)
		if (instruction->references[i].base >= 0 && instruction->references[i].base < 16)
			pointers |= 1u << (instruction->references[i].base & 7);
	if (code[0] == 0x89 && code[1] >= 0xc0 && pointers & other)
		pointers |= one;
	if ((code[0] == 0x8b || code[0] == 0x87) && code[1] >= 0xc0 && pointers & one)
		pointers |= other;
	if (code[0] == 0x8d && pointers & one)
		pointers |= other;
	return pointers;
}

/* Does it go to what it found: jump or call through the pointer, or push it and return? */
static bool goes_to(const uint8_t *code, unsigned pointers)
{
	if (code[0] == 0xff && ((code[1] & 0xf8) == 0xd0 || (code[1] & 0xf8) == 0xe0))
		return pointers >> (code[1] & 7) & 1;
	return (code[0] & 0xf8) == 0x50 && code[1] == 0xc3 && pointers >> (code[0] & 7) & 1;
}

/* An instruction that compares al or eax with a constant, or asks whether it is 0. */
static bool compares_answer(const uint8_t *code)
{
	static const uint8_t with_constant[] = { 0x3c, 0x3d, 0x2c, 0x2d, 0x34, 0x35, 0xa8, 0xa9 };

	if (memchr(with_constant, code[0], sizeof with_constant))
		return true;
	if (code[0] == 0x84 || code[0] == 0x85 || code[0] == 0x08 || code[0] == 0x09)
		return code[1] == 0xc0; /* test, or */
	return (code[0] == 0x83 || code[0] == 0x81 || code[0] == 0x80) &&
	       (code[1] == 0xf8 || code[1] == 0xe8 || code[1] == 0xf0); /* cmp, sub, xor */
}

/* Behind the place where a hunter asks stands what it does with the answer: compare, and branch. */
static bool looks_at_answer(const struct x86 *machine, uint64_t at)
{
	unsigned compared = 0;

	for (unsigned i = 0; i < ANSWER_LOOK; i++) {
		uint8_t bytes[INSTRUCTION_MAX + 1] = { 0 };
		struct step step;
		if (x86_read(machine, at, bytes, INSTRUCTION_MAX) < 0)
			return false;
		step = instruction_step(x86_mode(machine),
					(struct bytes){ bytes, INSTRUCTION_MAX });
		if (step.flow == FLOW_BRANCH && compared)
			return true;
		if (step.length == 0 || step.flow != FLOW_NEXT)
			return false;
		compared |= compares_answer(
			bytes + (x86_mode(machine) == X86_MODE_64 && (bytes[0] & 0xf0) == 0x40));
		at += step.length;
	}
	return false;
}

void verdict_check_hunt(struct world *world, struct observation *seen)
{
	struct x86 *machine = world_machine(world);
	uint64_t at = seen->hunt_at;
	unsigned pointers = 0, behind = 0, most = seen->own_mark ? HUNT_LOOK : HUNT_STRAIGHT;

	if (seen->questions >= HUNT_ASKED && !looks_at_answer(machine, seen->asked_from))
		seen->questions = 0;
	/* who asks the system, or a handler, about memory has shown enough */
	if (!has(seen, SHELLCODE_EGG_HUNT_BIT) || verdict_asks_about_memory(seen))
		return;
	for (unsigned i = 0; i < HUNT_LENGTH && behind < most; i++) {
		uint8_t bytes[INSTRUCTION_MAX + 1] = { 0 };
		const uint8_t *code = bytes;
		struct instruction instruction;
		if (x86_read(machine, at, bytes, INSTRUCTION_MAX) < 0 ||
		    !instruction_decode(x86_mode(machine), (struct bytes){ bytes, INSTRUCTION_MAX },
					&instruction) ||
		    instruction.flow == FLOW_RETURN)
			break;
		if (x86_mode(machine) == X86_MODE_64 && (bytes[0] & 0xf0) == 0x40)
			code++;
		if (!seen->own_mark && (code[0] & 0xfe) == 0xae)
			break; /* scas, for what a register happens to hold */
		pointers = follow_pointer(pointers, &instruction, code);
		if (goes_to(code, pointers))
			return;
		if (instruction.role != ROLE_COMPARE && instruction.references_count)
			break; /* who has found it has nothing else to look for */
		behind = instruction.role == ROLE_COMPARE ? 0 : behind + 1;
		at += instruction.length;
	}
	seen->evidence &= ~(1u << SHELLCODE_EGG_HUNT_BIT);
}

static bool acts(const struct observation *seen)
{
	return seen->apis > 0 || seen->calls > 0;
}

bool verdict_has_shown(const struct observation *seen)
{
	return acts(seen) || verdict_asks_about_memory(seen);
}

bool verdict_of(const struct observation *seen, enum convention convention, bool strict)
{
	if (decoder_verdict(seen) && (!strict || (acts(seen) && seen->executed_written >= 12)))
		return true;
	if (strict)
		return has(seen, SHELLCODE_PEB_BIT) && has(seen, SHELLCODE_EXPORTS_BIT) &&
		       seen->apis > 0;
	return windows_verdict(seen) || unix_verdict(seen, convention) || hunt_verdict(seen);
}
