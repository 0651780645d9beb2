/* System calls that 64-bit code makes of Windows by number, past every library: which, and whether
 * their arguments are put together on purpose.
 *
 * The numbers change with Windows' builds; those of Windows 7 SP1 and of Windows 10 are known here
 * (as its ntdll.dll has them), others are only told by their number. Arguments: r10, rdx, r8, r9,
 * then the stack behind the return address and 32 bytes. */
#ifndef KENBI_SHELLCODE_NATIVE_H
#define KENBI_SHELLCODE_NATIVE_H

#include "trace/trace.h"
#include "x86/x86.h"

/* "NtAllocateVirtualMemory" of the call that the machine is about to make; NULL: the number is not
 * known. */
const char *native_name(const struct x86 *machine);
/* The number that Windows 10 has for the call of that name, with Nt or Zw; -1: not known. */
int native_number(const char *name);
/* Does it ask for memory of its own process, or change that, with arguments that cannot be chance?
 */
bool native_sensible(const struct x86 *machine);
/* Answers the call behind which the machine stands, and says it. False: the process is over. */
bool native_answer(struct x86 *machine, const struct trace_sink *trace);

#endif
