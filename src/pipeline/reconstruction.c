#include "pipeline/reconstruction.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define PUBLISH_EVERY 1024 /* packets */

struct reconstruction {
	struct reconstruction_options options;
	struct packet_source *source;
	struct stream_table *table;
	struct detection *detection;
	pthread_t thread;
	_Atomic bool stopping, discarding, ended;
	_Atomic uint64_t position;
	struct error error; /* the thread's until it has ended */

	struct pipeline_counters own; /* the thread's */
	pthread_mutex_t lock;	      /* of what is published; the thread only ever tries it */
	struct pipeline_counters published;
};

static bool says_nothing(const struct stream_session *session)
{
	return session->half[STREAM_CLIENT].data.length == 0 &&
	       session->half[STREAM_SERVER].data.length == 0;
}

static bool is_cut(const struct stream_session *session)
{
	return session->end == STREAM_END_LIMIT || session->half[STREAM_CLIENT].beyond_limit ||
	       session->half[STREAM_SERVER].beyond_limit;
}

static void count_refusal(struct reconstruction *unit, enum allowance_answer refused)
{
	if (refused == ALLOWANCE_ITEMS)
		unit->own.dropped_slots++;
	else
		unit->own.dropped_bytes++;
}

static int on_session(void *context, const struct stream_session *borrowed)
{
	struct reconstruction *unit = context;
	enum allowance_answer refused = ALLOWANCE_GIVEN;

	if (atomic_load_explicit(&unit->discarding, memory_order_relaxed))
		return ERROR_LIMIT;
	unit->own.cut += !borrowed->part && is_cut(borrowed);
	if (unit->options.skip_silent && says_nothing(borrowed)) {
		unit->own.silent++;
		return 0;
	}
	bool part = borrowed->part;
	struct stream_session *session = stream_session_take(unit->table);
	if (!session)
		return ERROR_MEMORY;
	/* Once it is stopped there is no traffic to lose by waiting. */
	bool wait = !unit->options.live || atomic_load(&unit->stopping);
	int result = wait ? detection_submit_waiting(unit->detection, session)
			  : detection_submit(unit->detection, session, &refused);
	if (result < 0)
		stream_session_free(session);
	if (result == 0)
		unit->own.looks += part;
	if (result != ERROR_LIMIT)
		return result;
	if (part)
		unit->own.looks_dropped++;
	else
		count_refusal(unit, refused);
	return 0;
}

/* Never waits: a reader of the counters holds the lock for a copy only, and the next time will do.
 */
static void publish(struct reconstruction *unit, bool last)
{
	struct pipeline_counters *own = &unit->own;
	struct packet_counters packets = packet_counters(unit->source);
	struct stream_counters streams = stream_counters(unit->table);
	uint64_t position = packet_position(unit->source);

#define COPY_PACKET(name, meaning) own->name = packets.name;
#define COPY_STREAM(name, meaning) own->name = streams.name;
	PACKET_COUNTERS(COPY_PACKET)
	STREAM_COUNTERS(COPY_STREAM)
#undef COPY_PACKET
#undef COPY_STREAM
	own->bytes = position;
	if (unit->options.live) {
		struct packet_kernel_counters kernel = packet_kernel_counters(unit->source);
		own->dropped_kernel = kernel.dropped;
	}
	atomic_store_explicit(&unit->position, position, memory_order_relaxed);
	if (last)
		pthread_mutex_lock(&unit->lock);
	else if (pthread_mutex_trylock(&unit->lock) != 0)
		return;
	unit->published = *own;
	pthread_mutex_unlock(&unit->lock);
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Is reading over? A file's at once; of an interface, what came before the stop is still read from
 * the ring, which ends with silence or with the first frame that came later. */
static bool is_over(const struct reconstruction *unit, int got, uint64_t time_ns, uint64_t *stop_ns)
{
	if (!atomic_load_explicit(&unit->stopping, memory_order_relaxed))
		return false;
	if (!unit->options.live || atomic_load(&unit->discarding))
		return true;
	if (*stop_ns == 0)
		*stop_ns = clock_ns();
	return got == PACKET_IDLE || time_ns > *stop_ns;
}

static int read_packets(struct reconstruction *unit)
{
	uint64_t packets = 0, reads = 0, stop_ns = 0;
	struct packet packet;
	int got, result = 0;

	while (result == 0 && (got = packet_next(unit->source, &packet, &unit->error)) > 0) {
		if (is_over(unit, got, packet.time_ns, &stop_ns))
			break;
		result = got == PACKET_IDLE ? stream_advance(unit->table, clock_ns())
					    : stream_push(unit->table, &packet);
		packets += got != PACKET_IDLE;
		if (got == PACKET_IDLE || reads++ % PUBLISH_EVERY == 0)
			publish(unit, false);
		if (unit->options.packets && packets == unit->options.packets) {
			atomic_store(&unit->stopping, true);
			break;
		}
	}
	return result;
}

static void *reconstruct(void *context)
{
	struct reconstruction *unit = context;
	int result = read_packets(unit);

	if (result == 0)
		result = stream_flush(unit->table);
	/* Damage at the end does not undo what was read before it, and comes first. */
	if (result < 0 && !unit->error.code && !atomic_load(&unit->discarding))
		error_set(&unit->error, result, NULL, "conversations cannot be rebuilt: %s",
			  result == ERROR_MEMORY ? "no memory" : "stopped");
	publish(unit, true);
	atomic_store(&unit->ended, true);
	detection_wake(unit->detection);
	return NULL;
}

static void free_unit(struct reconstruction *unit)
{
	stream_free(unit->table);
	packet_close(unit->source);
	pthread_mutex_destroy(&unit->lock);
	free(unit);
}

int reconstruction_start(const struct reconstruction_options *options, struct packet_source *source,
			 struct detection *detection, struct reconstruction **reconstruction,
			 struct error *error)
{
	struct reconstruction *unit = calloc(1, sizeof *unit);

	*reconstruction = NULL;
	if (!unit) {
		packet_close(source);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for conversations");
	}
	unit->options = *options;
	unit->source = source;
	unit->detection = detection;
	pthread_mutex_init(&unit->lock, NULL);
	packet_set_hosts(source, &unit->options.limits.hosts);
	unit->table = stream_new(&options->limits, on_session, unit);
	if (!unit->table) {
		free_unit(unit);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for conversations");
	}
	errno = pthread_create(&unit->thread, NULL, reconstruct, unit);
	if (errno) {
		free_unit(unit);
		return error_system(error, NULL, "cannot start a thread");
	}
	*reconstruction = unit;
	return 0;
}

void reconstruction_stop(struct reconstruction *unit, bool discard)
{
	if (discard)
		atomic_store(&unit->discarding, true);
	atomic_store(&unit->stopping, true);
}

bool reconstruction_ended(const struct reconstruction *unit)
{
	return atomic_load(&unit->ended);
}

uint64_t reconstruction_position(const struct reconstruction *unit)
{
	return atomic_load_explicit(&unit->position, memory_order_relaxed);
}

void reconstruction_count(struct reconstruction *unit, struct pipeline_counters *counters)
{
	pthread_mutex_lock(&unit->lock);
	struct pipeline_counters published = unit->published;
	pthread_mutex_unlock(&unit->lock);
#define ADD(name, meaning) counters->name += published.name;
	PIPELINE_COUNTERS(ADD)
#undef ADD
}

int reconstruction_join(struct reconstruction *unit, struct error *error)
{
	pthread_join(unit->thread, NULL);
	int result = unit->error.code;
	if (result && error)
		*error = unit->error;
	free_unit(unit);
	return result;
}
