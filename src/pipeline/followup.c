/* What the code is told once it runs: on the connection to the port that it opened, or from the
 * server that it connected to; otherwise what the same sender said after it in the same
 * conversation. The code is run again with that, and its record completed.
 *
 * Conversations are searched when they end, in any order, so the beginnings of all of them and what
 * carried code are kept until the end of the capture, up to a limit; beyond it records stay as they
 * are. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	SAID_LIMIT = 64 << 10, /* kept of each side */
	CODE_LIMIT = 1 << 20,  /* longest side that is searched again */
	KEPT_LIMIT = 32 << 20, /* of all conversations of a capture */
	ROOM = 2 << 20,	       /* of one block: a large page */
	FINDINGS = 16
};

/* What is kept lies in large blocks one behind the other, all freed at once: it is copied from
 * every conversation, and asking the system for each page would cost more than the copying. */
struct case_room {
	struct case_room *before;
	size_t used;
	uint8_t bytes[];
};

static uint8_t *take_room(struct pipeline *pipeline, size_t length)
{
	struct case_room *room = pipeline->followup_room;

	if (!room || ROOM - sizeof *room - room->used < length) {
		room = aligned_alloc(ROOM, ROOM);
		if (!room)
			return NULL;
		if (pipeline->followup_room) /* a short capture needs no large pages */
			madvise(room, ROOM, MADV_HUGEPAGE);
		room->before = pipeline->followup_room;
		room->used = 0;
		pipeline->followup_room = room;
	}
	room->used += length;
	return room->bytes + room->used - length;
}

static uint8_t *copy(struct pipeline *pipeline, struct bytes bytes)
{
	uint8_t *kept;

	if (bytes.length == 0 || pipeline->followup_bytes + bytes.length > KEPT_LIMIT)
		return NULL;
	kept = take_room(pipeline, bytes.length);
	if (!kept)
		return NULL;
	memcpy(kept, bytes.data, bytes.length);
	pipeline->followup_bytes += bytes.length;
	return kept;
}

void case_note_said(struct pipeline *pipeline, const struct stream_session *session, int64_t id)
{
	struct case_said *said;

	if (session->protocol != 6 || !(pipeline->options.stages & PIPELINE_SHELLCODE))
		return;
	said = case_list_add(&pipeline->said, sizeof *said);
	if (!said)
		return;
	said->session = id;
	said->client = session->half[STREAM_CLIENT].address;
	said->server = session->half[STREAM_SERVER].address;
	said->client_port = session->half[STREAM_CLIENT].port;
	said->server_port = session->half[STREAM_SERVER].port;
	said->first_ns = session->first_ns;
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++) {
		struct bytes bytes = bytes_slice(session->half[side].data, 0, SAID_LIMIT);
		said->bytes[side] = copy(pipeline, bytes);
		said->length[side] = said->bytes[side] ? bytes.length : 0;
	}
}

/* Where the packet with that byte ends. */
static size_t message_end(const struct stream_half *half, uint64_t offset)
{
	for (size_t i = 0; i < half->segment_count; i++) {
		const struct stream_segment *segment = &half->segments[i];
		if (offset < segment->offset + segment->length)
			return segment->offset + segment->length;
	}
	return half->data.length;
}

void case_note_code(struct pipeline *pipeline, const struct shellcode_finding *finding, int64_t id,
		    const struct stream_session *session, enum stream_side side, int64_t session_id)
{
	const struct stream_half *half = &session->half[side];
	struct case_code *code;

	if (half->data.length > CODE_LIMIT)
		return;
	code = case_list_add(&pipeline->codes, sizeof *code);
	if (!code)
		return;
	code->id = id;
	code->session = session_id;
	code->side = side;
	code->victim = session->half[!side].address;
	code->first_ns = session->first_ns;
	memcpy(code->kind, finding->kind, sizeof code->kind);
	code->offset = finding->offset;
	code->bytes = copy(pipeline, half->data);
	code->length = code->bytes ? half->data.length : 0;
	code->after = message_end(half, finding->offset);
	code->skipped = half->skipped;
	code->last_ns = session->last_ns;
	code->goes_on = session->part;
}

/* Conversations by whom they served, and by whom they served for whom. */
struct served {
	struct lookup any, one;
	struct lookup records; /* held ones, by number */
};

static void served_fini(struct served *served)
{
	lookup_fini(&served->any);
	lookup_fini(&served->one);
	lookup_fini(&served->records);
}

static int served_init(struct served *served, const struct pipeline *pipeline)
{
	const struct case_said *said = pipeline->said.items;

	*served = (struct served){ 0 };
	int result = lookup_init(&served->any, pipeline->said.count);
	if (result == 0)
		result = lookup_init(&served->one, pipeline->said.count);
	for (size_t i = 0; i < pipeline->said.count && result == 0; i++) {
		struct lookup_key key = { .server = said[i].server, .port = said[i].server_port };
		lookup_add(&served->any, &key, said[i].first_ns, i);
		key.client = said[i].client;
		lookup_add(&served->one, &key, said[i].first_ns, i);
	}
	if (result < 0)
		return result;
	lookup_sort(&served->any);
	lookup_sort(&served->one);
	return case_records_by_number(pipeline->held_shellcodes, &served->records);
}

/* The first conversation, not before the code's and another, that serves what the action asks for;
 * *side is who talks to the code. */
static const struct case_said *serving(const struct pipeline *pipeline, struct served *served,
				       const struct case_code *code, const json_t *action,
				       enum stream_side *side)
{
	const struct case_said *said = pipeline->said.items;
	const char *name = json_string_value(json_object_get(action, "action"));
	const char *where = json_string_value(json_object_get(action, "address"));
	json_int_t port = json_integer_value(json_object_get(action, "port"));
	bool binds = name && strcmp(name, "bind") == 0;
	struct lookup *lookup = binds ? &served->any : &served->one;
	struct lookup_key key = { .server = code->victim, .port = (uint16_t)port };

	*side = binds ? STREAM_CLIENT : STREAM_SERVER;
	if (port < 0 || port > UINT16_MAX)
		return NULL;
	if (!binds) {
		if (!name || strcmp(name, "connect") != 0 || !where ||
		    address_parse(where, &key.server) < 0)
			return NULL;
		key.client = code->victim;
	}
	size_t found = lookup_first(lookup, &key, code->first_ns);
	if (found != LOOKUP_NONE && said[lookup_position(lookup, found)].session == code->session)
		found = lookup_next(lookup, found);
	return found == LOOKUP_NONE ? NULL : &said[lookup_position(lookup, found)];
}

bool case_is_elsewhere(const json_t *actions)
{
	const json_t *action;
	size_t index;

	json_array_foreach(actions, index, action)
	{
		const char *name = json_string_value(json_object_get(action, "action"));
		if (name && (strcmp(name, "bind") == 0 || strcmp(name, "connect") == 0))
			return true;
	}
	return false;
}

static struct bytes told(const struct pipeline *pipeline, struct served *served,
			 const struct case_code *code, const json_t *actions)
{
	const struct case_said *best = NULL;
	enum stream_side side, best_side = STREAM_CLIENT;
	const json_t *action;
	size_t index;

	json_array_foreach(actions, index, action)
	{
		const struct case_said *said = serving(pipeline, served, code, action, &side);
		if (!said || (best && said->first_ns >= best->first_ns))
			continue;
		best = said;
		best_side = side;
	}
	if (best)
		return (struct bytes){ best->bytes[best_side], best->length[best_side] };
	if (case_is_elsewhere(actions))
		return (struct bytes){ NULL, 0 };
	return bytes_slice((struct bytes){ code->bytes, code->length }, code->after, SAID_LIMIT);
}

static void complete(json_t *record, const struct shellcode_finding *finding)
{
	json_object_set(record, "actions", finding->actions);
	json_object_set_new(record, "instructions",
			    json_integer((json_int_t)finding->instructions));
	json_object_set_new(record, "end", json_string(finding->end));
	if (finding->listing)
		json_object_set(record, "listing", finding->listing);
}

int case_run_again(struct pipeline *pipeline, const struct case_code *code, json_t *record,
		   struct bytes follow_up, bool *more, struct error *error)
{
	struct shellcode_finding findings[FINDINGS];
	int count = shellcode_scan(pipeline->detector, (struct bytes){ code->bytes, code->length },
				   follow_up, findings, FINDINGS, NULL, error);

	for (int i = 0; i < count; i++) {
		if (findings[i].offset == code->offset &&
		    strcmp(findings[i].kind, code->kind) == 0) {
			*more |= !json_equal(findings[i].actions,
					     json_object_get(record, "actions"));
			complete(record, &findings[i]);
		}
		shellcode_finding_fini(&findings[i]);
	}
	return count < 0 ? count : 0;
}

static int follow_up(struct pipeline *pipeline, struct served *served, struct case_code *code,
		     struct error *error)
{
	json_t *record = case_find_record(pipeline->held_shellcodes, &served->records, code->id);
	struct bytes heard = { NULL, 0 };
	bool more = false;
	int result = 0;

	if (!record || !code->bytes)
		return 0;
	heard = told(pipeline, served, code, json_object_get(record, "actions"));
	if (heard.length)
		result = case_run_again(pipeline, code, record, heard, &more, error);
	bool asks = case_is_elsewhere(json_object_get(record, "actions"));
	if (pipeline->patient && (code->goes_on || (asks && heard.length == 0)))
		case_keep_waiting(pipeline, code, record, heard.length);
	return result;
}

int case_follow_up(struct pipeline *pipeline, struct error *error)
{
	struct case_code *codes = pipeline->codes.items;
	struct served served;
	int result = 0;

	if (pipeline->codes.count && served_init(&served, pipeline) < 0) {
		served_fini(&served);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for what was said");
	}
	for (size_t i = 0; i < pipeline->codes.count && result == 0; i++)
		result = follow_up(pipeline, &served, &codes[i], error);
	if (pipeline->codes.count) {
		pipeline->link_steps += served.any.steps + served.one.steps + served.records.steps;
		served_fini(&served);
	}
	case_forget_said(pipeline);
	return result;
}

void case_forget_said(struct pipeline *pipeline)
{
	while (pipeline->followup_room) {
		struct case_room *room = pipeline->followup_room;
		pipeline->followup_room = room->before;
		free(room);
	}
	pipeline->said.count = pipeline->codes.count = 0;
	pipeline->followup_bytes = 0;
}
