/* A conversation while it is open. Owned by table.c; tcp.c moves its state.
 *
 * Small on purpose: a million of them wait at once, and a flood of SYNs costs no more than this.
 * What was said lies in the assemblies, which a side gets with its first byte. */
#ifndef KENBI_STREAM_FLOW_H
#define KENBI_STREAM_FLOW_H

#include "stream/assembly.h"

/* What one side of a TCP connection has told so far. */
struct tcp_side {
	uint64_t edge; /* the right edge of this side's receive window, in positions of the peer */
	uint64_t fin;  /* position */
	uint64_t urgent;    /* position of an urgent byte that is still to come; 0: none */
	uint32_t base;	    /* sequence number of position 0 */
	uint32_t timestamp; /* newest accepted one */
	uint8_t scale;	    /* of the windows that this side advertises */
	uint8_t ttl;	    /* largest of this side's packets */
	bool seen : 1;	    /* a packet of this side came */
	bool spoke : 1;	    /* one that is no SYN */
	bool base_known : 1;
	bool syn_seen : 1;
	bool has_scale : 1;
	bool edge_known : 1;
	bool fin_seen : 1;
	bool fin_acked : 1;  /* by the peer */
	bool timestamps : 1; /* offered in SYN */
	bool timestamp_known : 1;
	bool checksum_right_seen : 1; /* on a packet with data */
};

/* In which order conversations leave at a limit; the list of each rank is ordered by last activity,
 * oldest first. */
enum flow_rank { FLOW_CLOSED, FLOW_UNANSWERED, FLOW_DATAGRAMS, FLOW_OPEN, FLOW_RANKS };

struct flow {
	struct flow *bucket_next;
	struct flow *older, *newer;
	uint64_t hash;
	uint64_t number, first_ns, last_ns;
	struct assembly *assembly[STREAM_SIDES]; /* NULL: nothing was said */
	struct assembly_table *table;
	struct tcp_side tcp[STREAM_SIDES];
	struct address address[STREAM_SIDES];
	uint16_t port[STREAM_SIDES];
	uint32_t packets[STREAM_SIDES];
	uint32_t rival_sequence;
	uint8_t protocol;
	uint8_t rank;			   /* enum flow_rank */
	uint8_t personality[STREAM_SIDES]; /* enum packet_personality, of who is there */
	bool reset : 1;
	bool has_rival : 1; /* a second SYN whose answer decides */
	bool picked_up : 1;
	bool failed : 1; /* no memory for an assembly */
	bool done : 1;	 /* was handed on; late packets still belong to it */
};

/* What `side` has said; made when it is first needed. NULL: no memory (flow->failed). */
struct assembly *flow_assembly(struct flow *flow, enum stream_side side);

enum tcp_verdict {
	TCP_TAKEN,
	TCP_REUSED /* the packet belongs to a new connection with the same addresses and ports */
};

enum tcp_verdict tcp_push(struct flow *flow, enum stream_side side, const struct packet *packet,
			  uint64_t *out_of_window);
bool tcp_closed(const struct flow *flow);
/* What counts without acknowledgement, where there is nothing to hold against it: everything when
 * the other direction was not captured; wrong checksums when this one never showed a right one on
 * data (offload). */
enum trust tcp_believed(const struct flow *flow, enum stream_side side);

#endif
