/* Where the code begins: earlier start points that do just as much belong to it too, unless they
 * are padding or text. */
#include "shellcode/search.h"

/* Padding, or the end of a word. */
static bool is_filler(const struct search *search, size_t offset, size_t length)
{
	struct bytes instruction = bytes_slice(search->piece, offset, length);

	size_t text = 0;

	while (text < instruction.length &&
	       ((instruction.data[text] >= 0x20 && instruction.data[text] < 0x7f) ||
		instruction.data[text] == 0x90))
		text++;
	/* mostly text with an end that is code, and a blank with what follows ("and" of bytes):
	 * more often the end of a word */
	return 3 * text >= 2 * instruction.length || (text >= 1 && instruction.data[0] == ' ');
}

static bool as_good(struct search *search, enum x86_mode mode, enum patience patience, size_t start,
		    const struct best *best, struct promise *promise)
{
	*promise = search_run(search, mode, start, best->convention, patience, SHARE_PROVE,
			      search->for_proof);
	return (promise->worlds & best->promise.worlds) && promise->score >= best->promise.score;
}

/* Does the instruction at `offset` go straight to `start`: fall into it, or jump there? */
static bool leads_to(struct search *search, enum x86_mode mode, size_t offset, size_t start)
{
	struct step step = sweep_step(search->detector->sweeps[mode], offset);

	if (step.length == 0)
		return false;
	if (step.flow == FLOW_JUMP)
		return (int64_t)offset + step.target == (int64_t)start;
	return step.flow != FLOW_RETURN && step.flow != FLOW_INDIRECT &&
	       offset + step.length == start;
}

/* An instruction before a start, and what a run from there does. */
struct predecessor {
	size_t start; /* SIZE_MAX: there is none */
	bool filler;
	struct promise promise;
};

/* The farthest instruction before `start` that leads to it and does just as much as `best`: fifteen
 * bytes back for those that fall into it, a window for those that jump; fillers only where there is
 * nothing else. What looks like text but makes the run do more is no filler. */
static struct predecessor predecessor(struct search *search, enum x86_mode mode,
				      enum patience patience, const struct best *best, size_t start)
{
	size_t reach = start < START_WINDOW ? start : START_WINDOW;
	struct predecessor filler = { .start = SIZE_MAX };

	for (size_t back = reach; back > 0; back--) {
		struct predecessor found = { .start = start - back };
		if (!leads_to(search, mode, found.start, start) ||
		    !as_good(search, mode, patience, found.start, best, &found.promise))
			continue;
		found.filler =
			found.promise.score <= best->promise.score &&
			is_filler(search, found.start,
				  sweep_step(search->detector->sweeps[mode], found.start).length);
		if (!found.filler)
			return found;
		if (filler.start == SIZE_MAX)
			filler = found;
	}
	return filler;
}

void search_extend(struct search *search, enum x86_mode mode, enum patience patience,
		   struct best *best)
{
	size_t start = best->start;

	search->for_proof = search->shares->left[SHARE_PROVE] / 4 * 3;
	if (search_is_weak(&best->promise) && search->for_proof < SEARCH_FOR_STRONG)
		search->for_proof = SEARCH_FOR_STRONG;
	if (search->shares->left[SHARE_PROVE] <= search->for_proof)
		return;
	for (unsigned steps = 0, fillers = 0; steps < 24 && fillers < 4; steps++) {
		uint64_t before = sweep_cost(search->detector->sweeps[mode]);
		struct predecessor found = predecessor(search, mode, patience, best, start);
		search_pay_sweep(search, mode, before, SHARE_PROVE);
		if (found.start == SIZE_MAX)
			return;
		start = found.start;
		if (found.filler) {
			fillers++;
			continue;
		}
		fillers = 0;
		best->start = start;
		best->promise = found.promise;
	}
}
