/* The first, quick judgement of a start point: run it in a snapshot and see whether it gets
 * anywhere.
 *
 * One machine per width serves every system: a 32-bit and a 64-bit Windows process. System calls
 * are judged for each personality that has such a door and answered with 0; what arrives at a
 * library function, makes calls that cannot be chance, or hunts through memory is promising and
 * goes to proof. */
#ifndef KENBI_SHELLCODE_PROBE_H
#define KENBI_SHELLCODE_PROBE_H

#include "shellcode/world.h"

enum {
	PROBE_SLACK = 1 << 16, /* zero bytes behind the piece: room for what decoders write */
	PROBE_DECODER = 8,     /* bytes of itself that a decoder must have written */
	PROBE_BLOCK = 0x20     /* bytes of the PEB: who reads these looks for libraries */
};

struct probe;

/* A prober of that width for pieces of at most `largest` bytes. */
MUST_CHECK int probe_new(enum x86_mode mode, size_t largest, struct probe **probe,
			 struct error *error);
void probe_free(struct probe *probe);
/* Lays a piece under the probe, zeros behind it; earlier ones are gone. Borrowed no longer than the
 * call. */
MUST_CHECK int probe_load(struct probe *probe, struct bytes piece, struct error *error);

/* The process that a probe runs in; it is another state than a run's before and after one. */
struct world *probe_world(struct probe *probe);

enum { PROBE_CALLED = 100 /* score of who calls a function of a library */ };

struct promise {
	unsigned worlds; /* 1 << enum world_kind: where it is promising; 0: nowhere */
	unsigned score;	 /* how much it did; only comparable between starts of one seed */
	unsigned misses; /* system calls that made no sense */
	bool decodes;	 /* it executed what it wrote, or wrote over itself, wherever that led */
	bool payload; /* a payload came out of what it wrote over itself, even if it went nowhere */
};
/* What a start is worth among those of one seed: one that goes astray may come by what makes sense
 * behind that, and do more. */
static inline unsigned promise_worth(const struct promise *promise)
{
	return promise->misses ? promise->score / 2 : promise->score;
}

/* How long a run that shows nothing may go on. */
enum patience {
	PATIENCE_SHORT,	 /* jumps through registers: where all of these lead to the start it is for
			    ever */
	PATIENCE_NORMAL, /* decoders */
	PATIENCE_LONG	 /* searches through libraries, once the PEB has been read */
};
/* Runs from `entry` for at most about `allowed`; *spent grows by what it cost (see share.h). */
struct promise probe_run(struct probe *probe, size_t entry, enum convention convention,
			 enum patience patience, uint64_t allowed, uint64_t *spent);

#endif
