/* From a start that promises to a finding: its proof, its name, its explanation, and what it
 * covers. */
#include "shellcode/search.h"

#include <string.h>

#include "shellcode/action.h"
#include "shellcode/confirm.h"
#include "shellcode/kind.h"
#include "shellcode/prove.h"

enum {
	LONGEST = 1 << 14,	 /* bytes that a finding covers, from where it was entered */
	BRANCH_NOT_TAKEN = 16,	 /* instructions behind a finding that are its own */
	LISTING_COST = 500000000 /* nanoseconds at most, for a listing */
};

static const char *os_of(const struct proof *proof)
{
	const struct observation *seen = &proof->observation;

	return seen->apis || seen->call_sites || seen->walked_over || seen->loader
		       ? world_os(proof->kind)
		       : "unknown";
}

static void describe(struct search *search, const struct best *best, struct proof *proof,
		     struct shellcode_finding *finding)
{
	size_t first = proof->observation.first;

	memset(finding, 0, sizeof *finding);
	finding->entry = search->piece_offset + best->start;
	finding->offset = search->piece_offset + (first < best->start ? first : best->start);
	finding->arch = world_arch(proof->kind);
	finding->os = os_of(proof);
	finding->evidence = proof->observation.evidence;
	finding->instructions = proof->instructions;
	finding->end = world_end_name(proof->end);
}

/* What the next proof may cost. */
static struct proof_cost proof_limits(const struct search *search, const struct best *best,
				      enum world_kind kind)
{
	uint64_t explaining = shares_part(search->shares, SHARE_EXPLAIN);
	uint64_t left = search->shares->left[SHARE_PROVE], world = prove_world_cost(kind);
	/* a process that nothing runs in is in vain */
	uint64_t judging = left > world ? world + (left - world) / 2 : left;
	uint64_t above = left - SEARCH_FOR_STRONG;

	if (search_is_weak(&best->promise) && judging > above)
		judging = above;
	/* with what the sender said next, what is found is run once more */
	if (search->follow_up.length)
		explaining /= 4;
	return (struct proof_cost){ .judging = judging, .explaining = explaining };
}

/* What it does with what the sender said next is another run: the kind must not depend on it. */
static int follow_up(struct search *search, const struct best *best, struct proof *proof,
		     struct shellcode_finding *finding)
{
	const struct prove_how how = { .convention = best->convention,
				       .kind = proof->kind,
				       .follow_up = search->follow_up };
	uint64_t left = search->shares->left[SHARE_EXPLAIN];
	struct proof_cost cost = { .judging = left, .explaining = left };
	struct proof told;
	int code = prove(search->piece, best->start, &how, &told, &cost, search->error);

	shares_spend(search->shares, SHARE_EXPLAIN, cost.judged + cost.explained);
	if (code < 0)
		return code;
	trace_log_free(proof->trace);
	proof->trace = told.trace;
	/* the first run may have been too short to see it all */
	finding->evidence |= told.observation.evidence;
	finding->os = strcmp(finding->os, "unknown") == 0 ? os_of(&told) : finding->os;
	finding->instructions = told.instructions;
	finding->end = world_end_name(told.end);
	return 0;
}

/* A listing is one more run, of which nothing else is told and nothing is paid: a finding is the
 * same whether it was asked for or not, and so is all that is found behind it. */
static int list(struct search *search, const struct best *best, enum world_kind kind,
		struct shellcode_finding *finding)
{
	const struct prove_how how = { .convention = best->convention,
				       .kind = kind,
				       .follow_up = search->follow_up,
				       .list = true };
	struct proof_cost cost = { .judging = LISTING_COST, .explaining = LISTING_COST };
	struct proof proof;
	int code = prove(search->piece, best->start, &how, &proof, &cost, search->error);

	if (code < 0)
		return code;
	finding->listing = proof.listing;
	proof.listing = NULL;
	proof_fini(&proof);
	return 0;
}

static int explain(struct search *search, const struct best *best, struct proof *proof,
		   struct shellcode_finding *finding)
{
	int code = 0;

	if (search->follow_up.length)
		code = follow_up(search, best, proof, finding);
	if (code == 0 && search->detector->explains)
		code = list(search, best, proof->kind, finding);
	if (code < 0)
		return code;
	finding->actions = action_list(proof->trace);
	if (!finding->actions)
		return error_set(search->error, ERROR_MEMORY, "shellcode", "no memory for actions");
	finding->trace = proof->trace;
	proof->trace = NULL;
	return 0;
}

/* Branches that were not taken still belong to the code: what follows it as instructions is covered
 * too. */
static size_t behind(struct search *search, enum x86_mode mode, size_t end)
{
	for (unsigned i = 0; i < BRANCH_NOT_TAKEN && end < search->piece.length; i++) {
		struct step step = sweep_step(search->detector->sweeps[mode], end);
		if (step.length == 0)
			break;
		end += step.length;
	}
	return end;
}

/* A part of what has been found is the same code, seen from another side. NULL: it is not. */
static struct extent *overlapped(const struct search *search, size_t first, size_t end)
{
	for (size_t i = 0; i < search->count && i < SEARCH_EXTENTS; i++) {
		struct extent *extent = &search->detector->extents[i];
		if (first < extent->end && extent->first < end)
			return extent;
	}
	return NULL;
}

/* Findings beyond those whose extents are known cover all that is before them. */
bool search_covers(const struct search *search, size_t offset)
{
	return search->count > SEARCH_EXTENTS ? offset < search->covered
					      : overlapped(search, offset, offset + 1) != NULL;
}

static int keep(struct search *search, const struct best *best, struct proof *proof)
{
	struct shellcode_finding finding;
	struct extent *same;
	size_t end = search->piece_offset + behind(search, best->mode, proof->observation.last);
	size_t entry = search->piece_offset + best->start;
	size_t first = search->piece_offset + proof->observation.first;
	uint64_t cost = 0;
	int code;

	/* who goes through all memory must not hide there what else is in it */
	if (end > entry + LONGEST)
		end = entry + LONGEST;
	if (first + LONGEST < entry)
		first = entry - LONGEST;
	if (end > search->covered)
		search->covered = end;
	same = overlapped(search, first, end);
	if (same) {
		same->end = end > same->end ? end : same->end;
		return 0;
	}
	describe(search, best, proof, &finding);
	code = kind_name(search->piece, best->start, best->convention, proof,
			 shares_part(search->shares, SHARE_EXPLAIN), finding.kind, &cost,
			 search->error);
	shares_spend(search->shares, SHARE_EXPLAIN, cost);
	if (code == 0)
		code = explain(search, best, proof, &finding);
	if (code < 0) {
		shellcode_finding_fini(&finding);
		return code;
	}
	if (search->count < SEARCH_EXTENTS)
		search->detector->extents[search->count] = (struct extent){ first, end };
	search->findings[search->count++] = finding;
	return 0;
}

/* Was it the bytes' doing, or that of registers that all point at them? The address of a function
 * of Windows, written down or found, is nobody's luck. */
static int counter_check(struct search *search, const struct best *best,
			 const struct prove_how *how, const struct proof_cost *proven,
			 struct proof *proof)
{
	uint64_t cost = 0;
	int code;

	if (!proof->shellcode || how->convention != CONVENTION_POINTERS || proof->observation.apis)
		return 0;
	code = confirm(search->piece, best->start, how, proven,
		       shares_part(search->shares, SHARE_EXPLAIN), &cost, search->error);
	shares_spend(search->shares, SHARE_EXPLAIN, cost);
	proof->shellcode = code > 0;
	return code < 0 ? code : 0;
}

static bool acts(const struct proof *proof)
{
	return proof->observation.apis || proof->observation.calls;
}

static unsigned shows(const struct proof *proof)
{
	return proof->observation.weight + proof->observation.calls + proof->observation.apis;
}

/* Is there enough of the share for a proof in such a world? */
static bool affordable(const struct search *search, const struct best *best, enum world_kind kind)
{
	return search->shares->left[SHARE_PROVE] >
	       prove_world_cost(kind) + (search_is_weak(&best->promise) ? SEARCH_FOR_STRONG : 0);
}

/* Proves it in one world; `chosen` becomes what shows most. */
static int prove_in_world(struct search *search, const struct best *best, enum world_kind kind,
			  bool strict, struct proof *chosen)
{
	const struct prove_how how = { .convention = best->convention,
				       .kind = kind,
				       .strict = strict };
	struct proof_cost cost = proof_limits(search, best, kind);
	struct proof proof;
	int code;

	search->detector->work.proofs++;
	code = prove(search->piece, best->start, &how, &proof, &cost, search->error);
	shares_spend(search->shares, SHARE_PROVE, cost.judged);
	shares_spend(search->shares, SHARE_EXPLAIN, cost.explained);
	if (code == 0)
		code = counter_check(search, best, &how, &cost, &proof);
	if (code == 0 && proof.shellcode && (!chosen->trace || shows(&proof) > shows(chosen))) {
		proof_fini(chosen);
		*chosen = proof;
	} else {
		proof_fini(&proof);
	}
	return code;
}

/* A decoder of which nothing comes may be one of the other width, which works in this one, too. */
static int prove_in_other_width(struct search *search, struct best *best, bool strict,
				struct proof *chosen)
{
	enum x86_mode other = best->mode == X86_MODE_32 ? X86_MODE_64 : X86_MODE_32;
	int code = search_sweep(search, other);

	for (enum world_kind kind = 0; kind < WORLDS && code == 0; kind++)
		if (world_mode(kind) == other && affordable(search, best, kind))
			code = prove_in_world(search, best, kind, strict, chosen);
	best->mode = world_mode(chosen->kind);
	return code;
}

int search_prove(struct search *search, const struct best *best, bool strict)
{
	struct best proven = *best;
	struct proof chosen = { 0 };
	int code = 0;

	for (enum world_kind kind = 0; kind < WORLDS && code == 0; kind++) {
		if (!(best->promise.worlds & 1u << kind))
			continue;
		if (affordable(search, best, kind))
			code = prove_in_world(search, best, kind, strict, &chosen);
		else
			search->shares->untried++;
	}
	if (code == 0 && chosen.trace && !acts(&chosen) &&
	    !shares_low(search->shares, SHARE_PROVE) &&
	    chosen.observation.evidence & 1u << SHELLCODE_DECODES_BIT)
		code = prove_in_other_width(search, &proven, strict, &chosen);
	if (code == 0 && chosen.trace)
		code = keep(search, &proven, &chosen);
	proof_fini(&chosen);
	return code;
}
