#include "shellcode/probe.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/api.h"
#include "shellcode/fixed.h"
#include "shellcode/glance.h"
#include "shellcode/handler.h"
#include "shellcode/instruction.h"
#include "shellcode/native.h"

enum {
	PAGE = 4096,
	RUN_COST = 600,		 /* of entering and rolling back, in nanoseconds */
	STOP_COST = 300,	 /* of judging a system call */
	LOOK_COST = 400,	 /* of an instruction of a loop that is looked at */
	FOLLOW_COST = 10000,	 /* of following a loop for a while: all code is decoded again */
	SLOW_COST = 50,		 /* of an instruction that is not the everyday one */
	GLIMPSE = 64,		 /* instructions before a run is looked at for the first time */
	FIRST_RUN = 2048,	 /* instructions for a start that shows nothing */
	ZEROS = 16,		 /* bytes at ip: nobody's code */
	DECODING_RUN = 1 << 15,	 /* for one that writes code or reads itself, */
	DECODING_BYTE = 64,	 /* at most so many for each byte that there is to decode, */
	LAYERS = 4,		 /* and that for so many layers, once what was written runs */
	SEARCHING_RUN = 1 << 21, /* for one that has decoded itself, or walks the PEB */
	DECODED_BYTES = 24,	 /* that a decoder wrote over itself */
	DECODED_CODE = 6,	 /* instructions of these that were executed */
	LOOP_REACH = 2048,	 /* bytes that a decoder's loop and what it jumps to span */
	ENOUGH_VALUE = 1,	 /* of system calls' arguments, see value_of */
	CALLS_MAX = 32,		 /* system calls of one run */
	HUNT_CALLS = 16,	 /* calls from one place with an address that grows */
	TABLE_LOOK = 96,	 /* instructions of a loop that may fill a table */
	TABLE_PLACES = 4,	 /* different places that it then writes */
	TABLE_SHORTEST = 64,	 /* bytes that hold loops for the table, and a payload */
	HUNT_LOOK = 64		 /* instructions of a loop that are looked at */
};

struct probe {
	enum x86_mode mode;
	struct world *world;
	struct x86 *machine;
	size_t largest, length;
	uint64_t code;
	uint64_t process_block; /* PEB */
	bool loaded;		/* a snapshot of the loaded piece exists */
};

/* The first run in a machine costs more than the same later; that is to be nobody's. */
static int warm_up(struct probe *probe, struct error *error)
{
	static const uint8_t code[] = { 0x50, 0x90, 0x58, 0xeb, 0xfe }; /* push, pop, wait */
	uint64_t spent;
	int result = probe_load(probe, (struct bytes){ code, sizeof code }, error);

	if (result == 0)
		(void)probe_run(probe, 0, CONVENTION_POINTERS, PATIENCE_LONG, 1, &spent);
	return result;
}

int probe_new(enum x86_mode mode, size_t largest, struct probe **result, struct error *error)
{
	struct probe *probe = calloc(1, sizeof *probe);
	uint8_t *zeros = calloc(1, largest);
	struct trace_sink nowhere = { 0 };
	int code = ERROR_MEMORY;

	*result = NULL;
	if (probe && zeros)
		code = world_new(mode == X86_MODE_64 ? WORLD_WINDOWS_64 : WORLD_WINDOWS_32,
				 (struct bytes){ zeros, largest }, PROBE_SLACK, 0, NULL, nowhere,
				 &probe->world, error);
	else
		error_set(error, ERROR_MEMORY, "shellcode", "no memory for a probe");
	free(zeros);
	/* Whatever enters a library is decided there, be it a function's entry or not. */
	if (code == 0 && mode == X86_MODE_32 &&
	    x86_hook(world_machine(probe->world), API_LIBRARIES_START, API_LIBRARIES_END) < 0)
		code = error_set(error, ERROR_INTERNAL, "shellcode",
				 "the libraries' addresses cannot be claimed");
	if (code < 0) {
		probe_free(probe);
		return code;
	}
	probe->mode = mode;
	probe->machine = world_machine(probe->world);
	probe->code = world_code(probe->world);
	probe->largest = largest;
	probe->process_block = world_process_block(probe->world);
	code = warm_up(probe, error);
	if (code < 0) {
		probe_free(probe);
		return code;
	}
	*result = probe;
	return 0;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	world_free(probe->world);
	free(probe);
}

struct world *probe_world(struct probe *probe)
{
	return probe->world;
}

/* Writes the piece, and zeros over what lay behind it, in whole pages: the machine then forgets all
 * that it has decoded there, so that what a run costs depends on the piece alone. */
static int lay_pages(const struct probe *probe, struct bytes piece)
{
	size_t most = piece.length > probe->length ? piece.length : probe->length;

	for (size_t at = 0; at < most; at += PAGE) {
		struct bytes part = bytes_slice(piece, at, PAGE);
		uint8_t page[PAGE] = { 0 };
		int code;
		if (part.length > 0)
			memcpy(page, part.data, part.length);
		code = x86_write(probe->machine, probe->code + at, page, sizeof page);
		if (code < 0)
			return code;
	}
	return 0;
}

int probe_load(struct probe *probe, struct bytes piece, struct error *error)
{
	if (piece.length > probe->largest)
		return error_set(error, ERROR_INTERNAL, "shellcode", "a piece is too large");
	if (probe->loaded) {
		x86_rollback(probe->machine);
		x86_commit(probe->machine);
		probe->loaded = false;
	}
	x86_watch_start(probe->machine, probe->code, probe->code + piece.length);
	if (lay_pages(probe, piece) < 0 || x86_snapshot(probe->machine) < 0)
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for a probe");
	probe->length = piece.length;
	probe->loaded = true;
	return 0;
}

/* --- one run --- */

struct run {
	struct probe *probe;
	unsigned possible; /* worlds whose system calls have all been sensible so far */
	enum convention convention;
	unsigned value[WORLDS], calls[WORLDS], stops, looks, followed;
	uint64_t hunt_site, hunt_calls;
	struct handler handler;
	struct promise promise;
};

static unsigned bit(enum world_kind kind)
{
	return 1u << kind;
}

static void answer_zero(struct x86 *machine)
{
	x86_set(machine, X86_AX, 0);
	x86_set_flags(machine, x86_flags(machine) & ~(uint64_t)X86_FLAG_CF);
}

/* What a call's arguments are worth. Small numbers are deliberate only where registers held
 * pointers. */
static unsigned value_of(const struct run *run, const struct unix_judgement *judgement)
{
	if (run->convention == CONVENTION_POINTERS)
		return 2 * judgement->weight + judgement->numbers;
	return judgement->weight < 2 ? 0 : judgement->weight;
}

/* Judges the stop for every possible Unix; false when none is left. */
static bool judge_everywhere(struct run *run, const struct x86_exit *stop)
{
	bool ends = false;

	for (enum world_kind kind = 0; kind < WORLDS; kind++) {
		struct unix_judgement judgement;
		if (!(run->possible & bit(kind)))
			continue;
		if (world_unix(kind) == UNIX_SYSTEMS ||
		    !unix_judge_call(run->probe->machine, stop, world_unix(kind), &judgement)) {
			run->possible &= ~bit(kind);
			continue;
		}
		run->value[kind] += value_of(run, &judgement);
		if (judgement.sensible && ++run->calls[kind] >= 3)
			run->promise.worlds |= bit(kind);
		if (run->value[kind] >= ENOUGH_VALUE)
			run->promise.worlds |= bit(kind);
		if (run->value[kind] + run->calls[kind] > run->promise.score)
			run->promise.score = run->value[kind] + run->calls[kind];
		ends |= judgement.ends;
	}
	return run->possible != 0 && !ends;
}

/* Is the answer to a system call compared with what Windows says of a bad address? */
static bool asks_windows(const struct run *run, const struct x86_exit *stop)
{
	static const uint8_t compares[] = { 0x3c, 0x05 }; /* cmp al, 5 */
	uint8_t code[2];

	return stop->vector == 0x2e ||
	       (x86_read(run->probe->machine, x86_ip(run->probe->machine), code, 2) == 0 &&
		memcmp(code, compares, sizeof code) == 0);
}

/* Egg hunters ask the system about one address after the other and are told that it is bad. */
static bool hunts(struct run *run, const struct x86_exit *stop)
{
	struct x86 *machine = run->probe->machine;
	bool windows = asks_windows(run, stop);
	uint64_t number = x86_get(machine, X86_AX) & 0xffff;

	if (stop->address != run->hunt_site) {
		run->hunt_site = stop->address;
		run->hunt_calls = 0;
	}
	run->promise.misses++;
	if (number == 0 || number >= 512 || ++run->hunt_calls > 2 * HUNT_CALLS)
		return false;
	if (run->hunt_calls == HUNT_CALLS) {
		bool wide = run->probe->mode == X86_MODE_64;
		run->promise.worlds |= windows ? bit(wide ? WORLD_WINDOWS_64 : WORLD_WINDOWS_32)
				       : wide  ? bit(WORLD_LINUX_64)
					       : bit(WORLD_LINUX_32) | bit(WORLD_FREEBSD_32);
		run->promise.score = 1;
		return false;
	}
	x86_set(machine, X86_AX, windows ? 0xc0000005u : (uint64_t)-14);
	return true;
}

static bool system_call(struct run *run, const struct x86_exit *stop)
{
	unsigned possible = run->possible;

	if (run->stops++ >= CALLS_MAX)
		return false;
	if (stop->reason == X86_STOP_SYSCALL && native_sensible(run->probe->machine)) {
		run->promise.worlds |= bit(WORLD_WINDOWS_64);
		run->promise.score += PROBE_CALLED;
		return false;
	}
	if (judge_everywhere(run, stop)) {
		answer_zero(run->probe->machine);
		return true;
	}
	if (run->promise.worlds)
		return false;
	run->possible = possible;
	return hunts(run, stop);
}

/* Could the instruction be a comparison of memory, by its opcode? */
static bool may_compare(enum x86_mode mode, struct bytes code)
{
	size_t at = glance_opcode(mode, code);

	if (at >= code.length)
		return false;
	switch (code.data[at]) {
	case 0x39: /* cmp */
	case 0x3b:
	case 0x81:
	case 0x83:
	case 0xaf: return true; /* scas */
	default: return false;
	}
}

/* A loop without end: does it compare memory at growing addresses? */
static bool loop_hunts(struct run *run)
{
	struct probe *probe = run->probe;
	uint64_t before = 0;
	unsigned grown = 0;

	for (; run->looks < HUNT_LOOK; run->looks++) {
		uint8_t bytes[INSTRUCTION_MAX] = { 0 };
		struct bytes code = { bytes, sizeof bytes };
		struct instruction instruction;
		struct x86_exit stop;
		if (x86_read(probe->machine, x86_ip(probe->machine), bytes, sizeof bytes) < 0)
			return false;
		if (may_compare(probe->mode, code) &&
		    instruction_decode(probe->mode, code, &instruction) &&
		    instruction.role == ROLE_COMPARE && instruction.references_count) {
			uint64_t address = instruction_address(probe->machine, &instruction,
							       &instruction.references[0]);
			grown += before && address - before - 1 < 4096;
			before = address;
		}
		stop = x86_run(probe->machine, 1);
		if (stop.reason != X86_STOP_BUDGET)
			return false;
	}
	return grown >= 3;
}

/* Puts the places that single values were written to, and that are not known, into the list. */
static unsigned add_places(uint64_t places[TABLE_PLACES], unsigned found,
			   const struct x86_record *records, size_t count)
{
	for (size_t i = 0; i < count && found < TABLE_PLACES; i++) {
		bool known = !records[i].writes || records[i].size > 8;
		for (unsigned k = 0; k < found; k++)
			known |= places[k] == records[i].address;
		if (!known)
			places[found++] = records[i].address;
	}
	return found;
}

/* A loop that has shown nothing yet: does it fill a table of its own, as the key schedule of a
 * cipher does before anything is decoded? It writes single values at many places. */
static bool loop_prepares(struct run *run)
{
	struct x86 *machine = run->probe->machine;
	struct x86_record records[X86_RECORDS_LEAST];
	uint64_t places[TABLE_PLACES], end = x86_instructions(machine) + TABLE_LOOK, now;
	enum x86_stop stop = X86_STOP_FOLLOW;
	unsigned found = 0;

	run->followed++;
	if (x86_follow(machine, records, X86_RECORDS_LEAST) < 0)
		return false;
	while (found < TABLE_PLACES && (now = x86_instructions(machine)) < end &&
	       (stop == X86_STOP_FOLLOW || stop == X86_STOP_BUDGET)) {
		/* what is new stops in front of itself: one step over it */
		stop = x86_run(machine, stop == X86_STOP_FOLLOW ? 1 : end - now).reason;
		found = add_places(places, found, records, x86_followed(machine));
	}
	if (x86_follow(machine, NULL, 0) < 0)
		return false;
	return found == TABLE_PLACES;
}

/* Has it written as many places of itself as decoders do? A loop that counts in one place writes as
 * often. */
static bool writes_over_itself(const struct probe *probe, const struct x86_watch *watch)
{
	return watch->written >= PROBE_DECODER &&
	       x86_written_bytes(probe->machine, probe->code, probe->code + probe->length) >=
		       PROBE_DECODER;
}

/* How many instructions a run may take, by what it has shown in those that it `used`: decoders keep
 * writing, payloads keep running what was written and have stopped writing (what does both forever
 * changes only itself), searches through libraries have read the PEB. `before`: the counts when
 * about a quarter less was used; `stays`: it is still about where it was then, as loops are and
 * data that happens to be instructions is not. */
static uint64_t allowance(const struct probe *probe, const struct x86_watch *watch,
			  const struct x86_watch *before, enum patience patience, uint64_t used,
			  uint64_t used_before, bool stays)
{
	uint64_t writes = watch->written - before->written;
	uint64_t length = watch->end - watch->start, decoding = FIRST_RUN + DECODING_BYTE * length;
	uint64_t layers = FIRST_RUN + LAYERS * DECODING_BYTE * length;

	if (patience == PATIENCE_LONG)
		return watch->read ? SEARCHING_RUN : FIRST_RUN;
	if (watch->executed_written >= FIRST_RUN / 8 && watch->executed_written * 8 >= used &&
	    (used < (layers < DECODING_RUN ? layers : DECODING_RUN) ||
	     writes * 64 <= used - used_before))
		return SEARCHING_RUN;
	return stays && used >= FIRST_RUN / 8 && watch->written * 64 >= used &&
			       writes_over_itself(probe, watch)
		       ? decoding < DECODING_RUN ? decoding : DECODING_RUN
	       : patience == PATIENCE_SHORT ? FIRST_RUN / 8
					    : FIRST_RUN;
}

static void budget_used(struct run *run)
{
	if (loop_hunts(run)) {
		run->promise.worlds |= run->probe->mode == X86_MODE_64 ? bit(WORLD_LINUX_64)
								       : bit(WORLD_WINDOWS_32);
		run->promise.score = 1;
	}
}

/* A call to where some version of Windows has a function. */
static bool into_library(const struct probe *probe, const struct x86_exit *stop)
{
	return probe->mode == X86_MODE_32 && api_in_libraries(stop->address) &&
	       (fixed_function_at(stop->address) ||
		api_sensible_stack(probe->machine, probe->code, probe->length));
}

static void library_reached(struct run *run)
{
	run->promise.worlds |=
		run->probe->mode == X86_MODE_64 ? bit(WORLD_WINDOWS_64) : bit(WORLD_WINDOWS_32);
	run->promise.score += PROBE_CALLED;
}

/* A fault goes to a handler that the code has put up; hunters that know no system call walk over
 * missing pages like that. */
static bool fault_is_handled(struct run *run, const struct x86_exit *stop)
{
	if (!handler_goes_on(&run->handler, run->probe->machine, stop))
		return false;
	if (run->handler.growing < HUNT_CALLS)
		return true;
	run->promise.worlds |= bit(WORLD_WINDOWS_32);
	run->promise.score = 1;
	return false;
}

/* One stop; false when the run is over. */
static bool go_on(struct run *run, const struct x86_exit *stop)
{
	switch (stop->reason) {
	case X86_STOP_BUDGET: return true;
	case X86_STOP_INTERRUPT:
	case X86_STOP_SYSCALL: return system_call(run, stop);
	case X86_STOP_HOOK:
		if (world_export_at(run->probe->world, stop->address) ||
		    into_library(run->probe, stop))
			library_reached(run);
		return false;
	case X86_STOP_TOUCH: /* this and the next: nothing here asks for them */
	case X86_STOP_BLOCK:
	case X86_STOP_FOLLOW: return false;
	case X86_STOP_FAULT: return fault_is_handled(run, stop);
	}
	return false;
}

/* Did it execute what it wrote, or write into itself as decoders do? */
static bool rewrites(const struct probe *probe, enum patience patience)
{
	struct x86_watch watch = x86_watch_counts(probe->machine);

	return watch.executed_written > 0 ||
	       (patience != PATIENCE_LONG && writes_over_itself(probe, &watch));
}

/* Did a payload come out of what it wrote over itself, even if it went nowhere? */
static bool decoded(const struct probe *probe, enum patience patience)
{
	struct x86_watch watch = x86_watch_counts(probe->machine);

	return patience != PATIENCE_LONG && watch.written >= DECODED_BYTES &&
	       watch.executed_written >= DECODED_CODE;
}

/* Nothing but zeros ahead: in a field of data, or in one that surrounds the piece, where nobody
 * wrote anything to execute. */
static bool ran_off(const struct probe *probe)
{
	static const uint8_t zeros[ZEROS];
	uint8_t ahead[ZEROS];
	uint64_t ip = x86_ip(probe->machine);

	if (x86_read(probe->machine, ip, ahead, sizeof ahead) < 0 || ahead[0] != 0)
		return false;
	return (ip - probe->code >= probe->length && !x86_written(probe->machine, ip)) ||
	       memcmp(ahead, zeros, sizeof zeros) == 0;
}

/* Instructions before the next look: a quarter of those so far, and no more than `left` pays for
 * when they turn out to be slow. */
static uint64_t part_of(uint64_t used, uint64_t left)
{
	uint64_t part = used < 4 * GLIMPSE ? GLIMPSE : used / 4, paid = GLIMPSE + left / SLOW_COST;

	return part < paid ? part : paid;
}

/* Runs until it ends, shows nothing in what a run like this may take, or cost `allowed`. */
static void run_parts(struct run *run, size_t entry, enum patience patience, uint64_t allowed)
{
	struct probe *probe = run->probe;
	uint64_t first = x86_instructions(probe->machine), effort = x86_effort(probe->machine);
	uint64_t used = 0, used_before = 0, ip_before = probe->code + entry;
	struct x86_watch before = { 0 };
	bool prepares = false, may_prepare = probe->length >= TABLE_SHORTEST;

	for (;;) {
		struct x86_watch watch = x86_watch_counts(probe->machine);
		uint64_t ip = x86_ip(probe->machine), most, part;
		bool stays = ip - ip_before + LOOP_REACH <= 2 * LOOP_REACH;
		struct x86_exit stop;
		used = x86_instructions(probe->machine) - first;
		most = allowance(probe, &watch, &before, patience, used, used_before, stays);
		if (used >= most && used < DECODING_RUN && patience == PATIENCE_NORMAL &&
		    may_prepare && (prepares || (stays && loop_prepares(run)))) {
			prepares = true;
			most = DECODING_RUN;
		}
		if (used >= most) {
			budget_used(run);
			return;
		}
		if (x86_effort(probe->machine) - effort >= allowed || ran_off(probe))
			return;
		if (used - used_before >= used / 4) {
			before = watch;
			used_before = used;
			ip_before = ip;
		}
		part = part_of(used, allowed - (x86_effort(probe->machine) - effort));
		stop = x86_run(probe->machine, part < most - used ? part : most - used);
		if (!go_on(run, &stop))
			return;
	}
}

struct promise probe_run(struct probe *probe, size_t entry, enum convention convention,
			 enum patience patience, uint64_t allowed, uint64_t *spent)
{
	struct run run = { .probe = probe, .convention = convention };
	uint64_t effort = x86_effort(probe->machine);

	for (enum world_kind kind = 0; kind < WORLDS; kind++)
		if (world_mode(kind) == probe->mode && world_unix(kind) != UNIX_SYSTEMS)
			run.possible |= bit(kind);
	x86_rollback(probe->machine);
	handler_init(&run.handler, probe->machine);
	world_enter(probe->world, entry, convention);
	if (patience == PATIENCE_LONG) /* otherwise the snapshot watches the piece */
		x86_watch_start(probe->machine, probe->process_block,
				probe->process_block + PROBE_BLOCK);
	run_parts(&run, entry, patience, allowed);
	if (patience == PATIENCE_LONG && run.promise.worlds == 0 &&
	    x86_watch_counts(probe->machine).read) {
		run.promise.worlds =
			bit(probe->mode == X86_MODE_64 ? WORLD_WINDOWS_64 : WORLD_WINDOWS_32);
		run.promise.score = 1;
	}
	run.promise.decodes = rewrites(probe, patience);
	run.promise.payload = decoded(probe, patience);
	*spent += x86_effort(probe->machine) - effort + RUN_COST + STOP_COST * run.stops +
		  LOOK_COST * run.looks + FOLLOW_COST * run.followed;
	return run.promise;
}
