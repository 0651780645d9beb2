#include "outbreak/shortcut.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/peering.h"

enum { FOLLOWED = 1, ENTERED = 2 };

void shortcut_fini(struct shortcut *shortcut)
{
	free(shortcut->sources);
	free(shortcut->targets);
	free(shortcut->next);
	free(shortcut->provider);
	free(shortcut->of_subnet);
	free(shortcut->waiting);
	free(shortcut->state);
	*shortcut = (struct shortcut){ 0 };
}

static bool make_room(struct shortcut *shortcut, size_t count, size_t providers, size_t subnets)
{
	if (providers > shortcut->providers || subnets > shortcut->subnets) {
		free(shortcut->waiting);
		free(shortcut->state);
		free(shortcut->of_subnet);
		shortcut->waiting = malloc(providers * sizeof *shortcut->waiting);
		shortcut->state = malloc(providers * sizeof *shortcut->state);
		shortcut->of_subnet = malloc(subnets * sizeof *shortcut->of_subnet);
		shortcut->providers = providers;
		shortcut->subnets = subnets;
	}
	if (count > shortcut->capacity) {
		free(shortcut->sources);
		free(shortcut->targets);
		free(shortcut->next);
		free(shortcut->provider);
		shortcut->capacity = count + count / 8;
		shortcut->sources = malloc(shortcut->capacity * sizeof *shortcut->sources);
		shortcut->targets = malloc(shortcut->capacity * sizeof *shortcut->targets);
		shortcut->next = malloc(shortcut->capacity * sizeof *shortcut->next);
		shortcut->provider = malloc(shortcut->capacity * sizeof *shortcut->provider);
	}
	return shortcut->waiting && shortcut->state && shortcut->of_subnet && shortcut->sources &&
	       shortcut->targets && shortcut->next && shortcut->provider;
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
	shortcut->pair = pair * (1 - effect->candidate->pass);
	memset(shortcut->waiting, 0xff, world->provider_count * sizeof *shortcut->waiting);
	memset(shortcut->state, 0, world->provider_count);
	for (size_t i = 0; i < world->subnet_count; i++) {
		uint32_t provider = world->subnets[i].provider;
		shortcut->of_subnet[i] = effect->opens[provider] ? provider : SHORTCUT_NOBODY;
	}
	return 0;
}

static void add_target(struct shortcut *shortcut, uint32_t target, uint32_t provider)
{
	shortcut->targets[shortcut->target_count++] = (struct shortcut_end){ target, provider };
}

void shortcut_expose(struct shortcut *shortcut, uint32_t target)
{
	uint32_t provider = shortcut->provider[target];

	if (provider == SHORTCUT_NOBODY)
		return;
	if (shortcut->state[provider] & ENTERED) {
		add_target(shortcut, target, provider);
		return;
	}
	shortcut->next[target] = shortcut->waiting[provider];
	shortcut->waiting[provider] = target;
}

/* A link leads to the provider: who waits there, and below it up to the next filters, can be hit.
 * Those below it follow it in the order of trees. */
static void enter(struct shortcut *shortcut, uint32_t provider)
{
	const struct effect *effect = shortcut->effect;
	const struct outbreak_peering *peering = effect->population->world->peering;
	const uint32_t *zone = effect->zones.of;
	uint32_t end = peering->leave[provider];

	for (uint32_t place = peering->enter[provider]; place <= end;) {
		uint32_t at = peering->at[place];
		if (shortcut->state[at] & ENTERED || zone[at] != zone[provider]) {
			place = peering->leave[at] + 1; /* with all below it */
			continue;
		}
		shortcut->state[at] |= ENTERED;
		for (uint32_t target = shortcut->waiting[at]; target != SHORTCUT_NOBODY;
		     target = shortcut->next[target])
			add_target(shortcut, target, at);
		shortcut->waiting[at] = SHORTCUT_NOBODY;
		place++;
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
	     at != OUTBREAK_TOP && zone[at] == zone[provider] && !(shortcut->state[at] & FOLLOWED);
	     at = world->parents[at]) {
		shortcut->state[at] |= FOLLOWED;
		for (uint32_t i = peering->first[at];
		     i < peering->first[at + 1] && !effect->filtered[at]; i++)
			if (!effect->filtered[peering->at[peering->place[i]]])
				enter(shortcut, peering->at[peering->place[i]]);
	}
}

void shortcut_scan(struct shortcut *shortcut, uint32_t number, uint32_t subnet)
{
	uint32_t provider = shortcut->of_subnet[subnet];

	if (provider == SHORTCUT_NOBODY)
		return;
	shortcut->sources[shortcut->source_count++] = (struct shortcut_end){ number, provider };
	follow_links(shortcut, provider);
}

bool shortcut_draw(const struct shortcut *shortcut, struct supply_words *words, uint32_t *source,
		   uint32_t *index)
{
	const struct shortcut_end *from =
		&shortcut->sources[supply_below(words, shortcut->source_count)];
	const uint32_t *zone = shortcut->effect->zones.of;

	*source = from->number;
	*index = supply_below(words, shortcut->target_count);
	const struct shortcut_end *to = &shortcut->targets[*index];
	return zone[from->provider] != zone[to->provider] &&
	       effect_crosses(shortcut->effect, from->provider, to->provider);
}

void shortcut_drop(struct shortcut *shortcut, uint32_t index)
{
	shortcut->targets[index] = shortcut->targets[--shortcut->target_count];
}
