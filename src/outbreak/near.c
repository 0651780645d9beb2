/* near - the kernel of memoryless scans: of a host's scans a part is drawn from the whole space,
 * others from the prefixes that it lies in, from its subnet, or from the live hosts there.
 *
 * Hosts are numbered by address, so whoever shares a range is a range of numbers, a cell. Two hosts
 * of a cell hit each other at a rate that is the cell's; so its hits are the sum of the weights of
 * those that scan in it, times the number of those that can be hit. Sum trees over the cells draw
 * where something is hit, sum trees over the hosts who hits whom: an infection costs a few
 * logarithms, whatever the mixture.
 *
 * A host that remedies have cut off from all but its own subnet or provider is held: of its scans
 * of the whole space only those of its own place are drawn, from then on, by a level of their own.
 */
#include "outbreak/loop.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/range.h"

struct near_level {
	struct range range;
	size_t cells;
	uint32_t *cell;	    /* of each host */
	uint32_t *first;    /* of each cell: its first host; one more: the end */
	double *pair;	    /* … rate at which a host of weight 1 in it hits a certain other */
	double *weight;	    /* … of those that scan */
	uint32_t *scanning; /* … how many do */
	uint32_t *open;	    /* … how many can be hit */
	struct sum_tree rates;
	const struct sum_tree *sources; /* of each host: weight while it scans in this level */
};

struct near {
	struct near_level levels[RANGE_MOST + 1]; /* the last one may be that of the held */
	unsigned count;
	bool holds;		 /* levels[count - 1] is */
	struct sum_tree sources; /* of each host: weight while it scans */
	struct sum_tree free;	 /* … the same of those who are not held; made when needed */
	struct sum_tree held;	 /* … of those who are */
	size_t hold_capacity;
	struct sum_tree targets; /* … 1 while it can be hit */
	size_t capacity;
};

static void near_free_level(struct near_level *level)
{
	free(level->cell);
	free(level->first);
	free(level->pair);
	free(level->weight);
	free(level->scanning);
	free(level->open);
	sum_tree_fini(&level->rates);
	*level = (struct near_level){ .range = level->range, .sources = level->sources };
}

static int near_init(struct kernel *kernel, struct error *error)
{
	struct range ranges[RANGE_MOST];
	struct near *near = calloc(1, sizeof *near);

	if (!near)
		return error_set(error, ERROR_MEMORY, "", "no memory for a kernel");
	kernel->state = near;
	near->count = range_list(kernel->vector, ranges);
	for (unsigned i = 0; i < near->count; i++)
		near->levels[i] =
			(struct near_level){ .range = ranges[i], .sources = &near->sources };
	return 0;
}

static void near_fini(struct kernel *kernel)
{
	struct near *near = kernel->state;

	for (unsigned i = 0; near && i <= RANGE_MOST; i++)
		near_free_level(&near->levels[i]);
	if (near) {
		sum_tree_fini(&near->free);
		sum_tree_fini(&near->held);
		sum_tree_fini(&near->sources);
		sum_tree_fini(&near->targets);
	}
	free(near);
	kernel->state = NULL;
}

/* Room for as many cells as there are hosts: no range holds less than one that matters. */
static bool near_make_level(struct near_level *level, size_t hosts)
{
	size_t cells = level->range.kind == RANGE_WHOLE ? 1 : hosts;

	near_free_level(level);
	level->cell = malloc(hosts * sizeof *level->cell);
	level->first = malloc((cells + 1) * sizeof *level->first);
	level->pair = malloc(cells * sizeof *level->pair);
	level->weight = malloc(cells * sizeof *level->weight);
	level->scanning = malloc(cells * sizeof *level->scanning);
	level->open = malloc(cells * sizeof *level->open);
	return level->cell && level->first && level->pair && level->weight && level->scanning &&
	       level->open && sum_tree_init(&level->rates, cells) == 0;
}

static int near_make_room(struct near *near, size_t count, struct error *error)
{
	if (count <= near->capacity)
		return 0;
	size_t wanted = count + count / 8;
	sum_tree_fini(&near->sources);
	sum_tree_fini(&near->targets);
	bool enough = sum_tree_init(&near->sources, wanted) == 0;
	enough = sum_tree_init(&near->targets, wanted) == 0 && enough;
	for (unsigned i = 0; i < near->count; i++)
		enough = near_make_level(&near->levels[i], wanted) && enough;
	near->capacity = enough ? wanted : 0;
	return enough ? 0 : error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
}

/* Where the host's cell begins, as a number that its neighbours of the same cell share. */
static uint64_t near_cell_key(const struct near *near, const struct near_level *level,
			      const struct kernel *kernel, uint32_t host)
{
	const struct population *population = kernel->loop->population;

	if (near->holds && level == &near->levels[near->count - 1])
		return loop_hold_group(kernel->loop, host);
	return range_first(&level->range, population, host);
}

/* Neighbours with the same range are of one cell. */
static void near_lay_out(const struct near *near, struct near_level *level,
			 const struct kernel *kernel)
{
	const struct population *population = kernel->loop->population;
	const struct range *range = &level->range;
	uint64_t last = 0;

	level->cells = 0;
	for (uint32_t host = 0; host < population->count; host++) {
		uint64_t first = near_cell_key(near, level, kernel, host);
		if (level->cells == 0 || first != last) {
			level->first[level->cells] = host;
			level->pair[level->cells] = kernel->vector->rate * range->share /
						    (double)range_size(range, population, host);
			level->weight[level->cells] = 0;
			level->scanning[level->cells] = 0;
			level->open[level->cells] = 0;
			level->cells++;
		}
		level->cell[host] = (uint32_t)level->cells - 1;
		last = first;
	}
	level->first[level->cells] = population->count;
	sum_tree_clear(&level->rates, level->cells);
}

static bool near_is_reachable(const struct kernel *kernel, uint32_t host)
{
	return hosts_reach(&kernel->loop->hosts, host) != HOSTS_UNREACHABLE;
}

/* A level for those who are held, if somebody will be. Its range is that of the whole space: only
 * its cells are smaller. */
static int near_make_hold(struct kernel *kernel, struct error *error)
{
	struct near *near = kernel->state;
	size_t wanted = near->capacity;

	near->count -= near->holds;
	near->holds = false;
	near->levels[0].sources = &near->sources;
	if (kernel->loop->hold == LOOP_HOLDS_NOBODY || near->levels[0].range.kind != RANGE_WHOLE)
		return 0;
	struct near_level *level = &near->levels[near->count];
	if (near->hold_capacity < wanted) {
		sum_tree_fini(&near->free);
		sum_tree_fini(&near->held);
		near->hold_capacity = 0;
		level->range = (struct range){ .kind = RANGE_PREFIX };
		bool enough =
			near_make_level(level, wanted) && sum_tree_init(&near->free, wanted) == 0;
		enough = enough && sum_tree_init(&near->held, wanted) == 0;
		if (!enough)
			return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts",
					 wanted);
		near->hold_capacity = wanted;
	}
	level->range = near->levels[0].range;
	level->sources = &near->held;
	near->levels[0].sources = &near->free;
	sum_tree_clear(&near->free, (size_t)kernel->loop->population->count + 1);
	sum_tree_clear(&near->held, (size_t)kernel->loop->population->count + 1);
	near->holds = true;
	near->count++;
	return 0;
}

static int near_reset(struct kernel *kernel, bool open, struct error *error)
{
	struct near *near = kernel->state;
	uint32_t count = kernel->loop->population->count;
	int result = near_make_room(near, (size_t)count + 1, error);

	if (result == 0)
		result = near_make_hold(kernel, error);
	if (result < 0)
		return result;
	sum_tree_clear(&near->sources, (size_t)count + 1);
	sum_tree_fill(&near->targets, (size_t)count + 1, open ? 1 : 0);
	sum_tree_set(&near->targets, count, 0);
	for (unsigned i = 0; i < near->count; i++)
		near_lay_out(near, &near->levels[i], kernel);
	for (uint32_t host = 0; open && host < count; host++) {
		bool reachable = near_is_reachable(kernel, host);
		if (!reachable)
			sum_tree_set(&near->targets, host, 0);
		for (unsigned i = 0; reachable && i < near->count; i++)
			near->levels[i].open[near->levels[i].cell[host]]++;
	}
	return 0;
}

static void near_weigh(struct near_level *level, uint32_t cell)
{
	sum_tree_set(&level->rates, cell,
		     level->pair[cell] * level->weight[cell] * level->open[cell]);
}

/* A host, whose weight is in the level's sources by now, scans there. */
static void near_join(struct near_level *level, uint32_t host, double weight)
{
	uint32_t cell = level->cell[host];

	level->weight[cell] += weight;
	level->scanning[cell]++;
	near_weigh(level, cell);
}

/* A host, whose weight is no longer in the level's sources, does not. */
static void near_leave(struct near_level *level, uint32_t host)
{
	uint32_t cell = level->cell[host];
	double before = sum_tree_before(level->sources, level->first[cell]);
	double end = sum_tree_before(level->sources, level->first[cell + 1]);

	level->weight[cell] = --level->scanning[cell] ? end - before : 0;
	near_weigh(level, cell);
}

/* Whether a host scans in the level, by whether it is held. */
static bool near_is_in(const struct near *near, const struct near_level *level, bool held)
{
	if (level->sources == &near->sources)
		return true;
	return held == (level->sources == &near->held);
}

static int near_start(struct kernel *kernel, uint32_t host, struct error *error)
{
	struct near *near = kernel->state;
	double weight = hosts_weight(&kernel->loop->hosts, host);
	bool held = kernel->loop->state[host] & LOOP_HELD;

	(void)error;
	sum_tree_set(&near->sources, host, weight);
	if (near->holds)
		sum_tree_set(held ? &near->held : &near->free, host, weight);
	for (unsigned i = 0; i < near->count; i++)
		if (near_is_in(near, &near->levels[i], held))
			near_join(&near->levels[i], host, weight);
	return 0;
}

static void near_stop(struct kernel *kernel, uint32_t host)
{
	struct near *near = kernel->state;
	bool held = kernel->loop->state[host] & LOOP_HELD;

	if (sum_tree_weight(&near->sources, host) <= 0)
		return;
	sum_tree_set(&near->sources, host, 0);
	if (near->holds)
		sum_tree_set(held ? &near->held : &near->free, host, 0);
	for (unsigned i = 0; i < near->count; i++)
		if (near_is_in(near, &near->levels[i], held))
			near_leave(&near->levels[i], host);
}

static void near_hold(struct kernel *kernel, uint32_t host)
{
	struct near *near = kernel->state;
	double weight = sum_tree_weight(&near->sources, host);

	if (!near->holds || weight <= 0)
		return;
	sum_tree_set(&near->free, host, 0);
	near_leave(&near->levels[0], host);
	sum_tree_set(&near->held, host, weight);
	near_join(&near->levels[near->count - 1], host, weight);
}

static void near_expose(struct kernel *kernel, uint32_t host, bool open)
{
	struct near *near = kernel->state;
	bool was = sum_tree_weight(&near->targets, host) > 0;

	if (was == open || !near_is_reachable(kernel, host))
		return;
	sum_tree_set(&near->targets, host, open);
	for (unsigned i = 0; i < near->count; i++) {
		struct near_level *level = &near->levels[i];
		uint32_t cell = level->cell[host];
		level->open[cell] += open ? 1 : -1;
		near_weigh(level, cell);
	}
}

static double near_rate(const struct kernel *kernel)
{
	const struct near *near = kernel->state;
	double rate = 0;

	for (unsigned i = 0; i < near->count; i++)
		rate += sum_tree_total(&near->levels[i].rates);
	return rate;
}

static uint32_t near_draw(const struct near_level *level, const struct sum_tree *tree,
			  uint32_t cell, double sum, struct random *random)
{
	uint32_t first = level->first[cell];

	return (uint32_t)sum_tree_draw(tree, first, level->first[cell + 1],
				       sum_tree_before(tree, first), sum, random);
}

static void near_strike(const struct kernel *kernel, struct random *random, uint32_t *from,
			uint32_t *to)
{
	const struct near *near = kernel->state;
	double point = random_unit(random) * near_rate(kernel);
	const struct near_level *level = &near->levels[0];

	for (unsigned i = 0; i < near->count; i++) {
		double part = sum_tree_total(&near->levels[i].rates);
		if (part <= 0)
			continue;
		level = &near->levels[i];
		if (point < part)
			break;
		point -= part;
	}
	uint32_t cell = (uint32_t)sum_tree_find(
		&level->rates, random_unit(random) * sum_tree_total(&level->rates));
	*from = near_draw(level, level->sources, cell, level->weight[cell], random);
	*to = near_draw(level, &near->targets, cell, level->open[cell], random);
}

const struct kernel_operations kernel_near = { .init = near_init,
					       .fini = near_fini,
					       .reset = near_reset,
					       .start = near_start,
					       .stop = near_stop,
					       .hold = near_hold,
					       .rate = near_rate,
					       .strike = near_strike,
					       .expose = near_expose };
