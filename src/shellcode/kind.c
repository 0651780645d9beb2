#include "shellcode/kind.h"

#include <stdio.h>
#include <string.h>

#include "shellcode/effect.h"
#include "shellcode/wire.h"

enum {
	BEHIND = 1 << 16,	   /* zero bytes behind the piece, as in the proof */
	SLIDE_MAX = 1 << 14,	   /* bytes of a slide that are passed over */
	PAYLOAD_WATCHED = 1 << 20, /* instructions of a payload */
	LOOK_EVERY = 1 << 10,	   /* of these, looks for news in them */
	QUIET = 1 << 16,	   /* instructions without news that end it */
	QUIET_SEARCH = 1 << 19	   /* the same while it searches libraries */
};

struct payload_run {
	struct world *world;
	struct observer *observer;
	struct wire wire;
	enum world_end end;
};

/* The code as it was proven, and how its payload is tried. */
struct attempt {
	struct bytes piece;
	size_t entry;
	enum convention convention; /* of the proof */
	uint32_t payload;	    /* see observer_payload */
	enum world_kind world;
	enum convention given; /* to the payload */
	uint64_t allowed, spent;
	bool calls; /* something was called */
	char name[17];
};

static void watch(struct payload_run *run, uint32_t steps)
{
	for (uint32_t step = 0; step < steps && run->end == WORLD_BUDGET; step++) {
		run->end = observer_step(run->observer) ? world_run(run->world, 1) : WORLD_FAULT;
		if (run->end == WORLD_BUDGET)
			step += observer_run(run->observer, steps - step - 1);
	}
}

/* Runs the payload until it shows nothing new any more (hunters and servers go on for ever), or has
 * used up what it may cost. */
static void watch_payload(struct payload_run *run, uint64_t allowed)
{
	unsigned shown = 0;
	uint32_t quiet = 0;

	for (uint32_t steps = 0; steps < PAYLOAD_WATCHED && run->end == WORLD_BUDGET &&
				 observer_cost(run->observer) <= allowed;
	     steps += LOOK_EVERY) {
		struct observation seen;
		watch(run, LOOK_EVERY);
		observer_result(run->observer, &seen);
		quiet = seen.executed == shown ? quiet + LOOK_EVERY : 0;
		shown = seen.executed;
		if (observer_is_full(run->observer) ||
		    quiet >= (seen.loader ? QUIET_SEARCH : QUIET))
			return;
	}
}

/* Behind instructions of one byte that change nothing but registers: no payload begins with them,
 * and how many there are says nothing. */
static uint64_t behind_slide(const struct x86 *machine, uint64_t ip)
{
	for (unsigned i = 0; i < SLIDE_MAX; i++, ip++) {
		uint8_t bytes[INSTRUCTION_MAX];
		struct instruction instruction;
		struct bytes code = { bytes, sizeof bytes };
		if (x86_read(machine, ip, bytes, sizeof bytes) < 0 ||
		    !instruction_decode(x86_mode(machine), code, &instruction) ||
		    instruction.length != 1 || instruction.flow != FLOW_NEXT ||
		    instruction.references_count || effect_of(x86_mode(machine), code).lasting)
			break;
	}
	return ip;
}

/* Registers as no decoder leaves them: 0, or the payload's address; the stack stays. */
static void enter(struct payload_run *run, enum convention convention)
{
	struct x86 *machine = world_machine(run->world);
	uint64_t ip = behind_slide(machine, x86_ip(machine));
	int registers = x86_mode(machine) == X86_MODE_64 ? X86_REGISTERS : X86_R8;

	for (int reg = 0; reg < registers; reg++)
		if (reg != X86_SP)
			x86_set(machine, (enum x86_register)reg,
				convention == CONVENTION_POINTERS ? ip : 0);
	x86_set_flags(machine, 0x202);
	x86_set_ip(machine, ip);
	observer_forget(run->observer);
	run->end = WORLD_BUDGET;
}

static void fini(struct payload_run *run)
{
	observer_free(run->observer);
	world_free(run->world);
}

/* Runs the code up to its payload, and this as it is tried. fini `run` on success. */
static int run_payload(struct payload_run *run, struct attempt *attempt, struct error *error)
{
	struct trace_sink sink = { NULL, NULL };
	int code;

	memset(run, 0, sizeof *run);
	run->end = WORLD_BUDGET;
	wire_init(&run->wire, (struct bytes){ NULL, 0 });
	code = world_new(attempt->world, attempt->piece, BEHIND, attempt->entry, &run->wire.peer,
			 sink, &run->world, error);
	if (code < 0)
		return code;
	run->observer = observer_new(run->world, attempt->world, attempt->piece.length);
	if (!run->observer) {
		fini(run);
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for an observer");
	}
	observer_follow(run->observer, true);
	world_enter(run->world, attempt->entry, attempt->convention);
	watch(run, attempt->payload);
	enter(run, attempt->given);
	watch_payload(run, attempt->allowed);
	attempt->spent += observer_cost(run->observer) + prove_world_cost(attempt->world);
	return 0;
}

static void name(const struct payload_run *run, struct attempt *attempt)
{
	struct observed_shape shape = observer_shape(run->observer);
	char text[80], digest[DIGEST_TEXT_SIZE];

	snprintf(text, sizeof text, "%s %016llx %016llx", world_arch(attempt->world),
		 (unsigned long long)shape.instructions, (unsigned long long)shape.calls);
	digest_text(bytes_of(text), digest);
	snprintf(attempt->name, sizeof attempt->name, "%.16s", digest);
	attempt->calls = shape.calls_count > 0;
}

static int name_as_tried(struct attempt *attempt, struct error *error)
{
	struct payload_run run;
	int code = run_payload(&run, attempt, error);

	if (code < 0)
		return code;
	name(&run, attempt);
	fini(&run);
	return 0;
}

/* Most payloads expect nothing of registers. Where such a one calls nothing, it may belong to
 * another system than the decoder before it showed, or expect its address. */
int kind_name(struct bytes piece, size_t entry, enum convention convention,
	      const struct proof *proof, uint64_t allowed, char kind[17], uint64_t *spent,
	      struct error *error)
{
	struct attempt attempt = { piece, entry, convention, proof->payload, proof->kind };
	enum world_kind world = 0;
	int code;

	attempt.given = CONVENTION_ZERO;
	attempt.allowed = allowed;
	code = name_as_tried(&attempt, error);
	memcpy(kind, attempt.name, sizeof attempt.name);
	for (; code == 0 && !attempt.calls && attempt.spent < allowed && world < WORLDS; world++) {
		if (world == proof->kind || world_mode(world) != world_mode(proof->kind))
			continue;
		attempt.world = world;
		code = name_as_tried(&attempt, error);
	}
	if (code == 0 && !attempt.calls && attempt.spent < allowed) {
		attempt.world = proof->kind;
		attempt.given = CONVENTION_POINTERS;
		code = name_as_tried(&attempt, error);
	}
	if (code == 0 && attempt.calls)
		memcpy(kind, attempt.name, sizeof attempt.name);
	*spent += attempt.spent;
	return code;
}
