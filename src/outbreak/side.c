#include "outbreak/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFETCH   8	      /* drawn or taken from asking memory to using it */
#define LOOK_AHEAD 24	      /* the same, of hosts that are laid out */
#define ALIKE	   UINT32_MAX /* of a subnet: the remedy does not part it from others */

static uint32_t compartment_of_host(const struct side *side, uint32_t host)
{
	return side->by_host ? side->effect->covered[host]
			     : side->of_subnet[side->population->subnet[host]];
}

uint32_t side_compartment(const struct side *side, uint32_t target)
{
	return side->base ? side->place[target] : compartment_of_host(side, target);
}

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
	bool enough = side->of_subnet && side->numbered && side->half && side->inside_pair &&
		      side->first && side->front && side->back && side->scanning && side->ahead &&
		      side->zone_of_subnet && side->zone_sources && side->waiting &&
		      sum_tree_init(&side->inside, n) == 0;
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
	free(side->placed);
	free(side->sources);
	free(side->next_waiting);
	free(side->apart_infected);
	side->next_waiting = side->apart_infected = NULL;
}

void side_fini(struct side *side)
{
	free(side->of_subnet);
	free(side->numbered);
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
	side->placed = malloc(wanted * sizeof *side->placed);
	side->slot = malloc(wanted * sizeof *side->slot);
	side->rank = malloc(wanted * sizeof *side->rank);
	side->sources = malloc(wanted * sizeof *side->sources);
	bool enough = side->slot && side->rank && side->place && side->placed && side->sources;
	side->capacity = enough ? wanted : 0;
	return enough ? 0 : no_memory(wanted, error);
}

/* Whom a link between peers has infected stays among the targets for a while: segments have no room
 * for both. */
static int make_room_for_both(struct side *side, struct error *error)
{
	side->infected = side->slot;
	if (!side->shortcut.effect)
		return 0;
	if (!side->apart_infected)
		side->apart_infected = malloc(side->capacity * sizeof *side->apart_infected);
	side->infected = side->apart_infected;
	return side->infected ? 0 : no_memory(side->capacity, error);
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
	if (!side->next_waiting)
		side->next_waiting = malloc((side->capacity + 1) * sizeof *side->next_waiting);
	if (!side->next_waiting)
		return no_memory(side->capacity, error);
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

/* Segments as long as compartments have targets. */
static void lay_out(struct side *side, uint32_t targets)
{
	memset(side->first, 0, (side->compartments + 1) * sizeof *side->first);
	for (uint32_t target = 0; target < targets; target++) {
		if (side->base && target + LOOK_AHEAD < targets)
			__builtin_prefetch(
				&side->population->subnet[side->base->host[target + LOOK_AHEAD]]);
		uint32_t c = compartment_of_host(side, side_host(side, target));
		if (side->base)
			side->place[target] = c;
		if (side->base && side->shortcut.effect)
			shortcut_place(&side->shortcut, target,
				       side->population->subnet[side->base->host[target]]);
		side->first[c + 1]++;
	}
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
	if (result == 0)
		result = make_room_for_both(side, error);
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
	return 0;
}

int side_reset_with(struct side *side, const struct effect *effect, const struct history *base,
		    struct history *history, struct error *error)
{
	side->base = base;
	side->effect = effect;
	int result = clear(side, base->count, history, error);
	if (result == 0)
		result = shortcut_reset(&side->shortcut, side->exact ? effect : NULL,
					side->global_pair, base->count, error);
	if (result == 0)
		result = make_room_for_both(side, error);
	if (result < 0)
		return result;
	memset(side->rank, 0xff, (size_t)base->count * sizeof *side->rank);
	supply_words_init(&side->order, side->population->seed, side->population->replica,
			  effect_draws(effect, DRAW_EXPOSED));
	set_rates(side);
	set_trees(side);
	lay_out(side, base->count);
	for (size_t c = 0; c < side->compartments; c++)
		side->ahead[c] = supply_word(&side->order);
	return 0;
}

/* The numbers of a compartment have changed. */
static void weigh_inside(struct side *side, size_t c)
{
	/* Where nobody scans yet, nothing has changed. */
	if (side->scanning[c] > 0 && side->inside_pair[c] > 0)
		sum_tree_set(&side->inside, c,
			     (double)side->scanning[c] * side->front[c] * side->inside_pair[c]);
}

static void weigh_targets(struct side *side, size_t c)
{
	unsigned half = side->half[c];

	if (side->spread[half])
		sum_tree_set(&side->targets[half], c, side->front[c]);
	weigh_inside(side, c);
}

/* Everybody's order in the front is random, independent of what has been taken from its end: the
 * shuffle that starts from nothing. */
static bool is_shuffled(const struct side *side)
{
	return side->base && side->exact;
}

static uint32_t zone_of(const struct side *side, uint32_t host)
{
	return side->zone_of_subnet[side->population->subnet[host]];
}

/* Somebody may be hit there: from outside, or by those who scan in it. */
static bool is_hit(const struct side *side, uint32_t c)
{
	unsigned half = side->half[c];
	return side->pair[0][half] > 0 || side->pair[1][half] > 0 || side->scanning[c] > 0;
}

/* The last of compartment `c` changes places with any. The word that says with whom was drawn when
 * this was done there last, so that memory could be asked for it. */
static void shuffle_in(struct side *side, uint32_t c, uint32_t last)
{
	uint32_t *front = side->slot + side->first[c];
	uint64_t product = (uint64_t)side->ahead[c] * (last + 1);

	while ((uint32_t)product < last + 1 && (uint32_t)product < -(last + 1) % (last + 1))
		product = (uint64_t)supply_word(&side->order) * (last + 1);
	uint32_t other = (uint32_t)(product >> 32), target = front[last], moved = front[other];
	front[last] = moved;
	front[other] = target;
	side->ahead[c] = supply_word(&side->order);
	__builtin_prefetch(&front[(uint64_t)side->ahead[c] * (last + 1) >> 32], 1);
	/* Who is last is taken first. */
	__builtin_prefetch(&side->base->host[moved]);
	__builtin_prefetch(&side->rank[moved], 1);
}

/* Order matters from the first hit on: many a place that a filter closes is never hit. */
void side_expose(struct side *side, uint32_t target)
{
	uint32_t zone = side->parts ? zone_of(side, side_host(side, target)) : 0;

	if (side->parts && side->zone_sources[zone] == 0) {
		side->next_waiting[target] = side->waiting[zone];
		side->waiting[zone] = target;
		return;
	}
	uint32_t c = side_compartment(side, target), last = side->front[c]++;

	side->slot[side->first[c] + last] = target;
	if (is_shuffled(side) && is_hit(side, c))
		shuffle_in(side, c, last);
	side->target_count[side->half[c]]++;
	weigh_targets(side, c);
	if (side->shortcut.effect)
		shortcut_expose(&side->shortcut, target);
}

uint32_t side_take(struct side *side, uint32_t index, uint32_t c)
{
	uint32_t target = side->slot[index];

	if (side->base && index >= PREFETCH) {
		uint32_t soon = side->slot[index - PREFETCH];
		if (soon < side->base->count) { /* else beyond this compartment: anything */
			__builtin_prefetch(&side->base->host[soon]);
			__builtin_prefetch(&side->rank[soon], 1);
		}
	}
	side->slot[index] = side->slot[side->first[c] + --side->front[c]];
	side->target_count[side->half[c]]--;
	weigh_targets(side, c);
	return target;
}

/* The next of history is in compartment `c`. */
static void place(struct side *side, uint32_t number, uint32_t c)
{
	if (side->inside_pair[c] > 0)
		side->infected[side->first[c + 1] - ++side->back[c]] = number;
	side->placed[number] = c;
}

/* Somebody scans in the zone: who waits there can be hit. */
static void reach_zone(struct side *side, uint32_t zone)
{
	side->zone_sources[zone]++;
	while (side->waiting[zone] != SIDE_NOBODY) {
		uint32_t target = side->waiting[zone];
		side->waiting[zone] = side->next_waiting[target];
		side_expose(side, target);
	}
}

static void add_source(struct side *side, uint32_t number)
{
	uint32_t c = side->placed[number];
	unsigned half = side->half[c];

	if (is_shuffled(side) && !is_hit(side, c))
		for (uint32_t i = 1; i < side->front[c]; i++)
			shuffle_in(side, c, i);
	uint32_t place = side->source_count[half]++;

	side->sources[half ? side->source_end - 1 - place : place] = number;
	side->scanning[c]++;
	if (side->shortcut.effect)
		shortcut_scan(&side->shortcut, number,
			      side->population->subnet[side->history->host[number]]);
	if (side->parts)
		reach_zone(side, zone_of(side, side->history->host[number]));
}

void side_infect(struct side *side, uint32_t target, uint32_t c, uint32_t infector, double time)
{
	place(side, side->history->count, c);
	if (side->base)
		side->rank[target] = side->history->count;
	history_add(side->history, side_host(side, target), infector, time);
	if (side->worm->latency <= 0)
		side_start_next(side);
}

void side_follow(struct side *side, uint32_t count)
{
	const struct history *base = side->base;
	struct history *history = side->history;

	for (uint32_t target = 0; target < count; target++) {
		place(side, target, side->place[target]);
		side->rank[target] = target;
	}
	memcpy(history->host, base->host, count * sizeof *base->host);
	memcpy(history->infector, base->infector, count * sizeof *base->infector);
	memcpy(history->time, base->time, count * sizeof *base->time);
	history->count = count;
	while (side->scanning_total < count &&
	       base->time[side->scanning_total] + side->worm->latency <= base->time[count - 1])
		add_source(side, side->scanning_total++);
}

double side_next_start(const struct side *side)
{
	if (side->scanning_total == side->history->count)
		return INFINITY;
	return side->history->time[side->scanning_total] + side->worm->latency;
}

void side_start_next(struct side *side)
{
	uint32_t number = side->scanning_total++;

	add_source(side, number);
	weigh_inside(side, side->placed[number]);
}

/* An index in the compartment's front. */
static uint32_t draw_target(const struct side *side, size_t c, struct supply_words *words)
{
	uint32_t count = side->front[c];

	return side->first[c] + (is_shuffled(side) ? count - 1 : supply_below(words, count));
}

static struct side_hit draw_inside(const struct side *side, struct supply_words *words)
{
	const struct sum_tree *tree = &side->inside;
	size_t c = sum_tree_find(tree, supply_unit(words) * sum_tree_total(tree));
	uint32_t source = supply_below(words, side->scanning[c]);

	return (struct side_hit){ .infector = side->infected[side->first[c + 1] - 1 - source],
				  .index = draw_target(side, c, words),
				  .compartment = (uint32_t)c };
}

static struct side_hit draw_between(const struct side *side, unsigned from, unsigned to,
				    struct supply_words *words)
{
	uint32_t count = side->source_count[from];
	uint32_t source = supply_below(words, count);
	size_t target = side->lone[to];

	/* Three words a hit, as long as those of two halves follow each other. */
	uint32_t soon = supply_foresee(words, 3 * PREFETCH - 1, count);
	__builtin_prefetch(&side->sources[from ? side->source_end - 1 - soon : soon]);

	if (side->spread[to])
		target = sum_tree_find(&side->targets[to],
				       supply_unit(words) * sum_tree_total(&side->targets[to]));
	return (struct side_hit){
		.infector = side->sources[from ? side->source_end - 1 - source : source],
		.index = draw_target(side, target, words),
		.compartment = (uint32_t)target,
	};
}

struct side_hit side_draw_hit(const struct side *side, struct supply_words *words)
{
	double point = supply_unit(words) * side_rate(side);
	unsigned last = 4;
	for (unsigned pair = 0; pair < 4; pair++) {
		double rate = side_half_rate(side, pair / 2, pair % 2);
		if (rate <= 0)
			continue;
		if (point < rate)
			return draw_between(side, pair / 2, pair % 2, words);
		point -= rate;
		last = pair;
	}
	/* Rounding may carry the point past the last pair where nothing is added inside. */
	if (last == 4 || sum_tree_total(&side->inside) > 0)
		return draw_inside(side, words);
	return draw_between(side, last / 2, last % 2, words);
}
