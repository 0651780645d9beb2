#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read_descriptor(int descriptor, const char *name, size_t limit, struct buffer *content,
			 struct error *error)
{
	uint8_t chunk[65536];

	buffer_init(content, limit);
	for (;;) {
		ssize_t got = read(descriptor, chunk, sizeof chunk);
		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_system(error, name, "cannot read");
			break;
		}
		int result = buffer_append(content, chunk, (size_t)got);
		if (result == ERROR_LIMIT)
			error_set(error, ERROR_LIMIT, name,
				  "larger than %zu bytes, the limit for this kind of input", limit);
		else if (result < 0)
			error_set(error, result, name, "no memory to read it");
		if (result < 0)
			break;
	}
	buffer_fini(content);
	return error ? error->code : ERROR_SYSTEM;
}

int file_read(const char *path, size_t limit, struct buffer *content, struct error *error)
{
	buffer_init(content, limit);
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (descriptor < 0)
		return error_system(error, path, "cannot open");
	struct stat status;
	int result;
	if (fstat(descriptor, &status) < 0)
		result = error_system(error, path, "cannot stat");
	else if (!S_ISREG(status.st_mode))
		result = error_set(error, ERROR_INPUT, path, "not a regular file");
	else
		result = file_read_descriptor(descriptor, path, limit, content, error);
	close(descriptor);
	return result;
}

static int write_all(int descriptor, struct bytes content)
{
	while (content.length) {
		ssize_t wrote = write(descriptor, content.data, content.length);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return ERROR_SYSTEM;
		content = bytes_slice(content, (size_t)wrote, SIZE_MAX);
	}
	return 0;
}

int file_write(const char *path, struct bytes content, struct error *error)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
		return error_set(error, ERROR_INPUT, path, "path is too long");
	int descriptor = mkostemp(temporary, O_CLOEXEC);
	if (descriptor < 0)
		return error_system(error, path, "cannot create");
	mode_t mask = umask(0);
	umask(mask);
	int result = 0;
	if (write_all(descriptor, content) < 0 || fchmod(descriptor, 0666 & ~mask) < 0)
		result = error_system(error, path, "cannot write");
	if (close(descriptor) < 0 && result == 0)
		result = error_system(error, path, "cannot write");
	if (result == 0 && rename(temporary, path) < 0)
		result = error_system(error, path, "cannot rename the finished file");
	if (result < 0)
		unlink(temporary);
	return result;
}

int file_make_folder(const char *path, struct error *error)
{
	char partial[PATH_MAX];

	if (snprintf(partial, sizeof partial, "%s", path) >= (int)sizeof partial)
		return error_set(error, ERROR_INPUT, path, "path is too long");
	for (char *slash = partial + 1; *slash; slash++) {
		if (*slash != '/')
			continue;
		*slash = 0;
		if (mkdir(partial, 0777) < 0 && errno != EEXIST)
			return error_system(error, partial, "cannot create folder");
		*slash = '/';
	}
	if (mkdir(partial, 0777) < 0 && errno != EEXIST)
		return error_system(error, path, "cannot create folder");
	struct stat status;
	if (stat(partial, &status) < 0 || !S_ISDIR(status.st_mode))
		return error_set(error, ERROR_SYSTEM, path, "exists and is not a folder");
	return 0;
}

char *file_data_path(const char *name, char *path, size_t size)
{
	const char *chosen = getenv("KENBI_DATA");
	char program[PATH_MAX];

	if (chosen && *chosen) {
		snprintf(path, size, "%s/%s", chosen, name);
		return path;
	}
	/* The build tree keeps the program in build/, data beside it; tests run one folder deeper.
	 */
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length > 0) {
		program[length] = 0;
		for (int depth = 0; depth < 3; depth++) {
			char *slash = strrchr(program, '/');
			if (!slash)
				break;
			*slash = 0;
			struct stat status;
			snprintf(path, size, "%s/data/policy", program);
			if (stat(path, &status) == 0) {
				snprintf(path, size, "%s/data/%s", program, name);
				return path;
			}
		}
	}
	snprintf(path, size, "%s/%s", KENBI_DATA_DIR, name);
	return path;
}
