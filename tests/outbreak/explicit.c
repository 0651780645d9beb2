/* How the oracle's hosts scan, and what comes of it. */
#include "explicit_parts.h"

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
	oracle_push(oracle, (struct event){ oracle_stretch(oracle, address, time, gap), SCANS, way,
					    address, 0 });
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
		if (oracle_chance(oracle, vector->open_share))
			oracle_push(oracle, (struct event){ read, OPENS, way, address, to });
	}
}

static uint32_t power_of_two(uint64_t space)
{
	uint32_t power = 2;
	while (power < space)
		power *= 2;
	return power;
}

/* An address of which each state of the generator gives some bits, as rand() does: the next piece
 * goes behind those before it. */
static uint32_t draw_pieces(const struct outbreak_vector *vector, struct agent *agent,
			    uint32_t space)
{
	uint64_t address = 0;

	for (uint64_t reach = 1; reach < space; reach <<= vector->draw_bits) {
		agent->walk = (uint32_t)(vector->multiplier * agent->walk + agent->increment);
		address *= UINT64_C(1) << vector->draw_bits;
		address += agent->walk / 65536 % (UINT64_C(1) << vector->draw_bits);
	}
	return (uint32_t)(address % space);
}

static void start_way(struct oracle *oracle, uint32_t address, uint32_t way, double time)
{
	const struct outbreak_vector *vector = &oracle->ways[way];
	struct agent *agent = &oracle->agents[address * oracle->way_count + way];
	uint32_t space = (uint32_t)oracle->world->scanned_space;

	switch (vector->scan) {
	case OUTBREAK_SEQUENTIAL:
		agent->walk =
			vector->random_start > 0 && oracle_chance(oracle, vector->random_start)
				? draw_below(&oracle->random, space)
				: oracle->base[oracle->subnet[address]];
		break;
	case OUTBREAK_PERMUTATION: agent->walk = draw_below(&oracle->random, space); break;
	case OUTBREAK_FLAWED:
		agent->walk = vector->draw_bits ? draw_below(&oracle->random, UINT32_MAX)
						: draw_below(&oracle->random, power_of_two(space));
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
	oracle_push(oracle, (struct event){ time + oracle->worm->latency, STARTS, 0, address, 0 });
	for (size_t i = 0; i < oracle->remedy_count; i++) {
		const struct remedy_candidate *remedy = oracle->remedies[i];
		if (remedy->effect == REMEDY_CLEAN && oracle_takes_part(oracle, remedy, address))
			oracle_push(oracle, (struct event){ fmax(remedy->delay_seconds,
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
		if (vector->draw_bits)
			return draw_pieces(vector, agent, power_of_two(space));
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
	    (oracle->state[to] != INFECTED && oracle_is_patched(oracle, to, event->time)))
		return false;
	if (!mail && (from_host->away || host->away ||
		      (host->private && oracle->subnet[event->from] != oracle->subnet[to]) ||
		      !oracle_link_carries(oracle, event->from, to, event->time)))
		return false;
	return oracle_passes_filters(oracle, event->from, to, event->time);
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
	    oracle_chance(oracle, oracle_speed(oracle, event->from, event->time)) &&
	    arrives(oracle, event, event->to))
		infect(oracle, event->to, event->time);
}

static void toggle(struct oracle *oracle, const struct event *event)
{
	struct host *host = &oracle->hosts[event->from];

	host->away = !host->away;
	double stay = host->away ? oracle->worm->offline : oracle->worm->online;
	oracle_push(oracle, (struct event){ event->time + stay * draw_exponential(&oracle->random),
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
	bool made = oracle_make(&oracle);
	if (made) {
		oracle_populate(&oracle);
		oracle_order(&oracle);
		infect_first(&oracle);
		while (outcome->infected < outcome->vulnerable && oracle.event_count > 0 &&
		       oracle.events[0].time < run->duration &&
		       !(run->until_half && outcome->half_time < INFINITY)) {
			struct event event = oracle_pop(&oracle);
			happen(&oracle, &event);
		}
	}
	oracle_unmake(&oracle);
	return made;
}
