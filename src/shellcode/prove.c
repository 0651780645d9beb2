#include "shellcode/prove.h"

#include <stdio.h>
#include <string.h>

#include "shellcode/listing.h"
#include "shellcode/verdict.h"
#include "shellcode/wire.h"

enum {
	SLACK = 1 << 16,
	OBSERVED = 4 << 20,   /* instructions that are watched one by one */
	SLICE = 1 << 12,      /* instructions between two looks at what they cost */
	UNOBSERVED = 1 << 16, /* that are not, at a time: after these, and of a proven one that does
				 nothing new: it searches, or waits */
	REPEATED = 1 << 16, /* one system call was made so often: what it looks for is not there */
	LOOK_EVERY = 256,   /* steps at which a run is asked whether it is worth going on */
	QUIET = 1 << 14,    /* steps without anything new that end it, by what it has shown */
	QUIET_DECODER = 1 << 16,
	QUIET_SEARCH = 1 << 22,
	EVENTS_ARE_NEWS = 1 << 15, /* steps: what repeats events forever says nothing new */
	/* nanoseconds, see share.h */
	EVENT_COST = 400,
	TRACE_LIMIT = 1 << 20 /* bytes of events */
};

static bool has(const struct observation *seen, enum shellcode_evidence bit)
{
	return (seen->evidence & 1u << bit) != 0;
}

/* Ends a text before the first character that cannot be printed. Returns its length. */
static size_t cut_to_printable(char *text)
{
	size_t length = 0;

	while (text[length] >= 0x20 && text[length] < 0x7f)
		length++;
	text[length] = 0;
	return length;
}

/* A call to where some version of Windows has a function is told as a call of that address with the
 * texts that it was given. */
static void tell_fixed_call(const struct x86 *machine, uint64_t address, struct trace_sink sink)
{
	char name[300], text[65];
	int used = snprintf(name, sizeof name, "%08x", (unsigned)address);

	for (unsigned i = 0; i < 4; i++) {
		uint32_t argument = x86_read_u32(machine, x86_get(machine, X86_SP) + 4 * i);
		if (used < 200 && x86_read_text(machine, argument, text, sizeof text) > 2 &&
		    cut_to_printable(text) > 2)
			used += snprintf(name + used, sizeof name - (size_t)used, " %s", text);
	}
	struct trace_event event = { .kind = TRACE_API_UNKNOWN,
				     .time = x86_instructions(machine),
				     .process = 1,
				     .values = { trace_text("fixed address"), trace_text(name) } };
	trace_emit(&sink, &event);
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
	    verdict_asks_about_memory(seen))
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

/* Runs on at full speed, for a while. */
static enum world_end run_slice(struct world *world, uint64_t *spent)
{
	const struct x86 *machine = world_machine(world);
	uint64_t effort = x86_effort(machine), calls = world_calls(world);
	uint64_t before = x86_instructions(machine);
	enum world_end end = world_run(world, SLICE);

	/* A child's machine has its own count. What has shown nothing new for so long is a loop:
	 * decoded and cached, an instruction of it takes a nanosecond less than others. */
	*spent += world_machine(world) == machine
			  ? x86_effort(machine) - effort - (x86_instructions(machine) - before)
			  : SLICE;
	*spent += world_call_cost(world) * (world_calls(world) - calls);
	return end;
}

/* Runs on at full speed as long as that does not cost more than `allowed`. */
static enum world_end run_unwatched(struct world *world, uint64_t instructions, uint64_t *spent,
				    uint64_t allowed)
{
	enum world_end end = WORLD_BUDGET;

	for (uint64_t done = 0; done < instructions && end == WORLD_BUDGET && *spent < allowed;
	     done += SLICE)
		end = run_slice(world, spent);
	return end;
}

static void look(struct world *world, struct observer *observer, struct proof *proof)
{
	observer_result(observer, &proof->observation);
	verdict_check_hunt(world, &proof->observation);
}

/* A run under observation. */
struct run_state {
	struct world *world;
	struct observer *observer;
	struct listing *listing; /* NULL: none is made */
	struct trace_sink sink;
	const struct prove_how *how;
	struct proof *proof;
	struct proof_cost *cost;
	struct progress progress;
	uint64_t *spent, allowed; /* of the judging, once proven of the explaining */
	uint64_t paid;		  /* of what the observer cost */
	bool proven;
};

/* What it is, and that it acts, has been seen: without anything new it goes on at full speed. */
static void run_on_unwatched(struct run_state *run, uint32_t quiet)
{
	if (!run->proven || !verdict_has_shown(&run->proof->observation) || run->listing ||
	    quiet < QUIET)
		return;
	observer_follow(run->observer, false);
	run->proof->end = run_unwatched(run->world, UNOBSERVED, run->spent, run->allowed);
	if (run->proof->end == WORLD_BUDGET)
		observer_follow(run->observer, true);
}

/* Looks at what has been seen up to `step`; false when the run is over. */
static bool worth_more(struct run_state *run, uint32_t step)
{
	const struct observation *seen = &run->proof->observation;
	const struct prove_how *how = run->how;

	*run->spent += observer_cost(run->observer) - run->paid;
	run->paid = observer_cost(run->observer);
	look(run->world, run->observer, run->proof);
	if (observer_is_full(run->observer) ||
	    !goes_on(&run->progress, seen, trace_log_count(run->proof->trace), step, run->spent))
		return false;
	run->proven = run->proven || verdict_of(seen, how->convention, how->strict);
	if (run->proven && how->brief)
		return false;
	/* who searches libraries is as good as proven, and the search is long */
	if (run->proven || searches(seen)) {
		run->spent = &run->cost->explained;
		run->allowed = run->cost->explaining;
	}
	run_on_unwatched(run, step - run->progress.at);
	run->paid = observer_cost(run->observer);
	return run->proof->end == WORLD_BUDGET;
}

/* One step, and what can be run behind it up to `most` instructions; how many these were. */
static uint32_t advance(struct run_state *run, uint32_t most)
{
	struct proof *proof = run->proof;
	bool on;
	uint64_t fixed;

	if (run->listing)
		listing_step(run->listing);
	on = observer_step(run->observer);
	fixed = observer_fixed_call(run->observer);
	if (fixed)
		tell_fixed_call(world_machine(run->world), fixed, run->sink);
	if (!on) {
		look(run->world, run->observer, proof);
		proof->end = proof->observation.waits ? WORLD_IDLE : WORLD_FAULT;
		return 0;
	}
	proof->end = world_run(run->world, 1);
	return proof->end == WORLD_BUDGET && !run->listing ? observer_run(run->observer, most) : 0;
}

static void run_observed(struct run_state *run)
{
	struct proof *proof = run->proof;
	uint32_t look_at = LOOK_EVERY;

	run->spent = &run->cost->judged;
	run->allowed = run->cost->judging;
	proof->end = WORLD_BUDGET;
	for (uint32_t step = 0;
	     step < OBSERVED && proof->end == WORLD_BUDGET && *run->spent < run->allowed; step++) {
		if (step >= look_at) {
			look_at = step + LOOK_EVERY;
			if (!worth_more(run, step))
				break;
		}
		step += advance(run, look_at - step);
	}
	if (run->listing)
		listing_end(run->listing);
	*run->spent += observer_cost(run->observer) - run->paid;
	observer_follow(run->observer, false);
	if (proof->end == WORLD_BUDGET && run->proven && !run->how->brief &&
	    *run->spent < run->allowed)
		proof->end = run_unwatched(run->world, UNOBSERVED, run->spent, run->allowed);
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
	run_observed(&(struct run_state){ .world = world,
					  .observer = observer,
					  .listing = listing,
					  .sink = sink,
					  .how = how,
					  .proof = proof,
					  .cost = cost });
	look(world, observer, proof);
	tell_shell_commands(wire, proof->trace, sink);
	proof->payload = observer_payload(observer);
	proof->instructions = world_instructions(world) - before;
	proof->shellcode = verdict_of(&proof->observation, how->convention, how->strict);
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
