#include "outbreak/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "outbreak/ranks.h"

#define MOST_THREADS 256

struct crew {
	const struct crew_job *job;
	atomic_uint next; /* replica */
	atomic_bool stop;
	pthread_mutex_t lock; /* of what follows: the first failure, and its message */
	int code;
	struct error *error;
};

static int work_on(struct crew *crew, struct replica *replica, struct error *error)
{
	const struct crew_job *job = crew->job;
	int result = 0;

	while (result == 0 && !atomic_load(&crew->stop)) {
		unsigned number = atomic_fetch_add(&crew->next, 1);
		if (number >= job->end)
			break;
		if (!ranks_own(job->run->ranks, number))
			continue;
		result = replica_run(replica, job->run->seed, number, error);
		if (result == 0)
			result = job->simulate(job->context, replica, error);
	}
	return result;
}

static void *work(void *context)
{
	struct crew *crew = context;
	const struct crew_job *job = crew->job;
	struct replica replica;
	struct error error = { 0 };
	int result = replica_init(&replica, job->world, job->worm, job->run->duration, &error);

	if (result == 0) {
		replica.with.anonymous = true; /* jobs count who is infected */
		result = work_on(crew, &replica, &error);
		replica_fini(&replica);
	}
	if (result < 0) {
		atomic_store(&crew->stop, true);
		pthread_mutex_lock(&crew->lock);
		if (crew->code == 0) {
			crew->code = result;
			if (crew->error)
				*crew->error = error;
		}
		pthread_mutex_unlock(&crew->lock);
	}
	return NULL;
}

static unsigned thread_count(const struct crew_job *job)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = job->run->threads;
	unsigned wanted = threads ? threads : cores > 0 ? (unsigned)cores : 1;
	unsigned ranks = job->run->ranks ? job->run->ranks->count : 1;
	unsigned share = (job->end - job->first - 1) / ranks + 1;

	if (wanted > share)
		wanted = share;
	return wanted < MOST_THREADS ? wanted : MOST_THREADS;
}

int crew_run(const struct crew_job *job, struct error *error)
{
	struct crew crew = { .job = job, .next = job->first, .error = error };
	pthread_t helpers[MOST_THREADS];
	unsigned wanted = thread_count(job), started = 0;

	pthread_mutex_init(&crew.lock, NULL);
	while (started + 1 < wanted && pthread_create(&helpers[started], NULL, work, &crew) == 0)
		started++;
	work(&crew);
	while (started > 0)
		pthread_join(helpers[--started], NULL);
	pthread_mutex_destroy(&crew.lock);
	return ranks_agree(job->run->ranks, crew.code, error);
}
