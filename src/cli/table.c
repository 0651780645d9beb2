/* Rows of a query as aligned columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define WIDEST 64 /* characters of a cell that are shown */

/* Returns owned text. */
static char *cell(const json_t *value)
{
	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (!value || json_is_null(value))
		return strdup("-");
	return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
}

static size_t shown_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width < WIDEST ? width : WIDEST;
}

static void print_cell(const char *text, size_t width, bool right)
{
	size_t length = shown_width(text);
	char *cut = strndup(text, strlen(text) > WIDEST ? WIDEST - 1 : SIZE_MAX);

	if (right)
		printf("%*s", (int)(width - length), "");
	cli_print_text(stdout, cut ? cut : "");
	if (strlen(text) > WIDEST)
		fputs("…", stdout);
	if (!right)
		printf("%*s", (int)(width - length), "");
	fputs("  ", stdout);
	free(cut);
}

void cli_print_rows(const json_t *rows)
{
	json_t *first = json_array_get(rows, 0), *value, *row;
	const char *name;
	size_t index;

	if (!first) {
		puts("nothing found");
		return;
	}
	size_t widths[32] = { 0 }, columns = 0;
	json_object_foreach(first, name, value)
	{
		if (columns == sizeof widths / sizeof *widths)
			break;
		widths[columns] = shown_width(name);
		json_array_foreach(rows, index, row)
		{
			char *text = cell(json_object_get(row, name));
			size_t width = text ? shown_width(text) : 0;
			if (width > widths[columns])
				widths[columns] = width;
			free(text);
		}
		columns++;
	}
	columns = 0;
	fputs(cli_style(CLI_BOLD), stdout);
	json_object_foreach(first, name, value)
		print_cell(name, widths[columns++], json_is_number(value));
	printf("%s\n", cli_style(CLI_PLAIN));
	json_array_foreach(rows, index, row)
	{
		columns = 0;
		json_object_foreach(first, name, value)
		{
			char *text = cell(json_object_get(row, name));
			print_cell(text ? text : "", widths[columns++], json_is_number(value));
			free(text);
		}
		putchar('\n');
	}
}
