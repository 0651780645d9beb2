#include "outbreak/effect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/noise.h"
#include "outbreak/peering.h"

static void decide_hosts(struct effect *effect)
{
	const struct population *population = effect->population;
	uint64_t stream = noise_stream(population->replica, DRAW_HOST_PART);
	double values[NOISE_UNITS];

	for (uint32_t host = 0; host < population->count; host++) {
		if (host % NOISE_UNITS == 0)
			noise_units(population->seed, stream, host / NOISE_UNITS, values);
		effect->covered[host] = values[host % NOISE_UNITS] < effect->candidate->share;
	}
}

/* Which of `count` subnets or providers take part. */
static void decide_places(const struct effect *effect, size_t count, uint8_t *part)
{
	const struct remedy_candidate *candidate = effect->candidate;
	const struct population *population = effect->population;
	enum draw_purpose purpose =
		candidate->place == REMEDY_AT_SUBNET ? DRAW_SUBNET_PART : DRAW_PROVIDER_PART;

	memset(part, 0, count);
	for (size_t i = 0; candidate->places && i < candidate->place_count; i++)
		if (candidate->places[i] < count)
			part[candidate->places[i]] = 1;
	for (size_t i = 0; !candidate->places && i < count; i++)
		part[i] = draw_at(population->seed, population->replica, purpose, i) <
			  candidate->share;
}

static void cover_hosts(struct effect *effect)
{
	const struct population *population = effect->population;

	for (size_t i = 0; i < population->world->subnet_count; i++)
		memset(effect->covered + population->first[i], effect->part[i],
		       population->first[i + 1] - population->first[i]);
}

static void decide_subnets(struct effect *effect)
{
	const struct outbreak_world *world = effect->population->world;

	if (!effect->filtered) {
		decide_places(effect, world->subnet_count, effect->part);
		return;
	}
	decide_places(effect, world->provider_count, effect->filtered);
	for (size_t i = 0; i < world->subnet_count; i++)
		effect->part[i] = effect->filtered[world->subnets[i].provider];
}

/* A link that no filter stands at. */
static bool has_link(const struct effect *effect, uint32_t provider)
{
	const struct outbreak_peering *peering = effect->population->world->peering;

	if (effect->filtered[provider])
		return false;
	for (uint32_t i = peering->first[provider]; i < peering->first[provider + 1]; i++)
		if (!effect->filtered[peering->at[peering->place[i]]])
			return true;
	return false;
}

static uint32_t island_of(uint32_t *islands, uint32_t zone)
{
	while (islands[zone] != zone) {
		islands[zone] = islands[islands[zone]];
		zone = islands[zone];
	}
	return zone;
}

static void join_islands(const struct effect *effect, uint32_t *islands)
{
	const struct outbreak_world *world = effect->population->world;
	const struct outbreak_peering *peering = world->peering;
	const uint32_t *zone = effect->zones.of;

	for (uint32_t i = 0; i < effect->zones.count; i++)
		islands[i] = i;
	for (uint32_t i = 0; i < world->provider_count; i++)
		for (uint32_t j = peering->first[i];
		     j < peering->first[i + 1] && !effect->filtered[i]; j++)
			if (!effect->filtered[peering->at[peering->place[j]]])
				islands[island_of(islands, zone[i])] =
					island_of(islands, zone[peering->at[peering->place[j]]]);
}

int effect_join_islands(struct effect *effect, struct error *error)
{
	const struct outbreak_world *world = effect->population->world;

	if (!effect->opens)
		return 0;
	uint32_t *islands = malloc(effect->zones.count * sizeof *islands);
	effect->island = malloc(world->subnet_count * sizeof *effect->island);
	bool enough = islands && effect->island;
	if (enough)
		join_islands(effect, islands);
	for (size_t i = 0; enough && i < world->subnet_count; i++)
		effect->island[i] = island_of(islands, effect->zone[i]);
	free(islands);
	return enough ? 0
		      : error_set(error, ERROR_MEMORY, effect->candidate->name,
				  "no memory for its places");
}

/* Who can use links between peers that no filter stands at. */
static int decide_links(struct effect *effect, struct error *error)
{
	const struct outbreak_world *world = effect->population->world;
	const uint32_t *zone = effect->zones.of;

	effect->opens = malloc(world->provider_count);
	if (!effect->opens)
		return error_set(error, ERROR_MEMORY, effect->candidate->name,
				 "no memory for its places");
	for (size_t i = 0; i < world->provider_count; i++) {
		uint32_t at = world->top_down[i], parent = world->parents[at];
		bool above = parent != OUTBREAK_TOP && zone[parent] == zone[at];
		effect->opens[at] = (above && effect->opens[parent]) || has_link(effect, at);
	}
	return 0;
}

/* Filters on the way between providers part the tree of routes. */
static int decide_zones(struct effect *effect, struct error *error)
{
	const struct remedy_candidate *candidate = effect->candidate;
	const struct outbreak_world *world = effect->population->world;
	bool links = candidate->place == REMEDY_AT_LINK;

	if (candidate->effect != REMEDY_FILTER || !world->parents ||
	    (!links && candidate->place != REMEDY_AT_BORDER))
		return 0;
	effect->zone = malloc(world->subnet_count * sizeof *effect->zone);
	if (!effect->zone)
		return error_set(error, ERROR_MEMORY, candidate->name, "no memory for its places");
	int result = route_cut(world, effect->filtered, links, &effect->zones, error);
	if (result < 0)
		return result;
	for (size_t i = 0; i < world->subnet_count; i++)
		effect->zone[i] = effect->zones.of[world->subnets[i].provider];
	if (!world->peering)
		return 0;
	if (links) /* those to peers are no links to parents */
		memset(effect->filtered, 0, world->provider_count);
	return decide_links(effect, error);
}

/* Filters between places look at places only. */
static bool looks_at_hosts(const struct remedy_candidate *candidate)
{
	return candidate->effect != REMEDY_FILTER || candidate->place == REMEDY_AT_HOST;
}

static bool effect_make_room(struct effect *effect)
{
	const struct outbreak_world *world = effect->population->world;
	enum remedy_place place = effect->candidate->place;

	if (looks_at_hosts(effect->candidate))
		effect->covered = malloc((size_t)effect->population->count + 1);
	if (place != REMEDY_AT_HOST)
		effect->part = malloc(world->subnet_count);
	if (place != REMEDY_AT_HOST && place != REMEDY_AT_SUBNET)
		effect->filtered = malloc(world->provider_count);
	return (effect->covered || !looks_at_hosts(effect->candidate)) &&
	       (effect->part || place == REMEDY_AT_HOST) &&
	       (effect->filtered || place == REMEDY_AT_HOST || place == REMEDY_AT_SUBNET);
}

int effect_init(struct effect *effect, const struct remedy_candidate *candidate,
		const struct population *population, struct error *error)
{
	*effect = (struct effect){ .candidate = candidate, .population = population };
	if (!effect_make_room(effect)) {
		effect_fini(effect);
		return error_set(error, ERROR_MEMORY, candidate->name, "no memory for its places");
	}
	if (candidate->place == REMEDY_AT_HOST)
		decide_hosts(effect);
	else
		decide_subnets(effect);
	if (candidate->place != REMEDY_AT_HOST && effect->covered)
		cover_hosts(effect);
	int result = decide_zones(effect, error);
	if (result < 0)
		effect_fini(effect);
	return result;
}

void effect_fini(struct effect *effect)
{
	free(effect->covered);
	free(effect->part);
	free(effect->zone);
	free(effect->filtered);
	free(effect->opens);
	free(effect->island);
	route_zones_fini(&effect->zones);
	*effect = (struct effect){ 0 };
}

bool effect_is_void(const struct remedy_candidate *candidate, double duration)
{
	if ((candidate->share <= 0 && !candidate->places) || candidate->delay_seconds >= duration)
		return true;
	switch (candidate->effect) {
	case REMEDY_FILTER:
	case REMEDY_BLOCK:
	case REMEDY_RATE: return candidate->pass >= 1;
	case REMEDY_PATCH:
	case REMEDY_CLEAN: return false;
	case REMEDY_CONTROL: return true;
	}
	return true;
}

bool effect_immune(const struct effect *effect, uint32_t host)
{
	const struct remedy_candidate *candidate = effect->candidate;

	switch (candidate->effect) {
	case REMEDY_PATCH: return effect->covered[host];
	case REMEDY_FILTER:
		return candidate->place == REMEDY_AT_HOST && candidate->pass <= 0 &&
		       effect->covered[host];
	case REMEDY_RATE:
	case REMEDY_CLEAN:
	case REMEDY_BLOCK:
	case REMEDY_CONTROL: return false;
	}
	return false;
}

double effect_apart(const struct effect *effect, unsigned from, unsigned to)
{
	const struct remedy_candidate *candidate = effect->candidate;
	double pass = candidate->pass;

	switch (candidate->effect) {
	case REMEDY_FILTER:
	case REMEDY_BLOCK:
		if (candidate->place == REMEDY_AT_HOST)
			return to ? pass : 1;
		if (from && to && candidate->place != REMEDY_AT_BORDER &&
		    candidate->place != REMEDY_AT_LINK)
			return pass * pass;
		return from || to ? pass : 1;
	case REMEDY_RATE: return from ? pass : 1;
	case REMEDY_PATCH:
	case REMEDY_CLEAN:
	case REMEDY_CONTROL: return 1;
	}
	return 1;
}

/* Filters at links on the way. */
static unsigned effect_cuts(const struct effect *effect, uint32_t from, uint32_t to)
{
	const uint32_t *zone = effect->zones.of;
	struct peering_link link;

	if (effect->opens && peering_cross(effect->population->world, from, to, &link)) {
		/* Up to the link, and down from it, every other zone lies behind one more. */
		const uint32_t *depth = effect->zones.depth;
		return depth[zone[from]] - depth[zone[link.a]] + depth[zone[to]] -
		       depth[zone[link.b]];
	}
	return route_cuts(&effect->zones, zone[from], zone[to]);
}

bool effect_crosses(const struct effect *effect, uint32_t from, uint32_t to)
{
	const uint32_t *zone = effect->zones.of;
	struct peering_link link;

	return effect->opens[from] && effect->opens[to] &&
	       peering_cross(effect->population->world, from, to, &link) &&
	       zone[from] == zone[link.a] && zone[to] == zone[link.b] &&
	       !effect->filtered[link.a] && !effect->filtered[link.b];
}

static double effect_reach_route(const struct effect *effect, uint32_t from, uint32_t to)
{
	double pass = effect->candidate->pass;
	bool border = effect->candidate->place == REMEDY_AT_BORDER;

	if (effect->zones.of[from] == effect->zones.of[to])
		return 1;
	if (border || pass <= 0)
		return effect->opens && effect_crosses(effect, from, to) ? 1 : pass;
	return pow(pass, effect_cuts(effect, from, to));
}

static bool effect_filters(const struct remedy_candidate *candidate)
{
	return candidate->effect == REMEDY_FILTER || candidate->effect == REMEDY_BLOCK;
}

double effect_reach_subnet(const struct effect *effect, uint32_t from, uint32_t to)
{
	const struct remedy_candidate *candidate = effect->candidate;
	const struct outbreak_subnet *subnets = effect->population->world->subnets;

	if (!effect_filters(candidate) || candidate->place == REMEDY_AT_HOST || from == to)
		return 1;
	if (candidate->place != REMEDY_AT_SUBNET && subnets[from].provider == subnets[to].provider)
		return 1;
	if (effect->zone)
		return effect_reach_route(effect, subnets[from].provider, subnets[to].provider);
	return effect_apart(effect, effect->part[from], effect->part[to]);
}

double effect_reach(const struct effect *effect, uint32_t from, uint32_t to)
{
	const struct remedy_candidate *candidate = effect->candidate;

	if (effect_filters(candidate) && candidate->place == REMEDY_AT_HOST)
		return effect->covered[to] ? candidate->pass : 1;
	return effect_reach_subnet(effect, from, population_subnet(effect->population, to));
}

double effect_speed(const struct effect *effect, uint32_t host)
{
	if (effect->candidate->effect != REMEDY_RATE || !effect->covered[host])
		return 1;
	return effect->candidate->pass;
}

bool effect_all_immune(const struct effect *effect, uint32_t host)
{
	for (; effect; effect = effect->also)
		if (effect_immune(effect, host))
			return true;
	return false;
}

double effect_all_reach(const struct effect *effect, uint32_t from, uint32_t to)
{
	double chance = 1;

	for (; effect && chance > 0; effect = effect->also)
		chance *= effect_reach(effect, from, to);
	return chance;
}

double effect_all_reach_subnet(const struct effect *effect, uint32_t from, uint32_t to)
{
	double chance = 1;

	for (; effect && chance > 0; effect = effect->also)
		chance *= effect_reach_subnet(effect, from, to);
	return chance;
}

double effect_all_speed(const struct effect *effect, uint32_t host)
{
	double speed = 1;

	for (; effect; effect = effect->also)
		speed *= effect_speed(effect, host);
	return speed;
}

bool effect_any_leaks(const struct effect *effect)
{
	for (; effect; effect = effect->also)
		if (effect->candidate->effect == REMEDY_FILTER &&
		    (effect->candidate->pass > 0 || effect->opens))
			return true;
	return false;
}
