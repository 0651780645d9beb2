/* Events as JSON objects: the NDJSON form of a trace. */
#include "trace/trace.h"

#include <string.h>

json_t *trace_event_json(const struct trace_event *event)
{
	json_t *object = json_pack("{s:s, s:s, s:I, s:i}", "type", "event", "event",
				   trace_kind_name(event->kind), "time", (json_int_t)event->time,
				   "process", (int)event->process);
	if (!object)
		return NULL;
	if (event->caller)
		json_object_set_new(object, "caller", json_integer((json_int_t)event->caller));
	for (unsigned i = 0; trace_field_name(event->kind, i); i++) {
		const struct trace_value *value = &event->values[i];
		json_t *field = value->text ? json_string(value->text)
					    : json_integer((json_int_t)value->number);
		/* A text that is not UTF-8 would be lost; its printable part is kept. */
		if (!field && value->text) {
			char safe[257];
			size_t length = 0;
			for (const char *c = value->text; *c && length < 256; c++)
				safe[length++] = *c >= ' ' && *c < 127 ? *c : '?';
			safe[length] = 0;
			field = json_string(safe);
		}
		json_object_set_new(object, trace_field_name(event->kind, i), field);
	}
	return object;
}

int trace_event_from_json(const json_t *object, struct trace_event *event, struct error *error)
{
	*event = (struct trace_event){ 0 };
	const char *name = json_string_value(json_object_get(object, "event"));
	if (!name)
		return error_set(error, ERROR_INPUT, NULL, "an event has no \"event\" name");
	int kind = trace_kind_find(name);
	if (kind < 0)
		return error_set(error, ERROR_INPUT, name, "no such event in the vocabulary");
	event->kind = (enum trace_kind)kind;
	event->time = (uint64_t)json_integer_value(json_object_get(object, "time"));
	event->process = (uint32_t)json_integer_value(json_object_get(object, "process"));
	event->caller = (uint64_t)json_integer_value(json_object_get(object, "caller"));
	for (unsigned i = 0; trace_field_name(event->kind, i); i++) {
		const json_t *field = json_object_get(object, trace_field_name(event->kind, i));
		if (json_is_string(field))
			event->values[i].text = json_string_value(field);
		else if (json_is_integer(field))
			event->values[i].number = (uint64_t)json_integer_value(field);
		else if (field && !json_is_null(field))
			return error_set(error, ERROR_INPUT, name,
					 "field \"%s\" is neither text nor "
					 "a whole number",
					 trace_field_name(event->kind, i));
		else
			event->values[i].text = "";
	}
	return 0;
}
