#include "outbreak/shortcut.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/peering.h"

#define NOBODY	 UINT32_MAX
#define PREFETCH 16 /* targets are mostly exposed one behind the other */

void shortcut_fini(struct shortcut *shortcut)
{
	free(shortcut->targets);
	free(shortcut->of_subnet);
	free(shortcut->state);
	free(shortcut->waiting);
	free(shortcut->next);
	free(shortcut->followed);
	*shortcut = (struct shortcut){ 0 };
}

static bool make_places(struct shortcut *shortcut, const struct outbreak_world *world)
{
	if (shortcut->of_subnet)
		return true;
	shortcut->state = malloc(world->provider_count);
	shortcut->waiting = malloc(world->provider_count * sizeof *shortcut->waiting);
	shortcut->followed = malloc(world->provider_count);
	shortcut->of_subnet = malloc(world->subnet_count * sizeof *shortcut->of_subnet);
	if (!shortcut->state || !shortcut->waiting || !shortcut->followed || !shortcut->of_subnet)
		return false;
	for (size_t i = 0; i < world->subnet_count; i++)
		shortcut->of_subnet[i] = world->peering->enter[world->subnets[i].provider];
	return true;
}

static bool make_room(struct shortcut *shortcut, size_t count)
{
	if (count > shortcut->capacity) {
		free(shortcut->targets);
		free(shortcut->next);
		shortcut->capacity = count + count / 8;
		shortcut->targets = malloc(shortcut->capacity * sizeof *shortcut->targets);
		shortcut->next = malloc(shortcut->capacity * sizeof *shortcut->next);
	}
	return shortcut->targets && shortcut->next;
}

int shortcut_reset(struct shortcut *shortcut, const struct effect *effect, double pair,
		   const uint32_t *place, size_t count, struct error *error)
{
	shortcut->effect = effect && effect->opens ? effect : NULL;
	shortcut->place = place;
	shortcut->count = count;
	shortcut->target_count = 0;
	if (!shortcut->effect)
		return 0;
	const struct outbreak_world *world = effect->population->world;
	double pass = effect->candidate->pass;
	if (!make_places(shortcut, world) || !make_room(shortcut, count + 1)) {
		shortcut_fini(shortcut);
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", count);
	}
	shortcut->pair = pair * (1 - pass);
	memset(shortcut->state, pass > 0 ? SHORTCUT_HIT : SHORTCUT_UNTOUCHED,
	       world->provider_count);
	memset(shortcut->waiting, 0xff, world->provider_count * sizeof *shortcut->waiting);
	memset(shortcut->followed, 0, world->provider_count);
	return 0;
}

static uint32_t zone_at(const struct shortcut *shortcut, uint32_t place)
{
	const struct effect *effect = shortcut->effect;
	return effect->zones.of[effect->population->world->peering->at[place]];
}

/* None leads inside a zone. */
bool shortcut_leads(const struct shortcut *shortcut, uint32_t from, uint32_t to)
{
	const uint32_t *at = shortcut->effect->population->world->peering->at;

	return zone_at(shortcut, from) != zone_at(shortcut, to) &&
	       effect_crosses(shortcut->effect, at[from], at[to]);
}

double shortcut_chance(const struct shortcut *shortcut, uint32_t from, uint32_t to)
{
	if (zone_at(shortcut, from) == zone_at(shortcut, to) || shortcut_leads(shortcut, from, to))
		return 1;
	return shortcut->effect->candidate->pass;
}

bool shortcut_expose(struct shortcut *shortcut, uint32_t target)
{
	uint32_t place = shortcut->place[target];

	if (target + PREFETCH < shortcut->count) {
		uint32_t soon = shortcut->place[target + PREFETCH];
		__builtin_prefetch(&shortcut->waiting[soon], 1);
		__builtin_prefetch(&shortcut->state[soon]);
	}
	if (shortcut->state[place] == SHORTCUT_ENTERED) {
		shortcut->targets[shortcut->target_count++] = target;
		return true;
	}
	shortcut->next[target] = shortcut->waiting[place];
	shortcut->waiting[place] = target;
	return shortcut->state[place] == SHORTCUT_HIT;
}

static void open_place(struct shortcut *shortcut, uint32_t place)
{
	if (shortcut->state[place] != SHORTCUT_UNTOUCHED)
		return;
	shortcut->state[place] = SHORTCUT_HIT;
	for (uint32_t target = shortcut->waiting[place]; target != NOBODY;
	     target = shortcut->next[target])
		shortcut->opened(shortcut->context, target);
}

static void enter_place(struct shortcut *shortcut, uint32_t place)
{
	open_place(shortcut, place);
	if (shortcut->state[place] == SHORTCUT_ENTERED)
		return;
	shortcut->state[place] = SHORTCUT_ENTERED;
	for (uint32_t target = shortcut->waiting[place]; target != NOBODY;
	     target = shortcut->next[target])
		shortcut->targets[shortcut->target_count++] = target;
}

/* All places of a zone from `first` to `end`, but none below one that is not of the zone, nor, as
 * they have been looked at, below one that is entered where those are to be. */
static void visit(struct shortcut *shortcut, uint32_t first, uint32_t end, bool enter)
{
	const struct outbreak_peering *peering = shortcut->effect->population->world->peering;
	uint32_t zone = zone_at(shortcut, first);

	for (uint32_t place = first; place <= end;) {
		bool entered = enter && shortcut->state[place] == SHORTCUT_ENTERED;
		if (entered || zone_at(shortcut, place) != zone) {
			place = peering->leave[peering->at[place]] + 1;
			continue;
		}
		if (enter)
			enter_place(shortcut, place++);
		else
			open_place(shortcut, place++);
	}
}

/* The zone around the top has all that are there, each other one its uppermost provider. */
void shortcut_open_zone(struct shortcut *shortcut, uint32_t place)
{
	const struct outbreak_world *world = shortcut->effect->population->world;
	const struct outbreak_peering *peering = world->peering;
	const uint32_t *zone = shortcut->effect->zones.of;
	uint32_t at = peering->at[place];

	while (world->parents[at] != OUTBREAK_TOP && zone[world->parents[at]] == zone[at])
		at = world->parents[at];
	if (zone[at] > 0) {
		visit(shortcut, peering->enter[at], peering->leave[at], false);
		return;
	}
	for (size_t i = 0; i < world->provider_count; i++)
		if (world->parents[i] == OUTBREAK_TOP && zone[i] == 0)
			visit(shortcut, peering->enter[i], peering->leave[i], false);
}

/* All links on the way up are open, as far as no filter is. A link leads to who enters at its
 * place, and to those below up to the next filters. */
void shortcut_scan(struct shortcut *shortcut, uint32_t place)
{
	const struct effect *effect = shortcut->effect;
	const struct outbreak_world *world = effect->population->world;
	const struct outbreak_peering *peering = world->peering;
	const uint32_t *zone = effect->zones.of;
	uint32_t provider = peering->at[place];

	for (uint32_t at = provider;
	     at != OUTBREAK_TOP && zone[at] == zone[provider] && !shortcut->followed[at];
	     at = world->parents[at]) {
		shortcut->followed[at] = 1;
		for (uint32_t i = peering->first[at];
		     i < peering->first[at + 1] && !effect->filtered[at]; i++) {
			uint32_t first = peering->place[i], peer = peering->at[first];
			if (!effect->filtered[peer])
				visit(shortcut, first, peering->leave[peer], true);
		}
	}
}

void shortcut_drop(struct shortcut *shortcut, uint32_t index)
{
	shortcut->targets[index] = shortcut->targets[--shortcut->target_count];
}
