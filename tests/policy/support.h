/* What the tests of this room share: events from NDJSON, and machines that were shown them. */
#ifndef KENBI_TESTS_POLICY_SUPPORT_H
#define KENBI_TESTS_POLICY_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>

#include "policy/policy.h"

static inline struct policy_set *set_of(const char *text)
{
	struct policy_set *set;
	struct error error = { 0 };
	char message[900];

	if (policy_compile(bytes_of(text), "test.policy", &set, &error) < 0)
		fail_msg("%s", error_text(&error, message, sizeof message));
	return set;
}

/* Shows one event, written as a JSON object without its "type". */
static inline void show(struct policy_machine *machine, const char *json)
{
	struct trace_sink sink = policy_machine_sink(machine);
	struct trace_event event;
	struct error error;
	char message[900];
	json_t *object = json_loads(json, 0, NULL);

	assert_non_null(object);
	if (trace_event_from_json(object, &event, &error) < 0)
		fail_msg("%s: %s", json, error_text(&error, message, sizeof message));
	trace_emit(&sink, &event);
	json_decref(object);
}

/* How often the policy of that name matched. */
static inline uint64_t matches_of(struct policy_machine *machine, const char *name)
{
	const struct policy_finding *finding;

	for (size_t i = 0; (finding = policy_finding(machine, i)); i++)
		if (strcmp(finding->name, name) == 0)
			return finding->matches;
	return 0;
}

#endif
