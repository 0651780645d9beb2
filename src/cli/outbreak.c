/* kenbi outbreak: a forecast alone, from a scenario file. */
#include "outbreak/outbreak.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/ranks.h"
#include "cli/run.h"
#include "report/report.h"

static const struct option options[] = {
	{ "report", required_argument, NULL, 'r' },  { "json", no_argument, NULL, 'j' },
	{ "seed", required_argument, NULL, 'S' },    { "replicas", required_argument, NULL, 'R' },
	{ "threads", required_argument, NULL, 't' }, { 0 }
};

struct output {
	bool json;
	json_t *records; /* for people and the report; else NULL */
};

static int take_record(void *context, const json_t *record)
{
	struct output *output = context;

	if (output->records && json_array_append_new(output->records, json_deep_copy(record)) < 0)
		return ERROR_MEMORY;
	return output->json ? cli_print_json(record) : 0;
}

struct choices {
	bool json;
	const char *report; /* folder; NULL: none */
	int count;	    /* of the command's words */
	char **words;
	uint64_t seed, replicas, threads; /* 0: as the scenario says */
	struct cli_ranks ranks;
};

static void apply(const struct choices *choices, struct outbreak_run *run)
{
	if (choices->seed)
		run->seed = choices->seed;
	if (choices->replicas)
		run->replicas = (uint32_t)choices->replicas;
	if (choices->threads)
		run->threads = (unsigned)choices->threads;
	if (choices->ranks.ranks.count > 1) {
		run->ranks = &choices->ranks.ranks;
		if (run->threads == 0)
			run->threads = choices->ranks.threads;
	}
}

/* Ranks that read different scenarios would wait for each other for ever. */
static int load(const char *path, const struct choices *choices, json_t **provenance,
		struct outbreak_scenario *scenario, struct error *error)
{
	int result = outbreak_scenario_load(path, scenario, error);

	if (result == 0)
		result = cli_provenance(choices->count, choices->words, path, scenario->title,
					provenance, error);
	result = cli_ranks_agree(&choices->ranks, result, error);
	if (result < 0)
		return result;
	apply(choices, &scenario->run);
	return cli_ranks_compare(&choices->ranks, scenario, *provenance, error);
}

static int forecast(const char *path, const struct choices *choices, struct error *error)
{
	bool silent = choices->ranks.ranks.rank > 0;
	struct outbreak_scenario scenario = { 0 };
	struct output output = { choices->json && !silent,
				 silent || (choices->json && !choices->report) ? NULL
									       : json_array() };
	struct pipeline_sink sink = { &output, take_record, NULL, silent ? NULL : cli_progress };
	char derived_from[4200];
	json_t *provenance = NULL;
	int result = load(path, choices, &provenance, &scenario, error);

	snprintf(derived_from, sizeof derived_from, "scenario %s", path);
	if (result == 0 && take_record(&output, provenance) < 0)
		result = error_set(error, ERROR_SYSTEM, NULL, "the records cannot be written");
	json_decref(provenance);
	if (result == 0)
		result = pipeline_forecast(&scenario.world, &scenario.worm, derived_from,
					   &scenario.run, scenario.remedies, scenario.remedy_count,
					   &sink, error);
	cli_progress_clear();
	if (result == 0 && !choices->json && !silent)
		cli_print_case(output.records, true);
	if (result == 0 && choices->report && !silent) {
		result = report_write(output.records, choices->report, (double)time(NULL), error);
		if (result == 0 && !choices->json)
			printf("\nreport: %s/index.html\n", choices->report);
	}
	outbreak_scenario_fini(&scenario);
	json_decref(output.records);
	return result;
}

static int outbreak(const struct cli_command *command, int count, char **words)
{
	struct choices choices = { .count = count, .words = words };
	struct error error = { 0 };
	int option, result = 0;

	if (count > 1 && strcmp(words[1], "history") == 0)
		return cli_outbreak_history(command, count - 1, words + 1);
	while (result == 0 && (option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'r': choices.report = optarg; break;
		case 'j': choices.json = true; break;
		case 'S':
			result = cli_number(command, "--seed", optarg, 1, INT64_MAX, &choices.seed);
			break;
		case 'R':
			result = cli_number(command, "--replicas", optarg, 1, 100000,
					    &choices.replicas);
			break;
		case 't':
			result =
				cli_number(command, "--threads", optarg, 1, 1024, &choices.threads);
			break;
		default: return CLI_INPUT;
		}
	}
	if (result < 0)
		return CLI_INPUT;
	if (optind + 1 != count)
		return cli_usage_error(command, "name one scenario file");
	result = cli_ranks_open(&choices.ranks, &error);
	if (result == 0 && choices.report && choices.ranks.ranks.rank == 0)
		result = cli_report_folder(choices.report, &error);
	result = cli_ranks_agree(&choices.ranks, result, &error);
	if (result == 0)
		result = forecast(words[optind], &choices, &error);
	if (result < 0 && cli_ranks_tell(&choices.ranks))
		log_error(&error);
	cli_ranks_close(&choices.ranks, result);
	return error_exit_status(result);
}

const struct cli_command cli_outbreak = {
	.name = "outbreak",
	.summary = "Simulate an infection from a scenario, without and with each remedy",
	.usage = "[OPTION]… SCENARIO.yaml\n       kenbi outbreak history [OPTION]… [NAME…]",
	.options =
		"  --report DIR   write DIR/index.html, DIR/case.json and DIR/stix.json\n"
		"  --json         print provenance, world, worm, remedy, forecast, combination,\n"
		"                 ranking and subnet_curve records as NDJSON\n"
		"  --seed N       instead of the scenario's\n"
		"  --replicas N   instead of the scenario's\n"
		"  --threads N    processors to use (default: all); the result is the same\n\n"
		"`history` simulates outbreaks of the past (all of data/history/, or those\n"
		"named) and holds what was recorded of them against the simulation; it knows\n"
		"--json (history records), --seed, --replicas and --threads.\n\n"
		"The format of scenarios is described in docs/topology.md.\n",
	.run = outbreak,
};
