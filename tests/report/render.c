/* render CASE.json FOLDER: the report of a case, for the browser test and for people who work on
 * the page. */
#include <stdio.h>

#include "report/report.h"

int main(int count, char **arguments)
{
	struct error error = { 0 };
	json_error_t where;
	char text[800];

	if (count != 3) {
		fprintf(stderr, "usage: render CASE.json FOLDER\n");
		return 2;
	}
	json_t *records = json_load_file(arguments[1], JSON_ALLOW_NUL, &where);
	if (!records) {
		fprintf(stderr, "render: %s:%d: %s\n", arguments[1], where.line, where.text);
		return 2;
	}
	int result = report_write(records, arguments[2], 1700000000, &error);
	json_decref(records);
	if (result < 0)
		fprintf(stderr, "render: %s\n", error_text(&error, text, sizeof text));
	return result < 0 ? error_exit_status(result) : 0;
}
