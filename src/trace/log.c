/* Events kept in memory: texts in an arena, events in one growing array. */
#include "trace/trace.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct trace_log {
	_Atomic unsigned owners;
	struct arena *arena;
	struct trace_event *events;
	size_t count, capacity, limit;
	uint64_t dropped;
	enum trace_clock clock;
	struct address self; /* family 0: not known */
};

struct trace_log *trace_log_new(size_t limit)
{
	struct trace_log *log = calloc(1, sizeof *log);
	if (!log)
		return NULL;
	log->owners = 1;
	log->limit = limit;
	log->arena = arena_new(limit);
	if (!log->arena) {
		free(log);
		return NULL;
	}
	return log;
}

struct trace_log *trace_log_share(struct trace_log *log)
{
	if (log)
		atomic_fetch_add(&log->owners, 1);
	return log;
}

void trace_log_free(struct trace_log *log)
{
	if (!log || atomic_fetch_sub(&log->owners, 1) > 1)
		return;
	arena_free(log->arena);
	free(log->events);
	free(log);
}

static int grow(struct trace_log *log)
{
	if (log->count < log->capacity)
		return 0;
	size_t capacity = log->capacity ? 2 * log->capacity : 256;
	if (capacity * sizeof *log->events + arena_used(log->arena) > log->limit)
		return ERROR_LIMIT;
	struct trace_event *events = realloc(log->events, capacity * sizeof *events);
	if (!events)
		return ERROR_MEMORY;
	log->events = events;
	log->capacity = capacity;
	return 0;
}

static void keep(void *context, const struct trace_event *event)
{
	struct trace_log *log = context;
	struct trace_event copy = *event;

	if (log->dropped || grow(log) < 0) {
		log->dropped++;
		return;
	}
	for (int i = 0; i < TRACE_FIELDS; i++) {
		if (!copy.values[i].text)
			continue;
		copy.values[i].text = arena_copy(log->arena, bytes_of(copy.values[i].text));
		if (!copy.values[i].text) {
			log->dropped++;
			return;
		}
	}
	log->events[log->count++] = copy;
}

struct trace_sink trace_log_sink(struct trace_log *log)
{
	return (struct trace_sink){ .context = log, .event = keep };
}

size_t trace_log_count(const struct trace_log *log)
{
	return log->count;
}

const struct trace_event *trace_log_event(const struct trace_log *log, size_t index)
{
	return index < log->count ? &log->events[index] : NULL;
}

uint64_t trace_log_dropped(const struct trace_log *log)
{
	return log->dropped;
}

void trace_log_describe(struct trace_log *log, enum trace_clock clock, const struct address *self)
{
	log->clock = clock;
	log->self = self ? *self : (struct address){ .family = 0 };
}

enum trace_clock trace_log_clock(const struct trace_log *log)
{
	return log->clock;
}

const struct address *trace_log_self(const struct trace_log *log)
{
	return log->self.family ? &log->self : NULL;
}
