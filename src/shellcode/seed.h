/* Seeds: byte forms that position-independent code cannot do without. Finding them is the only work
 * that is done on every byte (marks.h); what is found is decided by execution. */
#ifndef KENBI_SHELLCODE_SEED_H
#define KENBI_SHELLCODE_SEED_H

#include "base/base.h"

enum seed_kind {
	SEED_NONE,
	SEED_CALL, /* call to an address inside the bytes: leaves its own address on the stack */
	SEED_FPU,  /* fnstenv, fnsave, fxsave to memory: store the last FPU instruction's address */
	SEED_LEA,  /* lea of an address relative to rip, close by: 64-bit code finds itself */
	SEED_SEGMENT, /* fs: or gs: access: TEB and PEB */
	SEED_HANDLER, /* a store or call through fs: 32-bit code puts up an exception handler, or
			 calls the system through the gate of 32-bit processes on 64-bit Windows */
	SEED_INT80,   /* int 80h, sysenter: Linux, BSD */
	SEED_GATE,    /* int 91h, far call to gate 7 or 27h: Solaris, old BSD */
	SEED_INT2E,   /* int 2eh: Windows' native calls */
	SEED_SYSCALL, /* syscall: every 64-bit system */
	SEED_STACK, /* jmp or call through a register, push esp; ret: runs what was built elsewhere
		     */
	SEED_LIBRARY,	/* a call to an address where Windows' libraries lie */
	SEED_PRINTABLE, /* start of a long run without blanks that may be alphanumeric code */
	SEED_KINDS
};

struct seed {
	size_t offset;
	enum seed_kind kind;
	bool to_stack; /* SEED_STACK: through the stack pointer itself; SEED_PRINTABLE: may build
			  its payload on the stack, or be anything; SEED_FPU: what it stores is only
			  used if that is on the stack */
};

/* The seed that begins exactly at `offset`, or SEED_NONE. SEED_PRINTABLE is not judged here. */
enum seed_kind seed_at(struct bytes bytes, size_t offset);

/* Forms that packed data, which is as good as random, has by chance once in tens of kilobytes or
 * less, and that most codes need: a call to an address close by, fnstenv below the stack pointer, a
 * plain load from fs: or gs:. */
bool seed_is_rare(struct bytes bytes, const struct seed *seed);

/* A run of printable bytes. */
struct seed_run {
	size_t start, end;
	unsigned widths; /* 1 << enum x86_mode, in which it may be code: told by strides.h */
};

/* Where seeds and printable runs of one piece are. */
struct seed_map {
	struct bytes bytes; /* borrowed */
	uint64_t *seeds, *breaks;
	size_t words;  /* room in each */
	size_t filled; /* of the words that the bytes need */
};

/* For pieces of at most `largest` bytes: ERROR_MEMORY. */
MUST_CHECK int seed_map_init(struct seed_map *map, size_t largest, struct error *error);
void seed_map_fini(struct seed_map *map);
/* Borrows `bytes`, at most `largest` of them, until the next load. */
void seed_map_load(struct seed_map *map, struct bytes bytes);
/* The same, part by part: nothing of the map may be asked for before it was filled to the end. Each
 * call goes on where the one before ended, in blocks of 64 bytes: the first fills the block in
 * which `until` lies as well, the other does not, and leaves out printable runs and seeds that are
 * not rare. */
void seed_map_begin(struct seed_map *map, struct bytes bytes);
void seed_map_fill(struct seed_map *map, size_t until);
void seed_map_fill_rare(struct seed_map *map, size_t until);
/* The next seed at or after `from`; false when there is none. */
bool seed_map_next(const struct seed_map *map, size_t from, struct seed *seed);
/* The next call to a place in the piece, at or after `from`, and *to, that place; SIZE_MAX: there
 * is none. */
size_t seed_map_call(const struct seed_map *map, size_t from, size_t *to);
/* The next runs of at least `shortest` (48 or more) printable bytes without blanks, at most `most`
 * of them, from *at on, which is where the next may begin; 0 when there are none. */
size_t seed_map_runs(const struct seed_map *map, size_t *at, size_t shortest, struct seed_run *runs,
		     size_t most);

#endif
