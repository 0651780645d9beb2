/* What the room's own parts know of the pseudo-Internet as a whole. */
#ifndef KENBI_FAKENET_NET_H
#define KENBI_FAKENET_NET_H

#include "fakenet/conversation.h"

/* The content that every download gets; never empty. */
struct bytes net_download(const struct fakenet *net);
int64_t net_clock(const struct fakenet *net);
const char *net_operator_line(const struct fakenet *net); /* "" for none */
void net_count_cut(struct fakenet *net);
void net_count_dropped(struct fakenet *net);
void net_count_connection(struct fakenet *net);
/* Keeps a message (copied); refused and counted when 256 messages or 16 MiB are kept. */
void net_keep_mail(struct fakenet *net, const char *from, const char *to, struct bytes content);

/* Where a name lies; a literal address is itself. ERROR_INPUT: it does not exist. names.c */
MUST_CHECK int net_resolve(struct fakenet *net, const char *name, struct address *address);
/* The name that was resolved to an address, or "hostNN.example". Written into text, which is
 * returned. */
char *net_name_of(const struct fakenet *net, const struct address *address, char *text,
		  size_t size);
bool net_answers(struct fakenet *net, const struct address *address, uint16_t port);

/* The responder for a port; where none is known: for TCP the one that guesses, for UDP NULL.
 * catalogue.c */
const struct responder *responder_for(uint16_t port, uint8_t protocol);
const struct responder *responder_at(size_t index); /* NULL past the end */

extern const struct responder responder_http, responder_smtp, responder_irc, responder_ftp,
	responder_pop3, responder_dns, responder_tftp, responder_ntp, responder_time,
	responder_daytime, responder_telnet, responder_silent, responder_guess;

struct peer_state; /* peer.c */

struct name_entry {
	struct address address;
	char name[]; /* lower case */
};

#define NET_NAMES     1024 /* resolved names that are remembered for the way back */
#define NET_STRANGERS 8	   /* addresses known by number that answer before it is called a scan */
#define NET_MAILS     256

struct fakenet {
	struct fakenet_config config;
	struct bytes download;
	struct fakenet_counters counters;
	struct name_entry *names[NET_NAMES]; /* owned; a ring */
	size_t name_count;
	struct address strangers[NET_STRANGERS];
	size_t stranger_count;
	struct fakenet_mail mails[NET_MAILS];
	size_t mail_count, mail_bytes;
	struct peer_state *peers;
	struct peer peer;
};

/* The connections of simulated programs; NULL: no memory. peer.c */
struct peer_state *peer_state_new(void);
void peer_state_free(struct peer_state *state);
void peer_fill(struct fakenet *net);

#endif
