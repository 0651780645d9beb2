/* Small libraries: netapi32, mpr, psapi, ole32, winmm, version, userenv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/machine.h"
#include "win32/module.h"

static uint32_t success(struct call *call)
{
	(void)call;
	return 0;
}

/* --- netapi32: texts are always wide --- */

static uint32_t user_add(struct call *call)
{
	uint32_t name = win32_u32(call->w, arg(call, 2));

	EMIT(call->w, USER_CREATE, trace_text(text_at(call->w, name, true)), trace_text(""));
	return 0;
}

static uint32_t group_add_member(struct call *call)
{
	struct win32 *w = call->w;
	/* level 3: LOCALGROUP_MEMBERS_INFO_3 holds a name */
	const char *name = arg(call, 2) == 3 ? text_at(w, win32_u32(w, arg(call, 3)), true) : "";

	EMIT(w, USER_CREATE, trace_text(name), trace_text(text_at(w, arg(call, 1), true)));
	return 0;
}

static uint32_t nothing_found(struct call *call)
{
	(void)call;
	return 2221; /* NERR_UserNotFound */
}

static uint32_t buffer_free(struct call *call)
{
	win32_heap_give(call->w, arg(call, 0));
	return 0;
}

static uint32_t share_enum(struct call *call)
{
	/* NetShareEnum(server, level, buffer, size, read, total, resume): no shares */
	win32_put_u32(call->w, arg(call, 2), 0);
	win32_put_u32(call->w, arg(call, 4), 0);
	win32_put_u32(call->w, arg(call, 5), 0);
	return 0;
}

/* --- mpr --- */

static uint32_t add_connection(struct call *call)
{
	uint32_t resource = arg(call, strstr(call->slot->name, "3") ? 1 : 0);
	uint32_t name = win32_u32(call->w, resource + 20);
	const char *remote = name ? text_at(call->w, name, call->wide) : "";

	EMIT(call->w, SYSTEM_CALL, trace_text("WNetAddConnection"), trace_text(remote));
	return 53; /* ERROR_BAD_NETPATH */
}

static uint32_t open_enum(struct call *call)
{
	struct win32_object *object;

	win32_put_u32(call->w, arg(call, 4),
		      win32_object_new(call->w, OBJECT_RESOURCE, NULL, &object));
	return 0;
}

static uint32_t enum_resource(struct call *call)
{
	(void)call;
	return ERROR_NO_MORE_ITEMS;
}

static uint32_t close_enum(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0)) ? 0 : ERROR_INVALID_HANDLE;
}

/* --- psapi --- */

static uint32_t enum_processes(struct call *call)
{
	struct win32 *w = call->w;
	const struct win32_running *running;
	uint32_t count = 0, room = arg(call, 1) / 4;

	EMIT(w, PROCESS_WALK, trace_text("EnumProcesses"));
	for (unsigned i = 0; count < room && (running = win32_machine_running(w->machine, i)); i++)
		win32_put_u32(w, arg(call, 0) + 4 * count++, running->id);
	if (count < room)
		win32_put_u32(w, arg(call, 0) + 4 * count++, w->process_id);
	win32_put_u32(w, arg(call, 2), 4 * count);
	return 1;
}

static uint32_t enum_process_modules(struct call *call)
{
	win32_put_u32(call->w, arg(call, 1), call->w->modules[0].base);
	return win32_put_u32(call->w, arg(call, 3), 4);
}

static uint32_t module_base_name(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *other = win32_object_of(w, arg(call, 0), OBJECT_PROCESS);
	struct win32_module *module = win32_module_at(w, arg(call, 1));
	bool path = strstr(call->slot->name, "FileName") != NULL;
	const char *text = path ? w->modules[0].path : w->modules[0].name;

	if (other && other->id != w->process_id)
		text = other->text ? other->text : "";
	else if (module)
		text = path ? module->path : module->name;
	return text_put(w, arg(call, 2), arg(call, 3), text, call->wide);
}

static uint32_t image_file_name(struct call *call)
{
	struct win32_object *other = win32_object_of(call->w, arg(call, 0), OBJECT_PROCESS);
	const char *text = other && other->text ? other->text : call->w->modules[0].path;

	return text_put(call->w, arg(call, 1), arg(call, 2), text, call->wide);
}

/* --- ole32: no classes are registered --- */

static uint32_t no_class(struct call *call)
{
	/* CoCreateInstance's result pointer is its last argument */
	win32_put_u32(call->w, arg(call, 4), 0);
	return 0x80040154; /* REGDB_E_CLASSNOTREG */
}

static uint32_t task_alloc(struct call *call)
{
	return win32_heap_take(call->w, arg(call, 0));
}

static uint32_t create_guid(struct call *call)
{
	for (uint32_t i = 0; i < 4; i++)
		win32_put_u32(call->w, arg(call, 0) + 4 * i, random_u32(&call->w->random));
	return 0;
}

/* --- oleaut32 --- */

static uint32_t sys_alloc_string(struct call *call)
{
	const char *text = text_at(call->w, arg(call, 0), true);
	uint32_t length = text_length(text), block = win32_heap_take(call->w, 2 * length + 8);

	if (!arg(call, 0) || !block)
		return 0;
	win32_put_u32(call->w, block, 2 * length);
	text_put(call->w, block + 4, length + 1, text, true);
	return block + 4;
}

static uint32_t sys_free_string(struct call *call)
{
	if (arg(call, 0))
		win32_heap_give(call->w, arg(call, 0) - 4);
	return 0;
}

static uint32_t sys_string_length(struct call *call)
{
	return arg(call, 0) ? win32_u32(call->w, arg(call, 0) - 4) / 2 : 0;
}

/* --- winmm, version --- */

static uint32_t time_get_time(struct call *call)
{
	call->w->waited += 1000;
	return win32_ticks(call->w);
}

static uint32_t no_version(struct call *call)
{
	return fail(call, 1812, 0); /* ERROR_RESOURCE_DATA_NOT_FOUND */
}

const struct api_model win32_netapi32_models[] = {
	API("NetUserAdd", 4, user_add),
	API("NetLocalGroupAddMembers", 5, group_add_member),
	API("NetUserGetInfo", 4, nothing_found),
	API("NetShareEnum", 7, share_enum),
	API("NetApiBufferFree", 1, buffer_free),
	API_END
};
const struct api_model win32_mpr_models[] = { API_TEXT("WNetAddConnection2", 4, add_connection),
					      API_TEXT("WNetAddConnection3", 5, add_connection),
					      API_TEXT("WNetOpenEnum", 5, open_enum),
					      API_TEXT("WNetEnumResource", 4, enum_resource),
					      API("WNetCloseEnum", 1, close_enum),
					      API_TEXT("WNetCancelConnection2", 3, success),
					      API_END };
const struct api_model win32_psapi_models[] = {
	API("EnumProcesses", 3, enum_processes),
	API("EnumProcessModules", 4, enum_process_modules),
	API_TEXT("GetModuleBaseName", 4, module_base_name),
	API_TEXT("GetModuleFileNameEx", 4, module_base_name),
	API_TEXT("GetProcessImageFileName", 3, image_file_name),
	API_END
};
const struct api_model win32_ole32_models[] = { API("CoInitialize", 1, success),
						API("CoInitializeEx", 2, success),
						API("OleInitialize", 1, success),
						API("CoUninitialize", 0, success),
						API("CoCreateInstance", 5, no_class),
						API("CoTaskMemAlloc", 1, task_alloc),
						API("CoTaskMemFree", 1, buffer_free),
						API("CoCreateGuid", 1, create_guid),
						API_END };
const struct api_model win32_oleaut32_models[] = { API("SysAllocString", 1, sys_alloc_string),
						   API("SysFreeString", 1, sys_free_string),
						   API("SysStringLen", 1, sys_string_length),
						   API_END };
const struct api_model win32_winmm_models[] = { API("timeGetTime", 0, time_get_time), API_END };
const struct api_model win32_version_models[] = { API_TEXT("GetFileVersionInfoSize", 2, no_version),
						  API_END };
