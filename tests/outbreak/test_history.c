/* Outbreaks of the past: the measurements on curves that are known, the shipped files, and what is
 * wrong with bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "outbreak/figure.h"

#define HOSTS 100000u

static double times[HOSTS];
static uint32_t hosts[HOSTS];

/* Infection number i (from 1) of I(t) = 2^(t / doubling). */
static struct history exponential(double doubling)
{
	for (uint32_t i = 0; i < HOSTS; i++) {
		hosts[i] = i;
		times[i] = doubling * log2(i + 1.0);
	}
	return (struct history){ .count = HOSTS, .host = hosts, .time = times };
}

/* I(t) = N / (1 + (N - 1) exp(-growth * t)), until all but one are infected. */
static struct history logistic(double growth)
{
	const double n = HOSTS;

	for (uint32_t i = 0; i < HOSTS - 1; i++) {
		double infected = i + 1;
		hosts[i] = i;
		times[i] = log((n - 1) * infected / (n - infected)) / growth;
	}
	return (struct history){ .count = HOSTS - 1, .host = hosts, .time = times };
}

static void measures_an_exponential_curve(void **state)
{
	(void)state;
	struct history history = exponential(8.5);

	assert_true(fabs(figure_doubling(&history, 10, 50000) - 8.5) < 1e-9);
	assert_true(fabs(figure_time(&history, 1024) - 85) < 1e-9);
	assert_int_equal(figure_infected(&history, 85.0001), 1024);
	assert_int_equal(figure_infected(&history, 84.9999), 1023);
	assert_int_equal(figure_infected(&history, -1), 0);
	assert_true(figure_time(&history, HOSTS + 1.0) >= FIGURE_NEVER);
	assert_true(figure_doubling(&history, 10, HOSTS + 1.0) >= FIGURE_NEVER);
}

static void measures_a_logistic_curve(void **state)
{
	(void)state;
	const double growth = 0.001; /* a second: its peak is N * growth / 4 * 60 a minute */
	struct history history = logistic(growth);
	double half = log(HOSTS - 1.0) / growth, tenth = log(81) / growth;

	assert_true(fabs(figure_peak(&history) - HOSTS * growth * 15) < 3);
	assert_true(fabs(figure_time(&history, HOSTS / 2.0) - half) < 1);
	double rise = figure_time(&history, 0.9 * HOSTS) - figure_time(&history, 0.1 * HOSTS);
	assert_true(fabs(rise - tenth) < 1);
	assert_true(fabs(figure_doubling(&history, 10, 100) - log(2) / growth) < 1);
}

static void peak_leaves_out_those_infected_first(void **state)
{
	(void)state;
	double some[] = { 0, 0, 0, 0, 59, 61, 62, 119.9, 120 };
	struct history history = { .count = 9, .host = hosts, .time = some };

	assert_true(figure_peak(&history) == 3);
	history.count = 4;
	assert_true(figure_peak(&history) == 0);
}

static int parse(const char *text, struct outbreak_scenario *scenario, struct error *error)
{
	return outbreak_scenario_parse(bytes_of(text), "past.yaml", scenario, error);
}

/* Three providers, everybody infected from the start; 100 bytes a scan. */
static const char full_links[] =
	"name: full\n"
	"world:\n"
	"  name: full\n"
	"  live_share: 1\n"
	"  vulnerable_share: 1\n"
	"  providers:\n"
	"    - { name: thin, uplink: 8000, generate: { subnets: 1, addresses: 10 } }\n"
	"    - { name: thick, uplink: 80000, generate: { subnets: 1, addresses: 10 } }\n"
	"    - { name: open, generate: { subnets: 1, addresses: 20 } }\n"
	"worm: { scan: random, rate: 5, scan_bytes: 100, initially_infected: 40 }\n"
	"run: { duration: 10, replicas: 3 }\n"
	"figures:\n"
	"  - { what: all, source: none, measure: scans, at: 5, low: 160, high: 160,\n"
	"      calibrated: false }\n"
	"  - { what: more, source: none, measure: time-to-hosts, hosts: 41, high: 10,\n"
	"      calibrated: true }\n"
	"  - { what: share, source: none, measure: infected-share, at: 0, low: 1,\n"
	"      calibrated: false }\n";

static void full_links_carry_what_they_can(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct outbreak_recalled recalled[3];
	struct error error = { 0 };

	assert_int_equal(parse(full_links, &scenario, &error), 0);
	assert_int_equal(scenario.figure_count, 3);
	assert_int_equal(outbreak_recall(&scenario, recalled, &error), 0);
	/* 10 of 50 a second, all 50, all 100. */
	assert_true(fabs(recalled[0].simulated.median - 160) < 1e-9);
	assert_true(recalled[0].within);
	assert_true(isinf(recalled[1].simulated.median));
	assert_false(recalled[1].within);
	assert_true(recalled[2].simulated.low == 1 && recalled[2].within);
	outbreak_scenario_fini(&scenario);
}

/* Refused, with a message that has `words`. */
static void refuses(const char *figure, const char *words)
{
	struct outbreak_scenario scenario;
	struct error error = { 0 };
	char text[600];

	snprintf(text, sizeof text,
		 "name: bad\nworm: { scan: random, rate: 1 }\nrun: { duration: 100 }\n"
		 "figures:\n  - { what: it, source: me, calibrated: false, %s }\n",
		 figure);
	assert_int_equal(parse(text, &scenario, &error), ERROR_INPUT);
	char said[900];
	error_text(&error, said, sizeof said);
	if (!strstr(said, words) || !strstr(said, "past.yaml"))
		fail_msg("'%s' does not say '%s'", said, words);
}

static void bad_figures_are_refused(void **state)
{
	(void)state;
	refuses("measure: speed, low: 1", "measure");
	refuses("measure: infected, low: 1", "measure infected but no at");
	refuses("measure: infected, at: 101, low: 1", "allowed is 0 to 100");
	refuses("measure: infected, at: .nan, low: 1", "at");
	refuses("measure: infected, at: 5, share: 0.5, low: 1", "does not know");
	refuses("measure: time-to-share, share: 1.5, low: 1", "allowed is 0 to 1");
	refuses("measure: time-to-hosts, hosts: 0, low: 1", "hosts of figure 'it' is 0");
	refuses("measure: doubling, from: 10, to: 10, low: 1", "allowed is more than its from");
	refuses("measure: infected, at: 5", "neither low nor high");
	refuses("measure: infected, at: 5, low: 2, high: 1", "low 2 and high 1");
	refuses("measure: infected, at: 5, low: 2, color: red", "color");
}

static void load_shipped(const char *name, struct outbreak_scenario *scenario)
{
	char path[4096], file[100];
	struct error error = { 0 };

	snprintf(file, sizeof file, "history/%s.yaml", name);
	file_data_path(file, path, sizeof path);
	if (outbreak_scenario_load(path, scenario, &error) < 0)
		fail_msg("%s: %s", error.where, error.message);
	assert_string_equal(scenario->name, name);
}

/* All have figures, and but for Blaster not only those that they were calibrated by. */
static void shipped_files_have_checks(void **state)
{
	(void)state;
	static const char *const names[] = { "blaster", "code-red", "mirai", "slammer", "witty" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct outbreak_scenario scenario;
		size_t checks = 0;
		load_shipped(names[i], &scenario);
		for (size_t f = 0; f < scenario.figure_count; f++)
			checks += !scenario.figures[f].calibrated;
		assert_true(checks < scenario.figure_count);
		assert_true(checks > 0 || strcmp(names[i], "blaster") == 0);
		outbreak_scenario_fini(&scenario);
	}
}

/* Each figure of the measure lies within its band as recorded. */
static void holds(const struct outbreak_scenario *scenario,
		  const struct outbreak_recalled *recalled, enum outbreak_measure measure)
{
	size_t found = 0;

	for (size_t i = 0; i < scenario->figure_count; i++)
		if (scenario->figures[i].measure == measure) {
			found++;
			assert_true(recalled[i].within);
		}
	assert_true(found > 0);
}

static void code_red_reaches_its_hosts_and_peak(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct error error = { 0 };

	load_shipped("code-red", &scenario);
	struct outbreak_recalled *recalled = calloc(scenario.figure_count, sizeof *recalled);
	assert_non_null(recalled);
	assert_int_equal(outbreak_recall(&scenario, recalled, &error), 0);
	holds(&scenario, recalled, OUTBREAK_INFECTED);
	holds(&scenario, recalled, OUTBREAK_TIME_TO_HOSTS);
	holds(&scenario, recalled, OUTBREAK_PEAK_PER_MINUTE);
	/* With a tenth of the rate it would not have. */
	scenario.worm.rate /= 10;
	assert_int_equal(outbreak_recall(&scenario, recalled, &error), 0);
	for (size_t i = 0; i < scenario.figure_count; i++)
		assert_false(recalled[i].within);
	free(recalled);
	outbreak_scenario_fini(&scenario);
}

static void threads_do_not_matter(void **state)
{
	(void)state;
	struct outbreak_scenario scenario;
	struct outbreak_recalled one[8], two[8];
	struct error error = { 0 };

	load_shipped("witty", &scenario);
	assert_true(scenario.figure_count <= 8);
	scenario.run.replicas = 5;
	scenario.run.threads = 1;
	assert_int_equal(outbreak_recall(&scenario, one, &error), 0);
	scenario.run.threads = 2;
	assert_int_equal(outbreak_recall(&scenario, two, &error), 0);
	for (size_t i = 0; i < scenario.figure_count; i++) {
		assert_true(one[i].simulated.low == two[i].simulated.low);
		assert_true(one[i].simulated.median == two[i].simulated.median);
		assert_true(one[i].simulated.high == two[i].simulated.high);
	}
	outbreak_scenario_fini(&scenario);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_an_exponential_curve),
		cmocka_unit_test(measures_a_logistic_curve),
		cmocka_unit_test(peak_leaves_out_those_infected_first),
		cmocka_unit_test(full_links_carry_what_they_can),
		cmocka_unit_test(bad_figures_are_refused),
		cmocka_unit_test(shipped_files_have_checks),
		cmocka_unit_test(code_red_reaches_its_hosts_and_peak),
		cmocka_unit_test(threads_do_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
