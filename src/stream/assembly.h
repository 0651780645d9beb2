/* One direction of a TCP conversation, from segments to the bytes that the receiver read.
 *
 * Positions are 64-bit counts of bytes since the first byte of the stream (the one after SYN, or
 * the first one seen), so that sequence numbers may wrap. */
#ifndef KENBI_STREAM_ASSEMBLY_H
#define KENBI_STREAM_ASSEMBLY_H

#include "stream/queue.h"

#define POSITION_UNKNOWN UINT64_MAX

struct assembly {
	size_t side_limit;
	size_t *memory; /* what the whole table holds; kept up to date here */
	uint8_t *data;
	size_t length, capacity; /* of what is kept */
	struct stream_segment *segments;
	size_t segment_count, segment_capacity;
	uint64_t next;	    /* position that is read next */
	uint64_t acked;	    /* what the receiver has acknowledged */
	uint64_t end;	    /* position of FIN, or POSITION_UNKNOWN */
	struct queue queue; /* what came early */
	bool failed;	    /* no memory */
	uint64_t lost, beyond_limit;
	uint32_t retransmitted, out_of_order, overlaps, contradictions;
};

void assembly_init(struct assembly *assembly, size_t side_limit, size_t *memory);
void assembly_fini(struct assembly *assembly);
/* Was there no memory for something? What came after that is not kept. */
bool assembly_failed(const struct assembly *assembly);
void assembly_push(struct assembly *assembly, const struct segment *segment);
/* The receiver acknowledged everything before `position`. */
void assembly_acknowledge(struct assembly *assembly, uint64_t position);
/* The stream ends (FIN) at `position`; only the first end counts. */
void assembly_end(struct assembly *assembly, uint64_t position);
/* No more will come: gaps are closed with zeros. Segments up to `believed` count without
 * acknowledgement. */
void assembly_finish(struct assembly *assembly, enum trust believed);

#endif
