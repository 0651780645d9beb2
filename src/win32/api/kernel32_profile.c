/* kernel32: private profiles, which are .ini files: [section], then lines of key=value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"

/* The line of `key` in [section] of a file's text: its value, borrowed; NULL data when there is
 * none. */
static struct bytes ini_find(struct bytes text, const char *section, const char *key,
			     size_t *line_at, size_t *section_end)
{
	struct reader reader = reader_of(text);
	bool inside = false;
	size_t length = strlen(key);

	*section_end = SIZE_MAX;
	while (reader_left(&reader)) {
		*line_at = reader.offset;
		struct bytes line = reader_line(&reader);
		if (line.length && line.data[0] == '[') {
			size_t name = strlen(section);
			inside = line.length >= name + 2 && line.data[name + 1] == ']' &&
				 strncasecmp((const char *)line.data + 1, section, name) == 0;
			if (inside)
				*section_end = reader.offset;
		} else if (inside && line.length > length && line.data[length] == '=' &&
			   strncasecmp((const char *)line.data, key, length) == 0) {
			return bytes_slice(line, length + 1, SIZE_MAX);
		}
	}
	return (struct bytes){ 0 };
}

static const char *ini_path(struct call *call, const char *name, char *path)
{
	char full[WIN32_PATH];

	if (!strpbrk(name, "\\:")) {
		snprintf(full, sizeof full, "C:\\WINDOWS\\%s", name);
		name = full;
	}
	return win32_path_absolute(call->w, name, path);
}

static struct bytes profile_value(struct call *call, const char *section, const char *key,
				  const char *file)
{
	char path[WIN32_PATH];
	size_t line, end;
	int index = file ? win32_files_find(call->w->files, ini_path(call, file, path)) : -1;

	if (index < 0 || !section || !key)
		return (struct bytes){ 0 };
	return ini_find(win32_files_content(call->w->files, index), section, key, &line, &end);
}

static uint32_t get_profile_string(struct call *call)
{
	struct bytes value =
		profile_value(call, arg_text(call, 0), arg_text(call, 1), arg_text(call, 5));
	const char *fallback = arg_text(call, 2);
	const char *text = value.data
				   ? text_from_ansi(call->w, (const char *)value.data, value.length)
			   : fallback ? fallback
				      : "";

	return text_put(call->w, arg(call, 3), arg(call, 4), text, call->wide);
}

static uint32_t get_profile_int(struct call *call)
{
	struct bytes value =
		profile_value(call, arg_text(call, 0), arg_text(call, 1), arg_text(call, 3));

	if (!value.data)
		return arg(call, 2);
	return (uint32_t)strtol(text_from_ansi(call->w, (const char *)value.data, value.length),
				NULL, 10);
}

static uint32_t write_profile_string(struct call *call)
{
	struct win32 *w = call->w;
	const char *section = arg_text(call, 0), *key = arg_text(call, 1),
		   *value = arg_text(call, 2);
	const char *file = arg_text(call, 3);
	char path[WIN32_PATH];
	size_t line = 0, end = SIZE_MAX;
	struct buffer text;

	if (!section || !key || !file)
		return 1; /* a flush, or the removal of a section that stays */
	ini_path(call, file, path);
	int index = win32_files_find(w->files, path);
	if (index < 0) {
		index = win32_files_create(w->files, path, FILE_ATTRIBUTE_ARCHIVE);
		if (index < 0)
			return fail(call, ERROR_PATH_NOT_FOUND, 0);
		EMIT(w, FILE_CREATE, trace_text(path));
	}
	struct bytes old = win32_files_content(w->files, index);
	struct bytes found = ini_find(old, section, key, &line, &end);
	size_t rest = found.data ? (size_t)(found.data - old.data) + found.length : end;
	buffer_init(&text, 1u << 20);
	size_t keep = found.data ? line : end == SIZE_MAX ? old.length : end;
	if (rest == SIZE_MAX)
		rest = old.length;
	buffer_append(&text, old.data, keep);
	if (!found.data && end == SIZE_MAX)
		buffer_printf(&text, "[%s]\r\n", section);
	if (value)
		buffer_printf(&text, "%s=%s%s", key, value, found.data ? "" : "\r\n");
	buffer_append(&text, old.data + rest, old.length - rest);
	EMIT(w, FILE_WRITE, trace_text(path), trace_number(keep), trace_number(text.length - keep),
	     trace_text(win32_event_data(w, bytes_slice(buffer_bytes(&text), keep, SIZE_MAX))));
	int result = win32_files_resize(w->files, index, 0);
	if (result == 0)
		result = win32_files_write(w->files, index, 0, buffer_bytes(&text));
	buffer_fini(&text);
	return result == 0;
}

const struct api_model win32_kernel32_profile_models[] = {
	API_TEXT("GetPrivateProfileString", 6, get_profile_string),
	API_TEXT("GetPrivateProfileInt", 4, get_profile_int),
	API_TEXT("WritePrivateProfileString", 4, write_profile_string), API_END
};
