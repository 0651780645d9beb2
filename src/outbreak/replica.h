/* replica - one world drawn, its outbreak without remedy, and the same outbreak with one remedy
 * after another. */
#ifndef KENBI_OUTBREAK_REPLICA_H
#define KENBI_OUTBREAK_REPLICA_H

#include "outbreak/history.h"
#include "outbreak/loop.h"
#include "outbreak/population.h"
#include "outbreak/side.h"
#include "outbreak/walk.h"

/* The memory of one thread; used again by the next replica. */
struct replica {
	const struct outbreak_worm *worm; /* borrowed */
	double duration;
	struct population population;
	struct side side;
	struct walk walk;
	struct loop loop;    /* made when it is needed first */
	bool looped;	     /* the worm needs it, also where nothing is done */
	struct history base; /* without remedy */
	struct history with; /* with the last one tried, if that changes anything */
};

MUST_CHECK int replica_init(struct replica *replica, const struct outbreak_world *world,
			    const struct outbreak_worm *worm, double duration, struct error *error);
void replica_fini(struct replica *replica);
/* Draws world number `number` and runs the outbreak in it, into `base`. */
MUST_CHECK int replica_run(struct replica *replica, uint64_t seed, uint32_t number,
			   struct error *error);
/* Sees to it that base.infector and population.subnet are there; replica_try() does. */
MUST_CHECK int replica_name_infectors(struct replica *replica, struct error *error);
/* Runs it again with a remedy. *history is `with`, or `base` where the remedy changes nothing. */
MUST_CHECK int replica_try(struct replica *replica, const struct remedy_candidate *candidate,
			   const struct history **history, struct error *error);
/* Runs `base` again with an effect that is in force since the same time as effect->also or later;
 * `base` has infectors and is the outbreak with effect->also (none: the one of this replica). What
 * comes is in `with`; *history is `with`, or `base` where nothing changes. */
MUST_CHECK int replica_try_on(struct replica *replica, struct effect *effect,
			      const struct history *base, struct history *with,
			      const struct history **history, struct error *error);

#endif
