#include "outbreak/birth.h"

#include <math.h>

#include "outbreak/draw.h"

/* Time runs in unit exponentials: what is left of the present one is used up at the rate of hits.
 */
struct clock {
	double now, left;
	struct random random;
};

static void clock_init(struct clock *clock, const struct population *population,
		       enum draw_purpose purpose)
{
	clock->now = 0;
	draw_init(&clock->random, population->seed, population->replica, purpose);
	clock->left = random_exponential(&clock->random);
}

/* Goes to the next hit, and returns true, or to `until` if that is sooner. */
static bool clock_advance(struct clock *clock, double rate, double until)
{
	double hit = rate > 0 ? clock->now + clock->left / rate : INFINITY;

	if (hit < until) {
		clock->now = hit;
		clock->left = random_exponential(&clock->random);
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
	for (uint32_t i = population->chosen_count; i-- > 0;)
		side_infect(side, side_take(side, (uint32_t)population->chosen[i]), HISTORY_NOBODY,
			    0);
	clock_init(&clock, population, DRAW_SPREAD);
	while (clock.now < duration && history->count < population->count) {
		double start = side_next_start(side);
		if (clock_advance(&clock, side_rate(side), fmin(start, duration))) {
			struct side_hit hit = side_draw_hit(side, &clock.random);
			side_infect(side, side_take(side, hit.index), hit.infector, clock.now);
		} else if (start <= clock.now && clock.now < duration) {
			side_start_next(side);
		}
	}
	return 0;
}

static bool happens(double chance, struct random *random)
{
	return chance >= 1 || (chance > 0 && random_unit(random) < chance);
}

/* Whether a hit gets through: a filter may stop it, a limit may have kept it from being sent. */
static bool passes(const struct effect *effect, uint32_t from, uint32_t to, struct random *random)
{
	double chance = effect_speed(effect, from) *
			effect_reach(effect, effect->population->subnet[from], to);

	return happens(chance, random);
}

/* The same past all that is in force. */
static bool passes_all(const struct effect *effect, uint32_t from, uint32_t to,
		       struct random *random)
{
	double chance = effect_all_speed(effect, from) *
			effect_all_reach(effect, effect->population->subnet[from], to);

	return !effect_all_immune(effect, to) && happens(chance, random);
}

/* Entry `index` of the base history is about to happen. */
static void follow(struct side *side, uint32_t index)
{
	const struct history *base = side->base;
	const struct effect *effect = side->effect;
	const struct population *population = side->population;
	double time = base->time[index];
	uint32_t infector = base->infector[index];
	uint32_t rank = infector == HISTORY_NOBODY ? HISTORY_NOBODY : side->rank[infector];

	if (time >= effect->candidate->delay_seconds && infector != HISTORY_NOBODY) {
		struct random random;
		uint32_t victim = base->host[index];
		if (effect_immune(effect, victim))
			return;
		draw_init(&random, population->seed, population->replica,
			  effect_draws(effect, DRAW_PASS));
		random.position = index;
		if (rank >= side->scanning_total ||
		    !passes(effect, base->host[infector], victim, &random)) {
			side_expose(side, index);
			return;
		}
	}
	side_infect(side, index, rank, time);
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

/* A host that the remedy has saved so far is hit. */
static void hit_deferred(struct side *side, struct clock *clock)
{
	struct side_hit hit = side_draw_hit(side, &clock->random);
	uint32_t from = side->history->host[hit.infector];
	uint32_t to = side_host(side, side->slot[hit.index]);

	if (hit.decided || passes_all(side->effect, from, to, &clock->random))
		side_infect(side, side_take(side, hit.index), hit.infector, clock->now);
}

int birth_run_with(struct side *side, const struct effect *effect, const struct history *base,
		   double duration, struct history *history, struct error *error)
{
	struct clock clock;
	uint32_t next = count_before(base, effect->candidate->delay_seconds);
	int result = side_reset_with(side, effect, base, history, error);

	if (result < 0)
		return result;
	clock_init(&clock, side->population, effect_draws(effect, DRAW_DEFERRED));
	if (next > 0) {
		side_follow(side, next);
		clock.now = base->time[next - 1];
	}
	while (clock.now < duration) {
		double start = side_next_start(side);
		double event = next < base->count ? base->time[next] : INFINITY;
		double rate = side_rate(side);
		if (event == INFINITY && start == INFINITY && rate <= 0)
			break;
		if (clock_advance(&clock, rate, fmin(fmin(start, event), duration)))
			hit_deferred(side, &clock);
		else if (start <= clock.now && start < duration)
			side_start_next(side);
		else if (event <= clock.now && event < duration)
			follow(side, next++);
	}
	return 0;
}
