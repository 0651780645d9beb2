/* unix - system-call personalities for shellcode: what Linux, FreeBSD and Solaris would do when
 * asked.
 *
 * A process is an x86 machine with a stack, and a personality that answers its system calls and
 * says each one as a trace event (a word of its own where the vocabulary has it, system.call
 * otherwise). Nothing reaches the host. One thread per process. */
#ifndef KENBI_UNIX_H
#define KENBI_UNIX_H

#include "base/base.h"
#include "trace/trace.h"
#include "x86/x86.h"

enum unix_system {
	UNIX_LINUX_32,	 /* int 80h: number in eax, arguments in ebx, ecx, edx, esi, edi, ebp */
	UNIX_LINUX_64,	 /* syscall: rax; rdi, rsi, rdx, r10, r8, r9 */
	UNIX_FREEBSD_32, /* int 80h: eax, arguments on the stack behind a return address; carry:
			    error */
	UNIX_FREEBSD_64,
	UNIX_MACOS_64,	 /* syscall: BSD's numbers in class 2, that is 2 << 24 | number */
	UNIX_SOLARIS_32, /* lcall 7,0 / int 91h: eax, arguments on the stack */
	UNIX_SYSTEMS
};

struct unix_config {
	enum unix_system system;
	size_t memory_limit;	 /* 0: 64 MiB */
	const struct peer *peer; /* borrowed; NULL: nothing answers */
	struct trace_sink trace;
};

enum unix_end { UNIX_END_EXIT, UNIX_END_IDLE, UNIX_END_BUDGET, UNIX_END_FAULT };

struct unix_process;

MUST_CHECK int unix_new(const struct unix_config *config, struct unix_process **process,
			struct error *error);
void unix_free(struct unix_process *process);
/* Maps raw code readable, writable and executable, and points the machine at `code + entry`. */
MUST_CHECK int unix_place(struct unix_process *process, struct bytes code, size_t entry,
			  uint64_t *placed, struct error *error);
enum unix_end unix_run(struct unix_process *process, uint64_t budget);
struct x86 *unix_machine(struct unix_process *process); /* borrowed */
uint64_t unix_calls(const struct unix_process *process);

/* Would this stop of the machine be a system call with a valid number and sensible arguments for
 * `system` (readable path, address family, …)? Judges without executing it: the detector's proof.
 * Returns the call's name, or NULL. */
const char *unix_sensible_call(const struct x86 *machine, const struct x86_exit *stop,
			       enum unix_system system);

/* The same as a judgement: what the number means, whether the arguments fit the call, and how much
 * of that cannot be chance. */
struct unix_judgement {
	const char *name;
	bool sensible;
	bool ends;	    /* the process is over after this call (exit, execve) */
	unsigned arguments; /* that the call takes; 0 when they are not known */
	unsigned weight;    /* of what cannot be chance at all: a path, a socket address, a magic
			       number */
	unsigned numbers; /* arguments that are small, as they should be: deliberate when registers
			     held pointers before */
	unsigned which;	  /* which ones, one bit each; of these, */
	unsigned descriptors; /* those that are descriptors */
};
/* False when the stop is no system call of `system`, its number means nothing, or arguments are
 * absurd. */
bool unix_judge_call(const struct x86 *machine, const struct x86_exit *stop,
		     enum unix_system system, struct unix_judgement *judgement);

/* If the stop is a question for the system's name and version, which any process is told the same:
 * writes the answer where it is wanted. For code whose key it is. */
void unix_answer_names(struct x86 *machine, const struct x86_exit *stop, enum unix_system system);

/* What this stop asks of `system`, for people: `connect(3, 192.0.2.33:4444, 16)`; of a number that
 * means nothing, that. False when it is no system call of `system`. */
bool unix_describe_call(const struct x86 *machine, const struct x86_exit *stop,
			enum unix_system system, char *text, size_t size);

const char *unix_system_name(enum unix_system system); /* "linux", "freebsd", "solaris", "macos" */
enum x86_mode unix_system_mode(enum unix_system system);

#endif
