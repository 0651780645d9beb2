/* kernel32: processes, their list, command line and environment. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"
#include "win32/machine.h"
#include "win32/module.h"

static uint32_t exit_process(struct call *call)
{
	call->outcome = API_JUMP;
	win32_process_end(call->w, WIN32_END_EXIT, arg(call, 0));
	return 0;
}

static uint32_t fatal_exit(struct call *call)
{
	call->outcome = API_JUMP;
	win32_process_end(call->w, WIN32_END_EXIT, 255);
	return 0;
}

static uint32_t terminate_process(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *other = win32_object_of(w, arg(call, 0), OBJECT_PROCESS);

	if (arg(call, 0) == UINT32_MAX || (other && other->id == w->process_id)) {
		call->outcome = API_JUMP;
		win32_process_end(w, WIN32_END_EXIT, arg(call, 1));
		return 0;
	}
	if (!other)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	EMIT(w, PROCESS_TERMINATE, trace_text(other->text ? other->text : ""));
	other->signalled = true;
	other->status = arg(call, 1);
	return 1;
}

/* The program of a command line: up to the closing quote, or growing at blanks until a file fits.
 */
static void program_of(struct win32 *w, const char *command, char *path)
{
	char part[WIN32_PATH];

	while (*command == ' ')
		command++;
	if (*command == '"') {
		snprintf(part, sizeof part, "%.*s", (int)strcspn(command + 1, "\""), command + 1);
		win32_find_program(w, part, path);
		return;
	}
	for (size_t end = strcspn(command, " ");; end += 1 + strcspn(command + end + 1, " ")) {
		snprintf(part, sizeof part, "%.*s", (int)end, command);
		if (win32_find_program(w, part, path) || !command[end])
			break;
	}
	if (win32_files_find(w->files, path) < 0) {
		snprintf(part, sizeof part, "%.*s", (int)strcspn(command, " "), command);
		win32_find_program(w, part, path);
	}
}

bool win32_find_program(struct win32 *w, const char *name, char *path)
{
	static const char *const folders[] = { "", "C:\\WINDOWS\\system32\\", "C:\\WINDOWS\\" };
	char full[WIN32_PATH];

	for (size_t i = 0; i < 2 * sizeof folders / sizeof *folders; i++) {
		if (i / 2 && strpbrk(name, "\\:"))
			break;
		snprintf(full, sizeof full, "%s%s%s", folders[i / 2], name, i % 2 ? ".exe" : "");
		win32_path_absolute(w, full, path);
		int file = win32_files_find(w->files, path);
		if (file >= 0 &&
		    !(win32_files_attributes(w->files, file) & FILE_ATTRIBUTE_DIRECTORY))
			return true;
	}
	win32_path_absolute(w, name, path);
	return false;
}

uint32_t win32_start_program(struct win32 *w, const char *application, const char *command,
			     uint32_t *id, struct win32_object **object)
{
	char path[WIN32_PATH];

	if (application && *application)
		win32_find_program(w, application, path);
	else
		program_of(w, command ? command : "", path);
	bool exists = win32_files_find(w->files, path) >= 0;
	EMIT(w, PROCESS_CREATE, trace_text(path), trace_text(command ? command : path));
	*object = NULL;
	if (!exists)
		return 0;
	uint32_t handle = win32_object_new(w, OBJECT_PROCESS, NULL, object);
	if (!handle)
		return 0;
	(*object)->text = strdup(win32_path_name(path));
	(*object)->id = *id = w->next_id;
	(*object)->status = STILL_ACTIVE;
	w->next_id += 8; /* its first thread has the number between */
	/* Programs of the emulated machine have no code: they are taken to run and end. */
	if (w->child_count < WIN32_PROCESSES &&
	    win32_files_changed(w->files, win32_files_find(w->files, path))) {
		struct win32_child *child = &w->children[w->child_count++];
		snprintf(child->path, sizeof child->path, "%s", path);
		child->command = strdup(command && *command ? command : path);
		child->id = *id;
		if (!child->command)
			w->child_count--;
	} else {
		(*object)->signalled = true;
		(*object)->status = 0;
	}
	return handle;
}

static uint32_t create_process(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t information = arg(call, 9), id = 0;
	struct win32_object *process, *thread;
	uint32_t handle =
		win32_start_program(w, arg_text(call, 0), arg_text(call, 1), &id, &process);

	if (!handle)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	uint32_t thread_handle = win32_object_new(w, OBJECT_THREAD, NULL, &thread);
	if (thread)
		thread->id = id + 4;
	win32_put_u32(w, information, handle);
	win32_put_u32(w, information + 4, thread_handle);
	win32_put_u32(w, information + 8, id);
	win32_put_u32(w, information + 12, id + 4);
	return 1;
}

static uint32_t win_exec(struct call *call)
{
	struct win32_object *process;
	uint32_t id;
	uint32_t handle = win32_start_program(call->w, NULL, arg_text(call, 0), &id, &process);

	if (!handle)
		return ERROR_FILE_NOT_FOUND;
	win32_object_close(call->w, handle);
	return 33; /* more than 31: it was started */
}

static uint32_t open_process(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t id = arg(call, 2);
	struct win32_object *object;
	const struct win32_running *running = NULL;

	for (unsigned i = 0; (running = win32_machine_running(w->machine, i)); i++)
		if (running->id == id)
			break;
	if (!running && id != w->process_id)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	uint32_t handle = win32_object_new(w, OBJECT_PROCESS, NULL, &object);
	if (!handle)
		return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
	object->id = id;
	object->status = STILL_ACTIVE;
	object->text = strdup(running ? running->name : w->modules[0].name);
	if (running)
		EMIT(w, PROCESS_OPEN, trace_text(running->name), trace_number(arg(call, 0)));
	return handle;
}

static uint32_t get_exit_code_process(struct call *call)
{
	struct win32_object *other = win32_object_of(call->w, arg(call, 0), OBJECT_PROCESS);

	win32_put_u32(call->w, arg(call, 1), other ? other->status : STILL_ACTIVE);
	return 1;
}

static uint32_t get_current_process(struct call *call)
{
	(void)call;
	return UINT32_MAX;
}

static uint32_t get_current_process_id(struct call *call)
{
	return call->w->process_id;
}

static uint32_t get_process_id(struct call *call)
{
	struct win32_object *other = win32_object_of(call->w, arg(call, 0), OBJECT_PROCESS);
	return other ? other->id : call->w->process_id;
}

static uint32_t get_priority_class(struct call *call)
{
	(void)call;
	return 0x20;
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t get_process_version(struct call *call)
{
	(void)call;
	return 0x00040000;
}

/* --- Toolhelp --- */

static uint32_t create_snapshot(struct call *call)
{
	struct win32_object *object;
	uint32_t handle = win32_object_new(call->w, OBJECT_SNAPSHOT, NULL, &object);

	if (handle && (arg(call, 0) & 2))
		EMIT(call->w, PROCESS_WALK, trace_text("toolhelp"));
	return handle ? handle : INVALID_HANDLE;
}

/* Process number `index` of the machine; the simulated one is the last. */
static bool process_at(struct win32 *w, uint64_t index, struct win32_running *running)
{
	const struct win32_running *found = win32_machine_running(w->machine, (unsigned)index);

	if (found) {
		*running = *found;
		return true;
	}
	if (index && !win32_machine_running(w->machine, (unsigned)index - 1))
		return false;
	*running = (struct win32_running){ .id = w->process_id,
					   .parent = 1496,
					   .threads = w->thread_count };
	running->name = win32_scratch(w, strlen(w->modules[0].name) + 1);
	strcpy(running->name, w->modules[0].name);
	return true;
}

static uint32_t process_entry(struct call *call, bool first)
{
	struct win32 *w = call->w;
	struct win32_object *snapshot = win32_object_of(w, arg(call, 0), OBJECT_SNAPSHOT);
	uint32_t at = arg(call, 1);
	struct win32_running running;

	if (!snapshot)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (first)
		snapshot->position = 0;
	if (!process_at(w, snapshot->position, &running))
		return fail(call, ERROR_NO_MORE_FILES, 0);
	snapshot->position++;
	const uint32_t words[] = { 0, running.id, 0, 0, running.threads, running.parent, 8, 0 };
	for (uint32_t i = 0; i < 8; i++)
		win32_put_u32(w, at + 4 + 4 * i, words[i]);
	text_put(w, at + 36, 260, running.name, call->wide);
	return 1;
}

static uint32_t process_first(struct call *call)
{
	return process_entry(call, true);
}

static uint32_t process_next(struct call *call)
{
	return process_entry(call, false);
}

static uint32_t process_first_w(struct call *call)
{
	call->wide = true;
	return process_entry(call, true);
}

static uint32_t process_next_w(struct call *call)
{
	call->wide = true;
	return process_entry(call, false);
}

static uint32_t module_entry(struct call *call, bool first)
{
	struct win32 *w = call->w;
	struct win32_object *snapshot = win32_object_of(w, arg(call, 0), OBJECT_SNAPSHOT);
	uint32_t at = arg(call, 1);

	if (!snapshot)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (first)
		snapshot->words[0] = 0;
	while (snapshot->words[0] < w->module_count && !w->modules[snapshot->words[0]].loaded)
		snapshot->words[0]++;
	if (snapshot->words[0] >= w->module_count)
		return fail(call, ERROR_NO_MORE_FILES, 0);
	const struct win32_module *module = &w->modules[snapshot->words[0]++];
	const uint32_t words[] = { 1,		w->process_id, 0xffff,
				   0xffff,	module->base,  module->size,
				   module->base };
	for (uint32_t i = 0; i < 7; i++)
		win32_put_u32(w, at + 4 + 4 * i, words[i]);
	uint32_t name = at + 32;
	text_put(w, name, 256, module->name, call->wide);
	text_put(w, name + (call->wide ? 512 : 256), 260, module->path, call->wide);
	return 1;
}

static uint32_t module_first(struct call *call)
{
	return module_entry(call, true);
}

static uint32_t module_next(struct call *call)
{
	return module_entry(call, false);
}

static uint32_t no_more(struct call *call)
{
	return fail(call, ERROR_NO_MORE_FILES, 0);
}

/* --- start-up information and environment --- */

static uint32_t get_command_line_a(struct call *call)
{
	return call->w->command_a;
}

static uint32_t get_command_line_w(struct call *call)
{
	return call->w->command_w;
}

static uint32_t get_startup_info(struct call *call)
{
	uint32_t at = arg(call, 0);

	win32_fill(call->w, at, 0, 68);
	win32_put_u32(call->w, at, 68);
	win32_put_u32(call->w, at + 56, WIN32_STANDARD_INPUT);
	win32_put_u32(call->w, at + 60, WIN32_STANDARD_OUTPUT);
	win32_put_u32(call->w, at + 64, WIN32_STANDARD_ERROR);
	return 0;
}

static uint32_t get_environment_variable(struct call *call)
{
	const char *name = arg_text(call, 0), *value = name ? win32_variable(call->w, name) : NULL;

	if (!value)
		return fail(call, ERROR_ENVVAR_NOT_FOUND, 0);
	return text_give(call, arg(call, 1), arg(call, 2), value);
}

static uint32_t set_environment_variable(struct call *call)
{
	const char *name = arg_text(call, 0);
	return name && win32_variable_set(call->w, name, arg_text(call, 1));
}

static uint32_t environment_block(struct win32 *w, bool wide)
{
	uint32_t unit = wide ? 2 : 1, size = unit;

	for (unsigned i = 0; i < w->variable_count; i++)
		size += unit * (text_length(w->variables[i]) + 1);
	uint32_t block = win32_heap_take(w, size), at = block;
	for (unsigned i = 0; block && i < w->variable_count; i++)
		at += unit * (text_put(w, at, UINT32_MAX, w->variables[i], wide) + 1);
	return block;
}

static uint32_t get_environment_a(struct call *call)
{
	return environment_block(call->w, false);
}

static uint32_t get_environment_w(struct call *call)
{
	return environment_block(call->w, true);
}

static uint32_t free_environment(struct call *call)
{
	return win32_heap_give(call->w, arg(call, 0));
}

void win32_expand(struct win32 *w, const char *text, char *out, size_t size)
{
	size_t length = 0;

	while (*text && length + 1 < size) {
		const char *end = *text == '%' ? strchr(text + 1, '%') : NULL;
		char name[128];
		if (end && (size_t)(end - text) < sizeof name) {
			snprintf(name, sizeof name, "%.*s", (int)(end - text - 1), text + 1);
			const char *value = win32_variable(w, name);
			if (value) {
				length +=
					(size_t)snprintf(out + length, size - length, "%s", value);
				if (length >= size)
					length = size - 1;
				text = end + 1;
				continue;
			}
		}
		out[length++] = *text++;
	}
	out[length] = 0;
}

static uint32_t expand_environment(struct call *call)
{
	char out[4096];
	const char *text = arg_text(call, 0);

	win32_expand(call->w, text ? text : "", out, sizeof out);
	uint32_t length = text_length(out) + 1;
	if (arg(call, 2) >= length)
		text_put(call->w, arg(call, 1), arg(call, 2), out, call->wide);
	return length;
}

/* --- debugging --- */

static uint32_t is_debugger_present(struct call *call)
{
	EMIT(call->w, ANTI_DEBUG, trace_text("IsDebuggerPresent"));
	return win32_u8(call->w, WIN32_PEB + 2);
}

static uint32_t check_remote_debugger(struct call *call)
{
	EMIT(call->w, ANTI_DEBUG, trace_text("CheckRemoteDebuggerPresent"));
	win32_put_u32(call->w, arg(call, 1), 0);
	return 1;
}

static uint32_t output_debug_string(struct call *call)
{
	(void)call;
	return 0;
}

const struct api_model win32_kernel32_process_models[] = {
	API("ExitProcess", 1, exit_process),
	API_TEXT("FatalAppExit", 2, fatal_exit),
	API("TerminateProcess", 2, terminate_process),
	API_TEXT("CreateProcess", 10, create_process),
	API("WinExec", 2, win_exec),
	API("OpenProcess", 3, open_process),
	API("GetExitCodeProcess", 2, get_exit_code_process),
	API("GetCurrentProcess", 0, get_current_process),
	API("GetCurrentProcessId", 0, get_current_process_id),
	API("GetProcessId", 1, get_process_id),
	API("GetPriorityClass", 1, get_priority_class),
	API("SetPriorityClass", 2, return_true),
	API("SetProcessPriorityBoost", 2, return_true),
	API("GetProcessVersion", 1, get_process_version),
	API("CreateToolhelp32Snapshot", 2, create_snapshot),
	API("Process32First", 2, process_first),
	API("Process32Next", 2, process_next),
	API("Process32FirstW", 2, process_first_w),
	API("Process32NextW", 2, process_next_w),
	API("Module32First", 2, module_first),
	API("Module32Next", 2, module_next),
	API("Thread32First", 2, no_more),
	API("Thread32Next", 2, no_more),
	API("Heap32ListFirst", 2, no_more),
	API("GetCommandLineA", 0, get_command_line_a),
	API("GetCommandLineW", 0, get_command_line_w),
	API_TEXT("GetStartupInfo", 1, get_startup_info),
	API_TEXT("GetEnvironmentVariable", 3, get_environment_variable),
	API_TEXT("SetEnvironmentVariable", 2, set_environment_variable),
	API("GetEnvironmentStrings", 0, get_environment_a),
	API("GetEnvironmentStringsA", 0, get_environment_a),
	API("GetEnvironmentStringsW", 0, get_environment_w),
	API_TEXT("FreeEnvironmentStrings", 1, free_environment),
	API_TEXT("ExpandEnvironmentStrings", 3, expand_environment),
	API("IsDebuggerPresent", 0, is_debugger_present),
	API("CheckRemoteDebuggerPresent", 2, check_remote_debugger),
	API_TEXT("OutputDebugString", 1, output_debug_string),
	API_END
};
