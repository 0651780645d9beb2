/* The door: a detector's life, what it is told and what it tells. */
#include "shellcode/search.h"

#include <stdlib.h>

int shellcode_new(struct shellcode_detector **detector, struct error *error)
{
	int code;

	*detector = calloc(1, sizeof **detector);
	if (!*detector)
		return error_set(error, ERROR_MEMORY, "shellcode", "no memory for a detector");
	strides_init(&(*detector)->strides);
	code = seed_map_init(&(*detector)->map, SEARCH_PIECE, error);
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
	repeats_fini(&detector->repeats);
	free(detector);
}

int shellcode_scan(struct shellcode_detector *detector, struct bytes bytes, struct bytes follow_up,
		   struct shellcode_finding *findings, size_t capacity, bool *exhausted,
		   struct error *error)
{
	bool alone = follow_up.length == 0 && detector->inside_image == 0 && !detector->delivered;
	bool cut = false;
	uint64_t before = detector->work.spent;
	int count = -1;

	if (alone)
		count = repeats_give(&detector->repeats, bytes, findings, capacity, &cut);
	if (count < 0) {
		count = scan_stream(detector, bytes, follow_up, findings, capacity, &cut, error);
		if (alone && count >= 0 && (size_t)count < capacity)
			repeats_keep(&detector->repeats, bytes, detector->work.spent - before,
				     findings, (size_t)count, cut);
	}
	if (exhausted)
		*exhausted = cut;
	detector->delivered = false;
	return count;
}

void shellcode_delivered(struct shellcode_detector *detector, const struct shellcode_file *files,
			 size_t count)
{
	detector->delivered = true;
	detector->files = files;
	detector->file_count = count;
}

void shellcode_explain(struct shellcode_detector *detector, bool wanted)
{
	repeats_fini(&detector->repeats); /* they came without listings, or with */
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
