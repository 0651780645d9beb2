/* Where open conversations are kept: a hash table with a secret key (SipHash), so that nobody can
 * choose packets that collide, and a list by activity for each rank. The key decides only in which
 * bucket a conversation lies, never what comes out. */
#include "stream/flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define FIRST_BUCKETS 1024u

bool flows_init(struct flows *flows, size_t *memory)
{
	*flows = (struct flows){ .memory = memory, .bucket_count = FIRST_BUCKETS };
	flows->buckets = calloc(flows->bucket_count, sizeof *flows->buckets);
	if (!flows->buckets)
		return false;
	*memory += flows->bucket_count * sizeof *flows->buckets;
	/* The kernel gives every process 16 random bytes: a key without a system call. */
	const void *random = (const void *)getauxval(AT_RANDOM);
	if (random)
		memcpy(flows->key, random, sizeof flows->key);
	return true;
}

void flows_fini(struct flows *flows)
{
	*flows->memory -= flows->bucket_count * sizeof *flows->buckets;
	free(flows->buckets);
}

static void list_remove(struct flows *flows, struct flow *flow)
{
	struct activity_list *list = &flows->lists[flow->rank];
	if (list->oldest == flow)
		list->oldest = flow->newer;
	else
		flow->older->newer = flow->newer;
	if (list->newest == flow)
		list->newest = flow->older;
	else
		flow->newer->older = flow->older;
	if (list->unseen == flow)
		list->unseen = flow->newer;
	flow->older = flow->newer = NULL;
}

static void list_append(struct flows *flows, struct flow *flow, enum flow_rank rank)
{
	struct activity_list *list = &flows->lists[rank];
	flow->rank = (uint8_t)rank;
	flow->older = list->newest;
	flow->newer = NULL;
	*(list->newest ? &list->newest->newer : &list->oldest) = flow;
	list->newest = flow;
	if (!list->unseen)
		list->unseen = flow;
}

static struct flow **bucket_of(const struct flows *flows, uint64_t hash)
{
	return &flows->buckets[hash & (flows->bucket_count - 1)];
}

static void grow_buckets(struct flows *flows)
{
	size_t count = flows->bucket_count * 2;
	struct flow **grown = calloc(count, sizeof *grown);
	if (!grown)
		return; /* longer chains, still right */
	struct flow **old = flows->buckets;
	size_t old_count = flows->bucket_count;
	flows->buckets = grown;
	flows->bucket_count = count;
	*flows->memory += (count - old_count) * sizeof *grown;
	for (size_t i = 0; i < old_count; i++) {
		for (struct flow *flow = old[i], *next; flow; flow = next) {
			next = flow->bucket_next;
			struct flow **bucket = bucket_of(flows, flow->hash);
			flow->bucket_next = *bucket;
			*bucket = flow;
		}
	}
	free(old);
}

void flows_add(struct flows *flows, struct flow *flow, enum flow_rank rank)
{
	if (flows->count >= flows->bucket_count)
		grow_buckets(flows);
	struct flow **bucket = bucket_of(flows, flow->hash);
	flow->bucket_next = *bucket;
	*bucket = flow;
	list_append(flows, flow, rank);
	flows->count++;
}

void flows_remove(struct flows *flows, struct flow *flow)
{
	struct flow **link = bucket_of(flows, flow->hash);
	while (*link != flow)
		link = &(*link)->bucket_next;
	*link = flow->bucket_next;
	list_remove(flows, flow);
	flows->count--;
	if (flows->recent == flow)
		flows->recent = NULL;
}

void flows_touch(struct flows *flows, struct flow *flow, enum flow_rank rank)
{
	struct activity_list *list = &flows->lists[rank];

	if (flow->rank == rank && list->newest == flow) {
		if (!list->unseen)
			list->unseen = flow;
		return;
	}
	list_remove(flows, flow);
	list_append(flows, flow, rank);
}

/* --- who talks with whom --- */

static void write_end(uint8_t *into, const struct address *address, uint16_t port)
{
	memcpy(into, address->bytes, 16);
	into[16] = (uint8_t)(port >> 8);
	into[17] = (uint8_t)port;
}

/* Both directions hash alike: the lower end stands first. */
static uint64_t hash_of(const struct flows *flows, const struct packet *packet)
{
	uint8_t ends[2][18], bytes[38];
	uint64_t hash;

	write_end(ends[0], &packet->source, packet->source_port);
	write_end(ends[1], &packet->destination, packet->destination_port);
	int low = memcmp(ends[0], ends[1], sizeof ends[0]) > 0;
	memcpy(bytes, ends[low], 18);
	memcpy(bytes + 18, ends[!low], 18);
	bytes[36] = packet->protocol;
	bytes[37] = packet->source.family;
	crypto_shorthash((uint8_t *)&hash, bytes, sizeof bytes, flows->key);
	return hash;
}

static bool is_end(const struct flow *flow, int side, const struct address *address, uint16_t port)
{
	return flow->port[side] == port &&
	       memcmp(flow->address[side].bytes, address->bytes, sizeof address->bytes) == 0 &&
	       flow->address[side].family == address->family;
}

static bool belongs_to(const struct flow *flow, const struct packet *packet, enum stream_side *side)
{
	if (flow->protocol != packet->protocol)
		return false;
	for (int from = 0; from < STREAM_SIDES; from++) {
		if (!is_end(flow, from, &packet->source, packet->source_port) ||
		    !is_end(flow, !from, &packet->destination, packet->destination_port))
			continue;
		*side = (enum stream_side)from;
		return true;
	}
	return false;
}

struct flow *flows_find(struct flows *flows, const struct packet *packet, uint64_t *hash,
			enum stream_side *side)
{
	if (flows->recent && belongs_to(flows->recent, packet, side)) {
		*hash = flows->recent->hash;
		return flows->recent;
	}
	*hash = hash_of(flows, packet);
	for (struct flow *flow = *bucket_of(flows, *hash); flow; flow = flow->bucket_next) {
		if (flow->hash != *hash || !belongs_to(flow, packet, side))
			continue;
		flows->recent = flow;
		return flow;
	}
	return NULL;
}
