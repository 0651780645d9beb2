/* Memory that is freed as one: per flow, sample or message, with a hard limit. Not thread-safe. */
#ifndef KENBI_BASE_ARENA_H
#define KENBI_BASE_ARENA_H

#include "base/bytes.h"

struct arena;

/* `limit` is the most that may be allocated in all, in bytes. NULL when there is no memory. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);
/* Zeroed, aligned for any type. NULL past the limit or without memory. */
void *arena_take(struct arena *arena, size_t size);
/* A terminated copy of bytes (embedded zeros are kept, so strlen may be shorter). NULL as above. */
char *arena_copy(struct arena *arena, struct bytes bytes);
size_t arena_used(const struct arena *arena);

#endif
