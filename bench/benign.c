/* False positives: what is found where nothing is.
 *
 * usage: bench_benign [--json] [--bytes N] [--seed N] [--save FOLDER] [--exclude PATH]…
 *                     [--files | --random] [FOLDER…]
 *
 * Every regular file below the folders (each content once; default: what a Debian machine has below
 * /usr, /opt, /var, /etc and /home), then random bytes (see benign/noise.c), N of each at most
 * (default 1 GB; 10G, 500M are understood). Every finding is one too many, unless a folder holds
 * shellcode: exclude it. Findings are printed with file, offset and what was seen; --save writes
 * the bytes searched, for kenbi detect --raw --explain. For traffic see benign_traffic.py. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "benign/benign.h"

enum { FINDINGS = 16, PROGRESS = 256 << 20, EXCLUDED = 64 };

struct task {
	uint64_t limit, seed;
	const char *save;
	bool json, files, random;
	char *excluded[EXCLUDED];
	size_t excluded_count;
	char *const *folders;
};

static double processor_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(const struct error *error)
{
	char text[800];

	fprintf(stderr, "bench: %s\n", error_text(error, text, sizeof text));
	exit(2);
}

/* --- one window --- */

static void progress(struct benign *benign)
{
	if (benign->bytes - benign->reported < PROGRESS)
		return;
	benign->reported = benign->bytes;
	fprintf(stderr, "%.2f GB, %llu files, %u findings, %.0f s\n", (double)benign->bytes / 1e9,
		(unsigned long long)benign->files, benign->findings, processor_time());
}

static void tell(const char *name, uint64_t offset, const struct shellcode_finding *finding)
{
	char *actions = json_dumps(finding->actions, JSON_COMPACT);

	fprintf(stderr, "finding: %s at %llu, entry %llu: %s %s", name,
		(unsigned long long)(offset + finding->offset),
		(unsigned long long)(offset + finding->entry), finding->os, finding->arch);
	if (finding->view[0])
		fprintf(stderr, " through %s", finding->view);
	fprintf(stderr, ", end %s, evidence", finding->end);
	for (unsigned bit = 0; bit < SHELLCODE_EVIDENCE_COUNT; bit++)
		if (finding->evidence & 1u << bit)
			fprintf(stderr, " %s", shellcode_evidence_name(bit));
	fprintf(stderr, ", actions %.200s\n", actions ? actions : "");
	free(actions);
}

static void save(const struct benign *benign, const char *name, uint64_t offset, struct bytes bytes)
{
	const char *slash = strrchr(name, '/');
	struct error error;
	char path[4096];

	snprintf(path, sizeof path, "%s/%.200s-at-%llu", benign->save, slash ? slash + 1 : name,
		 (unsigned long long)offset);
	if (file_write(path, bytes, &error) < 0)
		fail(&error);
}

bool benign_search(struct benign *benign, const char *name, uint64_t offset, struct bytes bytes)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	bool exhausted = false;
	int count;

	if (bytes.length > benign->limit - benign->bytes)
		bytes = bytes_slice(bytes, 0, (size_t)(benign->limit - benign->bytes));
	count = shellcode_scan(benign->detector, bytes, (struct bytes){ NULL, 0 }, findings,
			       FINDINGS, &exhausted, &error);
	if (count < 0)
		fail(&error);
	for (int i = 0; i < count; i++) {
		tell(name, offset, &findings[i]);
		shellcode_finding_fini(&findings[i]);
	}
	if (count > 0 && benign->save)
		save(benign, name, offset, bytes);
	benign->exhausted += exhausted;
	benign->findings += (unsigned)count;
	benign->bytes += bytes.length;
	progress(benign);
	return benign->bytes < benign->limit;
}

/* --- the report --- */

static void figure(const struct task *task, const char *part, const char *name, double value,
		   const char *unit)
{
	if (task->json)
		printf("{\"bench\":\"benign\",\"case\":\"%s, %s\",\"value\":%.15g,\"unit\":\"%s\","
		       "\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
		       part, name, value, unit);
	else
		printf("%-14s %-26s %16.15g %s\n", part, name, value, unit);
}

static void report(const struct task *task, const char *part, const struct benign *benign,
		   double seconds)
{
	figure(task, part, "searched", (double)benign->bytes, "bytes");
	if (benign->files) {
		figure(task, part, "different contents", (double)benign->files, "files");
		figure(task, part, "the same content again", (double)benign->doubles, "files");
		figure(task, part, "unreadable", (double)benign->unread, "files");
	}
	figure(task, part, "findings", benign->findings, "");
	figure(task, part, "windows searched in part", (double)benign->exhausted, "");
	figure(task, part, "speed", seconds > 0 ? 8e-9 * (double)benign->bytes / seconds : 0,
	       "Gbit/s");
	fflush(stdout);
}

/* Returns the number of findings. */
static unsigned run_part(const struct task *task, bool files)
{
	struct benign benign = { .limit = task->limit,
				 .save = task->save,
				 .excluded = task->excluded,
				 .excluded_count = task->excluded_count };
	struct error error;
	double start = processor_time();
	int code = shellcode_new(&benign.detector, &error);

	if (code == 0)
		code = files ? benign_files(&benign, task->folders, &error)
			     : benign_random(&benign, task->seed, &error);
	if (code < 0)
		fail(&error);
	report(task, files ? "files" : "random bytes", &benign, processor_time() - start);
	shellcode_free(benign.detector);
	return benign.findings;
}

/* --- arguments --- */

static bool take_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (end == text || errno || *text == '-')
		return false;
	if (*end == 'G' || *end == 'M') {
		uint64_t unit = *end == 'G' ? 1000000000 : 1000000;
		if (*value > UINT64_MAX / unit)
			return false;
		*value *= unit;
		end++;
	}
	return *end == 0 && *value > 0;
}

/* An option with a value. False: it is none, or the value is not right. */
static bool take_valued(struct task *task, const char *option, char *value)
{
	if (strcmp(option, "--bytes") == 0)
		return take_number(value, &task->limit);
	if (strcmp(option, "--seed") == 0)
		return take_number(value, &task->seed);
	if (strcmp(option, "--save") == 0) {
		struct error error;
		task->save = value;
		return file_make_folder(value, &error) == 0;
	}
	if (strcmp(option, "--exclude") == 0 && task->excluded_count < EXCLUDED) {
		task->excluded[task->excluded_count++] = value;
		return true;
	}
	return false;
}

/* The index of the first folder. */
static int take_options(struct task *task, int count, char **arguments)
{
	int i = 1;

	for (; i < count && arguments[i][0] == '-'; i++) {
		if (strcmp(arguments[i], "--json") == 0) {
			task->json = true;
		} else if (strcmp(arguments[i], "--files") == 0) {
			task->files = true;
		} else if (strcmp(arguments[i], "--random") == 0) {
			task->random = true;
		} else if (i + 1 < count && take_valued(task, arguments[i], arguments[i + 1])) {
			i++;
		} else {
			fprintf(stderr,
				"usage: bench_benign [--json] [--bytes N] [--seed N] [--save "
				"FOLDER] [--exclude PATH]... [--files | --random] [FOLDER...]\n");
			exit(2);
		}
	}
	return i;
}

int main(int count, char **arguments)
{
	static char places[][6] = { "/usr", "/opt", "/var", "/etc", "/home" };
	static char *const machine[] = {
		places[0], places[1], places[2], places[3], places[4], NULL
	};
	struct task task = { .limit = 1000000000, .seed = 1 };
	int first = take_options(&task, count, arguments);
	unsigned findings = 0;

	task.folders = first < count ? arguments + first : machine;
	if (!task.random)
		findings += run_part(&task, true);
	if (!task.files)
		findings += run_part(&task, false);
	return findings ? 1 : 0;
}
