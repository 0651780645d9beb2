/* The forecast of an outbreak and the ranking of remedies, as records.
 *
 * Each remedy is simulated twice: in force after its delay, and in force from the first moment.
 * What is saved with the delay decides the rank. Where the outbreak is faster than any reaction,
 * all of that is nothing, and what would have been saved at once tells which remedy to have in
 * place before the next one. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>

struct standing {
	const struct outbreak_forecast *forecast;
	struct outbreak_band at_once; /* saved with no delay */
};

static json_t *world_record(const struct outbreak_world *world,
			    const struct outbreak_forecast *baseline)
{
	json_t *providers = json_array(), *subnets = json_array();

	for (size_t i = 0; i < world->provider_count; i++)
		json_array_append_new(providers, json_string(world->providers[i].name));
	for (size_t i = 0; i < world->subnet_count; i++) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		json_array_append_new(subnets,
				      json_pack("{s:s, s:I, s:I, s:f, s:f}", "name", subnet->name,
						"provider", (json_int_t)subnet->provider,
						"addresses", (json_int_t)subnet->addresses, "hosts",
						(double)subnet->addresses * subnet->live_share,
						"vulnerable", baseline->subnet_vulnerable[i]));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:I}", "type", "world", "name", world->name,
			 "providers", providers, "subnets", subnets, "scanned_space",
			 (json_int_t)world->scanned_space);
}

static json_t *worm_record(const struct outbreak_worm *worm, const char *derived_from)
{
	static const char *const scans[] = { [OUTBREAK_RANDOM] = "random",
					     [OUTBREAK_SEQUENTIAL] = "sequential",
					     [OUTBREAK_LOCAL] = "local" };

	return json_pack("{s:s, s:s, s:f, s:f, s:i, s:i, s:f, s:s}", "type", "worm", "scan",
			 scans[worm->scan], "rate", worm->rate, "local_share", worm->local_share,
			 "port", worm->port, "initially_infected", (int)worm->initially_infected,
			 "latency", worm->latency, "derived_from", derived_from);
}

static json_t *band(struct outbreak_band band)
{
	return json_pack("{s:f, s:f, s:f}", "low", band.low, "median", band.median, "high",
			 band.high);
}

static json_t *forecast_record(const struct standing *standing,
			       const struct outbreak_result *result, const struct outbreak_run *run,
			       size_t rank, int64_t remedy)
{
	const struct outbreak_forecast *forecast = standing->forecast;
	json_t *curve = json_array(), *infected = json_array();

	for (uint32_t i = 0; i < result->curve_points; i++) {
		double time = run->duration * i / (result->curve_points - 1);
		const struct outbreak_band *at = &forecast->curve[i];
		json_array_append_new(
			curve, json_pack("[f, f, f, f]", time, at->low, at->median, at->high));
	}
	for (size_t i = 0; i < result->subnet_count; i++)
		json_array_append_new(infected, json_real(forecast->subnet_infected[i]));
	return json_pack("{s:s, s:I, s:o, s:s, s:f, s:I, s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o}",
			 "type", "forecast", "rank", (json_int_t)rank, "remedy",
			 remedy ? json_integer(remedy) : json_null(), "name",
			 forecast->remedy ? forecast->remedy->name : "nothing is done", "duration",
			 run->duration, "replicas", (json_int_t)run->replicas, "seed",
			 (json_int_t)run->seed, "hosts", forecast->hosts, "vulnerable",
			 forecast->vulnerable, "infected", band(forecast->infected), "saved",
			 band(forecast->saved), "saved_at_once", band(standing->at_once), "curve",
			 curve, "subnet_infected", infected);
}

/* Forecast of candidate `index` in a result. */
static const struct outbreak_forecast *of_candidate(const struct outbreak_result *result,
						    const struct remedy_candidate *candidates,
						    size_t index)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->forecasts[i].remedy == &candidates[index])
			return &result->forecasts[i];
	return NULL;
}

/* Nothing done first; then by what is saved, then by what would have been; of equals the given
 * order. */
static int compare_standings(const void *left, const void *right)
{
	const struct standing *a = left, *b = right;

	if (!a->forecast->remedy || !b->forecast->remedy)
		return (a->forecast->remedy != NULL) - (b->forecast->remedy != NULL);
	if (a->forecast->saved.median != b->forecast->saved.median)
		return a->forecast->saved.median > b->forecast->saved.median ? -1 : 1;
	if (a->at_once.median != b->at_once.median)
		return a->at_once.median > b->at_once.median ? -1 : 1;
	return (a->forecast > b->forecast) - (a->forecast < b->forecast);
}

static int give_all(const struct outbreak_world *world, const struct outbreak_worm *worm,
		    const char *derived_from, const struct outbreak_run *run,
		    const struct remedy_candidate *candidates, size_t count,
		    const struct outbreak_result *ranked, const struct standing *standings,
		    const struct pipeline_sink *sink, struct error *error)
{
	int result = case_give(sink, world_record(world, &ranked->forecasts[0]), error);

	if (result == 0)
		result = case_give(sink, worm_record(worm, derived_from), error);
	for (size_t i = 0; i < count && result == 0; i++)
		result = case_give(sink, case_remedy_record(&candidates[i], (int64_t)i + 1), error);
	for (size_t i = 0; i < ranked->count && result == 0; i++) {
		const struct remedy_candidate *remedy = standings[i].forecast->remedy;
		int64_t id = remedy ? remedy - candidates + 1 : 0;
		result = case_give(sink, forecast_record(&standings[i], ranked, run, i, id), error);
	}
	const struct remedy_candidate *best[CASE_PLAYED];
	size_t played = 0;
	while (played < CASE_PLAYED && played + 1 < ranked->count) {
		best[played] = standings[played + 1].forecast->remedy;
		played++;
	}
	if (result == 0)
		result = case_give_subnet_curves(world, worm, run, candidates, best, played, sink,
						 error);
	return result;
}

/* Progress over both rankings. */
struct halves {
	const struct pipeline_sink *sink;
	size_t before;
};

static void report_progress(void *context, size_t done, size_t total)
{
	const struct halves *halves = context;

	if (halves->sink->progress)
		halves->sink->progress(halves->sink->context, "forecast",
				       halves->before ? total + done : done, 2 * total);
}

int pipeline_forecast(const struct outbreak_world *world, const struct outbreak_worm *worm,
		      const char *derived_from, const struct outbreak_run *run,
		      const struct remedy_candidate *candidates, size_t count,
		      const struct pipeline_sink *sink, struct error *error)
{
	struct remedy_candidate *prompt = calloc(count + 1, sizeof *prompt);
	struct standing *standings = calloc(count + 1, sizeof *standings);
	struct outbreak_result ranked = { 0 }, at_once = { 0 };
	struct halves halves = { .sink = sink };

	if (!prompt || !standings) {
		free(prompt);
		free(standings);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for the ranking");
	}
	for (size_t i = 0; i < count; i++) {
		prompt[i] = candidates[i];
		prompt[i].delay_seconds = 0;
	}
	int result = outbreak_rank(world, worm, run, candidates, count, report_progress, &halves,
				   &ranked, error);
	halves.before = 1;
	if (result == 0)
		result = outbreak_rank(world, worm, run, prompt, count, report_progress, &halves,
				       &at_once, error);
	for (size_t i = 0; i < ranked.count && result == 0; i++) {
		const struct remedy_candidate *remedy = ranked.forecasts[i].remedy;
		standings[i].forecast = &ranked.forecasts[i];
		const struct outbreak_forecast *same =
			remedy ? of_candidate(&at_once, prompt, (size_t)(remedy - candidates))
			       : NULL;
		if (same)
			standings[i].at_once = same->saved;
	}
	if (result == 0) {
		qsort(standings, ranked.count, sizeof *standings, compare_standings);
		result = give_all(world, worm, derived_from, run, candidates, count, &ranked,
				  standings, sink, error);
	}
	outbreak_result_fini(&ranked);
	outbreak_result_fini(&at_once);
	free(prompt);
	free(standings);
	return result;
}
