/* What came out of a case, and whether two outcomes are the same. */
#ifndef KENBI_TEST_X86_OUTCOME_H
#define KENBI_TEST_X86_OUTCOME_H

#include <stdio.h>

#include "cases.h"

enum { OUTCOME_FXSAVE = 416 }; /* bytes of the image that mean something */

/* Contents of the pages after a case. */
struct outcome_memory {
	const uint8_t *pages[NATIVE_PAGES];
};

/* Brings what processors may choose freely to one value. */
void outcome_normalise(struct native_case *one, const struct case_plan *plan);
/* Brings to the host's value what of ours may differ from it: approximations within their bound,
 * and what AMD does otherwise than Intel and we. Both are normalised. False: nothing to compare. */
bool outcome_tolerate(const struct native_case *before, struct native_case *host,
		      struct native_case *ours, const struct case_plan *plan);
bool outcome_equal(const struct native_case *host, const struct outcome_memory *host_memory,
		   const struct native_case *ours, const struct outcome_memory *our_memory,
		   const struct case_plan *plan);
/* Bytes and states, as a person needs them who looks for the reason. */
void outcome_report(FILE *file, const struct native_case *before, const struct native_case *host,
		    const struct outcome_memory *host_memory, const struct native_case *ours,
		    const struct outcome_memory *our_memory, const struct case_plan *plan);

#endif
