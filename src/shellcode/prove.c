#include "shellcode/prove.h"

#include <stdio.h>
#include <string.h>

#include "shellcode/listing.h"
#include "shellcode/wire.h"

enum {
	SLACK = 1 << 16,
	OBSERVED = 2 << 20,   /* instructions that are watched one by one */
	UNOBSERVED = 1 << 20, /* and after these */
	HOPELESS = 1 << 18,   /* where a start without any evidence is given up */
	ROUND = 1 << 15,      /* instructions after which it is looked whether */
	REPEATED = 1 << 16,   /* one system call was made so often */
	HUNT_ASKED = 16,  /* times that a hunter asks the system, or its handler, about memory */
	ASKING_HUNT = 40, /* instructions of such a hunter, its handler included */
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
	if (convention != CONVENTION_POINTERS)
		return seen->weight >= 2;
	return value >= 2 || (value >= 1 && seen->executed >= 5) ||
	       (seen->call_sites >= 3 && seen->executed >= 9) || seen->most_repeated >= 8;
}

/* A hunt for a mark is a loop of a few instructions and nothing else. */
static bool hunt_verdict(const struct observation *seen)
{
	bool by_asking = (seen->walked_over >= HUNT_ASKED || seen->questions >= HUNT_ASKED) &&
			 seen->executed <= ASKING_HUNT;

	return has(seen, SHELLCODE_EGG_HUNT_BIT) && !has(seen, SHELLCODE_DECODES_BIT) &&
	       seen->executed >= 3 && ((seen->executed <= 16 && !seen->indirect) || by_asking);
}

static bool verdict(const struct observation *seen, enum convention convention, bool strict)
{
	bool acts = seen->apis > 0 || seen->calls > 0;

	if (decoder_verdict(seen) && (!strict || (acts && seen->executed_written >= 12)))
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

/* It has asked for every descriptor, or for every page up to where the code lies: what it looks for
 * is not there. */
static bool goes_round(const struct observer *observer, struct proof *proof)
{
	observer_result(observer, &proof->observation);
	return proof->observation.most_repeated >= REPEATED;
}

static void run(struct world *world, struct observer *observer, struct listing *listing,
		struct proof *proof)
{
	proof->end = WORLD_BUDGET;
	for (uint32_t step = 0; step < OBSERVED && proof->end == WORLD_BUDGET; step++) {
		bool goes_on;
		if (step == HOPELESS) {
			observer_result(observer, &proof->observation);
			if (proof->observation.evidence == 0)
				return;
		}
		if (step % ROUND == 0 && goes_round(observer, proof))
			return;
		if (listing)
			listing_step(listing);
		goes_on = observer_step(observer);
		if (goes_on) {
			proof->end = world_run(world, 1);
			continue;
		}
		observer_result(observer, &proof->observation);
		proof->end = proof->observation.waits ? WORLD_IDLE : WORLD_FAULT;
	}
	if (listing)
		listing_end(listing);
	if (proof->end == WORLD_BUDGET)
		proof->end = world_run(world, UNOBSERVED);
}

/* The run in a world that has been made. */
static int prove_in(struct world *world, const struct prove_how *how, size_t entry, size_t length,
		    struct wire *wire, struct trace_sink sink, struct proof *proof,
		    struct error *error)
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
	run(world, observer, listing, proof);
	observer_result(observer, &proof->observation);
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

int prove(struct bytes piece, size_t entry, const struct prove_how *how, struct proof *proof,
	  uint64_t *spent, struct error *error)
{
	struct trace_sink sink;
	struct world *world = NULL;
	struct wire wire;
	int code;

	memset(proof, 0, sizeof *proof);
	proof->kind = how->kind;
	proof->trace = trace_log_new(TRACE_LIMIT);
	if (!proof->trace)
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for a trace");
	sink = trace_log_sink(proof->trace);
	wire_init(&wire, how->follow_up);
	code = world_new(how->kind, piece, SLACK, entry, &wire.peer, sink, &world, error);
	if (code == 0)
		code = prove_in(world, how, entry, piece.length, &wire, sink, proof, error);
	*spent += proof->instructions;
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
