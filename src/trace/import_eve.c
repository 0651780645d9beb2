/* Suricata's EVE log (NDJSON) as traces, one per machine: reading its lines, and who of the two
 * sides opened the conversation. A line belongs to the machine that did.
 *
 * Fields that every line may have are checked; one of another type than Suricata writes is an
 * error, since a log that was changed on its way would silently tell less. */
#include <stdio.h>
#include <string.h>

#include "trace/import_eve.h"

static const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* --- lines --- */

/* Which of the two sides opened the conversation. The tuple of a line is that of a packet: of an
 * alert on an answer, or of the old dns answers, it is the wrong way round. */
static bool is_backwards(const json_t *json, const char *type)
{
	const char *direction = text_in(json, "direction");
	uint64_t from = (uint64_t)json_integer_value(json_object_get(json, "src_port"));
	uint64_t to = (uint64_t)json_integer_value(json_object_get(json, "dest_port"));
	const json_t *flow = json_object_get(json, "flow");
	const char *opener = text_in(flow, "src_ip"), *source = text_in(json, "src_ip");

	if (opener && source)
		return strcmp(opener, source) != 0 ||
		       (json_is_integer(json_object_get(flow, "src_port")) &&
			(uint64_t)json_integer_value(json_object_get(flow, "src_port")) != from);
	if (direction && strcmp(type, "alert") == 0)
		return strcmp(direction, "to_client") == 0;
	return strcmp(type, "dns") == 0 && from == 53 && to != 53;
}

/* False: the line tells of no conversation. */
static bool read_ends(const json_t *json, struct eve_line *line)
{
	const char *type = text_in(json, "event_type");
	bool backwards = is_backwards(json, type);
	const char *client = text_in(json, backwards ? "dest_ip" : "src_ip");
	const json_t *port = json_object_get(json, backwards ? "src_port" : "dest_port");

	*line = (struct eve_line){ .json = json,
				   .type = type,
				   .proto = import_proto(text_in(json, "proto")),
				   .peer = text_in(json, backwards ? "src_ip" : "dest_ip"),
				   .port = (uint64_t)json_integer_value(port),
				   .time = import_time(text_in(json, "timestamp")),
				   .backwards = backwards };
	return client && line->peer && line->proto && address_parse(client, &line->client) == 0 &&
	       address_parse(line->peer, &line->server) == 0;
}

/* What is not as Suricata writes it, NULL: nothing. */
static const char *wrong_field(const json_t *json, const char **expected)
{
	static const char *const texts[] = { "timestamp", "src_ip",    "dest_ip",
					     "proto",	  "app_proto", "direction" };
	static const char *const objects[] = { "alert", "dns", "http", "fileinfo", "flow",
					       "ftp",	"smb", "smtp", "tftp",	   "tls" };
	static const char *const ports[] = { "src_port", "dest_port" };
	const json_t *value;

	*expected = "text";
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if ((value = json_object_get(json, texts[i])) && !json_is_string(value))
			return texts[i];
	*expected = "an object";
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if ((value = json_object_get(json, objects[i])) && !json_is_object(value))
			return objects[i];
	*expected = "a number from 0 to 65535";
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if ((value = json_object_get(json, ports[i])) &&
		    (!json_is_integer(value) || json_integer_value(value) < 0 ||
		     json_integer_value(value) > 65535))
			return ports[i];
	*expected = "a whole number";
	value = json_object_get(json, "flow_id");
	return value && !json_is_integer(value) ? "flow_id" : NULL;
}

static int check_line(const json_t *json, const char *where, struct error *error)
{
	const char *expected;

	if (!json_is_string(json_object_get(json, "event_type")))
		return error_set(error, ERROR_INPUT, where,
				 "no \"event_type\"; every line of an EVE log has one");
	const char *wrong = wrong_field(json, &expected);
	if (wrong)
		return error_set(error, ERROR_INPUT, where,
				 "%s: expected %s, as Suricata writes it", wrong, expected);
	return 0;
}

/* Gives every line that tells of a conversation to `take`. */
static int read_lines(struct eve *eve, struct bytes content, const char *name,
		      void (*take)(struct eve *eve, struct eve_line *line, void *context),
		      void *context, struct error *error)
{
	struct reader reader = reader_of(content);
	int result = 0;

	for (unsigned number = 1; result == 0 && reader_left(&reader); number++) {
		struct bytes text = reader_line(&reader);
		struct eve_line line;
		char where[300];
		json_error_t syntax;
		if (text.length == 0)
			continue;
		snprintf(where, sizeof where, "%.250s:%u", name, number);
		json_t *json =
			json_loadb((const char *)text.data, text.length, JSON_ALLOW_NUL, &syntax);
		if (!json)
			return error_set(error, ERROR_INPUT, where,
					 "not JSON: %s; a log that is still being written may end "
					 "in half a line, which can be cut off",
					 syntax.text);
		result = check_line(json, where, error);
		eve->lines++;
		if (result == 0 && read_ends(json, &line))
			take(eve, &line, context);
		json_decref(json);
	}
	return result;
}

/* --- machines --- */

/* The attacked side counts even when the attacker is nobody that we look at. */
static void note_victim(struct eve *eve, const struct eve_line *line)
{
	const struct address *attacked = line->backwards ? &line->client : &line->server;
	struct eve_machine *victim = NULL;

	if (eve_sense_of(json_object_get(line->json, "alert")) == EVE_ATTACK)
		victim = eve_machine_of(eve, attacked);
	if (victim && (victim->victim_since == IMPORT_NEVER || line->time < victim->victim_since))
		victim->victim_since = line->time;
}

static void take_line(struct eve *eve, struct eve_line *line, void *context)
{
	(void)context;
	if (strcmp(line->type, "alert") == 0)
		note_victim(eve, line);
	line->machine = eve_machine_of(eve, &line->client);
	if (line->machine)
		eve_take_line(eve, line);
}

static int nothing_found(const struct eve *eve, const char *name, const char *host,
			 struct error *error)
{
	if (host)
		return error_set(error, ERROR_INPUT, name,
				 "%s opens no conversation in these %llu lines", host,
				 (unsigned long long)eve->lines);
	return error_set(error, ERROR_INPUT, name,
			 "no alert of an attack, and no machine that opens %d conversations, in "
			 "%llu lines; name the machine that you suspect (--host ADDRESS)",
			 EVE_LEAST, (unsigned long long)eve->lines);
}

int import_eve(struct bytes content, const char *name, const char *host,
	       struct trace_import *import, struct error *error)
{
	struct eve eve;
	int result = eve_init(&eve, name, host, error);

	if (result == 0)
		result = read_lines(&eve, content, name, take_line, NULL, error);
	if (result == 0)
		result = eve_give_machines(&eve, import, error);
	if (result == 0 && import->count == 0)
		result = nothing_found(&eve, name, host, error);
	import->dropped += eve.budget.dropped;
	eve_fini(&eve);
	return result;
}

/* --- flows alone --- */

struct flow_teller {
	void (*flow)(void *context, const struct trace_flow *flow);
	void *context;
};

static void pass_alerted(struct eve *eve, struct eve_line *line, void *context)
{
	(void)context;
	/* As if it had been seen: the second reading leaves it out. */
	if (eve_sense_of(json_object_get(line->json, "alert")) != EVE_NOTHING)
		(void)eve_is_new_flow(eve, json_object_get(line->json, "flow_id"));
}

static void tell_flow(struct eve *eve, struct eve_line *line, void *context)
{
	const struct flow_teller *teller = context;
	const json_t *number = json_object_get(line->json, "flow_id");

	if (line->port && json_integer_value(number) && eve_is_new_flow(eve, number))
		teller->flow(teller->context,
			     &(struct trace_flow){ .udp = strcmp(line->proto, "udp") == 0,
						   .port = (uint16_t)line->port,
						   .server = line->server });
}

int trace_eve_flows(struct bytes content, const char *name,
		    void (*flow)(void *context, const struct trace_flow *flow), void *context,
		    struct error *error)
{
	struct flow_teller teller = { flow, context };
	struct eve eve;
	int result = eve_init(&eve, name, NULL, error);

	if (result == 0)
		result = read_lines(&eve, content, name, pass_alerted, NULL, error);
	if (result == 0)
		result = read_lines(&eve, content, name, tell_flow, &teller, error);
	if (result == 0 && eve.budget.dropped)
		result = error_set(error, ERROR_LIMIT, name,
				   "more than %zu conversations; count them over a shorter time",
				   EVE_FLOWS / 2);
	eve_fini(&eve);
	return result;
}
