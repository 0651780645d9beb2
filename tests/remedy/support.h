/* What the tests of this room share: the shipped knowledge, traces from JSON lines, look-ups in
 * results. */
#ifndef KENBI_TESTS_REMEDY_SUPPORT_H
#define KENBI_TESTS_REMEDY_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>

#include "remedy/remedy.h"

static inline struct remedy_knowledge *shipped_knowledge(void)
{
	struct remedy_knowledge *knowledge;
	struct error error;
	char message[900];

	if (remedy_load(NULL, &knowledge, &error) < 0)
		fail_msg("%s", error_text(&error, message, sizeof message));
	return knowledge;
}

static inline void tell(struct trace_log *log, const char *json)
{
	struct trace_sink sink = trace_log_sink(log);
	struct trace_event event;
	struct error error;
	json_t *object = json_loads(json, 0, NULL);

	assert_non_null(object);
	if (trace_event_from_json(object, &event, &error) < 0)
		fail_msg("%s: %s", json, error.message);
	trace_emit(&sink, &event);
	json_decref(object);
}

static inline void tell_connect(struct trace_log *log, uint32_t address, unsigned port,
				const char *proto, uint64_t time)
{
	struct address to = address_v4(address);
	char text[ADDRESS_TEXT_SIZE], json[256];

	snprintf(json, sizeof json,
		 "{\"event\":\"net.connect\",\"time\":%llu,\"address\":\"%s\",\"port\":%u,"
		 "\"proto\":\"%s\",\"result\":\"refused\"}",
		 (unsigned long long)time, address_text(&to, text), port, proto);
	tell(log, json);
}

static inline json_t *behaviours_of(const struct remedy_knowledge *knowledge,
				    const struct trace_log *log)
{
	static const char *const sources[] = { "sample 1" };
	json_t *behaviours;
	struct error error;

	assert_int_equal(remedy_behaviours(knowledge, &log, sources, 1, &behaviours, &error), 0);
	return behaviours;
}

/* Parameters of the first behaviour of that name, or NULL. */
static inline const json_t *parameters_of(const json_t *behaviours, const char *name)
{
	for (size_t i = 0; i < json_array_size(behaviours); i++) {
		const json_t *each = json_array_get(behaviours, i);
		if (strcmp(json_string_value(json_object_get(each, "name")), name) == 0)
			return json_object_get(each, "parameters");
	}
	return NULL;
}

static inline const struct remedy_candidate *
candidate_of(const struct remedy_candidates *candidates, const char *name)
{
	for (size_t i = 0; i < candidates->count; i++)
		if (strcmp(candidates->items[i].name, name) == 0)
			return &candidates->items[i];
	return NULL;
}

static inline const char *rule_of(const struct remedy_candidate *candidate, const char *format)
{
	for (size_t i = 0; candidate && i < candidate->rule_count; i++)
		if (strcmp(candidate->rules[i].format, format) == 0)
			return candidate->rules[i].text;
	return NULL;
}

#endif
