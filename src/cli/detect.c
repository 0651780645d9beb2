/* kenbi detect: shellcode in captures and plain bytes, nothing else. */
#include "cli/run.h"

static const struct option options[] = { { "raw", no_argument, NULL, 'r' },
					 { "explain", no_argument, NULL, 'e' },
					 { "json", no_argument, NULL, 'j' },
					 { "exit-code", no_argument, NULL, 'x' },
					 { 0 } };

static int detect(const struct cli_command *command, int count, char **words)
{
	struct cli_run run = { .only = "shellcode",
			       .all = true,
			       .options = { .stages = PIPELINE_SHELLCODE } };
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'r': run.options.raw = true; break;
		case 'e': run.options.explain = true; break;
		case 'j': run.json = true; break;
		case 'x': run.exit_code = true; break;
		default: return CLI_INPUT;
		}
	}
	if (optind == count)
		return cli_usage_error(command, "detect in what? name files or folders");
	return cli_run(&run, words + optind, count - optind);
}

const struct cli_command cli_detect = {
	.name = "detect",
	.summary = "Find shellcode in captures or plain bytes, by executing it",
	.usage = "[OPTION]… FILE…",
	.options = "  --raw         every file is plain bytes, whatever it looks like\n"
		   "  --explain     show what was executed, with remarks\n"
		   "  --json        print shellcode records as NDJSON\n"
		   "  --exit-code   exit with 1 when shellcode was found\n",
	.run = detect,
};
