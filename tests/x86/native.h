/* Runs single instructions, or short sequences under single-step, on the host's own processor.
 *
 * A helper program executes them (native_helper.c): it enters a case through a signal frame, with
 * TF set, and the trap behind an instruction (or its fault) brings the registers back. So there is
 * no assembler, and 32-bit code needs nothing but the code selector 0x23. The helper is a program
 * of its own, built without sanitizers, so that its address space holds nothing where the cases'
 * wild accesses go; it confines itself with seccomp's strict mode. Helper and tests share one block
 * of memory with the cases. */
#ifndef KENBI_TEST_X86_NATIVE_H
#define KENBI_TEST_X86_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

/* The memory of a case. Nothing is mapped beside these pages, but in the helper itself. */
#define NATIVE_CODE  0x10000000u /* three pages; the last is not executable */
#define NATIVE_LAST  0x18000000u /* one page of code with nothing behind */
#define NATIVE_DATA  0x20000000u /* three pages; the last is read-only */
#define NATIVE_STACK 0x30000000u /* two pages */

enum {
	NATIVE_PAGE = 4096,
	NATIVE_PAGES = 9,
	NATIVE_BATCH = 200,
	NATIVE_CODE_BYTES = 96,
	NATIVE_PATCH_BYTES = 512,
	/* protection, as in mmap and in x86.h */
	NATIVE_READ = 1,
	NATIVE_WRITE = 2,
	NATIVE_EXECUTE = 4
};

struct native_page {
	uint32_t address;
	unsigned protection;
};

#define NATIVE_MAP                                                                           \
	{                                                                                    \
		{ NATIVE_CODE, NATIVE_READ | NATIVE_WRITE | NATIVE_EXECUTE },                \
			{ NATIVE_CODE + 4096, NATIVE_READ | NATIVE_WRITE | NATIVE_EXECUTE }, \
			{ NATIVE_CODE + 8192, NATIVE_READ | NATIVE_WRITE },                  \
			{ NATIVE_LAST, NATIVE_READ | NATIVE_WRITE | NATIVE_EXECUTE },        \
			{ NATIVE_DATA, NATIVE_READ | NATIVE_WRITE },                         \
			{ NATIVE_DATA + 4096, NATIVE_READ | NATIVE_WRITE },                  \
			{ NATIVE_DATA + 8192, NATIVE_READ },                                 \
			{ NATIVE_STACK, NATIVE_READ | NATIVE_WRITE },                        \
			{ NATIVE_STACK + 4096, NATIVE_READ | NATIVE_WRITE },                 \
	}

/* Two data segments in the helper's local descriptor table, without a limit. */
enum { NATIVE_SEGMENT_A = 0x07, NATIVE_SEGMENT_B = 0x0f, NATIVE_FLAT = 0x2b };
#define NATIVE_BASE_A (NATIVE_DATA - 0x4000)
#define NATIVE_BASE_B (NATIVE_STACK - 0x4000)

enum { NATIVE_ES, NATIVE_DS, NATIVE_SS, NATIVE_FS, NATIVE_GS, NATIVE_SEGMENTS };

struct native_state {
	uint64_t general[16]; /* in the order of enum x86_register */
	uint64_t ip, flags;
	uint64_t base[2]; /* of FS and GS in 64-bit mode */
	uint16_t selector[NATIVE_SEGMENTS];
	_Alignas(16) uint8_t fxsave[512];
};

struct native_case {
	struct native_state state;	 /* before; after native_run what came out */
	bool wide;			 /* 64-bit mode */
	uint8_t code[NATIVE_CODE_BYTES]; /* at state.ip before */
	unsigned code_length;
	uint64_t patch_address; /* what memory holds elsewhere in this case only */
	unsigned patch_length;
	uint8_t patch[NATIVE_PATCH_BYTES];
	unsigned steps;	     /* instructions to execute, or iterations of a repeated one */
	int vector;	     /* of the exception; 1 after the last step */
	uint32_t error_code; /* of #PF and #GP */
	uint64_t fault_address;
	uint32_t dirty; /* bit n: page n differs from what it held, see below */
	uint8_t pages[NATIVE_PAGES][NATIVE_PAGE];
};

/* What lies in the memory that helper and tests share. */
struct native_shared {
	uint8_t memory[NATIVE_PAGES][NATIVE_PAGE]; /* what pages hold before each case */
	struct native_case cases[NATIVE_BATCH];
};

/* What the host can do beside 64-bit code. */
enum { NATIVE_HAS_SEGMENTS = 1, NATIVE_HAS_32 = 2 };
/* Why the helper may refuse: its exit status. */
enum { NATIVE_NO_BASES = 3, NATIVE_NO_X86_64 = 4 };

/* The piece of [address, address + length) up to the end of its page: its bytes, and in `page` the
 * number of the page or -1. */
static inline unsigned native_piece(uint64_t address, unsigned length, int *page)
{
	static const struct native_page map[NATIVE_PAGES] = NATIVE_MAP;
	unsigned piece = NATIVE_PAGE - (unsigned)(address % NATIVE_PAGE);

	*page = -1;
	for (int i = 0; i < NATIVE_PAGES; i++)
		if (map[i].address == address - address % NATIVE_PAGE &&
		    map[i].protection & NATIVE_WRITE)
			*page = i;
	return piece < length ? piece : length;
}

struct native;

/* NULL with a reason when the host cannot. */
struct native *native_start(const uint8_t memory[NATIVE_PAGES][NATIVE_PAGE], const char **reason);
unsigned native_features(const struct native *native);
/* The cases that native_run executes. */
struct native_case *native_cases(struct native *native);
/* False when the helper died or hangs; only native_stop can follow. */
bool native_run(struct native *native, unsigned count);
void native_stop(struct native *native);

#endif
