/* fakenet - the pseudo-Internet: servers that answer as the real ones would, so that code which
 * first looks for the Internet shows what it does next.
 *
 * A responder per protocol (data: which names and ports exist) is a pure state machine: bytes in,
 * bytes out. It serves simulated programs through struct peer, without any socket, and the
 * demonstration's namespaces through real sockets with the very same code. */
#ifndef KENBI_FAKENET_H
#define KENBI_FAKENET_H

#include "base/base.h"

struct fakenet;

/* What is served when nothing else is known: the content answers HTTP GET, FTP RETR and TFTP reads
 * of any name; borrowed. May be empty. */
struct fakenet_config {
	struct bytes download;
	uint64_t seed;
};
struct fakenet *fakenet_new(const struct fakenet_config *config);
void fakenet_free(struct fakenet *net);
/* The whole pseudo-Internet as the other end of a simulated program. Borrowed from net. Names
 * resolve to addresses of 198.51.100.0/24 and 203.0.113.0/24, the same name to the same address. */
const struct peer *fakenet_peer(struct fakenet *net);

/* Bytes that whoever connects to a listening program will say, in the order of connections to any
 * port: how a captured conversation is replayed into a simulation. Copied. */
MUST_CHECK int fakenet_script(struct fakenet *net, uint16_t port, struct bytes bytes);

/* Names of the protocols served: "http", "smtp", "irc", "ftp", "dns", …; NULL past the end. */
const char *fakenet_protocol(size_t index);

#endif
