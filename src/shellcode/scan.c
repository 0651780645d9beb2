/* The door's scan: the bytes as they are, then the views of them, then the views of these, up to a
 * depth. What is found in a view is told by where the view was made from. */
#include "shellcode/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/media.h"
#include "shellcode/view.h"

enum {
	DEPTH = 4,	       /* views in views */
	VIEWS_FLOOR = 8 << 20, /* decoded bytes that any stream may give */
	VIEWS_PER_BYTE = 4     /* and for each of its bytes */
};

struct scan {
	struct shellcode_detector *detector;
	struct bytes follow_up;
	struct shellcode_finding *findings;
	size_t capacity, count;
	uint64_t views_budget; /* decoded bytes that are left */
	struct shares shares;
	struct vain vain;
	bool exhausted; /* something was left out */
	struct error *error;
};

/* The bytes on one level, and how they came from those above. */
struct level {
	struct bytes bytes;
	const struct view *view; /* NULL: the bytes that were given */
	const struct level *above;
	unsigned depth;
};

static size_t origin(const struct level *level, size_t offset)
{
	for (; level->view; level = level->above)
		offset = view_origin(level->view, offset);
	return offset;
}

/* "chunked gzip unescape": outermost first. */
static void name_views(const struct level *level, char *name, size_t size)
{
	size_t used;

	if (!level->view)
		return;
	name_views(level->above, name, size);
	used = strlen(name);
	snprintf(name + used, size - used, "%s%s", used ? " " : "", level->view->name);
}

/* The same code is seen again where an encoding leaves it as it is. */
static bool is_known(const struct scan *scan, const struct shellcode_finding *finding, size_t known)
{
	for (size_t i = 0; i < known; i++)
		if (scan->findings[i].offset == finding->offset &&
		    strcmp(scan->findings[i].kind, finding->kind) == 0)
			return true;
	return false;
}

static int scan_level(struct scan *scan, const struct level *level,
		      const struct scan_packed *packed)
{
	size_t first = scan->count;
	int count = scan_raw(scan->detector, level->bytes, level->view != NULL, packed,
			     scan->follow_up, scan->findings + scan->count,
			     scan->capacity - scan->count, &scan->shares, &scan->vain, scan->error);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		struct shellcode_finding finding = scan->findings[first + (size_t)i];
		finding.offset = origin(level, finding.offset);
		finding.entry = origin(level, finding.entry);
		name_views(level, finding.view, sizeof finding.view);
		if (is_known(scan, &finding, first))
			shellcode_finding_fini(&finding);
		else
			scan->findings[scan->count++] = finding;
	}
	return 0;
}

static void note_packed(struct scan_packed *packed, size_t start, size_t end)
{
	if (packed->count == SCAN_PACKED)
		return;
	packed->at[packed->count].start = start;
	packed->at[packed->count++].end = end;
}

static void note_media(struct scan_packed *packed, struct bytes bytes, size_t offset, size_t length)
{
	struct media media;

	media_check(bytes_slice(bytes, offset, length), &media);
	for (size_t i = 0; i < media.count; i++)
		note_packed(packed, offset + media.at[i].start, offset + media.at[i].end);
}

/* Of files that were delivered: in the bytes that were given where they are said to be, in what is
 * decoded at its beginning. */
static void note_delivered(const struct scan *scan, const struct level *level,
			   struct scan_packed *packed)
{
	const struct shellcode_detector *detector = scan->detector;

	if (!detector->delivered)
		return;
	if (level->view)
		note_media(packed, level->bytes, 0, level->bytes.length);
	else
		for (size_t i = 0; i < detector->file_count; i++)
			note_media(packed, level->bytes, detector->files[i].offset,
				   detector->files[i].length);
}

static int by_start(const void *a, const void *b)
{
	const struct scan_stretch *first = a, *second = b;

	return (first->start > second->start) - (first->start < second->start);
}

/* In order, and what overlaps as one: packed files may stand in media. */
static void settle(struct scan_packed *packed)
{
	size_t kept = 0;

	qsort(packed->at, packed->count, sizeof packed->at[0], by_start);
	for (size_t i = 0; i < packed->count; i++) {
		struct scan_stretch next = packed->at[i];
		if (kept && next.start <= packed->at[kept - 1].end) {
			if (next.end > packed->at[kept - 1].end)
				packed->at[kept - 1].end = next.end;
		} else {
			packed->at[kept++] = next;
		}
	}
	packed->count = kept;
}

static int scan_everything(struct scan *scan, const struct level *level);

/* Searches views of a level. *packed: told which are of packed data, or knows where such lies. */
static int scan_views(struct scan *scan, const struct level *level, enum views_of of,
		      struct scan_packed *packed)
{
	struct views views;
	struct view view;
	int found, code = 0;

	if (level->depth == DEPTH)
		return 0;
	views_init(&views, of, level->bytes, &scan->views_budget);
	views.packed = of == VIEWS_OTHERS ? packed : NULL;
	views.room = &scan->detector->room;
	while (code == 0 && scan->count < scan->capacity && (found = views_next(&views, &view))) {
		struct level below = { .bytes = { view.data, view.length },
				       .view = &view,
				       .above = level,
				       .depth = level->depth + 1 };
		if (found < 0)
			return error_set(scan->error, ERROR_MEMORY, "shellcode",
					 "no memory for a view");
		if (of == VIEWS_PACKED && view.whole)
			note_packed(packed, view.packed, view.end);
		code = scan_everything(scan, &below);
		view_fini(&view);
	}
	scan->exhausted |= views.exhausted;
	return code;
}

/* What is unpacked comes first, since it says how the packed bytes are to be searched. */
static int scan_everything(struct scan *scan, const struct level *level)
{
	struct scan_packed packed = { .count = 0 };
	int code = scan_views(scan, level, VIEWS_PACKED, &packed);

	note_delivered(scan, level, &packed);
	settle(&packed);
	if (code == 0)
		code = scan_level(scan, level, &packed);
	if (code == 0)
		code = scan_views(scan, level, VIEWS_OTHERS, &packed);
	return code;
}

static int by_offset(const void *a, const void *b)
{
	const struct shellcode_finding *first = a, *second = b;

	return (first->offset > second->offset) - (first->offset < second->offset);
}

int scan_stream(struct shellcode_detector *detector, struct bytes bytes, struct bytes follow_up,
		struct shellcode_finding *findings, size_t capacity, bool *exhausted,
		struct error *error)
{
	struct scan scan = { .detector = detector,
			     .follow_up = follow_up,
			     .findings = findings,
			     .capacity = capacity,
			     .views_budget = VIEWS_FLOOR + VIEWS_PER_BYTE * (uint64_t)bytes.length,
			     .error = error };
	struct level given = { .bytes = bytes };
	int code;

	shares_init(&scan.shares);
	code = scan_everything(&scan, &given);
	*exhausted = scan.exhausted || scan.shares.untried > 0;
	if (code < 0) {
		for (size_t i = 0; i < scan.count; i++)
			shellcode_finding_fini(&findings[i]);
		return code;
	}
	qsort(findings, scan.count, sizeof *findings, by_offset);
	return (int)scan.count;
}
