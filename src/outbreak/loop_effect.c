/* What remedies do in the event loop: each from its own delay on, all of them independently. */
#include "outbreak/loop.h"

#include <math.h>

#include "outbreak/walk.h"

double loop_force_after(const struct loop *loop, double time)
{
	double next = INFINITY;

	for (const struct effect *effect = loop->effect; effect; effect = effect->also)
		if (effect->candidate->delay_seconds > time)
			next = fmin(next, effect->candidate->delay_seconds);
	return next;
}

static bool loop_enforces(const struct loop *loop, const struct effect *effect)
{
	return loop->now >= effect->candidate->delay_seconds;
}

double loop_speed(const struct loop *loop, uint32_t host)
{
	double speed = 1;

	for (const struct effect *effect = loop->effect; effect; effect = effect->also)
		if (loop_enforces(loop, effect))
			speed *= effect_speed(effect, host);
	return speed;
}

double loop_clean_time(const struct loop *loop, uint32_t host)
{
	double time = INFINITY;

	for (const struct effect *effect = loop->effect; effect; effect = effect->also) {
		const struct remedy_candidate *candidate = effect->candidate;
		if (candidate->effect == REMEDY_CLEAN && effect->covered[host])
			time = fmin(time, fmax(candidate->delay_seconds,
					       loop->now + candidate->reaction_seconds));
	}
	return time;
}

static bool loop_makes_immune(const struct loop *loop, const struct effect *effect, uint32_t host)
{
	return loop_enforces(loop, effect) && effect_immune(effect, host) &&
	       !loop_infected(loop, host);
}

/* What one remedy leaves of the chance of a scan. */
static double loop_one_chance(const struct loop *loop, const struct kernel *kernel,
			      const struct effect *effect, uint32_t from, uint32_t to)
{
	if (!loop_enforces(loop, effect))
		return 1;
	if (loop_makes_immune(loop, effect, to))
		return 0;
	double chance = kernel->walks ? 1 : effect_speed(effect, from);
	if (effect->candidate->effect == REMEDY_BLOCK &&
	    loop->now < loop->infected_at[from] + effect->candidate->reaction_seconds)
		return chance;
	return chance * effect_reach(effect, loop->population->subnet[from], to);
}

double loop_effect_chance(const struct loop *loop, const struct kernel *kernel,
			  const struct effect *end, uint32_t from, uint32_t to)
{
	double chance = 1;

	for (const struct effect *effect = loop->effect; effect != end && chance > 0;
	     effect = effect->also)
		chance *= loop_one_chance(loop, kernel, effect, from, to);
	return chance;
}

/* The remedy, once in force on a host that it covers, lets nothing out of its place. */
static bool loop_holds_back(const struct remedy_candidate *candidate, enum remedy_place place)
{
	return (candidate->effect == REMEDY_BLOCK || candidate->effect == REMEDY_FILTER) &&
	       candidate->pass <= 0 && candidate->place == place;
}

static bool loop_holds_by(const struct loop *loop, enum loop_hold hold,
			  const struct remedy_candidate *candidate)
{
	const struct outbreak_world *world = loop->population->world;

	if (hold == LOOP_HOLDS_BY_SUBNET)
		return loop_holds_back(candidate, REMEDY_AT_SUBNET);
	/* On routes, a border's filter may stand elsewhere. */
	return loop_holds_back(candidate, REMEDY_AT_PROVIDER) ||
	       (!world->parents && loop_holds_back(candidate, REMEDY_AT_BORDER));
}

static bool loop_any_holds(const struct loop *loop, enum loop_hold hold)
{
	for (const struct effect *effect = loop->effect; effect; effect = effect->also)
		if (loop_holds_by(loop, hold, effect->candidate))
			return true;
	return false;
}

enum loop_hold loop_choose_hold(const struct loop *loop)
{
	const struct outbreak_world *world = loop->population->world;

	if (loop_any_holds(loop, LOOP_HOLDS_BY_SUBNET))
		return LOOP_HOLDS_BY_SUBNET;
	for (size_t i = 1; i < world->subnet_count; i++)
		if (world->subnets[i].provider < world->subnets[i - 1].provider)
			return LOOP_HOLDS_NOBODY; /* providers' hosts are no neighbours */
	return loop_any_holds(loop, LOOP_HOLDS_BY_PROVIDER) ? LOOP_HOLDS_BY_PROVIDER
							    : LOOP_HOLDS_NOBODY;
}

double loop_hold_time(const struct loop *loop, uint32_t host)
{
	double time = INFINITY;

	if (loop->hold == LOOP_HOLDS_NOBODY)
		return time;
	for (const struct effect *effect = loop->effect; effect; effect = effect->also) {
		const struct remedy_candidate *candidate = effect->candidate;
		if (!loop_holds_by(loop, loop->hold, candidate) ||
		    !effect->part[loop->population->subnet[host]])
			continue;
		double since = loop->now;
		if (candidate->effect == REMEDY_BLOCK)
			since += candidate->reaction_seconds;
		time = fmin(time, fmax(candidate->delay_seconds, since));
	}
	return time;
}

uint32_t loop_hold_group(const struct loop *loop, uint32_t host)
{
	uint32_t subnet = loop->population->subnet[host];

	return loop->hold == LOOP_HOLDS_BY_SUBNET
		       ? subnet
		       : loop->population->world->subnets[subnet].provider;
}

bool loop_cuts_off(const struct loop *loop, uint32_t host, uint32_t subnet, double time)
{
	uint32_t from = loop->population->subnet[host];

	for (const struct effect *effect = loop->effect; effect; effect = effect->also) {
		const struct remedy_candidate *candidate = effect->candidate;
		double since = candidate->delay_seconds;
		if (candidate->effect == REMEDY_BLOCK)
			since = fmax(since, loop->infected_at[host] + candidate->reaction_seconds);
		if (time >= since && effect_reach_subnet(effect, from, subnet) <= 0)
			return true;
	}
	return false;
}

bool loop_any_immune(const struct loop *loop, uint32_t host)
{
	for (const struct effect *effect = loop->effect; effect; effect = effect->also)
		if (loop_makes_immune(loop, effect, host))
			return true;
	return false;
}

double loop_scan_time(const struct loop *loop, uint32_t host, double begin, double scans,
		      double rate)
{
	const struct effect *limits[OUTBREAK_MOST_COMBINE];
	size_t count = 0;

	for (const struct effect *effect = loop->effect; effect; effect = effect->also)
		if (effect->candidate->effect == REMEDY_RATE && effect->covered[host])
			limits[count++] = effect;
	if (count == 0)
		return walk_scan_time(begin, scans, rate, INFINITY, 1);
	const struct remedy_candidate *first = limits[--count]->candidate;
	double time = walk_scan_time(begin, scans, rate, first->delay_seconds, first->pass);
	/* Each later one stretches what is left of the walk by then. */
	while (count-- > 0 && time < INFINITY) {
		const struct remedy_candidate *next = limits[count]->candidate;
		double from = fmax(begin, next->delay_seconds);
		if (time > from)
			time = next->pass > 0 ? fmax(time, from + (time - from) / next->pass)
					      : INFINITY;
	}
	return time;
}
