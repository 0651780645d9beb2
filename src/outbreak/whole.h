/* whole - outbreaks of uniform scans where nothing is done: all hosts are alike.
 *
 * The times of infections are those of a pure birth process, and who is next is a random order of
 * all hosts: both are drawn in batches, and the order is shuffled in place in the history, so that
 * a host costs 12 bytes and some nanoseconds. Who infected whom changes neither; it is a table in a
 * random stream of its own, which whole_name_infectors() reads when it is asked for. */
#ifndef KENBI_OUTBREAK_WHOLE_H
#define KENBI_OUTBREAK_WHOLE_H

#include "outbreak/history.h"
#include "outbreak/population.h"

/* The outbreak up to `duration` seconds, into `history`, without infectors. */
MUST_CHECK int whole_run(const struct population *population, const struct outbreak_worm *worm,
			 double duration, struct history *history, struct error *error);
/* Fills in history->infector, of the last whole_run() with this population and worm. */
MUST_CHECK int whole_name_infectors(const struct population *population,
				    const struct outbreak_worm *worm, struct history *history,
				    struct error *error);

#endif
