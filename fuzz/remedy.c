/* Traces from anywhere, one JSON event a line, through behaviours to rules: nothing that a sample
 * says may put a byte into a rule that is not printable. */
#include <stdlib.h>
#include <string.h>

#include "remedy/remedy.h"

static void read_events(struct bytes text, struct trace_log *log)
{
	struct reader reader = reader_of(text);
	struct trace_sink sink = trace_log_sink(log);

	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		struct trace_event event;
		json_t *object = json_loadb((const char *)line.data, line.length, 0, NULL);
		if (object && trace_event_from_json(object, &event, NULL) == 0)
			trace_emit(&sink, &event);
		json_decref(object);
	}
}

static void check_rules(const struct remedy_candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		for (size_t j = 0; j < candidates->items[i].rule_count; j++)
			for (const char *c = candidates->items[i].rules[j].text; *c; c++)
				if ((*c < ' ' && *c != '\n' && *c != '\t') || *c > '~')
					abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct remedy_knowledge *knowledge;
	static const char *const sources[] = { "sample 1" };
	struct error error;
	json_t *behaviours;

	if (!knowledge && remedy_load(NULL, &knowledge, &error) < 0)
		abort();
	struct trace_log *log = trace_log_new(1u << 20);
	const struct trace_log *traces[] = { log };
	if (!log)
		return 0;
	read_events((struct bytes){ data, size }, log);
	if (remedy_behaviours(knowledge, traces, sources, 1, &behaviours, &error) == 0) {
		struct remedy_candidates candidates;
		if (remedy_derive(knowledge, behaviours, &candidates, &error) == 0) {
			check_rules(&candidates);
			remedy_candidates_fini(&candidates);
		}
		json_decref(behaviours);
	}
	trace_log_free(log);
	return 0;
}
