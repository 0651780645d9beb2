/* The process environment: PEB, loader data, parameters, shared page, heap, ntdll and kernel32.
 *
 * Offsets are those of Windows XP SP2 (ntdll's public symbols: _PEB, _PEB_LDR_DATA,
 * _LDR_DATA_TABLE_ENTRY, _RTL_USER_PROCESS_PARAMETERS, _KUSER_SHARED_DATA). */
#include "win32/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api.h"
#include "win32/api/msvcrt.h"
#include "win32/api/user.h"
#include "win32/machine.h"
#include "win32/module.h"

#define LOADER_ENTRY 0x50u

/* UNICODE_STRING at `at`, its text in new heap memory. */
static void put_unicode_string(struct win32 *w, uint32_t at, const char *text)
{
	uint32_t length = 2 * text_length(text), where = text_new(w, text, true);

	win32_put_u16(w, at, length);
	win32_put_u16(w, at + 2, length + 2);
	win32_put_u32(w, at + 4, where);
}

static void put_shared_page(struct win32 *w)
{
	uint32_t page = WIN32_SHARED;

	win32_put_u32(w, page + 0x4, 0x0fa00000); /* TickCountMultiplier: 15.625 ms a tick, 8.24 */
	text_put(w, page + 0x30, 260, "C:\\WINDOWS", true);
	win32_put_u32(w, page + 0x264, 1); /* NtProductWinNt */
	win32_put_u8(w, page + 0x268, 1);
	win32_put_u32(w, page + 0x26c, 5);
	win32_put_u32(w, page + 0x270, 1);
}

static void put_peb(struct win32 *w)
{
	uint32_t lock = win32_heap_take(w, 24);

	w->loader_data = win32_heap_take(w, 0x28);
	w->process_heap = w->heap_cursor & ~(WIN32_GRANULE - 1);
	win32_put_u32(w, w->loader_data, 0x28);
	win32_put_u8(w, w->loader_data + 4, 1);
	win32_put_u32(w, WIN32_PEB + 0x0c, w->loader_data);
	win32_put_u32(w, WIN32_PEB + 0x18, w->process_heap);
	win32_put_u32(w, WIN32_PEB + 0x1c, lock);
	win32_put_u32(w, WIN32_PEB + 0x64, 1);
	win32_put_u32(w, WIN32_PEB + 0x88, 1);
	win32_put_u32(w, WIN32_PEB + 0x8c, 16);
	win32_put_u32(w, WIN32_PEB + 0xa4, 5);
	win32_put_u32(w, WIN32_PEB + 0xa8, 1);
	win32_put_u16(w, WIN32_PEB + 0xac, 2600);
	win32_put_u16(w, WIN32_PEB + 0xae, 0x200);
	win32_put_u32(w, WIN32_PEB + 0xb0, 2);
	win32_put_u32(w, WIN32_PEB + 0xb4, 2);
	win32_put_u32(w, WIN32_PEB + 0xb8, 4);
}

static int load_core(struct win32 *w)
{
	struct win32_module *module;
	int result = win32_module_load(w, "ntdll.dll", &module);

	if (result == 0)
		result = win32_module_load(w, "kernel32.dll", &module);
	if (result < 0)
		return result;
	module = win32_module_named(w, "ntdll.dll");
	win32_put_u32(w, WIN32_SHARED + 0x300,
		      win32_module_export(w, module, "KiFastSystemCall", 0));
	win32_put_u32(w, WIN32_SHARED + 0x304,
		      win32_module_export(w, module, "KiFastSystemCallRet", 0));
	uint32_t enter = win32_module_export(w, module, "RtlEnterCriticalSection", 0);
	win32_put_u32(w, WIN32_PEB + 0x20, enter);
	win32_put_u32(w, WIN32_PEB + 0x24,
		      win32_module_export(w, module, "RtlLeaveCriticalSection", 0));
	return 0;
}

int win32_process_start(struct win32 *w, struct error *error)
{
	struct win32_object *console;
	struct win32_module program = { .name = "", .path = "", .initialised = true }, *module;

	w->x86 = x86_new(X86_MODE_32, w->memory_limit);
	w->arena = arena_new(64u << 20);
	/* room for all that there may be, of which most is never touched: cleared as it is used */
	w->slots = malloc(WIN32_SLOT_LIMIT * sizeof *w->slots);
	w->modules = malloc(WIN32_MODULES * sizeof *w->modules);
	if (!w->x86 || !w->arena || !w->slots || !w->modules)
		return error_set(error, ERROR_MEMORY, "", "no memory for a simulated process");
	memset(w->slots, 0, WIN32_GATES * sizeof *w->slots);
	w->slot_count = WIN32_GATES;
	w->ended = false;
	/* Handles 4, 8, 12: standard input, output and error. */
	for (int i = 0; i < 3; i++)
		win32_object_new(w, OBJECT_CONSOLE, NULL, &console);
	int result = x86_hook(w->x86, WIN32_SLOTS, WIN32_SLOTS_END);
	if (result == 0)
		result = win32_module_add(w, &program, &module);
	if (result == 0 &&
	    (!win32_allocate(w, WIN32_PEB, WIN32_PAGE, PAGE_READWRITE, MEM_PRIVATE) ||
	     !win32_allocate(w, WIN32_SHARED, WIN32_PAGE, PAGE_READONLY, MEM_PRIVATE)))
		result = ERROR_LIMIT;
	if (result == 0) {
		w->modules[0].loaded = false;
		put_peb(w);
		put_shared_page(w);
		result = load_core(w);
	}
	if (result < 0)
		return error_set(error, result, "",
				 "cannot build the simulated process: raise the memory limit");
	return 0;
}

void win32_process_stop(struct win32 *w)
{
	win32_msvcrt_free(w);
	win32_user_free(w);
	for (unsigned i = 0; i < w->thread_count; i++)
		win32_thread_free(w, w->threads[i]);
	for (unsigned i = 0; i < w->handle_count; i++)
		if (w->handles[i])
			win32_object_close(w, 4 * (i + 1));
	for (unsigned i = 0; i < 32; i++) {
		free(w->heap_free[i]);
		w->heap_free[i] = NULL;
		w->heap_free_count[i] = w->heap_free_capacity[i] = 0;
	}
	for (unsigned i = 0; i < w->variable_count; i++)
		free(w->variables[i]);
	if (w->x86)
		w->instructions += x86_instructions(w->x86);
	x86_free(w->x86);
	arena_free(w->arena);
	free(w->regions);
	free(w->modules);
	free(w->slots);
	free(w->threads);
	free(w->handles);
	free(w->variables);
	free(w->directory);
	w->x86 = NULL;
	w->arena = NULL;
	w->regions = NULL;
	w->region_count = w->region_capacity = 0;
	w->heap_cursor = w->heap_end = 0;
	w->modules = NULL;
	w->module_count = 0;
	w->slots = NULL;
	w->slot_count = 0;
	w->spare = w->spare_end = 0;
	w->threads = NULL;
	w->thread_count = w->thread_capacity = 0;
	w->current = NULL;
	w->handles = NULL;
	w->handle_count = 0;
	w->unhandled_filter = 0;
	w->initialiser_count = w->initialiser_next = w->tls_count = 0;
	w->placed = false;
	memset(w->views, 0, sizeof w->views);
	w->vectored_count = 0;
	memset(w->tls_used, 0, sizeof w->tls_used);
	memset(w->fls_used, 0, sizeof w->fls_used);
	w->variables = NULL;
	w->variable_count = 0;
	w->directory = NULL;
	w->environment_a = w->environment_w = w->command_a = w->command_w = 0;
	w->parameters = 0;
	w->code_page_count = 0;
	w->names_block = 0;
}

void win32_process_end(struct win32 *w, enum win32_end end, uint32_t status)
{
	if (w->ended)
		return;
	w->ended = true;
	w->end = end;
	w->exit_status = status;
	if (end == WIN32_END_EXIT)
		EMIT(w, EXIT, trace_number(status));
}

static int copy_environment(struct win32 *w)
{
	unsigned count = win32_machine_variables(w->machine);

	for (unsigned i = 0; i < count; i++) {
		const char *name, *value;
		win32_machine_variable(w->machine, i, &name, &value);
		if (!win32_variable_set(w, name, value))
			return ERROR_MEMORY;
	}
	return 0;
}

static uint32_t variable_index(const struct win32 *w, const char *name)
{
	size_t length = strlen(name);

	for (unsigned i = 0; i < w->variable_count; i++)
		if (strncasecmp(w->variables[i], name, length) == 0 &&
		    w->variables[i][length] == '=')
			return i;
	return UINT32_MAX;
}

const char *win32_variable(const struct win32 *w, const char *name)
{
	uint32_t index = variable_index(w, name);
	return index == UINT32_MAX ? NULL : w->variables[index] + strlen(name) + 1;
}

bool win32_variable_set(struct win32 *w, const char *name, const char *value)
{
	uint32_t index = variable_index(w, name);
	char *text = NULL;

	if (value && asprintf(&text, "%s=%s", name, value) < 0)
		return false;
	if (index != UINT32_MAX) {
		free(w->variables[index]);
		w->variables[index] = text ? text : w->variables[--w->variable_count];
		return true;
	}
	if (!text)
		return true;
	if (!w->variables)
		w->variables = calloc(WIN32_VARIABLES, sizeof *w->variables);
	if (!w->variables || w->variable_count == WIN32_VARIABLES) {
		free(text);
		return false;
	}
	w->variables[w->variable_count++] = text;
	return true;
}

/* The block that PEB.ProcessParameters.Environment points at: wide strings, an empty one last. */
static uint32_t environment_block(struct win32 *w)
{
	uint32_t size = 2;

	for (unsigned i = 0; i < w->variable_count; i++)
		size += 2 * (text_length(w->variables[i]) + 1);
	uint32_t block = win32_heap_take(w, size), at = block;
	for (unsigned i = 0; block && i < w->variable_count; i++)
		at += 2 * (text_put(w, at, UINT32_MAX, w->variables[i], true) + 1);
	return block;
}

int win32_process_describe(struct win32 *w, const char *path, const char *command)
{
	char folder[WIN32_PATH];

	if (copy_environment(w) < 0)
		return ERROR_MEMORY;
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '\\');
	if (slash)
		slash[slash - folder == 2 ? 1 : 0] = 0;
	free(w->directory);
	w->directory = strdup(folder);
	w->parameters = win32_heap_take(w, 0x2a0);
	if (!w->directory || !w->parameters)
		return ERROR_MEMORY;
	uint32_t at = w->parameters;
	win32_put_u32(w, at, 0x2a0);
	win32_put_u32(w, at + 4, 0x2a0);
	win32_put_u32(w, at + 8, 1);
	win32_put_u32(w, at + 0x18, WIN32_STANDARD_INPUT);
	win32_put_u32(w, at + 0x1c, WIN32_STANDARD_OUTPUT);
	win32_put_u32(w, at + 0x20, WIN32_STANDARD_ERROR);
	put_unicode_string(w, at + 0x24, folder);
	put_unicode_string(w, at + 0x30, "C:\\WINDOWS\\system32;C:\\WINDOWS\\system;C:\\WINDOWS;.");
	put_unicode_string(w, at + 0x38, path);
	put_unicode_string(w, at + 0x40, command);
	win32_put_u32(w, at + 0x48, environment_block(w));
	put_unicode_string(w, at + 0x70, path);
	win32_put_u32(w, WIN32_PEB + 0x10, at);
	w->command_w = win32_u32(w, at + 0x44);
	w->command_a = text_new(w, command, false);
	return w->command_w && w->command_a ? 0 : ERROR_MEMORY;
}

/* One module's entry in the loader lists. */
static void put_loader_entry(struct win32 *w, struct win32_module *module)
{
	if (!module->loader_entry) {
		module->loader_entry = win32_heap_take(w, LOADER_ENTRY);
		put_unicode_string(w, module->loader_entry + 0x24, module->path);
		put_unicode_string(w, module->loader_entry + 0x2c, module->name);
	}
	uint32_t at = module->loader_entry;
	win32_put_u32(w, at + 0x18, module->base);
	win32_put_u32(w, at + 0x1c, module->entry);
	win32_put_u32(w, at + 0x20, module->size);
	win32_put_u32(w, at + 0x34, module == w->modules ? 0x5000 : 0x84004);
	win32_put_u16(w, at + 0x38, 0xffff);
}

/* A ring through `head` and the links at `offset` of the entries; `first`: index of the first
 * module. */
static void put_ring(struct win32 *w, uint32_t head, uint32_t offset, unsigned first)
{
	uint32_t previous = head;

	for (unsigned i = first; i < w->module_count; i++) {
		if (!w->modules[i].loaded)
			continue;
		uint32_t link = w->modules[i].loader_entry + offset;
		win32_put_u32(w, previous, link);
		win32_put_u32(w, link + 4, previous);
		previous = link;
	}
	win32_put_u32(w, previous, head);
	win32_put_u32(w, head + 4, previous);
}

/* Load and memory order: the program, ntdll, kernel32, …; initialisation order: without the
 * program. */
void win32_module_list(struct win32 *w)
{
	for (unsigned i = 0; i < w->module_count; i++)
		if (w->modules[i].loaded)
			put_loader_entry(w, &w->modules[i]);
	put_ring(w, w->loader_data + 0x0c, 0, 0);
	put_ring(w, w->loader_data + 0x14, 8, 0);
	put_ring(w, w->loader_data + 0x1c, 0x10, 1);
}
