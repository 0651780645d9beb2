/* The instructions of one piece in one mode, decoded at need: by table where two bytes tell
 * (glance_table.h), else by a closer look that is remembered for those near by. */
#ifndef KENBI_SHELLCODE_SWEEP_H
#define KENBI_SHELLCODE_SWEEP_H

#include "shellcode/glance.h"

enum { SWEEP_LANE = 16 /* offsets that sweep_falls looks at at once */ };

struct sweep;

/* For pieces of less than 2 GiB; NULL: no memory. */
struct sweep *sweep_new(enum x86_mode mode);
void sweep_free(struct sweep *sweep);
/* Borrows `bytes` until the next sweep_load; forgets the piece before. */
void sweep_load(struct sweep *sweep, struct bytes bytes);
struct bytes sweep_bytes(const struct sweep *sweep);
enum x86_mode sweep_mode(const struct sweep *sweep);
/* The instruction at `offset`, which must lie inside the piece. */
struct step sweep_step(struct sweep *sweep, size_t offset);
/* The same without traits, for walks that come by once: nothing is remembered. */
struct step sweep_pass(struct sweep *sweep, size_t offset);
/* Lengths of the sixteen instructions before `end` that go on behind themselves, be it by a jump to
 * there, and 0 for others: of those whose bit is set in `wanted`; the others stay. */
void sweep_falls(struct sweep *sweep, size_t end, unsigned wanted, uint8_t falls[SWEEP_LANE]);
/* What one has found out about what lies at an offset: 1 or 0, as long as the piece is loaded and
 * no other answer has taken its place; -1: nothing. */
int sweep_recall(const struct sweep *sweep, size_t offset);
void sweep_remember(struct sweep *sweep, size_t offset, bool answer);
/* Counts what a walk of one's own has cost. */
void sweep_pay(struct sweep *sweep, uint64_t cost);
/* What all this has cost since sweep_new, see share.h. */
uint64_t sweep_cost(const struct sweep *sweep);

#endif
