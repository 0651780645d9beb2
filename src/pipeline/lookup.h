/* What was kept in lists, found by number, or by who was connected to and when, without walking the
 * lists: entries are added, sorted once, and found by halving. An entry that is taken is not found
 * again; runs of taken ones are jumped over, so that any number of seekers of one endpoint costs no
 * more than their number. One thread. */
#ifndef KENBI_PIPELINE_LOOKUP_H
#define KENBI_PIPELINE_LOOKUP_H

#include "base/base.h"

/* What does not matter in a lookup is zero in all its keys. */
struct lookup_key {
	int64_t id;
	struct address server, client;
	uint16_t port;
	uint8_t protocol;
};

struct lookup_entry {
	struct lookup_key key;
	uint64_t when;
	size_t position; /* in the list; of equal entries the earlier in the list is found first */
};

struct lookup {
	struct lookup_entry *entries;
	size_t *free_from; /* of each index and the end: where to look for the next free one */
	size_t count, room;
	uint64_t steps; /* entries looked at since lookup_init */
};

#define LOOKUP_NONE SIZE_MAX

/* Room for that many entries. ERROR_MEMORY: *lookup is empty, and need not be given back. */
MUST_CHECK int lookup_init(struct lookup *lookup, size_t room);
void lookup_fini(struct lookup *lookup);
/* Not more than there is room for; the key is copied. */
void lookup_add(struct lookup *lookup, const struct lookup_key *key, uint64_t when,
		size_t position);
/* After the last addition, before the first question. */
void lookup_sort(struct lookup *lookup);

/* The index of the first free entry with that key that is not before `when`, or LOOKUP_NONE. */
size_t lookup_first(struct lookup *lookup, const struct lookup_key *key, uint64_t when);
/* The next free one behind `index` with the same key, or LOOKUP_NONE. */
size_t lookup_next(struct lookup *lookup, size_t index);
size_t lookup_position(const struct lookup *lookup, size_t index);
void lookup_take(struct lookup *lookup, size_t index);

#endif
