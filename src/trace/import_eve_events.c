/* What the lines of an EVE log say: every new flow_id is a net.connect; dns, tls, http, fileinfo,
 * smtp, ftp, tftp and smb lines add what they tell. An alert whose category is an attack gives the
 * `session` event that names the attacked service, or, where the server attacks who asked it, the
 * `session.answer` that names the server; CVE numbers come from signature and metadata. One that
 * tells of a bot gives a `session` of the protocol "control". Other categories (policy,
 * information, scan noise) are no evidence of anything here. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "trace/import_eve.h"

enum { DETAIL = 512 };

static const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* --- events --- */

static void add(struct eve *eve, const struct eve_line *line, const struct trace_event *event)
{
	struct trace_event own = *event;

	own.process = 1;
	for (unsigned i = 0; i < TRACE_FIELDS; i++)
		if (!own.values[i].text && !own.values[i].number && trace_field_name(own.kind, i))
			own.values[i] = trace_text("");
	import_add(&eve->budget, &line->machine->events, line->time, &own);
}

static void add_connect(struct eve *eve, const struct eve_line *line)
{
	const json_t *flow = json_object_get(line->json, "flow");
	const char *state = text_in(flow, "state");
	struct eve_line opened = *line;
	int64_t start = import_time(text_in(flow, "start"));

	if (start != IMPORT_NEVER)
		opened.time = start;
	if (line->port == 0 || !eve_is_new_flow(eve, json_object_get(line->json, "flow_id")))
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

static void add_lookup(struct eve *eve, const struct eve_line *line, const char *name,
		       const char *address)
{
	if (name && *name)
		add(eve, line,
		    &(struct trace_event){ .kind = TRACE_NET_RESOLVE,
					   .values = { trace_text(name), trace_text(address) } });
}

static void add_download(struct eve *eve, const struct eve_line *line, const char *scheme,
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

static void take_answers(struct eve *eve, const struct eve_line *line, const json_t *dns,
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
static void take_dns(struct eve *eve, const struct eve_line *line, const json_t *dns)
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

static void take_http(struct eve *eve, const struct eve_line *line, const json_t *http)
{
	const char *host = text_in(http, "hostname"), *path = text_in(http, "url");
	const json_t *file = json_object_get(line->json, "fileinfo");

	if (path && (import_is_program(path) || has_program_type(http, file)))
		add_download(eve, line, "http", host ? host : line->peer, path);
}

static void take_fileinfo(struct eve *eve, const struct eve_line *line, const json_t *file)
{
	const json_t *http = json_object_get(line->json, "http");
	const char *name = text_in(file, "filename"), *app = text_in(line->json, "app_proto");

	if (http)
		take_http(eve, line, http);
	else if (name && app && strncmp(app, "ftp", 3) == 0 &&
		 (import_is_program(name) || has_program_type(NULL, file)))
		add_download(eve, line, "ftp", line->peer, name);
}

static void take_ftp(struct eve *eve, const struct eve_line *line, const json_t *ftp)
{
	const char *command = text_in(ftp, "command"), *name = text_in(ftp, "command_data");

	if (command && name && strcasecmp(command, "RETR") == 0 && import_is_program(name))
		add_download(eve, line, "ftp", line->peer, name);
}

static void take_tftp(struct eve *eve, const struct eve_line *line, const json_t *tftp)
{
	const char *packet = text_in(tftp, "packet");

	if (packet && strcmp(packet, "read") == 0)
		add_download(eve, line, "tftp", line->peer, text_in(tftp, "file"));
}

/* A program that is made on somebody else's share. */
static void take_smb(struct eve *eve, const struct eve_line *line, const json_t *smb)
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

static void take_mail(struct eve *eve, const struct eve_line *line, const json_t *smtp)
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

/* The descriptions of Suricata's classification.config. */
enum eve_sense eve_sense_of(const json_t *alert)
{
	static const struct {
		const char *category;
		enum eve_sense sense;
	} senses[] = {
		{ "Attempted Administrator Privilege Gain", EVE_ATTACK },
		{ "Successful Administrator Privilege Gain", EVE_ATTACK },
		{ "Attempted User Privilege Gain", EVE_ATTACK },
		{ "Unsuccessful User Privilege Gain", EVE_ATTACK },
		{ "Successful User Privilege Gain", EVE_ATTACK },
		{ "Executable code was detected", EVE_ATTACK },
		{ "Web Application Attack", EVE_ATTACK },
		{ "Attempt to login by a default username and password", EVE_ATTACK },
		{ "Exploit Kit Activity Detected", EVE_ATTACK },
		{ "A Network Trojan was detected", EVE_BOT },
		{ "Malware Command and Control Activity Detected", EVE_BOT },
		{ "Domain Observed Used for C2 Detected", EVE_BOT },
		{ "Targeted Malicious Activity was Detected", EVE_BOT },
		{ "Crypto Currency Mining Activity Detected", EVE_BOT },
	};

	const char *category = text_in(alert, "category");

	for (size_t i = 0; category && i < sizeof senses / sizeof *senses; i++)
		if (strcasecmp(category, senses[i].category) == 0)
			return senses[i].sense;
	return EVE_NOTHING;
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

static void note_alerted(const struct eve_line *line)
{
	struct eve_machine *machine = line->machine;

	if (!machine->alerted || line->time < machine->alerted_since)
		machine->alerted_since = line->time;
	machine->alerted = true;
}

/* By name where the line has one, else by address; whoever answers names is no control server. */
static void add_control(struct eve *eve, const struct eve_line *line, const char *detail)
{
	const char *app = text_in(line->json, "app_proto"), *name = name_of_server(line->json);
	bool resolver = app && strcmp(app, "dns") == 0;
	char by_name[300] = "";

	if (name)
		snprintf(by_name, sizeof by_name, "by-name %.255s", name);
	if (name || !resolver)
		add(eve, line,
		    &(struct trace_event){
			    .kind = TRACE_SESSION,
			    .values = { trace_text(resolver ? "" : line->peer),
					resolver ? trace_text("") : trace_number(line->port),
					trace_text(line->proto), trace_text("control"),
					trace_text(name ? by_name : detail) } });
}

static void take_alert(struct eve *eve, const struct eve_line *line, const json_t *alert)
{
	enum eve_sense sense = eve_sense_of(alert);
	const char *app = text_in(line->json, "app_proto"), *name = name_of_server(line->json);
	char detail[DETAIL];

	if (sense == EVE_NOTHING)
		return;
	describe(alert, detail);
	/* A server that attacks its client says nothing against the client. */
	if (sense == EVE_BOT || !line->backwards)
		note_alerted(line);
	if (sense == EVE_BOT) {
		add_control(eve, line, detail);
		return;
	}
	add(eve, line,
	    &(struct trace_event){ .kind = line->backwards ? TRACE_SESSION_ANSWER : TRACE_SESSION,
				   .values = { trace_text(line->peer), trace_number(line->port),
					       trace_text(line->proto),
					       trace_text(app && *app ? app : "unknown"),
					       trace_text(line->backwards ? name : detail) } });
}

/* --- one line --- */

void eve_take_line(struct eve *eve, const struct eve_line *line)
{
	static const struct {
		const char *type;
		void (*take)(struct eve *eve, const struct eve_line *line, const json_t *own);
	} types[] = { { "alert", take_alert },	     { "dns", take_dns },  { "http", take_http },
		      { "fileinfo", take_fileinfo }, { "ftp", take_ftp },  { "tftp", take_tftp },
		      { "smb", take_smb },	     { "smtp", take_mail } };
	const char *sni = text_in(json_object_get(line->json, "tls"), "sni");

	add_connect(eve, line);
	if (sni)
		add_lookup(eve, line, sni, line->peer);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const json_t *own = json_object_get(line->json, types[i].type);
		if (strcmp(line->type, types[i].type) == 0 && own)
			types[i].take(eve, line, own);
	}
}
