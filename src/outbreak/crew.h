/* crew - threads that each own the memory of a replica, and take replica numbers one by one. Where
 * a run is shared with other ranks, only those of this rank. */
#ifndef KENBI_OUTBREAK_CREW_H
#define KENBI_OUTBREAK_CREW_H

#include "outbreak/replica.h"

struct crew_job {
	const struct outbreak_world *world; /* borrowed, as all here */
	const struct outbreak_worm *worm;
	const struct outbreak_run *run;
	uint32_t first, end; /* replica numbers, first < end; `end` is not one of them */
	/* Called from several threads at once, after replica_run(). */
	int (*simulate)(void *context, struct replica *replica, struct error *error);
	void *context;
};

/* The first failure of any thread, which stops the others, and then all ranks. Where a thread
 * cannot be started the others do its work. */
MUST_CHECK int crew_run(const struct crew_job *job, struct error *error);

#endif
