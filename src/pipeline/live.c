/* An interface as it speaks: readers reconstruct, workers detect, this thread takes the results and
 * says once a second how everything stands.
 *
 * Findings go out at once, so code is told only what was said before it (followup.c). The process
 * opens its packet sockets first and confines itself before it reads the first frame. */
#include "pipeline/case.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/capability.h>

#include "pipeline/reconstruction.h"
#include "sandbox/sandbox.h"

#define TICK_MS	     50
#define SECOND_MS    1000
#define READERS_MOST 32
#define HELD_LIMIT   10000 /* conversations whose beginnings are kept for code that asks for them */

struct watch {
	struct pipeline *pipeline;
	struct pipeline_live options;
	int channel;
	struct packet_source *sources[READERS_MOST]; /* until their readers take them */
	struct reconstruction *readers[READERS_MOST];
	unsigned started;
	struct pipeline_counters counters; /* of results */
	uint64_t begin_ms, told_ms;
	bool stopping;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static double wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)(now.tv_nsec / 1000) / 1e6;
}

/* --- results --- */

static struct pipeline_counters sum_counters(struct watch *watch)
{
	struct pipeline_counters sum = watch->counters;

	for (unsigned i = 0; i < watch->started; i++)
		reconstruction_count(watch->readers[i], &sum);
	return sum;
}

static int tell_statistics(struct watch *watch, bool final)
{
	struct pipeline *pipeline = watch->pipeline;
	struct pipeline_counters counters = sum_counters(watch);
	struct detection_fill fill = detection_fill(pipeline->detection);

	watch->told_ms = now_ms();
	return case_emit(
		pipeline,
		json_pack("{s:s, s:s, s:f, s:f, s:b, s:{s:I, s:I, s:I, s:I}, s:o}", "type",
			  "statistics", "interface", watch->options.interface, "time", wall_clock(),
			  "elapsed", (double)(watch->told_ms - watch->begin_ms) / 1000, "final",
			  final, "queue", "sessions", (json_int_t)fill.items, "sessions_limit",
			  (json_int_t)fill.item_limit, "bytes", (json_int_t)fill.bytes,
			  "bytes_limit", (json_int_t)fill.byte_limit, "counters",
			  case_counters(&counters)));
}

static int take_live_result(struct watch *watch, struct detection_job *job, struct error *error)
{
	struct pipeline *pipeline = watch->pipeline;
	int64_t id = case_next_id(pipeline, CASE_SESSION);
	bool attack, saved;

	if (job->error.code) {
		*error = job->error;
		return error->code;
	}
	detection_job_count(job, &watch->counters);
	int result = case_take_sides(pipeline, job, id, &attack);
	if (result == 0)
		result = case_save(pipeline, job, id, &saved, &watch->counters);
	if (result == 0 && (saved || pipeline->options.stages & PIPELINE_SESSIONS))
		result = case_emit(pipeline, case_result_record(pipeline, job, id, saved));
	if (result == 0)
		case_note_said(pipeline, job->session, id);
	if (result == 0 && (attack || ++pipeline->held >= HELD_LIMIT))
		result = case_release(pipeline);
	return result;
}

/* --- from beginning to end --- */

static void stop_readers(struct watch *watch, bool discard)
{
	for (unsigned i = 0; i < watch->started; i++)
		reconstruction_stop(watch->readers[i], discard);
	watch->stopping = true;
}

/* The parent says FINISH, or is gone. */
static void listen_to_parent(struct watch *watch)
{
	struct pollfd wait = { .fd = watch->channel, .events = POLLIN };
	enum sandbox_message type;
	struct buffer body;
	int descriptor;

	if (poll(&wait, 1, 0) != 1)
		return;
	buffer_init(&body, 4096);
	int got = sandbox_receive(watch->channel, &type, &body, &descriptor, NULL);
	if (descriptor >= 0)
		close(descriptor);
	buffer_fini(&body);
	stop_readers(watch, got != 1);
}

static bool time_is_up(const struct watch *watch)
{
	return watch->options.milliseconds &&
	       now_ms() - watch->begin_ms >= watch->options.milliseconds;
}

static bool packets_are_enough(struct watch *watch)
{
	return watch->options.packets && watch->started > 1 &&
	       sum_counters(watch).packets >= watch->options.packets;
}

static bool all_ended(const struct watch *watch)
{
	for (unsigned i = 0; i < watch->started; i++)
		if (!reconstruction_ended(watch->readers[i]))
			return false;
	return true;
}

static int watch_until_end(struct watch *watch, struct error *error)
{
	struct pipeline *pipeline = watch->pipeline;
	int result = 0;

	while (!all_ended(watch) || detection_fill(pipeline->detection).items > 0) {
		struct detection_job *job = detection_next(pipeline->detection, TICK_MS);
		if (job && result == 0)
			result = take_live_result(watch, job, error);
		if (job)
			detection_job_free(pipeline->detection, job);
		if (!watch->stopping) {
			listen_to_parent(watch);
			if (time_is_up(watch) || packets_are_enough(watch))
				stop_readers(watch, false);
		}
		if (result == 0 && now_ms() - watch->told_ms >= SECOND_MS)
			result = tell_statistics(watch, false);
		if (result < 0)
			stop_readers(watch, true);
	}
	if (result == 0)
		result = case_release(pipeline);
	return result == 0 ? tell_statistics(watch, true) : result;
}

static int open_sources(struct watch *watch, struct error *error)
{
	const struct pipeline_live *options = &watch->options;
	struct packet_live live = { .interface = options->interface,
				    .fanout_group = options->readers > 1 ? (uint16_t)getpid() : 0,
				    .promiscuous = true,
				    .ring = options->ring,
				    .timeout_ms = TICK_MS };
	int result = 0;

	/* Zero would be no group. */
	if (options->readers > 1 && !live.fanout_group)
		live.fanout_group = 1;
	for (unsigned i = 0; i < options->readers && result == 0; i++)
		result = packet_open_live(&live, &watch->sources[i], error);
	return result;
}

static int start_readers(struct watch *watch, struct error *error)
{
	struct pipeline_options *options = &watch->pipeline->options;
	struct reconstruction_options reading = {
		.limits = case_limits(options),
		.live = true,
		.skip_silent = !(options->stages & PIPELINE_SESSIONS),
		.packets = watch->options.readers == 1 ? watch->options.packets : 0,
	};

	reading.limits.prompt = true; /* a verdict is wanted at the end, not ten seconds after */
	for (unsigned i = 0; i < watch->options.readers; i++) {
		struct packet_source *source = watch->sources[i];
		watch->sources[i] = NULL;
		int result = reconstruction_start(&reading, source, watch->pipeline->detection,
						  &watch->readers[i], error);
		if (result < 0)
			return result;
		watch->started++;
	}
	return 0;
}

static int join_readers(struct watch *watch, struct error *error)
{
	int result = 0;

	stop_readers(watch, true);
	for (unsigned i = 0; i < watch->started; i++) {
		struct error why = { 0 };
		int ended = reconstruction_join(watch->readers[i], &why);
		if (ended < 0 && result == 0) {
			result = ended;
			*error = why;
		}
	}
	watch->started = 0;
	return result;
}

static int run_watch(struct watch *watch, struct error *error)
{
	struct detection_options units = {
		.workers = watch->pipeline->options.workers,
		.items = watch->options.slots ? watch->options.slots : DETECTION_ITEMS,
		.bytes = watch->options.bytes ? watch->options.bytes : DETECTION_BYTES,
		.search = watch->pipeline->options.stages & PIPELINE_SHELLCODE,
	};
	int result = detection_new(&units, &watch->pipeline->detection, error);

	watch->pipeline->file = watch->options.interface;
	watch->begin_ms = watch->told_ms = now_ms();
	if (result == 0)
		result = start_readers(watch, error);
	if (result == 0)
		result = watch_until_end(watch, error);
	struct error why = { 0 };
	int ended = join_readers(watch, &why);
	if (result == 0 && ended < 0) {
		*error = why;
		result = ended;
	}
	if (watch->pipeline->stopped.code)
		*error = watch->pipeline->stopped;
	return result;
}

/* --- the role --- */

static int read_live(const json_t *object, struct pipeline_live *live)
{
	json_int_t readers, packets, milliseconds, ring, slots, bytes;

	if (json_unpack((json_t *)(uintptr_t)object, "{s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
			"interface", &live->interface, "readers", &readers, "packets", &packets,
			"milliseconds", &milliseconds, "ring", &ring, "slots", &slots, "bytes",
			&bytes) < 0)
		return ERROR_INTERNAL;
	live->readers = readers > 0 ? (unsigned)readers : 1;
	live->packets = (uint64_t)packets;
	live->milliseconds = (uint64_t)milliseconds;
	live->ring = (size_t)ring;
	live->slots = (size_t)slots;
	live->bytes = (size_t)bytes;
	return live->readers <= READERS_MOST ? 0 : ERROR_INTERNAL;
}

/* The packet sockets are open; nothing that root may do is needed any more. */
static int drop_capabilities(struct error *error)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &header, none) < 0)
		return error_system(error, NULL, "cannot give up capabilities");
	return 0;
}

static int serve_live(int channel, const json_t *kept, struct error *outcome)
{
	struct watch watch = { .channel = channel };
	struct pipeline_sink sink = case_channel_sink(&watch.channel);
	struct pipeline_options options;
	int result = read_live(json_object_get(kept, "live"), &watch.options);

	if (result == 0)
		result = case_options_read(kept, &options);
	if (result < 0)
		return error_set(outcome, result, NULL, "options of the live role are broken");
	result = open_sources(&watch, outcome);
	if (result == 0)
		result = drop_capabilities(outcome);
	if (result == 0)
		result = case_confine(NULL, 0, outcome);
	if (result == 0)
		result = pipeline_new(&options, &sink, &watch.pipeline, outcome);
	if (result == 0)
		result = run_watch(&watch, outcome);
	for (unsigned i = 0; i < watch.options.readers; i++)
		packet_close(watch.sources[i]);
	pipeline_free(watch.pipeline);
	return result;
}

int pipeline_live_role(void)
{
	int channel = sandbox_role_channel(), descriptor, status = 3;
	struct error outcome = { 0 };
	enum sandbox_message type;
	struct buffer body;
	json_t *kept = NULL;

	/* Ctrl-C reaches the whole group; the parent says when to stop. */
	signal(SIGINT, SIG_IGN);
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	if (channel >= 0 && sandbox_receive(channel, &type, &body, &descriptor, NULL) == 1 &&
	    type == SANDBOX_OPTIONS && (kept = json_loads(buffer_text(&body), 0, NULL))) {
		outcome.code = serve_live(channel, kept, &outcome);
		status = sandbox_send_outcome(channel, SANDBOX_DONE, &outcome) < 0 ? 3 : 0;
	}
	json_decref(kept);
	buffer_fini(&body);
	return status;
}

/* --- in the parent --- */

static int send_live_options(int channel, const struct pipeline_options *options,
			     const struct pipeline_live *live, struct error *error)
{
	json_t *object = case_options_json(options);

	json_object_set_new(object, "live",
			    json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "interface",
				      live->interface, "readers", (json_int_t)live->readers,
				      "packets", (json_int_t)live->packets, "milliseconds",
				      (json_int_t)live->milliseconds, "ring",
				      (json_int_t)live->ring, "slots", (json_int_t)live->slots,
				      "bytes", (json_int_t)live->bytes));
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int result = text ? sandbox_send(channel, SANDBOX_OPTIONS, bytes_of(text), -1, error)
			  : error_set(error, ERROR_MEMORY, NULL, "no memory for options");
	free(text);
	json_decref(object);
	return result;
}

/* 1: *outcome is how it ended; 0: the role died; negative: the work has to stop. */
static int follow_live(int channel, const struct pipeline_sink *sink, bool (*stop)(void *context),
		       struct error *outcome, struct error *error)
{
	struct pollfd wait = { .fd = channel, .events = POLLIN };
	enum sandbox_message type;
	struct buffer body;
	int descriptor, result = 0;
	bool answered = false, told = false;

	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	while (result == 0 && !answered) {
		if (!told && stop && stop(sink->context)) {
			/* A role that is gone is noticed below. */
			int sent = sandbox_send(channel, SANDBOX_FINISH, bytes_of(""), -1, NULL);
			(void)sent;
			told = true;
		}
		if (poll(&wait, 1, TICK_MS) <= 0)
			continue;
		if (sandbox_receive(channel, &type, &body, &descriptor, NULL) != 1)
			break;
		if (descriptor >= 0)
			close(descriptor);
		answered = type == SANDBOX_DONE;
		if (answered)
			sandbox_read_outcome(&body, outcome);
		else
			result = case_deliver(sink, type, &body, error);
		if (result > 0)
			result = 0;
	}
	buffer_fini(&body);
	return result < 0 ? result : answered;
}

int pipeline_live_run(const struct pipeline_options *options, const struct pipeline_live *live,
		      const struct pipeline_sink *sink, bool (*stop)(void *context),
		      struct error *error)
{
	struct error outcome = { 0 }, ending = { 0 };
	struct sandbox_child child;

	if (live->readers > READERS_MOST)
		return error_set(error, ERROR_USAGE, live->interface, "at most %d readers",
				 READERS_MOST);
	int result = sandbox_start("live", &child, error);
	if (result < 0)
		return result;
	result = send_live_options(child.channel, options, live, error);
	int answered =
		result < 0 ? result : follow_live(child.channel, sink, stop, &outcome, error);
	int ended = sandbox_stop(&child, &ending);
	if (answered < 0)
		return answered;
	if (answered == 0)
		return error_set(error, ended < 0 ? ending.code : ERROR_INTERNAL, live->interface,
				 "%s", ended < 0 ? ending.message : "the live process ended early");
	if (outcome.code && error)
		*error = outcome;
	return outcome.code;
}
