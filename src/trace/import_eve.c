/* Suricata's EVE log (NDJSON) as traces, one per machine.
 *
 * A line belongs to the machine that opened its conversation: every new flow_id is a net.connect;
 * dns, tls, http, fileinfo, smtp, ftp, tftp and smb lines add what they say. An alert whose
 * category is an attack gives the `session` event that names the attacked service, with CVE numbers
 * from signature and metadata; one that tells of a bot gives a `session` of the protocol "control".
 * Other categories (policy, information, scan noise) are no evidence of anything here.
 *
 * Kept are machines that such an alert names, a victim from the alert on, and machines that open
 * PART_LEAST conversations; what they mean is for others to say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trace/import.h"

enum { HOSTS = 1 << 16, FLOWS = 1 << 22, PARTS = 256, PART_LEAST = 16, DETAIL = 512 };

struct machine {
	struct address address; /* family 0: a free place */
	struct import_events events;
	size_t conversations;
	bool alerted;	       /* as attacker or bot … */
	int64_t alerted_since; /* … for the first time */
	int64_t victim_since;  /* IMPORT_NEVER: no victim */
};

struct eve {
	struct import_budget budget;
	struct machine *machines; /* HOSTS places, by hash; at most half are taken */
	size_t machine_count;
	uint64_t *flows; /* FLOWS places, by hash; 0: free; at most half are taken */
	size_t flow_count;
	bool chosen; /* only the machine `host` */
	struct address host;
	uint64_t lines;
	void (*take)(struct eve *eve, const json_t *json);
	void (*flow)(void *context, const struct trace_flow *flow); /* of trace_eve_flows */
	void *context;
};

/* One line: who opened the conversation, and with whom. */
struct line {
	const json_t *json;
	const char *type, *proto, *peer;
	struct address client, server;
	uint64_t port;
	int64_t time;
	struct machine *machine; /* the client's; NULL: of no interest */
};

static const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* --- tables --- */

static uint64_t mix(uint64_t value)
{
	value ^= value >> 33;
	value *= UINT64_C(0xff51afd7ed558ccd);
	return value ^ value >> 33;
}

static uint64_t hash_address(const struct address *address)
{
	uint64_t high, low;

	memcpy(&high, address->bytes, sizeof high);
	memcpy(&low, address->bytes + sizeof high, sizeof low);
	return mix(high ^ mix(low + address->family));
}

static struct machine *machine_of(struct eve *eve, const struct address *address)
{
	if (eve->chosen && !address_equal(address, &eve->host))
		return NULL;
	for (uint64_t at = hash_address(address);; at++) {
		struct machine *machine = &eve->machines[at % HOSTS];
		if (machine->address.family && address_equal(&machine->address, address))
			return machine;
		if (machine->address.family)
			continue;
		if (eve->machine_count == HOSTS / 2) {
			eve->budget.dropped++;
			return NULL;
		}
		eve->machine_count++;
		machine->address = *address;
		machine->alerted_since = machine->victim_since = IMPORT_NEVER;
		return machine;
	}
}

/* Whether that flow was not seen before. Without a number every line is a flow of its own. */
static bool is_new_flow(struct eve *eve, const json_t *number)
{
	uint64_t flow = (uint64_t)json_integer_value(number);

	if (flow == 0)
		return true;
	for (uint64_t at = mix(flow);; at++) {
		uint64_t *place = &eve->flows[at % FLOWS];
		if (*place == flow)
			return false;
		if (*place)
			continue;
		if (eve->flow_count == FLOWS / 2) {
			eve->budget.dropped++;
			return false;
		}
		eve->flow_count++;
		*place = flow;
		return true;
	}
}

/* --- events --- */

static void add(struct eve *eve, const struct line *line, const struct trace_event *event)
{
	struct trace_event own = *event;

	own.process = 1;
	for (unsigned i = 0; i < TRACE_FIELDS; i++)
		if (!own.values[i].text && !own.values[i].number && trace_field_name(own.kind, i))
			own.values[i] = trace_text("");
	import_add(&eve->budget, &line->machine->events, line->time, &own);
}

static void add_connect(struct eve *eve, const struct line *line)
{
	const json_t *flow = json_object_get(line->json, "flow");
	const char *state = text_in(flow, "state");
	struct line opened = *line;
	int64_t start = import_time(text_in(flow, "start"));

	if (start != IMPORT_NEVER)
		opened.time = start;
	if (line->port == 0 || !is_new_flow(eve, json_object_get(line->json, "flow_id")))
		return;
	line->machine->conversations++;
	add(eve, &opened,
	    &(struct trace_event){
		    .kind = TRACE_NET_CONNECT,
		    .values = { trace_text(line->peer), trace_number(line->port),
				trace_text(line->proto),
				trace_text(state && strcmp(state, "new") == 0 ? "no answer"
									      : "connected") } });
}

static void add_lookup(struct eve *eve, const struct line *line, const char *name,
		       const char *address)
{
	if (name && *name)
		add(eve, line,
		    &(struct trace_event){ .kind = TRACE_NET_RESOLVE,
					   .values = { trace_text(name), trace_text(address) } });
}

static void add_download(struct eve *eve, const struct line *line, const char *scheme,
			 const char *host, const char *path)
{
	char url[1024];
	struct address address;
	bool six = host && address_parse(host, &address) == 0 && address.family == 6;
	unsigned usual = strcmp(scheme, "http") == 0 ? 80 : strcmp(scheme, "tftp") == 0 ? 69 : 21;
	char port[16] = "";

	if (!host || !*host || !path)
		return;
	/* The name that the client gave may bring the port along. */
	size_t length = six ? strlen(host) : strcspn(host, ":");
	if (line->port != usual && strcmp(scheme, "http") == 0)
		snprintf(port, sizeof port, ":%llu", (unsigned long long)line->port);
	if (snprintf(url, sizeof url, "%s://%s%.*s%s%s%s%s", scheme, six ? "[" : "", (int)length,
		     host, six ? "]" : "", port, *path == '/' ? "" : "/", path) >= (int)sizeof url)
		return;
	const char *slash = strrchr(path, '/');
	add(eve, line,
	    &(struct trace_event){
		    .kind = TRACE_NET_DOWNLOAD,
		    .values = { trace_text(url), trace_text(slash ? slash + 1 : path) } });
}

/* --- dns, tls --- */

static void take_answers(struct eve *eve, const struct line *line, const json_t *dns,
			 const char *name)
{
	size_t index;
	const json_t *each;

	json_array_foreach(json_object_get(dns, "answers"), index, each)
	{
		struct address address;
		const char *data = text_in(each, "rdata");
		if (data && address_parse(data, &address) == 0)
			add_lookup(eve, line, name ? name : text_in(each, "rrname"), data);
	}
	const json_t *grouped = json_object_get(dns, "grouped");
	json_array_foreach(json_object_get(grouped, "A"), index, each)
		add_lookup(eve, line, name, json_string_value(each));
	json_array_foreach(json_object_get(grouped, "AAAA"), index, each)
		add_lookup(eve, line, name, json_string_value(each));
	const char *alone = text_in(dns, "rdata"); /* the first version of the format */
	struct address address;
	if (alone && address_parse(alone, &address) == 0)
		add_lookup(eve, line, name, alone);
}

/* Versions 1 and 2 have rrname beside type "query" or "answer", version 3 has queries[]. */
static void take_dns(struct eve *eve, const struct line *line, const json_t *dns)
{
	const json_t *query = json_array_get(json_object_get(dns, "queries"), 0);
	const char *type = text_in(dns, "type"), *name = text_in(dns, "rrname");

	if (!name)
		name = text_in(query, "rrname");
	if (type && (strcmp(type, "query") == 0 || strcmp(type, "request") == 0))
		add_lookup(eve, line, name, "");
	else
		take_answers(eve, line, dns, name);
}

/* --- files that cross --- */

static bool has_program_type(const json_t *http, const json_t *file)
{
	static const char *const types[] = { "application/x-msdownload", "application/x-dosexec",
					     "application/x-executable",
					     "application/vnd.microsoft.portable-executable" };
	const char *type = text_in(http, "http_content_type"), *magic = text_in(file, "magic");

	for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
		if (strncasecmp(type, types[i], strlen(types[i])) == 0)
			return true;
	return magic && (strncmp(magic, "PE32", 4) == 0 || strncmp(magic, "ELF", 3) == 0 ||
			 strncmp(magic, "MS-DOS executable", 17) == 0);
}

static void take_http(struct eve *eve, const struct line *line, const json_t *http)
{
	const char *host = text_in(http, "hostname"), *path = text_in(http, "url");
	const json_t *file = json_object_get(line->json, "fileinfo");

	if (path && (import_is_program(path) || has_program_type(http, file)))
		add_download(eve, line, "http", host ? host : line->peer, path);
}

static void take_fileinfo(struct eve *eve, const struct line *line, const json_t *file)
{
	const json_t *http = json_object_get(line->json, "http");
	const char *name = text_in(file, "filename"), *app = text_in(line->json, "app_proto");

	if (http)
		take_http(eve, line, http);
	else if (name && app && strncmp(app, "ftp", 3) == 0 &&
		 (import_is_program(name) || has_program_type(NULL, file)))
		add_download(eve, line, "ftp", line->peer, name);
}

static void take_ftp(struct eve *eve, const struct line *line, const json_t *ftp)
{
	const char *command = text_in(ftp, "command"), *name = text_in(ftp, "command_data");

	if (command && name && strcasecmp(command, "RETR") == 0 && import_is_program(name))
		add_download(eve, line, "ftp", line->peer, name);
}

static void take_tftp(struct eve *eve, const struct line *line, const json_t *tftp)
{
	const char *packet = text_in(tftp, "packet");

	if (packet && strcmp(packet, "read") == 0)
		add_download(eve, line, "tftp", line->peer, text_in(tftp, "file"));
}

/* A program that is made on somebody else's share. */
static void take_smb(struct eve *eve, const struct line *line, const json_t *smb)
{
	const char *name = text_in(smb, "filename"), *how = text_in(smb, "disposition");
	const char *share = text_in(smb, "share");
	char path[512];

	if (!name || !how || !import_is_program(name) || strcmp(how, "FILE_OPEN") == 0)
		return;
	while (*name == '\\')
		name++;
	const char *last = share ? strrchr(share, '\\') : NULL;
	snprintf(path, sizeof path, "\\\\%s\\%s\\%s", line->peer, last ? last + 1 : "", name);
	add(eve, line,
	    &(struct trace_event){ .kind = TRACE_FILE_COPY,
				   .values = { trace_text(""), trace_text(path) } });
}

static void take_mail(struct eve *eve, const struct line *line, const json_t *smtp)
{
	const json_t *to = json_array_get(json_object_get(smtp, "rcpt_to"), 0);

	if (text_in(smtp, "mail_from"))
		add(eve, line,
		    &(struct trace_event){ .kind = TRACE_MAIL_SEND,
					   .values = { trace_text(line->peer),
						       trace_text(text_in(smtp, "mail_from")),
						       trace_text(json_string_value(to)) } });
}

/* --- alerts --- */

enum sense { NOTHING, ATTACK, BOT };

/* The descriptions of Suricata's classification.config. */
static enum sense sense_of(const char *category)
{
	static const struct {
		const char *category;
		enum sense sense;
	} senses[] = {
		{ "Attempted Administrator Privilege Gain", ATTACK },
		{ "Successful Administrator Privilege Gain", ATTACK },
		{ "Attempted User Privilege Gain", ATTACK },
		{ "Unsuccessful User Privilege Gain", ATTACK },
		{ "Successful User Privilege Gain", ATTACK },
		{ "Executable code was detected", ATTACK },
		{ "Web Application Attack", ATTACK },
		{ "Attempt to login by a default username and password", ATTACK },
		{ "Exploit Kit Activity Detected", ATTACK },
		{ "A Network Trojan was detected", BOT },
		{ "Malware Command and Control Activity Detected", BOT },
		{ "Domain Observed Used for C2 Detected", BOT },
		{ "Targeted Malicious Activity was Detected", BOT },
		{ "Crypto Currency Mining Activity Detected", BOT },
	};

	for (size_t i = 0; category && i < sizeof senses / sizeof *senses; i++)
		if (strcasecmp(category, senses[i].category) == 0)
			return senses[i].sense;
	return NOTHING;
}

/* The signature, and "CVE_2017_0144" of the rule's metadata as one writes it elsewhere. */
static void describe(const json_t *alert, char detail[DETAIL])
{
	const char *signature = text_in(alert, "signature");
	const json_t *list = json_object_get(json_object_get(alert, "metadata"), "cve");
	size_t index, used;
	const json_t *each;

	snprintf(detail, DETAIL, "%.300s", signature ? signature : "");
	json_array_foreach(list, index, each)
	{
		used = strlen(detail);
		if (json_string_value(each) && index < 8)
			snprintf(detail + used, DETAIL - used, " %.24s", json_string_value(each));
		for (char *c = detail + used; *c; c++)
			if (*c == '_')
				*c = '-';
	}
}

/* The name by which a bot reaches its server, from what the alert's own line tells. */
static const char *name_of_server(const json_t *line)
{
	const json_t *dns = json_object_get(line, "dns");
	const json_t *query = json_array_get(json_object_get(dns, "query"), 0);
	const char *names[] = {
		text_in(json_object_get(line, "http"), "hostname"),
		text_in(json_object_get(line, "tls"), "sni"), text_in(query, "rrname"),
		text_in(json_array_get(json_object_get(dns, "queries"), 0), "rrname"),
		text_in(dns, "rrname")
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i] && *names[i])
			return names[i];
	return NULL;
}

static void note_victim(struct eve *eve, const struct line *line, const json_t *alert)
{
	struct machine *victim = NULL;

	if (sense_of(text_in(alert, "category")) == ATTACK)
		victim = machine_of(eve, &line->server);
	if (victim && (victim->victim_since == IMPORT_NEVER || line->time < victim->victim_since))
		victim->victim_since = line->time;
}

static void take_alert(struct eve *eve, const struct line *line, const json_t *alert)
{
	enum sense sense = sense_of(text_in(alert, "category"));
	const char *app = text_in(line->json, "app_proto"), *name = name_of_server(line->json);
	char detail[DETAIL];

	if (sense == NOTHING)
		return;
	if (!line->machine->alerted || line->time < line->machine->alerted_since)
		line->machine->alerted_since = line->time;
	line->machine->alerted = true;
	describe(alert, detail);
	if (sense == ATTACK)
		name = NULL;
	bool resolver = app && strcmp(app, "dns") == 0 && sense == BOT;
	if (resolver && !name)
		return; /* whoever answers names is no control server */
	char by_name[300] = "";
	if (name)
		snprintf(by_name, sizeof by_name, "by-name %.255s", name);
	add(eve, line,
	    &(struct trace_event){ .kind = TRACE_SESSION,
				   .values = { trace_text(resolver ? "" : line->peer),
					       resolver ? trace_text("") : trace_number(line->port),
					       trace_text(line->proto),
					       trace_text(sense == BOT	? "control"
							  : app && *app ? app
									: "unknown"),
					       trace_text(name ? by_name : detail) } });
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

static bool read_line(const json_t *json, struct line *line)
{
	const char *type = text_in(json, "event_type");
	bool backwards = is_backwards(json, type);
	const char *client = text_in(json, backwards ? "dest_ip" : "src_ip");

	*line = (struct line){ .json = json,
			       .type = type,
			       .proto = import_proto(text_in(json, "proto")),
			       .peer = text_in(json, backwards ? "src_ip" : "dest_ip"),
			       .time = import_time(text_in(json, "timestamp")) };
	const json_t *port = json_object_get(json, backwards ? "src_port" : "dest_port");
	line->port = (uint64_t)json_integer_value(port);
	return client && line->peer && line->proto && line->port <= 65535 &&
	       address_parse(client, &line->client) == 0 &&
	       address_parse(line->peer, &line->server) == 0;
}

static void take_line(struct eve *eve, const json_t *json)
{
	static const struct {
		const char *type, *key;
		void (*take)(struct eve *eve, const struct line *line, const json_t *own);
	} types[] = { { "alert", "alert", take_alert }, { "dns", "dns", take_dns },
		      { "http", "http", take_http },	{ "fileinfo", "fileinfo", take_fileinfo },
		      { "ftp", "ftp", take_ftp },	{ "tftp", "tftp", take_tftp },
		      { "smb", "smb", take_smb },	{ "smtp", "smtp", take_mail } };
	struct line line;

	if (!read_line(json, &line))
		return;
	/* The victim counts even when the attacker is nobody that we look at. */
	if (strcmp(line.type, "alert") == 0)
		note_victim(eve, &line, json_object_get(json, "alert"));
	line.machine = machine_of(eve, &line.client);
	if (!line.machine)
		return;
	add_connect(eve, &line);
	const char *sni = text_in(json_object_get(json, "tls"), "sni");
	if (sni)
		add_lookup(eve, &line, sni, line.peer);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const json_t *own = json_object_get(json, types[i].key);
		if (strcmp(line.type, types[i].type) == 0 && json_is_object(own))
			types[i].take(eve, &line, own);
	}
}

static int read_lines(struct eve *eve, struct bytes content, const char *name, struct error *error)
{
	struct reader reader = reader_of(content);

	for (unsigned number = 1; reader_left(&reader); number++) {
		struct bytes line = reader_line(&reader);
		char where[300];
		json_error_t syntax;
		if (line.length == 0)
			continue;
		snprintf(where, sizeof where, "%.250s:%u", name, number);
		json_t *json =
			json_loadb((const char *)line.data, line.length, JSON_ALLOW_NUL, &syntax);
		if (!json)
			return error_set(error, ERROR_INPUT, where,
					 "not JSON: %s; a log that is still being written may end "
					 "in half a line, which can be cut off",
					 syntax.text);
		bool known = json_is_string(json_object_get(json, "event_type"));
		if (known) {
			eve->take(eve, json);
			eve->lines++;
		}
		json_decref(json);
		if (!known)
			return error_set(error, ERROR_INPUT, where,
					 "no \"event_type\"; every line of an EVE log has one");
	}
	return 0;
}

/* --- machines into parts --- */

static bool is_kept(const struct eve *eve, const struct machine *machine)
{
	if (!machine->address.family || machine->events.count == 0)
		return false;
	return eve->chosen || machine->alerted || machine->victim_since != IMPORT_NEVER ||
	       machine->conversations >= PART_LEAST;
}

/* Those with alerts first, then the busiest, then by address. */
static int by_weight(const void *left, const void *right)
{
	const struct machine *const *a = left, *const *b = right;
	bool alert_a = (*a)->alerted || (*a)->victim_since != IMPORT_NEVER;
	bool alert_b = (*b)->alerted || (*b)->victim_since != IMPORT_NEVER;

	if (alert_a != alert_b)
		return alert_b - alert_a;
	if ((*a)->conversations != (*b)->conversations)
		return (*a)->conversations > (*b)->conversations ? -1 : 1;
	return address_compare(&(*a)->address, &(*b)->address);
}

/* What a victim did before the attack was not the attacker's doing, unless it was malicious by
 * then. */
static void forget_before(struct machine *machine)
{
	struct import_events *events = &machine->events;
	size_t kept = 0;

	if (machine->victim_since == IMPORT_NEVER ||
	    (machine->alerted && machine->alerted_since < machine->victim_since))
		return;
	for (size_t i = 0; i < events->count; i++)
		if (events->items[i].time >= machine->victim_since)
			events->items[kept++] = events->items[i];
	events->count = kept;
}

static int give_machine(struct machine *machine, struct trace_import *import, struct error *error)
{
	char text[ADDRESS_TEXT_SIZE];
	struct trace_log *log;
	bool alerted = machine->alerted || machine->victim_since != IMPORT_NEVER;

	forget_before(machine);
	int result = import_finish(&machine->events, &machine->address, &log, error);
	if (result < 0)
		return result;
	import->dropped += trace_log_dropped(log);
	return import_add_part(import, log, address_text(&machine->address, text), alerted, error);
}

static int give_machines(struct eve *eve, struct trace_import *import, struct error *error)
{
	struct machine **kept = calloc(eve->machine_count + 1, sizeof(void *));
	size_t count = 0;
	int result = 0;

	if (!kept)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for an import");
	for (size_t i = 0; i < HOSTS; i++)
		if (is_kept(eve, &eve->machines[i]))
			kept[count++] = &eve->machines[i];
	qsort(kept, count, sizeof(void *), by_weight);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (i < PARTS)
			result = give_machine(kept[i], import, error);
		else
			import->dropped += kept[i]->events.count;
	}
	free(kept);
	return result;
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
			 PART_LEAST, (unsigned long long)eve->lines);
}

static int eve_init(struct eve *eve, const char *name, const char *host, struct error *error)
{
	*eve = (struct eve){ .chosen = host != NULL, .take = take_line };
	if (host && address_parse(host, &eve->host) < 0)
		return error_set(error, ERROR_USAGE, host, "expected the address of a machine");
	eve->machines = calloc(HOSTS, sizeof *eve->machines);
	eve->flows = calloc(FLOWS, sizeof *eve->flows);
	if (!eve->machines || !eve->flows)
		return error_set(error, ERROR_MEMORY, name, "no memory for an import");
	return import_budget_init(&eve->budget, error);
}

static void eve_fini(struct eve *eve)
{
	for (size_t i = 0; eve->machines && i < HOSTS; i++)
		free(eve->machines[i].events.items);
	free(eve->machines);
	free(eve->flows);
	import_budget_fini(&eve->budget);
}

int import_eve(struct bytes content, const char *name, const char *host,
	       struct trace_import *import, struct error *error)
{
	struct eve eve;
	int result = eve_init(&eve, name, host, error);

	if (result == 0)
		result = read_lines(&eve, content, name, error);
	if (result == 0)
		result = give_machines(&eve, import, error);
	if (result == 0 && import->count == 0)
		result = nothing_found(&eve, name, host, error);
	import->dropped += eve.budget.dropped;
	eve_fini(&eve);
	return result;
}

/* --- flows alone --- */

static void pass_alerted(struct eve *eve, const json_t *json)
{
	const json_t *alert = json_object_get(json, "alert");

	/* As if it had been seen: the second reading leaves it out. */
	if (sense_of(text_in(alert, "category")) != NOTHING)
		(void)is_new_flow(eve, json_object_get(json, "flow_id"));
}

static void tell_flow(struct eve *eve, const json_t *json)
{
	struct line line;

	if (!read_line(json, &line) || line.port == 0 ||
	    !json_integer_value(json_object_get(json, "flow_id")) ||
	    !is_new_flow(eve, json_object_get(json, "flow_id")))
		return;
	eve->flow(eve->context, &(struct trace_flow){ .udp = strcmp(line.proto, "udp") == 0,
						      .port = (uint16_t)line.port,
						      .server = line.server });
}

int trace_eve_flows(struct bytes content, const char *name,
		    void (*flow)(void *context, const struct trace_flow *flow), void *context,
		    struct error *error)
{
	struct eve eve;
	int result = eve_init(&eve, name, NULL, error);

	eve.flow = flow;
	eve.context = context;
	eve.take = pass_alerted;
	if (result == 0)
		result = read_lines(&eve, content, name, error);
	eve.take = tell_flow;
	if (result == 0)
		result = read_lines(&eve, content, name, error);
	if (result == 0 && eve.budget.dropped)
		result = error_set(error, ERROR_LIMIT, name,
				   "more than %d conversations; count them over a shorter time",
				   FLOWS / 2);
	eve_fini(&eve);
	return result;
}
