/* Matches under way: which steps of an alternative have happened, when, and which values they
 * brought. */
#ifndef KENBI_POLICY_MATCH_H
#define KENBI_POLICY_MATCH_H

#include "policy/program.h"

#define MATCH_LIMIT 32	 /* under way per alternative; the one that was idle longest makes room */
#define MATCH_TEXT  1024 /* bytes kept of a value; the rest is given up */

struct match {
	uint16_t done;	   /* bit mask of steps */
	uint64_t event;	   /* number of the last event that it took */
	uint64_t identity; /* hash of `done` and all values */
	uint64_t times[PROGRAM_STEPS];
	struct operand slots[PROGRAM_SLOTS]; /* texts owned */
	char *lines[PROGRAM_STEPS];	     /* evidence, owned */
};

struct match_list {
	struct match *matches[MATCH_LIMIT];
	size_t count;
	bool forbidden; /* an "unless" without reference has happened: this alternative is out */
};

struct match_step {
	const struct alternative *alternative;
	size_t step;
	const struct pattern *pattern;
	const struct trace_event *event;
	uint64_t number; /* of the event */
};

void match_list_fini(struct match_list *list);
void match_remove(struct match_list *list, size_t index);
/* Would taking this event keep every "within"? `base` NULL: nothing has happened yet. */
bool match_in_time(const struct match *base, const struct match_step *step);
/* Adds base + step to the list, or refreshes the same match when it is there already. */
void match_extend(struct match_list *list, const struct match *base, const struct match_step *step,
		  uint64_t *given_up);
/* "file.copy source=… path=… (at instruction 12,345)". Returns owned; NULL: no memory. */
char *match_line(const struct trace_event *event);
uint64_t match_hash(uint64_t hash, uint64_t more);
uint64_t match_value_hash(const struct operand *value);

#endif
