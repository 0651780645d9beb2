#include "outbreak/birth.h"

#include <math.h>

#include "outbreak/supply.h"

#define PREFETCH 16 /* events from asking memory to using it */

/* Time runs in unit exponentials: what is left of the present one is used up at the rate of hits.
 */
struct clock {
	double now, left;
	struct supply_waits waits;
	struct supply_words words;
};

static void clock_init(struct clock *clock, const struct population *population,
		       enum draw_purpose waits, enum draw_purpose words)
{
	clock->now = 0;
	supply_waits_init(&clock->waits, population->seed, population->replica, waits);
	supply_words_init(&clock->words, population->seed, population->replica, words);
	clock->left = supply_wait(&clock->waits);
}

/* Goes to the next hit, and returns true, or to `until` if that is sooner. */
static bool clock_advance(struct clock *clock, double rate, double until)
{
	double hit = rate > 0 ? clock->now + clock->left / rate : INFINITY;

	if (hit < until) {
		clock->now = hit;
		clock->left = supply_wait(&clock->waits);
		return true;
	}
	clock->left = fmax(0, clock->left - rate * (until - clock->now));
	clock->now = until;
	return false;
}

int birth_run(struct side *side, double duration, struct history *history, struct error *error)
{
	const struct population *population = side->population;
	struct clock clock;
	int result = side_reset(side, history, error);

	if (result < 0)
		return result;
	/* From the last to the first: what takes a place then comes from behind it, and the others
	 * keep theirs. */
	for (uint32_t i = population->chosen_count; i-- > 0;) {
		uint32_t host = (uint32_t)population->chosen[i], c = side_compartment(side, host);
		side_infect(side, side_take(side, host, c), c, HISTORY_NOBODY, 0);
	}
	clock_init(&clock, population, DRAW_SPREAD, DRAW_HIT);
	while (clock.now < duration && history->count < population->count) {
		double start = side_next_start(side);
		if (clock_advance(&clock, side_rate(side), fmin(start, duration))) {
			struct side_hit hit = side_draw_hit(side, &clock.words);
			side_infect(side, side_take(side, hit.index, hit.compartment),
				    hit.compartment, hit.infector, clock.now);
		} else if (start <= clock.now && clock.now < duration) {
			side_start_next(side);
		}
	}
	return 0;
}

/* Chance that a hit gets through: a filter may stop it, a limit may have kept it from being sent.
 */
static double chance_of(const struct effect *effect, uint32_t from, uint32_t to)
{
	return effect_speed(effect, from) *
	       effect_reach(effect, population_subnet(effect->population, from), to);
}

/* The same past all that is in force. */
static double chance_past_all(const struct effect *effect, uint32_t from, uint32_t to)
{
	if (effect_all_immune(effect, to))
		return 0;
	return effect_all_speed(effect, from) *
	       effect_all_reach(effect, population_subnet(effect->population, from), to);
}

/* Luck of the base's hits, by their place in it. */
struct luck {
	uint64_t seed, stream, batch;
	double values[NOISE_UNITS];
};

static void luck_init(struct luck *luck, const struct effect *effect)
{
	luck->seed = effect->population->seed;
	luck->stream = noise_stream(effect->population->replica, effect_draws(effect, DRAW_PASS));
	luck->batch = UINT64_MAX;
}

static double luck_of(struct luck *luck, uint32_t index)
{
	if (luck->batch != index / NOISE_UNITS) {
		luck->batch = index / NOISE_UNITS;
		noise_units(luck->seed, luck->stream, luck->batch, luck->values);
	}
	return luck->values[index % NOISE_UNITS];
}

/* Whether entry `index` of base, by an infector who scans here too, gets past the remedy. */
static bool happens_again(const struct side *side, uint32_t index, struct luck *luck)
{
	const struct history *base = side->base;
	uint32_t infector = base->infector[index];
	double chance = side->exact
				? side_chance(side, infector, index)
				: chance_of(side->effect, base->host[infector], base->host[index]);

	return chance >= 1 || (chance > 0 && luck_of(luck, index) < chance);
}

/* Entry `index` of the base history is about to happen. */
static void follow(struct side *side, uint32_t index, struct luck *luck)
{
	const struct history *base = side->base;
	const struct effect *effect = side->effect;
	double time = base->time[index];
	uint32_t infector = base->infector[index];
	side_foresee(side, index + PREFETCH);
	uint32_t rank = infector == HISTORY_NOBODY ? HISTORY_NOBODY : side->rank[infector];

	if (time >= effect->candidate->delay_seconds && infector != HISTORY_NOBODY) {
		if (effect_immune(effect, base->host[index]))
			return;
		if (rank >= side->scanning_total || !happens_again(side, index, luck)) {
			side_expose(side, index);
			return;
		}
	}
	side_infect(side, index, side_compartment(side, index), rank, time);
}

/* How many of base happen before the remedy is in force. */
static uint32_t count_before(const struct history *base, double delay)
{
	uint32_t low = 0, high = base->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (base->time[middle] < delay)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The hit is one over a link between peers, or none. */
static void hit_over_link(struct side *side, struct clock *clock)
{
	struct shortcut *shortcut = &side->shortcut;
	uint32_t source = supply_below(&clock->words, side->scanning_total);
	uint32_t index = supply_below(&clock->words, shortcut->target_count);
	uint32_t target = shortcut->targets[index];
	uint32_t from = population_subnet(side->population, side->history->host[source]);

	if (side_infected(side, target)) {
		shortcut_drop(shortcut, index);
	} else if (shortcut_leads(shortcut, from, target)) {
		shortcut_drop(shortcut, index);
		side_infect(side, target, side_compartment(side, target), source, clock->now);
	}
}

/* A host that the remedy has saved so far is hit. */
static void hit_deferred(struct side *side, struct clock *clock)
{
	double over_links = shortcut_rate(&side->shortcut, side->scanning_total);

	if (over_links > 0 &&
	    supply_unit(&clock->words) * (side_rate(side) + over_links) < over_links) {
		hit_over_link(side, clock);
		return;
	}
	struct side_hit hit = side_draw_hit(side, &clock->words);

	if (side->shortcut.effect && side_infected(side, side->slot[hit.index])) {
		side_take(side, hit.index, hit.compartment);
		return;
	}
	if (side->exact || supply_unit(&clock->words) <
				   chance_past_all(side->effect, side->history->host[hit.infector],
						   side_host(side, side->slot[hit.index])))
		side_infect(side, side_take(side, hit.index, hit.compartment), hit.compartment,
			    hit.infector, clock->now);
}

int birth_run_with(struct side *side, const struct effect *effect, const struct history *base,
		   double duration, struct history *history, struct error *error)
{
	struct clock clock;
	struct luck luck;
	uint32_t next = count_before(base, effect->candidate->delay_seconds);
	int result = side_reset_with(side, effect, base, history, error);

	if (result < 0)
		return result;
	luck_init(&luck, effect);
	clock_init(&clock, side->population, effect_draws(effect, DRAW_DEFERRED),
		   effect_draws(effect, DRAW_HIT));
	if (next > 0) {
		side_follow(side, next);
		clock.now = base->time[next - 1];
	}
	while (clock.now < duration) {
		double start = side_next_start(side);
		double event = next < base->count ? base->time[next] : INFINITY;
		double rate =
			side_rate(side) + shortcut_rate(&side->shortcut, side->scanning_total);
		if (event == INFINITY && start == INFINITY && rate <= 0)
			break;
		if (clock_advance(&clock, rate, fmin(fmin(start, event), duration)))
			hit_deferred(side, &clock);
		else if (start <= clock.now && start < duration)
			side_start_next(side);
		else if (event <= clock.now && event < duration)
			follow(side, next++, &luck);
	}
	return 0;
}
