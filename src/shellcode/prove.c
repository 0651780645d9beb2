#include "shellcode/prove.h"

#include <stdio.h>
#include <string.h>

#include "shellcode/listing.h"
#include "shellcode/wire.h"

enum {
	SLACK = 1 << 16,
	OBSERVED = 2 << 20,   /* instructions that are watched one by one */
	UNOBSERVED = 1 << 16, /* that are not, at a time: after these, and of a proven one that does
				 nothing new: it searches, or waits */
	REPEATED = 1 << 16, /* one system call was made so often: what it looks for is not there */
	HUNT_ASKED = 16,    /* times that a hunter asks the system, or its handler, about memory */
	ASKING_HUNT = 40,   /* instructions of such a hunter, its handler included */
	HUNT_LENGTH = 32,   /* instructions of a hunter's loop */
	HUNT_LOOK = 6,	    /* instructions behind a hunter's last comparison */
	LOOK_EVERY = 256,   /* steps at which a run is asked whether it is worth going on */
	QUIET = 1 << 14,    /* steps without anything new that end it, by what it has shown */
	QUIET_DECODER = 1 << 16,
	QUIET_SEARCH = 1 << 20,
	EVENTS_ARE_NEWS = 1 << 15, /* steps: what repeats events forever says nothing new */
	/* nanoseconds, see share.h */
	EVENT_COST = 400,
	CALL_COST = 150,      /* of a call that nobody watches */
	TRACE_LIMIT = 1 << 20 /* bytes of events */
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
	/* A payload that ends for want of what it expects: the decoder must be plain. */
	return has(seen, SHELLCODE_GETPC_BIT) && seen->rewritten >= 24 && seen->decoded >= 6 &&
	       seen->written_shapes >= 5;
}

static bool windows_verdict(const struct observation *seen)
{
	bool searched = has(seen, SHELLCODE_PEB_BIT) || has(seen, SHELLCODE_EXPORTS_BIT);

	return (searched && (seen->apis > 0 || seen->loader)) ||
	       (seen->natives > 0 && seen->executed >= 5) ||
	       ((seen->apis_sensible > 0 || seen->fixed_known > 0) && seen->executed >= 3);
}

/* System calls whose arguments the code has put together. Where registers held pointers before,
 * every small number is its doing; where they were 0, only what leads somewhere counts. */
static bool unix_verdict(const struct observation *seen, enum convention convention)
{
	unsigned value = 2 * seen->weight + seen->numbers;

	if (seen->executed < 4)
		return false;
	if (convention == CONVENTION_ZERO)
		return seen->weight >= 2;
	return value >= 2 || (value >= 1 && seen->executed >= 5) ||
	       (seen->call_sites >= 3 && seen->executed >= 9) ||
	       (seen->most_repeated >= 8 && seen->calls >= 8) || seen->questions >= HUNT_ASKED;
}

static bool asks_about_memory(const struct observation *seen)
{
	return seen->walked_over >= HUNT_ASKED || seen->questions >= HUNT_ASKED;
}

/* A hunt for a mark is a loop of a few instructions and nothing else; behind a decoder, of those
 * that it wrote. */
static bool hunt_verdict(const struct observation *seen)
{
	bool written = has(seen, SHELLCODE_DECODES_BIT);
	unsigned length = written ? seen->executed_written : seen->executed;
	bool by_asking = asks_about_memory(seen) && length <= ASKING_HUNT;

	return has(seen, SHELLCODE_EGG_HUNT_BIT) && length >= 3 &&
	       (by_asking || (length <= 16 && !written && !seen->indirect));
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

/* Behind the comparison of a hunter stands, within a few instructions, the way to what it found;
 * behind loops that data happen to be, nothing does. */
static void judge_hunt(struct world *world, struct observation *seen)
{
	struct x86 *machine = world_machine(world);
	uint64_t at = seen->hunt_at;
	unsigned pointers = 0, behind = 0;

	/* who asks the system, or a handler, about memory has shown enough */
	if (!has(seen, SHELLCODE_EGG_HUNT_BIT) || asks_about_memory(seen))
		return;
	for (unsigned i = 0; i < HUNT_LENGTH && behind < HUNT_LOOK; i++) {
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
		pointers = follow_pointer(pointers, &instruction, code);
		if (goes_to(code, pointers))
			return;
		behind = instruction.role == ROLE_COMPARE ? 0 : behind + 1;
		at += instruction.length;
	}
	seen->evidence &= ~(1u << SHELLCODE_EGG_HUNT_BIT);
}

static bool acts(const struct observation *seen)
{
	return seen->apis > 0 || seen->calls > 0;
}

/* Has it acted, or asked again and again where memory is? */
static bool shown(const struct observation *seen)
{
	return acts(seen) || asks_about_memory(seen);
}

static bool verdict(const struct observation *seen, enum convention convention, bool strict)
{
	if (decoder_verdict(seen) && (!strict || (acts(seen) && seen->executed_written >= 12)))
		return true;
	if (strict)
		return has(seen, SHELLCODE_PEB_BIT) && has(seen, SHELLCODE_EXPORTS_BIT) &&
		       seen->apis > 0;
	return windows_verdict(seen) || unix_verdict(seen, convention) || hunt_verdict(seen);
}

/* A call to where some version of Windows has a function cannot be answered; it is told as a call
 * of that address with the texts that it was given. */
static void tell_fixed_address(struct world *world, struct proof *proof, struct trace_sink sink)
{
	struct observation *seen = &proof->observation;
	struct x86 *machine = world_machine(world);
	char name[300], text[65];
	int used;

	if (!seen->fixed_sensible)
		return;
	used = snprintf(name, sizeof name, "%08x", (unsigned)seen->fixed_address);
	for (unsigned i = 0; i < 4; i++) {
		uint32_t argument = x86_read_u32(machine, x86_get(machine, X86_SP) + 4 + 4 * i);
		if (used < 200 && x86_read_text(machine, argument, text, sizeof text) > 2)
			used += snprintf(name + used, sizeof name - (size_t)used, " %s", text);
	}
	struct trace_event event = { .kind = TRACE_API_UNKNOWN,
				     .time = x86_instructions(machine),
				     .process = 1,
				     .values = { trace_text("fixed address"), trace_text(name) } };
	trace_emit(&sink, &event);
	seen->evidence |= 1u << SHELLCODE_API_BIT;
	seen->apis++;
	seen->apis_sensible++;
}

/* A shell that talks to the wire reads what the sender says next as commands. */
static void tell_shell_commands(struct wire *wire, const struct trace_log *log,
				struct trace_sink sink)
{
	struct reader reader = reader_of(bytes_slice(wire->follow_up, wire->said, 1 << 16));
	bool shell = false;

	for (size_t i = 0; i < trace_log_count(log); i++) {
		const struct trace_event *event = trace_log_event(log, i);
		const char *command =
			event->kind == TRACE_PROCESS_CREATE ? event->values[1].text : NULL;
		shell |= command && (strcasestr(command, "cmd") || strstr(command, "sh"));
	}
	while (shell && wire->conversations && reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		char text[513];
		size_t used = 0;
		for (size_t i = 0; i < line.length && used + 5 < sizeof text; i++)
			used += (size_t)snprintf(
				text + used, 5,
				line.data[i] >= 0x20 && line.data[i] < 0x7f ? "%c" : "\\x%02x",
				line.data[i]);
		if (used == 0)
			continue;
		struct trace_event event = { .kind = TRACE_SHELL_COMMAND,
					     .process = 1,
					     .values = { trace_text(text) } };
		trace_emit(&sink, &event);
	}
}

/* How many steps a run may go on without anything new: searches through export tables and through
 * all memory are long and quiet, decoders are shorter. */
static uint32_t patience_with(const struct observation *seen)
{
	if (has(seen, SHELLCODE_PEB_BIT) || has(seen, SHELLCODE_EXPORTS_BIT) ||
	    asks_about_memory(seen))
		return QUIET_SEARCH;
	return has(seen, SHELLCODE_DECODES_BIT) ? QUIET_DECODER : QUIET;
}

static bool searches(const struct observation *seen)
{
	return has(seen, SHELLCODE_PEB_BIT) && has(seen, SHELLCODE_EXPORTS_BIT);
}

struct progress {
	unsigned executed, rewritten;
	size_t events;
	uint32_t at; /* the step when something was new */
};

/* Is it worth going on? Looks at what was seen since it was asked, and adds what that cost. */
static bool goes_on(struct progress *progress, const struct observation *seen, size_t events,
		    uint32_t step, uint64_t *spent)
{
	bool news = seen->executed != progress->executed ||
		    seen->rewritten != progress->rewritten ||
		    (events != progress->events && step < EVENTS_ARE_NEWS);

	*spent += EVENT_COST * (uint64_t)(events - progress->events);
	progress->executed = seen->executed;
	progress->rewritten = seen->rewritten;
	progress->events = events;
	if (news)
		progress->at = step;
	return seen->most_repeated < REPEATED && step - progress->at < patience_with(seen);
}

/* Runs on at full speed. */
static enum world_end run_unwatched(struct world *world, uint64_t instructions, uint64_t *spent)
{
	const struct x86 *machine = world_machine(world);
	uint64_t effort = x86_effort(machine), calls = world_calls(world);
	uint64_t before = x86_instructions(machine);
	enum world_end end = world_run(world, instructions);

	/* A child's machine has its own count. What has shown nothing new for so long is a loop:
	 * decoded and cached, an instruction of it takes a nanosecond less than others. */
	*spent += world_machine(world) == machine
			  ? x86_effort(machine) - effort - (x86_instructions(machine) - before)
			  : instructions;
	*spent += CALL_COST * (world_calls(world) - calls);
	return end;
}

static void look(struct world *world, struct observer *observer, struct proof *proof)
{
	observer_result(observer, &proof->observation);
	judge_hunt(world, &proof->observation);
}

static void run(struct world *world, struct observer *observer, struct listing *listing,
		const struct prove_how *how, struct proof *proof, struct proof_cost *cost)
{
	struct progress progress = { 0 };
	uint64_t *spent = &cost->judged, allowed = cost->judging;
	uint64_t paid = 0; /* of what the observer cost */
	uint32_t look_at = LOOK_EVERY;
	bool proven = false;

	proof->end = WORLD_BUDGET;
	for (uint32_t step = 0; step < OBSERVED && proof->end == WORLD_BUDGET && *spent < allowed;
	     step++) {
		if (step >= look_at) {
			look_at = step + LOOK_EVERY;
			*spent += observer_cost(observer) - paid;
			paid = observer_cost(observer);
			look(world, observer, proof);
			if (observer_is_full(observer) ||
			    !goes_on(&progress, &proof->observation, trace_log_count(proof->trace),
				     step, spent))
				break;
			proven = proven ||
				 verdict(&proof->observation, how->convention, how->strict);
			if (proven && how->brief)
				break;
			/* who searches libraries is as good as proven, and the search is long */
			if (proven || searches(&proof->observation)) {
				spent = &cost->explained;
				allowed = cost->explaining;
			}
			/* what it is, and that it acts, has been seen */
			if (proven && shown(&proof->observation) && !listing &&
			    step - progress.at >= QUIET) {
				observer_follow(observer, false);
				proof->end = run_unwatched(world, UNOBSERVED, spent);
				if (proof->end == WORLD_BUDGET)
					observer_follow(observer, true);
			}
			paid = observer_cost(observer);
			if (proof->end != WORLD_BUDGET)
				break;
		}
		if (listing)
			listing_step(listing);
		if (observer_step(observer)) {
			proof->end = world_run(world, 1);
			if (proof->end == WORLD_BUDGET && !listing)
				step += observer_run(observer, look_at - step);
			continue;
		}
		look(world, observer, proof);
		proof->end = proof->observation.waits ? WORLD_IDLE : WORLD_FAULT;
	}
	if (listing)
		listing_end(listing);
	*spent += observer_cost(observer) - paid;
	observer_follow(observer, false);
	if (proof->end == WORLD_BUDGET && proven && !how->brief && *spent < allowed)
		proof->end = run_unwatched(world, UNOBSERVED, spent);
}

/* The run in a world that has been made. */
static int prove_in(struct world *world, const struct prove_how *how, size_t entry, size_t length,
		    struct wire *wire, struct trace_sink sink, struct proof *proof,
		    struct proof_cost *cost, struct error *error)
{
	struct observer *observer = observer_new(world, how->kind, length);
	struct listing *listing = NULL;
	uint64_t before = world_instructions(world);

	world_enter(world, entry, how->convention);
	if (how->list)
		listing = listing_new(world, how->kind, length);
	if (!observer || (how->list && !listing)) {
		observer_free(observer);
		listing_free(listing);
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for an observer");
	}
	observer_follow(observer, !how->list);
	run(world, observer, listing, how, proof, cost);
	look(world, observer, proof);
	tell_fixed_address(world, proof, sink);
	tell_shell_commands(wire, proof->trace, sink);
	proof->payload = observer_payload(observer);
	proof->instructions = world_instructions(world) - before;
	proof->shellcode = verdict(&proof->observation, how->convention, how->strict);
	if (listing)
		proof->listing = listing_json(listing);
	observer_free(observer);
	listing_free(listing);
	return 0;
}

uint64_t prove_world_cost(enum world_kind kind)
{
	return kind == WORLD_WINDOWS_32 ? 1500000 : kind == WORLD_WINDOWS_64 ? 90000 : 30000;
}

int prove(struct bytes piece, size_t entry, const struct prove_how *how, struct proof *proof,
	  struct proof_cost *cost, struct error *error)
{
	struct trace_sink sink;
	struct world *world = NULL;
	struct wire wire;
	int code;

	memset(proof, 0, sizeof *proof);
	cost->judged = piece.length / 4 + prove_world_cost(how->kind);
	cost->explained = 0;
	proof->kind = how->kind;
	proof->trace = trace_log_new(TRACE_LIMIT);
	if (!proof->trace)
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for a trace");
	sink = trace_log_sink(proof->trace);
	wire_init(&wire, how->follow_up);
	code = world_new(how->kind, piece, SLACK, entry, &wire.peer, sink, &world, error);
	if (code == 0)
		code = prove_in(world, how, entry, piece.length, &wire, sink, proof, cost, error);
	world_free(world);
	if (code < 0)
		proof_fini(proof);
	return code;
}

void proof_fini(struct proof *proof)
{
	trace_log_free(proof->trace);
	json_decref(proof->listing);
	proof->trace = NULL;
	proof->listing = NULL;
}
