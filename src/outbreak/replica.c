#include "outbreak/replica.h"

#include "outbreak/birth.h"
#include "outbreak/whole.h"

int replica_init(struct replica *replica, const struct outbreak_world *world,
		 const struct outbreak_worm *worm, double duration, struct error *error)
{
	*replica = (struct replica){ .worm = worm, .duration = duration };
	int result = population_init(&replica->population, world, error);
	replica->looped = loop_needed(worm, world);
	if (result == 0 && !replica->looped && worm->scan != OUTBREAK_SEQUENTIAL)
		result = side_init(&replica->side, &replica->population, worm, error);
	walk_init(&replica->walk, &replica->population, worm);
	if (result < 0)
		replica_fini(replica);
	return result;
}

static int make_loop(struct replica *replica, struct error *error)
{
	if (replica->loop.worm)
		return 0;
	return loop_init(&replica->loop, &replica->population, replica->worm, replica->duration,
			 error);
}

void replica_fini(struct replica *replica)
{
	population_fini(&replica->population);
	side_fini(&replica->side);
	walk_fini(&replica->walk);
	loop_fini(&replica->loop);
	history_fini(&replica->base);
	history_fini(&replica->with);
}

int replica_run(struct replica *replica, uint64_t seed, uint32_t number, struct error *error)
{
	int result = population_draw(&replica->population, replica->worm, seed, number, error);
	if (result == 0 && (replica->looped || replica->worm->scan != OUTBREAK_RANDOM))
		result = population_name_subnets(&replica->population, error);
	if (result < 0)
		return result;
	if (replica->looped) {
		result = make_loop(replica, error);
		return result < 0 ? result : loop_run(&replica->loop, &replica->base, error);
	}
	if (replica->worm->scan == OUTBREAK_SEQUENTIAL)
		return walk_run(&replica->walk, replica->duration, &replica->base, error);
	if (replica->worm->scan == OUTBREAK_RANDOM)
		return whole_run(&replica->population, replica->worm, replica->duration,
				 &replica->base, error);
	return birth_run(&replica->side, replica->duration, &replica->base, error);
}

int replica_name_infectors(struct replica *replica, struct error *error)
{
	int result = population_name_subnets(&replica->population, error);
	return result < 0 ? result
			  : whole_name_infectors(&replica->population, replica->worm,
						 &replica->base, error);
}

static bool needs_loop(const struct replica *replica, const struct effect *effect)
{
	bool walks = replica->worm->scan == OUTBREAK_SEQUENTIAL, several = effect->also != NULL;

	for (; effect; effect = effect->also)
		if (loop_needed_for(effect->candidate) ||
		    (walks && several && effect->candidate->effect == REMEDY_RATE))
			return true;
	return replica->looped;
}

static int run_loop(struct replica *replica, const struct effect *effect,
		    const struct history *base, struct history *with, struct error *error)
{
	const struct effect *settled = effect->also;
	/* What a walk meets at a leaking filter is other chance there than in convoy.h. */
	bool walked = !replica->looped && replica->worm->scan == OUTBREAK_SEQUENTIAL;

	if (walked || !loop_settles(settled, replica->worm, replica->population.world)) {
		settled = NULL;
		base = &replica->base;
	}
	int result = make_loop(replica, error);
	return result < 0 ? result
			  : loop_run_with(&replica->loop, effect, settled, base, with, error);
}

/* Runs `base` again with the remedy that `effect` is. */
static int run_with(struct replica *replica, const struct effect *effect,
		    const struct history *base, struct history *with, struct error *error)
{
	if (needs_loop(replica, effect))
		return run_loop(replica, effect, base, with, error);
	if (replica->worm->scan == OUTBREAK_SEQUENTIAL)
		return walk_run_with(&replica->walk, effect, base, replica->duration, with, error);
	return birth_run_with(&replica->side, effect, base, replica->duration, with, error);
}

/* Where rates are not those of zones, what links between peers join must be known. */
static int join_zones(const struct replica *replica, struct effect *effect, struct error *error)
{
	if (effect->island || (!needs_loop(replica, effect) && !effect->also &&
			       replica->worm->scan != OUTBREAK_LOCAL))
		return 0;
	return effect_join_islands(effect, error);
}

int replica_try_on(struct replica *replica, struct effect *effect, const struct history *base,
		   struct history *with, const struct history **history, struct error *error)
{
	const struct remedy_candidate *candidate = effect->candidate;

	*history = base;
	/* Nobody is infected later than the last: nothing is left to change. */
	if (effect_is_void(candidate, replica->duration) || base->count == 0 ||
	    candidate->delay_seconds > base->time[base->count - 1])
		return 0;
	*history = with;
	int result = join_zones(replica, effect, error);
	return result < 0 ? result : run_with(replica, effect, base, with, error);
}

int replica_try(struct replica *replica, const struct remedy_candidate *candidate,
		const struct history **history, struct error *error)
{
	struct effect effect = { .candidate = candidate };

	*history = &replica->base;
	if (effect_is_void(candidate, replica->duration))
		return 0;
	int result = replica_name_infectors(replica, error);
	if (result == 0)
		result = effect_init(&effect, candidate, &replica->population, error);
	if (result < 0)
		return result;
	result = replica_try_on(replica, &effect, &replica->base, &replica->with, history, error);
	effect_fini(&effect);
	return result;
}
