/* Counts for "at least N [distinct FIELD] … [per FIELD] [within T]": one counter per counting step,
 * groups by the values of "per" and of what the step is joined to. */
#ifndef KENBI_POLICY_COUNTER_H
#define KENBI_POLICY_COUNTER_H

#include "policy/program.h"

#define COUNTER_GROUPS 256 /* of one counter; the one that was idle longest makes room */

struct counter_entry {
	uint64_t value, time;
};

struct counter_group {
	uint64_t key, touched;
	size_t count;
	struct counter_entry *entries; /* only for distinct values and for windows */
	size_t capacity;
};

struct counter {
	struct counter_group groups[COUNTER_GROUPS];
	size_t group_count;
};

void counter_fini(struct counter *counter);
/* Counts `value` at `time` for the group of `key`. True when the step's number is reached; the
 * group then starts again at zero. What had to be forgotten is added to *given_up. */
bool counter_add(struct counter *counter, const struct step *step, uint64_t key, uint64_t value,
		 uint64_t time, uint64_t *given_up);

#endif
