/* The emulated machine's files: in memory, case-insensitive, copied only when changed. */
#ifndef KENBI_WIN32_FILES_H
#define KENBI_WIN32_FILES_H

#include "win32/process.h"

enum {
	FILE_ATTRIBUTE_READONLY = 1,
	FILE_ATTRIBUTE_HIDDEN = 2,
	FILE_ATTRIBUTE_SYSTEM = 4,
	FILE_ATTRIBUTE_DIRECTORY = 0x10,
	FILE_ATTRIBUTE_ARCHIVE = 0x20,
	FILE_ATTRIBUTE_NORMAL = 0x80
};

struct win32_files;

/* `limit`: bytes that changed files may hold in all. */
struct win32_files *win32_files_new(size_t limit);
void win32_files_free(struct win32_files *files);
/* Adds or replaces; parents are made. `content` is borrowed for the life of `files`. Index, or
 * ERROR_MEMORY. */
int win32_files_add(struct win32_files *files, const char *path, struct bytes content,
		    uint32_t attributes);
/* Index of a file or folder by absolute path, or ERROR_INPUT. */
int win32_files_find(const struct win32_files *files, const char *path);
/* A new empty file in an existing folder. ERROR_INPUT: there is no such folder; ERROR_LIMIT. */
int win32_files_create(struct win32_files *files, const char *path, uint32_t attributes);
void win32_files_remove(struct win32_files *files, int index);
MUST_CHECK int win32_files_rename(struct win32_files *files, int index, const char *path);
bool win32_files_folder_empty(const struct win32_files *files, int index);
const char *win32_files_path(const struct win32_files *files, int index);
struct bytes win32_files_content(const struct win32_files *files, int index);
uint32_t win32_files_attributes(const struct win32_files *files, int index);
void win32_files_set_attributes(struct win32_files *files, int index, uint32_t attributes);
uint64_t *win32_files_time(struct win32_files *files,
			   int index); /* last write, 100 ns since 1601 */
/* Writes; the file grows, gaps are zero. ERROR_LIMIT: the disk is full. */
MUST_CHECK int win32_files_write(struct win32_files *files, int index, uint64_t offset,
				 struct bytes bytes);
MUST_CHECK int win32_files_resize(struct win32_files *files, int index, uint64_t size);
/* Did the program make or change it? */
bool win32_files_changed(const struct win32_files *files, int index);
int win32_files_count(const struct win32_files *files); /* upper bound of indices */
bool win32_files_exists(const struct win32_files *files, int index);
/* Next file at or after `from` whose folder and name fit "C:\folder\*.exe"; ERROR_INPUT: no more.
 */
int win32_files_match(const struct win32_files *files, const char *pattern, int from);
/* Does `name` fit a pattern with * and ?, case ignored? */
bool win32_name_fits(const char *name, const char *pattern);

/* A path as the program gave it, made absolute by the current folder; "\\?\" is dropped, "/"
 * becomes "\",
 * "." and ".." are resolved. `path` has WIN32_PATH bytes. Returns path. */
char *win32_path_absolute(const struct win32 *w, const char *given, char *path);
/* The part behind the last backslash. */
const char *win32_path_name(const char *path);

#endif
