#include "outbreak/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t compartment(const struct side *side, uint32_t target)
{
	return side->local ? side->population->subnet[side_host(side, target)] : 0;
}

static uint32_t segment_start(const struct side *side, size_t c)
{
	return side->local ? side->population->first[c] : 0;
}

static uint32_t segment_end(const struct side *side, size_t c)
{
	return side->local ? side->population->first[c + 1] : side->population->count;
}

int side_init(struct side *side, const struct population *population,
	      const struct outbreak_worm *worm, struct error *error)
{
	const struct outbreak_world *world = population->world;
	bool local = worm->scan == OUTBREAK_LOCAL && worm->local_share > 0;
	size_t n = local ? world->subnet_count : 1;

	*side = (struct side){
		.population = population, .worm = worm, .local = local, .compartments = n
	};
	side->global_pair =
		worm->rate * (local ? 1 - worm->local_share : 1) / (double)world->scanned_space;
	side->local_pair = calloc(n, sizeof *side->local_pair);
	side->front = calloc(n, sizeof *side->front);
	side->back = calloc(n, sizeof *side->back);
	side->scanning = calloc(n, sizeof *side->scanning);
	if (!side->local_pair || !side->front || !side->back || !side->scanning ||
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

/* Every host, in its compartment's front; in a single one, and in each segment, at the index that
 * is its number. */
static void expose_all(struct side *side)
{
	for (uint32_t host = 0; host < side->population->count; host++)
		side->slot[host] = host;
	for (size_t c = 0; c < side->compartments; c++) {
		side->front[c] = segment_end(side, c) - segment_start(side, c);
		if (side->local)
			sum_tree_set(&side->targets, c, side->front[c]);
	}
}

int side_reset(struct side *side, const struct history *base, struct history *history,
	       struct error *error)
{
	uint32_t count = side->population->count;
	int result = make_room(side, (size_t)count + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)count + 1, error);
	if (result < 0)
		return result;
	side->history = history;
	side->base = base;
	side->scanning_total = 0;
	memset(side->front, 0, side->compartments * sizeof *side->front);
	memset(side->back, 0, side->compartments * sizeof *side->back);
	memset(side->scanning, 0, side->compartments * sizeof *side->scanning);
	sum_tree_clear(&side->targets);
	sum_tree_clear(&side->inside);
	if (base)
		memset(side->rank, 0xff, (size_t)base->count * sizeof *side->rank);
	else
		expose_all(side);
	return 0;
}

static void weigh(struct side *side, size_t c)
{
	sum_tree_set(&side->inside, c,
		     (double)side->scanning[c] * side->front[c] * side->local_pair[c]);
}

void side_expose(struct side *side, uint32_t target)
{
	size_t c = compartment(side, target);

	side->slot[segment_start(side, c) + side->front[c]++] = target;
	if (side->local) {
		sum_tree_set(&side->targets, c, side->front[c]);
		weigh(side, c);
	}
}

uint32_t side_take(struct side *side, uint32_t index)
{
	uint32_t target = side->slot[index];
	size_t c = compartment(side, target);

	side->slot[index] = side->slot[segment_start(side, c) + --side->front[c]];
	if (side->local) {
		sum_tree_set(&side->targets, c, side->front[c]);
		weigh(side, c);
	}
	return target;
}

void side_infect(struct side *side, uint32_t target, uint32_t infector, double time)
{
	if (side->local) {
		size_t c = compartment(side, target);
		side->back[c]++;
		side->slot[segment_end(side, c) - side->back[c]] = side->history->count;
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

	if (side->local) {
		size_t c = side->population->subnet[side->history->host[place]];
		side->scanning[c]++;
		weigh(side, c);
	}
}

double side_rate(const struct side *side)
{
	double exposed = side->local ? sum_tree_total(&side->targets) : side->front[0];
	double rate = side->global_pair * side->scanning_total * exposed;
	return side->local ? rate + sum_tree_total(&side->inside) : rate;
}

/* An index in the compartment's front. */
static uint32_t draw_target(const struct side *side, size_t c, struct random *random)
{
	return segment_start(side, c) + random_below(random, side->front[c]);
}

void side_draw_hit(const struct side *side, struct random *random, uint32_t *infector,
		   uint32_t *index)
{
	double inside = side->local ? sum_tree_total(&side->inside) : 0;
	size_t c = 0;

	if (inside > 0 && random_unit(random) * side_rate(side) < inside) {
		c = sum_tree_find(&side->inside, random_unit(random) * inside);
		uint32_t nth = random_below(random, side->scanning[c]);
		*infector = side->slot[segment_end(side, c) - 1 - nth];
	} else {
		if (side->local)
			c = sum_tree_find(&side->targets,
					  random_unit(random) * sum_tree_total(&side->targets));
		*infector = random_below(random, side->scanning_total);
	}
	*index = draw_target(side, c, random);
}
