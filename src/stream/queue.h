/* Segments that wait: what a TCP receiver holds behind a gap. */
#ifndef KENBI_STREAM_QUEUE_H
#define KENBI_STREAM_QUEUE_H

#include "stream/policy.h"
#include "stream/stream.h"

/* How far a segment is to be trusted. The receiver surely takes an intact one; one with a wrong
 * checksum, or one that it has a reason to refuse (beyond its window, an old timestamp, behind a
 * reset), it should not take: such bytes count only where the receiver acknowledged them and no
 * intact segment carries them. */
enum trust { TRUST_INTACT, TRUST_BAD_CHECKSUM, TRUST_DOUBTFUL, TRUST_LEVELS };

struct segment {
	uint64_t position; /* bytes since the beginning of the stream: sequence numbers may wrap */
	struct bytes bytes;
	uint32_t absent; /* bytes behind `bytes` that the capture did not keep */
	uint64_t time_ns;
	enum trust trust;
	bool urgent;	      /* out of band: counts in the sequence, is not read */
	struct extent extent; /* of the whole that this is a part of, for the rules of overlaps */
};

struct piece {
	uint64_t position;
	struct extent extent; /* of the segment when it arrived */
	uint64_t time_ns;
	uint32_t length; /* of bytes */
	bool absent;	 /* the capture did not keep these: zeros */
	bool urgent;
	uint8_t trust; /* enum trust */
	uint8_t bytes[];
};

/* Sorted by position, no two for the same byte. */
struct queue {
	size_t *memory; /* what the whole table holds; kept up to date here */
	enum packet_personality personality;
	struct piece **pieces; /* [begin, end) */
	uint32_t begin, end, capacity;
	size_t bytes;
	bool failed;			/* no memory */
	uint32_t ignored[TRUST_LEVELS]; /* segments that were ignored for good */
};

struct overlap {
	bool any, contradiction;
};

void queue_init(struct queue *queue, enum packet_personality personality, size_t *memory);
void queue_fini(struct queue *queue);
/* Puts [from, to) of `segment` into the queue. `absent`: the capture did not keep that part. */
void queue_put(struct queue *queue, const struct segment *segment, uint64_t from, uint64_t to,
	       bool absent, struct overlap *overlap);
static inline uint32_t queue_count(const struct queue *queue)
{
	return queue->end - queue->begin;
}
static inline struct piece *queue_first(const struct queue *queue)
{
	return queue->begin < queue->end ? queue->pieces[queue->begin] : NULL;
}
/* Takes the first piece out, for queue_discard; NULL when there is none. */
struct piece *queue_take(struct queue *queue);
void queue_discard(struct queue *queue, struct piece *piece);
/* Cuts the first piece in two at `position`, which lies inside it. */
void queue_split_first(struct queue *queue, uint64_t position);
/* Drops everything from `end` on. */
void queue_cut(struct queue *queue, uint64_t end);
/* Position behind the last piece; 0 when there is none. */
uint64_t queue_end(const struct queue *queue);

#endif
