/* From alternatives of steps to tables and code. */
#ifndef KENBI_POLICY_GENERATE_H
#define KENBI_POLICY_GENERATE_H

#include "policy/expand.h"

/* Adds one policy, expanded, to the set. Names of fields, labels and sets are looked up here. */
MUST_CHECK int generate_policy(const struct syntax *syntax, const struct policy_text *policy,
			       const struct draft_list *drafts, struct policy_set *set);
/* Builds the index by event kind, when all policies are there. */
MUST_CHECK int generate_index(const struct syntax *syntax, struct policy_set *set);
/* Adds `size` bytes for one element to a heap array; NULL: no memory. */
void *generate_grow(void *array, size_t count, size_t size);

#endif
