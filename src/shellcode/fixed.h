/* Functions at the addresses where well-known versions of Windows have them: shellcode of the years
 * before address randomisation calls them there. */
#ifndef KENBI_SHELLCODE_FIXED_H
#define KENBI_SHELLCODE_FIXED_H

#include "base/base.h"

struct fixed_function {
	uint32_t address;
	const char *library, *function; /* "kernel32.dll", "WinExec" */
};

/* NULL: no version that is known has a function there. */
const struct fixed_function *fixed_function_at(uint64_t address);

#endif
