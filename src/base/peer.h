/* The other end of a simulated program's conversations.
 *
 * Rooms that run foreign code (win32, unix) talk to whatever implements this; nothing behind it
 * ever touches a real network unless the implementer says so. All functions may be NULL: then
 * nothing answers. Not thread-safe unless the implementer says so. */
#ifndef KENBI_BASE_PEER_H
#define KENBI_BASE_PEER_H

#include "base/address.h"

struct peer {
	void *context;
	/* A name is looked up. 0 and the address, or ERROR_INPUT when the name does not exist. */
	int (*resolve)(void *context, const char *name, struct address *address);
	/* A connection (protocol 6, TCP) or first datagram (17, UDP) goes out. 0 and a conversation
	 * number, or ERROR_INPUT: refused. */
	int (*connect)(void *context, const struct address *address, uint16_t port,
		       uint8_t protocol, uint32_t *conversation);
	/* The program listens on `port`: does somebody connect? 0, who, and a conversation number,
	 * or ERROR_INPUT: nobody (any more). */
	int (*accept)(void *context, uint16_t port, struct address *from, uint16_t *from_port,
		      uint32_t *conversation);
	void (*send)(void *context, uint32_t conversation, struct bytes bytes);
	/* Up to `size` bytes that the other end says next; 0: it has nothing more to say. */
	size_t (*receive)(void *context, uint32_t conversation, uint8_t *into, size_t size);
	void (*close)(void *context, uint32_t conversation);
	/* The conversation that the program came over, as long as its sender has more to say there:
	 * 0 and its number, or ERROR_INPUT. NULL: it did not come over one. */
	int (*origin)(void *context, uint32_t *conversation);
};

#endif
