/* Captures: packets to conversations, what each one is, what shellcode and which executables it
 * carried.
 *
 * A control connection that announces another (FTP's PORT) usually closes after it, so the records
 * of conversations are held until the end of the capture, or until there are too many of them. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

#define HELD_LIMIT \
	10000 /* sessions held back; more are let go early, without their announcements */

struct reading {
	struct pipeline *pipeline;
	struct error *error;
	int64_t base; /* id of the session before this capture's first */
};

static void keep_session(struct reading *reading, const struct stream_session *session,
			 const struct stream_description *description, int64_t id, bool attack)
{
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

/* The conversation in the words of behaviour, as far as it belongs to an attack. */
static void tell_session(struct pipeline *pipeline, const struct stream_session *session,
			 const struct stream_description *description, bool attack)
{
	struct trace_sink sink = trace_log_sink(pipeline->wire);
	const struct stream_half *server = &session->half[STREAM_SERVER];
	char address[ADDRESS_TEXT_SIZE];

	address_text(&server->address, address);
	if (attack || description->target) {
		struct trace_event event = { .kind = TRACE_SESSION, .process = 1 };
		event.values[0] = trace_text(address);
		event.values[1] = trace_number(server->port);
		event.values[2] = trace_text(session->protocol == 6 ? "tcp" : "udp");
		event.values[3] = trace_text(description->protocol);
		event.values[4] = trace_text(description->target);
		trace_emit(&sink, &event);
	}
	if (strcmp(description->protocol, "shell") != 0)
		return;
	for (size_t i = 0; i < description->utterance_count; i++) {
		struct trace_event event = { .kind = TRACE_SHELL_COMMAND, .process = 1 };
		if (strcmp(description->utterances[i].what, "command") != 0)
			continue;
		event.values[0] = trace_text(description->utterances[i].text);
		trace_emit(&sink, &event);
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

/* A side that is nothing but one executable goes to the simulator whole, not to the search for raw
 * code. */
static bool is_all_executable(const struct stream_description *description, enum stream_side side)
{
	for (size_t i = 0; i < description->file_count; i++)
		if (description->files[i].sender == side && description->files[i].offset == 0 &&
		    strcmp(description->files[i].media, "pe") == 0)
			return true;
	return false;
}

static int search_sides(struct reading *reading, const struct stream_session *session,
			const struct stream_description *description, int64_t id, bool *attack)
{
	struct pipeline *pipeline = reading->pipeline;

	*attack = false;
	if (!(pipeline->options.stages & PIPELINE_SHELLCODE))
		return 0;
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++) {
		bool found;
		if (!session->half[side].data.length || is_all_executable(description, side))
			continue;
		int result = case_search(pipeline, session->half[side].data, 0, session, side, id,
					 &found, reading->error);
		if (result < 0)
			return result;
		*attack |= found;
	}
	return 0;
}

static int compare_ids(const void *left, const void *right)
{
	json_int_t a = json_integer_value(json_object_get(*(json_t *const *)left, "id"));
	json_int_t b = json_integer_value(json_object_get(*(json_t *const *)right, "id"));
	return (a > b) - (a < b);
}

/* Lets the held records go: conversations in the order of their first packets, then the shellcode.
 */
static int release(struct pipeline *pipeline)
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
	return result;
}

static int on_session(void *context, const struct stream_session *session)
{
	struct reading *reading = context;
	struct pipeline *pipeline = reading->pipeline;
	struct stream_description description;
	int64_t id = reading->base + (int64_t)session->number;
	bool attack;
	int described = stream_describe(session, &description);
	int result = 0;

	if (described == ERROR_MEMORY)
		result = error_set(reading->error, ERROR_MEMORY, pipeline->file,
				   "no memory to describe a conversation");
	if (result == 0)
		result = search_sides(reading, session, &description, id, &attack);
	if (result == 0) {
		keep_session(reading, session, &description, id, attack);
		case_note_said(pipeline, session, id);
		keep_announcements(pipeline, &description, id);
		tell_session(pipeline, session, &description, attack);
		result = take_files(reading, session, &description, id);
		json_t *record = case_session_record(session, &description, id, pipeline->file);
		if (record && described == ERROR_LIMIT)
			json_object_set_new(record, "cut", json_true());
		json_array_append_new(pipeline->held_sessions, record);
	}
	stream_description_fini(&description);
	if (id > pipeline->ids[CASE_SESSION])
		pipeline->ids[CASE_SESSION] = id;
	if (result == 0 && json_array_size(pipeline->held_sessions) >= HELD_LIMIT)
		result = release(pipeline);
	return result;
}

/* The conversation that an announcement speaks of: the first to that endpoint, not before the
 * announcing one. */
static struct case_session *announced(struct pipeline *pipeline,
				      const struct case_announcement *announcement,
				      double not_before)
{
	struct case_session *sessions = pipeline->sessions.items, *best = NULL;

	for (size_t i = 0; i < pipeline->sessions.count; i++) {
		struct case_session *session = &sessions[i];
		if (session->protocol != announcement->protocol || session->announced_by ||
		    session->server_port != announcement->port || session->first < not_before ||
		    !address_equal(&session->server, &announcement->address))
			continue;
		if (!best || session->first < best->first)
			best = session;
	}
	return best;
}

static void rename_bodies(struct pipeline *pipeline, int64_t session,
			  const struct case_announcement *announcement)
{
	struct case_body *bodies = pipeline->bodies.items;

	for (size_t i = 0; i < pipeline->bodies.count; i++) {
		if (bodies[i].session != session)
			continue;
		case_copy_text(bodies[i].carrier, sizeof bodies[i].carrier, announcement->purpose);
		if (announcement->name[0])
			case_copy_text(bodies[i].name, sizeof bodies[i].name, announcement->name);
	}
}

static void rename_record(struct pipeline *pipeline, int64_t session,
			  const struct case_announcement *announcement)
{
	size_t index;
	json_t *record;

	json_array_foreach(pipeline->held_sessions, index, record)
	{
		if (json_integer_value(json_object_get(record, "id")) != session)
			continue;
		json_object_set_new(record, "protocol", json_string(announcement->purpose));
		json_object_set_new(record, "announced_by", json_integer(announcement->session));
	}
}

static void match_announcements(struct pipeline *pipeline, size_t from)
{
	const struct case_announcement *announcements = pipeline->announcements.items;
	const struct case_session *sessions = pipeline->sessions.items;

	for (size_t i = from; i < pipeline->announcements.count; i++) {
		double not_before = 0;
		for (size_t j = 0; j < pipeline->sessions.count; j++)
			if (sessions[j].id == announcements[i].session)
				not_before = sessions[j].first;
		struct case_session *data = announced(pipeline, &announcements[i], not_before);
		if (!data)
			continue;
		data->announced_by = announcements[i].session;
		case_copy_text(data->speaks, sizeof data->speaks, announcements[i].purpose);
		rename_bodies(pipeline, data->id, &announcements[i]);
		rename_record(pipeline, data->id, &announcements[i]);
	}
}

/* An executable came from somewhere: that is a download, whoever asked for it. A file on an
 * announced connection is known by where it was asked for. */
static void tell_downloads(struct pipeline *pipeline, size_t from)
{
	const struct case_body *bodies = pipeline->bodies.items;
	struct trace_sink sink = trace_log_sink(pipeline->wire);

	for (size_t i = from; i < pipeline->bodies.count; i++) {
		const struct case_session *data = case_find_session(pipeline, bodies[i].session);
		const struct case_session *control =
			data ? case_find_session(pipeline, data->announced_by) : NULL;
		const struct address *server = control ? &control->server : &bodies[i].sender;
		const char *name = bodies[i].name[0] == '/' ? bodies[i].name + 1 : bodies[i].name;
		struct trace_event event = { .kind = TRACE_NET_DOWNLOAD, .process = 1 };
		char address[ADDRESS_TEXT_SIZE], url[320];
		snprintf(url, sizeof url, "%s://%s:%u/%s",
			 control ? control->speaks : bodies[i].carrier,
			 address_text(server, address),
			 (unsigned)(control ? control->server_port : bodies[i].sender_port), name);
		event.values[0] = trace_text(url);
		event.values[1] = trace_text(name);
		trace_emit(&sink, &event);
	}
}

static int read_packets(struct reading *reading, struct packet_source *source,
			struct stream_table *table, uint64_t size)
{
	struct pipeline *pipeline = reading->pipeline;
	struct packet packet;
	struct error damage = { 0 };
	uint64_t count = 0;
	int got, result = 0;

	while (result == 0 && (got = packet_next(source, &packet, &damage)) == 1) {
		result = stream_push(table, &packet);
		if (count++ % 4096 == 0)
			case_progress(pipeline, pipeline->file, packet_position(source), size);
	}
	if (result == 0)
		result = stream_flush(table);
	/* Damage at the end does not undo what was read before it. */
	if (result == 0 && damage.code) {
		*reading->error = damage;
		result = damage.code;
	} else if (result < 0 && !reading->error->code) {
		error_set(reading->error, result, pipeline->file,
			  "conversations cannot be rebuilt: %s",
			  result == ERROR_MEMORY ? "no memory" : "stopped");
	}
	return result;
}

static json_t *counters(struct packet_counters packets, struct stream_counters streams)
{
	json_t *object = json_object();

#define PUT_PACKET(name, meaning) \
	json_object_set_new(object, #name, json_integer((json_int_t)packets.name));
#define PUT_STREAM(name, meaning) \
	json_object_set_new(object, #name, json_integer((json_int_t)streams.name));
	PACKET_COUNTERS(PUT_PACKET)
	STREAM_COUNTERS(PUT_STREAM)
#undef PUT_PACKET
#undef PUT_STREAM
	return object;
}

int case_read_capture(struct pipeline *pipeline, int descriptor, uint64_t size, struct error *error)
{
	struct packet_source *source;
	struct error own = { 0 };
	struct reading reading = { pipeline, &own, pipeline->ids[CASE_SESSION] };
	struct stream_limits limits = stream_default_limits();
	size_t first_announcement = pipeline->announcements.count;
	size_t first_body = pipeline->bodies.count;
	int result = packet_open(descriptor, pipeline->file, &source, error);

	if (result < 0)
		return result;
	struct stream_table *table = stream_new(&limits, on_session, &reading);
	if (!table) {
		packet_close(source);
		return error_set(error, ERROR_MEMORY, pipeline->file,
				 "no memory for conversations");
	}
	result = read_packets(&reading, source, table, size);
	struct packet_counters packets = packet_counters(source);
	struct stream_counters streams = stream_counters(table);
	packet_close(source);
	stream_free(table);
	match_announcements(pipeline, first_announcement);
	tell_downloads(pipeline, first_body);
	int emitted = case_emit(pipeline, json_pack("{s:s, s:s, s:s, s:I, s:n, s:I, s:o}", "type",
						    "input", "file", pipeline->file, "format",
						    "capture", "bytes", (json_int_t)size, "sha256",
						    "packets", (json_int_t)packets.packets,
						    "counters", counters(packets, streams)));
	if (emitted == 0)
		emitted = release(pipeline);
	if (own.code && error)
		*error = own;
	return result < 0 ? result : emitted;
}
