/* The one pass over every byte: marks where a seed may begin and where printable runs break.
 *
 * The rules are written once (marks_rules.h) and compiled for AVX-512, AVX2, SSE2 and plain C; the
 * widest that the processor has is chosen at the first use, or what KENBI_SIMD names ("portable",
 * "sse2", "avx2", "avx512"). All give the same bits. A mark is a necessary condition: seed_at
 * decides. */
#ifndef KENBI_SHELLCODE_MARKS_H
#define KENBI_SHELLCODE_MARKS_H

#include "base/base.h"

enum {
	MARKS_BLOCK = 64, /* bytes to a word of bits, the first byte is bit 0 */
	MARKS_AHEAD = 8	  /* bytes behind a block that may be read */
};

/* `blocks` blocks of 64 bytes at `data`, with MARKS_AHEAD readable bytes behind them. seeds: a seed
 * may begin here; breaks: not a printable character, or a blank. */
typedef void marks_function(const uint8_t *data, size_t blocks, uint64_t *seeds, uint64_t *breaks);
/* The same for those seeds alone that chance hardly makes (seed_is_rare): a third of the work. */
typedef void marks_rare_function(const uint8_t *data, size_t blocks, uint64_t *seeds);

struct marks_path {
	const char *name;
	marks_function *function;
	marks_rare_function *rare;
	bool (*supported)(void);
};

/* Every way that was compiled in, widest first; ends with a NULL name. The last is portable. */
extern const struct marks_path marks_paths[];
/* The chosen one. */
const struct marks_path *marks_path(void);

/* Words that `length` bytes need. */
static inline size_t marks_words(size_t length)
{
	return (length + MARKS_BLOCK - 1) / MARKS_BLOCK;
}
/* Fills the words `first` to `end`, at most marks_words(bytes.length), of each; behind the end
 * bytes count as zero. */
void marks_fill(const struct marks_path *path, struct bytes bytes, size_t first, size_t end,
		uint64_t *seeds, uint64_t *breaks);
void marks_fill_rare(const struct marks_path *path, struct bytes bytes, size_t first, size_t end,
		     uint64_t *seeds);

#endif
