/* What a person sees: safe text, colours where they are wanted, a progress line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

static bool unsafe(const unsigned char *c)
{
	/* C0, DEL, and the C1 range as UTF-8 (C2 80 … C2 9F); bidirectional overrides (E2 80 AA …
	 * AE). */
	return *c < ' ' || *c == 127 || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) ||
	       (c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae);
}

void cli_print_text(FILE *stream, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (!unsafe(c))
			putc(*c, stream);
		else
			fprintf(stream, "\\x%02x", *c);
	}
}

const char *cli_style(enum cli_style style)
{
	static const char *const sequences[] = {
		[CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m",    [CLI_DIM] = "\033[2m",
		[CLI_RED] = "\033[31m",	 [CLI_YELLOW] = "\033[33m", [CLI_GREEN] = "\033[32m",
		[CLI_CYAN] = "\033[36m"
	};
	static int wanted = -1;

	if (wanted < 0) {
		const char *refused = getenv("NO_COLOR");
		const char *terminal = getenv("TERM");
		wanted = isatty(STDOUT_FILENO) && !(refused && *refused) &&
			 !(terminal && strcmp(terminal, "dumb") == 0);
	}
	return wanted ? sequences[style] : "";
}

static bool line_is_shown;

void cli_progress_clear(void)
{
	if (line_is_shown)
		fputs("\r\033[K", stderr);
	line_is_shown = false;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void cli_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	static int terminal = -1;
	static double last;
	const int width = 24;

	(void)context;
	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	if (!terminal || now() - last < 0.05)
		return;
	last = now();
	double share = total && done <= total ? (double)done / (double)total : 0;
	int filled = (int)(share * width);
	const char *slash = strrchr(what, '/');
	fputs("\r\033[K", stderr);
	if (total)
		fprintf(stderr, "%.*s%.*s %3.0f %%  ", 3 * filled, "████████████████████████",
			3 * (width - filled), "░░░░░░░░░░░░░░░░░░░░░░░░", share * 100);
	cli_print_text(stderr, slash ? slash + 1 : what);
	fflush(stderr);
	line_is_shown = true;
}
