/* kenbi remedy: behaviours and countermeasures of what was recorded before: our own traces (behave
 * --json --events), reports of CAPE and Cuckoo, Suricata's EVE logs. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static const struct option options[] = { { "json", no_argument, NULL, 'j' },
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
	} else if (!inputs.failed) {
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
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'j': output.json = true; break;
		case 'H': asked.host = optarg; break;
		default: return CLI_INPUT;
		}
	}
	if (optind == count)
		return cli_usage_error(command, "remedies against what? name traces");
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
