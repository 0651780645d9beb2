/* The search: seeds, start points, probes, proofs, findings, under one budget.
 *
 * A stream is worked on in overlapping pieces, so that memory does not grow with it. In each piece
 * the seeds are judged by what lies around them; those that are left are asked for the start points
 * that reach them, these are probed, the one that does most is proven, and what a finding covers is
 * not searched again. */
#include "shellcode/search.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/ingredients.h"
#include "shellcode/plausible.h"
#include "shellcode/printable.h"

enum {
	OVERLAP = 1 << 14,  /* of neighbouring pieces: longest shell code that is sure to be seen
			       whole */
	SHORTEST_RUN = 48,  /* of printable characters that may be code */
	EARNED_AT_ONCE = 64 /* bytes */
};

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

/* Is the seed in packed data? Offsets must not go backwards but between pieces. */
static bool is_packed(struct search *search, size_t offset)
{
	const struct scan_packed *packed = search->packed;
	size_t *next = &search->packed_next;

	while (*next > 0 && packed->at[*next - 1].end > offset)
		--*next;
	while (*next < packed->count && packed->at[*next].end <= offset)
		++*next;
	return *next < packed->count && offset >= packed->at[*next].start;
}

static bool more_to_do(const struct search *search)
{
	return search->count < search->capacity;
}

/* Has nothing like it been in vain here? As long as a share is not scarce, that its kind of seed
 * seldom was is enough. */
static bool is_fresh(const struct search *search, enum share share, enum seed_kind kind,
		     unsigned look)
{
	return !vain_seen(search->vain, look) ||
	       (!shares_scarce(search->shares, share) && vain_rare(search->vain, kind));
}

/* Should it make room for others, since a share is low? */
static bool makes_room(const struct search *search, enum share share, enum seed_kind kind,
		       unsigned look)
{
	if (!shares_low(search->shares, share) || is_fresh(search, share, kind, look))
		return false;
	return shares_scarce(search->shares, share) || vain_likely(search->vain, look);
}

/* Is a share so far down that this is left out? */
static bool left_out(struct search *search, enum share share, enum seed_kind kind, unsigned look)
{
	bool out = search->shares->left[share] == 0 || makes_room(search, share, kind, look);

	search->shares->untried += out;
	return out;
}

/* Which of the candidates that wait are tried. */
enum turn { TURN_LIBRARIES, TURN_FRESH, TURN_ALL };

static bool has_turn(struct search *search, const struct candidate *candidate, enum turn turn)
{
	enum seed_kind kind = candidate->seed.kind;

	return turn == TURN_ALL ||
	       (turn == TURN_LIBRARIES && kind == SEED_SEGMENT && !candidate->strict &&
		search_is_called(search, candidate->seed.offset)) ||
	       (turn == TURN_FRESH && is_fresh(search, SHARE_PROBE, kind, candidate->look));
}

/* Tries those candidates that wait and whose turn it is. */
static int try_waiting(struct search *search, enum turn turn)
{
	int code = 0;

	for (size_t i = 0; i < search->candidates && code == 0 && more_to_do(search); i++) {
		struct candidate *candidate = &search->detector->candidates[i];
		enum seed_kind kind = candidate->seed.kind;
		if (candidate->tried || !has_turn(search, candidate, turn))
			continue;
		candidate->tried = true;
		if (!search_covers(search, search->piece_offset + candidate->seed.offset) &&
		    !left_out(search, SHARE_PROBE, kind, candidate->look) &&
		    !left_out(search, SHARE_PROVE, kind, candidate->look))
			code = search_try(search, candidate);
	}
	return code;
}

/* Searches through libraries are long; where functions are called all around one, which are seeds,
 * too, it comes before these. Where a share is low, what is fresh does. */
static int try_candidates(struct search *search)
{
	int code = 0;

	if (shares_low(search->shares, SHARE_PROBE) || shares_low(search->shares, SHARE_PROVE))
		code = try_waiting(search, TURN_FRESH);
	else
		code = try_waiting(search, TURN_LIBRARIES);
	if (code == 0)
		code = try_waiting(search, TURN_ALL);
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
static bool judge(struct search *search, struct candidate *candidate)
{
	struct sweep *sweep = search->detector->sweeps[candidate->mode];
	uint64_t before = sweep_cost(sweep);
	bool plausible =
		plausible_ahead(sweep, candidate->mode, &candidate->seed, candidate->strict);

	search_pay_sweep(search, candidate->mode, before, SHARE_LOOK);
	if (!plausible)
		vain_count(search->vain, candidate->look, candidate->seed.kind);
	return plausible;
}

/* Judges a seed, in the widths in which it may mean something, by what follows it; those that are
 * left wait until there are many. */
static int consider(struct search *search, struct seed seed, unsigned modes,
		    struct image_cursor *images)
{
	bool strict = image_cursor_inside(images, search->piece_offset + seed.offset);
	int code = 0;

	search->detector->work.seeds++;
	if ((strict && never_in_images(seed.kind)) ||
	    (is_packed(search, search->piece_offset + seed.offset) &&
	     !seed_is_rare(search->piece, &seed)))
		return 0;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64 && code == 0; mode++) {
		struct candidate candidate = { seed, mode, strict, false, 0 };
		if (!(modes & 1u << mode))
			continue;
		candidate.seed.offset -= behind_prefix(search, mode, &seed);
		candidate.look = vain_look(search->piece, candidate.seed.offset, mode);
		if (left_out(search, SHARE_LOOK, seed.kind, candidate.look) ||
		    left_out(search, SHARE_PROBE, seed.kind, candidate.look))
			continue;
		code = search_sweep(search, mode);
		if (code < 0 || !judge(search, &candidate))
			continue;
		search->detector->work.candidates++;
		search->detector->candidates[search->candidates++] = candidate;
		if (search->candidates == SEARCH_CANDIDATES)
			code = try_candidates(search);
	}
	return code;
}

/* --- pieces --- */

/* The beginning of the bytes is where a person who hands over bare code means it to begin. */
static int try_beginning(struct search *search)
{
	struct candidate candidate = { .seed = { 0, SEED_PRINTABLE, true }, .mode = X86_MODE_32 };
	size_t found = search->count;
	int code = 0;

	if (search->piece_offset || image_cursor_inside(&search->images, 0))
		return 0;
	candidate.look = vain_look(search->piece, 0, X86_MODE_64 + 1);
	if (search->decoded && vain_likely(search->vain, candidate.look))
		return 0; /* the same word as so often in this stream */
	for (; candidate.mode <= X86_MODE_64 && code == 0 && search->count == found;
	     candidate.mode++) {
		code = search_sweep(search, candidate.mode);
		if (code == 0 &&
		    plausible_entry(search->detector->sweeps[candidate.mode], 0, search->decoded))
			code = search_try(search, &candidate);
	}
	return code;
}

/* The bytes up to `offset` of the piece earn their share, as far as they are not the next piece's
 * too. */
static void earn(struct search *search, size_t offset, size_t end)
{
	if (offset > end)
		offset = end;
	if (offset < search->earned + EARNED_AT_ONCE && offset < end)
		return;
	shares_earn(search->shares, offset - search->earned, search->decoded);
	search->earned = offset;
}

static struct bytes run_bytes(const struct search *search, const struct seed_run *run)
{
	return bytes_slice(search->piece, run->start, run->end - run->start);
}

/* A run of printable bytes that is far enough a way in some width: is there enough on it? */
static int consider_run(struct search *search, const struct seed_run *run)
{
	struct seed seed = { .offset = run->start, .kind = SEED_PRINTABLE };
	uint64_t cost = 0;
	unsigned widths = printable_widths(search->piece, run->start, run->end, run->widths, &cost);
	struct ingredients holds = { 0 };

	shares_spend(search->shares, SHARE_LOOK, cost);
	if (widths)
		holds = ingredients_of(run_bytes(search, run));
	seed.to_stack = ingredients_build(&holds);
	if (!seed.to_stack && holds.patches < INGREDIENTS_PATCHES)
		return 0;
	return consider(search, seed, widths, &search->printable_images);
}

/* Which of the printable runs that begin before `end` may be code that begins with them? */
static int consider_runs(struct search *search, struct seed_run *runs, size_t count, size_t end)
{
	int code = 0;

	count = ingredients_keep(search->piece, runs, count);
	strides_judge(&search->detector->strides, search->piece, runs, count);
	shares_spend(search->shares, SHARE_LOOK, (uint64_t)STRIDES_COST * count);
	for (size_t i = 0; i < count && runs[i].start < end && code == 0; i++)
		if (runs[i].widths && more_to_do(search))
			code = consider_run(search, &runs[i]);
	return code;
}

/* The printable runs of the piece that begin before `end`. */
static int search_runs(struct search *search, size_t end)
{
	struct seed_run runs[STRIDES_RUNS];
	size_t count, at = 0;
	int code = 0;

	while (code == 0 && more_to_do(search) && at < end &&
	       (count = seed_map_runs(&search->detector->map, &at, SHORTEST_RUN, runs,
				      STRIDES_RUNS)))
		code = consider_runs(search, runs, count, end);
	return code;
}

/* Packed data is asked for rare seeds alone. */
static void load_map(struct search *search)
{
	struct seed_map *map = &search->detector->map;
	size_t begin = search->piece_offset, end = begin + search->piece.length;

	seed_map_begin(map, search->piece);
	for (size_t i = 0; i < search->packed->count; i++) {
		const struct scan_stretch *packed = &search->packed->at[i];
		if (packed->end <= begin || packed->start >= end)
			continue;
		seed_map_fill(map, packed->start > begin ? packed->start - begin : 0);
		seed_map_fill_rare(map, packed->end - begin);
	}
	seed_map_fill(map, search->piece.length);
}

/* Seeds and printable runs of the piece in order; those of the overlap, from `end`, belong to the
 * next piece. */
static int search_piece(struct search *search, size_t end)
{
	size_t at = 0;
	int code = try_beginning(search);
	struct seed seed;

	load_map(search);
	while (code == 0 && more_to_do(search) &&
	       seed_map_next(&search->detector->map, at, &seed) && seed.offset < end) {
		earn(search, seed.offset, end);
		code = consider(search, seed, modes_of(search, &seed), &search->images);
		at = seed.offset + 1;
	}
	earn(search, search->piece.length, end);
	if (code == 0)
		code = try_candidates(search);
	if (code == 0)
		code = search_runs(search, end);
	return code == 0 ? try_candidates(search) : code;
}

static int by_offset(const void *a, const void *b)
{
	const struct shellcode_finding *first = a, *second = b;

	return (first->offset > second->offset) - (first->offset < second->offset);
}

int scan_raw(struct shellcode_detector *detector, struct bytes bytes, bool decoded,
	     const struct scan_packed *packed, struct bytes follow_up,
	     struct shellcode_finding *findings, size_t capacity, struct shares *shares,
	     struct vain *vain, struct error *error)
{
	struct search search = { .detector = detector,
				 .bytes = bytes,
				 .packed = packed,
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
	     offset += SEARCH_PIECE - OVERLAP) {
		search.piece_offset = offset;
		search.piece = bytes_slice(bytes, offset, SEARCH_PIECE);
		search.earned = 0;
		code = search_piece(&search, offset + SEARCH_PIECE < bytes.length
						     ? SEARCH_PIECE - OVERLAP
						     : SEARCH_PIECE);
		search_unload(&search);
		if (offset + SEARCH_PIECE >= bytes.length)
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
