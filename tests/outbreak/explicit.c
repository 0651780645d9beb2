#include "explicit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum state { EMPTY, HARMLESS, SUSCEPTIBLE, INFECTED };

struct host {
	double next;	  /* when it scans next */
	uint32_t address; /* its own */
	uint64_t walk;	  /* sequential: the address that it scans next */
};

struct oracle {
	const struct outbreak_world *world;
	const struct outbreak_worm *worm;
	const struct remedy_candidate *candidate;
	uint32_t addresses; /* of the world; the rest of the scanned space is empty */
	uint32_t *subnet;   /* of each address */
	uint64_t *base;	    /* of each subnet */
	uint8_t *state;	    /* of each address */
	bool *host_part, *subnet_part, *provider_part;
	struct host *hosts; /* infected: a heap by next scan */
	uint32_t count;
	struct random random;
	struct explicit_outcome *outcome;
};

static bool chance(struct oracle *oracle, double probability)
{
	return random_unit(&oracle->random) < probability;
}

static void *array(size_t count, size_t size)
{
	return calloc(count + 1, size);
}

static bool make(struct oracle *oracle)
{
	const struct outbreak_world *world = oracle->world;

	for (size_t i = 0; i < world->subnet_count; i++)
		oracle->addresses += (uint32_t)world->subnets[i].addresses;
	oracle->subnet = array(oracle->addresses, sizeof *oracle->subnet);
	oracle->state = array(oracle->addresses, sizeof *oracle->state);
	oracle->host_part = array(oracle->addresses, sizeof *oracle->host_part);
	oracle->hosts = array(oracle->addresses, sizeof *oracle->hosts);
	oracle->base = array(world->subnet_count, sizeof *oracle->base);
	oracle->subnet_part = array(world->subnet_count, sizeof *oracle->subnet_part);
	oracle->provider_part = array(world->provider_count, sizeof *oracle->provider_part);
	return oracle->subnet && oracle->state && oracle->host_part && oracle->hosts &&
	       oracle->base && oracle->subnet_part && oracle->provider_part;
}

static void unmake(struct oracle *oracle)
{
	free(oracle->subnet);
	free(oracle->state);
	free(oracle->host_part);
	free(oracle->hosts);
	free(oracle->base);
	free(oracle->subnet_part);
	free(oracle->provider_part);
}

static void populate(struct oracle *oracle)
{
	const struct outbreak_world *world = oracle->world;
	double share = oracle->candidate ? oracle->candidate->share : 0;
	uint32_t address = 0;

	for (uint32_t i = 0; i < world->subnet_count; i++) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		oracle->base[i] = address;
		oracle->subnet_part[i] = chance(oracle, share);
		for (uint64_t j = 0; j < subnet->addresses; j++, address++) {
			oracle->subnet[address] = i;
			oracle->host_part[address] = chance(oracle, share);
			if (!chance(oracle, subnet->live_share))
				continue;
			oracle->state[address] = HARMLESS;
			if (chance(oracle, subnet->vulnerable_share) &&
			    !chance(oracle, subnet->patched_share)) {
				oracle->state[address] = SUSCEPTIBLE;
				oracle->outcome->vulnerable++;
			}
		}
	}
	for (size_t i = 0; i < world->provider_count; i++)
		oracle->provider_part[i] = chance(oracle, share);
}

/* The place of the candidate that an address is at or behind takes part. */
static bool takes_part(const struct oracle *oracle, uint32_t address)
{
	uint32_t subnet = oracle->subnet[address];

	switch (oracle->candidate->place) {
	case REMEDY_AT_HOST: return oracle->host_part[address];
	case REMEDY_AT_SUBNET: return oracle->subnet_part[subnet];
	case REMEDY_AT_PROVIDER:
	case REMEDY_AT_LINK: /* tested by routes */
	case REMEDY_AT_BORDER:
		return oracle->provider_part[oracle->world->subnets[subnet].provider];
	}
	return false;
}

static bool in_force(const struct oracle *oracle, enum remedy_effect effect, double time)
{
	const struct remedy_candidate *candidate = oracle->candidate;
	return candidate && candidate->effect == effect && time >= candidate->delay_seconds;
}

/* The packet meets every filter on its way. */
static bool arrives(struct oracle *oracle, uint32_t from, uint32_t to, double time)
{
	const struct remedy_candidate *candidate = oracle->candidate;

	if (!in_force(oracle, REMEDY_FILTER, time))
		return true;
	if (candidate->place == REMEDY_AT_HOST)
		return !takes_part(oracle, to) || chance(oracle, candidate->pass);
	const struct outbreak_subnet *subnets = oracle->world->subnets;
	uint32_t a = oracle->subnet[from], b = oracle->subnet[to];
	bool crosses = candidate->place == REMEDY_AT_SUBNET
			       ? a != b
			       : subnets[a].provider != subnets[b].provider;
	if (!crosses)
		return true;
	if (candidate->place == REMEDY_AT_BORDER)
		return !(takes_part(oracle, from) || takes_part(oracle, to)) ||
		       chance(oracle, candidate->pass);
	return (!takes_part(oracle, from) || chance(oracle, candidate->pass)) &&
	       (!takes_part(oracle, to) || chance(oracle, candidate->pass));
}

/* When the host scans next, if it just did at `time` (or starts to scan then): a Poisson process,
 * or even steps for walkers; from the delay of a rate limit on, time runs slower. */
static double next_scan(struct oracle *oracle, uint32_t address, double time)
{
	double gap = 1 / oracle->worm->rate;
	double delay = oracle->candidate ? oracle->candidate->delay_seconds : 0;

	if (oracle->worm->scan != OUTBREAK_SEQUENTIAL)
		gap *= random_exponential(&oracle->random);
	if (!oracle->candidate || oracle->candidate->effect != REMEDY_RATE ||
	    !takes_part(oracle, address) || time + gap <= delay)
		return time + gap;
	double before = delay > time ? delay - time : 0;
	return time + before + (gap - before) / oracle->candidate->pass;
}

static void sift(struct host *hosts, uint32_t count, uint32_t hole)
{
	struct host moved = hosts[hole];
	for (;;) {
		uint32_t child = 2 * hole + 1;
		if (child + 1 < count && hosts[child + 1].next < hosts[child].next)
			child++;
		if (child >= count || hosts[child].next >= moved.next)
			break;
		hosts[hole] = hosts[child];
		hole = child;
	}
	hosts[hole] = moved;
}

static void infect(struct oracle *oracle, uint32_t address, double time)
{
	const struct outbreak_worm *worm = oracle->worm;
	uint64_t space = oracle->world->scanned_space;
	struct host host = { .address = address, .walk = oracle->base[oracle->subnet[address]] };

	oracle->state[address] = INFECTED;
	if (++oracle->outcome->infected * 2 >= oracle->outcome->vulnerable &&
	    oracle->outcome->half_time == INFINITY)
		oracle->outcome->half_time = time;
	if (worm->random_start > 0 && chance(oracle, worm->random_start))
		host.walk = random_u64(&oracle->random) % space;
	host.next = next_scan(oracle, address, time + worm->latency);
	uint32_t hole = oracle->count++;
	for (; hole > 0 && host.next < oracle->hosts[(hole - 1) / 2].next; hole = (hole - 1) / 2)
		oracle->hosts[hole] = oracle->hosts[(hole - 1) / 2];
	oracle->hosts[hole] = host;
}

static void infect_first(struct oracle *oracle)
{
	uint32_t wanted = oracle->worm->initially_infected;

	if (wanted > oracle->outcome->vulnerable)
		wanted = oracle->outcome->vulnerable;
	while (oracle->outcome->infected < wanted) {
		uint32_t address = random_below(&oracle->random, oracle->addresses);
		if (oracle->state[address] == SUSCEPTIBLE)
			infect(oracle, address, 0);
	}
}

static uint64_t choose_target(struct oracle *oracle, struct host *host)
{
	const struct outbreak_worm *worm = oracle->worm;
	const struct outbreak_world *world = oracle->world;
	uint32_t subnet = oracle->subnet[host->address];

	if (worm->scan == OUTBREAK_SEQUENTIAL) {
		uint64_t target = host->walk;
		host->walk = (target + 1) % world->scanned_space;
		return target;
	}
	if (worm->scan == OUTBREAK_LOCAL && chance(oracle, worm->local_share))
		return oracle->base[subnet] +
		       random_below(&oracle->random, (uint32_t)world->subnets[subnet].addresses);
	return random_u64(&oracle->random) % world->scanned_space;
}

static void scan(struct oracle *oracle)
{
	struct host *host = &oracle->hosts[0];
	uint32_t from = host->address;
	double time = host->next;
	uint64_t target = choose_target(oracle, host);

	oracle->outcome->scans++;
	host->next = next_scan(oracle, from, time);
	sift(oracle->hosts, oracle->count, 0);
	if (target >= oracle->addresses || oracle->state[target] != SUSCEPTIBLE)
		return;
	if (in_force(oracle, REMEDY_PATCH, time) && takes_part(oracle, (uint32_t)target))
		return;
	if (arrives(oracle, from, (uint32_t)target, time))
		infect(oracle, (uint32_t)target, time);
}

bool explicit_run(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct remedy_candidate *candidate, double duration, uint64_t seed,
		  struct explicit_outcome *outcome)
{
	struct oracle oracle = {
		.world = world, .worm = worm, .candidate = candidate, .outcome = outcome
	};

	*outcome = (struct explicit_outcome){ .half_time = INFINITY };
	random_init(&oracle.random, seed, UINT64_MAX); /* a stream that the engine never uses */
	bool made = make(&oracle);
	if (made) {
		populate(&oracle);
		infect_first(&oracle);
		while (oracle.count > 0 && oracle.hosts[0].next < duration)
			scan(&oracle);
	}
	unmake(&oracle);
	return made;
}
