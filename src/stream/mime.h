/* Mail messages (RFC 5322) and what is attached to them (RFC 2045 to 2049, 2183, 2231; uuencode).
 */
#ifndef KENBI_STREAM_MIME_H
#define KENBI_STREAM_MIME_H

#include "stream/protocol.h"

/* Tells the description every attachment of a message, decoded, with its name; those in base64 stay
 * as they are, and untold, where nobody asks for files. `offset` is where the message begins in
 * what `sender` said, `carrier` the protocol that brings it. */
void mime_carve(struct describer *describer, enum stream_side sender, size_t offset,
		struct bytes message, const char *carrier);

/* --- codings (mime_coding.c); each appends to `into` --- */

/* Are there no bytes that are not base64? */
bool mime_is_base64(struct bytes text);
/* False: there were bytes that are not base64. */
bool mime_decode_base64(struct bytes text, struct buffer *into);
bool mime_decode_quoted(struct bytes text, struct buffer *into);
/* The lines between "begin" and "end". False: a line contradicts its own length. */
bool mime_decode_uu(struct bytes lines, struct buffer *into);
/* A name with encoded words (RFC 2047) made plain. */
void mime_decode_words(struct bytes text, struct buffer *into);
/* %XX (RFC 2231, section 4) made plain. */
void mime_decode_percent(struct bytes text, struct buffer *into);

#endif
