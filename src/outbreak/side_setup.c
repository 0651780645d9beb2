/* How the state of a birth process is laid out before it runs: memory, compartments, and the rates
 * between them. */
#include "outbreak/side.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_AHEAD 24	      /* hosts laid out from asking memory to using it */
#define ALIKE	   UINT32_MAX /* of a subnet: the remedy does not part it from others */

int side_init(struct side *side, const struct population *population,
	      const struct outbreak_worm *worm, struct error *error)
{
	const struct outbreak_world *world = population->world;
	bool local = worm->scan == OUTBREAK_LOCAL;
	size_t n = world->subnet_count > 2 ? world->subnet_count : 2;

	if (n < world->provider_count + 1) /* as many zones may there be */
		n = world->provider_count + 1;
	n++; /* those who are alike */
	*side = (struct side){ .population = population, .worm = worm };
	side->global_pair =
		worm->rate * (local ? 1 - worm->local_share : 1) / (double)world->scanned_space;
	side->of_subnet = calloc(n, sizeof *side->of_subnet);
	side->numbered = calloc(n, sizeof *side->numbered);
	side->of_place = calloc(n, sizeof *side->of_place);
	side->half = calloc(n, sizeof *side->half);
	side->inside_pair = calloc(n, sizeof *side->inside_pair);
	side->first = calloc(n + 1, sizeof *side->first);
	side->front = calloc(n, sizeof *side->front);
	side->back = calloc(n, sizeof *side->back);
	side->scanning = calloc(n, sizeof *side->scanning);
	side->zone_of_subnet = calloc(n, sizeof *side->zone_of_subnet);
	side->zone_sources = calloc(n, sizeof *side->zone_sources);
	side->waiting = calloc(n, sizeof *side->waiting);
	side->ahead = calloc(n, sizeof *side->ahead);
	bool enough = side->of_subnet && side->numbered && side->of_place && side->half &&
		      side->inside_pair && side->first && side->front && side->back &&
		      side->scanning && side->ahead && side->zone_of_subnet && side->zone_sources &&
		      side->waiting && sum_tree_init(&side->inside, n) == 0;
	for (int half = 0; enough && half < 2; half++)
		enough = sum_tree_init(&side->targets[half], n) == 0;
	if (enough)
		return 0;
	side_fini(side);
	return error_set(error, ERROR_MEMORY, world->name, "no memory for its subnets");
}

static void free_targets(struct side *side)
{
	free(side->slot);
	free(side->rank);
	free(side->place);
	free(side->sources);
	free(side->next_waiting);
	free(side->apart_infected);
	side->slot = side->rank = side->place = NULL;
	side->sources = side->next_waiting = side->apart_infected = NULL;
}

void side_fini(struct side *side)
{
	free(side->of_subnet);
	free(side->numbered);
	free(side->of_place);
	free(side->half);
	free(side->inside_pair);
	free(side->first);
	free(side->front);
	free(side->back);
	free(side->scanning);
	free(side->zone_of_subnet);
	free(side->zone_sources);
	free(side->waiting);
	free(side->ahead);
	free_targets(side);
	shortcut_fini(&side->shortcut);
	sum_tree_fini(&side->inside);
	for (int half = 0; half < 2; half++)
		sum_tree_fini(&side->targets[half]);
	*side = (struct side){ 0 };
}

static int no_memory(size_t hosts, struct error *error)
{
	return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", hosts);
}

static int make_room(struct side *side, size_t count, struct error *error)
{
	if (count <= side->capacity)
		return 0;
	size_t wanted = count + count / 8;
	free_targets(side);
	side->place = malloc(wanted * sizeof *side->place);
	side->slot = malloc(wanted * sizeof *side->slot);
	side->rank = malloc(wanted * sizeof *side->rank);
	bool enough = side->slot && side->rank && side->place;
	side->capacity = enough ? wanted : 0;
	return enough ? 0 : no_memory(wanted, error);
}

/* Lists that not every run needs. */
static int make_list(const struct side *side, uint32_t **list, struct error *error)
{
	if (!*list)
		*list = malloc((side->capacity + 1) * sizeof **list);
	return *list ? 0 : no_memory(side->capacity, error);
}

/* Where only one half has anybody, who scans is the first so many of history. Whom a link between
 * peers has infected stays among the targets for a while: segments have no room for both. */
static int make_lists(struct side *side, struct error *error)
{
	uint32_t targets[2] = { 0, 0 };
	int result = 0;

	for (size_t c = 0; c < side->compartments; c++)
		targets[side->half[c]] += side->first[c + 1] - side->first[c];
	side->named = !side->history->anonymous || !side->exact;
	side->listed = side->named && targets[0] > 0 && targets[1] > 0;
	if (side->listed)
		result = make_list(side, &side->sources, error);
	side->infected = side->slot;
	if (result == 0 && side->named && side->shortcut.effect) {
		result = make_list(side, &side->apart_infected, error);
		side->infected = side->apart_infected;
	}
	return result;
}

/* A filter between places of the network, not at hosts. */
static bool filters_places(const struct side *side)
{
	const struct remedy_candidate *candidate = side->effect ? side->effect->candidate : NULL;

	return candidate && candidate->effect == REMEDY_FILTER &&
	       candidate->place != REMEDY_AT_HOST;
}

/* A limit on the rate of whole subnets. */
static bool limits_places(const struct side *side)
{
	return side->effect && side->effect->candidate->effect == REMEDY_RATE && side->effect->part;
}

/* Whether compartments can tell all that the remedy does. Local scans need subnets. Where routes
 * have several filters that let a part through, what does is no matter of halves. */
static bool can_be_exact(const struct side *side)
{
	const struct remedy_candidate *candidate = side->effect->candidate;

	if (side->effect->also)
		return false;
	if (side->worm->scan == OUTBREAK_LOCAL)
		return limits_places(side) ||
		       (filters_places(side) && candidate->place == REMEDY_AT_SUBNET);
	return !filters_places(side) || candidate->place != REMEDY_AT_LINK ||
	       candidate->pass <= 0 || !side->effect->zone;
}

/* What a subnet shares with others that are treated as it is. */
static uint32_t group_of(const struct side *side, size_t subnet)
{
	const struct effect *effect = side->effect;

	if (effect->zone)
		return (side->exact || !effect->island ? effect->zone : effect->island)[subnet];
	if (!effect->part[subnet])
		return ALIKE;
	return effect->candidate->place == REMEDY_AT_SUBNET
		       ? (uint32_t)subnet
		       : side->population->world->subnets[subnet].provider;
}

/* 0 for all that are alike, then one number for each place that is apart from others, by subnet.
 * How many there are. */
static size_t number_places(struct side *side, uint32_t *of_subnet)
{
	const struct outbreak_world *world = side->population->world;
	const uint32_t *first = side->population->first;
	size_t places = world->subnet_count > world->provider_count ? world->subnet_count
								    : world->provider_count;
	uint32_t count = 1;

	memset(side->numbered, 0, (places + 1) * sizeof *side->numbered);
	for (size_t i = 0; i < world->subnet_count; i++) {
		uint32_t group = group_of(side, i);
		bool empty = first[i] == first[i + 1];
		if (group != ALIKE && !empty && side->numbered[group] == 0)
			side->numbered[group] = count++;
		of_subnet[i] = group == ALIKE || empty ? 0 : side->numbered[group];
	}
	return count;
}

static void choose_compartments(struct side *side)
{
	const struct outbreak_world *world = side->population->world;

	side->exact = !side->effect || can_be_exact(side);
	side->by_host = false;
	if (side->worm->scan == OUTBREAK_LOCAL || !side->effect) {
		side->compartments = world->subnet_count;
		for (size_t i = 0; i < world->subnet_count; i++)
			side->of_subnet[i] = (uint32_t)i;
	} else if (!side->exact) {
		side->compartments = 1;
		memset(side->of_subnet, 0, world->subnet_count * sizeof *side->of_subnet);
	} else if (filters_places(side)) {
		side->compartments = number_places(side, side->of_subnet);
	} else {
		side->by_host = true;
		side->compartments = 2;
	}
}

static int choose_zones(struct side *side, struct error *error)
{
	side->parts = !side->exact && filters_places(side) && side->effect->candidate->pass <= 0;
	if (!side->parts)
		return 0;
	int result = make_list(side, &side->next_waiting, error);
	if (result < 0)
		return result;
	size_t zones = number_places(side, side->zone_of_subnet);
	memset(side->zone_sources, 0, zones * sizeof *side->zone_sources);
	memset(side->waiting, 0xff, zones * sizeof *side->waiting);
	return 0;
}

static int clear(struct side *side, uint32_t targets, struct history *history, struct error *error)
{
	int result = make_room(side, (size_t)targets + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)targets + 1, error);
	if (result == 0)
		result = history_name(history, error);
	if (result < 0)
		return result;
	choose_compartments(side);
	result = choose_zones(side, error);
	if (result < 0)
		return result;
	side->history = history;
	side->scanning_total = 0;
	side->source_end = targets;
	memset(side->half, 0, side->compartments * sizeof *side->half);
	memset(side->front, 0, side->compartments * sizeof *side->front);
	memset(side->back, 0, side->compartments * sizeof *side->back);
	memset(side->scanning, 0, side->compartments * sizeof *side->scanning);
	sum_tree_clear(&side->inside, side->compartments);
	for (int half = 0; half < 2; half++)
		side->source_count[half] = side->target_count[half] = 0;
	return 0;
}

/* Where targets are, in memory that lies together. */
static void place_targets(struct side *side, uint32_t targets)
{
	const struct population *population = side->population;
	const uint32_t *places = side->shortcut.effect ? side->shortcut.of_subnet : NULL;

	for (uint32_t target = 0; target < targets; target++) {
		if (target + LOOK_AHEAD < targets)
			population_foresee(population, side->base->host[target + LOOK_AHEAD]);
		uint32_t host = side->base->host[target];
		side->place[target] = places ? places[population_subnet(population, host)]
					     : side_compartment_of(side, host);
	}
	for (size_t i = 0; places && i < population->world->subnet_count; i++)
		if (population->first[i] < population->first[i + 1])
			side->of_place[places[i]] = side->of_subnet[i];
}

/* Segments as long as compartments have targets. */
static void lay_out(struct side *side, uint32_t targets)
{
	memset(side->first, 0, (side->compartments + 1) * sizeof *side->first);
	if (side->base)
		place_targets(side, targets);
	for (uint32_t target = 0; target < targets; target++)
		side->first[side_compartment(side, target) + 1]++;
	for (size_t c = 0; c < side->compartments; c++)
		side->first[c + 1] += side->first[c];
}

/* Which half each compartment is in. */
static void set_halves(struct side *side)
{
	const struct effect *effect = side->effect;
	const struct outbreak_world *world = side->population->world;

	if (side->worm->scan == OUTBREAK_LOCAL)
		for (size_t i = 0; i < world->subnet_count; i++)
			side->half[i] = effect->part[i];
	else
		memset(side->half + 1, 1, side->compartments - 1);
}

/* Rates between the halves, and in compartments. A filter does not part two hosts of the same
 * place, a limit holds among them, too. What they hit each other more is added. */
static void set_rates(struct side *side)
{
	const struct outbreak_worm *worm = side->worm;
	bool local = worm->scan == OUTBREAK_LOCAL;

	side->apart[0][0] = side->apart[0][1] = side->apart[1][0] = side->apart[1][1] = 1;
	if (side->effect && side->exact) {
		set_halves(side);
		for (unsigned from = 0; from < 2; from++)
			for (unsigned to = 0; to < 2; to++)
				side->apart[from][to] = effect_apart(side->effect, from, to);
	}
	for (unsigned from = 0; from < 2; from++) {
		bool holds = side->by_host || (side->exact && limits_places(side));
		side->within[from] = holds ? side->apart[from][from] : 1;
		for (unsigned to = 0; to < 2; to++)
			side->pair[from][to] = side->global_pair * side->apart[from][to];
	}
	for (size_t c = 0; c < side->compartments; c++) {
		unsigned half = side->half[c];
		double own = local ? worm->rate * worm->local_share /
					     (double)side->population->world->subnets[c].addresses
				   : 0;
		side->inside_pair[c] =
			own * side->within[half] +
			(side->within[half] - side->apart[half][half]) * side->global_pair;
	}
}

/* How targets of each half are found. */
static void set_trees(struct side *side)
{
	size_t count[2] = { 0, 0 };

	for (size_t c = 0; c < side->compartments; c++) {
		side->lone[side->half[c]] = c;
		count[side->half[c]]++;
	}
	for (unsigned half = 0; half < 2; half++) {
		side->spread[half] =
			count[half] > 1 && (side->pair[0][half] > 0 || side->pair[1][half] > 0);
		if (side->spread[half])
			sum_tree_clear(&side->targets[half], side->compartments);
	}
}

int side_reset(struct side *side, struct history *history, struct error *error)
{
	side->base = NULL;
	side->effect = NULL;
	side->shortcut.effect = NULL;
	int result = clear(side, side->population->count, history, error);
	if (result < 0)
		return result;
	set_rates(side);
	set_trees(side);
	lay_out(side, side->population->count);
	/* Every host at the index that is its number. */
	for (uint32_t host = 0; host < side->population->count; host++)
		side->slot[host] = host;
	side->target_count[0] = side->population->count;
	for (size_t c = 0; c < side->compartments; c++) {
		side->front[c] = side->first[c + 1] - side->first[c];
		if (side->spread[0])
			sum_tree_set(&side->targets[0], c, side->front[c]);
	}
	return make_lists(side, error);
}

int side_reset_with(struct side *side, const struct effect *effect, const struct history *base,
		    struct history *history, struct error *error)
{
	side->base = base;
	side->effect = effect;
	int result = clear(side, base->count, history, error);
	if (result == 0)
		result = shortcut_reset(&side->shortcut, side->exact ? effect : NULL,
					side->global_pair, side->place, base->count, error);
	if (result < 0)
		return result;
	side->shortcut.opened = side_open;
	side->shortcut.context = side;
	memset(side->rank, 0xff, (size_t)base->count * sizeof *side->rank);
	supply_words_init(&side->order, side->population->seed, side->population->replica,
			  effect_draws(effect, DRAW_EXPOSED));
	set_rates(side);
	set_trees(side);
	lay_out(side, base->count);
	for (size_t c = 0; c < side->compartments; c++)
		side->ahead[c] = supply_word(&side->order);
	return make_lists(side, error);
}
