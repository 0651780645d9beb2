/* SMTP (RFC 5321) that accepts every message for everybody and keeps it: what a mass mailer would
 * have sent, to whom. No extension is offered but SIZE and 8BITMIME; AUTH is accepted because bots
 * carry stolen accounts. */
#include "fakenet/net.h"

#include <stdio.h>
#include <string.h>

struct smtp_state {
	bool in_data;
	unsigned auth; /* answers still to come of an AUTH dialogue */
	char from[256];
	char to[2048];
	struct buffer content;
};

#define MAIL_LIMIT ((size_t)8 << 20)

static void smtp_begin(struct conversation *conversation)
{
	char name[256];
	say(conversation, "220 %s ESMTP\r\n",
	    net_name_of(conversation->net, &conversation->server, name, sizeof name));
}

static void start_over(struct smtp_state *state)
{
	buffer_fini(&state->content);
	*state = (struct smtp_state){ 0 };
	buffer_init(&state->content, MAIL_LIMIT);
}

/* "FROM:<a@b> SIZE=1" → "a@b". */
static void keep_path(struct bytes argument, char *text, size_t size)
{
	size_t start = bytes_find(argument, bytes_of("<"), 0);
	if (start == SIZE_MAX)
		start = bytes_find(argument, bytes_of(":"), 0);
	start = start == SIZE_MAX ? 0 : start + 1;
	size_t end = bytes_find(argument, bytes_of(">"), start);
	if (end == SIZE_MAX)
		end = argument.length;
	plain_text(bytes_slice(argument, start, end - start), text, size);
}

static void add_recipient(struct conversation *conversation, struct bytes argument)
{
	struct smtp_state *state = conversation->state;
	char recipient[256];
	size_t used = strlen(state->to);

	keep_path(argument, recipient, sizeof recipient);
	if (used + strlen(recipient) + 2 > sizeof state->to) {
		say(conversation, "452 Too many recipients\r\n");
		return;
	}
	snprintf(state->to + used, sizeof state->to - used, "%s%s", used ? " " : "", recipient);
	say(conversation, "250 OK\r\n");
}

/* A line of the message: the lone dot ends it, a leading dot is stuffing (RFC 5321 4.5.2). */
static void data_line(struct conversation *conversation, struct bytes line)
{
	struct smtp_state *state = conversation->state;

	if (!bytes_equal_text(line, ".")) {
		if (bytes_start_with(line, "."))
			line = bytes_slice(line, 1, line.length);
		buffer_append(&state->content, line.data, line.length);
		buffer_append_text(&state->content, "\r\n");
		return;
	}
	if (buffer_failed(&state->content)) {
		net_count_dropped(conversation->net);
		say(conversation, "552 Message too large\r\n");
	} else {
		net_keep_mail(conversation->net, state->from, state->to,
			      buffer_bytes(&state->content));
		say(conversation, "250 OK queued\r\n");
	}
	start_over(state);
}

static void authenticate(struct conversation *conversation, struct bytes argument)
{
	struct smtp_state *state = conversation->state;
	char method[16];
	struct bytes initial = take_word(argument, method, sizeof method);

	if (strcmp(method, "LOGIN") == 0)
		state->auth = initial.length > 0 ? 1 : 2;
	else
		state->auth = initial.length > 0 ? 0 : 1;
	if (state->auth == 0)
		say(conversation, "235 Authenticated\r\n");
	else /* "Username:" or "Password:" in base64 */
		say(conversation, "334 %s\r\n", state->auth == 2 ? "VXNlcm5hbWU6" : "UGFzc3dvcmQ6");
}

static void command(struct conversation *conversation, struct bytes line)
{
	struct smtp_state *state = conversation->state;
	char verb[16], name[256];
	struct bytes argument = take_word(line, verb, sizeof verb);

	net_name_of(conversation->net, &conversation->server, name, sizeof name);
	if (strcmp(verb, "HELO") == 0) {
		say(conversation, "250 %s\r\n", name);
	} else if (strcmp(verb, "EHLO") == 0) {
		say(conversation,
		    "250-%s\r\n250-SIZE %zu\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n", name,
		    MAIL_LIMIT);
	} else if (strcmp(verb, "MAIL") == 0) {
		start_over(state);
		keep_path(argument, state->from, sizeof state->from);
		say(conversation, "250 OK\r\n");
	} else if (strcmp(verb, "RCPT") == 0) {
		add_recipient(conversation, argument);
	} else if (strcmp(verb, "DATA") == 0 && state->to[0] == '\0') {
		say(conversation, "503 Who is it for?\r\n");
	} else if (strcmp(verb, "DATA") == 0) {
		state->in_data = true;
		say(conversation, "354 Go on\r\n");
	} else if (strcmp(verb, "AUTH") == 0) {
		authenticate(conversation, argument);
	} else if (strcmp(verb, "RSET") == 0) {
		start_over(state);
		say(conversation, "250 OK\r\n");
	} else if (strcmp(verb, "NOOP") == 0 || strcmp(verb, "VRFY") == 0) {
		say(conversation, "250 OK\r\n");
	} else if (strcmp(verb, "QUIT") == 0) {
		say(conversation, "221 Bye\r\n");
		conversation->finished = true;
	} else {
		say(conversation, "500 What?\r\n");
	}
}

static size_t smtp_hear(struct conversation *conversation, struct bytes said)
{
	struct smtp_state *state = conversation->state;
	struct bytes line;
	size_t used = take_line(said, &line);

	if (used == 0)
		return 0;
	if (state->content.limit == 0)
		buffer_init(&state->content, MAIL_LIMIT);
	if (state->in_data) {
		data_line(conversation, line);
	} else if (state->auth > 0) {
		state->auth--;
		say(conversation, state->auth ? "334 UGFzc3dvcmQ6\r\n" : "235 Authenticated\r\n");
	} else {
		command(conversation, line);
	}
	return used;
}

static void smtp_end(struct conversation *conversation)
{
	struct smtp_state *state = conversation->state;
	buffer_fini(&state->content);
}

const struct responder responder_smtp = {
	.name = "smtp",
	.protocol = PROTOCOL_TCP,
	.ports = { 25, 587, 2525 },
	.state_size = sizeof(struct smtp_state),
	.begin = smtp_begin,
	.hear = smtp_hear,
	.end = smtp_end,
};
