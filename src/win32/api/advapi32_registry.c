/* advapi32 (and shlwapi's short forms): the registry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/registry.h"

#define VALUE_LIMIT (1u << 20)

/* Text of a key handle: a root or an open key; NULL: neither. */
static const char *key_text(struct win32 *w, uint32_t handle)
{
	static const char *const roots[] = { "HKCR", "HKCU", "HKLM", "HKU", "HKPD", "HKCC" };
	struct win32_object *object;

	if (handle >= 0x80000000u && handle < 0x80000006u)
		return roots[handle - 0x80000000u];
	object = win32_object_of(w, handle, OBJECT_KEY);
	return object ? object->text : NULL;
}

/* Where a key really lies: HKCR is HKLM\Software\Classes; ControlSet001 is the current one; a
 * user's own key under HKU is HKCU. */
static void key_path(struct win32 *w, uint32_t handle, const char *name, char *path)
{
	const char *root = key_text(w, handle);
	char full[REGISTRY_PATH];

	while (name && *name == '\\')
		name++;
	snprintf(full, sizeof full, "%s%s%s", root ? root : "", name && *name ? "\\" : "",
		 name ? name : "");
	size_t length = strlen(full);
	while (length && full[length - 1] == '\\')
		full[--length] = 0;
	if (strncasecmp(full, "HKCR", 4) == 0 && (full[4] == '\\' || !full[4]))
		snprintf(path, REGISTRY_PATH, "HKLM\\Software\\Classes%.400s", full + 4);
	else if (strncasecmp(full, "HKLM\\System\\ControlSet001", 25) == 0)
		snprintf(path, REGISTRY_PATH, "HKLM\\System\\CurrentControlSet%.400s", full + 25);
	else if (strncasecmp(full, "HKU\\S-1-5-21-", 13) == 0)
		snprintf(path, REGISTRY_PATH, "HKCU%.500s",
			 strchr(full + 13, '\\') ? strchr(full + 13, '\\') : "");
	else
		snprintf(path, REGISTRY_PATH, "%s", full);
}

static uint32_t new_key(struct win32 *w, const char *path)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(w, OBJECT_KEY, NULL, &object);

	if (handle)
		object->text = strdup(path);
	return handle;
}

static uint32_t open_key(struct call *call, uint32_t into)
{
	struct win32 *w = call->w;
	char path[REGISTRY_PATH];

	if (!key_text(w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(w, arg(call, 0), arg_text(call, 1), path);
	if (strchr(path, '\\') && !win32_registry_has(w->registry, path))
		return ERROR_FILE_NOT_FOUND;
	EMIT(w, REGISTRY_OPEN, trace_text(path));
	win32_put_u32(w, into, new_key(w, path));
	return ERROR_SUCCESS;
}

static uint32_t reg_open_key(struct call *call)
{
	return open_key(call, arg(call, 2));
}

static uint32_t reg_open_key_ex(struct call *call)
{
	return open_key(call, arg(call, 4));
}

static uint32_t create_key(struct call *call, uint32_t into, uint32_t disposition)
{
	struct win32 *w = call->w;
	char path[REGISTRY_PATH];

	if (!key_text(w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(w, arg(call, 0), arg_text(call, 1), path);
	bool existed = win32_registry_has(w->registry, path);
	if (existed)
		EMIT(w, REGISTRY_OPEN, trace_text(path));
	else
		EMIT(w, REGISTRY_CREATE, trace_text(path));
	if (win32_registry_create(w->registry, path) < 0)
		return ERROR_NOT_ENOUGH_MEMORY;
	win32_put_u32(w, into, new_key(w, path));
	if (disposition)
		win32_put_u32(w, disposition, existed ? 2 : 1);
	return ERROR_SUCCESS;
}

static uint32_t reg_create_key(struct call *call)
{
	return create_key(call, arg(call, 2), 0);
}

static uint32_t reg_create_key_ex(struct call *call)
{
	return create_key(call, arg(call, 7), arg(call, 8));
}

static uint32_t reg_close_key(struct call *call)
{
	if (arg(call, 0) >= 0x80000000u)
		return ERROR_SUCCESS;
	return win32_object_close(call->w, arg(call, 0)) ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

static bool is_text(uint32_t type)
{
	return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* A value as text for events. */
static const char *value_text(struct win32 *w, uint32_t type, struct bytes data)
{
	char *text;

	if (type == REG_DWORD && data.length >= 4) {
		struct reader reader = reader_of(data);
		text = win32_scratch(w, 16);
		snprintf(text, 16, "%u", reader_u32le(&reader));
		return text;
	}
	if (!is_text(type))
		return win32_event_data(w, data);
	text = win32_scratch(w, data.length / 2 + 1);
	size_t length = 0;
	for (size_t i = 0; i + 1 < data.length; i += 2) {
		uint8_t byte = data.data[i + 1] ? '?' : data.data[i];
		if (byte == 0 && i + 2 >= data.length)
			break;
		text[length++] = (char)(byte ? byte : ' ');
	}
	return text_from_ansi(w, text, length);
}

/* Bytes of a value as they are stored: texts always as UTF-16LE. */
static bool take_value(struct win32 *w, uint32_t from, uint32_t size, uint32_t type, bool wide,
		       struct buffer *into)
{
	uint8_t chunk[512];

	for (uint32_t done = 0, part; done < size; done += part) {
		part = size - done < sizeof chunk ? size - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, from + done, chunk, part))
			return false;
		if (wide || !is_text(type)) {
			buffer_append(into, chunk, part);
			continue;
		}
		for (uint32_t i = 0; i < part; i++)
			buffer_append(into, (uint8_t[]){ chunk[i], 0 }, 2);
	}
	return !buffer_failed(into);
}

static uint32_t set_value(struct call *call, const char *path, const char *name, uint32_t type,
			  uint32_t from, uint32_t size)
{
	struct win32 *w = call->w;
	struct buffer data;
	uint32_t result = ERROR_SUCCESS;

	buffer_init(&data, 2 * VALUE_LIMIT);
	if (size > VALUE_LIMIT || !take_value(w, from, size, type, call->wide, &data))
		result = ERROR_INVALID_PARAMETER;
	else if (win32_registry_set(w->registry, path, name, type, buffer_bytes(&data)) < 0)
		result = ERROR_FILE_NOT_FOUND;
	else
		EMIT(w, REGISTRY_SET, trace_text(path), trace_text(name),
		     trace_text(value_text(w, type, buffer_bytes(&data))));
	buffer_fini(&data);
	return result;
}

static uint32_t reg_set_value_ex(struct call *call)
{
	char path[REGISTRY_PATH];
	const char *name = arg_text(call, 1);

	if (!key_text(call->w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(call->w, arg(call, 0), NULL, path);
	return set_value(call, path, name ? name : "", arg(call, 3), arg(call, 4), arg(call, 5));
}

/* RegSetValue: the default value of a subkey, always text. */
static uint32_t reg_set_value(struct call *call)
{
	char path[REGISTRY_PATH];
	uint32_t from = arg(call, 3);

	if (!key_text(call->w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(call->w, arg(call, 0), arg_text(call, 1), path);
	if (win32_registry_create(call->w->registry, path) < 0)
		return ERROR_NOT_ENOUGH_MEMORY;
	uint32_t length = text_length(text_at(call->w, from, call->wide)) + 1;
	return set_value(call, path, "", REG_SZ, from, call->wide ? 2 * length : length);
}

/* Gives a stored value: type, bytes, and its size, with the rules for buffers that are too small.
 */
static uint32_t give_value(struct call *call, const struct win32_value *value, uint32_t type_at,
			   uint32_t data_at, uint32_t size_at)
{
	struct win32 *w = call->w;
	bool narrow = is_text(value->type) && !call->wide;
	uint32_t needed = narrow ? value->length / 2 : value->length;
	uint32_t room = size_at ? win32_u32(w, size_at) : 0;

	if (type_at)
		win32_put_u32(w, type_at, value->type);
	if (size_at)
		win32_put_u32(w, size_at, needed);
	if (!data_at)
		return ERROR_SUCCESS;
	if (room < needed)
		return ERROR_MORE_DATA;
	if (!narrow)
		return win32_put(w, data_at, value->data, needed) ? ERROR_SUCCESS
								  : ERROR_INVALID_PARAMETER;
	for (uint32_t i = 0; i < needed; i++)
		win32_put_u8(w, data_at + i, value->data[2 * i + 1] ? '?' : value->data[2 * i]);
	return ERROR_SUCCESS;
}

static uint32_t query_value(struct call *call, const char *subkey, const char *name,
			    uint32_t type_at, uint32_t data_at, uint32_t size_at)
{
	char path[REGISTRY_PATH];

	if (!key_text(call->w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(call->w, arg(call, 0), subkey, path);
	EMIT(call->w, REGISTRY_GET, trace_text(path), trace_text(name));
	const struct win32_value *value = win32_registry_get(call->w->registry, path, name);
	if (!value)
		return ERROR_FILE_NOT_FOUND;
	return give_value(call, value, type_at, data_at, size_at);
}

static uint32_t reg_query_value_ex(struct call *call)
{
	const char *name = arg_text(call, 1);
	return query_value(call, NULL, name ? name : "", arg(call, 3), arg(call, 4), arg(call, 5));
}

static uint32_t reg_query_value(struct call *call)
{
	return query_value(call, arg_text(call, 1), "", 0, arg(call, 2), arg(call, 3));
}

/* SHGetValue(key, subkey, value, &type, data, &size) */
static uint32_t sh_get_value(struct call *call)
{
	const char *name = arg_text(call, 2);
	return query_value(call, arg_text(call, 1), name ? name : "", arg(call, 3), arg(call, 4),
			   arg(call, 5));
}

static uint32_t sh_set_value(struct call *call)
{
	char path[REGISTRY_PATH];
	const char *name = arg_text(call, 2);

	if (!key_text(call->w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(call->w, arg(call, 0), arg_text(call, 1), path);
	if (win32_registry_create(call->w->registry, path) < 0)
		return ERROR_NOT_ENOUGH_MEMORY;
	return set_value(call, path, name ? name : "", arg(call, 3), arg(call, 4), arg(call, 5));
}

static uint32_t reg_delete_value(struct call *call)
{
	char path[REGISTRY_PATH];
	const char *name = arg_text(call, 1);

	key_path(call->w, arg(call, 0), NULL, path);
	if (win32_registry_delete_value(call->w->registry, path, name ? name : "") < 0)
		return ERROR_FILE_NOT_FOUND;
	EMIT(call->w, REGISTRY_DELETE, trace_text(path), trace_text(name ? name : ""));
	return ERROR_SUCCESS;
}

static uint32_t reg_delete_key(struct call *call)
{
	char path[REGISTRY_PATH];

	key_path(call->w, arg(call, 0), arg_text(call, 1), path);
	if (win32_registry_delete(call->w->registry, path) < 0)
		return ERROR_FILE_NOT_FOUND;
	EMIT(call->w, REGISTRY_DELETE, trace_text(path), trace_text(""));
	return ERROR_SUCCESS;
}

/* SHDeleteKey: with everything below it */
static uint32_t sh_delete_key(struct call *call)
{
	char path[REGISTRY_PATH], below[REGISTRY_PATH];
	const char *child;

	key_path(call->w, arg(call, 0), arg_text(call, 1), path);
	if (!win32_registry_has(call->w->registry, path))
		return ERROR_FILE_NOT_FOUND;
	EMIT(call->w, REGISTRY_DELETE, trace_text(path), trace_text(""));
	while ((child = win32_registry_subkey(call->w->registry, path, 0))) {
		snprintf(below, sizeof below, "%.250s\\%.250s", path, child);
		/* Down to a leaf, which can be removed. */
		while ((child = win32_registry_subkey(call->w->registry, below, 0))) {
			size_t length = strlen(below);
			if (length + strlen(child) + 2 > sizeof below)
				return ERROR_NOT_ENOUGH_MEMORY;
			snprintf(below + length, sizeof below - length, "\\%s", child);
		}
		if (win32_registry_delete(call->w->registry, below) < 0)
			return ERROR_ACCESS_DENIED;
	}
	return win32_registry_delete(call->w->registry, path) < 0 ? ERROR_FILE_NOT_FOUND
								  : ERROR_SUCCESS;
}

static uint32_t reg_enum_key(struct call *call)
{
	char path[REGISTRY_PATH];
	bool extended = strstr(call->slot->name, "Ex") != NULL;

	if (!key_text(call->w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(call->w, arg(call, 0), NULL, path);
	const char *name = win32_registry_subkey(call->w->registry, path, arg(call, 1));
	if (!name)
		return ERROR_NO_MORE_ITEMS;
	uint32_t room = extended ? win32_u32(call->w, arg(call, 3)) : arg(call, 3);
	if (room <= text_length(name))
		return ERROR_MORE_DATA;
	uint32_t length = text_put(call->w, arg(call, 2), room, name, call->wide);
	if (extended)
		win32_put_u32(call->w, arg(call, 3), length);
	return ERROR_SUCCESS;
}

static uint32_t reg_enum_value(struct call *call)
{
	char path[REGISTRY_PATH];

	if (!key_text(call->w, arg(call, 0)))
		return ERROR_INVALID_HANDLE;
	key_path(call->w, arg(call, 0), NULL, path);
	const struct win32_value *value =
		win32_registry_value(call->w->registry, path, arg(call, 1));
	if (!value)
		return ERROR_NO_MORE_ITEMS;
	if (win32_u32(call->w, arg(call, 3)) <= text_length(value->name))
		return ERROR_MORE_DATA;
	EMIT(call->w, REGISTRY_GET, trace_text(path), trace_text(value->name));
	win32_put_u32(call->w, arg(call, 3),
		      text_put(call->w, arg(call, 2), 16384, value->name, call->wide));
	return give_value(call, value, arg(call, 5), arg(call, 6), arg(call, 7));
}

static uint32_t reg_query_info_key(struct call *call)
{
	char path[REGISTRY_PATH];
	uint32_t keys = 0, values = 0, longest = 0;
	const struct win32_value *value;

	key_path(call->w, arg(call, 0), NULL, path);
	while (win32_registry_subkey(call->w->registry, path, keys))
		keys++;
	while ((value = win32_registry_value(call->w->registry, path, values))) {
		longest = value->length > longest ? value->length : longest;
		values++;
	}
	const uint32_t results[][2] = {
		{ 4, keys }, { 5, 255 }, { 7, values }, { 8, 255 }, { 9, longest }
	};
	for (size_t i = 0; i < sizeof results / sizeof *results; i++)
		if (arg(call, results[i][0]))
			win32_put_u32(call->w, arg(call, results[i][0]), results[i][1]);
	return ERROR_SUCCESS;
}

static uint32_t success(struct call *call)
{
	(void)call;
	return ERROR_SUCCESS;
}

static uint32_t reg_notify(struct call *call)
{
	/* Nobody else changes the registry: a wait for it is for ever, an event never comes. */
	return arg(call, 4) ? ERROR_SUCCESS : sleep_then(call, UINT32_MAX, ERROR_SUCCESS);
}

const struct api_model win32_registry_models[] = {
	API_TEXT("RegOpenKey", 3, reg_open_key),
	API_TEXT("RegOpenKeyEx", 5, reg_open_key_ex),
	API_TEXT("RegCreateKey", 3, reg_create_key),
	API_TEXT("RegCreateKeyEx", 9, reg_create_key_ex),
	API("RegCloseKey", 1, reg_close_key),
	API("RegFlushKey", 1, success),
	API_TEXT("RegSetValueEx", 6, reg_set_value_ex),
	API_TEXT("RegSetValue", 5, reg_set_value),
	API_TEXT("RegQueryValueEx", 6, reg_query_value_ex),
	API_TEXT("RegQueryValue", 4, reg_query_value),
	API_TEXT("RegDeleteValue", 2, reg_delete_value),
	API_TEXT("RegDeleteKey", 2, reg_delete_key),
	API_TEXT("RegEnumKey", 4, reg_enum_key),
	API_TEXT("RegEnumKeyEx", 8, reg_enum_key),
	API_TEXT("RegEnumValue", 8, reg_enum_value),
	API_TEXT("RegQueryInfoKey", 12, reg_query_info_key),
	API("RegNotifyChangeKeyValue", 5, reg_notify),
	API_END
};

const struct api_model win32_shlwapi_registry_models[] = {
	API_TEXT("SHGetValue", 6, sh_get_value), API_TEXT("SHSetValue", 6, sh_set_value),
	API_TEXT("SHDeleteKey", 2, sh_delete_key), API_END
};
