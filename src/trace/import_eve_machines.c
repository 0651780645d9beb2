/* The machines of an EVE log, each with its events, and the flows that were seen.
 *
 * Kept are machines that an alert of an attack or a bot names, a victim from the alert on, and
 * machines that open EVE_LEAST conversations; what they mean is for others to say. */
#include <stdlib.h>
#include <string.h>

#include "trace/import_eve.h"

enum { PARTS = 256 };

/* --- tables --- */

static uint64_t mix(uint64_t value)
{
	value ^= value >> 33;
	value *= UINT64_C(0xff51afd7ed558ccd);
	return value ^ value >> 33;
}

static uint64_t hash_address(const struct address *address)
{
	uint64_t high, low;

	memcpy(&high, address->bytes, sizeof high);
	memcpy(&low, address->bytes + sizeof high, sizeof low);
	return mix(high ^ mix(low + address->family));
}

struct eve_machine *eve_machine_of(struct eve *eve, const struct address *address)
{
	if (eve->chosen && !address_equal(address, &eve->host))
		return NULL;
	for (uint64_t at = hash_address(address);; at++) {
		struct eve_machine *machine = &eve->machines[at % EVE_HOSTS];
		if (machine->address.family && address_equal(&machine->address, address))
			return machine;
		if (machine->address.family)
			continue;
		if (eve->machine_count == EVE_HOSTS / 2) {
			eve->budget.dropped++;
			return NULL;
		}
		eve->machine_count++;
		machine->address = *address;
		machine->alerted_since = machine->victim_since = IMPORT_NEVER;
		return machine;
	}
}

/* Whether that flow was not seen before. Without a number every line is a flow of its own. */
bool eve_is_new_flow(struct eve *eve, const json_t *number)
{
	uint64_t flow = (uint64_t)json_integer_value(number);

	if (flow == 0)
		return true;
	for (uint64_t at = mix(flow);; at++) {
		uint64_t *place = &eve->flows[at % EVE_FLOWS];
		if (*place == flow)
			return false;
		if (*place)
			continue;
		if (eve->flow_count == EVE_FLOWS / 2) {
			eve->budget.dropped++;
			return false;
		}
		eve->flow_count++;
		*place = flow;
		return true;
	}
}

/* --- machines into parts --- */

static bool is_kept(const struct eve *eve, const struct eve_machine *machine)
{
	if (!machine->address.family || machine->events.count == 0)
		return false;
	return eve->chosen || machine->alerted || machine->victim_since != IMPORT_NEVER ||
	       machine->conversations >= EVE_LEAST;
}

/* Those with alerts first, then the busiest, then by address. */
static int by_weight(const void *left, const void *right)
{
	const struct eve_machine *const *a = left, *const *b = right;
	bool alert_a = (*a)->alerted || (*a)->victim_since != IMPORT_NEVER;
	bool alert_b = (*b)->alerted || (*b)->victim_since != IMPORT_NEVER;

	if (alert_a != alert_b)
		return alert_b - alert_a;
	if ((*a)->conversations != (*b)->conversations)
		return (*a)->conversations > (*b)->conversations ? -1 : 1;
	return address_compare(&(*a)->address, &(*b)->address);
}

/* What a victim did before the attack was not the attacker's doing, unless it was malicious by
 * then. */
static void forget_before(struct eve_machine *machine)
{
	struct import_events *events = &machine->events;
	size_t kept = 0;

	if (machine->victim_since == IMPORT_NEVER ||
	    (machine->alerted && machine->alerted_since < machine->victim_since))
		return;
	for (size_t i = 0; i < events->count; i++)
		if (events->items[i].time >= machine->victim_since)
			events->items[kept++] = events->items[i];
	events->count = kept;
}

static int give_machine(struct eve_machine *machine, struct trace_import *import,
			struct error *error)
{
	char text[ADDRESS_TEXT_SIZE];
	struct trace_log *log;
	bool alerted = machine->alerted || machine->victim_since != IMPORT_NEVER;

	forget_before(machine);
	int result = import_finish(&machine->events, &machine->address, &log, error);
	if (result < 0)
		return result;
	import->dropped += trace_log_dropped(log);
	return import_add_part(import, log, address_text(&machine->address, text), alerted, error);
}

int eve_give_machines(struct eve *eve, struct trace_import *import, struct error *error)
{
	struct eve_machine **kept = calloc(eve->machine_count + 1, sizeof(void *));
	size_t count = 0;
	int result = 0;

	if (!kept)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for an import");
	for (size_t i = 0; i < EVE_HOSTS; i++)
		if (is_kept(eve, &eve->machines[i]))
			kept[count++] = &eve->machines[i];
	qsort(kept, count, sizeof(void *), by_weight);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (i < PARTS)
			result = give_machine(kept[i], import, error);
		else
			import->dropped += kept[i]->events.count;
	}
	free(kept);
	return result;
}

/* --- the whole --- */

int eve_init(struct eve *eve, const char *name, const char *host, struct error *error)
{
	*eve = (struct eve){ .chosen = host != NULL };
	if (host && address_parse(host, &eve->host) < 0)
		return error_set(error, ERROR_USAGE, host, "expected the address of a machine");
	eve->machines = calloc(EVE_HOSTS, sizeof *eve->machines);
	eve->flows = calloc(EVE_FLOWS, sizeof *eve->flows);
	if (!eve->machines || !eve->flows)
		return error_set(error, ERROR_MEMORY, name, "no memory for an import");
	return import_budget_init(&eve->budget, error);
}

void eve_fini(struct eve *eve)
{
	for (size_t i = 0; eve->machines && i < EVE_HOSTS; i++)
		free(eve->machines[i].events.items);
	free(eve->machines);
	free(eve->flows);
	import_budget_fini(&eve->budget);
}
