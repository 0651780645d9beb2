/* packet - frames of a capture file, taken apart down to the transport header, fragments
 * reassembled.
 *
 * Link types through libpcap's DLT numbers; IPv4 (RFC 791), IPv6 (RFC 8200) with extension headers,
 * TCP (RFC 9293), UDP (RFC 768). A source is used by one thread. */
#ifndef KENBI_PACKET_H
#define KENBI_PACKET_H

#include "base/base.h"

enum packet_tcp_flag {
	PACKET_FIN = 1,
	PACKET_SYN = 2,
	PACKET_RST = 4,
	PACKET_PSH = 8,
	PACKET_ACK = 16,
	PACKET_URG = 32
};

struct packet {
	uint64_t time_ns; /* since 1970-01-01 UTC */
	struct address source, destination;
	uint8_t protocol;			/* IANA number: 6 TCP, 17 UDP, 1 ICMP, … */
	uint16_t source_port, destination_port; /* 0 where the protocol has none */
	uint32_t sequence, acknowledgement;	/* TCP */
	uint16_t window, urgent;
	uint8_t flags; /* enum packet_tcp_flag */
	uint8_t ttl;
	bool has_timestamp; /* TCP timestamp option, RFC 7323 */
	uint32_t timestamp;
	bool has_window_scale; /* TCP window scale option, RFC 7323; only on SYN */
	uint8_t window_scale;  /* 0..14 */
	bool checksum_wrong;   /* transport or IPv4 header checksum was there, whole, and wrong */
	bool truncated;	       /* the capture kept less than the wire carried (snap length) */
	uint32_t payload_on_wire; /* length of payload as the IP header states it */
	struct bytes payload;	  /* borrowed, valid until the next packet_next */
};

/* Why frames did not become packets; every frame is counted exactly once in packets or in one of
 * these. */
#define PACKET_COUNTERS(COUNTER)                                                              \
	COUNTER(frames, "frames read")                                                        \
	COUNTER(packets, "packets handed on")                                                 \
	COUNTER(link_unknown, "frames of a link or network protocol that is not taken apart") \
	COUNTER(malformed, "frames whose headers contradict their length")                    \
	COUNTER(fragments, "fragments kept for reassembly")                                   \
	COUNTER(fragments_dropped, "fragments given up: limit, time or contradiction")

struct packet_counters {
#define PACKET_COUNTER_FIELD(name, meaning) uint64_t name;
	PACKET_COUNTERS(PACKET_COUNTER_FIELD)
#undef PACKET_COUNTER_FIELD
};

struct packet_source;

/* Does this beginning of a file look like pcap or pcapng? Needs 4 bytes. */
bool packet_is_capture(struct bytes beginning);
/* Opens a capture from an open descriptor (taken: closed with the source, also on error). `name` is
 * for messages. ERROR_INPUT: not a capture, or a link type that is not supported (named). */
MUST_CHECK int packet_open(int descriptor, const char *name, struct packet_source **source,
			   struct error *error);
void packet_close(struct packet_source *source);
/* 1: *packet is the next one; 0: the end; ERROR_INPUT: the rest of the file is truncated or corrupt
 * (what came before stands; no further call is useful). */
MUST_CHECK int packet_next(struct packet_source *source, struct packet *packet,
			   struct error *error);
struct packet_counters packet_counters(const struct packet_source *source);
/* Bytes of the file consumed so far, for progress. */
uint64_t packet_position(const struct packet_source *source);

#endif
