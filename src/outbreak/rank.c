/* Ranking: a race of the candidates (race.h), their order (order.h), and the best together
 * (combine.h). */
#include <stdlib.h>

#include "outbreak/check.h"
#include "outbreak/combine.h"
#include "outbreak/order.h"

struct outbreak_run outbreak_default_run(void)
{
	return (struct outbreak_run){
		.duration = 86400, .replicas = 20, .seed = 1, .curve_points = 97, .threads = 0
	};
}

void outbreak_ask_all(struct outbreak_run *run)
{
	enum { TABLES = 3, DELAYS = 8 };
	static const double usual[TABLES][DELAYS] = {
		{ 0, 1, 10, 30, 60, 300, 900, 1800 },
		{ 0, 300, 900, 3600, 7200, 14400, 28800, 57600 },
		{ 0, 3600, 14400, 28800, 86400, 172800, 345600, 604800 },
	};
	const double *table = usual[run->duration <= 3600 ? 0 : run->duration <= 172800 ? 1 : 2];

	run->delays = table;
	run->delay_count = 0;
	while (run->delay_count < DELAYS && table[run->delay_count] < run->duration)
		run->delay_count++;
	run->finalists = 12;
	run->combine = 3;
	run->candidates = 200;
}

double outbreak_point_time(const struct outbreak_run *run, uint32_t index)
{
	return run->duration * index / (run->curve_points - 1);
}

static int check(const struct race *race, struct error *error)
{
	int result = check_worm(race->worm, race->world, error);

	if (result == 0)
		result = check_run(race->run, error);
	for (size_t i = 0; result == 0 && i < race->count; i++) {
		result = check_candidate(&race->candidates[i], error);
		if (result == 0)
			result = check_places(&race->candidates[i], race->world, error);
	}
	return result;
}

/* The rounds change owner. */
static int tell_all(struct race *race, struct outbreak_result *result, struct error *error)
{
	struct standing *order = malloc((race->count + 1) * sizeof *order);
	int code = order ? tally_result(&race->tally, race->candidates, result, error)
			 : error_set(error, ERROR_MEMORY, "run", "no memory for the ranking");

	if (code == 0)
		code = race_tell(race, result, error);
	if (code == 0)
		code = race_stand(race, order, error);
	if (code == 0)
		code = combine_greedily(race, order, result, error);
	result->rounds = race->rounds;
	result->round_count = race->round_count;
	race->rounds = NULL;
	free(order);
	if (code < 0)
		outbreak_result_fini(result);
	return code;
}

int outbreak_rank(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct outbreak_run *run, const struct remedy_candidate *candidates,
		  size_t candidate_count, outbreak_progress *progress, void *context,
		  struct outbreak_result *result, struct error *error)
{
	struct race race = { .world = world,
			     .worm = worm,
			     .run = run,
			     .candidates = candidates,
			     .count = candidate_count,
			     .progress = progress,
			     .context = context };

	*result = (struct outbreak_result){ 0 };
	int code = check(&race, error);
	if (code == 0)
		code = race_init(&race, error);
	if (code < 0)
		return code;
	code = race_run(&race, error);
	if (code == 0)
		code = tell_all(&race, result, error);
	race_fini(&race);
	return code;
}

static void forecast_fini(struct outbreak_forecast *forecast)
{
	free(forecast->curve);
	free(forecast->deadline);
	free(forecast->subnet_infected);
	free(forecast->subnet_vulnerable);
}

void outbreak_result_fini(struct outbreak_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		forecast_fini(&result->forecasts[i]);
	for (size_t i = 0; i < result->combination_count; i++) {
		free(result->combinations[i].members);
		forecast_fini(&result->combinations[i].forecast);
	}
	free(result->forecasts);
	free(result->rounds);
	free(result->combinations);
	*result = (struct outbreak_result){ 0 };
}
