/* Does the code that a call leads to take the address that the call left? Looked up without
 * executing. */
#ifndef KENBI_SHELLCODE_GETPC_H
#define KENBI_SHELLCODE_GETPC_H

#include "shellcode/start.h"

/* Is the call at `offset` one whose target soon pops or reads the return address? Compiled
 * functions push before they pop and return before they would reach it. */
bool getpc_call(struct sweep *sweep, size_t offset);

#endif
