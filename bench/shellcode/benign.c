/* False positives: every file below the folders, then random bytes. Each finding is one too many,
 * unless the folder holds shellcode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/parts.h"

enum { WINDOW = 16 << 20, FINDINGS = 16, PROGRESS = 256 << 20 };

struct benign {
	struct shellcode_detector *detector;
	uint64_t bytes, limit, reported, files, exhausted;
	unsigned findings;
	double start;
};

static void progress(struct benign *benign)
{
	if (benign->bytes - benign->reported < PROGRESS)
		return;
	benign->reported = benign->bytes;
	fprintf(stderr, "%.2f GB, %llu files, %u findings, %.2f Gbit/s\n",
		(double)benign->bytes / 1e9, (unsigned long long)benign->files, benign->findings,
		8e-9 * (double)benign->bytes / (processor_time() - benign->start));
}

static bool search(struct benign *benign, const char *name, size_t offset, struct bytes bytes)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	char text[800];
	bool exhausted = false;
	int count = shellcode_scan(benign->detector, bytes, (struct bytes){ NULL, 0 }, findings,
				   FINDINGS, &exhausted, &error);

	if (count < 0) {
		fprintf(stderr, "bench: %s: %s\n", name, error_text(&error, text, sizeof text));
		return false;
	}
	benign->exhausted += exhausted;
	if (exhausted)
		fprintf(stderr, "budget used up: %s at %zu\n", name, offset);
	for (int i = 0; i < count; i++) {
		fprintf(stderr, "finding: %s at %zu, entry %zu: %s %s, end %s, evidence", name,
			offset + findings[i].offset, offset + findings[i].entry, findings[i].os,
			findings[i].arch, findings[i].end);
		for (unsigned bit = 0; bit < SHELLCODE_EVIDENCE_COUNT; bit++)
			if (findings[i].evidence & 1u << bit)
				fprintf(stderr, " %s", shellcode_evidence_name(bit));
		fprintf(stderr, "\n");
		shellcode_finding_fini(&findings[i]);
	}
	benign->findings += (unsigned)count;
	benign->bytes += bytes.length;
	progress(benign);
	return benign->bytes < benign->limit;
}

static bool search_file(const char *path, void *context)
{
	struct benign *benign = context;
	struct buffer content;
	struct error error;
	bool go_on = true;

	if (file_read(path, SIZE_MAX / 4, &content, &error) < 0)
		return true;
	benign->files++;
	for (size_t at = 0; at < content.length && go_on; at += WINDOW) {
		struct bytes window = bytes_slice(buffer_bytes(&content), at, WINDOW);
		go_on = search(benign, path, at, window);
		shellcode_begins_inside_image(
			benign->detector,
			shellcode_image_behind(benign->detector, window, window.length - 1));
	}
	shellcode_begins_inside_image(benign->detector, 0);
	buffer_fini(&content);
	return go_on;
}

static bool search_random(struct benign *benign)
{
	uint8_t *noise = malloc(WINDOW);
	struct random random;
	bool go_on = noise != NULL;

	for (uint64_t stream = 0; go_on; stream++) {
		random_init(&random, 1000, stream);
		for (size_t i = 0; i < WINDOW; i += 4) {
			uint32_t word = random_u32(&random);
			memcpy(noise + i, &word, 4);
		}
		go_on = search(benign, "random bytes", 0, (struct bytes){ noise, WINDOW });
	}
	free(noise);
	return noise != NULL;
}

int benign_report(struct shellcode_detector *detector, char **folders, int count, uint64_t limit)
{
	struct benign benign = { .detector = detector, .limit = limit, .start = processor_time() };
	bool go_on = true;

	for (int i = 0; i < count && go_on; i++)
		go_on = data_walk(folders[i], search_file, &benign);
	if (count == 0 && !search_random(&benign))
		return 2;
	figure("benign, scanned", (double)benign.bytes / 1e9, "GB");
	figure("benign, files", (double)benign.files, "");
	figure("benign, findings", benign.findings, "");
	figure("benign, budgets used up", (double)benign.exhausted, "");
	figure("benign, speed", 8e-9 * (double)benign.bytes / (processor_time() - benign.start),
	       "Gbit/s");
	return benign.findings ? 1 : 0;
}
