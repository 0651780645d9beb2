/* Attachments come out of mail decoded and named, whichever protocol brings the mail; POP3 and IMAP
 * are judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "talk.h"

#define PROGRAM	       "MZ\x90\x00\x03\x00\x00\x00\x04\x00\xff\xff"
#define PROGRAM_BASE64 "TVqQAAMAAAAEAP//"
#define PROGRAM_BYTES  ((struct bytes){ (const uint8_t *)PROGRAM, sizeof PROGRAM - 1 })

#define MIXED                                                                       \
	"From: a@example.com\r\nMIME-Version: 1.0\r\n"                              \
	"Content-Type: multipart/mixed;\r\n boundary=\"=_b 1\"\r\n\r\npreamble\r\n" \
	"--=_b 1\r\nContent-Type: text/plain\r\n\r\nHello -- there\r\n"
#define BASE64_PART(name)                                       \
	"--=_b 1\r\nContent-Type: application/octet-stream\r\n" \
	"Content-Transfer-Encoding: BASE64\r\n"                 \
	"Content-Disposition: attachment; " name "\r\n\r\n" PROGRAM_BASE64 "\r\n"

/* The message as SMTP carries it. */
static struct talk *send_mail(const char *message)
{
	struct talk *talk = talk_new(6, 25);
	talk_say(talk, STREAM_SERVER, "220 mx ESMTP\r\n");
	talk_say(talk, STREAM_CLIENT, "EHLO a\r\n");
	talk_say(talk, STREAM_SERVER, "250 mx\r\n");
	talk_say(talk, STREAM_CLIENT, "DATA\r\n");
	talk_say(talk, STREAM_SERVER, "354 go on\r\n");
	talk_say(talk, STREAM_CLIENT, message);
	talk_say(talk, STREAM_CLIENT, ".\r\n");
	talk_say(talk, STREAM_SERVER, "250 ok\r\n");
	talk_describe(talk);
	return talk;
}

static void names_in_every_form(void **state)
{
	(void)state;
	static const struct {
		const char *message, *name;
	} cases[] = {
		{ MIXED BASE64_PART("filename=\"a b.exe\"") "--=_b 1--\r\n", "a b.exe" },
		{ MIXED BASE64_PART("FileName=plain.scr") "--=_b 1--\r\n", "plain.scr" },
		{ MIXED BASE64_PART("filename*=utf-8'en'%e2%82%ac%20.pif") "--=_b 1--\r\n",
		  "\xe2\x82\xac .pif" },
		{ MIXED BASE64_PART(
			  "filename*0=\"first-\";\r\n filename*1*=%53econd.exe") "--=_b 1--\r\n",
		  "first-Second.exe" },
		{ MIXED BASE64_PART("filename=\"=?utf-8?B?cGhvdG8uZXhl?=\"") "--=_b 1--\r\n",
		  "photo.exe" },
		{ MIXED BASE64_PART("filename=\"=?iso-8859-1?Q?my_=66ile.exe?=\"") "--=_b 1--\r\n",
		  "my file.exe" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = send_mail(cases[i].message);
		assert_true(talk_is(talk, "smtp", STREAM_CONFORMS));
		const struct stream_file *file = talk_file(talk, cases[i].name, PROGRAM_BYTES);
		if (!file)
			print_message("%s\n", cases[i].name);
		assert_non_null(file);
		assert_true(file->complete);
		assert_string_equal(file->carrier, "smtp");
		assert_int_equal(file->sender, STREAM_CLIENT);
		talk_free(talk);
	}
}

static void quoted_printable_and_nested_parts(void **state)
{
	(void)state;
	struct talk *talk = send_mail(
		MIXED "--=_b 1\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"
		      "--inner\r\nContent-Type: text/html; name=page.hta\r\n"
		      "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		      "<html>=3D=\r\n=41</html>\r\n--inner--\r\n"
		      "--=_b 1\r\nContent-Type: message/rfc822\r\n\r\n"
		      "Subject: forwarded\r\nContent-Type: application/x-msdownload; name=f.exe\r\n"
		      "Content-Transfer-Encoding: base64\r\n\r\n" PROGRAM_BASE64
		      "\r\n--=_b 1--\r\n");
	assert_true(talk_is(talk, "smtp", STREAM_CONFORMS));
	assert_non_null(talk_file(talk, "page.hta", bytes_of("<html>=A</html>")));
	assert_non_null(talk_file(talk, "f.exe", PROGRAM_BYTES));
	talk_free(talk);
}

static void uuencoded_in_a_text(void **state)
{
	(void)state;
	struct talk *talk =
		send_mail("Subject: old\r\n\r\nlook:\r\nbegin 644 old.exe\r\n"
			  "M35J0  ,    $    __\\  +@         0                            \r\n"
			  "$86)C9   \r\n`\r\nend\r\nbye\r\n");
	const struct stream_file *file = NULL;
	for (size_t i = 0; i < talk->description.file_count; i++)
		if (strcmp(talk->description.files[i].name, "old.exe") == 0)
			file = &talk->description.files[i];
	assert_non_null(file);
	assert_true(file->complete);
	assert_int_equal(file->content.length, 49);
	assert_true(bytes_start_with(file->content, "MZ\x90"));
	assert_true(bytes_equal_text(bytes_slice(file->content, 45, 4), "abcd"));
	talk_free(talk);
}

static void broken_mail_deviates(void **state)
{
	(void)state;
	struct talk *talk = send_mail(MIXED BASE64_PART("filename=x.exe"));
	assert_true(talk_deviates(talk, "last boundary"));
	assert_non_null(talk_file(talk, "x.exe", PROGRAM_BYTES));
	talk_free(talk);
	talk = send_mail(
		"Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\nTV\x01qQ\r\n");
	assert_true(talk_deviates(talk, "encoding does not have"));
	talk_free(talk);
}

/* As deep as one likes: cut, said, and quick. */
static void endless_nesting_is_cut(void **state)
{
	(void)state;
	static char message[1 << 16];
	size_t length = 0;
	for (int i = 0; i < 400; i++)
		length += (size_t)snprintf(message + length, sizeof message - length,
					   "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
					   "--b%d\r\n",
					   i, i);
	struct talk *talk = send_mail(message);
	assert_int_equal(talk->result, ERROR_LIMIT);
	talk_free(talk);
}

static bool lies_in(struct bytes inner, struct bytes outer)
{
	uintptr_t at = (uintptr_t)inner.data, begin = (uintptr_t)outer.data;

	return at >= begin && at - begin + inner.length <= outer.length;
}

/* A message is what crossed, where nothing is to be left out or added, and never other bytes. */
static void messages_stay_where_they_crossed(void **state)
{
	static const struct {
		const char *crossed, *message;
		bool stays;
	} cases[] = {
		{ "a: b\r\n\r\nc\r\n", "a: b\r\n\r\nc\r\n", true },
		{ "..\r\n", ".\r\n", true },
		{ "a\r\n..b\r\nc\r\n", "a\r\n.b\r\nc\r\n", false },
		{ "a\r\n.b\r\n..\r\n\r\n", "a\r\nb\r\n.\r\n\r\n", false },
		{ "a\nb\r\n", "a\r\nb\r\n", false },
		{ "a\r\r\nb\n", "a\r\r\nb\r\n", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = send_mail(cases[i].crossed);
		struct bytes said = talk->session.half[STREAM_CLIENT].data;
		const struct stream_file *file = talk_file(talk, "", bytes_of(cases[i].message));
		assert_non_null(file);
		assert_int_equal(lies_in(file->content, said), cases[i].stays);
		talk_free(talk);
	}
}

/* Who does not ask for files is told as much of the conversation, but not what is attached. */
static void attachments_stay_encoded_where_nobody_asks(void **state)
{
	static const struct {
		const char *content;
		enum stream_conformance conformance;
	} cases[] = {
		{ PROGRAM_BASE64, STREAM_CONFORMS }, { "TVqQ\r\n AAM=\tAAA==", STREAM_CONFORMS },
		{ "TVqQ*AAMA", STREAM_DEVIATES },    { "TVqQAAMA\x80", STREAM_DEVIATES },
		{ "TV-QAAMA", STREAM_DEVIATES },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char message[400];
		snprintf(message, sizeof message,
			 "Content-Type: image/jpeg; name=x.exe\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n",
			 cases[i].content);
		struct talk *talk = send_mail(message);
		assert_true(talk_is(talk, "smtp", cases[i].conformance));
		assert_int_equal(talk->description.file_count, 2);
		size_t said = talk->description.utterance_count;
		stream_description_fini(&talk->description);
		assert_int_equal(stream_describe_packed(&talk->session, &talk->description), 0);
		assert_true(talk_is(talk, "smtp", cases[i].conformance));
		assert_int_equal(talk->description.file_count, 1);
		assert_int_equal(talk->description.utterance_count, said);
		talk_free(talk);
	}
}

static void pop3_fetches_a_mail(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 1110);
	talk_say(talk, STREAM_SERVER, "+OK ready\r\n");
	talk_say(talk, STREAM_CLIENT, "USER a\r\nPASS b\r\n");
	talk_say(talk, STREAM_SERVER, "+OK\r\n+OK\r\n");
	talk_say(talk, STREAM_CLIENT, "LIST\r\n");
	talk_say(talk, STREAM_SERVER, "+OK 1\r\n1 200\r\n.\r\n");
	talk_say(talk, STREAM_CLIENT, "RETR 1\r\n");
	talk_say(talk, STREAM_SERVER,
		 "+OK here\r\n" MIXED
		 "..dot\r\n" BASE64_PART("filename=p.exe") "--=_b 1--\r\n.\r\n");
	talk_say(talk, STREAM_CLIENT, "QUIT\r\n");
	talk_say(talk, STREAM_SERVER, "+OK bye\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "pop3", STREAM_CONFORMS));
	assert_true(talk_said(talk, "command", "RETR 1"));
	const struct stream_file *file = talk_file(talk, "p.exe", PROGRAM_BYTES);
	assert_non_null(file);
	assert_string_equal(file->carrier, "pop3");
	assert_int_equal(file->sender, STREAM_SERVER);
	talk_free(talk);
}

static void pop3_overflow_deviates(void **state)
{
	(void)state;
	char line[700];
	struct talk *talk = talk_new(6, 110);
	memset(line, 'A', sizeof line);
	memcpy(line, "PASS ", 5);
	memcpy(line + 690, "\x90\x90\r\n", 5);
	talk_say(talk, STREAM_SERVER, "+OK ready\r\n");
	talk_say(talk, STREAM_CLIENT, line);
	talk_describe(talk);
	assert_true(talk_is(talk, "pop3", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "longer than 255"));
	assert_true(talk_deviates(talk, "not ASCII"));
	talk_free(talk);
}

static void imap_fetches_a_mail(void **state)
{
	(void)state;
	static const char mail[] = MIXED BASE64_PART("filename=i.exe") "--=_b 1--\r\n";
	char fetch[100];
	struct talk *talk = talk_new(6, 1143);
	talk_say(talk, STREAM_SERVER, "* OK IMAP4rev1 ready\r\n");
	talk_say(talk, STREAM_CLIENT, "a1 LOGIN {1}\r\n");
	talk_say(talk, STREAM_SERVER, "+ go on\r\n");
	talk_say(talk, STREAM_CLIENT, "u secret\r\n");
	talk_say(talk, STREAM_SERVER, "a1 OK\r\n");
	talk_say(talk, STREAM_CLIENT, "a2 FETCH 1 BODY[]\r\n");
	snprintf(fetch, sizeof fetch, "* 1 FETCH (BODY[] {%zu}\r\n", sizeof mail - 1);
	talk_say(talk, STREAM_SERVER, fetch);
	talk_say(talk, STREAM_SERVER, mail);
	talk_say(talk, STREAM_SERVER, ")\r\na2 OK\r\n");
	talk_say(talk, STREAM_CLIENT, "a3 LOGOUT\r\n");
	talk_say(talk, STREAM_SERVER, "* BYE\r\na3 OK\r\n");
	talk_describe(talk);
	for (size_t i = 0; i < talk->description.deviation_count; i++)
		print_message("%s\n", talk->description.deviations[i].what);
	assert_true(talk_is(talk, "imap", STREAM_CONFORMS));
	const struct stream_file *file = talk_file(talk, "i.exe", PROGRAM_BYTES);
	assert_non_null(file);
	assert_string_equal(file->carrier, "imap");
	assert_non_null(talk_file(talk, "", bytes_of(mail)));
	talk_free(talk);
}

static void imap_overflows_deviate(void **state)
{
	(void)state;
	static char line[9000];
	struct talk *talk = talk_new(6, 143);
	memset(line, 'A', sizeof line - 1);
	memcpy(line, "a1 LOGIN ", 9);
	memcpy(line + sizeof line - 3, "\r\n", 2);
	talk_say(talk, STREAM_SERVER, "* OK\r\n");
	talk_say(talk, STREAM_CLIENT, line);
	talk_say(talk, STREAM_CLIENT, "a2 LOGIN {99999999999}\r\n");
	talk_say(talk, STREAM_CLIENT, "a3 \x90\x90 x\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "imap", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "longer than 8192"));
	assert_true(talk_deviates(talk, "longer than any message"));
	assert_true(talk_deviates(talk, "not ASCII"));
	assert_true(talk_deviates(talk, "unknown IMAP command"));
	talk_free(talk);
}

static void behind_starttls_only_tls_conforms(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 143);
	talk_say(talk, STREAM_SERVER, "* OK\r\n");
	talk_say(talk, STREAM_CLIENT, "a1 STARTTLS\r\n");
	talk_say(talk, STREAM_SERVER, "a1 OK\r\n");
	talk_say(talk, STREAM_CLIENT, "\x16\x03\x01\x02\r\n");
	talk_describe(talk);
	assert_true(talk_is(talk, "imap", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "TLS record"));
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_every_form),
		cmocka_unit_test(quoted_printable_and_nested_parts),
		cmocka_unit_test(uuencoded_in_a_text),
		cmocka_unit_test(broken_mail_deviates),
		cmocka_unit_test(endless_nesting_is_cut),
		cmocka_unit_test(messages_stay_where_they_crossed),
		cmocka_unit_test(attachments_stay_encoded_where_nobody_asks),
		cmocka_unit_test(pop3_fetches_a_mail),
		cmocka_unit_test(pop3_overflow_deviates),
		cmocka_unit_test(imap_fetches_a_mail),
		cmocka_unit_test(imap_overflows_deviate),
		cmocka_unit_test(behind_starttls_only_tls_conforms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
