/* Inputs that are made to be slow: every cheap judgement says yes, every run goes on for as long as
 * it may. For tests and measurements. */
#ifndef KENBI_TESTS_SHELLCODE_FLOOD_H
#define KENBI_TESTS_SHELLCODE_FLOOD_H

#include "base/base.h"

struct flood {
	const char *name;
	/* Fills `length` bytes. */
	void (*fill)(uint8_t *data, size_t length, struct random *random);
	/* It hides what stands behind it: new looks in random order, without end, take the share of
	 * probes (docs/shellcode-search.md). */
	bool hides;
};

extern const struct flood floods[]; /* ends with a NULL name */

#endif
