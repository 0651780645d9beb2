/* check - are worm, run and candidates possible? ERROR_USAGE names key, value and what is allowed.
 */
#ifndef KENBI_OUTBREAK_CHECK_H
#define KENBI_OUTBREAK_CHECK_H

#include "outbreak/outbreak.h"

MUST_CHECK int check_worm(const struct outbreak_worm *worm, const struct outbreak_world *world,
			  struct error *error);
MUST_CHECK int check_run(const struct outbreak_run *run, struct error *error);
MUST_CHECK int check_candidate(const struct remedy_candidate *candidate, struct error *error);
/* Places, where it has some, ascend, exist, and are of a kind that has places. */
MUST_CHECK int check_places(const struct remedy_candidate *candidate,
			    const struct outbreak_world *world, struct error *error);

#endif
