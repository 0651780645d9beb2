/* Is what a run has shown shellcode? A conjunction of things that only code does: a decoder with
 * what came of it, a search through libraries that leads to a call, system calls whose arguments
 * were put together, a hunt for a mark. */
#ifndef KENBI_SHELLCODE_VERDICT_H
#define KENBI_SHELLCODE_VERDICT_H

#include "shellcode/observer.h"

/* `strict`: inside an executable image, which asks for what compiled programs never show. */
bool verdict_of(const struct observation *seen, enum convention convention, bool strict);
/* Behind the comparison of a hunter stands, within a few instructions, the way to what it found;
 * where it does not, as behind loops that data happen to be, the evidence is taken back. */
void verdict_check_hunt(struct world *world, struct observation *seen);
/* Has it asked again and again where memory is? */
bool verdict_asks_about_memory(const struct observation *seen);
/* That, or acted? */
bool verdict_has_shown(const struct observation *seen);

#endif
