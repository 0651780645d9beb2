#include "shellcode/kind.h"

#include <string.h>

#include "shellcode/effect.h"
#include "shellcode/wire.h"

enum { SLIDE_MAX = 1 << 14 }; /* bytes of a slide that are passed over */

/* What the payload's events mean, each once, in order. */
struct meaning {
	bool listening; /* the payload has begun */
	unsigned count;
	uint8_t kinds[TRACE_KINDS];
};

struct payload_run {
	struct world *world;
	struct observer *observer;
	struct wire wire;
	struct meaning meaning;
	enum world_end end;
};

struct attempt {
	char name[17];
	bool calls; /* something was called */
};

/* Events whose coming does not depend on names and addresses, but on what is called: which of
 * several things a call means (socketcall), and what functions do that are models here. */
static bool tells_apart(enum trace_kind kind)
{
	switch (kind) {
	case TRACE_PROCESS_CREATE:
	case TRACE_NET_CONNECT:
	case TRACE_NET_LISTEN:
	case TRACE_NET_ACCEPT:
	case TRACE_NET_DOWNLOAD:
	case TRACE_FILE_WRITE:
	case TRACE_FILE_ATTRIBUTES:
	case TRACE_THREAD_CREATE:
	case TRACE_SYSTEM_SHUTDOWN: return true;
	default: return false;
	}
}

static void hear(void *context, const struct trace_event *event)
{
	struct meaning *meaning = context;

	if (!meaning->listening || !tells_apart(event->kind) ||
	    memchr(meaning->kinds, (int)event->kind, meaning->count))
		return;
	meaning->kinds[meaning->count++] = (uint8_t)event->kind;
}

static void watch(struct payload_run *run, uint32_t steps)
{
	for (uint32_t step = 0; step < steps && run->end == WORLD_BUDGET; step++)
		run->end = observer_step(run->observer) ? world_run(run->world, 1) : WORLD_FAULT;
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
	run->meaning.listening = true;
	run->end = WORLD_BUDGET;
}

static void fini(struct payload_run *run)
{
	observer_free(run->observer);
	world_free(run->world);
}

/* Runs the code up to its payload, and this under `convention`. fini `run` on success. */
static int run_payload(struct payload_run *run, struct bytes piece, size_t entry,
		       enum convention found, const struct proof *proof, enum convention convention,
		       uint64_t *spent, struct error *error)
{
	struct trace_sink sink = { &run->meaning, hear };
	int code;

	memset(run, 0, sizeof *run);
	run->end = WORLD_BUDGET;
	wire_init(&run->wire, (struct bytes){ NULL, 0 });
	code = world_new(proof->kind, piece, PROOF_SLACK, entry, &run->wire.peer, sink, &run->world,
			 error);
	if (code < 0)
		return code;
	run->observer = observer_new(run->world, proof->kind, piece.length);
	if (!run->observer) {
		fini(run);
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for an observer");
	}
	uint64_t before = world_instructions(run->world);
	world_enter(run->world, entry, found);
	watch(run, proof->payload);
	enter(run, convention);
	watch(run, PROOF_OBSERVED);
	*spent += world_instructions(run->world) - before;
	return 0;
}

static void name(const struct payload_run *run, const struct proof *proof, char kind[17])
{
	struct observed_shape shape = observer_shape(run->observer);
	struct buffer text;
	char digest[DIGEST_TEXT_SIZE];

	buffer_init(&text, 1 << 16);
	buffer_printf(&text, "%s %016llx %016llx\n", world_arch(proof->kind),
		      (unsigned long long)shape.instructions, (unsigned long long)shape.calls);
	for (unsigned i = 0; i < run->meaning.count; i++)
		buffer_printf(&text, "%s\n",
			      trace_kind_name((enum trace_kind)run->meaning.kinds[i]));
	digest_text(buffer_bytes(&text), digest);
	memcpy(kind, digest, 16);
	kind[16] = 0;
	buffer_fini(&text);
}

/* Names the payload as it is when registers hold what `given` says. */
static int name_under(struct bytes piece, size_t entry, enum convention found,
		      const struct proof *proof, enum convention given, struct attempt *attempt,
		      uint64_t *spent, struct error *error)
{
	struct payload_run run;
	int code = run_payload(&run, piece, entry, found, proof, given, spent, error);

	if (code < 0)
		return code;
	attempt->calls = observer_shape(run.observer).calls_count > 0;
	name(&run, proof, attempt->name);
	fini(&run);
	return 0;
}

/* Most payloads expect nothing of registers; what calls nothing then may expect its address. */
int kind_name(struct bytes piece, size_t entry, enum convention convention,
	      const struct proof *proof, char kind[17], uint64_t *spent, struct error *error)
{
	struct attempt plain, told = { .calls = false };
	int code =
		name_under(piece, entry, convention, proof, CONVENTION_ZERO, &plain, spent, error);

	if (code == 0 && !plain.calls)
		code = name_under(piece, entry, convention, proof, CONVENTION_POINTERS, &told,
				  spent, error);
	if (code == 0)
		memcpy(kind, told.calls ? told.name : plain.name, sizeof plain.name);
	return code;
}
