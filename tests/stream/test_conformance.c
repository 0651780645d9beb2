/* Conversations as real clients and servers hold them conform: commands before their answers,
 * log-ins in lines of their own, messages in pieces, protocols that go over to TLS or to another
 * one. And what breaks just these does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

#define C     STREAM_CLIENT
#define S     STREAM_SERVER
#define LINES 16

/* A hello of each end without extensions (RFC 5246, section 7.4.1). */
#define RANDOM "0123456789abcdef0123456789abcdef"
static const char client_hello[] =
	"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03" RANDOM "\x00\x00\x02\x00\x2f\x01\x00";
static const char server_hello[] =
	"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" RANDOM "\x00\x00\x2f\x00";
static const char sealed[] = "\x17\x03\x03\x00\x04what";

struct line {
	enum stream_side side;
	const char *text; /* NULL: the end; "TLS": the hellos and a sealed record of each end */
};

struct held {
	const char *protocol;
	uint16_t port;
	enum stream_conformance conformance;
	const char *deviation; /* NULL: none */
	struct line lines[LINES];
};

static void say_tls(struct talk *talk)
{
	talk_bytes(talk, C,
		   (struct bytes){ (const uint8_t *)client_hello, sizeof client_hello - 1 });
	talk_bytes(talk, S,
		   (struct bytes){ (const uint8_t *)server_hello, sizeof server_hello - 1 });
	talk_bytes(talk, C, (struct bytes){ (const uint8_t *)sealed, sizeof sealed - 1 });
	talk_bytes(talk, S, (struct bytes){ (const uint8_t *)sealed, sizeof sealed - 1 });
}

static struct talk *hold(const struct held *held)
{
	struct talk *talk = talk_new(6, held->port);

	for (const struct line *line = held->lines; line->text; line++)
		if (strcmp(line->text, "TLS") == 0)
			say_tls(talk);
		else
			talk_say(talk, line->side, line->text);
	talk_describe(talk);
	return talk;
}

static void check(const struct held *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct talk *talk = hold(&cases[i]);
		const struct stream_description *told = &talk->description;
		bool right = talk_is(talk, cases[i].protocol, cases[i].conformance) &&
			     (!cases[i].deviation || talk_deviates(talk, cases[i].deviation));

		if (!right)
			print_message("case %zu: %s, %d, %s\n", i, told->protocol,
				      told->conformance,
				      told->deviation_count ? told->deviations[0].what : "-");
		assert_true(right);
		talk_free(talk);
	}
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void mail_is_sent(void **state)
{
	(void)state;
	static const struct held cases[] = {
		/* RFC 4954: the log-in is no command. */
		{ "smtp",
		  25,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250-mx\r\n250 AUTH LOGIN\r\n" },
		    { C, "AUTH LOGIN\r\n" },
		    { S, "334 VXNlcm5hbWU6\r\n" },
		    { C, "dXNlcg==\r\n" },
		    { S, "334 UGFzc3dvcmQ6\r\n" },
		    { C, "c2VjcmV0\r\n" },
		    { S, "235 ok\r\n" },
		    { C, "QUIT\r\n" } } },
		/* RFC 2920: DATA is answered behind the commands before it. */
		{ "smtp",
		  25,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 PIPELINING\r\n" },
		    { C, "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\nDATA\r\n" },
		    { S, "250 ok\r\n" },
		    { S, "250 ok\r\n354 go on\r\n" },
		    { C, "Subject: x\r\n\r\nnot a command\r\n.\r\n" },
		    { S, "250 ok\r\n" } } },
		/* Who does not wait for the answer sends a message all the same. */
		{ "smtp",
		  25,
		  STREAM_DEVIATES,
		  "before the answer to DATA",
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 mx\r\n" },
		    { C, "MAIL FROM:<a@a.test>\r\nDATA\r\nnot a command\r\n.\r\n" },
		    { S, "250 ok\r\n354 go on\r\n250 ok\r\n" } } },
		/* The DATA that is refused begins no message. */
		{ "smtp",
		  25,
		  STREAM_DEVIATES,
		  "unknown",
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 mx\r\n" },
		    { C, "DATA\r\n" },
		    { S, "503 no\r\n" },
		    { C, "not a command\r\n" } } },
		/* RFC 6531, RFC 5321 (4.1.5): addresses in UTF-8, private verbs. */
		{ "smtp",
		  25,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 SMTPUTF8\r\n" },
		    { C,
		      "XCLIENT ADDR=192.0.2.1\r\nMAIL FROM:<j\xc3\xb6rg@a.test> SMTPUTF8\r\n" } } },
		{ "smtp",
		  25,
		  STREAM_DEVIATES,
		  "no text",
		  { { S, "220 mx ESMTP\r\n" }, { C, "EHLO a\xc3\r\n" } } },
	};
	CHECK(cases);
	struct talk *talk = hold(&cases[2]);
	assert_int_equal(talk->description.deviation_count, 1);
	assert_non_null(talk_file(talk, "", bytes_of("not a command\r\n")));
	talk_free(talk);
}

static void mail_in_pieces(void **state)
{
	(void)state;
	static const struct held cases[] = {
		{ "smtp",
		  25,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 CHUNKING\r\n" },
		    { C, "BDAT 14\r\nSubject: x\r\n\r\nBDAT 8 LAST\r\nGET / HT" },
		    { S, "250 ok\r\n250 ok\r\n" },
		    { C, "QUIT\r\n" } } },
		{ "smtp",
		  25,
		  STREAM_DEVIATES,
		  "size does not parse",
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 CHUNKING\r\n" },
		    { C, "BDAT 99999999999999999999 LAST\r\n" } } },
		{ "smtp",
		  25,
		  STREAM_DEVIATES,
		  "longer than what follows",
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 CHUNKING\r\n" },
		    { C, "BDAT 800 LAST\r\nabc" } } },
	};
	CHECK(cases);
	struct talk *talk = hold(&cases[0]);
	const struct stream_file *mail =
		talk_file(talk, "", bytes_of("Subject: x\r\n\r\nGET / HT"));
	assert_non_null(mail);
	assert_true(mail->complete);
	talk_free(talk);
}

static void going_over_to_tls(void **state)
{
	(void)state;
	static const struct held cases[] = {
		{ "smtp",
		  25,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 mx ESMTP\r\n" },
		    { C, "EHLO a\r\n" },
		    { S, "250 STARTTLS\r\n" },
		    { C, "STARTTLS\r\n" },
		    { S, "220 go\r\n" },
		    { C, "TLS" } } },
		{ "pop3",
		  110,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "+OK\r\n" }, { C, "STLS\r\n" }, { S, "+OK\r\n" }, { C, "TLS" } } },
		{ "imap",
		  143,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "* OK\r\n" }, { C, "a STARTTLS\r\n" }, { S, "a OK\r\n" }, { C, "TLS" } } },
		{ "ftp",
		  21,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 FTP\r\n" },
		    { C, "AUTH TLS\r\n" },
		    { S, "234 go\r\n" },
		    { C, "TLS" } } },
		{ "irc",
		  6667,
		  STREAM_CONFORMS,
		  NULL,
		  { { C, "STARTTLS\r\nNICK a\r\n" },
		    { S, ":irc.test 670 a :STARTTLS successful\r\n" },
		    { C, "TLS" } } },
	};
	CHECK(cases);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = hold(&cases[i]);
		assert_int_equal(talk->description.sealed_count, 2);
		talk_free(talk);
	}
	/* Commands that were said before the other protocol began (CVE-2011-0411). */
	static const struct held injected = { "smtp",
					      25,
					      STREAM_DEVIATES,
					      "between STARTTLS",
					      { { S, "220 mx ESMTP\r\n" },
						{ C, "EHLO a\r\n" },
						{ S, "250 STARTTLS\r\n" },
						{ C, "STARTTLS\r\nRSET\r\n" },
						{ S, "220 go\r\n" },
						{ C, "TLS" } } };
	check(&injected, 1);
	static const struct held plain = {
		"pop3",
		110,
		STREAM_DEVIATES,
		"no TLS record",
		{ { S, "+OK\r\n" }, { C, "STLS\r\n" }, { S, "+OK\r\n" }, { C, "USER a\r\n" } }
	};
	check(&plain, 1);
}

static void pages_of_every_age(void **state)
{
	(void)state;
	static const struct held cases[] = {
		/* RFC 1945: neither version nor status line. */
		{ "http",
		  80,
		  STREAM_CONFORMS,
		  NULL,
		  { { C, "GET /a.txt\r\n" }, { S, "nothing but content" } } },
		{ "http",
		  80,
		  STREAM_DEVIATES,
		  "request line",
		  { { C, "GET /a.txt x\r\n" }, { S, "nothing but content" } } },
		{ "http",
		  80,
		  STREAM_DEVIATES,
		  "status line",
		  { { C, "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n" },
		    { S, "nothing but content" } } },
		/* Behind an upgrade that the server agrees to it is not HTTP. */
		{ "http",
		  80,
		  STREAM_UNJUDGED,
		  NULL,
		  { { C, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n" },
		    { S, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" },
		    { C, "\x81\x85\x01\x02\x03\x04hello" } } },
		{ "http",
		  80,
		  STREAM_DEVIATES,
		  "request line",
		  { { C, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n" },
		    { S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
		    { C, "\x81\x85\x01\x02\x03\x04hello\r\n" } } },
		{ "http",
		  80,
		  STREAM_CONFORMS,
		  NULL,
		  { { C, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
			 "00000000000000000000000003\r\n\r\nabc" } } },
		{ "http",
		  80,
		  STREAM_DEVIATES,
		  "last transfer coding",
		  { { C, "POST / HTTP/1.1\r\nHost: a\r\n"
			 "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" } } },
		{ "http",
		  80,
		  STREAM_CONFORMS,
		  NULL,
		  { { C, "POST / HTTP/1.1\r\nHost: a\r\n"
			 "Transfer-Encoding: ,\tchunked,\r\n\r\n0\r\n\r\n" } } },
	};
	CHECK(cases);
	struct talk *talk = hold(&cases[0]);
	assert_non_null(talk_file(talk, "a.txt", bytes_of("nothing but content")));
	talk_free(talk);
}

static void files_and_chat(void **state)
{
	(void)state;
	static const struct held cases[] = {
		/* A server behind an address translator, a name in UTF-8 (RFC 2640). */
		{ "ftp",
		  21,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "220 FTP\r\n" },
		    { C, "USER a\r\n" },
		    { S, "331 ok\r\n" },
		    { C, "PASV\r\n" },
		    { S, "227 Entering Passive Mode (10,0,0,5,7,208).\r\n" },
		    { C, "RETR \xc3\xa4.txt\r\n" } } },
		{ "irc",
		  6667,
		  STREAM_CONFORMS,
		  NULL,
		  { { C, "CAP LS 302\r\nNICK a\r\n" },
		    { S, "@time=2026-01-01T00:00:00.000Z :irc.test 001 a :Welcome\r\n" } } },
		{ "irc",
		  6667,
		  STREAM_DEVIATES,
		  "without a command",
		  { { C, "CAP LS 302\r\nNICK a\r\n" },
		    { S, ":irc.test 001 a :x\r\n@time=1 :irc.test\r\n" } } },
		/* The beginning of a message need not have all its parts. */
		{ "pop3",
		  110,
		  STREAM_CONFORMS,
		  NULL,
		  { { S, "+OK\r\n" },
		    { C, "TOP 1 0\r\n" },
		    { S, "+OK\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n.\r\n" },
		    { C, "QUIT\r\n" } } },
	};
	CHECK(cases);
}

/* Others answer "+OK" as well, or begin with a five. */
static void what_only_looks_alike(void **state)
{
	(void)state;
	static const struct held cases[] = {
		{ "unknown",
		  6379,
		  STREAM_UNJUDGED,
		  NULL,
		  { { C, "AUTH secret\r\n" }, { S, "+OK\r\n" }, { C, "PING\r\n" } } },
		{ "unknown",
		  1080,
		  STREAM_UNJUDGED,
		  NULL,
		  { { C, "\x05\x02\x01\x02" }, { S, "\x05\x01" } } },
		{ "dcerpc",
		  135,
		  STREAM_DEVIATES,
		  "no DCE/RPC header",
		  { { C, "AAAAAAAAAAAAAAAAAAAAAAAA" } } },
	};
	CHECK(cases);
}

/* What runs into a gap was not seen whole, and what begins in it not at all. */
static void gaps_are_not_judged(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 21);
	talk_say(talk, S, "220 FTP\r\n");
	talk_say(talk, C, "USER a\r\nRETR ab");
	size_t gap = talk->data[C].length;
	if (buffer_append(&talk->data[C], "\0\0\0\0", 4) < 0)
		abort();
	talk->session.half[C].lost = 4;
	talk_say(talk, C, "c\r\n\x90\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "ftp", STREAM_UNJUDGED));
	assert_int_equal(talk->description.deviation_count, 0);
	assert_true(gap < talk->data[C].length);
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_is_sent),	       cmocka_unit_test(mail_in_pieces),
		cmocka_unit_test(going_over_to_tls),   cmocka_unit_test(pages_of_every_age),
		cmocka_unit_test(files_and_chat),      cmocka_unit_test(what_only_looks_alike),
		cmocka_unit_test(gaps_are_not_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
