/* combine - which remedies to take together: greedily, the best one first, then whichever saves
 * most on top of it, and so on.
 *
 * What a set of remedies saves grows ever less with each member (as far as it is submodular, greedy
 * choice is within 1 - 1/e of the best set: Nemhauser, Wolsey & Fisher 1978,
 * DOI 10.1007/BF01588971). Candidates are those that the race left over; the
 * first half of the replicas choose, all of them tell of what was chosen. Members come into force
 * one after the other, each after its own delay: the outbreak with the first is followed with the
 * second, and so on (chain.h). */
#ifndef KENBI_OUTBREAK_COMBINE_H
#define KENBI_OUTBREAK_COMBINE_H

#include "outbreak/race.h"

/* After race_run(). `order` has the candidates, best first, as race_stand() left them. Adds
 * combinations of two up to run->combine members to the result; none where nothing adds anything.
 */
MUST_CHECK int combine_greedily(struct race *race, const struct standing *order,
				struct outbreak_result *result, struct error *error);

#endif
