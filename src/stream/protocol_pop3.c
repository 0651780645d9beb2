/* POP3 (RFC 1939, extensions RFC 2449) on any port: commands and answers; the messages that are
 * fetched and what is attached to them become files. What follows STLS (RFC 2595) is read as TLS.
 */
#include "stream/mail_message.h"
#include "stream/mime.h"

#include <string.h>

#define COMMAND_MOST 255u /* RFC 2449, section 4, with line end */
#define REPLY_MOST   512u
#define WAITING_MOST 256 /* pipelined commands whose answer has not come */

static const char *const verbs[] = {
	"USER", "PASS", "APOP", "STAT", "LIST", "RETR", "DELE", "NOOP",
	"RSET", "QUIT", "TOP",	"UIDL", "CAPA", "AUTH", "STLS", "UTF8"
};

static bool is_pop3_verb(struct bytes word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (text_equal_ignoring_case(word, verbs[i]))
			return true;
	return false;
}

int pop3_recognise(const struct stream_session *session)
{
	struct reader server = reader_of(side_data(session, STREAM_SERVER));
	struct reader client = reader_of(side_data(session, STREAM_CLIENT));
	struct bytes greeting = reader_line(&server), command = reader_line(&client);
	/* Servers speak first; others answer "+OK" as well. */
	bool first = !client.bytes.length || side_time(&session->half[STREAM_SERVER], 0) <=
						     side_time(&session->half[STREAM_CLIENT], 0);
	bool greets =
		first && (bytes_start_with(greeting, "+OK") || bytes_start_with(greeting, "-ERR"));
	bool commands = is_pop3_verb(text_word(&command));

	if (greets && commands)
		return SURE_BY_MAGIC;
	return greets && (session->half[STREAM_SERVER].port == 110 || !client.bytes.length)
		       ? SURE_BY_DIALOGUE
		       : SURE_NOT;
}

enum answer { ANSWER_LINE, ANSWER_LINES, ANSWER_MESSAGE, ANSWER_BEGINNING, ANSWER_END };

struct pop3 {
	struct describer *describer;
	struct dialogue dialogue;
	uint8_t waiting[WAITING_MOST]; /* enum answer, a ring */
	size_t first, count;
	bool greeted, in_lines, in_message, in_login, asks_tls;
	bool in_beginning; /* of a message: its parts need not end */
	size_t message_offset;
	struct mail_message message;
};

static void deviates(struct pop3 *pop3, const struct dialogue_line *line, const char *what)
{
	describe_deviation(pop3->describer, line->side, line->offset, what);
}

static void read_command(struct pop3 *pop3, const struct dialogue_line *line)
{
	struct bytes rest = line->text;
	struct bytes verb = text_word(&rest);
	enum answer answer = ANSWER_LINE;

	describe_say(pop3->describer, line->side, line->offset, "command", line->text);
	if (!text_is_printable(line->text))
		deviates(pop3, line, "POP3 command with bytes that are not ASCII text");
	if (line->text.length + 2 > COMMAND_MOST)
		deviates(pop3, line, "POP3 command longer than 255 bytes");
	if (pop3->in_login) { /* the client's part of an AUTH exchange */
		pop3->in_login = false;
		return;
	}
	if (!is_pop3_verb(verb))
		deviates(pop3, line, "unknown POP3 command");
	if (pop3->asks_tls)
		deviates(pop3, line, "POP3 command between STLS and its answer");
	if (text_equal_ignoring_case(verb, "RETR"))
		answer = ANSWER_MESSAGE;
	else if (text_equal_ignoring_case(verb, "TOP"))
		answer = ANSWER_BEGINNING;
	else if (text_equal_ignoring_case(verb, "CAPA") ||
		 (rest.length == 0 && (text_equal_ignoring_case(verb, "LIST") ||
				       text_equal_ignoring_case(verb, "UIDL"))))
		answer = ANSWER_LINES;
	else if (text_equal_ignoring_case(verb, "STLS"))
		answer = ANSWER_END;
	pop3->asks_tls = answer == ANSWER_END;
	if (pop3->count == WAITING_MOST) {
		describe_unjudged(pop3->describer);
		return;
	}
	pop3->waiting[(pop3->first + pop3->count++) % WAITING_MOST] = (uint8_t)answer;
}

/* False: the rest is not POP3 (TLS). */
static bool read_reply(struct pop3 *pop3, const struct dialogue_line *line)
{
	bool good = bytes_start_with(line->text, "+OK");

	describe_say(pop3->describer, line->side, line->offset, "reply", line->text);
	if (line->text.length + 2 > REPLY_MOST)
		deviates(pop3, line, "POP3 reply longer than 512 bytes");
	if (bytes_start_with(line->text, "+ ") || bytes_equal_text(line->text, "+")) {
		pop3->in_login = true;
		return true;
	}
	if (!good && !bytes_start_with(line->text, "-ERR")) {
		deviates(pop3, line, "POP3 reply that is neither +OK nor -ERR");
		return true;
	}
	if (!pop3->greeted) {
		pop3->greeted = true;
		return true;
	}
	if (pop3->count == 0)
		return true;
	enum answer answer = (enum answer)pop3->waiting[pop3->first];
	pop3->first = (pop3->first + 1) % WAITING_MOST;
	pop3->count--;
	pop3->asks_tls &= answer != ANSWER_END;
	pop3->in_lines = good && answer == ANSWER_LINES;
	pop3->in_message = good && (answer == ANSWER_MESSAGE || answer == ANSWER_BEGINNING);
	pop3->in_beginning = answer == ANSWER_BEGINNING;
	if (pop3->in_message)
		pop3->message_offset = pop3->dialogue.offset[STREAM_SERVER];
	return !(good && answer == ANSWER_END);
}

static void finish_message(struct pop3 *pop3, bool complete)
{
	struct bytes message = mail_message_bytes(&pop3->message);
	describe_file(pop3->describer, STREAM_SERVER, pop3->message_offset, message,
		      (struct bytes){ NULL, 0 }, "pop3", complete && !pop3->in_beginning);
	if (!pop3->in_beginning)
		mime_carve(pop3->describer, STREAM_SERVER, pop3->message_offset, message, "pop3");
	mail_message_clear(&pop3->message);
	pop3->in_message = false;
}

static void read_line_of_answer(struct pop3 *pop3, const struct dialogue_line *line)
{
	struct bytes said = side_data(pop3->describer->session, STREAM_SERVER);

	if (bytes_equal_text(line->text, ".")) {
		if (pop3->in_message)
			finish_message(pop3, true);
		pop3->in_lines = false;
		return;
	}
	if (pop3->in_message && mail_message_add_line(&pop3->message, said, line->text) < 0)
		pop3->describer->cut = true;
}

void pop3_read(struct describer *describer)
{
	struct pop3 pop3 = { .describer = describer, .dialogue = dialogue_of(describer) };
	struct dialogue_line line;
	bool readable = true;

	mail_message_init(&pop3.message,
			  describer->session->half[STREAM_SERVER].data.length * 2 + 2);
	while (readable && !describer->cut && dialogue_next(&pop3.dialogue, &line)) {
		if (line.side == STREAM_CLIENT)
			read_command(&pop3, &line);
		else if (pop3.in_lines || pop3.in_message)
			read_line_of_answer(&pop3, &line);
		else
			readable = read_reply(&pop3, &line);
	}
	if (!readable)
		tls_read_behind(describer, pop3.dialogue.offset);
	if (pop3.in_message)
		finish_message(&pop3, false);
	mail_message_fini(&pop3.message);
}
