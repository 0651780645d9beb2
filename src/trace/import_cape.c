/* The JSON report of CAPE, or of Cuckoo 2 (which it descends from): one program's run in a real
 * Windows. Read are target.file, behavior.processes[].calls[] with the table of import_cape_api.c,
 * and what the calls do not tell (import_cape_network.c).
 *
 * Calls that failed are not events, except where the attempt is what counts (connections, names,
 * downloads). Numbers are read as doubles, since addresses of 64 bits occur as unsigned decimals.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trace/import_cape.h"

enum { SPELLED = 32 };

void cape_add(struct cape_report *report, int64_t time, const struct trace_event *event)
{
	import_add(&report->budget, &report->events, time, event);
}

/* --- arguments: a list of {name, value}, or one object --- */

static const json_t *argument(const json_t *arguments, const char *name, size_t length)
{
	char key[64];
	size_t index;
	const json_t *each;

	if (length >= sizeof key)
		return NULL;
	memcpy(key, name, length);
	key[length] = 0;
	if (json_is_object(arguments))
		return json_object_get(arguments, key);
	json_array_foreach(arguments, index, each)
	{
		const char *own = json_string_value(json_object_get(each, "name"));
		if (own && strcmp(own, key) == 0)
			return json_object_get(each, "value");
	}
	return NULL;
}

/* The first of "one|two" that is there and not empty. */
static const json_t *argument_of(const json_t *arguments, const char *names)
{
	for (const char *at = names; at && *at;) {
		size_t length = strcspn(at, "|");
		const json_t *found = argument(arguments, at, length);
		const char *text = json_string_value(found);
		if (json_is_number(found) || (text && *text))
			return found;
		at += length + (at[length] == '|');
	}
	return NULL;
}

static double number_of(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text)
		return (double)strtoull(text, NULL, 0);
	return json_number_value(value);
}

static uint64_t whole(double number)
{
	return number > 0 && number < 0x1p63 ? (uint64_t)number : 0;
}

uint64_t cape_number(const json_t *value)
{
	return whole(number_of(value));
}

static bool is_number_field(const char *name)
{
	static const char *const numbers[] = { "offset",     "length",	"port",
					       "local_port", "address", "milliseconds" };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(name, numbers[i]) == 0)
			return true;
	return false;
}

/* `spelled` holds a number as text for a field that is one. */
static struct trace_value value_of(const json_t *value, bool number, char spelled[SPELLED])
{
	if (number)
		return trace_number(whole(number_of(value)));
	if (json_is_number(value)) {
		snprintf(spelled, SPELLED, "%.0f", json_number_value(value));
		return trace_text(spelled);
	}
	return trace_text(json_string_value(value));
}

/* --- sockets --- */

static struct socket_end *socket_end(struct cape_report *report, unsigned process, double number)
{
	uint64_t hash = (whole(number) + process * UINT64_C(0x9e3779b9)) % CAPE_SOCKETS;
	struct socket_end *end = &report->sockets[hash];

	if (!end->known || end->process != process || fabs(end->socket - number) > 0.5)
		*end = (struct socket_end){
			.known = true, .process = process, .socket = number, .address = ""
		};
	return end;
}

static bool is_datagram(const json_t *arguments)
{
	const json_t *type = argument_of(arguments, "type|Type");
	const char *text = json_string_value(type);

	return text && strcasecmp(text, "SOCK_DGRAM") == 0 ? true : whole(number_of(type)) == 2;
}

/* Fills address, port and proto of a call on a socket. False: no event comes of it. */
static bool use_socket(struct cape_report *report, const struct import_api *api,
		       const json_t *arguments, struct trace_event *event, bool succeeded)
{
	const json_t *number = argument_of(arguments, "socket|s|SocketHandle");
	struct socket_end *end = socket_end(report, event->process, number_of(number));

	if (api->care == IMPORT_SOCKET_MADE) {
		end->udp = is_datagram(arguments);
		end->address = "";
		return false;
	}
	if (event->values[0].text && *event->values[0].text && api->kind != TRACE_NET_LISTEN) {
		end->address = event->values[0].text;
		end->port = event->values[1].number;
	} else if (api->care == IMPORT_SOCKET_USED) {
		event->values[0] = trace_text(end->address);
		event->values[1] = trace_number(end->port);
	}
	const char *address = event->values[0].text;
	event->values[2] = trace_text(end->udp ? "udp" : "tcp");
	if (api->kind == TRACE_NET_CONNECT) {
		event->values[3] = trace_text(succeeded ? "connected" : "no answer");
		report->connections++;
		return address && *address && event->values[1].number;
	}
	if (api->kind == TRACE_NET_LISTEN)
		return event->values[1].number != 0; /* port 0: any, for a client */
	const char *data = event->values[4].text;
	event->values[3] = trace_number(data ? strlen(data) : 0);
	return data && *data && address && *address;
}

/* --- calls --- */

static bool did_succeed(const json_t *call)
{
	const json_t *status = json_object_get(call, "status");

	if (json_is_boolean(status))
		return json_is_true(status);
	return !json_is_number(status) || json_number_value(status) != 0;
}

static int64_t time_of(const json_t *call)
{
	const char *stamp = json_string_value(json_object_get(call, "timestamp"));
	const json_t *seconds = json_object_get(call, "time");

	if (stamp)
		return import_time(stamp);
	if (json_is_number(seconds) && fabs(json_number_value(seconds)) < 4e9)
		return llround(json_number_value(seconds) * 1e6) * 1000;
	return IMPORT_NEVER;
}

/* FILE_SUPERSEDE 0, FILE_OPEN 1, FILE_CREATE 2, FILE_OPEN_IF 3, FILE_OVERWRITE 4, _IF 5. */
static enum trace_kind kind_of_opening(const json_t *arguments)
{
	const json_t *disposition = argument_of(arguments, "CreateDisposition|create_disposition");
	const char *before = json_string_value(argument_of(arguments, "ExistedBefore"));
	uint64_t how = whole(number_of(disposition));

	if (!disposition || how == 1 || (how == 3 && (!before || strcasecmp(before, "no") != 0)))
		return TRACE_FILE_OPEN;
	return TRACE_FILE_CREATE;
}

/* "HKEY_…\\Run\\update" of the value "update": the key alone. */
static const char *key_alone(struct cape_report *report, const char *key, const char *value)
{
	size_t length = strlen(key), tail = value ? strlen(value) : 0;

	if (tail == 0 || length <= tail || key[length - tail - 1] != '\\' ||
	    strcasecmp(key + length - tail, value) != 0)
		return key;
	struct bytes bytes = { (const uint8_t *)key, length - tail - 1 };
	const char *copy = arena_copy(report->budget.texts, bytes);
	return copy ? copy : key;
}

static void take_fields(const struct import_api *api, const json_t *arguments,
			struct trace_event *event, char spelled[TRACE_FIELDS][SPELLED])
{
	for (unsigned i = 0; i < TRACE_FIELDS && trace_field_name(event->kind, i); i++) {
		const char *from = api->fields[i];
		bool number =
			is_number_field(trace_field_name(event->kind, i)) &&
			(event->kind == TRACE_PROCESS_WRITE || event->kind == TRACE_THREAD_CREATE ||
			 strcmp(trace_field_name(event->kind, i), "address") != 0);
		if (from && *from == '=')
			event->values[i] = trace_text(from + 1);
		else
			event->values[i] = value_of(from ? argument_of(arguments, from) : NULL,
						    number, spelled[i]);
	}
}

static void take_call(struct cape_report *report, const json_t *call, unsigned process)
{
	const char *name = json_string_value(json_object_get(call, "api"));
	const struct import_api *api = name ? import_api_find(name) : NULL;
	const json_t *arguments = json_object_get(call, "arguments");
	char spelled[TRACE_FIELDS][SPELLED];
	bool succeeded = did_succeed(call);
	int64_t time = time_of(call);

	if (time != IMPORT_NEVER && (report->first == IMPORT_NEVER || time < report->first))
		report->first = time;
	if (!api || (!succeeded && (api->care == IMPORT_PLAIN || api->care == IMPORT_VALUE_KEY ||
				    api->care == IMPORT_FILE_OPENED)))
		return;
	struct trace_event event = { .kind = api->kind, .process = process };
	const char *caller = json_string_value(json_object_get(call, "caller"));
	event.caller = caller ? strtoull(caller, NULL, 16) : 0;
	if (api->care == IMPORT_FILE_OPENED)
		event.kind = kind_of_opening(arguments);
	take_fields(api, arguments, &event, spelled);
	if (api->care == IMPORT_VALUE_KEY && event.values[0].text)
		event.values[0] =
			trace_text(key_alone(report, event.values[0].text, event.values[1].text));
	if (api->care >= IMPORT_SOCKET_MADE &&
	    !use_socket(report, api, arguments, &event, succeeded))
		return;
	if (event.kind == TRACE_SERVICE_STOP &&
	    whole(number_of(argument_of(arguments, "ControlCode|control_code"))) != 1)
		return; /* SERVICE_CONTROL_STOP is 1 */
	if (event.values[0].text && !*event.values[0].text && event.kind != TRACE_THREAD_CREATE)
		return; /* without a name: of no use to anybody */
	cape_add(report, time, &event);
}

static void take_processes(struct cape_report *report, const json_t *behavior)
{
	size_t index, inner;
	const json_t *process, *call;

	json_array_foreach(json_object_get(behavior, "processes"), index, process)
	{
		json_array_foreach(json_object_get(process, "calls"), inner, call)
			take_call(report, call, (unsigned)index + 1);
	}
}

/* --- the summary, where calls are left out of a report --- */

static void take_names(struct cape_report *report, const json_t *summary, const char *list,
		       enum trace_kind kind)
{
	size_t index;
	const json_t *each;

	json_array_foreach(json_object_get(summary, list), index, each)
	{
		const char *text = json_string_value(each);
		if (!text || !*text)
			continue;
		struct trace_event event = { .kind = kind, .process = 1 };
		for (unsigned i = 0; i < TRACE_FIELDS; i++)
			event.values[i] = trace_text("");
		event.values[0] = trace_text(text);
		if (kind == TRACE_PROCESS_CREATE)
			event.values[1] = trace_text(text);
		/* Keys of written values end with the value's name. */
		const char *slash = kind == TRACE_REGISTRY_SET ? strrchr(text, '\\') : NULL;
		if (slash) {
			event.values[1] = trace_text(slash + 1);
			event.values[0] = trace_text(key_alone(report, text, slash + 1));
		}
		cape_add(report, IMPORT_NEVER, &event);
	}
}

static void take_summary(struct cape_report *report, const json_t *summary)
{
	static const struct {
		const char *list;
		enum trace_kind kind;
	} lists[] = { { "write_files", TRACE_FILE_CREATE },
		      { "file_created", TRACE_FILE_CREATE },
		      { "delete_files", TRACE_FILE_DELETE },
		      { "file_deleted", TRACE_FILE_DELETE },
		      { "write_keys", TRACE_REGISTRY_SET },
		      { "regkey_written", TRACE_REGISTRY_SET },
		      { "executed_commands", TRACE_PROCESS_CREATE },
		      { "command_line", TRACE_PROCESS_CREATE },
		      { "mutexes", TRACE_MUTEX_CREATE },
		      { "mutex", TRACE_MUTEX_CREATE },
		      { "created_services", TRACE_SERVICE_CREATE },
		      { "started_services", TRACE_SERVICE_START },
		      { "resolves_host", TRACE_NET_RESOLVE } };

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		take_names(report, summary, lists[i].list, lists[i].kind);
}

/* --- the whole --- */

static void take_target(struct cape_report *report, const json_t *root)
{
	const json_t *file = json_object_get(json_object_get(root, "target"), "file");
	const char *name = json_string_value(json_object_get(file, "name"));
	const char *digest = json_string_value(json_object_get(file, "sha256"));
	struct trace_event event = { .kind = TRACE_SELF, .process = 1 };

	if (!name && !digest)
		return;
	event.values[0] = trace_text(name);
	event.values[1] = trace_text(digest);
	cape_add(report, IMPORT_NEVER, &event);
}

/* What must be of a type where it is there; paths are told as they are written here. */
static int check_types(const json_t *root, const char *name, struct error *error)
{
	static const struct {
		const char *in, *key;
		json_type type;
	} parts[] = {
		{ NULL, "behavior", JSON_OBJECT },	 { NULL, "network", JSON_OBJECT },
		{ NULL, "target", JSON_OBJECT },	 { NULL, "CAPE", JSON_OBJECT },
		{ "behavior", "processes", JSON_ARRAY }, { "behavior", "summary", JSON_OBJECT },
		{ "network", "dns", JSON_ARRAY },	 { "network", "http", JSON_ARRAY },
		{ "network", "smtp", JSON_ARRAY },	 { "network", "tcp", JSON_ARRAY },
		{ "network", "udp", JSON_ARRAY },	 { "CAPE", "configs", JSON_ARRAY }
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const json_t *in = parts[i].in ? json_object_get(root, parts[i].in) : root;
		const json_t *value = json_object_get(in, parts[i].key);
		if (value && !json_is_null(value) && json_typeof(value) != parts[i].type)
			return error_set(error, ERROR_INPUT, name, "%s%s%s: expected %s",
					 parts[i].in ? parts[i].in : "", parts[i].in ? "." : "",
					 parts[i].key,
					 parts[i].type == JSON_ARRAY ? "a list" : "an object");
	}
	return 0;
}

/* Reports from CAPE's data base hold the numbers of lists of calls in the place of calls. */
static int check_calls(const json_t *behavior, const char *name, struct error *error)
{
	size_t index, inner;
	const json_t *process, *call;

	json_array_foreach(json_object_get(behavior, "processes"), index, process)
	{
		const json_t *calls = json_object_get(process, "calls");
		if (calls && !json_is_null(calls) && !json_is_array(calls))
			return error_set(error, ERROR_INPUT, name,
					 "behavior.processes[%zu].calls: expected a list", index);
		json_array_foreach(calls, inner, call)
		{
			if (!json_is_object(call))
				return error_set(error, ERROR_INPUT, name,
						 "behavior.processes[%zu].calls[%zu]: expected a "
						 "call; take reports/report.json, not an export of "
						 "the data base",
						 index, inner);
		}
	}
	return 0;
}

static int take_report(struct cape_report *report, const json_t *root, const char *name,
		       struct trace_import *import, struct error *error)
{
	const json_t *behavior = json_object_get(root, "behavior");
	const json_t *network = json_object_get(root, "network");
	struct address own = cape_own_address(network);
	struct trace_log *log;

	int result = check_types(root, name, error);
	if (result == 0)
		result = check_calls(behavior, name, error);
	if (result < 0)
		return result;
	take_target(report, root);
	size_t before = report->events.count;
	take_processes(report, behavior);
	if (report->events.count == before)
		take_summary(report, json_object_get(behavior, "summary"));
	cape_take_network(report, network);
	cape_take_configs(report, json_object_get(root, "CAPE"));
	if (report->events.count == before)
		return error_set(
			error, ERROR_INPUT, name,
			"a report without behaviour: neither behavior.processes[].calls, "
			"nor behavior.summary, network, or CAPE.configs holds anything; was the "
			"analysis finished?");
	import->dropped = report->budget.dropped;
	result = import_finish(&report->events, own.family ? &own : NULL, &log, error);
	if (result == 0) {
		import->dropped += trace_log_dropped(log);
		result = import_add_part(import, log, "", false, error);
	}
	return result;
}

int import_cape(struct bytes content, const char *name, struct trace_import *import,
		struct error *error)
{
	struct cape_report *report = calloc(1, sizeof *report);
	json_error_t syntax;
	json_t *root = NULL;

	if (!report)
		return error_set(error, ERROR_MEMORY, name, "no memory for a report");
	int result = import_budget_init(&report->budget, error);
	if (result == 0) {
		char where[300];
		report->first = IMPORT_NEVER;
		root = json_loadb((const char *)content.data, content.length,
				  JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &syntax);
		snprintf(where, sizeof where, "%.250s:%d", name, root ? 0 : syntax.line);
		if (!json_is_object(root))
			result = error_set(error, ERROR_INPUT, where, "not a JSON report: %s",
					   root ? "expected an object" : syntax.text);
	}
	if (result == 0)
		result = take_report(report, root, name, import, error);
	json_decref(root);
	free(report->events.items);
	import_budget_fini(&report->budget);
	free(report);
	return result;
}
