/* Reassembly of IPv4 and IPv6 fragments under limits of bytes, datagrams and age.
 *
 * Overlaps: IPv4 follows the personality of the destination (personality.c), unit of eight bytes by
 * unit, comparing where the two fragments lay when they arrived; a datagram whose fragments
 * disagree about its end is given up. IPv6 gives up every datagram with overlapping fragments (RFC
 * 5722) except for exact repetitions. At a limit the oldest datagram goes first. */
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
	enum packet_personality personality;
	struct fragment_extent *owners; /* of each unit; behind == 0: not there yet */
};

struct fragment_table {
	struct fragment_limits limits;
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct assembly *buckets[BUCKETS];
	struct assembly *oldest, *newest;
	struct assembly *handed_out; /* completed by the last push */
	const struct packet_hosts *hosts;
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

void fragment_set_hosts(struct fragment_table *table, const struct packet_hosts *hosts)
{
	table->hosts = hosts;
}

/* What `capacity` bytes of a datagram cost with the owners of their units. */
static size_t cost_of(uint32_t capacity)
{
	return capacity + (size_t)capacity / UNIT * sizeof(struct fragment_extent);
}

static void assembly_free(struct assembly *assembly)
{
	if (assembly) {
		free(assembly->data);
		free(assembly->owners);
	}
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
	table->bytes -= cost_of(assembly->capacity) + sizeof *assembly;
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
	if (table->hosts)
		assembly->personality = packet_personality_of(table->hosts, &datagram->destination);
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
	uint8_t *data = realloc(assembly->data, capacity);
	if (data)
		assembly->data = data;
	struct fragment_extent *owners =
		realloc(assembly->owners, capacity / UNIT * sizeof *owners);
	if (owners)
		assembly->owners = owners;
	if (!data || !owners)
		return false;
	uint32_t old_units = assembly->capacity / UNIT;
	memset(data + assembly->capacity, 0, capacity - assembly->capacity);
	memset(owners + old_units, 0, (capacity / UNIT - old_units) * sizeof *owners);
	table->bytes += cost_of(capacity) - cost_of(assembly->capacity);
	assembly->capacity = capacity;
	return true;
}

static bool unit_present(const struct assembly *assembly, uint32_t unit)
{
	return unit < assembly->capacity / UNIT && assembly->owners[unit].behind;
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

/* Copies the units that are not there yet or that it wins. False: an overlap that this family does
 * not allow. */
static bool copy_units(struct assembly *assembly, const struct datagram *datagram)
{
	uint32_t first = datagram->fragment_offset / UNIT;
	uint32_t units = (uint32_t)(datagram->payload.length + UNIT - 1) / UNIT;
	struct fragment_extent extent = { (uint16_t)first, (uint16_t)(first + units) };
	uint32_t overlapping = 0;

	for (uint32_t i = 0; i < units; i++)
		overlapping += unit_present(assembly, first + i);
	if (overlapping && datagram->source.family == 6)
		return overlapping == units &&
		       memcmp(assembly->data + datagram->fragment_offset, datagram->payload.data,
			      datagram->payload.length) == 0;
	for (uint32_t i = 0; i < units; i++) {
		struct fragment_extent *owner = &assembly->owners[first + i];
		if (owner->behind && !fragment_new_wins(assembly->personality, *owner, extent))
			continue;
		size_t at = (size_t)i * UNIT;
		struct bytes unit = bytes_slice(datagram->payload, at, UNIT);
		memcpy(assembly->data + datagram->fragment_offset + at, unit.data, unit.length);
		assembly->units_present += owner->behind == 0;
		*owner = extent;
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

static enum decode_result take_in(struct fragment_table *table, uint64_t time_ns,
				  struct datagram *datagram)
{
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

enum decode_result fragment_push(struct fragment_table *table, uint64_t time_ns,
				 struct datagram *datagram)
{
	/* `datagram` may lie in what was handed out before: a tunnel in fragments that carries
	 * fragments. */
	struct assembly *previous = table->handed_out;
	table->handed_out = NULL;
	enum decode_result result = take_in(table, time_ns, datagram);
	assembly_free(previous);
	return result;
}
