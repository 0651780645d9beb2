/* Rebuilds one direction of a TCP conversation (RFC 9293, section 3.10.7.4).
 *
 * In-order bytes go straight to the end of the kept data: once read by the receiver they cannot
 * change, so later copies lose. Bytes behind a gap wait in the queue (queue.c). A gap is given up
 * at the end, or when more waits behind it than a receiver would hold. Limits: urgent data stays in
 * line. */
#include "stream/assembly.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES  (1u << 20)
#define QUEUE_PIECES 2048u
#define GAP_MOST     (1u << 20) /* longest gap that is filled, besides four times what is kept */

void assembly_init(struct assembly *assembly, size_t side_limit, size_t *memory)
{
	*assembly = (struct assembly){ .side_limit = side_limit,
				       .memory = memory,
				       .queue = { .memory = memory },
				       .end = POSITION_UNKNOWN };
}

bool assembly_failed(const struct assembly *assembly)
{
	return assembly->failed || assembly->queue.failed;
}

void assembly_fini(struct assembly *assembly)
{
	queue_fini(&assembly->queue);
	*assembly->memory -=
		assembly->capacity + assembly->segment_capacity * sizeof *assembly->segments;
	free(assembly->data);
	free(assembly->segments);
}

/* --- the kept data --- */

static bool grow_data(struct assembly *assembly, size_t wanted)
{
	if (wanted <= assembly->capacity)
		return true;
	size_t capacity = assembly->capacity ? assembly->capacity : 256;
	while (capacity < wanted)
		capacity += capacity / 2;
	if (capacity > assembly->side_limit)
		capacity = assembly->side_limit;
	uint8_t *grown = realloc(assembly->data, capacity);
	if (!grown) {
		assembly->failed = true;
		return false;
	}
	*assembly->memory += capacity - assembly->capacity;
	assembly->data = grown;
	assembly->capacity = capacity;
	return true;
}

static void note_segment(struct assembly *assembly, size_t offset, size_t length, uint64_t time_ns)
{
	if (assembly->segment_count == assembly->segment_capacity) {
		size_t capacity = assembly->segment_capacity ? assembly->segment_capacity * 2 : 4;
		struct stream_segment *grown =
			realloc(assembly->segments, capacity * sizeof *grown);
		if (!grown) {
			assembly->failed = true;
			return;
		}
		*assembly->memory += (capacity - assembly->segment_capacity) * sizeof *grown;
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
	size_t room = assembly_failed(assembly) ? 0 : assembly->side_limit - assembly->length;
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

/* --- from the queue to the kept data --- */

static bool may_be_read(const struct assembly *assembly, const struct piece *piece,
			enum trust believed)
{
	if (piece->trust <= believed)
		return true;
	return piece->position + piece->length <= assembly->acked;
}

/* Moves what has become contiguous from the queue into the kept data. */
static void drain(struct assembly *assembly, enum trust believed)
{
	while (assembly->queue.first && assembly->queue.first->position <= assembly->next) {
		struct piece *first = assembly->queue.first;
		uint64_t skip = assembly->next - first->position;
		if (skip < first->length && !may_be_read(assembly, first, believed))
			return;
		queue_take(&assembly->queue);
		if (skip < first->length)
			append(assembly, first->absent ? NULL : first->bytes + skip,
			       first->length - skip, first->time_ns);
		else
			queue_ignore(&assembly->queue, first->trust);
		queue_discard(&assembly->queue, first);
	}
}

/* Gives up the gap before the first piece that may be read, and what is doubtful in it. */
static bool skip_gap(struct assembly *assembly, enum trust believed)
{
	while (assembly->queue.first && !may_be_read(assembly, assembly->queue.first, believed)) {
		struct piece *doubtful = queue_take(&assembly->queue);
		queue_ignore(&assembly->queue, doubtful->trust);
		queue_discard(&assembly->queue, doubtful);
	}
	if (!assembly->queue.first)
		return false;
	if (assembly->queue.first->position > assembly->next) {
		uint64_t gap = assembly->queue.first->position - assembly->next;
		/* Two packets far apart must not cost megabytes of zeros: what is behind is not
		 * kept. */
		if (gap > GAP_MOST + (uint64_t)assembly->length * 4)
			assembly->side_limit = assembly->length;
		append(assembly, NULL, gap, 0);
	}
	drain(assembly, believed);
	return true;
}

/* --- the door --- */

static bool contradicts_kept(const struct assembly *assembly, const struct segment *segment,
			     uint64_t from, uint64_t to)
{
	uint64_t kept_end = segment->position + segment->bytes.length;
	if (to > kept_end)
		to = kept_end;
	if (to > assembly->length)
		to = assembly->length;
	return from < to &&
	       memcmp(assembly->data + from, segment->bytes.data + (from - segment->position),
		      (size_t)(to - from)) != 0;
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
		queue_ignore(&assembly->queue, segment->trust);
		assembly->contradictions += overlap.contradiction;
		return;
	}
	if (from < assembly->next)
		from = assembly->next;
	assembly->out_of_order += from > assembly->next && from != queue_end(&assembly->queue);
	if (from == assembly->next && !assembly->queue.first && segment->trust == TRUST_INTACT) {
		if (kept_end > from)
			append(assembly, segment->bytes.data + (from - segment->position),
			       kept_end - from, segment->time_ns);
		if (to > assembly->next)
			append(assembly, NULL, to - assembly->next, 0);
	} else {
		if (kept_end > from)
			queue_put(&assembly->queue, segment, from, kept_end, false, &overlap);
		if (to > kept_end)
			queue_put(&assembly->queue, segment, kept_end > from ? kept_end : from, to,
				  true, &overlap);
		drain(assembly, TRUST_INTACT);
		while ((assembly->queue.bytes > QUEUE_BYTES ||
			assembly->queue.pieces > QUEUE_PIECES) &&
		       skip_gap(assembly, TRUST_INTACT))
			;
	}
	assembly->overlaps += overlap.any;
	assembly->contradictions += overlap.contradiction;
}

void assembly_acknowledge(struct assembly *assembly, uint64_t position)
{
	if (position <= assembly->acked)
		return;
	assembly->acked = position;
	drain(assembly, TRUST_INTACT);
}

void assembly_end(struct assembly *assembly, uint64_t position)
{
	/* A FIN before bytes that were read already is one that the receiver did not accept. */
	if (assembly->end != POSITION_UNKNOWN || position < assembly->next)
		return;
	assembly->end = position;
	queue_cut(&assembly->queue, position);
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
