/* The simulator beside the host's processor: cases of cases.h run on both, compared in everything
 * that is defined: registers, flags, segments, x87 and SSE state, memory, and the exception with
 * its error code and address. The test and `./dev bench x86-exact` stand on it.
 *
 * First comes the walk through all encodings, then random cases. Same seed and host, same cases. */
#ifndef KENBI_TEST_X86_DIFFERENTIAL_H
#define KENBI_TEST_X86_DIFFERENTIAL_H

#include <stdio.h>

#include "cases.h"

struct differential;

/* Of one mnemonic. */
struct differential_row {
	uint64_t cases, mismatches;
	unsigned forms;	   /* encodings, operand kinds and sizes that were compared */
	const char *group; /* NULL: never compared */
};

struct differential_totals {
	uint64_t cases, mismatches, by_kind[CASE_KINDS];
	uint64_t approximate; /* not to the bit, but within the bound of an approximation */
	uint64_t excused;     /* not the same, where processors differ (tolerance.c says why) */
	unsigned forms;
	bool walked; /* the walk has come to its end */
};

/* NULL with a reason when the host cannot. `thorough`: the walk takes every ModRM byte. Mismatches
 * are described on `reports`, the first ones of each mnemonic. */
struct differential *differential_new(bool wide, uint64_t seed, bool thorough, FILE *reports,
				      const char **reason);
/* Runs `count` more cases. False when the host's side is lost for good. */
bool differential_run(struct differential *run, uint64_t count);
const struct differential_row *differential_row(const struct differential *run,
						ZydisMnemonic mnemonic);
struct differential_totals differential_totals(const struct differential *run);
void differential_free(struct differential *run);

#endif
