/* Fuzzy hashes of the bytes as they were sent: ssdeep and TLSH by their own programs, where these
 * are installed. The bytes are laid into a folder for them, which is cleared behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kinds.h"

/* FOLDER/NUMBER for every specimen; false: one could not be written. */
static bool lay_out(const char *folder, const struct kinds_specimen *specimens, size_t count)
{
	bool done = true;

	for (size_t i = 0; i < count && done; i++) {
		char path[160];
		FILE *file;
		snprintf(path, sizeof path, "%s/%zu", folder, i);
		file = fopen(path, "wb");
		done = file && fwrite(specimens[i].bytes.data, 1, specimens[i].bytes.length,
				      file) == specimens[i].bytes.length;
		if (file)
			done = fclose(file) == 0 && done;
	}
	return done;
}

static void clear(const char *folder, size_t count)
{
	char path[160];

	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%zu", folder, i);
		unlink(path);
	}
	rmdir(folder);
}

/* The number of the next specimen that is named in *text, which goes on behind it; ERROR_INPUT:
 * none. */
static long next_number(const char **text, const char *folder, size_t count)
{
	const char *found = strstr(*text, folder);
	char *end;
	long number;

	if (!found || found[strlen(folder)] != '/')
		return ERROR_INPUT;
	number = strtol(found + strlen(folder) + 1, &end, 10);
	*text = end;
	return number >= 0 && (size_t)number < count ? number : ERROR_INPUT;
}

/* Marks the pairs that lines of the answer name. */
static void read_pairs(FILE *answers, const char *folder, bool *put, size_t count)
{
	char line[600];

	while (fgets(line, sizeof line, answers)) {
		const char *at = line;
		long first = next_number(&at, folder, count);
		long second = first < 0 ? ERROR_INPUT : next_number(&at, folder, count);
		if (second < 0)
			continue;
		put[(size_t)first * count + (size_t)second] = true;
		put[(size_t)second * count + (size_t)first] = true;
	}
}

static struct kinds_grouping grouping(const struct kinds_specimen *specimens, const bool *put,
				      size_t count)
{
	size_t together = 0, right = 0, belong = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			bool same = specimens[i].payload == specimens[j].payload;
			together += put[i * count + j];
			right += put[i * count + j] && same;
			belong += same;
		}
	return (struct kinds_grouping){ together ? 100.0 * (double)right / (double)together : 0,
					belong ? 100.0 * (double)right / (double)belong : 0, true };
}

/* `program` with `options` and a folder prints two paths on a line for each pair that is alike. */
static struct kinds_grouping ask(const char *program, const char *options,
				 const struct kinds_specimen *specimens, size_t count)
{
	char folder[] = "/tmp/kenbi-kinds-XXXXXX", command[200];
	struct kinds_grouping result = { .measured = false };
	bool *put = calloc(count, count);
	FILE *answers = NULL;

	if (!put || access(program, X_OK) != 0 || !mkdtemp(folder)) {
		free(put);
		return result;
	}
	snprintf(command, sizeof command, "%s %s %s 2>/dev/null", program, options, folder);
	if (lay_out(folder, specimens, count))
		answers = popen(command, "r");
	if (answers) {
		read_pairs(answers, folder, put, count);
		if (pclose(answers) == 0)
			result = grouping(specimens, put, count);
	}
	clear(folder, count);
	free(put);
	return result;
}

struct kinds_grouping kinds_ssdeep(const struct kinds_specimen *specimens, size_t count)
{
	return ask("/usr/bin/ssdeep", "-s -c -d -r", specimens, count);
}

struct kinds_grouping kinds_tlsh(const struct kinds_specimen *specimens, size_t count)
{
	return ask("/usr/bin/tlsh_unittest", "-xref -T 100 -r", specimens, count);
}
