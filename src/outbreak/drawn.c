/* drawn - the kernel that draws every scan: the same distribution as near.c, by brute force.
 *
 * Time is cut into slices. What a host would scan in a slice, were it infected all the time, is a
 * Poisson number of addresses, each at a uniform time: a function of replica, host and slice. An
 * infected host makes those scans of it that come after its start. So nothing that happens to
 * others changes what a host scans, and fewer are infected with a remedy, run by run. The times of
 * misses are never drawn.
 *
 * Random numbers are numbered by host (29 bits), slice (16), block (19). */
#include "outbreak/loop.h"

#include <math.h>
#include <stdlib.h>

#include "outbreak/binomial.h"
#include "outbreak/noise.h"
#include "outbreak/range.h"
#include "outbreak/targets.h"

#define SLICE_SCANS 512.0 /* that a host makes in a slice, if that are not too many slices */
#define SLICES_MOST (1u << 16)
#define BLOCKS_MOST (1u << 19) /* of a host's slice: four scans each */
#define CHUNK	    NOISE_WORDS

struct drawn {
	struct range ranges[RANGE_MOST];
	unsigned count;
	double slice; /* seconds */
	uint32_t now; /* slice */
	struct targets targets;
	uint32_t *scanning; /* hosts */
	uint32_t scanning_count;
	size_t capacity;
};

/* Where the randomness of a host's scans, drawn from range `range`, lies. */
struct drawn_source {
	uint64_t position;
	uint64_t seed;
	uint32_t replica, way;
};

static int drawn_init(struct kernel *kernel, struct error *error)
{
	double duration = kernel->loop->duration, rate = kernel->vector->rate;
	struct drawn *drawn = calloc(1, sizeof *drawn);

	if (!drawn)
		return error_set(error, ERROR_MEMORY, "", "no memory for a kernel");
	kernel->state = drawn;
	drawn->count = range_list(kernel->vector, drawn->ranges);
	double slices = fmin(ceil(duration * rate / SLICE_SCANS), SLICES_MOST - 1);
	drawn->slice = duration / fmax(slices, 1);
	if (rate * drawn->slice > BLOCKS_MOST / 256.0)
		return error_set(error, ERROR_LIMIT, "worm",
				 "%g scans a second for %g seconds are too many to draw every one; "
				 "leave `explicit` out",
				 rate, duration);
	return 0;
}

static void drawn_fini(struct kernel *kernel)
{
	struct drawn *drawn = kernel->state;

	if (drawn) {
		targets_fini(&drawn->targets);
		free(drawn->scanning);
	}
	free(drawn);
	kernel->state = NULL;
}

static int drawn_push_slice(struct kernel *kernel, uint32_t slice, struct error *error)
{
	const struct drawn *drawn = kernel->state;
	struct kernel_event event = { .time = slice * drawn->slice,
				      .count = slice,
				      .from = UINT32_MAX,
				      .kernel = kernel->number };
	return loop_push(kernel->loop, &event, error);
}

static int drawn_reset(struct kernel *kernel, bool open, struct error *error)
{
	const struct population *population = kernel->loop->population;
	struct drawn *drawn = kernel->state;
	size_t count = (size_t)population->count + 1;

	(void)open;
	if (count > drawn->capacity) {
		free(drawn->scanning);
		drawn->capacity = count + count / 8;
		drawn->scanning = malloc(drawn->capacity * sizeof *drawn->scanning);
		if (!drawn->scanning) {
			drawn->capacity = 0;
			return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", count);
		}
	}
	drawn->scanning_count = 0;
	drawn->now = 0;
	int result = targets_set(&drawn->targets, population->address, population->count,
				 population->world->scanned_space, error);
	return result < 0 ? result : drawn_push_slice(kernel, 1, error);
}

static void drawn_random(const struct drawn_source *source, enum draw_purpose purpose,
			 unsigned range, uint64_t scan, struct random *random)
{
	draw_init(random, source->seed, source->replica,
		  draw_of(purpose, source->way * RANGE_MOST + range) | (uint32_t)(scan & 3) << 16);
	random->position = source->position | scan >> 2;
}

/* Scan number `scan` is at `to`: an event, unless it is over by now. */
static int drawn_push_hit(struct kernel *kernel, const struct drawn_source *source, unsigned range,
			  uint64_t scan, uint32_t from, uint32_t to, struct error *error)
{
	const struct drawn *drawn = kernel->state;
	struct random random;

	drawn_random(source, DRAW_SCAN_TIMES, range, scan, &random);
	double time = (drawn->now + random_unit(&random)) * drawn->slice;
	struct kernel_event event = { .time = time,
				      .luck = random_unit(&random),
				      .from = from,
				      .to = to,
				      .kernel = kernel->number };
	return time < kernel->loop->now ? 0 : loop_push(kernel->loop, &event, error);
}

/* Whom the word stands for. Words that would make some addresses likelier than others (Lemire 2019,
 * DOI 10.1145/3230636) stand for no scan: so many more are drawn. */
static uint32_t drawn_target(const struct kernel *kernel, const struct range *range, uint64_t first,
			     uint64_t size, uint32_t word)
{
	const struct drawn *drawn = kernel->state;
	uint64_t product = word * size;

	if ((uint32_t)product < (UINT64_C(1) << 32) % size)
		return TARGETS_NOBODY;
	uint64_t place = first + (product >> 32);
	if (range->kind != RANGE_LIVE)
		return targets_find(&drawn->targets, place);
	const uint32_t *firsts = kernel->loop->population->first;
	uint32_t subnet = kernel->loop->population->subnet[first];
	return place < firsts[subnet + 1] ? (uint32_t)place : TARGETS_NOBODY;
}

/* All of them: hosts, not addresses, are drawn. */
static size_t drawn_all(size_t count, uint32_t *found)
{
	for (size_t i = 0; i < count; i++)
		found[i] = (uint32_t)i;
	return count;
}

static int drawn_scan_range(struct kernel *kernel, const struct drawn_source *source,
			    unsigned number, uint32_t host, struct error *error)
{
	struct drawn *drawn = kernel->state;
	const struct range *range = &drawn->ranges[number];
	const struct population *population = kernel->loop->population;
	uint64_t first = range_first(range, population, host);
	uint64_t size = range_size(range, population, host);
	double refused = (double)((UINT64_C(1) << 32) % size) * 0x1p-32;
	uint32_t words[CHUNK], found[CHUNK + TARGETS_BEYOND];
	struct random random;

	drawn_random(source, DRAW_SCAN_COUNTS, number, 0, &random);
	uint64_t left = poisson_draw(&random, loop_rate(kernel, host) * range->share *
						      drawn->slice / (1 - refused));
	if (left > UINT64_C(4) * BLOCKS_MOST - CHUNK)
		return error_set(error, ERROR_LIMIT, "worm",
				 "a host makes %llu scans in %g seconds: too many to draw every "
				 "one; leave `explicit` out",
				 (unsigned long long)left, drawn->slice);
	kernel->loop->scans += left;
	for (uint64_t done = 0; left > 0;) {
		uint32_t part = left < CHUNK ? (uint32_t)left : CHUNK;
		unsigned groups = (part + 4 * NOISE_GROUP - 1) / (4 * NOISE_GROUP);
		noise_blocks(source->seed,
			     noise_stream(source->replica,
					  draw_of(DRAW_SCANS, source->way * RANGE_MOST + number)),
			     source->position | done >> 2, groups * NOISE_GROUP, words);
		size_t hits = range->kind == RANGE_LIVE ? drawn_all(part, found)
							: targets_sift(&drawn->targets, words, part,
								       first, size, found);
		for (size_t i = 0; range->kind != RANGE_LIVE && i < hits; i++)
			targets_foresee(&drawn->targets, first + (words[found[i]] * size >> 32));
		for (size_t i = 0; i < hits; i++) {
			uint32_t to = drawn_target(kernel, range, first, size, words[found[i]]);
			if (to == TARGETS_NOBODY || loop_infected(kernel->loop, to))
				continue;
			int result = drawn_push_hit(kernel, source, number, done + found[i], host,
						    to, error);
			if (result < 0)
				return result;
		}
		left -= part;
		done += part;
	}
	return 0;
}

/* The host's scans in the present slice, from now on. */
static int drawn_scan(struct kernel *kernel, uint32_t host, struct error *error)
{
	const struct drawn *drawn = kernel->state;
	const struct population *population = kernel->loop->population;
	struct drawn_source source = { .position = (uint64_t)host << 35 | (uint64_t)drawn->now
										  << 19,
				       .seed = population->seed,
				       .replica = population->replica,
				       .way = kernel->number };
	int result = 0;

	for (unsigned i = 0; result == 0 && i < drawn->count; i++)
		result = drawn_scan_range(kernel, &source, i, host, error);
	return result;
}

static int drawn_start(struct kernel *kernel, uint32_t host, struct error *error)
{
	struct drawn *drawn = kernel->state;

	drawn->scanning[drawn->scanning_count++] = host;
	return drawn_scan(kernel, host, error);
}

static int drawn_next_slice(struct kernel *kernel, uint32_t slice, struct error *error)
{
	struct drawn *drawn = kernel->state;
	int result = drawn_push_slice(kernel, slice + 1, error);

	drawn->now = slice;
	for (uint32_t i = 0; result == 0 && i < drawn->scanning_count; i++)
		if (!(kernel->loop->state[drawn->scanning[i]] & LOOP_STOPPED))
			result = drawn_scan(kernel, drawn->scanning[i], error);
	return result;
}

static int drawn_fire(struct kernel *kernel, const struct kernel_event *event, struct error *error)
{
	bool through;

	if (event->from == UINT32_MAX)
		return drawn_next_slice(kernel, (uint32_t)event->count, error);
	if (loop_infected(kernel->loop, event->to))
		return 0;
	return loop_hit(kernel->loop, kernel, event->from, event->to, event->luck, &through, error);
}

const struct kernel_operations kernel_drawn = { .init = drawn_init,
						.fini = drawn_fini,
						.reset = drawn_reset,
						.start = drawn_start,
						.fire = drawn_fire };
