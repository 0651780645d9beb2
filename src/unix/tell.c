/* Events of a process, and how guest data becomes text in them. */
#include <stdio.h>
#include <string.h>

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
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (uint64_t i = 0; i < length && i < 256 && used + 5 < size; i++) {
		uint8_t byte;
		if (x86_read(process->machine, address + i, &byte, 1) < 0)
			break;
		if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
			text[used++] = (char)byte;
			continue;
		}
		text[used++] = '\\';
		text[used++] = 'x';
		text[used++] = digits[byte >> 4];
		text[used++] = digits[byte & 15];
	}
	text[used] = 0;
	return text;
}

/* Texts as texts, small numbers in decimal, the rest in hexadecimal. */
static void argument_text(const struct unix_process *process, char letter, uint64_t value,
			  char *text, size_t size)
{
	char guest[128];
	int32_t number = (int32_t)(uint32_t)value;

	if ((letter == 'p' || letter == 't') &&
	    x86_read_text(process->machine, value, guest, sizeof guest) > 0) {
		char shown[160];
		unix_data_text(process, value, strlen(guest), shown, sizeof shown);
		snprintf(text, size, "\"%s\"", shown);
	} else if (strchr("smug", letter) || (number >= -4096 && number < 4096)) {
		snprintf(text, size, letter == 'm' ? "0%o" : "%d", number);
	} else {
		snprintf(text, size, "0x%llx", (unsigned long long)value);
	}
}

void unix_tell_call(struct unix_process *process, const struct unix_request *request)
{
	const char *letters = unix_table_letters(request->call);
	char detail[UNIX_TEXT] = "";
	size_t used = 0;

	for (unsigned i = 0; letters[i] && letters[i] != '?' && used + 2 < sizeof detail; i++) {
		char text[176];
		argument_text(process, letters[i], request->arguments[i], text, sizeof text);
		used += (size_t)snprintf(detail + used, sizeof detail - used, "%s%s", i ? ", " : "",
					 text);
	}
	struct trace_value values[] = { trace_text(unix_table_name(request->call)),
					trace_text(detail) };
	unix_tell(process, TRACE_SYSTEM_CALL, values, 2);
}
