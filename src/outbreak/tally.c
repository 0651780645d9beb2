#include "outbreak/tally.h"

#include <stdlib.h>

#include "outbreak/paired.h"
#include "outbreak/ranks.h"

#define MOST_MEMORY ((size_t)8 << 30)

int tally_init(struct tally *tally, const struct outbreak_run *run, size_t forecasts,
	       size_t subnets, struct error *error)
{
	double cells = (double)forecasts * run->curve_points * run->replicas;
	double sums = (double)(forecasts + 2) * (double)subnets;

	*tally = (struct tally){ .run = run, .forecasts = forecasts, .subnets = subnets };
	if (cells * sizeof *tally->curve + sums * sizeof *tally->subnet_infected >
	    (double)MOST_MEMORY)
		return error_set(error, ERROR_LIMIT, "run",
				 "%zu remedies with %u replicas and %u curve points need more than "
				 "%zu GiB; ask for fewer",
				 forecasts - 1, run->replicas, run->curve_points,
				 MOST_MEMORY >> 30);
	tally->told = calloc(forecasts, sizeof *tally->told);
	tally->curve = calloc((size_t)cells, sizeof *tally->curve);
	tally->subnet_infected =
		calloc((size_t)forecasts * subnets, sizeof *tally->subnet_infected);
	tally->subnet_vulnerable = calloc(subnets, sizeof *tally->subnet_vulnerable);
	if (tally->told && tally->curve && tally->subnet_infected && tally->subnet_vulnerable)
		return 0;
	tally_fini(tally);
	return error_set(error, ERROR_MEMORY, "run", "no memory for the results");
}

void tally_fini(struct tally *tally)
{
	free(tally->told);
	free(tally->curve);
	free(tally->subnet_infected);
	free(tally->subnet_vulnerable);
	*tally = (struct tally){ 0 };
}

static uint32_t *point_slots(const struct tally *tally, size_t forecast, uint32_t point)
{
	size_t row = forecast * tally->run->curve_points + point;
	return tally->curve + row * tally->run->replicas;
}

/* How many are infected at `time`: at least `low`. */
static uint32_t infected_until(const struct history *history, uint32_t low, double time)
{
	uint32_t high = history->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (history->time[middle] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void tally_curve(struct tally *tally, size_t forecast, uint32_t replica,
		 const struct history *history)
{
	uint32_t infected = 0, last = tally->run->curve_points - 1;

	for (uint32_t point = 0; point < last; point++) {
		infected =
			infected_until(history, infected, outbreak_point_time(tally->run, point));
		point_slots(tally, forecast, point)[replica] = infected;
	}
	point_slots(tally, forecast, last)[replica] = history->count;
}

void tally_subnets(struct tally *tally, size_t forecast, const struct population *population,
		   const struct history *history)
{
	uint64_t *sums = tally->subnet_infected + forecast * tally->subnets;

	if (history->count == population->count || tally->subnets == 1) {
		for (size_t i = 0; tally->subnets > 1 && i < tally->subnets; i++)
			sums[i] += population->first[i + 1] - population->first[i];
		if (tally->subnets == 1)
			sums[0] += history->count;
		return;
	}
	for (uint32_t i = 0; i < history->count; i++)
		sums[population_subnet(population, history->host[i])]++;
}

void tally_population(struct tally *tally, const struct population *population)
{
	tally->live += population->live;
	tally->vulnerable += population->count;
	for (size_t i = 0; i < tally->subnets; i++)
		tally->subnet_vulnerable[i] += population->first[i + 1] - population->first[i];
}

int tally_join(struct tally *tally, size_t forecast, uint32_t first, uint32_t end,
	       struct error *error)
{
	struct ranks_rows rows = { .cells = point_slots(tally, forecast, 0),
				   .rows = tally->run->curve_points,
				   .stride = tally->run->replicas };
	return ranks_join_rows(tally->run->ranks, &rows, first, end, error);
}

int tally_join_sums(struct tally *tally, struct error *error)
{
	const struct outbreak_ranks *ranks = tally->run->ranks;
	size_t sums = tally->forecasts * tally->subnets;
	int result = ranks_sum(ranks, tally->subnet_infected, sums, error);

	if (result == 0)
		result = ranks_sum(ranks, tally->subnet_vulnerable, tally->subnets, error);
	if (result == 0)
		result = ranks_sum(ranks, &tally->live, 1, error);
	if (result == 0)
		result = ranks_sum(ranks, &tally->vulnerable, 1, error);
	return result;
}

uint32_t tally_end(const struct tally *tally, size_t forecast, uint32_t replica)
{
	return point_slots(tally, forecast, tally->run->curve_points - 1)[replica];
}

static void fill(const struct tally *tally, size_t index, struct outbreak_forecast *forecast,
		 double *values)
{
	uint32_t points = tally->run->curve_points, replicas = tally->told[index];
	double all = tally->told[0];

	forecast->replicas = replicas;
	forecast->hosts = (double)tally->live / all;
	forecast->vulnerable = (double)tally->vulnerable / all;
	for (uint32_t point = 0; point < points; point++) {
		const uint32_t *slots = point_slots(tally, index, point);
		for (uint32_t r = 0; r < replicas; r++)
			values[r] = slots[r];
		forecast->curve[point] = paired_band(values, replicas);
	}
	forecast->infected = forecast->curve[points - 1];
	for (uint32_t r = 0; r < replicas; r++)
		values[r] = (double)tally_end(tally, 0, r) - tally_end(tally, index, r);
	forecast->mean_saved = paired_mean(values, replicas);
	forecast->interval = paired_interval(values, replicas);
	forecast->saved = paired_band(values, replicas);
	for (size_t i = 0; i < tally->subnets; i++) {
		const uint64_t *sums = tally->subnet_infected + index * tally->subnets;
		forecast->subnet_infected[i] = (double)sums[i] / replicas;
		forecast->subnet_vulnerable[i] = (double)tally->subnet_vulnerable[i] / all;
	}
}

int tally_result(const struct tally *tally, const struct remedy_candidate *candidates,
		 struct outbreak_result *result, struct error *error)
{
	uint32_t points = tally->run->curve_points;
	double *values = malloc(tally->run->replicas * sizeof *values);

	*result =
		(struct outbreak_result){ .curve_points = points, .subnet_count = tally->subnets };
	result->forecasts = calloc(tally->forecasts, sizeof *result->forecasts);
	bool enough = values && result->forecasts;
	for (size_t i = 0; enough && i < tally->forecasts; i++) {
		struct outbreak_forecast *forecast = &result->forecasts[result->count++];
		forecast->remedy = i == 0 || !candidates ? NULL : &candidates[i - 1];
		forecast->curve = calloc(points, sizeof *forecast->curve);
		forecast->subnet_infected = calloc(tally->subnets, sizeof(double));
		forecast->subnet_vulnerable = calloc(tally->subnets, sizeof(double));
		enough =
			forecast->curve && forecast->subnet_infected && forecast->subnet_vulnerable;
		if (enough)
			fill(tally, i, forecast, values);
	}
	free(values);
	if (enough)
		return 0;
	outbreak_result_fini(result);
	return error_set(error, ERROR_MEMORY, "run", "no memory for the results");
}
