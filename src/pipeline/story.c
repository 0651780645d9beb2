/* The story of a case: which conversation followed from which, as steps of the attack's path.
 *
 * A step begins with shellcode on the wire. What the shellcode wanted (a port opened, a connection
 * back, a URL) names the conversations that follow; what was said there (commands, an FTP session,
 * a file) names the next. Steps are told in the order of time; links are by address, port and time
 * only. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

#define ATTACKERS_TOLD 8 /* with one kind of shellcode against one service; more are counted */

struct telling {
	struct pipeline *pipeline;
	json_t *steps, *told;		  /* an array, and the names of those in it */
	json_t *attacks;		  /* kind and service: attackers (below) */
	struct lookup sessions;		  /* by number */
	struct lookup from_any, from_one; /* by whom they served, and for whom */
};

static json_t *id_or_null(int64_t id)
{
	return id ? json_integer(id) : json_null();
}

static json_t *host(const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	return address && address->family ? json_string(address_text(address, text)) : json_null();
}

/* Adds a step unless the same thing about the same conversation has been told; the step, borrowed,
 * or NULL. */
static json_t *tell(struct telling *telling, double time, const struct address *from,
		    const struct address *to, const char *what, int64_t session, int64_t shellcode,
		    int64_t sample, const char *format, ...) PRINTF_LIKE(9, 10);

static json_t *tell(struct telling *telling, double time, const struct address *from,
		    const struct address *to, const char *what, int64_t session, int64_t shellcode,
		    int64_t sample, const char *format, ...)
{
	char title[512], key[600];
	va_list list;

	va_start(list, format);
	vsnprintf(title, sizeof title, format, list);
	va_end(list);
	snprintf(key, sizeof key, "%lld %s %s", (long long)session, what, title);
	if (json_object_get(telling->told, key))
		return NULL;
	json_object_set_new_nocheck(telling->told, key, json_true());
	json_t *step = json_pack("{s:s, s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "type",
				 "step", "id", 0, "time", time > 0 ? json_real(time) : json_null(),
				 "from", host(from), "to", host(to), "what", what, "title",
				 case_text(title, strlen(title)), "session", id_or_null(session),
				 "shellcode", id_or_null(shellcode), "sample", id_or_null(sample));
	json_array_append_new(telling->steps, step);
	return step;
}

/* The first other conversation after `session` to that endpoint; client NULL: from anybody. */
static struct case_session *later_session(struct telling *telling,
					  const struct case_session *session,
					  const struct address *client,
					  const struct address *server, uint64_t port)
{
	struct case_session *sessions = telling->pipeline->sessions.items;
	struct lookup *lookup = client ? &telling->from_one : &telling->from_any;
	struct lookup_key key = { .server = *server, .port = (uint16_t)port };

	if (port > UINT16_MAX)
		return NULL;
	if (client)
		key.client = *client;
	size_t found = lookup_first(lookup, &key, case_moment(session->first));
	if (found != LOOKUP_NONE && &sessions[lookup_position(lookup, found)] == session)
		found = lookup_next(lookup, found);
	return found == LOOKUP_NONE ? NULL : &sessions[lookup_position(lookup, found)];
}

static void tell_followed(struct telling *telling, const struct case_session *next,
			  int64_t shellcode, const char *why)
{
	if (strcmp(next->speaks, "shell") == 0)
		tell(telling, next->first, &next->client, &next->server, "shell", next->id,
		     shellcode, 0, "%s; %zu commands are typed into a shell on port %u", why,
		     next->commands, next->server_port);
	else
		tell(telling, next->first, &next->client, &next->server, "connection", next->id,
		     shellcode, 0, "%s; the conversation on port %u speaks %s", why,
		     next->server_port, next->speaks);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

/* `again`: the same shellcode was told before; only what the capture shows of it is new. */
static void tell_action(struct telling *telling, const struct case_session *session,
			const struct address *victim, const struct case_shellcode *code,
			const json_t *action, bool again)
{
	const char *name = text_of(action, "action");
	uint64_t port = (uint64_t)json_integer_value(json_object_get(action, "port"));

	if (strcmp(name, "bind") == 0) {
		struct case_session *next = later_session(telling, session, NULL, victim, port);
		if (next)
			tell_followed(telling, next, code->id,
				      "the port that the shellcode opened is used");
		else if (!again)
			tell(telling, session->first, victim, NULL, "listen", session->id, code->id,
			     0, "the shellcode opens port %llu; nobody is seen to connect",
			     (unsigned long long)port);
	} else if (strcmp(name, "connect") == 0) {
		struct address server;
		if (address_parse(text_of(action, "address"), &server) < 0)
			return;
		struct case_session *next = later_session(telling, session, victim, &server, port);
		if (next)
			tell_followed(telling, next, code->id,
				      "the victim connects where the shellcode points");
		else if (!again)
			tell(telling, session->first, victim, &server, "connect", session->id,
			     code->id, 0,
			     "the shellcode connects to %s port %llu; the capture does not show it",
			     text_of(action, "address"), (unsigned long long)port);
	} else if (again) {
		return;
	} else if (strcmp(name, "scan") == 0) {
		tell(telling, session->first, victim, NULL, "scan", session->id, code->id, 0,
		     "the shellcode scans %s port %llu, %lld addresses seen",
		     text_of(action, "proto"), (unsigned long long)port,
		     json_integer_value(json_object_get(action, "targets")));
	} else if (strcmp(name, "download") == 0) {
		tell(telling, session->first, victim, NULL, "download", session->id, code->id, 0,
		     "the shellcode fetches %.300s", text_of(action, "url"));
	} else if (strcmp(name, "execute") == 0) {
		tell(telling, session->first, victim, NULL, "execute", session->id, code->id, 0,
		     "the shellcode runs %.300s", text_of(action, "command"));
	}
}

/* --- attacks: one kind of shellcode against one service ---
 *
 * {"attackers": {address: {"victims": {address: true}, "more": step, "other": true}}, "more":
 * step}. An attacker's first victim is a step, its further ones are counted in another (its
 * `more`); attackers beyond ATTACKERS_TOLD (`other`) are counted in one for all of them. */

static json_t *member(json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key);

	if (!found) {
		found = json_object();
		json_object_set_new(object, key, found);
	}
	return found;
}

/* The step that counts in `counted`: told when it is 1, corrected as it grows. */
static void tell_more(struct telling *telling, json_t *counted, const struct address *from,
		      const struct address *to, const struct case_session *session,
		      const struct case_shellcode *code, size_t count, const char *what)
{
	json_t *step = json_object_get(counted, "more");
	char title[200];

	snprintf(title, sizeof title, "%zu more %s (kind %.8s, port %u)", count, what, code->kind,
		 session->server_port);
	if (step) {
		json_object_set_new(step, "title", json_string(title));
		return;
	}
	step = tell(telling, session->first, from, to, "exploit", session->id, code->id, 0, "%s",
		    title);
	json_object_set(counted, "more", step);
}

/* Counts an attack; true: it is a step of its own. */
static bool note_attack(struct telling *telling, const struct case_session *session,
			const struct case_shellcode *code, const struct address *from,
			const struct address *to)
{
	char key[128], address[ADDRESS_TEXT_SIZE];

	snprintf(key, sizeof key, "%s %s %u", code->kind, session->speaks, session->server_port);
	json_t *attack = member(telling->attacks, key), *attackers = member(attack, "attackers");
	size_t before = json_object_size(attackers);
	json_t *attacker = member(attackers, address_text(from, address));
	json_t *victims = member(attacker, "victims");
	bool known = json_object_size(attackers) == before;
	bool again = json_object_get(victims, address_text(to, address)) != NULL;

	json_object_set_new(victims, address, json_true());
	if (!known && before < ATTACKERS_TOLD)
		return true;
	if (!known) {
		json_object_set_new(attacker, "other", json_true());
		tell_more(telling, attack, NULL, to, session, code, before + 1 - ATTACKERS_TOLD,
			  "hosts attack with the same shellcode");
	} else if (!again && !json_object_get(attacker, "other")) {
		tell_more(telling, attacker, from, NULL, session, code,
			  json_object_size(victims) - 1, "hosts are sent the same shellcode");
	}
	return false;
}

static void tell_exploit(struct telling *telling, const struct case_shellcode *code)
{
	const struct case_session *session =
		case_find_session(telling->pipeline, &telling->sessions, code->session);
	size_t index;
	json_t *action;

	if (!session)
		return;
	const struct address *attacker =
		code->side == STREAM_CLIENT ? &session->client : &session->server;
	const struct address *victim =
		code->side == STREAM_CLIENT ? &session->server : &session->client;
	bool first = note_attack(telling, session, code, attacker, victim);
	if (first)
		tell(telling, session->first, attacker, victim, "exploit", session->id, code->id, 0,
		     "%s%s%s over %s, port %u: shellcode of kind %.8s", session->target,
		     session->target[0] ? ", " : "", session->target[0] ? "attacked" : "attack",
		     session->speaks, session->server_port, code->kind);
	json_array_foreach(code->actions, index, action)
		tell_action(telling, session, victim, code, action, !first);
}

static void tell_sample(struct telling *telling, const struct case_sample *sample)
{
	const struct case_session *session =
		case_find_session(telling->pipeline, &telling->sessions, sample->session);
	const char *verdict = text_of(sample->record, "verdict");
	const char *carrier = text_of(sample->record, "carrier");
	const json_t *scan = json_object_get(sample->record, "scan");
	double time = session ? session->first : 0;
	size_t index;
	json_t *endpoint;

	if (session && strcmp(carrier, "dropped") != 0) {
		const struct case_session *control = case_find_session(
			telling->pipeline, &telling->sessions, session->announced_by);
		if (control)
			tell(telling, control->first, &control->client, &control->server, "control",
			     control->id, 0, sample->id, "%s on port %u asks for %s",
			     control->speaks, control->server_port,
			     sample->name[0] ? sample->name : "a file");
		bool from_client = address_equal(&sample->sender, &session->client);
		tell(telling, session->first, from_client ? &session->client : &session->server,
		     from_client ? &session->server : &session->client, "transfer", session->id, 0,
		     sample->id, "%s crosses by %s: %lld bytes, SHA-256 %.16s…",
		     sample->name[0] ? sample->name : "an executable", carrier,
		     json_integer_value(json_object_get(sample->record, "bytes")), sample->sha256);
	}
	tell(telling, time, NULL, NULL, "verdict", 0, 0, sample->id,
	     "in the simulator %s is judged %s", sample->name[0] ? sample->name : "the executable",
	     verdict);
	json_array_foreach(json_object_get(sample->record, "endpoints"), index, endpoint)
	{
		struct address server = { 0 };
		const char *address = text_of(endpoint, "address");
		const char *name = text_of(endpoint, "name");
		if (strcmp(text_of(endpoint, "role"), "control") != 0)
			continue;
		if (address_parse(address, &server) < 0 && !*name)
			continue;
		tell(telling, time, NULL, &server, "control-server", 0, 0, sample->id,
		     "%s takes orders from %s port %lld",
		     sample->name[0] ? sample->name : "the executable", *name ? name : address,
		     json_integer_value(json_object_get(endpoint, "port")));
	}
	if (json_is_object(scan))
		tell(telling, time, NULL, NULL, "scan", 0, 0, sample->id,
		     "%s scans port %lld (%s), %lld addresses seen",
		     sample->name[0] ? sample->name : "the executable",
		     json_integer_value(json_object_get(scan, "port")), text_of(scan, "strategy"),
		     json_integer_value(json_object_get(scan, "distinct")));
}

/* By time; what has no time of its own, and what happens at the same time, in the order of telling.
 */
static int compare_steps(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
	double x = json_real_value(json_object_get(a, "time"));
	double y = json_real_value(json_object_get(b, "time"));

	if (x != y && x > 0 && y > 0)
		return x < y ? -1 : 1;
	json_int_t i = json_integer_value(json_object_get(a, "id"));
	json_int_t j = json_integer_value(json_object_get(b, "id"));
	return (i > j) - (i < j);
}

static int emit_sorted(struct pipeline *pipeline, json_t *steps)
{
	size_t count = json_array_size(steps);
	json_t **sorted = calloc(count ? count : 1, sizeof *sorted);
	int result = 0;

	if (!sorted)
		return error_set(&pipeline->stopped, ERROR_MEMORY, NULL, "no memory for the story");
	for (size_t i = 0; i < count; i++) {
		sorted[i] = json_array_get(steps, i);
		json_object_set_new(sorted[i], "id", json_integer((json_int_t)i));
	}
	qsort(sorted, count, sizeof *sorted, compare_steps);
	for (size_t i = 0; i < count; i++)
		json_object_set_new(sorted[i], "id",
				    json_integer(case_next_id(pipeline, CASE_STEP)));
	for (size_t i = 0; i < count && result == 0; i++)
		result = case_emit(pipeline, json_incref(sorted[i]));
	free(sorted);
	return result;
}

static int telling_init(struct telling *telling, struct pipeline *pipeline)
{
	const struct case_session *sessions = pipeline->sessions.items;
	size_t count = pipeline->sessions.count;

	*telling = (struct telling){ .pipeline = pipeline,
				     .steps = json_array(),
				     .told = json_object(),
				     .attacks = json_object() };
	int result = telling->steps && telling->told && telling->attacks ? 0 : ERROR_MEMORY;
	if (result == 0)
		result = case_sessions_by_number(pipeline, &telling->sessions);
	if (result == 0)
		result = lookup_init(&telling->from_any, count);
	if (result == 0)
		result = lookup_init(&telling->from_one, count);
	for (size_t i = 0; i < count && result == 0; i++) {
		struct lookup_key key = { .server = sessions[i].server,
					  .port = sessions[i].server_port };
		lookup_add(&telling->from_any, &key, case_moment(sessions[i].first), i);
		key.client = sessions[i].client;
		lookup_add(&telling->from_one, &key, case_moment(sessions[i].first), i);
	}
	if (result == 0) {
		lookup_sort(&telling->from_any);
		lookup_sort(&telling->from_one);
	}
	return result;
}

static void telling_fini(struct telling *telling)
{
	telling->pipeline->link_steps +=
		telling->sessions.steps + telling->from_any.steps + telling->from_one.steps;
	json_decref(telling->steps);
	json_decref(telling->told);
	json_decref(telling->attacks);
	lookup_fini(&telling->sessions);
	lookup_fini(&telling->from_any);
	lookup_fini(&telling->from_one);
}

int case_tell_story(struct pipeline *pipeline, struct error *error)
{
	const struct case_shellcode *codes = pipeline->shellcodes.items;
	const struct case_sample *samples = pipeline->samples.items;
	struct telling telling;
	int result = telling_init(&telling, pipeline);

	if (result < 0) {
		telling_fini(&telling);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for the story");
	}
	for (size_t i = 0; i < pipeline->shellcodes.count; i++)
		tell_exploit(&telling, &codes[i]);
	for (size_t i = 0; i < pipeline->samples.count; i++)
		tell_sample(&telling, &samples[i]);
	result = emit_sorted(pipeline, telling.steps);
	telling_fini(&telling);
	return result;
}
