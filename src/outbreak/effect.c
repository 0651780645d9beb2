#include "outbreak/effect.h"

#include <stdlib.h>

#include "outbreak/draw.h"

int effect_init(struct effect *effect, const struct remedy_candidate *candidate,
		const struct population *population, struct error *error)
{
	const struct outbreak_world *world = population->world;

	*effect = (struct effect){ .candidate = candidate, .population = population };
	if (candidate->place == REMEDY_AT_HOST)
		return 0;
	effect->part = calloc(world->subnet_count, sizeof *effect->part);
	if (!effect->part)
		return error_set(error, ERROR_MEMORY, candidate->name, "no memory for its places");
	bool subnets = candidate->place == REMEDY_AT_SUBNET;
	for (size_t i = 0; i < world->subnet_count; i++)
		effect->part[i] =
			draw_at(population->seed, population->replica,
				subnets ? DRAW_SUBNET_PART : DRAW_PROVIDER_PART,
				subnets ? i : world->subnets[i].provider) < candidate->share;
	return 0;
}

void effect_fini(struct effect *effect)
{
	free(effect->part);
	*effect = (struct effect){ 0 };
}

bool effect_is_void(const struct remedy_candidate *candidate, double duration)
{
	if (candidate->share <= 0 || candidate->delay_seconds >= duration)
		return true;
	switch (candidate->effect) {
	case REMEDY_FILTER:
	case REMEDY_RATE: return candidate->pass >= 1;
	case REMEDY_PATCH: return false;
	case REMEDY_CONTROL: return true;
	}
	return true;
}

bool effect_covers(const struct effect *effect, uint32_t host)
{
	const struct population *population = effect->population;

	if (effect->part)
		return effect->part[population->subnet[host]];
	return draw_at(population->seed, population->replica, DRAW_HOST_PART, host) <
	       effect->candidate->share;
}

bool effect_immune(const struct effect *effect, uint32_t host)
{
	const struct remedy_candidate *candidate = effect->candidate;

	switch (candidate->effect) {
	case REMEDY_PATCH: return effect_covers(effect, host);
	case REMEDY_FILTER:
		return candidate->place == REMEDY_AT_HOST && candidate->pass <= 0 &&
		       effect_covers(effect, host);
	case REMEDY_RATE:
	case REMEDY_CONTROL: return false;
	}
	return false;
}

double effect_reach_subnet(const struct effect *effect, uint32_t from, uint32_t to)
{
	const struct remedy_candidate *candidate = effect->candidate;
	const struct outbreak_subnet *subnets = effect->population->world->subnets;

	if (candidate->effect != REMEDY_FILTER || candidate->place == REMEDY_AT_HOST || from == to)
		return 1;
	if (candidate->place != REMEDY_AT_SUBNET && subnets[from].provider == subnets[to].provider)
		return 1;
	int filters = effect->part[from] + effect->part[to];
	if (filters == 2 && candidate->place != REMEDY_AT_BORDER)
		return candidate->pass * candidate->pass;
	return filters ? candidate->pass : 1;
}

double effect_reach(const struct effect *effect, uint32_t from, uint32_t to)
{
	const struct remedy_candidate *candidate = effect->candidate;

	if (candidate->effect == REMEDY_FILTER && candidate->place == REMEDY_AT_HOST)
		return effect_covers(effect, to) ? candidate->pass : 1;
	return effect_reach_subnet(effect, from, effect->population->subnet[to]);
}

double effect_speed(const struct effect *effect, uint32_t host)
{
	if (effect->candidate->effect != REMEDY_RATE || !effect_covers(effect, host))
		return 1;
	return effect->candidate->pass;
}
