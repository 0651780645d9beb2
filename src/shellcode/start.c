#include "shellcode/start.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/glance.h"

enum { UNREACHED = UINT16_MAX, WINDOW = 2 * START_WINDOW + 1, PASSES = 3, UNKNOWN_FLOW = 255 };

struct sweep {
	enum x86_mode mode;
	struct bytes bytes;
	struct step steps[]; /* flow UNKNOWN_FLOW: not decoded yet */
};

struct sweep *sweep_new(enum x86_mode mode, struct bytes bytes)
{
	struct sweep *sweep = malloc(sizeof *sweep + bytes.length * sizeof sweep->steps[0]);

	if (!sweep)
		return NULL;
	sweep->mode = mode;
	sweep->bytes = bytes;
	memset(sweep->steps, UNKNOWN_FLOW, bytes.length * sizeof sweep->steps[0]);
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	free(sweep);
}

struct step sweep_step(struct sweep *sweep, size_t offset)
{
	struct step *step = &sweep->steps[offset];

	if (step->flow == UNKNOWN_FLOW)
		*step = glance(sweep->mode, bytes_slice(sweep->bytes, offset, INSTRUCTION_MAX));
	return *step;
}

/* Distances of the window's offsets to the seed, in instructions. */
struct window {
	size_t first, count;
	uint16_t distance[WINDOW];
};

static uint16_t distance_at(const struct window *window, int64_t offset)
{
	int64_t index = offset - (int64_t)window->first;

	return index >= 0 && index < (int64_t)window->count ? window->distance[index] : UNREACHED;
}

static uint16_t distance_through(struct sweep *sweep, const struct window *window, size_t offset)
{
	struct step step = sweep_step(sweep, offset);
	uint16_t next = UNREACHED, target = UNREACHED, nearest;

	if (step.length == 0)
		return UNREACHED;
	if (step.flow == FLOW_NEXT || step.flow == FLOW_BRANCH || step.flow == FLOW_CALL ||
	    step.flow == FLOW_SYSTEM)
		next = distance_at(window, (int64_t)offset + step.length);
	if (step.flow == FLOW_BRANCH || step.flow == FLOW_JUMP || step.flow == FLOW_CALL)
		target = distance_at(window, (int64_t)offset + step.target);
	nearest = next < target ? next : target;
	return nearest == UNREACHED ? UNREACHED : (uint16_t)(nearest + 1);
}

/* Backwards, so that one pass settles all forward flow; more passes for what jumps back. */
static void relax(struct sweep *sweep, struct window *window, size_t seed)
{
	bool changed = true;

	for (int pass = 0; pass < PASSES && changed; pass++) {
		changed = false;
		for (size_t i = window->count; i-- > 0;) {
			uint16_t distance;
			if (window->first + i == seed)
				continue;
			distance = distance_through(sweep, window, window->first + i);
			if (distance < window->distance[i]) {
				window->distance[i] = distance;
				changed = true;
			}
		}
	}
}

size_t start_find(struct sweep *sweep, size_t seed, size_t *starts, size_t capacity)
{
	struct window window = { .first = seed < START_WINDOW ? 0 : seed - START_WINDOW };
	size_t end = seed + START_WINDOW, found = 0;
	uint16_t farthest = 0;

	if (end > sweep->bytes.length)
		end = sweep->bytes.length;
	window.count = end - window.first;
	memset(window.distance, 0xff, sizeof window.distance);
	window.distance[seed - window.first] = 0;
	relax(sweep, &window, seed);
	for (size_t i = 0; i < window.count; i++)
		if (window.distance[i] != UNREACHED && window.distance[i] > farthest)
			farthest = window.distance[i];
	for (uint16_t distance = 0; distance <= farthest && found < capacity; distance++)
		for (size_t i = window.count; i-- > 0 && found < capacity;)
			if (window.distance[i] == distance)
				starts[found++] = window.first + i;
	return found;
}
