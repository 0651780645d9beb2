/* Virtual libraries: PE images built from the export table, as code that walks them expects.
 *
 * Layout: headers; .text with one sixteen-byte cell per export and then the export directory
 *(inside .text, as in Windows XP); .data for exported variables. A cell is mov edi, edi; push ebp;
 *mov ebp, esp; pop ebp; jmp SLOT so that prologues look as they should, may be patched, copied or
 *stepped over; the slot is an address that belongs to the simulator. In ntdll, system services have
 *the shape of XP's: mov eax, NUMBER; mov edx, 7FFE0300h; call [edx]; ret N   (see api/ntdll.c) */
#include "win32/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api.h"
#include "win32/api/msvcrt.h"
#include "win32/stub.h"

#define CELL	    16u
#define VARIABLE    704u /* room for the largest: msvcrt!_iob, 20 streams of 32 bytes */
#define SPARE_CELLS 256u

struct image {
	uint8_t *data;
	uint32_t size;
	uint32_t base;
	uint32_t text_size; /* of .text, whole pages */
	uint32_t data_rva, data_size;
	uint32_t directory, directory_size;
};

static void set_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void set_u32(uint8_t *at, uint32_t value)
{
	set_u16(at, value);
	set_u16(at + 2, value >> 16);
}

static uint32_t pages(uint32_t size)
{
	return (size + WIN32_PAGE - 1) & ~(WIN32_PAGE - 1);
}

static void write_cell(uint8_t *cell, uint32_t address, uint32_t slot)
{
	static const uint8_t prologue[] = { 0x8b, 0xff, 0x55, 0x8b, 0xec, 0x5d, 0xe9 };

	memcpy(cell, prologue, sizeof prologue);
	set_u32(cell + 7, slot - (address + 11));
	memset(cell + 11, 0x90, CELL - 11);
}

/* A system service of ntdll: false when the export is none whose number is known. */
static bool write_service(uint8_t *cell, const struct win32_slot *slot)
{
	static const uint8_t enter[] = { 0x8b, 0xd4, 0x0f, 0x34,
					 0xc3 }; /* mov edx, esp; sysenter; ret */
	bool service = strncmp(slot->name, "Nt", 2) == 0 || strncmp(slot->name, "Zw", 2) == 0;
	uint32_t number = service && slot->stack >= 0 ? win32_service_number(slot->name) : 0;

	if (strcmp(slot->name, "KiFastSystemCall") == 0) {
		memcpy(cell, enter, sizeof enter);
		return true;
	}
	if (!number)
		return false;
	cell[0] = 0xb8;
	set_u32(cell + 1, number);
	cell[5] = 0xba;
	set_u32(cell + 6, WIN32_SHARED + 0x300);
	memcpy(cell + 10, "\xff\x12\xc2", 3);
	set_u16(cell + 13, (uint32_t)slot->stack);
	cell[15] = 0x90;
	return true;
}

static void write_section(uint8_t *at, const char *name, uint32_t rva, uint32_t size,
			  uint32_t characteristics)
{
	memcpy(at, name, strlen(name));
	set_u32(at + 8, size);
	set_u32(at + 12, rva);
	set_u32(at + 16, pages(size));
	set_u32(at + 20, rva);
	set_u32(at + 36, characteristics);
}

static void write_headers(const struct image *image)
{
	uint8_t *nt = image->data + 0xf0, *optional = nt + 24, *section = optional + 224;

	memcpy(image->data, "MZ\x90", 3);
	set_u16(image->data + 4, 3);
	set_u16(image->data + 8, 4);
	set_u16(image->data + 12, 0xffff);
	set_u16(image->data + 16, 0xb8);
	set_u16(image->data + 24, 0x40);
	set_u32(image->data + 60, 0xf0);
	memcpy(nt, "PE", 2);
	set_u16(nt + 4, 0x14c);
	set_u16(nt + 6, 2);
	set_u32(nt + 8, 0x411096b4); /* 2004-08-04, when SP2 was linked */
	set_u16(nt + 20, 224);
	set_u16(nt + 22, 0x210e);
	set_u16(optional, 0x10b);
	set_u16(optional + 2, 0x0a07);
	set_u32(optional + 4, image->text_size);
	set_u32(optional + 8, image->data_size);
	set_u32(optional + 20, WIN32_PAGE);
	set_u32(optional + 24, image->data_rva);
	set_u32(optional + 28, image->base);
	set_u32(optional + 32, WIN32_PAGE);
	set_u32(optional + 36, 0x200);
	set_u16(optional + 40, 5);
	set_u16(optional + 42, 1);
	set_u16(optional + 44, 5);
	set_u16(optional + 46, 1);
	set_u16(optional + 48, 4);
	set_u32(optional + 56, image->size);
	set_u32(optional + 60, WIN32_PAGE);
	set_u16(optional + 68, 3);
	set_u32(optional + 72, 0x40000);
	set_u32(optional + 76, 0x1000);
	set_u32(optional + 80, 0x100000);
	set_u32(optional + 84, 0x1000);
	set_u32(optional + 92, 16);
	set_u32(optional + 96, image->directory);
	set_u32(optional + 100, image->directory_size);
	write_section(section, ".text", WIN32_PAGE, image->text_size, 0x60000020);
	write_section(section + 40, ".data", image->data_rva, image->data_size, 0xc0000040);
}

/* RVA of every export's cell or variable: functions in order, variables in .data. */
static uint32_t export_rva(const struct image *image, const struct win32_library *library,
			   unsigned index, uint32_t *variables)
{
	if (library->exports[index].stack == WIN32_STACK_DATA)
		return image->data_rva + VARIABLE * (*variables)++;
	return WIN32_PAGE + CELL * index;
}

static void write_directory(const struct image *image, const struct win32_library *library)
{
	unsigned count = library->count, highest = 0;
	uint32_t variables = 0;

	for (unsigned i = 0; i < count; i++)
		if (library->exports[i].ordinal > highest)
			highest = library->exports[i].ordinal;
	uint32_t functions = image->directory + 40, names = functions + 4 * highest;
	uint32_t ordinals = names + 4 * count, text = ordinals + 2 * count;
	uint8_t *directory = image->data + image->directory;

	set_u32(directory + 4, 0x411096b4);
	set_u32(directory + 12, text);
	set_u32(directory + 16, 1);
	set_u32(directory + 20, highest);
	set_u32(directory + 24, count);
	set_u32(directory + 28, functions);
	set_u32(directory + 32, names);
	set_u32(directory + 36, ordinals);
	text += (uint32_t)snprintf((char *)image->data + text, image->size - text, "%s",
				   library->name) +
		1;
	const struct win32_export *last = &library->exports[count - 1];
	memcpy(image->data + text, library->names,
	       last->name + strlen(library->names + last->name) + 1);
	for (unsigned i = 0; i < count; i++) {
		const struct win32_export *export = &library->exports[i];
		uint32_t rva = export_rva(image, library, i, &variables);
		set_u32(image->data + functions + 4 * (export->ordinal - 1u), rva);
		set_u32(image->data + names + 4 * i, text + export->name);
		set_u16(image->data + ordinals + 2 * i, export->ordinal - 1u);
	}
}

/* Sizes and memory of the image of a library. */
static int plan_image(struct image *image, const struct win32_library *library)
{
	unsigned highest = 0, variables = 0;

	for (unsigned i = 0; i < library->count; i++) {
		if (library->exports[i].ordinal > highest)
			highest = library->exports[i].ordinal;
		variables += library->exports[i].stack == WIN32_STACK_DATA;
	}
	const struct win32_export *last = &library->exports[library->count - 1];
	uint32_t text = last->name + (uint32_t)strlen(library->names + last->name) + 1 +
			(uint32_t)strlen(library->name) + 1;
	image->directory = WIN32_PAGE + CELL * (library->count + WIN32_GATES);
	image->directory_size = 40 + 4 * highest + 6 * library->count + text;
	image->text_size = pages(CELL * (library->count + WIN32_GATES) + image->directory_size);
	image->data_rva = WIN32_PAGE + image->text_size;
	image->data_size = pages(VARIABLE * variables + 1);
	image->size = image->data_rva + image->data_size;
	image->data = calloc(1, image->size);
	return image->data ? 0 : ERROR_MEMORY;
}

/* Slots and modules never move: models hold pointers to them while libraries are loaded. */
static int add_slots(struct win32 *w, unsigned count)
{
	if (count > WIN32_SLOT_LIMIT - w->slot_count)
		return ERROR_LIMIT;
	memset(&w->slots[w->slot_count], 0, count * sizeof *w->slots);
	w->slot_count += count;
	return 0;
}

int win32_module_add(struct win32 *w, const struct win32_module *description,
		     struct win32_module **module)
{
	if (w->module_count == WIN32_MODULES)
		return ERROR_LIMIT;
	*module = &w->modules[w->module_count++];
	**module = *description;
	(*module)->loaded = true;
	(*module)->name = arena_copy(w->arena, bytes_of(description->name));
	(*module)->path = arena_copy(w->arena, bytes_of(description->path));
	return (*module)->name && (*module)->path ? 0 : ERROR_MEMORY;
}

/* Cells, and behind them those of the gates, in the image of `module`. */
static void write_cells(struct win32 *w, const struct image *image, struct win32_module *module)
{
	const struct win32_library *library = module->library;
	bool services = strcmp(library->name, "ntdll.dll") == 0;
	uint32_t variables = 0;

	for (unsigned i = 0; i < library->count; i++) {
		struct win32_slot *slot = &w->slots[module->first_slot + i];
		uint32_t rva = export_rva(image, library, i, &variables);
		slot->name = library->names + library->exports[i].name;
		slot->stack = library->exports[i].stack;
		slot->module = (uint16_t)(module - w->modules);
		slot->entry = image->base + rva;
		bool native = services && write_service(image->data + rva, slot);
		if (slot->stack != WIN32_STACK_DATA && !native)
			write_cell(image->data + rva, slot->entry,
				   WIN32_SLOTS + module->first_slot + i);
	}
	for (unsigned i = 0; i < WIN32_GATES; i++) {
		uint32_t rva = WIN32_PAGE + CELL * (library->count + i);
		write_cell(image->data + rva, image->base + rva, WIN32_SLOTS + i);
	}
}

static int place_image(struct win32 *w, const struct win32_library *library, struct image *image)
{
	image->base =
		win32_reserve(w, library->base, image->size, PAGE_EXECUTE_WRITECOPY, MEM_IMAGE);
	if (!image->base)
		image->base = win32_reserve(w, 0, image->size, PAGE_EXECUTE_WRITECOPY, MEM_IMAGE);
	if (!image->base)
		return ERROR_LIMIT;
	return win32_commit(w, image->base, image->data_rva, PAGE_EXECUTE_READ) < 0 ||
			       win32_commit(w, image->base + image->data_rva, image->data_size,
					    PAGE_READWRITE) < 0
		       ? ERROR_LIMIT
		       : 0;
}

/* Libraries come with those that they import themselves. */
static int load_used(struct win32 *w, const char *uses)
{
	while (*uses) {
		char name[32];
		struct win32_module *used;
		size_t length = strcspn(uses, " ");
		snprintf(name, sizeof name, "%.*s", (int)length, uses);
		int result = win32_module_load(w, name, &used);
		if (result < 0)
			return result;
		uses += length + (uses[length] == ' ');
	}
	return 0;
}

int win32_module_load(struct win32 *w, const char *name, struct win32_module **module)
{
	const struct win32_library *library = win32_library_find(name);
	struct image image = { 0 };
	char path[WIN32_PATH];

	if (!library || library->count == 0)
		return ERROR_INPUT;
	*module = win32_module_named(w, library->name);
	if (*module)
		return 0;
	int result = plan_image(&image, library);
	if (result == 0)
		result = place_image(w, library, &image);
	if (result == 0)
		result = add_slots(w, library->count);
	snprintf(path, sizeof path, "C:\\WINDOWS\\system32\\%s", library->name);
	struct win32_module description = {
		.name = library->name,
		.path = path,
		.base = image.base,
		.size = image.size,
		.library = library,
		.first_slot = w->slot_count - library->count,
		.slot_count = library->count,
		.exports = image.directory,
		.exports_size = image.directory_size,
		.initialised = true,
	};
	if (result == 0)
		result = win32_module_add(w, &description, module);
	if (result == 0) {
		write_headers(&image);
		write_cells(w, &image, *module);
		write_directory(&image, library);
		result = x86_write(w->x86, image.base, image.data, image.size);
	}
	free(image.data);
	if (result < 0)
		return result;
	win32_module_list(w);
	if (win32_export_find(library, "_iob") >= 0)
		win32_msvcrt_prepare(w, *module);
	return load_used(w, library->uses);
}

int win32_module_invent(struct win32 *w, const char *name, struct win32_module **module)
{
	char path[WIN32_PATH];
	uint8_t headers[WIN32_PAGE] = { 0 };
	struct image image = { .data = headers,
			       .size = 3 * WIN32_PAGE,
			       .text_size = WIN32_PAGE,
			       .data_rva = 2 * WIN32_PAGE,
			       .data_size = WIN32_PAGE };

	image.base = win32_allocate(w, 0x10000000, image.size, PAGE_EXECUTE_READ, MEM_IMAGE);
	if (!image.base)
		image.base = win32_allocate(w, 0, image.size, PAGE_EXECUTE_READ, MEM_IMAGE);
	if (!image.base)
		return ERROR_LIMIT;
	write_headers(&image);
	if (!win32_put(w, image.base, headers, sizeof headers))
		return ERROR_INTERNAL;
	snprintf(path, sizeof path, "C:\\WINDOWS\\system32\\%s", name);
	struct win32_module description = { .name = name,
					    .path = path,
					    .base = image.base,
					    .size = image.size,
					    .initialised = true };
	int result = win32_module_add(w, &description, module);
	if (result == 0)
		win32_module_list(w);
	return result;
}

struct win32_module *win32_module_named(struct win32 *w, const char *name)
{
	char full[WIN32_PATH];
	const char *file = strrchr(name, '\\');

	snprintf(full, sizeof full, "%s%s", file ? file + 1 : name,
		 strchr(name, '.') ? "" : ".dll");
	size_t length = strlen(full);
	if (length && full[length - 1] == '.')
		full[length - 1] = 0;
	for (unsigned i = 0; i < w->module_count; i++)
		if (w->modules[i].loaded && strcasecmp(w->modules[i].name, full) == 0)
			return &w->modules[i];
	return NULL;
}

struct win32_module *win32_module_at(struct win32 *w, uint32_t base)
{
	for (unsigned i = 0; i < w->module_count; i++)
		if (w->modules[i].loaded && w->modules[i].base == base)
			return &w->modules[i];
	return NULL;
}

struct win32_module *win32_module_of(struct win32 *w, uint32_t address)
{
	for (unsigned i = 0; i < w->module_count; i++)
		if (w->modules[i].loaded && address - w->modules[i].base < w->modules[i].size)
			return &w->modules[i];
	return NULL;
}

/* An export that no table has: a slot of its own with a cell in spare memory. */
static uint32_t invent_export(struct win32 *w, struct win32_module *module, const char *name)
{
	uint8_t cell[CELL];

	for (unsigned i = WIN32_GATES; i < w->slot_count; i++)
		if (w->slots[i].module == module - w->modules && w->slots[i].name &&
		    strcmp(w->slots[i].name, name) == 0)
			return w->slots[i].entry;
	if (w->spare == w->spare_end) {
		w->spare = win32_allocate(w, 0, CELL * SPARE_CELLS, PAGE_EXECUTE_READ, MEM_IMAGE);
		w->spare_end = w->spare ? w->spare + CELL * SPARE_CELLS : 0;
	}
	if (!w->spare || add_slots(w, 1) < 0)
		return 0;
	struct win32_slot *slot = &w->slots[w->slot_count - 1];
	slot->name = arena_copy(w->arena, bytes_of(name));
	slot->module = (uint16_t)(module - w->modules);
	slot->stack = WIN32_STACK_UNKNOWN;
	slot->entry = w->spare;
	if (!slot->name)
		return 0;
	write_cell(cell, w->spare, WIN32_SLOTS + w->slot_count - 1);
	if (!win32_put(w, w->spare, cell, sizeof cell))
		return 0;
	w->spare += CELL;
	return slot->entry;
}

/* "LIBRARY.Name" or "LIBRARY.#7" inside the export directory. */
static uint32_t follow_forwarder(struct win32 *w, uint32_t address, unsigned depth);

static uint32_t file_export(struct win32 *w, const struct win32_module *module, const char *name,
			    unsigned ordinal, unsigned depth)
{
	uint32_t directory = module->base + module->exports, base = win32_u32(w, directory + 16);
	uint32_t functions = module->base + win32_u32(w, directory + 28);
	uint32_t names = module->base + win32_u32(w, directory + 32);
	uint32_t ordinals = module->base + win32_u32(w, directory + 36);
	uint32_t count = win32_u32(w, directory + 24), index = ordinal - base;
	char text[256];

	if (!module->exports)
		return 0;
	if (name) {
		index = UINT32_MAX;
		for (uint32_t i = 0; i < count && i < 65536; i++) {
			uint32_t at = module->base + win32_u32(w, names + 4 * i);
			if (x86_read_text(w->x86, at, text, sizeof text) < 0)
				return 0;
			if (strcmp(text, name) == 0) {
				index = win32_u16(w, ordinals + 2 * i);
				break;
			}
		}
	}
	if (index >= win32_u32(w, directory + 20))
		return 0;
	uint32_t rva = win32_u32(w, functions + 4 * index);
	if (rva - module->exports < module->exports_size)
		return follow_forwarder(w, module->base + rva, depth);
	return rva ? module->base + rva : 0;
}

static uint32_t follow_forwarder(struct win32 *w, uint32_t address, unsigned depth)
{
	char text[256];

	if (depth > 4 || x86_read_text(w->x86, address, text, sizeof text) < 0)
		return 0;
	char *dot = strchr(text, '.');
	struct win32_module *module;
	if (!dot)
		return 0;
	*dot = 0;
	if (win32_module_load(w, text, &module) < 0) {
		module = win32_module_named(w, text);
		if (!module)
			return 0;
	}
	if (module->from_file)
		return file_export(w, module, dot[1] == '#' ? NULL : dot + 1,
				   (unsigned)strtoul(dot + 2, NULL, 10), depth + 1);
	return win32_module_export(w, module, dot[1] == '#' ? NULL : dot + 1,
				   (unsigned)strtoul(dot + 2, NULL, 10));
}

uint32_t win32_module_export(struct win32 *w, struct win32_module *module, const char *name,
			     unsigned ordinal)
{
	if (module->from_file)
		return file_export(w, module, name, ordinal, 0);
	if (!module->library)
		return 0;
	int index = name ? win32_export_find(module->library, name)
			 : win32_export_find_ordinal(module->library, ordinal);
	return index < 0 ? 0 : w->slots[module->first_slot + (unsigned)index].entry;
}

uint32_t win32_module_import(struct win32 *w, struct win32_module *module, const char *name,
			     unsigned ordinal)
{
	char text[16];
	uint32_t address = win32_module_export(w, module, name, ordinal);

	if (address)
		return address;
	snprintf(text, sizeof text, "#%u", ordinal);
	return invent_export(w, module, name ? name : text);
}

uint32_t win32_gate_address(struct win32 *w, enum win32_gate gate)
{
	struct win32_module *kernel32 = win32_module_named(w, "kernel32.dll");

	return kernel32->base + WIN32_PAGE + CELL * (kernel32->library->count + (uint32_t)gate);
}
