#include "outbreak/shortcut.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/peering.h"

#define ENTERED	 (SHORTCUT_NOBODY - 1)
#define PREFETCH 16 /* targets are mostly exposed one behind the other */

void shortcut_fini(struct shortcut *shortcut)
{
	free(shortcut->sources);
	free(shortcut->targets);
	free(shortcut->next);
	free(shortcut->place);
	free(shortcut->of_subnet);
	free(shortcut->waiting);
	free(shortcut->followed);
	*shortcut = (struct shortcut){ 0 };
}

static bool make_room(struct shortcut *shortcut, size_t count, size_t providers, size_t subnets)
{
	if (providers > shortcut->providers || subnets > shortcut->subnets) {
		free(shortcut->waiting);
		free(shortcut->followed);
		free(shortcut->of_subnet);
		shortcut->waiting = malloc(providers * sizeof *shortcut->waiting);
		shortcut->followed = malloc(providers);
		shortcut->of_subnet = malloc(subnets * sizeof *shortcut->of_subnet);
		shortcut->providers = providers;
		shortcut->subnets = subnets;
	}
	if (count > shortcut->capacity) {
		free(shortcut->sources);
		free(shortcut->targets);
		free(shortcut->next);
		free(shortcut->place);
		shortcut->capacity = count + count / 8;
		shortcut->sources = malloc(shortcut->capacity * sizeof *shortcut->sources);
		shortcut->targets = malloc(shortcut->capacity * sizeof *shortcut->targets);
		shortcut->next = malloc(shortcut->capacity * sizeof *shortcut->next);
		shortcut->place = malloc(shortcut->capacity * sizeof *shortcut->place);
	}
	return shortcut->waiting && shortcut->followed && shortcut->of_subnet &&
	       shortcut->sources && shortcut->targets && shortcut->next && shortcut->place;
}

int shortcut_reset(struct shortcut *shortcut, const struct effect *effect, double pair,
		   size_t count, struct error *error)
{
	shortcut->effect = effect && effect->opens ? effect : NULL;
	shortcut->source_count = shortcut->target_count = 0;
	if (!shortcut->effect)
		return 0;
	const struct outbreak_world *world = effect->population->world;
	if (!make_room(shortcut, count + 1, world->provider_count, world->subnet_count)) {
		shortcut_fini(shortcut);
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", count);
	}
	shortcut->count = count;
	shortcut->pair = pair * (1 - effect->candidate->pass);
	memset(shortcut->waiting, 0xff, world->provider_count * sizeof *shortcut->waiting);
	memset(shortcut->followed, 0, world->provider_count);
	for (size_t i = 0; i < world->subnet_count; i++) {
		uint32_t provider = world->subnets[i].provider;
		shortcut->of_subnet[i] =
			effect->opens[provider] ? world->peering->enter[provider] : SHORTCUT_NOBODY;
	}
	return 0;
}

void shortcut_expose(struct shortcut *shortcut, uint32_t target)
{
	uint32_t place = shortcut->place[target];

	if (target + PREFETCH < shortcut->count &&
	    shortcut->place[target + PREFETCH] != SHORTCUT_NOBODY)
		__builtin_prefetch(&shortcut->waiting[shortcut->place[target + PREFETCH]]);
	if (place == SHORTCUT_NOBODY)
		return;
	if (shortcut->waiting[place] == ENTERED) {
		shortcut->targets[shortcut->target_count++] = target;
		return;
	}
	shortcut->next[target] = shortcut->waiting[place];
	shortcut->waiting[place] = target;
}

/* A link leads to who enters at `first`: whoever waits there, and below up to the next filters, can
 * be hit. */
static void enter(struct shortcut *shortcut, uint32_t first)
{
	const struct effect *effect = shortcut->effect;
	const struct outbreak_peering *peering = effect->population->world->peering;
	const uint32_t *zone = effect->zones.of;
	uint32_t provider = peering->at[first], end = peering->leave[provider];

	for (uint32_t place = first; place <= end;) {
		uint32_t at = peering->at[place];
		if (shortcut->waiting[place] == ENTERED || zone[at] != zone[provider]) {
			place = peering->leave[at] + 1; /* with all below it */
			continue;
		}
		for (uint32_t target = shortcut->waiting[place]; target != SHORTCUT_NOBODY;
		     target = shortcut->next[target])
			shortcut->targets[shortcut->target_count++] = target;
		shortcut->waiting[place++] = ENTERED;
	}
}

/* Somebody scans behind the provider: all links on the way up are open, as far as no filter is. */
static void follow_links(struct shortcut *shortcut, uint32_t provider)
{
	const struct effect *effect = shortcut->effect;
	const struct outbreak_world *world = effect->population->world;
	const struct outbreak_peering *peering = world->peering;
	const uint32_t *zone = effect->zones.of;

	for (uint32_t at = provider;
	     at != OUTBREAK_TOP && zone[at] == zone[provider] && !shortcut->followed[at];
	     at = world->parents[at]) {
		shortcut->followed[at] = 1;
		for (uint32_t i = peering->first[at];
		     i < peering->first[at + 1] && !effect->filtered[at]; i++)
			if (shortcut->waiting[peering->place[i]] != ENTERED &&
			    !effect->filtered[peering->at[peering->place[i]]])
				enter(shortcut, peering->place[i]);
	}
}

void shortcut_scan(struct shortcut *shortcut, uint32_t number, uint32_t subnet)
{
	uint32_t place = shortcut->of_subnet[subnet];

	if (place == SHORTCUT_NOBODY)
		return;
	shortcut->sources[shortcut->source_count++] = (struct shortcut_source){ number, place };
	follow_links(shortcut, shortcut->effect->population->world->peering->at[place]);
}

bool shortcut_draw(const struct shortcut *shortcut, struct supply_words *words, uint32_t *source,
		   uint32_t *index)
{
	const struct effect *effect = shortcut->effect;
	const uint32_t *at = effect->population->world->peering->at;
	const struct shortcut_source *from =
		&shortcut->sources[supply_below(words, shortcut->source_count)];

	*source = from->number;
	*index = supply_below(words, shortcut->target_count);
	uint32_t here = at[from->place], there = at[shortcut->place[shortcut->targets[*index]]];
	return effect->zones.of[here] != effect->zones.of[there] &&
	       effect_crosses(effect, here, there);
}

void shortcut_drop(struct shortcut *shortcut, uint32_t index)
{
	shortcut->targets[index] = shortcut->targets[--shortcut->target_count];
}
