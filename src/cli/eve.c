/* Records in the form of Suricata's EVE output (docs.suricata.io, "Eve JSON Format"), so that what
 * reads that reads kenbi: field names and types are Suricata's, what only kenbi knows lies under
 * "kenbi". Signature numbers are from Suricata's range for local rules, one a kind of event. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/outputs.h"

enum {
	SIGNATURE_SHELLCODE = 1000001,
	SIGNATURE_DEVIATION = 1000002,
};

static const char *text_of(const json_t *record, const char *name)
{
	return json_string_value(json_object_get(record, name));
}

/* 2017-04-07T22:24:37.251547+0000 */
static json_t *timestamp(double seconds)
{
	char text[64], all[96];
	time_t whole = (time_t)seconds;
	struct tm broken;

	gmtime_r(&whole, &broken);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &broken);
	snprintf(all, sizeof all, "%s.%06d+0000", text, (int)((seconds - (double)whole) * 1e6));
	return json_string(all);
}

/* The same for all events of a conversation; 53 bits, as readers of JSON keep no more. */
static json_t *flow_id(const json_t *ends)
{
	struct buffer key;
	uint8_t digest[DIGEST_SIZE];
	uint64_t number = 0;

	buffer_init(&key, 1024);
	buffer_printf(&key, "%s %s %s %" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT,
		      text_of(ends, "proto"), text_of(ends, "src"), text_of(ends, "dst"),
		      json_integer_value(json_object_get(ends, "sport")),
		      json_integer_value(json_object_get(ends, "dport")));
	digest_sha256(buffer_bytes(&key), digest);
	for (int i = 0; i < 7; i++)
		number = number << 8 | digest[i];
	buffer_fini(&key);
	return json_integer((json_int_t)(number & ((UINT64_C(1) << 53) - 1)));
}

/* The common part; `ends` holds src, sport, dst, dport, proto. `reversed`: the server is the
 * source.
 */
static json_t *event_of(const json_t *record, const json_t *ends, const char *type, double time,
			bool reversed)
{
	json_t *event = json_object();
	const char *proto = text_of(ends, "proto");

	json_object_set_new(event, "timestamp", timestamp(time));
	json_object_set_new(event, "flow_id", flow_id(ends));
	json_object_set(event, "pcap_filename", json_object_get(record, "file"));
	json_object_set_new(event, "event_type", json_string(type));
	json_object_set(event, "src_ip", json_object_get(ends, reversed ? "dst" : "src"));
	json_object_set(event, "src_port", json_object_get(ends, reversed ? "dport" : "sport"));
	json_object_set(event, "dest_ip", json_object_get(ends, reversed ? "src" : "dst"));
	json_object_set(event, "dest_port", json_object_get(ends, reversed ? "sport" : "dport"));
	json_object_set_new(event, "proto",
			    json_string(proto && strcmp(proto, "tcp") == 0 ? "TCP" : "UDP"));
	return event;
}

static int print(FILE *file, json_t *event)
{
	char *line = json_dumps(event, JSON_COMPACT);
	int result =
		line && fprintf(file, "%s\n", line) > 0 && fflush(file) == 0 ? 0 : ERROR_SYSTEM;

	free(line);
	json_decref(event);
	return result;
}

static json_t *alert(int signature, const char *words, const char *category)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:i}", "action", "allowed", "gid", 1,
			 "signature_id", signature, "rev", 1, "signature", words, "category",
			 category, "severity", 1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Plain files have no conversation: their events have no ends and no flow, only the file's name. */
static json_t *file_event(const json_t *record, const char *type, double time)
{
	json_t *event = json_object();

	json_object_set_new(event, "timestamp", timestamp(time));
	json_object_set(event, "pcap_filename", json_object_get(record, "file"));
	json_object_set_new(event, "event_type", json_string(type));
	return event;
}

/* A plain file that was searched. */
static int write_input(FILE *file, const json_t *record)
{
	const char *format = text_of(record, "format");

	if (!format || strcmp(format, "bytes") != 0)
		return 0;
	json_t *event = file_event(record, "fileinfo", now());
	json_t *info = json_pack("{s:O, s:b, s:s, s:b, s:O}", "filename",
				 json_object_get(record, "file"), "gaps", 0, "state", "CLOSED",
				 "stored", 0, "size", json_object_get(record, "bytes"));
	json_object_set_new(event, "fileinfo", info);
	return print(file, event);
}

static int write_shellcode(FILE *file, const json_t *record)
{
	static const char *const own[] = { "kind",   "arch",	"os",	"evidence", "view",
					   "offset", "actions", "code", "session",  "completed" };
	const json_t *ends = json_object_get(record, "flow");
	const char *side = text_of(record, "side");
	const json_t *time = json_object_get(record, "time");
	char words[160];

	double when = json_is_number(time) ? json_number_value(time) : now();
	bool served = side && strcmp(side, "server") == 0;
	json_t *event = json_is_object(ends) ? event_of(record, ends, "alert", when, served)
					     : file_event(record, "alert", when);
	if (json_is_object(ends))
		json_object_set_new(event, "direction",
				    json_string(served ? "to_client" : "to_server"));
	snprintf(words, sizeof words, "KENBI shellcode for %s on %s, kind %s",
		 text_of(record, "os"), text_of(record, "arch"), text_of(record, "kind"));
	json_object_set_new(event, "alert",
			    alert(SIGNATURE_SHELLCODE, words, "Executable code was detected"));
	json_t *more = json_object();
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		json_object_set(more, own[i], json_object_get(record, own[i]));
	json_object_set_new(event, "kenbi", more);
	return print(file, event);
}

static const char *reason(const json_t *record)
{
	const char *end = text_of(record, "end");

	if (end && strcmp(end, "capture") == 0)
		return "shutdown";
	return end && strcmp(end, "limit") == 0 ? "forced" : "timeout";
}

static int write_flow(FILE *file, const json_t *record)
{
	double first = json_number_value(json_object_get(record, "first"));
	double last = json_number_value(json_object_get(record, "last"));
	const char *end = text_of(record, "end");
	bool closed = end && (strcmp(end, "fin") == 0 || strcmp(end, "rst") == 0);
	json_t *event = event_of(record, record, "flow", last, false);
	const char *protocol = text_of(record, "protocol");

	json_object_set_new(
		event, "app_proto",
		json_string(protocol && strcmp(protocol, "unknown") != 0 ? protocol : "failed"));
	json_t *flow = json_object();
	json_object_set(flow, "pkts_toserver", json_object_get(record, "packets_to_server"));
	json_object_set(flow, "pkts_toclient", json_object_get(record, "packets_to_client"));
	json_object_set(flow, "bytes_toserver", json_object_get(record, "bytes_to_server"));
	json_object_set(flow, "bytes_toclient", json_object_get(record, "bytes_to_client"));
	json_object_set_new(flow, "start", timestamp(first));
	json_object_set_new(flow, "end", timestamp(last));
	json_object_set_new(flow, "age", json_integer((json_int_t)(last - first)));
	json_object_set_new(flow, "state", json_string(closed ? "closed" : "established"));
	json_object_set_new(flow, "reason", json_string(reason(record)));
	json_object_set_new(flow, "alerted",
			    json_boolean(json_is_true(json_object_get(record, "attack"))));
	json_object_set_new(event, "flow", flow);
	return print(file, event);
}

static int write_files(FILE *file, const json_t *record)
{
	const json_t *entry;
	size_t index;
	int result = 0;

	json_array_foreach(json_object_get(record, "files"), index, entry)
	{
		const char *side = text_of(entry, "side");
		bool complete = json_is_true(json_object_get(entry, "complete"));
		json_t *event = event_of(record, record, "fileinfo",
					 json_number_value(json_object_get(record, "last")),
					 side && strcmp(side, "server") == 0);
		json_object_set(event, "app_proto", json_object_get(record, "protocol"));
		json_t *info = json_object();
		json_object_set(info, "filename", json_object_get(entry, "name"));
		json_object_set(info, "magic", json_object_get(entry, "media"));
		json_object_set_new(
			info, "gaps",
			json_boolean(json_integer_value(json_object_get(record, "lost")) > 0));
		json_object_set_new(info, "state", json_string(complete ? "CLOSED" : "TRUNCATED"));
		json_object_set_new(info, "stored", json_false());
		json_object_set(info, "size", json_object_get(entry, "bytes"));
		json_object_set(info, "sha256", json_object_get(entry, "sha256"));
		json_object_set_new(info, "tx_id", json_integer((json_int_t)index));
		json_object_set_new(event, "fileinfo", info);
		result = result < 0 ? result : 0;
		if (print(file, event) < 0)
			result = ERROR_SYSTEM;
	}
	return result;
}

static int write_deviation(FILE *file, const json_t *record)
{
	const json_t *deviation = json_array_get(json_object_get(record, "deviations"), 0);
	const char *side = text_of(deviation, "side");
	char words[256];

	if (!json_is_false(json_object_get(record, "conforms")))
		return 0;
	json_t *event = event_of(record, record, "alert",
				 json_number_value(json_object_get(record, "last")),
				 side && strcmp(side, "server") == 0);
	snprintf(words, sizeof words, "KENBI %s does not conform: %s", text_of(record, "protocol"),
		 text_of(deviation, "what"));
	json_t *told = alert(SIGNATURE_DEVIATION, words, "Generic Protocol Command Decode");
	json_object_set_new(told, "severity", json_integer(3));
	json_object_set_new(event, "alert", told);
	json_object_set(event, "app_proto", json_object_get(record, "protocol"));
	json_t *more = json_object();
	json_object_set(more, "session", json_object_get(record, "id"));
	json_object_set(more, "target", json_object_get(record, "target"));
	json_object_set(more, "saved", json_object_get(record, "saved"));
	json_object_set_new(event, "kenbi", more);
	return print(file, event);
}

static int write_statistics(FILE *file, const json_t *record)
{
	const json_t *counters = json_object_get(record, "counters");
	json_t *event = json_object(), *stats = json_object(), *capture = json_object();

	json_object_set_new(event, "timestamp",
			    timestamp(json_number_value(json_object_get(record, "time"))));
	json_object_set_new(event, "event_type", json_string("stats"));
	json_object_set_new(
		stats, "uptime",
		json_integer((json_int_t)json_number_value(json_object_get(record, "elapsed"))));
	json_object_set(capture, "kernel_packets", json_object_get(counters, "frames"));
	json_object_set(capture, "kernel_drops", json_object_get(counters, "dropped_kernel"));
	json_object_set_new(stats, "capture", capture);
	json_object_set(stats, "kenbi", (json_t *)(uintptr_t)counters);
	json_object_set_new(event, "stats", stats);
	return print(file, event);
}

int cli_eve_write(FILE *file, const json_t *record)
{
	const char *type = text_of(record, "type");
	int result = 0;

	if (strcmp(type, "shellcode") == 0)
		return write_shellcode(file, record);
	if (strcmp(type, "input") == 0)
		return write_input(file, record);
	if (strcmp(type, "statistics") == 0)
		return write_statistics(file, record);
	if (strcmp(type, "session") != 0)
		return 0;
	result = write_deviation(file, record);
	if (result == 0)
		result = write_files(file, record);
	return result < 0 ? result : write_flow(file, record);
}
