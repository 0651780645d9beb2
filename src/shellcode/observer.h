/* Watches a candidate run, and turns what it does into evidence.
 *
 * observer_step is called before an instruction, which the world then executes; observer_run goes
 * on from there for as long as nothing but known instructions are executed. Both follow addresses
 * that the code takes of itself, what it writes and later executes, which thread and process
 * structures and export tables it reads, and keeps the set of instructions that were executed, in
 * order of first execution, as the raw material of the kind. */
#ifndef KENBI_SHELLCODE_OBSERVER_H
#define KENBI_SHELLCODE_OBSERVER_H

#include "shellcode/instruction.h"
#include "shellcode/serving.h"
#include "shellcode/shellcode.h"
#include "shellcode/world.h"

struct observer;

/* Watches the code of `world`, `length` bytes. Borrows it. NULL: no memory. */
struct observer *observer_new(struct world *world, enum world_kind kind, size_t length);
void observer_free(struct observer *observer);
/* False when the run cannot go on, as inside a library but at no function's entry, or would only
 * wait (see waits). */
bool observer_step(struct observer *observer);
/* Where in a library the code has called what another version of Windows has there, since this was
 * asked; the call has been answered, the arguments lie where the stack pointer is. 0: nowhere. */
uint64_t observer_fixed_call(struct observer *observer);

/* Begins or ends that the machine is followed (x86_follow), which observer_run needs. */
bool observer_follow(struct observer *observer, bool wanted);
/* Runs on behind a step, up to `most` instructions, as far as they are known and need nothing of
 * the system; how many. The observation is the same as after as many steps, each followed by the
 * run of one instruction. */
uint32_t observer_run(struct observer *observer, uint32_t most);
/* What this, and the machine's running, has cost; as in share.h. */
uint64_t observer_cost(struct observer *observer);
/* More different instructions have been executed than are remembered: no shellcode does that. */
bool observer_is_full(const struct observer *observer);

struct observation {
	unsigned evidence;	   /* 1 << enum shellcode_evidence */
	unsigned apis;		   /* library functions that the code called */
	unsigned apis_sensible;	   /* of these, at least one argument could not be chance */
	unsigned calls;		   /* sensible system calls from the code */
	unsigned call_sites;	   /* distinct instructions among them */
	unsigned weight, numbers;  /* of their arguments, see unix_judge_call */
	uint64_t hunt_at;	   /* the comparison of a hunt (evidence egg-hunt) */
	bool own_mark;		   /* what that looks for is a constant, or was put together */
	unsigned most_repeated;	   /* how often one call site was reached */
	unsigned settings;	   /* of the numbers, those that are no descriptors */
	unsigned asked;		   /* different system calls and functions, sensible or not */
	unsigned forks;		   /* of the calls, those that make a process */
	struct serving way;	   /* to the newest place that makes one of these */
	unsigned executed;	   /* distinct instructions executed in or by the code */
	unsigned executed_written; /* of these, the code had written itself */
	unsigned written_shapes;   /* different ones among the latter, at most 8 are told apart */
	unsigned decoded;	   /* of these, a loop of the code had written */
	unsigned rewritten;	   /* bytes of itself that it wrote over */
	size_t first,
		last; /* extent of the code that was executed, read or written: [first, last) */
	unsigned fixed_calls; /* with texts, of what is no function's entry in this Windows */
	unsigned fixed_known; /* calls of functions where a well-known Windows has them */
	unsigned natives;     /* sensible system calls of 64-bit Windows, see native.h */
	unsigned walked_over; /* faults of one instruction that a handler went on from */
	unsigned questions;   /* about memory that one place asked the system */
	uint64_t asked_from;  /* what is behind that place (evidence egg-hunt) */
	bool waits;	      /* it has come to a jump to itself, and stays there */
	bool loader;	      /* the PEB's pointer to the lists of loaded libraries was read */
	bool lists;	      /* and, elsewhere in the code, one of these */
	bool borrows;	      /* it asked the processor, or its clock, for values */
	bool exits;	      /* it ended itself, with a number */
	bool handler;	      /* it put up an exception handler: wrote the first word of its TEB */
	bool indirect;	      /* it jumped or called through a register or memory */
	bool returns;	      /* it went where the stack led */
};
void observer_result(const struct observer *observer, struct observation *observation);

/* How often observer_step came before the payload under its encodings begins, see payload.h; 0: it
 * is not encoded. */
uint32_t observer_payload(const struct observer *observer);
/* What was executed and called up to now is not asked for; of what is from now on, a kind is. */
void observer_forget(struct observer *observer);
/* What was executed since then, see payload.h, and what was called: distinct names of library
 * functions and system calls in order of their first call, the first 256. */
struct observed_shape {
	uint64_t instructions, calls;
	unsigned calls_count; /* 0: none */
};
struct observed_shape observer_shape(const struct observer *observer);

#endif
