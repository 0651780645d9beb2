/* Which guest addresses lie inside the export directory of a loaded library, found by the image's
 * own headers. (Microsoft PE/COFF specification: e_lfanew at 3Ch, data directory 0.) */
#ifndef KENBI_SHELLCODE_MODULES_H
#define KENBI_SHELLCODE_MODULES_H

#include "x86/x86.h"

enum { MODULES_MAX = 16 };

struct modules {
	struct module_range {
		uint64_t base, size;		     /* of the image; size 0: unused */
		uint64_t exports_start, exports_end; /* of its export directory */
	} ranges[MODULES_MAX];
	unsigned count;
	uint64_t
		nothing[8]; /* 64 KiB blocks that belong to no image, so that they are asked once */
	unsigned nothing_next;
};

/* Zeroed memory is an empty struct modules. */
bool modules_export_directory(struct modules *modules, const struct x86 *machine, uint64_t address);

#endif
