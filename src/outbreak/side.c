#include "outbreak/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t compartment_of_host(const struct side *side, uint32_t host)
{
	const struct population *population = side->population;

	switch (side->grouping) {
	case SIDE_HALVES: return side->effect->covered[host];
	case SIDE_SUBNETS: return population->subnet[host];
	case SIDE_PROVIDERS: return population->world->subnets[population->subnet[host]].provider;
	}
	return 0;
}

static size_t compartment(const struct side *side, uint32_t target)
{
	return compartment_of_host(side, side_host(side, target));
}

int side_init(struct side *side, const struct population *population,
	      const struct outbreak_worm *worm, struct error *error)
{
	const struct outbreak_world *world = population->world;
	bool local = worm->scan == OUTBREAK_LOCAL;
	size_t n = world->subnet_count > 2 ? world->subnet_count : 2;

	if (n < world->provider_count)
		n = world->provider_count;
	*side = (struct side){ .population = population, .worm = worm };
	side->global_pair =
		worm->rate * (local ? 1 - worm->local_share : 1) / (double)world->scanned_space;
	side->half = calloc(n, sizeof *side->half);
	side->inside_pair = calloc(n, sizeof *side->inside_pair);
	side->first = calloc(n + 1, sizeof *side->first);
	side->front = calloc(n, sizeof *side->front);
	side->back = calloc(n, sizeof *side->back);
	side->scanning = calloc(n, sizeof *side->scanning);
	bool enough = side->half && side->inside_pair && side->first && side->front && side->back &&
		      side->scanning && sum_tree_init(&side->inside, n) == 0;
	for (int half = 0; enough && half < 2; half++)
		enough = sum_tree_init(&side->targets[half], n) == 0 &&
			 sum_tree_init(&side->sources[half], n) == 0;
	if (enough)
		return 0;
	side_fini(side);
	return error_set(error, ERROR_MEMORY, world->name, "no memory for its subnets");
}

void side_fini(struct side *side)
{
	free(side->half);
	free(side->inside_pair);
	free(side->first);
	free(side->front);
	free(side->back);
	free(side->scanning);
	free(side->slot);
	free(side->rank);
	sum_tree_fini(&side->inside);
	for (int half = 0; half < 2; half++) {
		sum_tree_fini(&side->targets[half]);
		sum_tree_fini(&side->sources[half]);
	}
	*side = (struct side){ 0 };
}

static int make_room(struct side *side, size_t count, struct error *error)
{
	if (count <= side->capacity)
		return 0;
	size_t wanted = count + count / 8;
	free(side->slot);
	free(side->rank);
	side->slot = malloc(wanted * sizeof *side->slot);
	side->rank = malloc(wanted * sizeof *side->rank);
	side->capacity = side->slot && side->rank ? wanted : 0;
	if (side->capacity == 0)
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
	return 0;
}

/* Local scans need subnets. Else a filter is best served by the places that it tells apart, and
 * other remedies by whom they cover. */
static enum side_grouping choose_grouping(const struct side *side)
{
	const struct remedy_candidate *candidate = side->effect ? side->effect->candidate : NULL;

	if (side->worm->scan == OUTBREAK_LOCAL || !candidate)
		return SIDE_SUBNETS;
	if (candidate->effect != REMEDY_FILTER || candidate->place == REMEDY_AT_HOST)
		return SIDE_HALVES;
	return candidate->place == REMEDY_AT_SUBNET ? SIDE_SUBNETS : SIDE_PROVIDERS;
}

static size_t count_compartments(const struct side *side)
{
	const struct outbreak_world *world = side->population->world;

	switch (side->grouping) {
	case SIDE_HALVES: return 2;
	case SIDE_SUBNETS: return world->subnet_count;
	case SIDE_PROVIDERS: return world->provider_count;
	}
	return 0;
}

static int clear(struct side *side, struct history *history, struct error *error)
{
	uint32_t count = side->population->count;
	int result = make_room(side, (size_t)count + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)count + 1, error);
	if (result == 0)
		result = history_name(history, error);
	if (result < 0)
		return result;
	side->grouping = choose_grouping(side);
	side->compartments = count_compartments(side);
	side->history = history;
	side->scanning_total = 0;
	memset(side->half, 0, side->compartments * sizeof *side->half);
	memset(side->front, 0, side->compartments * sizeof *side->front);
	memset(side->back, 0, side->compartments * sizeof *side->back);
	memset(side->scanning, 0, side->compartments * sizeof *side->scanning);
	sum_tree_clear(&side->inside, side->compartments);
	for (int half = 0; half < 2; half++) {
		sum_tree_clear(&side->targets[half], side->compartments);
		sum_tree_clear(&side->sources[half], side->compartments);
	}
	return 0;
}

/* Segments as long as compartments have targets. */
static void lay_out(struct side *side, uint32_t targets)
{
	memset(side->first, 0, (side->compartments + 1) * sizeof *side->first);
	for (uint32_t target = 0; target < targets; target++)
		side->first[compartment(side, target) + 1]++;
	for (size_t c = 0; c < side->compartments; c++)
		side->first[c + 1] += side->first[c];
}

static void set_local_pairs(struct side *side)
{
	const struct outbreak_worm *worm = side->worm;
	bool local = worm->scan == OUTBREAK_LOCAL;

	for (size_t c = 0; c < side->compartments; c++)
		side->inside_pair[c] =
			local ? worm->rate * worm->local_share /
					(double)side->population->world->subnets[c].addresses
			      : 0;
}

int side_reset(struct side *side, struct history *history, struct error *error)
{
	side->base = NULL;
	side->effect = NULL;
	int result = clear(side, history, error);
	if (result < 0)
		return result;
	side->exact = true;
	side->apart[0][0] = 1;
	set_local_pairs(side);
	lay_out(side, side->population->count);
	/* Every host at the index that is its number. */
	for (uint32_t host = 0; host < side->population->count; host++)
		side->slot[host] = host;
	for (size_t c = 0; c < side->compartments; c++) {
		side->front[c] = side->first[c + 1] - side->first[c];
		sum_tree_set(&side->targets[0], c, side->front[c]);
	}
	return 0;
}

/* Which half each compartment is in. */
static void set_halves(struct side *side)
{
	const struct effect *effect = side->effect;
	const struct outbreak_world *world = side->population->world;

	if (side->grouping == SIDE_HALVES)
		side->half[1] = 1;
	else
		for (size_t i = 0; i < world->subnet_count; i++)
			side->half[side->grouping == SIDE_SUBNETS ? i
								  : world->subnets[i].provider] =
				effect->part[i];
}

static bool filters_compartments(const struct side *side)
{
	const struct remedy_candidate *candidate = side->effect->candidate;

	if (candidate->effect != REMEDY_FILTER || candidate->place == REMEDY_AT_HOST)
		return false;
	return (candidate->place == REMEDY_AT_SUBNET) == (side->grouping == SIDE_SUBNETS);
}

/* Rates between the halves, where compartments tell all that matters. A filter does not part two
 * hosts of the same compartment: what they hit each other more is added. */
static void set_rates(struct side *side)
{
	bool filters = filters_compartments(side);

	set_local_pairs(side);
	side->apart[0][0] = 1;
	side->exact = (filters || side->grouping == SIDE_HALVES) && !side->effect->also;
	if (!side->exact)
		return; /* all in one half */
	set_halves(side);
	for (unsigned from = 0; from < 2; from++)
		for (unsigned to = 0; to < 2; to++)
			side->apart[from][to] = effect_apart(side->effect, from, to);
	for (size_t c = 0; filters && c < side->compartments; c++)
		if (side->half[c])
			side->inside_pair[c] += (1 - side->apart[1][1]) * side->global_pair;
}

int side_reset_with(struct side *side, const struct effect *effect, const struct history *base,
		    struct history *history, struct error *error)
{
	side->base = base;
	side->effect = effect;
	int result = clear(side, history, error);
	if (result < 0)
		return result;
	memset(side->rank, 0xff, (size_t)base->count * sizeof *side->rank);
	lay_out(side, base->count);
	set_rates(side);
	return 0;
}

/* The numbers of a compartment have changed. */
static void weigh_inside(struct side *side, size_t c)
{
	if (side->inside_pair[c] > 0)
		sum_tree_set(&side->inside, c,
			     (double)side->scanning[c] * side->front[c] * side->inside_pair[c]);
}

static void weigh_targets(struct side *side, size_t c)
{
	sum_tree_set(&side->targets[side->half[c]], c, side->front[c]);
	weigh_inside(side, c);
}

void side_expose(struct side *side, uint32_t target)
{
	size_t c = compartment(side, target);

	side->slot[side->first[c] + side->front[c]++] = target;
	weigh_targets(side, c);
}

uint32_t side_take(struct side *side, uint32_t index)
{
	uint32_t target = side->slot[index];
	size_t c = compartment(side, target);

	side->slot[index] = side->slot[side->first[c] + --side->front[c]];
	weigh_targets(side, c);
	return target;
}

void side_infect(struct side *side, uint32_t target, uint32_t infector, double time)
{
	size_t c = compartment(side, target);

	side->back[c]++;
	side->slot[side->first[c + 1] - side->back[c]] = side->history->count;
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
		size_t c = compartment(side, target);
		side->slot[side->first[c + 1] - ++side->back[c]] = target;
		side->rank[target] = target;
		side->scanning[c] +=
			base->time[target] + side->worm->latency <= base->time[count - 1];
	}
	memcpy(history->host, base->host, count * sizeof *base->host);
	memcpy(history->infector, base->infector, count * sizeof *base->infector);
	memcpy(history->time, base->time, count * sizeof *base->time);
	history->count = count;
	for (size_t c = 0; c < side->compartments; c++) {
		side->scanning_total += side->scanning[c];
		if (side->scanning[c])
			sum_tree_set(&side->sources[side->half[c]], c, side->scanning[c]);
	}
}

double side_next_start(const struct side *side)
{
	if (side->scanning_total == side->history->count)
		return INFINITY;
	return side->history->time[side->scanning_total] + side->worm->latency;
}

void side_start_next(struct side *side)
{
	uint32_t place = side->scanning_total++;

	size_t c = compartment_of_host(side, side->history->host[place]);
	side->scanning[c]++;
	sum_tree_set(&side->sources[side->half[c]], c, side->scanning[c]);
	weigh_inside(side, c);
}

/* Hits from one half on the other, apart from what inside_pair adds. */
static double half_rate(const struct side *side, unsigned from, unsigned to)
{
	return side->global_pair * side->apart[from][to] * sum_tree_total(&side->sources[from]) *
	       sum_tree_total(&side->targets[to]);
}

double side_rate(const struct side *side)
{
	return half_rate(side, 0, 0) + half_rate(side, 0, 1) + half_rate(side, 1, 0) +
	       half_rate(side, 1, 1) + sum_tree_total(&side->inside);
}

/* A compartment, in proportion to its weight. */
static size_t draw_compartment(const struct sum_tree *tree, struct random *random)
{
	return sum_tree_find(tree, random_unit(random) * sum_tree_total(tree));
}

/* An index in the compartment's front. */
static uint32_t draw_target(const struct side *side, size_t c, struct random *random)
{
	return side->first[c] + random_below(random, side->front[c]);
}

/* A host of the compartment that scans, by its place in history. */
static uint32_t draw_infector(const struct side *side, size_t c, struct random *random)
{
	return side->slot[side->first[c + 1] - 1 - random_below(random, side->scanning[c])];
}

static struct side_hit draw_inside(const struct side *side, struct random *random)
{
	size_t c = draw_compartment(&side->inside, random);

	return (struct side_hit){ .infector = draw_infector(side, c, random),
				  .index = draw_target(side, c, random),
				  .decided = side->exact };
}

static struct side_hit draw_between(const struct side *side, unsigned from, unsigned to,
				    struct random *random)
{
	size_t source = draw_compartment(&side->sources[from], random);
	size_t target = draw_compartment(&side->targets[to], random);

	return (struct side_hit){ .infector = draw_infector(side, source, random),
				  .index = draw_target(side, target, random),
				  .decided = side->exact };
}

struct side_hit side_draw_hit(const struct side *side, struct random *random)
{
	double point = random_unit(random) * side_rate(side);
	unsigned last = 4;
	for (unsigned pair = 0; pair < 4; pair++) {
		double rate = half_rate(side, pair / 2, pair % 2);
		if (rate <= 0)
			continue;
		if (point < rate)
			return draw_between(side, pair / 2, pair % 2, random);
		point -= rate;
		last = pair;
	}
	/* Rounding may carry the point past the last pair where nothing is added inside. */
	if (last == 4 || sum_tree_total(&side->inside) > 0)
		return draw_inside(side, random);
	return draw_between(side, last / 2, last % 2, random);
}
