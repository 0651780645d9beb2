#include "outbreak/peering.h"

#include <stdlib.h>
#include <string.h>

#define TOP OUTBREAK_TOP

/* What is made of the links, in the world's arena. */
struct draft {
	struct outbreak_world *world;
	uint32_t *enter, *leave, *at, *climb, *first, *place, *outer;
	uint64_t *lead;
	unsigned shift; /* 64 parts of the order, or fewer */
};

/* Every tree is one stretch of the order: a provider stands in front of those below it. `leave`
 * first counts them, then is where the next child enters. */
static void number_trees(struct draft *draft)
{
	const struct outbreak_world *world = draft->world;
	uint32_t *enter = draft->enter, *leave = draft->leave, tops = 0;

	for (size_t i = 0; i < world->provider_count; i++)
		leave[i] = 1;
	for (size_t i = world->provider_count; i-- > 0;) {
		uint32_t at = world->top_down[i], parent = world->parents[at];
		if (parent != TOP)
			leave[parent] += leave[at];
	}
	for (size_t i = 0; i < world->provider_count; i++) {
		uint32_t at = world->top_down[i], parent = world->parents[at];
		uint32_t *next = parent == TOP ? &tops : &leave[parent];
		uint32_t size = leave[at];
		enter[at] = *next;
		*next += size;
		leave[at] = enter[at] + 1;
	}
	/* Where the child behind the last would enter, the tree has ended. */
	for (size_t i = 0; i < world->provider_count; i++) {
		leave[i]--;
		draft->at[enter[i]] = (uint32_t)i;
	}
}

static bool is_of_use(const struct draft *draft, const struct peering_link *link)
{
	const uint32_t *parents = draft->world->parents;
	const struct outbreak_peering order = { .enter = draft->enter, .leave = draft->leave };

	return !(parents[link->a] == TOP && parents[link->b] == TOP) &&
	       !peering_below(&order, link->a, link->b) && !peering_below(&order, link->b, link->a);
}

/* Links of one provider, by where their other side enters: two words each. */
static int by_enter(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* Both ways of every link of use, as places in the order of trees, by provider and ascending.
 * first[i + 1] is where those of provider i end. */
static uint32_t *list_both_ways(struct draft *draft, const struct peering_link *links, size_t count)
{
	size_t providers = draft->world->provider_count;
	uint32_t *first = draft->first;
	uint32_t *ways = malloc((2 * count + 1) * sizeof *ways);

	if (!ways)
		return NULL;
	memset(first, 0, (providers + 2) * sizeof *first);
	/* Counted two places ahead, so that filling moves each start to where it belongs. */
	for (size_t i = 0; i < count; i++)
		if (is_of_use(draft, &links[i])) {
			first[links[i].a + 2]++;
			first[links[i].b + 2]++;
		}
	for (size_t i = 2; i < providers + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < count; i++)
		if (is_of_use(draft, &links[i])) {
			ways[first[links[i].a + 1]++] = draft->enter[links[i].b];
			ways[first[links[i].b + 1]++] = draft->enter[links[i].a];
		}
	for (size_t i = 0; i < providers; i++)
		qsort(ways + first[i], first[i + 1] - first[i], sizeof *ways, by_enter);
	return ways;
}

/* The parts of the order from one place to another. */
static uint64_t parts_between(const struct draft *draft, uint32_t from, uint32_t to)
{
	unsigned first = from >> draft->shift, last = to >> draft->shift;

	return UINT64_MAX >> (63 - last) & UINT64_MAX << first;
}

/* What stands in `ways` twice is left out. */
static uint32_t keep_links(struct draft *draft, const uint32_t *ways)
{
	uint32_t kept = 0, begin = 0;

	for (size_t i = 0; i < draft->world->provider_count; i++) {
		uint32_t end = draft->first[i + 1], own = kept;
		draft->first[i] = kept;
		draft->lead[i] = 0;
		for (uint32_t j = begin; j < end; j++) {
			if (j > begin && ways[j] == ways[j - 1])
				continue;
			uint32_t outer = kept > own ? kept - 1 : PEERING_NONE;
			while (outer != PEERING_NONE &&
			       draft->leave[draft->at[draft->place[outer]]] < ways[j])
				outer = draft->outer[outer];
			draft->place[kept] = ways[j];
			draft->lead[i] |=
				parts_between(draft, ways[j], draft->leave[draft->at[ways[j]]]);
			draft->outer[kept++] = outer;
		}
		begin = end;
	}
	draft->first[draft->world->provider_count] = kept;
	return kept;
}

static void set_climbs(struct draft *draft)
{
	const struct outbreak_world *world = draft->world;

	for (size_t i = 0; i < world->provider_count; i++) {
		uint32_t at = world->top_down[i], parent = world->parents[at];
		bool peers = draft->first[at] < draft->first[at + 1];
		draft->climb[at] = peers ? at : parent == TOP ? TOP : draft->climb[parent];
	}
}

static int link_up(struct draft *draft, const struct peering_link *links, size_t count)
{
	struct outbreak_world *world = draft->world;
	uint32_t *ways = list_both_ways(draft, links, count);
	size_t most = ways ? draft->first[world->provider_count] : 0;
	struct outbreak_peering *peering = arena_take(world->arena, sizeof *peering);

	draft->place = arena_take(world->arena, (most + 1) * sizeof *draft->place);
	draft->outer = arena_take(world->arena, (most + 1) * sizeof *draft->outer);
	bool enough = ways && peering && draft->place && draft->outer;
	if (enough) {
		uint32_t kept = keep_links(draft, ways);
		set_climbs(draft);
		*peering = (struct outbreak_peering){ .enter = draft->enter,
						      .leave = draft->leave,
						      .at = draft->at,
						      .climb = draft->climb,
						      .first = draft->first,
						      .place = draft->place,
						      .outer = draft->outer,
						      .lead = draft->lead,
						      .shift = draft->shift };
		world->peering = kept > 0 ? peering : NULL;
	}
	free(ways);
	return enough ? 0 : ERROR_MEMORY;
}

int peering_build(struct outbreak_world *world, const struct peering_link *links, size_t count)
{
	struct draft draft = { .world = world };
	size_t size = (world->provider_count + 2) * sizeof(uint32_t);

	world->peering = NULL;
	if (count == 0)
		return 0;
	draft.enter = arena_take(world->arena, size);
	draft.leave = arena_take(world->arena, size);
	draft.at = arena_take(world->arena, size);
	draft.climb = arena_take(world->arena, size);
	draft.lead = arena_take(world->arena, world->provider_count * sizeof *draft.lead);
	draft.first = arena_take(world->arena, size);
	if (!draft.enter || !draft.leave || !draft.at || !draft.climb || !draft.lead ||
	    !draft.first)
		return ERROR_MEMORY;
	while ((world->provider_count - 1) >> draft.shift > 63)
		draft.shift++;
	number_trees(&draft);
	return link_up(&draft, links, count);
}

/* Of the peers of `a` that have `to` below them the one nearest to it: the last that enters before
 * it, or one around that. */
static uint32_t nearest_peer(const struct outbreak_peering *peering, uint32_t a, uint32_t to)
{
	uint32_t low = peering->first[a], high = peering->first[a + 1], first = low;
	uint32_t place = peering->enter[to];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (peering->place[middle] <= place)
			low = middle + 1;
		else
			high = middle;
	}
	uint32_t link = low > first ? low - 1 : PEERING_NONE;
	while (link != PEERING_NONE && peering->leave[peering->at[peering->place[link]]] < place)
		link = peering->outer[link];
	return link == PEERING_NONE ? PEERING_NONE : peering->at[peering->place[link]];
}

bool peering_cross(const struct outbreak_world *world, uint32_t from, uint32_t to,
		   struct peering_link *link)
{
	const struct outbreak_peering *peering = world->peering;

	if (!peering)
		return false;
	for (uint32_t a = peering->climb[from]; a != TOP && !peering_below(peering, to, a);
	     a = world->parents[a] == TOP ? TOP : peering->climb[world->parents[a]]) {
		/* Mostly there is none, which is quickly seen. */
		bool may = peering->lead[a] >> (peering->enter[to] >> peering->shift) & 1;
		uint32_t b = may ? nearest_peer(peering, a, to) : PEERING_NONE;
		if (b == PEERING_NONE)
			continue;
		*link = (struct peering_link){ a, b };
		return true;
	}
	return false;
}
