/* Random bytes as code under kenbi x86 trace, in both modes: every record is complete, the end
 * comes once and last, and as many steps are told as instructions were executed. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline.h"

enum { BUDGET = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	json_int_t steps, instructions;
	unsigned starts, ends;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static int take(void *context, const json_t *record)
{
	struct told *told = context;
	const char *type = json_string_value(json_object_get(record, "type"));

	require(type && told->ends == 0);
	if (strcmp(type, "x86_start") == 0) {
		told->starts++;
	} else if (strcmp(type, "x86_step") == 0) {
		told->steps++;
		require(json_is_array(json_object_get(record, "registers")) &&
			json_is_array(json_object_get(record, "memory")));
	} else {
		told->ends++;
		told->instructions = json_integer_value(json_object_get(record, "instructions"));
		require(json_is_string(json_object_get(record, "meaning")));
	}
	return 0;
}

static void trace(const uint8_t *data, size_t size, bool wide)
{
	struct pipeline_x86_trace options = { .wide = wide, .budget = BUDGET };
	struct told told = { 0 };
	struct pipeline_sink sink = { .context = &told, .record = take };
	struct error error;
	int result =
		pipeline_x86_trace(&options, (struct bytes){ data, size }, "fuzz", &sink, &error);

	if (size == 0) {
		require(result == ERROR_INPUT);
		return;
	}
	require(result == 0 && told.starts == 1 && told.ends == 1);
	require(told.steps == told.instructions && told.steps <= BUDGET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		size = 4096;
	trace(data, size, false);
	trace(data, size, true);
	return 0;
}
