/* The same remedy at single places, and at the largest ones together.
 *
 * Places are taken by the number of hosts there that can be infected. Where there are more of them
 * than candidates are wanted, every remedy gets its largest places and sets in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/loop.h"
#include "outbreak/route.h"

#define MOST_MEMORY ((size_t)256 << 20)

struct place {
	uint32_t index; /* of subnet or provider */
	double vulnerable;
};

/* The places of one kind, largest first. */
struct places {
	struct place *items;
	uint32_t count;
};

struct expansion {
	const struct outbreak_world *world;
	struct outbreak_candidates *out;
	struct places subnets, providers, routes; /* routes: providers, with those behind them */
	struct error *error;
};

static int larger_first(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	if (a->vulnerable != b->vulnerable)
		return a->vulnerable > b->vulnerable ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static int no_memory(struct expansion *expansion)
{
	return error_set(expansion->error, ERROR_LIMIT, expansion->world->name,
			 "remedies at single places need more than %zu MiB", MOST_MEMORY >> 20);
}

/* What a filter on the way is worth goes with the hosts that reach the others through it. */
static void list_routes(struct expansion *expansion, double *behind)
{
	const struct outbreak_world *world = expansion->world;
	struct places *routes = &expansion->routes;

	if (world->parents)
		route_sum_up(world, behind);
	for (uint32_t i = 0; i < routes->count; i++)
		routes->items[i] = (struct place){ i, behind[i] };
	qsort(routes->items, routes->count, sizeof *routes->items, larger_first);
}

static int list_places(struct expansion *expansion)
{
	const struct outbreak_world *world = expansion->world;
	struct arena *arena = expansion->out->arena;
	struct places *subnets = &expansion->subnets, *providers = &expansion->providers;
	struct places *routes = &expansion->routes;

	subnets->items = arena_take(arena, world->subnet_count * sizeof *subnets->items);
	providers->items = arena_take(arena, world->provider_count * sizeof *providers->items);
	routes->items = arena_take(arena, world->provider_count * sizeof *routes->items);
	if (!subnets->items || !providers->items || !routes->items)
		return no_memory(expansion);
	subnets->count = (uint32_t)world->subnet_count;
	providers->count = routes->count = (uint32_t)world->provider_count;
	for (uint32_t i = 0; i < providers->count; i++)
		providers->items[i] = (struct place){ .index = i };
	double *behind = arena_take(arena, world->provider_count * sizeof *behind);
	if (!behind)
		return no_memory(expansion);
	memset(behind, 0, world->provider_count * sizeof *behind);
	for (uint32_t i = 0; i < subnets->count; i++) {
		double vulnerable = outbreak_subnet_vulnerable(&world->subnets[i]);
		subnets->items[i] = (struct place){ i, vulnerable };
		providers->items[world->subnets[i].provider].vulnerable += vulnerable;
		behind[world->subnets[i].provider] += vulnerable;
	}
	list_routes(expansion, behind);
	qsort(subnets->items, subnets->count, sizeof *subnets->items, larger_first);
	qsort(providers->items, providers->count, sizeof *providers->items, larger_first);
	return 0;
}

/* NULL: it has no places of its own, or does nothing there; or needs the event loop, where a run
 * costs ten times that of others: so it is tried at all places only. */
static const struct places *places_of(const struct expansion *expansion,
				      const struct remedy_candidate *candidate)
{
	const struct places *places = candidate->place == REMEDY_AT_SUBNET ? &expansion->subnets
				      : candidate->place == REMEDY_AT_PROVIDER
					      ? &expansion->providers
					      : &expansion->routes;

	if (candidate->place == REMEDY_AT_HOST || candidate->effect == REMEDY_CONTROL ||
	    loop_needed_for(candidate) || candidate->places || candidate->share <= 0 ||
	    places->count < 2)
		return NULL;
	return places;
}

/* Option `option` of a remedy: single places and sets of 2, 4, 8 … in turn, by size. Zero past the
 * last. */
struct option {
	uint32_t first, count; /* of the list of places */
};

static struct option option_at(const struct places *places, uint32_t option)
{
	uint32_t sets = 0;

	while (sets < 30 && 2u << sets < places->count)
		sets++;
	if (option < 2 * sets)
		return option % 2 ? (struct option){ 0, 2u << option / 2 }
				  : (struct option){ option / 2, 1 };
	return option - sets < places->count ? (struct option){ option - sets, 1 }
					     : (struct option){ 0 };
}

static int ascending(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static int name_it(struct expansion *expansion, const struct remedy_candidate *whole,
		   const struct option *option, struct remedy_candidate *candidate)
{
	const struct outbreak_world *world = expansion->world;
	bool subnets = whole->place == REMEDY_AT_SUBNET;
	const char *kind = subnets ? "subnet" : "provider";
	char name[600], title[1200];

	if (option->count == 1) {
		uint32_t place = candidate->places[0];
		const char *text =
			subnets ? world->subnets[place].name : world->providers[place].name;
		snprintf(name, sizeof name, "%.250s@%.250s", whole->name, text);
		snprintf(title, sizeof title, "%.700s, at %s %.250s", whole->title, kind, text);
	} else {
		snprintf(name, sizeof name, "%.250s@largest-%u", whole->name, option->count);
		snprintf(title, sizeof title, "%.700s, at the %u largest %ss together",
			 whole->title, option->count, kind);
	}
	candidate->name = arena_copy(expansion->out->arena, bytes_of(name));
	candidate->title = arena_copy(expansion->out->arena, bytes_of(title));
	return candidate->name && candidate->title ? 0 : no_memory(expansion);
}

static int add(struct expansion *expansion, const struct remedy_candidate *whole,
	       const struct places *places, const struct option *option)
{
	struct outbreak_candidates *out = expansion->out;
	struct remedy_candidate *candidate = &out->items[out->count];
	uint32_t *chosen = arena_take(out->arena, option->count * sizeof *chosen);

	if (!chosen)
		return no_memory(expansion);
	for (uint32_t i = 0; i < option->count; i++)
		chosen[i] = places->items[option->first + i].index;
	qsort(chosen, option->count, sizeof *chosen, ascending);
	*candidate = *whole;
	candidate->whole = whole;
	candidate->places = chosen;
	candidate->place_count = option->count;
	candidate->share = 1;
	out->count++;
	return name_it(expansion, whole, option, candidate);
}

/* Option by option, remedy by remedy, until there are `most`. */
static int add_all(struct expansion *expansion, size_t given, size_t most)
{
	struct outbreak_candidates *out = expansion->out;
	bool more = true;
	int result = 0;

	for (uint32_t option = 0; result == 0 && more; option++) {
		more = false;
		for (size_t i = 0; result == 0 && i < given; i++) {
			const struct places *places = places_of(expansion, &out->items[i]);
			struct option chosen =
				places ? option_at(places, option) : (struct option){ 0 };
			if (chosen.count == 0)
				continue;
			more = true;
			if (out->count < most)
				result = add(expansion, &out->items[i], places, &chosen);
			else
				out->left_out++;
		}
	}
	return result;
}

int outbreak_candidates_at_places(const struct outbreak_world *world,
				  const struct remedy_candidate *candidates, size_t count,
				  size_t most, struct outbreak_candidates *out, struct error *error)
{
	struct expansion expansion = { .world = world, .out = out, .error = error };
	size_t room = count > most ? count : most;

	*out = (struct outbreak_candidates){ .arena = arena_new(MOST_MEMORY) };
	if (!out->arena)
		return error_set(error, ERROR_MEMORY, world->name, "no memory for remedies");
	out->items = arena_take(out->arena, (room + 1) * sizeof *out->items);
	if (!out->items) {
		outbreak_candidates_fini(out);
		return no_memory(&expansion);
	}
	for (size_t i = 0; i < count; i++)
		out->items[i] = candidates[i];
	out->count = count;
	int result = list_places(&expansion);
	if (result == 0 && most > 0)
		result = add_all(&expansion, count, most);
	if (result < 0)
		outbreak_candidates_fini(out);
	return result;
}

void outbreak_candidates_fini(struct outbreak_candidates *candidates)
{
	arena_free(candidates->arena);
	*candidates = (struct outbreak_candidates){ 0 };
}
