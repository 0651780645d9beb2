/* The search of bytes as they are, without views (see view.h). */
#ifndef KENBI_SHELLCODE_SCAN_H
#define KENBI_SHELLCODE_SCAN_H

#include "shellcode/shellcode.h"

/* As shellcode_scan. *budget: instructions that may be executed; what was executed is taken from
 * it, and 0 is left where the search ended early. */
MUST_CHECK int scan_raw(struct shellcode_detector *detector, struct bytes bytes,
			struct bytes follow_up, struct shellcode_finding *findings, size_t capacity,
			uint64_t *budget, struct error *error);

#endif
