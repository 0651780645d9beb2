/* Queue, workers, results. Semaphores only wake sleepers: posting one never blocks, and everything
 * that passes between threads passes through the rings. */
#include "pipeline/detection.h"
#include "pipeline/detection_search.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct worker {
	struct detection *detection;
	struct shellcode_detector *detector;
	pthread_t thread;
};

struct detection {
	struct detection_options options;
	struct allowance allowance;
	struct ring *waiting, *finished;
	_Atomic uint64_t submitted;
	_Atomic bool stopping;
	_Atomic unsigned room_wanted; /* by so many */
	sem_t work, results;
	pthread_mutex_t room_lock; /* only those that may wait wait here */
	pthread_cond_t room;
	struct worker *workers;
	unsigned running;

	/* the owner's: results that came before their turn, by order */
	struct detection_job **early;
	uint64_t next_order;
};

/* --- a worker --- */

/* What was unpacked takes memory until the result has been taken. */
static void count_unpacked(struct worker *worker, struct detection_job *job)
{
	size_t unpacked = job->description.unpacked;

	allowance_grow(&worker->detection->allowance, unpacked);
	job->size += unpacked;
}

static void detect(struct worker *worker, struct detection_job *job)
{
	/* A part may begin anywhere: it is described when it is whole. */
	if (!job->session->part)
		job->described = worker->detection->options.files
					 ? stream_describe(job->session, &job->description)
					 : stream_describe_packed(job->session, &job->description);
	count_unpacked(worker, job);
	if (job->described == ERROR_MEMORY) {
		error_set(&job->error, ERROR_MEMORY, NULL, "no memory to describe a conversation");
		return;
	}
	if (!worker->detection->options.search)
		return;
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++)
		if (job->session->half[side].data.length &&
		    detection_search_side(worker->detector, job, side) < 0)
			return;
}

static void *work(void *context)
{
	struct worker *worker = context;
	struct detection *detection = worker->detection;

	for (;;) {
		while (sem_wait(&detection->work) < 0)
			continue; /* a signal */
		if (atomic_load(&detection->stopping))
			return NULL;
		/* One is ours; a push before it may not be finished yet. */
		struct detection_job *job;
		while (!(job = ring_pop(detection->waiting)))
			sched_yield();
		detect(worker, job);
		while (!ring_push(detection->finished, job)) /* as in try_submit */
			sched_yield();
		sem_post(&detection->results);
	}
}

/* --- in --- */

static int try_submit(struct detection *detection, struct detection_job *job,
		      enum allowance_answer *answer)
{
	*answer = allowance_take(&detection->allowance, job->size);
	if (*answer != ALLOWANCE_GIVEN)
		return ERROR_LIMIT;
	job->order = atomic_fetch_add(&detection->submitted, 1) + 1;
	/* There is room: the ring holds as many as may be under way. A cell may still be emptied.
	 */
	while (!ring_push(detection->waiting, job))
		sched_yield();
	sem_post(&detection->work);
	return 0;
}

static struct detection_job *job_of(struct stream_session *session)
{
	struct detection_job *job = calloc(1, sizeof *job);

	if (!job)
		return NULL;
	job->session = session;
	/* What is said of it may hold both sides once more, as files. */
	job->size = 2 * stream_session_memory(session) + sizeof *job;
	return job;
}

int detection_submit(struct detection *detection, struct stream_session *session,
		     enum allowance_answer *refused)
{
	struct detection_job *job = job_of(session);
	int result = job ? try_submit(detection, job, refused) : ERROR_MEMORY;

	if (result < 0)
		free(job);
	return result;
}

int detection_submit_waiting(struct detection *detection, struct stream_session *session)
{
	struct detection_job *job = job_of(session);
	enum allowance_answer answer;

	if (!job)
		return ERROR_MEMORY;
	if (try_submit(detection, job, &answer) == 0)
		return 0;
	/* Either the next try sees the room that was made, or whoever makes it sees the wish: a
	 * store, then a load on each side, in one order for all. */
	pthread_mutex_lock(&detection->room_lock);
	atomic_fetch_add(&detection->room_wanted, 1);
	atomic_thread_fence(memory_order_seq_cst);
	while (try_submit(detection, job, &answer) < 0)
		pthread_cond_wait(&detection->room, &detection->room_lock);
	atomic_fetch_sub(&detection->room_wanted, 1);
	pthread_mutex_unlock(&detection->room_lock);
	return 0;
}

/* --- out --- */

static struct detection_job *take_result(struct detection *detection)
{
	struct detection_job *job;

	if (!detection->options.ordered)
		return ring_pop(detection->finished);
	/* The one that is waited for is under way or yet to come, so all that are under way differ
	 * by less than the bound, and have places of their own. */
	size_t items = detection->options.items;
	struct detection_job **next = &detection->early[detection->next_order % items];
	while (!*next && (job = ring_pop(detection->finished)))
		detection->early[job->order % items] = job;
	job = *next;
	if (job) {
		*next = NULL;
		detection->next_order++;
	}
	return job;
}

struct detection_job *detection_next(struct detection *detection, unsigned timeout_ms)
{
	struct timespec until;
	struct detection_job *job = take_result(detection);

	if (job)
		return job;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)timeout_ms * 1000000l;
	until.tv_sec += until.tv_nsec / 1000000000l;
	until.tv_nsec %= 1000000000l;
	/* Interrupted, late, or posted for a result that was taken together with another: the owner
	 * asks again. */
	int waited = sem_timedwait(&detection->results, &until);
	return waited == 0 ? take_result(detection) : NULL;
}

void detection_wake(struct detection *detection)
{
	sem_post(&detection->results);
}

static void job_fini(struct detection_job *job)
{
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++) {
		for (size_t i = 0; i < job->side[side].count; i++)
			shellcode_finding_fini(&job->side[side].findings[i]);
		free(job->side[side].findings);
	}
	stream_description_fini(&job->description);
	stream_session_free((struct stream_session *)(uintptr_t)job->session);
	free(job);
}

/* Whoever waits for room is woken for more than one conversation: each wakes two threads and
 * empties their caches. With nothing under way there is always room. */
static bool is_roomy(const struct detection *detection)
{
	struct detection_fill fill = detection_fill(detection);

	return fill.bytes <= fill.byte_limit / 4 * 3 && fill.items <= fill.item_limit / 4 * 3;
}

void detection_job_free(struct detection *detection, struct detection_job *job)
{
	size_t size = job->size;

	job_fini(job);
	allowance_return(&detection->allowance, size);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&detection->room_wanted) == 0 || !is_roomy(detection))
		return;
	pthread_mutex_lock(&detection->room_lock);
	pthread_cond_broadcast(&detection->room);
	pthread_mutex_unlock(&detection->room_lock);
}

void detection_job_count(const struct detection_job *job, struct pipeline_counters *counters)
{
	bool whole = !job->session->part;

	counters->searched += whole;
	counters->deviating += whole && job->description.conformance == STREAM_DEVIATES;
	for (enum stream_side side = STREAM_CLIENT; side < STREAM_SIDES; side++) {
		counters->searched_bytes += whole ? job->session->half[side].data.length : 0;
		counters->findings += job->side[side].count;
		counters->exhausted += job->side[side].exhausted;
	}
}

struct detection_fill detection_fill(const struct detection *detection)
{
	const struct allowance *allowance = &detection->allowance;

	return (struct detection_fill){ .items = atomic_load(&allowance->items),
					.item_limit = allowance->item_limit,
					.bytes = atomic_load(&allowance->bytes),
					.byte_limit = allowance->byte_limit };
}

/* --- from beginning to end --- */

static int start_workers(struct detection *detection, struct error *error)
{
	for (unsigned i = 0; i < detection->options.workers; i++) {
		struct worker *worker = &detection->workers[i];
		worker->detection = detection;
		if (detection->options.search && shellcode_new(&worker->detector, error) < 0)
			return error->code;
		if (worker->detector)
			shellcode_explain(worker->detector, detection->options.explain);
		errno = pthread_create(&worker->thread, NULL, work, worker);
		if (errno) {
			shellcode_free(worker->detector);
			return error_system(error, NULL, "cannot start a thread");
		}
		detection->running++;
	}
	return 0;
}

int detection_new(const struct detection_options *options, struct detection **result,
		  struct error *error)
{
	struct detection *made = calloc(1, sizeof *made);

	*result = NULL;
	if (!made)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for detection");
	made->options = *options;
	made->next_order = 1;
	allowance_init(&made->allowance, options->items, options->bytes);
	sem_init(&made->work, 0, 0);
	sem_init(&made->results, 0, 0);
	pthread_mutex_init(&made->room_lock, NULL);
	pthread_cond_init(&made->room, NULL);
	made->waiting = ring_new(options->items);
	made->finished = ring_new(options->items);
	made->early = calloc(options->items, sizeof(struct detection_job *));
	made->workers = calloc(options->workers, sizeof *made->workers);
	if (!made->waiting || !made->finished || !made->early || !made->workers) {
		detection_free(made);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for detection");
	}
	int status = start_workers(made, error);
	if (status < 0) {
		detection_free(made);
		return status;
	}
	*result = made;
	return 0;
}

void detection_free(struct detection *detection)
{
	struct detection_job *job;

	if (!detection)
		return;
	atomic_store(&detection->stopping, true);
	for (unsigned i = 0; i < detection->running; i++)
		sem_post(&detection->work);
	for (unsigned i = 0; i < detection->running; i++) {
		pthread_join(detection->workers[i].thread, NULL);
		shellcode_free(detection->workers[i].detector);
	}
	while (detection->waiting && (job = ring_pop(detection->waiting)))
		job_fini(job);
	while (detection->finished && (job = ring_pop(detection->finished)))
		job_fini(job);
	for (size_t i = 0; detection->early && i < detection->options.items; i++)
		if (detection->early[i])
			job_fini(detection->early[i]);
	ring_free(detection->waiting);
	ring_free(detection->finished);
	sem_destroy(&detection->work);
	sem_destroy(&detection->results);
	pthread_mutex_destroy(&detection->room_lock);
	pthread_cond_destroy(&detection->room);
	free(detection->early);
	free(detection->workers);
	free(detection);
}
