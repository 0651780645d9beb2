/* Inputs that are made to be slow: every cheap judgement says yes, every run goes on for as long as
 * it may. For tests and measurements. */
#ifndef KENBI_TESTS_SHELLCODE_FLOOD_H
#define KENBI_TESTS_SHELLCODE_FLOOD_H

#include "base/base.h"

struct flood {
	const char *name;
	/* Fills `length` bytes. */
	void (*fill)(uint8_t *data, size_t length, struct random *random);
	/* What it hides of what stands behind it: new looks in random order, without end, take the
	 * share of probes, or shellcode without end that of proofs (docs/shellcode-search.md). */
	enum hides { HIDES_NOTHING, HIDES_SEARCHES, HIDES_ALL } hides;
};

extern const struct flood floods[]; /* ends with a NULL name */

#endif
