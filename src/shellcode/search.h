/* What the files of the search share: a detector, the search of one stream's bytes, and the steps
 * from a seed to a finding.
 *
 * search.c goes through the bytes and judges seeds, attempt.c tries the start points of one, lay.c
 * runs them, extend.c finds where the code begins, finding.c proves it and tells what was found. */
#ifndef KENBI_SHELLCODE_SEARCH_H
#define KENBI_SHELLCODE_SEARCH_H

#include "shellcode/image.h"
#include "shellcode/probe.h"
#include "shellcode/rehearse.h"
#include "shellcode/scan.h"
#include "shellcode/repeat.h"
#include "shellcode/seed.h"
#include "shellcode/start.h"
#include "shellcode/strides.h"

enum {
	SEARCH_PIECE = 1 << 17,	    /* bytes that are worked on at once */
	SEARCH_CANDIDATES = 4096,   /* that wait */
	SEARCH_EXTENTS = 256,	    /* of findings, that later ones are compared with */
	SEARCH_WEAK = 1,	    /* scores up to this one promise little, and leave so many */
	SEARCH_FOR_STRONG = 3200000 /* nanoseconds of the share of proofs to those above */
};

/* A seed in the width in which it means something. */
struct candidate {
	struct seed seed; /* offset into the piece */
	enum x86_mode mode;
	bool strict; /* inside an executable image */
	bool tried;
	unsigned look; /* see vain.h */
};

/* The bytes of a stream that a finding's code touched: [first, end). */
struct extent {
	size_t first, end;
};

struct shellcode_detector {
	struct extent extents[SEARCH_EXTENTS]; /* of the stream's findings */
	struct probe *probes[2]; /* by enum x86_mode; made at first need, as the sweeps */
	struct sweep *sweeps[2];
	struct seed_map map;
	struct callers callers;
	struct strides strides;
	struct candidate candidates[SEARCH_CANDIDATES];
	struct shellcode_work work;
	struct repeats repeats;
	bool explains;	       /* findings come with their listing */
	uint64_t inside_image; /* bytes of the next scan, see shellcode_begins_inside_image */
	bool delivered;	       /* of the next scan, see shellcode_delivered */
	const struct shellcode_file *files;
	size_t file_count;
};

struct search {
	struct shellcode_detector *detector;
	struct bytes bytes, follow_up;
	struct bytes piece; /* of bytes, at piece_offset */
	size_t piece_offset;
	bool swept[2], loaded[2]; /* sweeps hold the piece, probes a part of it */
	bool in_functions;	  /* the present seed is called, and searches libraries */
	bool called;		  /* callers holds the piece's calls */
	struct bytes laid[2];	  /* that part */
	size_t candidates;
	struct image_cursor images, printable_images;
	const struct scan_packed *packed;
	size_t packed_next; /* the first of them that does not end before the present seed */
	struct shares *shares;
	struct vain *vain;
	bool decoded;	    /* the bytes are a view's */
	size_t earned;	    /* bytes of the piece that have earned their share */
	uint64_t for_proof; /* of the share of proofs, when a start is extended */
	uint64_t reserve;   /* of the share of probes, for the candidates behind the present one */
	struct shellcode_finding *findings;
	size_t capacity, count;
	size_t covered; /* behind the last finding's end */
	struct error *error;
};

/* The start that promises most. */
struct best {
	size_t start;
	enum x86_mode mode;
	enum convention convention;
	struct promise promise;
};

static inline bool search_is_weak(const struct promise *promise)
{
	return promise->score <= SEARCH_WEAK;
}

/* --- lay.c: the sweeps and probes of a piece --- */

/* Loads the sweep of the piece, unless it is. ERROR_MEMORY. */
MUST_CHECK int search_sweep(struct search *search, enum x86_mode mode);
/* Lays what surrounds `offset` of the piece under the probe, if it does not lie there yet, with
 * `other` in it where that is not too far away. ERROR_MEMORY, ERROR_INTERNAL. */
MUST_CHECK int search_lay(struct search *search, enum x86_mode mode, size_t offset, size_t other);
/* The calls of the piece. */
const struct callers *search_callers(struct search *search);
/* Does one of them lead to a place not far before `offset`? */
bool search_is_called(struct search *search, size_t offset);
/* How a run from `start` of the piece, for a seed at `offset`, would end, as far as that is certain
 * (see rehearse.h).
 * ERROR_MEMORY, ERROR_INTERNAL. */
MUST_CHECK int search_rehearse(struct search *search, enum x86_mode mode, size_t offset,
			       size_t start, enum convention convention, enum rehearsal_end *end);
/* Runs from `start` of the piece at the cost of `share`, of which `reserve` is left; one run of
 * many takes but a part, since a search that was begun in its middle may never end. */
struct promise search_run(struct search *search, enum x86_mode mode, size_t start,
			  enum convention convention, enum patience patience, enum share share,
			  uint64_t reserve);
/* Pays for what was asked of a sweep since it had cost `before`. */
void search_pay_sweep(struct search *search, enum x86_mode mode, uint64_t before, enum share share);
/* The piece is done with. */
void search_unload(struct search *search);

/* --- attempt.c --- */

/* Tries the start points that reach the candidate's seed, and keeps what is found. ERROR_MEMORY,
 * ERROR_INTERNAL. */
MUST_CHECK int search_try(struct search *search, const struct candidate *candidate);

/* --- extend.c --- */

/* Goes back over instructions that lead straight to the best start and do no harm, through a few
 * that look like text or padding when others lie before them. */
void search_extend(struct search *search, enum x86_mode mode, enum patience patience,
		   struct best *best);
/* Is its first instruction text, or padding, rather than code? */
bool search_begins_in_text(struct search *search, enum x86_mode mode, size_t start);
/* Goes back to the earliest start point that promises as much and from which code leads there, not
 * text: in between, where a part of what is put together is missing, it may promise less. False:
 * there is none. */
bool search_reach_back(struct search *search, enum x86_mode mode, const struct start *starts,
		       const struct promise *promises, size_t count, struct best *best);

/* --- finding.c --- */

/* Proves the best start in every world where it is promising; keeps the one that shows most.
 * ERROR_MEMORY, ERROR_INTERNAL. */
/* Does that offset of the bytes belong to a finding? */
bool search_covers(const struct search *search, size_t offset);
MUST_CHECK int search_prove(struct search *search, const struct best *best, bool strict);

#endif
