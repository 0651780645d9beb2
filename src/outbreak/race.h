/* race - many candidates, few replicas first: successive halving (Jamieson & Talwalkar 2016,
 * arXiv:1502.07943).
 *
 * A round gives every candidate that is left the same replicas, the ones of earlier rounds
 * included, and drops the worse half, until about run->finalists are left: these get all replicas.
 * All meet the same worlds and the same chance, so that differences between them show early. Of
 * those who would be dropped but are on the Pareto front of the round, half as many as are left
 * stay, too. */
#ifndef KENBI_OUTBREAK_RACE_H
#define KENBI_OUTBREAK_RACE_H

#include <pthread.h>

#include "outbreak/replica.h"
#include "outbreak/tally.h"

struct race {
	const struct outbreak_world *world; /* borrowed, as all up to context */
	const struct outbreak_worm *worm;
	const struct outbreak_run *run;
	const struct remedy_candidate *candidates;
	size_t count;
	outbreak_progress *progress;
	void *context;
	struct tally tally; /* forecast 0: nothing is done; i + 1: candidate i */
	unsigned *dropped;  /* of each candidate: after which round, from 1; 0: it is in */
	uint32_t *ends;	    /* [candidate][delay][replica]: infected at the end, if in force then */
	struct outbreak_round *rounds;
	size_t round_count;
	pthread_mutex_t lock; /* of sums in tally, and what follows */
	size_t done, total;   /* runs simulated, and to be simulated */
	bool own;	      /* the present pass is one of a round; else one of deadline curves */
};

/* `race` has its borrowed members set. */
MUST_CHECK int race_init(struct race *race, struct error *error);
void race_fini(struct race *race);
/* All rounds, and then the deadline curves of those who are left. */
MUST_CHECK int race_run(struct race *race, struct error *error);
/* Candidates that are in. */
size_t race_left(const struct race *race);
/* Where the median number of hosts that the candidate saves goes, and what else ranks it, by the
 * replicas so far. */
struct standing;
MUST_CHECK int race_stand(const struct race *race, struct standing *standings, struct error *error);
/* Fills in what the race knows beyond the tally. */
MUST_CHECK int race_tell(const struct race *race, struct outbreak_result *result,
			 struct error *error);
/* Another run is done: for passes beyond the race's own. */
void race_progress(struct race *race);

#endif
