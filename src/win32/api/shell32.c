/* shell32 and shlwapi: starting things, known folders, paths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"

/* CSIDL numbers (shlobj.h); %USERPROFILE% and others are expanded. */
static const struct {
	uint8_t number;
	const char *path;
} folders[] = { { 0x00, "%USERPROFILE%\\Desktop" },
		{ 0x02, "%USERPROFILE%\\Start Menu\\Programs" },
		{ 0x05, "%USERPROFILE%\\My Documents" },
		{ 0x06, "%USERPROFILE%\\Favorites" },
		{ 0x07, "%USERPROFILE%\\Start Menu\\Programs\\Startup" },
		{ 0x08, "%USERPROFILE%\\Recent" },
		{ 0x0b, "%USERPROFILE%\\Start Menu" },
		{ 0x10, "%USERPROFILE%\\Desktop" },
		{ 0x18, "%ALLUSERSPROFILE%\\Start Menu\\Programs\\Startup" },
		{ 0x1a, "%APPDATA%" },
		{ 0x1c, "%USERPROFILE%\\Local Settings\\Application Data" },
		{ 0x20, "%USERPROFILE%\\Local Settings\\Temporary Internet Files" },
		{ 0x21, "%USERPROFILE%\\Cookies" },
		{ 0x22, "%USERPROFILE%\\Local Settings\\History" },
		{ 0x23, "%ALLUSERSPROFILE%\\Application Data" },
		{ 0x24, "%SystemRoot%" },
		{ 0x25, "%SystemRoot%\\system32" },
		{ 0x26, "%ProgramFiles%" },
		{ 0x27, "%USERPROFILE%\\My Documents\\My Pictures" },
		{ 0x28, "%USERPROFILE%" },
		{ 0x2b, "%CommonProgramFiles%" },
		{ 0x2e, "%ALLUSERSPROFILE%\\Documents" } };

static bool folder_path(struct win32 *w, uint32_t number, char *path)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (folders[i].number == (number & 0xff)) {
			win32_expand(w, folders[i].path, path, WIN32_PATH);
			return true;
		}
	return false;
}

static uint32_t get_special_folder_path(struct call *call)
{
	char path[WIN32_PATH];

	if (!folder_path(call->w, arg(call, 2), path))
		return 0;
	text_put(call->w, arg(call, 1), 260, path, call->wide);
	return 1;
}

static uint32_t get_folder_path(struct call *call)
{
	char path[WIN32_PATH];

	if (!folder_path(call->w, arg(call, 1), path))
		return 0x80070057;
	text_put(call->w, arg(call, 4), 260, path, call->wide);
	return 0;
}

/* A PIDL is opaque: here its number lies in a heap block. */
static uint32_t get_special_folder_location(struct call *call)
{
	uint32_t block = win32_heap_take(call->w, 8);

	win32_put_u32(call->w, block, 0x4b480000 | (arg(call, 1) & 0xff));
	return win32_put_u32(call->w, arg(call, 2), block) ? 0 : 0x80070057;
}

static uint32_t path_from_id_list(struct call *call)
{
	char path[WIN32_PATH];
	uint32_t number = win32_u32(call->w, arg(call, 0));

	if (number >> 16 != 0x4b48 || !folder_path(call->w, number, path))
		return 0;
	text_put(call->w, arg(call, 1), 260, path, call->wide);
	return 1;
}

static uint32_t execute(struct win32 *w, const char *file, const char *parameters)
{
	char command[2048];
	struct win32_object *process;
	uint32_t id;

	if (!file || !*file)
		return 2;
	snprintf(command, sizeof command, "\"%.1000s\"%s%.1000s", file,
		 parameters && *parameters ? " " : "", parameters ? parameters : "");
	/* A document or URL is opened by the program that is registered for it. */
	const char *program = file;
	if (strstr(file, "://"))
		program = "C:\\Program Files\\Internet Explorer\\iexplore.exe";
	uint32_t handle = win32_start_program(w, program, command, &id, &process);
	if (!handle)
		return 2; /* SE_ERR_FNF */
	win32_object_close(w, handle);
	return 42;
}

static uint32_t shell_execute(struct call *call)
{
	return execute(call->w, arg_text(call, 2), arg_text(call, 3));
}

static uint32_t shell_execute_ex(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0), file = win32_u32(w, at + 16),
		 parameters = win32_u32(w, at + 20);
	uint32_t result = execute(w, file ? text_at(w, file, call->wide) : NULL,
				  parameters ? text_at(w, parameters, call->wide) : NULL);

	win32_put_u32(w, at + 32, result);
	return result > 32;
}

/* SHFileOperation: copy and delete of one name, as programs use it */
static uint32_t file_operation(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0), what = win32_u32(w, at + 4);
	char from[WIN32_PATH], to[WIN32_PATH];
	uint32_t to_at = win32_u32(w, at + 12);

	win32_path_absolute(w, text_at(w, win32_u32(w, at + 8), call->wide), from);
	win32_path_absolute(w, to_at ? text_at(w, to_at, call->wide) : "", to);
	int source = win32_files_find(w->files, from);
	if (source < 0)
		return ERROR_FILE_NOT_FOUND;
	if (what == 3) {
		EMIT(w, FILE_DELETE, trace_text(from));
		win32_files_remove(w->files, source);
	} else if (what == 2) {
		EMIT(w, FILE_COPY, trace_text(from), trace_text(to));
		int target = win32_files_create(w->files, to, FILE_ATTRIBUTE_ARCHIVE);
		if (target < 0 || win32_files_write(w->files, target, 0,
						    win32_files_content(w->files, source)) < 0)
			return ERROR_PATH_NOT_FOUND;
	} else {
		EMIT(w, FILE_MOVE, trace_text(from), trace_text(to));
		if (win32_files_rename(w->files, source, to) < 0)
			return ERROR_PATH_NOT_FOUND;
	}
	return 0;
}

static uint32_t is_user_admin(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t success(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t command_line_to_argv(struct call *call)
{
	struct win32 *w = call->w;
	const char *line = text_at(w, arg(call, 0), true);
	uint32_t array = win32_heap_take(w, 4 * 64), count = 0;
	char part[1024];

	while (*line && count < 63) {
		while (*line == ' ')
			line++;
		if (!*line)
			break;
		bool quoted = *line == '"';
		line += quoted;
		size_t length = strcspn(line, quoted ? "\"" : " ");
		snprintf(part, sizeof part, "%.*s", (int)length, line);
		win32_put_u32(w, array + 4 * count++, text_new(w, part, true));
		line += length + (line[length] != 0);
	}
	win32_put_u32(w, arg(call, 1), count);
	return array;
}

/* --- shlwapi --- */

static uint32_t path_file_exists(struct call *call)
{
	char path[WIN32_PATH];
	const char *name = arg_text(call, 0);

	return name &&
	       win32_files_find(call->w->files, win32_path_absolute(call->w, name, path)) >= 0;
}

static uint32_t path_find_name(struct call *call)
{
	const char *path = arg_text(call, 0);

	if (!path)
		return 0;
	char prefix[WIN32_PATH];
	snprintf(prefix, sizeof prefix, "%.*s", (int)(win32_path_name(path) - path), path);
	return arg(call, 0) + (call->wide ? 2 : 1) * text_length(prefix);
}

static uint32_t path_find_extension(struct call *call)
{
	const char *path = arg_text(call, 0), *dot;

	if (!path)
		return 0;
	dot = strrchr(win32_path_name(path), '.');
	char prefix[WIN32_PATH];
	snprintf(prefix, sizeof prefix, "%.*s", (int)((dot ? dot : path + strlen(path)) - path),
		 path);
	return arg(call, 0) + (call->wide ? 2 : 1) * text_length(prefix);
}

static uint32_t path_append(struct call *call)
{
	const char *path = arg_text(call, 0), *more = arg_text(call, 1);
	char whole[2 * WIN32_PATH];

	if (!path || !more)
		return 0;
	size_t length = strlen(path);
	snprintf(whole, sizeof whole, "%s%s%s", path,
		 length && path[length - 1] == '\\' ? "" : "\\", *more == '\\' ? more + 1 : more);
	text_put(call->w, arg(call, 0), 260, whole, call->wide);
	return 1;
}

static uint32_t path_combine(struct call *call)
{
	const char *path = arg_text(call, 1), *more = arg_text(call, 2);
	char whole[2 * WIN32_PATH];

	snprintf(whole, sizeof whole, "%s\\%s", path ? path : "", more ? more : "");
	text_put(call->w, arg(call, 0), 260, whole, call->wide);
	return arg(call, 0);
}

static uint32_t path_remove_name(struct call *call)
{
	const char *path = arg_text(call, 0);
	char folder[WIN32_PATH];

	if (!path)
		return 0;
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '\\');
	if (!slash)
		return 0;
	*slash = 0;
	text_put(call->w, arg(call, 0), 260, folder, call->wide);
	return 1;
}

static uint32_t str_str_i(struct call *call)
{
	const char *text = arg_text(call, 0), *wanted = arg_text(call, 1);
	const char *found = text && wanted ? strcasestr(text, wanted) : NULL;

	return found ? arg(call, 0) + (call->wide ? 2 : 1) * (uint32_t)(found - text) : 0;
}

static uint32_t str_to_int(struct call *call)
{
	const char *text = arg_text(call, 0);
	return text ? (uint32_t)strtol(text, NULL, 10) : 0;
}

const struct api_model win32_shell32_models[] = {
	API_TEXT("SHGetSpecialFolderPath", 4, get_special_folder_path),
	API_TEXT("SHGetFolderPath", 5, get_folder_path),
	API("SHGetSpecialFolderLocation", 3, get_special_folder_location),
	API_TEXT("SHGetPathFromIDList", 2, path_from_id_list),
	API_TEXT("ShellExecute", 6, shell_execute),
	API_TEXT("ShellExecuteEx", 1, shell_execute_ex),
	API_TEXT("SHFileOperation", 1, file_operation),
	API("IsUserAnAdmin", 0, is_user_admin),
	API("SHChangeNotify", 4, success),
	API("CommandLineToArgvW", 2, command_line_to_argv),
	API_END
};

const struct api_model win32_shlwapi_models[] = {
	API_TEXT("PathFileExists", 1, path_file_exists),
	API_TEXT("PathFindFileName", 1, path_find_name),
	API_TEXT("PathFindExtension", 1, path_find_extension),
	API_TEXT("PathAppend", 2, path_append),
	API_TEXT("PathCombine", 3, path_combine),
	API_TEXT("PathRemoveFileSpec", 1, path_remove_name),
	API_TEXT("StrStrI", 2, str_str_i),
	API_TEXT("StrToInt", 1, str_to_int),
	API_END
};
