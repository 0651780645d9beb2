#include "shellcode/start.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	LANE = 16,   /* bytes that are looked through at once */
	BLOCK = 64,  /* offsets that are prepared at once */
	SLOTS = 128, /* blocks that are remembered: what is near fits into a near cache */
	WINDOW = 2 * START_WINDOW + 1,
	UNKNOWN_FLOW = 255,
	UNKNOWN_LENGTH = 255,
	NO_TRAITS = 1 << 15, /* a step's, that have not been asked for */
	LONGEST_COMMON = 11, /* bytes of an instruction without superfluous prefixes */
	JUMPS = 256,	     /* of a window that are kept, those nearest to its start */
	/* nanoseconds, see share.h */
	STEP_COST = 3,
	GLANCE_COST = 10,
	ASK_COST = 200,
	BACK_COST = 6,
	WINDOW_COST = 700
};

typedef uint8_t lane __attribute__((vector_size(LANE)));

struct jump {
	uint16_t from; /* offsets into the window */
	uint16_t to;
	uint16_t next; /* that goes to the same place: its number and 1; 0: none */
};

/* The surroundings of a seed. Between two searches nothing is reached, and no jump goes anywhere.
 */
struct window {
	size_t first, count; /* of the piece */
	size_t jumps_count;
	struct jump jumps[JUMPS];
	uint16_t jumps_to[WINDOW]; /* the last that goes there: its number and 1; 0: none */
	uint8_t reached[WINDOW];
	/* Lengths of instructions that fall into the next one, behind a lane of zeros: 0 where
	 * others are, UNKNOWN_LENGTH before they are asked for. */
	uint8_t falls[LANE + WINDOW];
};

struct sweep {
	enum x86_mode mode;
	struct bytes bytes;
	uint64_t cost;
	uint32_t blocks[SLOTS];		  /* of the piece, and 1, whose steps are there; 0: none */
	struct step steps[SLOTS * BLOCK]; /* flow UNKNOWN_FLOW: not decoded yet */
	struct window window;
};

struct sweep *sweep_new(enum x86_mode mode)
{
	struct sweep *sweep = calloc(1, sizeof *sweep);

	if (sweep)
		sweep->mode = mode;
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	free(sweep);
}

void sweep_load(struct sweep *sweep, struct bytes bytes)
{
	sweep->bytes = bytes;
	memset(sweep->blocks, 0, sizeof sweep->blocks);
}

struct bytes sweep_bytes(const struct sweep *sweep)
{
	return sweep->bytes;
}

void sweep_pay(struct sweep *sweep, uint64_t cost)
{
	sweep->cost += cost;
}

uint64_t sweep_cost(const struct sweep *sweep)
{
	return sweep->cost;
}

static struct step *step_place(struct sweep *sweep, size_t offset)
{
	size_t block = offset / BLOCK, slot = block % SLOTS;
	struct step *steps = &sweep->steps[slot * BLOCK];

	if (sweep->blocks[slot] != block + 1) {
		memset(steps, UNKNOWN_FLOW, BLOCK * sizeof *steps);
		sweep->blocks[slot] = (uint32_t)block + 1;
	}
	sweep->cost += STEP_COST;
	return &steps[offset % BLOCK];
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

static lane lane_at(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

/* A bit for each of sixteen bytes, from masks. */
static unsigned bits_of(lane masks)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)masks);
#else
	uint64_t words[2];

	masks &= 1;
	memcpy(words, &masks, sizeof words);
	return (unsigned)(words[0] * 0x0102040810204080u >> 56) |
	       (unsigned)(words[1] * 0x0102040810204080u >> 56) << 8;
#endif
}

/* Where jumps over 8 bits begin among sixteen bytes, and where others may. */
static unsigned short_jumps(lane bytes)
{
	return bits_of((lane)((bytes & 0xf0) == 0x70) | (lane)((bytes & 0xfc) == 0xe0) |
		       (lane)(bytes == 0xeb));
}

static unsigned long_jumps(lane bytes, lane next)
{
	return bits_of((lane)((bytes & 0xfe) == 0xe8) |
		       ((lane)(bytes == 0x0f) & (lane)((next & 0xf0) == 0x80)));
}

static void add_jump(struct window *window, size_t at, int64_t distance)
{
	uint64_t to = at + (uint64_t)distance;

	if (distance == 0 || to >= window->count)
		return;
	window->jumps[window->jumps_count++] =
		(struct jump){ (uint16_t)at, (uint16_t)to, window->jumps_to[to] };
	window->jumps_to[to] = (uint16_t)window->jumps_count;
}

/* Any jump at `at`. */
static void look_for_jump(struct window *window, const uint8_t *data, size_t at)
{
	size_t length = jump_length[data[at]];

	if (length && at + length <= window->count)
		add_jump(window, at, jump_distance(&data[at], length));
}

/* Those among sixteen bytes that two follow, in order. */
static void look_among(struct window *window, const uint8_t *data, size_t first)
{
	unsigned brief, jumps;
	lane bytes = lane_at(data + first), next = lane_at(data + first + 1);

	brief = short_jumps(bytes);
	for (jumps = brief | long_jumps(bytes, next); jumps; jumps &= jumps - 1) {
		unsigned bit = (unsigned)__builtin_ctz(jumps);
		const uint8_t *at = &data[first + bit];
		if (brief >> bit & 1)
			add_jump(window, first + bit, at[1] ? (int8_t)at[1] + 2 : 0);
		else
			look_for_jump(window, data, first + bit);
	}
}

static void find_jumps(struct window *window, const uint8_t *data)
{
	size_t at = 0;

	window->jumps_count = 0;
	for (; at + LANE < window->count && window->jumps_count + LANE <= JUMPS; at += LANE)
		look_among(window, data, at);
	for (; at < window->count && window->jumps_count < JUMPS; at++)
		look_for_jump(window, data, at);
}

static void forget_jumps(struct window *window)
{
	for (size_t i = 0; i < window->jumps_count; i++)
		window->jumps_to[window->jumps[i].to] = 0;
}

/* --- going back --- */

struct search_back {
	struct sweep *sweep;
	enum start_asks asks;
	struct start *starts;
	size_t count, capacity;
};

/* What the instruction of `start` does to what is asked. False: no call is made like this. */
static bool ask(const struct search_back *search, struct start *start, struct step step)
{
	const struct sweep *sweep = search->sweep;
	struct bytes code = bytes_slice(sweep->bytes, start->offset, step.length);

	if (search->asks == START_ASKS_SETS)
		start->sets |= (uint8_t)glance_sets(sweep->mode, code);
	if (search->asks == START_ASKS_NUMBER)
		start->number = number_before(sweep->mode, code, start->number);
	return start->number.kind != NUMBER_WRONG;
}

/* `at` (in the window) leads to starts[next]. */
static void reach(struct search_back *search, size_t at, size_t next, struct step step)
{
	const struct start *to = &search->starts[next];
	struct start *start = &search->starts[search->count];
	struct window *window = &search->sweep->window;
	unsigned traits = to->traits | step.traits;

	if (window->reached[at] || search->count == search->capacity ||
	    step.traits & (GLANCE_RARE | GLANCE_NOWHERE))
		return;
	if (step.flow == FLOW_SYSTEM)
		traits |= GLANCE_SYSTEM;
	if (step.flow == FLOW_CALL)
		traits |= GLANCE_CALL;
	*start = (struct start){ .offset = window->first + at,
				 .distance = (uint16_t)(to->distance + 1),
				 .traits = (uint16_t)traits,
				 .pushes = to->pushes,
				 .sets = to->sets,
				 .number = to->number,
				 .loop = to->loop };
	if (!ask(search, start, step))
		return;
	window->reached[at] = true;
	if (step.flow == FLOW_BRANCH && step.target < 0)
		start->loop = (size_t)((int64_t)start->offset + step.target);
	if (start->loop == start->offset)
		start->traits |= GLANCE_LOOP;
	if (step.traits & GLANCE_PUSH && start->pushes < UINT8_MAX)
		start->pushes++;
	search->count++;
}

/* Does it go on behind itself, be it by a jump to there? */
static bool falls_through(const struct step *step)
{
	return step->flow == FLOW_NEXT || step->flow == FLOW_BRANCH || step->flow == FLOW_CALL ||
	       step->flow == FLOW_SYSTEM ||
	       (step->flow == FLOW_JUMP && step->target == step->length);
}

/* Which of the sixteen offsets before `at` (in the window) hold an instruction that falls into it:
 * the last is bit 15. */
static unsigned falling_into(struct sweep *sweep, size_t at)
{
	static const lane distances = { 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
	struct window *window = &sweep->window;
	uint8_t *falls = &window->falls[at]; /* a lane before it */
	unsigned unknown = bits_of((lane)(lane_at(falls) == UNKNOWN_LENGTH));

	for (unknown &= 0xffffu << (LANE - LONGEST_COMMON); unknown; unknown &= unknown - 1) {
		unsigned bit = (unsigned)__builtin_ctz(unknown);
		struct step step = sweep_length(sweep, window->first + at + bit - LANE);
		falls[bit] = falls_through(&step) ? step.length : 0;
	}
	sweep->cost += BACK_COST;
	return bits_of((lane)(lane_at(falls) == distances)) & 0xffffu << (LANE - LONGEST_COMMON);
}

static void predecessors(struct search_back *search, size_t next)
{
	struct sweep *sweep = search->sweep;
	struct window *window = &sweep->window;
	size_t at = search->starts[next].offset - window->first;

	for (unsigned falling = falling_into(sweep, at); falling;) {
		unsigned bit = 31 - (unsigned)__builtin_clz(falling);
		size_t from = at + bit - LANE;
		falling &= ~(1u << bit);
		reach(search, from, next, sweep_step(sweep, window->first + from));
	}
	for (size_t i = window->jumps_to[at]; i; i = window->jumps[i - 1].next)
		reach(search, window->jumps[i - 1].from, next,
		      sweep_step(sweep, window->first + window->jumps[i - 1].from));
}

size_t start_find(struct sweep *sweep, size_t seed, enum start_asks asks, struct start *starts,
		  size_t capacity)
{
	struct search_back search = {
		.sweep = sweep, .asks = asks, .starts = starts, .capacity = capacity
	};
	struct window *window = &sweep->window;
	size_t end = seed + START_WINDOW;

	if (capacity == 0)
		return 0;
	if (end > sweep->bytes.length)
		end = sweep->bytes.length;
	window->first = seed < START_WINDOW ? 0 : seed - START_WINDOW;
	window->count = end - window->first;
	sweep->cost += WINDOW_COST;
	find_jumps(window, sweep->bytes.data + window->first);
	memset(window->falls + LANE, UNKNOWN_LENGTH, window->count);
	starts[search.count++] =
		(struct start){ .offset = seed, .number = number_at_call(), .loop = SIZE_MAX };
	window->reached[seed - window->first] = true;
	for (size_t next = 0; next < search.count; next++)
		predecessors(&search, next);
	for (size_t i = 0; i < search.count; i++)
		window->reached[starts[i].offset - window->first] = false;
	forget_jumps(window);
	return search.count;
}
