/* The door: one emulated Windows per struct win32, and what lies in it. */
#include "win32/win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/api.h"
#include "win32/files.h"
#include "win32/loader.h"
#include "win32/machine.h"
#include "win32/module.h"
#include "win32/registry.h"

#define MEMORY_DEFAULT ((size_t)256 << 20)
#define DISK_LIMIT     ((size_t)64 << 20)
#define REGISTRY_LIMIT ((size_t)8 << 20)
#define CLOCK_DEFAULT  1245067200 /* 2009-06-15 12:00 UTC */
#define FIRST_PROCESS  1608u
#define HOST_PROGRAM   "C:\\WINDOWS\\system32\\svchost.exe"
#define HOST_BASE      0x01000000u
#define CODE_ROOM      0x10000u /* behind placed code, which may write there */

static int fill(struct win32 *w, const struct win32_config *config, struct error *error)
{
	int result = 0;

	w->machine = config->machine;
	if (!w->machine)
		result = win32_machine_shipped(&w->machine, error);
	if (result < 0)
		return result;
	w->files = win32_files_new(DISK_LIMIT);
	w->registry = win32_registry_new(REGISTRY_LIMIT);
	w->scratch = malloc(WIN32_SCRATCH);
	if (!w->files || !w->registry || !w->scratch)
		return error_set(error, ERROR_MEMORY, "", "no memory for a simulated machine");
	result = win32_machine_fill(w->machine, w->files, w->registry);
	if (result < 0)
		return error_set(error, result, "machine", "holds more files or keys than fit");
	if (config->sample_path)
		w->sample_path = strdup(config->sample_path);
	else if (asprintf(&w->sample_path, "%s\\sample.exe",
			  win32_machine_sample_folder(w->machine)) < 0)
		w->sample_path = NULL;
	if (!w->sample_path)
		return error_set(error, ERROR_MEMORY, "", "no memory for a simulated machine");
	if (config->command_line)
		w->command_line = strdup(config->command_line);
	else if (asprintf(&w->command_line, "\"%s\"", w->sample_path) < 0)
		w->command_line = NULL;
	if (!w->command_line)
		return error_set(error, ERROR_MEMORY, "", "no memory for a simulated machine");
	return 0;
}

int win32_new(const struct win32_config *config, struct win32 **process, struct error *error)
{
	struct win32 *w = calloc(1, sizeof *w);

	*process = NULL;
	if (!w)
		return error_set(error, ERROR_MEMORY, "", "no memory for a simulated machine");
	w->magic = WIN32_MAGIC;
	w->peer = config->peer;
	w->trace = config->trace;
	w->seed = config->seed;
	w->stack_handlers = config->stack_handlers;
	w->clock_start = config->clock ? config->clock : CLOCK_DEFAULT;
	w->memory_limit = config->memory_limit ? config->memory_limit : MEMORY_DEFAULT;
	w->process_number = 1;
	w->process_id = FIRST_PROCESS;
	w->next_id = FIRST_PROCESS + 4;
	random_init(&w->random, config->seed, 1);
	int result = fill(w, config, error);
	if (result == 0)
		result = win32_process_start(w, error);
	if (result < 0) {
		win32_free(w);
		return result;
	}
	*process = w;
	return 0;
}

void win32_free(struct win32 *w)
{
	if (!w)
		return;
	win32_process_stop(w);
	for (unsigned i = 0; i < w->child_count; i++)
		free(w->children[i].command);
	win32_files_free(w->files);
	win32_registry_free(w->registry);
	free(w->said);
	free(w->sample_copy);
	free(w->sample_path);
	free(w->command_line);
	free(w->scratch);
	w->magic = 0;
	free(w);
}

bool win32_is_pe(struct bytes file)
{
	struct reader reader = reader_of(file);

	if (reader_u16le(&reader) != 0x5a4d)
		return false;
	reader_seek(&reader, 60);
	reader_seek(&reader, reader_u32le(&reader));
	return reader_u32le(&reader) == 0x4550 && reader_u16le(&reader) == 0x14c &&
	       !reader_failed(&reader);
}

int win32_load(struct win32 *w, struct bytes file, struct error *error)
{
	if (w->modules[0].loaded)
		return error_set(error, ERROR_USAGE, "", "the process already has a program");
	/* The sample stays readable to itself, with everything behind its sections. */
	w->sample_copy = malloc(file.length + 1);
	if (!w->sample_copy)
		return error_set(error, ERROR_MEMORY, "", "no memory for the sample");
	if (file.length)
		memcpy(w->sample_copy, file.data, file.length);
	struct bytes copy = { w->sample_copy, file.length };
	if (win32_files_add(w->files, w->sample_path, copy, FILE_ATTRIBUTE_ARCHIVE) < 0)
		return error_set(error, ERROR_MEMORY, "", "no memory for the sample");
	return win32_load_program(w, copy, w->sample_path, w->command_line, error);
}

/* An executable's headers around nothing, as the program that the code has come into. */
static int place_host(struct win32 *w)
{
	struct win32_module *host = &w->modules[0];

	host->base = win32_allocate(w, HOST_BASE, 4 * WIN32_PAGE, PAGE_EXECUTE_READ, MEM_IMAGE);
	if (!host->base)
		return ERROR_LIMIT;
	host->size = 4 * WIN32_PAGE;
	host->name = "svchost.exe";
	host->path = HOST_PROGRAM;
	host->loaded = true;
	win32_put_u16(w, host->base, 0x5a4d);
	win32_put_u32(w, host->base + 60, 0x80);
	win32_put_u32(w, host->base + 0x80, 0x4550);
	win32_put_u16(w, host->base + 0x84, 0x14c);
	win32_put_u32(w, WIN32_PEB + 0x08, host->base);
	win32_module_list(w);
	return win32_process_describe(w, HOST_PROGRAM, HOST_PROGRAM);
}

int win32_place(struct win32 *w, struct bytes code, size_t entry, uint64_t address,
		uint64_t *placed, struct error *error)
{
	struct win32_module *module;

	if (w->modules[0].loaded)
		return error_set(error, ERROR_USAGE, "", "the process already has a program");
	if (entry > code.length || code.length > MEMORY_DEFAULT || address > WIN32_USER_END)
		return error_set(error, ERROR_USAGE, "",
				 "the code does not fit where it should lie");
	w->placed = true;
	uint32_t start = (uint32_t)address;
	uint32_t length = (uint32_t)code.length + CODE_ROOM + (start & (WIN32_PAGE - 1));
	uint32_t base = win32_allocate(w, start & ~(WIN32_PAGE - 1), length, PAGE_EXECUTE_READWRITE,
				       MEM_PRIVATE);
	start = base + (start & (WIN32_PAGE - 1));
	if (!base || place_host(w) < 0 || win32_module_load(w, "ws2_32.dll", &module) < 0 ||
	    !win32_put(w, start, code.data, code.length) ||
	    win32_first_thread(w, start + (uint32_t)entry, 0) < 0)
		return error_set(error, ERROR_LIMIT, "",
				 "the code does not fit into the simulated machine's memory");
	/* As inside a called function: something above the return address. */
	x86_set(w->x86, X86_SP, x86_get(w->x86, X86_SP) - 0x1000);
	win32_put_u32(w, (uint32_t)x86_get(w->x86, X86_SP),
		      win32_gate_address(w, WIN32_GATE_THREAD_EXIT));
	*placed = start;
	return 0;
}

struct x86 *win32_machine(struct win32 *w)
{
	return w->x86;
}

uint64_t win32_calls(const struct win32 *w)
{
	return w->calls;
}

uint64_t win32_repeats(const struct win32 *w)
{
	return w->repeats;
}

static const struct win32_slot *export_slot(const struct win32 *w, uint64_t address)
{
	if (address >= WIN32_SLOTS + WIN32_GATES && address < WIN32_SLOTS + w->slot_count)
		return &w->slots[address - WIN32_SLOTS];
	for (unsigned i = 0; i < w->module_count; i++) {
		const struct win32_module *module = &w->modules[i];
		if (!module->loaded || address - module->base >= module->size || !module->library)
			continue;
		for (unsigned k = 0; k < module->slot_count; k++)
			if (w->slots[module->first_slot + k].entry == address)
				return &w->slots[module->first_slot + k];
	}
	return NULL;
}

const char *win32_export_at(struct win32 *w, uint64_t address)
{
	const struct win32_slot *found = export_slot(w, address);

	if (!found)
		return NULL;
	snprintf(w->export_text, sizeof w->export_text, "%s!%s", w->modules[found->module].name,
		 found->name);
	return w->export_text;
}

uint64_t win32_export_address(struct win32 *w, const char *library, const char *function)
{
	struct win32_module *module;

	if (win32_module_load(w, library, &module) < 0)
		return 0;
	return win32_module_export(w, module, function, 0);
}

struct address win32_address(const struct win32 *w)
{
	struct address address;

	/* The machine's file was checked when it was loaded. */
	return address_parse(win32_machine_address(w->machine), &address) == 0
		       ? address
		       : (struct address){ 0 };
}

int win32_written_file(struct win32 *w, size_t index, const char **path, struct bytes *content)
{
	for (int i = 0; i < win32_files_count(w->files); i++) {
		if (!win32_files_exists(w->files, i) || !win32_files_changed(w->files, i) ||
		    (win32_files_attributes(w->files, i) & FILE_ATTRIBUTE_DIRECTORY))
			continue;
		if (index-- > 0)
			continue;
		*path = win32_files_path(w->files, i);
		*content = win32_files_content(w->files, i);
		return 0;
	}
	return ERROR_INPUT;
}
