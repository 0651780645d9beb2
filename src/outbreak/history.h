/* history - one simulated outbreak: who was infected when, and by whom, in the order of time. */
#ifndef KENBI_OUTBREAK_HISTORY_H
#define KENBI_OUTBREAK_HISTORY_H

#include "base/base.h"

#define HISTORY_NOBODY UINT32_MAX /* infector of those infected first */

struct history {
	uint32_t count;
	bool unnamed;	/* infectors are not drawn yet: see whole.h */
	bool anonymous; /* its owner does not ask for infectors: nobody writes them */
	uint32_t *host;
	uint32_t *infector; /* its place in this history, or HISTORY_NOBODY; not where anonymous */
	uint8_t *way;	    /* by which of the worm's ways; NULL: it has one */
	double *time;	    /* simulated seconds, ascending */
	size_t capacity, infector_capacity, way_capacity;
};

void history_fini(struct history *history);
/* Empties it and makes room for `capacity` infections, but for who infected. */
MUST_CHECK int history_reset(struct history *history, size_t capacity, struct error *error);
/* Makes room for who infected, where that is asked for. history_add() needs both. */
MUST_CHECK int history_name(struct history *history, struct error *error);
/* Makes room for in which way. */
MUST_CHECK int history_tell_ways(struct history *history, struct error *error);

static inline void history_add(struct history *history, uint32_t host, uint32_t infector,
			       double time)
{
	uint32_t index = history->count++;
	history->host[index] = host;
	if (!history->anonymous)
		history->infector[index] = infector;
	history->time[index] = time;
}

#endif
