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
#include "shellcode/shellcode.h"

enum { FLOOD = 1 << 20, FINDINGS = 64 };

static struct shellcode_detector *detector;

static uint64_t spent(void)
{
	struct shellcode_work work;

	shellcode_work(detector, &work);
	return work.spent;
}

/* 80 nanoseconds a byte are 100 Mbit/s; what is found may be explained for as long again. */
static void every_flood_is_bounded(void **state)
{
	uint8_t *data = malloc(FLOOD);
	struct random random;

	(void)state;
	assert_non_null(data);
	random_init(&random, 5, 0);
	for (const struct flood *flood = floods; flood->name; flood++) {
		struct shellcode_finding findings[FINDINGS];
		struct error error;
		bool exhausted;
		uint64_t before = spent();
		int count;
		flood->fill(data, FLOOD, &random);
		count = shellcode_scan(detector, (struct bytes){ data, FLOOD }, bytes_of(""),
				       findings, FINDINGS, &exhausted, &error);
		assert_true(count >= 0);
		for (int i = 0; i < count; i++)
			shellcode_finding_fini(&findings[i]);
		print_message("%s: %d findings, %.1f ms counted\n", flood->name, count,
			      (double)(spent() - before) / 1e6);
		assert_true(spent() - before <= (count ? 2 : 1) * 80ull * FLOOD);
	}
	free(data);
}

/* Is what stands behind the flood found, or the flood itself told as shellcode? */
static bool found_behind(const struct flood *flood, struct bytes code)
{
	uint8_t *data = malloc(FLOOD + code.length);
	struct shellcode_finding findings[FINDINGS];
	struct random random;
	struct error error;
	int count;

	assert_non_null(data);
	random_init(&random, 6, 0);
	flood->fill(data, FLOOD, &random);
	memcpy(data + FLOOD, code.data, code.length);
	count = shellcode_scan(detector, (struct bytes){ data, FLOOD + code.length }, bytes_of(""),
			       findings, FINDINGS, NULL, &error);
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	free(data);
	return count > 0;
}

/* What a flood hides: every second of its bytes is a seed's, and no two look alike; or decoders of
 * many keys leave too little for a search through export tables. */
static bool is_beyond(const char *payload, const char *flood)
{
	return strcmp(flood, "FPU grid") == 0 || (strcmp(payload, "windows_exec") == 0 &&
						  strcmp(flood, "decoders of many keys") == 0);
}

static void finds_what_stands_behind(void **state)
{
	static const char *const payloads[] = { "linux_execve", "windows_exec" };
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct buffer code;
		struct error error;
		char path[4096];
		snprintf(path, sizeof path, "%s/%s.bin", getenv("KENBI_VECTORS"), payloads[i]);
		assert_int_equal(file_read(path, 1 << 16, &code, &error), 0);
		for (const struct flood *flood = floods; flood->name; flood++) {
			if (is_beyond(payloads[i], flood->name) ||
			    found_behind(flood, buffer_bytes(&code)))
				continue;
			print_message("%s is not found behind %s\n", payloads[i], flood->name);
			missed++;
		}
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

static int set_up(void **state)
{
	struct error error;

	(void)state;
	return shellcode_new(&detector, &error);
}

static int tear_down(void **state)
{
	(void)state;
	shellcode_free(detector);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flood_is_bounded),
		cmocka_unit_test(finds_what_stands_behind),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
