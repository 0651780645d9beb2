/* kenbi remedy: behaviours and countermeasures of what was recorded before: our own traces (behave
 * --json --events), reports of CAPE and Cuckoo, Suricata's EVE logs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "report/report.h"

static const struct option options[] = { { "json", no_argument, NULL, 'j' },
					 { "benign", required_argument, NULL, 'b' },
					 { "format", required_argument, NULL, 'f' },
					 { "playbook", required_argument, NULL, 'p' },
					 { "host", required_argument, NULL, 'H' },
					 { "stix", no_argument, NULL, 's' },
					 { 0 } };

enum { MOST_CHOSEN = 64 };

struct output {
	bool json, playbook, stix; /* playbook: it alone is printed */
	json_t *records, *made;
};

static int take_record(void *context, const json_t *record)
{
	struct output *output = context;

	const char *type = json_string_value(json_object_get(record, "type"));

	if (output->playbook) {
		if (type && strcmp(type, "playbook") == 0)
			output->made = json_deep_copy(json_object_get(record, "playbook"));
		return 0;
	}
	if (output->json)
		return cli_print_json(record);
	return json_array_append_new(output->records, json_deep_copy(record)) < 0 ? ERROR_MEMORY
										  : 0;
}

/* "3,1,7". */
static int read_choice(const struct cli_command *command, char *text, uint32_t *chosen,
		       size_t *count)
{
	uint64_t number;

	*count = 0;
	for (char *rest = text, *word; (word = strsep(&rest, ","));) {
		if (*count == MOST_CHOSEN) {
			cli_usage_error(command, "--playbook: at most %d remedies", MOST_CHOSEN);
			return ERROR_USAGE;
		}
		int result = cli_number(command, "--playbook", word, 1, UINT32_MAX, &number);
		if (result < 0)
			return result;
		chosen[(*count)++] = (uint32_t)number;
	}
	return 0;
}

static void print_document(const json_t *document)
{
	char *text = json_dumps(document, JSON_INDENT(2));

	if (text)
		puts(text);
	free(text);
}

/* The file of that name, else kenbi's own profile of that name. */
static int open_benign(const char *word, struct pipeline_remedy_options *asked, struct error *error)
{
	char name[256], path[4096];
	bool plain = *word && !strpbrk(word, "/.");

	asked->benign = word;
	asked->benign_descriptor = open(word, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (asked->benign_descriptor < 0 && plain && strlen(word) < 200) {
		snprintf(name, sizeof name, "benign/%s.yaml", word);
		asked->benign_descriptor =
			open(file_data_path(name, path, sizeof path), O_RDONLY | O_CLOEXEC);
	}
	return asked->benign_descriptor < 0
		       ? error_system(error, word,
				      "cannot open, and no profile in data/benign is "
				      "called so")
		       : 0;
}

static int derive(const struct pipeline_remedy_options *asked, char *const *paths, int count,
		  struct output *output)
{
	struct pipeline_sink sink = { .context = output, .record = take_record };
	struct cli_inputs inputs = { 0 };
	struct error error = { 0 };
	int result = cli_inputs_init(&inputs, paths, count);

	if (result == 0 && inputs.count > 0) {
		const struct pipeline_inputs source = cli_inputs_source(&inputs);
		result = pipeline_remedies_run(asked, &source, &sink, &error);
	} else {
		if (asked->benign)
			close(asked->benign_descriptor);
		if (!inputs.failed)
			result = error_set(&error, result < 0 ? result : ERROR_INPUT, paths[0],
					   "nothing to read");
	}
	if (result < 0 && error.code)
		log_error(&error);
	if (inputs.failed && result == 0)
		result = ERROR_INPUT;
	cli_inputs_fini(&inputs);
	return result;
}

static int remedy(const struct cli_command *command, int count, char **words)
{
	struct pipeline_remedy_options asked = { .host = NULL };
	struct output output = { .json = false };
	const char *benign = NULL;
	uint32_t chosen[MOST_CHOSEN];
	struct error error = { 0 };
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'j': output.json = true; break;
		case 'b': benign = optarg; break;
		case 'f': asked.format = optarg; break;
		case 'p':
			if (read_choice(command, optarg, chosen, &asked.chosen_count) < 0)
				return CLI_INPUT;
			output.playbook = true;
			break;
		case 'H': asked.host = optarg; break;
		case 's': output.stix = true; break;
		default: return CLI_INPUT;
		}
	}
	if (optind == count)
		return cli_usage_error(command, "remedies against what? name traces");
	if (output.playbook + output.stix + output.json > 1)
		return cli_usage_error(command, "choose one of --json, --playbook and --stix");
	if (asked.format && !output.playbook)
		return cli_usage_error(command, "--format is a playbook's: add --playbook");
	if (benign && open_benign(benign, &asked, &error) < 0) {
		log_error(&error);
		return error_exit_status(error.code);
	}
	output.records = json_array();
	asked.chosen = chosen;
	asked.time = (uint64_t)time(NULL);
	int result = derive(&asked, words + optind, count - optind, &output);
	if (result == 0 && output.stix)
		output.made = report_stix(output.records, (double)asked.time);
	if (result == 0 && output.made)
		print_document(output.made);
	else if (result == 0 && !output.json)
		cli_print_case(output.records, true);
	json_decref(output.made);
	json_decref(output.records);
	return error_exit_status(result);
}

const struct cli_command cli_remedy = {
	.name = "remedy",
	.summary = "Derive behaviours and countermeasures from recorded traces",
	.usage = "[OPTION]… TRACE…",
	.options =
		"  --json             print behaviour and remedy records as NDJSON\n"
		"  --benign FILE      honest traffic: a capture, an EVE log, a profile, or one\n"
		"                     of ours by name; each filter tells what it touches\n"
		"  --host ADDRESS     of a Suricata log: this machine alone\n"
		"  --playbook N[,N]…  the remedies with these numbers as a CACAO 2.0 playbook\n"
		"  --format NAME      in the playbook, rules of this format where there are any\n"
		"  --stix             behaviours and remedies as a STIX 2.1 bundle\n\n"
		"A trace is what `kenbi behave --json --events` prints, a JSON report of CAPE or\n"
		"Cuckoo, or Suricata's EVE log.\n",
	.run = remedy,
};
