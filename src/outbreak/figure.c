/* Figures of one outbreak, from the times of its infections. */
#include "outbreak/figure.h"

#include <math.h>
#include <stdlib.h>

#define MINUTE 60.0

uint32_t figure_infected(const struct history *history, double time)
{
	uint32_t low = 0, high = history->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (history->time[middle] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double figure_time(const struct history *history, double hosts)
{
	double wanted = fmax(ceil(hosts), 1);
	return wanted <= history->count ? history->time[(uint32_t)wanted - 1] : FIGURE_NEVER;
}

double figure_peak(const struct history *history)
{
	double most = 0, minute = -1;
	uint32_t first = 0;

	for (uint32_t i = 0; i < history->count; i++) {
		if (history->time[i] <= 0) {
			first = i + 1;
			continue;
		}
		if (floor(history->time[i] / MINUTE) > minute) {
			minute = floor(history->time[i] / MINUTE);
			first = i;
		}
		most = fmax(most, i + 1 - first);
	}
	return most;
}

double figure_doubling(const struct history *history, double from, double to)
{
	double end = figure_time(history, to);
	return end < FIGURE_NEVER ? (end - figure_time(history, from)) / log2(to / from)
				  : FIGURE_NEVER;
}

/* Scans per second of each provider's hosts. */
static void add_demand(const struct history *history, const struct hosts *hosts, double rate,
		       double time, double *demand)
{
	const struct population *population = hosts->population;
	uint32_t count = figure_infected(history, time);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t host = history->host[i];
		uint32_t provider =
			population->world->subnets[population_subnet(population, host)].provider;
		demand[provider] += rate * hosts_weight(hosts, host);
	}
}

static double total_rate(const struct outbreak_worm *worm)
{
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	size_t count = outbreak_worm_vectors(worm, vectors);
	double rate = 0;

	for (size_t i = 0; i < count; i++)
		rate += vectors[i].scan == OUTBREAK_MAIL ? 0 : vectors[i].rate;
	return rate;
}

int figure_scans(const struct replica *replica, double time, double *scans, struct error *error)
{
	size_t providers = replica->population.world->provider_count;
	double *demand = calloc(providers, sizeof *demand);
	struct hosts hosts;
	struct link link;

	*scans = 0;
	if (!demand)
		return error_set(error, ERROR_MEMORY, "figures", "no memory for %zu providers",
				 providers);
	hosts_init(&hosts, &replica->population, replica->worm);
	int result = link_init(&link, &hosts, total_rate(replica->worm), error);
	if (result == 0)
		result = hosts_draw(&hosts, error);
	if (result == 0) {
		add_demand(&replica->base, &hosts, link.rate, time - replica->worm->latency,
			   demand);
		for (size_t i = 0; i < providers; i++)
			*scans +=
				link_limited(&link) ? fmin(demand[i], link.capacity[i]) : demand[i];
	}
	link_fini(&link);
	hosts_fini(&hosts);
	free(demand);
	return result;
}

int figure_measure(const struct outbreak_figure *figure, const struct replica *replica,
		   double *value, struct error *error)
{
	const struct history *history = &replica->base;
	double vulnerable = replica->population.count;

	switch (figure->measure) {
	case OUTBREAK_INFECTED: *value = figure_infected(history, figure->at); break;
	case OUTBREAK_INFECTED_SHARE:
		*value = vulnerable > 0 ? figure_infected(history, figure->at) / vulnerable : 0;
		break;
	case OUTBREAK_TIME_TO_HOSTS: *value = figure_time(history, figure->hosts); break;
	case OUTBREAK_TIME_TO_SHARE:
		*value = figure_time(history, figure->share * vulnerable);
		break;
	case OUTBREAK_PEAK_PER_MINUTE: *value = figure_peak(history); break;
	case OUTBREAK_DOUBLING: *value = figure_doubling(history, figure->from, figure->to); break;
	case OUTBREAK_SCANS: return figure_scans(replica, figure->at, value, error);
	}
	return 0;
}
