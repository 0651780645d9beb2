#include "outbreak/agenda.h"

#include <stdlib.h>

void agenda_fini(struct agenda *agenda)
{
	free(agenda->events);
	*agenda = (struct agenda){ 0 };
}

static bool agenda_sooner(const struct kernel_event *a, const struct kernel_event *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	return a->from != b->from ? a->from < b->from : a->to < b->to;
}

int agenda_push(struct agenda *agenda, const struct kernel_event *event, struct error *error)
{
	if (agenda->count == agenda->capacity) {
		size_t capacity = agenda->capacity ? 2 * agenda->capacity : 1024;
		void *larger = realloc(agenda->events, capacity * sizeof *agenda->events);
		if (!larger)
			return error_set(error, ERROR_MEMORY, "", "no memory for %zu events",
					 capacity);
		agenda->events = larger;
		agenda->capacity = capacity;
	}
	struct kernel_event *events = agenda->events;
	size_t hole = agenda->count++;
	for (; hole > 0 && agenda_sooner(event, &events[(hole - 1) / 2]); hole = (hole - 1) / 2)
		events[hole] = events[(hole - 1) / 2];
	events[hole] = *event;
	return 0;
}

struct kernel_event agenda_pop(struct agenda *agenda)
{
	struct kernel_event *events = agenda->events, first = events[0];
	struct kernel_event last = events[--agenda->count];
	size_t hole = 0;

	for (;;) {
		size_t child = 2 * hole + 1;
		if (child >= agenda->count)
			break;
		if (child + 1 < agenda->count && agenda_sooner(&events[child + 1], &events[child]))
			child++;
		if (!agenda_sooner(&events[child], &last))
			break;
		events[hole] = events[child];
		hole = child;
	}
	events[hole] = last;
	return first;
}
