/* The files that a person named. Folders are walked in name order, so that a case is the same every
 * time. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static int add(struct cli_inputs *inputs, const char *path)
{
	if (inputs->count == inputs->capacity) {
		size_t capacity = inputs->capacity ? 2 * inputs->capacity : 16;
		char **paths = reallocarray(inputs->paths, capacity, sizeof *paths);
		if (!paths)
			return ERROR_MEMORY;
		inputs->paths = paths;
		inputs->capacity = capacity;
	}
	char *copy = strdup(path);
	if (!copy)
		return ERROR_MEMORY;
	inputs->paths[inputs->count++] = copy;
	return 0;
}

static int by_name(const FTSENT **left, const FTSENT **right)
{
	return strcmp((*left)->fts_name, (*right)->fts_name);
}

static void complain(struct cli_inputs *inputs, const FTSENT *entry)
{
	struct error error;

	errno = entry->fts_errno;
	error_system(&error, entry->fts_path, "cannot read");
	log_error(&error);
	inputs->failed = true;
}

static int walk(struct cli_inputs *inputs, char *const *roots)
{
	FTS *walk = fts_open(roots, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int result = 0;

	if (!walk)
		return ERROR_SYSTEM;
	while (result == 0 && (entry = fts_read(walk))) {
		switch (entry->fts_info) {
		case FTS_F: result = add(inputs, entry->fts_path); break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS: complain(inputs, entry); break;
		case FTS_DEFAULT:
		case FTS_SLNONE:
			/* Devices, pipes and the like: an error when named, passed over in a
			 * folder. */
			if (entry->fts_level == 0) {
				struct error error;
				error_set(&error, ERROR_INPUT, entry->fts_path,
					  "not a file or folder that can be read");
				log_error(&error);
				inputs->failed = true;
			}
			break;
		default: break;
		}
	}
	fts_close(walk);
	return result;
}

int cli_inputs_init(struct cli_inputs *inputs, char *const *words, int count)
{
	*inputs = (struct cli_inputs){ 0 };
	/* One walk per word keeps the order in which they were named. */
	for (int i = 0; i < count; i++) {
		char *roots[] = { words[i], NULL };
		int result = walk(inputs, roots);
		if (result < 0)
			return result;
	}
	return 0;
}

void cli_inputs_fini(struct cli_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->paths[i]);
	free(inputs->paths);
	*inputs = (struct cli_inputs){ 0 };
}

static int next(void *context, const char **name, int *descriptor)
{
	struct cli_inputs *inputs = context;
	struct error error;

	if (inputs->next == inputs->count)
		return 0;
	*name = inputs->paths[inputs->next++];
	/* Not to hang on a pipe that takes a file's place. */
	*descriptor = open(*name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*descriptor >= 0)
		return 1;
	error_system(&error, *name, "cannot open");
	cli_progress_clear();
	log_error(&error);
	inputs->failed = true;
	return ERROR_SYSTEM;
}

static void failed(void *context, const struct error *error)
{
	struct cli_inputs *inputs = context;

	cli_progress_clear();
	log_error(error);
	inputs->failed = true;
}

struct pipeline_inputs cli_inputs_source(struct cli_inputs *inputs)
{
	return (struct pipeline_inputs){ inputs, next, failed };
}
