/* How a personality is asked and how it answers: registers, stack, carry flag. */
#ifndef KENBI_UNIX_ABI_H
#define KENBI_UNIX_ABI_H

#include "unix/table.h"

struct unix_request {
	int call; /* enum unix_call; ERROR_INPUT: the number means nothing to the system */
	uint64_t number;
	uint64_t arguments[UNIX_ARGUMENTS];
	unsigned word; /* bytes of a pointer in memory: 4 for Linux' int 80h on 64 bits, too */
};

/* Is this stop a system call of `system`, through a door that it has? Linux' socketcall comes out
 * as the call that it stands for, and its oldest mmap as mmap. */
bool unix_abi_request(const struct x86 *machine, const struct x86_exit *stop,
		      enum unix_system system, struct unix_request *request);

/* Gives the result (or, when negative, the error number -result in the system's convention) to the
 * program and, after sysenter, leads it back behind the instruction as Linux' vdso does. */
void unix_abi_answer(struct x86 *machine, const struct x86_exit *stop, enum unix_system system,
		     int64_t result);

/* A word of `size` bytes (4 or 8) of the program's memory; 0 when unmapped. */
uint64_t unix_abi_word(const struct x86 *machine, uint64_t address, unsigned size);
unsigned unix_abi_word_size(const struct x86 *machine);

#endif
