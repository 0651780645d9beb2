/* Whole files in and out, and where kenbi's own data lies. */
#ifndef KENBI_BASE_FILE_H
#define KENBI_BASE_FILE_H

#include "base/buffer.h"

/* Reads a regular file of at most `limit` bytes. Returns owned content in `content` (buffer_fini).
 * ERROR_SYSTEM when it cannot be read, ERROR_LIMIT when it is larger. */
MUST_CHECK int file_read(const char *path, size_t limit, struct buffer *content,
			 struct error *error);
/* The same from an open descriptor, from its present position to its end. `name` is for messages.
 */
MUST_CHECK int file_read_descriptor(int descriptor, const char *name, size_t limit,
				    struct buffer *content, struct error *error);
/* Writes a file whole or not at all: a temporary name in the same folder, then rename. */
MUST_CHECK int file_write(const char *path, struct bytes content, struct error *error);
/* Makes a folder and its parents (mode 0755 less umask). An existing folder is fine. */
MUST_CHECK int file_make_folder(const char *path, struct error *error);
/* "FOLDER/name" in kenbi's data: $KENBI_DATA, else ../data beside the program (build tree), else
 * the installed folder. Writes the path into `path` and returns it; existence is not checked. */
char *file_data_path(const char *name, char *path, size_t size);

#endif
