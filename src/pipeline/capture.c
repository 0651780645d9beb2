/* Captures: packets to conversations, what each one is, what shellcode and which executables it
 * carried.
 *
 * A control connection that announces another (FTP's PORT) usually closes after it, so the records
 * of conversations are held until the end of the capture, or until there are too many of them. */
#include "pipeline/case.h"
#include "pipeline/reconstruction.h"

#include <stdlib.h>
#include <string.h>

#define HELD_LIMIT \
	10000 /* sessions held back; more are let go early, without their announcements */

#define TICK_MS	       100
#define PROGRESS_EVERY 256 /* conversations */

struct reading {
	struct pipeline *pipeline;
	struct error *error;
	int64_t base; /* id of the session before this capture's first */
};

static void keep_session(struct reading *reading, const struct detection_job *job, int64_t id,
			 bool attack)
{
	const struct stream_session *session = job->session;
	const struct stream_description *description = &job->description;
	struct pipeline *pipeline = reading->pipeline;
	struct case_session *kept = case_list_add(&pipeline->sessions, sizeof *kept);

	if (!kept)
		return;
	kept->id = id;
	kept->client = session->half[STREAM_CLIENT].address;
	kept->server = session->half[STREAM_SERVER].address;
	kept->client_port = session->half[STREAM_CLIENT].port;
	kept->server_port = session->half[STREAM_SERVER].port;
	kept->protocol = session->protocol;
	kept->first = case_seconds(session->first_ns);
	kept->attack = attack;
	kept->on_server = job->side[STREAM_CLIENT].count > 0;
	case_copy_text(kept->speaks, sizeof kept->speaks, description->protocol);
	case_copy_text(kept->target, sizeof kept->target, description->target);
	for (size_t i = 0; i < description->utterance_count; i++)
		kept->commands += strcmp(description->utterances[i].what, "command") == 0;
}

static void keep_announcements(struct pipeline *pipeline,
			       const struct stream_description *description, int64_t id)
{
	for (size_t i = 0; i < description->announcement_count; i++) {
		const struct stream_announcement *said = &description->announcements[i];
		struct case_announcement *kept =
			case_list_add(&pipeline->announcements, sizeof *kept);
		if (!kept)
			return;
		kept->session = id;
		kept->address = said->address;
		kept->port = said->port;
		kept->protocol = said->protocol;
		case_copy_text(kept->purpose, sizeof kept->purpose, said->purpose);
		case_copy_text(kept->name, sizeof kept->name, said->name);
	}
}

/* The name by which a client asked for the server, without a port; "" where it gave an address. */
static void name_of_server(const struct stream_description *description, char name[256])
{
	struct address address;

	*name = 0;
	for (size_t i = 0; i < description->utterance_count; i++)
		if (strcmp(description->utterances[i].what, "host") == 0) {
			snprintf(name, 256, "%.255s", description->utterances[i].text);
			name[strcspn(name, ":")] = 0;
			break;
		}
	if (address_parse(name, &address) == 0)
		*name = 0;
}

/* The conversation in the words of behaviour, as far as it belongs to an attack: on the server, or
 * by it on who asked. */
static void tell_session(struct pipeline *pipeline, const struct detection_job *job)
{
	struct trace_sink sink = trace_log_sink(pipeline->wire);
	const struct stream_description *description = &job->description;
	const struct stream_half *server = &job->session->half[STREAM_SERVER];
	char address[ADDRESS_TEXT_SIZE], name[256];
	struct trace_event event = { .kind = TRACE_SESSION, .process = 1 };

	event.values[0] = trace_text(address_text(&server->address, address));
	event.values[1] = trace_number(server->port);
	event.values[2] = trace_text(job->session->protocol == 6 ? "tcp" : "udp");
	event.values[3] = trace_text(description->protocol);
	event.values[4] = trace_text(description->target);
	if (job->side[STREAM_CLIENT].count > 0 || description->target)
		trace_emit(&sink, &event);
	if (job->side[STREAM_SERVER].count > 0) {
		name_of_server(description, name);
		event.kind = TRACE_SESSION_ANSWER;
		event.values[4] = trace_text(name);
		trace_emit(&sink, &event);
	}
	if (strcmp(description->protocol, "shell") != 0)
		return;
	for (size_t i = 0; i < description->utterance_count; i++) {
		struct trace_event typed = { .kind = TRACE_SHELL_COMMAND, .process = 1 };
		if (strcmp(description->utterances[i].what, "command") != 0)
			continue;
		typed.values[0] = trace_text(description->utterances[i].text);
		trace_emit(&sink, &typed);
	}
}

static int take_files(struct reading *reading, const struct stream_session *session,
		      const struct stream_description *description, int64_t id)
{
	struct pipeline *pipeline = reading->pipeline;

	if (!(pipeline->options.stages & PIPELINE_SAMPLES))
		return 0;
	for (size_t i = 0; i < description->file_count; i++) {
		const struct stream_file *file = &description->files[i];
		if (strcmp(file->media, "pe") != 0)
			continue;
		size_t count = pipeline->bodies.count;
		int result = case_add_body(pipeline, file->content, file->name, file->carrier, id,
					   0, reading->error);
		if (result < 0)
			return result;
		if (pipeline->bodies.count > count) {
			struct case_body *body = (struct case_body *)pipeline->bodies.items + count;
			body->sender = session->half[file->sender].address;
			body->sender_port = session->half[file->sender].port;
		}
	}
	return 0;
}

int case_take_sides(struct pipeline *pipeline, struct detection_job *job, int64_t id, bool *attack)
{
	int result = 0;

	*attack = false;
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES && result == 0; side++) {
		struct detection_side *found = &job->side[side];
		result = case_take_findings(
			pipeline, found->findings, found->count, found->exhausted, found->code,
			job->session->half[side].skipped, job->session, side, id);
		*attack |= found->count > 0;
	}
	return result;
}

static int compare_ids(const void *left, const void *right)
{
	json_int_t a = json_integer_value(json_object_get(*(json_t *const *)left, "id"));
	json_int_t b = json_integer_value(json_object_get(*(json_t *const *)right, "id"));
	return (a > b) - (a < b);
}

/* Lets the held records go: conversations in the order of their first packets, then the shellcode.
 */
int case_release(struct pipeline *pipeline)
{
	size_t count = json_array_size(pipeline->held_sessions);
	json_t **sorted = calloc(count ? count : 1, sizeof *sorted);
	int result;

	if (!sorted)
		return error_set(&pipeline->stopped, ERROR_MEMORY, NULL, "no memory for records");
	result = case_follow_up(pipeline, &pipeline->stopped);
	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(pipeline->held_sessions, i);
	qsort(sorted, count, sizeof *sorted, compare_ids);
	for (size_t i = 0; i < count && result == 0; i++)
		if (pipeline->options.stages & PIPELINE_SESSIONS)
			result = case_emit(pipeline, json_incref(sorted[i]));
	free(sorted);
	json_array_clear(pipeline->held_sessions);
	for (size_t i = 0; i < json_array_size(pipeline->held_shellcodes) && result == 0; i++)
		result = case_emit(pipeline,
				   json_incref(json_array_get(pipeline->held_shellcodes, i)));
	json_array_clear(pipeline->held_shellcodes);
	pipeline->held = 0;
	return result;
}

int case_save(struct pipeline *pipeline, const struct detection_job *job, int64_t id, bool *saved,
	      struct pipeline_counters *counters)
{
	uint64_t room = pipeline->options.save_limit - pipeline->saved_bytes;
	struct buffer capture;

	*saved = false;
	if (!pipeline->options.save || !pipeline->sink.capture ||
	    job->description.conformance != STREAM_DEVIATES)
		return 0;
	buffer_init(&capture, room);
	int result = stream_save(job->session, &capture);
	if (result < 0) {
		counters->not_saved++;
		buffer_fini(&capture);
		return 0;
	}
	result = pipeline->sink.capture(pipeline->sink.context, id, buffer_bytes(&capture));
	pipeline->saved_bytes += capture.length;
	counters->saved++;
	*saved = true;
	buffer_fini(&capture);
	return result < 0 ? error_set(&pipeline->stopped, result, NULL,
				      "a conversation cannot be saved")
			  : 0;
}

json_t *case_result_record(const struct pipeline *pipeline, const struct detection_job *job,
			   int64_t id, bool saved)
{
	json_t *record = case_session_record(job->session, &job->description, id, pipeline->file);
	char name[40];

	if (record && job->described == ERROR_LIMIT)
		json_object_set_new(record, "cut", json_true());
	snprintf(name, sizeof name, "session-%lld.pcap", (long long)id);
	if (record && saved)
		json_object_set_new(record, "saved", json_string(name));
	if (record && pipeline->options.detail)
		case_session_detail(record, job);
	return record;
}

/* What is remembered of a conversation for linking it with others. */
static int link_session(struct reading *reading, const struct detection_job *job, int64_t id,
			bool attack, bool saved)
{
	struct pipeline *pipeline = reading->pipeline;

	keep_session(reading, job, id, attack);
	keep_announcements(pipeline, &job->description, id);
	tell_session(pipeline, job);
	if (pipeline->options.stages & PIPELINE_SESSIONS)
		json_array_append_new(pipeline->held_sessions,
				      case_result_record(pipeline, job, id, saved));
	return take_files(reading, job->session, &job->description, id);
}

static int take_result(struct reading *reading, struct detection_job *job,
		       struct pipeline_counters *counters)
{
	struct pipeline *pipeline = reading->pipeline;
	int64_t id = reading->base + (int64_t)job->session->number;
	bool attack, saved = false;

	if (job->error.code) {
		*reading->error = job->error;
		return job->error.code;
	}
	int result = case_take_sides(pipeline, job, id, &attack);
	if (result == 0)
		result = case_save(pipeline, job, id, &saved, counters);
	if (result == 0 && pipeline->options.stages & ~(unsigned)PIPELINE_SHELLCODE)
		result = link_session(reading, job, id, attack, saved);
	if (result == 0)
		case_note_said(pipeline, job->session, id);
	if (id > pipeline->ids[CASE_SESSION])
		pipeline->ids[CASE_SESSION] = id;
	if (result == 0 && ++pipeline->held >= HELD_LIMIT)
		result = case_release(pipeline);
	return result;
}

/* Takes the results in the order of the conversations' ends, while both units work. */
static int take_results(struct reading *reading, struct reconstruction *reconstruction,
			uint64_t size, struct pipeline_counters *counters)
{
	struct pipeline *pipeline = reading->pipeline;
	int result = 0;

	while (!reconstruction_ended(reconstruction) ||
	       detection_fill(pipeline->detection).items > 0) {
		struct detection_job *job = detection_next(pipeline->detection, TICK_MS);
		if (job && result == 0) {
			detection_job_count(job, counters);
			result = take_result(reading, job, counters);
			if (result < 0)
				reconstruction_stop(reconstruction, true);
		}
		if (!job || job->order % PROGRESS_EVERY == 0)
			case_progress(pipeline, pipeline->file,
				      reconstruction_position(reconstruction), size);
		if (job)
			detection_job_free(pipeline->detection, job);
	}
	return result;
}

struct stream_limits case_limits(const struct pipeline_options *options)
{
	struct stream_limits limits = stream_default_limits();

	limits.hosts.others = options->personality;
	limits.guess = options->guess_personality;
	return limits;
}

/* Counters of the capture come with its end. */
static int read_source(struct reading *reading, struct packet_source *source, uint64_t size,
		       struct pipeline_counters *counters)
{
	struct pipeline *pipeline = reading->pipeline;
	struct reconstruction_options options = {
		.limits = case_limits(&pipeline->options),
		.skip_silent = pipeline->options.stages == PIPELINE_SHELLCODE,
	};
	struct reconstruction *reconstruction;
	struct error damage = { 0 };

	/* Late packets matter to who wants to know of conversations, not to what was said. */
	options.limits.prompt = !(pipeline->options.stages & PIPELINE_SESSIONS);
	int result = reconstruction_start(&options, source, pipeline->detection, &reconstruction,
					  reading->error);
	if (result < 0)
		return result;
	result = take_results(reading, reconstruction, size, counters);
	reconstruction_count(reconstruction, counters);
	int ended = reconstruction_join(reconstruction, &damage);
	if (ended < 0 && !reading->error->code && result == 0)
		*reading->error = damage;
	return result < 0 ? result : ended;
}

int case_read_capture(struct pipeline *pipeline, int descriptor, uint64_t size, struct error *error)
{
	struct packet_source *source;
	struct error own = { 0 };
	struct reading reading = { pipeline, &own, pipeline->ids[CASE_SESSION] };
	struct pipeline_counters counters = { 0 };
	size_t first_announcement = pipeline->announcements.count;
	size_t first_body = pipeline->bodies.count;
	int result = packet_open(descriptor, pipeline->file, &source, error);

	if (result < 0)
		return result;
	result = case_detection(pipeline, error);
	if (result < 0) {
		packet_close(source);
		return result;
	}
	result = read_source(&reading, source, size, &counters);
	int linked = case_match_announcements(pipeline, first_announcement, error);
	if (linked == 0)
		linked = case_tell_downloads(pipeline, first_body, error);
	int emitted = case_emit(pipeline, json_pack("{s:s, s:s, s:s, s:I, s:n, s:I, s:o}", "type",
						    "input", "file", pipeline->file, "format",
						    "capture", "bytes", (json_int_t)size, "sha256",
						    "packets", (json_int_t)counters.packets,
						    "counters", case_counters(&counters)));
	if (emitted == 0)
		emitted = case_release(pipeline);
	if (own.code && error)
		*error = own;
	if (result == 0)
		result = linked;
	return result < 0 ? result : emitted;
}
