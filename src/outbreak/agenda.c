#include "outbreak/agenda.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NONE	    UINT32_MAX
#define FEWEST_DAYS 16u
#define MOST_DAYS   (1u << 18)

struct agenda_note {
	struct kernel_event event;
	uint32_t next; /* on the list */
};

struct agenda_entry {
	double time;
	uint32_t note;
};

void agenda_fini(struct agenda *agenda)
{
	free(agenda->notes);
	free(agenda->present);
	free(agenda->days);
	*agenda = (struct agenda){ 0 };
}

int agenda_reset(struct agenda *agenda, double duration, size_t events, struct error *error)
{
	uint32_t days = FEWEST_DAYS;

	while (days < MOST_DAYS && days < 4 * events)
		days *= 2;
	if (days > agenda->day_capacity) {
		free(agenda->days);
		agenda->days = malloc(days * sizeof *agenda->days);
		agenda->day_capacity = agenda->days ? days : 0;
		if (!agenda->days)
			return error_set(error, ERROR_MEMORY, "", "no memory for %u days", days);
	}
	memset(agenda->days, 0xff, days * sizeof *agenda->days);
	agenda->day_count = days;
	agenda->per_second = days / duration;
	agenda->free = NONE;
	agenda->used = agenda->count = agenda->present_count = agenda->day = 0;
	return 0;
}

static bool agenda_sooner(const struct agenda *agenda, const struct agenda_entry *left,
			  const struct agenda_entry *right)
{
	if (left->time != right->time)
		return left->time < right->time;
	const struct kernel_event *a = &agenda->notes[left->note].event;
	const struct kernel_event *b = &agenda->notes[right->note].event;
	return a->from != b->from ? a->from < b->from : a->to < b->to;
}

static void agenda_present(struct agenda *agenda, uint32_t note)
{
	struct agenda_entry *heap = agenda->present;
	struct agenda_entry entry = { agenda->notes[note].event.time, note };
	size_t hole = agenda->present_count++;

	for (; hole > 0 && agenda_sooner(agenda, &entry, &heap[(hole - 1) / 2]);
	     hole = (hole - 1) / 2)
		heap[hole] = heap[(hole - 1) / 2];
	heap[hole] = entry;
}

/* On to the next day with events, where none is left before. */
static void agenda_turn(struct agenda *agenda)
{
	while (agenda->present_count == 0 && agenda->count > 0) {
		agenda->day++;
		uint32_t note = agenda->days[agenda->day];
		agenda->days[agenda->day] = NONE;
		for (; note != NONE; note = agenda->notes[note].next)
			agenda_present(agenda, note);
	}
}

/* Room for one more note, and for all of them in the heap. */
static int agenda_grow(struct agenda *agenda, struct error *error)
{
	if (agenda->free != NONE || agenda->used < agenda->capacity)
		return 0;
	size_t capacity = agenda->capacity ? 2 * agenda->capacity : 1024;
	struct agenda_note *notes =
		capacity < NONE ? realloc(agenda->notes, capacity * sizeof *notes) : NULL;
	if (notes)
		agenda->notes = notes;
	struct agenda_entry *present =
		notes ? realloc(agenda->present, capacity * sizeof *present) : NULL;
	if (!present)
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu events", capacity);
	agenda->present = present;
	agenda->capacity = capacity;
	return 0;
}

int agenda_push(struct agenda *agenda, const struct kernel_event *event, struct error *error)
{
	int result = agenda_grow(agenda, error);

	if (result < 0)
		return result;
	uint32_t note = agenda->free;
	if (note == NONE)
		note = agenda->used++;
	else
		agenda->free = agenda->notes[note].next;
	double place = event->time * agenda->per_second;
	uint32_t last = agenda->day_count - 1, day = place < last ? (uint32_t)place : last;
	agenda->notes[note].event = *event;
	agenda->count++;
	if (day <= agenda->day) {
		agenda_present(agenda, note);
	} else {
		agenda->notes[note].next = agenda->days[day];
		agenda->days[day] = note;
		agenda_turn(agenda);
	}
	return 0;
}

double agenda_next(const struct agenda *agenda)
{
	return agenda->count ? agenda->present[0].time : INFINITY;
}

struct kernel_event agenda_pop(struct agenda *agenda)
{
	struct agenda_entry *heap = agenda->present, first = heap[0];
	struct agenda_entry last = heap[--agenda->present_count];
	struct kernel_event event = agenda->notes[first.note].event;
	size_t hole = 0, end = agenda->present_count;

	for (size_t child = 1; child < end; child = 2 * hole + 1) {
		if (child + 1 < end && agenda_sooner(agenda, &heap[child + 1], &heap[child]))
			child++;
		if (!agenda_sooner(agenda, &heap[child], &last))
			break;
		heap[hole] = heap[child];
		hole = child;
	}
	heap[hole] = last;
	agenda->notes[first.note].next = agenda->free;
	agenda->free = first.note;
	agenda->count--;
	agenda_turn(agenda);
	return event;
}
