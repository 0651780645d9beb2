/* Maps PE files into the guest: sections, relocations, imports, TLS; and runs their initialisers.
 *
 * Initialisers (TLS callbacks, DllMain of libraries, then DllMain or the entry of the program) form
 * a list that the first thread works off before it enters the program, as LdrpInitialize does. */
#include "win32/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api.h"
#include "win32/files.h"
#include "win32/module.h"

#define IMAGE_LIMIT	 0x10000000u /* 256 MiB */
#define IMPORT_LIBRARIES 256u
#define IMPORT_NAMES	 8192u
#define RELOCATIONS	 4000000u
#define TLS_CALLBACKS	 32u

static uint32_t section_protection(const struct pe_section *section)
{
	return section->characteristics & 0x80000000u ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
}

static int map_sections(struct win32 *w, const struct pe *pe, uint32_t base)
{
	uint32_t headers =
		pe->headers_size > pe->file.length ? (uint32_t)pe->file.length : pe->headers_size;
	if (headers > pe->size)
		headers = pe->size;
	/* The whole image is writable while it is filled in; protections follow. */
	if (win32_commit(w, base, pe->size, PAGE_EXECUTE_READWRITE) < 0 ||
	    !win32_put(w, base, pe->file.data, headers))
		return ERROR_LIMIT;
	if (pe->section_count == 0) {
		uint32_t all = pe->file.length < pe->size ? (uint32_t)pe->file.length : pe->size;
		return win32_put(w, base, pe->file.data, all) ? 0 : ERROR_LIMIT;
	}
	for (unsigned i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->sections[i];
		if (section->file_size &&
		    !win32_put(w, base + section->rva, pe->file.data + section->offset,
			       section->file_size))
			return ERROR_LIMIT;
	}
	return 0;
}

static void protect_sections(struct win32 *w, const struct pe *pe, uint32_t base)
{
	if (pe->section_count && pe->section_alignment >= WIN32_PAGE &&
	    x86_protect(w->x86, base, WIN32_PAGE, X86_READ | X86_EXECUTE) < 0)
		return;
	for (unsigned i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->sections[i];
		/* Pages of the image are mapped: only a section of no size can be refused. */
		if (section->virtual_size && pe->section_alignment >= WIN32_PAGE &&
		    x86_protect(w->x86, base + section->rva, section->virtual_size,
				win32_protection_to_x86(section_protection(section))) < 0)
			return;
	}
}

/* Base relocations; types ABSOLUTE, HIGH, LOW and HIGHLOW exist for IA-32. */
static int relocate(struct win32 *w, const struct pe *pe, uint32_t base, struct error *error)
{
	uint32_t delta = base - pe->base, at = pe->directories[PE_RELOCATION].rva, done = 0;
	uint32_t end = at + pe->directories[PE_RELOCATION].size;

	if (delta == 0)
		return 0;
	if (pe->relocations_stripped || at == 0)
		return error_set(error, ERROR_INPUT, "PE file",
				 "cannot be moved from %#x, where something else lies", pe->base);
	while (at + 8 <= end && at < pe->size) {
		uint32_t page = win32_u32(w, base + at), size = win32_u32(w, base + at + 4);
		if (size < 8)
			break;
		for (uint32_t i = 8; i + 2 <= size && at + i < end && done < RELOCATIONS;
		     i += 2, done++) {
			uint16_t entry = win32_u16(w, base + at + i);
			uint32_t where = base + page + (entry & 0xfff);
			if (page >= pe->size)
				break;
			if (entry >> 12 == 3)
				win32_put_u32(w, where, win32_u32(w, where) + delta);
			else if (entry >> 12 == 1)
				win32_put_u16(w, where, win32_u16(w, where) + (delta >> 16));
			else if (entry >> 12 == 2)
				win32_put_u16(w, where, win32_u16(w, where) + delta);
		}
		at += size;
	}
	return 0;
}

struct win32_module *win32_find_library(struct win32 *w, const char *name)
{
	const char *file = strrchr(name, '\\');
	char path[WIN32_PATH];
	struct win32_module *module = win32_module_named(w, name);

	if (module)
		return module;
	file = file ? file + 1 : name;
	if (win32_module_load(w, file, &module) == 0)
		return module;
	/* A file beside the program, in the current folder or in the system folder, or as its path
	 * says. */
	const char *const folders[] = { "", "C:\\WINDOWS\\system32\\", "C:\\WINDOWS\\" };
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char full[WIN32_PATH];
		snprintf(full, sizeof full, "%s%s%s", folders[i], i ? file : name,
			 strchr(file, '.') ? "" : ".dll");
		win32_path_absolute(w, full, path);
		int found = win32_files_find(w->files, path);
		if (found >= 0)
			return win32_load_library(w, win32_files_content(w->files, found), path);
	}
	return NULL;
}

static struct win32_module *library_for_import(struct win32 *w, const char *name)
{
	struct win32_module *module = win32_find_library(w, name);

	if (!module && win32_module_invent(w, name, &module) < 0)
		return NULL;
	return module;
}

/* One import descriptor's thunks. */
static int import_names(struct win32 *w, uint32_t base, struct win32_module *module,
			uint32_t look_up, uint32_t table)
{
	char name[256];

	for (unsigned i = 0; i < IMPORT_NAMES; i++) {
		uint32_t thunk = win32_u32(w, base + look_up + 4 * i), address;
		if (thunk == 0)
			return 0;
		if (thunk & 0x80000000u)
			address = win32_module_import(w, module, NULL, thunk & 0xffff);
		else if (x86_read_text(w->x86, base + thunk + 2, name, sizeof name) < 0)
			return ERROR_INPUT;
		else
			address = win32_module_import(w, module, name, 0);
		if (!address || !win32_put_u32(w, base + table + 4 * i, address))
			return ERROR_INPUT;
	}
	return ERROR_LIMIT;
}

static int import_all(struct win32 *w, const struct pe *pe, uint32_t base, struct error *error)
{
	uint32_t at = pe->directories[PE_IMPORT].rva;
	char name[256];

	for (unsigned i = 0; at && i < IMPORT_LIBRARIES; i++, at += 20) {
		uint32_t look_up = win32_u32(w, base + at), table = win32_u32(w, base + at + 16);
		uint32_t where = win32_u32(w, base + at + 12);
		if (where == 0 || table == 0)
			return 0;
		if (x86_read_text(w->x86, base + where, name, sizeof name) < 0)
			return error_set(
				error, ERROR_INPUT, "PE file",
				"imports from a library whose name lies outside the image");
		struct win32_module *module = library_for_import(w, name);
		if (!module)
			return error_set(error, ERROR_LIMIT, "PE file",
					 "imports from more libraries than are simulated");
		/* Old linkers leave the look-up table out; then the address table holds the names.
		 */
		if (look_up == 0 || look_up >= pe->size)
			look_up = table;
		if (import_names(w, base, module, look_up, table) < 0)
			return error_set(error, ERROR_INPUT, "PE file",
					 "has an import table for %s that leads outside the image",
					 name);
	}
	return 0;
}

/* Adds what must run before the program's entry. */
static bool add_initialiser(struct win32 *w, uint32_t address, uint32_t base, uint32_t reason)
{
	if (w->initialiser_count == WIN32_INITIALISERS)
		return false;
	w->initialisers[w->initialiser_count++] =
		(struct win32_initialiser){ address, base, reason };
	return true;
}

/* TLS directory: the index is 0 for the first module that has one; the template is copied for the
 * thread. */
static void prepare_tls(struct win32 *w, const struct pe *pe, uint32_t base)
{
	uint32_t at = base + pe->directories[PE_TLS].rva;

	if (!pe->directories[PE_TLS].rva)
		return;
	uint32_t start = win32_u32(w, at), end = win32_u32(w, at + 4);
	uint32_t index = win32_u32(w, at + 8), callbacks = win32_u32(w, at + 12);
	uint32_t size = end - start < IMAGE_LIMIT ? end - start : 0;
	struct win32_tls *tls = &w->tls[w->tls_count];
	if (w->tls_count == WIN32_TLS)
		return;
	win32_put_u32(w, index, w->tls_count++);
	*tls = (struct win32_tls){ start, size, win32_u32(w, at + 16) };
	for (unsigned i = 0; callbacks && i < TLS_CALLBACKS; i++) {
		uint32_t callback = win32_u32(w, callbacks + 4 * i);
		if (callback == 0 || !add_initialiser(w, callback, base, 1))
			break;
	}
}

static int map(struct win32 *w, struct bytes file, struct pe *pe, uint32_t *base,
	       struct error *error)
{
	int result = win32_pe_read(file, IMAGE_LIMIT, pe, error);

	if (result < 0)
		return result;
	*base = pe->base ? win32_reserve(w, pe->base, pe->size, PAGE_EXECUTE_WRITECOPY, MEM_IMAGE)
			 : 0;
	if (!*base)
		*base = win32_reserve(w, 0, pe->size, PAGE_EXECUTE_WRITECOPY, MEM_IMAGE);
	if (!*base || map_sections(w, pe, *base) < 0)
		return error_set(error, ERROR_LIMIT, "PE file",
				 "needs more memory than the simulated machine has");
	return relocate(w, pe, *base, error);
}

static void describe_module(struct win32_module *module, const struct pe *pe, uint32_t base)
{
	module->base = base;
	module->size = (pe->size + WIN32_PAGE - 1) & ~(WIN32_PAGE - 1);
	module->entry = pe->entry ? base + pe->entry : 0;
	module->from_file = true;
	module->exports = pe->directories[PE_EXPORT].rva;
	module->exports_size = pe->directories[PE_EXPORT].size;
}

struct win32_module *win32_load_library(struct win32 *w, struct bytes file, const char *path)
{
	struct pe pe;
	struct error error;
	const char *name = strrchr(path, '\\');
	struct win32_module description = { .name = name ? name + 1 : path, .path = path }, *module;

	if (map(w, file, &pe, &description.base, &error) < 0)
		return NULL;
	describe_module(&description, &pe, description.base);
	if (win32_module_add(w, &description, &module) < 0)
		return NULL;
	win32_module_list(w);
	if (import_all(w, &pe, module->base, &error) < 0)
		return NULL;
	prepare_tls(w, &pe, module->base);
	protect_sections(w, &pe, module->base);
	if (module->entry && pe.dll)
		add_initialiser(w, module->entry, module->base, 1);
	return module;
}

/* Runs the next initialiser; after the last one the program's entry, as if the thread began there.
 */
static uint32_t next_initialiser(struct call *call, uint32_t result)
{
	struct win32 *w = call->w;

	(void)result;
	call->outcome = API_JUMP;
	if (w->initialiser_next < w->initialiser_count) {
		const struct win32_initialiser *next = &w->initialisers[w->initialiser_next++];
		uint32_t arguments[] = { next->base, next->reason, 0 };
		return call_guest(call, next->address, next_initialiser, NULL, 3, arguments);
	}
	w->initialiser_count = w->initialiser_next = 0;
	x86_set_ip(w->x86, w->program_entry);
	return 0;
}

void win32_thread_tls(struct win32 *w, uint32_t teb)
{
	uint32_t array = w->tls_count ? win32_heap_take(w, 4 * WIN32_TLS) : 0;

	for (unsigned i = 0; array && i < w->tls_count; i++) {
		uint32_t block =
			win32_heap_take(w, w->tls[i].size + w->tls[i].zeros % 0x100000 + 4);
		uint8_t chunk[512];
		for (uint32_t at = 0, part; block && at < w->tls[i].size; at += part) {
			part = w->tls[i].size - at;
			part = part < sizeof chunk ? part : (uint32_t)sizeof chunk;
			if (!win32_fetch(w, w->tls[i].start + at, chunk, part) ||
			    !win32_put(w, block + at, chunk, part))
				break;
		}
		win32_put_u32(w, array + 4 * i, block);
	}
	win32_put_u32(w, teb + 0x2c, array);
}

/* The first thread, about to run initialisers and then the entry. */
int win32_first_thread(struct win32 *w, uint32_t entry, uint32_t stack_size)
{
	struct call call = { .w = w };
	uint32_t handle;
	struct win32_thread *thread = win32_thread_new(w, entry, 0, stack_size, &handle);

	if (!thread)
		return ERROR_LIMIT;
	w->program_entry = entry;
	win32_thread_switch(w, thread);
	if (w->initialiser_count)
		next_initialiser(&call, 0);
	return 0;
}

static void say_self(struct win32 *w, const char *path, struct bytes file)
{
	char digest[DIGEST_TEXT_SIZE];

	EMIT(w, SELF, trace_text(path), trace_text(digest_text(file, digest)));
}

int win32_load_program(struct win32 *w, struct bytes file, const char *path, const char *command,
		       struct error *error)
{
	struct pe pe;
	uint32_t base = 0;
	struct win32_module *program = &w->modules[0];
	const char *name = strrchr(path, '\\');

	w->call_site = 0;
	int result = map(w, file, &pe, &base, error);
	if (result < 0)
		return result;
	program->name = arena_copy(w->arena, bytes_of(name ? name + 1 : path));
	program->path = arena_copy(w->arena, bytes_of(path));
	if (!program->name || !program->path || win32_process_describe(w, path, command) < 0)
		return error_set(error, ERROR_MEMORY, path, "no memory for the process");
	describe_module(program, &pe, base);
	program->loaded = true;
	win32_put_u32(w, WIN32_PEB + 0x08, base);
	win32_module_list(w);
	say_self(w, path, file);
	result = import_all(w, &pe, base, error);
	if (result < 0)
		return result;
	prepare_tls(w, &pe, base);
	protect_sections(w, &pe, base);
	uint32_t entry = program->entry;
	if (pe.dll) {
		/* A library as the sample: its DllMain is the program. */
		if (entry)
			add_initialiser(w, entry, base, 1);
		entry = win32_gate_address(w, WIN32_GATE_THREAD_EXIT);
	}
	if (!entry)
		return error_set(error, ERROR_INPUT, "PE file", "has no entry point");
	if (win32_first_thread(w, entry, pe.stack_reserve) < 0)
		return error_set(error, ERROR_LIMIT, "PE file",
				 "needs more memory than the simulated machine has");
	return 0;
}

bool win32_next_child(struct win32 *w)
{
	struct error error;

	while (w->child_next < w->child_count) {
		struct win32_child *child = &w->children[w->child_next++];
		int file = win32_files_find(w->files, child->path);
		struct bytes content =
			file < 0 ? (struct bytes){ 0 } : win32_files_content(w->files, file);
		if (!win32_is_pe(content))
			continue;
		win32_process_stop(w);
		w->process_number++;
		w->process_id = child->id;
		w->active_time = win32_now(w);
		w->waited += 1000;
		if (win32_process_start(w, &error) == 0 &&
		    win32_load_program(w, content, child->path, child->command, &error) == 0)
			return true;
		w->ended = true;
		w->end = WIN32_END_FAULT;
	}
	return false;
}
