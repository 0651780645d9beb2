#include "outbreak/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t compartment_of_host(const struct side *side, uint32_t host)
{
	switch (side->grouping) {
	case SIDE_WHOLE: return 0;
	case SIDE_SUBNETS: return side->population->subnet[host];
	case SIDE_HALVES: return side->effect->covered[host];
	}
	return 0;
}

static size_t compartment(const struct side *side, uint32_t target)
{
	return side->grouping == SIDE_WHOLE ? 0
					    : compartment_of_host(side, side_host(side, target));
}

int side_init(struct side *side, const struct population *population,
	      const struct outbreak_worm *worm, struct error *error)
{
	const struct outbreak_world *world = population->world;
	bool local = worm->scan == OUTBREAK_LOCAL && worm->local_share > 0;
	size_t n = local ? world->subnet_count : 2;

	*side = (struct side){ .population = population, .worm = worm };
	side->grouping = local ? SIDE_SUBNETS : SIDE_WHOLE;
	side->global_pair =
		worm->rate * (local ? 1 - worm->local_share : 1) / (double)world->scanned_space;
	side->local_pair = calloc(n, sizeof *side->local_pair);
	side->first = calloc(n + 1, sizeof *side->first);
	side->front = calloc(n, sizeof *side->front);
	side->back = calloc(n, sizeof *side->back);
	side->scanning = calloc(n, sizeof *side->scanning);
	if (!side->local_pair || !side->first || !side->front || !side->back || !side->scanning ||
	    sum_tree_init(&side->targets, n) < 0 || sum_tree_init(&side->inside, n) < 0) {
		side_fini(side);
		return error_set(error, ERROR_MEMORY, world->name, "no memory for its subnets");
	}
	for (size_t i = 0; local && i < n; i++)
		side->local_pair[i] =
			worm->rate * worm->local_share / (double)world->subnets[i].addresses;
	return 0;
}

void side_fini(struct side *side)
{
	free(side->local_pair);
	free(side->first);
	free(side->front);
	free(side->back);
	free(side->scanning);
	free(side->slot);
	free(side->rank);
	sum_tree_fini(&side->targets);
	sum_tree_fini(&side->inside);
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

static int clear(struct side *side, struct history *history, struct error *error)
{
	uint32_t count = side->population->count;
	int result = make_room(side, (size_t)count + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)count + 1, error);
	if (result < 0)
		return result;
	bool subnets = side->grouping == SIDE_SUBNETS;
	side->compartments = subnets			     ? side->population->world->subnet_count
			     : side->grouping == SIDE_HALVES ? 2
							     : 1;
	side->history = history;
	side->scanning_total = 0;
	memset(side->front, 0, side->compartments * sizeof *side->front);
	memset(side->back, 0, side->compartments * sizeof *side->back);
	memset(side->scanning, 0, side->compartments * sizeof *side->scanning);
	sum_tree_clear(&side->targets);
	sum_tree_clear(&side->inside);
	if (subnets)
		memcpy(side->first, side->population->first,
		       (side->compartments + 1) * sizeof *side->first);
	else
		side->first[side->compartments] = count;
	return 0;
}

int side_reset(struct side *side, struct history *history, struct error *error)
{
	side->base = NULL;
	side->effect = NULL;
	if (side->grouping == SIDE_HALVES)
		side->grouping = SIDE_WHOLE;
	int result = clear(side, history, error);
	if (result < 0)
		return result;
	/* In one compartment and in several: every host at the index that is its number. */
	for (uint32_t host = 0; host < side->population->count; host++)
		side->slot[host] = host;
	for (size_t c = 0; c < side->compartments; c++) {
		side->front[c] = side->first[c + 1] - side->first[c];
		if (side->grouping == SIDE_SUBNETS)
			sum_tree_set(&side->targets, c, side->front[c]);
	}
	return 0;
}

int side_reset_with(struct side *side, const struct effect *effect, const struct history *base,
		    struct history *history, struct error *error)
{
	side->base = base;
	side->effect = effect;
	if (side->grouping == SIDE_WHOLE)
		side->grouping = SIDE_HALVES;
	int result = clear(side, history, error);
	if (result < 0)
		return result;
	memset(side->rank, 0xff, (size_t)base->count * sizeof *side->rank);
	if (side->grouping == SIDE_SUBNETS)
		return 0;
	uint32_t covered = 0;
	for (uint32_t i = 0; i < base->count; i++)
		covered += effect->covered[base->host[i]];
	side->first[1] = side->population->count - covered;
	for (unsigned from = 0; from < 2; from++)
		for (unsigned to = 0; to < 2; to++)
			side->most[from][to] = effect_most(effect, from, to);
	return 0;
}

/* The numbers of a subnet have changed. */
static void weigh(struct side *side, size_t c)
{
	sum_tree_set(&side->inside, c,
		     (double)side->scanning[c] * side->front[c] * side->local_pair[c]);
}

void side_expose(struct side *side, uint32_t target)
{
	size_t c = compartment(side, target);

	side->slot[side->first[c] + side->front[c]++] = target;
	if (side->grouping == SIDE_SUBNETS) {
		sum_tree_set(&side->targets, c, side->front[c]);
		weigh(side, c);
	}
}

uint32_t side_take(struct side *side, uint32_t index)
{
	uint32_t target = side->slot[index];
	size_t c = compartment(side, target);

	side->slot[index] = side->slot[side->first[c] + --side->front[c]];
	if (side->grouping == SIDE_SUBNETS) {
		sum_tree_set(&side->targets, c, side->front[c]);
		weigh(side, c);
	}
	return target;
}

void side_infect(struct side *side, uint32_t target, uint32_t infector, double time)
{
	if (side->grouping != SIDE_WHOLE) {
		size_t c = compartment(side, target);
		side->back[c]++;
		side->slot[side->first[c + 1] - side->back[c]] = side->history->count;
	}
	if (side->base)
		side->rank[target] = side->history->count;
	history_add(side->history, side_host(side, target), infector, time);
	if (side->worm->latency <= 0)
		side_start_next(side);
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

	if (side->grouping == SIDE_WHOLE)
		return;
	size_t c = compartment_of_host(side, side->history->host[place]);
	side->scanning[c]++;
	if (side->grouping == SIDE_SUBNETS)
		weigh(side, c);
}

/* Hits from one half on the other that are to be looked at. */
static double half_rate(const struct side *side, size_t from, size_t to)
{
	return side->global_pair * side->most[from][to] * side->scanning[from] * side->front[to];
}

double side_rate(const struct side *side)
{
	switch (side->grouping) {
	case SIDE_WHOLE: return side->global_pair * side->scanning_total * side->front[0];
	case SIDE_SUBNETS:
		return side->global_pair * side->scanning_total * sum_tree_total(&side->targets) +
		       sum_tree_total(&side->inside);
	case SIDE_HALVES:
		return half_rate(side, 0, 0) + half_rate(side, 0, 1) + half_rate(side, 1, 0) +
		       half_rate(side, 1, 1);
	}
	return 0;
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

static struct side_hit draw_in_subnets(const struct side *side, struct random *random)
{
	struct side_hit hit = { .most = 1 };
	double inside = sum_tree_total(&side->inside);

	if (inside > 0 && random_unit(random) * side_rate(side) < inside) {
		size_t c = sum_tree_find(&side->inside, random_unit(random) * inside);
		hit.infector = draw_infector(side, c, random);
		hit.index = draw_target(side, c, random);
	} else {
		double point = random_unit(random) * sum_tree_total(&side->targets);
		hit.infector = random_below(random, side->scanning_total);
		hit.index = draw_target(side, sum_tree_find(&side->targets, point), random);
	}
	return hit;
}

static struct side_hit draw_between_halves(const struct side *side, struct random *random)
{
	double point = random_unit(random) * side_rate(side);
	size_t from = 0, to = 0;

	/* Rounding may carry the point past the last pair; the last that can happen is meant then.
	 */
	for (size_t pair = 0; pair < 4; pair++) {
		double rate = half_rate(side, pair / 2, pair % 2);
		if (rate <= 0)
			continue;
		from = pair / 2;
		to = pair % 2;
		if (point < rate)
			break;
		point -= rate;
	}
	return (struct side_hit){ .infector = draw_infector(side, from, random),
				  .index = draw_target(side, to, random),
				  .most = side->most[from][to] };
}

struct side_hit side_draw_hit(const struct side *side, struct random *random)
{
	switch (side->grouping) {
	case SIDE_SUBNETS: return draw_in_subnets(side, random);
	case SIDE_HALVES: return draw_between_halves(side, random);
	case SIDE_WHOLE: break;
	}
	uint32_t infector = random_below(random, side->scanning_total);
	return (struct side_hit){ infector, draw_target(side, 0, random), 1 };
}
