/* Calls that no model answers, and code that the program wrote itself. */
#ifndef KENBI_WIN32_STUB_H
#define KENBI_WIN32_STUB_H

#include "win32/api.h"

/* eax of a function without a model; says api.unknown once per function. */
uint32_t win32_stub_answer(struct call *call);
/* Bytes that an unknown function pops, guessed from the code around the return address. */
uint32_t win32_stub_guess(struct win32 *w, uint32_t return_address);
/* Number of a Windows XP system service by its name; 0: not among those that are known. */
uint32_t win32_service_number(const char *name);
/* The ntdll slot of a Windows XP system service number, or NULL. */
struct win32_slot *win32_service_slot(struct win32 *w, uint32_t number);
/* Says code.written when instructions that the program wrote have been executed since the last
 * look. */
void win32_code_watch(struct win32 *w);
/* The same for the place of a call: memory that models filled for the program counts, too. */
void win32_code_seen(struct win32 *w, uint32_t address);

#endif
