#include "explicit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* xoshiro256++ (Blackman & Vigna 2021, DOI 10.1145/3460772), seeded by splitmix64: not what the
 * engine draws from, and quick. */
struct generator {
	uint64_t state[4];
};

static void seed_generator(struct generator *generator, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t mixed = seed += UINT64_C(0x9E3779B97F4A7C15);
		mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
		mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
		generator->state[i] = mixed ^ mixed >> 31;
	}
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static uint64_t draw_word(struct generator *generator)
{
	uint64_t *s = generator->state, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* Uniform in (0, 1). */
static double draw_unit(struct generator *generator)
{
	return ((double)(draw_word(generator) >> 11) + 0.5) * 0x1p-53;
}

/* Uniform below `bound`, not above 2^32: a bias of 2^-32 at most. */
static uint32_t draw_below(struct generator *generator, uint64_t bound)
{
	return (uint32_t)((draw_word(generator) >> 32) * bound >> 32);
}

static double draw_exponential(struct generator *generator)
{
	return -log(draw_unit(generator));
}

enum state { EMPTY, HARMLESS, SUSCEPTIBLE, INFECTED };

/* What happens at a time: a host starts, scans, is cleaned, comes or goes; a message is opened. */
enum kind { STARTS, SCANS, OPENS, CLEANED, TOGGLES };

struct event {
	double time;
	enum kind kind;
	uint32_t way;
	uint32_t from, to; /* addresses */
};

struct agent {	       /* one way of scanning of one host */
	uint64_t walk; /* what it scans next: an address, a place, a state, a place on the list */
	uint64_t end;  /* hit list */
	uint32_t increment;
};

struct host {
	double infected_at, weight;
	bool scanning, cleaned, away, private, unreachable;
	double part; /* it takes part in remedies of a larger share */
};

struct oracle {
	const struct outbreak_world *world;
	const struct outbreak_worm *worm;
	const struct remedy_candidate *const *remedies;
	size_t remedy_count;
	struct outbreak_vector ways[OUTBREAK_VECTORS];
	uint32_t way_count;
	uint32_t addresses; /* of the world; the rest of the scanned space is empty */
	uint32_t *subnet;   /* of each address */
	uint64_t *base;	    /* of each subnet */
	uint8_t *state;	    /* of each address */
	struct host *hosts; /* of each address */
	struct agent *agents;
	uint32_t *vulnerable; /* addresses */
	uint32_t *list;	      /* addresses */
	uint32_t *permuted;   /* address of each place */
	double *subnet_part, *provider_part;
	struct event *events; /* a heap by time */
	size_t event_count, event_capacity;
	struct generator random;
	struct explicit_outcome *outcome;
};

static bool chance(struct oracle *oracle, double probability)
{
	return draw_unit(&oracle->random) < probability;
}

static void *array(size_t count, size_t size)
{
	return calloc(count + 1, size);
}

static bool make(struct oracle *oracle)
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
	return oracle->subnet && oracle->state && oracle->hosts && oracle->agents &&
	       oracle->vulnerable && oracle->list && oracle->permuted && oracle->base &&
	       oracle->subnet_part && oracle->provider_part;
}

static void unmake(struct oracle *oracle)
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
	free(oracle->events);
}

/* --- events --- */

static void push(struct oracle *oracle, struct event event)
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

static struct event pop(struct oracle *oracle)
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
	host->unreachable = worm->unreachable_share > 0 && chance(oracle, worm->unreachable_share);
	host->private = worm->private_share > 0 && chance(oracle, worm->private_share);
	if (worm->offline > 0) {
		host->away = chance(oracle, worm->offline / (worm->online + worm->offline));
		double stay = host->away ? worm->offline : worm->online;
		push(oracle, (struct event){ stay * draw_exponential(&oracle->random), TOGGLES, 0,
					     address, 0 });
	}
	oracle->vulnerable[oracle->outcome->vulnerable++] = address;
}

static void populate(struct oracle *oracle)
{
	const struct outbreak_world *world = oracle->world;
	uint32_t address = 0;

	for (uint32_t i = 0; i < world->subnet_count; i++) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		oracle->base[i] = address;
		oracle->subnet_part[i] = draw_unit(&oracle->random);
		for (uint64_t j = 0; j < subnet->addresses; j++, address++) {
			oracle->subnet[address] = i;
			if (!chance(oracle, subnet->live_share))
				continue;
			oracle->state[address] = HARMLESS;
			if (!chance(oracle, subnet->vulnerable_share * (1 - subnet->patched_share)))
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

static void order(struct oracle *oracle)
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

/* --- what a remedy does --- */

/* The place of the remedy that an address is at or behind takes part. */
static bool takes_part(const struct oracle *oracle, const struct remedy_candidate *remedy,
		       uint32_t address)
{
	uint32_t subnet = oracle->subnet[address];

	switch (remedy->place) {
	case REMEDY_AT_HOST: return oracle->hosts[address].part < remedy->share;
	case REMEDY_AT_SUBNET: return oracle->subnet_part[subnet] < remedy->share;
	case REMEDY_AT_PROVIDER:
	case REMEDY_AT_LINK: /* tested by routes */
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

/* The packet meets every filter of the remedy on its way. */
static bool passes_one(struct oracle *oracle, const struct remedy_candidate *remedy, uint32_t from,
		       uint32_t to, double time)
{
	bool known = time >= oracle->hosts[from].infected_at + remedy->reaction_seconds;

	if (time < remedy->delay_seconds ||
	    !(remedy->effect == REMEDY_FILTER || (remedy->effect == REMEDY_BLOCK && known)))
		return true;
	if (remedy->place == REMEDY_AT_HOST)
		return !takes_part(oracle, remedy, to) || chance(oracle, remedy->pass);
	if (remedy->place == REMEDY_AT_SUBNET ? oracle->subnet[from] == oracle->subnet[to]
					      : !crosses(oracle, from, to))
		return true;
	if (remedy->place == REMEDY_AT_BORDER)
		return !(takes_part(oracle, remedy, from) || takes_part(oracle, remedy, to)) ||
		       chance(oracle, remedy->pass);
	return (!takes_part(oracle, remedy, from) || chance(oracle, remedy->pass)) &&
	       (!takes_part(oracle, remedy, to) || chance(oracle, remedy->pass));
}

static bool passes_filters(struct oracle *oracle, uint32_t from, uint32_t to, double time)
{
	for (size_t i = 0; i < oracle->remedy_count; i++)
		if (!passes_one(oracle, oracle->remedies[i], from, to, time))
			return false;
	return true;
}

static bool is_patched(const struct oracle *oracle, uint32_t address, double time)
{
	for (size_t i = 0; i < oracle->remedy_count; i++) {
		const struct remedy_candidate *remedy = oracle->remedies[i];
		if (remedy->effect == REMEDY_PATCH && time >= remedy->delay_seconds &&
		    takes_part(oracle, remedy, address))
			return true;
	}
	return false;
}

/* What limits leave of the host's rate. */
static double speed(const struct oracle *oracle, uint32_t address, double time)
{
	double factor = 1;

	for (size_t i = 0; i < oracle->remedy_count; i++) {
		const struct remedy_candidate *remedy = oracle->remedies[i];
		if (remedy->effect == REMEDY_RATE && time >= remedy->delay_seconds &&
		    takes_part(oracle, remedy, address))
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

/* When a host has done what takes it `gap` at full speed. */
static double stretch(const struct oracle *oracle, uint32_t address, double time, double gap)
{
	for (;;) {
		double until = next_change(oracle, time), factor = speed(oracle, address, time);
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

/* Of what the hosts of the provider send, the link carries so much; which, is chance. */
static bool link_carries(struct oracle *oracle, uint32_t from, uint32_t to, double time)
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
		demand += host->weight * speed(oracle, address, time);
	}
	demand *= all_rates(oracle);
	if (oracle->worm->offline > 0)
		demand *= oracle->worm->online / (oracle->worm->online + oracle->worm->offline);
	double capacity = uplink / 8 / oracle->worm->scan_bytes;
	return demand <= capacity || chance(oracle, capacity / demand);
}

/* --- scanning --- */

static bool is_even(enum outbreak_scan scan)
{
	return scan == OUTBREAK_SEQUENTIAL || scan == OUTBREAK_PERMUTATION ||
	       scan == OUTBREAK_FLAWED || scan == OUTBREAK_HIT_LIST;
}

static void plan_scan(struct oracle *oracle, uint32_t address, uint32_t way, double time)
{
	const struct outbreak_vector *vector = &oracle->ways[way];
	double gap = 1 / (vector->rate * oracle->hosts[address].weight);

	if (!is_even(vector->scan))
		gap *= draw_exponential(&oracle->random);
	push(oracle, (struct event){ stretch(oracle, address, time, gap), SCANS, way, address, 0 });
}

static uint32_t pick_vulnerable(struct oracle *oracle)
{
	return oracle->vulnerable[draw_below(&oracle->random, oracle->outcome->vulnerable)];
}

static void send_mail(struct oracle *oracle, uint32_t address, uint32_t way, double time)
{
	const struct outbreak_vector *vector = &oracle->ways[way];
	double law = pow(draw_unit(&oracle->random), 1 / (1 - vector->contact_exponent));
	uint32_t contacts = (uint32_t)fmin(vector->contacts * law, vector->contacts_most);

	for (uint32_t i = 0; i < contacts; i++) {
		uint32_t to = pick_vulnerable(oracle);
		double read = time + vector->reading * draw_exponential(&oracle->random);
		if (chance(oracle, vector->open_share))
			push(oracle, (struct event){ read, OPENS, way, address, to });
	}
}

static uint32_t power_of_two(uint64_t space)
{
	uint32_t power = 2;
	while (power < space)
		power *= 2;
	return power;
}

static void start_way(struct oracle *oracle, uint32_t address, uint32_t way, double time)
{
	const struct outbreak_vector *vector = &oracle->ways[way];
	struct agent *agent = &oracle->agents[address * oracle->way_count + way];
	uint32_t space = (uint32_t)oracle->world->scanned_space;

	switch (vector->scan) {
	case OUTBREAK_SEQUENTIAL:
		agent->walk = vector->random_start > 0 && chance(oracle, vector->random_start)
				      ? draw_below(&oracle->random, space)
				      : oracle->base[oracle->subnet[address]];
		break;
	case OUTBREAK_PERMUTATION: agent->walk = draw_below(&oracle->random, space); break;
	case OUTBREAK_FLAWED:
		agent->walk = draw_below(&oracle->random, power_of_two(space));
		agent->increment =
			vector->increments[draw_below(&oracle->random, vector->increment_count)];
		break;
	case OUTBREAK_MAIL: send_mail(oracle, address, way, time); return;
	case OUTBREAK_RANDOM:
	case OUTBREAK_LOCAL:
	case OUTBREAK_HIT_LIST:
	case OUTBREAK_SHARES: break;
	}
	plan_scan(oracle, address, way, time);
}

/* A hit list comes first. */
static void start(struct oracle *oracle, uint32_t address, double time)
{
	const struct agent *list = &oracle->agents[address * oracle->way_count];

	if (oracle->hosts[address].cleaned)
		return;
	oracle->hosts[address].scanning = true;
	if (oracle->ways[0].scan == OUTBREAK_HIT_LIST && list->walk < list->end) {
		start_way(oracle, address, 0, time);
		return;
	}
	for (uint32_t way = oracle->ways[0].scan == OUTBREAK_HIT_LIST; way < oracle->way_count;
	     way++)
		start_way(oracle, address, way, time);
}

static void infect(struct oracle *oracle, uint32_t address, double time)
{
	oracle->state[address] = INFECTED;
	oracle->hosts[address].infected_at = time;
	if (++oracle->outcome->infected * 2 >= oracle->outcome->vulnerable &&
	    oracle->outcome->half_time == INFINITY)
		oracle->outcome->half_time = time;
	push(oracle, (struct event){ time + oracle->worm->latency, STARTS, 0, address, 0 });
	for (size_t i = 0; i < oracle->remedy_count; i++) {
		const struct remedy_candidate *remedy = oracle->remedies[i];
		if (remedy->effect == REMEDY_CLEAN && takes_part(oracle, remedy, address))
			push(oracle, (struct event){ fmax(remedy->delay_seconds,
							  time + remedy->reaction_seconds),
						     CLEANED, 0, address, 0 });
	}
}

static void infect_first(struct oracle *oracle)
{
	uint32_t wanted = oracle->worm->initially_infected;

	if (wanted > oracle->outcome->vulnerable)
		wanted = oracle->outcome->vulnerable;
	while (oracle->outcome->infected < wanted) {
		uint32_t address = pick_vulnerable(oracle);
		if (oracle->state[address] == SUSCEPTIBLE)
			infect(oracle, address, 0);
	}
	if (oracle->ways[0].scan != OUTBREAK_HIT_LIST)
		return;
	uint64_t size = oracle->ways[0].list_size, mine = 0;
	if (size > oracle->outcome->vulnerable)
		size = oracle->outcome->vulnerable;
	for (uint32_t i = 0; i < oracle->outcome->vulnerable; i++) {
		uint32_t address = oracle->vulnerable[i];
		if (oracle->state[address] != INFECTED)
			continue;
		struct agent *agent = &oracle->agents[address * oracle->way_count];
		agent->walk = mine * size / wanted;
		agent->end = ++mine * size / wanted;
	}
}

static uint64_t draw_local(struct oracle *oracle, const struct outbreak_vector *vector,
			   uint32_t address)
{
	uint32_t subnet = oracle->subnet[address];
	uint64_t space = oracle->world->scanned_space;
	double point = draw_unit(&oracle->random) - vector->local_share;

	if (point < 0)
		return oracle->base[subnet] +
		       draw_below(&oracle->random,
				  (uint32_t)oracle->world->subnets[subnet].addresses);
	for (int i = 0; i < 3; i++) {
		point -= vector->prefix_share[i];
		if (point >= 0)
			continue;
		uint64_t size = UINT64_C(1) << (24 - 8 * i), first = address / size * size;
		return first + draw_below(&oracle->random,
					  (uint32_t)(first + size > space ? space - first : size));
	}
	return draw_below(&oracle->random, (uint32_t)space);
}

/* One of the live hosts of the subnet. */
static uint64_t draw_live(struct oracle *oracle, uint32_t address)
{
	uint32_t subnet = oracle->subnet[address];

	for (;;) {
		uint64_t place = oracle->base[subnet] +
				 draw_below(&oracle->random,
					    (uint32_t)oracle->world->subnets[subnet].addresses);
		if (oracle->state[place] != EMPTY)
			return place;
	}
}

static uint64_t choose_target(struct oracle *oracle, const struct event *event)
{
	const struct outbreak_vector *vector = &oracle->ways[event->way];
	struct agent *agent = &oracle->agents[event->from * oracle->way_count + event->way];
	uint64_t space = oracle->world->scanned_space, target;

	switch (vector->scan) {
	case OUTBREAK_RANDOM: return draw_below(&oracle->random, (uint32_t)space);
	case OUTBREAK_LOCAL: return draw_local(oracle, vector, event->from);
	case OUTBREAK_SHARES: return draw_live(oracle, event->from);
	case OUTBREAK_SEQUENTIAL:
		target = agent->walk;
		agent->walk = (target + 1) % space;
		return target;
	case OUTBREAK_PERMUTATION:
		target = oracle->permuted[agent->walk];
		agent->walk = (agent->walk + 1) % space;
		return target;
	case OUTBREAK_FLAWED:
		agent->walk =
			(vector->multiplier * agent->walk + agent->increment) % power_of_two(space);
		return agent->walk;
	case OUTBREAK_HIT_LIST: return oracle->list[agent->walk++];
	case OUTBREAK_MAIL: break;
	}
	return space;
}

/* The scan arrives at somebody who can be infected, or has been. */
static bool arrives(struct oracle *oracle, const struct event *event, uint32_t to)
{
	bool mail = oracle->ways[event->way].scan == OUTBREAK_MAIL;
	const struct host *from_host = &oracle->hosts[event->from], *host = &oracle->hosts[to];

	if (host->unreachable ||
	    (oracle->state[to] != INFECTED && is_patched(oracle, to, event->time)))
		return false;
	if (!mail && (from_host->away || host->away ||
		      (host->private && oracle->subnet[event->from] != oracle->subnet[to]) ||
		      !link_carries(oracle, event->from, to, event->time)))
		return false;
	return passes_filters(oracle, event->from, to, event->time);
}

static void hand_over(struct oracle *oracle, uint32_t from, uint32_t to)
{
	struct agent *giver = &oracle->agents[from * oracle->way_count];
	struct agent *taker = &oracle->agents[to * oracle->way_count];
	uint64_t half = (giver->end - giver->walk) / 2;

	taker->end = giver->end;
	taker->walk = giver->end -= half;
}

static void scan(struct oracle *oracle, const struct event *event)
{
	const struct outbreak_vector *vector = &oracle->ways[event->way];
	struct agent *agent = &oracle->agents[event->from * oracle->way_count + event->way];
	uint64_t target = choose_target(oracle, event);

	oracle->outcome->scans++;
	if (target < oracle->addresses && oracle->state[target] >= SUSCEPTIBLE &&
	    arrives(oracle, event, (uint32_t)target)) {
		if (oracle->state[target] == SUSCEPTIBLE) {
			infect(oracle, (uint32_t)target, event->time);
			if (vector->scan == OUTBREAK_HIT_LIST)
				hand_over(oracle, event->from, (uint32_t)target);
		} else if (vector->scan == OUTBREAK_PERMUTATION) {
			agent->walk =
				draw_below(&oracle->random, (uint32_t)oracle->world->scanned_space);
		}
	}
	if (vector->scan == OUTBREAK_HIT_LIST && agent->walk == agent->end)
		start(oracle, event->from, event->time); /* in the other ways */
	else
		plan_scan(oracle, event->from, event->way, event->time);
}

static void open_mail(struct oracle *oracle, const struct event *event)
{
	if (oracle->state[event->to] == SUSCEPTIBLE &&
	    chance(oracle, speed(oracle, event->from, event->time)) &&
	    arrives(oracle, event, event->to))
		infect(oracle, event->to, event->time);
}

static void toggle(struct oracle *oracle, const struct event *event)
{
	struct host *host = &oracle->hosts[event->from];

	host->away = !host->away;
	double stay = host->away ? oracle->worm->offline : oracle->worm->online;
	push(oracle, (struct event){ event->time + stay * draw_exponential(&oracle->random),
				     TOGGLES, 0, event->from, 0 });
}

static void happen(struct oracle *oracle, const struct event *event)
{
	struct host *host = &oracle->hosts[event->from];

	switch (event->kind) {
	case STARTS: start(oracle, event->from, event->time); break;
	case SCANS:
		if (!host->cleaned)
			scan(oracle, event);
		break;
	case OPENS:
		if (!host->cleaned)
			open_mail(oracle, event);
		break;
	case CLEANED: host->cleaned = true; break;
	case TOGGLES: toggle(oracle, event); break;
	}
}

bool explicit_run(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct remedy_candidate *const *remedies, size_t remedy_count,
		  const struct explicit_run *run, struct explicit_outcome *outcome)
{
	struct oracle oracle = { .world = world,
				 .worm = worm,
				 .remedies = remedies,
				 .remedy_count = remedy_count,
				 .outcome = outcome };

	*outcome = (struct explicit_outcome){ .half_time = INFINITY };
	seed_generator(&oracle.random, run->seed);
	bool made = make(&oracle);
	if (made) {
		populate(&oracle);
		order(&oracle);
		infect_first(&oracle);
		while (outcome->infected < outcome->vulnerable && oracle.event_count > 0 &&
		       oracle.events[0].time < run->duration &&
		       !(run->until_half && outcome->half_time < INFINITY)) {
			struct event event = pop(&oracle);
			happen(&oracle, &event);
		}
	}
	unmake(&oracle);
	return made;
}
