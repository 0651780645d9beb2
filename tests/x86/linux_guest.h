/* A statically linked Linux program of ours inside the simulator: enough of the loader and of the
 * kernel for what glibc does at start and for programs that compute and print.
 *
 * It is part of the test, not of kenbi: what shellcode sees of a kernel is src/unix. A call that is
 * not there answers ENOSYS and is counted. Time and randomness are made up, so that runs repeat. */
#ifndef KENBI_TEST_X86_LINUX_GUEST_H
#define KENBI_TEST_X86_LINUX_GUEST_H

#include "x86/x86.h"

struct linux_guest {
	struct x86 *machine;
	struct buffer output;	 /* what it wrote to descriptors 1 and 2 */
	uint64_t brk, brk_start; /* the heap */
	uint64_t map_next;	 /* where the next mmap goes, downwards */
	unsigned unknown_calls;
	unsigned unknown_call; /* number of the first of them */
	bool exited;
	int status; /* 0..255, once exited */
};

/* Loads an ELF file (ET_EXEC or static PIE; 32 or 64 bit by its class) and builds the stack that
 * the kernel would. False with a reason in `reason`. */
bool linux_guest_init(struct linux_guest *guest, const char *path, const char *const *words,
		      char *reason, size_t size);
void linux_guest_fini(struct linux_guest *guest);
/* Runs to its exit; false with a reason when it faulted or needed more instructions. */
bool linux_guest_run(struct linux_guest *guest, uint64_t budget, char *reason, size_t size);
/* Answers the system call that the machine stopped at. linux_calls.c */
void linux_guest_call(struct linux_guest *guest);

#endif
