/* A side is searched as it crossed, but for ciphertext, and for files that crossed in several runs
 * (reads and writes of SMB): these are searched in the order of the file, as who opens it has them,
 * with what tells programs from other bytes in front; what was said around them is searched without
 * them. Each search begins with a burst of its own (docs/shellcode-search.md), so there are few of
 * them: what is short or beyond their number is searched as it crossed. */
#include "pipeline/detection_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FINDINGS       64	  /* most pieces of shellcode told of one side */
#define STRETCHES_MOST 64	  /* of ciphertext, between which is searched one by one */
#define FILES_MOST     64	  /* of a side that are searched for themselves */
#define FILE_LEAST     (16 << 10) /* bytes of such a file */
#define DELIVERED_MOST 256	  /* files of a side that crossed in one run */

struct side_search {
	struct shellcode_detector *detector;
	struct detection_job *job;
	const struct stream_description *description;
	enum stream_side side;
	struct bytes said;
	struct shellcode_finding findings[FINDINGS];
	size_t count;
	const struct stream_file *files[FILES_MOST];
	size_t file_count;
};

/* Bytes of a side that were joined from runs of it. */
struct joined {
	struct bytes bytes;
	const struct stream_piece *pieces;
	size_t count;
};

/* A side that is nothing but one executable goes to the simulator whole, not to the search for raw
 * code. */
static bool is_all_executable(const struct stream_description *description, enum stream_side side)
{
	for (size_t i = 0; i < description->file_count; i++)
		if (description->files[i].sender == side && description->files[i].offset == 0 &&
		    strcmp(description->files[i].media, "pe") == 0)
			return true;
	return false;
}

/* The findings of one scan are behind those before; returns how many there are. These files lie
 * whole in the bytes; a conversation that deviates, or that was not judged, delivers nothing. */
static int scan(struct side_search *search, struct bytes bytes, const struct shellcode_file *files,
		size_t file_count)
{
	bool exhausted = false;

	if (!search->job->session->part && search->description->conformance == STREAM_CONFORMS)
		shellcode_delivered(search->detector, files, file_count);
	int count = shellcode_scan(search->detector, bytes, (struct bytes){ 0 },
				   search->findings + search->count, FINDINGS - search->count,
				   &exhausted, &search->job->error);

	search->job->side[search->side].exhausted |= exhausted;
	return count;
}

/* --- as it crossed --- */

/* The next stretch of the side, from *at on, that is no ciphertext; *at then is where to go on. */
static struct bytes next_open(const struct side_search *search, size_t *range, size_t *at)
{
	size_t begin = *at, end = search->said.length;

	for (; *range < search->description->sealed_count; ++*range) {
		const struct stream_range *sealed = &search->description->sealed[*range];
		if (sealed->side != search->side)
			continue;
		if (sealed->offset > begin) {
			end = sealed->offset;
			break;
		}
		begin = sealed->offset + sealed->length;
	}
	*at = end;
	return bytes_slice(search->said, begin, end - begin);
}

/* Complete files that lie in what the side said. */
static size_t files_as_crossed(const struct side_search *search,
			       struct shellcode_file files[DELIVERED_MOST])
{
	const struct stream_description *description = search->description;
	uintptr_t begin = (uintptr_t)search->said.data;
	size_t count = 0;

	for (size_t i = 0; i < description->file_count && count < DELIVERED_MOST; i++) {
		const struct stream_file *file = &description->files[i];
		uintptr_t at = (uintptr_t)file->content.data;
		if (file->sender == search->side && file->complete && at >= begin &&
		    at - begin < search->said.length)
			files[count++] =
				(struct shellcode_file){ at - begin, file->content.length };
	}
	return count;
}

static int search_stretch(struct side_search *search, struct bytes stretch)
{
	struct shellcode_file files[DELIVERED_MOST];
	bool all = stretch.length == search->said.length;
	size_t file_count = all ? files_as_crossed(search, files) : 0;
	int count = scan(search, stretch, files, file_count);

	for (int i = 0; i < count; i++) {
		struct shellcode_finding *finding = &search->findings[search->count++];
		finding->offset += (size_t)(stretch.data - search->said.data);
		finding->entry += (size_t)(stretch.data - search->said.data);
	}
	return count < 0 ? count : 0;
}

/* With more stretches than an honest conversation has it is searched as it is. */
static int search_as_crossed(struct side_search *search)
{
	bool ragged = search->description->sealed_count > STRETCHES_MOST;
	size_t range = ragged ? SIZE_MAX : 0, at = 0;
	int code = 0;

	while (at < search->said.length && code == 0 && search->count < FINDINGS) {
		struct bytes stretch = next_open(search, &range, &at);
		if (stretch.length)
			code = search_stretch(search, stretch);
	}
	return code;
}

/* --- joined --- */

/* Where a byte crossed. */
static size_t crossed_at(const struct joined *joined, size_t at)
{
	size_t low = 0, high = joined->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (joined->pieces[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return joined->pieces[low].offset + (at - joined->pieces[low].at);
}

/* The view begins with the file. */
static void name_file(struct shellcode_finding *finding)
{
	char view[sizeof finding->view - sizeof "file"];

	snprintf(view, sizeof view, "%s", finding->view);
	snprintf(finding->view, sizeof finding->view, "file%s%s", view[0] ? " " : "", view);
}

static int search_joined(struct side_search *search, const struct joined *joined, bool is_file)
{
	struct shellcode_file whole = { 0, joined->bytes.length };
	int count = search->count < FINDINGS ? scan(search, joined->bytes, &whole, is_file) : 0;

	for (int i = 0; i < count; i++) {
		struct shellcode_finding *finding = &search->findings[search->count++];
		finding->offset = crossed_at(joined, finding->offset);
		finding->entry = crossed_at(joined, finding->entry);
		if (is_file)
			name_file(finding);
	}
	return count < 0 ? count : 0;
}

static void choose_files(struct side_search *search)
{
	for (size_t i = 0; i < search->description->file_count; i++) {
		const struct stream_file *file = &search->description->files[i];
		if (file->sender == search->side && file->piece_count &&
		    file->content.length >= FILE_LEAST && search->file_count < FILES_MOST)
			search->files[search->file_count++] = file;
	}
}

static int by_offset(const void *a, const void *b)
{
	const struct stream_piece *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

/* The runs that belong to files, in the order in which they crossed. NULL: no memory. */
static struct stream_piece *runs_of_files(const struct side_search *search, size_t *count)
{
	struct stream_piece *runs;

	*count = 0;
	for (size_t i = 0; i < search->file_count; i++)
		*count += search->files[i]->piece_count;
	runs = malloc((*count + 1) * sizeof *runs);
	if (!runs)
		return NULL;
	for (size_t i = 0, at = 0; i < search->file_count; i++) {
		memcpy(runs + at, search->files[i]->pieces,
		       search->files[i]->piece_count * sizeof *runs);
		at += search->files[i]->piece_count;
	}
	qsort(runs, *count, sizeof *runs, by_offset);
	return runs;
}

/* What is left of the side without those runs. `into` has room for all of it, `pieces` for one more
 * than there are runs. */
static struct joined leave_out(struct bytes said, const struct stream_piece *runs, size_t count,
			       uint8_t *into, struct stream_piece *pieces)
{
	struct joined rest = { .bytes = { into, 0 }, .pieces = pieces };
	size_t from = 0;

	for (size_t i = 0; i <= count; i++) {
		size_t until = i < count ? runs[i].offset : said.length;
		if (until > from) {
			pieces[rest.count++] =
				(struct stream_piece){ rest.bytes.length, from, until - from };
			memcpy(into + rest.bytes.length, said.data + from, until - from);
			rest.bytes.length += until - from;
		}
		if (i < count && runs[i].offset + runs[i].length > from)
			from = runs[i].offset + runs[i].length;
	}
	return rest;
}

static int search_rest(struct side_search *search)
{
	size_t count;
	struct stream_piece *runs = runs_of_files(search, &count);
	struct stream_piece *pieces = malloc((count + 1) * sizeof *pieces);
	uint8_t *bytes = malloc(search->said.length);
	int code = ERROR_MEMORY;

	if (runs && pieces && bytes) {
		struct joined rest = leave_out(search->said, runs, count, bytes, pieces);
		code = rest.bytes.length ? search_joined(search, &rest, false) : 0;
	} else {
		error_set(&search->job->error, ERROR_MEMORY, NULL, "no memory to search");
	}
	free(runs);
	free(pieces);
	free(bytes);
	return code;
}

static int search_files(struct side_search *search)
{
	int code = 0;

	for (size_t i = 0; i < search->file_count && code == 0; i++) {
		const struct stream_file *file = search->files[i];
		struct joined joined = { file->content, file->pieces, file->piece_count };
		code = search_joined(search, &joined, true);
	}
	return code == 0 ? search_rest(search) : code;
}

/* --- the side --- */

static int by_place(const void *a, const void *b)
{
	const struct shellcode_finding *left = a, *right = b;

	return (left->offset > right->offset) - (left->offset < right->offset);
}

static int keep(struct side_search *search)
{
	struct detection_side *result = &search->job->side[search->side];

	qsort(search->findings, search->count, sizeof *search->findings, by_place);
	result->findings = malloc(search->count * sizeof *search->findings);
	if (!result->findings)
		return error_set(&search->job->error, ERROR_MEMORY, NULL, "no memory for findings");
	memcpy(result->findings, search->findings, search->count * sizeof *search->findings);
	result->count = search->count;
	digest_text(search->said, result->code);
	return 0;
}

int detection_search_side(struct shellcode_detector *detector, struct detection_job *job,
			  enum stream_side side)
{
	struct side_search search = { .detector = detector,
				      .job = job,
				      .description = &job->description,
				      .side = side,
				      .said = job->session->half[side].data };
	int code;

	if (is_all_executable(&job->description, side))
		return 0;
	choose_files(&search);
	code = search.file_count ? search_files(&search) : search_as_crossed(&search);
	if (code == 0 && search.count)
		code = keep(&search);
	for (size_t i = 0; code < 0 && i < search.count; i++)
		shellcode_finding_fini(&search.findings[i]);
	return code;
}
