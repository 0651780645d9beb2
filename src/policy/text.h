/* Comparing texts as Windows compares paths: ASCII letters without regard to case. */
#ifndef KENBI_POLICY_TEXT_H
#define KENBI_POLICY_TEXT_H

#include "base/base.h"

bool text_is(struct bytes a, struct bytes b);
bool text_starts(struct bytes text, struct bytes start);
bool text_ends(struct bytes text, struct bytes end);
bool text_contains(struct bytes text, struct bytes part);

/* A pattern: `*` stands for any run of bytes (also of backslashes), `?` for one. Nearly all
 * patterns have their stars at the ends only; those compare once where the others search. */
enum text_shape { TEXT_WHOLE, TEXT_START, TEXT_END, TEXT_PART, TEXT_GLOB };
struct text_pattern {
	enum text_shape shape;
	struct bytes
		core; /* without the stars at the ends; of TEXT_GLOB the whole pattern. Borrowed */
};
struct text_pattern text_pattern_of(const char *pattern);
/* At most text × pattern comparisons. */
bool text_like(struct bytes text, const struct text_pattern *pattern);

/* SipHash-2-4 of the folded text: equal hashes mean equal texts for all that a sample can contrive.
 */
uint64_t text_hash(struct bytes text);

/* The word of `words` (ended by NULL) that is closest to what was written, when it is close enough
 * to be a slip of the pen; NULL otherwise. */
const char *text_suggestion(struct bytes written, const char *const *words);

#endif
