#include "base/base.h"

#include <stdio.h>
#include <unistd.h>

static void print(const char *colour, const char *label, const char *text)
{
	int coloured = isatty(STDERR_FILENO);
	fprintf(stderr, "kenbi: %s%s%s%s\n", coloured ? colour : "", label,
		coloured ? "\033[0m" : "", text);
}

void log_error(const struct error *error)
{
	char text[sizeof error->where + sizeof error->message + 2];
	print("\033[31m", "error: ", error_text(error, text, sizeof text));
}

void log_warning(const char *format, ...)
{
	char text[800];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	print("\033[33m", "warning: ", text);
}
