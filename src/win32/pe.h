/* PE files for IA-32, read with suspicion (Microsoft PE/COFF specification). */
#ifndef KENBI_WIN32_PE_H
#define KENBI_WIN32_PE_H

#include "base/base.h"

#define PE_SECTIONS    96 /* the limit that Windows XP's loader has */
#define PE_DIRECTORIES 16

enum pe_directory {
	PE_EXPORT,
	PE_IMPORT,
	PE_RESOURCE,
	PE_EXCEPTION,
	PE_SECURITY,
	PE_RELOCATION,
	PE_DEBUG,
	PE_TLS = 9
};

struct pe_section {
	char name[9];
	uint32_t rva, virtual_size; /* as Windows maps it, not yet rounded to pages */
	uint32_t offset, file_size; /* cut to what the file has */
	uint32_t characteristics;
};

struct pe {
	struct bytes file; /* borrowed */
	bool dll, relocations_stripped;
	uint16_t subsystem;
	uint32_t base, entry, size, headers_size, stack_reserve, timestamp;
	uint32_t section_alignment, file_alignment;
	unsigned section_count;
	struct pe_section sections[PE_SECTIONS];
	struct {
		uint32_t rva, size;
	} directories[PE_DIRECTORIES];
};

/* ERROR_INPUT says what is wrong. `limit`: the largest image that is accepted, bytes. */
MUST_CHECK int win32_pe_read(struct bytes file, uint32_t limit, struct pe *pe, struct error *error);

#endif
