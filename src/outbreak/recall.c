/* Outbreaks of the past: each replica is simulated without remedy, its figures are measured, and
 * bands over replicas are held against what was recorded.
 * Ranks share the replicas, and all come to know all values. */
#include <math.h>
#include <stdlib.h>

#include "outbreak/check.h"
#include "outbreak/crew.h"
#include "outbreak/figure.h"
#include "outbreak/paired.h"
#include "outbreak/ranks.h"

#define MOST_VALUES ((size_t)100000000)

struct recall {
	const struct outbreak_scenario *scenario;
	double *values; /* [figure][replica] */
};

static int measure_all(void *context, struct replica *replica, struct error *error)
{
	struct recall *recall = context;
	const struct outbreak_scenario *scenario = recall->scenario;
	int result = 0;

	for (size_t i = 0; result == 0 && i < scenario->figure_count; i++)
		result = figure_measure(&scenario->figures[i], replica,
					recall->values + i * scenario->run.replicas +
						replica->population.replica,
					error);
	return result;
}

/* Beyond what can be measured is "never". */
static double never_is_infinite(double value)
{
	return value > FIGURE_NEVER / 1e100 ? INFINITY : value;
}

static void conclude(const struct recall *recall, struct outbreak_recalled *recalled)
{
	const struct outbreak_scenario *scenario = recall->scenario;
	uint32_t replicas = scenario->run.replicas;

	for (size_t i = 0; i < scenario->figure_count; i++) {
		const struct outbreak_figure *figure = &scenario->figures[i];
		struct outbreak_band band = paired_band(recall->values + i * replicas, replicas);
		recalled[i].simulated = (struct outbreak_band){
			.low = never_is_infinite(band.low),
			.median = never_is_infinite(band.median),
			.high = never_is_infinite(band.high),
		};
		recalled[i].within = isfinite(recalled[i].simulated.low) &&
				     band.high >= figure->low && band.low <= figure->high;
	}
}

int outbreak_recall(const struct outbreak_scenario *scenario, struct outbreak_recalled *recalled,
		    struct error *error)
{
	size_t count = scenario->figure_count;
	struct recall recall = { .scenario = scenario };
	struct crew_job job = { .world = &scenario->world,
				.worm = &scenario->worm,
				.run = &scenario->run,
				.end = scenario->run.replicas,
				.simulate = measure_all,
				.context = &recall };
	int result = check_worm(&scenario->worm, &scenario->world, error);

	if (result == 0)
		result = check_run(&scenario->run, error);
	if (result < 0 || count == 0)
		return result;
	if (count > MOST_VALUES / scenario->run.replicas)
		return error_set(error, ERROR_LIMIT, "run",
				 "%zu figures of %u replicas are too many, allowed are %zu values",
				 count, scenario->run.replicas, MOST_VALUES);
	recall.values = calloc(count * scenario->run.replicas, sizeof *recall.values);
	if (!recall.values)
		result = error_set(error, ERROR_MEMORY, "run", "no memory for %zu figures", count);
	result = ranks_agree(scenario->run.ranks, result, error);
	if (result == 0)
		result = crew_run(&job, error);
	if (result == 0)
		result = ranks_join_values(scenario->run.ranks, recall.values,
					   count * scenario->run.replicas, error);
	if (result == 0)
		conclude(&recall, recalled);
	free(recall.values);
	return result;
}
