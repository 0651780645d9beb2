/* agenda - what is due, in the order of time. Of equal times the lower host comes first, so that
 * the order is fixed.
 *
 * A calendar queue (Brown 1988, DOI 10.1145/63039.63045): time is cut into days; only the events of
 * the present day and before it are in order, in a binary heap that stays small, the others are in
 * a list for each day. */
#ifndef KENBI_OUTBREAK_AGENDA_H
#define KENBI_OUTBREAK_AGENDA_H

#include "outbreak/kernel.h"

struct agenda_note;
struct agenda_entry;

struct agenda {
	struct agenda_note *notes;    /* events, on their day's list, or free */
	struct agenda_entry *present; /* the heap: those up to `day`; empty only where all is */
	uint32_t *days;		      /* of each: the first on its list */
	uint32_t free, used; /* the first note that has been used and is free; so many were */
	uint32_t count, present_count;
	uint32_t day, day_count;
	double per_second; /* days */
	size_t capacity, day_capacity;
};

void agenda_fini(struct agenda *agenda);
/* Nothing is due; about `events` will be at once, before `duration`. */
MUST_CHECK int agenda_reset(struct agenda *agenda, double duration, size_t events,
			    struct error *error);
MUST_CHECK int agenda_push(struct agenda *agenda, const struct kernel_event *event,
			   struct error *error);
/* Time of the next; INFINITY: nothing is due. */
double agenda_next(const struct agenda *agenda);
/* Takes the next; there must be one. */
struct kernel_event agenda_pop(struct agenda *agenda);

#endif
