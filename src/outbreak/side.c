#include "outbreak/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t compartment(const struct side *side, uint32_t host)
{
	return side->local ? side->population->subnet[host] : 0;
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
	free(side->where);
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
	free(side->where);
	free(side->rank);
	side->slot = malloc(wanted * sizeof *side->slot);
	side->where = malloc(wanted * sizeof *side->where);
	side->rank = malloc(wanted * sizeof *side->rank);
	side->capacity = side->slot && side->where && side->rank ? wanted : 0;
	if (side->capacity == 0)
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
	return 0;
}

int side_reset(struct side *side, struct history *history, struct error *error)
{
	uint32_t count = side->population->count;
	int result = make_room(side, (size_t)count + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)count + 1, error);
	if (result < 0)
		return result;
	side->history = history;
	side->scanning_total = 0;
	memset(side->rank, 0xff, (size_t)count * sizeof *side->rank);
	memset(side->front, 0, side->compartments * sizeof *side->front);
	memset(side->back, 0, side->compartments * sizeof *side->back);
	memset(side->scanning, 0, side->compartments * sizeof *side->scanning);
	sum_tree_clear(&side->targets);
	sum_tree_clear(&side->inside);
	return 0;
}

static void weigh_inside(struct side *side, size_t c)
{
	if (side->local)
		sum_tree_set(&side->inside, c,
			     (double)side->scanning[c] * side->front[c] * side->local_pair[c]);
}

void side_expose(struct side *side, uint32_t host)
{
	size_t c = compartment(side, host);
	uint32_t index = segment_start(side, c) + side->front[c]++;

	side->slot[index] = host;
	side->where[host] = index;
	sum_tree_set(&side->targets, c, side->front[c]);
	weigh_inside(side, c);
}

void side_expose_all(struct side *side)
{
	for (uint32_t host = 0; host < side->population->count; host++)
		side->slot[host] = side->where[host] = host;
	for (size_t c = 0; c < side->compartments; c++) {
		side->front[c] = segment_end(side, c) - segment_start(side, c);
		sum_tree_set(&side->targets, c, side->front[c]);
		weigh_inside(side, c);
	}
}

void side_hide(struct side *side, uint32_t host)
{
	size_t c = compartment(side, host);
	uint32_t last = segment_start(side, c) + --side->front[c];
	uint32_t moved = side->slot[last], index = side->where[host];

	side->slot[index] = moved;
	side->where[moved] = index;
	sum_tree_set(&side->targets, c, side->front[c]);
	weigh_inside(side, c);
}

void side_infect(struct side *side, uint32_t host, uint32_t infector, double time)
{
	size_t c = compartment(side, host);

	side->back[c]++;
	side->slot[segment_end(side, c) - side->back[c]] = host;
	side->rank[host] = side->history->count;
	history_add(side->history, host, infector, time);
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
	uint32_t host = side->history->host[side->scanning_total++];
	size_t c = compartment(side, host);

	side->scanning[c]++;
	weigh_inside(side, c);
}

double side_rate(const struct side *side)
{
	double rate = side->global_pair * side->scanning_total * sum_tree_total(&side->targets);
	return side->local ? rate + sum_tree_total(&side->inside) : rate;
}

/* A host of the compartment's front. */
static uint32_t draw_target(const struct side *side, size_t c, struct random *random)
{
	return side->slot[segment_start(side, c) + random_below(random, side->front[c])];
}

void side_draw_pair(const struct side *side, struct random *random, uint32_t *infector,
		    uint32_t *victim)
{
	double inside = side->local ? sum_tree_total(&side->inside) : 0;

	if (inside > 0 && random_unit(random) * side_rate(side) < inside) {
		size_t c = sum_tree_find(&side->inside, random_unit(random) * inside);
		uint32_t nth = random_below(random, side->scanning[c]);
		*infector = side->slot[segment_end(side, c) - 1 - nth];
		*victim = draw_target(side, c, random);
		return;
	}
	size_t c = 0;
	if (side->compartments > 1)
		c = sum_tree_find(&side->targets,
				  random_unit(random) * sum_tree_total(&side->targets));
	*infector = side->history->host[random_below(random, side->scanning_total)];
	*victim = draw_target(side, c, random);
}
