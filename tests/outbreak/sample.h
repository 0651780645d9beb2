/* sample - when half of a small world are infected, by the engine and by the oracle, replica by
 * replica on all processors: what the tests of Kolmogorov and Smirnov compare. */
#ifndef KENBI_TESTS_SAMPLE_H
#define KENBI_TESTS_SAMPLE_H

#include "outbreak/outbreak.h"

struct sample_cell {
	struct outbreak_world world;
	struct outbreak_worm worm;
	double duration;
	const struct remedy_candidate *remedy;
};

/* Replicas 0 … count - 1 of that seed, whatever the number of threads. `explicitly`: by drawing
 * every scan. False where one fails. */
bool sample_engine(const struct sample_cell *cell, bool explicitly, uint64_t seed, double *sample,
		   size_t count);
/* The same of several remedies in the same outbreaks, which are run once: a row of `count` in
 * `samples` for each. cell->remedy is not looked at. */
bool sample_engine_row(const struct sample_cell *cell,
		       const struct remedy_candidate *const *remedies, size_t remedy_count,
		       bool explicitly, uint64_t seed, double *samples, size_t count);
/* By seeds from `seed` on. */
bool sample_oracle(const struct sample_cell *cell, uint64_t seed, double *sample, size_t count);

#endif
