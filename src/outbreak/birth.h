/* birth - outbreaks of worms whose scans are Poisson in time: random and local preference.
 *
 * Of all scans only those matter that hit a host which can still be infected. Their rate is known
 * from counts, so the outbreak is a pure birth process, simulated event by event (Gillespie 1977,
 * DOI 10.1021/j100540a008): the cost goes with infections, not with scans.
 *
 * With a remedy, the same outbreak is followed a second time. An infection of the first run happens
 * in the second too when its infector scans there and the attack passes what the remedy has put in
 * its way; otherwise the victim is deferred: infected here, not there. What the first run no longer
 * simulates, hits on its own infected, is simulated in the second for the deferred ones. Both runs
 * are exact in distribution (each pair of scanning and exposed host has its own rate in both), and
 * everybody infected in the second was infected in the first at that time or before: a remedy never
 * loses hosts by noise. */
#ifndef KENBI_OUTBREAK_BIRTH_H
#define KENBI_OUTBREAK_BIRTH_H

#include "outbreak/effect.h"
#include "outbreak/side.h"

/* The outbreak of a worm with local preference, without remedy (of uniform scans: whole.h), up to
 * `duration` seconds, into `history`. */
MUST_CHECK int birth_run(struct side *side, double duration, struct history *history,
			 struct error *error);
/* The outbreak that `base` tells, with the remedy; `side` is another one than base was made with or
 * the same. */
MUST_CHECK int birth_run_with(struct side *side, const struct effect *effect,
			      const struct history *base, double duration, struct history *history,
			      struct error *error);

#endif
