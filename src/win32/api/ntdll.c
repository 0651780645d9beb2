/* ntdll: the services and run-time routines that programs call without kernel32. */
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/exception.h"
#include "win32/files.h"
#include "win32/loader.h"
#include "win32/machine.h"
#include "win32/module.h"

enum {
	STATUS_SUCCESS = 0,
	STATUS_UNSUCCESSFUL = (int)0xc0000001,
	STATUS_NOT_IMPLEMENTED = (int)0xc0000002,
	STATUS_INFO_LENGTH_MISMATCH = (int)0xc0000004,
	STATUS_INVALID_HANDLE = (int)0xc0000008,
	STATUS_INVALID_PARAMETER = (int)0xc000000d,
	STATUS_END_OF_FILE = (int)0xc0000011,
	STATUS_NO_MEMORY = (int)0xc0000017,
	STATUS_OBJECT_NAME_NOT_FOUND = (int)0xc0000034,
	STATUS_DLL_NOT_FOUND = (int)0xc0000135,
	STATUS_PORT_NOT_SET = (int)0xc0000353
};

/* The text of a UNICODE_STRING (ANSI_STRING): length, maximum, pointer. */
static const char *counted_text(struct win32 *w, uint32_t at, bool wide)
{
	uint32_t length = win32_u16(w, at), from = win32_u32(w, at + 4);
	uint8_t bytes[1024];

	if (length > sizeof bytes)
		length = sizeof bytes;
	if (!win32_fetch(w, from, bytes, length))
		return "";
	if (wide)
		for (uint32_t i = 0; 2 * i + 1 < length; i++)
			bytes[i] = bytes[2 * i + 1] ? '?' : bytes[2 * i];
	return text_from_ansi(w, (const char *)bytes, wide ? length / 2 : length);
}

/* The name in OBJECT_ATTRIBUTES. */
static const char *object_name(struct win32 *w, uint32_t attributes)
{
	uint32_t name = win32_u32(w, attributes + 8);
	return name ? counted_text(w, name, true) : "";
}

static uint32_t nt_close(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0)) ? STATUS_SUCCESS
							 : (uint32_t)STATUS_INVALID_HANDLE;
}

static uint32_t nt_allocate(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t base = win32_u32(w, arg(call, 1)), size = win32_u32(w, arg(call, 3));
	uint32_t type = arg(call, 4), protection = arg(call, 5);
	struct win32_region *region = base ? win32_region_of(w, base) : NULL;

	if (region) {
		if (win32_commit(w, base, size, protection) < 0)
			return (uint32_t)STATUS_NO_MEMORY;
	} else {
		base = type & MEM_COMMIT ? win32_allocate(w, base & ~(WIN32_GRANULE - 1), size,
							  protection, MEM_PRIVATE)
					 : win32_reserve(w, base & ~(WIN32_GRANULE - 1), size,
							 protection, MEM_PRIVATE);
		if (!base)
			return (uint32_t)STATUS_NO_MEMORY;
	}
	win32_put_u32(w, arg(call, 1), base);
	win32_put_u32(w, arg(call, 3), (size + WIN32_PAGE - 1) & ~(WIN32_PAGE - 1));
	return STATUS_SUCCESS;
}

static uint32_t nt_free(struct call *call)
{
	uint32_t base = win32_u32(call->w, arg(call, 1));
	return win32_release(call->w, base) == 0 ? STATUS_SUCCESS
						 : (uint32_t)STATUS_INVALID_PARAMETER;
}

static uint32_t nt_protect(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t base = win32_u32(w, arg(call, 1)), size = win32_u32(w, arg(call, 2));
	int before = x86_protection(w->x86, base);

	if (before < 0 ||
	    x86_protect(w->x86, base, size ? size : 1, win32_protection_to_x86(arg(call, 3))) < 0)
		return (uint32_t)STATUS_INVALID_PARAMETER;
	win32_put_u32(w, arg(call, 4), win32_protection_from_x86((unsigned)before));
	return STATUS_SUCCESS;
}

static uint32_t nt_terminate_process(struct call *call)
{
	struct win32_object *other = win32_object_of(call->w, arg(call, 0), OBJECT_PROCESS);

	if (other && other->id != call->w->process_id) {
		EMIT(call->w, PROCESS_TERMINATE, trace_text(other->text ? other->text : ""));
		other->signalled = true;
		return STATUS_SUCCESS;
	}
	call->outcome = API_JUMP;
	win32_process_end(call->w, WIN32_END_EXIT, arg(call, 1));
	return STATUS_SUCCESS;
}

static uint32_t nt_terminate_thread(struct call *call)
{
	call->outcome = API_JUMP;
	win32_thread_exit(call->w, call->w->current, arg(call, 1));
	return STATUS_SUCCESS;
}

static uint32_t nt_delay(struct call *call)
{
	uint64_t interval = win32_u32(call->w, arg(call, 1)) |
			    (uint64_t)win32_u32(call->w, arg(call, 1) + 4) << 32;
	uint32_t milliseconds = (int64_t)interval < 0 ? (uint32_t)(-(int64_t)interval / 10000) : 0;

	win32_event_sleep(call->w, milliseconds);
	return sleep_then(call, milliseconds, STATUS_SUCCESS);
}

static uint32_t nt_query_process(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t into = arg(call, 2), size = arg(call, 3), given = 4;

	switch (arg(call, 1)) {
	case 0: /* ProcessBasicInformation */
		if (size < 24)
			return (uint32_t)STATUS_INFO_LENGTH_MISMATCH;
		win32_fill(w, into, 0, 24);
		win32_put_u32(w, into, STILL_ACTIVE);
		win32_put_u32(w, into + 4, WIN32_PEB);
		win32_put_u32(w, into + 8, 1);
		win32_put_u32(w, into + 12, 8);
		win32_put_u32(w, into + 16, w->process_id);
		win32_put_u32(w, into + 20, 1496);
		given = 24;
		break;
	case 7: /* ProcessDebugPort */
		EMIT(w, ANTI_DEBUG, trace_text("ProcessDebugPort"));
		win32_put_u32(w, into, 0);
		break;
	case 30: /* ProcessDebugObjectHandle */
		EMIT(w, ANTI_DEBUG, trace_text("ProcessDebugObjectHandle"));
		win32_put_u32(w, into, 0);
		return (uint32_t)STATUS_PORT_NOT_SET;
	case 31: /* ProcessDebugFlags */
		EMIT(w, ANTI_DEBUG, trace_text("ProcessDebugFlags"));
		win32_put_u32(w, into, 1);
		break;
	default: win32_fill(w, into, 0, size < 4096 ? size : 4096); break;
	}
	if (arg(call, 4))
		win32_put_u32(w, arg(call, 4), given);
	return STATUS_SUCCESS;
}

/* SYSTEM_PROCESS_INFORMATION of every process, without threads. */
static uint32_t put_processes(struct call *call, uint32_t into, uint32_t size)
{
	struct win32 *w = call->w;
	const struct win32_running *running;
	uint32_t at = into, last = 0, record = 0xb8;

	EMIT(w, PROCESS_WALK, trace_text("NtQuerySystemInformation"));
	for (unsigned i = 0; (running = win32_machine_running(w->machine, i)); i++) {
		uint32_t name = 2 * (text_length(running->name) + 1);
		uint32_t whole = (record + name + 7) & ~7u;
		if (at + whole - into > size)
			return (uint32_t)STATUS_INFO_LENGTH_MISMATCH;
		win32_fill(w, at, 0, record);
		win32_put_u32(w, at, whole);
		win32_put_u32(w, at + 4, running->threads);
		win32_put_u16(w, at + 0x38, name - 2);
		win32_put_u16(w, at + 0x3a, name);
		win32_put_u32(w, at + 0x3c, at + record);
		win32_put_u32(w, at + 0x40, 8);
		win32_put_u32(w, at + 0x44, running->id);
		win32_put_u32(w, at + 0x48, running->parent);
		text_put(w, at + record, 64, running->name, true);
		last = at;
		at += whole;
	}
	win32_put_u32(w, last, 0);
	return STATUS_SUCCESS;
}

static uint32_t nt_query_system(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t into = arg(call, 1), size = arg(call, 2);

	if (arg(call, 0) == 5)
		return put_processes(call, into, size);
	if (arg(call, 0) == 35) { /* SystemKernelDebuggerInformation */
		EMIT(w, ANTI_DEBUG, trace_text("SystemKernelDebuggerInformation"));
		win32_put_u16(w, into, 0x100);
		return STATUS_SUCCESS;
	}
	win32_fill(w, into, 0, size < 4096 ? size : 4096);
	return STATUS_SUCCESS;
}

static uint32_t nt_set_thread_information(struct call *call)
{
	if (arg(call, 1) == 17) /* ThreadHideFromDebugger */
		EMIT(call->w, ANTI_DEBUG, trace_text("ThreadHideFromDebugger"));
	return STATUS_SUCCESS;
}

static uint32_t open_by_attributes(struct call *call, uint32_t disposition)
{
	struct win32 *w = call->w;
	/* NtCreateFile's dispositions: supersede, open, create, open-if, overwrite, overwrite-if */
	static const uint32_t meanings[] = { 2, 3, 1, 4, 5, 2 };
	char path[WIN32_PATH];
	bool existed;

	if (disposition >= sizeof meanings / sizeof *meanings)
		return (uint32_t)STATUS_INVALID_PARAMETER;
	win32_path_absolute(w, object_name(w, arg(call, 2)), path);
	uint32_t handle =
		win32_open_file(w, path, arg(call, 1), meanings[disposition], 0, &existed);
	if (!handle)
		return (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND;
	win32_put_u32(w, arg(call, 0), handle);
	win32_put_u32(w, arg(call, 3), 0);
	win32_put_u32(w, arg(call, 3) + 4, existed ? 1 : 2);
	return STATUS_SUCCESS;
}

static uint32_t nt_create_file(struct call *call)
{
	return open_by_attributes(call, arg(call, 7));
}

static uint32_t nt_open_file(struct call *call)
{
	return open_by_attributes(call, 1);
}

static uint32_t transfer(struct call *call, bool write)
{
	struct win32 *w = call->w;
	struct win32_object *file = win32_object_of(w, arg(call, 0), OBJECT_FILE);
	uint32_t status = arg(call, 4), offset = arg(call, 7);

	if (!file || !win32_files_exists(w->files, file->file))
		return (uint32_t)STATUS_INVALID_HANDLE;
	if (offset && win32_u32(w, offset + 4) == 0)
		file->position = win32_u32(w, offset);
	int64_t count = write ? win32_write_file(w, file, arg(call, 5), arg(call, 6))
			      : win32_read_file(w, file, arg(call, 5), arg(call, 6));
	win32_put_u32(w, status, 0);
	win32_put_u32(w, status + 4, count < 0 ? 0 : (uint32_t)count);
	if (count == 0 && arg(call, 6))
		return (uint32_t)STATUS_END_OF_FILE;
	return count < 0 ? (uint32_t)STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static uint32_t nt_read_file(struct call *call)
{
	return transfer(call, false);
}

static uint32_t nt_write_file(struct call *call)
{
	return transfer(call, true);
}

static uint32_t nt_delete_file(struct call *call)
{
	char path[WIN32_PATH];

	win32_path_absolute(call->w, object_name(call->w, arg(call, 0)), path);
	int file = win32_files_find(call->w->files, path);
	if (file < 0)
		return (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND;
	EMIT(call->w, FILE_DELETE, trace_text(path));
	win32_files_remove(call->w->files, file);
	return STATUS_SUCCESS;
}

static uint32_t nt_unmap_view(struct call *call)
{
	/* Of another process: its memory is not simulated, the call succeeds (the first step of
	 * hollowing). */
	struct win32_object *other = win32_object_of(call->w, arg(call, 0), OBJECT_PROCESS);

	if (other && other->id != call->w->process_id)
		return STATUS_SUCCESS;
	return win32_release(call->w, arg(call, 1)) == 0 ? STATUS_SUCCESS
							 : (uint32_t)STATUS_INVALID_PARAMETER;
}

static uint32_t nt_write_virtual(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *other = win32_object_of(w, arg(call, 0), OBJECT_PROCESS);
	uint8_t chunk[4096];

	if (other && other->id != w->process_id) {
		EMIT(w, PROCESS_WRITE, trace_text(other->text ? other->text : ""),
		     trace_number(arg(call, 1)), trace_number(arg(call, 3)));
		return STATUS_SUCCESS;
	}
	for (uint32_t done = 0, part; done < arg(call, 3); done += part) {
		part = arg(call, 3) - done;
		part = part < sizeof chunk ? part : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, arg(call, 2) + done, chunk, part) ||
		    !win32_put(w, arg(call, 1) + done, chunk, part))
			return (uint32_t)STATUS_INVALID_PARAMETER;
	}
	return STATUS_SUCCESS;
}

/* --- run-time routines --- */

static uint32_t rtl_allocate_heap(struct call *call)
{
	return win32_heap_take(call->w, arg(call, 2));
}

static uint32_t rtl_free_heap(struct call *call)
{
	return win32_heap_give(call->w, arg(call, 2));
}

static uint32_t rtl_realloc_heap(struct call *call)
{
	return win32_heap_resize(call->w, arg(call, 2), arg(call, 3));
}

static uint32_t rtl_size_heap(struct call *call)
{
	return win32_heap_size(call->w, arg(call, 2));
}

static uint32_t rtl_fill(struct call *call)
{
	win32_fill(call->w, arg(call, 0), (uint8_t)arg(call, 2), arg(call, 1));
	return 0;
}

static uint32_t rtl_zero(struct call *call)
{
	win32_fill(call->w, arg(call, 0), 0, arg(call, 1));
	return 0;
}

static uint32_t rtl_unwind(struct call *call)
{
	return win32_exception_unwind(call, arg(call, 0), arg(call, 2), arg(call, 3));
}

static uint32_t init_string(struct call *call, bool wide)
{
	uint32_t at = arg(call, 0), from = arg(call, 1), length = 0;

	if (from)
		length = (wide ? 2 : 1) * text_length(text_at(call->w, from, wide));
	win32_put_u16(call->w, at, length);
	win32_put_u16(call->w, at + 2, from ? length + (wide ? 2 : 1) : 0);
	win32_put_u32(call->w, at + 4, from);
	return 0;
}

static uint32_t rtl_init_ansi(struct call *call)
{
	return init_string(call, false);
}

static uint32_t rtl_init_unicode(struct call *call)
{
	return init_string(call, true);
}

static uint32_t rtl_ansi_to_unicode(struct call *call)
{
	struct win32 *w = call->w;
	const char *text = counted_text(w, arg(call, 1), false);
	uint32_t to = arg(call, 0), length = 2 * text_length(text);

	if (arg(call, 2)) {
		win32_put_u32(w, to + 4, text_new(w, text, true));
		win32_put_u16(w, to + 2, length + 2);
	} else {
		text_put(w, win32_u32(w, to + 4), win32_u16(w, to + 2) / 2, text, true);
	}
	win32_put_u16(w, to, length);
	return STATUS_SUCCESS;
}

static uint32_t rtl_free_unicode(struct call *call)
{
	win32_heap_give(call->w, win32_u32(call->w, arg(call, 0) + 4));
	return 0;
}

static uint32_t rtl_get_version(struct call *call)
{
	const uint32_t words[] = { 5, 1, 2600, 2 };

	for (uint32_t i = 0; i < 4; i++)
		win32_put_u32(call->w, arg(call, 0) + 4 + 4 * i, words[i]);
	text_put(call->w, arg(call, 0) + 20, 128, "Service Pack 2", true);
	return STATUS_SUCCESS;
}

static uint32_t rtl_random(struct call *call)
{
	/* Park and Miller's generator, as RtlUniform documents it */
	uint32_t seed = win32_u32(call->w, arg(call, 0)) * 0x7fffffedu + 0x7fffffc3u;

	seed %= 0x7fffffffu;
	win32_put_u32(call->w, arg(call, 0), seed);
	EMIT(call->w, RANDOM_DRAW, trace_text("RtlRandom"), trace_number(seed));
	return seed;
}

static uint32_t ldr_load(struct call *call)
{
	struct win32 *w = call->w;
	const char *name = counted_text(w, arg(call, 2), true);

	EMIT(w, MODULE_LOAD, trace_text(name));
	struct win32_module *module = win32_find_library(w, name);
	if (!module)
		return (uint32_t)STATUS_DLL_NOT_FOUND;
	win32_put_u32(w, arg(call, 3), module->base);
	return STATUS_SUCCESS;
}

static uint32_t ldr_get_handle(struct call *call)
{
	struct win32_module *module =
		win32_module_named(call->w, counted_text(call->w, arg(call, 2), true));

	if (!module)
		return (uint32_t)STATUS_DLL_NOT_FOUND;
	win32_put_u32(call->w, arg(call, 3), module->base);
	return STATUS_SUCCESS;
}

static uint32_t ldr_get_procedure(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_module *module = win32_module_at(w, arg(call, 0));
	const char *name = arg(call, 1) ? counted_text(w, arg(call, 1), false) : NULL;
	uint32_t address = module ? win32_module_export(w, module, name, arg(call, 2)) : 0;

	EMIT(w, MODULE_RESOLVE, trace_text(module ? module->name : ""),
	     trace_text(name ? name : "#"));
	win32_put_u32(w, arg(call, 3), address);
	return address ? STATUS_SUCCESS : (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND;
}

static uint32_t nt_continue(struct call *call)
{
	call->outcome = API_JUMP;
	if (!win32_context_load(call->w, arg(call, 0)))
		win32_process_end(call->w, WIN32_END_FAULT, 0);
	return 0;
}

#define NT(name, arguments, handler) \
	API("Nt" name, arguments, handler), API("Zw" name, arguments, handler)

const struct api_model win32_ntdll_models[] = {
	NT("Close", 1, nt_close),
	NT("AllocateVirtualMemory", 6, nt_allocate),
	NT("FreeVirtualMemory", 4, nt_free),
	NT("ProtectVirtualMemory", 5, nt_protect),
	NT("WriteVirtualMemory", 5, nt_write_virtual),
	NT("TerminateProcess", 2, nt_terminate_process),
	NT("TerminateThread", 2, nt_terminate_thread),
	NT("DelayExecution", 2, nt_delay),
	NT("QueryInformationProcess", 5, nt_query_process),
	NT("QuerySystemInformation", 4, nt_query_system),
	NT("SetInformationThread", 4, nt_set_thread_information),
	NT("CreateFile", 11, nt_create_file),
	NT("OpenFile", 6, nt_open_file),
	NT("ReadFile", 9, nt_read_file),
	NT("WriteFile", 9, nt_write_file),
	NT("DeleteFile", 1, nt_delete_file),
	NT("UnmapViewOfSection", 2, nt_unmap_view),
	NT("Continue", 2, nt_continue),
	API("RtlAllocateHeap", 3, rtl_allocate_heap),
	API("RtlFreeHeap", 3, rtl_free_heap),
	API("RtlReAllocateHeap", 4, rtl_realloc_heap),
	API("RtlSizeHeap", 3, rtl_size_heap),
	API("RtlFillMemory", 3, rtl_fill),
	API("RtlZeroMemory", 2, rtl_zero),
	API("RtlUnwind", 4, rtl_unwind),
	API("RtlInitAnsiString", 2, rtl_init_ansi),
	API("RtlInitString", 2, rtl_init_ansi),
	API("RtlInitUnicodeString", 2, rtl_init_unicode),
	API("RtlAnsiStringToUnicodeString", 3, rtl_ansi_to_unicode),
	API("RtlFreeUnicodeString", 1, rtl_free_unicode),
	API("RtlGetVersion", 1, rtl_get_version),
	API("RtlRandom", 1, rtl_random),
	API("RtlUniform", 1, rtl_random),
	API("LdrLoadDll", 4, ldr_load),
	API("LdrGetDllHandle", 4, ldr_get_handle),
	API("LdrGetProcedureAddress", 4, ldr_get_procedure),
	API_END
};
