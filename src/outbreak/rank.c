/* Ranking: replicas are handed out to threads one by one; each draws its world, runs the outbreak
 * in it without and with every candidate, and tells the tally. Where a thread cannot be started the
 * others do its work. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbreak/check.h"
#include "outbreak/replica.h"
#include "outbreak/tally.h"

#define MOST_THREADS 256

struct job {
	const struct outbreak_world *world;
	const struct outbreak_worm *worm;
	const struct outbreak_run *run;
	const struct remedy_candidate *candidates;
	size_t candidate_count;
	outbreak_progress *progress;
	void *context;
	atomic_uint next; /* replica */
	atomic_bool stop;
	pthread_mutex_t lock; /* of what follows */
	struct tally tally;
	size_t done;
	int code; /* the first failure, and its message */
	struct error *error;
};

struct outbreak_run outbreak_default_run(void)
{
	return (struct outbreak_run){
		.duration = 86400, .replicas = 20, .seed = 1, .curve_points = 97, .threads = 0
	};
}

double outbreak_point_time(const struct outbreak_run *run, uint32_t index)
{
	return run->duration * index / (run->curve_points - 1);
}

static void tell(struct job *job, size_t forecast, const struct replica *replica,
		 const struct history *history)
{
	tally_curve(&job->tally, forecast, replica->population.replica, history);
	pthread_mutex_lock(&job->lock);
	if (forecast == 0)
		tally_population(&job->tally, &replica->population);
	tally_subnets(&job->tally, forecast, &replica->population, history);
	job->done++;
	if (job->progress)
		job->progress(job->context, job->done,
			      job->run->replicas * (job->candidate_count + 1));
	pthread_mutex_unlock(&job->lock);
}

static int simulate(struct job *job, struct replica *replica, uint32_t number, struct error *error)
{
	int result = replica_run(replica, job->run->seed, number, error);

	if (result < 0)
		return result;
	tell(job, 0, replica, &replica->base);
	for (size_t i = 0; i < job->candidate_count && !atomic_load(&job->stop); i++) {
		const struct history *history;
		result = replica_try(replica, &job->candidates[i], &history, error);
		if (result < 0)
			return result;
		tell(job, i + 1, replica, history);
	}
	return 0;
}

static void *work(void *context)
{
	struct job *job = context;
	struct replica replica;
	struct error error = { 0 };
	int result = replica_init(&replica, job->world, job->worm, job->run->duration, &error);

	if (result == 0) {
		while (result == 0 && !atomic_load(&job->stop)) {
			unsigned number = atomic_fetch_add(&job->next, 1);
			if (number >= job->run->replicas)
				break;
			result = simulate(job, &replica, number, &error);
		}
		replica_fini(&replica);
	}
	if (result < 0) {
		atomic_store(&job->stop, true);
		pthread_mutex_lock(&job->lock);
		if (job->code == 0) {
			job->code = result;
			if (job->error)
				*job->error = error;
		}
		pthread_mutex_unlock(&job->lock);
	}
	return NULL;
}

static unsigned thread_count(const struct outbreak_run *run)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = run->threads ? run->threads : cores > 0 ? (unsigned)cores : 1;

	if (wanted > run->replicas)
		wanted = run->replicas;
	return wanted < MOST_THREADS ? wanted : MOST_THREADS;
}

static void run_threads(struct job *job)
{
	pthread_t helpers[MOST_THREADS];
	unsigned wanted = thread_count(job->run), started = 0;

	while (started + 1 < wanted && pthread_create(&helpers[started], NULL, work, job) == 0)
		started++;
	work(job);
	while (started > 0)
		pthread_join(helpers[--started], NULL);
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* Best first: see outbreak_rank() in the door. `remedy` points into one array, so it tells what was
 * given first. */
static int better(const void *left, const void *right)
{
	const struct outbreak_forecast *a = left, *b = right;

	if (a->saved.median != b->saved.median)
		return a->saved.median > b->saved.median ? -1 : 1;
	bool a_harms = *text_or_empty(a->remedy->collateral),
	     b_harms = *text_or_empty(b->remedy->collateral);
	if (a_harms != b_harms)
		return a_harms ? 1 : -1;
	int names = strcmp(text_or_empty(a->remedy->name), text_or_empty(b->remedy->name));
	return names ? names : (a->remedy > b->remedy) - (a->remedy < b->remedy);
}

static int check(const struct job *job, struct error *error)
{
	int result = check_worm(job->worm, job->world, error);

	if (result == 0)
		result = check_run(job->run, error);
	for (size_t i = 0; result == 0 && i < job->candidate_count; i++)
		result = check_candidate(&job->candidates[i], error);
	return result;
}

int outbreak_rank(const struct outbreak_world *world, const struct outbreak_worm *worm,
		  const struct outbreak_run *run, const struct remedy_candidate *candidates,
		  size_t candidate_count, outbreak_progress *progress, void *context,
		  struct outbreak_result *result, struct error *error)
{
	struct job job = { .world = world,
			   .worm = worm,
			   .run = run,
			   .candidates = candidates,
			   .candidate_count = candidate_count,
			   .progress = progress,
			   .context = context,
			   .error = error };

	*result = (struct outbreak_result){ 0 };
	int code = check(&job, error);
	if (code == 0)
		code = tally_init(&job.tally, run, candidate_count + 1, world->subnet_count, error);
	if (code < 0)
		return code;
	pthread_mutex_init(&job.lock, NULL);
	run_threads(&job);
	pthread_mutex_destroy(&job.lock);
	code = job.code < 0 ? job.code : tally_result(&job.tally, candidates, result, error);
	tally_fini(&job.tally);
	if (code == 0 && result->count > 1)
		qsort(result->forecasts + 1, result->count - 1, sizeof *result->forecasts, better);
	return code;
}

void outbreak_result_fini(struct outbreak_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		free(result->forecasts[i].curve);
		free(result->forecasts[i].subnet_infected);
		free(result->forecasts[i].subnet_vulnerable);
	}
	free(result->forecasts);
	*result = (struct outbreak_result){ 0 };
}
