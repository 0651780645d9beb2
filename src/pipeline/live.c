/* An interface as it speaks: readers reconstruct, workers detect, this thread takes the results and
 * says once a second how everything stands.
 *
 * Findings go out at once; what is said to the code later completes them (waiting.c). */
#include "pipeline/live.h"

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

#define TICK_MS	   50
#define SECOND_MS  1000
#define LOOK_NS	   UINT64_C(1000000000) /* of silence */
#define HELD_LIMIT 10000 /* conversations whose beginnings are kept for code that asks for them */

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

/* Is the entry of this conversation? */
static bool is_of(const struct told *told, const struct stream_session *session)
{
	const struct stream_half *client = &session->half[STREAM_CLIENT];
	const struct stream_half *server = &session->half[STREAM_SERVER];

	return told->session && told->first_ns == session->first_ns &&
	       told->client_port == client->port && told->server_port == server->port &&
	       address_equal(&told->client, &client->address) &&
	       address_equal(&told->server, &server->address);
}

static int64_t id_of(struct watch *watch, const struct stream_session *session)
{
	for (size_t i = 0; i < TOLD_MOST; i++)
		if (is_of(&watch->told[i], session))
			return watch->told[i].session;
	return case_next_id(watch->pipeline, CASE_SESSION);
}

static bool was_told(const struct watch *watch, const struct stream_session *session,
		     enum stream_side side, const char *kind)
{
	for (size_t i = 0; i < TOLD_MOST; i++)
		if (watch->told[i].side == side && strcmp(watch->told[i].kind, kind) == 0 &&
		    is_of(&watch->told[i], session))
			return true;
	return false;
}

static void remember(struct watch *watch, const struct stream_session *session,
		     enum stream_side side, const char *kind, int64_t id)
{
	struct told *told = &watch->told[watch->told_next++ % TOLD_MOST];

	*told = (struct told){ .client = session->half[STREAM_CLIENT].address,
			       .server = session->half[STREAM_SERVER].address,
			       .client_port = session->half[STREAM_CLIENT].port,
			       .server_port = session->half[STREAM_SERVER].port,
			       .first_ns = session->first_ns,
			       .side = side,
			       .session = id };
	memcpy(told->kind, kind, sizeof told->kind);
}

/* A conversation that goes on is searched again and again: what a part told is not told again. */
static void leave_out_told(struct watch *watch, struct detection_job *job, int64_t id)
{
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++) {
		struct detection_side *found = &job->side[side];
		size_t kept = 0;
		for (size_t i = 0; i < found->count; i++) {
			struct shellcode_finding *finding = &found->findings[i];
			if (was_told(watch, job->session, side, finding->kind)) {
				shellcode_finding_fini(finding);
				continue;
			}
			if (job->session->part)
				remember(watch, job->session, side, finding->kind, id);
			found->findings[kept++] = *finding;
		}
		found->count = kept;
	}
}

static int take_live_result(struct watch *watch, struct detection_job *job, struct error *error)
{
	struct pipeline *pipeline = watch->pipeline;
	bool attack, saved = false;

	if (job->error.code) {
		*error = job->error;
		return error->code;
	}
	int64_t id = id_of(watch, job->session);
	leave_out_told(watch, job, id);
	detection_job_count(job, &watch->counters);
	int result = case_tell_more(pipeline, job->session, id, error);
	if (result == 0)
		result = case_take_sides(pipeline, job, id, &attack);
	if (job->session->part)
		return result == 0 && attack ? case_release(pipeline) : result;
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

int watch_open(struct watch *watch, struct error *error)
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

	/* A verdict is wanted when something was said, not when all has been. */
	reading.limits.prompt = true;
	reading.limits.look_ns = LOOK_NS;
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

int watch_run(struct watch *watch, struct error *error)
{
	struct detection_options units = {
		.workers = watch->pipeline->options.workers,
		.items = watch->options.slots ? watch->options.slots : DETECTION_ITEMS,
		.bytes = watch->options.bytes ? watch->options.bytes : DETECTION_BYTES,
		.search = watch->pipeline->options.stages & PIPELINE_SHELLCODE,
		.explain = watch->pipeline->options.explain,
		.files = watch->pipeline->options.detail,
	};
	int result = detection_new(&units, &watch->pipeline->detection, error);

	watch->pipeline->file = watch->options.interface;
	watch->pipeline->patient = true;
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
