/* What the functions of the 64-bit Windows do. */
#ifndef KENBI_SHELLCODE_WIN64_MODEL_H
#define KENBI_SHELLCODE_WIN64_MODEL_H

#include "trace/trace.h"
#include "x86/x86.h"

/* Answers the call at whose entry the machine stands: result in rax, events to the sink. False when
 * the function ends the process. */
bool win64_answer(struct x86 *machine, const struct trace_sink *trace, const char *function);

/* Base of a library by its file name with or without ".dll", whatever the case; 0: there is none.
 */
uint64_t win64_library(const char *name);
/* Address of a library's function; 0: there is none. */
uint64_t win64_function(uint64_t base, const char *name);

#endif
