/* Our own Windows programs (tests/programs), run in the simulator with nothing answering: each must
 * show the words of its behaviour, end as said, and leave the same trace twice. Skipped where
 * mingw-w64 did not build them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "win32/win32.h"

#define BUDGET 50000000

static const struct {
	const char *program;
	enum win32_end end;
	const char *word, *field, *holds; /* field NULL: the event is enough */
} cases[] = {
	{ "hello", WIN32_END_EXIT, "exit", NULL, NULL },
	{ "self_copy", WIN32_END_EXIT, "file.copy", "path", "system32" },
	{ "self_copy_by_hand", WIN32_END_EXIT, "file.write", "path", "lssas.exe" },
	{ "run_key", WIN32_END_EXIT, "registry.set", "key", "CurrentVersion\\Run" },
	{ "process_walk", WIN32_END_EXIT, "process.terminate", NULL, NULL },
	{ "file_infect", WIN32_END_EXIT, "file.write", "path", "C:\\WINDOWS" },
	{ "hosts_redirect", WIN32_END_EXIT, "file.write", "path", "etc\\hosts" },
	{ "scanner_threads", WIN32_END_EXIT, "thread.create", NULL, NULL },
	{ "scanner_random", WIN32_END_EXIT, "net.connect", "proto", "tcp" },
	{ "backdoor", WIN32_END_IDLE, "net.listen", NULL, NULL },
	{ "service_install", WIN32_END_EXIT, "service.create", NULL, NULL },
	{ "injector", WIN32_END_EXIT, "process.write", "target", "explorer.exe" },
	{ "keylogger_hook", WIN32_END_IDLE, "hook.set", NULL, NULL },
	{ "packed", WIN32_END_EXIT, "code.written", NULL, NULL },
	{ "self_extracting", WIN32_END_EXIT, "code.written", NULL, NULL },
	{ "illegal_jump", WIN32_END_EXIT, "code.illegal", NULL, NULL },
	{ "anti_debug", WIN32_END_EXIT, "anti.debug", NULL, NULL },
	{ "anti_emulation", WIN32_END_EXIT, "anti.emulation", NULL, NULL },
	{ "dropper", WIN32_END_EXIT, "process.create", NULL, NULL },
	{ "account_add", WIN32_END_EXIT, "user.create", NULL, NULL },
};

static bool read_program(const char *name, struct buffer *content)
{
	char path[4096];
	struct error error;
	const char *folder = getenv("KENBI_PROGRAMS");

	snprintf(path, sizeof path, "%s/%s.exe", folder ? folder : "tests/programs", name);
	return file_read(path, 16 << 20, content, &error) == 0;
}

static struct trace_log *trace_of(struct bytes program, enum win32_end *end)
{
	struct trace_log *log = trace_log_new(16 << 20);
	struct win32_config config = { .trace = trace_log_sink(log), .seed = 7 };
	struct win32 *process;
	struct error error;

	assert_int_equal(win32_new(&config, &process, &error), 0);
	assert_int_equal(win32_load(process, program, &error), 0);
	*end = win32_run(process, BUDGET);
	win32_free(process);
	return log;
}

static bool shows(const struct trace_log *log, size_t number)
{
	int kind = trace_kind_find(cases[number].word);

	assert_true(kind >= 0);
	for (size_t i = 0; i < trace_log_count(log); i++) {
		const struct trace_event *event = trace_log_event(log, i);
		if ((int)event->kind != kind)
			continue;
		if (!cases[number].field)
			return true;
		int field = trace_field_find(event->kind, cases[number].field);
		const char *text = event->values[field].text;
		if (text && strstr(text, cases[number].holds))
			return true;
	}
	return false;
}

static void same(const struct trace_log *a, const struct trace_log *b)
{
	assert_int_equal(trace_log_count(a), trace_log_count(b));
	for (size_t i = 0; i < trace_log_count(a); i++) {
		json_t *x = trace_event_json(trace_log_event(a, i));
		json_t *y = trace_event_json(trace_log_event(b, i));
		assert_true(json_equal(x, y));
		json_decref(x);
		json_decref(y);
	}
}

static void programs_show_their_behaviour(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer content;
		enum win32_end end, again;
		if (!read_program(cases[i].program, &content)) {
			print_message("%s.exe was not built: i686-w64-mingw32-gcc is missing\n",
				      cases[i].program);
			skip();
		}
		struct trace_log *first = trace_of(buffer_bytes(&content), &end);
		struct trace_log *second = trace_of(buffer_bytes(&content), &again);
		if (end != cases[i].end || !shows(first, i))
			print_error("%s: ends by %s, must show %s\n", cases[i].program,
				    win32_end_name(end), cases[i].word);
		assert_int_equal(end, cases[i].end);
		assert_true(shows(first, i));
		assert_int_equal(end, again);
		same(first, second);
		trace_log_free(first);
		trace_log_free(second);
		buffer_fini(&content);
	}
}

static void dropped_files_can_be_taken(void **state)
{
	(void)state;
	struct win32_config config = { 0 };
	struct win32 *process;
	struct buffer content;
	struct error error;
	const char *path;
	struct bytes copy;

	if (!read_program("self_copy", &content))
		skip();
	assert_int_equal(win32_new(&config, &process, &error), 0);
	assert_int_equal(win32_load(process, buffer_bytes(&content), &error), 0);
	assert_int_equal(win32_run(process, BUDGET), WIN32_END_EXIT);
	assert_int_equal(win32_written_file(process, 0, &path, &copy), 0);
	assert_true(bytes_equal(copy, buffer_bytes(&content)));
	assert_int_equal(win32_written_file(process, 1, &path, &copy), ERROR_INPUT);
	win32_free(process);
	buffer_fini(&content);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(programs_show_their_behaviour),
					    cmocka_unit_test(dropped_files_can_be_taken) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
