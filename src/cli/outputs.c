/* Where the outputs beside the records go. A file that is read while it is written (metrics,
 * captures) appears whole or not at all. */
#include "cli/outputs.h"

#include <string.h>
#include <unistd.h>

static int open_eve(struct cli_outputs *outputs, struct error *error)
{
	outputs->eve_file = fopen(outputs->eve, "ae");
	return outputs->eve_file ? 0
				 : error_system(error, outputs->eve, "cannot write EVE records");
}

int cli_outputs_open(struct cli_outputs *outputs, struct error *error)
{
	int result = 0;

	outputs->totals = json_object();
	if (outputs->save) {
		result = file_make_folder(outputs->save, error);
		if (result == 0 && access(outputs->save, W_OK) < 0)
			result = error_system(error, outputs->save, "cannot save there");
	}
	if (result == 0 && outputs->eve)
		result = open_eve(outputs, error);
	if (result == 0 && outputs->metrics)
		result = cli_metrics_write(outputs->metrics, outputs->totals, NULL, error);
	return result;
}

/* Inputs come one after the other and add up; statistics of an interface are totals themselves. */
static void add_counters(json_t *totals, const json_t *counters, bool replace)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)counters, name, value)
	{
		json_int_t before = replace ? 0 : json_integer_value(json_object_get(totals, name));
		json_object_set_new(totals, name, json_integer(before + json_integer_value(value)));
	}
}

int cli_outputs_record(struct cli_outputs *outputs, const json_t *record, struct error *error)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	const json_t *counters = json_object_get(record, "counters");
	bool live = strcmp(type, "statistics") == 0;

	if (outputs->eve_file && cli_eve_write(outputs->eve_file, record) < 0)
		return error_system(error, outputs->eve, "cannot write EVE records");
	if (!outputs->metrics || !counters)
		return 0;
	add_counters(outputs->totals, counters, live);
	return cli_metrics_write(outputs->metrics, outputs->totals,
				 json_object_get(record, "queue"), error);
}

int cli_outputs_capture(struct cli_outputs *outputs, int64_t session, struct bytes content,
			struct error *error)
{
	struct buffer path;

	if (!outputs->save)
		return error_set(error, ERROR_INTERNAL, NULL, "nobody asked for a capture");
	buffer_init(&path, 8192);
	buffer_printf(&path, "%s/session-%lld.pcap", outputs->save, (long long)session);
	int result = file_write(buffer_text(&path), content, error);
	buffer_fini(&path);
	outputs->saved += result == 0;
	return result;
}

int cli_outputs_close(struct cli_outputs *outputs, struct error *error)
{
	int result = 0;

	if (outputs->eve_file && fclose(outputs->eve_file) != 0)
		result = error_system(error, outputs->eve, "cannot write EVE records");
	json_decref(outputs->totals);
	outputs->eve_file = NULL;
	outputs->totals = NULL;
	return result;
}
