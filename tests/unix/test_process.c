#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "unix/unix.h"

#define BYTES(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static enum unix_end run(enum unix_system system, struct bytes code, struct trace_log *log)
{
	struct unix_config config = { .system = system, .trace = trace_log_sink(log) };
	struct unix_process *process;
	struct error error;
	uint64_t placed;
	enum unix_end end;

	assert_int_equal(unix_new(&config, &process, &error), 0);
	assert_int_equal(unix_place(process, code, 0, &placed, &error), 0);
	end = unix_run(process, 10000);
	unix_free(process);
	return end;
}

static void a_forked_child_runs_before_its_parent(void **state)
{
	/* fork; exit(fork's result) */
	static const char code[] = "\x31\xc0\xb0\x02\xcd\x80\x89\xc3\x31\xc0\x40\xcd\x80";
	struct trace_log *log = trace_log_new(1 << 16);

	(void)state;
	assert_int_equal(run(UNIX_LINUX_32, BYTES(code), log), UNIX_END_EXIT);
	assert_int_equal(trace_log_count(log), 3);
	assert_int_equal(trace_log_event(log, 1)->kind, TRACE_EXIT);
	assert_int_equal(trace_log_event(log, 1)->process, 2);
	assert_int_equal(trace_log_event(log, 1)->values[0].number, 0);
	assert_int_equal(trace_log_event(log, 2)->process, 1);
	assert_true(trace_log_event(log, 2)->values[0].number > 0);
	trace_log_free(log);
}

static void bsd_says_errors_by_carry(void **state)
{
	/* close(77); setc bl; exit(bl): arguments behind a return address */
	static const char code[] =
		"\x31\xdb\x6a\x4d\x53\x6a\x06\x58\xcd\x80\x0f\x92\xc3\x53\x50\x31\xc0"
		"\x40\xcd\x80";
	struct trace_log *log = trace_log_new(1 << 16);

	(void)state;
	assert_int_equal(run(UNIX_FREEBSD_32, BYTES(code), log), UNIX_END_EXIT);
	assert_int_equal(trace_log_event(log, 0)->kind, TRACE_EXIT);
	assert_int_equal(trace_log_event(log, 0)->values[0].number, 1);
	trace_log_free(log);
}

static void faults_end_the_process(void **state)
{
	struct trace_log *log = trace_log_new(1 << 16);

	(void)state;
	assert_int_equal(run(UNIX_LINUX_64, BYTES("\xf4"), log), UNIX_END_FAULT);
	assert_int_equal(run(UNIX_LINUX_32, BYTES("\xeb\xfe"), log), UNIX_END_BUDGET);
	trace_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forked_child_runs_before_its_parent),
		cmocka_unit_test(bsd_says_errors_by_carry),
		cmocka_unit_test(faults_end_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
