/* What the fuzz target of the CPU simulator has done so far. */
#ifndef KENBI_FUZZ_X86_H
#define KENBI_FUZZ_X86_H

#include <stdint.h>

/* Instructions executed in all inputs of this process. */
uint64_t fuzz_x86_instructions(void);

#endif
