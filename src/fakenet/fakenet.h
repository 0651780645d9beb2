/* fakenet - the pseudo-Internet: servers that answer as the real ones would, so that code which
 * first looks for the Internet shows what it does next.
 *
 * A responder per protocol is a pure state machine: bytes in, bytes out. It serves simulated
 * programs through struct peer, without any socket, and the demonstration's namespaces through real
 * sockets with the very same code. Which responder serves is chosen by port, and on other ports by
 * what the client says first. Not thread-safe; several pseudo-Internets may live side by side. */
#ifndef KENBI_FAKENET_H
#define KENBI_FAKENET_H

#include "base/base.h"

struct fakenet;

#define FAKENET_NOBODY 0xffffffffu /* live_share: no unknown address answers */

/* Zero is a good value for every field. Pointers are borrowed until fakenet_free. */
struct fakenet_config {
	/* Answers HTTP GET of anything that looks like a program, and every FTP RETR and TFTP read.
	 * Empty: a tiny program that ends at once. */
	struct bytes download;
	uint64_t seed;
	/* Simulated time, seconds since 1970 UTC; 0: 2009-06-15 12:00 UTC, as in win32. */
	int64_t clock;
	/* How many of 65,536 addresses that were never resolved answer when a program scans; 0:
	 * 4,096. */
	uint32_t live_share;
	/* What an operator tells a bot in every IRC channel that it joins, as topic and as message;
	 * NULL: nothing. */
	const char *operator_line;
	/* Every port where a program listens is visited once, by somebody who says nothing, so that
	 * what waits for its master goes on; true: only scripts and servers that were asked to call
	 * back come. */
	bool no_visitors;
};

struct fakenet *
fakenet_new(const struct fakenet_config *config); /* config copied; NULL: no memory */
void fakenet_free(struct fakenet *net);

/* The whole pseudo-Internet as the other end of a simulated program. Borrowed from net. Names
 * resolve to addresses of 198.51.100.0/24 and 203.0.113.0/24, the same name to the same address;
 * names under .invalid do not exist. Those two networks answer on every port. So do the first eight
 * other addresses that a program asks for, for it may know its servers by number; whoever asks for
 * more is scanning, and live_share decides, by address alone. On ports that worms scan (NetBIOS,
 * SMB, RPC, SQL, remote desktop) it decides from the first address on. */
const struct peer *fakenet_peer(struct fakenet *net);

/* Bytes that whoever connects to a listening program will say, in the order of connections to
 * `port` (0: to any port): how a captured conversation is replayed into a simulation. Copied.
 * ERROR_LIMIT past 64 scripts. */
MUST_CHECK int fakenet_script(struct fakenet *net, uint16_t port, struct bytes bytes);

/* Names of the protocols served: "http", "smtp", "irc", "ftp", "dns", …; NULL past the end. */
const char *fakenet_protocol(size_t index);

/* A message that was handed to one of the mail servers: number `index`, oldest first; NULL past the
 * end. */
struct fakenet_mail {
	const char *from, *to; /* envelope addresses; several recipients are separated by a space */
	struct bytes content;  /* header and body as sent, dot-unstuffed */
};
const struct fakenet_mail *fakenet_mail(const struct fakenet *net, size_t index);

struct fakenet_counters {
	uint64_t connections; /* conversations that began */
	uint64_t refused;     /* connections to addresses where nobody answers */
	uint64_t dropped;     /* connections and mails refused because a table was full */
	uint64_t cut;	      /* conversations ended because a side said more than is kept */
};
struct fakenet_counters fakenet_counters(const struct fakenet *net);

/* The same responders over real sockets, for namespaces and test beds; never started by an
 * analysis. */
struct fakenet_serve_options {
	struct address listen; /* the only address that is bound */
	const uint16_t *ports; /* NULL: every port that a responder is known for */
	size_t port_count;
	unsigned seconds;     /* returns after so long; 0: an hour */
	unsigned connections; /* at most so many at a time (1,024 at most), the rest wait; 0: 64 */
	struct fakenet_config net;
};
/* Serves until the time is over. Blocks. 0, ERROR_SYSTEM when a port cannot be bound, ERROR_MEMORY.
 */
MUST_CHECK int fakenet_serve(const struct fakenet_serve_options *options, struct error *error);

#endif
