/* Telnet (RFC 854) to a Unix host that lets everybody in and knows no command: enough for a
 * dictionary attack to succeed and to say what it does next. Option negotiation is refused by
 * silence and left out of the text. */
#include "fakenet/net.h"

#include <string.h>

enum telnet_step { ASK_NAME, ASK_PASSWORD, SHELL };

struct telnet_state {
	enum telnet_step step;
};

enum { IAC = 255, OPTION_FIRST = 251, OPTION_LAST = 254 }; /* WILL, WONT, DO, DONT */

static void telnet_begin(struct conversation *conversation)
{
	say(conversation, "\r\nlogin: ");
}

/* The line without telnet commands (IAC and one or two more bytes). */
static char *typed(struct bytes line, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < line.length && used + 1 < size; i++) {
		uint8_t byte = line.data[i];
		if (byte == IAC) {
			uint8_t next = i + 1 < line.length ? line.data[i + 1] : 0;
			i += next >= OPTION_FIRST && next <= OPTION_LAST ? 2 : 1;
		} else if (byte >= 0x20 && byte < 0x7f) {
			text[used++] = (char)byte;
		}
	}
	text[used] = '\0';
	return text;
}

static void run(struct conversation *conversation, const char *text)
{
	size_t length = strcspn(text, " ");

	if (strcmp(text, "exit") == 0 || strcmp(text, "logout") == 0) {
		say(conversation, "logout\r\n");
		conversation->finished = true;
		return;
	}
	if (strncmp(text, "echo ", 5) == 0)
		say(conversation, "%s\r\n", text + 5);
	else if (strcmp(text, "id") == 0)
		say(conversation, "uid=0(root) gid=0(root)\r\n");
	else if (length > 0)
		say(conversation, "sh: %.*s: not found\r\n", (int)length, text);
	say(conversation, "# ");
}

static size_t telnet_hear(struct conversation *conversation, struct bytes said)
{
	struct telnet_state *state = conversation->state;
	struct bytes line;
	char text[512];
	size_t used = take_line(said, &line);

	if (used == 0)
		return 0;
	typed(line, text, sizeof text);
	switch (state->step) {
	case ASK_NAME:
		say(conversation, "Password: ");
		state->step = ASK_PASSWORD;
		break;
	case ASK_PASSWORD:
		say(conversation, "\r\n# ");
		state->step = SHELL;
		break;
	case SHELL: run(conversation, text); break;
	}
	return used;
}

const struct responder responder_telnet = {
	.name = "telnet",
	.protocol = PROTOCOL_TCP,
	.ports = { 23, 2323 },
	.state_size = sizeof(struct telnet_state),
	.begin = telnet_begin,
	.hear = telnet_hear,
};
