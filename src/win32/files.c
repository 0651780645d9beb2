/* Files in an array, found through a hash table of their lower-case paths. Removed ones leave a gap
 * so that indices in open handles stay valid; gaps are not used again. */
#include "win32/files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_COUNT_LIMIT 65536
#define TABLE_LEAST	 1024 /* a power of two, as every table's size */

struct file {
	char *path;	       /* NULL: removed */
	struct bytes original; /* borrowed; in force until `owned` */
	struct buffer content;
	bool owned, changed;
	uint32_t attributes;
	uint64_t time;
};

struct win32_files {
	struct file *files;
	int count, capacity;
	int *table; /* index + 1; 0: free */
	size_t table_size;
	size_t limit, used;
};

static size_t hash_path(const char *path)
{
	size_t hash = 1469598103934665603u; /* FNV-1a, 64 bit */

	for (; *path; path++)
		hash = (hash ^ (size_t)tolower((unsigned char)*path)) * 1099511628211u;
	return hash;
}

struct win32_files *win32_files_new(size_t limit)
{
	struct win32_files *files = calloc(1, sizeof *files);

	if (!files)
		return NULL;
	files->limit = limit;
	files->table_size = TABLE_LEAST;
	files->table = calloc(files->table_size, sizeof *files->table);
	if (!files->table) {
		free(files);
		return NULL;
	}
	return files;
}

void win32_files_free(struct win32_files *files)
{
	if (!files)
		return;
	for (int i = 0; i < files->count; i++) {
		free(files->files[i].path);
		if (files->files[i].owned)
			buffer_fini(&files->files[i].content);
	}
	free(files->files);
	free(files->table);
	free(files);
}

int win32_files_find(const struct win32_files *files, const char *path)
{
	size_t mask = files->table_size - 1;

	for (size_t i = hash_path(path) & mask; files->table[i]; i = (i + 1) & mask) {
		const struct file *file = &files->files[files->table[i] - 1];
		if (file->path && strcasecmp(file->path, path) == 0)
			return files->table[i] - 1;
	}
	return ERROR_INPUT;
}

static void enter(struct win32_files *files, int index)
{
	size_t mask = files->table_size - 1, i = hash_path(files->files[index].path) & mask;

	while (files->table[i])
		i = (i + 1) & mask;
	files->table[i] = index + 1;
}

static int grow(struct win32_files *files)
{
	if (files->count == FILE_COUNT_LIMIT)
		return ERROR_LIMIT;
	if (files->count == files->capacity) {
		int capacity = files->capacity ? 2 * files->capacity : 256;
		struct file *grown = realloc(files->files, (size_t)capacity * sizeof *grown);
		if (!grown)
			return ERROR_MEMORY;
		files->files = grown;
		files->capacity = capacity;
	}
	if ((size_t)files->count * 2 < files->table_size)
		return 0;
	size_t size = TABLE_LEAST;
	while (size <= (size_t)files->count * 2)
		size *= 2;
	int *table = calloc(size, sizeof *table);
	if (!table)
		return ERROR_MEMORY;
	free(files->table);
	files->table = table;
	files->table_size = size;
	for (int i = 0; i < files->count; i++)
		if (files->files[i].path)
			enter(files, i);
	return 0;
}

static int append(struct win32_files *files, const char *path, uint32_t attributes)
{
	int result = grow(files);

	if (result < 0)
		return result;
	struct file *file = &files->files[files->count];
	*file = (struct file){ .path = strdup(path), .attributes = attributes };
	if (!file->path)
		return ERROR_MEMORY;
	enter(files, files->count);
	return files->count++;
}

/* Folder part of a path into `folder`: "C:\" for files in the root. */
static void folder_of(const char *path, char folder[WIN32_PATH])
{
	snprintf(folder, WIN32_PATH, "%s", path);
	char *slash = strrchr(folder, '\\');
	if (slash)
		slash[slash - folder == 2 ? 1 : 0] = 0;
	else
		folder[0] = 0;
}

int win32_files_add(struct win32_files *files, const char *path, struct bytes content,
		    uint32_t attributes)
{
	char folder[WIN32_PATH];
	int index = win32_files_find(files, path);

	if (index < 0) {
		folder_of(path, folder);
		if (*folder && strcmp(folder, path) != 0 && win32_files_find(files, folder) < 0) {
			int made = win32_files_add(files, folder, (struct bytes){ 0 },
						   FILE_ATTRIBUTE_DIRECTORY);
			if (made < 0)
				return made;
		}
		index = append(files, path, attributes);
	}
	if (index >= 0)
		files->files[index].original = content;
	return index;
}

int win32_files_create(struct win32_files *files, const char *path, uint32_t attributes)
{
	char folder[WIN32_PATH];

	folder_of(path, folder);
	int parent = win32_files_find(files, folder);
	if (parent < 0 || !(files->files[parent].attributes & FILE_ATTRIBUTE_DIRECTORY))
		return ERROR_INPUT;
	int index = append(files, path, attributes);
	if (index >= 0)
		files->files[index].changed = true;
	return index;
}

void win32_files_remove(struct win32_files *files, int index)
{
	struct file *file = &files->files[index];

	if (file->owned) {
		files->used -= file->content.length;
		buffer_fini(&file->content);
	}
	free(file->path);
	*file = (struct file){ 0 };
}

int win32_files_rename(struct win32_files *files, int index, const char *path)
{
	char folder[WIN32_PATH];

	folder_of(path, folder);
	if (win32_files_find(files, folder) < 0)
		return ERROR_INPUT;
	int moved = append(files, path, 0);
	if (moved < 0)
		return moved;
	/* The entry moves; its old place becomes a gap. */
	char *name = files->files[moved].path;
	free(files->files[index].path);
	files->files[moved] = files->files[index];
	files->files[moved].path = name;
	files->files[moved].changed = true;
	files->files[index] = (struct file){ 0 };
	return moved;
}

bool win32_files_folder_empty(const struct win32_files *files, int index)
{
	const char *folder = files->files[index].path;
	size_t length = strlen(folder);

	for (int i = 0; i < files->count; i++)
		if (files->files[i].path &&
		    strncasecmp(files->files[i].path, folder, length) == 0 &&
		    files->files[i].path[length] == '\\')
			return false;
	return true;
}

const char *win32_files_path(const struct win32_files *files, int index)
{
	return files->files[index].path ? files->files[index].path : "";
}

struct bytes win32_files_content(const struct win32_files *files, int index)
{
	const struct file *file = &files->files[index];
	return file->owned ? buffer_bytes(&file->content) : file->original;
}

uint32_t win32_files_attributes(const struct win32_files *files, int index)
{
	return files->files[index].attributes;
}

void win32_files_set_attributes(struct win32_files *files, int index, uint32_t attributes)
{
	uint32_t folder = files->files[index].attributes & FILE_ATTRIBUTE_DIRECTORY;
	files->files[index].attributes = (attributes & 0x27) | folder;
}

uint64_t *win32_files_time(struct win32_files *files, int index)
{
	return &files->files[index].time;
}

/* The file's own copy, to be changed. */
static int own(struct win32_files *files, struct file *file)
{
	if (file->owned)
		return 0;
	if (file->original.length > files->limit - files->used)
		return ERROR_LIMIT;
	buffer_init(&file->content, files->limit);
	int result = buffer_append(&file->content, file->original.data, file->original.length);
	if (result < 0)
		return result;
	files->used += file->original.length;
	file->owned = true;
	return 0;
}

int win32_files_resize(struct win32_files *files, int index, uint64_t size)
{
	struct file *file = &files->files[index];
	static const uint8_t zeros[4096];

	if (size == 0 && !file->owned)
		file->original = (struct bytes){ 0 };
	int result = own(files, file);
	file->changed = true;
	if (result < 0)
		return result;
	if (size > file->content.length && size - file->content.length > files->limit - files->used)
		return ERROR_LIMIT;
	files->used -= file->content.length;
	if (size < file->content.length)
		file->content.length = (size_t)size;
	while (result == 0 && file->content.length < size) {
		size_t part = (size_t)size - file->content.length;
		result = buffer_append(&file->content, zeros,
				       part < sizeof zeros ? part : sizeof zeros);
	}
	files->used += file->content.length;
	return result;
}

int win32_files_write(struct win32_files *files, int index, uint64_t offset, struct bytes bytes)
{
	struct file *file = &files->files[index];
	uint64_t end = offset + bytes.length;
	int result = own(files, file);

	file->changed = true;
	if (result == 0 && end > file->content.length)
		result = win32_files_resize(files, index, end);
	if (result == 0 && bytes.length)
		memcpy(file->content.data + offset, bytes.data, bytes.length);
	return result;
}

bool win32_files_changed(const struct win32_files *files, int index)
{
	return files->files[index].changed;
}

int win32_files_count(const struct win32_files *files)
{
	return files->count;
}

bool win32_files_exists(const struct win32_files *files, int index)
{
	return index >= 0 && index < files->count && files->files[index].path;
}

bool win32_name_fits(const char *name, const char *pattern)
{
	const char *star = NULL, *resume = NULL;

	/* "*.*" means every name, with or without a dot. */
	if (strcmp(pattern, "*.*") == 0)
		return true;
	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			resume = name;
		} else if (*pattern && (*pattern == '?' || tolower((unsigned char)*pattern) ==
								   tolower((unsigned char)*name))) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == 0;
}

int win32_files_match(const struct win32_files *files, const char *pattern, int from)
{
	char folder[WIN32_PATH];
	const char *name = win32_path_name(pattern);

	folder_of(pattern, folder);
	size_t length = strlen(folder);
	if (length && folder[length - 1] == '\\')
		length--;
	for (int i = from; i < files->count; i++) {
		const char *path = files->files[i].path;
		if (path && strncasecmp(path, folder, length) == 0 && path[length] == '\\' &&
		    path[length + 1] && !strchr(path + length + 1, '\\') &&
		    win32_name_fits(path + length + 1, name))
			return i;
	}
	return ERROR_INPUT;
}

const char *win32_path_name(const char *path)
{
	const char *slash = strrchr(path, '\\');
	return slash ? slash + 1 : path;
}

/* Drops "." and steps back for "..", in place, behind the drive. */
static void resolve_dots(char *path)
{
	char *out = path + 2, *in = path + 2;

	while (*in) {
		char *end = in + 1;
		while (*end && *end != '\\')
			end++;
		size_t length = (size_t)(end - in);
		if (length == 3 && strncmp(in, "\\..", 3) == 0) {
			while (out > path + 2 && *--out != '\\')
				continue;
		} else if (length > 1 && !(length == 2 && in[1] == '.')) {
			memmove(out, in, length);
			out += length;
		}
		in = end;
	}
	if (out == path + 2)
		*out++ = '\\';
	*out = 0;
}

char *win32_path_absolute(const struct win32 *w, const char *given, char *path)
{
	const char *directory = w->directory ? w->directory : "C:\\";

	if (strncmp(given, "\\\\?\\", 4) == 0 || strncmp(given, "\\??\\", 4) == 0)
		given += 4;
	while (*given == ' ' || *given == '"')
		given++;
	if (given[0] == '\\' && (given[1] == '\\')) { /* \\server\share, \\.\device */
		snprintf(path, WIN32_PATH, "%s", given);
		return path;
	}
	if (isalpha((unsigned char)given[0]) && given[1] == ':')
		snprintf(path, WIN32_PATH, "%.2s\\%s", given, given + 2);
	else if (given[0] == '\\' || given[0] == '/')
		snprintf(path, WIN32_PATH, "%.2s%s", directory, given);
	else
		snprintf(path, WIN32_PATH, "%s\\%s", directory, given);
	for (char *at = path; *at; at++)
		if (*at == '/')
			*at = '\\';
	resolve_dots(path);
	size_t length = strlen(path);
	while (length > 3 &&
	       (path[length - 1] == ' ' || path[length - 1] == '"' || path[length - 1] == '.'))
		path[--length] = 0;
	return path;
}
