/* What remedies and links do to a packet and to a host. */
#include "explicit_parts.h"

bool oracle_takes_part(const struct oracle *oracle, const struct remedy_candidate *remedy,
		       uint32_t address)
{
	uint32_t subnet = oracle->subnet[address];

	switch (remedy->place) {
	case REMEDY_AT_HOST: return oracle->hosts[address].part < remedy->share;
	case REMEDY_AT_SUBNET: return oracle->subnet_part[subnet] < remedy->share;
	case REMEDY_AT_PROVIDER:
	case REMEDY_AT_LINK:
	case REMEDY_AT_BORDER:
		return oracle->provider_part[oracle->world->subnets[subnet].provider] <
		       remedy->share;
	}
	return false;
}

static bool crosses(const struct oracle *oracle, uint32_t from, uint32_t to)
{
	const struct outbreak_subnet *subnets = oracle->world->subnets;
	return subnets[oracle->subnet[from]].provider != subnets[oracle->subnet[to]].provider;
}

/* Of the filters at those that take part, the packet meets one at the border, all at links. */
static bool passes_route(struct oracle *oracle, const struct remedy_candidate *remedy,
			 uint32_t from, uint32_t to)
{
	const struct outbreak_world *world = oracle->world;
	uint32_t here = world->subnets[oracle->subnet[from]].provider;
	uint32_t there = world->subnets[oracle->subnet[to]].provider;
	const struct valley_free_route *route =
		&oracle->routes[here * world->provider_count + there];
	unsigned filters = 0;

	if (remedy->place == REMEDY_AT_BORDER) {
		for (size_t i = 0; i < route->node_count && filters == 0; i++)
			filters = oracle->provider_part[route->nodes[i]] < remedy->share;
	} else {
		for (size_t i = 0; i < route->link_count; i++)
			filters += oracle->provider_part[route->links[i]] < remedy->share;
	}
	while (filters > 0 && oracle_chance(oracle, remedy->pass))
		filters--;
	return filters == 0;
}

/* The packet meets every filter of the remedy on its way. */
static bool passes_one(struct oracle *oracle, const struct remedy_candidate *remedy, uint32_t from,
		       uint32_t to, double time)
{
	bool known = time >= oracle->hosts[from].infected_at + remedy->reaction_seconds;

	if (time < remedy->delay_seconds ||
	    !(remedy->effect == REMEDY_FILTER || (remedy->effect == REMEDY_BLOCK && known)))
		return true;
	if (remedy->place == REMEDY_AT_HOST)
		return !oracle_takes_part(oracle, remedy, to) ||
		       oracle_chance(oracle, remedy->pass);
	if (remedy->place == REMEDY_AT_SUBNET ? oracle->subnet[from] == oracle->subnet[to]
					      : !crosses(oracle, from, to))
		return true;
	if (oracle->world->parents && remedy->effect == REMEDY_FILTER &&
	    (remedy->place == REMEDY_AT_BORDER || remedy->place == REMEDY_AT_LINK))
		return passes_route(oracle, remedy, from, to);
	if (remedy->place == REMEDY_AT_BORDER)
		return !(oracle_takes_part(oracle, remedy, from) ||
			 oracle_takes_part(oracle, remedy, to)) ||
		       oracle_chance(oracle, remedy->pass);
	return (!oracle_takes_part(oracle, remedy, from) || oracle_chance(oracle, remedy->pass)) &&
	       (!oracle_takes_part(oracle, remedy, to) || oracle_chance(oracle, remedy->pass));
}

bool oracle_passes_filters(struct oracle *oracle, uint32_t from, uint32_t to, double time)
{
	for (size_t i = 0; i < oracle->remedy_count; i++)
		if (!passes_one(oracle, oracle->remedies[i], from, to, time))
			return false;
	return true;
}

bool oracle_is_patched(const struct oracle *oracle, uint32_t address, double time)
{
	for (size_t i = 0; i < oracle->remedy_count; i++) {
		const struct remedy_candidate *remedy = oracle->remedies[i];
		if (remedy->effect == REMEDY_PATCH && time >= remedy->delay_seconds &&
		    oracle_takes_part(oracle, remedy, address))
			return true;
	}
	return false;
}

double oracle_speed(const struct oracle *oracle, uint32_t address, double time)
{
	double factor = 1;

	for (size_t i = 0; i < oracle->remedy_count; i++) {
		const struct remedy_candidate *remedy = oracle->remedies[i];
		if (remedy->effect == REMEDY_RATE && time >= remedy->delay_seconds &&
		    oracle_takes_part(oracle, remedy, address))
			factor *= remedy->pass;
	}
	return factor;
}

/* The next time after this one at which a remedy is in force. */
static double next_change(const struct oracle *oracle, double time)
{
	double next = INFINITY;

	for (size_t i = 0; i < oracle->remedy_count; i++)
		if (oracle->remedies[i]->delay_seconds > time)
			next = fmin(next, oracle->remedies[i]->delay_seconds);
	return next;
}

double oracle_stretch(const struct oracle *oracle, uint32_t address, double time, double gap)
{
	for (;;) {
		double until = next_change(oracle, time),
		       factor = oracle_speed(oracle, address, time);
		if (time + gap / factor <= until)
			return time + gap / factor;
		gap -= (until - time) * factor;
		time = until;
	}
}

/* --- links --- */

static double all_rates(const struct oracle *oracle)
{
	double rate = 0;
	for (uint32_t i = 0; i < oracle->way_count; i++)
		rate += oracle->ways[i].scan == OUTBREAK_MAIL ? 0 : oracle->ways[i].rate;
	return rate;
}

bool oracle_link_carries(struct oracle *oracle, uint32_t from, uint32_t to, double time)
{
	const struct outbreak_subnet *subnets = oracle->world->subnets;
	uint32_t provider = subnets[oracle->subnet[from]].provider;
	double uplink = oracle->world->providers[provider].uplink, demand = 0;

	if (uplink <= 0 || oracle->worm->scan_bytes <= 0 || !crosses(oracle, from, to))
		return true;
	for (uint32_t i = 0; i < oracle->outcome->vulnerable; i++) {
		uint32_t address = oracle->vulnerable[i];
		const struct host *host = &oracle->hosts[address];
		if (subnets[oracle->subnet[address]].provider != provider || !host->scanning ||
		    host->cleaned)
			continue;
		demand += host->weight * oracle_speed(oracle, address, time);
	}
	demand *= all_rates(oracle);
	if (oracle->worm->offline > 0)
		demand *= oracle->worm->online / (oracle->worm->online + oracle->worm->offline);
	double capacity = uplink / 8 / oracle->worm->scan_bytes;
	return demand <= capacity || oracle_chance(oracle, capacity / demand);
}
