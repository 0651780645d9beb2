/* Reassembly of IPv4 and IPv6 fragments under limits of bytes, datagrams and age.
 *
 * Overlaps: IPv4 keeps the bytes that came first (the "first" policy of Novak, "Target-based
 * fragmentation reassembly", 2005, which lists Windows under it); a datagram whose fragments
 * disagree about its end is given up. IPv6 gives up every datagram with overlapping fragments (RFC
 * 5722) except for exact repetitions. What arrived is a bit per unit of eight bytes, the unit of
 * fragment offsets. At a limit the oldest datagram goes first. */
#include "packet/decode.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sodium.h>

#define DATAGRAM_MOST 65535u
#define UNIT	      8u
#define UNITS	      ((DATAGRAM_MOST + UNIT) / UNIT)
#define BUCKETS	      1024u

struct assembly {
	struct assembly *bucket_next;
	struct assembly *older, *newer; /* by time of the first fragment */
	uint32_t bucket;
	struct datagram first; /* addresses, protocol, identification */
	bool has_head;	       /* the fragment at offset 0 came: its header fields count */
	uint64_t time_ns;
	uint64_t fragments;
	uint8_t *data;
	uint32_t capacity;
	uint32_t end; /* length of the datagram; 0: not known yet */
	uint32_t units_present;
	uint64_t present[(UNITS + 63) / 64];
};

struct fragment_table {
	struct fragment_limits limits;
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct assembly *buckets[BUCKETS];
	struct assembly *oldest, *newest;
	struct assembly *handed_out; /* completed by the last push */
	size_t bytes, datagrams;
	uint64_t given_up;
};

struct fragment_table *fragment_table_new(const struct fragment_limits *limits)
{
	struct fragment_table *table = calloc(1, sizeof *table);
	if (!table)
		return NULL;
	table->limits = *limits;
	/* The kernel gives every process 16 random bytes: a key without a system call. It decides
	 * only in which bucket things lie, never what comes out. */
	const void *random = (const void *)getauxval(AT_RANDOM);
	if (random)
		memcpy(table->key, random, sizeof table->key);
	return table;
}

static void assembly_free(struct assembly *assembly)
{
	if (assembly)
		free(assembly->data);
	free(assembly);
}

static void take_out(struct fragment_table *table, struct assembly *assembly)
{
	struct assembly **link = &table->buckets[assembly->bucket];
	while (*link != assembly)
		link = &(*link)->bucket_next;
	*link = assembly->bucket_next;
	if (table->oldest == assembly)
		table->oldest = assembly->newer;
	else
		assembly->older->newer = assembly->newer;
	if (table->newest == assembly)
		table->newest = assembly->older;
	else
		assembly->newer->older = assembly->older;
	table->bytes -= assembly->capacity + sizeof *assembly;
	table->datagrams--;
}

static void give_up(struct fragment_table *table, struct assembly *assembly)
{
	table->given_up += assembly->fragments;
	take_out(table, assembly);
	assembly_free(assembly);
}

void fragment_flush(struct fragment_table *table)
{
	while (table->oldest)
		give_up(table, table->oldest);
}

void fragment_table_free(struct fragment_table *table)
{
	if (!table)
		return;
	fragment_flush(table);
	assembly_free(table->handed_out);
	free(table);
}

uint64_t fragment_take_given_up(struct fragment_table *table)
{
	uint64_t given_up = table->given_up;
	table->given_up = 0;
	return given_up;
}

static uint32_t bucket_of(const struct fragment_table *table, const struct datagram *datagram)
{
	uint8_t bytes[40] = { 0 };
	uint64_t hash;
	memcpy(bytes, datagram->source.bytes, 16);
	memcpy(bytes + 16, datagram->destination.bytes, 16);
	memcpy(bytes + 32, &datagram->identification, 4);
	bytes[36] = datagram->source.family;
	bytes[37] = datagram->source.family == 4 ? datagram->protocol : 0;
	crypto_shorthash((uint8_t *)&hash, bytes, sizeof bytes, table->key);
	return (uint32_t)(hash % BUCKETS);
}

/* IPv6 does not tell datagrams apart by protocol (RFC 8200, section 4.5), IPv4 does. */
static bool same_datagram(const struct datagram *a, const struct datagram *b)
{
	return a->identification == b->identification && address_equal(&a->source, &b->source) &&
	       address_equal(&a->destination, &b->destination) &&
	       (a->source.family == 6 || a->protocol == b->protocol);
}

static struct assembly *find_or_start(struct fragment_table *table, uint64_t time_ns,
				      const struct datagram *datagram)
{
	uint32_t bucket = bucket_of(table, datagram);
	for (struct assembly *found = table->buckets[bucket]; found; found = found->bucket_next)
		if (same_datagram(&found->first, datagram))
			return found;
	while (table->oldest && table->datagrams >= table->limits.datagrams)
		give_up(table, table->oldest);
	struct assembly *assembly = calloc(1, sizeof *assembly);
	if (!assembly)
		return NULL;
	assembly->first = *datagram;
	assembly->first.payload = (struct bytes){ NULL, 0 };
	assembly->time_ns = time_ns;
	assembly->bucket = bucket;
	assembly->bucket_next = table->buckets[bucket];
	table->buckets[bucket] = assembly;
	assembly->older = table->newest;
	*(table->newest ? &table->newest->newer : &table->oldest) = assembly;
	table->newest = assembly;
	table->bytes += sizeof *assembly;
	table->datagrams++;
	return assembly;
}

static bool make_room(struct fragment_table *table, struct assembly *assembly, uint32_t end)
{
	if (assembly->data && end <= assembly->capacity)
		return true;
	uint32_t capacity = assembly->capacity ? assembly->capacity : 2048;
	while (capacity < end)
		capacity *= 2;
	uint8_t *grown = realloc(assembly->data, capacity);
	if (!grown)
		return false;
	memset(grown + assembly->capacity, 0, capacity - assembly->capacity);
	table->bytes += capacity - assembly->capacity;
	assembly->data = grown;
	assembly->capacity = capacity;
	return true;
}

static bool unit_present(const struct assembly *assembly, uint32_t unit)
{
	return assembly->present[unit / 64] >> unit % 64 & 1;
}

/* Does the fragment fit what is known about the datagram's end? Learns the end. */
static bool end_agrees(struct assembly *assembly, const struct datagram *datagram, uint32_t end)
{
	if (end > DATAGRAM_MOST || (datagram->more_fragments && datagram->payload.length % UNIT))
		return false;
	if (assembly->end &&
	    (datagram->more_fragments ? end > assembly->end : end != assembly->end))
		return false;
	if (datagram->more_fragments)
		return true;
	if (!assembly->end)
		for (uint32_t unit = (end + UNIT - 1) / UNIT; unit < UNITS; unit++)
			if (unit_present(assembly, unit))
				return false;
	assembly->end = end;
	return true;
}

/* Copies the units that are not there yet. False: an overlap that this family does not allow. */
static bool copy_units(struct assembly *assembly, const struct datagram *datagram)
{
	uint32_t first = datagram->fragment_offset / UNIT;
	uint32_t units = (uint32_t)(datagram->payload.length + UNIT - 1) / UNIT;
	uint32_t overlapping = 0;

	for (uint32_t i = 0; i < units; i++)
		overlapping += unit_present(assembly, first + i);
	if (overlapping && datagram->source.family == 6)
		return overlapping == units &&
		       memcmp(assembly->data + datagram->fragment_offset, datagram->payload.data,
			      datagram->payload.length) == 0;
	for (uint32_t i = 0; i < units; i++) {
		if (unit_present(assembly, first + i))
			continue;
		size_t at = (size_t)i * UNIT;
		struct bytes unit = bytes_slice(datagram->payload, at, UNIT);
		memcpy(assembly->data + datagram->fragment_offset + at, unit.data, unit.length);
		assembly->present[(first + i) / 64] |= (uint64_t)1 << (first + i) % 64;
		assembly->units_present++;
	}
	return true;
}

static bool complete(const struct assembly *assembly)
{
	return assembly->end && assembly->has_head &&
	       assembly->units_present == (assembly->end + UNIT - 1) / UNIT;
}

static void hand_out(struct fragment_table *table, struct assembly *assembly,
		     struct datagram *datagram)
{
	take_out(table, assembly);
	table->handed_out = assembly;
	*datagram = assembly->first;
	datagram->fragment = false;
	datagram->length_on_wire = assembly->end;
	datagram->payload = (struct bytes){ assembly->data, assembly->end };
}

enum decode_result fragment_push(struct fragment_table *table, uint64_t time_ns,
				 struct datagram *datagram)
{
	assembly_free(table->handed_out);
	table->handed_out = NULL;
	while (table->oldest && time_ns > table->oldest->time_ns &&
	       time_ns - table->oldest->time_ns > table->limits.age_ns)
		give_up(table, table->oldest);
	/* A fragment that the capture cut short can never make a whole datagram. */
	if (datagram->payload.length == 0 || datagram->payload.length != datagram->length_on_wire)
		return DECODE_DROPPED;

	struct assembly *assembly = find_or_start(table, time_ns, datagram);
	if (!assembly)
		return DECODE_DROPPED;
	uint32_t end = datagram->fragment_offset + datagram->length_on_wire;
	if (!end_agrees(assembly, datagram, end) || !make_room(table, assembly, end) ||
	    !copy_units(assembly, datagram)) {
		give_up(table, assembly);
		return DECODE_DROPPED;
	}
	if (datagram->fragment_offset == 0 && !assembly->has_head) {
		assembly->has_head = true;
		assembly->first.protocol = datagram->protocol;
		assembly->first.ttl = datagram->ttl;
		assembly->first.checksum_foreign = datagram->checksum_foreign;
	}
	assembly->first.checksum_wrong |= datagram->checksum_wrong;
	if (complete(assembly)) {
		hand_out(table, assembly, datagram);
		return DECODE_OK;
	}
	assembly->fragments++;
	while (table->bytes > table->limits.bytes && table->oldest)
		give_up(table, table->oldest);
	return DECODE_KEPT;
}
