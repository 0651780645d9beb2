/* SMTP (RFC 5321) on any port: commands, replies, envelopes; the messages themselves and what is
 * attached to them become files. */
#include "stream/mime.h"

#include <string.h>

#define LINE_MOST 512u	/* RFC 5321, section 4.5.3.1.4 */
#define TEXT_MOST 1000u /* section 4.5.3.1.6 */

static const char *const verbs[] = { "HELO", "EHLO", "MAIL", "RCPT", "DATA", "RSET",	 "VRFY",
				     "EXPN", "HELP", "NOOP", "QUIT", "AUTH", "STARTTLS", "BDAT",
				     "ETRN", "SEND", "SOML", "SAML", "TURN", "LHLO" };

static bool is_verb(struct bytes word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (text_equal_ignoring_case(word, verbs[i]))
			return true;
	return false;
}

static struct bytes first_line(const struct stream_session *session, enum stream_side side)
{
	struct reader reader = reader_of(session->half[side].data);
	return reader_line(&reader);
}

int smtp_recognise(const struct stream_session *session)
{
	struct bytes greeting = first_line(session, STREAM_SERVER);
	struct bytes command = first_line(session, STREAM_CLIENT);
	bool greets = bytes_start_with(greeting, "220");
	bool hello = text_starts_ignoring_case(command, "EHLO") ||
		     text_starts_ignoring_case(command, "HELO") ||
		     text_starts_ignoring_case(command, "MAIL FROM:");

	if (hello)
		return greets ? SURE_BY_MAGIC : SURE_BY_DIALOGUE;
	return greets && bytes_find(greeting, bytes_of("SMTP"), 0) != SIZE_MAX ? SURE_BY_DIALOGUE
									       : SURE_NOT;
}

struct smtp {
	struct describer *describer;
	struct dialogue dialogue;
	bool asked_for_data; /* DATA was said and not answered */
	bool in_data;
	size_t data_offset;
	struct buffer message; /* without the dots that are stuffed */
};

static void deviates(struct smtp *smtp, const struct dialogue_line *line, const char *what)
{
	describe_deviation(smtp->describer, line->side, line->offset, what);
}

static void finish_message(struct smtp *smtp, bool complete)
{
	describe_file(smtp->describer, STREAM_CLIENT, smtp->data_offset,
		      buffer_bytes(&smtp->message), (struct bytes){ NULL, 0 }, "smtp", complete);
	mime_carve(smtp->describer, STREAM_CLIENT, smtp->data_offset, buffer_bytes(&smtp->message),
		   "smtp");
	buffer_clear(&smtp->message);
	smtp->in_data = false;
}

static void read_text_line(struct smtp *smtp, const struct dialogue_line *line)
{
	struct bytes text = line->text;
	if (bytes_equal_text(text, ".")) {
		finish_message(smtp, true);
		return;
	}
	if (text.length + 2 > TEXT_MOST)
		deviates(smtp, line, "SMTP text line longer than 1000 bytes");
	if (bytes_start_with(text, "."))
		text = bytes_slice(text, 1, SIZE_MAX);
	if ((text.length && buffer_append(&smtp->message, text.data, text.length) < 0) ||
	    buffer_append_text(&smtp->message, "\r\n") < 0)
		smtp->describer->cut = true;
}

static void read_command(struct smtp *smtp, const struct dialogue_line *line)
{
	struct bytes rest = line->text;
	struct bytes verb = text_word(&rest);

	describe_say(smtp->describer, line->side, line->offset, "command", line->text);
	if (!text_is_printable(line->text))
		deviates(smtp, line, "SMTP command with bytes that are not ASCII text");
	if (line->text.length + 2 > LINE_MOST)
		deviates(smtp, line, "SMTP command longer than 512 bytes");
	if (!is_verb(verb))
		deviates(smtp, line, "unknown SMTP command");
	if (text_equal_ignoring_case(verb, "MAIL") && !text_starts_ignoring_case(rest, "FROM:"))
		deviates(smtp, line, "SMTP MAIL without FROM:");
	if (text_equal_ignoring_case(verb, "RCPT") && !text_starts_ignoring_case(rest, "TO:"))
		deviates(smtp, line, "SMTP RCPT without TO:");
	if (text_equal_ignoring_case(verb, "DATA"))
		smtp->asked_for_data = true;
	if (text_equal_ignoring_case(verb, "STARTTLS") || text_equal_ignoring_case(verb, "BDAT"))
		describe_unjudged(smtp->describer);
}

static void read_reply(struct smtp *smtp, const struct dialogue_line *line)
{
	struct bytes text = line->text;
	describe_say(smtp->describer, line->side, line->offset, "reply", text);
	bool coded = text.length >= 3 && text_number(bytes_slice(text, 0, 3)) >= 200;
	if (!coded || (text.length > 3 && text.data[3] != ' ' && text.data[3] != '-')) {
		deviates(smtp, line, "SMTP reply without a reply code");
		return;
	}
	if (!smtp->asked_for_data)
		return;
	smtp->asked_for_data = false;
	if (bytes_start_with(text, "354")) {
		smtp->in_data = true;
		smtp->data_offset = smtp->dialogue.offset[STREAM_CLIENT];
	}
}

/* Where the server's side was not captured, DATA alone begins the message. */
static bool answers_are_missing(const struct describer *describer)
{
	return describer->session->half[STREAM_SERVER].data.length == 0;
}

void smtp_read(struct describer *describer)
{
	struct smtp smtp = { .describer = describer, .dialogue = dialogue_of(describer->session) };
	struct dialogue_line line;

	buffer_init(&smtp.message, describer->session->half[STREAM_CLIENT].data.length * 2 + 2);
	while (!describer->cut && dialogue_next(&smtp.dialogue, &line)) {
		if (line.side == STREAM_SERVER) {
			read_reply(&smtp, &line);
		} else if (smtp.in_data) {
			read_text_line(&smtp, &line);
		} else {
			read_command(&smtp, &line);
			if (smtp.asked_for_data && answers_are_missing(describer)) {
				smtp.in_data = true;
				smtp.data_offset = smtp.dialogue.offset[STREAM_CLIENT];
			}
		}
	}
	if (smtp.in_data)
		finish_message(&smtp, false);
	buffer_fini(&smtp.message);
}
