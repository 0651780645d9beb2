/* Events of a process. */
#include "unix/process.h"

void unix_tell(struct unix_process *process, enum trace_kind kind, const struct trace_value *values,
	       unsigned count)
{
	struct trace_event event = { .kind = kind,
				     .time = x86_instructions(process->machine),
				     .process = process->id,
				     .caller = process->caller };

	for (unsigned i = 0; i < TRACE_FIELDS; i++)
		event.values[i] = i < count ? values[i] : trace_text("");
	trace_emit(&process->trace, &event);
}

char *unix_data_text(const struct unix_process *process, uint64_t address, uint64_t length,
		     char *text, size_t size)
{
	return unix_memory_text(process->machine, address, length, text, size);
}

void unix_tell_call(struct unix_process *process, const struct unix_request *request)
{
	char detail[UNIX_TEXT];

	if (!process->trace.event) /* nobody listens */
		return;
	unix_describe_request(process->machine, request, detail, sizeof detail);
	struct trace_value values[] = { trace_text(unix_table_name((enum unix_call)request->call)),
					trace_text(detail) };
	unix_tell(process, TRACE_SYSTEM_CALL, values, 2);
}
