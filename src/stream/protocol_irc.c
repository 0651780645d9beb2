/* IRC (RFC 1459, RFC 2812) on any port: how bots of the time were commanded. */
#include "stream/protocol.h"

#include <string.h>

#define LINE_MOST 512u	/* RFC 2812, section 2.3, with line end */
#define TAGS_MOST 8191u /* IRCv3 message tags, both parts of them */

/* Cuts the tags of IRCv3 off ("@time=… :prefix …"). */
static struct bytes without_tags(struct bytes line)
{
	if (bytes_start_with(line, "@"))
		text_word(&line);
	return line;
}

/* The command of a message behind its tags and its prefix; `rest` becomes the parameters. */
static struct bytes command_of(struct bytes line, struct bytes *rest)
{
	*rest = without_tags(line);
	struct bytes first = text_word(rest);
	return bytes_start_with(first, ":") ? text_word(rest) : first;
}

static bool is_numeric(struct bytes command)
{
	return command.length == 3 && text_number(command) >= 0;
}

static bool is_letters(struct bytes command)
{
	for (size_t i = 0; i < command.length; i++)
		if ((command.data[i] | 32) < 'a' || (command.data[i] | 32) > 'z')
			return false;
	return command.length > 0;
}

/* How many of the first lines open a session as only IRC does. */
static unsigned opening_lines(struct bytes data)
{
	static const char *const opening[] = { "NICK", "USER", "JOIN",	  "PASS",
					       "MODE", "PONG", "PRIVMSG", "CAP" };
	struct reader reader = reader_of(data);
	unsigned found = 0;
	for (int i = 0; i < 8 && reader_left(&reader); i++) {
		struct bytes rest;
		struct bytes command = command_of(reader_line(&reader), &rest);
		for (size_t j = 0; j < sizeof opening / sizeof *opening; j++)
			found += rest.length > 0 && text_equal_ignoring_case(command, opening[j]);
	}
	return found;
}

static bool server_speaks_irc(struct bytes data)
{
	struct reader reader = reader_of(data);
	for (int i = 0; i < 8 && reader_left(&reader); i++) {
		struct bytes line = reader_line(&reader), rest;
		struct bytes command = command_of(line, &rest);
		if (bytes_start_with(line, "NOTICE AUTH") || bytes_start_with(line, "PING :"))
			return true;
		if (bytes_start_with(without_tags(line), ":") &&
		    (is_numeric(command) || bytes_equal_text(command, "NOTICE") ||
		     bytes_equal_text(command, "PRIVMSG")))
			return true;
	}
	return false;
}

int irc_recognise(const struct stream_session *session)
{
	struct bytes said = session->half[STREAM_CLIENT].data;
	unsigned opening = opening_lines(said);
	bool server = server_speaks_irc(session->half[STREAM_SERVER].data);

	if (opening && server)
		return SURE_BY_MAGIC;
	if (opening >= 2 &&
	    (text_starts_ignoring_case(said, "NICK ") || text_starts_ignoring_case(said, "PASS ") ||
	     text_starts_ignoring_case(said, "USER ")) &&
	    bytes_find(said, bytes_of("NICK "), 0) != SIZE_MAX)
		return SURE_BY_DIALOGUE + 5;
	return server ? SURE_BY_FORM : SURE_NOT;
}

static const char *word_for(struct bytes command, enum stream_side side)
{
	static const struct {
		const char *command, *word;
	} words[] = { { "NICK", "nick" },   { "USER", "login" },      { "PASS", "login" },
		      { "JOIN", "join" },   { "PRIVMSG", "message" }, { "NOTICE", "notice" },
		      { "TOPIC", "topic" }, { "MODE", "mode" },	      { "332", "topic" },
		      { "QUIT", "quit" } };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (text_equal_ignoring_case(command, words[i].command))
			return words[i].word;
	return side == STREAM_CLIENT ? "command" : "reply";
}

/* Returns the command. */
static struct bytes read_message(struct describer *describer, const struct dialogue_line *line)
{
	struct bytes rest, message = without_tags(line->text);
	struct bytes command = command_of(line->text, &rest);

	describe_say(describer, line->side, line->offset, word_for(command, line->side),
		     line->text);
	if (message.length + 2 > LINE_MOST)
		describe_deviation(describer, line->side, line->offset,
				   "IRC message longer than 512 bytes");
	if (line->text.length - message.length > TAGS_MOST)
		describe_deviation(describer, line->side, line->offset,
				   "IRC tags longer than 8191 bytes");
	if (!is_numeric(command) && !is_letters(command))
		describe_deviation(describer, line->side, line->offset,
				   "IRC message without a command");
	if (memchr(line->text.data, 0, line->text.length))
		describe_deviation(describer, line->side, line->offset,
				   "IRC message with a zero byte");
	return command;
}

void irc_read(struct describer *describer)
{
	struct dialogue dialogue = dialogue_of(describer);
	struct dialogue_line line;
	bool asks_tls = false;

	while (!describer->cut && dialogue_next(&dialogue, &line)) {
		if (line.text.length == 0)
			continue;
		struct bytes command = read_message(describer, &line);
		asks_tls |=
			line.side == STREAM_CLIENT && text_equal_ignoring_case(command, "STARTTLS");
		/* RPL_STARTTLS: the server agrees. */
		if (asks_tls && line.side == STREAM_SERVER && bytes_equal_text(command, "670")) {
			tls_read_behind(describer, dialogue.offset);
			return;
		}
	}
}
