/* The counter-check: would the verdict stand had the registers held something else?
 *
 * A code may know its address from one register, or from the top of the stack; which one is not
 * known, so proofs are run with it in all of them. Bytes that happen to be instructions then find
 * numbers and pointers that nobody made: differences of equal registers, a stack full of ways back
 * to the start. What a code does by itself, or with its address in one place, it still does when
 * everything else is foreign. */
#ifndef KENBI_SHELLCODE_CONFIRM_H
#define KENBI_SHELLCODE_CONFIRM_H

#include "shellcode/prove.h"

/* Proves the start of `proof`, which was proven with CONVENTION_POINTERS, again: with nothing that
 * points at the code, then with one place that does after the other, until the verdict is the same.
 * Costs at most `allowed`; *cost is what it did cost. Returns 1, 0 when there is no such place, or
 * an error; 1 when `allowed` was too little for all of them. */
MUST_CHECK int confirm(struct bytes piece, size_t entry, const struct prove_how *how,
		       const struct proof_cost *proven, uint64_t allowed, uint64_t *cost,
		       struct error *error);

#endif
