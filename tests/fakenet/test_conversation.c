/* Plays the conversations of tests/fakenet/conversations against the pseudo-Internet and compares
 * what is said.
 *
 * "connect NAME-OR-ADDRESS PORT" begins one; "> text" is a line that the client says, "< text" one
 * that the server must say ('*' stands for anything); consecutive '<' lines must be all that is
 * said by then; "closed": the server has closed. '#' begins a comment. Lines end with CRLF on the
 * wire; the server's may end otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fakenet/fakenet.h"

struct play {
	const char *file;
	unsigned line;
	const struct peer *peer;
	uint32_t conversation; /* 0: none */
	bool fresh;	    /* nobody has spoken: asking now would tell the server that we wait */
	struct buffer said; /* by the server, not compared yet */
	size_t compared;
};

static void hear_server(struct play *play)
{
	uint8_t chunk[7]; /* small and odd on purpose */
	size_t length;

	while (play->conversation &&
	       (length = play->peer->receive(play->peer->context, play->conversation, chunk,
					     sizeof chunk)) > 0)
		assert_int_equal(buffer_append(&play->said, chunk, length), 0);
}

static void nothing_more(struct play *play)
{
	hear_server(play);
	if (play->compared < play->said.length)
		fail_msg("%s:%u: the server also said: %.*s", play->file, play->line,
			 (int)(play->said.length - play->compared),
			 (const char *)play->said.data + play->compared);
	buffer_clear(&play->said);
	play->compared = 0;
}

static void expect(struct play *play, const char *pattern)
{
	char text[1024];

	play->fresh = false;
	hear_server(play);
	struct reader reader =
		reader_of(bytes_slice(buffer_bytes(&play->said), play->compared, SIZE_MAX));
	if (reader_left(&reader) == 0)
		fail_msg("%s:%u: the server said nothing", play->file, play->line);
	struct bytes line = reader_line(&reader);
	play->compared += reader.offset;
	snprintf(text, sizeof text, "%.*s", (int)line.length, (const char *)line.data);
	if (strcmp(pattern, text) != 0 && (!strchr(pattern, '*') || fnmatch(pattern, text, 0) != 0))
		fail_msg("%s:%u: the server said: %s", play->file, play->line, text);
}

static void connect_to(struct play *play, const char *where)
{
	char name[256];
	unsigned port;
	struct address address;
	void *context = play->peer->context;

	assert_int_equal(sscanf(where, "%255s %u", name, &port), 2);
	if (play->conversation)
		play->peer->close(context, play->conversation);
	assert_int_equal(play->peer->resolve(context, name, &address), 0);
	assert_int_equal(
		play->peer->connect(context, &address, (uint16_t)port, 6, &play->conversation), 0);
	play->fresh = true;
}

static void tell(struct play *play, const char *text)
{
	char line[1024];
	int length = snprintf(line, sizeof line, "%s\r\n", text);

	if (!play->fresh)
		nothing_more(play);
	play->fresh = false;
	for (int i = 0; i < length; i++) /* byte by byte: any cut is fine for a state machine */
		play->peer->send(play->peer->context, play->conversation,
				 (struct bytes){ (uint8_t *)line + i, 1 });
}

/* What a closed server is told is not answered. */
static void expect_closed(struct play *play)
{
	nothing_more(play);
	tell(play, "USER x");
	tell(play, "GET / HTTP/1.0\r\n\r\n");
	nothing_more(play);
}

static void play_line(struct play *play, const char *line)
{
	if (strncmp(line, "connect ", 8) == 0) {
		if (!play->fresh)
			nothing_more(play);
		connect_to(play, line + 8);
	} else if (strcmp(line, "closed") == 0) {
		expect_closed(play);
	} else if (line[0] == '>') {
		tell(play, line[1] == ' ' ? line + 2 : "");
	} else if (line[0] == '<') {
		expect(play, line[1] == ' ' ? line + 2 : "");
	} else if (line[0] != '#' && line[0] != '\0') {
		fail_msg("%s:%u: not a line of a conversation", play->file, play->line);
	}
}

static void play_file(const char *file)
{
	static const char download[] = "MZ the download of test";
	const char *source = getenv("KENBI_SOURCE");
	char path[4096], line[1024];
	struct buffer text;
	struct error error;

	snprintf(path, sizeof path, "%s/tests/fakenet/conversations/%s", source ? source : ".",
		 file);
	if (file_read(path, 1 << 20, &text, &error) < 0)
		fail_msg("%s: %s", error.where, error.message);
	struct fakenet *net = fakenet_new(&(struct fakenet_config){ .download = bytes_of(download),
								    .operator_line = ".status" });
	assert_non_null(net);
	struct play play = { .file = file, .peer = fakenet_peer(net) };
	buffer_init(&play.said, 1 << 20);
	struct reader reader = reader_of(buffer_bytes(&text));
	while (reader_left(&reader) > 0) {
		struct bytes next = reader_line(&reader);
		snprintf(line, sizeof line, "%.*s", (int)next.length, (const char *)next.data);
		play.line++;
		play_line(&play, line);
	}
	nothing_more(&play);
	buffer_fini(&play.said);
	buffer_fini(&text);
	fakenet_free(net);
}

static void http(void **state)
{
	(void)state;
	play_file("http.txt");
}

static void smtp(void **state)
{
	(void)state;
	play_file("smtp.txt");
}

static void irc(void **state)
{
	(void)state;
	play_file("irc.txt");
}

static void ftp(void **state)
{
	(void)state;
	play_file("ftp.txt");
}

static void others(void **state)
{
	(void)state;
	play_file("others.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(http), cmocka_unit_test(smtp),
					    cmocka_unit_test(irc), cmocka_unit_test(ftp),
					    cmocka_unit_test(others) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
