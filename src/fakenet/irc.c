/* An IRC server (RFC 2812) with one operator on it, who may have something to say to bots: the
 * scripted line is the topic of every channel, and is said to the channel after each join, since
 * bots obey either. */
#include "fakenet/net.h"

#include <stdio.h>
#include <string.h>

struct irc_state {
	char nick[64], user[64], server[256];
	bool welcomed;
};

static void numeric(struct conversation *conversation, unsigned code, const char *rest)
{
	const struct irc_state *state = conversation->state;
	say(conversation, ":%s %03u %s %s\r\n", state->server, code,
	    state->nick[0] ? state->nick : "*", rest);
}

static void welcome(struct conversation *conversation)
{
	struct irc_state *state = conversation->state;
	char text[512];

	if (state->welcomed || !state->nick[0] || !state->user[0])
		return;
	state->welcomed = true;
	snprintf(text, sizeof text, ":Welcome to the network %s!%s@client.example", state->nick,
		 state->user);
	numeric(conversation, 1, text);
	snprintf(text, sizeof text, ":Your host is %s", state->server);
	numeric(conversation, 2, text);
	numeric(conversation, 3, ":This server was created today");
	snprintf(text, sizeof text, "%s ircd-2.10 iowx ntmlk", state->server);
	numeric(conversation, 4, text);
	numeric(conversation, 375, ":- Message of the day -");
	numeric(conversation, 372, ":- Be nice");
	numeric(conversation, 376, ":End of /MOTD command");
	say(conversation, "PING :%s\r\n", state->server);
}

static void join_one(struct conversation *conversation, struct bytes name)
{
	const struct irc_state *state = conversation->state;
	const char *order = net_operator_line(conversation->net);
	char channel[128], text[512];

	plain_text(name, channel, sizeof channel);
	say(conversation, ":%s!%s@client.example JOIN :%s\r\n", state->nick, state->user, channel);
	if (order[0])
		say(conversation, ":%s 332 %s %s :%s\r\n", state->server, state->nick, channel,
		    order);
	snprintf(text, sizeof text, "= %s :%s @op", channel, state->nick);
	numeric(conversation, 353, text);
	snprintf(text, sizeof text, "%s :End of /NAMES list", channel);
	numeric(conversation, 366, text);
	if (order[0])
		say(conversation, ":op!op@staff.example PRIVMSG %s :%s\r\n", channel, order);
}

/* "#one,#two key": at most eight channels of one line. */
static void join(struct conversation *conversation, struct bytes argument)
{
	struct bytes names = bytes_slice(argument, 0, bytes_find(argument, bytes_of(" "), 0));

	if (bytes_start_with(names, ":"))
		names = bytes_slice(names, 1, names.length);
	for (unsigned i = 0; i < 8 && names.length > 0; i++) {
		size_t comma = bytes_find(names, bytes_of(","), 0);
		join_one(conversation, bytes_slice(names, 0, comma));
		names = bytes_slice(names, comma == SIZE_MAX ? names.length : comma + 1,
				    names.length);
	}
}

static void change_nick(struct conversation *conversation, struct bytes word)
{
	struct irc_state *state = conversation->state;
	char nick[sizeof state->nick];

	plain_text(word, nick, sizeof nick);
	if (state->welcomed)
		say(conversation, ":%s!%s@client.example NICK :%s\r\n", state->nick, state->user,
		    nick);
	memcpy(state->nick, nick, sizeof nick);
	welcome(conversation);
}

static void command(struct conversation *conversation, struct bytes line)
{
	struct irc_state *state = conversation->state;
	char verb[16], first[256], text[512];
	struct bytes argument = take_word(line, verb, sizeof verb);

	struct bytes word = bytes_slice(argument, 0, bytes_find(argument, bytes_of(" "), 0));
	if (bytes_start_with(word, ":"))
		word = bytes_slice(word, 1, word.length);
	plain_text(word, first, sizeof first);
	if (strcmp(verb, "NICK") == 0) {
		change_nick(conversation, word);
	} else if (strcmp(verb, "USER") == 0) {
		plain_text(word, state->user, sizeof state->user);
		welcome(conversation);
	} else if (strcmp(verb, "PING") == 0) {
		say(conversation, ":%s PONG %s :%s\r\n", state->server, state->server, first);
	} else if (strcmp(verb, "JOIN") == 0) {
		join(conversation, argument);
	} else if (strcmp(verb, "PART") == 0) {
		say(conversation, ":%s!%s@client.example PART %s\r\n", state->nick, state->user,
		    first);
	} else if (strcmp(verb, "MODE") == 0) {
		snprintf(text, sizeof text, "%s +nt", first);
		numeric(conversation, first[0] == '#' || first[0] == '&' ? 324 : 221, text);
	} else if (strcmp(verb, "USERHOST") == 0) {
		snprintf(text, sizeof text, ":%s=+%s@client.example", first, state->user);
		numeric(conversation, 302, text);
	} else if (strcmp(verb, "WHO") == 0) {
		snprintf(text, sizeof text, "%s :End of /WHO list", first);
		numeric(conversation, 315, text);
	} else if (strcmp(verb, "QUIT") == 0) {
		say(conversation, "ERROR :Closing link\r\n");
		conversation->finished = true;
	} else if (strcmp(verb, "PASS") != 0 && strcmp(verb, "PONG") != 0 &&
		   strcmp(verb, "PRIVMSG") != 0 && strcmp(verb, "NOTICE") != 0 && verb[0]) {
		snprintf(text, sizeof text, "%s :Unknown command", verb);
		numeric(conversation, 421, text);
	}
}

static size_t irc_hear(struct conversation *conversation, struct bytes said)
{
	struct irc_state *state = conversation->state;
	struct bytes line;
	size_t used = take_line(said, &line);

	if (used == 0)
		return 0;
	if (!state->server[0])
		net_name_of(conversation->net, &conversation->server, state->server,
			    sizeof state->server);
	command(conversation, line);
	return used;
}

const struct responder responder_irc = {
	.name = "irc",
	.protocol = PROTOCOL_TCP,
	.ports = { 6667, 6660, 6666, 6668, 6669, 7000 },
	.state_size = sizeof(struct irc_state),
	.hear = irc_hear,
};
