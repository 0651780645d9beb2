#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "pipeline/case.h"

static void say(struct trace_log *log, enum trace_kind kind, const char *address, uint64_t port,
		const char *data)
{
	struct trace_sink sink = trace_log_sink(log);
	struct trace_event event = { .kind = kind, .process = 1 };

	event.values[0] = trace_text(address);
	event.values[1] = trace_number(port);
	event.values[2] = trace_text("tcp");
	event.values[3] = trace_number(strlen(data));
	event.values[4] = trace_text(data);
	trace_emit(&sink, &event);
}

static void resolve(struct trace_log *log, const char *name, const char *address)
{
	struct trace_sink sink = trace_log_sink(log);
	struct trace_event event = { .kind = TRACE_NET_RESOLVE, .process = 1 };

	event.values[0] = trace_text(name);
	event.values[1] = trace_text(address);
	trace_emit(&sink, &event);
}

static const char *field(const json_t *list, size_t index, const char *name)
{
	return json_string_value(json_object_get(json_array_get(list, index), name));
}

static void names_roles_by_what_was_said(void **state)
{
	(void)state;
	struct trace_log *log = trace_log_new(1 << 20);

	resolve(log, "irc.example", "198.51.100.7");
	say(log, TRACE_NET_CONNECT, "198.51.100.7", 9999, "");
	say(log, TRACE_NET_SEND, "198.51.100.7", 9999, "NICK x");
	say(log, TRACE_NET_CONNECT, "198.51.100.8", 2525, "");
	say(log, TRACE_NET_SEND, "198.51.100.8", 2525, "EHLO here");
	say(log, TRACE_NET_LISTEN, "0.0.0.0", 4444, "");
	json_t *list = case_endpoints(log, NULL);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(field(list, 0, "role"), "control");
	assert_string_equal(field(list, 0, "name"), "irc.example");
	assert_string_equal(field(list, 1, "role"), "mail");
	assert_string_equal(field(list, 2, "role"), "listen");
	json_decref(list);
	trace_log_free(log);
}

static void downloads_are_known_by_host(void **state)
{
	(void)state;
	struct trace_log *log = trace_log_new(1 << 20);

	resolve(log, "www.example", "198.51.100.9");
	say(log, TRACE_NET_DOWNLOAD, "http://www.example:8080/a.exe", 0, "");
	json_t *list = case_endpoints(log, NULL);
	assert_string_equal(field(list, 0, "role"), "download");
	assert_string_equal(field(list, 0, "name"), "www.example");
	assert_null(field(list, 0, "address"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "port")),
			 8080);
	json_decref(list);
	trace_log_free(log);
}

static void targets_of_a_scan_are_summed_up(void **state)
{
	(void)state;
	struct trace_log *log = trace_log_new(1 << 20);

	for (int i = 0; i < 100; i++) {
		char address[ADDRESS_TEXT_SIZE];
		snprintf(address, sizeof address, "192.0.2.%d", i);
		say(log, TRACE_NET_CONNECT, address, 445, "");
	}
	say(log, TRACE_NET_CONNECT, "198.51.100.1", 80, "");
	json_t *list = case_endpoints(log, NULL);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(field(list, 0, "address"), "198.51.100.1");
	assert_string_equal(field(list, 0, "role"), "peer");
	json_decref(list);
	trace_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_roles_by_what_was_said),
					    cmocka_unit_test(downloads_are_known_by_host),
					    cmocka_unit_test(targets_of_a_scan_are_summed_up) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
