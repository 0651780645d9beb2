#include "outbreak/link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int link_init(struct link *link, const struct hosts *hosts, double rate, struct error *error)
{
	const struct outbreak_world *world = hosts->population->world;
	const struct outbreak_worm *worm = hosts->worm;
	bool limited = false;

	*link = (struct link){ .hosts = hosts, .rate = rate };
	if (worm->offline > 0 && worm->online > 0)
		link->rate *= worm->online / (worm->online + worm->offline);
	for (size_t i = 0; i < world->provider_count; i++)
		limited = limited || world->providers[i].uplink > 0;
	if (!limited || worm->scan_bytes <= 0)
		return 0;
	link->capacity = malloc(world->provider_count * sizeof *link->capacity);
	link->first = malloc((world->provider_count + 1) * sizeof *link->first);
	if (!link->capacity || !link->first) {
		link_fini(link);
		return error_set(error, ERROR_MEMORY, world->name, "no memory for its providers");
	}
	for (size_t i = 0; i < world->provider_count; i++) {
		double uplink = world->providers[i].uplink;
		link->capacity[i] = uplink > 0 ? uplink / (8 * worm->scan_bytes) : INFINITY;
	}
	return 0;
}

void link_fini(struct link *link)
{
	free(link->capacity);
	free(link->first);
	free(link->place);
	free(link->host_at);
	sum_tree_fini(&link->load);
	*link = (struct link){ 0 };
}

static int link_make_room(struct link *link, size_t count, struct error *error)
{
	if (count <= link->room)
		return 0;
	size_t wanted = count + count / 8;
	free(link->place);
	free(link->host_at);
	sum_tree_fini(&link->load);
	link->room = 0;
	link->place = malloc(wanted * sizeof *link->place);
	link->host_at = malloc(wanted * sizeof *link->host_at);
	if (!link->place || !link->host_at || sum_tree_init(&link->load, wanted) < 0)
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
	link->room = wanted;
	return 0;
}

static uint32_t link_provider(const struct link *link, uint32_t host)
{
	const struct population *population = link->hosts->population;
	return population->world->subnets[population_subnet(population, host)].provider;
}

int link_reset(struct link *link, struct error *error)
{
	const struct population *population = link->hosts->population;
	size_t providers = population->world->provider_count;

	if (!link_limited(link))
		return 0;
	int result = link_make_room(link, (size_t)population->count + 1, error);
	if (result < 0)
		return result;
	sum_tree_clear(&link->load, (size_t)population->count + 1);
	/* Counting sort: `first` of the next provider runs along until it is its own end. */
	memset(link->first, 0, (providers + 1) * sizeof *link->first);
	for (uint32_t host = 0; host < population->count; host++)
		link->first[link_provider(link, host) + 1]++;
	for (size_t i = 0; i < providers; i++)
		link->first[i + 1] += link->first[i];
	for (uint32_t host = 0; host < population->count; host++) {
		uint32_t place = link->first[link_provider(link, host)]++;
		link->place[host] = place;
		link->host_at[place] = host;
	}
	memmove(link->first + 1, link->first, providers * sizeof *link->first);
	link->first[0] = 0;
	return 0;
}

void link_load(struct link *link, uint32_t host, double factor)
{
	if (link_limited(link))
		sum_tree_set(&link->load, link->place[host],
			     link->rate * hosts_weight(link->hosts, host) * factor);
}

double link_demand(const struct link *link, uint32_t provider)
{
	return sum_tree_before(&link->load, link->first[provider + 1]) -
	       sum_tree_before(&link->load, link->first[provider]);
}

double link_share(const struct link *link, uint32_t provider)
{
	if (!link_limited(link) || link->capacity[provider] == INFINITY)
		return 1;
	double demand = link_demand(link, provider);
	return demand > link->capacity[provider] ? link->capacity[provider] / demand : 1;
}

uint32_t link_draw(const struct link *link, uint32_t provider, struct random *random)
{
	double before = sum_tree_before(&link->load, link->first[provider]);
	double demand = link_demand(link, provider);

	return link->host_at[sum_tree_draw(&link->load, link->first[provider],
					   link->first[provider + 1], before, demand, random)];
}
