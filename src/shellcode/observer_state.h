/* What the files of the observer share: its state, and the steps from an instruction to evidence.
 *
 * observer.c makes one and says what it has seen, observer_step.c watches one instruction,
 * observer_memory.c what that reads and writes, observer_calls.c what it asks the system and
 * libraries for, observer_run.c many instructions at once. */
#ifndef KENBI_SHELLCODE_OBSERVER_STATE_H
#define KENBI_SHELLCODE_OBSERVER_STATE_H

#include "shellcode/footprint.h"
#include "shellcode/modules.h"
#include "shellcode/observer.h"

enum {
	OWN_ADDRESSES = 8, /* places where the code's own address lies, newest win */
	DECODED = 1024,	   /* instructions that are kept decoded */
	CALL_SITES = 64,
	CALL_NAMES = 256,
	HUNT_QUESTIONS = 8, /* about memory, from one place, that make a hunt */
	HUNT_WORDS = 6,	    /* of the stack that may hold what is asked about */
	QUESTION_PLACES = 6 + HUNT_WORDS,
	SHAPES = 8,
	RECORDS = 2048, /* accesses between two looks at them */
};

struct decoded {
	uint64_t address;
	uint8_t bytes[INSTRUCTION_MAX];
	bool valid;
	bool ours;	       /* the code's own, when it was executed last under single steps */
	struct written writes; /* what it writes, from its second execution on */
	struct instruction instruction;
};

struct call_site {
	uint64_t address;
	unsigned count;
	uint32_t leftover; /* see serving.h; 0 when that was not asked */
};

/* Questions about memory that one place asks the system, one after the other: what is asked about
 * must walk upwards in one register, or one word of the stack. */
struct questions {
	uint64_t address;
	uint64_t call; /* which one: always the same */
	uint64_t values[QUESTION_PLACES];
	unsigned walking; /* of the places, one bit each: those that have gone up every time */
	unsigned count;
};

struct observer {
	struct world *world;
	struct x86 *machine;
	enum world_kind kind;
	unsigned loader_offset; /* in the PEB: of the pointer to the loader's lists */
	uint64_t loader_ip;	/* the instruction that read it first */
	uint64_t start, end;	/* of the code */
	uint64_t thread_block;	/* TEB */
	uint64_t process_block; /* PEB */
	uint32_t steps;
	bool previous_ours; /* the instruction before belonged to the code */
	uint64_t previous_ip;
	uint8_t previous_length; /* of the instruction before when it goes on behind itself; 0 */
	uint64_t fixed_call;	 /* see observer_fixed_call */
	uint64_t faulted_ip;
	unsigned faults; /* of that instruction */
	uint64_t own_addresses[OWN_ADDRESSES];
	unsigned own_next;
	unsigned push_texts;
	uint64_t hunt_ip, hunt_at, hunt_length;
	unsigned hunt_branches;
	bool compared;	      /* the instruction before was such a comparison */
	uint64_t first, last; /* extent that was touched */
	struct call_site sites[CALL_SITES];
	struct questions questions;
	struct footprint *footprint;
	struct modules modules;
	uint64_t written_shapes[SHAPES];
	struct executed *first_time; /* the instruction before, when it was executed for the first
					time, or has only left zeros: what it left in registers is
					to be seen */
	bool named;		     /* a kind will be made of it */
	uint32_t closely_until; /* the step up to which it is watched one by one, so that the same
				   is seen wherever the code and its slide began */
	uint64_t call_names[CALL_NAMES]; /* hashes, in order of the first call */
	unsigned call_names_count;
	uint32_t last_call; /* step */
	uint32_t last_look; /* at the PEB, step by step: the last step that tells of who calls
			       nothing */
	struct observation seen;
	struct decoded decoded[DECODED];
	uint64_t cost;
	uint64_t effort, effort_before; /* the machine's, since and at the beginning */
	bool follows;			/* the machine is followed: records is used */
	struct x86_record records[RECORDS];
};

static inline bool observer_inside(const struct observer *observer, uint64_t address)
{
	return address >= observer->start && address < observer->end;
}

static inline void observer_evidence(struct observer *observer, enum shellcode_evidence bit)
{
	observer->seen.evidence |= 1u << bit;
}

/* The code has to do with these bytes, if they are its own. */
static inline void observer_touch(struct observer *observer, uint64_t address, uint64_t length)
{
	if (!observer_inside(observer, address))
		return;
	if (address < observer->first)
		observer->first = address;
	if (address + length > observer->last)
		observer->last = address + length;
}

/* --- observer_memory.c --- */

/* The instruction at `ip` reads, or writes, so many bytes there. */
void observer_read(struct observer *observer, const struct instruction *instruction, uint64_t ip,
		   uint64_t address, unsigned size);
void observer_write(struct observer *observer, const struct instruction *instruction,
		    uint64_t address, unsigned size, struct written writes);
/* All that the instruction at hand reads and writes. */
void observer_references(struct observer *observer, const struct instruction *instruction,
			 struct written writes);

/* --- observer_calls.c --- */

/* The instruction at hand, `bytes`, is a system call. */
void observer_system_call(struct observer *observer, const uint8_t *bytes);
/* In the gate: whoever called it is told by where it returns to. */
void observer_gate(struct observer *observer);
/* At the entry of what may be a function that says whether memory is there (see api.h): answers,
 * and stands behind the call. False: it is none. */
bool observer_asks_library(struct observer *observer, uint64_t ip);
/* A call of that name, for the kind. */
void observer_note_call(struct observer *observer, const char *name);
/* The code has called the library function of that name. */
void observer_api(struct observer *observer, const char *name);

/* --- observer_step.c --- */

/* The instruction there, decoded anew if the bytes are others than before; NULL: there is none. */
struct decoded *observer_decoded(struct observer *observer, uint64_t ip);
/* Did the instruction before leave 0 in all the registers that it changed? */
void observer_note_result(struct observer *observer);
bool observer_jumps_to_itself(const struct decoded *decoded);
/* A branch that asks what a comparison said: loop and jecxz do not. */
bool observer_branches_by_flags(const struct decoded *decoded);

#endif
