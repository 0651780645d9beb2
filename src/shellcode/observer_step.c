/* One instruction of watched code: whose it is, whether the code wrote it, what it is for. */
#include "shellcode/observer_state.h"

#include <string.h>

#include "shellcode/api.h"

enum {
	STEP_COST = 100,   /* nanoseconds, see share.h: of a single step */
	DECODE_COST = 350, /* of an instruction that is decoded for it */
	EFFECT_COST = 350, /* and one that is executed for the first time */
	CLOSELY = 2 * 64,  /* of steps, which count by two: a loop that soon comes by again */
	FIXED_CALLS = 16,  /* into other versions of Windows, that are answered */
	WAITS = 1 << 14	   /* jumps to itself that are waiting */
};

struct decoded *observer_decoded(struct observer *observer, uint64_t ip)
{
	struct decoded *decoded = &observer->decoded[ip % DECODED];
	uint8_t bytes[INSTRUCTION_MAX] = { 0 };
	size_t length = sizeof bytes;

	if (x86_read(observer->machine, ip, bytes, sizeof bytes) < 0)
		length = 4096 - ip % 4096; /* up to the last byte of the last page */
	if (decoded->valid && decoded->address == ip &&
	    memcmp(decoded->bytes, bytes, sizeof bytes) == 0)
		return decoded;
	observer->cost += DECODE_COST;
	memcpy(decoded->bytes, bytes, sizeof bytes);
	decoded->address = ip;
	decoded->ours = false;
	decoded->valid = instruction_decode(world_mode(observer->kind),
					    (struct bytes){ bytes, length }, &decoded->instruction);
	return decoded->valid ? decoded : NULL;
}

static void note_written_shape(struct observer *observer, uint64_t shape)
{
	for (unsigned i = 0; i < observer->seen.written_shapes; i++)
		if (observer->written_shapes[i] == shape)
			return;
	if (observer->seen.written_shapes < SHAPES)
		observer->written_shapes[observer->seen.written_shapes++] = shape;
}

/* The effect of the instruction at hand, with what its callee takes. */
static struct effect effect_here(const struct observer *observer, const struct decoded *decoded)
{
	struct effect effect = effect_of(world_mode(observer->kind),
					 (struct bytes){ decoded->bytes, sizeof decoded->bytes });

	if (decoded->instruction.flow == FLOW_SYSTEM) { /* arguments: see read_by_call */
		effect.asks = true;
		effect.reads |= 1u << X86_AX;
		effect.writes |= 1u << X86_AX;
	}
	if (decoded->instruction.flow == FLOW_INDIRECT && observer->kind == WORLD_WINDOWS_64)
		effect.reads |= 1u << X86_CX | 1u << X86_DX | 1u << X86_R8 | 1u << X86_R9;
	return effect;
}

/* True when the instruction there has been executed before. */
static bool note_executed(struct observer *observer, const struct decoded *decoded,
			  struct written written)
{
	const struct instruction *instruction = &decoded->instruction;
	struct executed *executed =
		footprint_executed(observer->footprint, x86_ip(observer->machine));

	if (!executed)
		return true;
	if (executed->step && executed->form == instruction->shape) {
		executed->repeats++;
		if (executed->cleared && observer->steps - executed->step <= CLOSELY)
			observer->first_time = executed; /* by chance, or always? */
		return true;
	}
	if (!executed->step) {
		observer->seen.executed++;
		observer->seen.executed_written += written.step != 0;
		observer->seen.decoded += written.step & 1;
		if (written.step)
			note_written_shape(observer, instruction->shape);
	}
	observer->cost += EFFECT_COST;
	executed->step = observer->steps;
	executed->form = instruction->shape;
	executed->shape = instruction->role == ROLE_NOTHING || instruction->flow == FLOW_JUMP
				  ? 0
				  : instruction->shape;
	executed->written = written;
	executed->effect = effect_here(observer, decoded);
	executed->constant = instruction->role == ROLE_PUSH_TEXT || instruction->role == ROLE_PUSH;
	executed->slides = instruction->role == ROLE_SLIDE;
	executed->zeros = decoded->bytes[0] == 0 && decoded->bytes[1] == 0;
	observer->first_time = executed;
	if ((instruction->role == ROLE_PUSH_TEXT || instruction->role == ROLE_MOVE_TEXT) &&
	    ++observer->push_texts == 2)
		observer_evidence(observer, SHELLCODE_STACK_STRING_BIT);
	return false;
}

void observer_note_result(struct observer *observer)
{
	struct executed *executed = observer->first_time;

	observer->first_time = NULL;
	if (!executed)
		return;
	executed->cleared = (executed->effect.touches & ~(uint32_t)EFFECT_FLAGS) != 0;
	for (int reg = 0; reg < X86_REGISTERS; reg++)
		if (executed->effect.touches >> reg & 1 &&
		    x86_get(observer->machine, (enum x86_register)reg) != 0)
			executed->cleared = false;
	if (executed->cleared && executed->repeats == 0 && observer->named)
		observer->closely_until = observer->steps + CLOSELY;
}

/* An instruction that does not jump was followed by something else than the next: it has faulted,
 * and a handler goes on. A hunter's comparison does so page after page. In Windows the handler must
 * be its own doing: pushes alone may write over a record of handlers on the stack. */
static void follow_faults(struct observer *observer, uint64_t ip, const struct decoded *decoded)
{
	uint64_t before = observer->previous_ip;

	if (observer->previous_length && ip != before + observer->previous_length && ip != before) {
		observer->faults = observer->faulted_ip == before ? observer->faults + 1 : 1;
		observer->faulted_ip = before;
		bool own = observer->kind != WORLD_WINDOWS_32 || observer->seen.handler;
		if (own && observer->faults > observer->seen.walked_over)
			observer->seen.walked_over = observer->faults;
		if (own && observer->faults >= HUNT_QUESTIONS)
			observer_evidence(observer, SHELLCODE_EGG_HUNT_BIT);
	}
	observer->previous_ip = ip;
	observer->previous_length =
		decoded->instruction.flow == FLOW_NEXT && decoded->instruction.references_count
			? decoded->instruction.length
			: 0;
}

bool observer_jumps_to_itself(const struct decoded *decoded)
{
	return decoded->bytes[0] == 0xeb && decoded->bytes[1] == 0xfe;
}

/* A jump to itself that has been executed so often that other threads had their turns. */
static bool waits(struct observer *observer, const struct decoded *decoded)
{
	const struct executed *executed;

	if (!observer_jumps_to_itself(decoded))
		return false;
	executed = footprint_executed(observer->footprint, x86_ip(observer->machine));
	observer->seen.waits = executed && executed->step && executed->repeats >= WAITS;
	return observer->seen.waits;
}

bool observer_branches_by_flags(const struct decoded *decoded)
{
	return decoded->instruction.flow == FLOW_BRANCH && decoded->bytes[0] != 0xe2 &&
	       decoded->bytes[0] != 0xe3;
}

static void leave_code(struct observer *observer)
{
	observer->previous_ours = false;
	observer->previous_length = 0;
}

/* Where some other version of Windows has a function: which one, and what it leaves on the stack,
 * nobody knows. It returns at once, with an address in a library that may be called in turn. */
static bool answer_fixed(struct observer *observer, uint64_t ip)
{
	struct x86 *machine = observer->machine;
	uint64_t stack = x86_get(machine, X86_SP);

	if (observer->seen.fixed_calls >= FIXED_CALLS ||
	    !api_sensible_stack(machine, observer->start, observer->end - observer->start))
		return false;
	observer_evidence(observer, SHELLCODE_API_BIT);
	observer_note_call(observer, "fixed address"); /* which one differs between builds */
	observer->seen.apis++;
	observer->seen.apis_sensible++;
	observer->seen.fixed_calls++;
	observer->fixed_call = ip;
	x86_set_ip(machine, x86_read_u32(machine, stack));
	x86_set(machine, X86_SP, stack + 4);
	x86_set(machine, X86_AX, ip);
	observer->steps -= 2; /* what it returns to is this step's */
	return observer_step(observer);
}

/* A hunter's question to a function at a fixed address. */
static bool ask_library(struct observer *observer, uint64_t ip)
{
	if (x86_ip(observer->machine) != ip || !observer_asks_library(observer, ip))
		return false;
	observer->steps -= 2; /* what it returns to is this step's */
	return observer_step(observer);
}

/* From the code into a library, but not to a function's entry. Behind the bytes that hooks stand
 * in it is as good as called; elsewhere it may be a function's entry in another Windows. */
static bool enter_library(struct observer *observer, uint64_t ip)
{
	leave_code(observer);
	if (!world_export_at(observer->world, ip - WORLD_HOOK))
		return answer_fixed(observer, ip) || ask_library(observer, ip);
	observer_evidence(observer, SHELLCODE_API_BIT);
	observer->seen.apis++;
	return true;
}

/* An instruction of the code's own. */
static bool watch(struct observer *observer, uint64_t ip, struct decoded *decoded,
		  struct written written)
{
	struct written writes;

	follow_faults(observer, ip, decoded);
	if (written.step)
		observer_evidence(observer, SHELLCODE_DECODES_BIT);
	observer->hunt_branches += observer->compared && observer_branches_by_flags(decoded);
	observer->compared = false;
	observer->seen.borrows |= decoded->bytes[0] == 0x0f &&
				  (decoded->bytes[1] == 0xa2 || decoded->bytes[1] == 0x31);
	observer->seen.indirect |= decoded->instruction.flow == FLOW_INDIRECT;
	observer->seen.returns |= decoded->instruction.flow == FLOW_RETURN;
	observer_touch(observer, ip, decoded->instruction.length);
	if (waits(observer, decoded))
		return false;
	writes.step = observer->steps | note_executed(observer, decoded, written);
	writes.generation = (uint8_t)(written.generation + (written.generation < UINT8_MAX));
	decoded->writes = (struct written){ 1, writes.generation };
	observer_references(observer, &decoded->instruction, writes);
	if (decoded->instruction.flow == FLOW_SYSTEM)
		observer_system_call(observer, decoded->bytes);
	return true;
}

/* When the instruction's bytes were written, unless that changed none of them: what is copied onto
 * itself decodes nothing. */
static struct written written_anew(const struct observer *observer, uint64_t ip, unsigned length)
{
	struct written written = footprint_written(observer->footprint, ip, length);

	if (written.step && observer_inside(observer, ip) &&
	    x86_written_bytes(observer->machine, ip, ip + length) == 0)
		return (struct written){ 0 };
	return written;
}

bool observer_step(struct observer *observer)
{
	uint64_t ip = x86_ip(observer->machine);
	const char *name = world_export_at(observer->world, ip);
	struct decoded *decoded;
	struct written written = { 0 };

	observer_note_result(observer);
	observer->cost += STEP_COST;
	observer->steps += 2; /* odd steps mark writes, see footprint.h */
	if (!name && observer->previous_ours && api_in_libraries(ip) &&
	    world_lead_to_function(observer->world)) {
		observer->seen.fixed_known++;
		ip = x86_ip(observer->machine);
		name = world_export_at(observer->world, ip);
	}
	if (name) {
		if (observer->previous_ours)
			observer_api(observer, name);
		leave_code(observer);
		return true;
	}
	if (observer->kind == WORLD_WINDOWS_32 && observer->previous_ours) {
		if (api_in_libraries(ip))
			return enter_library(observer, ip);
		if (ip == WORLD_GATE)
			observer_gate(observer);
	}
	decoded = observer_decoded(observer, ip);
	if (decoded)
		written = written_anew(observer, ip, decoded->instruction.length);
	observer->previous_ours = decoded && (observer_inside(observer, ip) || written.step);
	if (decoded)
		decoded->ours = observer->previous_ours;
	if (observer->previous_ours)
		return watch(observer, ip, decoded, written);
	observer->previous_length = 0;
	return true;
}
