/* Where the infected are while outbreaks run. The ranking keeps of each subnet only how many are
 * infected at the end, since time by subnet by remedy would be more than all the rest; here the few
 * outbreaks that people look at are run once more, with the same seed and so the same infections.
 *
 * Moments are chosen by the first replica: a worm that is through in a minute of a simulated day is
 * seen spreading, too. */
#include <math.h>
#include <stdlib.h>

#include "outbreak/check.h"
#include "outbreak/replica.h"

#define EVEN_FRAMES (OUTBREAK_SPREAD_FRAMES / 2)
/* Hosts that are enough for a smooth mean: large worlds need fewer replicas for it, but some. */
#define ENOUGH_HOSTS	2e5
#define FEWEST_REPLICAS 3

/* What is summed while replicas run: whole numbers. */
struct spread_sums {
	uint64_t *infected;   /* [outbreak][frame][group]: in the time since the frame before */
	uint64_t *vulnerable; /* [group] */
};

static int ascending_times(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static void choose_frames(struct outbreak_spread *spread, double duration,
			  const struct history *history)
{
	uint32_t count = 0, kept = 0, last = EVEN_FRAMES - 1;

	for (uint32_t i = 0; i <= last; i++)
		spread->time[count++] = duration * i / last;
	for (uint32_t i = 1; i <= EVEN_FRAMES && history->count > 0; i++)
		spread->time[count++] =
			history->time[(uint64_t)(history->count - 1) * i / EVEN_FRAMES];
	qsort(spread->time, count, sizeof *spread->time, ascending_times);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || spread->time[i] > spread->time[kept - 1])
			spread->time[kept++] = spread->time[i];
	spread->frames = kept;
}

static void add_population(const struct outbreak_spread *spread, struct spread_sums *sums,
			   const struct population *population)
{
	size_t subnets = population->world->subnet_count;

	for (size_t i = 0; i < subnets; i++)
		sums->vulnerable[i / spread->group_size] +=
			population->first[i + 1] - population->first[i];
}

static void add_history(const struct outbreak_spread *spread, struct spread_sums *sums,
			size_t outbreak, const struct population *population,
			const struct history *history)
{
	uint64_t *row = sums->infected + outbreak * OUTBREAK_SPREAD_FRAMES * spread->groups;
	uint32_t frame = 0;

	for (uint32_t i = 0; i < history->count; i++) {
		while (frame + 1 < spread->frames && history->time[i] > spread->time[frame])
			row += spread->groups, frame++;
		row[population_subnet(population, history->host[i]) / spread->group_size]++;
	}
}

static int follow_replica(struct outbreak_spread *spread, struct spread_sums *sums,
			  struct replica *replica, const struct outbreak_run *run, uint32_t number,
			  const struct remedy_candidate *const *remedies, struct error *error)
{
	int result = replica_run(replica, run->seed, number, error);

	if (result < 0)
		return result;
	if (number == 0)
		choose_frames(spread, run->duration, &replica->base);
	add_population(spread, sums, &replica->population);
	add_history(spread, sums, 0, &replica->population, &replica->base);
	for (size_t i = 1; i < spread->outbreaks; i++) {
		const struct history *history;
		result = replica_try(replica, remedies[i - 1], &history, error);
		if (result < 0)
			return result;
		add_history(spread, sums, i, &replica->population, history);
	}
	return 0;
}

/* From what happened between frames to the share until then. */
static void fill_shares(struct outbreak_spread *spread, const struct spread_sums *sums)
{
	for (size_t outbreak = 0; outbreak < spread->outbreaks; outbreak++)
		for (size_t group = 0; group < spread->groups; group++) {
			const uint64_t *infected =
				sums->infected +
				outbreak * OUTBREAK_SPREAD_FRAMES * spread->groups + group;
			double *share =
				spread->share + outbreak * spread->frames * spread->groups + group;
			uint64_t vulnerable = sums->vulnerable[group], until = 0;
			for (uint32_t frame = 0; frame < spread->frames; frame++) {
				until += infected[frame * spread->groups];
				share[frame * spread->groups] =
					vulnerable ? (double)until / (double)vulnerable : 0;
			}
		}
}

static int check_follow(const struct outbreak_world *world, const struct outbreak_worm *worm,
			const struct outbreak_run *run,
			const struct remedy_candidate *const *remedies, size_t remedy_count,
			struct error *error)
{
	int result = check_worm(worm, world, error);

	if (result == 0)
		result = check_run(run, error);
	for (size_t i = 0; result == 0 && i < remedy_count; i++)
		result = check_candidate(remedies[i], error);
	return result;
}

static uint32_t choose_replicas(const struct outbreak_world *world, const struct outbreak_run *run)
{
	double hosts = 0;

	for (size_t i = 0; i < world->subnet_count; i++)
		hosts += outbreak_subnet_vulnerable(&world->subnets[i]);
	double enough = ceil(fmax(fmin(ENOUGH_HOSTS / fmax(hosts, 1), OUTBREAK_SPREAD_REPLICAS),
				  FEWEST_REPLICAS));
	return enough < run->replicas ? (uint32_t)enough : run->replicas;
}

static bool make_room(struct outbreak_spread *spread, struct spread_sums *sums)
{
	size_t cells = spread->outbreaks * OUTBREAK_SPREAD_FRAMES * spread->groups;

	sums->infected = calloc(cells, sizeof *sums->infected);
	sums->vulnerable = calloc(spread->groups, sizeof *sums->vulnerable);
	spread->time = calloc(OUTBREAK_SPREAD_FRAMES, sizeof *spread->time);
	spread->share = calloc(cells, sizeof *spread->share);
	return sums->infected && sums->vulnerable && spread->time && spread->share;
}

static int follow_all(struct outbreak_spread *spread, struct spread_sums *sums,
		      const struct outbreak_world *world, const struct outbreak_worm *worm,
		      const struct outbreak_run *run,
		      const struct remedy_candidate *const *remedies, struct error *error)
{
	struct replica replica;
	int result = replica_init(&replica, world, worm, run->duration, error);

	if (result < 0)
		return result;
	replica.with.anonymous = true;
	for (uint32_t i = 0; result == 0 && i < spread->replicas; i++)
		result = follow_replica(spread, sums, &replica, run, i, remedies, error);
	if (result == 0)
		fill_shares(spread, sums);
	replica_fini(&replica);
	return result;
}

int outbreak_follow(const struct outbreak_world *world, const struct outbreak_worm *worm,
		    const struct outbreak_run *run, const struct remedy_candidate *const *remedies,
		    size_t remedy_count, struct outbreak_spread *spread, struct error *error)
{
	struct spread_sums sums;

	*spread = (struct outbreak_spread){ 0 };
	int result = check_follow(world, worm, run, remedies, remedy_count, error);
	if (result < 0)
		return result;
	size_t last = world->subnet_count - 1, size = last / OUTBREAK_SPREAD_GROUPS + 1;
	spread->replicas = choose_replicas(world, run);
	spread->group_size = size;
	spread->groups = last / size + 1;
	spread->outbreaks = remedy_count + 1;
	if (make_room(spread, &sums))
		result = follow_all(spread, &sums, world, worm, run, remedies, error);
	else
		result = error_set(error, ERROR_MEMORY, "run", "no memory to follow %zu outbreaks",
				   spread->outbreaks);
	free(sums.infected);
	free(sums.vulnerable);
	if (result < 0)
		outbreak_spread_fini(spread);
	return result;
}

void outbreak_spread_fini(struct outbreak_spread *spread)
{
	free(spread->time);
	free(spread->share);
	*spread = (struct outbreak_spread){ 0 };
}
