/* kenbi: one program, a table of sub-commands. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct cli_command *const commands[] = { &cli_analyze, &cli_detect,   &cli_behave,
						      &cli_remedy,  &cli_outbreak, &cli_store,
						      &cli_policy,  &cli_fakenet,  &cli_x86 };

static void usage(FILE *stream)
{
	fputs("usage: kenbi COMMAND …\n\n"
	      "kenbi analyses malicious code: from captured attack to ranked countermeasure.\n\n",
	      stream);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`kenbi COMMAND --help` explains a command; so does `man kenbi-COMMAND`.\n"
	      "kenbi --version prints the version.\n",
	      stream);
}

static int run_command(int count, char **words)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i]->name, words[1]) != 0)
			continue;
		for (int word = 2; word < count && strcmp(words[word], "--") != 0; word++) {
			if (strcmp(words[word], "--help") == 0 || strcmp(words[word], "-h") == 0) {
				cli_help(commands[i]);
				return CLI_DONE;
			}
		}
		return commands[i]->run(commands[i], count - 1, words + 1);
	}
	fprintf(stderr, "kenbi: error: no command '%s'; `kenbi --help` lists them\n", words[1]);
	return CLI_INPUT;
}

static int run_role(const char *name)
{
	if (strcmp(name, "pipeline") == 0)
		return pipeline_role();
	if (strcmp(name, "remedy") == 0)
		return pipeline_remedies_role();
	return strcmp(name, "x86-trace") == 0 ? pipeline_x86_trace_role() : CLI_INTERNAL;
}

int main(int count, char **words)
{
	signal(SIGPIPE, SIG_IGN);
	/* A role leaves at once: what a library does at exit needs rights that it has given up. */
	if (count == 3 && strcmp(words[1], "--role") == 0)
		_exit(run_role(words[2]));
	if (count < 2) {
		usage(stderr);
		return CLI_INPUT;
	}
	if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0 ||
	    strcmp(words[1], "help") == 0) {
		usage(stdout);
		return CLI_DONE;
	}
	if (strcmp(words[1], "--version") == 0) {
		puts("kenbi " KENBI_VERSION);
		return CLI_DONE;
	}
	int status = run_command(count, words);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "kenbi: error: standard output cannot be written\n");
		return CLI_INPUT;
	}
	return status;
}
