/* Scan patterns of programs whose strategy is known because the test drew their targets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support.h"

#define OWN 0xc6336401u /* 198.51.100.1 */

static struct trace_log *log_new(void)
{
	struct trace_log *log = trace_log_new(64u << 20);
	assert_non_null(log);
	return log;
}

static void expect_strategy(const struct trace_log *log, bool own_known, const char *strategy)
{
	struct address own = address_v4(OWN);
	json_t *scan = remedy_scan_pattern(log, own_known ? &own : NULL);

	assert_non_null(scan);
	assert_string_equal(json_string_value(json_object_get(scan, "strategy")), strategy);
	json_decref(scan);
}

static void few_targets_are_no_scan(void **state)
{
	struct trace_log *log = log_new();
	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		tell_connect(log, OWN + i % 15, 445, "tcp", i);
	assert_null(remedy_scan_pattern(log, NULL));
	trace_log_free(log);
}

static void names_that_were_looked_up_are_no_scan(void **state)
{
	struct trace_log *log = log_new();
	char json[200];
	(void)state;
	for (unsigned i = 1; i <= 100; i++) {
		snprintf(json, sizeof json,
			 "{\"event\":\"net.resolve\",\"name\":\"w%u.example.com\","
			 "\"address\":\"203.0.113.%u\"}",
			 i, i);
		tell(log, json);
		tell_connect(log, 0xcb007100u + i, 80, "tcp", i);
	}
	assert_null(remedy_scan_pattern(log, NULL));
	trace_log_free(log);
}

static void random_targets(void **state)
{
	struct random random;
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct trace_log *log = log_new();
		random_init(&random, seed, 0);
		for (uint32_t i = 0; i < 300; i++)
			tell_connect(log, random_u32(&random), 445, "tcp", i);
		expect_strategy(log, true, "random");
		expect_strategy(log, false, "random");
		trace_log_free(log);
	}
}

/* Two threads count up from different places, as Blaster's twenty do. */
static void sequential_targets(void **state)
{
	struct trace_log *log = log_new();
	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		tell_connect(log, 0x0a000000u + i, 135, "tcp", 2 * i);
		tell_connect(log, 0x50000000u + i, 135, "tcp", 2 * i + 1);
	}
	expect_strategy(log, true, "sequential");
	trace_log_free(log);
}

/* Code Red II's mixture: 1/8 uniform, 1/2 own /8, 3/8 own /16. */
static void local_targets(void **state)
{
	struct random random;
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct trace_log *log = log_new();
		random_init(&random, seed, 1);
		for (uint32_t i = 0; i < 200; i++) {
			uint32_t draw = random_u32(&random), kind = random_below(&random, 8);
			uint32_t mask = kind == 0 ? 0 : kind < 5 ? 0xff000000u : 0xffff0000u;
			tell_connect(log, (OWN & mask) | (draw & ~mask), 80, "tcp", i);
		}
		expect_strategy(log, true, "local");
		expect_strategy(log, false, "local");
		trace_log_free(log);
	}
}

static void fields_are_filled(void **state)
{
	struct trace_log *log = log_new();
	struct address own = address_v4(OWN);
	struct random random;
	(void)state;
	random_init(&random, 7, 0);
	for (uint32_t i = 0; i < 21; i++) {
		tell_connect(log, random_u32(&random), 445, "tcp", 100 * i);
		tell(log, "{\"event\":\"sleep\",\"time\":1,\"milliseconds\":500}");
	}
	/* Other ports do not count. */
	tell_connect(log, 1, 80, "tcp", 10);
	json_t *scan = remedy_scan_pattern(log, &own);
	assert_int_equal(json_integer_value(json_object_get(scan, "port")), 445);
	assert_int_equal(json_integer_value(json_object_get(scan, "targets")), 21);
	assert_string_equal(json_string_value(json_object_get(scan, "proto")), "tcp");
	assert_int_equal(json_array_size(json_object_get(scan, "histogram")), 256);
	assert_true(json_is_real(json_object_get(json_object_get(scan, "local_share"), "16")));
	json_decref(scan);
	trace_log_free(log);
}

static double rate_of(const struct trace_log *log, const char *basis)
{
	json_t *scan = remedy_scan_pattern(log, NULL);
	assert_string_equal(json_string_value(json_object_get(scan, "rate_basis")), basis);
	double rate = json_number_value(json_object_get(scan, "rate"));
	json_decref(scan);
	return rate;
}

static void rates_say_what_they_come_from(void **state)
{
	struct trace_log *sleeping = log_new(), *waiting = log_new(), *slammer = log_new();
	char json[100];
	(void)state;
	for (uint32_t i = 0; i < 101; i++) {
		tell_connect(sleeping, i << 20, 135, "tcp", 1000 * i);
		snprintf(json, sizeof json,
			 "{\"event\":\"sleep\",\"time\":%u,\"milliseconds\":100}", 1000 * i + 1);
		tell(sleeping, json);
		tell_connect(waiting, i << 20, 445, "tcp", 1000 * i);
		tell_connect(slammer, i << 20, 1434, "udp", 1000000ull * i);
	}
	for (int i = 0; i < 20; i++)
		tell(waiting, "{\"event\":\"thread.create\",\"target\":\"\",\"address\":1}");
	/* 100 connections in 10 s of sleep; 21 threads, 21 s each; a packet per million
	 * instructions. */
	assert_true(rate_of(sleeping, "sleep") > 9.9 && rate_of(sleeping, "sleep") < 10.1);
	assert_true(rate_of(waiting, "timeout") > 0.99 && rate_of(waiting, "timeout") < 1.01);
	assert_true(rate_of(slammer, "instructions") > 999 &&
		    rate_of(slammer, "instructions") < 1001);
	trace_log_free(sleeping);
	trace_log_free(waiting);
	trace_log_free(slammer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_targets_are_no_scan),
		cmocka_unit_test(names_that_were_looked_up_are_no_scan),
		cmocka_unit_test(random_targets),
		cmocka_unit_test(sequential_targets),
		cmocka_unit_test(local_targets),
		cmocka_unit_test(fields_are_filled),
		cmocka_unit_test(rates_say_what_they_come_from),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
