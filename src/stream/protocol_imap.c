/* IMAP4rev1 and rev2 (RFC 3501, RFC 9051) on any port: tagged commands, responses, literals.
 * Messages that are fetched or appended and what is attached to them become files. What follows
 * STARTTLS is read as TLS, what follows COMPRESS (RFC 4978) not at all. */
#include "stream/mime.h"

#include <string.h>

#define LINE_MOST 8192u /* RFC 7162, section 4; older servers take 1,000 */

static const char *const verbs[] = {
	"CAPABILITY",  "NOOP",	    "LOGOUT",	 "STARTTLS", "AUTHENTICATE", "LOGIN",
	"SELECT",      "EXAMINE",   "CREATE",	 "DELETE",   "RENAME",	     "SUBSCRIBE",
	"UNSUBSCRIBE", "LIST",	    "LSUB",	 "STATUS",   "APPEND",	     "CHECK",
	"CLOSE",       "EXPUNGE",   "SEARCH",	 "FETCH",    "STORE",	     "COPY",
	"UID",	       "IDLE",	    "NAMESPACE", "UNSELECT", "ENABLE",	     "MOVE",
	"ID",	       "COMPRESS",  "GETQUOTA",	 "SETQUOTA", "GETQUOTAROOT", "GETACL",
	"SETACL",      "SORT",	    "THREAD",	 "XLIST",    "NOTIFY",	     "DELETEACL",
	"MYRIGHTS",    "LISTRIGHTS"
};

static bool is_imap_verb(struct bytes word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (text_equal_ignoring_case(word, verbs[i]))
			return true;
	return false;
}

/* A tag: no blanks, brackets, wildcards, quotes or "+" (RFC 9051, section 9). */
static bool is_tag(struct bytes word)
{
	for (size_t i = 0; i < word.length; i++)
		if (word.data[i] <= ' ' || word.data[i] > 126 || strchr("(){%*\"\\+", word.data[i]))
			return false;
	return word.length > 0;
}

int imap_recognise(const struct stream_session *session)
{
	struct reader server = reader_of(side_data(session, STREAM_SERVER));
	struct reader client = reader_of(side_data(session, STREAM_CLIENT));
	struct bytes greeting = reader_line(&server), command = reader_line(&client);
	bool greets = text_starts_ignoring_case(greeting, "* OK") ||
		      text_starts_ignoring_case(greeting, "* PREAUTH") ||
		      text_starts_ignoring_case(greeting, "* BYE");
	bool commands = is_tag(text_word(&command)) && is_imap_verb(text_word(&command));

	if (greets)
		return commands ? SURE_BY_MAGIC : SURE_BY_DIALOGUE;
	return commands && server.bytes.length == 0 ? SURE_BY_FORM : SURE_NOT;
}

struct imap {
	struct describer *describer;
	struct dialogue dialogue;
	bool in_command[STREAM_SIDES]; /* the line goes on behind a literal */
	bool exchange; /* AUTHENTICATE or IDLE: the client's lines are no commands */
	bool asks_tls, asks_compression;
};

static void deviates(struct imap *imap, const struct dialogue_line *line, const char *what)
{
	describe_deviation(imap->describer, line->side, line->offset, what);
}

/* "{123}" or "{123+}" at the end of a line: the length; -1: none; -2: one that is too long. */
static int64_t literal_length(struct bytes text)
{
	size_t open = text.length;

	if (text.length < 3 || text.data[text.length - 1] != '}')
		return -1;
	while (open > 0 && text.data[open - 1] != '{')
		open--;
	struct bytes digits = bytes_slice(text, open, text.length - 1 - open);
	if (digits.length && digits.data[digits.length - 1] == '+')
		digits.length--;
	int64_t length = open ? text_number(digits) : -1;
	if (length >= 0 || open == 0)
		return length;
	for (size_t i = 0; i < digits.length; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return -1;
	return digits.length ? -2 : -1;
}

/* Does the literal behind this line hold a message, or a part of one that is no mere header? */
static bool brings_message(const struct dialogue_line *line)
{
	static const char *const items[] = { "BODY[]", "RFC822 {", "APPEND ", "BODY[]<",
					     "BINARY[" };

	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		if (bytes_find(line->text, bytes_of(items[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

static void take_literal(struct imap *imap, const struct dialogue_line *line, size_t length)
{
	enum stream_side side = line->side;
	size_t offset = imap->dialogue.offset[side];
	struct bytes content =
		bytes_slice(side_data(imap->describer->session, side), offset, length);

	imap->dialogue.offset[side] += content.length;
	if (content.length < length && imap->describer->session->end == STREAM_END_FIN)
		deviates(imap, line, "IMAP literal that ends before its stated length");
	if (!brings_message(line))
		return;
	describe_file(imap->describer, side, offset, content, (struct bytes){ NULL, 0 }, "imap",
		      content.length == length);
	mime_carve(imap->describer, side, offset, content, "imap");
}

/* Common to both sides: length, binary bytes, and the literal behind the line. */
static void read_end_of_line(struct imap *imap, const struct dialogue_line *line)
{
	int64_t literal = literal_length(line->text);

	if (line->text.length > LINE_MOST)
		deviates(imap, line, "IMAP line longer than 8192 bytes");
	if (literal == -2)
		deviates(imap, line, "IMAP literal longer than any message");
	imap->in_command[line->side] = literal >= 0;
	if (literal >= 0)
		take_literal(imap, line, (size_t)literal);
}

static void read_command(struct imap *imap, const struct dialogue_line *line)
{
	struct bytes rest = line->text;

	if (imap->exchange || imap->in_command[STREAM_CLIENT]) {
		imap->exchange = false;
		read_end_of_line(imap, line);
		return;
	}
	struct bytes tag = text_word(&rest), verb = text_word(&rest);
	describe_say(imap->describer, line->side, line->offset, "command", line->text);
	if (!text_is_printable(line->text))
		deviates(imap, line, "IMAP command with bytes that are not ASCII text");
	if (!is_tag(tag))
		deviates(imap, line, "IMAP command without a tag");
	else if (!is_imap_verb(verb))
		deviates(imap, line, "unknown IMAP command");
	if (imap->asks_tls)
		deviates(imap, line, "IMAP command between STARTTLS and its answer");
	imap->asks_tls |= text_equal_ignoring_case(verb, "STARTTLS");
	imap->asks_compression |= text_equal_ignoring_case(verb, "COMPRESS");
	read_end_of_line(imap, line);
}

/* False: the rest is not IMAP (TLS, or compressed). */
static bool read_response(struct imap *imap, const struct dialogue_line *line)
{
	struct bytes rest = line->text;

	if (imap->in_command[STREAM_SERVER]) {
		read_end_of_line(imap, line);
		return true;
	}
	struct bytes first = text_word(&rest);
	describe_say(imap->describer, line->side, line->offset, "reply", line->text);
	if (bytes_equal_text(first, "+"))
		imap->exchange = !imap->in_command[STREAM_CLIENT];
	else if (!bytes_equal_text(first, "*") && !is_tag(first))
		deviates(imap, line, "IMAP response without a tag");
	read_end_of_line(imap, line);
	if (!(imap->asks_tls || imap->asks_compression) || !is_tag(first))
		return true;
	if (text_starts_ignoring_case(rest, "OK"))
		return false;
	imap->asks_tls = imap->asks_compression = false; /* refused */
	return true;
}

void imap_read(struct describer *describer)
{
	struct imap imap = { .describer = describer, .dialogue = dialogue_of(describer) };
	struct dialogue_line line;
	bool readable = true;

	while (readable && !describer->cut && dialogue_next(&imap.dialogue, &line)) {
		if (line.side == STREAM_CLIENT)
			read_command(&imap, &line);
		else
			readable = read_response(&imap, &line);
	}
	if (!readable && imap.asks_tls)
		tls_read_behind(describer, imap.dialogue.offset);
	else if (!readable)
		describe_unjudged(describer);
}
