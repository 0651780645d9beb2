/* chain - several remedies in one replica: each stage follows the outbreak with all members before
 * it, in the order of their delays, so that these are all in force when the stage's member comes.
 *
 * Nobody is infected with the members who was not infected, at that time or before, with fewer of
 * the same chain; but with clean-up, blocking or limited links among them only: than with none,
 * since the event loop then follows the outbreak without remedies. Filters in a row stop attacks
 * independently of each other; places take part in several remedies by the same number, so that
 * those who do much do all. */
#ifndef KENBI_OUTBREAK_CHAIN_H
#define KENBI_OUTBREAK_CHAIN_H

#include "outbreak/replica.h"

struct chain {
	const struct chain *head; /* borrowed; its first `from` stages come before these; NULL:
				     none */
	size_t from, count;	  /* stages in all, those of `head` included */
	const struct remedy_candidate *members[OUTBREAK_MOST_COMBINE];
	struct effect effect[OUTBREAK_MOST_COMBINE];
	struct history with[OUTBREAK_MOST_COMBINE];
	const struct history *history[OUTBREAK_MOST_COMBINE]; /* after each stage */
};

/* Whether the two can be in one combination: the same remedy at places that overlap is no
 * combination. A rate limit of sequential scans needs the event loop where it is not alone, whose
 * walkers cost the square of their number: in larger worlds it is not combined. */
#define CHAIN_MOST_WALKERS 50000
bool chain_allows(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct remedy_candidate *one, const struct remedy_candidate *other);
/* Empty, behind the first `from` stages of `head` (NULL: none), which must outlive it. Memory is
 * used again. */
void chain_reset(struct chain *chain, const struct chain *head, size_t from);
void chain_fini(struct chain *chain);
/* Adds a stage; delays ascend. `replica` has run. */
MUST_CHECK int chain_add(struct chain *chain, struct replica *replica,
			 const struct remedy_candidate *member, struct error *error);
/* The outbreak with all of it. */
const struct history *chain_end(const struct chain *chain, const struct replica *replica);

#endif
