/* The listing of a run, for people: every instruction that was executed, once, as it was when it
 * was executed, by layers of decoding, with remarks.
 *
 * Layer 0 is what was sent; layer n + 1 is what instructions of layer n wrote. What neither was
 * sent nor written by the code came from outside (a stage that was read from the wire). Bounded:
 * LISTING_INSTRUCTIONS instructions and LISTING_REMARKS remarks on each; what is over is counted.
 */
#ifndef KENBI_SHELLCODE_LISTING_H
#define KENBI_SHELLCODE_LISTING_H

#include <jansson.h>

#include "shellcode/world.h"

enum { LISTING_INSTRUCTIONS = 2048, LISTING_REMARKS = 12 };

struct listing;

/* Lists what the code of `world`, `length` bytes, executes. Borrows it. NULL: no memory. */
struct listing *listing_new(struct world *world, enum world_kind kind, size_t length);
void listing_free(struct listing *listing);
/* The machine is about to execute the next instruction. */
void listing_step(struct listing *listing);
/* The run is over: what its last instruction did. */
void listing_end(struct listing *listing);
/* As docs/records.md says. Returns owned; NULL: no memory. */
json_t *listing_json(const struct listing *listing);

#endif
