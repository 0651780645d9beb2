#include "outbreak/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static int by_benefit(const struct standing *a, const struct standing *b)
{
	if (a->saved != b->saved)
		return a->saved > b->saved ? -1 : 1;
	if (a->at_first != b->at_first)
		return a->at_first > b->at_first ? -1 : 1;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct standing *a = left, *b = right;

	if (a->dropped != b->dropped)
		return a->dropped == 0 || (b->dropped != 0 && a->dropped > b->dropped) ? -1 : 1;
	int benefit = by_benefit(a, b);
	if (benefit)
		return benefit;
	bool a_harms = *text_or_empty(a->remedy->collateral),
	     b_harms = *text_or_empty(b->remedy->collateral);
	if (a_harms != b_harms)
		return a_harms ? 1 : -1;
	int names = strcmp(text_or_empty(a->remedy->name), text_or_empty(b->remedy->name));
	return names ? names : (a->remedy > b->remedy) - (a->remedy < b->remedy);
}

void order_sort(struct standing *standings, size_t count)
{
	if (count > 1)
		qsort(standings, count, sizeof *standings, compare);
}

/* Walks down groups that save the same: on the front are those of a group that disturb least, if
 * they disturb less than everybody above. */
void order_mark_front(struct standing *standings, size_t count)
{
	double least = INFINITY;

	for (size_t i = 0, end; i < count && standings[i].dropped == 0; i = end) {
		double here = INFINITY;
		for (end = i; end < count && standings[end].dropped == 0 &&
			      by_benefit(&standings[i], &standings[end]) == 0;
		     end++)
			here = fmin(here, standings[end].disturbed);
		bool useful = standings[i].saved > 0 || standings[i].at_first > 0;
		for (size_t j = i; j < end; j++)
			standings[j].pareto =
				useful && here < least && standings[j].disturbed <= here;
		least = fmin(least, here);
	}
}

/* Share of the world's expected live hosts behind places that take part. */
static double covered_share(const struct remedy_candidate *candidate,
			    const struct outbreak_world *world)
{
	double all = 0, covered = 0;
	size_t next = 0;

	if (!candidate->places)
		return candidate->share;
	/* Subnets lie provider by provider, so both are met in ascending order. */
	for (size_t i = 0; i < world->subnet_count; i++) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		uint32_t place =
			candidate->place == REMEDY_AT_SUBNET ? (uint32_t)i : subnet->provider;
		while (next < candidate->place_count && candidate->places[next] < place)
			next++;
		double hosts = outbreak_subnet_hosts(subnet);
		all += hosts;
		if (next < candidate->place_count && candidate->places[next] == place)
			covered += hosts;
	}
	return all > 0 ? covered / all : 0;
}

double order_disturbed(const struct remedy_candidate *candidate, const struct outbreak_world *world)
{
	double flows = candidate->collateral_share;

	if (flows <= 0)
		flows = *text_or_empty(candidate->collateral) ? 1 : 0;
	return flows * covered_share(candidate, world);
}
