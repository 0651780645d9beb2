/* SMTP (RFC 5321) on any port: commands, replies, envelopes; the messages themselves and what is
 * attached to them become files. Commands may come before the answers to those before them (RFC
 * 2920), messages in pieces (RFC 3030), log-ins in lines of their own (RFC 4954), UTF-8 in
 * addresses (RFC 6531); what follows STARTTLS (RFC 3207) is read as TLS. */
#include "stream/mail_message.h"
#include "stream/mime.h"

#include <string.h>

#define LINE_MOST     512u   /* RFC 5321, section 4.5.3.1.4 */
#define ENVELOPE_MOST 1200u  /* MAIL and RCPT with AUTH (RFC 4954) and what RFC 3461 adds */
#define LOGIN_MOST    12288u /* RFC 4954, section 4.5 */
#define TEXT_MOST     1000u  /* RFC 5321, section 4.5.3.1.6 */

static const char *const verbs[] = { "HELO", "EHLO", "MAIL", "RCPT", "DATA", "RSET",	 "VRFY",
				     "EXPN", "HELP", "NOOP", "QUIT", "AUTH", "STARTTLS", "BDAT",
				     "ETRN", "SEND", "SOML", "SAML", "TURN", "LHLO" };

/* Verbs with X are a matter between the two ends (RFC 5321, section 4.1.5). */
static bool is_verb(struct bytes word)
{
	if (word.length > 1 && (word.data[0] | 32) == 'x')
		return true;
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

/* Commands are answered in their order; the greeting counts as the answer to none. */
struct smtp {
	struct describer *describer;
	struct dialogue dialogue;
	bool greeted;
	uint64_t asked, answered;
	uint64_t data, tls; /* which command was the last DATA, STARTTLS; 0: none */
	bool in_login;	    /* the client's next line is its part of an AUTH exchange */
	bool in_data, in_tls;
	bool in_pieces; /* BDAT without its LAST */
	size_t data_offset;
	struct mail_message message;
};

static void deviates(struct smtp *smtp, const struct dialogue_line *line, const char *what)
{
	describe_deviation(smtp->describer, line->side, line->offset, what);
}

static void finish_message(struct smtp *smtp, bool complete)
{
	struct bytes message = mail_message_bytes(&smtp->message);

	describe_file(smtp->describer, STREAM_CLIENT, smtp->data_offset, message,
		      (struct bytes){ NULL, 0 }, "smtp", complete);
	mime_carve(smtp->describer, STREAM_CLIENT, smtp->data_offset, message, "smtp");
	mail_message_clear(&smtp->message);
	smtp->in_data = smtp->in_pieces = false;
}

static void begin_message(struct smtp *smtp)
{
	smtp->data_offset = smtp->dialogue.offset[STREAM_CLIENT];
}

static void read_text_line(struct smtp *smtp, const struct dialogue_line *line)
{
	struct bytes said = side_data(smtp->describer->session, STREAM_CLIENT);

	if (bytes_equal_text(line->text, ".")) {
		finish_message(smtp, true);
		return;
	}
	if (line->text.length + 2 > TEXT_MOST)
		deviates(smtp, line, "SMTP text line longer than 1000 bytes");
	if (mail_message_add_line(&smtp->message, said, line->text) < 0)
		smtp->describer->cut = true;
}

/* "BDAT 1000" or "BDAT 86 LAST": so many bytes follow the line. */
static void take_piece(struct smtp *smtp, const struct dialogue_line *line, struct bytes argument)
{
	struct describer *describer = smtp->describer;
	int64_t length = text_number(text_word(&argument));

	if (length < 0) {
		deviates(smtp, line, "SMTP BDAT whose size does not parse");
		return;
	}
	if (!smtp->in_pieces)
		begin_message(smtp);
	size_t *offset = &smtp->dialogue.offset[STREAM_CLIENT];
	struct bytes piece =
		bytes_slice(side_data(describer->session, STREAM_CLIENT), *offset, (size_t)length);
	*offset += piece.length;
	if (mail_message_add(&smtp->message, piece) < 0)
		describer->cut = true;
	smtp->in_pieces = true;
	if (piece.length < (size_t)length && describer->session->end == STREAM_END_FIN)
		deviates(smtp, line, "SMTP BDAT longer than what follows it");
	if (text_equal_ignoring_case(argument, "LAST"))
		finish_message(smtp, piece.length == (size_t)length);
}

static void judge_text(struct smtp *smtp, const struct dialogue_line *line, size_t most)
{
	if (text_has_controls(line->text))
		deviates(smtp, line, "SMTP command with bytes that are no text");
	if (line->text.length + 2 > most)
		deviates(smtp, line, "SMTP command longer than what RFC 5321 allows it");
}

static void read_command(struct smtp *smtp, const struct dialogue_line *line)
{
	struct bytes rest = line->text;
	struct bytes verb = text_word(&rest);

	describe_say(smtp->describer, line->side, line->offset, "command", line->text);
	if (smtp->in_login) {
		smtp->in_login = false;
		judge_text(smtp, line, LOGIN_MOST);
		return;
	}
	bool mail = text_equal_ignoring_case(verb, "MAIL");
	bool to = text_equal_ignoring_case(verb, "RCPT");
	bool login = text_equal_ignoring_case(verb, "AUTH");
	/* Whoever slips one in has it answered as if it had come sealed (CVE-2011-0411). */
	if (smtp->answered < smtp->tls)
		deviates(smtp, line, "SMTP command between STARTTLS and its answer");
	smtp->asked++;
	judge_text(smtp, line, login ? LOGIN_MOST : mail || to ? ENVELOPE_MOST : LINE_MOST);
	if (!is_verb(verb))
		deviates(smtp, line, "unknown SMTP command");
	if (mail && !text_starts_ignoring_case(rest, "FROM:"))
		deviates(smtp, line, "SMTP MAIL without FROM:");
	if (to && !text_starts_ignoring_case(rest, "TO:"))
		deviates(smtp, line, "SMTP RCPT without TO:");
	if (text_equal_ignoring_case(verb, "DATA"))
		smtp->data = smtp->asked;
	if (text_equal_ignoring_case(verb, "STARTTLS"))
		smtp->tls = smtp->asked;
	if (text_equal_ignoring_case(verb, "BDAT"))
		take_piece(smtp, line, rest);
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
	if (text.length > 3 && text.data[3] == '-')
		return; /* goes on */
	if (!smtp->greeted) {
		smtp->greeted = true;
		return;
	}
	smtp->in_login = bytes_start_with(text, "334");
	if (smtp->in_login || smtp->answered == smtp->asked)
		return;
	smtp->answered++;
	if (bytes_start_with(text, "354") && smtp->answered <= smtp->data) {
		smtp->answered = smtp->data; /* nothing else is answered so */
		smtp->in_data = true;
		begin_message(smtp);
	}
	smtp->in_tls = smtp->answered == smtp->tls && bytes_start_with(text, "220");
}

/* Where the server's side was not captured, DATA alone begins the message. */
static bool answers_are_missing(const struct describer *describer)
{
	return describer->session->half[STREAM_SERVER].data.length == 0;
}

/* What follows DATA depends on its answer, which therefore is read first: who does not wait for it
 * (RFC 2920, section 3.1) sends a message all the same. */
static void read_answer_to_data(struct smtp *smtp)
{
	struct dialogue_line answer = { .time_ns = 0 }, first;

	while (!smtp->in_data && smtp->answered < smtp->data &&
	       dialogue_next_of(&smtp->dialogue, STREAM_SERVER, &answer))
		read_reply(smtp, &answer);
	struct dialogue behind = smtp->dialogue;
	if (smtp->in_data && dialogue_next_of(&behind, STREAM_CLIENT, &first) &&
	    first.time_ns < answer.time_ns)
		deviates(smtp, &first, "SMTP message before the answer to DATA");
}

void smtp_read(struct describer *describer)
{
	struct smtp smtp = { .describer = describer,
			     .dialogue = dialogue_of(describer),
			     .greeted = describer->session->picked_up };
	struct dialogue_line line;

	mail_message_init(&smtp.message,
			  describer->session->half[STREAM_CLIENT].data.length * 2 + 2);
	while (!describer->cut && !smtp.in_tls && dialogue_next(&smtp.dialogue, &line)) {
		if (line.side == STREAM_SERVER) {
			read_reply(&smtp, &line);
		} else if (smtp.in_data) {
			read_text_line(&smtp, &line);
		} else {
			read_command(&smtp, &line);
			if (smtp.data == smtp.asked)
				read_answer_to_data(&smtp);
			if (smtp.asked && smtp.data == smtp.asked &&
			    answers_are_missing(describer)) {
				smtp.in_data = true;
				begin_message(&smtp);
			}
		}
	}
	if (smtp.in_data || smtp.in_pieces)
		finish_message(&smtp, false);
	if (smtp.in_tls)
		tls_read_behind(describer, smtp.dialogue.offset);
	mail_message_fini(&smtp.message);
}
