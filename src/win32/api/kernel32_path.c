/* kernel32: names in the file system: find, copy, move, delete, attributes, folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"
#include "win32/module.h"

#define INSTALLED 127355760000000000ull /* 2004-08-04 12:00 */

/* Argument `index` as absolute path; false for NULL. */
static bool path_arg(struct call *call, unsigned index, char *path)
{
	const char *name = arg_text(call, index);

	if (!name || !*name)
		return false;
	win32_path_absolute(call->w, name, path);
	return true;
}

static uint32_t delete_file(struct call *call)
{
	char path[WIN32_PATH];

	if (!path_arg(call, 0, path))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	int file = win32_files_find(call->w->files, path);
	if (file < 0)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	uint32_t attributes = win32_files_attributes(call->w->files, file);
	/* A running program's file is in use. */
	if ((attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY)) ||
	    strcasecmp(path, call->w->modules[0].path) == 0)
		return fail(call, ERROR_ACCESS_DENIED, 0);
	EMIT(call->w, FILE_DELETE, trace_text(path));
	win32_files_remove(call->w->files, file);
	return 1;
}

static uint32_t copy_file(struct call *call)
{
	struct win32 *w = call->w;
	char from[WIN32_PATH], to[WIN32_PATH];

	if (!path_arg(call, 0, from) || !path_arg(call, 1, to))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	int source = win32_files_find(w->files, from), target = win32_files_find(w->files, to);
	if (source < 0)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	if (source == target)
		return fail(call, 32, 0); /* ERROR_SHARING_VIOLATION */
	if (target >= 0 && arg(call, 2))
		return fail(call, ERROR_FILE_EXISTS, 0);
	if (target >= 0 && (strcasecmp(to, w->modules[0].path) == 0 ||
			    (win32_files_attributes(w->files, target) &
			     (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY))))
		return fail(call, ERROR_ACCESS_DENIED, 0);
	if (target < 0)
		target = win32_files_create(w->files, to, win32_files_attributes(w->files, source));
	if (target < 0)
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	EMIT(w, FILE_COPY, trace_text(from), trace_text(to));
	struct bytes content = win32_files_content(w->files, source);
	if (win32_files_resize(w->files, target, 0) < 0 ||
	    win32_files_write(w->files, target, 0, content) < 0)
		return fail(call, 112, 0); /* ERROR_DISK_FULL */
	return 1;
}

static uint32_t move_paths(struct call *call, const char *from, const char *to, bool replace)
{
	struct win32 *w = call->w;
	int source = win32_files_find(w->files, from), target = win32_files_find(w->files, to);

	if (source < 0)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	if (target >= 0 && target != source) {
		if (!replace)
			return fail(call, ERROR_ALREADY_EXISTS, 0);
		win32_files_remove(w->files, target);
	}
	EMIT(w, FILE_MOVE, trace_text(from), trace_text(to));
	if (strcasecmp(from, to) == 0)
		return 1;
	int moved = win32_files_rename(w->files, source, to);
	if (moved < 0)
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	/* Open handles follow their file. */
	for (unsigned i = 0; i < w->handle_count; i++)
		if (w->handles[i] && w->handles[i]->file == source)
			w->handles[i]->file = moved;
	return 1;
}

static uint32_t move_file(struct call *call)
{
	char from[WIN32_PATH], to[WIN32_PATH];

	if (!path_arg(call, 0, from) || !path_arg(call, 1, to))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	return move_paths(call, from, to, false);
}

static uint32_t move_file_ex(struct call *call)
{
	char from[WIN32_PATH], to[WIN32_PATH];

	if (!path_arg(call, 0, from))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	/* To nowhere: deleted when the machine is restarted. */
	if (!path_arg(call, 1, to)) {
		EMIT(call->w, FILE_DELETE, trace_text(from));
		return 1;
	}
	if (arg(call, 2) & 4) { /* MOVEFILE_DELAY_UNTIL_REBOOT */
		EMIT(call->w, FILE_MOVE, trace_text(from), trace_text(to));
		return 1;
	}
	return move_paths(call, from, to, arg(call, 2) & 1);
}

static uint32_t get_file_attributes(struct call *call)
{
	char path[WIN32_PATH];

	if (!path_arg(call, 0, path))
		return fail(call, ERROR_PATH_NOT_FOUND, UINT32_MAX);
	int file = win32_files_find(call->w->files, path);
	if (file < 0)
		return fail(call, ERROR_FILE_NOT_FOUND, UINT32_MAX);
	return win32_files_attributes(call->w->files, file);
}

static uint32_t set_file_attributes(struct call *call)
{
	char path[WIN32_PATH];
	int file = path_arg(call, 0, path) ? win32_files_find(call->w->files, path) : -1;

	if (file < 0)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	EMIT(call->w, FILE_ATTRIBUTES, trace_text(path), trace_number(arg(call, 1)));
	win32_files_set_attributes(call->w->files, file, arg(call, 1));
	return 1;
}

/* WIN32_FILE_ATTRIBUTE_DATA, which WIN32_FIND_DATA begins with. */
static void put_attributes(struct win32 *w, uint32_t at, int file)
{
	uint64_t time = *win32_files_time(w->files, file);

	win32_put_u32(w, at, win32_files_attributes(w->files, file));
	for (uint32_t i = 0; i < 3; i++)
		win32_put_u64(w, at + 4 + 8 * i, time ? time : INSTALLED);
	win32_put_u32(w, at + 28, 0);
	win32_put_u32(w, at + 32, (uint32_t)win32_files_content(w->files, file).length);
}

static uint32_t get_file_attributes_ex(struct call *call)
{
	char path[WIN32_PATH];
	int file = path_arg(call, 0, path) ? win32_files_find(call->w->files, path) : -1;

	if (file < 0)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	put_attributes(call->w, arg(call, 2), file);
	return 1;
}

/* Folders list "." and ".." first; positions 0 and 1 stand for them, files follow. */
static bool put_found(struct call *call, struct win32_object *find, uint32_t at)
{
	struct win32 *w = call->w;
	const char *name;
	int file;

	if (find->position < 2) {
		name = find->position++ ? ".." : ".";
		win32_fill(w, at, 0, 44);
		win32_put_u32(w, at, FILE_ATTRIBUTE_DIRECTORY);
	} else {
		file = win32_files_match(w->files, find->text, (int)find->position - 2);
		if (file < 0)
			return false;
		find->position = (uint64_t)file + 3;
		name = win32_path_name(win32_files_path(w->files, file));
		put_attributes(w, at, file);
	}
	text_put(w, at + 44, 260, name, call->wide);
	text_put(w, at + 44 + (call->wide ? 520 : 260), 14, "", call->wide);
	return true;
}

static uint32_t find_first(struct call *call, uint32_t at)
{
	char path[WIN32_PATH], folder[WIN32_PATH];
	struct win32_object *find;

	if (!path_arg(call, 0, path))
		return fail(call, ERROR_PATH_NOT_FOUND, INVALID_HANDLE);
	EMIT(call->w, FILE_SEARCH, trace_text(path));
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '\\');
	if (slash)
		slash[slash - folder == 2 ? 1 : 0] = 0;
	if (win32_files_find(call->w->files, folder) < 0)
		return fail(call, ERROR_PATH_NOT_FOUND, INVALID_HANDLE);
	uint32_t handle = win32_object_new(call->w, OBJECT_FIND, NULL, &find);
	if (!handle)
		return INVALID_HANDLE;
	find->text = strdup(path);
	find->position = win32_name_fits(".", win32_path_name(path)) && strlen(folder) > 3 ? 0 : 2;
	if (!find->text || !put_found(call, find, at)) {
		win32_object_close(call->w, handle);
		return fail(call, ERROR_FILE_NOT_FOUND, INVALID_HANDLE);
	}
	return handle;
}

static uint32_t find_first_file(struct call *call)
{
	return find_first(call, arg(call, 1));
}

static uint32_t find_first_file_ex(struct call *call)
{
	return find_first(call, arg(call, 2));
}

static uint32_t find_next_file(struct call *call)
{
	struct win32_object *find = win32_object_of(call->w, arg(call, 0), OBJECT_FIND);

	if (!find)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	return put_found(call, find, arg(call, 1)) ? 1 : fail(call, ERROR_NO_MORE_FILES, 0);
}

static uint32_t find_close(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0));
}

static uint32_t make_folder(struct call *call, unsigned index)
{
	char path[WIN32_PATH];

	if (!path_arg(call, index, path))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	if (win32_files_find(call->w->files, path) >= 0)
		return fail(call, ERROR_ALREADY_EXISTS, 0);
	if (win32_files_create(call->w->files, path, FILE_ATTRIBUTE_DIRECTORY) < 0)
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	EMIT(call->w, FILE_CREATE, trace_text(path));
	return 1;
}

static uint32_t create_directory(struct call *call)
{
	return make_folder(call, 0);
}

static uint32_t create_directory_ex(struct call *call)
{
	return make_folder(call, 1);
}

static uint32_t remove_directory(struct call *call)
{
	char path[WIN32_PATH];
	int file = path_arg(call, 0, path) ? win32_files_find(call->w->files, path) : -1;

	if (file < 0)
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	if (!(win32_files_attributes(call->w->files, file) & FILE_ATTRIBUTE_DIRECTORY) ||
	    !win32_files_folder_empty(call->w->files, file))
		return fail(call, 145, 0); /* ERROR_DIR_NOT_EMPTY */
	EMIT(call->w, FILE_DELETE, trace_text(path));
	win32_files_remove(call->w->files, file);
	return 1;
}

static uint32_t get_windows_directory(struct call *call)
{
	return text_give(call, arg(call, 0), arg(call, 1), "C:\\WINDOWS");
}

static uint32_t get_system_directory(struct call *call)
{
	return text_give(call, arg(call, 0), arg(call, 1), "C:\\WINDOWS\\system32");
}

static uint32_t get_temp_path(struct call *call)
{
	char path[WIN32_PATH];
	const char *temporary = win32_variable(call->w, "TEMP");

	snprintf(path, sizeof path, "%s\\", temporary ? temporary : "C:\\WINDOWS\\Temp");
	return text_give(call, arg(call, 1), arg(call, 0), path);
}

static uint32_t get_temp_file_name(struct call *call)
{
	struct win32 *w = call->w;
	char folder[WIN32_PATH], path[WIN32_PATH + 32];
	const char *prefix = arg_text(call, 1);
	uint32_t number = arg(call, 2) & 0xffff;

	if (!path_arg(call, 0, folder))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	uint32_t unique = number ? number : (win32_ticks(w) & 0xffff) | 1;
	size_t length = strlen(folder);
	snprintf(path, sizeof path, "%s%s%.3s%X.tmp", folder,
		 folder[length - 1] == '\\' ? "" : "\\", prefix ? prefix : "", unique);
	if (!number && win32_files_find(w->files, path) < 0 &&
	    win32_files_create(w->files, path, FILE_ATTRIBUTE_ARCHIVE) >= 0)
		EMIT(w, FILE_CREATE, trace_text(path));
	text_put(w, arg(call, 3), 260, path, call->wide);
	return unique;
}

static uint32_t get_current_directory(struct call *call)
{
	return text_give(call, arg(call, 1), arg(call, 0), call->w->directory);
}

static uint32_t set_current_directory(struct call *call)
{
	char path[WIN32_PATH];
	int file = path_arg(call, 0, path) ? win32_files_find(call->w->files, path) : -1;

	if (file < 0 || !(win32_files_attributes(call->w->files, file) & FILE_ATTRIBUTE_DIRECTORY))
		return fail(call, ERROR_PATH_NOT_FOUND, 0);
	char *copy = strdup(path);
	if (!copy)
		return 0;
	free(call->w->directory);
	call->w->directory = copy;
	return 1;
}

static uint32_t get_full_path_name(struct call *call)
{
	char path[WIN32_PATH];

	if (!path_arg(call, 0, path))
		return fail(call, ERROR_INVALID_NAME, 0);
	uint32_t length = text_give(call, arg(call, 2), arg(call, 1), path);
	if (arg(call, 3) && length < arg(call, 1)) {
		uint32_t name = (uint32_t)(win32_path_name(path) - path);
		win32_put_u32(call->w, arg(call, 3), arg(call, 2) + (call->wide ? 2 : 1) * name);
	}
	return length;
}

static uint32_t get_same_path_name(struct call *call)
{
	const char *path = arg_text(call, 0);
	return path ? text_give(call, arg(call, 1), arg(call, 2), path) : 0;
}

static uint32_t search_path(struct call *call)
{
	char path[WIN32_PATH], name[WIN32_PATH];
	const char *file = arg_text(call, 1), *extension = arg_text(call, 2);

	if (!file)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	snprintf(name, sizeof name, "%s%s", file, extension && !strchr(file, '.') ? extension : "");
	if (!win32_find_program(call->w, name, path))
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	return text_give(call, arg(call, 4), arg(call, 3), path);
}

const struct api_model win32_kernel32_path_models[] = {
	API_TEXT("DeleteFile", 1, delete_file),
	API_TEXT("CopyFile", 3, copy_file),
	API_TEXT("CopyFileEx", 6, copy_file),
	API_TEXT("MoveFile", 2, move_file),
	API_TEXT("MoveFileEx", 3, move_file_ex),
	API_TEXT("GetFileAttributes", 1, get_file_attributes),
	API_TEXT("SetFileAttributes", 2, set_file_attributes),
	API_TEXT("GetFileAttributesEx", 3, get_file_attributes_ex),
	API_TEXT("FindFirstFile", 2, find_first_file),
	API_TEXT("FindFirstFileEx", 6, find_first_file_ex),
	API_TEXT("FindNextFile", 2, find_next_file),
	API("FindClose", 1, find_close),
	API_TEXT("CreateDirectory", 2, create_directory),
	API_TEXT("CreateDirectoryEx", 3, create_directory_ex),
	API_TEXT("RemoveDirectory", 1, remove_directory),
	API_TEXT("GetWindowsDirectory", 2, get_windows_directory),
	API_TEXT("GetSystemWindowsDirectory", 2, get_windows_directory),
	API_TEXT("GetSystemDirectory", 2, get_system_directory),
	API_TEXT("GetTempPath", 2, get_temp_path),
	API_TEXT("GetTempFileName", 4, get_temp_file_name),
	API_TEXT("GetCurrentDirectory", 2, get_current_directory),
	API_TEXT("SetCurrentDirectory", 1, set_current_directory),
	API_TEXT("GetFullPathName", 4, get_full_path_name),
	API_TEXT("GetShortPathName", 3, get_same_path_name),
	API_TEXT("GetLongPathName", 3, get_same_path_name),
	API_TEXT("SearchPath", 6, search_path),
	API_END
};
