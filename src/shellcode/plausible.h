/* Cheap judgements before anything is executed: could this seed be part of code that does what the
 * seed is for?
 *
 * Ahead: the instructions behind the seed, followed without executing, use what the seed gives.
 * Behind: the way that leads to the seed prepares what it needs. Both only refuse what cannot work
 * (an FPU environment that nobody reads, a system call without a number), never what is merely
 * unusual, since refusing is final. */
#ifndef KENBI_SHELLCODE_PLAUSIBLE_H
#define KENBI_SHELLCODE_PLAUSIBLE_H

#include "shellcode/seed.h"
#include "shellcode/start.h"

/* Is what follows the seed plausible? `strict`: compiled code is all around. What is asked of the
 * way to it for that is kept in *seed (to_stack of SEED_FPU). */
bool plausible_ahead(struct sweep *sweep, enum x86_mode mode, struct seed *seed, bool strict);
/* Does the way from `start` prepare for the seed? `zero`: registers were 0 (CONVENTION_ZERO). */
bool plausible_behind(struct sweep *sweep, enum x86_mode mode, const struct start *start,
		      struct seed seed, bool zero);
/* What plausible_behind asks of ways, see start_find. */
enum start_asks plausible_asks(enum seed_kind kind);
/* Could code begin at `offset`: does it go on for a while, or come to something, without what a
 * program cannot or would not execute? Of bytes that were `decoded` more is asked: that it changes
 * memory. */
bool plausible_entry(struct sweep *sweep, size_t offset, bool decoded);

#endif
