#include "outbreak/combine.h"

#include <stdlib.h>
#include <string.h>

#include "outbreak/chain.h"
#include "outbreak/crew.h"
#include "outbreak/order.h"
#include "outbreak/ranks.h"

struct choice {
	struct race *race;
	const struct remedy_candidate **pool; /* who may be a member, best first */
	size_t pool_count;
	const struct remedy_candidate *members[OUTBREAK_MOST_COMBINE]; /* in the order of choice */
	size_t member_count;
	uint32_t judges; /* the first so many replicas choose */
	uint32_t *ends;	 /* [pool][replica]: infected at the end, with the members and that one */
	bool telling;	 /* the last pass: members one after the other, into … */
	struct tally tally;
};

/* The members in the order of their delays; those of equal delay as they were chosen. Returns how
 * many are in force no later than `candidate` (NULL: all). */
static size_t sort_members(const struct choice *choice, size_t count,
			   const struct remedy_candidate *candidate,
			   const struct remedy_candidate **sorted)
{
	size_t before = 0;

	for (size_t i = 0; i < count; i++) {
		const struct remedy_candidate *member = choice->members[i];
		size_t hole = i;
		while (hole > 0 && sorted[hole - 1]->delay_seconds > member->delay_seconds) {
			sorted[hole] = sorted[hole - 1];
			hole--;
		}
		sorted[hole] = member;
	}
	while (before < count &&
	       (!candidate || sorted[before]->delay_seconds <= candidate->delay_seconds))
		before++;
	return before;
}

static bool allowed(const struct choice *choice, const struct remedy_candidate *candidate)
{
	for (size_t i = 0; i < choice->member_count; i++)
		if (choice->members[i] == candidate ||
		    !chain_allows(choice->race->world, choice->race->worm, choice->members[i],
				  candidate))
			return false;
	return true;
}

/* Members and one more: what of the members' chain comes before it is used as it is. */
static int try_candidate(const struct choice *choice, struct replica *replica,
			 const struct chain *members, const struct remedy_candidate *candidate,
			 struct chain *chain, uint32_t *end, struct error *error)
{
	const struct remedy_candidate *sorted[OUTBREAK_MOST_COMBINE];
	size_t before = sort_members(choice, choice->member_count, candidate, sorted);

	chain_reset(chain, members, before);
	int result = chain_add(chain, replica, candidate, error);
	for (size_t i = before; result == 0 && i < choice->member_count; i++)
		result = chain_add(chain, replica, sorted[i], error);
	if (result == 0)
		*end = chain_end(chain, replica)->count;
	return result;
}

/* The first `count` members, in the order of their delays. */
static int add_members(const struct choice *choice, struct replica *replica, size_t count,
		       struct chain *chain, struct error *error)
{
	const struct remedy_candidate *sorted[OUTBREAK_MOST_COMBINE];
	int result = 0;

	sort_members(choice, count, NULL, sorted);
	chain_reset(chain, NULL, 0);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = chain_add(chain, replica, sorted[i], error);
	return result;
}

static int try_pool(struct choice *choice, struct replica *replica, struct chain *members,
		    struct chain *chain, struct error *error)
{
	int result = add_members(choice, replica, choice->member_count, members, error);

	for (size_t i = 0; result == 0 && i < choice->pool_count; i++) {
		uint32_t *end = &choice->ends[i * choice->judges + replica->population.replica];
		if (allowed(choice, choice->pool[i]))
			result = try_candidate(choice, replica, members, choice->pool[i], chain,
					       end, error);
		race_progress(choice->race);
	}
	return result;
}

static void tell(struct choice *choice, size_t forecast, const struct replica *replica,
		 const struct history *history)
{
	struct race *race = choice->race;

	tally_curve(&choice->tally, forecast, replica->population.replica, history);
	pthread_mutex_lock(&race->lock);
	if (forecast == 0)
		tally_population(&choice->tally, &replica->population);
	tally_subnets(&choice->tally, forecast, &replica->population, history);
	pthread_mutex_unlock(&race->lock);
}

/* Forecast 0: nothing is done; 1: the first two members; … */
static int tell_combinations(struct choice *choice, struct replica *replica, struct chain *chain,
			     struct error *error)
{
	int result = 0;

	tell(choice, 0, replica, &replica->base);
	for (size_t count = 2; result == 0 && count <= choice->member_count; count++) {
		result = add_members(choice, replica, count, chain, error);
		if (result == 0)
			tell(choice, count - 1, replica, chain_end(chain, replica));
		race_progress(choice->race);
	}
	return result;
}

static int simulate(void *context, struct replica *replica, struct error *error)
{
	struct choice *choice = context;
	struct chain *chains = calloc(2, sizeof *chains);

	if (!chains)
		return error_set(error, ERROR_MEMORY, "run", "no memory for combinations");
	int result = choice->telling ? tell_combinations(choice, replica, &chains[0], error)
				     : try_pool(choice, replica, &chains[0], &chains[1], error);
	chain_fini(&chains[1]);
	chain_fini(&chains[0]);
	free(chains);
	return result;
}

/* What the other ranks simulated in a pass. */
static int join(struct choice *choice, struct error *error)
{
	const struct outbreak_run *run = choice->race->run;
	struct ranks_rows ends = { choice->ends, choice->pool_count, choice->judges };
	int result = 0;

	if (!choice->telling)
		return ranks_join_rows(run->ranks, &ends, 0, choice->judges, error);
	for (size_t i = 0; result == 0 && i < choice->tally.forecasts; i++)
		result = tally_join(&choice->tally, i, 0, run->replicas, error);
	return result == 0 ? tally_join_sums(&choice->tally, error) : result;
}

static int pass(struct choice *choice, struct error *error)
{
	struct race *race = choice->race;
	uint32_t replicas = choice->telling ? race->run->replicas : choice->judges;
	struct crew_job job = { .world = race->world,
				.worm = race->worm,
				.run = race->run,
				.end = replicas,
				.simulate = simulate,
				.context = choice };
	race->total = race->done +
		      (size_t)race->run->replicas *
			      (choice->telling ? choice->member_count - 1 : choice->pool_count);
	int result = crew_run(&job, error);
	return result == 0 ? join(choice, error) : result;
}

static uint64_t sum_of(const uint32_t *ends, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += ends[i];
	return sum;
}

/* `*infected` are, over all judging replicas, infected with the present members; whoever leaves
 * fewest becomes a member, if that is fewer. */
static int choose_next(struct choice *choice, uint64_t *infected, bool *found, struct error *error)
{
	uint32_t replicas = choice->judges;
	bool any = false;

	*found = false;
	for (size_t i = 0; i < choice->pool_count; i++)
		any |= allowed(choice, choice->pool[i]);
	int result = any ? pass(choice, error) : 0;
	for (size_t i = 0; result == 0 && i < choice->pool_count; i++) {
		uint64_t sum = sum_of(choice->ends + i * replicas, replicas);
		if (!allowed(choice, choice->pool[i]) || sum >= *infected)
			continue;
		*infected = sum;
		*found = true;
		choice->members[choice->member_count] = choice->pool[i];
	}
	choice->member_count += *found;
	return result;
}

static uint64_t sum_with_first(const struct race *race, const struct remedy_candidate *first,
			       uint32_t judges)
{
	uint64_t sum = 0;

	for (uint32_t r = 0; r < judges; r++)
		sum += tally_end(&race->tally, (size_t)(first - race->candidates) + 1, r);
	return sum;
}

static int choose(struct choice *choice, struct error *error)
{
	uint64_t infected = sum_with_first(choice->race, choice->pool[0], choice->judges);
	bool found = true;
	int result = 0;

	choice->members[choice->member_count++] = choice->pool[0];
	while (result == 0 && found && choice->member_count < choice->race->run->combine)
		result = choose_next(choice, &infected, &found, error);
	return result;
}

static int keep(const struct choice *choice, struct outbreak_result *told,
		struct outbreak_result *result, struct error *error)
{
	size_t most = choice->member_count - 1;

	result->combinations = calloc(most, sizeof *result->combinations);
	if (!result->combinations)
		return error_set(error, ERROR_MEMORY, "run", "no memory for combinations");
	for (size_t i = 0; i < most; i++) {
		struct outbreak_combination *kept = &result->combinations[i];
		kept->members = malloc((i + 2) * sizeof *kept->members);
		if (!kept->members)
			return error_set(error, ERROR_MEMORY, "run", "no memory for combinations");
		memcpy(kept->members, choice->members, (i + 2) * sizeof *kept->members);
		kept->member_count = i + 2;
		kept->forecast = told->forecasts[i + 1];
		told->forecasts[i + 1] = (struct outbreak_forecast){ 0 };
		for (size_t m = 0; m < kept->member_count; m++)
			kept->forecast.disturbed =
				1 - (1 - kept->forecast.disturbed) *
					    (1 - order_disturbed(kept->members[m],
								 choice->race->world));
		result->combination_count++;
	}
	return 0;
}

/* The chosen combinations, with all that is told of a forecast. */
static int forecast_all(struct choice *choice, struct outbreak_result *result, struct error *error)
{
	const struct race *race = choice->race;
	struct outbreak_result told = { 0 };
	int code = tally_init(&choice->tally, race->run, choice->member_count,
			      race->world->subnet_count, error);

	if (code < 0)
		return code;
	for (size_t i = 0; i < choice->member_count; i++)
		choice->tally.told[i] = race->run->replicas;
	choice->telling = true;
	code = pass(choice, error);
	if (code == 0)
		code = tally_result(&choice->tally, NULL, &told, error);
	if (code == 0)
		code = keep(choice, &told, result, error);
	outbreak_result_fini(&told);
	tally_fini(&choice->tally);
	return code;
}

int combine_greedily(struct race *race, const struct standing *order,
		     struct outbreak_result *result, struct error *error)
{
	struct choice choice = { .race = race, .judges = (race->run->replicas + 1) / 2 };

	if (race->run->combine < 2 || race->count < 2 || order[0].saved <= 0)
		return 0;
	choice.pool = calloc(race->count, sizeof *choice.pool);
	for (size_t i = 0; choice.pool && i < race->count && order[i].dropped == 0; i++)
		if (order[i].saved > 0)
			choice.pool[choice.pool_count++] = order[i].remedy;
	choice.ends = calloc(choice.pool_count * (size_t)choice.judges + 1, sizeof *choice.ends);
	int code = choice.pool && choice.ends
			   ? choose(&choice, error)
			   : error_set(error, ERROR_MEMORY, "run", "no memory for combinations");
	if (code == 0 && choice.member_count > 1)
		code = forecast_all(&choice, result, error);
	free(choice.pool);
	free(choice.ends);
	return code;
}
