#include "outbreak/shortcut.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/peering.h"

#define ENTERED	 (SHORTCUT_NOBODY - 1)
#define PREFETCH 16 /* targets are mostly exposed one behind the other */

void shortcut_fini(struct shortcut *shortcut)
{
	free(shortcut->targets);
	free(shortcut->next);
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
		free(shortcut->targets);
		free(shortcut->next);
		shortcut->capacity = count + count / 8;
		shortcut->targets = malloc(shortcut->capacity * sizeof *shortcut->targets);
		shortcut->next = malloc(shortcut->capacity * sizeof *shortcut->next);
	}
	return shortcut->waiting && shortcut->followed && shortcut->of_subnet &&
	       shortcut->targets && shortcut->next;
}

int shortcut_reset(struct shortcut *shortcut, const struct effect *effect, double pair,
		   const uint32_t *subnet, size_t count, struct error *error)
{
	shortcut->effect = effect && effect->opens ? effect : NULL;
	shortcut->subnet = subnet;
	shortcut->target_count = 0;
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

/* No link leads inside a zone, and none where no way up has one. */
static bool leads(const struct shortcut *shortcut, uint32_t from, uint32_t to)
{
	const struct effect *effect = shortcut->effect;
	uint32_t here = shortcut->of_subnet[from], there = shortcut->of_subnet[to];

	if (effect->zone[from] == effect->zone[to] || here == SHORTCUT_NOBODY ||
	    there == SHORTCUT_NOBODY)
		return false;
	const uint32_t *at = effect->population->world->peering->at;
	return effect_crosses(effect, at[here], at[there]);
}

double shortcut_chance(const struct shortcut *shortcut, uint32_t from, uint32_t to)
{
	const struct effect *effect = shortcut->effect;

	if (effect->zone[from] == effect->zone[to] || leads(shortcut, from, to))
		return 1;
	return effect->candidate->pass;
}

bool shortcut_leads(const struct shortcut *shortcut, uint32_t subnet, uint32_t target)
{
	return leads(shortcut, subnet, shortcut->subnet[target]);
}

static uint32_t place_of(const struct shortcut *shortcut, uint32_t target)
{
	return shortcut->of_subnet[shortcut->subnet[target]];
}

void shortcut_expose(struct shortcut *shortcut, uint32_t target)
{
	uint32_t place = place_of(shortcut, target);

	if (target + PREFETCH < shortcut->count) {
		uint32_t soon = place_of(shortcut, target + PREFETCH);
		if (soon != SHORTCUT_NOBODY)
			__builtin_prefetch(&shortcut->waiting[soon]);
	}
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

void shortcut_scan(struct shortcut *shortcut, uint32_t subnet)
{
	uint32_t place = shortcut->of_subnet[subnet];

	if (place != SHORTCUT_NOBODY)
		follow_links(shortcut, shortcut->effect->population->world->peering->at[place]);
}

void shortcut_drop(struct shortcut *shortcut, uint32_t index)
{
	shortcut->targets[index] = shortcut->targets[--shortcut->target_count];
}
