/* C structs as the records of docs/records.md. */
#include "pipeline/case.h"

#include <string.h>

double case_seconds(uint64_t time_ns)
{
	return (double)(time_ns / 1000) / 1e6;
}

uint64_t case_moment(double seconds)
{
	return (uint64_t)(seconds * 1e6 + 0.5) * 1000;
}

/* JSON text must be UTF-8; what came from the wire need not be. */
json_t *case_text(const char *text, size_t length)
{
	json_t *value = json_stringn(text, length);

	if (value || length == 0)
		return value ? value : json_string("");
	char safe[1025];
	size_t kept = 0;
	for (size_t i = 0; i < length && kept < sizeof safe - 1; i++)
		safe[kept++] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
	return json_stringn(safe, kept);
}

json_t *case_counters(const struct pipeline_counters *counters)
{
	json_t *object = json_object();

#define PUT(name, meaning) \
	json_object_set_new(object, #name, json_integer((json_int_t)counters->name));
	PIPELINE_COUNTERS(PUT)
#undef PUT
	return object;
}

static const char *end_name(enum stream_end end)
{
	static const char *const names[] = { [STREAM_END_FIN] = "fin",
					     [STREAM_END_RST] = "rst",
					     [STREAM_END_TIMEOUT] = "timeout",
					     [STREAM_END_CAPTURE] = "capture",
					     [STREAM_END_LIMIT] = "limit" };
	return names[end];
}

static const char *side_name(enum stream_side side)
{
	return side == STREAM_CLIENT ? "client" : "server";
}

static void put_endpoints(json_t *object, const struct stream_session *session)
{
	const struct stream_half *client = &session->half[STREAM_CLIENT];
	const struct stream_half *server = &session->half[STREAM_SERVER];
	char text[ADDRESS_TEXT_SIZE];

	json_object_set_new(object, "src", json_string(address_text(&client->address, text)));
	json_object_set_new(object, "sport", json_integer(client->port));
	json_object_set_new(object, "dst", json_string(address_text(&server->address, text)));
	json_object_set_new(object, "dport", json_integer(server->port));
	json_object_set_new(object, "proto", json_string(session->protocol == 6 ? "tcp" : "udp"));
}

json_t *case_flow(const struct stream_session *session)
{
	json_t *flow = json_object();

	if (flow)
		put_endpoints(flow, session);
	return flow;
}

static json_t *deviations(const struct stream_description *description)
{
	json_t *list = json_array();

	for (size_t i = 0; i < description->deviation_count; i++) {
		const struct stream_deviation *deviation = &description->deviations[i];
		json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "side",
						      side_name(deviation->side), "offset",
						      (json_int_t)deviation->offset, "what",
						      deviation->what));
	}
	return list;
}

static json_t *said(const struct stream_description *description)
{
	json_t *list = json_array();

	for (size_t i = 0; i < description->utterance_count; i++) {
		const struct stream_utterance *utterance = &description->utterances[i];
		json_array_append_new(
			list,
			json_pack("{s:s, s:f, s:s, s:o}", "side", side_name(utterance->side),
				  "time", case_seconds(utterance->time_ns), "what", utterance->what,
				  "text", case_text(utterance->text, strlen(utterance->text))));
	}
	return list;
}

json_t *case_session_record(const struct stream_session *session,
			    const struct stream_description *description, int64_t id,
			    const char *file)
{
	const struct stream_half *client = &session->half[STREAM_CLIENT];
	const struct stream_half *server = &session->half[STREAM_SERVER];
	json_t *record =
		json_pack("{s:s, s:I, s:s}", "type", "session", "id", (json_int_t)id, "file", file);

	if (!record)
		return NULL;
	put_endpoints(record, session);
	json_object_set_new(record, "first", json_real(case_seconds(session->first_ns)));
	json_object_set_new(record, "last", json_real(case_seconds(session->last_ns)));
	json_object_set_new(record, "end", json_string(end_name(session->end)));
	json_object_set_new(record, "bytes_to_server",
			    json_integer((json_int_t)(client->data.length + client->beyond_limit)));
	json_object_set_new(record, "bytes_to_client",
			    json_integer((json_int_t)(server->data.length + server->beyond_limit)));
	json_object_set_new(record, "packets",
			    json_integer((json_int_t)client->packets + server->packets));
	json_object_set_new(record, "lost",
			    json_integer((json_int_t)(client->lost + server->lost)));
	json_object_set_new(record, "protocol", json_string(description->protocol));
	json_object_set_new(record, "conforms",
			    description->conformance == STREAM_UNJUDGED
				    ? json_null()
				    : json_boolean(description->conformance == STREAM_CONFORMS));
	json_object_set_new(record, "deviations", deviations(description));
	json_object_set_new(record, "target",
			    description->target ? json_string(description->target) : json_null());
	json_object_set_new(record, "said", said(description));
	return record;
}

static json_t *files(const struct stream_description *description)
{
	char digest[DIGEST_TEXT_SIZE];
	json_t *list = json_array();

	for (size_t i = 0; i < description->file_count; i++) {
		const struct stream_file *file = &description->files[i];
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:s, s:s, s:I, s:s, s:b}", "side",
						side_name(file->sender), "name",
						case_text(file->name, strlen(file->name)),
						"carrier", file->carrier, "media", file->media,
						"bytes", (json_int_t)file->content.length, "sha256",
						digest_text(file->content, digest), "complete",
						file->complete));
	}
	return list;
}

void case_session_detail(json_t *record, const struct detection_job *job)
{
	const struct stream_half *half = job->session->half;

	json_object_set_new(record, "packets_to_server",
			    json_integer((json_int_t)half[STREAM_CLIENT].packets));
	json_object_set_new(record, "packets_to_client",
			    json_integer((json_int_t)half[STREAM_SERVER].packets));
	json_object_set_new(
		record, "attack",
		json_boolean(job->side[STREAM_CLIENT].count + job->side[STREAM_SERVER].count > 0));
	json_object_set_new(record, "files", files(&job->description));
}

/* "T1210, T1595" as a list. */
static json_t *identifiers(const char *joined)
{
	json_t *list = json_array();

	while (joined && *joined) {
		size_t length = strcspn(joined, ",");
		json_array_append_new(list, json_stringn(joined, length));
		joined += length + strspn(joined + length, ", ");
	}
	return list;
}

static const char *or_nothing(const char *text)
{
	return text ? text : "";
}

/* Candidates of scenarios have few texts: what is NULL is "", and a share without a basis is not
 * known. */
json_t *case_remedy_record(const struct remedy_candidate *candidate, int64_t id)
{
	json_t *rules = json_array();
	bool estimated = candidate->collateral_basis && *candidate->collateral_basis;

	for (size_t i = 0; i < candidate->rule_count; i++)
		json_array_append_new(rules, json_pack("{s:s, s:s, s:s}", "format",
						       candidate->rules[i].format, "text",
						       candidate->rules[i].text, "undo",
						       or_nothing(candidate->rules[i].undo)));
	json_t *record = json_pack(
		"{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:s, s:o, s:o}", "type",
		"remedy", "id", (json_int_t)id, "name", candidate->name, "title", candidate->title,
		"why", candidate->why, "effect", remedy_effect_name(candidate->effect), "place",
		remedy_place_name(candidate->place), "at", remedy_device_name(candidate->device),
		"pass", candidate->pass, "share", candidate->share, "delay",
		candidate->delay_seconds, "collateral", or_nothing(candidate->collateral),
		"collateral_share",
		estimated ? json_real(candidate->collateral_share) : json_null(),
		"collateral_basis",
		estimated ? json_string(candidate->collateral_basis) : json_null());
	json_object_set_new(record, "reaction",
			    candidate->reaction_seconds > 0 ? json_real(candidate->reaction_seconds)
							    : json_null());
	json_object_set_new(record, "limits", json_string(or_nothing(candidate->limits)));
	json_object_set_new(record, "undo", json_string(or_nothing(candidate->undo)));
	json_object_set_new(record, "attack", identifiers(candidate->attack));
	json_object_set_new(record, "defend", identifiers(candidate->defend));
	json_object_set_new(record, "rules", rules);
	return record;
}

int case_give(const struct pipeline_sink *sink, json_t *record, struct error *error)
{
	if (!record)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for a record");
	int result = sink->record(sink->context, record);
	json_decref(record);
	return result < 0 ? error_set(error, result, NULL, "the results cannot be delivered") : 0;
}
