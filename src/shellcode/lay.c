/* The sweeps and probes of a piece: loaded when they are first needed, run at the cost of a share.
 */
#include "shellcode/search.h"

enum {
	LAID = 1 << 14,	       /* bytes that are laid under a probe at once, */
	LAID_MOST = 1 << 16,   /* and where more is needed */
	LAID_BEFORE = 1 << 11, /* of these, before a new seed */
	LAID_BEHIND = 1 << 13, /* and at least behind one */
	RUN_PART = 3	       /* of what a candidate may cost, that goes to one run */
};

int search_sweep(struct search *search, enum x86_mode mode)
{
	struct sweep **sweep = &search->detector->sweeps[mode];

	if (search->swept[mode])
		return 0;
	if (!*sweep)
		*sweep = sweep_new(mode);
	if (!*sweep)
		return error_set(search->error, ERROR_MEMORY, "shellcode", "no memory for a sweep");
	sweep_load(*sweep, search->piece);
	search->swept[mode] = true;
	return 0;
}

/* Does what lies under the probe surround `offset`? */
static bool is_laid(const struct search *search, enum x86_mode mode, size_t offset)
{
	const struct bytes *laid = &search->laid[mode];
	size_t skipped;

	if (!search->loaded[mode])
		return false;
	skipped = (size_t)(laid->data - search->piece.data);
	return (skipped == 0 || offset >= skipped + 2 * START_WINDOW) && offset >= skipped &&
	       (skipped + laid->length == search->piece.length ||
		offset + LAID_BEHIND <= skipped + laid->length);
}

/* What is to lie under a probe of `offset`. */
static struct bytes to_lay(const struct search *search, enum x86_mode mode, size_t offset)
{
	size_t first = offset < LAID_BEFORE ? 0 : offset - LAID_BEFORE;

	return is_laid(search, mode, offset) ? search->laid[mode]
					     : bytes_slice(search->piece, first, LAID);
}

static int need_probe(struct search *search, enum x86_mode mode)
{
	struct probe **probe = &search->detector->probes[mode];

	return *probe ? 0 : probe_new(mode, LAID_MOST, probe, search->error);
}

/* The same with `other` in it. */
static struct bytes to_lay_both(const struct search *search, enum x86_mode mode, size_t offset,
				size_t other)
{
	struct bytes lies = to_lay(search, mode, offset);
	size_t first = offset < other ? offset : other, last = offset < other ? other : offset;
	size_t skipped = (size_t)(lies.data - search->piece.data);

	if (other - skipped < lies.length)
		return lies;
	first = first < LAID_BEFORE ? 0 : first - LAID_BEFORE;
	last += LAID_BEHIND;
	return last - first <= LAID_MOST ? bytes_slice(search->piece, first, last - first) : lies;
}

int search_lay(struct search *search, enum x86_mode mode, size_t offset, size_t other)
{
	struct bytes lies = to_lay_both(search, mode, offset, other);
	int code;

	if (search->loaded[mode] && lies.data == search->laid[mode].data &&
	    lies.length == search->laid[mode].length)
		return 0;
	code = need_probe(search, mode);
	search->laid[mode] = lies;
	if (code == 0)
		code = probe_load(search->detector->probes[mode], search->laid[mode],
				  search->error);
	search->loaded[mode] = code == 0;
	return code;
}

int search_rehearse(struct search *search, enum x86_mode mode, size_t offset, size_t start,
		    enum convention convention, enum rehearsal_end *end)
{
	struct bytes lies = to_lay_both(search, mode, offset, start);
	size_t at = start - (size_t)(lies.data - search->piece.data);
	struct rehearsal rehearsal;
	struct world *world;
	int code = need_probe(search, mode);

	if (code < 0)
		return code;
	if (at >= lies.length) { /* too far away to be laid */
		*end = REHEARSAL_OPEN;
		return 0;
	}
	world = probe_world(search->detector->probes[mode]);
	rehearsal = rehearse(world, lies, at, convention);
	shares_spend(search->shares, SHARE_PROBE, rehearsal.cost);
	*end = rehearsal.end;
	return 0;
}

struct promise search_run(struct search *search, enum x86_mode mode, size_t start,
			  enum convention convention, enum patience patience, enum share share,
			  uint64_t reserve)
{
	size_t skipped = (size_t)(search->laid[mode].data - search->piece.data);
	uint64_t left = search->shares->left[share], cost = 0;
	struct promise promise;

	if (start < skipped || start - skipped >= search->laid[mode].length || left <= reserve)
		return (struct promise){ 0 };
	search->detector->work.probes++;
	promise = probe_run(search->detector->probes[mode], start - skipped, convention, patience,
			    (left - reserve) / RUN_PART, &cost);
	shares_spend(search->shares, share, cost);
	return promise;
}

void search_pay_sweep(struct search *search, enum x86_mode mode, uint64_t before, enum share share)
{
	shares_spend(search->shares, share, sweep_cost(search->detector->sweeps[mode]) - before);
}

const struct callers *search_callers(struct search *search)
{
	struct callers *callers = &search->detector->callers;

	if (!search->called)
		shares_spend(search->shares, SHARE_PROBE,
			     callers_list(callers, &search->detector->map));
	search->called = true;
	return callers;
}

bool search_is_called(struct search *search, size_t offset)
{
	size_t back = offset < START_WINDOW ? offset : START_WINDOW;

	return callers_lead_to(search_callers(search), offset - back, back + 1);
}

void search_unload(struct search *search)
{
	for (int mode = 0; mode < 2; mode++)
		search->swept[mode] = search->loaded[mode] = false;
	search->called = false;
	search->candidates = 0;
}
