/* kenbi outbreak history: outbreaks of the past (data/history/), what was recorded of them, and
 * what the simulation says. A figure that parameters were chosen by is called calibrated, all
 * others are checks; a miss is a result like any other. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/ranks.h"
#include "outbreak/outbreak.h"

#define MOST_OUTBREAKS 1000

static const struct option history_options[] = { { "json", no_argument, NULL, 'j' },
						 { "seed", required_argument, NULL, 'S' },
						 { "replicas", required_argument, NULL, 'R' },
						 { "threads", required_argument, NULL, 't' },
						 { 0 } };

struct history_choices {
	bool json;
	int count; /* of the command's words */
	char **words;
	uint64_t seed, replicas, threads; /* 0: as the file says */
	struct cli_ranks ranks;		  /* the first of them prints */
};

/* --- for people --- */

static void print_value(double value, const char *unit)
{
	if (isinf(value))
		printf("never");
	else if (strcmp(unit, "seconds") == 0 && value < 120)
		printf("%.3g s", value);
	else if (strcmp(unit, "seconds") == 0 && value < 7200)
		printf("%.3g min", value / 60);
	else if (strcmp(unit, "seconds") == 0)
		printf("%.3g h", value / 3600);
	else if (strcmp(unit, "share") == 0)
		printf("%.3g %%", 100 * value);
	else if (value >= 1e6)
		printf("%.3g M", value / 1e6);
	else
		printf("%.0f", value);
}

static void print_recorded(const struct outbreak_figure *figure, const char *unit)
{
	if (isinf(figure->low)) {
		printf("at most ");
		print_value(figure->high, unit);
	} else {
		if (isinf(figure->high))
			printf("at least ");
		print_value(figure->low, unit);
		if (figure->high > figure->low && !isinf(figure->high)) {
			printf(" to ");
			print_value(figure->high, unit);
		}
	}
}

static void print_figure(const struct outbreak_figure *figure,
			 const struct outbreak_recalled *recalled)
{
	const char *unit = outbreak_measure_unit(figure->measure);
	const struct outbreak_band *band = &recalled->simulated;

	printf("  %s%s%s", cli_style(recalled->within ? CLI_GREEN : CLI_YELLOW),
	       recalled->within ? "within " : "outside", cli_style(CLI_PLAIN));
	printf("  %-10s  ", figure->calibrated ? "calibrated" : "check");
	cli_print_text(stdout, figure->what);
	printf("\n    recorded: ");
	print_recorded(figure, unit);
	if (strchr(unit, ' '))
		printf(" %s", unit);
	printf("; simulated: ");
	print_value(band->median, unit);
	printf(" (5 to 95 %%: ");
	print_value(band->low, unit);
	printf(" to ");
	print_value(band->high, unit);
	printf(")\n    %s", cli_style(CLI_DIM));
	cli_print_text(stdout, figure->source);
	printf("%s\n", cli_style(CLI_PLAIN));
}

static void print_outbreak(const struct outbreak_scenario *scenario,
			   const struct outbreak_recalled *recalled)
{
	printf("%s", cli_style(CLI_BOLD));
	cli_print_text(stdout, scenario->title[0] ? scenario->title : scenario->name);
	printf("%s (%u replicas, seed %llu)\n", cli_style(CLI_PLAIN), scenario->run.replicas,
	       (unsigned long long)scenario->run.seed);
	for (size_t i = 0; i < scenario->figure_count; i++)
		print_figure(&scenario->figures[i], &recalled[i]);
	printf("\n");
}

/* --- for programs --- */

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static int print_record(const struct outbreak_scenario *scenario,
			const struct outbreak_figure *figure,
			const struct outbreak_recalled *recalled)
{
	const struct outbreak_band *band = &recalled->simulated;
	json_t *record = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:o, s:o}, s:{s:o, s:o, s:o}, s:b, s:b, s:I, "
		"s:I, s:s}",
		"type", "history", "outbreak", scenario->name, "title", scenario->title, "figure",
		figure->what, "measure", outbreak_measure_name(figure->measure), "unit",
		outbreak_measure_unit(figure->measure), "recorded", "low",
		number_or_null(figure->low), "high", number_or_null(figure->high), "simulated",
		"low", number_or_null(band->low), "median", number_or_null(band->median), "high",
		number_or_null(band->high), "calibrated", figure->calibrated, "within",
		recalled->within, "replicas", (json_int_t)scenario->run.replicas, "seed",
		(json_int_t)scenario->run.seed, "source", figure->source);
	int result = record ? cli_print_json(record) : ERROR_MEMORY;

	json_decref(record);
	return result;
}

/* --- files --- */

static void apply(const struct history_choices *choices, struct outbreak_run *run)
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

static int print_recalled(const struct outbreak_scenario *scenario,
			  const struct outbreak_recalled *recalled, bool json, struct error *error)
{
	if (!json) {
		print_outbreak(scenario, recalled);
		return 0;
	}
	for (size_t i = 0; i < scenario->figure_count; i++)
		if (print_record(scenario, &scenario->figures[i], &recalled[i]) < 0)
			return error_set(error, ERROR_SYSTEM, NULL,
					 "the records cannot be written");
	return 0;
}

static int recall_scenario(const struct outbreak_scenario *scenario,
			   const struct history_choices *choices, struct error *error)
{
	struct outbreak_recalled *recalled = calloc(scenario->figure_count, sizeof *recalled);

	if (!recalled)
		return error_set(error, ERROR_MEMORY, scenario->name, "no memory for its figures");
	int result = outbreak_recall(scenario, recalled, error);
	if (result == 0 && choices->ranks.ranks.rank == 0)
		result = print_recalled(scenario, recalled, choices->json, error);
	free(recalled);
	return result;
}

/* Ranks that read different files would wait for each other for ever. */
static int load(const char *path, const struct history_choices *choices,
		struct outbreak_scenario *scenario, struct error *error)
{
	json_t *provenance = NULL;
	int result = outbreak_scenario_load(path, scenario, error);

	if (result == 0 && scenario->figure_count == 0)
		result = error_set(error, ERROR_INPUT, path,
				   "has no figures, nothing was recorded of it");
	if (result == 0)
		result = cli_provenance(choices->count, choices->words, path, scenario->title,
					&provenance, error);
	result = cli_ranks_agree(&choices->ranks, result, error);
	if (result == 0) {
		apply(choices, &scenario->run);
		result = cli_ranks_compare(&choices->ranks, scenario, provenance, error);
	}
	json_decref(provenance);
	return result;
}

static int recall_file(const char *path, const struct history_choices *choices, struct error *error)
{
	struct outbreak_scenario scenario = { 0 };
	int result = load(path, choices, &scenario, error);

	if (result == 0)
		result = recall_scenario(&scenario, choices, error);
	outbreak_scenario_fini(&scenario);
	return result;
}

static int is_history_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 5 && entry->d_name[0] != '.' &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int by_file_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

struct paths {
	char **items;
	int count;
};

static void free_paths(struct paths *paths)
{
	for (int i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
}

/* FOLDER/NAME and an ending. */
static int add_path(struct paths *paths, const char *folder, const char *name, const char *ending,
		    struct error *error)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s%s%s", folder, name, ending) >= (int)sizeof path)
		return error_set(error, ERROR_INPUT, name, "path is too long");
	char *copy = strdup(path);
	if (!copy)
		return error_set(error, ERROR_MEMORY, name, "no memory for its path");
	paths->items[paths->count++] = copy;
	return 0;
}

static int list_all(const char *folder, struct paths *paths, struct error *error)
{
	struct dirent **entries = NULL;
	int result = 0, count = scandir(folder, &entries, is_history_file, by_file_name);

	if (count < 0)
		return error_system(error, folder, "cannot read the folder of past outbreaks");
	if (count == 0 || count > MOST_OUTBREAKS)
		result =
			error_set(error, ERROR_INPUT, folder,
				  "holds %d files *.yaml, expected 1 to %d", count, MOST_OUTBREAKS);
	paths->items = calloc((size_t)count + 1, sizeof *paths->items);
	if (!paths->items)
		result = error_set(error, ERROR_MEMORY, folder, "no memory for its files");
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = add_path(paths, folder, entries[i]->d_name, "", error);
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* Names of files in the folder without their ending, or paths of any other. */
static int list_named(const char *folder, int first, const struct history_choices *choices,
		      struct paths *paths, struct error *error)
{
	int result = 0;

	paths->items = calloc((size_t)(choices->count - first) + 1, sizeof *paths->items);
	if (!paths->items)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for its files");
	for (int i = first; result == 0 && i < choices->count; i++) {
		const char *name = choices->words[i];
		bool is_path = strchr(name, '/') || strstr(name, ".yaml");
		result =
			add_path(paths, is_path ? "" : folder, name, is_path ? "" : ".yaml", error);
		if (result == 0 && !is_path && access(paths->items[paths->count - 1], F_OK) < 0)
			result = error_set(
				error, ERROR_INPUT, name,
				"is no outbreak of %s; name a file there without its .yaml, or "
				"the path of any other",
				folder);
	}
	return result;
}

/* Ranks that find more files than others would wait for them for ever. */
static int compare_count(const struct history_choices *choices, int count, struct error *error)
{
	const struct outbreak_ranks *ranks = &choices->ranks.ranks;
	uint64_t sum = (uint64_t)count;

	if (ranks->count < 2)
		return 0;
	int result = ranks->sum(ranks->context, &sum, 1, error);
	if (result == 0 && sum != (uint64_t)count * ranks->count)
		result =
			error_set(error, ERROR_INPUT, "MPI",
				  "rank %u finds more or fewer outbreaks than others", ranks->rank);
	return cli_ranks_agree(&choices->ranks, result, error);
}

static int recall_chosen(int first, const struct history_choices *choices, struct error *error)
{
	struct paths paths = { 0 };
	char folder[4000], below[4001];

	file_data_path("history", folder, sizeof folder);
	snprintf(below, sizeof below, "%s/", folder);
	int result = first == choices->count ? list_all(below, &paths, error)
					     : list_named(below, first, choices, &paths, error);
	result = cli_ranks_agree(&choices->ranks, result, error);
	if (result == 0)
		result = compare_count(choices, paths.count, error);
	for (int i = 0; result == 0 && i < paths.count; i++)
		result = recall_file(paths.items[i], choices, error);
	free_paths(&paths);
	return result;
}

int cli_outbreak_history(const struct cli_command *command, int count, char **words)
{
	struct history_choices choices = { .count = count, .words = words };
	struct error error = { 0 };
	int option, result = 0;

	while (result == 0 &&
	       (option = getopt_long(count, words, "", history_options, NULL)) != -1) {
		switch (option) {
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
	result = cli_ranks_open(&choices.ranks, &error);
	result = cli_ranks_agree(&choices.ranks, result, &error);
	if (result == 0)
		result = recall_chosen(optind, &choices, &error);
	if (result < 0 && cli_ranks_tell(&choices.ranks))
		log_error(&error);
	cli_ranks_close(&choices.ranks, result);
	return error_exit_status(result);
}
