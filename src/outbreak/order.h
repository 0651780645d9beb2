/* order - which remedy is better: the order of a ranking, and the Pareto front of benefit and
 * collateral. */
#ifndef KENBI_OUTBREAK_ORDER_H
#define KENBI_OUTBREAK_ORDER_H

#include "outbreak/outbreak.h"

struct standing {
	const struct remedy_candidate *remedy; /* of one array: its place there breaks ties */
	double saved, at_first; /* medians: after its own delay, after the first of run.delays */
	double disturbed;	/* see outbreak_forecast */
	unsigned dropped;	/* after that round; 0: never */
	bool pareto;
};

/* Best first, as outbreak_result says. */
void order_sort(struct standing *standings, size_t count);
/* Says who is on the front; `standings` are in order. Those dropped, and those that save nothing at
 * all, are not. */
void order_mark_front(struct standing *standings, size_t count);
/* outbreak_forecast.disturbed */
double order_disturbed(const struct remedy_candidate *candidate,
		       const struct outbreak_world *world);

#endif
