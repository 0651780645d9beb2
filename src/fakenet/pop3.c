/* POP3 (RFC 1939): everybody may log in, and the mailbox is empty. */
#include "fakenet/net.h"

#include <string.h>

static void pop3_begin(struct conversation *conversation)
{
	say(conversation, "+OK POP3 server ready\r\n");
}

static size_t pop3_hear(struct conversation *conversation, struct bytes said)
{
	char verb[8];
	struct bytes line;
	size_t used = take_line(said, &line);

	if (used == 0)
		return 0;
	take_word(line, verb, sizeof verb);
	if (strcmp(verb, "STAT") == 0) {
		say(conversation, "+OK 0 0\r\n");
	} else if (strcmp(verb, "LIST") == 0 || strcmp(verb, "UIDL") == 0 ||
		   strcmp(verb, "CAPA") == 0) {
		say(conversation, "+OK\r\n.\r\n");
	} else if (strcmp(verb, "RETR") == 0 || strcmp(verb, "TOP") == 0 ||
		   strcmp(verb, "DELE") == 0 || strcmp(verb, "APOP") == 0) {
		say(conversation, "-ERR no such message\r\n");
	} else if (strcmp(verb, "QUIT") == 0) {
		say(conversation, "+OK bye\r\n");
		conversation->finished = true;
	} else {
		say(conversation, "+OK\r\n");
	}
	return used;
}

const struct responder responder_pop3 = {
	.name = "pop3",
	.protocol = PROTOCOL_TCP,
	.ports = { 110 },
	.begin = pop3_begin,
	.hear = pop3_hear,
};
