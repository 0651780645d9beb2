/* Comparing texts as Windows compares paths: ASCII letters without regard to case. */
#ifndef KENBI_POLICY_TEXT_H
#define KENBI_POLICY_TEXT_H

#include "base/base.h"

char text_fold(char letter);
bool text_is(struct bytes a, struct bytes b);
bool text_starts(struct bytes text, struct bytes start);
bool text_ends(struct bytes text, struct bytes end);
bool text_contains(struct bytes text, struct bytes part);
/* `*` stands for any run of bytes (also of backslashes), `?` for one. At most text × pattern
 * comparisons. */
bool text_like(struct bytes text, const char *pattern);
/* SipHash-2-4 of the folded text: equal hashes mean equal texts for all that a sample can contrive.
 */
uint64_t text_hash(struct bytes text);

/* The word of `words` (ended by NULL) that is closest to what was written, when it is close enough
 * to be a slip of the pen; NULL otherwise. */
const char *text_suggestion(struct bytes written, const char *const *words);

#endif
