#include "shellcode/start.h"

#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 64, /* offsets that are prepared at once */
	WINDOW = 2 * START_WINDOW + 1,
	UNKNOWN_FLOW = 255,
	NO_TRAITS = 1 << 15, /* a step's, that have not been asked for */
	LONGEST_COMMON = 11, /* bytes of an instruction without superfluous prefixes */
	JUMPS = 256,	     /* of a window that are kept, those nearest to its start */
	/* nanoseconds, see share.h */
	STEP_COST = 3,
	GLANCE_COST = 10,
	ASK_COST = 200,
	WINDOW_COST = 1500
};

struct sweep {
	enum x86_mode mode;
	struct bytes bytes;
	size_t blocks;
	uint64_t cost;
	uint8_t *prepared;  /* per block: its steps are those of the present piece */
	struct step *steps; /* flow UNKNOWN_FLOW: not decoded yet */
};

struct sweep *sweep_new(enum x86_mode mode, size_t largest)
{
	struct sweep *sweep = calloc(1, sizeof *sweep);

	if (!sweep)
		return NULL;
	sweep->mode = mode;
	sweep->blocks = largest / BLOCK + 1;
	sweep->prepared = calloc(sweep->blocks, 1);
	sweep->steps = malloc(sweep->blocks * BLOCK * sizeof *sweep->steps);
	if (!sweep->prepared || !sweep->steps) {
		sweep_free(sweep);
		return NULL;
	}
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	free(sweep->prepared);
	free(sweep->steps);
	free(sweep);
}

void sweep_load(struct sweep *sweep, struct bytes bytes)
{
	sweep->bytes = bytes;
	memset(sweep->prepared, 0, sweep->blocks);
}

struct bytes sweep_bytes(const struct sweep *sweep)
{
	return sweep->bytes;
}

uint64_t sweep_cost(const struct sweep *sweep)
{
	return sweep->cost;
}

static struct step *step_place(struct sweep *sweep, size_t offset)
{
	if (!sweep->prepared[offset / BLOCK]) {
		memset(&sweep->steps[offset / BLOCK * BLOCK], UNKNOWN_FLOW,
		       BLOCK * sizeof *sweep->steps);
		sweep->prepared[offset / BLOCK] = true;
	}
	sweep->cost += STEP_COST;
	return &sweep->steps[offset];
}

struct step sweep_length(struct sweep *sweep, size_t offset)
{
	struct step *step = step_place(sweep, offset);

	if (step->flow == UNKNOWN_FLOW) {
		*step = glance_length(sweep->mode,
				      bytes_slice(sweep->bytes, offset, INSTRUCTION_MAX));
		sweep->cost += step->traits & GLANCE_ASKED ? ASK_COST : GLANCE_COST;
		step->traits |= NO_TRAITS;
	}
	return *step;
}

struct step sweep_pass(struct sweep *sweep, size_t offset)
{
	struct step step =
		glance_length(sweep->mode, bytes_slice(sweep->bytes, offset, INSTRUCTION_MAX));

	sweep->cost += step.traits & GLANCE_ASKED ? ASK_COST : GLANCE_COST;
	return step;
}

struct step sweep_step(struct sweep *sweep, size_t offset)
{
	struct step *step = step_place(sweep, offset);

	if (step->flow == UNKNOWN_FLOW || step->traits & NO_TRAITS) {
		*step = glance(sweep->mode, bytes_slice(sweep->bytes, offset, INSTRUCTION_MAX));
		sweep->cost += step->traits & GLANCE_ASKED ? ASK_COST : GLANCE_COST;
	}
	return *step;
}

/* --- jumps of a window, found by their first byte --- */

struct jump {
	uint16_t from; /* offsets into the window */
	uint16_t next; /* that goes to the same place: its number and 1; 0: none */
};

struct window {
	struct sweep *sweep;
	size_t first, count; /* of the piece */
	size_t jumps_count;
	struct jump jumps[JUMPS];
	uint16_t jumps_to[WINDOW]; /* the last that goes there: its number and 1; 0: none */
	uint8_t reached[WINDOW];
};

/* Lengths of relative jumps by their first byte; 6: behind 0F. */
static const uint8_t jump_length[256] = {
	[0x0f] = 6, [0x70] = 2, [0x71] = 2, [0x72] = 2, [0x73] = 2, [0x74] = 2,
	[0x75] = 2, [0x76] = 2, [0x77] = 2, [0x78] = 2, [0x79] = 2, [0x7a] = 2,
	[0x7b] = 2, [0x7c] = 2, [0x7d] = 2, [0x7e] = 2, [0x7f] = 2, [0xe0] = 2,
	[0xe1] = 2, [0xe2] = 2, [0xe3] = 2, [0xe8] = 5, [0xe9] = 5, [0xeb] = 2,
};

/* Where the jump at `at` goes, relative to itself; 0: it is none, or one to what follows it. */
static int64_t jump_distance(const uint8_t *at, size_t length)
{
	const uint8_t *end = at + length;

	if (length == 2)
		return at[1] ? (int8_t)at[1] + 2 : 0;
	if (length == 6 && (at[1] & 0xf0) != 0x80)
		return 0;
	/* those that stay in the window have two equal high bytes */
	if (end[-1] != end[-2] || (end[-1] != 0 && end[-1] != 0xff))
		return 0;
	return (int16_t)(end[-4] | end[-3] << 8) + (int64_t)length;
}

static void find_jumps(struct window *window)
{
	const uint8_t *data = sweep_bytes(window->sweep).data + window->first;

	window->jumps_count = 0;
	for (size_t i = 0; i + 1 < window->count && window->jumps_count < JUMPS; i++) {
		size_t length = jump_length[data[i]];
		int64_t distance, to;
		if (length == 0 || i + length > window->count)
			continue;
		distance = jump_distance(&data[i], length);
		to = (int64_t)i + distance;
		if (distance == 0 || to < 0 || to >= (int64_t)window->count)
			continue;
		window->jumps[window->jumps_count++] =
			(struct jump){ (uint16_t)i, window->jumps_to[to] };
		window->jumps_to[to] = (uint16_t)window->jumps_count;
	}
}

/* --- going back --- */

struct search_back {
	struct window *window;
	struct start *starts;
	size_t count, capacity;
};

/* `at` (in the window) leads to starts[next]. */
static void reach(struct search_back *search, size_t at, size_t next, struct step step)
{
	const struct start *to = &search->starts[next];
	struct start *start = &search->starts[search->count];
	unsigned traits = to->traits | step.traits;

	if (search->window->reached[at] || search->count == search->capacity ||
	    step.traits & GLANCE_RARE)
		return;
	search->window->reached[at] = true;
	if (step.flow == FLOW_SYSTEM)
		traits |= GLANCE_SYSTEM;
	if (step.flow == FLOW_CALL)
		traits |= GLANCE_CALL;
	*start = (struct start){ .offset = search->window->first + at,
				 .distance = (uint16_t)(to->distance + 1),
				 .traits = (uint16_t)traits,
				 .pushes = to->pushes,
				 .sets = to->sets,
				 .loop = to->loop };
	if (step.flow == FLOW_BRANCH && step.target < 0)
		start->loop = (size_t)((int64_t)start->offset + step.target);
	if (start->loop == start->offset)
		start->traits |= GLANCE_LOOP;
	start->sets |= (uint8_t)glance_sets(
		search->window->sweep->mode,
		bytes_slice(search->window->sweep->bytes, start->offset, step.length));
	if (step.traits & GLANCE_PUSH && start->pushes < UINT8_MAX)
		start->pushes++;
	search->count++;
}

static bool falls_through(enum flow flow)
{
	return flow == FLOW_NEXT || flow == FLOW_BRANCH || flow == FLOW_CALL || flow == FLOW_SYSTEM;
}

static void predecessors(struct search_back *search, size_t next)
{
	struct window *window = search->window;
	size_t at = search->starts[next].offset - window->first;

	for (size_t back = 1; back <= LONGEST_COMMON && back <= at; back++) {
		size_t offset = window->first + at - back;
		struct step step = sweep_length(window->sweep, offset);
		if (step.length == back && falls_through((enum flow)step.flow))
			reach(search, at - back, next, sweep_step(window->sweep, offset));
	}
	for (size_t i = window->jumps_to[at]; i; i = window->jumps[i - 1].next)
		reach(search, window->jumps[i - 1].from, next,
		      sweep_step(window->sweep, window->first + window->jumps[i - 1].from));
}

size_t start_find(struct sweep *sweep, size_t seed, struct start *starts, size_t capacity)
{
	struct window window = { .sweep = sweep,
				 .first = seed < START_WINDOW ? 0 : seed - START_WINDOW };
	struct search_back search = { .window = &window, .starts = starts, .capacity = capacity };
	size_t end = seed + START_WINDOW;

	if (end > sweep->bytes.length)
		end = sweep->bytes.length;
	window.count = end - window.first;
	if (capacity == 0)
		return 0;
	sweep->cost += WINDOW_COST;
	find_jumps(&window);
	starts[search.count++] = (struct start){ .offset = seed, .loop = SIZE_MAX };
	window.reached[seed - window.first] = true;
	for (size_t next = 0; next < search.count; next++)
		predecessors(&search, next);
	return search.count;
}
