/* Parameters of scans against generators of our own whose parameters are known, over many seeds:
 * the intervals have to cover the truth about as often as they say, and nothing may be claimed that
 * the targets do not bear out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "support.h"

#define OWN   0xc6336401u /* 198.51.100.1 */
#define SEEDS 40

static json_t *pattern_of(struct trace_log *log, bool own_known)
{
	struct address own = address_v4(OWN);
	json_t *scan = remedy_scan_pattern(log, own_known ? &own : NULL);

	assert_non_null(scan);
	trace_log_free(log);
	return scan;
}

static bool is_strategy(const json_t *scan, const char *strategy)
{
	return strcmp(json_string_value(json_object_get(scan, "strategy")), strategy) == 0;
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static struct trace_log *draw_local(uint64_t seed, uint32_t count, const double weight[4])
{
	struct trace_log *log = trace_log_new(64u << 20);
	struct random random;

	random_init(&random, seed, 7);
	for (uint32_t i = 0; i < count; i++) {
		double unit = random_unit(&random);
		uint32_t draw = random_u32(&random), mask = 0;
		int level = 0;
		while (level < 3 && unit >= weight[level])
			unit -= weight[level++];
		if (level > 0)
			mask = 0xffffffffu << (32 - 8 * level);
		tell_connect(log, (OWN & mask) | (draw & ~mask), 80, "tcp", 1000 * i);
	}
	return log;
}

/* Code Red II: 1/8 anywhere, 1/2 own /8, 3/8 own /16. Four intervals of 95 % each, 40 times. */
static void mixtures_are_recovered(void **state)
{
	static const double truth[4] = { 0.125, 0.5, 0.375, 0 };
	static const char *const names[] = { "0", "8", "16", "24" };
	unsigned covered = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		json_t *scan = pattern_of(draw_local(seed, 400, truth), true);
		assert_true(is_strategy(scan, "local"));
		assert_true(number(scan, "confidence") > 0.999);
		const json_t *mixture = json_object_get(scan, "mixture");
		for (int i = 0; i < 4; i++) {
			const json_t *part = json_object_get(mixture, names[i]);
			assert_true(number(part, "low") <= number(part, "weight"));
			assert_true(number(part, "weight") <= number(part, "high"));
			assert_true(number(part, "high") - number(part, "low") < 0.25);
			covered += number(part, "low") <= truth[i] + 1e-9 &&
				   truth[i] <= number(part, "high") + 1e-9;
		}
		json_decref(scan);
	}
	/* 160 intervals; fewer than 142 would come once in a thousand suites. */
	assert_true(covered >= 142);
}

/* A preference of a tenth is found with its own address known, and is not invented where there is
 * none. */
static void weak_preferences_are_found_and_not_invented(void **state)
{
	static const double weak[4] = { 0.9, 0, 0.1, 0 }, none[4] = { 1, 0, 0, 0 };
	unsigned found = 0, invented = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		json_t *scan = pattern_of(draw_local(seed, 200, weak), true);
		found += is_strategy(scan, "local");
		json_decref(scan);
		scan = pattern_of(draw_local(seed, 200, none), true);
		invented += !is_strategy(scan, "random");
		json_decref(scan);
	}
	assert_true(found >= SEEDS - 1);
	assert_int_equal(invented, 0);
}

static void a_crowd_stands_for_the_own_address(void **state)
{
	static const double truth[4] = { 0.25, 0.25, 0.5, 0 };
	(void)state;
	json_t *scan = pattern_of(draw_local(3, 400, truth), false);
	assert_true(is_strategy(scan, "local"));
	const json_t *mixture = json_object_get(scan, "mixture");
	assert_string_equal(json_string_value(json_object_get(mixture, "own_prefix")), "guessed");
	assert_null(json_object_get(mixture, "24"));
	assert_true(fabs(number(json_object_get(mixture, "16"), "weight") - 0.5) < 0.08);
	json_decref(scan);
}

static struct trace_log *draw_states(uint32_t x, uint32_t a, uint32_t c, bool swapped,
				     uint32_t count)
{
	struct trace_log *log = trace_log_new(64u << 20);

	for (uint32_t i = 0; i < count; i++) {
		tell_connect(log, swapped ? __builtin_bswap32(x) : x, 1434, "udp", 1000 * i);
		x = a * x + c;
	}
	return log;
}

static unsigned cycle_by_walking(uint32_t x, uint32_t a, uint32_t c)
{
	uint32_t y = a * x + c;
	uint64_t steps = 1;

	for (; y != x && steps < 1u << 22; steps++)
		y = a * y + c;
	return y == x ? (unsigned)__builtin_ctzll(steps) : 99;
}

static void generators_are_solved(void **state)
{
	static const struct {
		uint32_t a, c;
	} known[] = { { 214013, 2531011 }, { 1664525, 1013904223 }, { 69069, 1 } };
	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int swapped = 0; swapped < 2; swapped++) {
			json_t *scan = pattern_of(draw_states(12345 + (uint32_t)i, known[i].a,
							      known[i].c, swapped, 40),
						  true);
			assert_true(is_strategy(scan, "generator"));
			const json_t *generator = json_object_get(scan, "generator");
			assert_int_equal(number(generator, "multiplier"), known[i].a);
			assert_int_equal(number(generator, "increment"), known[i].c);
			assert_string_equal(
				json_string_value(json_object_get(generator, "byte_order")),
				swapped ? "little-endian" : "network");
			/* full period: every address once */
			assert_true(json_is_true(json_object_get(generator, "permutation")));
			json_decref(scan);
		}
}

/* An increment without odd part, as Slammer's, falls apart into cycles; some are short. */
static void cycles_of_flawed_generators_are_told(void **state)
{
	const uint32_t a = 214013, c = 4 * 2531011u;
	unsigned walked = 0;
	/* The fixed point modulo 2^30: (a - 1) x + c = 0. Around it lie the short cycles. */
	uint32_t inverse = (a - 1) / 4;
	(void)state;
	for (int i = 0; i < 5; i++)
		inverse *= 2 - (a - 1) / 4 * inverse;
	uint32_t fixed = (0u - c / 4) * inverse;
	for (unsigned bits = 2; bits <= 22; bits += 5) {
		uint32_t x = fixed + (1u << bits);
		unsigned truth = cycle_by_walking(x, a, c);
		if (truth == 99 || truth < 6) /* too long to walk; too short to scan */
			continue;
		json_t *scan = pattern_of(draw_states(x, a, c, false, 40), true);
		assert_true(is_strategy(scan, "generator"));
		const json_t *generator = json_object_get(scan, "generator");
		assert_int_equal(number(generator, "cycle_bits"), truth);
		assert_false(json_is_true(json_object_get(generator, "permutation")));
		json_decref(scan);
		walked++;
	}
	assert_true(walked >= 2);
}

static void shuffled_spaces_are_permutations(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct trace_log *shuffled = trace_log_new(64u << 20);
		struct trace_log *drawn = trace_log_new(64u << 20);
		struct random random;
		uint32_t order[4096];
		random_init(&random, seed, 3);
		for (uint32_t i = 0; i < 4096; i++)
			order[i] = i;
		for (uint32_t i = 4095; i > 0; i--) {
			uint32_t j = random_below(&random, i + 1), kept = order[i];
			order[i] = order[j];
			order[j] = kept;
		}
		for (uint32_t i = 0; i < 400; i++) {
			tell_connect(shuffled, 0x0a010000u | order[i] << 4, 445, "tcp", i);
			tell_connect(drawn, 0x0a010000u | random_below(&random, 4096) << 4, 445,
				     "tcp", i);
		}
		json_t *scan = pattern_of(drawn, true);
		assert_true(is_strategy(scan, "random"));
		json_decref(scan);
		/* 400 of 65,536: chance would have repeated one 1.2 times; that is no evidence … */
		scan = pattern_of(shuffled, true);
		assert_true(is_strategy(scan, "random"));
		json_decref(scan);
		/* … 1,500 are. */
		shuffled = trace_log_new(64u << 20);
		for (uint32_t i = 0; i < 1500; i++)
			tell_connect(shuffled, 0x0a010000u | order[i] << 4, 445, "tcp", i);
		scan = pattern_of(shuffled, true);
		assert_true(is_strategy(scan, "permutation"));
		assert_string_equal(json_string_value(json_object_get(scan, "space")),
				    "10.1.0.0/16");
		assert_true(number(scan, "confidence") > 0.99);
		json_decref(scan);
	}
}

static void lists_are_told_by_repeats(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct trace_log *log = trace_log_new(64u << 20);
		uint32_t list[200];
		struct random random;
		random_init(&random, seed, 5);
		for (uint32_t i = 0; i < 200; i++)
			list[i] = random_u32(&random);
		for (uint32_t i = 0; i < 300; i++)
			tell_connect(log, list[random_below(&random, 200)], 445, "tcp", i);
		json_t *scan = pattern_of(log, true);
		assert_true(is_strategy(scan, "hit_list"));
		assert_true(number(scan, "list_size") > 140 && number(scan, "list_size") < 280);
		json_decref(scan);
	}
}

/* A second and third try in a row are retries of one choice, not a list. */
static void retries_are_no_repeats(void **state)
{
	struct trace_log *log = trace_log_new(64u << 20);
	struct random random;
	(void)state;
	random_init(&random, 1, 1);
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t address = random_u32(&random);
		for (int try = 0; try < 3; try++)
			tell_connect(log, address, 445, "tcp", i);
	}
	json_t *scan = pattern_of(log, true);
	assert_true(is_strategy(scan, "random"));
	assert_true(fabs(number(scan, "retries") - 3) < 0.01);
	json_decref(scan);
}

static bool lists(const json_t *scan, const char *key, const char *block)
{
	const json_t *list = json_object_get(json_object_get(scan, "blocks"), key);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), block) == 0)
			return true;
	return false;
}

static void exclusions_need_enough_targets(void **state)
{
	unsigned wrong = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct trace_log *many = trace_log_new(64u << 20);
		struct trace_log *few = trace_log_new(64u << 20);
		struct random random;
		random_init(&random, seed, 9);
		for (uint32_t i = 0; i < 3000;) {
			uint32_t address = random_u32(&random);
			if (address >> 24 == 127 || address >> 29 == 7)
				continue;
			tell_connect(many, address, 445, "tcp", i);
			if (i++ < 40)
				tell_connect(few, address, 445, "tcp", i);
		}
		json_t *scan = pattern_of(many, true);
		assert_true(lists(scan, "excluded", "127.0.0.0/8"));
		assert_true(lists(scan, "excluded", "224.0.0.0/4"));
		assert_true(lists(scan, "excluded", "240.0.0.0/4"));
		assert_false(lists(scan, "excluded", "192.168.0.0/16")); /* too small to know */
		wrong += lists(scan, "excluded", "10.0.0.0/8") ||
			 lists(scan, "excluded", "0.0.0.0/8");
		json_decref(scan);
		scan = pattern_of(few, true);
		assert_int_equal(json_array_size(json_object_get(json_object_get(scan, "blocks"),
								 "excluded")),
				 0);
		json_decref(scan);
	}
	assert_true(wrong <= 1);
}

/* Gaps of 100 ms on the average, exponential: the interval has to cover 10 per second. */
static void rates_come_with_intervals(void **state)
{
	unsigned covered = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct trace_log *log = trace_log_new(64u << 20);
		struct random random;
		double now = 0;
		random_init(&random, seed, 11);
		trace_log_describe(log, TRACE_CLOCK_NANOSECONDS, NULL);
		for (uint32_t i = 0; i < 200; i++) {
			tell_connect(log, random_u32(&random), 445, "tcp", (uint64_t)(now * 1e9));
			now += 0.1 * random_exponential(&random);
		}
		json_t *scan = pattern_of(log, true);
		assert_string_equal(json_string_value(json_object_get(scan, "rate_basis")),
				    "clock");
		assert_true(number(scan, "rate_high") < 15 && number(scan, "rate_low") > 6.5);
		covered += number(scan, "rate_low") <= 10 && 10 <= number(scan, "rate_high");
		json_decref(scan);
	}
	assert_true(covered >= SEEDS - 6);
}

static void assumed_rates_have_no_interval(void **state)
{
	struct trace_log *log = trace_log_new(64u << 20);
	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		tell_connect(log, 0x9e3779b9u * i, 445, "tcp", i);
	json_t *scan = pattern_of(log, true);
	assert_string_equal(json_string_value(json_object_get(scan, "rate_basis")), "timeout");
	assert_true(json_is_null(json_object_get(scan, "rate_low")));
	json_decref(scan);
}

static void counting_has_a_direction(void **state)
{
	struct trace_log *up = trace_log_new(64u << 20), *down = trace_log_new(64u << 20);
	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		tell_connect(up, 0x0a000000u + i, 135, "tcp", i);
		tell_connect(up, 0x50000000u + i, 135, "tcp", i);
		tell_connect(down, 0x50000000u - i, 135, "tcp", i);
	}
	json_t *scan = pattern_of(up, true);
	assert_int_equal(number(scan, "step"), 1);
	assert_int_equal(number(scan, "streams"), 2);
	json_decref(scan);
	scan = pattern_of(down, true);
	assert_int_equal(number(scan, "step"), -1);
	assert_int_equal(number(scan, "streams"), 1);
	json_decref(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mixtures_are_recovered),
		cmocka_unit_test(weak_preferences_are_found_and_not_invented),
		cmocka_unit_test(a_crowd_stands_for_the_own_address),
		cmocka_unit_test(generators_are_solved),
		cmocka_unit_test(cycles_of_flawed_generators_are_told),
		cmocka_unit_test(shuffled_spaces_are_permutations),
		cmocka_unit_test(lists_are_told_by_repeats),
		cmocka_unit_test(retries_are_no_repeats),
		cmocka_unit_test(exclusions_need_enough_targets),
		cmocka_unit_test(rates_come_with_intervals),
		cmocka_unit_test(assumed_rates_have_no_interval),
		cmocka_unit_test(counting_has_a_direction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
