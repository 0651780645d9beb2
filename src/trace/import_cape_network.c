/* What a report of CAPE or Cuckoo tells beside the calls: `network`, as the sandbox recorded it,
 * and the configurations that CAPE takes out of families it knows (CAPE.configs: CNCs as URLs,
 * mutex). `signatures` and `ttps` are the sandbox' conclusions, not what was seen, and are not
 * read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/import_cape.h"

static const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void take_lookups(struct cape_report *report, const json_t *network)
{
	size_t index, inner;
	const json_t *lookup, *answer;

	json_array_foreach(json_object_get(network, "dns"), index, lookup)
	{
		const char *name = text_in(lookup, "request");
		if (!name || !*name)
			continue;
		struct trace_event event = { .kind = TRACE_NET_RESOLVE, .process = 1 };
		event.values[0] = trace_text(name);
		event.values[1] = trace_text("");
		size_t before = report->events.count;
		json_array_foreach(json_object_get(lookup, "answers"), inner, answer)
		{
			const char *data = text_in(answer, "data");
			struct address address;
			if (!data || address_parse(data, &address) < 0)
				continue;
			event.values[1] = trace_text(data);
			cape_add(report, report->first, &event);
		}
		if (report->events.count == before)
			cape_add(report, report->first, &event);
	}
}

static void take_requests(struct cape_report *report, const json_t *network)
{
	size_t index;
	const json_t *request;

	json_array_foreach(json_object_get(network, "http"), index, request)
	{
		const char *url = text_in(request, "uri");
		if (!url || !import_is_program(url))
			continue;
		struct trace_event event = { .kind = TRACE_NET_DOWNLOAD, .process = 1 };
		event.values[0] = trace_text(url);
		event.values[1] = trace_text("");
		cape_add(report, report->first, &event);
	}
}

/* With the answers that CAPE took apart, also what crossed inside TLS; uri is the path here. */
static void take_exchanges(struct cape_report *report, const json_t *network, const char *list)
{
	size_t index;
	const json_t *exchange;

	json_array_foreach(json_object_get(network, list), index, exchange)
	{
		const char *scheme = text_in(exchange, "protocol"),
			   *host = text_in(exchange, "host");
		const char *path = text_in(exchange, "uri");
		char url[1024];
		if (!scheme || !host || !path || !import_is_program(path) ||
		    snprintf(url, sizeof url, "%.16s://%.255s%s%s", scheme, host,
			     *path == '/' ? "" : "/", path) >= (int)sizeof url)
			continue;
		struct trace_event event = { .kind = TRACE_NET_DOWNLOAD, .process = 1 };
		event.values[0] = trace_text(url);
		event.values[1] = trace_text("");
		cape_add(report, report->first, &event);
	}
}

static void take_mail(struct cape_report *report, const json_t *network)
{
	size_t index;
	const json_t *mail;

	json_array_foreach(json_object_get(network, "smtp"), index, mail)
	{
		const char *server = text_in(mail, "dst");
		struct trace_event event = { .kind = TRACE_MAIL_SEND, .process = 1 };
		event.values[0] = trace_text(server);
		event.values[1] = event.values[2] = trace_text("");
		cape_add(report, report->first, &event);
	}
}

/* The simulated victim's own address: where the conversations come from. */
struct address cape_own_address(const json_t *network)
{
	static const char *const lists[] = { "tcp", "udp" };
	size_t index;
	const json_t *flow;
	struct address own = { .family = 0 };

	for (size_t i = 0; i < 2; i++)
		json_array_foreach(json_object_get(network, lists[i]), index, flow)
		{
			const char *source = text_in(flow, "src");
			if (source && address_parse(source, &own) == 0 && address_is_special(&own))
				return own;
		}
	return (struct address){ .family = 0 };
}

static void take_flows(struct cape_report *report, const json_t *network, const char *proto,
		       const struct address *own)
{
	size_t index;
	const json_t *flow;

	json_array_foreach(json_object_get(network, proto), index, flow)
	{
		const char *source = text_in(flow, "src");
		const char *target = text_in(flow, "dst");
		double seconds = json_number_value(json_object_get(flow, "time"));
		uint64_t port = cape_number(json_object_get(flow, "dport"));
		struct address from;
		if (!source || !target || port == 0 || address_parse(source, &from) < 0 ||
		    (own->family && !address_equal(&from, own)))
			continue;
		/* Names and leases are asked for by Windows itself. */
		if (strcmp(proto, "udp") == 0 && (port == 53 || port == 67 || port == 137 ||
						  port == 138 || port == 1900 || port == 5355))
			continue;
		struct trace_event event = { .kind = TRACE_NET_CONNECT, .process = 1 };
		event.values[0] = trace_text(target);
		event.values[1] = trace_number(port);
		event.values[2] = trace_text(proto);
		event.values[3] = trace_text("");
		int64_t since = seconds > 0 && seconds < 1e6 ? (int64_t)(seconds * 1e9) : 0;
		cape_add(report, (report->first == IMPORT_NEVER ? 0 : report->first) + since,
			 &event);
	}
}

void cape_take_network(struct cape_report *report, const json_t *network)
{
	struct address own = cape_own_address(network);

	take_lookups(report, network);
	take_requests(report, network);
	take_exchanges(report, network, "http_ex");
	take_exchanges(report, network, "https_ex");
	take_mail(report, network);
	if (report->connections == 0) {
		take_flows(report, network, "tcp", &own);
		take_flows(report, network, "udp", &own);
	}
}

/* --- configurations --- */

/* "tcp://198.51.100.7:8080/x": who commands, by address or by name. */
static void take_server(struct cape_report *report, const char *url, const char *family)
{
	const char *after = strstr(url, "://");
	struct address address;
	char host[256], detail[300], *end;

	if (!after)
		return;
	after += 3;
	bool bracket = *after == '[';
	size_t length = strcspn(after + bracket, bracket ? "]" : ":/?#");
	snprintf(host, sizeof host, "%.*s", (int)(length < 255 ? length : 255), after + bracket);
	after += length + 2 * (size_t)bracket;
	unsigned long port = *after == ':' ? strtoul(after + 1, &end, 10) : 0;
	if (port == 0)
		port = strncmp(url, "https:", 6) == 0  ? 443
		       : strncmp(url, "http:", 5) == 0 ? 80
		       : strncmp(url, "ftp:", 4) == 0  ? 21
						       : 0;
	if (!*host || port == 0 || port > 65535)
		return;
	bool numeric = address_parse(host, &address) == 0;
	if (numeric)
		snprintf(detail, sizeof detail, "configuration of %.200s", family);
	else
		snprintf(detail, sizeof detail, "by-name %s", host);
	cape_add(report, report->first,
		 &(struct trace_event){
			 .kind = TRACE_SESSION,
			 .process = 1,
			 .values = { trace_text(numeric ? host : ""), trace_number(port),
				     trace_text(strncmp(url, "udp:", 4) == 0 ? "udp" : "tcp"),
				     trace_text("control"), trace_text(detail) } });
}

static void take_config(struct cape_report *report, const char *family, const json_t *config)
{
	const char *mutex = text_in(config, "mutex");
	size_t index;
	const json_t *server;

	json_array_foreach(json_object_get(config, "CNCs"), index, server)
	{
		if (json_is_string(server))
			take_server(report, json_string_value(server), family);
	}
	if (mutex && *mutex)
		cape_add(report, report->first,
			 &(struct trace_event){ .kind = TRACE_MUTEX_CREATE,
						.process = 1,
						.values = { trace_text(mutex) } });
}

/* CAPE.configs: objects of one family each, beside what starts with an underscore. */
void cape_take_configs(struct cape_report *report, const json_t *cape)
{
	size_t index;
	const json_t *each;
	const char *family;
	json_t *config;

	json_array_foreach(json_object_get(cape, "configs"), index, each)
	{
		json_object_foreach((json_t *)(uintptr_t)each, family, config)
		{
			if (*family != '_')
				take_config(report, family, config);
		}
	}
}
