/* What every sub-command does with its words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

void cli_help(const struct cli_command *command)
{
	printf("usage: kenbi %s %s\n\n%s.\n\n%s", command->name, command->usage, command->summary,
	       command->options);
}

int cli_usage_error(const struct cli_command *command, const char *format, ...)
{
	va_list list;

	fputs("kenbi: error: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, " (see `kenbi %s --help`)\n", command->name);
	return CLI_INPUT;
}

int cli_number(const struct cli_command *command, const char *option, const char *text,
	       uint64_t low, uint64_t high, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *number < low || *number > high) {
		cli_usage_error(command, "%s wants a whole number from %llu to %llu, not '%s'",
				option, (unsigned long long)low, (unsigned long long)high, text);
		return ERROR_USAGE;
	}
	return 0;
}
