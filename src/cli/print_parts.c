#include "cli/print_parts.h"

#include <stdio.h>
#include <time.h>

void print_text(const char *text)
{
	cli_print_text(stdout, text);
}

void print_styled(enum cli_style style, const char *text)
{
	fputs(cli_style(style), stdout);
	print_text(text);
	fputs(cli_style(CLI_PLAIN), stdout);
}

void print_heading(const char *title, size_t count)
{
	printf("\n%s%s%s", cli_style(CLI_BOLD), title, cli_style(CLI_PLAIN));
	if (count != SIZE_MAX)
		printf(" (%zu)", count);
	putchar('\n');
}

void print_time(double seconds)
{
	char text[40];
	time_t whole = (time_t)seconds;
	struct tm parts;

	if (seconds <= 0 || !gmtime_r(&whole, &parts)) {
		fputs("            ", stdout);
		return;
	}
	strftime(text, sizeof text, "%H:%M:%S", &parts);
	printf("%s.%03d", text, (int)((seconds - (double)whole) * 1000));
}

void print_grouped(double number)
{
	char digits[32];
	int length = snprintf(digits, sizeof digits, "%.0f", number);

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			putchar(',');
		putchar(digits[i]);
	}
}
