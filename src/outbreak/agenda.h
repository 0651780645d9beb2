/* agenda - what is due, in the order of time: a binary heap. Of equal times the lower host comes
 * first, so that the order is fixed. */
#ifndef KENBI_OUTBREAK_AGENDA_H
#define KENBI_OUTBREAK_AGENDA_H

#include "outbreak/kernel.h"

struct agenda {
	struct kernel_event *events; /* the first is the next */
	size_t count, capacity;
};

void agenda_fini(struct agenda *agenda);
MUST_CHECK int agenda_push(struct agenda *agenda, const struct kernel_event *event,
			   struct error *error);
/* Takes the next; there must be one. */
struct kernel_event agenda_pop(struct agenda *agenda);

#endif
