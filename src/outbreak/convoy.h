/* convoy - sequential walkers behind a filter that lets a part of the attacks through.
 *
 * Every walker has its own luck at every host, so those behind others matter. But all keep the same
 * pace: seen from a moving frame they stand still, on a ring, in a fixed order. A host that can
 * still be infected meets them one after the other. So each walker only has to look at the hosts
 * between itself and the next one ahead; one that escapes becomes the business of the walker
 * behind. The cost goes with attempts on hosts that are not yet infected: a few over the chance to
 * pass, for each infection. */
#ifndef KENBI_OUTBREAK_CONVOY_H
#define KENBI_OUTBREAK_CONVOY_H

#include "outbreak/walk.h"

/* walk_run_with() for REMEDY_FILTER with 0 < pass < 1. */
MUST_CHECK int convoy_run_with(struct walk *walk, const struct effect *effect,
			       const struct history *base, double duration, struct history *history,
			       struct error *error);

#endif
