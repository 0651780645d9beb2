/* kenbi remedy: behaviours and countermeasures of what was recorded before: our own traces (behave
 * --json --events), reports of CAPE and Cuckoo, Suricata's EVE logs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct option options[] = { { "json", no_argument, NULL, 'j' },
					 { "benign", required_argument, NULL, 'b' },
					 { "host", required_argument, NULL, 'H' },
					 { 0 } };

struct output {
	bool json;
	json_t *records;
};

static int take_record(void *context, const json_t *record)
{
	struct output *output = context;

	if (output->json)
		return cli_print_json(record);
	return json_array_append_new(output->records, json_deep_copy(record)) < 0 ? ERROR_MEMORY
										  : 0;
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
	struct error error = { 0 };
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'j': output.json = true; break;
		case 'b': benign = optarg; break;
		case 'H': asked.host = optarg; break;
		default: return CLI_INPUT;
		}
	}
	if (optind == count)
		return cli_usage_error(command, "remedies against what? name traces");
	if (benign && open_benign(benign, &asked, &error) < 0) {
		log_error(&error);
		return error_exit_status(error.code);
	}
	output.records = json_array();
	int result = derive(&asked, words + optind, count - optind, &output);
	if (result == 0 && !output.json)
		cli_print_case(output.records, true);
	json_decref(output.records);
	return error_exit_status(result);
}

const struct cli_command cli_remedy = {
	.name = "remedy",
	.summary = "Derive behaviours and countermeasures from recorded traces",
	.usage = "[OPTION]… TRACE…",
	.options =
		"  --json           print behaviour and remedy records as NDJSON\n"
		"  --host ADDRESS   of a Suricata log: this machine alone\n\n"
		"A trace is what `kenbi behave --json --events` prints, a JSON report of CAPE or\n"
		"Cuckoo, or Suricata's EVE log.\n",
	.run = remedy,
};
