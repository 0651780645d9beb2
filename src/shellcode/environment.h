/* Seeds that store the FPU's environment: does what follows fetch the last FPU instruction's
 * address from it, and use it?
 *
 * The environment is fetched by pops, or through the register that it was stored through, at the
 * distance at which the address is in it (SDM vol. 1, 8.1.10). Where that register was not the
 * stack pointer, pops fetch it only when the way to the seed made it point there. */
#ifndef KENBI_SHELLCODE_ENVIRONMENT_H
#define KENBI_SHELLCODE_ENVIRONMENT_H

#include "shellcode/sweep.h"

enum environment_use {
	ENVIRONMENT_UNUSED,
	ENVIRONMENT_USED_FROM_STACK, /* if a register that points at the stack stored it there */
	ENVIRONMENT_USED
};

enum environment_use environment_use(struct sweep *sweep, enum x86_mode mode, size_t seed);

#endif
