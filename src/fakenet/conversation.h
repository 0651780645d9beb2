/* One conversation between a client and a pseudo-server, and what a responder of a protocol is.
 *
 * A responder never touches a socket: it hears bytes and says bytes. Who carries them (peer.c for
 * simulated programs, serve.c for sockets) is the carrier, which also opens the second connections
 * that FTP wants. */
#ifndef KENBI_FAKENET_CONVERSATION_H
#define KENBI_FAKENET_CONVERSATION_H

#include "fakenet/fakenet.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

struct conversation;

struct responder {
	const char *name;
	uint8_t protocol;  /* PROTOCOL_TCP or PROTOCOL_UDP */
	uint16_t ports[8]; /* where it is known to listen; ended by 0 */
	size_t state_size; /* of conversation.state, given zeroed */
	/* The client has connected. NULL: nothing to say. */
	void (*begin)(struct conversation *conversation);
	/* The client said `said` (all that is not used up yet; for UDP one datagram). Returns how
	 * many bytes are used up; it is called again with the rest until it uses none. */
	size_t (*hear)(struct conversation *conversation, struct bytes said);
	/* The client waits, and neither side has said anything yet. NULL: so does the server. */
	void (*prompt)(struct conversation *conversation);
	/* Frees what the state holds, not the state. NULL: nothing. */
	void (*end)(struct conversation *conversation);
};

struct carrier {
	/* Opens a port of the server for one data connection; 0: not possible. */
	uint16_t (*open_data)(void *context, struct conversation *conversation);
	/* Gives `content` to the data connection: the one opened last, or, when `port` is not 0,
	 * one that the server makes to the client's `port`. What the client says there is
	 * swallowed. */
	void (*send_data)(void *context, struct conversation *conversation, uint16_t port,
			  struct bytes content);
};

struct conversation {
	struct fakenet *net; /* borrowed, as are responder and carrier */
	const struct responder *responder;
	const struct carrier *carrier; /* NULL: no second connections */
	void *carrier_context;
	struct address client, server; /* client: family 0 when it is not known */
	uint16_t port;		       /* of the server */
	struct buffer heard;	       /* not used up by the responder yet */
	struct buffer said; /* for datagrams: each behind its length, 4 bytes, host order */
	size_t taken;	    /* bytes of `said` that the client has got */
	bool spoken;	    /* somebody has said something */
	bool finished;	    /* the server closes when all is said */
	void *state;
};

/* ERROR_MEMORY: nothing to close. */
MUST_CHECK int conversation_open(struct conversation *conversation, struct fakenet *net,
				 const struct responder *responder, const struct address *server,
				 uint16_t port);
void conversation_close(struct conversation *conversation);
/* The client says something. */
void conversation_hear(struct conversation *conversation, struct bytes said);
/* The client asks for up to `size` bytes, or one datagram; 0: nothing (more) is said now. */
size_t conversation_take(struct conversation *conversation, uint8_t *into, size_t size);
bool conversation_has_more(const struct conversation *conversation);
/* Another responder goes on from here. */
void conversation_become(struct conversation *conversation, const struct responder *responder);

/* For responders: what they say. */
void say(struct conversation *conversation, const char *format, ...) PRINTF_LIKE(2, 3);
void say_bytes(struct conversation *conversation, struct bytes bytes);
void say_datagram(struct conversation *conversation, struct bytes bytes);
/* For responders of line protocols: the first whole line of `said`, without its end. Returns the
 * bytes that it takes up, 0 when it is not complete yet. */
size_t take_line(struct bytes said, struct bytes *line);
/* Splits a line at its first space: the command, upper case, cut at `size`; returns the rest. */
struct bytes take_word(struct bytes line, char *word, size_t size);
/* Bytes as terminated text, control characters as '?', cut at `size`. Returns text. */
char *plain_text(struct bytes bytes, char *text, size_t size);

#endif
