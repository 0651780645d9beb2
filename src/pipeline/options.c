/* Options on their way to a role: JSON there and back. */
#include "pipeline/case.h"

#include <string.h>

/* Everything that is a number. */
#define OPTIONS(NUMBER)           \
	NUMBER(stages)            \
	NUMBER(raw)               \
	NUMBER(events)            \
	NUMBER(explain)           \
	NUMBER(seed)              \
	NUMBER(replicas)          \
	NUMBER(sample_budget)     \
	NUMBER(workers)           \
	NUMBER(personality)       \
	NUMBER(guess_personality) \
	NUMBER(detail)            \
	NUMBER(save)              \
	NUMBER(save_limit)

json_t *case_options_json(const struct pipeline_options *options)
{
	json_t *object = json_object();

#define PUT(name) json_object_set_new(object, #name, json_integer((json_int_t)options->name));
	OPTIONS(PUT)
#undef PUT
	if (options->topology)
		json_object_set_new(object, "topology", json_string(options->topology));
	return object;
}

int case_options_read(const json_t *object, struct pipeline_options *options)
{
	memset(options, 0, sizeof *options);
#define TAKE(name)                                            \
	if (!json_is_integer(json_object_get(object, #name))) \
		return ERROR_INTERNAL;                        \
	options->name =                                       \
		(__typeof__(options->name))json_integer_value(json_object_get(object, #name));
	OPTIONS(TAKE)
#undef TAKE
	options->topology = json_string_value(json_object_get(object, "topology"));
	return 0;
}
