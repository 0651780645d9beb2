#include "shellcode/start.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	LANE = SWEEP_LANE, /* bytes that are looked through at once */
	WINDOW = 2 * START_WINDOW + 1,
	UNKNOWN_LENGTH = 255,
	LONGEST_COMMON = 11, /* bytes of an instruction without superfluous prefixes */
	SHORT_REACH = 128,   /* of jumps over 8 bits */
	EXTRA = 4 * LANE,    /* that are looked through for them beyond that */
	/* nanoseconds, see share.h */
	BACK_COST = 12,
	WINDOW_COST = 150
};

typedef uint8_t lane __attribute__((vector_size(LANE)));

/* A jump over 32 bits. */
struct jump {
	uint16_t from; /* offsets into the window */
	uint16_t to;
	uint16_t next; /* that goes to the same place: its number and 1; 0: none */
};

/* The surroundings of a seed. What is kept for each byte has room before and behind it for lanes
 * that reach over the ends. */
struct window {
	size_t first, count; /* of the piece */
	const uint8_t *data;
	size_t brief_from, brief_end; /* what of brief is filled */
	size_t jumps_count;
	struct jump jumps[WINDOW];
	uint16_t jumps_to[WINDOW]; /* the last that goes there: its number and 1; 0: none. Only
				      where there are jumps */
	uint64_t reached[WINDOW / 64 + 1]; /* a bit for each offset */
	/* distances over 8 bits of jumps that end there; 0: none, or one to what follows it */
	uint8_t brief[SHORT_REACH + WINDOW + SHORT_REACH];
	/* lengths of instructions that fall into the next one: 0 where others are, UNKNOWN_LENGTH
	 * before they are asked for */
	uint8_t falls[LANE + WINDOW];
};

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

/* --- jumps of a window, found by their first byte or the upper half of their distance --- */

/* Which of sixteen bytes are the last of a jump over 8 bits, `before` being those before them. */
static lane brief_jumps(lane before, lane bytes)
{
	return bytes & ((lane)((before & 0xf0) == 0x70) | (lane)((before & 0xfc) == 0xe0) |
			(lane)(before == 0xeb));
}

/* The jump over 32 bits whose distance has its upper half at `upper`. */
static void add_jump(struct window *window, const uint8_t *data, size_t upper)
{
	size_t at = upper - 3, end = upper + 2, to;

	if (upper >= 4 && data[upper - 4] == 0x0f && (data[upper - 3] & 0xf0) == 0x80)
		at--;
	else if (upper < 3 || (data[upper - 3] & 0xfe) != 0xe8)
		return;
	to = end + (size_t)(int64_t)(int16_t)(data[upper - 2] | data[upper - 1] << 8);
	if (to == end || to >= window->count)
		return;
	if (window->jumps_count == 0)
		memset(window->jumps_to, 0, sizeof window->jumps_to);
	window->jumps[window->jumps_count++] =
		(struct jump){ (uint16_t)at, (uint16_t)to, window->jumps_to[to] };
	window->jumps_to[to] = (uint16_t)window->jumps_count;
}

/* Upper halves of distances that stay in the window are 0 or ffff. */
static bool stays(uint8_t one, uint8_t other)
{
	return one == other && (uint8_t)(one + 1) < 2;
}

static void find_far_jumps(struct window *window)
{
	const uint8_t *data = window->data;
	size_t at = 0;

	window->jumps_count = 0;
	for (; at + LANE < window->count; at += LANE) {
		lane bytes = lane_at(data + at), next = lane_at(data + at + 1);
		unsigned upper = bits_of((lane)(bytes == next) & (lane)((lane)(bytes + 1) < 2));
		for (; upper; upper &= upper - 1)
			add_jump(window, data, at + (unsigned)__builtin_ctz(upper));
	}
	for (; at + 1 < window->count; at++)
		if (stays(data[at], data[at + 1]))
			add_jump(window, data, at);
}

/* Fills brief in [from, end), of which `from` is not 0. */
static void fill_brief(struct window *window, size_t from, size_t end)
{
	uint8_t *brief = window->brief + SHORT_REACH;
	const uint8_t *data = window->data;
	size_t at = from;

	for (; at + LANE <= end; at += LANE) {
		lane jumps = brief_jumps(lane_at(data + at - 1), lane_at(data + at));
		memcpy(brief + at, &jumps, sizeof jumps);
	}
	for (; at < end; at++) {
		uint8_t first = data[at - 1];
		bool jumps = (first & 0xf0) == 0x70 || (first & 0xfc) == 0xe0 || first == 0xeb;
		brief[at] = jumps ? data[at] : 0;
	}
}

/* Has brief filled as far as jumps to `at` go: most seeds are reached from near by. */
static void find_brief_jumps(struct window *window, size_t at)
{
	size_t from = at < SHORT_REACH + 1 ? 1 : at - SHORT_REACH;
	size_t end = at + SHORT_REACH < window->count ? at + SHORT_REACH : window->count;

	if (from < window->brief_from) {
		size_t more = from < EXTRA + 1 ? 1 : from - EXTRA;
		fill_brief(window, more, window->brief_from);
		window->brief_from = more;
	}
	if (end > window->brief_end) {
		size_t more = end + EXTRA < window->count ? end + EXTRA : window->count;
		fill_brief(window, window->brief_end, more);
		window->brief_end = more;
	}
}

static void window_init(struct window *window, struct bytes bytes, size_t seed)
{
	window->first = seed < START_WINDOW ? 0 : seed - START_WINDOW;
	window->data = bytes.data + window->first;
	window->count =
		bytes_slice(bytes, window->first, seed + START_WINDOW - window->first).length;
	find_far_jumps(window);
	window->brief_from = window->brief_end = seed > window->first ? seed - window->first : 1;
	memset(window->brief, 0, SHORT_REACH + 1);
	memset(window->brief + SHORT_REACH + window->count, 0, SHORT_REACH);
	memset(window->falls, 0, LANE);
	memset(window->falls + LANE, UNKNOWN_LENGTH, window->count);
	memset(window->reached, 0, sizeof window->reached);
}

static void mark_reached(struct window *window, size_t at)
{
	window->reached[at / 64] |= (uint64_t)1 << at % 64;
}

/* --- going back --- */

struct search_back {
	struct sweep *sweep;
	struct bytes bytes; /* the sweep's piece */
	enum start_asks asks;
	struct start *starts;
	size_t count, capacity;
	struct window window;
};

/* What the instruction of `start` does to what is asked. False: no call is made like this. */
static bool ask(const struct search_back *search, struct start *start, struct step step)
{
	enum x86_mode mode = sweep_mode(search->sweep);
	struct bytes code = bytes_slice(search->bytes, start->offset, step.length);

	if (search->asks == START_ASKS_SETS)
		start->sets |= (uint8_t)glance_sets(mode, code);
	if (search->asks == START_ASKS_NUMBER)
		start->number = number_before(mode, code, start->number);
	return start->number.kind != NUMBER_WRONG;
}

/* `at` (in the window) leads to starts[next]. */
static void reach(struct search_back *search, size_t at, size_t next, struct step step)
{
	const struct start *to = &search->starts[next];
	struct start *start = &search->starts[search->count];
	struct window *window = &search->window;
	unsigned traits = to->traits | step.traits;

	if (window->reached[at / 64] >> at % 64 & 1 || search->count == search->capacity ||
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
				 .calls = to->calls,
				 .sets = to->sets,
				 .number = to->number,
				 .loop = to->loop };
	if (!ask(search, start, step))
		return;
	mark_reached(window, at);
	if (step.flow == FLOW_BRANCH && step.target < 0)
		start->loop = (size_t)((int64_t)start->offset + step.target);
	if (start->loop == start->offset)
		start->traits |= GLANCE_LOOP;
	if (step.traits & GLANCE_PUSH && start->pushes < UINT8_MAX)
		start->pushes++;
	if (step.flow == FLOW_CALL && start->calls < UINT8_MAX)
		start->calls++;
	search->count++;
}

/* Which of the sixteen offsets before `at` (in the window) hold an instruction that falls into it:
 * the last is bit 15. */
static unsigned falling_into(struct search_back *search, size_t at)
{
	static const lane distances = { 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
	const unsigned common = 0xffffu << (LANE - LONGEST_COMMON) & 0xffff;
	uint8_t *falls = &search->window.falls[at]; /* a lane before it */
	unsigned unknown = bits_of((lane)(lane_at(falls) == UNKNOWN_LENGTH)) & common;

	if (unknown)
		sweep_falls(search->sweep, search->window.first + at, unknown, falls);
	return bits_of((lane)(lane_at(falls) == distances)) & common;
}

static void reach_from(struct search_back *search, size_t from, size_t next)
{
	reach(search, from, next, sweep_step(search->sweep, search->window.first + from));
}

/* What jumps over 8 bits to `at`, the last first: where the way that is left is the distance. */
static void jumping_to(struct search_back *search, size_t at, size_t next)
{
	static const lane countdown = { 127, 126, 125, 124, 123, 122, 121, 120,
					119, 118, 117, 116, 115, 114, 113, 112 };
	const uint8_t *brief = &search->window.brief[at]; /* from SHORT_REACH before it */

	find_brief_jumps(&search->window, at);
	for (unsigned i = 2 * SHORT_REACH; i > 0;) {
		i -= LANE;
		unsigned there = bits_of((lane)(lane_at(brief + i) == countdown - (uint8_t)i));
		if (i == SHORT_REACH - LANE) /* nothing is left for what ends before it */
			there &= 0xffff >> 1;
		while (there) {
			unsigned bit = 31 - (unsigned)__builtin_clz(there);
			there &= ~(1u << bit);
			reach_from(search, at + i + bit - SHORT_REACH - 1, next);
		}
	}
}

static void predecessors(struct search_back *search, size_t next)
{
	struct window *window = &search->window;
	size_t at = search->starts[next].offset - window->first;

	sweep_pay(search->sweep, BACK_COST);
	for (unsigned falling = falling_into(search, at); falling;) {
		unsigned bit = 31 - (unsigned)__builtin_clz(falling);
		falling &= ~(1u << bit);
		reach_from(search, at + bit - LANE, next);
	}
	jumping_to(search, at, next);
	if (window->jumps_count)
		for (size_t i = window->jumps_to[at]; i; i = window->jumps[i - 1].next)
			reach_from(search, window->jumps[i - 1].from, next);
}

size_t start_find(struct sweep *sweep, size_t seed, enum start_asks asks, struct start *starts,
		  size_t capacity)
{
	struct search_back search;
	struct bytes bytes = sweep_bytes(sweep);

	if (capacity == 0)
		return 0;
	search.sweep = sweep;
	search.bytes = bytes;
	search.asks = asks;
	search.starts = starts;
	search.capacity = capacity;
	sweep_pay(sweep, WINDOW_COST);
	window_init(&search.window, bytes, seed);
	mark_reached(&search.window, seed - search.window.first);
	starts[0] = (struct start){ .offset = seed, .number = number_at_call(), .loop = SIZE_MAX };
	search.count = 1;
	for (size_t next = 0; next < search.count; next++)
		predecessors(&search, next);
	return search.count;
}

/* --- callers --- */

/* Which of the starts is at `offset`; the number of them: none. */
static size_t start_at(const struct search_back *search, size_t offset)
{
	size_t i = 0;

	while (i < search->count && search->starts[i].offset != offset)
		i++;
	return i;
}

/* Goes back from a call to starts[next]. */
static void go_back_from(struct search_back *search, size_t call, size_t next)
{
	struct window *window = &search->window;
	size_t first = search->count;

	sweep_pay(search->sweep, WINDOW_COST);
	window_init(window, search->bytes, call);
	for (size_t i = 0; i < search->count; i++)
		if (search->starts[i].offset - window->first < window->count)
			mark_reached(window, search->starts[i].offset - window->first);
	reach_from(search, call - window->first, next);
	for (size_t i = first; i < search->count; i++)
		predecessors(search, i);
}

size_t start_find_callers(struct sweep *sweep, const struct callers *callers, enum start_asks asks,
			  struct start *starts, size_t count, size_t capacity)
{
	struct search_back search;
	size_t lowest = SIZE_MAX, highest = 0, looked = 0;

	search.sweep = sweep;
	search.bytes = sweep_bytes(sweep);
	search.asks = asks;
	search.starts = starts;
	search.count = count;
	for (unsigned found = 0; looked < search.count && found < START_CALLERS;) {
		for (; looked < search.count; looked++) {
			size_t offset = starts[looked].offset;
			lowest = offset < lowest ? offset : lowest;
			highest = offset > highest ? offset : highest;
		}
		sweep_pay(sweep, callers->count);
		for (size_t i = 0; i < callers->count && found < START_CALLERS; i++) {
			size_t from = callers->calls[i].from, to = callers->calls[i].to, next;
			if (to - lowest > highest - lowest)
				continue;
			next = start_at(&search, to);
			if (next == search.count || start_at(&search, from) < search.count)
				continue;
			search.capacity = search.count + START_OF_CALLER < capacity
						  ? search.count + START_OF_CALLER
						  : capacity;
			go_back_from(&search, from, next);
			found++;
		}
	}
	return search.count;
}
