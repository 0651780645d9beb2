/* Segments that wait: what a TCP receiver holds behind a gap. */
#ifndef KENBI_STREAM_QUEUE_H
#define KENBI_STREAM_QUEUE_H

#include "stream/stream.h"

/* How far a segment is to be trusted. The receiver surely takes an intact one; one with a wrong
 * checksum, or one that it has a reason to refuse (beyond its window, an old timestamp, behind a
 * reset), it should not take: such bytes count only where the receiver acknowledged them and no
 * intact segment carries them. */
enum trust { TRUST_INTACT, TRUST_BAD_CHECKSUM, TRUST_DOUBTFUL };

struct segment {
	uint64_t position; /* bytes since the beginning of the stream: sequence numbers may wrap */
	struct bytes bytes;
	uint32_t absent; /* bytes behind `bytes` that the capture did not keep */
	uint64_t time_ns;
	enum trust trust;
};

struct piece {
	struct piece *next;
	uint64_t position;
	uint32_t length; /* of bytes */
	bool absent;	 /* the capture did not keep these: zeros */
	enum trust trust;
	uint64_t time_ns;
	uint8_t bytes[];
};

struct queue {
	size_t *memory; /* what the whole table holds; kept up to date here */
	struct piece *first, *last;
	size_t bytes, pieces;
	bool failed;			     /* no memory */
	uint64_t bad_checksum, not_accepted; /* segments that were ignored for good */
};

struct overlap {
	bool any, contradiction;
};

void queue_fini(struct queue *queue);
/* Puts [from, to) of `segment` into the queue. `absent`: the capture did not keep that part. */
void queue_put(struct queue *queue, const struct segment *segment, uint64_t from, uint64_t to,
	       bool absent, struct overlap *overlap);
/* Takes the first piece out, for queue_discard; NULL when there is none. */
struct piece *queue_take(struct queue *queue);
void queue_discard(struct queue *queue, struct piece *piece);
/* Drops everything from `end` on. */
void queue_cut(struct queue *queue, uint64_t end);
/* Position behind the last piece; 0 when there is none. */
uint64_t queue_end(const struct queue *queue);
/* Counts a segment of that trust as ignored for good. */
void queue_ignore(struct queue *queue, enum trust trust);

#endif
