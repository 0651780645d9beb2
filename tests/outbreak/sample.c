#include "sample.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "explicit.h"
#include "outbreak/replica.h"

#define MOST_THREADS 16

/* A part of the replicas. */
struct part {
	const struct sample_cell *cell;
	const struct remedy_candidate *const *remedies; /* of the engine */
	size_t remedy_count;
	bool explicitly, good;
	uint64_t seed;
	double *sample; /* of the engine: a row of `count` for each remedy */
	size_t count;
	size_t first, end;
};

/* Never: by how many, later for fewer. Both ends of the distribution count. Where scans are evenly
 * spaced many times are the same but for rounding: to the nanosecond. */
static double outcome_of(double half_time, uint32_t infected)
{
	return half_time < INFINITY ? round(1e9 * half_time) : 1e15 - infected;
}

static bool run_engine(struct part *part, struct replica *replica, size_t number)
{
	const struct history *history;
	struct error error;

	if (replica_run(replica, part->seed, (uint32_t)number, &error) < 0)
		return false;
	uint32_t half = (replica->population.count + 1) / 2;
	for (size_t i = 0; i < part->remedy_count; i++) {
		if (replica_try(replica, part->remedies[i], &history, &error) < 0)
			return false;
		bool reached = half > 0 && history->count >= half;
		part->sample[i * part->count + number] =
			outcome_of(reached ? history->time[half - 1] : INFINITY, history->count);
	}
	return true;
}

static void *engine_part(void *context)
{
	struct part *part = context;
	struct outbreak_worm worm = part->cell->worm;
	struct replica replica;
	struct error error;

	worm.every_scan = part->explicitly;
	part->good = replica_init(&replica, &part->cell->world, &worm, part->cell->duration,
				  &error) == 0;
	if (!part->good)
		return NULL;
	for (size_t i = part->first; part->good && i < part->end; i++)
		part->good = run_engine(part, &replica, i);
	replica_fini(&replica);
	return NULL;
}

static void *oracle_part(void *context)
{
	struct part *part = context;
	const struct sample_cell *cell = part->cell;
	struct explicit_outcome outcome;

	part->good = true;
	for (size_t i = part->first; part->good && i < part->end; i++) {
		struct explicit_run run = { cell->duration, part->seed + i, .until_half = true };
		part->good =
			explicit_run(&cell->world, &cell->worm, &cell->remedy, 1, &run, &outcome);
		if (part->good)
			part->sample[i] = outcome_of(outcome.half_time, outcome.infected);
	}
	return NULL;
}

static bool share_out(void *work(void *), const struct part *whole, size_t count)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t threads = processors < 1		     ? 1
			 : processors > MOST_THREADS ? MOST_THREADS
						     : (size_t)processors;
	struct part parts[MOST_THREADS];
	pthread_t thread[MOST_THREADS];
	size_t started = 0;
	bool good = true;

	for (size_t i = 0; i < threads; i++) {
		parts[i] = *whole;
		parts[i].first = count * i / threads;
		parts[i].end = count * (i + 1) / threads;
	}
	while (started + 1 < threads &&
	       pthread_create(&thread[started], NULL, work, &parts[started]) == 0)
		started++;
	for (size_t i = started; i < threads; i++)
		work(&parts[i]);
	for (size_t i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < threads; i++)
		good = good && parts[i].good;
	return good;
}

bool sample_engine_row(const struct sample_cell *cell,
		       const struct remedy_candidate *const *remedies, size_t remedy_count,
		       bool explicitly, uint64_t seed, double *samples, size_t count)
{
	struct part whole = { .cell = cell,
			      .remedies = remedies,
			      .remedy_count = remedy_count,
			      .explicitly = explicitly,
			      .seed = seed,
			      .sample = samples,
			      .count = count };
	return share_out(engine_part, &whole, count);
}

bool sample_engine(const struct sample_cell *cell, bool explicitly, uint64_t seed, double *sample,
		   size_t count)
{
	return sample_engine_row(cell, &cell->remedy, 1, explicitly, seed, sample, count);
}

bool sample_oracle(const struct sample_cell *cell, uint64_t seed, double *sample, size_t count)
{
	struct part whole = { .cell = cell, .seed = seed, .sample = sample };
	return share_out(oracle_part, &whole, count);
}
