/* Library functions that shell code calls, and what sensible arguments look like. */
#ifndef KENBI_SHELLCODE_API_H
#define KENBI_SHELLCODE_API_H

#include "x86/x86.h"

/* The machine stands at the entry of `name` ("kernel32.dll!WinExec"): is there an argument that
 * cannot be chance (a library or program name, a URL, an address to talk to)? */
bool api_sensible(const struct x86 *machine, const char *name);

/* The same when only the stack is known, as for a call to an address where some version of Windows
 * has some function: the return address lies in [code, code + length) and an argument is a text
 * that names something. */
bool api_sensible_stack(const struct x86 *machine, uint64_t code, uint64_t length);
/* Could the call at whose entry the machine stands be one of IsBadReadPtr and its like, wherever
 * that is: an address and a few bytes, and back into the code? And its answer, that there is no
 * such memory. */
bool api_asks_about_memory(const struct x86 *machine, uint64_t code, uint64_t length);
void api_answer_bad(struct x86 *machine);

/* Where the libraries of 32-bit Windows lie: [API_LIBRARIES_START, API_LIBRARIES_END). */
#define API_LIBRARIES_START UINT64_C(0x71000000)
#define API_LIBRARIES_END   UINT64_C(0x7f000000)
bool api_in_libraries(uint64_t address);

#endif
