/* One seed: every start point that reaches it is probed, and what promises most is proven.
 *
 * Text that happens to lead into code often promises as much as the code itself, so that a few are
 * proven when the first is nothing, and those that need it are tried with other registers. */
#include "shellcode/search.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/plausible.h"

enum {
	NEAR = 384, /* start points around one seed that are tried, */
	STARTS = NEAR + START_CALLERS * START_OF_CALLER, /* and with callers of these */
	PROOFS = 3, /* of these, that are proven when others fail */
	PUSH_ESP = 0x54,
	PUSH_ESP_WITHIN = 4 /* bytes of printable code that lies on the stack */
};

/* Of decoders that begin like this, one that decodes is enough to look closer. */
static bool finds_itself(enum seed_kind kind)
{
	return kind == SEED_CALL || kind == SEED_FPU || kind == SEED_LEA || kind == SEED_HANDLER;
}

/* Code that finds itself needs no help from registers; what makes calls, or was built from text,
 * may. What a decoder leads to may as well. Printable code that wrote nowhere into itself with
 * pointers everywhere has no other way to with none. */
static bool worth_another(const struct seed *seed, struct promise promise)
{
	enum seed_kind kind = seed->kind;

	if (kind == SEED_PRINTABLE)
		return seed->to_stack || promise.decodes;
	return kind == SEED_INT80 || kind == SEED_SYSCALL || kind == SEED_GATE ||
	       (finds_itself(kind) && promise.decodes);
}

/* Does it look for itself where the stack is? Exploits of overflows jump there, and such code has
 * no other way to its own address. */
static bool lies_on_stack(const struct search *search, const struct candidate *candidate,
			  const struct start *start)
{
	struct bytes code = bytes_slice(search->piece, start->offset, PUSH_ESP_WITHIN);

	if (candidate->seed.kind == SEED_PRINTABLE)
		return code.length && memchr(code.data, PUSH_ESP, code.length);
	return candidate->seed.kind == SEED_STACK && start->traits & GLANCE_STACK_TAKEN &&
	       start->traits & GLANCE_STORE && start->traits & GLANCE_LOOP;
}

/* Is a start to be tried under one more convention, after what it gave under the one before? */
static bool worth_trying(const struct search *search, const struct candidate *candidate,
			 const struct start *start, enum convention convention,
			 struct promise before)
{
	return convention == CONVENTION_POINTERS ||
	       (convention == CONVENTION_ZERO && worth_another(&candidate->seed, before)) ||
	       (convention == CONVENTION_ON_STACK && lies_on_stack(search, candidate, start));
}

static enum patience patience_of(enum seed_kind kind)
{
	return kind == SEED_SEGMENT ? PATIENCE_LONG
	       : kind == SEED_STACK ? PATIENCE_SHORT
				    : PATIENCE_NORMAL;
}

/* What is certain to fail is not run; *promise is what the run would have given. That is asked of
 * seeds that letters make. */
static int is_hopeless(struct search *search, const struct candidate *candidate, size_t start,
		       enum convention convention, struct promise *promise, bool *hopeless)
{
	enum seed_kind kind = candidate->seed.kind;
	enum rehearsal_end end = REHEARSAL_OPEN;
	int code = kind == SEED_PRINTABLE || kind == SEED_SEGMENT
			   ? search_rehearse(search, candidate->mode, candidate->seed.offset, start,
					     convention, &end)
			   : 0;

	*hopeless = end != REHEARSAL_OPEN;
	promise->decodes = end == REHEARSAL_DECODES && kind == SEED_PRINTABLE;
	return code;
}

/* Probes, under one convention, every start whose way prepares for the seed; promises[i] is that of
 * starts[i], and was what the convention before gave. */
static int try_starts(struct search *search, const struct candidate *candidate,
		      const struct start *starts, size_t count, enum convention convention,
		      struct promise *promises)
{
	enum seed_kind kind = candidate->seed.kind;
	enum x86_mode mode = candidate->mode;
	bool reached = false; /* a function: those behind it would do less */

	for (size_t i = 0; i < count; i++) {
		bool tried = !reached && search->shares->left[SHARE_PROBE] > search->reserve &&
			     worth_trying(search, candidate, &starts[i], convention, promises[i]) &&
			     plausible_behind(search->detector->sweeps[mode], mode, &starts[i],
					      candidate->seed, convention == CONVENTION_ZERO);
		bool hopeless = false;
		int code = 0;
		promises[i] = (struct promise){ 0 };
		if (tried)
			code = is_hopeless(search, candidate, starts[i].offset, convention,
					   &promises[i], &hopeless);
		tried &= !hopeless;
		if (code == 0 && tried)
			code = search_lay(search, mode, candidate->seed.offset, starts[i].offset);
		if (code < 0)
			return code;
		if (tried)
			promises[i] = search_run(search, mode, starts[i].offset, convention,
						 patience_of(kind), SHARE_PROBE, search->reserve);
		if (finds_itself(kind) && promises[i].payload && promises[i].worlds == 0)
			promises[i].worlds =
				1u << (mode == X86_MODE_64 ? WORLD_WINDOWS_64 : WORLD_WINDOWS_32);
		reached |= search->in_functions && promises[i].score >= PROBE_CALLED;
	}
	return 0;
}

/* The start that is worth most, but less than `below`; the later of equals. */
static bool choose(const struct start *starts, const struct promise *promises, size_t count,
		   unsigned below, struct best *best)
{
	best->promise.worlds = 0;
	for (size_t i = 0; i < count; i++) {
		struct promise promise = promises[i];
		unsigned worth = promise_worth(&promise), most = promise_worth(&best->promise);
		if (promise.worlds == 0 || worth >= below)
			continue;
		if (best->promise.worlds &&
		    (worth < most || (worth == most && starts[i].offset < best->start)))
			continue;
		best->start = starts[i].offset;
		best->promise = promise;
	}
	return best->promise.worlds != 0;
}

/* Forms that any data is full of are worth fewer attempts; system calls, which come after what puts
 * their arguments together, and jumps to what was built on the stack, more. */
static size_t starts_of(const struct seed *seed)
{
	switch (seed->kind) {
	case SEED_STACK: return seed->to_stack ? NEAR : NEAR / 4;
	case SEED_SEGMENT:
	case SEED_FPU: return NEAR / 12;
	case SEED_INT80:
	case SEED_SYSCALL:
	case SEED_GATE:
	case SEED_INT2E: return NEAR;
	default: return NEAR / 4;
	}
}

/* What compilers put into functions: calls of the system, and what leads to the PEB. */
static bool may_be_in_function(enum seed_kind kind)
{
	return kind == SEED_SEGMENT || kind == SEED_INT80 || kind == SEED_SYSCALL;
}

/* The earliest start before `best` that promises as much and is no text; `by_call`: that calls the
 * function in which the seed is. False: there is none. */
static bool find_earliest(struct search *search, const struct start *starts,
			  const struct promise *promises, size_t count, bool by_call,
			  struct best *best)
{
	size_t before = best->start;

	for (size_t i = 0; i < count; i++)
		if (promises[i].worlds & best->promise.worlds &&
		    promises[i].score == best->promise.score && starts[i].offset < best->start &&
		    (!by_call || starts[i].traits & GLANCE_CALL) &&
		    !search_begins_in_text(search, best->mode, starts[i].offset))
			best->start = starts[i].offset;
	return best->start < before;
}

/* A function that is called from several places can be reached from behind the first of them: code
 * that begins earlier, promises as much and does more is what was meant. `found`: index of the
 * finding that `best` gave. */
static int prefer_earlier(struct search *search, const struct start *starts,
			  const struct promise *promises, size_t count, const struct best *best,
			  bool strict, size_t found)
{
	struct shellcode_finding kept = search->findings[found], *other = &search->findings[found];
	struct extent *extent = found < SEARCH_EXTENTS ? &search->detector->extents[found] : NULL;
	struct extent before = extent ? *extent : (struct extent){ 0, 0 };
	struct best earlier = *best;
	int code;

	if (!find_earliest(search, starts, promises, count, true, &earlier) &&
	    !find_earliest(search, starts, promises, count, false, &earlier))
		return 0;
	if (search->piece_offset + earlier.start >= kept.entry || search->count != found + 1)
		return 0;
	search->count = found; /* the two are the same code, and one takes the other's place */
	code = search_prove(search, &earlier, strict);
	if (search->count == found + 1 &&
	    trace_log_count(other->trace) > trace_log_count(kept.trace)) {
		shellcode_finding_fini(&kept);
		return code;
	}
	if (search->count == found + 1)
		shellcode_finding_fini(other);
	*other = kept;
	if (extent)
		*extent = before;
	search->count = found + 1;
	return code;
}

/* Proves what promises most, first as far back as it can be extended; when that is nothing, what
 * promises less, and then what it takes with other registers: text that happens to lead into the
 * code often promises as much as the code itself. */
static int prove_starts(struct search *search, const struct candidate *candidate,
			const struct start *starts, size_t count)
{
	struct promise promises[STARTS];
	enum patience patience = patience_of(candidate->seed.kind);
	size_t found = search->count;
	int code = 0;

	for (enum convention convention = 0; convention < CONVENTIONS && code == 0; convention++) {
		struct best best = { .mode = candidate->mode, .convention = convention };
		unsigned below = UINT_MAX;
		code = try_starts(search, candidate, starts, count, convention, promises);
		for (unsigned i = 0;
		     code == 0 && i < PROOFS && choose(starts, promises, count, below, &best);
		     i++) {
			struct best from[4] = { best, best, best, best };
			below = promise_worth(&best.promise);
			if (candidate->seed.kind != SEED_PRINTABLE)
				search_extend(search, candidate->mode, patience, &from[2]);
			from[1] = from[2];
			if (search_reach_back(search, candidate->mode, starts, promises, count,
					      &from[1]))
				search_extend(search, candidate->mode, patience, &from[1]);
			/* searches through libraries are functions, and long: the first time with
			 * who calls them */
			from[0] = from[1];
			if (candidate->seed.kind == SEED_SEGMENT)
				find_earliest(search, starts, promises, count, true, &from[0]);
			for (unsigned k = 0; k < 4 && code == 0 && search->count == found; k++)
				if (k == 0 || from[k].start != from[k - 1].start)
					code = search_prove(search, &from[k], candidate->strict);
			if (search->count == found)
				continue;
			return code == 0 && candidate->seed.kind == SEED_SEGMENT
				       ? prefer_earlier(search, starts, promises, count, &best,
							candidate->strict, found)
				       : code;
		}
	}
	return code;
}

/* Who makes most calls first, and of these who stands first, but for text. */
static int by_calls(const void *a, const void *b)
{
	const struct start *first = a, *second = b;

	if (first->calls != second->calls)
		return second->calls - first->calls;
	return (first->offset > second->offset) - (first->offset < second->offset);
}

/* Adds the starts of functions that call the one where the seed is. Searches through libraries are
 * long: few of them can be tried, and the first that calls what it has found is what was looked
 * for. */
static size_t go_to_callers(struct search *search, const struct candidate *candidate,
			    struct start *starts, size_t count)
{
	struct sweep *sweep = search->detector->sweeps[candidate->mode];
	enum start_asks asks = plausible_asks(candidate->seed.kind);
	size_t seed = candidate->seed.offset;

	if (!search_is_called(search, seed))
		return count;
	if (candidate->seed.kind == SEED_SEGMENT)
		count = start_find(sweep, seed, asks, starts, NEAR / 4);
	count = start_find_callers(sweep, search_callers(search), asks, starts, count, STARTS);
	if (candidate->seed.kind != SEED_SEGMENT)
		return count;
	for (size_t i = 0; i < count; i++)
		if (search_begins_in_text(search, candidate->mode, starts[i].offset))
			starts[i].calls = 0;
	qsort(starts, count, sizeof *starts, by_calls);
	search->in_functions = true;
	return count;
}

int search_try(struct search *search, const struct candidate *candidate)
{
	struct start starts[STARTS];
	struct sweep *sweep = search->detector->sweeps[candidate->mode];
	uint64_t before = sweep_cost(sweep);
	enum start_asks asks = plausible_asks(candidate->seed.kind);
	size_t count = 1, found = search->count;
	int code;

	search->reserve = search->shares->left[SHARE_PROBE] / 2;
	starts[0] = (struct start){ .offset = candidate->seed.offset, .number = number_at_call() };
	search->in_functions = false;
	if (candidate->seed.kind != SEED_PRINTABLE)
		count = start_find(sweep, candidate->seed.offset, asks, starts,
				   starts_of(&candidate->seed));
	if (may_be_in_function(candidate->seed.kind) && !candidate->strict)
		count = go_to_callers(search, candidate, starts, count);
	code = prove_starts(search, candidate, starts, count);
	search_pay_sweep(search, candidate->mode, before, SHARE_PROBE);
	if (search->count == found)
		vain_count(search->vain, candidate->look, candidate->seed.kind);
	else
		vain_found(search->vain, candidate->look);
	return code;
}
