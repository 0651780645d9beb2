/* SMTP as the client speaks it, far enough to tell who a message goes to (RFC 5321, section 4.1.1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/shared.h"

static void copy_mailbox(char *into, size_t size, const char *line)
{
	const char *start = strchr(line, '<');
	const char *end = start ? strchr(start, '>') : NULL;

	if (start && end)
		snprintf(into, size, "%.*s", (int)(end - start - 1), start + 1);
	else
		snprintf(into, size, "%s", strchr(line, ':') ? strchr(line, ':') + 1 : line);
}

void win32_follow_mail(struct win32 *w, struct win32_object *socket, struct bytes data)
{
	struct reader reader = reader_of(data);
	char line[256], mailbox[200], server[ADDRESS_TEXT_SIZE];

	if (socket->port != 25 && socket->port != 587)
		return;
	while (reader_left(&reader)) {
		struct bytes part = reader_line(&reader);
		snprintf(line, sizeof line, "%.*s", (int)part.length, (const char *)part.data);
		if (strncasecmp(line, "MAIL FROM", 9) == 0) {
			copy_mailbox(mailbox, sizeof mailbox, line);
			free(socket->mail_from);
			socket->mail_from = strdup(text_from_ansi(w, mailbox, strlen(mailbox)));
		} else if (strncasecmp(line, "RCPT TO", 7) == 0) {
			copy_mailbox(mailbox, sizeof mailbox, line);
			EMIT(w, MAIL_SEND, trace_text(address_text(&socket->address, server)),
			     trace_text(socket->mail_from ? socket->mail_from : ""),
			     trace_text(text_from_ansi(w, mailbox, strlen(mailbox))));
		} else if (strcasecmp(line, "DATA") == 0) {
			break;
		}
	}
}
