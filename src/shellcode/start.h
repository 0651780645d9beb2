/* Start points: from where can execution reach a seed?
 *
 * Every offset of a window around the seed is decoded once (memoised for the whole stream); going
 * backwards, an offset reaches the seed when what it falls into, branches, jumps or calls to does.
 */
#ifndef KENBI_SHELLCODE_START_H
#define KENBI_SHELLCODE_START_H

#include "shellcode/instruction.h"

enum { START_WINDOW = 512 }; /* bytes before and behind the seed that are looked at */

struct sweep; /* the memo of one stream in one mode */

/* Borrows `bytes` until sweep_free. NULL: no memory. */
struct sweep *sweep_new(enum x86_mode mode, struct bytes bytes);
void sweep_free(struct sweep *sweep);
struct step sweep_step(struct sweep *sweep, size_t offset);

/* Offsets that reach `seed`, nearest first by the number of instructions on the way, the seed
 * itself first; at most `capacity`. Returns their number. */
size_t start_find(struct sweep *sweep, size_t seed, size_t *starts, size_t capacity);

#endif
