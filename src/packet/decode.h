/* From a frame to a transport header, one file a layer: link.c, network.c, fragment.c, tunnel.c,
 * transport.c.
 *
 * Every layer hands the next one a slice; nothing is copied except by the reassembly of fragments.
 */
#ifndef KENBI_PACKET_DECODE_H
#define KENBI_PACKET_DECODE_H

#include "packet/packet.h"

enum decode_result {
	DECODE_OK,
	DECODE_UNKNOWN,	  /* a protocol that is not taken apart */
	DECODE_MALFORMED, /* headers contradict the length of the frame */
	DECODE_KEPT,	  /* a fragment that waits for others */
	DECODE_DROPPED	  /* a fragment that is given up at once */
};

/* Is this link type (DLT_ number of libpcap) taken apart? */
bool link_supported(int link_type);
/* Finds the IP packet in a frame. */
enum decode_result link_decode(int link_type, struct bytes frame, struct bytes *content);
/* The same for what stands behind an EtherType, and behind a PPP protocol field. */
enum decode_result link_decode_ethertype(uint16_t type, struct bytes bytes, struct bytes *content);
enum decode_result link_decode_ppp(struct bytes bytes, struct bytes *content);

/* An IP packet without its headers. */
struct datagram {
	struct address source, destination;
	uint8_t protocol;
	uint8_t ttl;
	bool checksum_wrong;   /* of the IPv4 header */
	bool checksum_foreign; /* the pseudo header holds an address that is not in this packet
				  (routing header on its way), so the transport checksum cannot be
				  judged */
	bool fragment, more_fragments;
	uint32_t identification;
	uint32_t fragment_offset; /* bytes */
	uint32_t length_on_wire;  /* of the payload, as the header states it */
	struct bytes payload;
};

enum decode_result network_decode(struct bytes bytes, struct datagram *datagram);
/* The IP packet inside a datagram that is a tunnel's. DECODE_UNKNOWN: it is none. */
enum decode_result tunnel_decode(const struct datagram *datagram, struct bytes *content);
/* Fills the transport fields and the payload of `packet`. */
enum decode_result transport_decode(const struct datagram *datagram, struct packet *packet);

/* One's complement sum over 16-bit words (RFC 1071), started with `sum`; fold with checksum_fold.
 */
uint32_t checksum_add(uint32_t sum, struct bytes bytes);
uint16_t checksum_fold(uint32_t sum);

/* --- reassembly of fragments --- */

/* Where a fragment lies in its datagram, in units of eight bytes. */
struct fragment_extent {
	uint16_t first, behind;
};
bool fragment_new_wins(enum packet_personality personality, struct fragment_extent old,
		       struct fragment_extent new);

struct fragment_limits {
	size_t bytes;	  /* kept in all */
	size_t datagrams; /* at the same time */
	uint64_t age_ns;  /* since the first fragment of a datagram */
};

struct fragment_table;
struct fragment_table *fragment_table_new(const struct fragment_limits *limits);
void fragment_table_free(struct fragment_table *table);
/* Takes in one fragment. DECODE_OK: `datagram` has become the whole one; its payload is valid until
 * the next call has come back (a fragment may lie in a datagram that was put together).
 * DECODE_KEPT: it waits. DECODE_DROPPED: refused. */
enum decode_result fragment_push(struct fragment_table *table, uint64_t time_ns,
				 struct datagram *datagram);
/* By whose rules overlaps are settled; borrowed. NULL: Windows everywhere. */
void fragment_set_hosts(struct fragment_table *table, const struct packet_hosts *hosts);
/* Fragments that were kept and then given up since the last call. */
uint64_t fragment_take_given_up(struct fragment_table *table);
/* Gives up everything that still waits. */
void fragment_flush(struct fragment_table *table);

/* --- where frames come from --- */

struct frame {
	uint64_t time_ns;
	int link_type;
	struct bytes bytes;	  /* borrowed until the next one is asked for */
	bool checksum_unfinished; /* the network card would have written the checksum */
};

/* A capture file (capture_file.c) or an interface (live.c). `next` returns what packet_next does.
 */
struct frames {
	int (*next)(struct frames *frames, struct frame *frame, struct error *error);
	uint64_t (*position)(const struct frames *frames);
	struct packet_kernel_counters (*kernel)(struct frames *frames);
	void (*close)(struct frames *frames);
};

/* Takes the descriptor. `name` is for messages. */
MUST_CHECK int capture_file_open(int descriptor, const char *name, struct frames **frames,
				 struct error *error);
MUST_CHECK int live_open(const struct packet_live *live, struct frames **frames,
			 struct error *error);

#endif
