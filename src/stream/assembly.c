/* Rebuilds one direction of a TCP conversation (RFC 9293, section 3.10.7.4).
 *
 * In-order bytes go straight to the end of the kept data: once read by the receiver they cannot
 * change, so later copies lose. Bytes behind a gap wait in the queue (queue.c). A gap is given up
 * at the end, or when more waits behind it than a receiver would hold. An urgent byte that is out
 * of band counts in the sequence and is left out. */
#include "stream/assembly.h"

#include <stdlib.h>
#include <string.h>

#define GAP_MOST   (1u << 20) /* longest gap that is filled, besides four times what is kept */
#define FIRST_ROOM 32u
#define GROW_FROM  1024u
#define DOUBLE_AT  4096u /* from here on room is doubled, as copying costs more than room */

void assembly_init(struct assembly *assembly, enum packet_personality personality,
		   struct assembly_table *table)
{
	*assembly = (struct assembly){ .table = table,
				       .personality = (uint8_t)personality,
				       .end = POSITION_UNKNOWN };
}

bool assembly_failed(const struct assembly *assembly)
{
	return assembly->failed || (assembly->queue && assembly->queue->failed);
}

static void count_ignored(struct assembly *assembly, enum trust trust)
{
	assembly->ignored[trust]++;
}

static void queue_close(struct assembly *assembly)
{
	if (!assembly->queue)
		return;
	for (int trust = 0; trust < TRUST_LEVELS; trust++)
		assembly->ignored[trust] += assembly->queue->ignored[trust];
	assembly->failed |= assembly->queue->failed;
	queue_fini(assembly->queue);
	free(assembly->queue);
	assembly->table->memory -= sizeof *assembly->queue;
	assembly->queue = NULL;
}

static bool queue_open(struct assembly *assembly)
{
	if (assembly->queue)
		return true;
	assembly->queue = malloc(sizeof *assembly->queue);
	if (!assembly->queue) {
		assembly->failed = true;
		return false;
	}
	queue_init(assembly->queue, (enum packet_personality)assembly->personality,
		   &assembly->table->memory);
	assembly->table->memory += sizeof *assembly->queue;
	return true;
}

void assembly_fini(struct assembly *assembly)
{
	queue_close(assembly);
	assembly->table->memory -=
		assembly->capacity + assembly->segment_capacity * sizeof *assembly->segments;
	free(assembly->data);
	free(assembly->segments);
}

/* --- the kept data --- */

/* The first segment fits exactly: most conversations have only a few bytes a side. */
static bool grow_data(struct assembly *assembly, size_t wanted)
{
	if (wanted <= assembly->capacity)
		return true;
	size_t capacity = (wanted + FIRST_ROOM - 1) & ~(size_t)(FIRST_ROOM - 1);
	if (assembly->capacity) {
		capacity = assembly->capacity < GROW_FROM ? GROW_FROM : assembly->capacity;
		while (capacity < wanted)
			capacity += capacity < DOUBLE_AT ? capacity / 2 : capacity;
	}
	if (capacity > assembly->table->side_limit)
		capacity = assembly->table->side_limit;
	uint8_t *grown = realloc(assembly->data, capacity);
	if (!grown) {
		assembly->failed = true;
		return false;
	}
	assembly->table->memory += capacity - assembly->capacity;
	assembly->data = grown;
	assembly->capacity = capacity;
	return true;
}

static void note_segment(struct assembly *assembly, size_t offset, size_t length, uint64_t time_ns)
{
	if (assembly->segment_count == assembly->segment_capacity) {
		uint32_t capacity = assembly->segment_capacity ? assembly->segment_capacity * 2 : 1;
		struct stream_segment *grown =
			realloc(assembly->segments, capacity * sizeof *grown);
		if (!grown) {
			assembly->failed = true;
			return;
		}
		assembly->table->memory += (capacity - assembly->segment_capacity) * sizeof *grown;
		assembly->segments = grown;
		assembly->segment_capacity = capacity;
	}
	assembly->segments[assembly->segment_count++] =
		(struct stream_segment){ offset, length, time_ns };
}

/* Appends `length` bytes at the position that is read next; NULL data: they are lost, zeros stand
 * in. */
static void append(struct assembly *assembly, const uint8_t *data, uint64_t length,
		   uint64_t time_ns)
{
	size_t room = assembly->full || assembly->failed
			      ? 0
			      : assembly->table->side_limit - assembly->length;
	size_t kept = length < room ? (size_t)length : room;

	assembly->next += length;
	assembly->beyond_limit += length - kept;
	if (!data)
		assembly->lost += length;
	if (kept == 0 || !grow_data(assembly, assembly->length + kept))
		return;
	if (data) {
		memcpy(assembly->data + assembly->length, data, kept);
		note_segment(assembly, assembly->length, kept, time_ns);
	} else {
		memset(assembly->data + assembly->length, 0, kept);
	}
	assembly->length += kept;
}

static void leave_out(struct assembly *assembly, uint64_t length)
{
	assembly->next += length;
	assembly->urgent += (uint32_t)length;
	assembly->urgent_end = assembly->next;
}

/* --- from the queue to the kept data --- */

static struct piece *first_piece(const struct assembly *assembly)
{
	return assembly->queue ? queue_first(assembly->queue) : NULL;
}

static uint64_t end_of_piece(const struct piece *piece)
{
	return piece->position + piece->length;
}

/* Position up to which a piece may be read: a doubtful one as far as it is acknowledged. */
static uint64_t may_be_read(const struct assembly *assembly, const struct piece *piece,
			    enum trust believed)
{
	if (piece->trust <= believed || end_of_piece(piece) <= assembly->acked)
		return end_of_piece(piece);
	return assembly->acked > piece->position ? assembly->acked : piece->position;
}

/* Moves what has become contiguous from the queue into the kept data. */
static void drain(struct assembly *assembly, enum trust believed)
{
	struct piece *first;

	while ((first = first_piece(assembly)) && first->position <= assembly->next) {
		uint64_t until = may_be_read(assembly, first, believed);
		if (until < end_of_piece(first)) {
			if (until <= assembly->next)
				return;
			queue_split_first(assembly->queue, until);
			if (assembly->queue->failed)
				return;
		}
		queue_take(assembly->queue);
		uint64_t skip = assembly->next - first->position;
		if (skip >= first->length)
			count_ignored(assembly, (enum trust)first->trust);
		else if (first->urgent)
			leave_out(assembly, first->length - skip);
		else
			append(assembly, first->absent ? NULL : first->bytes + skip,
			       first->length - skip, first->time_ns);
		queue_discard(assembly->queue, first);
	}
	if (assembly->queue && !first)
		queue_close(assembly);
}

/* Gives up the gap before the first piece that may be read, and what is doubtful in it. */
static bool skip_gap(struct assembly *assembly, enum trust believed)
{
	struct piece *first;

	while ((first = first_piece(assembly)) &&
	       may_be_read(assembly, first, believed) == first->position) {
		count_ignored(assembly, (enum trust)first->trust);
		queue_discard(assembly->queue, queue_take(assembly->queue));
	}
	if (!first) {
		queue_close(assembly);
		return false;
	}
	if (first->position > assembly->next) {
		uint64_t gap = first->position - assembly->next;
		/* Two packets far apart must not cost megabytes of zeros: what is behind is not
		 * kept. */
		if (gap > GAP_MOST + (uint64_t)assembly->length * 4)
			assembly->full = true;
		append(assembly, NULL, gap, 0);
	}
	drain(assembly, believed);
	return true;
}

/* --- the door --- */

/* Does a copy of what was read differ from it? The probe of a sleeping connection repeats the last
 * byte with any value (RFC 9293, section 3.8.4) and is no contradiction. */
static bool contradicts_kept(const struct assembly *assembly, const struct segment *segment,
			     uint64_t from, uint64_t to)
{
	uint64_t kept_end = segment->position + segment->bytes.length;
	uint64_t left_out = from < assembly->urgent_end ? 0 : assembly->urgent;

	if (segment->bytes.length == 1 && segment->position + 1 == assembly->next)
		return false;
	if (from < assembly->urgent_end) /* offsets before it are not known any more */
		return false;
	if (to > kept_end)
		to = kept_end;
	if (to > assembly->length + left_out)
		to = assembly->length + left_out;
	return from < to &&
	       memcmp(assembly->data + (from - left_out),
		      segment->bytes.data + (from - segment->position), (size_t)(to - from)) != 0;
}

static void append_segment(struct assembly *assembly, const struct segment *segment, uint64_t from,
			   uint64_t kept_end, uint64_t to)
{
	if (segment->urgent) {
		leave_out(assembly, to - from);
		return;
	}
	if (kept_end > from)
		append(assembly, segment->bytes.data + (from - segment->position), kept_end - from,
		       segment->time_ns);
	if (to > assembly->next)
		append(assembly, NULL, to - assembly->next, 0);
}

static bool holds_too_much(const struct assembly *assembly)
{
	return assembly->queue && (assembly->queue->bytes > assembly->table->queue_bytes ||
				   queue_count(assembly->queue) > assembly->table->queue_pieces);
}

static void wait_in_queue(struct assembly *assembly, struct segment segment, uint64_t from,
			  uint64_t kept_end, uint64_t to, struct overlap *overlap)
{
	if (!queue_open(assembly))
		return;
	if (segment.extent.end == 0)
		segment.extent = (struct extent){ from, to };
	if (segment.extent.begin < assembly->next)
		segment.extent.begin = assembly->next;
	if (kept_end > from)
		queue_put(assembly->queue, &segment, from, kept_end, false, overlap);
	if (to > kept_end)
		queue_put(assembly->queue, &segment, kept_end > from ? kept_end : from, to, true,
			  overlap);
	drain(assembly, TRUST_INTACT);
	while (holds_too_much(assembly) && skip_gap(assembly, (enum trust)assembly->believed))
		;
}

void assembly_push(struct assembly *assembly, const struct segment *segment)
{
	uint64_t from = segment->position;
	uint64_t kept_end = from + segment->bytes.length;
	uint64_t to = kept_end + segment->absent;
	struct overlap overlap = { .any = from < assembly->next };

	if (to > assembly->end) /* data beyond FIN is never read */
		to = assembly->end;
	if (kept_end > to)
		kept_end = to;
	if (overlap.any)
		overlap.contradiction = contradicts_kept(assembly, segment, from,
							 to < assembly->next ? to : assembly->next);
	if (to <= assembly->next) {
		assembly->retransmitted++;
		count_ignored(assembly, segment->trust);
		assembly->contradictions += overlap.contradiction;
		return;
	}
	if (from < assembly->next)
		from = assembly->next;
	assembly->out_of_order +=
		from > assembly->next && !(assembly->queue && from == queue_end(assembly->queue));
	if (from == assembly->next && !assembly->queue && segment->trust == TRUST_INTACT)
		append_segment(assembly, segment, from, kept_end, to);
	else
		wait_in_queue(assembly, *segment, from, kept_end, to, &overlap);
	assembly->overlaps += overlap.any;
	assembly->contradictions += overlap.contradiction;
}

void assembly_acknowledge(struct assembly *assembly, uint64_t position)
{
	if (position <= assembly->acked)
		return;
	assembly->acked = position;
	if (assembly->queue)
		drain(assembly, TRUST_INTACT);
}

void assembly_end(struct assembly *assembly, uint64_t position)
{
	/* A FIN before bytes that were read already is one that the receiver did not accept. */
	if (assembly->end != POSITION_UNKNOWN || position < assembly->next)
		return;
	assembly->end = position;
	if (assembly->queue)
		queue_cut(assembly->queue, position);
}

void assembly_finish(struct assembly *assembly, enum trust believed)
{
	drain(assembly, believed);
	while (skip_gap(assembly, believed))
		;
	/* Acknowledged, but never seen: lost by the capture. */
	uint64_t read = assembly->acked < assembly->end ? assembly->acked : assembly->end;
	if (read > assembly->next)
		assembly->lost += read - assembly->next;
}
