/* The tables that trace/vocabulary.h unfolds into. */
#include "trace/trace.h"

#include <string.h>

struct word {
	const char *name, *meaning;
	const char *fields[TRACE_FIELDS];
};

#define TRACE_WORD(id, text, sense, ...) { text, sense, { __VA_ARGS__ } },
static const struct word words[TRACE_KINDS] = { TRACE_EVENTS(TRACE_WORD) };
#undef TRACE_WORD

const char *trace_kind_name(enum trace_kind kind)
{
	return words[kind].name;
}

const char *trace_kind_meaning(enum trace_kind kind)
{
	return words[kind].meaning;
}

int trace_kind_find(const char *name)
{
	for (int kind = 0; kind < TRACE_KINDS; kind++)
		if (strcmp(words[kind].name, name) == 0)
			return kind;
	return ERROR_INPUT;
}

const char *trace_field_name(enum trace_kind kind, unsigned index)
{
	return index < TRACE_FIELDS ? words[kind].fields[index] : NULL;
}

int trace_field_find(enum trace_kind kind, const char *name)
{
	for (int index = 0; index < TRACE_FIELDS && words[kind].fields[index]; index++)
		if (strcmp(words[kind].fields[index], name) == 0)
			return index;
	return ERROR_INPUT;
}

struct trace_value trace_text(const char *text)
{
	return (struct trace_value){ .text = text ? text : "" };
}

struct trace_value trace_number(uint64_t number)
{
	return (struct trace_value){ .number = number };
}

void trace_emit(const struct trace_sink *sink, const struct trace_event *event)
{
	if (sink && sink->event)
		sink->event(sink->context, event);
}
