/* Which of a folder of known shell codes are found, and what is told about each.
 *
 * usage: bench_recall [--json] [--list] [--every=N/M] [FOLDER [NAME-PART]]
 *
 * FOLDER/manifest.tsv has the columns name, source, platform, size, sha256, quality, note; quality
 * A counts. Every code is looked for bare, between 200 bytes of text, and as the body of an HTTP
 * request. A table per platform and the names of the misses are printed, those that
 * docs/shellcode.md gives a reason for apart; --list prints every code with its findings, --json
 * one object a code,
 * --every takes the N-th of M parts. Without FOLDER: $KENBI_CORPUS/shellcode or
 * ../shared/corpus/shellcode. The codes are data; nothing executes them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shellcode/shellcode.h"

enum { PLATFORMS = 16, FINDINGS = 16, AROUND = 200, PLACES = 3 };

/* Its table "| code | where | why |" says which codes cannot be found. */
static const char explanations[] = "docs/shellcode.md";

static const char *const places[PLACES] = { "bare", "text", "http" };

struct tally {
	char platform[32];
	unsigned all, found[PLACES], explained[PLACES];
};

struct task {
	struct shellcode_detector *detector;
	const char *folder, *only;
	bool json, list;
	unsigned part, parts;
	struct tally tallies[PLATFORMS];
	struct buffer explanations, explained, misses;
};

static void fail(const struct error *error)
{
	char text[800];

	fprintf(stderr, "bench: %s\n", error_text(error, text, sizeof text));
	exit(2);
}

static void put(struct buffer *into, struct bytes code, unsigned place)
{
	static const char words[] = "The quick brown fox jumps over the lazy dog while 24 grey "
				    "geese look on. ";

	buffer_clear(into);
	for (size_t i = 0; place == 1 && i < AROUND; i++)
		buffer_append(into, &words[i % (sizeof words - 1)], 1);
	if (place == 2)
		buffer_printf(
			into,
			"POST /cgi-bin/upload HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: "
			"Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nContent-Type: "
			"application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
			code.length);
	buffer_append(into, code.data, code.length);
	for (size_t i = 0; place == 1 && i < AROUND; i++)
		buffer_append(into, &words[i % (sizeof words - 1)], 1);
}

static json_t *told(const struct shellcode_finding *finding)
{
	json_t *evidence = json_array();

	for (unsigned bit = 0; bit < SHELLCODE_EVIDENCE_COUNT; bit++)
		if (finding->evidence & 1u << bit)
			json_array_append_new(evidence, json_string(shellcode_evidence_name(bit)));
	return json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:I,s:o,s:O}", "offset",
			 (json_int_t)finding->offset, "entry", (json_int_t)finding->entry, "os",
			 finding->os, "arch", finding->arch, "kind", finding->kind, "end",
			 finding->end, "instructions", (json_int_t)finding->instructions,
			 "evidence", evidence, "actions", finding->actions);
}

static json_t *scan(struct task *task, struct bytes bytes)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	json_t *list = json_array();
	int count = shellcode_scan(task->detector, bytes, (struct bytes){ NULL, 0 }, findings,
				   FINDINGS, NULL, &error);

	if (count < 0)
		fail(&error);
	for (int i = 0; i < count; i++) {
		json_array_append_new(list, told(&findings[i]));
		shellcode_finding_fini(&findings[i]);
	}
	return list;
}

static struct tally *tally_of(struct task *task, const char *platform)
{
	for (unsigned i = 0; i < PLATFORMS; i++) {
		struct tally *tally = &task->tallies[i];
		if (tally->platform[0] == 0)
			snprintf(tally->platform, sizeof tally->platform, "%s", platform);
		if (strcmp(tally->platform, platform) == 0)
			return tally;
	}
	return &task->tallies[PLATFORMS - 1];
}

/* Why a code cannot be found at a place, or false. Rows: "| `NAME` | place place | reason |". */
static bool reason_of(const struct task *task, const char *name, const char *place, char *reason,
		      size_t size)
{
	struct reader reader = reader_of(buffer_bytes(&task->explanations));
	char wanted[300], row[2048];

	snprintf(wanted, sizeof wanted, "| `%s` | ", name);
	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		char *where, *why, *end;
		snprintf(row, sizeof row, "%.*s", (int)(line.length < 2000 ? line.length : 2000),
			 (const char *)line.data);
		if (strncmp(row, wanted, strlen(wanted)) != 0)
			continue;
		where = row + strlen(wanted);
		why = strstr(where, " | ");
		end = why ? strstr(why + 3, " |") : NULL;
		if (!end)
			return false;
		*why = *end = 0;
		snprintf(reason, size, "%s", why + 3);
		return strstr(where, place) != NULL;
	}
	return false;
}

static void note_miss(struct task *task, struct tally *tally, const char *name, unsigned place,
		      struct buffer *line)
{
	char reason[1024];
	bool known = reason_of(task, name, places[place], reason, sizeof reason);

	tally->explained[place] += known;
	if (!known)
		buffer_printf(line, "%s%s", line->length ? " " : "missed: ", places[place]);
	else if (!strstr(buffer_text(&task->explained), name))
		buffer_printf(&task->explained, "cannot be found: %s: %s\n", name, reason);
}

static void one_code(struct task *task, const char *name, const char *platform, const char *note)
{
	struct tally *tally = tally_of(task, platform);
	struct buffer code, wrapped, missed;
	struct error error;
	char path[1024];
	json_t *row = json_pack("{s:s,s:s,s:s}", "name", name, "platform", platform, "note", note);

	snprintf(path, sizeof path, "%s/%s.bin", task->folder, name);
	if (file_read(path, 1 << 20, &code, &error) < 0)
		fail(&error);
	buffer_init(&wrapped, 2 << 20);
	buffer_init(&missed, 4096);
	tally->all++;
	for (unsigned place = 0; place < PLACES; place++) {
		put(&wrapped, buffer_bytes(&code), place);
		json_t *list = scan(task, buffer_bytes(&wrapped));
		bool found = json_array_size(list) > 0;
		tally->found[place] += found;
		if (!found)
			note_miss(task, tally, name, place, &missed);
		json_object_set_new(row, places[place], list);
	}
	if (missed.length)
		buffer_printf(&task->misses, "%s: %s (%s)\n", buffer_text(&missed), name, note);
	if (task->json || task->list) {
		char *text = json_dumps(row, task->json ? JSON_COMPACT : JSON_INDENT(1));
		printf("%s\n", text ? text : "");
		free(text);
	}
	json_decref(row);
	buffer_fini(&code);
	buffer_fini(&wrapped);
	buffer_fini(&missed);
}

/* Column `index` of a line of tab-separated values. */
static const char *column(struct bytes line, unsigned index, char *into, size_t size)
{
	size_t start = 0, end;

	for (; index; index--) {
		while (start < line.length && line.data[start] != '\t')
			start++;
		start++;
	}
	for (end = start; end < line.length && line.data[end] != '\t'; end++)
		;
	snprintf(into, size, "%.*s", start < line.length ? (int)(end - start) : 0,
		 (const char *)line.data + (start < line.length ? start : 0));
	return into;
}

static void every_code(struct task *task, struct bytes manifest)
{
	struct reader reader = reader_of(manifest);
	unsigned number = 0;

	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		char name[256], platform[32], quality[8], note[512];
		if (strcmp(column(line, 5, quality, sizeof quality), "A") != 0 ||
		    (task->only && !strstr(column(line, 0, name, sizeof name), task->only)) ||
		    number++ % task->parts != task->part)
			continue;
		column(line, 0, name, sizeof name);
		one_code(task, name, column(line, 2, platform, sizeof platform),
			 column(line, 6, note, sizeof note));
	}
}

/* found, found and explained, of all: for each place */
static void report(struct task *task)
{
	FILE *out = task->json ? stderr : stdout;

	fprintf(out, "%-16s %6s", "platform", "codes");
	for (unsigned place = 0; place < PLACES; place++)
		fprintf(out, " %6s %9s", places[place], "explained");
	fprintf(out, "\n");
	for (unsigned i = 0; i < PLATFORMS && task->tallies[i].all; i++) {
		const struct tally *tally = &task->tallies[i];
		fprintf(out, "%-16s %6u", tally->platform, tally->all);
		for (unsigned place = 0; place < PLACES; place++)
			fprintf(out, " %6u %9u", tally->found[place], tally->explained[place]);
		fprintf(out, "\n");
	}
	fprintf(out, "%s%s", buffer_text(&task->explained), buffer_text(&task->misses));
}

int main(int count, char **arguments)
{
	struct task task = { .parts = 1 };
	const char *corpus = getenv("KENBI_CORPUS");
	struct buffer manifest;
	struct error error;
	char folder[4096], path[4200];

	snprintf(folder, sizeof folder, "%s/shellcode", corpus ? corpus : "../shared/corpus");
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0)
			task.json = true;
		else if (strcmp(arguments[i], "--list") == 0)
			task.list = true;
		else if (strncmp(arguments[i], "--every=", 8) == 0 &&
			 sscanf(arguments[i] + 8, "%u/%u", &task.part, &task.parts) == 2 &&
			 task.parts)
			task.part %= task.parts;
		else if (!task.folder)
			task.folder = arguments[i];
		else
			task.only = arguments[i];
	}
	if (!task.folder)
		task.folder = folder;
	snprintf(path, sizeof path, "%s/manifest.tsv", task.folder);
	if (access(path, R_OK) != 0) {
		fprintf(stderr, "bench recall: no corpus at %s (set KENBI_CORPUS); not measured\n",
			task.folder);
		return 0;
	}
	buffer_init(&task.misses, 1 << 20);
	buffer_init(&task.explained, 1 << 20);
	if (file_read(explanations, 1 << 20, &task.explanations, &error) < 0) {
		fprintf(stderr, "bench recall: %s cannot be read; misses are not explained\n",
			explanations);
		buffer_init(&task.explanations, 16);
	}
	if (shellcode_new(&task.detector, &error) < 0 ||
	    file_read(path, 16 << 20, &manifest, &error) < 0)
		fail(&error);
	every_code(&task, buffer_bytes(&manifest));
	report(&task);
	shellcode_free(task.detector);
	buffer_fini(&manifest);
	buffer_fini(&task.explanations);
	buffer_fini(&task.explained);
	buffer_fini(&task.misses);
	return 0;
}
