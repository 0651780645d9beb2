#include "outbreak/race.h"

#include <stdlib.h>

#include "outbreak/crew.h"
#include "outbreak/order.h"
#include "outbreak/paired.h"
#include "outbreak/ranks.h"

#define FEWEST_REPLICAS 4 /* of a round */
#define MOST_ROUNDS	64
#define MOST_MEMORY	((size_t)4 << 30)

int race_init(struct race *race, struct error *error)
{
	const struct outbreak_run *run = race->run;
	double cells = (double)race->count * (double)run->delay_count * run->replicas;

	if (cells * sizeof *race->ends > (double)MOST_MEMORY)
		return error_set(error, ERROR_LIMIT, "run",
				 "%zu remedies with %u replicas and %zu reaction times need more "
				 "than %zu GiB; ask for fewer",
				 race->count, run->replicas, run->delay_count, MOST_MEMORY >> 30);
	int result =
		tally_init(&race->tally, run, race->count + 1, race->world->subnet_count, error);
	if (result < 0)
		return result;
	pthread_mutex_init(&race->lock, NULL);
	race->dropped = calloc(race->count + 1, sizeof *race->dropped);
	race->ends = calloc((size_t)cells + 1, sizeof *race->ends);
	race->rounds = calloc(MOST_ROUNDS, sizeof *race->rounds);
	if (race->dropped && race->ends && race->rounds)
		return 0;
	race_fini(race);
	return error_set(error, ERROR_MEMORY, "run", "no memory for the results");
}

void race_fini(struct race *race)
{
	if (race->tally.run)
		pthread_mutex_destroy(&race->lock);
	tally_fini(&race->tally);
	free(race->dropped);
	free(race->ends);
	free(race->rounds);
	race->dropped = NULL;
	race->ends = NULL;
	race->rounds = NULL;
}

size_t race_left(const struct race *race)
{
	size_t count = 0;

	for (size_t i = 0; i < race->count; i++)
		count += race->dropped[i] == 0;
	return count;
}

void race_progress(struct race *race)
{
	pthread_mutex_lock(&race->lock);
	race->done += race->run->ranks ? race->run->ranks->count : 1;
	if (race->progress)
		race->progress(race->context, race->done,
			       race->total > race->done ? race->total : race->done);
	pthread_mutex_unlock(&race->lock);
}

static uint32_t *end_slots(const struct race *race, size_t candidate, size_t delay)
{
	return race->ends + (candidate * race->run->delay_count + delay) * race->run->replicas;
}

static void tell(struct race *race, size_t forecast, const struct replica *replica,
		 const struct history *history)
{
	tally_curve(&race->tally, forecast, replica->population.replica, history);
	pthread_mutex_lock(&race->lock);
	if (forecast == 0)
		tally_population(&race->tally, &replica->population);
	tally_subnets(&race->tally, forecast, &replica->population, history);
	pthread_mutex_unlock(&race->lock);
	race_progress(race);
}

/* The candidate as if it were in force after that reaction time; where that is its own, that is
 * known from the rounds. */
static int simulate_delay(struct race *race, struct replica *replica, size_t index, size_t delay,
			  struct error *error)
{
	struct remedy_candidate candidate = race->candidates[index];
	uint32_t number = replica->population.replica;
	uint32_t *end = &end_slots(race, index, delay)[number];
	const struct history *history;
	int result = 0;

	if (candidate.delay_seconds == race->run->delays[delay]) {
		*end = tally_end(&race->tally, index + 1, number);
	} else {
		candidate.delay_seconds = race->run->delays[delay];
		result = replica_try(replica, &candidate, &history, error);
		if (result == 0)
			*end = history->count;
	}
	race_progress(race);
	return result;
}

/* What it would save at once only matters, while the race goes, where it saves nobody later. */
static int simulate_own(struct race *race, struct replica *replica, size_t index,
			struct error *error)
{
	const struct history *history;
	int result = replica_try(replica, &race->candidates[index], &history, error);

	if (result < 0)
		return result;
	tell(race, index + 1, replica, history);
	if (race->run->delay_count == 0)
		return 0;
	if (history->count == replica->base.count)
		return simulate_delay(race, replica, index, 0, error);
	end_slots(race, index, 0)[replica->population.replica] = history->count;
	return 0;
}

static int simulate(void *context, struct replica *replica, struct error *error)
{
	struct race *race = context;
	int result = 0;

	if (race->own)
		tell(race, 0, replica, &replica->base);
	for (size_t i = 0; result == 0 && i < race->count; i++) {
		if (race->dropped[i])
			continue;
		if (race->own)
			result = simulate_own(race, replica, i, error);
		for (size_t d = 0; !race->own && result == 0 && d < race->run->delay_count; d++)
			result = simulate_delay(race, replica, i, d, error);
	}
	return result;
}

/* What the other ranks simulated in a pass: they had the same candidates. */
static int join(struct race *race, uint32_t first, uint32_t end, struct error *error)
{
	const struct outbreak_run *run = race->run;
	struct ranks_rows ends = { .rows = run->delay_count, .stride = run->replicas };
	int result = race->own ? tally_join(&race->tally, 0, first, end, error) : 0;

	for (size_t i = 0; result == 0 && i < race->count; i++) {
		if (race->dropped[i])
			continue;
		if (race->own)
			result = tally_join(&race->tally, i + 1, first, end, error);
		ends.cells = end_slots(race, i, 0);
		if (result == 0)
			result = ranks_join_rows(run->ranks, &ends, first, end, error);
	}
	return result;
}

static int pass(struct race *race, uint32_t first, uint32_t end, struct error *error)
{
	struct crew_job job = { .world = race->world,
				.worm = race->worm,
				.run = race->run,
				.first = first,
				.end = end,
				.simulate = simulate,
				.context = race };
	int result = first < end ? crew_run(&job, error) : 0;
	return result == 0 ? join(race, first, end, error) : result;
}

/* Median of hosts saved after a reaction time, by the candidate's replicas so far. */
static struct outbreak_band saved_after(const struct race *race, size_t candidate, size_t delay,
					double *values)
{
	const uint32_t *with = end_slots(race, candidate, delay);
	uint32_t told = race->tally.told[candidate + 1];

	for (uint32_t r = 0; r < told; r++)
		values[r] = (double)tally_end(&race->tally, 0, r) - with[r];
	return paired_band(values, told);
}

int race_stand(const struct race *race, struct standing *standings, struct error *error)
{
	double *values = malloc(race->run->replicas * sizeof *values);

	if (!values)
		return error_set(error, ERROR_MEMORY, "run", "no memory for the ranking");
	for (size_t i = 0; i < race->count; i++) {
		uint32_t told = race->tally.told[i + 1];
		for (uint32_t r = 0; r < told; r++)
			values[r] = (double)tally_end(&race->tally, 0, r) -
				    tally_end(&race->tally, i + 1, r);
		standings[i] = (struct standing){
			.remedy = &race->candidates[i],
			.saved = paired_band(values, told).median,
			.at_first =
				race->run->delay_count ? saved_after(race, i, 0, values).median : 0,
			.disturbed = order_disturbed(&race->candidates[i], race->world),
			.dropped = race->dropped[i],
		};
	}
	free(values);
	order_sort(standings, race->count);
	order_mark_front(standings, race->count);
	return 0;
}

/* Keeps the best `target`, and of the front beyond them the best half as many. */
static int drop(struct race *race, size_t target, struct error *error)
{
	struct standing *standings = malloc((race->count + 1) * sizeof *standings);

	if (!standings)
		return error_set(error, ERROR_MEMORY, "run", "no memory for the ranking");
	int result = race_stand(race, standings, error);
	size_t more = target / 2;
	for (size_t i = target; result == 0 && i < race->count; i++)
		if (standings[i].dropped == 0 && standings[i].pareto && more > 0)
			more--;
		else if (standings[i].dropped == 0)
			race->dropped[standings[i].remedy - race->candidates] =
				(unsigned)race->round_count;
	free(standings);
	return result;
}

/* What is known of those who are in after a pass up to replica `end`. */
static void note_told(struct race *race, uint32_t end)
{
	race->tally.told[0] = end;
	for (size_t i = 0; i < race->count; i++)
		if (race->dropped[i] == 0)
			race->tally.told[i + 1] = end;
}

/* Runs that are still to come: exact when nobody is to be dropped. */
static size_t still_to_come(const struct race *race, uint32_t first, uint32_t end, bool last)
{
	const struct outbreak_run *run = race->run;
	size_t left = race_left(race);
	size_t runs = (size_t)(end - first) * (1 + left);
	size_t finalists = last || left < run->finalists ? left : run->finalists;

	if (!last)
		runs += (size_t)(run->replicas - end) * (1 + finalists);
	runs += run->replicas * finalists * run->delay_count;
	if (run->combine > 1)
		runs += run->replicas * finalists * (run->combine - 1) / 2;
	return runs;
}

static int round_up_to(struct race *race, uint32_t end, bool last, struct error *error)
{
	uint32_t first = race->tally.told[0];

	race->own = true;
	race->total = race->done + still_to_come(race, first, end, last);
	race->rounds[race->round_count++] =
		(struct outbreak_round){ .candidates = race_left(race), .replicas = end };
	int result = pass(race, first, end, error);
	note_told(race, end);
	return result;
}

/* So many rounds halve the candidates before the last one. */
static unsigned count_halvings(const struct race *race)
{
	unsigned halvings = 0;

	if (race->run->finalists)
		while (race->count >> halvings > race->run->finalists)
			halvings++;
	return halvings;
}

static uint32_t round_replicas(const struct race *race, unsigned rounds_left)
{
	uint32_t replicas = race->run->replicas, share = replicas >> rounds_left;

	if (share < FEWEST_REPLICAS)
		share = FEWEST_REPLICAS;
	return share < replicas ? share : replicas;
}

int race_run(struct race *race, struct error *error)
{
	const struct outbreak_run *run = race->run;
	unsigned halvings = count_halvings(race);
	int result = 0;

	for (unsigned i = 1; result == 0 && i <= halvings; i++) {
		uint32_t replicas = round_replicas(race, halvings + 1 - i);
		size_t target = race->count >> i;
		/* A round without new replicas would know no more than the one before it. */
		if (i < halvings && round_replicas(race, halvings - i) == replicas)
			continue;
		result = round_up_to(race, replicas, false, error);
		if (result == 0)
			result = drop(race, target > run->finalists ? target : run->finalists,
				      error);
	}
	if (result == 0)
		result = round_up_to(race, run->replicas, true, error);
	if (result == 0)
		result = tally_join_sums(&race->tally, error);
	race->own = false;
	if (result == 0 && run->delay_count > 0)
		result = pass(race, 0, run->replicas, error);
	return result;
}

static int tell_deadline(const struct race *race, size_t candidate, double *values,
			 struct outbreak_forecast *forecast, struct error *error)
{
	size_t delays = race->run->delay_count;

	if (delays == 0 || forecast->dropped)
		return 0;
	forecast->deadline = calloc(delays, sizeof *forecast->deadline);
	if (!forecast->deadline)
		return error_set(error, ERROR_MEMORY, "run", "no memory for the results");
	for (size_t d = 0; d < delays; d++)
		forecast->deadline[d] = saved_after(race, candidate, d, values);
	return 0;
}

/* Sorts forecasts[1 …] as `standings` are. */
static int sort_forecasts(const struct race *race, const struct standing *standings,
			  struct outbreak_result *result, struct error *error)
{
	struct outbreak_forecast *sorted = calloc(race->count + 1, sizeof *sorted);

	if (!sorted)
		return error_set(error, ERROR_MEMORY, "run", "no memory for the ranking");
	sorted[0] = result->forecasts[0];
	for (size_t i = 0; i < race->count; i++) {
		sorted[i + 1] = result->forecasts[standings[i].remedy - race->candidates + 1];
		sorted[i + 1].pareto = standings[i].pareto;
		sorted[i + 1].disturbed = standings[i].disturbed;
	}
	free(result->forecasts);
	result->forecasts = sorted;
	return 0;
}

int race_tell(const struct race *race, struct outbreak_result *result, struct error *error)
{
	struct standing *standings = calloc(race->count + 1, sizeof *standings);
	double *values = malloc(race->run->replicas * sizeof *values);
	int code = 0;

	if (!standings || !values) {
		free(standings);
		free(values);
		return error_set(error, ERROR_MEMORY, "run", "no memory for the ranking");
	}
	for (size_t i = 0; code == 0 && i < race->count; i++) {
		result->forecasts[i + 1].dropped = race->dropped[i];
		code = tell_deadline(race, i, values, &result->forecasts[i + 1], error);
	}
	if (code == 0)
		code = race_stand(race, standings, error);
	if (code == 0)
		code = sort_forecasts(race, standings, result, error);
	result->delay_count = race->run->delay_count;
	free(standings);
	free(values);
	return code;
}
