/* Code for the test of one event pattern. */
#ifndef KENBI_POLICY_GENERATE_TEST_H
#define KENBI_POLICY_GENERATE_TEST_H

#include "policy/generate.h"

struct generator {
	const struct syntax *syntax;
	struct policy_set *set;
	const struct draft *draft;
	struct alternative *alternative;
	struct pattern *pattern; /* whose code is made */
	uint16_t visible;	 /* bit mask: steps whose values the test may use */
	struct {
		size_t step;
		const char *field;
	} slots[PROGRAM_SLOTS];
};

/* Appends the code of a test (NULL: always true) and says in the pattern where it is. */
MUST_CHECK int generate_test(struct generator *generator, const struct test *test);
/* Number of a field of an event kind, or ERROR_INPUT with a suggestion. */
int generate_field(const struct syntax *syntax, enum trace_kind kind, const char *name,
		   const struct place *place);

#endif
