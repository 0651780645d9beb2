/* A message of mail as it is put together from lines or pieces that crossed. As long as these are
 * what stands one behind the other in what was said, the message is that, and nothing is copied. */
#ifndef KENBI_STREAM_MAIL_MESSAGE_H
#define KENBI_STREAM_MAIL_MESSAGE_H

#include "stream/protocol.h"

struct mail_message {
	struct bytes said;  /* all of it, unless something was made */
	struct buffer made; /* all of it, where there was something to leave out or to add */
};

/* At most `limit` bytes. */
void mail_message_init(struct mail_message *message, size_t limit);
void mail_message_fini(struct mail_message *message);
void mail_message_clear(struct mail_message *message);
/* Appends bytes of what was said. ERROR_MEMORY, ERROR_LIMIT. */
MUST_CHECK int mail_message_add(struct mail_message *message, struct bytes part);
/* Appends a line, without the dot that was stuffed before it (RFC 5321, section 4.5.2) and with the
 * line end that it should have. `text` lies in `said`, without its line end. ERROR_MEMORY,
 * ERROR_LIMIT. */
MUST_CHECK int mail_message_add_line(struct mail_message *message, struct bytes said,
				     struct bytes text);
/* Valid until the next change, and as long as what was said. */
struct bytes mail_message_bytes(const struct mail_message *message);

#endif
