/* The oracle's world: every address of it, and the events to come as a heap. */
#include <stdlib.h>
#include <string.h>

#include "explicit_parts.h"

static void *array(size_t count, size_t size)
{
	return calloc(count + 1, size);
}

static void find_routes(struct oracle *oracle)
{
	const struct outbreak_world *world = oracle->world;
	const struct outbreak_peering *peering = world->peering;
	bool peers[VALLEY_FREE_MOST][VALLEY_FREE_MOST] = { { false } };
	uint32_t count = (uint32_t)world->provider_count;

	for (uint32_t i = 0; peering && i < count; i++)
		for (uint32_t j = peering->first[i]; j < peering->first[i + 1]; j++)
			peers[i][peering->at[peering->place[j]]] = true;
	for (uint32_t i = 0; i < count; i++)
		valley_free_routes(world->parents, count, peers, i, &oracle->routes[i * count]);
}

bool oracle_make(struct oracle *oracle)
{
	const struct outbreak_world *world = oracle->world;

	oracle->way_count = (uint32_t)outbreak_worm_vectors(oracle->worm, oracle->ways);
	for (size_t i = 0; i < world->subnet_count; i++)
		oracle->addresses += (uint32_t)world->subnets[i].addresses;
	oracle->subnet = array(oracle->addresses, sizeof *oracle->subnet);
	oracle->state = array(oracle->addresses, sizeof *oracle->state);
	oracle->hosts = array(oracle->addresses, sizeof *oracle->hosts);
	oracle->agents = array(oracle->addresses, oracle->way_count * sizeof *oracle->agents);
	oracle->vulnerable = array(oracle->addresses, sizeof *oracle->vulnerable);
	oracle->list = array(oracle->addresses, sizeof *oracle->list);
	oracle->permuted = array(world->scanned_space, sizeof *oracle->permuted);
	oracle->base = array(world->subnet_count, sizeof *oracle->base);
	oracle->subnet_part = array(world->subnet_count, sizeof *oracle->subnet_part);
	oracle->provider_part = array(world->provider_count, sizeof *oracle->provider_part);
	if (world->parents) {
		oracle->routes = array(world->provider_count * world->provider_count,
				       sizeof *oracle->routes);
		if (!oracle->routes)
			return false;
		find_routes(oracle);
	}
	return oracle->subnet && oracle->state && oracle->hosts && oracle->agents &&
	       oracle->vulnerable && oracle->list && oracle->permuted && oracle->base &&
	       oracle->subnet_part && oracle->provider_part;
}

void oracle_unmake(struct oracle *oracle)
{
	free(oracle->subnet);
	free(oracle->state);
	free(oracle->hosts);
	free(oracle->agents);
	free(oracle->vulnerable);
	free(oracle->list);
	free(oracle->permuted);
	free(oracle->base);
	free(oracle->subnet_part);
	free(oracle->provider_part);
	free(oracle->routes);
	free(oracle->events);
}

/* --- events --- */

void oracle_push(struct oracle *oracle, struct event event)
{
	if (oracle->event_count == oracle->event_capacity) {
		oracle->event_capacity = 2 * oracle->event_capacity + 64;
		oracle->events =
			realloc(oracle->events, oracle->event_capacity * sizeof *oracle->events);
		if (!oracle->events)
			abort(); /* a test without memory has failed */
	}
	size_t hole = oracle->event_count++;
	for (; hole > 0 && event.time < oracle->events[(hole - 1) / 2].time; hole = (hole - 1) / 2)
		oracle->events[hole] = oracle->events[(hole - 1) / 2];
	oracle->events[hole] = event;
}

struct event oracle_pop(struct oracle *oracle)
{
	struct event *events = oracle->events, first = events[0];
	struct event moved = events[--oracle->event_count];
	size_t hole = 0;

	for (;;) {
		size_t child = 2 * hole + 1;
		if (child + 1 < oracle->event_count && events[child + 1].time < events[child].time)
			child++;
		if (child >= oracle->event_count || events[child].time >= moved.time)
			break;
		events[hole] = events[child];
		hole = child;
	}
	events[hole] = moved;
	return first;
}

/* --- the world --- */

static double normal(struct oracle *oracle)
{
	double u = draw_unit(&oracle->random), v = draw_unit(&oracle->random);
	return sqrt(-2 * log(u)) * sin(2 * 3.14159265358979323846 * v);
}

static void make_host(struct oracle *oracle, uint32_t address)
{
	const struct outbreak_worm *worm = oracle->worm;
	struct host *host = &oracle->hosts[address];

	host->weight = 1;
	if (worm->rate_spread > 0)
		host->weight = exp(worm->rate_spread * normal(oracle) -
				   worm->rate_spread * worm->rate_spread / 2);
	host->unreachable =
		worm->unreachable_share > 0 && oracle_chance(oracle, worm->unreachable_share);
	host->private = worm->private_share > 0 && oracle_chance(oracle, worm->private_share);
	if (worm->offline > 0) {
		host->away = oracle_chance(oracle, worm->offline / (worm->online + worm->offline));
		double stay = host->away ? worm->offline : worm->online;
		oracle_push(oracle, (struct event){ stay * draw_exponential(&oracle->random),
						    TOGGLES, 0, address, 0 });
	}
	oracle->vulnerable[oracle->outcome->vulnerable++] = address;
}

void oracle_populate(struct oracle *oracle)
{
	const struct outbreak_world *world = oracle->world;
	uint32_t address = 0;

	for (uint32_t i = 0; i < world->subnet_count; i++) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		oracle->base[i] = address;
		oracle->subnet_part[i] = draw_unit(&oracle->random);
		for (uint64_t j = 0; j < subnet->addresses; j++, address++) {
			oracle->subnet[address] = i;
			if (!oracle_chance(oracle, subnet->live_share))
				continue;
			oracle->state[address] = HARMLESS;
			if (!oracle_chance(oracle,
					   subnet->vulnerable_share * (1 - subnet->patched_share)))
				continue;
			oracle->state[address] = SUSCEPTIBLE;
			oracle->hosts[address].part = draw_unit(&oracle->random);
			make_host(oracle, address);
		}
	}
	for (size_t i = 0; i < world->provider_count; i++)
		oracle->provider_part[i] = draw_unit(&oracle->random);
}

static void shuffle(struct oracle *oracle, uint32_t *items, uint32_t count)
{
	for (uint32_t i = count; i > 1; i--) {
		uint32_t other = draw_below(&oracle->random, i), item = items[other];
		items[other] = items[i - 1];
		items[i - 1] = item;
	}
}

static bool uses(const struct oracle *oracle, enum outbreak_scan scan)
{
	for (uint32_t i = 0; i < oracle->way_count; i++)
		if (oracle->ways[i].scan == scan)
			return true;
	return false;
}

void oracle_order(struct oracle *oracle)
{
	uint32_t space = (uint32_t)oracle->world->scanned_space;

	if (uses(oracle, OUTBREAK_PERMUTATION)) {
		for (uint32_t i = 0; i < space; i++)
			oracle->permuted[i] = i;
		shuffle(oracle, oracle->permuted, space);
	}
	if (uses(oracle, OUTBREAK_HIT_LIST)) {
		memcpy(oracle->list, oracle->vulnerable,
		       oracle->outcome->vulnerable * sizeof *oracle->list);
		shuffle(oracle, oracle->list, oracle->outcome->vulnerable);
	}
}
