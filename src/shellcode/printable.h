/* Printable code must change itself, or build what it does on the stack, before it can jump back or
 * call anything: cheap judgements of runs of printable bytes by that. */
#ifndef KENBI_SHELLCODE_PRINTABLE_H
#define KENBI_SHELLCODE_PRINTABLE_H

#include "shellcode/start.h"

/* Do the characters of a run hold what such code needs: changes of what lies behind it, or sums
 * that are pushed? Asked before it is decoded as code. */
bool printable_run(struct bytes run);
/* Do the instructions from `offset` on go straight through enough of that? */
bool printable_works(struct sweep *sweep, enum x86_mode mode, size_t offset);

#endif
