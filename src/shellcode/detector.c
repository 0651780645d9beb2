/* The search: seeds, start points, probes, proofs, findings, under one budget.
 *
 * A stream is worked on in overlapping pieces, so that memory does not grow with it. In each piece
 * every seed is asked for the start points that reach it; all of them are probed, the one that does
 * most is proven, and what a finding covers is not searched again. */
#include "shellcode/shellcode.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/action.h"
#include "shellcode/getpc.h"
#include "shellcode/image.h"
#include "shellcode/probe.h"
#include "shellcode/prove.h"
#include "shellcode/scan.h"
#include "shellcode/seed.h"
#include "shellcode/start.h"

enum {
	PIECE = 1 << 17,       /* bytes that are worked on at once */
	OVERLAP = 1 << 14,     /* of neighbouring pieces: longest shell code that is sure to be seen
				  whole */
	STARTS = 384,	       /* start points that are tried for one seed */
	PROOFS = 3,	       /* of these, that are proven when others fail */
	BRANCH_NOT_TAKEN = 16, /* instructions behind a finding that are its own */
	SHORTEST_RUN = 48,     /* of printable characters that may be code */
};

struct shellcode_detector {
	struct probe *probes[2]; /* by enum x86_mode; made at first need */
};

struct search {
	struct shellcode_detector *detector;
	struct bytes bytes, follow_up;
	struct bytes piece; /* of bytes, at piece_offset */
	size_t piece_offset;
	struct sweep *sweeps[2];
	bool loaded[2];
	struct image_cursor images;
	uint64_t spent, budget;
	struct shellcode_finding *findings;
	size_t capacity, count;
	size_t covered; /* seeds before this offset of bytes belong to a finding */
	struct error *error;
};

int shellcode_new(struct shellcode_detector **detector, struct error *error)
{
	*detector = calloc(1, sizeof **detector);
	return *detector ? 0
			 : error_set(error, ERROR_MEMORY, "shellcode", "no memory for a detector");
}

void shellcode_free(struct shellcode_detector *detector)
{
	if (!detector)
		return;
	probe_free(detector->probes[X86_MODE_32]);
	probe_free(detector->probes[X86_MODE_64]);
	free(detector);
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
	trace_log_free(finding->trace);
	finding->actions = NULL;
	finding->trace = NULL;
}

/* --- one start --- */

static int load(struct search *search, enum x86_mode mode)
{
	struct probe **probe = &search->detector->probes[mode];
	int code = 0;

	if (search->loaded[mode])
		return 0;
	if (!*probe)
		code = probe_new(mode, PIECE, probe, search->error);
	if (code == 0)
		code = probe_load(*probe, search->piece, search->error);
	if (code == 0 && !search->sweeps[mode]) {
		search->sweeps[mode] = sweep_new(mode, search->piece);
		if (!search->sweeps[mode])
			code = error_set(search->error, ERROR_MEMORY, "shellcode",
					 "no memory for a sweep");
	}
	search->loaded[mode] = code == 0;
	return code;
}

static void unload(struct search *search)
{
	for (int mode = 0; mode < 2; mode++) {
		sweep_free(search->sweeps[mode]);
		search->sweeps[mode] = NULL;
		search->loaded[mode] = false;
	}
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
		    const struct best *best)
{
	struct promise promise = probe_run(search->detector->probes[mode], start, best->convention,
					   patience, &search->spent);

	return (promise.worlds & best->promise.worlds) && promise.score >= best->promise.score;
}

/* Does the instruction at `offset` go straight to `start`: fall into it, or jump there? */
static bool leads_to(struct search *search, enum x86_mode mode, size_t offset, size_t start)
{
	struct step step = sweep_step(search->sweeps[mode], offset);

	if (step.length == 0)
		return false;
	if (step.flow == FLOW_JUMP)
		return (int64_t)offset + step.target == (int64_t)start;
	return step.flow != FLOW_RETURN && step.flow != FLOW_INDIRECT &&
	       offset + step.length == start;
}

/* The farthest instruction before `start` that leads to it and does just as much as `best`: fifteen
 * bytes back for those that fall into it, a window for those that jump; fillers only where there is
 * nothing else. SIZE_MAX: none. */
static size_t predecessor(struct search *search, enum x86_mode mode, enum patience patience,
			  const struct best *best, size_t start)
{
	size_t reach = start < START_WINDOW ? start : START_WINDOW, filler = SIZE_MAX;

	for (size_t back = reach; back > 0; back--) {
		size_t at = start - back;
		bool text;
		if (!leads_to(search, mode, at, start))
			continue;
		text = is_filler(search, at, sweep_step(search->sweeps[mode], at).length);
		if ((text && filler != SIZE_MAX) || !as_good(search, mode, patience, at, best))
			continue;
		if (!text)
			return at;
		filler = at;
	}
	return filler;
}

/* Goes back over instructions that lead straight to the best start and do no harm, through a few
 * that look like text or padding when others lie before them. */
static void extend_backwards(struct search *search, enum x86_mode mode, enum patience patience,
			     struct best *best)
{
	size_t start = best->start;

	for (unsigned steps = 0, fillers = 0; steps < 24 && fillers < 4; steps++) {
		size_t found = predecessor(search, mode, patience, best, start);
		if (found == SIZE_MAX)
			return;
		start = found;
		if (is_filler(search, start, sweep_step(search->sweeps[mode], start).length)) {
			fillers++;
			continue;
		}
		fillers = 0;
		best->start = start;
	}
}

/* Of decoders that begin like this, one that decodes is enough to look closer. */
static bool finds_itself(enum seed_kind kind)
{
	return kind == SEED_CALL || kind == SEED_FPU || kind == SEED_LEA;
}

/* Code that finds itself needs no help from registers; what makes calls, or was built from text,
 * may. What a decoder leads to may as well. */
static bool worth_another(enum seed_kind kind, struct promise promise)
{
	return kind == SEED_INT80 || kind == SEED_SYSCALL || kind == SEED_GATE ||
	       kind == SEED_PRINTABLE || (finds_itself(kind) && promise.decodes);
}

/* Probes every start under one convention; promises[i] is that of starts[i], and was what the
 * convention before gave. */
static void try_starts(struct search *search, enum x86_mode mode, enum seed_kind kind,
		       const size_t *starts, size_t count, enum patience patience,
		       enum convention convention, struct promise *promises)
{
	for (size_t i = 0; i < count; i++) {
		bool tried = search->spent < search->budget &&
			     (convention == 0 || worth_another(kind, promises[i]));
		promises[i] = (struct promise){ 0 };
		if (tried)
			promises[i] = probe_run(search->detector->probes[mode], starts[i],
						convention, patience, &search->spent);
		if (finds_itself(kind) && promises[i].payload && promises[i].worlds == 0)
			promises[i].worlds =
				1u << (mode == X86_MODE_64 ? WORLD_WINDOWS_64 : WORLD_WINDOWS_32);
	}
}

/* The start that promises most, but less than `below`; the later of equals. */
static bool choose(const size_t *starts, const struct promise *promises, size_t count,
		   unsigned below, struct best *best)
{
	best->promise.worlds = 0;
	for (size_t i = 0; i < count; i++) {
		struct promise promise = promises[i];
		if (promise.worlds == 0 || promise.score >= below)
			continue;
		if (best->promise.worlds &&
		    (promise.score < best->promise.score ||
		     (promise.score == best->promise.score && starts[i] < best->start)))
			continue;
		best->start = starts[i];
		best->promise = promise;
	}
	return best->promise.worlds != 0;
}

/* --- findings --- */

static void describe(struct search *search, const struct best *best, struct proof *proof,
		     struct shellcode_finding *finding)
{
	size_t first = proof->observation.first;

	memset(finding, 0, sizeof *finding);
	finding->entry = search->piece_offset + best->start;
	finding->offset = search->piece_offset + (first < best->start ? first : best->start);
	finding->arch = world_arch(proof->kind);
	finding->os = proof->observation.apis || proof->observation.call_sites
			      ? world_os(proof->kind)
			      : "unknown";
	finding->evidence = proof->observation.evidence;
	proof_kind(proof, finding->kind);
	finding->instructions = proof->instructions;
	finding->end = world_end_name(proof->end);
}

/* What it does with what the sender said next is another run: the kind must not depend on it. */
static int explain(struct search *search, const struct best *best, struct proof *proof,
		   struct shellcode_finding *finding)
{
	if (search->follow_up.length) {
		struct proof told;
		int code = prove(search->piece, best->start, best->convention, proof->kind,
				 search->follow_up, false, &told, &search->spent, search->error);
		if (code < 0)
			return code;
		trace_log_free(proof->trace);
		proof->trace = told.trace;
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
		struct step step = sweep_step(search->sweeps[mode], end);
		if (step.length == 0)
			break;
		end += step.length;
	}
	return end;
}

static int keep(struct search *search, const struct best *best, struct proof *proof)
{
	struct shellcode_finding finding;
	size_t end = search->piece_offset + behind(search, best->mode, proof->observation.last);
	int code;

	describe(search, best, proof, &finding);
	code = explain(search, best, proof, &finding);
	if (code < 0)
		return code;
	search->findings[search->count++] = finding;
	if (end > search->covered)
		search->covered = end;
	return 0;
}

/* Proves the best start in every world where it is promising; keeps the one that shows most. */
static int prove_best(struct search *search, const struct best *best, bool strict)
{
	struct proof chosen = { 0 };
	int code = 0;

	for (enum world_kind kind = 0; kind < WORLDS && code == 0; kind++) {
		struct proof proof;
		unsigned better;
		if (!(best->promise.worlds & 1u << kind))
			continue;
		code = prove(search->piece, best->start, best->convention, kind,
			     (struct bytes){ NULL, 0 }, strict, &proof, &search->spent,
			     search->error);
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

/* Proves what promises most, first as far back as it can be extended; when that is nothing, what
 * promises less, and then what it takes with other registers: text that happens to lead into the
 * code often promises as much as the code itself. */
static int prove_starts(struct search *search, enum x86_mode mode, const struct seed *seed,
			const size_t *starts, size_t count, enum patience patience, bool strict)
{
	struct promise promises[STARTS];
	size_t found = search->count;
	int code = 0;

	for (enum convention convention = 0; convention < CONVENTIONS; convention++) {
		struct best best = { .mode = mode, .convention = convention };
		unsigned below = UINT_MAX;
		try_starts(search, mode, seed->kind, starts, count, patience, convention, promises);
		for (unsigned i = 0; i < PROOFS && choose(starts, promises, count, below, &best);
		     i++) {
			struct best extended = best;
			below = best.promise.score;
			if (seed->kind != SEED_PRINTABLE)
				extend_backwards(search, mode, patience, &extended);
			code = prove_best(search, &extended, strict);
			if (code == 0 && search->count == found && extended.start != best.start)
				code = prove_best(search, &best, strict);
			if (code < 0 || search->count > found)
				return code;
		}
	}
	return 0;
}

static int try_mode(struct search *search, enum x86_mode mode, const struct seed *seed, bool strict)
{
	size_t starts[STARTS], count, offset = seed->offset - search->piece_offset;
	enum patience patience = seed->kind == SEED_SEGMENT ? PATIENCE_LONG
				 : seed->kind == SEED_STACK ? PATIENCE_SHORT
							    : PATIENCE_NORMAL;
	int code = load(search, mode);

	if (code < 0)
		return code;
	if (seed->kind == SEED_CALL && !getpc_call(search->sweeps[mode], search->piece, offset))
		return 0;
	if (seed->kind == SEED_PRINTABLE) {
		starts[0] = offset;
		count = 1;
	} else {
		count = start_find(search->sweeps[mode], offset, starts, starts_of(seed->kind));
	}
	return prove_starts(search, mode, seed, starts, count, patience, strict);
}

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
	case SEED_LIBRARY: return narrow;
	case SEED_SEGMENT: return search->bytes.data[seed->offset] == 0x64 ? narrow : wide;
	default: return narrow | wide;
	}
}

/* What compiled programs are full of, and what alone never proves anything inside them. */
static bool never_in_images(enum seed_kind kind)
{
	return kind == SEED_STACK || kind == SEED_LIBRARY || kind == SEED_INT80 ||
	       kind == SEED_SYSCALL || kind == SEED_PRINTABLE || kind == SEED_LEA;
}

static int try_seed(struct search *search, const struct seed *seed)
{
	bool strict = image_cursor_inside(&search->images, seed->offset);
	unsigned modes = modes_of(search, seed);
	size_t found = search->count;
	int code = 0;

	if (strict && never_in_images(seed->kind))
		return 0;

	for (int mode = 0; mode < 2 && code == 0 && search->count == found; mode++)
		if (modes & 1u << mode)
			code = try_mode(search, (enum x86_mode)mode, seed, strict);
	return code;
}

/* --- pieces --- */

static bool more_to_do(const struct search *search)
{
	return search->spent < search->budget && search->count < search->capacity;
}

/* The beginning of the bytes is where a person who hands over bare code means it to begin. */
static int try_beginning(struct search *search)
{
	struct seed seed = { 0, SEED_PRINTABLE };

	return search->piece_offset == 0 ? try_seed(search, &seed) : 0;
}

/* Seeds and printable runs of the piece in order; those of the overlap belong to the next piece. */
static int search_piece(struct search *search, size_t end)
{
	struct bytes visible =
		bytes_slice(search->bytes, 0, search->piece_offset + search->piece.length);
	size_t at = search->piece_offset, run_end = at;
	int code = try_beginning(search);
	struct seed seed;

	while (code == 0 && more_to_do(search)) {
		if (at < search->covered)
			at = search->covered;
		if (!seed_next(visible, at, &seed) || seed.offset >= end)
			break;
		code = try_seed(search, &seed);
		at = seed.offset + 1;
	}
	while (code == 0 && more_to_do(search)) {
		size_t run = seed_printable_run(visible, run_end, SHORTEST_RUN, &run_end);
		if (run == SIZE_MAX || run >= end)
			break;
		seed = (struct seed){ run, SEED_PRINTABLE };
		if (run >= search->covered)
			code = try_seed(search, &seed);
	}
	return code;
}

static int by_offset(const void *a, const void *b)
{
	const struct shellcode_finding *first = a, *second = b;

	return (first->offset > second->offset) - (first->offset < second->offset);
}

int scan_raw(struct shellcode_detector *detector, struct bytes bytes, struct bytes follow_up,
	     struct shellcode_finding *findings, size_t capacity, uint64_t *budget,
	     struct error *error)
{
	struct search search = { .detector = detector,
				 .bytes = bytes,
				 .follow_up = follow_up,
				 .findings = findings,
				 .capacity = capacity,
				 .budget = *budget,
				 .error = error };
	int code = 0;

	image_cursor_init(&search.images, bytes);
	for (size_t offset = 0; offset < bytes.length && code == 0 && more_to_do(&search);
	     offset += PIECE - OVERLAP) {
		search.piece_offset = offset;
		search.piece = bytes_slice(bytes, offset, PIECE);
		code = search_piece(&search, offset + PIECE - OVERLAP);
		unload(&search);
		if (offset + PIECE >= bytes.length)
			break;
	}
	*budget -= search.spent < *budget ? search.spent : *budget;
	if (code < 0) {
		for (size_t i = 0; i < search.count; i++)
			shellcode_finding_fini(&findings[i]);
		return code;
	}
	qsort(findings, search.count, sizeof *findings, by_offset);
	return (int)search.count;
}
