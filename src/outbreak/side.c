#include "outbreak/side.h"

#include <math.h>
#include <string.h>

#define PREFETCH 8 /* drawn or taken from asking memory to using it */

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
	return side->zone_of_subnet[population_subnet(side->population, host)];
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
	if (side->named && side->inside_pair[c] > 0)
		side->infected[side->first[c + 1] - ++side->back[c]] = number;
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

/* Who has that number, in compartment `c`, scans. */
static void add_source(struct side *side, uint32_t number, uint32_t c)
{
	unsigned half = side->half[c];

	if (is_shuffled(side) && !is_hit(side, c))
		for (uint32_t i = 1; i < side->front[c]; i++)
			shuffle_in(side, c, i);
	uint32_t place = side->source_count[half]++;

	if (side->listed)
		side->sources[half ? side->source_end - 1 - place : place] = number;
	side->scanning[c]++;
	if (side->shortcut.effect)
		shortcut_scan(&side->shortcut,
			      population_subnet(side->population, side->history->host[number]));
	if (side->parts)
		reach_zone(side, zone_of(side, side->history->host[number]));
}

static void start_next(struct side *side, uint32_t c)
{
	add_source(side, side->scanning_total++, c);
	weigh_inside(side, c);
}

void side_infect(struct side *side, uint32_t target, uint32_t c, uint32_t infector, double time)
{
	place(side, side->history->count, c);
	if (side->base)
		side->rank[target] = side->history->count;
	history_add(side->history, side_host(side, target), infector, time);
	if (side->worm->latency <= 0)
		start_next(side, c);
}

void side_follow(struct side *side, uint32_t count)
{
	const struct history *base = side->base;
	struct history *history = side->history;

	for (uint32_t target = 0; target < count; target++) {
		place(side, target, side_compartment(side, target));
		side->rank[target] = target;
	}
	memcpy(history->host, base->host, count * sizeof *base->host);
	memcpy(history->time, base->time, count * sizeof *base->time);
	if (!history->anonymous)
		memcpy(history->infector, base->infector, count * sizeof *base->infector);
	history->count = count;
	while (side->scanning_total < count &&
	       base->time[side->scanning_total] + side->worm->latency <= base->time[count - 1]) {
		uint32_t number = side->scanning_total++;
		add_source(side, number, side_compartment(side, number));
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
	start_next(side, side_compartment_of(side, side->history->host[side->scanning_total]));
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

	if (side->named)
		source = side->infected[side->first[c + 1] - 1 - source];
	return (struct side_hit){ .infector = source,
				  .index = draw_target(side, c, words),
				  .compartment = (uint32_t)c };
}

static struct side_hit draw_between(const struct side *side, unsigned from, unsigned to,
				    struct supply_words *words)
{
	uint32_t count = side->source_count[from];
	uint32_t source = supply_below(words, count);
	size_t target = side->lone[to];

	if (side->listed) {
		const uint32_t *first =
			from ? side->sources + side->source_end - count : side->sources;
		/* Three words a hit, as long as those of two halves follow each other. */
		__builtin_prefetch(&first[supply_foresee(words, 3 * PREFETCH - 1, count)]);
		source = from ? first[count - 1 - source] : first[source];
	}
	if (side->spread[to])
		target = sum_tree_find(&side->targets[to],
				       supply_unit(words) * sum_tree_total(&side->targets[to]));
	return (struct side_hit){
		.infector = source,
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
