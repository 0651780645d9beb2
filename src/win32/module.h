/* Modules: the program, libraries loaded from files, and virtual libraries made from the export
 * table. */
#ifndef KENBI_WIN32_MODULE_H
#define KENBI_WIN32_MODULE_H

#include "win32/process.h"

struct win32_module {
	const char *name; /* "kernel32.dll", as loaded; in the process' arena */
	const char *path;
	uint32_t base, size,
		entry; /* entry: address of DllMain or the program's first instruction, 0: none */
	const struct win32_library *library; /* NULL: from a file, or a library nobody knows */
	uint32_t first_slot, slot_count;     /* of a virtual library */
	uint32_t loader_entry;		     /* LDR_DATA_TABLE_ENTRY; 0: not in the lists */
	uint32_t exports, exports_size;	     /* export directory of a module from a file (RVA) */
	uint32_t tls_index;
	bool loaded, from_file, initialised;
};

/* The module of that file name (".dll" is added when there is no extension), or NULL. */
struct win32_module *win32_module_named(struct win32 *w, const char *name);
struct win32_module *win32_module_at(struct win32 *w, uint32_t base);
/* The module whose image holds `address`, or NULL. */
struct win32_module *win32_module_of(struct win32 *w, uint32_t address);
/* Loads a virtual library. ERROR_INPUT: no such library. */
MUST_CHECK int win32_module_load(struct win32 *w, const char *name, struct win32_module **module);
/* A library that nobody knows, with nothing but what is asked for later. */
MUST_CHECK int win32_module_invent(struct win32 *w, const char *name, struct win32_module **module);
/* Registers a module that the loader mapped. */
MUST_CHECK int win32_module_add(struct win32 *w, const struct win32_module *description,
				struct win32_module **module);
/* Writes the three loader lists anew. */
void win32_module_list(struct win32 *w);

/* Address of an export by name, or by ordinal when name is NULL; 0: none. Follows forwarders. */
uint32_t win32_module_export(struct win32 *w, struct win32_module *module, const char *name,
			     unsigned ordinal);
/* The same, and invents a generated stub where the library has no such export. */
uint32_t win32_module_import(struct win32 *w, struct win32_module *module, const char *name,
			     unsigned ordinal);
/* Address of an instruction that leads to a gate, inside kernel32's image. */
uint32_t win32_gate_address(struct win32 *w, enum win32_gate gate);

#endif
