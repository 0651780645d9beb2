/* explicit - the oracle: every address of a small world is drawn, and every scan of every infected
 * host.
 *
 * It shares nothing with the engine but the door's structs, not even the generator of random
 * numbers. Slow, and meant to be obviously right. */
#ifndef KENBI_TESTS_EXPLICIT_H
#define KENBI_TESTS_EXPLICIT_H

#include "outbreak/outbreak.h"

struct explicit_outcome {
	uint32_t vulnerable; /* that could be infected */
	uint32_t infected;   /* at the end */
	double half_time;    /* when half of `vulnerable` were infected; INFINITY: never */
	uint64_t scans;
};

struct explicit_run {
	double duration; /* seconds */
	uint64_t seed;
	bool until_half; /* the outbreak ends when half are infected: later ones are not asked for
			  */
};

/* One outbreak, with all of the remedies. False without memory. */
bool explicit_run(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct remedy_candidate *const *remedies, size_t remedy_count,
		  const struct explicit_run *run, struct explicit_outcome *outcome);

#endif
