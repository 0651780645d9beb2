/* A conversation while it is open. Owned by table.c; tcp.c moves its state. */
#ifndef KENBI_STREAM_FLOW_H
#define KENBI_STREAM_FLOW_H

#include "stream/assembly.h"

/* What one side of a TCP connection has told so far. */
struct tcp_side {
	bool seen; /* a packet of this side came */
	bool base_known;
	uint32_t base; /* sequence number of position 0 */
	bool syn_seen;
	bool has_scale;
	uint8_t scale; /* of the windows that this side advertises */
	bool edge_known;
	uint64_t edge; /* the right edge of this side's receive window, in positions of the peer */
	bool fin_seen;
	uint64_t fin;	 /* position */
	bool timestamps; /* offered in SYN */
	bool timestamp_known;
	uint32_t timestamp;	  /* newest accepted one */
	bool checksum_right_seen; /* on a packet with data */
};

/* In which order conversations leave at a limit; the list of each rank is ordered by last activity,
 * oldest first. */
enum flow_rank { FLOW_CLOSED, FLOW_UNANSWERED, FLOW_DATAGRAMS, FLOW_OPEN, FLOW_RANKS };

struct flow {
	struct flow *bucket_next;
	struct flow *older, *newer;
	uint64_t hash;
	enum flow_rank rank;
	struct stream_session session; /* halves hold addresses and packet counts while open */
	struct assembly assembly[STREAM_SIDES];
	struct tcp_side tcp[STREAM_SIDES];
	bool reset;
	bool has_rival; /* a second SYN whose answer decides */
	uint32_t rival_sequence;
};

enum tcp_verdict {
	TCP_TAKEN,
	TCP_REUSED /* the packet belongs to a new connection with the same addresses and ports */
};

enum tcp_verdict tcp_push(struct flow *flow, enum stream_side side, const struct packet *packet,
			  uint64_t *out_of_window);
bool tcp_closed(const struct flow *flow);

#endif
