#include "outbreak/route.h"

#include <stdlib.h>

#define TOP OUTBREAK_TOP

/* Leaves first, then whoever has no more children (Kahn 1962, DOI 10.1145/368996.369025), from the
 * end of `order` to its front. */
int route_order(const uint32_t *parents, size_t count, uint32_t *order)
{
	uint32_t *children = calloc(count + 1, sizeof *children);
	size_t placed = 0;

	if (!children)
		return ERROR_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (parents[i] != TOP)
			children[parents[i]]++;
	for (size_t i = 0; i < count; i++) {
		/* Up from here, as long as this was the last child. */
		uint32_t at = (uint32_t)i;
		while (at != TOP && children[at] == 0) {
			children[at] = UINT32_MAX; /* placed */
			order[count - ++placed] = at;
			at = parents[at];
			if (at != TOP)
				children[at]--;
		}
	}
	free(children);
	return placed == count ? 0 : ERROR_INPUT;
}

static uint32_t add_zone(struct route_zones *zones, uint32_t outside)
{
	uint32_t zone = (uint32_t)zones->count++;

	zones->outside[zone] = outside;
	zones->depth[zone] = zones->depth[outside] + 1;
	return zone;
}

int route_cut(const struct outbreak_world *world, const uint8_t *filtered, bool links,
	      struct route_zones *zones, struct error *error)
{
	size_t count = world->provider_count;

	zones->of = malloc(count * sizeof *zones->of);
	zones->outside = malloc((count + 1) * sizeof *zones->outside);
	zones->depth = malloc((count + 1) * sizeof *zones->depth);
	if (!zones->of || !zones->outside || !zones->depth) {
		route_zones_fini(zones);
		return error_set(error, ERROR_MEMORY, world->name, "no memory for its routes");
	}
	zones->outside[0] = zones->depth[0] = 0;
	zones->count = 1;
	for (size_t i = 0; i < count; i++) {
		uint32_t provider = world->top_down[i], parent = world->parents[provider];
		uint32_t above = parent == TOP ? 0 : zones->of[parent];
		bool below_filter = !links && parent != TOP && filtered[parent];
		zones->of[provider] =
			filtered[provider] || below_filter ? add_zone(zones, above) : above;
	}
	return 0;
}

void route_zones_fini(struct route_zones *zones)
{
	free(zones->of);
	free(zones->outside);
	free(zones->depth);
	*zones = (struct route_zones){ 0 };
}

unsigned route_cuts(const struct route_zones *zones, uint32_t from, uint32_t to)
{
	unsigned cuts = 0;

	while (from != to) {
		if (zones->depth[from] < zones->depth[to]) {
			uint32_t swap = from;
			from = to;
			to = swap;
		}
		from = zones->outside[from];
		cuts++;
	}
	return cuts;
}

void route_sum_up(const struct outbreak_world *world, double *values)
{
	for (size_t i = world->provider_count; i-- > 0;) {
		uint32_t provider = world->top_down[i], parent = world->parents[provider];
		if (parent != TOP)
			values[parent] += values[provider];
	}
}
