/* kenbi analyze: the main job, the whole chain. */
#include "cli/run.h"

static const struct option options[] = {
	{ "report", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' },
	{ "all", no_argument, NULL, 'a' },	    { "store", required_argument, NULL, 's' },
	{ "no-store", no_argument, NULL, 'n' },	    { "topology", required_argument, NULL, 't' },
	{ "seed", required_argument, NULL, 'S' },   { "replicas", required_argument, NULL, 'R' },
	{ "budget", required_argument, NULL, 'b' }, { "events", no_argument, NULL, 'e' },
	{ "exit-code", no_argument, NULL, 'x' },    { 0 }
};

static int parse(const struct cli_command *command, struct cli_run *run, int count, char **words)
{
	uint64_t number;
	int option, result = 0;

	opterr = 1;
	while (result == 0 && (option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'r': run->report = optarg; break;
		case 'j': run->json = true; break;
		case 'a': run->all = true; break;
		case 's': run->store = optarg; break;
		case 'n': run->keep = false; break;
		case 't': run->options.topology = optarg; break;
		case 'e': run->options.events = true; break;
		case 'x': run->exit_code = true; break;
		case 'S':
			result = cli_number(command, "--seed", optarg, 1, INT64_MAX,
					    &run->options.seed);
			break;
		case 'R':
			result = cli_number(command, "--replicas", optarg, 1, 100000, &number);
			run->options.replicas = (uint32_t)number;
			break;
		case 'b':
			result = cli_number(command, "--budget", optarg, 1, 1000000, &number);
			run->options.sample_budget = number * 1000000;
			break;
		default: return ERROR_USAGE;
		}
	}
	return result;
}

static int analyze(const struct cli_command *command, int count, char **words)
{
	struct cli_run run = { .keep = true,
			       .command = words,
			       .command_count = count,
			       .options = { .stages = PIPELINE_ALL } };

	if (parse(command, &run, count, words) < 0)
		return CLI_INPUT;
	if (optind == count)
		return cli_usage_error(command, "analyze what? name files or folders");
	return cli_run(&run, words + optind, count - optind);
}

const struct cli_command cli_analyze = {
	.name = "analyze",
	.summary = "From captured attack to ranked countermeasure: the whole chain",
	.usage = "[OPTION]… FILE…",
	.options =
		"  --report DIR      write DIR/index.html, DIR/case.json and DIR/stix.json\n"
		"  --json            print records as NDJSON, one a line\n"
		"  --all             leave nothing out of what is printed for people\n"
		"  --store FILE      the attack data base (default: $KENBI_STORE, else\n"
		"                    ~/.local/share/kenbi/attacks.db)\n"
		"  --no-store        keep nothing\n"
		"  --topology FILE   the world of the forecast (default: kenbi's providers.yaml)\n"
		"  --seed N          of everything random (default 1): same seed, same result\n"
		"  --replicas N      runs of the forecast per remedy\n"
		"  --budget N        million instructions that a sample may execute (default 200)\n"
		"  --events          with --json: every behaviour event too\n"
		"  --exit-code       exit with 1 when something malicious was found\n\n"
		"FILE is a capture, an executable, raw bytes, a trace, or a folder of these.\n",
	.run = analyze,
};
