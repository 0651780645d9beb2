/* One HTTP/1.x message. */
#ifndef KENBI_STREAM_HTTP_H
#define KENBI_STREAM_HTTP_H

#include "stream/protocol.h"

struct http_message {
	struct bytes method, target; /* requests */
	unsigned status;	     /* answers */
	bool has_length;
	uint64_t content_length;
	bool chunked;	    /* by its last transfer coding */
	bool maybe_chunked; /* another one names it: the body tells */
	bool has_host;
	bool simple;   /* HTTP/0.9: no version, no fields; the answer is nothing but content */
	bool upgrades; /* to another protocol, should the server want that, too */
	struct bytes disposition; /* Content-Disposition */
	struct bytes coding;	  /* Content-Encoding */
	size_t body_offset;	  /* in the side's data */
};

struct http_body {
	struct bytes content; /* without chunk headers */
	size_t offset;	      /* where it begins */
	size_t behind;	      /* where the next message begins */
	bool complete;
	struct stream_piece *pieces; /* the chunks; the arena's */
	size_t piece_count, piece_room;
	bool in_order; /* each chunk is as long as it says */
};

/* Reads start line and header fields at `offset`. False: nothing is there, or it is no message. */
bool http_message_read(struct describer *describer, enum stream_side side, size_t offset,
		       struct http_message *message);
/* Finds the body by RFC 9112, section 6.3. `method`: of the request, empty when not known. */
void http_body_read(struct describer *describer, enum stream_side side,
		    const struct http_message *message, struct bytes method,
		    struct http_body *body);

/* Name the vulnerability that a request's target, or one of its fields (when its target is known),
 * is aimed at; the first that fits stays. */
void http_target_of_request(struct describer *describer, const struct http_message *message);
void http_target_of_field(struct describer *describer, const struct http_message *message,
			  struct bytes name, struct bytes value);

/* Blanks, control bytes, bytes above 126: what browsers overlook around names, values and sizes. */
bool http_is_noise(uint8_t byte);
/* Value of a hexadecimal digit, -1: it is none. */
int http_digit(uint8_t byte);

#endif
