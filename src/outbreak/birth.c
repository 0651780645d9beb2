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

static void infect_exposed(struct side *side, uint32_t victim, uint32_t infector, double time)
{
	side_hide(side, victim);
	side_infect(side, victim, infector, time);
}

int birth_run(struct side *side, double duration, struct history *history, struct error *error)
{
	const struct population *population = side->population;
	struct clock clock;
	int result = side_reset(side, history, error);

	if (result < 0)
		return result;
	side_expose_all(side);
	for (uint32_t i = 0; i < population->chosen_count; i++)
		infect_exposed(side, (uint32_t)population->chosen[i], HISTORY_NOBODY, 0);
	clock_init(&clock, population, DRAW_SPREAD);
	while (clock.now < duration && history->count < population->count) {
		double start = side_next_start(side);
		if (clock_advance(&clock, side_rate(side), fmin(start, duration))) {
			uint32_t infector, victim;
			side_draw_pair(side, &clock.random, &infector, &victim);
			infect_exposed(side, victim, infector, clock.now);
		} else if (start <= clock.now && clock.now < duration) {
			side_start_next(side);
		}
	}
	return 0;
}

/* Whether a hit gets through: a filter may stop it, a limit may have kept it from being sent. */
static bool passes(const struct effect *effect, uint32_t infector, uint32_t victim,
		   struct random *random)
{
	double chance = effect_speed(effect, infector) *
			effect_reach(effect, effect->population->subnet[infector], victim);

	return chance >= 1 || (chance > 0 && random_unit(random) < chance);
}

/* Infection `index` of the base run is about to happen, at its time. */
static void follow(struct side *side, const struct effect *effect, const struct history *base,
		   uint32_t index)
{
	uint32_t victim = base->host[index], infector = base->infector[index];
	double time = base->time[index];

	if (time >= effect->candidate->delay_seconds && infector != HISTORY_NOBODY) {
		struct random random;
		if (effect_immune(effect, victim))
			return;
		draw_init(&random, effect->population->seed, effect->population->replica,
			  DRAW_PASS);
		random.position = index;
		if (!side_scans(side, infector) || !passes(effect, infector, victim, &random)) {
			side_expose(side, victim);
			return;
		}
	}
	side_infect(side, victim, infector, time);
}

int birth_run_with(struct side *side, const struct effect *effect, const struct history *base,
		   double duration, struct history *history, struct error *error)
{
	struct clock clock;
	uint32_t next = 0;
	int result = side_reset(side, history, error);

	if (result < 0)
		return result;
	clock_init(&clock, side->population, DRAW_DEFERRED);
	while (clock.now < duration) {
		double start = side_next_start(side);
		double event = next < base->count ? base->time[next] : INFINITY;
		double rate = side_rate(side);
		if (event == INFINITY && start == INFINITY && rate <= 0)
			break;
		if (clock_advance(&clock, rate, fmin(fmin(start, event), duration))) {
			uint32_t infector, victim;
			side_draw_pair(side, &clock.random, &infector, &victim);
			if (passes(effect, infector, victim, &clock.random))
				infect_exposed(side, victim, infector, clock.now);
		} else if (start <= clock.now && start < duration) {
			side_start_next(side);
		} else if (event <= clock.now && event < duration) {
			follow(side, effect, base, next++);
		}
	}
	return 0;
}
