/* The search of bytes as they are, without views (see view.h). */
#ifndef KENBI_SHELLCODE_SCAN_H
#define KENBI_SHELLCODE_SCAN_H

#include "shellcode/shellcode.h"

/* Instructions that are left, for looking for promising starts and for extending and proving those.
 * What the floors of a stream are worth, its views share. */
struct scan_budget {
	uint64_t search, proving;
	bool exhausted; /* a search ended early */
};

/* As shellcode_scan. Every byte adds to *budget; what was executed is taken from it. */
MUST_CHECK int scan_raw(struct shellcode_detector *detector, struct bytes bytes,
			struct bytes follow_up, struct shellcode_finding *findings, size_t capacity,
			struct scan_budget *budget, struct error *error);

#endif
