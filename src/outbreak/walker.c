/* walker - the kernel of scans at an even pace along a way that is fixed when a walk begins:
 * sequential (upwards through the addresses), permutation (upwards through a random order of them,
 * which all hosts share; a walk that meets an infected host leaps to a random place), flawed (the
 * states of a linear congruential generator, or some bits of each of several).
 *
 * A walk has one event in the agenda: the next host on its way (sequential: that is not infected),
 * found by bisection. Where every scan is to be drawn, and for generators, it goes step by step.
 * No walk is forgotten, since the ones ahead may lose scans or be cleaned; crowds of sequential
 * walkers cost their number times that of the hosts, and walk.h and convoy.h are for those that
 * need none of that. */
#include "outbreak/loop.h"

#include <math.h>
#include <stdlib.h>

#include "outbreak/binomial.h"
#include "outbreak/draw.h"
#include "outbreak/targets.h"
#include "outbreak/walk.h"

/* Of each host. */
struct walker_walk {
	double begin;	   /* of this walk */
	uint64_t before;   /* scans before it */
	uint64_t position; /* of the next scan; flawed: the last state */
	uint32_t leaps;
	uint32_t increment;
};

struct walker {
	const uint64_t *places; /* of hosts on the way, ascending */
	uint64_t *own_places;	/* permutation */
	uint32_t *host_at;	/* … of each place; NULL: places are numbered as hosts */
	uint32_t *place_of;	/* … of each host */
	uint32_t *open; /* sequential: the first at or after it that is not infected, by hearsay */
	struct walker_walk *walks;
	struct targets targets; /* where it goes step by step */
	size_t capacity;
};

static bool walker_steps(const struct kernel *kernel)
{
	return kernel->loop->worm->every_scan || kernel->vector->scan == OUTBREAK_FLAWED;
}

static int walker_init(struct kernel *kernel, struct error *error)
{
	kernel->state = calloc(1, sizeof(struct walker));
	return kernel->state ? 0 : error_set(error, ERROR_MEMORY, "", "no memory for a kernel");
}

static void walker_free_room(struct walker *walker)
{
	free(walker->own_places);
	free(walker->host_at);
	free(walker->place_of);
	free(walker->open);
	free(walker->walks);
}

static void walker_fini(struct kernel *kernel)
{
	struct walker *walker = kernel->state;

	if (walker) {
		walker_free_room(walker);
		targets_fini(&walker->targets);
	}
	free(walker);
	kernel->state = NULL;
}

static int walker_make_room(struct kernel *kernel, size_t count, struct error *error)
{
	struct walker *walker = kernel->state;
	bool permutes = kernel->vector->scan == OUTBREAK_PERMUTATION;

	if (count <= walker->capacity)
		return 0;
	size_t wanted = count + count / 8;
	walker_free_room(walker);
	walker->own_places = permutes ? malloc(wanted * sizeof *walker->own_places) : NULL;
	walker->host_at = permutes ? malloc(wanted * sizeof *walker->host_at) : NULL;
	walker->place_of = permutes ? malloc(wanted * sizeof *walker->place_of) : NULL;
	walker->open = malloc(wanted * sizeof *walker->open);
	walker->walks = malloc(wanted * sizeof *walker->walks);
	bool enough = walker->open && walker->walks &&
		      (!permutes || (walker->own_places && walker->host_at && walker->place_of));
	walker->capacity = enough ? wanted : 0;
	return enough ? 0 : error_set(error, ERROR_MEMORY, "", "no memory for %zu walks", wanted);
}

/* The permutation, as far as it matters: hosts are at a uniform subset of the places, in uniform
 * order. */
static void walker_permute(struct kernel *kernel)
{
	const struct population *population = kernel->loop->population;
	struct walker *walker = kernel->state;
	struct random random;

	draw_init(&random, population->seed, population->replica,
		  draw_of(DRAW_PLACES, kernel->number));
	subset_draw(&random, population->world->scanned_space, population->count,
		    walker->own_places);
	for (uint32_t i = 0; i < population->count; i++) {
		uint32_t other = random_below(&random, i + 1);
		walker->host_at[i] = other == i ? i : walker->host_at[other];
		walker->host_at[other] = i;
	}
	for (uint32_t i = 0; i < population->count; i++)
		walker->place_of[walker->host_at[i]] = i;
	walker->places = walker->own_places;
}

static int walker_reset(struct kernel *kernel, bool open, struct error *error)
{
	const struct population *population = kernel->loop->population;
	struct walker *walker = kernel->state;
	int result = walker_make_room(kernel, (size_t)population->count + 1, error);

	(void)open;
	if (result < 0)
		return result;
	walker->places = population->address;
	if (kernel->vector->scan == OUTBREAK_PERMUTATION)
		walker_permute(kernel);
	for (uint32_t i = 0; i <= population->count; i++)
		walker->open[i] = i;
	if (!walker_steps(kernel))
		return 0;
	return targets_set(&walker->targets, walker->places, population->count,
			   population->world->scanned_space, error);
}

static uint32_t walker_host(const struct walker *walker, uint32_t place)
{
	return walker->host_at ? walker->host_at[place] : place;
}

static uint32_t walker_place(const struct walker *walker, uint32_t host)
{
	return walker->place_of ? walker->place_of[host] : host;
}

/* --- what is next on the way --- */

/* Disjoint sets of hosts that end in an open one, with path halving (Tarjan & van Leeuwen 1984, DOI
 * 10.1145/62.2160). */
static uint32_t walker_find_open(struct walker *walker, uint32_t host)
{
	uint32_t *open = walker->open;

	while (open[host] != host) {
		open[host] = open[open[host]];
		host = open[host];
	}
	return host;
}

static uint32_t walker_place_from(const struct walker *walker, uint32_t count, uint64_t position)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (walker->places[middle] < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Scans from the walk's position to the place, around at the end. */
static uint64_t walker_way_to(const struct kernel *kernel, const struct walker_walk *walk,
			      uint32_t place)
{
	uint64_t there = ((const struct walker *)kernel->state)->places[place];

	return there >= walk->position
		       ? there - walk->position
		       : there + kernel->loop->population->world->scanned_space - walk->position;
}

/* The first host from `place` on that is not infected, nor in a subnet that the walk is cut off
 * from by the time it gets there: a crowd of walkers that are blocked would knock at every host. */
static uint32_t walker_next_open(struct kernel *kernel, const struct walker_walk *walk,
				 uint32_t host, uint32_t place, uint64_t scan, double rate)
{
	const struct loop *loop = kernel->loop;
	const struct population *population = loop->population;
	struct walker *walker = kernel->state;
	uint32_t count = population->count;

	for (size_t tried = 0; tried <= population->world->subnet_count; tried++) {
		place = walker_find_open(walker, place);
		if (place == count)
			place = walker_find_open(walker, 0);
		if (place == count)
			return TARGETS_NOBODY;
		uint64_t there = scan + walker_way_to(kernel, walk, place);
		double time = loop_scan_time(loop, host, walk->begin,
					     (double)(there - walk->before), rate);
		if (time >= loop->duration)
			return TARGETS_NOBODY;
		if (!loop_cuts_off(loop, host, population->subnet[place], time))
			return place;
		place = population->first[population->subnet[place] + 1];
	}
	return TARGETS_NOBODY;
}

/* The next place of interest at or after the walk's position, around at the end. `*scan` is the
 * number of the scan at the position, and becomes that of the scan at the place. `place` is the
 * first from the position on; TARGETS_NOBODY: that is to be found. */
static uint32_t walker_leap_to(struct kernel *kernel, uint32_t host, uint32_t place, uint64_t *scan,
			       double rate)
{
	struct walker *walker = kernel->state;
	struct walker_walk *walk = &walker->walks[host];
	uint32_t count = kernel->loop->population->count;

	if (place == TARGETS_NOBODY)
		place = walker_place_from(walker, count, walk->position);
	if (kernel->vector->scan == OUTBREAK_SEQUENTIAL)
		place = walker_next_open(kernel, walk, host, place, *scan, rate);
	else if (place == count)
		place = 0;
	if (place == TARGETS_NOBODY)
		return place;
	*scan += walker_way_to(kernel, walk, place);
	walk->position = walker->places[place];
	return place;
}

/* The last scan of the walk that is made before the end of the run, at least `scan` - 1. */
static uint64_t walker_last_scan(const struct kernel *kernel, uint32_t host, uint64_t scan,
				 double rate)
{
	const struct loop *loop = kernel->loop;
	const struct walker_walk *walk = &((const struct walker *)kernel->state)->walks[host];
	uint64_t low = scan - 1, high = scan;

	/* Before the end come `low`, from the end on `high`. */
	while (loop_scan_time(loop, host, walk->begin, (double)(high - walk->before), rate) <
	       loop->duration) {
		low = high;
		high += high - scan + 1;
	}
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;
		if (loop_scan_time(loop, host, walk->begin, (double)(middle - walk->before), rate) <
		    loop->duration)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The place that a scan of this position meets, if there is one that matters. */
static uint32_t walker_meet(const struct kernel *kernel, uint64_t position)
{
	const struct walker *walker = kernel->state;

	if (!targets_may_hold(&walker->targets, (uint32_t)position))
		return TARGETS_NOBODY;
	uint32_t place = targets_find(&walker->targets, position);
	if (place == TARGETS_NOBODY || kernel->vector->scan == OUTBREAK_PERMUTATION ||
	    !loop_infected(kernel->loop, walker_host(walker, place)))
		return place;
	return TARGETS_NOBODY;
}

static uint32_t walker_step_up(struct kernel *kernel, struct walker_walk *walk, uint64_t *scan,
			       uint64_t last)
{
	uint64_t space = kernel->loop->population->world->scanned_space;
	uint64_t position = walk->position, number = *scan;
	uint32_t place = TARGETS_NOBODY;

	for (; number <= last; number++) {
		place = walker_meet(kernel, position);
		if (place != TARGETS_NOBODY)
			break;
		position = position + 1 == space ? 0 : position + 1;
	}
	kernel->loop->scans += number - *scan;
	*scan = number;
	walk->position = position;
	return place;
}

/* The least power of two that holds the space, as an exponent from 1 to 32. */
static unsigned walker_bits(const struct kernel *kernel)
{
	unsigned bits = 1;
	while (UINT64_C(1) << bits < kernel->loop->population->world->scanned_space)
		bits++;
	return bits;
}

/* States that the address of one scan takes: at most 32. */
static unsigned walker_draws(const struct kernel *kernel)
{
	unsigned each = kernel->vector->draw_bits;
	return each ? (walker_bits(kernel) + each - 1) / each : 1;
}

#define WALKER_BATCH 512 /* states that are made ahead, at most */
#define WALKER_LANES 8

/* `count` states after `state`, in eight chains that leap over each other's: none waits for the
 * product of the one before. */
static void walker_generate(const struct kernel *kernel, uint32_t increment, uint32_t state,
			    size_t count, uint32_t *states)
{
	uint32_t multiplier = kernel->vector->multiplier, leap = 1, carry = 0;

	for (size_t i = 0; i < WALKER_LANES; i++) {
		state = multiplier * state + increment;
		states[i] = state;
		carry = multiplier * carry + increment;
		leap *= multiplier;
	}
	for (size_t i = WALKER_LANES; i < count; i++)
		states[i] = leap * states[i - WALKER_LANES] + carry;
}

/* The addresses of `count` scans, in the upper bits of words, from the states that they take. */
static void walker_join(const struct kernel *kernel, const uint32_t *states, size_t count,
			uint32_t *words)
{
	unsigned shift = 32 - walker_bits(kernel), each = kernel->vector->draw_bits;
	unsigned draws = walker_draws(kernel);
	uint32_t mask = (UINT32_C(1) << each) - 1;

	for (size_t i = 0; i < count; i++) {
		uint32_t address = each ? 0 : states[i];
		for (unsigned j = 0; each && j < draws; j++)
			address = address << each | (states[i * draws + j] >> 16 & mask);
		words[i] = address << shift;
	}
}

/* The next of `count` scans whose place is of interest, by their addresses in the upper bits of
 * words. */
static uint32_t walker_sift(const struct kernel *kernel, const uint32_t *words, size_t count,
			    unsigned shift, size_t *index)
{
	const struct walker *walker = kernel->state;
	uint32_t found[WALKER_BATCH + TARGETS_BEYOND];
	size_t hits = targets_sift(&walker->targets, words, count, 0, (UINT64_C(1) << 32) >> shift,
				   found);

	for (size_t i = 0; i < hits; i++) {
		uint32_t place = walker_meet(kernel, words[found[i]] >> shift);
		*index = found[i];
		if (place != TARGETS_NOBODY)
			return place;
	}
	return TARGETS_NOBODY;
}

static uint32_t walker_step_on(struct kernel *kernel, struct walker_walk *walk, uint64_t *scan,
			       uint64_t last)
{
	unsigned shift = 32 - walker_bits(kernel), draws = walker_draws(kernel);
	size_t batch = 4 * (size_t)WALKER_LANES; /* more and more, while nobody is met */
	uint32_t states[WALKER_BATCH], words[WALKER_BATCH];
	uint64_t number = *scan;

	while (number <= last) {
		size_t scans = batch / draws;
		size_t count = last - number + 1 < scans ? (size_t)(last - number + 1) : scans;
		size_t index = 0;
		walker_generate(kernel, walk->increment, (uint32_t)walk->position, batch, states);
		walker_join(kernel, states, count, words);
		uint32_t place = walker_sift(kernel, words, count, shift, &index);
		if (place != TARGETS_NOBODY) {
			walk->position = states[(index + 1) * draws - 1];
			kernel->loop->scans += number + index - *scan;
			*scan = number + index;
			return place;
		}
		walk->position = states[scans * draws - 1];
		number += scans;
		batch = batch < WALKER_BATCH ? 2 * batch : batch;
	}
	kernel->loop->scans += last + 1 - *scan;
	return TARGETS_NOBODY;
}

/* The walk goes on from its position, which is its scan number `scan`; `next` is the first place
 * from there on, or TARGETS_NOBODY where that is not known. */
static int walker_go_on(struct kernel *kernel, uint32_t host, uint64_t scan, uint32_t next,
			struct error *error)
{
	const struct loop *loop = kernel->loop;
	const struct population *population = loop->population;
	struct walker *walker = kernel->state;
	struct walker_walk *walk = &walker->walks[host];
	double rate = loop_rate(kernel, host);
	uint32_t place;

	if (walker_steps(kernel)) {
		uint64_t last = walker_last_scan(kernel, host, scan, rate);
		place = kernel->vector->scan == OUTBREAK_FLAWED
				? walker_step_on(kernel, walk, &scan, last)
				: walker_step_up(kernel, walk, &scan, last);
	} else {
		place = walker_leap_to(kernel, host, next, &scan, rate);
	}
	if (place == TARGETS_NOBODY)
		return 0;
	struct kernel_event event = { .time = loop_scan_time(loop, host, walk->begin,
							     (double)(scan - walk->before), rate),
				      .luck = draw_at(population->seed, population->replica,
						      draw_of(DRAW_LUCK, kernel->number),
						      (uint64_t)host << 32 | (uint32_t)scan),
				      .count = scan,
				      .from = host,
				      .to = walker_host(walker, place),
				      .kernel = kernel->number };
	return loop_push(kernel->loop, &event, error);
}

/* --- walks --- */

/* A walk from a random place, from now on; its first scan is `scan`. */
static int walker_leap(struct kernel *kernel, uint32_t host, uint64_t scan, struct error *error)
{
	const struct population *population = kernel->loop->population;
	struct walker_walk *walk = &((struct walker *)kernel->state)->walks[host];
	uint64_t space = population->world->scanned_space;
	struct random random;

	draw_init(&random, population->seed, population->replica,
		  draw_of(DRAW_LEAP, kernel->number));
	random.position = (uint64_t)host << 32 | walk->leaps++;
	walk->begin = kernel->loop->now;
	walk->before = scan - 1;
	if (kernel->vector->scan == OUTBREAK_FLAWED) {
		walk->position = random_u32(&random); /* what is above the modulus has no effect */
		walk->increment = kernel->vector->increments[random_below(
			&random, kernel->vector->increment_count)];
	} else {
		walk->position = space > UINT32_MAX ? random_u32(&random)
						    : random_below(&random, (uint32_t)space);
	}
	return walker_go_on(kernel, host, scan, TARGETS_NOBODY, error);
}

static int walker_start(struct kernel *kernel, uint32_t host, struct error *error)
{
	const struct population *population = kernel->loop->population;
	struct walker_walk *walk = &((struct walker *)kernel->state)->walks[host];

	*walk = (struct walker_walk){ .begin = kernel->loop->now };
	if (kernel->vector->scan != OUTBREAK_SEQUENTIAL)
		return walker_leap(kernel, host, 1, error);
	walk->position = walk_choose_start(population, kernel->vector->random_start, host);
	return walker_go_on(kernel, host, 1, TARGETS_NOBODY, error);
}

static int walker_fire(struct kernel *kernel, const struct kernel_event *event, struct error *error)
{
	struct loop *loop = kernel->loop;
	struct walker_walk *walk = &((struct walker *)kernel->state)->walks[event->from];
	bool infected = loop_infected(loop, event->to), through = false;
	int result = 0;

	if (loop->state[event->from] & LOOP_STOPPED)
		return 0;
	loop->scans += walker_steps(kernel);
	if (!infected || kernel->vector->scan == OUTBREAK_PERMUTATION)
		result = loop_hit(loop, kernel, event->from, event->to, event->luck, &through,
				  error);
	if (result < 0)
		return result;
	if (kernel->vector->scan == OUTBREAK_PERMUTATION && infected && through)
		return walker_leap(kernel, event->from, event->count + 1, error);
	if (kernel->vector->scan != OUTBREAK_FLAWED) /* whose state is there already */
		walk->position = (walk->position + 1) % loop->population->world->scanned_space;
	return walker_go_on(kernel, event->from, event->count + 1,
			    walker_place(kernel->state, event->to) + 1, error);
}

/* Nobody needs to stop at an infected host any more. */
static void walker_expose(struct kernel *kernel, uint32_t host, bool open)
{
	struct walker *walker = kernel->state;

	if (!open)
		walker->open[host] = host + 1;
}

const struct kernel_operations kernel_walker = { .init = walker_init,
						 .fini = walker_fini,
						 .reset = walker_reset,
						 .start = walker_start,
						 .fire = walker_fire,
						 .expose = walker_expose };
