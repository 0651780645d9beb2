/* How fast the shipped policies judge: events per second over a mixture as samples make it, over
 * kinds that many policies ask for, and over kinds that none does; and how long compilation takes.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/policy.h"

#define EVENTS 2000000

static bool json;

static void print(const char *name, double value, const char *unit)
{
	if (json)
		printf("{\"bench\":\"policy\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
		       "\"peer\":null,"
		       "\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	else
		printf("%-56s %12.4g %s\n", name, value, unit);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* Events of a kind with paths and numbers that vary. */
static void make_event(struct trace_event *event, enum trace_kind kind, char text[64], unsigned i)
{
	snprintf(text, 64, "C:\\Program Files\\Editor\\file%u.dat", i % 1000);
	*event = (struct trace_event){ .kind = kind, .time = i, .process = 1 };
	for (unsigned field = 0; field < TRACE_FIELDS; field++)
		event->values[field] = field ? trace_number(i % 5000) : trace_text(text);
}

static void measure(const struct policy_set *set, const char *name, const enum trace_kind *kinds,
		    unsigned count)
{
	struct policy_machine *machine = policy_machine_new(set);
	struct trace_sink sink = policy_machine_sink(machine);
	struct trace_event events[997];
	static char texts[997][64];
	struct timespec start;

	for (unsigned i = 0; i < 997; i++)
		make_event(&events[i], kinds[i % count], texts[i], i);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned i = 0; i < EVENTS; i++) {
		events[i % 997].time = i;
		trace_emit(&sink, &events[i % 997]);
	}
	print(name, EVENTS / seconds_since(&start), "events/s");
	policy_machine_free(machine);
}

int main(int count, char **arguments)
{
	static const enum trace_kind mixture[] = {
		TRACE_FILE_READ,   TRACE_FILE_WRITE,   TRACE_FILE_OPEN,	     TRACE_REGISTRY_GET,
		TRACE_NET_CONNECT, TRACE_NET_SEND,     TRACE_MODULE_RESOLVE, TRACE_API_UNKNOWN,
		TRACE_SLEEP,	   TRACE_REGISTRY_SET, TRACE_FILE_SEARCH
	};
	static const enum trace_kind write[] = { TRACE_FILE_WRITE }, none[] = { TRACE_API_UNKNOWN };
	struct policy_set *set;
	struct timespec start;
	struct error error;

	json = count > 1 && strcmp(arguments[1], "--json") == 0;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (policy_load(NULL, &set, &error) < 0) {
		log_error(&error);
		return 1;
	}
	print("compile and verify the shipped policies", 1000 * seconds_since(&start), "ms");
	measure(set, "mixed events", mixture, sizeof mixture / sizeof *mixture);
	measure(set, "file.write, which most policies ask for", write, 1);
	measure(set, "events that no policy asks for", none, 1);
	policy_set_free(set);
	return 0;
}
