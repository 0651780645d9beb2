#include "shellcode/action.h"

#include <stdio.h>
#include <string.h>

static const char *text(const struct trace_event *event, const char *field)
{
	int index = trace_field_find(event->kind, field);

	return index >= 0 && event->values[index].text ? event->values[index].text : "";
}

static json_int_t number(const struct trace_event *event, const char *field)
{
	int index = trace_field_find(event->kind, field);

	return index >= 0 ? (json_int_t)event->values[index].number : 0;
}

static json_t *call(const char *name, const char *detail)
{
	char line[700];

	snprintf(line, sizeof line, detail[0] ? "%.200s %.480s" : "%.200s", name, detail);
	return json_pack("{s:s,s:s}", "action", "call", "name", line);
}

/* A call named by its event, with what its fields say: at most three of them. */
static json_t *event_call(const struct trace_event *event, const char *const *fields)
{
	char detail[480];
	size_t used = 0;

	detail[0] = 0;
	for (unsigned i = 0; fields[i] && used < sizeof detail; i++) {
		const char *value = text(event, fields[i]);
		if (value[0])
			used += (size_t)snprintf(detail + used, sizeof detail - used, "%s%.200s",
						 used ? " " : "", value);
	}
	return call(trace_kind_name(event->kind), detail);
}

static json_t *connect_or_bind(const struct trace_event *event)
{
	if (event->kind == TRACE_NET_CONNECT)
		return json_pack("{s:s,s:s,s:I,s:s}", "action", "connect", "address",
				 text(event, "address"), "port", number(event, "port"), "proto",
				 text(event, "proto"));
	return json_pack("{s:s,s:I,s:s}", "action", "bind", "port", number(event, "port"), "proto",
			 text(event, "proto"));
}

/* net user NAME PASSWORD /add */
static json_t *user_of_command(const char *command)
{
	const char *found = strcasestr(command, "net user "), *name;
	char copy[64];
	size_t length;

	if (!found || !strcasestr(found, "/add"))
		return NULL;
	name = found + strlen("net user ") + strspn(found + strlen("net user "), " ");
	length = strcspn(name, " ");
	if (length == 0 || length >= sizeof copy)
		return NULL;
	memcpy(copy, name, length);
	copy[length] = 0;
	return json_pack("{s:s,s:s}", "action", "user", "name", copy);
}

/* A library that another machine has: who loads it runs what is in it. NULL: it is of this one. */
static json_t *load_from_afar(const char *name)
{
	return strncmp(name, "\\\\", 2) == 0 || strncmp(name, "//", 2) == 0
		       ? call(trace_kind_name(TRACE_MODULE_LOAD), name)
		       : NULL;
}

static json_t *action_of(const struct trace_event *event)
{
	switch (event->kind) {
	case TRACE_NET_DOWNLOAD:
		return json_pack("{s:s,s:s,s:s}", "action", "download", "url", text(event, "url"),
				 "path", text(event, "path"));
	case TRACE_NET_CONNECT:
	case TRACE_NET_LISTEN: return connect_or_bind(event);
	case TRACE_PROCESS_CREATE:
		return json_pack("{s:s,s:s}", "action", "execute", "command",
				 text(event, "command")[0] ? text(event, "command")
							   : text(event, "path"));
	case TRACE_SHELL_COMMAND:
		return json_pack("{s:s,s:s}", "action", "execute", "command",
				 text(event, "command"));
	case TRACE_NET_RECEIVE:
		return number(event, "length") ? json_pack("{s:s,s:I}", "action", "receive",
							   "length", number(event, "length"))
					       : NULL;
	case TRACE_FILE_CREATE:
	case TRACE_FILE_WRITE:
		return json_pack("{s:s,s:s}", "action", "write", "path", text(event, "path"));
	case TRACE_USER_CREATE:
		return json_pack("{s:s,s:s}", "action", "user", "name", text(event, "name"));
	case TRACE_API_UNKNOWN: return call(text(event, "name"), text(event, "texts"));
	case TRACE_MODULE_LOAD: return load_from_afar(text(event, "name"));
	case TRACE_SYSTEM_CALL: return call(text(event, "name"), text(event, "detail"));
	case TRACE_FILE_OPEN:
	case TRACE_FILE_DELETE:
	case TRACE_FILE_ATTRIBUTES: return call(trace_kind_name(event->kind), text(event, "path"));
	case TRACE_FILE_COPY:
	case TRACE_FILE_MOVE: return call(trace_kind_name(event->kind), text(event, "source"));
	case TRACE_PROCESS_TERMINATE:
		return call(trace_kind_name(event->kind), text(event, "target"));
	case TRACE_SYSTEM_SHUTDOWN:
	case TRACE_PROCESS_WALK:
	case TRACE_HOOK_SET:
	case TRACE_ANTI_DEBUG: return call(trace_kind_name(event->kind), text(event, "how"));
	case TRACE_REGISTRY_CREATE:
	case TRACE_REGISTRY_SET:
	case TRACE_REGISTRY_DELETE:
		return event_call(event, (const char *[]){ "key", "value", "data", NULL });
	case TRACE_PROCESS_OPEN:
	case TRACE_PROCESS_WRITE: return event_call(event, (const char *[]){ "target", NULL });
	case TRACE_SERVICE_CREATE:
	case TRACE_SERVICE_START:
	case TRACE_SERVICE_STOP: return event_call(event, (const char *[]){ "name", "path", NULL });
	case TRACE_NET_RESOLVE: return call(trace_kind_name(event->kind), text(event, "name"));
	default: return NULL;
	}
}

enum { CALLS_SHOWN = 8, NAMES = 64 };

/* How many different calls of one name there were: loops make them by the thousand. */
struct tally {
	json_t *actions;
	struct {
		const char *name; /* of the events' own texts */
		unsigned count;
	} names[NAMES];
};

static bool listed(const json_t *actions, const json_t *action)
{
	size_t index;
	json_t *other;

	json_array_foreach(actions, index, other)
	{
		if (json_equal(other, action))
			return true;
	}
	return false;
}

/* Takes `action`; NULL is accepted. */
static void add(json_t *actions, json_t *action)
{
	if (action && !listed(actions, action))
		json_array_append_new(actions, action);
	else
		json_decref(action);
}

/* Counts a system call of that name; false when enough of them are listed. */
static bool few_yet(struct tally *tally, const char *name)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (tally->names[i].name && strcmp(tally->names[i].name, name) != 0)
			continue;
		tally->names[i].name = name;
		return ++tally->names[i].count <= CALLS_SHOWN;
	}
	return false;
}

static void tell_others(struct tally *tally)
{
	for (unsigned i = 0; i < NAMES && tally->names[i].name; i++) {
		char line[300];
		if (tally->names[i].count <= CALLS_SHOWN)
			continue;
		snprintf(line, sizeof line, "%.200s, %u times in all", tally->names[i].name,
			 tally->names[i].count);
		add(tally->actions, call(line, ""));
	}
}

/* --- scans: connections to many addresses on one port are one action --- */

enum { SCAN_LEAST = 16 };

/* The addresses that were reached for on that port: an object whose keys they are. Borrowed. */
static json_t *reached_on(json_t *ports, const struct trace_event *event)
{
	char key[64];
	json_t *reached;

	snprintf(key, sizeof key, "%.20s %lld", text(event, "proto"),
		 (long long)number(event, "port"));
	reached = json_object_get(ports, key);
	if (!reached) {
		reached = json_object();
		json_object_set_new(ports, key, reached);
	}
	return reached;
}

/* Counts them before anything is listed: whether the first connection is part of a scan shows
 * later. Returned owned. */
static json_t *connections_of(const struct trace_log *trace)
{
	json_t *ports = json_object();

	for (size_t i = 0; ports && i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		if (event->kind == TRACE_NET_CONNECT)
			json_object_set_new(reached_on(ports, event), text(event, "address"),
					    json_true());
	}
	return ports;
}

/* False: the connection stands for itself. */
static bool add_scan(json_t *actions, json_t *ports, const struct trace_event *event)
{
	size_t targets =
		event->kind == TRACE_NET_CONNECT ? json_object_size(reached_on(ports, event)) : 0;

	if (targets < SCAN_LEAST)
		return false;
	add(actions, json_pack("{s:s,s:I,s:s,s:I}", "action", "scan", "port", number(event, "port"),
			       "proto", text(event, "proto"), "targets", (json_int_t)targets));
	return true;
}

json_t *action_list(const struct trace_log *trace)
{
	struct tally tally = { .actions = json_array() };
	json_t *ports = connections_of(trace);

	for (size_t i = 0; tally.actions && ports && i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		if (event->kind == TRACE_SYSTEM_CALL && !few_yet(&tally, text(event, "name")))
			continue;
		if (add_scan(tally.actions, ports, event))
			continue;
		add(tally.actions, action_of(event));
		if (event->kind == TRACE_PROCESS_CREATE)
			add(tally.actions, user_of_command(text(event, "command")));
	}
	json_decref(ports);
	if (tally.actions)
		tell_others(&tally);
	return tally.actions;
}
