/* Conversations that others announced: which one it was, what it is then called, and what came over
 * it. Every question is asked of a lookup, so that neither many announcements nor many
 * conversations make the other dear. */
#include "pipeline/case.h"

#include <stdio.h>
#include <string.h>

/* The lists of a case by what announcements know of them. */
struct links {
	struct lookup endpoints;		 /* conversations that nobody announced yet */
	struct lookup sessions, bodies, records; /* by number of the conversation */
};

static void links_fini(struct links *links)
{
	lookup_fini(&links->endpoints);
	lookup_fini(&links->sessions);
	lookup_fini(&links->bodies);
	lookup_fini(&links->records);
}

static struct lookup_key number(int64_t id)
{
	return (struct lookup_key){ .id = id };
}

int case_sessions_by_number(const struct pipeline *pipeline, struct lookup *lookup)
{
	const struct case_session *sessions = pipeline->sessions.items;
	int result = lookup_init(lookup, pipeline->sessions.count);

	for (size_t i = 0; i < pipeline->sessions.count && result == 0; i++) {
		struct lookup_key key = number(sessions[i].id);
		lookup_add(lookup, &key, 0, i);
	}
	if (result == 0)
		lookup_sort(lookup);
	return result;
}

struct case_session *case_find_session(const struct pipeline *pipeline, struct lookup *sessions,
				       int64_t id)
{
	struct lookup_key key = number(id);
	size_t found = lookup_first(sessions, &key, 0);

	return found == LOOKUP_NONE ? NULL
				    : (struct case_session *)pipeline->sessions.items +
					      lookup_position(sessions, found);
}

static int find_endpoints(const struct pipeline *pipeline, struct lookup *lookup)
{
	const struct case_session *sessions = pipeline->sessions.items;
	int result = lookup_init(lookup, pipeline->sessions.count);

	for (size_t i = 0; i < pipeline->sessions.count && result == 0; i++) {
		struct lookup_key key = { .server = sessions[i].server,
					  .port = sessions[i].server_port,
					  .protocol = sessions[i].protocol };
		if (!sessions[i].announced_by)
			lookup_add(lookup, &key, case_moment(sessions[i].first), i);
	}
	if (result == 0)
		lookup_sort(lookup);
	return result;
}

static int find_bodies(const struct pipeline *pipeline, struct lookup *lookup)
{
	const struct case_body *bodies = pipeline->bodies.items;
	int result = lookup_init(lookup, pipeline->bodies.count);

	for (size_t i = 0; i < pipeline->bodies.count && result == 0; i++) {
		struct lookup_key key = number(bodies[i].session);
		lookup_add(lookup, &key, 0, i);
	}
	if (result == 0)
		lookup_sort(lookup);
	return result;
}

int case_records_by_number(const json_t *records, struct lookup *lookup)
{
	int result = lookup_init(lookup, json_array_size(records));

	for (size_t i = 0; i < json_array_size(records) && result == 0; i++) {
		const json_t *id = json_object_get(json_array_get(records, i), "id");
		struct lookup_key key = number(json_integer_value(id));
		lookup_add(lookup, &key, 0, i);
	}
	if (result == 0)
		lookup_sort(lookup);
	return result;
}

json_t *case_find_record(const json_t *records, struct lookup *lookup, int64_t id)
{
	struct lookup_key key = number(id);
	size_t found = lookup_first(lookup, &key, 0);

	return found == LOOKUP_NONE ? NULL
				    : json_array_get(records, lookup_position(lookup, found));
}

/* The conversation that an announcement speaks of: the first to that endpoint, not before the
 * announcing one. */
static struct case_session *announced(struct pipeline *pipeline, struct links *links,
				      const struct case_announcement *announcement)
{
	const struct case_session *control =
		case_find_session(pipeline, &links->sessions, announcement->session);
	struct lookup_key key = { .server = announcement->address,
				  .port = announcement->port,
				  .protocol = announcement->protocol };
	size_t found =
		lookup_first(&links->endpoints, &key, control ? case_moment(control->first) : 0);

	if (found == LOOKUP_NONE)
		return NULL;
	lookup_take(&links->endpoints, found);
	return (struct case_session *)pipeline->sessions.items +
	       lookup_position(&links->endpoints, found);
}

static void rename_bodies(struct pipeline *pipeline, struct links *links, int64_t session,
			  const struct case_announcement *announcement)
{
	struct case_body *bodies = pipeline->bodies.items;
	struct lookup_key key = number(session);

	for (size_t found = lookup_first(&links->bodies, &key, 0); found != LOOKUP_NONE;
	     found = lookup_next(&links->bodies, found)) {
		struct case_body *body = &bodies[lookup_position(&links->bodies, found)];
		case_copy_text(body->carrier, sizeof body->carrier, announcement->purpose);
		if (announcement->name[0])
			case_copy_text(body->name, sizeof body->name, announcement->name);
	}
}

static void rename_record(struct pipeline *pipeline, struct links *links, int64_t session,
			  const struct case_announcement *announcement)
{
	json_t *record = case_find_record(pipeline->held_sessions, &links->records, session);

	if (!record)
		return;
	json_object_set_new(record, "protocol", json_string(announcement->purpose));
	json_object_set_new(record, "announced_by", json_integer(announcement->session));
}

static int links_init(struct links *links, const struct pipeline *pipeline)
{
	*links = (struct links){ 0 };
	int result = find_endpoints(pipeline, &links->endpoints);
	if (result == 0)
		result = case_sessions_by_number(pipeline, &links->sessions);
	if (result == 0)
		result = find_bodies(pipeline, &links->bodies);
	if (result == 0)
		result = case_records_by_number(pipeline->held_sessions, &links->records);
	return result;
}

int case_match_announcements(struct pipeline *pipeline, size_t from, struct error *error)
{
	const struct case_announcement *announcements = pipeline->announcements.items;
	struct links links;

	if (from == pipeline->announcements.count)
		return 0;
	if (links_init(&links, pipeline) < 0) {
		links_fini(&links);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for announcements");
	}
	for (size_t i = from; i < pipeline->announcements.count; i++) {
		struct case_session *data = announced(pipeline, &links, &announcements[i]);
		if (!data)
			continue;
		data->announced_by = announcements[i].session;
		case_copy_text(data->speaks, sizeof data->speaks, announcements[i].purpose);
		rename_bodies(pipeline, &links, data->id, &announcements[i]);
		rename_record(pipeline, &links, data->id, &announcements[i]);
	}
	pipeline->link_steps += links.endpoints.steps + links.sessions.steps + links.bodies.steps +
				links.records.steps;
	links_fini(&links);
	return 0;
}

static void tell_download(struct pipeline *pipeline, struct lookup *sessions,
			  const struct case_body *body)
{
	struct trace_sink sink = trace_log_sink(pipeline->wire);
	const struct case_session *data = case_find_session(pipeline, sessions, body->session);
	const struct case_session *control =
		data ? case_find_session(pipeline, sessions, data->announced_by) : NULL;
	const struct address *server = control ? &control->server : &body->sender;
	const char *name = body->name[0] == '/' ? body->name + 1 : body->name;
	struct trace_event event = { .kind = TRACE_NET_DOWNLOAD, .process = 1 };
	char address[ADDRESS_TEXT_SIZE], url[320];

	snprintf(url, sizeof url, "%s://%s:%u/%s", control ? control->speaks : body->carrier,
		 address_text(server, address),
		 (unsigned)(control ? control->server_port : body->sender_port), name);
	event.values[0] = trace_text(url);
	event.values[1] = trace_text(name);
	trace_emit(&sink, &event);
}

int case_tell_downloads(struct pipeline *pipeline, size_t from, struct error *error)
{
	const struct case_body *bodies = pipeline->bodies.items;
	struct lookup sessions;

	if (from == pipeline->bodies.count)
		return 0;
	if (case_sessions_by_number(pipeline, &sessions) < 0)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for downloads");
	for (size_t i = from; i < pipeline->bodies.count; i++)
		tell_download(pipeline, &sessions, &bodies[i]);
	pipeline->link_steps += sessions.steps;
	lookup_fini(&sessions);
	return 0;
}
