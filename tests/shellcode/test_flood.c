/* What an attacker can make the search cost, and what he cannot hide by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flood.h"
#include "with_detector.h"

enum {
	FLOOD = 1 << 20,
	FINDINGS = 1 << 14, /* more than a flood can give */
	LEADS_IN = 64	    /* bytes */
};

static uint64_t spent(void)
{
	struct shellcode_work work;

	shellcode_work(detector, &work);
	return work.spent;
}

/* 80 nanoseconds a byte are 100 Mbit/s, with what is found, explained and named. */
static void every_flood_is_bounded(void **state)
{
	uint8_t *data = malloc(FLOOD);
	struct random random;

	(void)state;
	assert_non_null(data);
	random_init(&random, 5, 0);
	for (const struct flood *flood = floods; flood->name; flood++) {
		struct shellcode_finding *findings = calloc(FINDINGS, sizeof *findings);
		struct error error;
		bool exhausted;
		uint64_t before = spent();
		int count;
		flood->fill(data, FLOOD, &random);
		count = shellcode_scan(detector, (struct bytes){ data, FLOOD }, bytes_of(""),
				       findings, FINDINGS, &exhausted, &error);
		assert_true(count >= 0 && findings);
		for (int i = 0; i < count; i++)
			shellcode_finding_fini(&findings[i]);
		free(findings);
		print_message("%s: %d findings, %.1f ms counted\n", flood->name, count,
			      (double)(spent() - before) / 1e6);
		assert_true(spent() - before <= 80ull * FLOOD);
	}
	free(data);
}

/* What is hidden, and what it is told to do when it is found. */
static const struct hidden {
	const char *vector, *command;
	enum hides hidden_by; /* floods that hide that much */
} payloads[] = { { "linux_execve", "/bin//zq", HIDES_ALL },
		 { "windows_exec", "cmd.exe /c ver", HIDES_SEARCHES } };

/* The vector, with a command that no flood has. */
static void read_hidden(const struct hidden *hidden, struct buffer *code)
{
	struct error error;
	char path[4096];
	uint8_t *shell;

	snprintf(path, sizeof path, "%s/%s.bin", getenv("KENBI_VECTORS"), hidden->vector);
	assert_int_equal(file_read(path, 1 << 16, code, &error), 0);
	shell = memmem(code->data, code->length, "//sh", 4);
	if (shell)
		memcpy(shell, "//zq", 4);
}

/* It is a finding of its own, or a slide of what stands before it leads there: then it is told what
 * it does. */
static bool is_it(const struct hidden *hidden, const struct shellcode_finding *finding)
{
	char *actions = json_dumps(finding->actions, JSON_COMPACT | JSON_ENCODE_ANY);
	bool told;

	assert_non_null(actions);
	told = strstr(actions, hidden->command) != NULL;
	free(actions);
	return told || (finding->view[0] == 0 && finding->entry + LEADS_IN >= FLOOD);
}

/* Is what stands behind the flood found? */
static bool found_behind(const struct flood *flood, const struct hidden *hidden, struct bytes code)
{
	uint8_t *data = malloc(FLOOD + code.length);
	struct shellcode_finding *findings = calloc(FINDINGS, sizeof *findings);
	struct random random;
	struct error error;
	bool found = false;
	int count;

	assert_non_null(data);
	assert_non_null(findings);
	random_init(&random, 6, 0);
	flood->fill(data, FLOOD, &random);
	memcpy(data + FLOOD, code.data, code.length);
	count = shellcode_scan(detector, (struct bytes){ data, FLOOD + code.length }, bytes_of(""),
			       findings, FINDINGS, NULL, &error);
	for (int i = 0; i < count; i++) {
		found |= is_it(hidden, &findings[i]);
		shellcode_finding_fini(&findings[i]);
	}
	free(findings);
	free(data);
	return found;
}

static void finds_what_stands_behind(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct buffer code;
		read_hidden(&payloads[i], &code);
		for (const struct flood *flood = floods; flood->name; flood++) {
			bool found = found_behind(flood, &payloads[i], buffer_bytes(&code));
			if (found == (flood->hides < payloads[i].hidden_by))
				continue;
			print_message("%s is %sfound behind %s\n", payloads[i].vector,
				      found ? "" : "not ", flood->name);
			missed++;
		}
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flood_is_bounded),
		cmocka_unit_test(finds_what_stands_behind),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
