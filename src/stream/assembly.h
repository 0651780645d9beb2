/* One direction of a TCP conversation, from segments to the bytes that the receiver read.
 *
 * Positions are 64-bit counts of bytes since the first byte of the stream (the one after SYN, or
 * the first one seen), so that sequence numbers may wrap. */
#ifndef KENBI_STREAM_ASSEMBLY_H
#define KENBI_STREAM_ASSEMBLY_H

#include "stream/queue.h"

#define POSITION_UNKNOWN UINT64_MAX

/* What all assemblies of a table share. */
struct assembly_table {
	size_t memory; /* what the whole table holds */
	size_t side_limit;
	size_t queue_bytes, queue_pieces; /* what a receiver holds behind a gap, at most */
};

struct assembly {
	struct assembly_table *table;
	uint8_t *data;
	size_t length, capacity; /* of what is kept */
	struct stream_segment *segments;
	uint32_t segment_count, segment_capacity;
	struct queue *queue; /* what came early; NULL: nothing yet */
	uint64_t next;	     /* position that is read next */
	uint64_t acked;	     /* what the receiver has acknowledged */
	uint64_t end;	     /* position of FIN, or POSITION_UNKNOWN */
	uint64_t lost, beyond_limit;
	uint64_t urgent_end; /* position behind the last byte that was left out as urgent */
	uint32_t urgent;     /* bytes that were left out */
	uint32_t retransmitted, out_of_order, overlaps, contradictions;
	uint32_t ignored[TRUST_LEVELS]; /* segments that were ignored for good */
	size_t shown;	     /* of what is kept, bytes that a look at the open conversation had */
	uint8_t personality; /* enum packet_personality */
	uint8_t believed;    /* enum trust: what counts unacknowledged when too much waits */
	bool full;	     /* nothing more is kept */
	bool failed;	     /* no memory */
};

void assembly_init(struct assembly *assembly, enum packet_personality personality,
		   struct assembly_table *table);
void assembly_fini(struct assembly *assembly);
/* Was there no memory for something? What came after that is not kept. */
bool assembly_failed(const struct assembly *assembly);
/* A segment whose extent is zero is a whole one. */
void assembly_push(struct assembly *assembly, const struct segment *segment);
/* The receiver acknowledged everything before `position`. */
void assembly_acknowledge(struct assembly *assembly, uint64_t position);
/* The stream ends (FIN) at `position`; only the first end counts. */
void assembly_end(struct assembly *assembly, uint64_t position);
/* No more will come: gaps are closed with zeros. Segments up to `believed` count without
 * acknowledgement. */
void assembly_finish(struct assembly *assembly, enum trust believed);

#endif
