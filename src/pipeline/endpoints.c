/* Who a program talks to, and in which role: read from its trace.
 *
 * A conversation's role comes from what was said in it, not from its port: IRC words or a
 * conversation kept open for commands make a control server, a mail dialogue a mail server, a
 * fetched URL a download server. Targets of a scan are summed up by the scan pattern and not
 * listed. What was reached by a name is told by the name alone: its address is an invention of the
 * simulated resolver. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

#define ENDPOINTS    64 /* most that are told of one sample; the rest is counted in a last entry */
#define SCAN_TARGETS 8	/* more distinct addresses than this on one port are a scan */
#define NAMES	     256

struct endpoint {
	const char *address, *name;
	uint64_t port;
	const char *proto, *role;
	unsigned sent, received;
};

struct gathering {
	struct endpoint endpoints[1024];
	size_t count;
	struct {
		const char *name, *address;
	} names[NAMES];
	size_t name_count;
	uint64_t beyond;
};

static const char *name_of(const struct gathering *gathering, const char *address)
{
	for (size_t i = 0; i < gathering->name_count; i++)
		if (strcmp(gathering->names[i].address, address) == 0)
			return gathering->names[i].name;
	return NULL;
}

static struct endpoint *endpoint(struct gathering *gathering, const char *address, uint64_t port,
				 const char *proto)
{
	for (size_t i = 0; i < gathering->count; i++) {
		struct endpoint *known = &gathering->endpoints[i];
		if (known->port == port && strcmp(known->address, address) == 0 &&
		    strcmp(known->proto, proto) == 0)
			return known;
	}
	if (gathering->count == sizeof gathering->endpoints / sizeof *gathering->endpoints) {
		gathering->beyond++;
		return NULL;
	}
	struct endpoint *added = &gathering->endpoints[gathering->count++];
	*added = (struct endpoint){ .address = address,
				    .name = name_of(gathering, address),
				    .port = port,
				    .proto = proto };
	return added;
}

/* The role that one sent or received text gives away; NULL: none. */
static const char *role_of_talk(const char *data)
{
	static const struct {
		const char *word, *role;
	} words[] = { { "NICK ", "control" },	 { "USER ", "control" }, { "JOIN ", "control" },
		      { "PRIVMSG ", "control" }, { "HELO ", "mail" },	 { "EHLO ", "mail" },
		      { "MAIL FROM", "mail" },	 { "GET ", "download" }, { "RETR ", "download" } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncasecmp(data, words[i].word, strlen(words[i].word)) == 0)
			return words[i].role;
	return NULL;
}

static const char *text(const struct trace_event *event, unsigned field)
{
	return event->values[field].text ? event->values[field].text : "";
}

static void hear_talk(struct gathering *gathering, const struct trace_event *event)
{
	struct endpoint *other =
		endpoint(gathering, text(event, 0), event->values[1].number, text(event, 2));
	if (!other)
		return;
	if (event->kind == TRACE_NET_SEND)
		other->sent++;
	else
		other->received++;
	const char *role = role_of_talk(text(event, 4));
	/* "USER" also begins an FTP login; what is said later may be more telling. */
	if (role && (!other->role || strcmp(other->role, "control") == 0))
		other->role = role;
}

/* "http://host:port/path": the host is what a download endpoint is known by. */
static void hear_download(struct gathering *gathering, const struct trace_event *event,
			  struct arena *arena)
{
	const char *url = text(event, 0), *host = strstr(url, "://");
	uint64_t port = strncasecmp(url, "ftp", 3) == 0 ? 21
			: strncasecmp(url, "https", 5)	? 80
							: 443;

	if (!host)
		return;
	host += 3;
	size_t length = strcspn(host, ":/?#");
	if (host[length] == ':')
		port = strtoul(host + length + 1, NULL, 10);
	char *copy = arena_copy(arena, (struct bytes){ (const uint8_t *)host, length });
	if (!copy)
		return;
	struct address parsed;
	const char *address = copy, *name = NULL;
	if (address_parse(copy, &parsed) < 0) {
		name = copy;
		address = "";
		for (size_t i = 0; i < gathering->name_count; i++)
			if (strcasecmp(gathering->names[i].name, copy) == 0)
				address = gathering->names[i].address;
	}
	struct endpoint *server = endpoint(gathering, address, port, "tcp");
	if (!server)
		return;
	server->role = "download";
	if (name)
		server->name = name;
}

static void hear(struct gathering *gathering, const struct trace_event *event, struct arena *arena)
{
	switch (event->kind) {
	case TRACE_NET_RESOLVE:
		if (gathering->name_count < NAMES && *text(event, 1)) {
			gathering->names[gathering->name_count].name = text(event, 0);
			gathering->names[gathering->name_count++].address = text(event, 1);
		}
		break;
	case TRACE_NET_CONNECT:
		endpoint(gathering, text(event, 0), event->values[1].number, text(event, 2));
		break;
	case TRACE_NET_SEND:
	case TRACE_NET_RECEIVE: hear_talk(gathering, event); break;
	case TRACE_NET_LISTEN: {
		struct endpoint *own = endpoint(gathering, text(event, 0), event->values[1].number,
						text(event, 2));
		if (own)
			own->role = "listen";
		break;
	}
	case TRACE_NET_DOWNLOAD: hear_download(gathering, event, arena); break;
	default: break;
	}
}

static size_t targets_on_port(const struct gathering *gathering, uint64_t port)
{
	size_t count = 0;

	for (size_t i = 0; i < gathering->count; i++)
		count += gathering->endpoints[i].port == port && !gathering->endpoints[i].name;
	return count;
}

static const char *role_of(const struct gathering *gathering, const struct endpoint *other,
			   const json_t *scan)
{
	uint64_t scan_port = (uint64_t)json_integer_value(json_object_get(scan, "port"));

	if (!other->name && ((scan && other->port == scan_port) ||
			     targets_on_port(gathering, other->port) > SCAN_TARGETS))
		return "scan";
	if (other->role)
		return other->role;
	if (other->port == 25)
		return "mail";
	return other->sent > 1 && other->received > 1 ? "control" : "peer";
}

json_t *case_endpoints(const struct trace_log *trace, const json_t *scan)
{
	struct gathering *gathering = calloc(1, sizeof *gathering);
	struct arena *arena = arena_new(1 << 20);
	json_t *list = json_array();

	for (size_t i = 0; gathering && arena && i < trace_log_count(trace); i++)
		hear(gathering, trace_log_event(trace, i), arena);
	for (size_t i = 0; gathering && i < gathering->count; i++) {
		const struct endpoint *other = &gathering->endpoints[i];
		const char *role = role_of(gathering, other, scan);
		if (strcmp(role, "scan") == 0)
			continue;
		if (json_array_size(list) >= ENDPOINTS) {
			gathering->beyond++;
			continue;
		}
		json_array_append_new(
			list,
			json_pack("{s:o, s:I, s:s, s:s, s:o}", "address",
				  *other->address && !other->name ? json_string(other->address)
								  : json_null(),
				  "port", (json_int_t)other->port, "proto", other->proto, "role",
				  role, "name",
				  other->name ? case_text(other->name, strlen(other->name))
					      : json_null()));
	}
	if (gathering && gathering->beyond)
		json_array_append_new(list, json_pack("{s:n, s:n, s:n, s:s, s:I}", "address",
						      "port", "proto", "role", "beyond", "count",
						      (json_int_t)gathering->beyond));
	arena_free(arena);
	free(gathering);
	return list;
}
