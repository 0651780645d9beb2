/* What can be said about an instruction while it is executed: the call that it makes, what its
 * immediate spells, what a register has come to hold. */
#ifndef KENBI_SHELLCODE_REMARK_H
#define KENBI_SHELLCODE_REMARK_H

#include "shellcode/instruction.h"
#include "shellcode/world.h"

enum { REMARK_SIZE = 240 }; /* bytes of one remark, the terminator included */

/* All of these write a remark and return true, or return false where there is nothing to say. */

/* The machine stands at the entry of `name`: `kernel32.dll!WinExec("calc.exe", 5)`. The number of
 * arguments is the one of the 32-bit library; where that is not known, those that are texts. */
bool remark_api(const struct x86 *machine, const char *name, char *text);
/* The machine stands in front of a system call. */
bool remark_system_call(const struct x86 *machine, enum world_kind kind, const uint8_t *bytes,
			char *text);
/* The printable immediate of a push or mov. */
bool remark_immediate(const struct instruction *instruction, const uint8_t *bytes, char *text);
/* `reg` has got `value`: the address of a text, a function, a library, the PEB, or of the code
 * itself, which is `length` bytes. `first`: this instruction had not been executed before;
 * `loaded`: it takes a word from memory. */
bool remark_register(struct world *world, enum world_kind kind, enum x86_register reg,
		     uint64_t value, size_t length, bool first, bool loaded, char *text);

#endif
