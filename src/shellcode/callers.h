/* The calls of one piece to places inside it, and where they lead.
 *
 * Compiled code is many functions: what is called lies behind or before its callers, often farther
 * away than start_find looks. Calls of 64 KiB and less are the seeds SEED_CALL, which the pass over
 * every byte has marked already. */
#ifndef KENBI_SHELLCODE_CALLERS_H
#define KENBI_SHELLCODE_CALLERS_H

#include "shellcode/seed.h"

enum { CALLERS_MOST = 16384 /* calls of a piece; those behind them are not known */ };

struct callers {
	size_t count;
	struct call {
		uint32_t from, to; /* offsets */
	} calls[CALLERS_MOST];
};

/* Does a call lead to one of `length` bytes at `first`? */
bool callers_lead_to(const struct callers *callers, size_t first, size_t length);
/* Lists the calls of the piece that `map` holds. Returns what that cost, in nanoseconds
 * (share.h). */
uint64_t callers_list(struct callers *callers, const struct seed_map *map);

#endif
