/* packet - frames of a capture file or of an interface, taken apart down to the transport header,
 * tunnels opened, fragments reassembled.
 *
 * Link types by libpcap's DLT numbers; IPv4 (RFC 791), IPv6 (RFC 8200) with extension headers, TCP
 * (RFC 9293), UDP (RFC 768); inside GRE (RFC 2784, 2890, 2637), VXLAN (RFC 7348), IP in IP (RFC
 * 2003) and 6in4 (RFC 4213), at most PACKET_TUNNELS_MOST deep. A source is used by one thread. */
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

/* --- systems, where they differ in what they read --- */

/* symbol, name, systems that behave so. Fragments: Novak 2005; TCP: Novak and Sturges 2007. */
#define PACKET_PERSONALITIES(P)                                   \
	P(WINDOWS, "windows", "Windows 95 to XP; the default")    \
	P(WINDOWS_2003, "windows-2003", "Windows Server 2003")    \
	P(VISTA, "vista", "Windows Vista, Server 2008 and later") \
	P(LINUX, "linux", "Linux 3.6 and later")                  \
	P(LINUX_24, "linux-2.4", "Linux 2.4 to 3.5")              \
	P(LINUX_22, "linux-2.2", "Linux 2.2 and before")          \
	P(BSD, "bsd", "FreeBSD, NetBSD, OpenBSD, AIX")            \
	P(BSD_RIGHT, "bsd-right", "HP JetDirect printers")        \
	P(MACOS, "macos", "Mac OS X 10.3 and later")              \
	P(SOLARIS, "solaris", "Solaris 9 and 10")                 \
	P(HPUX10, "hpux-10", "HP-UX 10")                          \
	P(HPUX11, "hpux-11", "HP-UX 11")                          \
	P(IRIX, "irix", "IRIX 6")                                 \
	P(FIRST, "first", "what came first stays")                \
	P(LAST, "last", "what came last stays (RFC 791's example); Cisco IOS")

enum packet_personality {
#define PACKET_PERSONALITY_ENUM(symbol, name, systems) PACKET_##symbol,
	PACKET_PERSONALITIES(PACKET_PERSONALITY_ENUM)
#undef PACKET_PERSONALITY_ENUM
		PACKET_PERSONALITY_COUNT
};

struct packet_host {
	struct address address;
	unsigned prefix; /* leading bits that count: 32 for one IPv4 host, 128 for one IPv6 host */
	enum packet_personality personality;
};

/* Which system is where. All zero: Windows everywhere. */
struct packet_hosts {
	const struct packet_host *hosts;
	size_t count;
	enum packet_personality others; /* of whoever is not in the list */
};

const char *packet_personality_name(enum packet_personality personality);
/* ERROR_USAGE: there is no such name. */
MUST_CHECK int packet_personality_parse(const char *name, enum packet_personality *personality);
/* The longest prefix that fits decides. */
enum packet_personality packet_personality_of(const struct packet_hosts *hosts,
					      const struct address *address);

/* Does the list name that address, whatever it says of others? */
bool packet_hosts_name(const struct packet_hosts *hosts, const struct address *address);
struct packet;
/* Which system sends such a SYN, by the initial TTL that its TTL is nearest below (255: Solaris;
 * 128: Windows, Vista and later with window scaling; 64: BSD with a window of 65,535 and else
 * Linux). False: `packet` is no SYN, or its TTL (32 and less) tells nothing. Coarse on purpose:
 * whoever wants to be sure names hosts. */
bool packet_personality_guess(const struct packet *packet, enum packet_personality *personality);

/* --- packets --- */

#define PACKET_TUNNELS_MOST 4

struct packet {
	uint64_t time_ns; /* since 1970-01-01 UTC */
	struct address source, destination;
	uint8_t protocol;			/* IANA number: 6 TCP, 17 UDP, 1 ICMP, … */
	uint16_t source_port, destination_port; /* 0 where the protocol has none */
	uint32_t sequence, acknowledgement;	/* TCP */
	uint16_t window, urgent;
	uint8_t flags; /* enum packet_tcp_flag */
	uint8_t ttl;
	uint8_t tunnels;    /* headers of tunnels that were taken off */
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
 * (what came before stands; no further call is useful). Live: PACKET_IDLE, or ERROR_SYSTEM when the
 * interface is gone. */
MUST_CHECK int packet_next(struct packet_source *source, struct packet *packet,
			   struct error *error);
struct packet_counters packet_counters(const struct packet_source *source);
/* Bytes of the file consumed so far, for progress; live: bytes of frames. */
uint64_t packet_position(const struct packet_source *source);
/* By whose rules fragments are put together, from now on. The list is borrowed until the source is
 * closed or another one is set. */
void packet_set_hosts(struct packet_source *source, const struct packet_hosts *hosts);

/* --- from an interface --- */

/* packet_next found nothing within the time-out; call again. */
#define PACKET_IDLE 2

struct packet_live {
	const char *interface;
	/* 0: alone. Else sources of this process and others with the same number share the packets,
	 * both directions of a conversation on the same one (PACKET_FANOUT_HASH, fragments
	 * put together first). */
	uint16_t fanout_group;
	bool promiscuous;
	size_t ring;	     /* bytes of the ring that the kernel fills; 0: 64 MiB */
	unsigned timeout_ms; /* of packet_next; 0: 100 */
};

/* Reads what crosses an interface through a ring shared with the kernel (TPACKET_V3). Needs
 * CAP_NET_RAW in the interface's network namespace. ERROR_SYSTEM: no such interface, no permission;
 * ERROR_INPUT: an interface of a kind whose frames are not supported. */
MUST_CHECK int packet_open_live(const struct packet_live *live, struct packet_source **source,
				struct error *error);

struct packet_kernel_counters {
	uint64_t received; /* frames that the kernel had for this source, dropped ones included */
	uint64_t dropped;  /* because the ring was full */
	uint64_t freezes;  /* how often the ring became full */
};
/* Since the source was opened; zeros for a file. */
struct packet_kernel_counters packet_kernel_counters(struct packet_source *source);

#endif
