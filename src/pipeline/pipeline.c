/* A case from beginning to end: what an input is, and in which order the stages run. */
#include "pipeline/case.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "win32/win32.h"

#define NAMES_LIMIT    (16u << 20)
#define WIRE_LIMIT     (64u << 20)
#define SESSIONS_LIMIT 1000000
#define SMALL_LIMIT    10000
#define SAVE_LIMIT     ((uint64_t)1 << 30)
#define PE_LIMIT       (256u << 20) /* largest executable that is read, bytes */

void *case_list_add(struct case_list *list, size_t item_size)
{
	if (list->count == list->limit) {
		list->dropped++;
		return NULL;
	}
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 16;
		void *items = reallocarray(list->items, capacity, item_size);
		if (!items) {
			list->dropped++;
			return NULL;
		}
		list->items = items;
		list->capacity = capacity;
	}
	uint8_t *item = (uint8_t *)list->items + list->count++ * item_size;
	return memset(item, 0, item_size);
}

int case_emit(struct pipeline *pipeline, json_t *record)
{
	if (!record)
		return error_set(&pipeline->stopped, ERROR_MEMORY, NULL, "no memory for a record");
	int result = pipeline->sink.record(pipeline->sink.context, record);
	json_decref(record);
	if (result < 0 && !pipeline->stopped.code)
		error_set(&pipeline->stopped, result, NULL, "the results cannot be delivered");
	return result < 0 ? result : 0;
}

int64_t case_next_id(struct pipeline *pipeline, enum case_record type)
{
	return ++pipeline->ids[type];
}

void case_progress(struct pipeline *pipeline, const char *what, uint64_t done, uint64_t total)
{
	if (pipeline->sink.progress)
		pipeline->sink.progress(pipeline->sink.context, what, done, total);
}

void case_copy_text(char *into, size_t size, const char *text)
{
	size_t length = 0;

	for (; text && *text && length < size - 1; text++)
		into[length++] = *text >= ' ' && *text < 127 ? *text : '?';
	into[length] = 0;
}

/* Workers are threads that this process may run at the same time. */
static unsigned default_workers(void)
{
	cpu_set_t mine;
	int count = sched_getaffinity(0, sizeof mine, &mine) == 0 ? CPU_COUNT(&mine) : 1;

	return count < DETECTION_WORKERS_MOST ? (unsigned)count : DETECTION_WORKERS_MOST;
}

int case_detection(struct pipeline *pipeline, struct error *error)
{
	struct detection_options options = {
		.workers = pipeline->options.workers,
		.items = DETECTION_ITEMS,
		.bytes = DETECTION_BYTES_FILE * pipeline->options.workers,
		.search = pipeline->options.stages & PIPELINE_SHELLCODE,
		.explain = pipeline->options.explain,
		.files = pipeline->options.stages & PIPELINE_SAMPLES || pipeline->options.detail,
		.ordered = true,
	};

	return pipeline->detection ? 0 : detection_new(&options, &pipeline->detection, error);
}

int pipeline_new(const struct pipeline_options *options, const struct pipeline_sink *sink,
		 struct pipeline **pipeline, struct error *error)
{
	struct pipeline *made = calloc(1, sizeof *made);

	*pipeline = NULL;
	if (!made)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for a case");
	made->options = *options;
	made->sink = *sink;
	if (!made->options.stages)
		made->options.stages = PIPELINE_ALL;
	if (!made->options.seed)
		made->options.seed = 1;
	if (!made->options.sample_budget)
		made->options.sample_budget = 200000000;
	if (!made->options.save_limit)
		made->options.save_limit = SAVE_LIMIT;
	if (!made->options.workers || made->options.workers > DETECTION_WORKERS_MOST)
		made->options.workers = default_workers();
	made->sessions.limit = SESSIONS_LIMIT;
	made->announcements.limit = made->shellcodes.limit = made->bodies.limit = SMALL_LIMIT;
	made->samples.limit = made->traces.limit = SMALL_LIMIT;
	made->said.limit = SESSIONS_LIMIT;
	made->codes.limit = SMALL_LIMIT;
	made->names = arena_new(NAMES_LIMIT);
	made->wire = trace_log_new(WIRE_LIMIT);
	made->held_sessions = json_array();
	made->held_shellcodes = json_array();
	struct error local;
	if (!error)
		error = &local;
	int result = 0;
	if (!made->names || !made->wire || !made->held_sessions || !made->held_shellcodes)
		result = error_set(error, ERROR_MEMORY, NULL, "no memory for a case");
	if (result == 0)
		result = stream_prepare(error);
	if (result == 0 && made->options.stages & PIPELINE_SHELLCODE)
		result = shellcode_new(&made->detector, error);
	if (made->detector)
		shellcode_explain(made->detector, made->options.explain);
	if (result == 0 && made->options.stages & PIPELINE_SAMPLES)
		result = policy_load(NULL, &made->policies, error);
	if (result < 0) {
		pipeline_free(made);
		return result;
	}
	*pipeline = made;
	return 0;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	struct case_shellcode *shellcodes = pipeline->shellcodes.items;
	struct case_body *bodies = pipeline->bodies.items;
	struct case_sample *samples = pipeline->samples.items;
	struct case_trace *traces = pipeline->traces.items;
	for (size_t i = 0; i < pipeline->shellcodes.count; i++)
		json_decref(shellcodes[i].actions);
	for (size_t i = 0; i < pipeline->bodies.count; i++)
		free(bodies[i].content);
	for (size_t i = 0; i < pipeline->samples.count; i++)
		json_decref(samples[i].record);
	for (size_t i = 0; i < pipeline->traces.count; i++) {
		trace_log_free(traces[i].log);
		json_decref(traces[i].scan);
	}
	case_forget_said(pipeline);
	case_forget_waiting(pipeline);
	free(pipeline->waiting.items);
	free(pipeline->said.items);
	free(pipeline->codes.items);
	free(pipeline->sessions.items);
	free(pipeline->announcements.items);
	free(shellcodes);
	free(bodies);
	free(samples);
	free(traces);
	json_decref(pipeline->held_sessions);
	json_decref(pipeline->held_shellcodes);
	detection_free(pipeline->detection);
	shellcode_free(pipeline->detector);
	policy_set_free(pipeline->policies);
	trace_log_free(pipeline->wire);
	arena_free(pipeline->names);
	free(pipeline);
}

static int read_executable(struct pipeline *pipeline, int descriptor, struct error *error)
{
	struct buffer content;
	char sha256[DIGEST_TEXT_SIZE];
	int result = file_read_descriptor(descriptor, pipeline->file, PE_LIMIT, &content, error);

	if (result < 0)
		return result;
	const char *slash = strrchr(pipeline->file, '/');
	result = case_emit(pipeline, json_pack("{s:s, s:s, s:s, s:I, s:s}", "type", "input", "file",
					       pipeline->file, "format", "pe", "bytes",
					       (json_int_t)content.length, "sha256",
					       digest_text(buffer_bytes(&content), sha256)));
	if (result == 0)
		result = case_add_body(pipeline, buffer_bytes(&content),
				       slash ? slash + 1 : pipeline->file, "file", 0, 0, error);
	buffer_fini(&content);
	return result;
}

static int feed(struct pipeline *pipeline, int descriptor, struct error *error)
{
	uint8_t beginning[4096];
	struct stat status;

	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode))
		return error_set(error, ERROR_INPUT, pipeline->file, "not a regular file");
	if (status.st_size == 0)
		return error_set(error, ERROR_INPUT, pipeline->file, "the file is empty");
	ssize_t got = pread(descriptor, beginning, sizeof beginning, 0);
	if (got < 0)
		return error_system(error, pipeline->file, "cannot read");
	struct bytes head = { beginning, (size_t)got };
	uint64_t size = (uint64_t)status.st_size;
	if (!pipeline->options.raw && packet_is_capture(head)) {
		/* The capture library closes what it reads from. */
		int own = dup(descriptor);
		return own < 0 ? error_system(error, pipeline->file,
					      "cannot duplicate a descriptor")
			       : case_read_capture(pipeline, own, size, error);
	}
	if (!pipeline->options.raw && pipeline->options.stages & PIPELINE_SAMPLES &&
	    win32_is_pe(head))
		return read_executable(pipeline, descriptor, error);
	if (!pipeline->options.raw && pipeline->options.stages & PIPELINE_REMEDIES &&
	    case_is_import(head)) {
		bool known;
		int result = case_read_import(pipeline, descriptor, &known, error);
		if (known || lseek(descriptor, 0, SEEK_SET) < 0)
			return result;
	}
	return case_read_bytes(pipeline, descriptor, size, error);
}

int pipeline_feed(struct pipeline *pipeline, int descriptor, const char *name, struct error *error)
{
	struct error own = { 0 };

	pipeline->file = arena_copy(pipeline->names, bytes_of(name));
	if (!pipeline->file)
		error_set(&own, ERROR_LIMIT, name, "too many inputs in one case");
	else
		feed(pipeline, descriptor, &own);
	close(descriptor);
	if (own.code < 0 && !pipeline->stopped.code) {
		json_t *file = case_text(name, strlen(name));
		int told = case_emit(pipeline, json_pack("{s:s, s:o, s:s}", "type", "error", "file",
							 file, "message", own.message));
		(void)told; /* a sink that refuses is noticed below */
	}
	/* What a damaged input still gave is worth running. */
	if (!pipeline->stopped.code && pipeline->options.stages & PIPELINE_SAMPLES) {
		struct error samples = { 0 };
		if (case_run_samples(pipeline, &samples) < 0 && own.code == 0)
			own = samples;
	}
	if (pipeline->stopped.code)
		own = pipeline->stopped;
	if (error)
		*error = own;
	return own.code;
}

static int report_drops(struct pipeline *pipeline)
{
	const struct {
		const char *what;
		uint64_t dropped;
	} lists[] = {
		{ "sessions are beyond the limit and were not linked into the story",
		  pipeline->sessions.dropped },
		{ "announced connections are beyond the limit", pipeline->announcements.dropped },
		{ "shellcode findings are beyond the limit and were not linked",
		  pipeline->shellcodes.dropped },
		{ "executables are beyond the limit and were not run", pipeline->bodies.dropped },
		{ "traces are beyond the limit and were not searched for behaviour",
		  pipeline->traces.dropped },
		{ "events on the wire are beyond the limit", trace_log_dropped(pipeline->wire) },
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		char message[160];
		if (!lists[i].dropped)
			continue;
		snprintf(message, sizeof message, "%llu %s", (unsigned long long)lists[i].dropped,
			 lists[i].what);
		int result = case_emit(pipeline, json_pack("{s:s, s:n, s:s}", "type", "error",
							   "file", "message", message));
		if (result < 0)
			return result;
	}
	return 0;
}

int pipeline_finish(struct pipeline *pipeline, struct error *error)
{
	int result = 0;

	if (pipeline->options.stages & PIPELINE_REMEDIES) {
		result = case_tell_story(pipeline, error);
		if (result == 0)
			result = case_forecast(pipeline, error);
	}
	if (result == 0)
		result = report_drops(pipeline);
	if (pipeline->stopped.code && error)
		*error = pipeline->stopped;
	return pipeline->stopped.code ? pipeline->stopped.code : result;
}
