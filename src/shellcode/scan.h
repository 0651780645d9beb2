/* The search of a stream with its views (see view.h), and of bytes as they are. */
#ifndef KENBI_SHELLCODE_SCAN_H
#define KENBI_SHELLCODE_SCAN_H

#include "shellcode/share.h"
#include "shellcode/shellcode.h"
#include "shellcode/vain.h"

/* Stretches of packed data, ascending: those that have the right checksum as what they unpack to,
 * which is searched for itself, and those of media (media.h). As they are they are only asked for
 * what chance hardly makes, see search.c. */
enum { SCAN_PACKED = 256 };
struct scan_stretch {
	size_t start, end;
};
struct scan_packed {
	size_t count;
	struct scan_stretch at[SCAN_PACKED];
};

/* As shellcode_scan. The bytes earn their share of *shares (as those of a view, if `decoded`), what
 * is done spends it; how often something failed is counted in *vain. Both are a stream's and its
 * views'. */
MUST_CHECK int scan_raw(struct shellcode_detector *detector, struct bytes bytes, bool decoded,
			const struct scan_packed *packed, struct bytes follow_up,
			struct shellcode_finding *findings, size_t capacity, struct shares *shares,
			struct vain *vain, struct error *error);

/* As shellcode_scan, whatever was searched before. */
MUST_CHECK int scan_stream(struct shellcode_detector *detector, struct bytes bytes,
			   struct bytes follow_up, struct shellcode_finding *findings,
			   size_t capacity, bool *exhausted, struct error *error);

#endif
