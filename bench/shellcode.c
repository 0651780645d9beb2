/* How fast streams are searched, and how much of a folder of known shell codes is found.
 *
 * usage: bench_shellcode [--json]                     speed by class of data and on worst inputs;
 *                                                     recall where the corpus is at hand
 *        bench_shellcode [--json] [--list] FOLDER [PART] recall per platform, by
 * FOLDER/manifest.tsv (columns name, source, platform, size, sha256, quality; quality A counts),
 *                                                     bare and between 200 bytes of text
 *        bench_shellcode [--json] --class PART        speed on the data and the worst inputs whose
 *                                                     name has this part
 *        bench_shellcode [--json] --speed FILE…       throughput and findings of each file
 *
 * --list names what was not found. The codes are read as data and interpreted, never executed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shellcode/parts.h"

enum { PLATFORMS = 16, FINDINGS = 16, AROUND = 200, LARGEST = 1 << 30 };

struct tally {
	char platform[32];
	unsigned all, bare, wrapped;
};

bool json;
static bool list;

void figure_beside(const char *name, double value, const char *unit, const char *peer,
		   double peer_value)
{
	if (json && peer)
		printf("{\"bench\":\"shellcode\",\"case\":\"%s\",\"value\":%g,\"unit\":\"%s\","
		       "\"peer\":\"%s\",\"peer_value\":%g,\"ratio\":%g}\n",
		       name, value, unit, peer, peer_value, value / peer_value);
	else if (json)
		printf("{\"bench\":\"shellcode\",\"case\":\"%s\",\"value\":%g,\"unit\":\"%s\","
		       "\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	else if (peer)
		printf("%-56s %12.4g %-8s %s %.4g, ratio %.2f\n", name, value, unit, peer,
		       peer_value, value / peer_value);
	else
		printf("%-56s %12.4g %s\n", name, value, unit);
	fflush(stdout);
}

void figure(const char *name, double value, const char *unit)
{
	figure_beside(name, value, unit, NULL, 0);
}

static int scan(struct shellcode_detector *detector, struct bytes bytes, bool *exhausted)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	char text[800];
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, FINDINGS,
				   exhausted, &error);

	if (count < 0) {
		fprintf(stderr, "bench: %s\n", error_text(&error, text, sizeof text));
		exit(2);
	}
	for (int i = 0; i < count; i++) {
		char *actions = json_dumps(findings[i].actions, JSON_COMPACT);
		if (list) {
			printf("    at %zu (entry %zu) %s %s kind %s end %s", findings[i].offset,
			       findings[i].entry, findings[i].os, findings[i].arch,
			       findings[i].kind, findings[i].end);
			for (unsigned bit = 0; bit < SHELLCODE_EVIDENCE_COUNT; bit++)
				if (findings[i].evidence & 1u << bit)
					printf(" %s", shellcode_evidence_name(bit));
			printf(" %.300s\n", actions);
		}
		free(actions);
		shellcode_finding_fini(&findings[i]);
	}
	return count;
}

/* The code between two stretches of ordinary text. */
static void wrap(struct buffer *into, struct bytes code)
{
	static const char words[] = "The quick brown fox jumps over the lazy dog while 24 grey "
				    "geese look on. ";

	buffer_clear(into);
	for (size_t i = 0; i < AROUND; i++)
		buffer_append(into, &words[i % (sizeof words - 1)], 1);
	buffer_append(into, code.data, code.length);
	for (size_t i = 0; i < AROUND; i++)
		buffer_append(into, &words[i % (sizeof words - 1)], 1);
}

static struct tally *tally_of(struct tally *tallies, const char *platform)
{
	for (unsigned i = 0; i < PLATFORMS; i++) {
		if (tallies[i].platform[0] == 0)
			snprintf(tallies[i].platform, sizeof tallies[i].platform, "%s", platform);
		if (strcmp(tallies[i].platform, platform) == 0)
			return &tallies[i];
	}
	return &tallies[PLATFORMS - 1];
}

static void one_code(struct shellcode_detector *detector, const char *folder, const char *name,
		     struct tally *tally)
{
	struct buffer code, wrapped;
	struct error error;
	char path[1024], text[800];
	bool bare, inside;

	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	if (file_read(path, 1 << 20, &code, &error) < 0) {
		fprintf(stderr, "bench: %s\n", error_text(&error, text, sizeof text));
		return;
	}
	if (list)
		printf("%s\n", name);
	buffer_init(&wrapped, 2 << 20);
	wrap(&wrapped, buffer_bytes(&code));
	bare = scan(detector, buffer_bytes(&code), NULL) > 0;
	inside = scan(detector, buffer_bytes(&wrapped), NULL) > 0;
	tally->all++;
	tally->bare += bare;
	tally->wrapped += inside;
	if (list && !(bare && inside))
		printf("MISSED%s%s %s\n", bare ? "" : " bare", inside ? "" : " wrapped", name);
	fflush(stdout);
	buffer_fini(&code);
	buffer_fini(&wrapped);
}

static void report(const struct tally *tallies)
{
	char name[1024];

	for (unsigned i = 0; i < PLATFORMS && tallies[i].all; i++) {
		const struct tally *tally = &tallies[i];
		snprintf(name, sizeof name, "recall %s bare (of %u)", tally->platform, tally->all);
		figure(name, 100.0 * tally->bare / tally->all, "%");
		snprintf(name, sizeof name, "recall %s in text (of %u)", tally->platform,
			 tally->all);
		figure(name, 100.0 * tally->wrapped / tally->all, "%");
	}
}

static int recall(struct shellcode_detector *detector, const char *folder, const char *only)
{
	struct tally tallies[PLATFORMS] = { 0 };
	struct buffer manifest;
	struct reader reader;
	struct error error;
	char path[1024], text[800];
	double start = processor_time();

	snprintf(path, sizeof path, "%s/manifest.tsv", folder);
	if (file_read(path, 16 << 20, &manifest, &error) < 0) {
		fprintf(stderr, "bench: %s\n", error_text(&error, text, sizeof text));
		return 2;
	}
	reader = reader_of(buffer_bytes(&manifest));
	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		char name[256], platform[32], quality[8], row[1024];
		snprintf(row, sizeof row, "%.*s", (int)line.length, (const char *)line.data);
		if (sscanf(row, "%255[^\t]\t%*[^\t]\t%31[^\t]\t%*[^\t]\t%*[^\t]\t%7[^\t]", name,
			   platform, quality) != 3 ||
		    strcmp(quality, "A") != 0 || (only && !strstr(name, only)))
			continue;
		one_code(detector, folder, name, tally_of(tallies, platform));
	}
	report(tallies);
	figure("recall, time of all", processor_time() - start, "s");
	buffer_fini(&manifest);
	return 0;
}

static int speed(struct shellcode_detector *detector, const char *path)
{
	struct buffer content;
	struct error error;
	char text[800];
	bool exhausted;
	double start, seconds;
	int count;

	if (file_read(path, LARGEST, &content, &error) < 0) {
		fprintf(stderr, "bench: %s\n", error_text(&error, text, sizeof text));
		return 2;
	}
	start = processor_time();
	count = scan(detector, buffer_bytes(&content), &exhausted);
	seconds = processor_time() - start;
	snprintf(text, sizeof text, "speed %s%s", path, exhausted ? " (budget used up)" : "");
	figure(text, 8e-6 * (double)content.length / seconds, "Mbit/s");
	snprintf(text, sizeof text, "findings %s", path);
	if (count || json)
		figure(text, count, "findings");
	buffer_fini(&content);
	return 0;
}

/* Without arguments: speed, then recall on the corpus where it is at hand. */
static int both(struct shellcode_detector *detector)
{
	const char *corpus = getenv("KENBI_CORPUS");
	char folder[4096];
	int status = speed_report(detector, NULL);

	snprintf(folder, sizeof folder, "%s/shellcode", corpus ? corpus : "../shared/corpus");
	if (access(folder, R_OK) == 0)
		return status | recall(detector, folder, NULL);
	fprintf(stderr,
		"bench shellcode: no corpus at %s (set KENBI_CORPUS); recall is not measured\n",
		folder);
	return status;
}

int main(int count, char **arguments)
{
	struct shellcode_detector *detector;
	struct error error;
	const char *folder = NULL, *only = NULL, *class = NULL;
	bool speeds = false;
	int status = 0;

	if (shellcode_new(&detector, &error) < 0)
		return 3;
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0)
			json = true;
		else if (strcmp(arguments[i], "--list") == 0)
			list = true;
		else if (strcmp(arguments[i], "--class") == 0 && i + 1 < count)
			class = arguments[++i];
		else if (strcmp(arguments[i], "--speed") == 0)
			speeds = true;
		else if (speeds)
			status |= speed(detector, arguments[i]);
		else if (!folder)
			folder = arguments[i];
		else
			only = arguments[i];
	}
	if (class)
		status = speed_report(detector, class);
	else if (folder)
		status = recall(detector, folder, only);
	else if (!speeds)
		status = both(detector);
	shellcode_free(detector);
	return status;
}
