/* From a seed to where the code begins, over functions.
 *
 * What is compiled calls the system, or reads the PEB, in a function, which others call, and what
 * these are called from may be kilobytes away. Calls tell where functions begin; who is called by
 * nobody begins by its form (search_begins_function), and what leads to the call in it is tried,
 * too. Of several callers the first and the last are followed. */
#include "shellcode/search.h"

#include <stdlib.h>

#include "shellcode/walk.h"

enum {
	PROLOGUE = 18,	    /* bytes in which registers are kept */
	LONGEST = 8192,	    /* bytes of a function before a call in it */
	BRANCHES = 64,	    /* ways through it that wait */
	CALLED = 4,	    /* functions before a call that may have it in them */
	DEPTH = 16,	    /* calls from the outermost function to the seed */
	FOLLOWING = 100000, /* nanoseconds, see share.h, of following calls from one seed */
	STEP_COST = 5,	    /* of these, for an instruction of a way */
	TRIED = 4,	    /* functions that are tried, from the outermost */
	LEADING = 160	    /* starts that lead to a call in the outermost */
};

bool search_begins_function(const struct search *search, size_t offset)
{
	struct bytes code = bytes_slice(search->piece, offset, PROLOGUE);
	const uint8_t *data = code.data;
	size_t at = 0, pushes = 0;

	if (code.length < PROLOGUE)
		return false;
	if (data[0] == 0xf3 && data[1] == 0x0f && data[2] == 0x1e && (data[3] & 0xfe) == 0xfa)
		return true;
	for (; at + 4 < PROLOGUE; at++, pushes++) {
		if (data[at] == 0x41 && (data[at + 1] & 0xf8) == 0x50) /* r8 … r15 */
			at++;
		else if ((data[at] & 0xf8) != 0x50)
			break;
	}
	if ((data[at] & 0xf8) == 0x48) /* REX.W */
		at++;
	return pushes > 0 && ((data[at] == 0x89 && data[at + 1] == 0xe5) ||
			      (data[at] == 0x8b && data[at + 1] == 0xec) ||
			      ((data[at] & 0xfd) == 0x81 && data[at + 1] == 0xec));
}

/* The ways through a function: places that are to be looked at, and those that were. */
struct ways {
	struct sweep *sweep;
	uint64_t *left;
	size_t begin, count;
	size_t open[BRANCHES];
	uint64_t seen[LONGEST / 64];
};

static void open_way(struct ways *ways, int64_t at)
{
	if (at >= (int64_t)ways->begin && at < (int64_t)ways->begin + LONGEST &&
	    at < (int64_t)sweep_bytes(ways->sweep).length && ways->count < BRANCHES)
		ways->open[ways->count++] = (size_t)at;
}

/* Is it a jump, of those whose target only execution knows: by a table, as compilers make it of
 * many cases? */
static bool jumps_by_table(struct sweep *sweep, size_t at)
{
	struct opcode opcode = opcode_at(sweep, sweep_mode(sweep), at);

	return opcode.first == 0xff && (opcode.modrm >> 3 & 7) == 4;
}

/* Goes one way to its end; true when that is at `wanted`, or may be anywhere. */
static bool follow_way(struct ways *ways, size_t wanted)
{
	int64_t at = (int64_t)ways->open[--ways->count];

	for (;;) {
		size_t place = (size_t)at - ways->begin;
		struct step step;
		if (*ways->left < STEP_COST || place >= LONGEST ||
		    (size_t)at >= sweep_bytes(ways->sweep).length ||
		    ways->seen[place / 64] >> place % 64 & 1)
			return false;
		if ((size_t)at == wanted)
			return true;
		ways->seen[place / 64] |= (uint64_t)1 << place % 64;
		*ways->left -= STEP_COST;
		step = sweep_pass(ways->sweep, (size_t)at);
		if (step.length == 0 || step.flow == FLOW_RETURN)
			return false;
		if (step.flow == FLOW_INDIRECT && jumps_by_table(ways->sweep, (size_t)at))
			return true;
		if (step.flow == FLOW_BRANCH)
			open_way(ways, at + step.target);
		at += step.flow == FLOW_JUMP ? step.target : step.length;
	}
}

/* Do ways from `begin` lead to `wanted`, over what is called on them, not into it? */
static bool contains(struct sweep *sweep, size_t begin, size_t wanted, uint64_t *left)
{
	struct ways ways = { .sweep = sweep, .left = left, .begin = begin };

	open_way(&ways, (int64_t)begin);
	while (ways.count > 0)
		if (follow_way(&ways, wanted))
			return true;
	return false;
}

/* Pays for a walk of one's own; false: nothing is left. */
static bool pay(struct sweep *sweep, uint64_t *left, uint64_t cost)
{
	sweep_pay(sweep, cost);
	*left = cost < *left ? *left - cost : 0;
	return *left > 0;
}

/* Where the function with `offset` in it begins, by its form or since it is called; SIZE_MAX:
 * nobody knows, or has the time to. Of forms that begin in each other the first. */
static size_t function_with(struct search *search, struct sweep *sweep, size_t offset,
			    uint64_t *left)
{
	const struct callers *callers = search_callers(search);
	size_t least = offset < LONGEST ? 0 : offset - LONGEST, begin = SIZE_MAX, called = offset;

	for (unsigned i = 0; i < CALLED && begin == SIZE_MAX; i++, called--) {
		if (!pay(sweep, left, 1 + callers->count / 2))
			return SIZE_MAX;
		called = callers_function(callers, called);
		if (called == SIZE_MAX || called < least)
			break;
		if (contains(sweep, called, offset, left))
			begin = least = called;
		if (called == 0)
			break;
	}
	for (size_t at = offset + 1; at-- > least && pay(sweep, left, 1);)
		if (search_begins_function(search, at) && contains(sweep, at, offset, left)) {
			begin = at;
			least = at < least + PROLOGUE ? least : at - PROLOGUE;
		}
	return begin;
}

static size_t add(struct start *starts, size_t count, size_t offset, enum start_calls calls)
{
	for (size_t i = 0; i < count; i++)
		if (starts[i].offset == offset)
			return count;
	starts[count] = (struct start){
		.offset = offset, .traits = GLANCE_CALL, .calls = (uint8_t)calls, .loop = SIZE_MAX
	};
	return count + 1;
}

/* The functions from the seed's outwards, over first or last callers, and the calls in them that
 * were followed: calls[0] is the seed. The last of functions is SIZE_MAX where nobody knows in
 * which the call is. */
struct path {
	size_t functions[DEPTH], calls[DEPTH];
	size_t length;
};

/* Is the function in the path already? Then it calls itself, or the call lies behind it. */
static bool is_known(const struct path *path, size_t function)
{
	for (size_t i = 0; i < path->length; i++)
		if (path->functions[i] == function)
			return true;
	return false;
}

static void climb(struct search *search, struct sweep *sweep, size_t seed, bool last,
		  struct path *path)
{
	const struct callers *callers = search_callers(search);
	uint64_t left = FOLLOWING;
	size_t at = seed;

	for (path->length = 0; path->length < DEPTH && at != SIZE_MAX; path->length++) {
		size_t function = function_with(search, sweep, at, &left);
		if (is_known(path, function))
			function = SIZE_MAX;
		path->calls[path->length] = at;
		path->functions[path->length] = function;
		at = function == SIZE_MAX ? SIZE_MAX : callers_caller(callers, function, last);
	}
}

static int by_offset(const void *a, const void *b)
{
	const struct start *first = a, *second = b;

	return (first->offset > second->offset) - (first->offset < second->offset);
}

/* What leads to a call: code first, text behind it. */
static size_t add_leading(struct search *search, enum x86_mode mode, size_t call,
			  struct start *starts, size_t count)
{
	struct start found[LEADING];
	size_t more = start_find(search->detector->sweeps[mode], call, START_ASKS_NOTHING, found,
				 LEADING);

	qsort(found, more, sizeof *found, by_offset);
	for (unsigned text = 0; text < 2; text++)
		for (size_t i = 0; i < more; i++)
			if (search_begins_in_text(search, mode, found[i].offset) == (text != 0))
				count = add(starts, count, found[i].offset, START_CALLS);
	return count;
}

size_t search_find_functions(struct search *search, enum x86_mode mode, size_t seed,
			     struct start *starts)
{
	struct path paths[2];
	size_t count = 0;

	for (unsigned i = 0; i < 2; i++) {
		climb(search, search->detector->sweeps[mode], seed, i != 0, &paths[i]);
		if (paths[i].length && paths[i].functions[paths[i].length - 1] != SIZE_MAX)
			count = add(starts, count, paths[i].functions[paths[i].length - 1],
				    START_FUNCTION);
	}
	for (unsigned i = 0; i < 2; i++)
		if (paths[i].length > 1)
			count = add_leading(search, mode, paths[i].calls[paths[i].length - 1],
					    starts, count);
	for (unsigned i = 0; i < 2; i++)
		for (size_t k = 1; k < TRIED && k < paths[i].length; k++)
			count = add(starts, count, paths[i].functions[paths[i].length - 1 - k],
				    START_FUNCTION);
	return count;
}
