#include "outbreak/chain.h"

static const struct remedy_candidate *whole_of(const struct remedy_candidate *candidate)
{
	return candidate->whole ? candidate->whole : candidate;
}

/* Both ascend. */
static bool places_overlap(const struct remedy_candidate *one, const struct remedy_candidate *other)
{
	size_t i = 0, j = 0;

	if (!one->places || !other->places)
		return true;
	while (i < one->place_count && j < other->place_count) {
		if (one->places[i] == other->places[j])
			return true;
		if (one->places[i] < other->places[j])
			i++;
		else
			j++;
	}
	return false;
}

static double expected_vulnerable(const struct outbreak_world *world)
{
	double hosts = 0;

	for (size_t i = 0; i < world->subnet_count; i++)
		hosts += outbreak_subnet_vulnerable(&world->subnets[i]);
	return hosts;
}

bool chain_allows(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct remedy_candidate *one, const struct remedy_candidate *other)
{
	if (worm->scan == OUTBREAK_SEQUENTIAL && !loop_needed(worm, world) &&
	    (one->effect == REMEDY_RATE || other->effect == REMEDY_RATE) &&
	    expected_vulnerable(world) > CHAIN_MOST_WALKERS)
		return false;
	return whole_of(one) != whole_of(other) || !places_overlap(one, other);
}

void chain_reset(struct chain *chain, const struct chain *head, size_t from)
{
	for (size_t i = chain->from; i < chain->count; i++)
		effect_fini(&chain->effect[i]);
	chain->head = head;
	chain->from = chain->count = head ? from : 0;
}

void chain_fini(struct chain *chain)
{
	chain_reset(chain, NULL, 0);
	for (size_t i = 0; i < OUTBREAK_MOST_COMBINE; i++)
		history_fini(&chain->with[i]);
}

/* The effect of the stage before number `stage`. */
static const struct effect *effect_before(const struct chain *chain, size_t stage)
{
	if (stage == 0)
		return NULL;
	return stage > chain->from ? &chain->effect[stage - 1] : &chain->head->effect[stage - 1];
}

const struct history *chain_end(const struct chain *chain, const struct replica *replica)
{
	if (chain->count == 0)
		return &replica->base;
	return chain->count > chain->from ? chain->history[chain->count - 1]
					  : chain->head->history[chain->count - 1];
}

int chain_add(struct chain *chain, struct replica *replica, const struct remedy_candidate *member,
	      struct error *error)
{
	size_t stage = chain->count;
	const struct history *base = chain_end(chain, replica);
	struct effect *effect = &chain->effect[stage];
	int result = replica_name_infectors(replica, error);

	if (result == 0)
		result = effect_init(effect, member, &replica->population, error);
	if (result < 0)
		return result;
	effect->also = effect_before(chain, stage);
	effect->stage = (unsigned)stage;
	chain->members[stage] = member;
	chain->count++;
	return replica_try_on(replica, effect, base, &chain->with[stage], &chain->history[stage],
			      error);
}
