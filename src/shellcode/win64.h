/* A thin 64-bit Windows for payloads: TEB, PEB, loader lists, libraries with export tables whose
 * functions are claimed and answered. Enough for code that finds its functions by itself and calls
 * them; whatever has no model returns 1. Lay-out of the structures: winternl.h of the Windows SDK,
 * and the PE/COFF specification. */
#ifndef KENBI_SHELLCODE_WIN64_H
#define KENBI_SHELLCODE_WIN64_H

#include "shellcode/world.h"

struct win64;

/* Borrows peer (NULL: nobody answers). */
MUST_CHECK int win64_new(struct trace_sink trace, const struct peer *peer, struct win64 **process,
			 struct error *error);
void win64_free(struct win64 *process);
MUST_CHECK int win64_place(struct win64 *process, struct bytes code, uint64_t *placed,
			   struct error *error);
enum world_end win64_run(struct win64 *process, uint64_t budget);
struct x86 *win64_machine(struct win64 *process);
/* "KERNEL32.DLL!WinExec"; NULL: no function begins there. */
const char *win64_export_at(uint64_t address);

#endif
