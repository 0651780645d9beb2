/* The common path of analyze, detect and behave: inputs in, records out to the person, the store,
 * the report. */
#include "cli/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "outbreak/outbreak.h"
#include "report/report.h"

struct delivery {
	const struct cli_run *run;
	struct store *store;
	json_t *records; /* everything, when it is to be shown or reported at the end; else NULL */
	bool found;	 /* something malicious */
	struct error error;
};

static bool is_malicious(const json_t *record, const char *type)
{
	const char *verdict = json_string_value(json_object_get(record, "verdict"));

	return strcmp(type, "shellcode") == 0 ||
	       (strcmp(type, "sample") == 0 && verdict && strcmp(verdict, "malicious") == 0);
}

static int take_record(void *context, const json_t *record)
{
	struct delivery *delivery = context;
	const struct cli_run *run = delivery->run;
	const char *type = json_string_value(json_object_get(record, "type"));

	if (!type)
		return ERROR_INTERNAL;
	delivery->found |= is_malicious(record, type);
	if (run->outputs && cli_outputs_record(run->outputs, record, &delivery->error) < 0)
		return delivery->error.code;
	/* Single events would drown a case; they are for the reader of --events. */
	bool event = strcmp(type, "event") == 0;
	if (delivery->store && !event && store_put(delivery->store, record, &delivery->error) < 0)
		return delivery->error.code;
	/* Sessions that only other outputs wanted would drown what was asked for. */
	bool aside = run->only && strcmp(type, "session") == 0 && !json_object_get(record, "saved");
	if (delivery->records && !event && !aside) {
		json_t *copy = json_deep_copy(record);
		if (!copy || json_array_append_new(delivery->records, copy) < 0)
			return error_set(&delivery->error, ERROR_MEMORY, NULL,
					 "no memory for the results");
	}
	bool wanted = !run->only || strcmp(type, run->only) == 0 || strcmp(type, "error") == 0 ||
		      event || json_object_get(record, "saved");
	if (run->json && wanted && cli_print_json(record) < 0)
		return error_set(&delivery->error, ERROR_SYSTEM, NULL,
				 "standard output cannot be written");
	return 0;
}

static int take_sample(void *context, struct bytes content)
{
	struct delivery *delivery = context;

	return delivery->store ? store_put_sample(delivery->store, content, &delivery->error) : 0;
}

static int take_capture(void *context, int64_t session, struct bytes content)
{
	struct delivery *delivery = context;

	return cli_outputs_capture(delivery->run->outputs, session, content, &delivery->error);
}

static int open_store(const struct cli_run *run, char *const *words, int count,
		      struct delivery *delivery)
{
	struct buffer title;
	int64_t number;

	if (!run->keep)
		return 0;
	int result = store_open(run->store, &delivery->store, &delivery->error);
	if (result < 0)
		return result;
	buffer_init(&title, 1000);
	for (int i = 0; i < count; i++) {
		const char *slash = strrchr(words[i], '/');
		buffer_printf(&title, "%s%s", i ? ", " : "",
			      slash && slash[1] ? slash + 1 : words[i]);
	}
	result = store_begin_case(delivery->store, buffer_text(&title), &number, &delivery->error);
	buffer_fini(&title);
	return result;
}

int cli_report_folder(const char *folder, struct error *error)
{
	int result = file_make_folder(folder, error);

	if (result == 0 && access(folder, W_OK) < 0)
		result = error_system(error, folder, "cannot write the report there");
	return result;
}

static int give_provenance(struct delivery *delivery)
{
	const struct cli_run *run = delivery->run;
	json_t *record;

	if (!run->command)
		return 0;
	int result = cli_provenance(run->command_count, run->command, NULL, "", &record,
				    &delivery->error);
	if (result == 0)
		result = take_record(delivery, record);
	json_decref(record);
	return result;
}

static int finish(struct delivery *delivery, struct cli_inputs *inputs)
{
	const struct cli_run *run = delivery->run;
	int result = 0;

	cli_progress_clear();
	if (delivery->store)
		result = store_end_case(delivery->store, &delivery->error);
	if (delivery->records && !run->json)
		cli_print_case(delivery->records, run->all);
	if (result == 0 && run->report) {
		result = report_write(delivery->records, run->report, (double)time(NULL),
				      &delivery->error);
		if (result == 0 && !run->json)
			printf("\nreport: %s/index.html\n", run->report);
	}
	if (result < 0)
		return result;
	if (inputs->failed)
		return error_set(&delivery->error, ERROR_INPUT, NULL, "%s", "");
	return 0;
}

/* Said before hours of work, not after. */
static int check_topology(const char *path, struct error *error)
{
	struct outbreak_world world = { 0 };
	int result = outbreak_world_load(path, &world, error);

	outbreak_world_fini(&world);
	return result;
}

int cli_run(const struct cli_run *run, char *const *words, int count)
{
	struct delivery delivery = { .run = run };
	struct pipeline_sink sink = { &delivery, take_record, take_sample, cli_progress,
				      run->outputs ? take_capture : NULL };
	struct cli_inputs inputs = { 0 };
	int result = 0;

	if (run->options.topology)
		result = check_topology(run->options.topology, &delivery.error);
	if (result == 0 && run->report)
		result = cli_report_folder(run->report, &delivery.error);
	if (result == 0 && run->outputs)
		result = cli_outputs_open(run->outputs, &delivery.error);
	if (result == 0)
		result = open_store(run, words, count, &delivery);
	if (result == 0 && cli_inputs_init(&inputs, words, count) < 0)
		result = error_set(&delivery.error, ERROR_MEMORY, NULL, "no memory for the inputs");
	if (result == 0 && inputs.count == 0 && !inputs.failed)
		result = error_set(&delivery.error, ERROR_INPUT, words[0], "no file to read in it");
	if (result == 0 && (!run->json || run->report))
		delivery.records = json_array();
	if (result == 0)
		result = give_provenance(&delivery);
	if (result == 0) {
		struct pipeline_inputs source = cli_inputs_source(&inputs);
		struct error error = { 0 };
		result = pipeline_run(&run->options, &source, &sink, &error);
		/* What the sink found wrong says more than "cannot be delivered". */
		if (result < 0 && !delivery.error.code)
			delivery.error = error;
	}
	if (result == 0)
		result = finish(&delivery, &inputs);
	if (run->outputs) {
		struct error error = { 0 };
		int closed = cli_outputs_close(run->outputs, &error);
		if (closed < 0 && result == 0) {
			delivery.error = error;
			result = closed;
		}
	}
	if (result < 0 && delivery.error.message[0]) {
		cli_progress_clear();
		log_error(&delivery.error);
	}
	int status = error_exit_status(result);
	if (status == 0 && run->exit_code && delivery.found)
		status = CLI_FOUND;
	store_close(delivery.store);
	json_decref(delivery.records);
	cli_inputs_fini(&inputs);
	return status;
}
