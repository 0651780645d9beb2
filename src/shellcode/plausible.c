#include "shellcode/plausible.h"

#include <string.h>

#include "shellcode/environment.h"
#include "shellcode/getpc.h"
#include "shellcode/walk.h"

enum {
	LOOK = 64,	     /* instructions ahead */
	ENTRY_LOOK = 24,     /* of a beginning that are judged */
	ENTRY_STORES = 1,    /* changes of memory in one that was decoded */
	ENTRY_SHORTEST = 32, /* bytes of these: a decoder with its payload */
	STACK_PUSHES = 3,    /* words that code built on the stack has at least */
	LOOP_LOOK = 16	     /* instructions of a loop that compares memory */
};

static bool loops(const struct step *step)
{
	return step->flow == FLOW_BRANCH && step->target < 0;
}

/* --- an address of its own, from a call or rip: it must be used to change memory in a loop, or at
 * least to change memory and jump; what a loop reads may go onto the stack as well --- */

static bool address_is_used(struct sweep *sweep, size_t offset, bool strict)
{
	const unsigned pushed_copy = GLANCE_LOAD | GLANCE_PUSH;
	struct walk walk = { .sweep = sweep, .next = offset };
	size_t lowest = offset;
	unsigned traits = 0;

	while (walk.steps < LOOK && walk_on(&walk)) {
		bool back = walk.step.target < 0 &&
			    (int64_t)walk.at + walk.step.target >= (int64_t)lowest;
		if (walk.at < lowest)
			lowest = walk.at;
		traits |= walk.step.traits;
		if (walk.step.traits & GLANCE_RARE)
			return false;
		if (back && (traits & GLANCE_STORE || (traits & pushed_copy) == pushed_copy) &&
		    (walk.step.flow == FLOW_BRANCH || walk.step.flow == FLOW_JUMP))
			return true;
		if (walk_ends(&walk))
			return traits & GLANCE_STORE && !strict;
	}
	return false;
}

/* The registers that address the instruction's operand in memory; 0: it has none. Vectors' stores
 * have their ModRM behind 0F and the opcode, or behind VEX. */
static unsigned addressed_by(struct sweep *sweep, const struct opcode *opcode)
{
	size_t behind = opcode->first == 0x0f	? 2
			: opcode->first == 0xc5 ? 3
			: opcode->first == 0xc4 ? 4
						: 0;
	struct bytes form = bytes_slice(sweep_bytes(sweep), opcode->at + behind, 2);
	struct opcode operand = { 0 };

	if (behind == 0)
		return opcode->memory && opcode_has_operand(opcode) ? opcode_registers(opcode) : 0;
	if (form.length < 2)
		return 0;
	operand.modrm = form.data[0];
	operand.sib = form.data[1];
	return opcode_registers(&operand);
}

/* Decoders without a visible loop: what lies at the address that the lea takes is changed through
 * its register. */
static bool address_is_written(struct sweep *sweep, enum x86_mode mode, size_t offset)
{
	struct walk walk = { .sweep = sweep, .next = offset };
	unsigned taken = 1u << (opcode_at(sweep, mode, offset).modrm >> 3 & 7);

	while (walk.steps < LOOK && walk_on(&walk)) {
		struct opcode opcode = opcode_at(sweep, mode, walk.at);
		if (walk.step.traits & GLANCE_RARE || walk_ends(&walk))
			return false;
		if (walk.step.traits & GLANCE_STORE && addressed_by(sweep, &opcode) == taken)
			return true;
	}
	return false;
}

/* --- what was read through fs: or gs: must be followed as a pointer --- */

static bool dereferences(const struct taint *taint, const struct opcode *opcode,
			 const struct step *step)
{
	if (opcode->first == 0xac || opcode->first == 0xad || opcode->first == 0xa4 ||
	    opcode->first == 0xa5)
		return (taint->registers & 1u << X86_SI) != 0;
	return step->traits & (GLANCE_LOAD | GLANCE_STORE) && opcode->memory &&
	       (taint->registers & opcode_registers(opcode)) != 0;
}

/* The register that the access loads, as a taint. */
static struct taint loaded(const struct opcode *seed)
{
	struct taint taint = { 0 };

	if (seed->first == 0xa1 || seed->first == 0xad)
		taint.registers = 1;
	else if (seed->first == 0xff)
		taint.pushed = (seed->modrm >> 3 & 7) == 6;
	else if (seed->first == 0x8b || (seed->first & 0xc7) == 0x03)
		taint.registers = 1u << (seed->modrm >> 3 & 7);
	return taint;
}

/* Does it load eax with anything but a variable of a function, by ebp or esp? */
static bool loads_other(const struct opcode *opcode)
{
	const unsigned frame = 1u << X86_BP | 1u << X86_SP;

	return opcode->first == 0xa1 || (opcode->first & 0xf7) == 0xb0 ||
	       (opcode->first == 0x8b && (opcode->modrm >> 3 & 7) == X86_AX &&
		(!opcode->memory || !(opcode_registers(opcode) & frame)));
}

static bool pointer_is_followed(struct sweep *sweep, enum x86_mode mode, size_t offset, bool strict)
{
	struct walk walk = { .sweep = sweep, .next = offset };
	struct opcode seed = opcode_at(sweep, mode, offset);
	struct taint taint = loaded(&seed);
	bool copied = seed.first == 0xa5; /* to memory: any load may fetch it */
	bool given = (taint.registers & 1u << X86_AX) != 0;

	if ((taint.registers == 0 && !taint.pushed && !copied) || seed.first == 0x3b ||
	    !walk_on(&walk))
		return false;
	while (walk.steps < LOOK && walk_on(&walk)) {
		struct opcode opcode = opcode_at(sweep, mode, walk.at);
		if (walk.step.traits & GLANCE_RARE)
			return false;
		if (dereferences(&taint, &opcode, &walk.step) ||
		    (copied && walk.step.traits & GLANCE_LOAD))
			return true;
		taint_move(&taint, &opcode);
		given &= !loads_other(&opcode);
		if (walk_ends(&walk)) /* compiled: a function that gives it to who called it */
			return given && !strict && walk.step.flow == FLOW_RETURN;
	}
	return false;
}

/* --- beginnings --- */

/* Words that happen to be an encoding decode to anything; code of theirs that no seed tells of must
 * make what it lacks: change memory, in a loop or a few times, before it comes to an end. */
static bool writes_code(struct sweep *sweep, size_t offset)
{
	struct walk walk = { .sweep = sweep, .next = offset };
	unsigned stores = 0;

	if (sweep_bytes(sweep).length - offset < ENTRY_SHORTEST)
		return false;
	while (walk.steps < LOOK && walk_on(&walk)) {
		if (walk.step.traits & GLANCE_RARE)
			return false;
		stores += (walk.step.traits & GLANCE_STORE) != 0;
		if (stores >= ENTRY_STORES && (loops(&walk.step) || walk.steps >= ENTRY_LOOK))
			return true;
		if (walk_ends(&walk) || walk.step.flow == FLOW_SYSTEM)
			return false;
	}
	return false;
}

bool plausible_entry(struct sweep *sweep, size_t offset, bool decoded)
{
	struct walk walk = { .sweep = sweep, .next = offset };

	if (decoded)
		return writes_code(sweep, offset);
	while (walk.steps < ENTRY_LOOK && walk_on(&walk)) {
		if (walk.step.traits & GLANCE_RARE)
			return false;
		if (walk.step.flow == FLOW_SYSTEM || walk.step.flow == FLOW_CALL ||
		    walk.step.flow == FLOW_INDIRECT || loops(&walk.step))
			return true;
	}
	return walk.steps == ENTRY_LOOK || walk.next >= sweep_bytes(sweep).length;
}

static bool environment_is_used(struct sweep *sweep, enum x86_mode mode, struct seed *seed)
{
	enum environment_use use = environment_use(sweep, mode, seed->offset);

	seed->to_stack = use == ENVIRONMENT_USED_FROM_STACK;
	return use != ENVIRONMENT_UNUSED;
}

bool plausible_ahead(struct sweep *sweep, enum x86_mode mode, struct seed *seed, bool strict)
{
	switch (seed->kind) {
	case SEED_CALL: /* rare but in compiled code, where it must be a decoder's */
		return getpc_call(sweep, seed->offset) &&
		       (!strict || address_is_used(sweep, seed->offset, strict));
	case SEED_FPU: return environment_is_used(sweep, mode, seed);
	case SEED_LEA:
		return address_is_used(sweep, seed->offset, strict) ||
		       (!strict && address_is_written(sweep, mode, seed->offset));
	case SEED_SEGMENT: return pointer_is_followed(sweep, mode, seed->offset, strict);
	case SEED_HANDLER: return plausible_entry(sweep, seed->offset, false);
	default: return true;
	}
}

/* --- behind --- */

/* A number in eax; where registers were 0, an argument that is more than a small number too. */
static bool prepares_call(const struct start *start, bool zero)
{
	unsigned number = GLANCE_SETS_AX | GLANCE_SYSTEM;

	if (!number_possible(start->number, zero))
		return false;
	if (!zero)
		return (start->traits & number) != 0;
	return (start->traits & (number | GLANCE_TOUCHES_AX)) != 0 &&
	       (start->traits & (GLANCE_STACK_TAKEN | GLANCE_CALL | GLANCE_POP)) != 0;
}

/* Is the start inside a loop that the way leaves, and does the part of the loop before it compare
 * memory? Hunters compare what they began at with what they look for; begun at their end they do
 * not find the copy that is in themselves. */
static bool inside_scan(struct sweep *sweep, const struct start *start)
{
	unsigned traits = start->traits;
	size_t at = start->loop;

	if (at >= start->offset)
		return false;
	for (unsigned i = 0; i < LOOP_LOOK && at < start->offset; i++) {
		struct step step = sweep_step(sweep, at);
		if (step.length == 0 || step.traits & GLANCE_RARE)
			return false;
		traits |= step.traits;
		at += step.length;
	}
	return at == start->offset && traits & GLANCE_SCAN;
}

/* Something to jump to: built on the stack whose address was taken, decoded by a loop, or found by
 * one. */
static bool prepares_jump(struct sweep *sweep, const struct start *start, bool to_stack)
{
	unsigned traits = start->traits;

	if (start->pushes >= STACK_PUSHES && (to_stack || traits & GLANCE_STACK_TAKEN))
		return true;
	if (traits & GLANCE_LOOP)
		return (traits & (GLANCE_STORE | GLANCE_SCAN)) != 0;
	return inside_scan(sweep, start);
}

/* Registers that add up to a small offset have been given values. */
static bool prepares_address(struct sweep *sweep, enum x86_mode mode, const struct start *start,
			     size_t seed)
{
	struct opcode opcode = opcode_at(sweep, mode, seed);
	unsigned needed = opcode.first == 0xad || opcode.first == 0xa5 ? 1u << X86_SI
			  : opcode.first == 0xa1		       ? 0
								       : opcode_registers(&opcode);

	return (needed & ~(unsigned)start->sets) == 0;
}

enum start_asks plausible_asks(enum seed_kind kind)
{
	switch (kind) {
	case SEED_HANDLER:
	case SEED_SEGMENT: return START_ASKS_SETS;
	case SEED_INT80:
	case SEED_GATE:
	case SEED_INT2E:
	case SEED_SYSCALL: return START_ASKS_NUMBER;
	default: return START_ASKS_NOTHING;
	}
}

bool plausible_behind(struct sweep *sweep, enum x86_mode mode, const struct start *start,
		      struct seed seed, bool zero)
{
	if (start->traits & GLANCE_RARE)
		return false;
	switch (seed.kind) {
	case SEED_HANDLER:
	case SEED_SEGMENT: return prepares_address(sweep, mode, start, seed.offset);
	case SEED_INT80:
	case SEED_GATE:
	case SEED_INT2E:
	case SEED_SYSCALL: return prepares_call(start, zero);
	case SEED_FPU:
		return start->traits & GLANCE_FPU &&
		       (!seed.to_stack || start->traits & GLANCE_STACK_TAKEN);
	case SEED_STACK: return prepares_jump(sweep, start, seed.to_stack);
	default: return true;
	}
}
