/* Runs single instructions on the host's own processor, in a forked child under seccomp's strict
 * mode.
 *
 * The child enters a case through a signal frame: the handler writes the case's registers into it,
 * with TF set, and the trap behind the instruction (or its fault) brings the registers back. So
 * there is no assembler, and 32-bit code needs nothing but the code selector 0x23. */
#ifndef KENBI_TEST_X86_NATIVE_H
#define KENBI_TEST_X86_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#define NATIVE_CODE  0x10000000u
#define NATIVE_DATA  0x20000000u
#define NATIVE_STACK 0x30000000u

enum {
	NATIVE_PAGES = 2,
	NATIVE_REGION = NATIVE_PAGES * 4096, /* bytes of each: code, data, stack */
	NATIVE_BATCH = 64
};

struct native_state {
	uint64_t general[16]; /* in the order of enum x86_register */
	uint64_t ip, flags;
	_Alignas(16) uint8_t fxsave[512];
};

struct native_case {
	struct native_state state; /* before; after native_run what came out */
	bool wide;		   /* 64-bit mode */
	uint8_t code[16];
	unsigned code_length;
	int vector;	     /* of the exception; 1 after a plain instruction */
	uint32_t error_code; /* of #PF and #GP */
	uint64_t fault_address;
	uint8_t data[NATIVE_REGION], stack[NATIVE_REGION];
};

struct native;

/* NULL with a reason when the host cannot. `memory` is what data and stack hold before each case.
 */
struct native *native_start(const uint8_t memory[2][NATIVE_REGION], const char **reason);
/* The cases that native_run executes; in memory shared with the child. */
struct native_case *native_cases(struct native *native);
/* False when the child died. */
bool native_run(struct native *native, unsigned count);
/* Can the host execute 32-bit code? */
bool native_has_32(struct native *native);
void native_stop(struct native *native);

#endif
