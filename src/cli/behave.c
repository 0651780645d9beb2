/* kenbi behave: what executables do, and the verdict. */
#include "cli/run.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },	    { "events", no_argument, NULL, 'e' },
	{ "budget", required_argument, NULL, 'b' }, { "seed", required_argument, NULL, 'S' },
	{ "exit-code", no_argument, NULL, 'x' },    { 0 }
};

static int behave(const struct cli_command *command, int count, char **words)
{
	struct cli_run run = { .only = "sample",
			       .all = true,
			       .options = { .stages = PIPELINE_SAMPLES } };
	uint64_t number;
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'j': run.json = true; break;
		case 'e': run.options.events = true; break;
		case 'x': run.exit_code = true; break;
		case 'b':
			if (cli_number(command, "--budget", optarg, 1, 1000000, &number) < 0)
				return CLI_INPUT;
			run.options.sample_budget = number * 1000000;
			break;
		case 'S':
			if (cli_number(command, "--seed", optarg, 1, INT64_MAX, &run.options.seed) <
			    0)
				return CLI_INPUT;
			break;
		default: return CLI_INPUT;
		}
	}
	if (optind == count)
		return cli_usage_error(command, "run what? name executables or folders");
	return cli_run(&run, words + optind, count - optind);
}

const struct cli_command cli_behave = {
	.name = "behave",
	.summary = "Run executables in the simulated Windows and judge what they do",
	.usage = "[OPTION]… FILE…",
	.options =
		"  --json        print sample records as NDJSON\n"
		"  --events      with --json: every behaviour event too, a trace for kenbi remedy\n"
		"  --budget N    million instructions that a sample may execute (default 200)\n"
		"  --seed N      of everything random (default 1)\n"
		"  --exit-code   exit with 1 when a sample is malicious\n",
	.run = behave,
};
