/* kernel32: libraries and their exports, resources, errors. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/exception.h"
#include "win32/loader.h"
#include "win32/module.h"

static uint32_t library_initialised(struct call *call, uint32_t result)
{
	(void)result;
	struct win32 *w = call->w;

	if (w->initialiser_next < w->initialiser_count) {
		const struct win32_initialiser *next = &w->initialisers[w->initialiser_next++];
		uint32_t arguments[] = { next->base, next->reason, 0 };
		return call_guest(call, next->address, library_initialised, call->words, 3,
				  arguments);
	}
	w->initialiser_count = w->initialiser_next = 0;
	call->outcome = API_RETURN;
	return call->words[0];
}

static uint32_t load_library_named(struct call *call, const char *name)
{
	struct win32 *w = call->w;

	if (!name || !*name)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	EMIT(w, MODULE_LOAD, trace_text(name));
	bool during_start = w->initialiser_count > 0;
	struct win32_module *module = win32_find_library(w, name);
	if (!module)
		return fail(call, ERROR_MOD_NOT_FOUND, 0);
	call->words[0] = module->base;
	if (w->initialiser_count && !during_start)
		return library_initialised(call, 0);
	return module->base;
}

static uint32_t load_library(struct call *call)
{
	return load_library_named(call, arg_text(call, 0));
}

static uint32_t get_module_handle(struct call *call)
{
	const char *name = arg_text(call, 0);

	if (!name)
		return call->w->modules[0].base;
	struct win32_module *module = win32_module_named(call->w, name);
	return module ? module->base : fail(call, ERROR_MOD_NOT_FOUND, 0);
}

static uint32_t get_module_handle_ex(struct call *call)
{
	uint32_t flags = arg(call, 0), into = arg(call, 2);
	struct win32_module *module = NULL;

	if (flags & 4)
		module = win32_module_of(call->w, arg(call, 1));
	else if (arg(call, 1))
		module = win32_module_named(call->w, arg_text(call, 1));
	else
		module = &call->w->modules[0];
	win32_put_u32(call->w, into, module ? module->base : 0);
	return module ? 1 : fail(call, ERROR_MOD_NOT_FOUND, 0);
}

static uint32_t get_module_file_name(struct call *call)
{
	uint32_t base = arg(call, 0);
	struct win32_module *module = base ? win32_module_at(call->w, base) : &call->w->modules[0];

	if (!module)
		return fail(call, ERROR_MOD_NOT_FOUND, 0);
	return text_put(call->w, arg(call, 1), arg(call, 2), module->path, call->wide);
}

static uint32_t get_proc_address(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_module *module = win32_module_at(w, arg(call, 0));
	uint32_t which = arg(call, 1), address;
	char text[16];

	if (!module)
		return fail(call, ERROR_MOD_NOT_FOUND, 0);
	if (which < 0x10000) {
		snprintf(text, sizeof text, "#%u", which);
		EMIT(w, MODULE_RESOLVE, trace_text(module->name), trace_text(text));
		address = win32_module_export(w, module, NULL, which);
	} else {
		const char *name = text_at(w, which, false);
		EMIT(w, MODULE_RESOLVE, trace_text(module->name), trace_text(name));
		/* A library that nobody knows may well have it. */
		address = module->library || module->from_file
				  ? win32_module_export(w, module, name, 0)
				  : win32_module_import(w, module, name, 0);
	}
	return address ? address : fail(call, ERROR_PROC_NOT_FOUND, 0);
}

static uint32_t free_library(struct call *call)
{
	return win32_module_at(call->w, arg(call, 0)) ? 1 : fail(call, ERROR_INVALID_HANDLE, 0);
}

static uint32_t free_library_and_exit_thread(struct call *call)
{
	win32_thread_exit(call->w, call->w->current, arg(call, 1));
	call->outcome = API_JUMP;
	return 0;
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t get_last_error(struct call *call)
{
	return last_error(call->w);
}

static uint32_t set_last_error_model(struct call *call)
{
	set_last_error(call->w, arg(call, 0));
	return 0;
}

static uint32_t set_error_mode(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t raise_exception(struct call *call)
{
	uint32_t information[15], count, code = arg(call, 0), flags = arg(call, 1);
	struct win32 *w = call->w;

	count = arg(call, 2) > 15 ? 15 : arg(call, 2);
	for (uint32_t i = 0; i < count; i++)
		information[i] = win32_u32(w, arg(call, 3) + 4 * i);
	/* A handler that continues comes back behind this call. */
	win32_return(w, call->slot, call->stack, 0);
	call->outcome = API_JUMP;
	win32_exception_raise(w, code, flags & 1, count, information);
	return 0;
}

static uint32_t set_unhandled_filter(struct call *call)
{
	uint32_t before = call->w->unhandled_filter;
	call->w->unhandled_filter = arg(call, 0);
	return before;
}

static uint32_t unhandled_filter(struct call *call)
{
	(void)call;
	return 1; /* EXCEPTION_EXECUTE_HANDLER */
}

static uint32_t add_vectored_handler(struct call *call)
{
	struct win32 *w = call->w;
	unsigned limit = sizeof w->vectored / sizeof *w->vectored;

	if (w->vectored_count == limit)
		return 0;
	if (arg(call, 0)) {
		memmove(w->vectored + 1, w->vectored, w->vectored_count * sizeof *w->vectored);
		w->vectored[0] = arg(call, 1);
	} else {
		w->vectored[w->vectored_count] = arg(call, 1);
	}
	w->vectored_count++;
	return arg(call, 1);
}

static uint32_t remove_vectored_handler(struct call *call)
{
	struct win32 *w = call->w;

	for (unsigned i = 0; i < w->vectored_count; i++)
		if (w->vectored[i] == arg(call, 0)) {
			w->vectored_count--;
			memmove(w->vectored + i, w->vectored + i + 1,
				(w->vectored_count - i) * sizeof *w->vectored);
			return 1;
		}
	return 0;
}

static uint32_t rtl_unwind(struct call *call)
{
	return win32_exception_unwind(call, arg(call, 0), arg(call, 2), arg(call, 3));
}

/* --- resources: a tree of three levels in the program's own image --- */

static uint32_t resource_root(struct win32 *w, uint32_t base, uint32_t *size)
{
	uint32_t nt = base + win32_u32(w, base + 60);

	*size = win32_u32(w, nt + 24 + 96 + 20);
	uint32_t rva = win32_u32(w, nt + 24 + 96 + 16);
	return rva ? base + rva : 0;
}

/* An entry's name or number against what the program asks for ("#12" is number 12). */
static bool resource_fits(struct win32 *w, uint32_t root, uint32_t entry, uint32_t wanted,
			  bool wide)
{
	if (!(entry & 0x80000000u))
		return wanted < 0x10000 ? (entry & 0xffff) == wanted : false;
	if (wanted < 0x10000)
		return false;
	uint32_t at = root + (entry & 0x7fffffff);
	const char *name = text_at(w, wanted, wide);
	uint16_t length = win32_u16(w, at);
	if (length != text_length(name))
		return false;
	for (uint16_t i = 0; i < length; i++) {
		uint16_t x = win32_u16(w, at + 2u + 2u * i);
		uint8_t y = (uint8_t)name[i];
		if ((x | 0x20) != (y | 0x20))
			return false;
	}
	return true;
}

static uint32_t resource_level(struct win32 *w, uint32_t root, uint32_t directory, uint32_t wanted,
			       bool any, bool wide)
{
	uint32_t count = (uint32_t)win32_u16(w, directory + 12) + win32_u16(w, directory + 14);

	for (uint32_t i = 0; i < count && i < 4096; i++) {
		uint32_t entry = directory + 16 + 8 * i;
		if (any || resource_fits(w, root, win32_u32(w, entry), wanted, wide))
			return win32_u32(w, entry + 4);
	}
	return 0;
}

static uint32_t number_of(struct win32 *w, uint32_t wanted, bool wide)
{
	unsigned number;

	if (wanted >= 0x10000 && sscanf(text_at(w, wanted, wide), "#%u", &number) == 1)
		return number & 0xffff;
	return wanted;
}

static uint32_t find_in(struct call *call, uint32_t type, uint32_t name)
{
	struct win32 *w = call->w;
	uint32_t base = arg(call, 0) ? arg(call, 0) : w->modules[0].base, size;
	uint32_t root = resource_root(w, base, &size), next;

	if (!root)
		return fail(call, ERROR_RESOURCE_NAME_NOT_FOUND, 0);
	next = resource_level(w, root, root, number_of(w, type, call->wide), false, call->wide);
	if (next & 0x80000000u)
		next = resource_level(w, root, root + (next & 0x7fffffff),
				      number_of(w, name, call->wide), false, call->wide);
	if (next & 0x80000000u)
		next = resource_level(w, root, root + (next & 0x7fffffff), 0, true, call->wide);
	return next ? root + (next & 0x7fffffff) : fail(call, ERROR_RESOURCE_NAME_NOT_FOUND, 0);
}

static uint32_t find_resource(struct call *call)
{
	return find_in(call, arg(call, 2), arg(call, 1));
}

static uint32_t find_resource_ex(struct call *call)
{
	return find_in(call, arg(call, 1), arg(call, 2));
}

static uint32_t load_resource(struct call *call)
{
	uint32_t base = arg(call, 0) ? arg(call, 0) : call->w->modules[0].base;
	uint32_t entry = arg(call, 1);
	return entry ? base + win32_u32(call->w, entry) : 0;
}

static uint32_t lock_resource(struct call *call)
{
	return arg(call, 0);
}

static uint32_t size_of_resource(struct call *call)
{
	return arg(call, 1) ? win32_u32(call->w, arg(call, 1) + 4) : 0;
}

static uint32_t format_message(struct call *call)
{
	uint32_t flags = arg(call, 0), buffer = arg(call, 4);
	char text[64];

	snprintf(text, sizeof text, "Error %u.\r\n", arg(call, 2));
	if (flags & 0x100) { /* FORMAT_MESSAGE_ALLOCATE_BUFFER */
		win32_put_u32(call->w, buffer, text_new(call->w, text, call->wide));
		return text_length(text);
	}
	return text_put(call->w, buffer, arg(call, 5), text, call->wide);
}

const struct api_model win32_kernel32_module_models[] = {
	API_TEXT("LoadLibrary", 1, load_library),
	API_TEXT("LoadLibraryEx", 3, load_library),
	API("FreeLibrary", 1, free_library),
	API("FreeLibraryAndExitThread", 2, free_library_and_exit_thread),
	API("DisableThreadLibraryCalls", 1, return_true),
	API_TEXT("GetModuleHandle", 1, get_module_handle),
	API_TEXT("GetModuleHandleEx", 3, get_module_handle_ex),
	API_TEXT("GetModuleFileName", 3, get_module_file_name),
	API("GetProcAddress", 2, get_proc_address),
	API("GetLastError", 0, get_last_error),
	API("SetLastError", 1, set_last_error_model),
	API("RestoreLastError", 1, set_last_error_model),
	API("SetErrorMode", 1, set_error_mode),
	API("RaiseException", 4, raise_exception),
	API("SetUnhandledExceptionFilter", 1, set_unhandled_filter),
	API("UnhandledExceptionFilter", 1, unhandled_filter),
	API("AddVectoredExceptionHandler", 2, add_vectored_handler),
	API("RemoveVectoredExceptionHandler", 1, remove_vectored_handler),
	API("RtlUnwind", 4, rtl_unwind),
	API_TEXT("FindResource", 3, find_resource),
	API_TEXT("FindResourceEx", 4, find_resource_ex),
	API("LoadResource", 2, load_resource),
	API("LockResource", 1, lock_resource),
	API("FreeResource", 1, set_error_mode),
	API("SizeofResource", 2, size_of_resource),
	API_TEXT("FormatMessage", 7, format_message),
	API_END
};
