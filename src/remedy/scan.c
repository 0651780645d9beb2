/* How a program chooses the addresses that it attacks, from its connections.
 *
 * Looked at are connections to addresses that no name look-up gave, on the port with the most
 * distinct targets; a program that reaches fewer than SCAN_LEAST of them does not scan. The first
 * of these that the data bear out is the strategy:
 * - sequential: most targets have their neighbour (± 1) among the SCAN_NEAR targets before them
 *   (several threads may count up side by side);
 * - generator: successive targets are successive states of one linear congruential generator; it is
 *   a permutation of the space when it comes around only after all of it;
 * - local: the mixture of draws from own prefixes explains the targets better than uniform choice
 *   (difference of BIC); where the own address is not known, that of the /16 that holds a quarter
 * of all targets is taken for it;
 * - permutation: no target comes twice, though chance would have brought five or more again;
 * - hit_list: of at least SCAN_REUSED of all attempts the target was tried before, far more than
 *   chance brings;
 * - random: none of these shows. Uniform choice is what is left, not what is proven: a permutation
 * of the whole Internet looks the same from a few thousand targets. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/scan.h"

#define SCAN_LEAST	16
#define SCAN_SEQUENTIAL 0.6
#define SCAN_CROWD	0.25
#define SCAN_REUSED	0.2
#define SCAN_TARGETS	65536 /* connections looked at; more do not change the picture */

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
static struct scan_targets collect(const struct trace_log *trace)
{
	struct scan_targets targets = { .count = 0 };
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
			(struct scan_target){ .address = number,
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
	const struct scan_target *left = a, *right = b;

	if (left->udp != right->udp)
		return left->udp - right->udp;
	if (left->port != right->port)
		return left->port - right->port;
	return left->address < right->address ? -1 : left->address > right->address;
}

static bool same_service(const struct scan_target *a, const struct scan_target *b)
{
	return a->udp == b->udp && a->port == b->port;
}

/* Keeps only the connections of the service with the most distinct targets; returns how many those
 * are. */
static size_t keep_busiest(struct scan_targets *targets)
{
	struct scan_target *sorted = calloc(targets->count + 1, sizeof *sorted), busiest = { 0 };
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

/* --- what is fitted --- */

struct fit {
	struct scan_order order;
	struct scan_generator generator;
	struct scan_mixture mixture;
	struct scan_rate rate;
	uint32_t own; /* 0: not known, nor to be guessed */
	bool own_guessed, has_generator;
	const char *strategy;
	double confidence; /* that chance alone would not look so, 0 … 1 */
};

/* Upper tail of the normal distribution. */
static double tail(double deviations)
{
	return 0.5 * erfc(deviations / sqrt(2));
}

static void choose(struct fit *fit, const struct scan_targets *targets)
{
	const struct scan_order *order = &fit->order;
	double pairs = (double)(targets->count - 1), attempts = (double)order->attempts;
	double surplus = (double)order->repeats - order->expected_repeats;

	fit->strategy = "random";
	fit->confidence = 0;
	if (order->sequential_share >= SCAN_SEQUENTIAL) {
		fit->strategy = "sequential";
		/* against a program for which a neighbour is even odds */
		fit->confidence = 1 - tail((order->sequential_share - 0.5) * 2 * sqrt(pairs));
	} else if (fit->has_generator) {
		fit->strategy = "generator";
		fit->confidence = 1 - ldexp(1, -32); /* each further step would be a 2^-32 chance */
	} else if (fit->own && fit->mixture.evidence > 0) {
		fit->strategy = "local";
		fit->confidence = 1 / (1 + exp(-fit->mixture.evidence));
	} else if (order->repeats == 0 && order->expected_repeats >= 5) {
		fit->strategy = "permutation";
		fit->confidence = 1 - exp(-order->expected_repeats);
	} else if ((double)order->repeats >= SCAN_REUSED * attempts &&
		   surplus > 6 * sqrt(order->expected_repeats + 1)) {
		fit->strategy = "hit_list";
		fit->confidence = 1 - tail(surplus / sqrt(order->expected_repeats + 1));
	}
}

static void fit_all(const struct trace_log *trace, const struct scan_targets *targets,
		    const struct address *self, struct fit *fit)
{
	size_t crowd;
	uint32_t guess = scan_crowd(targets, &crowd);

	*fit = (struct fit){ .own = self ? address_to_v4(self) : 0 };
	if (!fit->own && (double)crowd >= SCAN_CROWD * (double)targets->count) {
		fit->own = guess;
		fit->own_guessed = true;
	}
	scan_read_order(targets, &fit->order);
	fit->has_generator = scan_find_generator(targets, &fit->generator);
	if (fit->own)
		scan_fit_mixture(targets, fit->own, &fit->mixture);
	scan_measure_rate(trace, targets, &fit->rate);
	choose(fit, targets);
}

/* --- exclusions --- */

struct prefix {
	const char *text;
	uint32_t address;
	unsigned bits;
};

static size_t in_prefix(const struct scan_targets *targets, uint32_t address, unsigned bits)
{
	size_t count = 0;
	for (size_t i = 0; i < targets->count; i++)
		count += (targets->items[i].address ^ address) >> (32 - bits) == 0;
	return count;
}

/* Special blocks that uniform choice would have hit and the program did not: "excluded", where
 * chance leaves a block out with less than 5 %, shared among all that are asked about (Bonferroni);
 * "reached": those where a target lies. About the others nothing is known. */
static json_t *exclusions_json(const struct scan_targets *targets, const struct fit *fit)
{
	static const struct prefix blocks[] = {
		{ "0.0.0.0/8", 0x00000000u, 8 },      { "10.0.0.0/8", 0x0a000000u, 8 },
		{ "127.0.0.0/8", 0x7f000000u, 8 },    { "169.254.0.0/16", 0xa9fe0000u, 16 },
		{ "172.16.0.0/12", 0xac100000u, 12 }, { "192.168.0.0/16", 0xc0a80000u, 16 },
		{ "224.0.0.0/4", 0xe0000000u, 4 },    { "240.0.0.0/4", 0xf0000000u, 4 },
	};
	const size_t count = sizeof blocks / sizeof *blocks;
	bool drawn = strcmp(fit->strategy, "random") == 0 || strcmp(fit->strategy, "local") == 0 ||
		     strcmp(fit->strategy, "permutation") == 0;
	double uniform = strcmp(fit->strategy, "local") == 0 ? fit->mixture.low[0] : 1;
	json_t *excluded = json_array(), *reached = json_array();

	for (size_t i = 0; i < count; i++) {
		double share = ldexp(1, -(int)blocks[i].bits);
		double by_chance = exp((double)targets->count * uniform * log1p(-share));
		if (in_prefix(targets, blocks[i].address, blocks[i].bits) > 0)
			json_array_append_new(reached, json_string(blocks[i].text));
		else if (drawn && fit->order.space_bits == 0 && by_chance < 0.05 / (double)count)
			json_array_append_new(excluded, json_string(blocks[i].text));
	}
	return json_pack("{s:o, s:o}", "excluded", excluded, "reached", reached);
}

/* --- as JSON --- */

static json_t *share_json(const struct scan_targets *targets, const struct address *self,
			  unsigned bits)
{
	uint32_t own = self ? address_to_v4(self) : 0;
	if (!own)
		return json_null();
	return json_real((double)in_prefix(targets, own, bits) / (double)targets->count);
}

static json_t *histogram_json(const struct scan_targets *targets)
{
	json_int_t counts[256] = { 0 };
	json_t *array = json_array();

	for (size_t i = 0; i < targets->count; i++)
		counts[targets->items[i].address >> 24]++;
	for (int i = 0; i < 256; i++)
		json_array_append_new(array, json_integer(counts[i]));
	return array;
}

/* {"0":{"weight","low","high"},"8":…,"16":…,"24":…}; of a guessed own address the /24 is chosen by
 * its own crowd, so nothing is said about it. */
static json_t *mixture_json(const struct fit *fit)
{
	static const char *const names[] = { "0", "8", "16", "24" };
	json_t *object = json_object();

	for (int i = 0; i < (fit->own_guessed ? 3 : 4); i++)
		json_object_set_new(object, names[i],
				    json_pack("{s:f, s:f, s:f}", "weight", fit->mixture.weight[i],
					      "low", fit->mixture.low[i], "high",
					      fit->mixture.high[i]));
	json_object_set_new(object, "own_prefix",
			    json_string(fit->own_guessed ? "guessed" : "known"));
	return object;
}

static json_t *space_json(const struct scan_order *order)
{
	struct address prefix = address_v4(order->space_prefix);
	char text[ADDRESS_TEXT_SIZE];

	return json_sprintf("%s/%u", address_text(&prefix, text), order->space_bits);
}

static json_t *generator_json(const struct scan_generator *generator)
{
	return json_pack(
		"{s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:b}", "kind", "lcg", "multiplier",
		(json_int_t)generator->multiplier, "increment", (json_int_t)generator->increment,
		"byte_order", generator->swapped ? "little-endian" : "network", "steps",
		(json_int_t)generator->steps, "pairs", (json_int_t)generator->pairs, "cycle_bits",
		(json_int_t)generator->cycle_bits, "permutation", generator->cycle_bits == 32);
}

/* What belongs to the strategy that was found. */
static void add_fitted(json_t *scan, const struct fit *fit)
{
	const struct scan_order *order = &fit->order;

	if (strcmp(fit->strategy, "local") == 0)
		json_object_set_new(scan, "mixture", mixture_json(fit));
	if (strcmp(fit->strategy, "generator") == 0)
		json_object_set_new(scan, "generator", generator_json(&fit->generator));
	if (strcmp(fit->strategy, "sequential") == 0) {
		json_object_set_new(scan, "step", json_integer(order->step));
		json_object_set_new(scan, "streams", json_integer(order->streams));
	}
	if (strcmp(fit->strategy, "permutation") == 0)
		json_object_set_new(scan, "space", space_json(order));
	if (strcmp(fit->strategy, "hit_list") == 0)
		json_object_set_new(scan, "list_size", json_real(order->list_size));
	if (order->retries > 1.005)
		json_object_set_new(scan, "retries", json_real(order->retries));
}

json_t *remedy_scan_pattern(const struct trace_log *trace, const struct address *self)
{
	struct scan_targets targets = collect(trace);
	size_t distinct = targets.count ? keep_busiest(&targets) : 0;
	json_t *scan = NULL;

	if (distinct >= SCAN_LEAST) {
		struct fit fit;
		fit_all(trace, &targets, self, &fit);
		bool interval = fit.rate.high > 0;
		scan = json_pack(
			"{s:s, s:f, s:i, s:s, s:I, s:I, s:f, s:o, s:o, s:s, s:f, s:{s:o, s:o, "
			"s:o}}",
			"strategy", fit.strategy, "confidence", fit.confidence, "port",
			(int)targets.items[0].port, "proto", targets.items[0].udp ? "udp" : "tcp",
			"targets", (json_int_t)targets.count, "distinct", (json_int_t)distinct,
			"rate", fit.rate.rate, "rate_low",
			interval ? json_real(fit.rate.low) : json_null(), "rate_high",
			interval ? json_real(fit.rate.high) : json_null(), "rate_basis",
			fit.rate.basis, "sequential_share", fit.order.sequential_share,
			"local_share", "8", share_json(&targets, self, 8), "16",
			share_json(&targets, self, 16), "24", share_json(&targets, self, 24));
		add_fitted(scan, &fit);
		json_object_set_new(scan, "blocks", exclusions_json(&targets, &fit));
		json_object_set_new(scan, "histogram", histogram_json(&targets));
	}
	free(targets.items);
	return scan;
}
