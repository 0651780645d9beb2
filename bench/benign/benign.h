/* Parts of bench_benign. */
#ifndef KENBI_BENCH_BENIGN_BENIGN_H
#define KENBI_BENCH_BENIGN_BENIGN_H

#include <stdio.h>

#include "shellcode/shellcode.h"

enum { BENIGN_WINDOW = 16 << 20 };

/* What has been searched, and what was found in it. */
struct benign {
	struct shellcode_detector *detector;
	const char *save;      /* folder that bytes with findings are written to, or NULL */
	char *const *excluded; /* paths that are not entered, excluded_count of them */
	size_t excluded_count;
	uint64_t bytes, limit;	 /* counted exactly; stop at the limit */
	uint64_t files, doubles; /* and files whose content had been searched before */
	uint64_t unread;	 /* files that could not be read */
	uint64_t exhausted;	 /* windows of which a share was used up, see shellcode-search.md */
	uint64_t reported;	 /* bytes, when progress was told last */
	unsigned findings;
};

/* Searches one window; `name` and `offset` are told with findings. False: the limit is reached. */
bool benign_search(struct benign *benign, const char *name, uint64_t offset, struct bytes bytes);

/* Every regular file below the folders, other file systems and excluded paths apart, each content
 * once. Returns 0 or an error. */
MUST_CHECK int benign_files(struct benign *benign, char *const *folders, struct error *error);

/* Random bytes of several generators, by turns in streams of 16 MiB, 1 MiB and 64 KiB. */
MUST_CHECK int benign_random(struct benign *benign, uint64_t seed, struct error *error);

#endif
