/* The name of what a shellcode carries: the same payload under any encoding, behind any slide, with
 * other addresses, ports, texts and keys has the same name; another payload has another.
 *
 * The payload is found by running the code as it was proven until its last layer of decoding is
 * done, and run again from its first instruction with registers that no decoder left anything in.
 * The name is made of what it then calls (functions and system calls by name) and of the
 * instructions on which these calls depend, without constants (see payload.h). Whether calls
 * succeed is no part of it: that depends on names and addresses. */
#ifndef KENBI_SHELLCODE_KIND_H
#define KENBI_SHELLCODE_KIND_H

#include "shellcode/prove.h"

/* Names what `proof` found at piece + entry under `convention`: 16 hexadecimal digits. *spent grows
 * by what that cost; more than about `allowed` (both as in share.h) is not spent on one run of the
 * payload, and the payload is not tried in other ways behind it. ERROR_MEMORY. */
MUST_CHECK int kind_name(struct bytes piece, size_t entry, enum convention convention,
			 const struct proof *proof, uint64_t allowed, char kind[17],
			 uint64_t *spent, struct error *error);

#endif
