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

enum {
	SAID_LIMIT = 64 << 10, /* kept of each side */
	CODE_LIMIT = 1 << 20,  /* longest side that is searched again */
	KEPT_LIMIT = 32 << 20, /* of all conversations of a capture */
	FINDINGS = 16
};

struct case_said {
	int64_t session;
	struct address client, server;
	uint16_t client_port, server_port;
	uint64_t first_ns;
	uint8_t *bytes[STREAM_SIDES];
	size_t length[STREAM_SIDES];
};

struct case_code {
	int64_t id, session;
	enum stream_side side;
	struct address victim;
	uint64_t first_ns;
	char kind[17];
	uint64_t offset;
	uint8_t *bytes;	      /* everything that side said */
	size_t length, after; /* what it said when the code had been sent begins here */
};

static uint8_t *copy(struct pipeline *pipeline, struct bytes bytes)
{
	uint8_t *kept;

	if (bytes.length == 0 || pipeline->followup_bytes + bytes.length > KEPT_LIMIT)
		return NULL;
	kept = malloc(bytes.length);
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
}

/* Does the conversation serve what the action asks for? *side is who talks to the code. */
static bool serves(const struct case_said *said, const struct case_code *code, const json_t *action,
		   enum stream_side *side)
{
	const char *name = json_string_value(json_object_get(action, "action"));
	const char *where = json_string_value(json_object_get(action, "address"));
	json_int_t port = json_integer_value(json_object_get(action, "port"));
	struct address server;

	if (!name || said->server_port != port || said->session == code->session ||
	    said->first_ns < code->first_ns)
		return false;
	*side = strcmp(name, "bind") == 0 ? STREAM_CLIENT : STREAM_SERVER;
	if (*side == STREAM_CLIENT)
		return address_equal(&said->server, &code->victim);
	return strcmp(name, "connect") == 0 && where && address_parse(where, &server) == 0 &&
	       address_equal(&said->server, &server) && address_equal(&said->client, &code->victim);
}

static struct bytes told(const struct pipeline *pipeline, const struct case_code *code,
			 const json_t *actions)
{
	const struct case_said *said = pipeline->said.items, *best = NULL;
	enum stream_side side, best_side = STREAM_CLIENT;
	bool elsewhere = false; /* it talks over connections of its own */
	const json_t *action;
	size_t index;

	json_array_foreach(actions, index, action)
	{
		const char *name = json_string_value(json_object_get(action, "action"));
		elsewhere |= name && (strcmp(name, "bind") == 0 || strcmp(name, "connect") == 0);
		for (size_t i = 0; i < pipeline->said.count; i++)
			if (serves(&said[i], code, action, &side) &&
			    (!best || said[i].first_ns < best->first_ns)) {
				best = &said[i];
				best_side = side;
			}
	}
	if (best)
		return (struct bytes){ best->bytes[best_side], best->length[best_side] };
	if (elsewhere)
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

static int run_again(struct pipeline *pipeline, const struct case_code *code, json_t *record,
		     struct bytes follow_up, struct error *error)
{
	struct shellcode_finding findings[FINDINGS];
	int count = shellcode_scan(pipeline->detector, (struct bytes){ code->bytes, code->length },
				   follow_up, findings, FINDINGS, NULL, error);

	for (int i = 0; i < count; i++) {
		if (findings[i].offset == code->offset && strcmp(findings[i].kind, code->kind) == 0)
			complete(record, &findings[i]);
		shellcode_finding_fini(&findings[i]);
	}
	return count < 0 ? count : 0;
}

static json_t *record_of(const struct pipeline *pipeline, int64_t id)
{
	json_t *record;
	size_t index;

	json_array_foreach(pipeline->held_shellcodes, index, record)
	{
		if (json_integer_value(json_object_get(record, "id")) == id)
			return record;
	}
	return NULL;
}

int case_follow_up(struct pipeline *pipeline, struct error *error)
{
	const struct case_code *codes = pipeline->codes.items;
	int result = 0;

	for (size_t i = 0; i < pipeline->codes.count && result == 0; i++) {
		json_t *record = record_of(pipeline, codes[i].id);
		struct bytes follow_up = { NULL, 0 };
		if (record && codes[i].bytes)
			follow_up = told(pipeline, &codes[i], json_object_get(record, "actions"));
		if (follow_up.length)
			result = run_again(pipeline, &codes[i], record, follow_up, error);
	}
	case_forget_said(pipeline);
	return result;
}

void case_forget_said(struct pipeline *pipeline)
{
	struct case_said *said = pipeline->said.items;
	struct case_code *codes = pipeline->codes.items;

	for (size_t i = 0; i < pipeline->said.count; i++)
		for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++)
			free(said[i].bytes[side]);
	for (size_t i = 0; i < pipeline->codes.count; i++)
		free(codes[i].bytes);
	pipeline->said.count = pipeline->codes.count = 0;
	pipeline->followup_bytes = 0;
}
