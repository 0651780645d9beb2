#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "trace/trace.h"

static struct trace_event connect_event(void)
{
	struct trace_event event = { .kind = TRACE_NET_CONNECT, .time = 42, .process = 1 };

	event.values[0] = trace_text("192.0.2.1");
	event.values[1] = trace_number(445);
	event.values[2] = trace_text("tcp");
	event.values[3] = trace_text("refused");
	return event;
}

static void every_word_is_found_by_its_name(void **state)
{
	(void)state;
	for (int kind = 0; kind < TRACE_KINDS; kind++) {
		assert_int_equal(trace_kind_find(trace_kind_name((enum trace_kind)kind)), kind);
		assert_true(strlen(trace_kind_meaning((enum trace_kind)kind)) > 5);
	}
	assert_int_equal(trace_kind_find("file.crate"), ERROR_INPUT);
	assert_int_equal(trace_field_find(TRACE_NET_CONNECT, "port"), 1);
	assert_int_equal(trace_field_find(TRACE_NET_CONNECT, "path"), ERROR_INPUT);
}

static void events_survive_their_text_form(void **state)
{
	(void)state;
	struct trace_event event = connect_event(), read;
	struct error error;
	json_t *object = trace_event_json(&event);
	char *text = json_dumps(object, JSON_COMPACT);

	assert_string_equal(
		text, "{\"type\":\"event\",\"event\":\"net.connect\",\"time\":42,\"process\":1,"
		      "\"address\":\"192.0.2.1\",\"port\":445,\"proto\":\"tcp\",\"result\":"
		      "\"refused\"}");
	assert_int_equal(trace_event_from_json(object, &read, &error), 0);
	assert_int_equal(read.kind, TRACE_NET_CONNECT);
	assert_int_equal(read.time, 42);
	assert_int_equal(read.values[1].number, 445);
	assert_string_equal(read.values[3].text, "refused");
	free(text);
	json_decref(object);
}

static void wrong_objects_are_named(void **state)
{
	(void)state;
	struct trace_event event;
	struct error error;
	json_t *unknown = json_pack("{s:s}", "event", "no.such");
	json_t *nested = json_pack("{s:s, s:[]}", "event", "file.create", "path");

	assert_int_equal(trace_event_from_json(unknown, &event, &error), ERROR_INPUT);
	assert_string_equal(error.where, "no.such");
	assert_int_equal(trace_event_from_json(nested, &event, &error), ERROR_INPUT);
	assert_non_null(strstr(error.message, "path"));
	json_decref(unknown);
	json_decref(nested);
}

static void logs_copy_and_count_what_they_drop(void **state)
{
	(void)state;
	struct trace_log *log = trace_log_new(65536);
	struct trace_sink sink = trace_log_sink(log);
	char name[] = "203.0.113.7";
	struct trace_event event = connect_event();

	event.values[0] = trace_text(name);
	trace_emit(&sink, &event);
	name[0] = 'x';
	assert_string_equal(trace_log_event(log, 0)->values[0].text, "203.0.113.7");
	for (int i = 0; i < 10000; i++)
		trace_emit(&sink, &event);
	assert_true(trace_log_dropped(log) > 0);
	assert_int_equal(trace_log_count(log) + trace_log_dropped(log), 10001);
	assert_null(trace_log_event(log, trace_log_count(log)));
	trace_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_word_is_found_by_its_name),
					    cmocka_unit_test(events_survive_their_text_form),
					    cmocka_unit_test(wrong_objects_are_named),
					    cmocka_unit_test(logs_copy_and_count_what_they_drop) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
