/* The search of bytes as they are, without views (see view.h). */
#ifndef KENBI_SHELLCODE_SCAN_H
#define KENBI_SHELLCODE_SCAN_H

#include "shellcode/share.h"
#include "shellcode/shellcode.h"
#include "shellcode/vain.h"

/* As shellcode_scan. The bytes earn their share of *shares (as those of a view, if `decoded`), what
 * is done spends it; how often something failed is counted in *vain. Both are a stream's and its
 * views'. */
MUST_CHECK int scan_raw(struct shellcode_detector *detector, struct bytes bytes, bool decoded,
			struct bytes follow_up, struct shellcode_finding *findings, size_t capacity,
			struct shares *shares, struct vain *vain, struct error *error);

#endif
