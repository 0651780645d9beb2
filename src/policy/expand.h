/* From a condition's tree to alternatives of ordered steps: "or" is multiplied out, "then" becomes
 * what a step requires, definitions are put in place of their names. */
#ifndef KENBI_POLICY_EXPAND_H
#define KENBI_POLICY_EXPAND_H

#include "policy/program.h"
#include "policy/syntax.h"

#define EXPAND_UNLESS 8

struct draft_step {
	const struct node *events[PROGRAM_PATTERNS]; /* any of them */
	size_t event_count;
	const struct node *count; /* NULL: one is enough */
	const char *label;
	uint64_t window;
	uint16_t requires;
};

struct draft {
	struct draft_step steps[PROGRAM_STEPS];
	size_t step_count;
	struct window windows[PROGRAM_WINDOWS];
	size_t window_count;
	const struct node *unless[EXPAND_UNLESS];
	size_t unless_count;
};

struct draft_list {
	struct draft *drafts;
	size_t count;
};

MUST_CHECK int expand_condition(const struct syntax *syntax, const struct node *node,
				struct draft_list *list);

#endif
