/* How a program chooses the addresses that it attacks, from its connections.
 *
 * Looked at are connections to addresses that no name look-up gave, on the port with the most
 * distinct targets; a program that reaches fewer than SCAN_LEAST of them does not scan.
 * - sequential: most targets have their neighbour among the SCAN_NEAR targets before them (several
 * threads may count up side by side);
 * - local: own prefixes /8, /16, /24 hold a larger share than uniform choice would give (excess ≥
 * 0.1 and at least four targets); where the own address is not known, one /16 that holds a quarter
 * of all;
 * - random: otherwise.
 *
 * The rate needs seconds, but a trace counts instructions. "rate_basis" says which of these was
 * used:
 * - "sleep": the program sleeps between connections; seconds are the time slept plus instructions
 * at a nominal 10^9 per second;
 * - "timeout": it never sleeps, so it waits for answers: a TCP connection to nobody ends after 21 s
 * on Windows XP (three SYNs, 3 + 6 + 12 s: TcpMaxConnectRetransmissions 2), times the threads that
 * it started;
 * - "instructions": UDP, which does not wait: instructions at 10^9 per second, at most SCAN_LINE
 * packets;
 * - "clock": the trace is a log of a real machine, whose times are those of a clock. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/remedy.h"

#define SCAN_LEAST	16
#define SCAN_NEAR	64
#define SCAN_SEQUENTIAL 0.6
#define SCAN_EXCESS	0.1
#define SCAN_CROWD	0.25
#define SCAN_SPEED	1e9
#define SCAN_TIMEOUT	21.0
#define SCAN_LINE                                                                                  \
	10000.0		   /* small packets per second of a 100 Mbit/s line, less than its maximum \
			    */
#define SCAN_TARGETS 65536 /* connections looked at; more do not change the picture */

struct target {
	uint32_t address;
	uint16_t port;
	bool udp;
	uint64_t time;
};

struct targets {
	struct target *items;
	size_t count;
};

static int by_address(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;
	return *left < *right ? -1 : *left > *right;
}

/* IPv4 addresses that name look-ups gave, sorted. */
static uint32_t *collect_looked_up(const struct trace_log *trace, size_t *count)
{
	uint32_t *addresses = NULL;

	*count = 0;
	for (size_t i = 0; i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		struct address address;
		if (event->kind != TRACE_NET_RESOLVE || !event->values[1].text ||
		    address_parse(event->values[1].text, &address) < 0)
			continue;
		if ((*count & (*count - 1)) == 0) {
			uint32_t *grown = realloc(addresses, (2 * *count + 1) * sizeof *grown);
			if (!grown)
				break;
			addresses = grown;
		}
		addresses[(*count)++] = address_to_v4(&address);
	}
	if (addresses)
		qsort(addresses, *count, sizeof *addresses, by_address);
	return addresses;
}

static uint64_t number_of(const struct trace_value *value)
{
	return value->text ? strtoull(value->text, NULL, 10) : value->number;
}

/* IPv4 targets that were tried without a name, in order. */
static struct targets collect(const struct trace_log *trace)
{
	struct targets targets = { .count = 0 };
	size_t looked_up_count;
	uint32_t *looked_up = collect_looked_up(trace, &looked_up_count);

	targets.items = calloc(SCAN_TARGETS, sizeof *targets.items);
	for (size_t i = 0; targets.items && i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		struct address address;
		if (event->kind != TRACE_NET_CONNECT || targets.count == SCAN_TARGETS ||
		    !event->values[0].text || address_parse(event->values[0].text, &address) < 0 ||
		    address.family != 4)
			continue;
		uint32_t number = address_to_v4(&address);
		if (looked_up &&
		    bsearch(&number, looked_up, looked_up_count, sizeof number, by_address))
			continue;
		const char *proto = event->values[2].text ? event->values[2].text : "";
		targets.items[targets.count++] =
			(struct target){ .address = number,
					 .port = (uint16_t)number_of(&event->values[1]),
					 .udp = strcmp(proto, "udp") == 0 ||
						strcmp(proto, "17") == 0,
					 .time = event->time };
	}
	free(looked_up);
	return targets;
}

static int by_service(const void *a, const void *b)
{
	const struct target *left = a, *right = b;

	if (left->udp != right->udp)
		return left->udp - right->udp;
	if (left->port != right->port)
		return left->port - right->port;
	return left->address < right->address ? -1 : left->address > right->address;
}

static bool same_service(const struct target *a, const struct target *b)
{
	return a->udp == b->udp && a->port == b->port;
}

/* Keeps only the connections of the service with the most distinct targets; returns how many those
 * are. */
static size_t keep_busiest(struct targets *targets)
{
	struct target *sorted = calloc(targets->count + 1, sizeof *sorted), busiest = { 0 };
	size_t best = 0, distinct = 0, kept = 0;

	if (!sorted)
		return 0;
	memcpy(sorted, targets->items, targets->count * sizeof *sorted);
	qsort(sorted, targets->count, sizeof *sorted, by_service);
	for (size_t i = 0; i < targets->count; i++) {
		if (i == 0 || !same_service(&sorted[i], &sorted[i - 1]))
			distinct = 1;
		else
			distinct += sorted[i].address != sorted[i - 1].address;
		if (distinct > best) {
			best = distinct;
			busiest = sorted[i];
		}
	}
	free(sorted);
	for (size_t i = 0; i < targets->count; i++)
		if (same_service(&targets->items[i], &busiest))
			targets->items[kept++] = targets->items[i];
	targets->count = kept;
	return best;
}

static double sequential_share(const struct targets *targets)
{
	size_t neighbours = 0;

	for (size_t i = 1; i < targets->count; i++)
		for (size_t j = i > SCAN_NEAR ? i - SCAN_NEAR : 0; j < i; j++) {
			uint32_t step = targets->items[i].address - targets->items[j].address;
			if (step == 1 || step == UINT32_MAX) {
				neighbours++;
				break;
			}
		}
	return targets->count > 1 ? (double)neighbours / (double)(targets->count - 1) : 0;
}

static size_t in_prefix(const struct targets *targets, uint32_t own, unsigned bits)
{
	size_t count = 0;
	for (size_t i = 0; i < targets->count; i++)
		count += (targets->items[i].address ^ own) >> (32 - bits) == 0;
	return count;
}

/* Share of the own prefix beyond what uniform choice puts there. */
static bool prefers(const struct targets *targets, uint32_t own, unsigned bits)
{
	size_t count = in_prefix(targets, own, bits);
	double expected = ldexp(1, -(int)bits), share = (double)count / (double)targets->count;

	return count >= 4 && (share - expected) / (1 - expected) >= SCAN_EXCESS;
}

static bool is_crowded(const struct targets *targets)
{
	for (size_t i = 0; i < targets->count && i < SCAN_NEAR; i++)
		if ((double)in_prefix(targets, targets->items[i].address, 16) >=
		    SCAN_CROWD * (double)targets->count)
			return true;
	return false;
}

static const char *strategy_of(const struct targets *targets, const struct address *self)
{
	uint32_t own = self ? address_to_v4(self) : 0;

	if (sequential_share(targets) >= SCAN_SEQUENTIAL)
		return "sequential";
	if (own ? prefers(targets, own, 8) || prefers(targets, own, 16) || prefers(targets, own, 24)
		: is_crowded(targets))
		return "local";
	return "random";
}

static double rate_of(const struct trace_log *trace, const struct targets *targets,
		      const char **basis)
{
	uint64_t first = targets->items[0].time, last = targets->items[targets->count - 1].time;
	double slept = 0, threads = 1, scans = (double)(targets->count - 1);

	if (trace_log_clock(trace) == TRACE_CLOCK_NANOSECONDS && last > first) {
		*basis = "clock";
		return scans / ((double)(last - first) / 1e9);
	}
	for (size_t i = 0; i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		if (event->kind == TRACE_THREAD_CREATE)
			threads++;
		if (event->kind == TRACE_SLEEP && event->time >= first && event->time <= last &&
		    number_of(&event->values[0]) < UINT32_MAX)
			slept += (double)number_of(&event->values[0]) / 1000;
	}
	double executed = last > first ? (double)(last - first) / SCAN_SPEED : 0;
	if (slept > 0) {
		*basis = "sleep";
		return scans / (slept + executed);
	}
	if (!targets->items[0].udp) {
		*basis = "timeout";
		return threads / SCAN_TIMEOUT;
	}
	*basis = "instructions";
	double rate = executed > 0 ? scans / executed : SCAN_LINE;
	return rate < SCAN_LINE ? rate : SCAN_LINE;
}

static json_t *share_json(const struct targets *targets, const struct address *self, unsigned bits)
{
	uint32_t own = self ? address_to_v4(self) : 0;
	if (!own)
		return json_null();
	return json_real((double)in_prefix(targets, own, bits) / (double)targets->count);
}

static json_t *histogram_json(const struct targets *targets)
{
	json_int_t counts[256] = { 0 };
	json_t *array = json_array();

	for (size_t i = 0; i < targets->count; i++)
		counts[targets->items[i].address >> 24]++;
	for (int i = 0; i < 256; i++)
		json_array_append_new(array, json_integer(counts[i]));
	return array;
}

json_t *remedy_scan_pattern(const struct trace_log *trace, const struct address *self)
{
	struct targets targets = collect(trace);
	size_t distinct = targets.count ? keep_busiest(&targets) : 0;
	json_t *scan = NULL;

	if (distinct >= SCAN_LEAST) {
		const char *basis;
		double rate = rate_of(trace, &targets, &basis);
		scan = json_pack(
			"{s:s, s:i, s:s, s:I, s:I, s:f, s:s, s:f, s:{s:o, s:o, s:o}, s:o}",
			"strategy", strategy_of(&targets, self), "port", (int)targets.items[0].port,
			"proto", targets.items[0].udp ? "udp" : "tcp", "targets",
			(json_int_t)targets.count, "distinct", (json_int_t)distinct, "rate", rate,
			"rate_basis", basis, "sequential_share", sequential_share(&targets),
			"local_share", "8", share_json(&targets, self, 8), "16",
			share_json(&targets, self, 16), "24", share_json(&targets, self, 24),
			"histogram", histogram_json(&targets));
	}
	free(targets.items);
	return scan;
}
