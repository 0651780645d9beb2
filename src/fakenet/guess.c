/* Servers on ports that say nothing about the protocol, and servers that say nothing at all.
 *
 * The one that guesses waits for the client's first words. A client that waits itself is greeted
 * with a line that FTP, SMTP and many home-made protocols accept ("220 ready"), and then shows what
 * it wanted. */
#include "fakenet/net.h"

struct opening {
	const char *words;
	const struct responder *responder;
};

static const struct opening openings[] = {
	{ "GET ", &responder_http },  { "POST ", &responder_http },    { "HEAD ", &responder_http },
	{ "PUT ", &responder_http },  { "CONNECT ", &responder_http }, { "NICK ", &responder_irc },
	{ "JOIN ", &responder_irc },  { "PASS ", &responder_irc },     { "CAP ", &responder_irc },
	{ "HELO ", &responder_smtp }, { "EHLO ", &responder_smtp },    { "MAIL ", &responder_smtp },
	{ "PORT ", &responder_ftp },  { "PASV", &responder_ftp },      { "SYST", &responder_ftp },
	{ "CAPA", &responder_pop3 },  { "STAT", &responder_pop3 },
};

static unsigned words_of(struct bytes line)
{
	unsigned count = 0;
	for (size_t i = 0; i < line.length; i++) {
		if (line.data[i] != ' ' && (i == 0 || line.data[i - 1] == ' '))
			count++;
	}
	return count;
}

/* NULL: not known. USER opens both FTP (one word follows, RFC 959) and IRC (four do, RFC 2812). */
static const struct responder *recognise(struct bytes line)
{
	if (bytes_start_with(line, "USER "))
		return words_of(line) >= 4 ? &responder_irc : &responder_ftp;
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
		if (bytes_start_with(line, openings[i].words))
			return openings[i].responder;
	}
	return NULL;
}

static size_t guess_hear(struct conversation *conversation, struct bytes said)
{
	struct bytes line;

	if (take_line(said, &line) == 0)
		return said.length < 1024 ? 0 : said.length;
	const struct responder *responder = recognise(line);
	if (!responder)
		return said.length;
	conversation_become(conversation, responder);
	return 0;
}

static void guess_prompt(struct conversation *conversation)
{
	say(conversation, "220 ready\r\n");
}

const struct responder responder_guess = {
	.name = "guess",
	.protocol = PROTOCOL_TCP,
	.hear = guess_hear,
	.prompt = guess_prompt,
};

static size_t silent_hear(struct conversation *conversation, struct bytes said)
{
	(void)conversation;
	return said.length;
}

/* What worms scan for: the connection is accepted, and nothing is said that could be attacked. */
const struct responder responder_silent = {
	.name = "silent",
	.protocol = PROTOCOL_TCP,
	.ports = { 135, 139, 445, 1025, 1433, 3389, 5000 },
	.hear = silent_hear,
};
