/* The segments of one direction that wait for earlier bytes, sorted by position, no two for the
 * same byte.
 *
 * Who wins where they overlap: what the capture holds over what it left out, intact bytes over
 * doubtful ones; otherwise the segment that begins first, and of two that begin at the same byte
 * the one that came first. That is the rule of BSD's tcp_reass(), which Windows up to 2003 shares
 * (Novak and Sturges, "Target-based TCP stream reassembly", 2007); an older segment that lost its
 * front begins where what is left of it begins. */
#include "stream/queue.h"

#include <stdlib.h>
#include <string.h>

static size_t piece_size(const struct piece *piece)
{
	return sizeof *piece + (piece->absent ? 0 : piece->length);
}

void queue_discard(struct queue *queue, struct piece *piece)
{
	*queue->memory -= piece_size(piece);
	free(piece);
}

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
				 .trust = segment->trust,
				 .time_ns = segment->time_ns };
	if (!absent)
		memcpy(piece->bytes, segment->bytes.data + (from - segment->position), length);
	*queue->memory += piece_size(piece);
	return piece;
}

static struct piece *take_out(struct queue *queue, struct piece **link, struct piece *previous)
{
	struct piece *piece = *link;
	*link = piece->next;
	if (queue->last == piece)
		queue->last = previous;
	queue->bytes -= piece->length;
	queue->pieces--;
	return piece;
}

struct piece *queue_take(struct queue *queue)
{
	return queue->first ? take_out(queue, &queue->first, NULL) : NULL;
}

void queue_ignore(struct queue *queue, enum trust trust)
{
	queue->bad_checksum += trust == TRUST_BAD_CHECKSUM;
	queue->not_accepted += trust == TRUST_DOUBTFUL;
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

static void insert(struct queue *queue, struct piece **link, struct piece *piece)
{
	if (!piece)
		return;
	piece->next = *link;
	*link = piece;
	if (!piece->next)
		queue->last = piece;
	queue->bytes += piece->length;
	queue->pieces++;
}

/* The part of `old` from `from` on becomes a piece of its own behind it. */
static void split(struct queue *queue, struct piece *old, uint64_t from)
{
	struct segment rest = { .position = from, .time_ns = old->time_ns, .trust = old->trust };
	uint64_t end = old->position + old->length;
	if (!old->absent)
		rest.bytes =
			(struct bytes){ old->bytes + (from - old->position), (size_t)(end - from) };
	struct piece *behind = piece_new(queue, &rest, from, end, old->absent);
	if (!behind)
		return;
	*queue->memory -= old->absent ? 0 : (size_t)(end - from);
	queue->bytes -= (size_t)(end - from);
	old->length = (uint32_t)(from - old->position);
	insert(queue, &old->next, behind);
}

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
static void place_run(struct queue *queue, struct placing *placing, uint64_t to)
{
	if (placing->run >= to)
		return;
	struct piece *piece = piece_new(queue, placing->segment, placing->run, to, placing->absent);
	if (!piece)
		return;
	insert(queue, placing->link, piece);
	step(placing);
	placing->placed = true;
}

/* The newcomer takes [from, until) of the piece at `link`. */
static void replace(struct queue *queue, struct placing *placing, uint64_t from, uint64_t until)
{
	struct piece *old = *placing->link;

	if (until < old->position + old->length)
		split(queue, old, until);
	if (from > old->position) {
		split(queue, old, from);
		step(placing);
	}
	if (queue->failed)
		return;
	struct piece *replaced = take_out(queue, placing->link, placing->previous);
	queue_ignore(queue, replaced->trust);
	queue_discard(queue, replaced);
}

uint64_t queue_end(const struct queue *queue)
{
	return queue->last ? queue->last->position + queue->last->length : 0;
}

void queue_put(struct queue *queue, const struct segment *segment, uint64_t from, uint64_t to,
	       bool absent, struct overlap *overlap)
{
	struct placing placing = { .segment = segment,
				   .absent = absent,
				   .begins = from,
				   .run = from,
				   .link = &queue->first };

	if (queue->last && from >= queue_end(queue)) {
		placing.link = &queue->last->next;
		placing.previous = queue->last;
	}
	while (from < to && !queue->failed) {
		struct piece *old = *placing.link;
		if (!old || to <= old->position)
			break;
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
			replace(queue, &placing, from, until);
		} else {
			place_run(queue, &placing, from);
			placing.run = until;
			step(&placing);
		}
		from = until;
	}
	place_run(queue, &placing, to);
	if (!placing.placed)
		queue_ignore(queue, segment->trust);
}

void queue_cut(struct queue *queue, uint64_t end)
{
	struct piece **link = &queue->first, *previous = NULL;

	while (*link && !queue->failed) {
		struct piece *piece = *link;
		if (piece->position >= end) {
			queue_discard(queue, take_out(queue, link, previous));
			continue;
		}
		if (piece->position + piece->length > end) {
			split(queue, piece, end);
			continue;
		}
		previous = piece;
		link = &piece->next;
	}
}

void queue_fini(struct queue *queue)
{
	while (queue->first)
		queue_discard(queue, queue_take(queue));
}
