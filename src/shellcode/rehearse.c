/* The play: prefixes are read here, instructions carried out by rehearse_execute.c on the memory of
 * rehearse_actor.c. */
#include "shellcode/rehearse.h"

#include <string.h>

#include "shellcode/probe.h"
#include "shellcode/rehearse_actor.h"

enum {
	BEFORE = 64, /* bytes before the entry that may be changed, too */
	STEPS = 128,
	LONGEST_COMMON =
		5, /* bytes of prefixes and opcode: no instruction is too long with these */
	/* nanoseconds, see share.h */
	BEGIN_COST = 60,
	STEP_COST = 8
};

/* The last override counts; in 64-bit mode only those of fs: and gs: do. */
static void read_segment(const struct actor *actor, struct instruction_bytes *bytes, uint8_t byte)
{
	bool narrow = actor->mode == X86_MODE_32;

	if (byte == 0x64 || byte == 0x65) {
		bytes->segment = x86_segment_base(actor->machine, byte == 0x64 ? X86_FS : X86_GS);
		bytes->null_segment = byte == 0x65 && narrow;
	} else if (narrow && (byte == 0x26 || byte == 0x36 || byte == 0x3e)) {
		bytes->segment = 0;
		bytes->null_segment = false;
	}
}

static bool read_prefix(const struct actor *actor, struct instruction_bytes *bytes, uint8_t byte)
{
	bool rex = actor->mode == X86_MODE_64 && (byte & 0xf0) == 0x40;

	if (!rex && (byte < 0x64 || byte > 0x67) && ((byte & 0xe7) != 0x26 || byte == 0x2e))
		return false;
	bytes->rex = rex ? byte : 0; /* only one that the opcode follows counts */
	read_segment(actor, bytes, byte);
	bytes->narrow_address |= byte == 0x67;
	if (byte == 0x66)
		bytes->size = 2;
	return true;
}

/* One instruction. Where it goes before the beginning is past every end. */
static void go_on(struct actor *actor)
{
	struct instruction_bytes bytes = { .size = 4 };
	bool common;

	actor->at = actor->next;
	actor->jump = 0;
	do
		bytes.opcode = actor_next_byte(actor);
	while (read_prefix(actor, &bytes, bytes.opcode) && actor->verdict == GOES_ON);
	common = actor->next - actor->at <= LONGEST_COMMON;
	if (bytes.rex & 8)
		bytes.size = 8;
	if (actor->verdict == GOES_ON)
		actor_execute(actor, &bytes);
	if (!common && actor->next - actor->at > INSTRUCTION_MAX)
		actor->verdict = OPEN;
	actor->next += actor->jump;
}

static void begin(struct actor *actor, struct world *world, struct bytes piece, size_t entry,
		  enum convention convention)
{
	size_t first = entry < BEFORE ? 0 : entry - BEFORE;
	struct bytes code = bytes_slice(piece, first, ACTOR_CODE);
	uint64_t stack = world_stack(world), address = world_code(world) + entry;
	unsigned word;

	x86_rollback(world_machine(world)); /* to what a run begins with */
	actor->machine = world_machine(world);
	actor->mode = x86_mode(actor->machine);
	word = actor_word(actor);
	actor->verdict = GOES_ON;
	actor->flags = 0;
	actor->piece = piece;
	actor->start = world_code(world);
	actor->window = actor->start + first;
	actor->process_block = world_process_block(world);
	actor->next = entry - first;
	actor->length = code.length;
	if (code.length)
		memcpy(actor->code, code.data, code.length);
	memset(actor->written, 0, sizeof actor->written);
	memset(actor->told, 0, sizeof actor->told);
	memset(actor->registers, 0, sizeof actor->registers);
	if (convention == CONVENTION_POINTERS) {
		for (unsigned i = 0; i < X86_REGISTERS; i++)
			actor->registers[i] = address;
		for (unsigned i = ACTOR_STACK; i < 2 * ACTOR_STACK; i += word)
			memcpy(actor->words + i, &address, word);
		memset(actor->told + ACTOR_STACK / ACTOR_WORD, 0xff, ACTOR_STACK / 8);
	}
	actor->stack = stack - ACTOR_STACK;
	actor->registers[X86_SP] = stack;
}

/* Bytes of its code that it has changed. */
static unsigned written_by(const struct actor *actor)
{
	unsigned count = 0;

	for (size_t i = 0; i < ACTOR_CODE / ACTOR_WORD; i++)
		for (uint64_t word = actor->written[i]; word; word &= word - 1)
			count++;
	return count;
}

struct rehearsal rehearse(struct world *world, struct bytes piece, size_t entry,
			  enum convention convention)
{
	struct rehearsal rehearsal = { .end = REHEARSAL_OPEN };
	unsigned steps = 0;
	struct actor actor;
	size_t first;

	begin(&actor, world, piece, entry, convention);
	first = actor.next;
	for (; steps < STEPS && actor.verdict == GOES_ON; steps++)
		go_on(&actor);
	if (actor.verdict == FAULT)
		rehearsal.end =
			written_by(&actor) < PROBE_DECODER ? REHEARSAL_FAILS : REHEARSAL_DECODES;
	rehearsal.at = actor.at - first;
	rehearsal.cost = BEGIN_COST + (uint64_t)STEP_COST * steps;
	return rehearsal;
}
