/* Worlds: processes of every system in which a candidate can be run, behind one door. */
#ifndef KENBI_SHELLCODE_WORLD_H
#define KENBI_SHELLCODE_WORLD_H

#include "trace/trace.h"
#include "unix/unix.h"
#include "x86/x86.h"

enum world_kind {
	WORLD_WINDOWS_32,
	WORLD_LINUX_32,
	WORLD_SOLARIS_32, /* before FreeBSD: what means the same to both through a call gate is
			     Solaris' */
	WORLD_FREEBSD_32,
	WORLD_WINDOWS_64,
	WORLD_LINUX_64,
	WORLD_FREEBSD_64,
	WORLD_MACOS_64,
	WORLDS
};

enum world_end { WORLD_EXIT, WORLD_IDLE, WORLD_BUDGET, WORLD_FAULT };

/* What the registers hold when an exploit hands over control. */
enum convention {
	CONVENTION_POINTERS, /* every register, and the top of the stack, points at the code */
	CONVENTION_ZERO,     /* every register is 0 (but the stack pointer) */
	CONVENTION_ON_STACK, /* the code lies where the stack pointer points; registers have nothing
				to do with it */
	CONVENTIONS,
	/* To check what was seen with these; see confirm.h. Registers and stack hold what has
	 * nothing to do with the code, but for one place. */
	CONVENTION_FOREIGN = CONVENTIONS,
	CONVENTION_FOREIGN_STACK, /* the top of the stack points at the code */
	CONVENTION_ALONE	  /* plus an enum x86_register, which does */
};

/* The gate by which 32-bit processes of 64-bit Windows call the system: where the pointer in the
 * TEB (WOW32Reserved) leads. Its first instruction is an interrupt. */
enum { WORLD_GATE = 0x70f00000 /* below the libraries */ };

/* Bytes at a function's entry that guards replace by a jump, and that code which knows about guards
 * does itself and jumps over: mov edi, edi; push ebp; mov ebp, esp. */
enum { WORLD_HOOK = 5 };

struct world;

/* A fresh process with `code` and `slack` zero bytes behind it, readable, writable and executable,
 * about to execute at `entry`. Borrows peer and the trace's context. */
MUST_CHECK int world_new(enum world_kind kind, struct bytes code, size_t slack, size_t entry,
			 const struct peer *peer, struct trace_sink trace, struct world **world,
			 struct error *error);
void world_free(struct world *world);
/* Sets every register by the convention, and ip to code + entry. */
void world_enter(struct world *world, size_t entry, enum convention convention);
/* Runs with the system's answers. */
enum world_end world_run(struct world *world, uint64_t budget);
struct x86 *world_machine(struct world *world);		/* another one after WORLD_EXIT */
uint64_t world_instructions(const struct world *world); /* executed so far */
/* Calls of the system and of libraries that were answered (0 for 64-bit Windows, which ends with
 * the first ones). */
uint64_t world_calls(const struct world *world);
/* What answering one costs, about, in nanoseconds (share.h). */
uint64_t world_call_cost(const struct world *world);
uint64_t world_code(const struct world *world);	 /* address of the code's first byte */
uint64_t world_stack(const struct world *world); /* the stack pointer that world_enter gives */
/* Where the TEB of a Windows process says that the PEB is. */
uint64_t world_process_block(const struct world *world);
/* "kernel32.dll!WinExec" when `address` is the entry of a library function; NULL otherwise. */
const char *world_export_at(struct world *world, uint64_t address);
/* The machine is where a well-known version of Windows has a function (see fixed.h): leads it to
 * the same function of this Windows. False: there is none. */
bool world_lead_to_function(struct world *world);

enum x86_mode world_mode(enum world_kind kind);
const char *world_os(enum world_kind kind);   /* "windows", "linux", … */
const char *world_arch(enum world_kind kind); /* "x86", "x86_64" */
const char *world_end_name(enum world_end end);
/* The personality of a Unix world; UNIX_SYSTEMS for Windows. */
enum unix_system world_unix(enum world_kind kind);

#endif
