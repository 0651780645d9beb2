/* Writes the files of a report: index.html, the page with the case inside, case.json, the case
 * whole, and stix.json, what others can use of it.
 *
 * The page is fixed text made at build time; the only thing that varies is the case in its data
 * block. */
#include "report/report.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/page.h"

#define FILE_LIMIT ((size_t)1 << 30) /* bytes of one file of the report */

static int explain(struct error *error, int code, const char *path)
{
	switch (code) {
	case ERROR_LIMIT:
		return error_set(error, code, path,
				 "the case is larger than %zu MiB; analyse fewer inputs at a time",
				 FILE_LIMIT >> 20);
	case ERROR_MEMORY: return error_set(error, code, path, "no memory to write the report");
	default: return error_set(error, code, path, "a record of the case is not valid JSON");
	}
}

static int check(const json_t *records, struct error *error)
{
	size_t index;
	json_t *record;

	if (!json_is_array(records))
		return error_set(error, ERROR_INTERNAL, "", "a case must be an array of records");
	json_array_foreach(records, index, record) if (
		!json_is_string(json_object_get(
			record, "type"))) return error_set(error, ERROR_INTERNAL, "",
							   "record %zu of the case has no type",
							   index + 1);
	return 0;
}

/* One record a line, so that the file can be searched by line tools and still is one JSON value. */
static int append_case(struct buffer *buffer, const json_t *records)
{
	size_t index;
	json_t *record;
	int result = buffer_append_text(buffer, "[");

	json_array_foreach(records, index, record)
	{
		if (result == 0)
			result = buffer_append_text(buffer, index ? ",\n" : "\n");
		if (result == 0)
			result = report_append_plain(buffer, record);
	}
	return result < 0 ? result : buffer_append_text(buffer, "\n]\n");
}

static int append_page(struct buffer *buffer, const json_t *records)
{
	struct report_budget budget = report_default_budget();
	json_t *page = report_page_case(records, &budget);
	int result = page ? buffer_append(buffer, report_page_before, report_page_before_length)
			  : ERROR_MEMORY;

	if (result == 0)
		result = report_append_safe(buffer, page);
	if (result == 0)
		result = buffer_append(buffer, report_page_after, report_page_after_length);
	json_decref(page);
	return result;
}

static int write_file(const char *folder, const char *name, const json_t *records,
		      int (*append)(struct buffer *, const json_t *), struct error *error)
{
	char path[PATH_MAX];
	struct buffer buffer;

	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return error_set(error, ERROR_INPUT, folder, "path is too long");
	buffer_init(&buffer, FILE_LIMIT);
	int result = append(&buffer, records);
	if (result < 0)
		explain(error, result, path);
	else
		result = file_write(path, buffer_bytes(&buffer), error);
	buffer_fini(&buffer);
	return result;
}

static int append_indented(struct buffer *buffer, const json_t *bundle)
{
	char *text = json_dumps(bundle, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	int result = text ? buffer_append_text(buffer, text) : ERROR_MEMORY;

	free(text);
	return result < 0 ? result : buffer_append_text(buffer, "\n");
}

static int write_stix(const json_t *records, const char *folder, double now, struct error *error)
{
	json_t *bundle = report_stix(records, now);

	if (!bundle)
		return error_set(error, ERROR_MEMORY, folder, "no memory to write stix.json");
	int result = write_file(folder, "stix.json", bundle, append_indented, error);
	json_decref(bundle);
	return result;
}

int report_write(const json_t *records, const char *folder, double now, struct error *error)
{
	int result = check(records, error);

	if (result == 0)
		result = file_make_folder(folder, error);
	if (result == 0)
		result = write_file(folder, "case.json", records, append_case, error);
	if (result == 0)
		result = write_file(folder, "index.html", records, append_page, error);
	if (result == 0)
		result = write_stix(records, folder, now, error);
	return result;
}
