/* kenbi detect: shellcode in captures, plain bytes, or what crosses an interface; nothing else. */
#include <string.h>

#include "cli/detect.h"

#define MEBIBYTE ((uint64_t)1 << 20)

static const struct option options[] = { { "raw", no_argument, NULL, 'r' },
					 { "explain", no_argument, NULL, 'E' },
					 { "json", no_argument, NULL, 'j' },
					 { "exit-code", no_argument, NULL, 'x' },
					 { "interface", required_argument, NULL, 'i' },
					 { "duration", required_argument, NULL, 'd' },
					 { "count", required_argument, NULL, 'c' },
					 { "readers", required_argument, NULL, 'R' },
					 { "workers", required_argument, NULL, 'w' },
					 { "ring", required_argument, NULL, 'g' },
					 { "queue", required_argument, NULL, 'q' },
					 { "queue-bytes", required_argument, NULL, 'b' },
					 { "personality", required_argument, NULL, 'p' },
					 { "save", required_argument, NULL, 's' },
					 { "save-limit", required_argument, NULL, 'S' },
					 { "eve", required_argument, NULL, 'e' },
					 { "metrics", required_argument, NULL, 'm' },
					 { 0 } };

struct parsed {
	const struct cli_command *command;
	struct cli_run run;
	struct cli_outputs outputs;
	struct pipeline_live live;
	const char *live_only; /* an option that makes no sense for files; NULL: none was given */
};

static int number(const struct parsed *parsed, const char *name, uint64_t low, uint64_t high,
		  uint64_t *value)
{
	return cli_number(parsed->command, name, optarg, low, high, value);
}

static int take_personality(struct parsed *parsed)
{
	struct pipeline_options *into = &parsed->run.options;

	if (strcmp(optarg, "auto") == 0) {
		into->guess_personality = true;
		return 0;
	}
	if (packet_personality_parse(optarg, &into->personality) == 0)
		return 0;
	cli_usage_error(parsed->command,
			"no personality '%s'; windows, linux, bsd, solaris, auto and those of "
			"kenbi-detect(1) are known",
			optarg);
	return ERROR_USAGE;
}

/* Options of an interface. 1: it is none. */
static int take_live(struct parsed *parsed, int option)
{
	struct pipeline_live *live = &parsed->live;
	uint64_t value = 0;
	int result = 1;

	switch (option) {
	case 'd':
		parsed->live_only = "--duration";
		result = number(parsed, "--duration", 1, 1000000000, &value);
		live->milliseconds = value * 1000;
		return result;
	case 'c':
		parsed->live_only = "--count";
		return number(parsed, "--count", 1, INT64_MAX, &live->packets);
	case 'R':
		parsed->live_only = "--readers";
		result = number(parsed, "--readers", 1, 32, &value);
		live->readers = (unsigned)value;
		return result;
	case 'g':
		parsed->live_only = "--ring";
		result = number(parsed, "--ring", 2, 4096, &value);
		live->ring = value * MEBIBYTE;
		return result;
	case 'q':
		parsed->live_only = "--queue";
		result = number(parsed, "--queue", 1, 1000000, &value);
		live->slots = value;
		return result;
	case 'b':
		parsed->live_only = "--queue-bytes";
		result = number(parsed, "--queue-bytes", 1, 65536, &value);
		live->bytes = value * MEBIBYTE;
		return result;
	default: return result;
	}
}

static int take(struct parsed *parsed, int option)
{
	struct cli_run *run = &parsed->run;
	uint64_t value = 0;
	int result = 0;

	switch (option) {
	case 'r': run->options.raw = true; break;
	case 'E': run->options.explain = true; break;
	case 'j': run->json = true; break;
	case 'x': run->exit_code = true; break;
	case 'i': parsed->live.interface = optarg; break;
	case 's': parsed->outputs.save = optarg; break;
	case 'e': parsed->outputs.eve = optarg; break;
	case 'm': parsed->outputs.metrics = optarg; break;
	case 'p': return take_personality(parsed);
	case 'w':
		result = number(parsed, "--workers", 1, 64, &value);
		run->options.workers = (unsigned)value;
		break;
	case 'S':
		result = number(parsed, "--save-limit", 1, 1u << 20, &value);
		run->options.save_limit = value * MEBIBYTE;
		break;
	default: result = take_live(parsed, option);
	}
	return result == 1 ? ERROR_USAGE : result;
}

static int detect(const struct cli_command *command, int count, char **words)
{
	struct parsed parsed = { .command = command,
				 .run = { .only = "shellcode",
					  .all = true,
					  .options = { .stages = PIPELINE_SHELLCODE } } };
	struct cli_run *run = &parsed.run;
	int option;

	while ((option = getopt_long(count, words, "i:", options, NULL)) != -1)
		if (take(&parsed, option) < 0)
			return CLI_INPUT;
	run->outputs = &parsed.outputs;
	run->options.save = parsed.outputs.save != NULL;
	run->options.detail = parsed.outputs.eve != NULL;
	if (parsed.outputs.eve)
		run->options.stages |= PIPELINE_SESSIONS;
	if (parsed.live.interface && optind < count)
		return cli_usage_error(command, "files or --interface, not both");
	if (parsed.live.interface && run->options.raw)
		return cli_usage_error(command, "--raw is for files");
	if (parsed.live.interface)
		return cli_detect_live(run, &parsed.live);
	if (parsed.live_only)
		return cli_usage_error(command, "%s needs --interface", parsed.live_only);
	if (run->options.save)
		run->options.stages |= PIPELINE_SESSIONS;
	if (optind == count)
		return cli_usage_error(command, "detect in what? name files or folders, or an "
						"interface with -i");
	return cli_run(run, words + optind, count - optind);
}

const struct cli_command cli_detect = {
	.name = "detect",
	.summary = "Find shellcode in captures, bytes or live traffic by executing it",
	.usage = "[OPTION]… FILE… | -i INTERFACE [OPTION]…",
	.options =
		"  --raw             every file is plain bytes, whatever it looks like\n"
		"  --explain         show what was executed, with remarks\n"
		"  --json            print records as NDJSON\n"
		"  --exit-code       exit with 1 when shellcode was found\n"
		"  --personality P   whose TCP reads the streams: windows (default), linux, bsd,\n"
		"                    solaris, …, or auto: each host's by its own packets\n"
		"  --workers N       threads that search (default: one a processor)\n"
		"  --save DIR        write conversations that do not conform to DIR as captures\n"
		"  --save-limit N    at most N MiB of them (default 1024)\n"
		"  --eve FILE        append events in Suricata's EVE format\n"
		"  --metrics FILE    counters for Prometheus, kept up to date\n"
		"live:\n"
		"  -i, --interface I watch the interface (needs root or CAP_NET_RAW)\n"
		"  --duration N      end after N seconds\n"
		"  --count N         end after N packets\n"
		"  --readers N       threads that reconstruct (default 1)\n"
		"  --ring N          MiB that the kernel fills for each reader (default 64)\n"
		"  --queue N         conversations that may wait for the search (default 4096)\n"
		"  --queue-bytes N   MiB that may wait (default 256)\n",
	.run = detect,
};
