/* kernel32: files, pipes, the console. */
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"

enum { CREATE_NEW = 1, CREATE_ALWAYS, OPEN_EXISTING, OPEN_ALWAYS, TRUNCATE_EXISTING };
#define GENERIC_WRITE_BITS \
	0x50000006u /* GENERIC_WRITE, GENERIC_ALL, FILE_WRITE_DATA, FILE_APPEND_DATA */

static bool is_device(const char *path)
{
	return strncmp(path, "\\\\.\\", 4) == 0;
}

/* Debuggers and monitors are looked for by the names of their drivers. */
static void say_device(struct win32 *w, const char *path)
{
	static const char *const drivers[] = { "SICE",	 "NTICE",    "SIWVID", "FILEMON",
					       "REGMON", "SUPERBPM", "ICEEXT", "TRW" };
	static const char *const machines[] = { "VBoxGuest", "VBoxMiniRdrDN", "HGFS", "vmci" };

	for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
		if (strncasecmp(path + 4, drivers[i], strlen(drivers[i])) == 0)
			EMIT(w, ANTI_DEBUG, trace_text(path));
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (strncasecmp(path + 4, machines[i], strlen(machines[i])) == 0)
			EMIT(w, ANTI_EMULATION, trace_text(path));
}

static uint32_t new_file_handle(struct win32 *w, int file, uint32_t access)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(w, OBJECT_FILE, NULL, &object);

	if (!handle)
		return 0;
	object->file = file;
	object->access = access;
	object->text = strdup(win32_files_path(w->files, file));
	return handle;
}

uint32_t win32_open_file(struct win32 *w, const char *path, uint32_t access, uint32_t disposition,
			 uint32_t attributes, bool *existed)
{
	int file = win32_files_find(w->files, path);
	const char *words = access & GENERIC_WRITE_BITS ? "write" : "read";

	*existed = file >= 0;
	if (file >= 0 && (win32_files_attributes(w->files, file) & FILE_ATTRIBUTE_DIRECTORY)) {
		set_last_error(w, ERROR_ACCESS_DENIED);
		return 0;
	}
	if (file >= 0 && disposition == CREATE_NEW) {
		set_last_error(w, ERROR_FILE_EXISTS);
		return 0;
	}
	if (file < 0 && (disposition == OPEN_EXISTING || disposition == TRUNCATE_EXISTING)) {
		set_last_error(w, ERROR_FILE_NOT_FOUND);
		return 0;
	}
	if (file < 0) {
		file = win32_files_create(w->files, path,
					  (attributes & 0x27) | FILE_ATTRIBUTE_ARCHIVE);
		if (file < 0) {
			set_last_error(w, file == ERROR_INPUT ? ERROR_PATH_NOT_FOUND
							      : ERROR_NOT_ENOUGH_MEMORY);
			return 0;
		}
		EMIT(w, FILE_CREATE, trace_text(path));
	} else if (disposition == CREATE_ALWAYS || disposition == TRUNCATE_EXISTING) {
		EMIT(w, FILE_CREATE, trace_text(path));
		if (win32_files_resize(w->files, file, 0) < 0)
			return 0;
	} else {
		EMIT(w, FILE_OPEN, trace_text(path), trace_text(words));
	}
	set_last_error(w, *existed && (disposition == CREATE_ALWAYS || disposition == OPEN_ALWAYS)
				  ? ERROR_ALREADY_EXISTS
				  : ERROR_SUCCESS);
	return new_file_handle(w, file, access);
}

static uint32_t create_file(struct call *call)
{
	struct win32 *w = call->w;
	char path[WIN32_PATH];
	const char *name = arg_text(call, 0);
	struct win32_object *object;
	bool existed;

	if (!name || !*name)
		return fail(call, ERROR_PATH_NOT_FOUND, INVALID_HANDLE);
	if (strcasecmp(name, "CONIN$") == 0 || strcasecmp(name, "CONOUT$") == 0 ||
	    strcasecmp(name, "NUL") == 0)
		return win32_object_new(w, OBJECT_CONSOLE, NULL, &object);
	win32_path_absolute(w, name, path);
	if (is_device(path) && strlen(path) > 6) {
		say_device(w, path);
		EMIT(w, FILE_OPEN, trace_text(path), trace_text("device"));
		return fail(call, ERROR_FILE_NOT_FOUND, INVALID_HANDLE);
	}
	uint32_t handle =
		win32_open_file(w, path, arg(call, 1), arg(call, 4), arg(call, 5), &existed);
	return handle ? handle : INVALID_HANDLE;
}

int64_t win32_read_file(struct win32 *w, struct win32_object *file, uint32_t into, uint32_t size)
{
	struct bytes content = win32_files_content(w->files, file->file);

	if (file->position >= content.length)
		return 0;
	struct bytes part = bytes_slice(content, (size_t)file->position, size);
	if (!win32_put(w, into, part.data, part.length))
		return -1;
	EMIT(w, FILE_READ, trace_text(file->text), trace_number(file->position),
	     trace_number(part.length));
	file->position += part.length;
	return (int64_t)part.length;
}

int64_t win32_write_file(struct win32 *w, struct win32_object *file, uint32_t from, uint32_t size)
{
	uint8_t chunk[16384];
	uint32_t done = 0;
	uint64_t start = file->position;
	const char *data = "";

	while (done < size) {
		uint32_t part = size - done < sizeof chunk ? size - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, from + done, chunk, part) ||
		    win32_files_write(w->files, file->file, file->position,
				      (struct bytes){ chunk, part }) < 0)
			break;
		if (done == 0)
			data = win32_event_data(w, (struct bytes){ chunk, part });
		file->position += part;
		done += part;
	}
	*win32_files_time(w->files, file->file) = win32_file_time(w);
	EMIT(w, FILE_WRITE, trace_text(file->text), trace_number(start), trace_number(done),
	     trace_text(data));
	return done == size ? (int64_t)done : -1;
}

static uint32_t read_pipe(struct call *call, struct win32_object *pipe, uint32_t into,
			  uint32_t size, uint32_t count_at)
{
	size_t left = pipe->content.length - (size_t)pipe->position;
	uint32_t part = left < size ? (uint32_t)left : size;

	/* Nothing in it and nobody who writes: as if the other end were closed. */
	if (part == 0)
		return fail(call, 109, 0); /* ERROR_BROKEN_PIPE */
	if (!win32_put(call->w, into, pipe->content.data + pipe->position, part))
		return fail(call, ERROR_INVALID_ADDRESS, 0);
	pipe->position += part;
	if (count_at)
		win32_put_u32(call->w, count_at, part);
	return 1;
}

struct win32_object *win32_file_of(struct win32 *w, uint32_t handle)
{
	struct win32_object *object = win32_object_of(w, handle, OBJECT_FILE);

	return object && win32_files_exists(w->files, object->file) ? object : NULL;
}

static uint32_t read_file(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t into = arg(call, 1), size = arg(call, 2), count_at = arg(call, 3);
	struct win32_object *pipe = win32_object_of(w, arg(call, 0), OBJECT_PIPE);

	if (count_at)
		win32_put_u32(w, count_at, 0);
	if (pipe)
		return read_pipe(call, pipe, into, size, count_at);
	if (win32_object_of(w, arg(call, 0), OBJECT_CONSOLE))
		return 1; /* end of input */
	if (win32_object_of(w, arg(call, 0), OBJECT_SOCKET))
		return fail(call, ERROR_NOT_SUPPORTED, 0);
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	int64_t count = win32_read_file(w, file, into, size);
	if (count < 0)
		return fail(call, 998, 0); /* ERROR_NOACCESS */
	if (count_at)
		win32_put_u32(w, count_at, (uint32_t)count);
	return 1;
}

static uint32_t write_file(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t from = arg(call, 1), size = arg(call, 2), count_at = arg(call, 3);
	struct win32_object *pipe = win32_object_of(w, arg(call, 0), OBJECT_PIPE);
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	int64_t count = size;

	if (file)
		count = win32_write_file(w, file, from, size);
	else if (pipe) {
		uint8_t chunk[4096];
		uint32_t part = size < sizeof chunk ? size : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, from, chunk, part) ||
		    buffer_append(&pipe->content, chunk, part) < 0)
			count = -1;
		else
			count = part;
	} else if (!win32_object_of(w, arg(call, 0), OBJECT_CONSOLE))
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (count_at)
		win32_put_u32(w, count_at, count < 0 ? 0 : (uint32_t)count);
	return count < 0 ? fail(call, ERROR_WRITE_FAULT, 0) : 1;
}

static uint32_t write_console(struct call *call)
{
	if (arg(call, 3))
		win32_put_u32(call->w, arg(call, 3), arg(call, 2));
	return 1;
}

static bool move_pointer(struct call *call, struct win32_object *file, int64_t distance,
			 uint32_t method, uint64_t *position)
{
	uint64_t size = win32_files_content(call->w->files, file->file).length;
	int64_t base = method == 1 ? (int64_t)file->position : method == 2 ? (int64_t)size : 0;

	if (distance > 0 && base > INT64_MAX - distance) {
		set_last_error(call->w, ERROR_INVALID_PARAMETER);
		return false;
	}
	if (base + distance < 0) {
		set_last_error(call->w, 131); /* ERROR_NEGATIVE_SEEK */
		return false;
	}
	file->position = *position = (uint64_t)(base + distance);
	set_last_error(call->w, ERROR_SUCCESS);
	return true;
}

static uint32_t set_file_pointer(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	uint32_t high_at = arg(call, 2);
	int64_t distance = (int32_t)arg(call, 1);
	uint64_t position;

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, UINT32_MAX);
	if (high_at)
		distance = (int64_t)(arg(call, 1) | (uint64_t)win32_u32(call->w, high_at) << 32);
	if (!move_pointer(call, file, distance, arg(call, 3), &position))
		return UINT32_MAX;
	if (high_at)
		win32_put_u32(call->w, high_at, (uint32_t)(position >> 32));
	return (uint32_t)position;
}

static uint32_t set_file_pointer_ex(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	uint64_t distance = arg(call, 1) | (uint64_t)arg(call, 2) << 32, position;

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (!move_pointer(call, file, (int64_t)distance, arg(call, 4), &position))
		return 0;
	if (arg(call, 3))
		win32_put_u64(call->w, arg(call, 3), position);
	return 1;
}

static uint32_t set_end_of_file(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	return win32_files_resize(call->w->files, file->file, file->position) == 0;
}

static uint32_t get_file_size(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, UINT32_MAX);
	if (arg(call, 1))
		win32_put_u32(call->w, arg(call, 1), 0);
	return (uint32_t)win32_files_content(call->w->files, file->file).length;
}

static uint32_t get_file_size_ex(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	return win32_put_u64(call->w, arg(call, 1),
			     win32_files_content(call->w->files, file->file).length);
}

static uint32_t get_file_type(struct call *call)
{
	struct win32_object *object = win32_object_of(call->w, arg(call, 0), OBJECT_ANY);

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	return object->kind == OBJECT_CONSOLE ? 2 : object->kind == OBJECT_PIPE ? 3 : 1;
}

static uint32_t get_file_time(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	uint64_t time = *win32_files_time(call->w->files, file->file);
	/* Files that nobody wrote since are as old as the installation. */
	if (!time)
		time = 127355760000000000ull; /* 2004-08-04 12:00 */
	for (unsigned i = 1; i <= 3; i++)
		if (arg(call, i))
			win32_put_u64(call->w, arg(call, i), time);
	return 1;
}

static uint32_t set_file_time(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (arg(call, 3))
		*win32_files_time(call->w->files, file->file) =
			win32_u32(call->w, arg(call, 3)) |
			(uint64_t)win32_u32(call->w, arg(call, 3) + 4) << 32;
	return 1;
}

static uint32_t get_file_information(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	uint32_t at = arg(call, 1);

	if (!file)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	win32_fill(w, at, 0, 52);
	win32_put_u32(w, at, win32_files_attributes(w->files, file->file));
	win32_put_u32(w, at + 36, (uint32_t)win32_files_content(w->files, file->file).length);
	win32_put_u32(w, at + 40, 1);
	win32_put_u32(w, at + 48, (uint32_t)file->file + 1000);
	return 1;
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

/* The old calls: OpenFile, _lopen and relatives. */
static uint32_t old_open(struct call *call)
{
	char path[WIN32_PATH];
	bool existed, create = strcmp(call->slot->name, "_lcreat") == 0;
	uint32_t access = create || (arg(call, 1) & 3) ? 0xc0000000u : 0x80000000u;

	win32_path_absolute(call->w, text_at(call->w, arg(call, 0), false), path);
	uint32_t handle = win32_open_file(call->w, path, access,
					  create ? CREATE_ALWAYS : OPEN_EXISTING, 0, &existed);
	return handle ? handle : INVALID_HANDLE;
}

static uint32_t old_close(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0)) ? 0 : UINT32_MAX;
}

static uint32_t old_read(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	return file ? (uint32_t)win32_read_file(call->w, file, arg(call, 1), arg(call, 2))
		    : UINT32_MAX;
}

static uint32_t old_write(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	return file ? (uint32_t)win32_write_file(call->w, file, arg(call, 1), arg(call, 2))
		    : UINT32_MAX;
}

static uint32_t old_seek(struct call *call)
{
	struct win32_object *file = win32_file_of(call->w, arg(call, 0));
	uint64_t position;

	if (!file || !move_pointer(call, file, (int32_t)arg(call, 1), arg(call, 2), &position))
		return UINT32_MAX;
	return (uint32_t)position;
}

/* --- pipes and console --- */

static uint32_t create_pipe(struct call *call)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(call->w, OBJECT_PIPE, NULL, &object);

	if (!handle)
		return 0;
	win32_put_u32(call->w, arg(call, 0), handle);
	win32_put_u32(call->w, arg(call, 1), win32_object_share(call->w, object));
	return 1;
}

static uint32_t peek_named_pipe(struct call *call)
{
	struct win32_object *pipe = win32_object_of(call->w, arg(call, 0), OBJECT_PIPE);

	if (!pipe)
		return fail(call, 109, 0);
	uint32_t left = (uint32_t)(pipe->content.length - pipe->position);
	if (arg(call, 3))
		win32_put_u32(call->w, arg(call, 3), 0);
	if (arg(call, 4))
		win32_put_u32(call->w, arg(call, 4), left);
	return 1;
}

static uint32_t get_std_handle(struct call *call)
{
	uint32_t which = 0u - arg(call, 0); /* STD_INPUT_HANDLE is -10 */
	return which >= 10 && which <= 12 ? 4 * (which - 9) : INVALID_HANDLE;
}

static uint32_t get_console_mode(struct call *call)
{
	return win32_put_u32(call->w, arg(call, 1), 3);
}

const struct api_model win32_kernel32_file_models[] = {
	API_TEXT("CreateFile", 7, create_file),
	API("ReadFile", 5, read_file),
	API("WriteFile", 5, write_file),
	API("SetFilePointer", 4, set_file_pointer),
	API("SetFilePointerEx", 5, set_file_pointer_ex),
	API("SetEndOfFile", 1, set_end_of_file),
	API("GetFileSize", 2, get_file_size),
	API("GetFileSizeEx", 2, get_file_size_ex),
	API("GetFileType", 1, get_file_type),
	API("GetFileTime", 4, get_file_time),
	API("SetFileTime", 4, set_file_time),
	API("GetFileInformationByHandle", 2, get_file_information),
	API("FlushFileBuffers", 1, return_true),
	API("LockFile", 5, return_true),
	API("UnlockFile", 5, return_true),
	API("_lopen", 2, old_open),
	API("_lcreat", 2, old_open),
	API("_lclose", 1, old_close),
	API("_lread", 3, old_read),
	API("_hread", 3, old_read),
	API("_lwrite", 3, old_write),
	API("_hwrite", 3, old_write),
	API("_llseek", 3, old_seek),
	API("CreatePipe", 4, create_pipe),
	API("PeekNamedPipe", 6, peek_named_pipe),
	API("GetStdHandle", 1, get_std_handle),
	API("SetStdHandle", 2, return_true),
	API_TEXT("WriteConsole", 5, write_console),
	API("GetConsoleMode", 2, get_console_mode),
	API("SetConsoleMode", 2, return_true),
	API("SetConsoleCtrlHandler", 2, return_true),
	API_TEXT("SetConsoleTitle", 1, return_true),
	API("SetHandleCount", 1, return_true),
	API("SetHandleInformation", 3, return_true),
	API("AllocConsole", 0, return_true),
	API("FreeConsole", 0, return_true),
	API_END
};
