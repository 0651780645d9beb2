/* How a conversation is described: one file a protocol, one table of them (protocol.c).
 *
 * A protocol says by content how sure it is that a session speaks it, and then reads it. Everything
 * that it finds it tells the description through the functions here, which keep the budget. */
#ifndef KENBI_STREAM_PROTOCOL_H
#define KENBI_STREAM_PROTOCOL_H

#include "stream/stream.h"

/* How sure recognition is; the surest protocol is taken, the table's order decides among equals. */
enum {
	SURE_NOT = 0,
	SURE_WEAKLY = 20,
	SURE_BY_FORM = 50,
	SURE_BY_DIALOGUE = 70,
	SURE_BY_MAGIC = 90
};

struct describer;

struct protocol {
	const char *name;
	uint8_t transport;	/* 6, 17 */
	bool has_specification; /* conformance can be judged at all */
	int (*recognise)(const struct stream_session *session);
	void (*read)(struct describer *describer);
};

/* The table; ends with a NULL name. */
extern const struct protocol protocols[];

struct describer {
	const struct stream_session *session;
	struct stream_description *description;
	bool cut;			  /* the budget is used up */
	bool unjudged;			  /* something was not read */
	size_t whole_until[STREAM_SIDES]; /* nothing is judged from the first gap on, nor the line
					     that runs into it */
	struct stream_range *last_sealed;
	bool stays_packed;  /* nobody asks for what is packed */
	unsigned unpacking; /* levels of archives */
	size_t unpack_left; /* bytes that may still be unpacked */
	bool left_packed;   /* not enough of them */
	/* of the arrays */
	size_t deviation_room, utterance_room, announcement_room, file_room, sealed_room;
};

/* `what` is a literal. */
void describe_deviation(struct describer *describer, enum stream_side side, size_t offset,
			const char *what);
/* Bytes as they were said; made printable. */
void describe_say(struct describer *describer, enum stream_side side, size_t offset,
		  const char *what, struct bytes text);
void describe_say_format(struct describer *describer, enum stream_side side, size_t offset,
			 const char *what, const char *format, ...) PRINTF_LIKE(5, 6);
void describe_announcement(struct describer *describer, const struct stream_announcement *what,
			   struct bytes name);
/* Content that is no part of what was said is copied. Programs, documents and archives packed in it
 * (zip, gzip; two levels deep) follow as files of their own. */
void describe_file(struct describer *describer, enum stream_side sender, size_t offset,
		   struct bytes content, struct bytes name, const char *carrier, bool complete);
/* The same for content that was joined from runs of what was said: it and the list of them are the
 * arena's. `pieces` NULL: nobody is told where they crossed. */
void describe_joined_file(struct describer *describer, enum stream_side sender, size_t offset,
			  struct bytes content, const struct stream_piece *pieces, size_t count,
			  struct bytes name, const char *carrier, bool complete);
/* Nobody reads these bytes as they are; told side by side, in order. */
void describe_sealed(struct describer *describer, enum stream_side side, size_t offset,
		     size_t length);
void describe_target(struct describer *describer, const char *target);
/* Something was not read that would have to be for a judgement. */
void describe_unjudged(struct describer *describer);
/* Terminated printable copy, at most 1 KiB; never NULL. */
const char *describe_text(struct describer *describer, struct bytes text);
/* Little-endian UTF-16 as UTF-8, at most 1 KiB. */
const char *describe_text_utf16(struct describer *describer, struct bytes text);
struct arena *describe_arena(struct describer *describer);

/* --- what several protocols need --- */

struct bytes side_data(const struct stream_session *session, enum stream_side side);
/* Time of the packet that brought the byte at `offset`. */
uint64_t side_time(const struct stream_half *half, size_t offset);
/* First byte of a side that never arrived, or the length. */
size_t side_whole_until(const struct stream_half *half);
/* A datagram (UDP): `index` counts segments. */
struct bytes side_datagram(const struct stream_half *half, size_t index);

struct dialogue_line {
	enum stream_side side;
	size_t offset;	   /* of its beginning, in the side's data */
	struct bytes text; /* without line end */
	bool ended;	   /* by a line feed */
	uint64_t time_ns;  /* when it was complete */
};
/* The lines of both sides in the order in which they were complete. */
struct dialogue {
	struct describer *describer;
	size_t offset[STREAM_SIDES];  /* what is read next; of `next` where that is found */
	size_t segment[STREAM_SIDES]; /* in which the line before ended */
	struct {
		bool found;
		struct dialogue_line line;
		size_t behind;
	} next[STREAM_SIDES];
};
struct dialogue dialogue_of(struct describer *describer);
bool dialogue_next(struct dialogue *dialogue, struct dialogue_line *line);
/* The next line of one side, whatever the other said before it. */
bool dialogue_next_of(struct dialogue *dialogue, enum stream_side side, struct dialogue_line *line);
bool text_equal_ignoring_case(struct bytes text, const char *word);
bool text_starts_ignoring_case(struct bytes text, const char *word);
/* Cuts the first word off `text` and returns it; blanks around it are removed. */
struct bytes text_word(struct bytes *text);
struct bytes text_trim(struct bytes text);
/* A decimal number of at most nine digits that is the whole text; -1 otherwise. */
int64_t text_number(struct bytes text);
/* Number of bytes that plain text does not have: control bytes but tab, CR, LF, and bytes above
 * 126. */
size_t text_binary_bytes(struct bytes text);
bool text_is_printable(struct bytes text);
/* Are there control bytes other than tabs, or bytes above 127 that are no UTF-8? For lines without
 * their end. */
bool text_has_controls(struct bytes text);
/* Length of the valid UTF-8 sequence of a character above 127 at the beginning of `text` (RFC
 * 3629); 0: none. */
size_t text_utf8_length(struct bytes text);

/* --- one entry a protocol --- */

int smb_recognise(const struct stream_session *session);
void smb_read(struct describer *describer);
int quic_recognise(const struct stream_session *session);
void quic_read(struct describer *describer);
int ssh_recognise(const struct stream_session *session);
void ssh_read(struct describer *describer);
int tls_recognise(const struct stream_session *session);
void tls_read(struct describer *describer);
/* What follows `begin` of each side is TLS, since another protocol went over to it (STARTTLS). */
void tls_read_behind(struct describer *describer, const size_t begin[STREAM_SIDES]);
int dcerpc_recognise(const struct stream_session *session);
void dcerpc_read(struct describer *describer);
int dcerpc_udp_recognise(const struct stream_session *session);
void dcerpc_udp_read(struct describer *describer);
int http_recognise(const struct stream_session *session);
void http_read(struct describer *describer);
int ftp_recognise(const struct stream_session *session);
void ftp_read(struct describer *describer);
int ftp_data_recognise(const struct stream_session *session);
void ftp_data_read(struct describer *describer);
int tftp_recognise(const struct stream_session *session);
void tftp_read(struct describer *describer);
/* The same; `name`: of the file, where another session asked for it. */
void tftp_read_named(struct describer *describer, struct bytes name);
int smtp_recognise(const struct stream_session *session);
void smtp_read(struct describer *describer);
int pop3_recognise(const struct stream_session *session);
void pop3_read(struct describer *describer);
int imap_recognise(const struct stream_session *session);
void imap_read(struct describer *describer);
int irc_recognise(const struct stream_session *session);
void irc_read(struct describer *describer);
int shell_recognise(const struct stream_session *session);
void shell_read(struct describer *describer);
int dns_recognise(const struct stream_session *session);
void dns_read(struct describer *describer);
int ssrp_recognise(const struct stream_session *session);
void ssrp_read(struct describer *describer);
int telnet_recognise(const struct stream_session *session);
void telnet_read(struct describer *describer);
int pe_transfer_recognise(const struct stream_session *session);
void pe_transfer_read(struct describer *describer);

/* A script for ftp while it is typed, maybe over several lines. */
struct shell_script {
	bool has_address;
	struct address address;
	uint16_t port;
};
/* Announces what a typed line will fetch. */
void shell_downloads(struct describer *describer, struct bytes line, struct shell_script *script);

/* Files that lie in a side which no protocol frames. Also used for unknown sessions. */
void raw_carve(struct describer *describer, enum stream_side side);
/* The whole of a side as one file. */
void raw_carve_whole(struct describer *describer, enum stream_side side, struct bytes name,
		     const char *carrier);

#endif
