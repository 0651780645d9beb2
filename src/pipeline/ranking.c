/* The forecast of an outbreak and the ranking of remedies, as records.
 *
 * What is saved with a remedy's own delay decides the rank. Where the outbreak is faster than any
 * reaction, all of that is nothing, and what would have been saved at once tells which remedy to
 * have in place before the next one. A remedy at single places that was dropped in the race is only
 * named, in the record of the ranking. */
#include "pipeline/case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of each provider, through whom it reaches the others; null at the top. Null without routes. */
static json_t *parents(const struct outbreak_world *world)
{
	if (!world->parents)
		return json_null();
	json_t *list = json_array();
	for (size_t i = 0; i < world->provider_count; i++)
		json_array_append_new(list, world->parents[i] == OUTBREAK_TOP
						    ? json_null()
						    : json_integer(world->parents[i]));
	return list;
}

/* Pairs of providers that peer, each once; null where nobody does. */
static json_t *peers(const struct outbreak_world *world)
{
	const struct outbreak_peering *peering = world->peering;

	if (!peering)
		return json_null();
	json_t *list = json_array();
	for (uint32_t i = 0; i < world->provider_count; i++)
		for (uint32_t j = peering->first[i]; j < peering->first[i + 1]; j++) {
			uint32_t other = peering->at[peering->place[j]];
			if (other > i)
				json_array_append_new(list, json_pack("[I, I]", (json_int_t)i,
								      (json_int_t)other));
		}
	return list;
}

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
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:I}", "type", "world", "name",
			 world->name, "providers", providers, "parents", parents(world), "peers",
			 peers(world), "subnets", subnets, "scanned_space",
			 (json_int_t)world->scanned_space);
}

static json_t *worm_record(const struct outbreak_worm *worm, const char *derived_from)
{
	return json_pack("{s:s, s:s, s:f, s:f, s:i, s:i, s:f, s:s}", "type", "worm", "scan",
			 outbreak_scan_name(worm->scan), "rate", worm->rate, "local_share",
			 worm->local_share, "port", worm->port, "initially_infected",
			 (int)worm->initially_infected, "latency", worm->latency, "derived_from",
			 derived_from);
}

static json_t *band(struct outbreak_band band)
{
	return json_pack("{s:f, s:f, s:f}", "low", band.low, "median", band.median, "high",
			 band.high);
}

/* Null: not known, with one replica. */
static json_t *interval(struct outbreak_interval interval)
{
	if (isnan(interval.low))
		return json_null();
	return json_pack("{s:f, s:f}", "low", interval.low, "high", interval.high);
}

static json_t *deadline(const struct outbreak_forecast *forecast, const struct outbreak_run *run)
{
	json_t *curve = json_array();

	if (!forecast->deadline && forecast->remedy) {
		json_decref(curve);
		return json_null();
	}
	for (size_t i = 0; forecast->remedy && i < run->delay_count; i++)
		json_array_append_new(curve, json_pack("{s:f, s:o}", "delay", run->delays[i],
						       "saved", band(forecast->deadline[i])));
	return curve;
}

static json_t *curve(const struct outbreak_forecast *forecast, const struct outbreak_result *result,
		     const struct outbreak_run *run)
{
	json_t *points = json_array();

	for (uint32_t i = 0; i < result->curve_points; i++) {
		const struct outbreak_band *at = &forecast->curve[i];
		json_array_append_new(points, json_pack("[f, f, f, f]", outbreak_point_time(run, i),
							at->low, at->median, at->high));
	}
	return points;
}

/* What forecasts and combinations both tell. */
static void put_outcome(json_t *record, const struct outbreak_forecast *forecast,
			const struct outbreak_result *result, const struct outbreak_run *run)
{
	json_t *infected = json_array();

	for (size_t i = 0; i < result->subnet_count; i++)
		json_array_append_new(infected, json_real(forecast->subnet_infected[i]));
	json_object_set_new(record, "duration", json_real(run->duration));
	json_object_set_new(record, "replicas", json_integer(forecast->replicas));
	json_object_set_new(record, "seed", json_integer((json_int_t)run->seed));
	json_object_set_new(record, "hosts", json_real(forecast->hosts));
	json_object_set_new(record, "vulnerable", json_real(forecast->vulnerable));
	json_object_set_new(record, "infected", band(forecast->infected));
	json_object_set_new(record, "saved", band(forecast->saved));
	json_object_set_new(record, "mean_saved", json_real(forecast->mean_saved));
	json_object_set_new(record, "interval", interval(forecast->interval));
	json_object_set_new(record, "disturbed", json_real(forecast->disturbed));
	json_object_set_new(record, "curve", curve(forecast, result, run));
	json_object_set_new(record, "subnet_infected", infected);
}

/* `run` has 0 as its first reaction time. Where a remedy was dropped its round knew it, too, but
 * only the ranking keeps it. */
static json_t *forecast_record(const struct outbreak_forecast *forecast,
			       const struct outbreak_result *result, const struct outbreak_run *run,
			       size_t rank, int64_t remedy)
{
	struct outbreak_band none = { 0 };
	json_t *record = json_pack(
		"{s:s, s:I, s:o, s:s, s:I, s:b, s:o, s:o}", "type", "forecast", "rank",
		(json_int_t)rank, "remedy", remedy ? json_integer(remedy) : json_null(), "name",
		forecast->remedy ? forecast->remedy->name : "nothing is done", "rounds",
		(json_int_t)(forecast->dropped ? forecast->dropped : result->round_count), "pareto",
		forecast->pareto, "deadline", deadline(forecast, run), "saved_at_once",
		forecast->deadline ? band(forecast->deadline[0])
				   : (forecast->remedy ? json_null() : band(none)));
	if (record)
		put_outcome(record, forecast, result, run);
	return record;
}

static json_t *combination_record(const struct outbreak_combination *combination,
				  const struct outbreak_result *result,
				  const struct outbreak_run *run,
				  const struct remedy_candidate *candidates)
{
	json_t *members = json_array(), *remedies = json_array();

	for (size_t i = 0; i < combination->member_count; i++) {
		const struct remedy_candidate *member = combination->members[i];
		json_array_append_new(members, json_string(member->name));
		json_array_append_new(remedies, json_integer(member - candidates + 1));
	}
	json_t *record = json_pack("{s:s, s:o, s:o}", "type", "combination", "members", members,
				   "remedies", remedies);
	if (record)
		put_outcome(record, &combination->forecast, result, run);
	return record;
}

/* A remedy at single places that did not last is told of by the ranking only. */
static bool is_shown(const struct outbreak_forecast *forecast)
{
	return !forecast->dropped || !forecast->remedy->whole;
}

static json_t *ranking_record(const struct outbreak_result *result, const struct outbreak_run *run,
			      size_t left_out)
{
	json_t *rounds = json_array(), *dropped = json_array(), *delays = json_array();

	for (size_t i = 0; i < result->round_count; i++)
		json_array_append_new(rounds, json_pack("{s:I, s:I}", "candidates",
							(json_int_t)result->rounds[i].candidates,
							"replicas",
							(json_int_t)result->rounds[i].replicas));
	for (size_t i = 1; i < result->count; i++) {
		const struct outbreak_forecast *forecast = &result->forecasts[i];
		if (forecast->dropped)
			json_array_append_new(dropped, json_pack("{s:s, s:s, s:I, s:o}", "name",
								 forecast->remedy->name, "title",
								 forecast->remedy->title, "round",
								 (json_int_t)forecast->dropped,
								 "saved", band(forecast->saved)));
	}
	for (size_t i = 0; i < run->delay_count; i++)
		json_array_append_new(delays, json_real(run->delays[i]));
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "type", "ranking", "candidates",
			 (json_int_t)result->count - 1, "left_out", (json_int_t)left_out, "rounds",
			 rounds, "delays", delays, "dropped", dropped);
}

/* With its places in the world, where it has some: names need not be unique. */
static json_t *remedy_record(const struct remedy_candidate *candidate, int64_t id)
{
	json_t *record = case_remedy_record(candidate, id), *places = json_null();

	if (candidate->places) {
		places = json_array();
		for (size_t i = 0; i < candidate->place_count; i++)
			json_array_append_new(places, json_integer(candidate->places[i]));
	}
	json_object_set_new(record, "places", places);
	return record;
}

/* A question and its answer. */
struct forecast_case {
	const struct outbreak_world *world;
	const struct outbreak_worm *worm;
	const char *derived_from;
	const struct outbreak_run *run;
	const struct outbreak_candidates *candidates;
	const struct outbreak_result *ranked;
	const struct pipeline_sink *sink;
};

static int give_remedies(const struct forecast_case *forecast, struct error *error)
{
	const struct outbreak_result *ranked = forecast->ranked;
	const struct remedy_candidate *items = forecast->candidates->items;
	bool *shown = calloc(forecast->candidates->count + 1, sizeof *shown);
	int result = 0;

	if (!shown)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for the ranking");
	for (size_t i = 1; result == 0 && i < ranked->count; i++)
		shown[ranked->forecasts[i].remedy - items] = is_shown(&ranked->forecasts[i]);
	for (size_t i = 0; result == 0 && i < forecast->candidates->count; i++)
		if (shown[i])
			result = case_give(forecast->sink, remedy_record(&items[i], (int64_t)i + 1),
					   error);
	free(shown);
	return result;
}

static int give_forecasts(const struct forecast_case *forecast, struct error *error)
{
	const struct outbreak_result *ranked = forecast->ranked;
	const struct remedy_candidate *items = forecast->candidates->items;
	size_t rank = 0;
	int result = 0;

	for (size_t i = 0; result == 0 && i < ranked->count; i++) {
		const struct outbreak_forecast *each = &ranked->forecasts[i];
		if (each->remedy && !is_shown(each))
			continue;
		int64_t id = each->remedy ? each->remedy - items + 1 : 0;
		result = case_give(forecast->sink,
				   forecast_record(each, ranked, forecast->run, rank++, id), error);
	}
	for (size_t i = 0; result == 0 && i < ranked->combination_count; i++)
		result = case_give(
			forecast->sink,
			combination_record(&ranked->combinations[i], ranked, forecast->run, items),
			error);
	return result;
}

/* Those that the page plays. */
static int give_curves(const struct forecast_case *forecast, struct error *error)
{
	const struct outbreak_result *ranked = forecast->ranked;
	const struct remedy_candidate *best[CASE_PLAYED];
	size_t played = 0;

	while (played < CASE_PLAYED && played + 1 < ranked->count &&
	       is_shown(&ranked->forecasts[played + 1])) {
		best[played] = ranked->forecasts[played + 1].remedy;
		played++;
	}
	return case_give_subnet_curves(forecast->world, forecast->worm, forecast->run,
				       forecast->candidates->items, best, played, forecast->sink,
				       error);
}

static int give_all(const struct forecast_case *forecast, struct error *error)
{
	const struct outbreak_result *ranked = forecast->ranked;
	const struct pipeline_sink *sink = forecast->sink;
	int result = case_give(sink, world_record(forecast->world, &ranked->forecasts[0]), error);

	if (result == 0)
		result =
			case_give(sink, worm_record(forecast->worm, forecast->derived_from), error);
	if (result == 0)
		result = give_remedies(forecast, error);
	if (result == 0)
		result = give_forecasts(forecast, error);
	if (result == 0)
		result = case_give(
			sink, ranking_record(ranked, forecast->run, forecast->candidates->left_out),
			error);
	return result == 0 ? give_curves(forecast, error) : result;
}

static void report_progress(void *context, size_t done, size_t total)
{
	const struct pipeline_sink *sink = context;

	if (sink->progress)
		sink->progress(sink->context, "forecast", done, total);
}

int pipeline_forecast(const struct outbreak_world *world, const struct outbreak_worm *worm,
		      const char *derived_from, const struct outbreak_run *run,
		      const struct remedy_candidate *candidates, size_t count,
		      const struct pipeline_sink *sink, struct error *error)
{
	struct outbreak_candidates all = { 0 };
	struct outbreak_result ranked = { 0 };
	struct forecast_case forecast = { .world = world,
					  .worm = worm,
					  .derived_from = derived_from,
					  .run = run,
					  .candidates = &all,
					  .ranked = &ranked,
					  .sink = sink };
	struct pipeline_sink quiet = *sink;
	int result = outbreak_candidates_at_places(world, candidates, count, run->candidates, &all,
						   error);

	if (result == 0)
		result = outbreak_rank(world, worm, run, all.items, all.count, report_progress,
				       &quiet, &ranked, error);
	if (result == 0 && (!run->ranks || run->ranks->rank == 0))
		result = give_all(&forecast, error);
	outbreak_result_fini(&ranked);
	outbreak_candidates_fini(&all);
	return result;
}
