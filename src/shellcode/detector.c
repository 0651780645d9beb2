/* The search: seeds, start points, probes, proofs, findings, under one budget.
 *
 * A stream is worked on in overlapping pieces, so that memory does not grow with it. In each piece
 * the seeds are judged by what lies around them; those that are left are asked for the start points
 * that reach them, these are probed, the one that does most is proven, and what a finding covers is
 * not searched again. */
#include "shellcode/shellcode.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/action.h"
#include "shellcode/image.h"
#include "shellcode/kind.h"
#include "shellcode/plausible.h"
#include "shellcode/probe.h"
#include "shellcode/prove.h"
#include "shellcode/scan.h"
#include "shellcode/seed.h"
#include "shellcode/start.h"

enum {
	PIECE = 1 << 17,       /* bytes that are worked on at once */
	OVERLAP = 1 << 14,     /* of neighbouring pieces: longest shell code that is sure to be seen
				  whole */
	LAID = 1 << 14,	       /* bytes that are laid under a probe at once */
	LAID_BEFORE = 1 << 11, /* of these, before a new seed */
	LAID_BEHIND = 1 << 13, /* and at least behind one */
	CANDIDATES = 4096,     /* that wait */
	STARTS = 384,	       /* start points that are tried for one seed */
	PROOFS = 3,	       /* of these, that are proven when others fail */
	BRANCH_NOT_TAKEN = 16, /* instructions behind a finding that are its own */
	EXTENTS = 256,	       /* of findings, that later ones are compared with */
	RUN_PART = 3,	       /* of what a candidate may cost, that goes to one run */
	LISTING_COST = 500000000, /* nanoseconds at most, for a listing */
	SHORTEST_RUN = 48	  /* of printable characters that may be code */
};

/* A seed in the width in which it means something. */
struct candidate {
	struct seed seed; /* offset into the piece */
	enum x86_mode mode;
	bool strict;   /* inside an executable image */
	unsigned salt; /* see vain.h */
};

/* The bytes of a stream that a finding's code touched: [first, end). */
struct extent {
	size_t first, end;
};

struct shellcode_detector {
	struct extent extents[EXTENTS]; /* of the stream's findings */
	struct probe *probes[2];	/* by enum x86_mode; made at first need, as the sweeps */
	struct sweep *sweeps[2];
	struct seed_map map;
	struct candidate candidates[CANDIDATES];
	struct shellcode_work work;
	bool explains;	       /* findings come with their listing */
	uint64_t inside_image; /* bytes of the next scan, see shellcode_begins_inside_image */
};

struct search {
	struct shellcode_detector *detector;
	struct bytes bytes, follow_up;
	struct bytes piece; /* of bytes, at piece_offset */
	size_t piece_offset;
	bool swept[2], loaded[2]; /* sweeps hold the piece, probes a part of it */
	struct bytes laid[2];	  /* that part */
	size_t candidates;
	struct image_cursor images, printable_images;
	struct shares *shares;
	struct vain *vain;
	bool decoded;	    /* the bytes are a view's */
	size_t earned;	    /* bytes of the piece that have earned their share */
	uint64_t for_proof; /* of the share of proofs, when a start is extended */
	uint64_t reserve;   /* of the share of probes, for the candidates behind the present one */
	struct shellcode_finding *findings;
	size_t capacity, count;
	size_t covered; /* seeds before this offset of bytes belong to a finding */
	struct error *error;
};

int shellcode_new(struct shellcode_detector **detector, struct error *error)
{
	int code;

	*detector = calloc(1, sizeof **detector);
	if (!*detector)
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for a detector");
	code = seed_map_init(&(*detector)->map, PIECE, error);
	if (code < 0) {
		free(*detector);
		*detector = NULL;
	}
	return code;
}

void shellcode_free(struct shellcode_detector *detector)
{
	if (!detector)
		return;
	probe_free(detector->probes[X86_MODE_32]);
	probe_free(detector->probes[X86_MODE_64]);
	sweep_free(detector->sweeps[X86_MODE_32]);
	sweep_free(detector->sweeps[X86_MODE_64]);
	seed_map_fini(&detector->map);
	free(detector);
}

void shellcode_explain(struct shellcode_detector *detector, bool wanted)
{
	detector->explains = wanted;
}

void shellcode_begins_inside_image(struct shellcode_detector *detector, uint64_t length)
{
	detector->inside_image = length;
}

uint64_t shellcode_image_behind(const struct shellcode_detector *detector, struct bytes bytes,
				size_t offset)
{
	return image_behind(bytes, detector->inside_image, offset);
}

void shellcode_work(const struct shellcode_detector *detector, struct shellcode_work *work)
{
	*work = detector->work;
}

const char *shellcode_evidence_name(unsigned index)
{
#define NAME(id, name, meaning) name,
	static const char *const names[] = { SHELLCODE_EVIDENCE(NAME) };
#undef NAME

	return index < SHELLCODE_EVIDENCE_COUNT ? names[index] : NULL;
}

void shellcode_finding_fini(struct shellcode_finding *finding)
{
	json_decref(finding->actions);
	json_decref(finding->listing);
	trace_log_free(finding->trace);
	finding->actions = NULL;
	finding->listing = NULL;
	finding->trace = NULL;
}

/* --- one start --- */

static int sweep(struct search *search, enum x86_mode mode)
{
	struct sweep **sweep = &search->detector->sweeps[mode];

	if (search->swept[mode])
		return 0;
	if (!*sweep)
		*sweep = sweep_new(mode, PIECE);
	if (!*sweep)
		return error_set(search->error, ERROR_MEMORY, "shellcode", "no memory for a sweep");
	sweep_load(*sweep, search->piece);
	search->swept[mode] = true;
	return 0;
}

/* Lays what surrounds `offset` of the piece under the probe, if it does not lie there yet. */
static int load(struct search *search, enum x86_mode mode, size_t offset)
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

/* Runs from `start` of the piece at the cost of `share`, of which `reserve` is left; one run of
 * many takes but a part, since a search that was begun in its middle may never end. */
static struct promise run(struct search *search, enum x86_mode mode, size_t start,
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

/* Pays for what was asked of a sweep since it had cost `before`. */
static void pay_sweep(struct search *search, enum x86_mode mode, uint64_t before, enum share share)
{
	shares_spend(search->shares, share, sweep_cost(search->detector->sweeps[mode]) - before);
}

static void unload(struct search *search)
{
	for (int mode = 0; mode < 2; mode++)
		search->swept[mode] = search->loaded[mode] = false;
	search->candidates = 0;
}

struct best {
	enum x86_mode mode;
	size_t start;
	enum convention convention;
	struct promise promise;
};

/* Earlier start points that do just as much belong to the code too, unless they are padding or
 * text. */
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
	*promise = run(search, mode, start, best->convention, patience, SHARE_PROVE,
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

/* Goes back over instructions that lead straight to the best start and do no harm, through a few
 * that look like text or padding when others lie before them. */
static void extend_backwards(struct search *search, enum x86_mode mode, enum patience patience,
			     struct best *best)
{
	size_t start = best->start;

	search->for_proof = search->shares->left[SHARE_PROVE] / 4 * 3;
	for (unsigned steps = 0, fillers = 0; steps < 24 && fillers < 4; steps++) {
		uint64_t before = sweep_cost(search->detector->sweeps[mode]);
		struct predecessor found = predecessor(search, mode, patience, best, start);
		pay_sweep(search, mode, before, SHARE_PROVE);
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

/* Of decoders that begin like this, one that decodes is enough to look closer. */
static bool finds_itself(enum seed_kind kind)
{
	return kind == SEED_CALL || kind == SEED_FPU || kind == SEED_LEA || kind == SEED_HANDLER;
}

/* Code that finds itself needs no help from registers; what makes calls, or was built from text,
 * may. What a decoder leads to may as well. */
static bool worth_another(enum seed_kind kind, struct promise promise)
{
	return kind == SEED_INT80 || kind == SEED_SYSCALL || kind == SEED_GATE ||
	       kind == SEED_PRINTABLE || (finds_itself(kind) && promise.decodes);
}

static enum patience patience_of(enum seed_kind kind)
{
	return kind == SEED_SEGMENT ? PATIENCE_LONG
	       : kind == SEED_STACK ? PATIENCE_SHORT
				    : PATIENCE_NORMAL;
}

/* Probes, under one convention, every start whose way prepares for the seed; promises[i] is that of
 * starts[i], and was what the convention before gave. */
static int try_starts(struct search *search, const struct candidate *candidate,
		      const struct start *starts, size_t count, enum convention convention,
		      struct promise *promises)
{
	enum seed_kind kind = candidate->seed.kind;
	enum x86_mode mode = candidate->mode;

	for (size_t i = 0; i < count; i++) {
		bool tried = search->shares->left[SHARE_PROBE] > search->reserve &&
			     (convention == 0 || worth_another(kind, promises[i])) &&
			     plausible_behind(search->detector->sweeps[mode], mode, &starts[i],
					      candidate->seed, convention == CONVENTION_ZERO);
		int code = tried ? load(search, mode, candidate->seed.offset) : 0;
		promises[i] = (struct promise){ 0 };
		if (code < 0)
			return code;
		if (tried)
			promises[i] = run(search, mode, starts[i].offset, convention,
					  patience_of(kind), SHARE_PROBE, search->reserve);
		if (finds_itself(kind) && promises[i].payload && promises[i].worlds == 0)
			promises[i].worlds =
				1u << (mode == X86_MODE_64 ? WORLD_WINDOWS_64 : WORLD_WINDOWS_32);
	}
	return 0;
}

/* The start that promises most, but less than `below`; the later of equals. */
static bool choose(const struct start *starts, const struct promise *promises, size_t count,
		   unsigned below, struct best *best)
{
	best->promise.worlds = 0;
	for (size_t i = 0; i < count; i++) {
		struct promise promise = promises[i];
		if (promise.worlds == 0 || promise.score >= below)
			continue;
		if (best->promise.worlds &&
		    (promise.score < best->promise.score ||
		     (promise.score == best->promise.score && starts[i].offset < best->start)))
			continue;
		best->start = starts[i].offset;
		best->promise = promise;
	}
	return best->promise.worlds != 0;
}

/* --- findings --- */

static const char *os_of(const struct proof *proof)
{
	const struct observation *seen = &proof->observation;

	return seen->apis || seen->call_sites || seen->walked_over ? world_os(proof->kind)
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

/* Is what was found run once more, for its listing or with what the sender said next? */
static bool runs_again(const struct search *search)
{
	return search->follow_up.length || search->detector->explains;
}

/* What the next proof may cost. */
static struct proof_cost proof_limits(const struct search *search)
{
	uint64_t explaining = shares_part(search->shares, SHARE_EXPLAIN);

	return (struct proof_cost){ .judging = shares_part(search->shares, SHARE_PROVE),
				    .explaining =
					    runs_again(search) ? explaining / 4 : explaining };
}

/* What it does with what the sender said next is another run: the kind must not depend on it. */
static int explain(struct search *search, const struct best *best, struct proof *proof,
		   struct shellcode_finding *finding)
{
	if (runs_again(search)) {
		const struct prove_how how = { .convention = best->convention,
					       .kind = proof->kind,
					       .follow_up = search->follow_up,
					       .list = search->detector->explains };
		struct proof told;
		uint64_t left = search->shares->left[SHARE_EXPLAIN];
		struct proof_cost cost = { .judging = left, .explaining = left };
		/* who asks for a listing gets it whole: it is not of the stream's share */
		if (how.list)
			cost.judging = cost.explaining = LISTING_COST;
		int code = prove(search->piece, best->start, &how, &told, &cost, search->error);
		if (!how.list)
			shares_spend(search->shares, SHARE_EXPLAIN, cost.judged + cost.explained);
		if (code < 0)
			return code;
		trace_log_free(proof->trace);
		proof->trace = told.trace;
		finding->listing = told.listing;
		/* the first run may have been too short to see it all */
		finding->evidence |= told.observation.evidence;
		finding->os = strcmp(finding->os, "unknown") == 0 ? os_of(&told) : finding->os;
		finding->instructions = told.instructions;
		finding->end = world_end_name(told.end);
	}
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

/* A part of what has been found is the same code, seen from another side. */
static bool overlaps(const struct search *search, size_t first, size_t end)
{
	for (size_t i = 0; i < search->count && i < EXTENTS; i++) {
		const struct extent *extent = &search->detector->extents[i];
		if (first < extent->end && extent->first < end)
			return true;
	}
	return false;
}

static int keep(struct search *search, const struct best *best, struct proof *proof)
{
	struct shellcode_finding finding;
	size_t end = search->piece_offset + behind(search, best->mode, proof->observation.last);
	uint64_t cost = 0;
	int code;

	if (end > search->covered)
		search->covered = end;
	if (overlaps(search, search->piece_offset + proof->observation.first, end))
		return 0;
	describe(search, best, proof, &finding);
	code = kind_name(search->piece, best->start, best->convention, proof,
			 shares_part(search->shares, SHARE_EXPLAIN), finding.kind, &cost,
			 search->error);
	shares_spend(search->shares, SHARE_EXPLAIN, cost);
	if (code == 0)
		code = explain(search, best, proof, &finding);
	if (code < 0)
		return code;
	if (search->count < EXTENTS)
		search->detector->extents[search->count] =
			(struct extent){ search->piece_offset + proof->observation.first, end };
	search->findings[search->count++] = finding;
	return 0;
}

/* Proves the best start in every world where it is promising; keeps the one that shows most. */
static int prove_best(struct search *search, const struct best *best, bool strict)
{
	struct proof chosen = { 0 };
	int code = 0;

	for (enum world_kind kind = 0; kind < WORLDS && code == 0; kind++) {
		const struct prove_how how = { .convention = best->convention,
					       .kind = kind,
					       .strict = strict };
		struct proof proof;
		struct proof_cost cost = proof_limits(search);
		unsigned better;
		if (!(best->promise.worlds & 1u << kind))
			continue;
		if (search->shares->left[SHARE_PROVE] == 0) {
			search->shares->untried++;
			continue;
		}
		search->detector->work.proofs++;
		code = prove(search->piece, best->start, &how, &proof, &cost, search->error);
		shares_spend(search->shares, SHARE_PROVE, cost.judged);
		shares_spend(search->shares, SHARE_EXPLAIN, cost.explained);
		if (code < 0)
			break;
		better =
			proof.observation.weight + proof.observation.calls + proof.observation.apis;
		if (proof.shellcode &&
		    (!chosen.trace || better > chosen.observation.weight +
						       chosen.observation.calls +
						       chosen.observation.apis)) {
			proof_fini(&chosen);
			chosen = proof;
		} else {
			proof_fini(&proof);
		}
	}
	if (code == 0 && chosen.trace)
		code = keep(search, best, &chosen);
	proof_fini(&chosen);
	return code;
}

/* --- one seed --- */

/* Forms that any data is full of are worth fewer attempts; system calls, which come after what puts
 * their arguments together, more. */
static size_t starts_of(enum seed_kind kind)
{
	switch (kind) {
	case SEED_SEGMENT:
	case SEED_FPU: return STARTS / 12;
	case SEED_INT80:
	case SEED_SYSCALL:
	case SEED_GATE:
	case SEED_INT2E: return STARTS;
	default: return STARTS / 4;
	}
}

/* A function that is called from several places can be reached from behind the first of them: code
 * that begins earlier, promises as much and does more is what was meant. `found`: index of the
 * finding that `best` gave. */
static int prefer_earlier(struct search *search, const struct start *starts,
			  const struct promise *promises, size_t count, const struct best *best,
			  bool strict, size_t found)
{
	struct shellcode_finding *kept = &search->findings[found], *other = kept + 1;
	struct best earlier = *best;
	int code;

	for (size_t i = 0; i < count; i++)
		if (promises[i].worlds & best->promise.worlds &&
		    promises[i].score == best->promise.score && starts[i].offset < earlier.start)
			earlier.start = starts[i].offset;
	if (search->piece_offset + earlier.start >= kept->entry ||
	    search->count == search->capacity)
		return 0;
	code = prove_best(search, &earlier, strict);
	if (code < 0 || search->count == found + 1)
		return code;
	if (trace_log_count(other->trace) > trace_log_count(kept->trace)) {
		struct shellcode_finding more = *other;
		*other = *kept;
		*kept = more;
	}
	shellcode_finding_fini(other);
	search->count = found + 1;
	return 0;
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
			struct best extended = best;
			below = best.promise.score;
			if (candidate->seed.kind != SEED_PRINTABLE)
				extend_backwards(search, candidate->mode, patience, &extended);
			code = prove_best(search, &extended, candidate->strict);
			if (code == 0 && search->count == found && extended.start != best.start)
				code = prove_best(search, &best, candidate->strict);
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

static int try_candidate(struct search *search, const struct candidate *candidate)
{
	struct start starts[STARTS];
	struct sweep *sweep = search->detector->sweeps[candidate->mode];
	uint64_t before = sweep_cost(sweep);
	size_t count = 1, found = search->count;
	int code;

	search->reserve = search->shares->left[SHARE_PROBE] / 2;
	starts[0] = (struct start){ .offset = candidate->seed.offset };
	if (candidate->seed.kind != SEED_PRINTABLE)
		count = start_find(sweep, candidate->seed.offset, starts,
				   starts_of(candidate->seed.kind));
	code = prove_starts(search, candidate, starts, count);
	pay_sweep(search, candidate->mode, before, SHARE_PROBE);
	if (search->count == found)
		vain_count(search->vain,
			   vain_look(search->piece, candidate->seed.offset, candidate->salt));
	return code;
}

/* --- candidates --- */

/* The widths in which a seed means something. */
static unsigned modes_of(const struct search *search, const struct seed *seed)
{
	unsigned narrow = 1u << X86_MODE_32, wide = 1u << X86_MODE_64;

	switch (seed->kind) {
	case SEED_SYSCALL:
	case SEED_LEA: return wide;
	case SEED_GATE:
	case SEED_INT2E:
	case SEED_FPU:
	case SEED_HANDLER:
	case SEED_LIBRARY: return narrow;
	case SEED_SEGMENT: return search->piece.data[seed->offset] == 0x64 ? narrow : wide;
	default: return narrow | wide;
	}
}

/* What compiled programs are full of, and what alone never proves anything inside them. */
static bool never_in_images(enum seed_kind kind)
{
	return kind == SEED_STACK || kind == SEED_LIBRARY || kind == SEED_INT80 ||
	       kind == SEED_SYSCALL || kind == SEED_PRINTABLE || kind == SEED_LEA ||
	       kind == SEED_HANDLER;
}

static bool more_to_do(const struct search *search)
{
	return search->count < search->capacity;
}

/* Is a share so far down that this is left out? What has been in vain before makes room first. */
static bool left_out(struct search *search, enum share share, size_t offset, unsigned salt)
{
	bool out = search->shares->left[share] == 0 ||
		   (shares_low(search->shares, share) &&
		    vain_likely(search->vain, vain_look(search->piece, offset, salt)));

	search->shares->untried += out;
	return out;
}

static int try_candidates(struct search *search)
{
	int code = 0;

	for (size_t i = 0; i < search->candidates && code == 0 && more_to_do(search); i++) {
		const struct candidate *candidate = &search->detector->candidates[i];
		if (search->piece_offset + candidate->seed.offset >= search->covered &&
		    !left_out(search, SHARE_PROBE, candidate->seed.offset, candidate->salt))
			code = try_candidate(search, candidate);
	}
	search->candidates = 0;
	return code;
}

/* A jump or call through r8 … r15 begins with its prefix. */
static size_t behind_prefix(const struct search *search, enum x86_mode mode,
			    const struct seed *seed)
{
	return mode == X86_MODE_64 && seed->kind == SEED_STACK && seed->offset > 0 &&
	       (search->piece.data[seed->offset - 1] & 0xf9) == 0x41;
}

/* Does what follows a seed use what it gives? */
static bool judge(struct search *search, enum x86_mode mode, struct seed seed, bool strict)
{
	struct sweep *sweep = search->detector->sweeps[mode];
	uint64_t before = sweep_cost(sweep);
	bool plausible = plausible_ahead(sweep, mode, seed, strict);

	pay_sweep(search, mode, before, SHARE_LOOK);
	if (!plausible)
		vain_count(search->vain, vain_look(search->piece, seed.offset, mode));
	return plausible;
}

/* Judges a seed by what follows it; those that are left wait until there are many. */
static int consider(struct search *search, struct seed seed, struct image_cursor *images)
{
	bool strict = image_cursor_inside(images, search->piece_offset + seed.offset);
	unsigned modes = modes_of(search, &seed);
	size_t offset = seed.offset;
	int code = 0;

	search->detector->work.seeds++;
	if (strict && never_in_images(seed.kind))
		return 0;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64 && code == 0; mode++) {
		if (!(modes & 1u << mode) || left_out(search, SHARE_LOOK, seed.offset, mode))
			continue;
		code = sweep(search, mode);
		seed.offset = offset - behind_prefix(search, mode, &seed);
		if (code < 0 || !judge(search, mode, seed, strict))
			continue;
		search->detector->work.candidates++;
		search->detector->candidates[search->candidates++] =
			(struct candidate){ seed, mode, strict, mode };
		if (search->candidates == CANDIDATES)
			code = try_candidates(search);
	}
	return code;
}

/* --- pieces --- */

/* The beginning of the bytes is where a person who hands over bare code means it to begin. */
static int try_beginning(struct search *search)
{
	struct candidate candidate = { .seed = { 0, SEED_PRINTABLE, false }, .mode = X86_MODE_32 };
	size_t found = search->count;
	int code = 0;

	if (search->piece_offset || image_cursor_inside(&search->images, 0))
		return 0;
	candidate.salt = X86_MODE_64 + 1;
	if (search->decoded &&
	    vain_likely(search->vain, vain_look(search->piece, 0, candidate.salt)))
		return 0; /* the same word as so often in this stream */
	for (; candidate.mode <= X86_MODE_64 && code == 0 && search->count == found;
	     candidate.mode++) {
		code = sweep(search, candidate.mode);
		if (code == 0 &&
		    plausible_entry(search->detector->sweeps[candidate.mode], 0, search->decoded))
			code = try_candidate(search, &candidate);
	}
	return code;
}

/* The bytes up to `offset` of the piece earn their share, as far as they are not the next piece's
 * too. */
static void earn(struct search *search, size_t offset, size_t end)
{
	if (offset > end)
		offset = end;
	if (offset <= search->earned)
		return;
	shares_earn(search->shares, offset - search->earned, search->decoded);
	search->earned = offset;
}

/* Seeds and printable runs of the piece in order; those of the overlap, from `end`, belong to the
 * next piece. */
static int search_piece(struct search *search, size_t end)
{
	size_t at = 0, run_end = 0;
	int code = try_beginning(search);
	struct seed seed;

	seed_map_load(&search->detector->map, search->piece);
	while (code == 0 && more_to_do(search) &&
	       seed_map_next(&search->detector->map, at, &seed) && seed.offset < end) {
		earn(search, seed.offset, end);
		code = consider(search, seed, &search->images);
		at = seed.offset + 1;
	}
	earn(search, search->piece.length, end);
	if (code == 0)
		code = try_candidates(search);
	while (code == 0 && more_to_do(search)) {
		seed.offset = seed_map_run(&search->detector->map, run_end, SHORTEST_RUN, &run_end);
		seed.kind = SEED_PRINTABLE;
		if (seed.offset >= end)
			break;
		if (!plausible_run(bytes_slice(search->piece, seed.offset, run_end - seed.offset)))
			continue;
		code = consider(search, seed, &search->printable_images);
	}
	return code == 0 ? try_candidates(search) : code;
}

static int by_offset(const void *a, const void *b)
{
	const struct shellcode_finding *first = a, *second = b;

	return (first->offset > second->offset) - (first->offset < second->offset);
}

int scan_raw(struct shellcode_detector *detector, struct bytes bytes, bool decoded,
	     struct bytes follow_up, struct shellcode_finding *findings, size_t capacity,
	     struct shares *shares, struct vain *vain, struct error *error)
{
	struct search search = { .detector = detector,
				 .bytes = bytes,
				 .follow_up = follow_up,
				 .findings = findings,
				 .capacity = capacity,
				 .shares = shares,
				 .vain = vain,
				 .decoded = decoded,
				 .error = error };
	uint64_t spent = shares->spent, untried = shares->untried;
	int code = 0;

	image_cursor_init(&search.images, bytes, decoded ? 0 : detector->inside_image);
	search.printable_images = search.images;
	for (size_t offset = 0; offset < bytes.length && code == 0 && more_to_do(&search);
	     offset += PIECE - OVERLAP) {
		search.piece_offset = offset;
		search.piece = bytes_slice(bytes, offset, PIECE);
		search.earned = 0;
		code = search_piece(&search,
				    offset + PIECE < bytes.length ? PIECE - OVERLAP : PIECE);
		unload(&search);
		if (offset + PIECE >= bytes.length)
			break;
	}
	detector->work.bytes += bytes.length;
	detector->work.spent += shares->spent - spent;
	detector->work.untried += shares->untried - untried;
	if (code < 0) {
		for (size_t i = 0; i < search.count; i++)
			shellcode_finding_fini(&findings[i]);
		return code;
	}
	qsort(findings, search.count, sizeof *findings, by_offset);
	return (int)search.count;
}
