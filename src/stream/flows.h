/* The set of open conversations. */
#ifndef KENBI_STREAM_FLOWS_H
#define KENBI_STREAM_FLOWS_H

#include <sodium.h>

#include "stream/flow.h"

struct activity_list {
	struct flow *oldest, *newest;
	struct flow *unseen; /* the oldest that was not looked at since something happened in it */
};

struct flows {
	size_t *memory; /* what the whole table holds; kept up to date here */
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct flow **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	struct activity_list lists[FLOW_RANKS];
	struct flow *recent; /* the one found last: packets come in runs */
};

/* False: no memory. */
bool flows_init(struct flows *flows, size_t *memory);
/* Must be empty. */
void flows_fini(struct flows *flows);
/* The conversation that a packet belongs to, and who sent it; NULL: none, and *hash is what it
 * would lie under. */
struct flow *flows_find(struct flows *flows, const struct packet *packet, uint64_t *hash,
			enum stream_side *side);
/* Puts in a flow whose hash is set; it is the newest of its rank. */
void flows_add(struct flows *flows, struct flow *flow, enum flow_rank rank);
/* Takes it out; the flow is not freed. */
void flows_remove(struct flows *flows, struct flow *flow);
/* Something happened in it: it becomes the newest of that rank. */
void flows_touch(struct flows *flows, struct flow *flow, enum flow_rank rank);

#endif
