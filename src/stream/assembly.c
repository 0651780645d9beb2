/* Rebuilds one direction of a TCP conversation (RFC 9293, section 3.10.7.4).
 *
 * In-order bytes go straight to the end of the kept data: once read by the receiver they cannot
 * change, so later copies lose. Bytes behind a gap wait in a queue sorted by position, which holds
 * no two pieces for the same byte. Who wins there: intact bytes over doubtful ones; otherwise the
 * segment that begins first, and of two that begin at the same byte the one that came first. That
 * is the rule of BSD's tcp_reass(), which Windows shares (Novak and Sturges, "Target-based TCP
 * stream reassembly", 2007). A gap is given up at the end, or when more waits behind it than a
 * receiver would hold. Limits: urgent data stays in line; options other than window scale and
 * timestamps are not looked at. */
#include "stream/assembly.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES  (1u << 20)
#define QUEUE_PIECES 2048u
#define GAP_MOST     (1u << 20) /* longest gap that is filled, besides four times what is kept */

struct piece {
	struct piece *next;
	uint64_t position;
	uint32_t length; /* of bytes */
	bool absent;	 /* the capture did not keep these: zeros */
	enum trust trust;
	uint64_t time_ns;
	uint8_t bytes[];
};

void assembly_init(struct assembly *assembly, size_t side_limit, size_t *memory)
{
	*assembly = (struct assembly){ .side_limit = side_limit,
				       .memory = memory,
				       .end = POSITION_UNKNOWN };
}

static size_t piece_size(const struct piece *piece)
{
	return sizeof *piece + (piece->absent ? 0 : piece->length);
}

static void piece_free(struct assembly *assembly, struct piece *piece)
{
	*assembly->memory -= piece_size(piece);
	free(piece);
}

static struct piece *piece_new(struct assembly *assembly, const struct segment *segment,
			       uint64_t from, uint64_t to, bool absent)
{
	size_t length = (size_t)(to - from);
	struct piece *piece = malloc(sizeof *piece + (absent ? 0 : length));
	if (!piece) {
		assembly->failed = true;
		return NULL;
	}
	*piece = (struct piece){ .position = from,
				 .length = (uint32_t)length,
				 .absent = absent,
				 .trust = segment->trust,
				 .time_ns = segment->time_ns };
	if (!absent)
		memcpy(piece->bytes, segment->bytes.data + (from - segment->position), length);
	*assembly->memory += piece_size(piece);
	return piece;
}

void assembly_fini(struct assembly *assembly)
{
	while (assembly->queue) {
		struct piece *next = assembly->queue->next;
		piece_free(assembly, assembly->queue);
		assembly->queue = next;
	}
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
	size_t room = assembly->failed ? 0 : assembly->side_limit - assembly->length;
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

/* --- the queue --- */

static bool may_be_read(const struct assembly *assembly, const struct piece *piece,
			enum trust believed)
{
	if (piece->trust <= believed)
		return true;
	return piece->position + piece->length <= assembly->acked;
}

static struct piece *take_out(struct assembly *assembly, struct piece **link,
			      struct piece *previous)
{
	struct piece *piece = *link;
	*link = piece->next;
	if (assembly->queue_last == piece)
		assembly->queue_last = previous;
	assembly->queued_bytes -= piece->length;
	assembly->queued_pieces--;
	return piece;
}

static struct piece *take_first(struct assembly *assembly)
{
	return take_out(assembly, &assembly->queue, NULL);
}

static void ignore(struct assembly *assembly, enum trust trust)
{
	assembly->bad_checksum += trust == TRUST_BAD_CHECKSUM;
	assembly->not_accepted += trust == TRUST_DOUBTFUL;
}

/* Moves what has become contiguous from the queue into the kept data. */
static void drain(struct assembly *assembly, enum trust believed)
{
	while (assembly->queue && assembly->queue->position <= assembly->next) {
		struct piece *first = assembly->queue;
		uint64_t skip = assembly->next - first->position;
		if (skip < first->length && !may_be_read(assembly, first, believed))
			return;
		take_first(assembly);
		if (skip < first->length)
			append(assembly, first->absent ? NULL : first->bytes + skip,
			       first->length - skip, first->time_ns);
		else
			ignore(assembly, first->trust);
		piece_free(assembly, first);
	}
}

/* Gives up the gap before the first piece that may be read, and what is doubtful in it. */
static bool skip_gap(struct assembly *assembly, enum trust believed)
{
	while (assembly->queue && !may_be_read(assembly, assembly->queue, believed)) {
		struct piece *doubtful = take_first(assembly);
		ignore(assembly, doubtful->trust);
		piece_free(assembly, doubtful);
	}
	if (!assembly->queue)
		return false;
	if (assembly->queue->position > assembly->next) {
		uint64_t gap = assembly->queue->position - assembly->next;
		/* Two packets far apart must not cost megabytes of zeros: what is behind is not
		 * kept. */
		if (gap > GAP_MOST + (uint64_t)assembly->length * 4)
			assembly->side_limit = assembly->length;
		append(assembly, NULL, gap, 0);
	}
	drain(assembly, believed);
	return true;
}

static bool differs(const struct piece *old, const struct segment *new, uint64_t from, uint64_t to)
{
	uint64_t kept_end = new->position + new->bytes.length;
	if (old->absent)
		return false;
	if (to > kept_end)
		to = kept_end;
	return from < to &&
	       memcmp(old->bytes + (from - old->position), new->bytes.data + (from - new->position),
		      (size_t)(to - from)) != 0;
}

static bool newcomer_wins(const struct piece *old, const struct segment *new, uint64_t begins,
			  bool absent)
{
	if (old->absent != absent)
		return old->absent;
	if ((old->trust == TRUST_INTACT) != (new->trust == TRUST_INTACT))
		return new->trust == TRUST_INTACT;
	return begins < old->position;
}

static void insert(struct assembly *assembly, struct piece **link, struct piece *piece)
{
	if (!piece)
		return;
	piece->next = *link;
	*link = piece;
	if (!piece->next)
		assembly->queue_last = piece;
	assembly->queued_bytes += piece->length;
	assembly->queued_pieces++;
}

/* The part of `old` from `from` on becomes a piece of its own behind it. */
static void split(struct assembly *assembly, struct piece *old, uint64_t from)
{
	struct segment rest = { .position = from, .time_ns = old->time_ns, .trust = old->trust };
	uint64_t end = old->position + old->length;
	if (!old->absent)
		rest.bytes =
			(struct bytes){ old->bytes + (from - old->position), (size_t)(end - from) };
	struct piece *behind = piece_new(assembly, &rest, from, end, old->absent);
	if (!behind)
		return;
	*assembly->memory -= old->absent ? 0 : (size_t)(end - from);
	assembly->queued_bytes -= (size_t)(end - from);
	old->length = (uint32_t)(from - old->position);
	insert(assembly, &old->next, behind);
}

struct overlap {
	bool any, contradiction;
};

/* A walk along the queue while one segment is put into it. What it wins in one run becomes one
 * piece. */
struct placing {
	const struct segment *segment;
	bool absent;
	uint64_t begins;	/* of the segment when it arrived, for comparing */
	uint64_t run;		/* begin of what it has won and not yet put into the queue */
	struct piece **link;	/* where that goes */
	struct piece *previous; /* the piece that holds `link`, NULL at the head */
	bool placed;
};

static void step(struct placing *placing)
{
	placing->previous = *placing->link;
	placing->link = &placing->previous->next;
}

/* Puts the run that ends at `to` into the queue. */
static void place_run(struct assembly *assembly, struct placing *placing, uint64_t to)
{
	if (placing->run >= to)
		return;
	struct piece *piece =
		piece_new(assembly, placing->segment, placing->run, to, placing->absent);
	if (!piece)
		return;
	insert(assembly, placing->link, piece);
	step(placing);
	placing->placed = true;
}

/* The newcomer takes [from, until) of the piece at `link`. */
static void replace(struct assembly *assembly, struct placing *placing, uint64_t from,
		    uint64_t until)
{
	struct piece *old = *placing->link;

	if (until < old->position + old->length)
		split(assembly, old, until);
	if (from > old->position) {
		split(assembly, old, from);
		step(placing);
	}
	if (assembly->failed)
		return;
	struct piece *replaced = take_out(assembly, placing->link, placing->previous);
	ignore(assembly, replaced->trust);
	piece_free(assembly, replaced);
}

static uint64_t queue_end(const struct assembly *assembly)
{
	const struct piece *last = assembly->queue_last;
	return last ? last->position + last->length : assembly->next;
}

/* Puts [from, to) of `segment` into the queue, byte for byte by newcomer_wins. */
static void enqueue(struct assembly *assembly, const struct segment *segment, uint64_t from,
		    uint64_t to, bool absent, struct overlap *overlap)
{
	struct placing placing = { .segment = segment,
				   .absent = absent,
				   .begins = from,
				   .run = from,
				   .link = &assembly->queue };

	if (assembly->queue_last && from >= queue_end(assembly)) {
		placing.link = &assembly->queue_last->next;
		placing.previous = assembly->queue_last;
	}
	while (from < to && !assembly->failed) {
		struct piece *old = *placing.link;
		if (!old || to <= old->position) {
			from = to;
			break;
		}
		uint64_t old_end = old->position + old->length;
		if (from >= old_end) {
			step(&placing);
			continue;
		}
		if (from < old->position)
			from = old->position;
		uint64_t until = to < old_end ? to : old_end;
		overlap->any = true;
		overlap->contradiction |= !absent && differs(old, segment, from, until);
		if (newcomer_wins(old, segment, placing.begins, absent)) {
			replace(assembly, &placing, from, until);
		} else {
			place_run(assembly, &placing, from);
			placing.run = until;
			step(&placing);
		}
		from = until;
	}
	place_run(assembly, &placing, to);
	if (!placing.placed)
		ignore(assembly, segment->trust);
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
		ignore(assembly, segment->trust);
		assembly->contradictions += overlap.contradiction;
		return;
	}
	if (from < assembly->next)
		from = assembly->next;
	assembly->out_of_order += from > assembly->next && from != queue_end(assembly);
	if (from == assembly->next && !assembly->queue && segment->trust == TRUST_INTACT) {
		if (kept_end > from)
			append(assembly, segment->bytes.data + (from - segment->position),
			       kept_end - from, segment->time_ns);
		if (to > assembly->next)
			append(assembly, NULL, to - assembly->next, 0);
	} else {
		if (kept_end > from)
			enqueue(assembly, segment, from, kept_end, false, &overlap);
		if (to > kept_end)
			enqueue(assembly, segment, kept_end > from ? kept_end : from, to, true,
				&overlap);
		drain(assembly, TRUST_INTACT);
		while ((assembly->queued_bytes > QUEUE_BYTES ||
			assembly->queued_pieces > QUEUE_PIECES) &&
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
	struct piece **link = &assembly->queue, *previous = NULL;
	while (*link) {
		struct piece *piece = *link;
		if (piece->position >= position) {
			piece_free(assembly, take_out(assembly, link, previous));
			continue;
		}
		if (piece->position + piece->length > position) {
			split(assembly, piece, position);
			continue;
		}
		previous = piece;
		link = &piece->next;
	}
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
