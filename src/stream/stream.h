/* stream - conversations rebuilt from packets: what each side said, as the target would have read
 * it.
 *
 * TCP reassembly by RFC 9293 with fragments out of order, retransmissions, overlaps by the
 * receiver's personality, gaps, urgent data and mid-stream pick-up; UDP conversations by address
 * pair and idle time. Finished conversations are handed to the owner as sessions, with the protocol
 * they speak (found by content, ports only break ties), whether they conform to it, what was said
 * in it, and the files that crossed. A table is used by one thread; keyed hashing (SipHash) and
 * hard limits keep an attacker from growing it or slowing it down. */
#ifndef KENBI_STREAM_H
#define KENBI_STREAM_H

#include "base/base.h"
#include "packet/packet.h"

enum stream_side { STREAM_CLIENT, STREAM_SERVER, STREAM_SIDES };

enum stream_end {
	STREAM_END_FIN,
	STREAM_END_RST,
	STREAM_END_TIMEOUT,
	STREAM_END_CAPTURE,
	STREAM_END_LIMIT
};

/* A run of bytes that arrived with one packet. */
struct stream_segment {
	size_t offset; /* in the half's data */
	size_t length;
	uint64_t time_ns;
};

struct stream_half {
	struct address address;
	uint16_t port;
	uint64_t skipped;  /* bytes said before `data`; only of a part */
	struct bytes data; /* everything in order; bytes that never arrived are zero and listed as
			      gaps */
	const struct stream_segment *segments; /* ascending offsets */
	size_t segment_count;
	uint64_t lost;	       /* bytes missing (gaps) */
	uint64_t beyond_limit; /* bytes that were not kept because of the limit per side */
	uint32_t urgent; /* bytes that were out of band: the target's program never saw them */
	uint32_t packets, retransmitted, out_of_order, overlaps, contradictions;
	/* contradictions: overlaps whose bytes differ (evasion) */
};

struct stream_session {
	uint64_t number;  /* 1, 2, … in the order of the first packet */
	uint8_t protocol; /* 6 or 17 */
	uint64_t first_ns, last_ns;
	enum stream_end end;
	bool picked_up; /* the beginning was not seen */
	bool part;	/* it goes on: what was new when it fell silent (stream_limits.look_ns) */
	struct stream_half half[STREAM_SIDES];
};

struct stream_limits {
	size_t memory; /* of the whole table, bytes */
	size_t side;   /* kept per side of a conversation, bytes */
	size_t flows;  /* at the same time */
	uint64_t tcp_idle_ns, udp_idle_ns;
	size_t queue_bytes, queue_pieces; /* what waits behind a gap of one side, at most */
	/* Hand a TCP conversation on as soon as both ends have acknowledged the other's FIN, not
	 * ten seconds later: sessions then come in the order of their ends, and what is sent after
	 * that is not counted in them. */
	bool prompt;
	/* Not zero: a conversation that is silent for so long is also handed over as a part, while
	 * it stays open: what each side said since the last part, with 64 KiB of what was before
	 * it, without segments and not counted as a session. */
	uint64_t look_ns;
	/* Which system reads what is sent to an address. The list is copied. */
	struct packet_hosts hosts;
	/* Who sends SYN shows by it which system it is (packet_personality_guess); where the list
	 * names the address, the list is right. */
	bool guess;
};
/* 512 MiB, 32 MiB, 1,000,000, 300 s, 60 s, 1 MiB, 2,048; Windows everywhere. */
struct stream_limits stream_default_limits(void);

#define STREAM_COUNTERS(COUNTER)                                                         \
	COUNTER(sessions, "conversations handed on")                                     \
	COUNTER(evicted, "conversations closed early because a limit was reached")       \
	COUNTER(checksum_wrong, "packets ignored because their checksum is wrong")       \
	COUNTER(out_of_window, "segments ignored because no receiver would accept them") \
	COUNTER(other_protocols, "packets that are neither TCP nor UDP")

struct stream_counters {
#define STREAM_COUNTER_FIELD(name, meaning) uint64_t name;
	STREAM_COUNTERS(STREAM_COUNTER_FIELD)
#undef STREAM_COUNTER_FIELD
};

struct stream_table;
/* Called once per finished conversation; the session is borrowed and valid during the call, unless
 * it is taken (stream_session_take). A negative result stops stream_push / stream_flush, which
 * return it. */
typedef int stream_receiver(void *context, const struct stream_session *session);

struct stream_table *stream_new(const struct stream_limits *limits, stream_receiver *receiver,
				void *context);
void stream_free(struct stream_table *table); /* what is open is discarded: flush first */
MUST_CHECK int stream_push(struct stream_table *table, const struct packet *packet);
/* Time passes without packets (live): conversations that were silent for too long end. */
MUST_CHECK int stream_advance(struct stream_table *table, uint64_t now_ns);
MUST_CHECK int stream_flush(struct stream_table *table); /* ends every open conversation */
struct stream_counters stream_counters(const struct stream_table *table);
/* Bytes that the table holds now; never above its limit between calls, but for one conversation. */
size_t stream_memory(const struct stream_table *table);

/* Inside a receiver: makes the session that was just handed over the caller's own, without copying
 * what was said. It then depends on nothing else, counts no longer against the table's memory, may
 * go to another thread, and is given back with stream_session_free. NULL: no memory. */
struct stream_session *stream_session_take(struct stream_table *table);
/* What a taken session occupies, in bytes. */
size_t stream_session_memory(const struct stream_session *session);
void stream_session_free(struct stream_session *session);

/* Appends the whole conversation, both directions with their times, as a pcap file (raw IP): what
 * was rebuilt, in packets made anew. ERROR_LIMIT: the buffer's limit was reached. */
MUST_CHECK int stream_save(const struct stream_session *session, struct buffer *capture);

/* --- what a conversation is --- */

enum stream_conformance { STREAM_CONFORMS, STREAM_DEVIATES, STREAM_UNJUDGED };

struct stream_deviation {
	enum stream_side side;
	size_t offset;
	const char *what; /* "NDR string longer than its maximum count", … */
};

/* One thing that was said: a request, a command, a named file. Text is printable UTF-8, cut at 1
 * KiB. */
struct stream_utterance {
	enum stream_side side;
	size_t offset;
	uint64_t time_ns;
	const char *what; /* "request", "command", "reply", "bind", "call", "login", "join", … */
	const char *text;
};

/* Another conversation that this one announced: FTP PORT, PASV, EPRT, EPSV; the answer to a TFTP
 * request (to the client's port, from a port that is not known yet); what a command typed into a
 * shell will fetch. */
struct stream_announcement {
	struct address address;
	uint16_t port;
	uint8_t protocol;
	const char *purpose; /* what will be spoken: "ftp-data", "tftp", "ftp", "http" */
	const char *name;    /* of the file that will cross; "" when not known */
	bool to_server;	     /* the content goes from client to server of this session (STOR) */
};

/* A run of a file's content that crossed as it is. */
struct stream_piece {
	size_t at;	       /* in the content */
	size_t offset, length; /* in the sender's data */
};

/* A file that crossed whole or in part. */
struct stream_file {
	enum stream_side sender;
	size_t offset; /* in the sender's data; for carriers that frame content, of its beginning */
	struct bytes content;
	const char *name;    /* as the protocol names it, "" if it does not */
	const char *carrier; /* "http", "ftp-data", "tftp", "smb", "smtp", "raw" */
	const char *media;   /* by content: "pe", "elf", "zip", "text", "data", … */
	bool complete;	     /* as far as the carrier can tell */
	/* Where content crossed that was joined from several runs: without gaps, by their place in
	 * it. 0: it crossed as one run, was decoded, or does not hang together. */
	const struct stream_piece *pieces;
	size_t piece_count;
};

/* Bytes of a side that nobody reads as they crossed: ciphertext between two ends that agreed on
 * keys.
 */
struct stream_range {
	enum stream_side side;
	size_t offset, length;
};

/* The result of stream_describe; everything in it lives in its arena, but for the content of files
 * that crossed as they are, which is the session's: valid as long as both. */
struct stream_description {
	struct arena *arena;
	const char *protocol; /* "http", "ftp", "smb", "dcerpc", "smtp", "irc", "shell", "dns",
				 "tls", "tftp", "pe-transfer", … or "unknown" */
	enum stream_conformance conformance;
	const struct stream_deviation *deviations;
	size_t deviation_count;
	const struct stream_utterance *utterances;
	size_t utterance_count;
	const struct stream_announcement *announcements;
	size_t announcement_count;
	const struct stream_file *files;
	size_t file_count;
	const struct stream_range *sealed; /* side by side, ascending, not touching */
	size_t sealed_count;
	size_t unpacked;    /* bytes of files that came out of archives and codings */
	const char *target; /* known vulnerable operation that was called ("MS04-011 …"), or NULL;
			       from data/targets.yaml: interface UUID + operation number */
};

/* Reads data/targets.yaml, once per process; thread-safe. stream_describe does it itself on first
 * use, and names no targets where that fails: a process that confines itself calls this before.
 * `error` must not be NULL. */
MUST_CHECK int stream_prepare(struct error *error);

/* Judges one session. Returns 0 (also for unknown protocols), ERROR_LIMIT when the description was
 * cut at its budget (what is there stands), ERROR_MEMORY. Free with stream_description_fini in
 * every case. */
MUST_CHECK int stream_describe(const struct stream_session *session,
			       struct stream_description *description);
/* The same for who does not ask for files: what is packed in archives or by content codings stays
 * packed, and attachments in base64 are no files. */
MUST_CHECK int stream_describe_packed(const struct stream_session *session,
				      struct stream_description *description);
/* The same for a session that another one announced. For purposes "ftp-data" and "tftp" what
 * crosses is the announced file, whatever it looks like, and carries its name; for others this is
 * stream_describe. */
MUST_CHECK int stream_describe_announced(const struct stream_session *session,
					 const struct stream_announcement *announcement,
					 struct stream_description *description);
void stream_description_fini(struct stream_description *description);

/* Name of a media type by content ("pe", "elf", "zip", "gif", "text", "data", …). */
const char *stream_media(struct bytes content);

#endif
