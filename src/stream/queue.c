/* The segments of one direction that wait for earlier bytes: a sorted array of pieces, found by
 * halving, so that what a segment costs does not depend on the order in which an attacker sends.
 *
 * Who wins where they overlap: what the capture holds over what it left out, intact bytes over
 * doubtful ones, else the receiver's personality (policy.c). */
#include "stream/queue.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PIECES 8u
#define HEAP_HEADER  16u /* what malloc itself takes for a piece */

static size_t piece_size(const struct piece *piece)
{
	return HEAP_HEADER + sizeof *piece + (piece->absent ? 0 : piece->length);
}

static uint64_t piece_end(const struct piece *piece)
{
	return piece->position + piece->length;
}

void queue_init(struct queue *queue, enum packet_personality personality, size_t *memory)
{
	*queue = (struct queue){ .memory = memory, .personality = personality };
}

void queue_fini(struct queue *queue)
{
	while (queue->begin < queue->end)
		queue_discard(queue, queue_take(queue));
	*queue->memory -= queue->capacity * sizeof *queue->pieces;
	free(queue->pieces);
}

void queue_discard(struct queue *queue, struct piece *piece)
{
	*queue->memory -= piece_size(piece);
	free(piece);
}

/* --- the array --- */

/* Room for one more. */
static bool make_room(struct queue *queue)
{
	if (queue->end < queue->capacity)
		return true;
	if (queue->begin > queue->capacity / 2) {
		memmove(queue->pieces, queue->pieces + queue->begin,
			queue_count(queue) * sizeof *queue->pieces);
		queue->end -= queue->begin;
		queue->begin = 0;
		return true;
	}
	uint32_t capacity = queue->capacity ? queue->capacity * 2 : FIRST_PIECES;
	struct piece **grown = realloc(queue->pieces, capacity * sizeof *grown);
	if (!grown) {
		queue->failed = true;
		return false;
	}
	*queue->memory += (capacity - queue->capacity) * sizeof *grown;
	queue->pieces = grown;
	queue->capacity = capacity;
	return true;
}

/* `place` counts from the first piece, since making room may move them. Takes the piece. */
static void insert(struct queue *queue, uint32_t place, struct piece *piece)
{
	if (!piece)
		return;
	if (!make_room(queue)) {
		queue_discard(queue, piece);
		return;
	}
	struct piece **at = queue->pieces + queue->begin + place;
	memmove(at + 1, at, (queue_count(queue) - place) * sizeof *at);
	*at = piece;
	queue->end++;
	queue->bytes += piece->length;
}

static struct piece *at_place(const struct queue *queue, uint32_t place)
{
	return queue->pieces[queue->begin + place];
}

static struct piece *take_out(struct queue *queue, uint32_t place)
{
	struct piece **at = queue->pieces + queue->begin + place;
	struct piece *piece = *at;

	if (place == 0) {
		queue->begin++;
	} else {
		memmove(at, at + 1, (queue_count(queue) - place - 1) * sizeof *at);
		queue->end--;
	}
	queue->bytes -= piece->length;
	return piece;
}

struct piece *queue_take(struct queue *queue)
{
	return queue_count(queue) ? take_out(queue, 0) : NULL;
}

/* The first place whose piece ends behind `position`. */
static uint32_t place_of(const struct queue *queue, uint64_t position)
{
	uint32_t low = 0, high = queue_count(queue);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (piece_end(at_place(queue, middle)) <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t queue_end(const struct queue *queue)
{
	return queue_count(queue) ? piece_end(queue->pieces[queue->end - 1]) : 0;
}

/* --- pieces --- */

static struct piece *piece_new(struct queue *queue, const struct segment *segment, uint64_t from,
			       uint64_t to, bool absent)
{
	size_t length = (size_t)(to - from);
	struct piece *piece = malloc(sizeof *piece + (absent ? 0 : length));

	if (!piece) {
		queue->failed = true;
		return NULL;
	}
	*piece = (struct piece){ .position = from,
				 .length = (uint32_t)length,
				 .absent = absent,
				 .urgent = segment->urgent,
				 .trust = (uint8_t)segment->trust,
				 .time_ns = segment->time_ns };
	if (!absent)
		memcpy(piece->bytes, segment->bytes.data + (from - segment->position), length);
	*queue->memory += piece_size(piece);
	return piece;
}

/* The part of a piece from `from` on becomes a piece of its own behind it. */
static void split(struct queue *queue, uint32_t place, uint64_t from)
{
	struct piece *old = at_place(queue, place);
	struct segment rest = { .position = from,
				.time_ns = old->time_ns,
				.trust = (enum trust)old->trust,
				.urgent = old->urgent };
	uint64_t end = piece_end(old);

	if (!old->absent)
		rest.bytes =
			(struct bytes){ old->bytes + (from - old->position), (size_t)(end - from) };
	struct piece *behind = piece_new(queue, &rest, from, end, old->absent);
	if (!behind)
		return;
	behind->extent = old->extent;
	*queue->memory -= old->absent ? 0 : (size_t)(end - from);
	queue->bytes -= (size_t)(end - from);
	old->length = (uint32_t)(from - old->position);
	insert(queue, place + 1, behind);
}

void queue_split_first(struct queue *queue, uint64_t position)
{
	split(queue, 0, position);
}

static struct extent extent_of(const struct queue *queue, const struct piece *piece)
{
	if (policy_trims(queue->personality))
		return (struct extent){ piece->position, piece->extent.end };
	return piece->extent;
}

/* --- putting a segment in --- */

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

/* A walk along the queue while one segment is put into it. What it wins in one run becomes one
 * piece. */
struct placing {
	const struct segment *segment;
	struct extent extent; /* of the segment when it arrived, for comparing */
	bool absent;
	uint64_t run;	/* begin of what it has won and not yet put into the queue */
	uint32_t place; /* where that goes */
	bool placed;
};

static bool newcomer_wins(const struct queue *queue, const struct piece *old,
			  const struct placing *placing)
{
	bool old_intact = old->trust == TRUST_INTACT;
	bool new_intact = placing->segment->trust == TRUST_INTACT;

	if (old->absent != placing->absent)
		return old->absent;
	if (old_intact != new_intact)
		return new_intact;
	return policy_new_wins(queue->personality, extent_of(queue, old), placing->extent);
}

/* Puts the run that ends at `to` into the queue. */
static void place_run(struct queue *queue, struct placing *placing, uint64_t to)
{
	if (placing->run >= to)
		return;
	struct piece *piece = piece_new(queue, placing->segment, placing->run, to, placing->absent);
	if (!piece)
		return;
	piece->extent = placing->extent;
	insert(queue, placing->place, piece);
	placing->place++;
	placing->placed = true;
}

/* The newcomer takes [from, until) of the piece at its place. */
static void replace(struct queue *queue, struct placing *placing, uint64_t from, uint64_t until)
{
	struct piece *old = at_place(queue, placing->place);

	if (until < piece_end(old))
		split(queue, placing->place, until);
	if (from > old->position) {
		split(queue, placing->place, from);
		placing->place++;
	}
	if (queue->failed)
		return;
	struct piece *replaced = take_out(queue, placing->place);
	queue->ignored[replaced->trust]++;
	queue_discard(queue, replaced);
}

/* Linux glues a segment to the one that ends where it begins; from then on the two are one, with
 * one beginning (tcp_ooo_try_coalesce()). Whether it sees that neighbour where another segment lies
 * in between depends on the shape of its tree; the one that came first is most often nearer the
 * root.
 */
static void glue(struct queue *queue, struct placing *placing, uint64_t from)
{
	if (queue->personality != PACKET_LINUX || placing->place == 0)
		return;
	const struct piece *before = at_place(queue, placing->place - 1);
	if (before->extent.end != from || piece_end(before) != from ||
	    before->trust != placing->segment->trust)
		return;
	if (placing->place < queue_count(queue)) {
		const struct piece *between = at_place(queue, placing->place);
		if (between->position <= from && between->time_ns <= before->time_ns)
			return;
	}
	struct extent old = before->extent;
	placing->extent.begin = old.begin;
	for (uint32_t place = placing->place; place-- > 0;) {
		struct piece *piece = at_place(queue, place);
		if (piece->position < old.begin)
			break;
		if (piece->extent.begin == old.begin && piece->extent.end == old.end)
			piece->extent = placing->extent;
	}
}

void queue_put(struct queue *queue, const struct segment *segment, uint64_t from, uint64_t to,
	       bool absent, struct overlap *overlap)
{
	struct placing placing = { .segment = segment,
				   .extent = segment->extent,
				   .absent = absent,
				   .run = from,
				   .place = place_of(queue, from) };

	glue(queue, &placing, from);
	while (from < to && !queue->failed && placing.place < queue_count(queue)) {
		const struct piece *old = at_place(queue, placing.place);
		if (to <= old->position)
			break;
		if (from < old->position)
			from = old->position;
		uint64_t until = to < piece_end(old) ? to : piece_end(old);
		overlap->any = true;
		overlap->contradiction |= !absent && differs(old, segment, from, until);
		if (newcomer_wins(queue, old, &placing)) {
			replace(queue, &placing, from, until);
		} else {
			place_run(queue, &placing, from);
			placing.run = until;
			placing.place++;
		}
		from = until;
	}
	if (!queue->failed)
		place_run(queue, &placing, to);
	if (!placing.placed)
		queue->ignored[segment->trust]++;
}

void queue_cut(struct queue *queue, uint64_t end)
{
	uint32_t place = place_of(queue, end);

	if (place < queue_count(queue) && at_place(queue, place)->position < end) {
		split(queue, place, end);
		place++;
	}
	while (!queue->failed && place < queue_count(queue))
		queue_discard(queue, take_out(queue, queue_count(queue) - 1));
}
