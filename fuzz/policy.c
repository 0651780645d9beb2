/* Policy text from anywhere: it compiles or it is refused, and what compiles judges events without
 * harm. */
#include <string.h>

#include "policy/policy.h"

static void show_some_events(struct policy_machine *machine)
{
	static const char *const texts[] = { "C:\\WINDOWS\\system32\\a.exe", "192.0.2.1", "",
					     "a*b?c" };
	struct trace_sink sink = policy_machine_sink(machine);

	for (unsigned round = 0; round < 4; round++)
		for (int kind = 0; kind < TRACE_KINDS; kind++) {
			struct trace_event event = { .kind = (enum trace_kind)kind,
						     .time = 100u * round };
			for (unsigned i = 0; i < TRACE_FIELDS; i++)
				event.values[i] = (round + i) % 3
							  ? trace_text(texts[(round + i) % 4])
							  : trace_number(round);
			trace_emit(&sink, &event);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_set *set;
	struct error error;

	if (policy_compile((struct bytes){ data, size }, "fuzz.policy", &set, &error) < 0)
		return 0;
	struct policy_machine *machine = policy_machine_new(set);
	if (machine) {
		show_some_events(machine);
		policy_judge(machine, true);
	}
	policy_machine_free(machine);
	policy_set_free(set);
	return 0;
}
