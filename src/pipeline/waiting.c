/* Code in live traffic that may hear more: what it was sent in goes on, or it opens a port or
 * connects somewhere and nobody was seen there yet. Its record has gone out at once; when more is
 * said, the code is run again with it, and if it then does more the record goes out once more, with
 * the same number and "completed".
 *
 * At most WAITING_MOST pieces of code and WAITING_BYTES wait, each for WAITING_NS of the traffic's
 * time; the oldest go first. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_NS UINT64_C(300000000000) /* as long as a silent conversation is kept */

enum { WAITING_MOST = 256, WAITING_BYTES = 16 << 20, HEARD_MOST = 64 << 10 };

struct case_waiting {
	struct case_code code; /* owns its bytes */
	json_t *record;
	size_t heard; /* bytes that it was run with last */
};

static void drop(struct pipeline *pipeline, size_t index)
{
	struct case_waiting *waiting = pipeline->waiting.items;

	free(waiting[index].code.bytes);
	json_decref(waiting[index].record);
	pipeline->waiting.count--;
	memmove(&waiting[index], &waiting[index + 1],
		(pipeline->waiting.count - index) * sizeof *waiting);
}

static size_t bytes_waiting(const struct pipeline *pipeline)
{
	const struct case_waiting *waiting = pipeline->waiting.items;
	size_t sum = 0;

	for (size_t i = 0; i < pipeline->waiting.count; i++)
		sum += waiting[i].code.length;
	return sum;
}

void case_keep_waiting(struct pipeline *pipeline, const struct case_code *code, json_t *record,
		       size_t heard)
{
	uint8_t *bytes = malloc(code->length);

	pipeline->waiting.limit = WAITING_MOST;
	while (pipeline->waiting.count && (pipeline->waiting.count == WAITING_MOST ||
					   bytes_waiting(pipeline) + code->length > WAITING_BYTES))
		drop(pipeline, 0);
	struct case_waiting *waiting =
		bytes ? case_list_add(&pipeline->waiting, sizeof *waiting) : NULL;
	if (!waiting) {
		free(bytes);
		return;
	}
	waiting->code = *code;
	waiting->code.bytes = memcpy(bytes, code->bytes, code->length);
	waiting->record = json_incref(record);
	waiting->heard = heard;
}

void case_forget_waiting(struct pipeline *pipeline)
{
	while (pipeline->waiting.count)
		drop(pipeline, pipeline->waiting.count - 1);
}

/* Does the conversation serve what the code asks for with an action? *side is who talks to it. */
static bool serves(const struct stream_session *session, const struct case_code *code,
		   const json_t *action, enum stream_side *side)
{
	const char *name = json_string_value(json_object_get(action, "action"));
	const char *where = json_string_value(json_object_get(action, "address"));
	const struct stream_half *server = &session->half[STREAM_SERVER];
	struct address address;

	if (!name || json_integer_value(json_object_get(action, "port")) != server->port ||
	    session->first_ns < code->first_ns)
		return false;
	*side = strcmp(name, "bind") == 0 ? STREAM_CLIENT : STREAM_SERVER;
	if (*side == STREAM_CLIENT)
		return address_equal(&server->address, &code->victim);
	return strcmp(name, "connect") == 0 && where && address_parse(where, &address) == 0 &&
	       address_equal(&server->address, &address) &&
	       address_equal(&session->half[STREAM_CLIENT].address, &code->victim);
}

/* What is said in that side from the place on, if its beginning is there. */
static struct bytes said_from(const struct stream_half *half, uint64_t place)
{
	if (half->skipped > place)
		return (struct bytes){ NULL, 0 };
	return bytes_slice(half->data, (size_t)(place - half->skipped), HEARD_MOST);
}

/* What the conversation tells the code; nothing where it is none of its business. */
static struct bytes heard_by(const struct case_waiting *waiting,
			     const struct stream_session *session, int64_t id)
{
	const struct case_code *code = &waiting->code;
	const json_t *actions = json_object_get(waiting->record, "actions"), *action;
	enum stream_side side;
	size_t index;

	if (id == code->session)
		return case_is_elsewhere(actions)
			       ? (struct bytes){ NULL, 0 }
			       : said_from(&session->half[code->side], code->skipped + code->after);
	json_array_foreach(actions, index, action)
	{
		if (serves(session, code, action, &side))
			return said_from(&session->half[side], 0);
	}
	return (struct bytes){ NULL, 0 };
}

static int tell_more(struct pipeline *pipeline, struct case_waiting *waiting, struct bytes heard,
		     struct error *error)
{
	bool more = false;
	int result = case_run_again(pipeline, &waiting->code, waiting->record, heard, &more, error);

	waiting->heard = heard.length;
	if (result < 0 || !more)
		return result;
	json_object_set_new(waiting->record, "completed", json_true());
	return case_emit(pipeline, json_incref(waiting->record));
}

int case_tell_more(struct pipeline *pipeline, const struct stream_session *session, int64_t id,
		   struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < pipeline->waiting.count && result == 0;) {
		struct case_waiting *waiting = (struct case_waiting *)pipeline->waiting.items + i;
		if (session->last_ns > waiting->code.last_ns + WAITING_NS) {
			drop(pipeline, i);
			continue;
		}
		struct bytes heard = heard_by(waiting, session, id);
		if (session->protocol == 6 && heard.length > waiting->heard)
			result = tell_more(pipeline, waiting, heard, error);
		i++;
	}
	return result;
}
