/* The sweeps and probes of a piece: loaded when they are first needed, run at the cost of a share.
 */
#include "shellcode/search.h"

enum {
	LAID = 1 << 14,	       /* bytes that are laid under a probe at once */
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

int search_lay(struct search *search, enum x86_mode mode, size_t offset)
{
	struct probe **probe = &search->detector->probes[mode];
	struct bytes *laid = &search->laid[mode];
	size_t first = offset < LAID_BEFORE ? 0 : offset - LAID_BEFORE, skipped;
	int code = 0;

	if (search->loaded[mode]) {
		skipped = (size_t)(laid->data - search->piece.data);
		if ((skipped == 0 || offset >= skipped + 2 * START_WINDOW) && offset >= skipped &&
		    (skipped + laid->length == search->piece.length ||
		     offset + LAID_BEHIND <= skipped + laid->length))
			return 0;
	}
	if (!*probe)
		code = probe_new(mode, LAID, probe, search->error);
	*laid = bytes_slice(search->piece, first, LAID);
	if (code == 0)
		code = probe_load(*probe, *laid, search->error);
	search->loaded[mode] = code == 0;
	return code;
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

void search_unload(struct search *search)
{
	for (int mode = 0; mode < 2; mode++)
		search->swept[mode] = search->loaded[mode] = false;
	search->candidates = 0;
}
