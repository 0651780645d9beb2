/* One direction of a TCP conversation, from segments to the bytes that the receiver read.
 *
 * Positions are 64-bit counts of bytes since the first byte of the stream (the one after SYN, or
 * the first one seen), so that sequence numbers may wrap. */
#ifndef KENBI_STREAM_ASSEMBLY_H
#define KENBI_STREAM_ASSEMBLY_H

#include "stream/stream.h"

#define POSITION_UNKNOWN UINT64_MAX

/* How far a segment is to be trusted. The receiver surely takes an intact one; one with a wrong
 * checksum, or one that it has a reason to refuse (beyond its window, an old timestamp, behind a
 * reset), it should not take: such bytes count only where the receiver acknowledged them and no
 * intact segment carries them. */
enum trust { TRUST_INTACT, TRUST_BAD_CHECKSUM, TRUST_DOUBTFUL };

struct piece; /* a segment that waits */

struct assembly {
	size_t side_limit;
	size_t *memory; /* what the whole table holds; kept up to date here */
	uint8_t *data;
	size_t length, capacity; /* of what is kept */
	struct stream_segment *segments;
	size_t segment_count, segment_capacity;
	uint64_t next;			  /* position that is read next */
	uint64_t acked;			  /* what the receiver has acknowledged */
	uint64_t end;			  /* position of FIN, or POSITION_UNKNOWN */
	struct piece *queue, *queue_last; /* by position */
	size_t queued_bytes, queued_pieces;
	bool failed; /* no memory */
	uint64_t lost, beyond_limit;
	uint32_t retransmitted, out_of_order, overlaps, contradictions;
	uint64_t bad_checksum, not_accepted; /* segments that were ignored for good */
};

struct segment {
	uint64_t position;
	struct bytes bytes;
	uint32_t absent; /* bytes behind `bytes` that the capture did not keep */
	uint64_t time_ns;
	enum trust trust;
};

void assembly_init(struct assembly *assembly, size_t side_limit, size_t *memory);
void assembly_fini(struct assembly *assembly);
void assembly_push(struct assembly *assembly, const struct segment *segment);
/* The receiver acknowledged everything before `position`. */
void assembly_acknowledge(struct assembly *assembly, uint64_t position);
/* The stream ends (FIN) at `position`; only the first end counts. */
void assembly_end(struct assembly *assembly, uint64_t position);
/* No more will come: gaps are closed with zeros. Segments up to `believed` count without
 * acknowledgement. */
void assembly_finish(struct assembly *assembly, enum trust believed);

#endif
