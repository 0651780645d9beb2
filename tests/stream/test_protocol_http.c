#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "talk.h"

static struct talk *exchange(const char *request, const char *answer)
{
	struct talk *talk = talk_new(6, 8080);
	talk_say(talk, STREAM_CLIENT, request);
	talk_say(talk, STREAM_SERVER, answer);
	talk_describe(talk);
	return talk;
}

static void a_proper_exchange(void **state)
{
	(void)state;
	struct talk *talk = exchange("GET /a/b.txt?q=1 HTTP/1.1\r\nHost: example.com\r\n\r\n",
				     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	assert_true(talk_is(talk, "http", STREAM_CONFORMS));
	assert_true(talk_said(talk, "request", "GET /a/b.txt?q=1 HTTP/1.1"));
	assert_true(talk_said(talk, "host", "example.com"));
	const struct stream_file *file = talk_file(talk, "b.txt", bytes_of("hello"));
	assert_non_null(file);
	assert_true(file->complete);
	assert_string_equal(file->carrier, "http");
	assert_string_equal(file->media, "text");
	assert_int_equal(file->sender, STREAM_SERVER);
	talk_free(talk);
}

static void several_exchanges_on_one_connection(void **state)
{
	(void)state;
	struct talk *talk =
		exchange("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nPOST /up HTTP/1.1\r\nHost: h\r\n"
			 "Content-Length: 3\r\n\r\nabcGET /c HTTP/1.1\r\nHost: h\r\n\r\n",
			 "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
			 "HTTP/1.1 204 No Content\r\n\r\n"
			 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			 "3\r\none\r\n4;x=y\r\n two\r\n0\r\n\r\n");
	assert_true(talk_is(talk, "http", STREAM_CONFORMS));
	assert_non_null(talk_file(talk, "up", bytes_of("abc")));
	const struct stream_file *joined = talk_file(talk, "c", bytes_of("one two"));
	assert_non_null(joined);
	assert_int_equal(talk->description.file_count, 2);
	assert_int_equal(joined->piece_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct stream_piece *piece = &joined->pieces[i];
		assert_int_equal(piece->at, i * 3);
		assert_true(bytes_equal(bytes_slice(joined->content, piece->at, piece->length),
					bytes_slice(buffer_bytes(&talk->data[STREAM_SERVER]),
						    piece->offset, piece->length)));
	}
	talk_free(talk);
}

/* Where chunks lie about their sizes, or do not come to an end, nobody says where the file crossed.
 */
static void chunks_that_lie_have_no_places(void **state)
{
	static const char *const bodies[] = { "3\r\nonemore\r\n0\r\n\r\n", "3\r\none\r\n9\r\ntwo" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char answer[200];
		snprintf(answer, sizeof answer,
			 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s", bodies[i]);
		struct talk *talk = exchange("GET /c HTTP/1.1\r\nHost: h\r\n\r\n", answer);
		assert_int_equal(talk->description.file_count, 1);
		assert_true(bytes_start_with(talk->description.files[0].content, "one"));
		assert_int_equal(talk->description.files[0].piece_count, 0);
		talk_free(talk);
	}
}

static void a_body_up_to_the_end(void **state)
{
	(void)state;
	struct talk *talk =
		exchange("GET /old HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nall the rest");
	assert_true(talk_is(talk, "http", STREAM_CONFORMS));
	assert_true(talk_file(talk, "old", bytes_of("all the rest"))->complete);
	talk_free(talk);
}

static void deviations_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *request, *answer, *what;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", "", "without Host" },
		{ "GET /%u9090%u6858 HTTP/1.0\r\n\r\n", "", "escapes" },
		{ "GET /\x90\x90 HTTP/1.0\r\n\r\n", "", "target with bytes" },
		{ "GET / HTTP/1.0\r\nA: \x01\x02\r\n\r\n", "", "binary value" },
		{ "GET / HTTP/1.0\r\nA: \x90\xe8\xff\r\n\r\n", "", "binary value" },
		{ "GET / HTTP/1.0\r\nno colon\r\n\r\n", "", "proper name" },
		{ "GET / HTTP/1.0\r\nContent-Length: -5\r\n\r\n", "", "no number" },
		{ "POST / HTTP/1.0\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "",
		  "two values" },
		{ "POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n0\r\n\r\n",
		  "", "both" },
		{ "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nshort",
		  "shorter than its Content-Length" },
		{ "GET / HTTP/1.0\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "chunk" },
		{ "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 huh\r\n\r\n", "status line" },
		{ "GET / HTTP/1.0\r\nHost: a", "", "does not end" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = exchange(cases[i].request, cases[i].answer);
		assert_true(talk_is(talk, "http", STREAM_DEVIATES));
		assert_true(talk_deviates(talk, cases[i].what));
		talk_free(talk);
	}
}

static void utf8_in_a_field_is_text(void **state)
{
	(void)state;
	struct talk *talk = exchange("GET / HTTP/1.0\r\nA: \xc3\xa4\r\n\r\n", "");
	assert_true(talk_is(talk, "http", STREAM_CONFORMS));
	talk_free(talk);
}

static void an_overlong_line_deviates(void **state)
{
	(void)state;
	char request[9100] = "GET /";
	memset(request + 5, 'A', 9000);
	strcpy(request + 9005, " HTTP/1.0\r\n\r\n");
	struct talk *talk = exchange(request, "");
	assert_true(talk_deviates(talk, "longer than 8000"));
	talk_free(talk);
}

/* What was lost by the capture is nobody's deviation. */
static void a_gap_is_not_a_deviation(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 80);
	talk_say(talk, STREAM_CLIENT, "GET / HTTP/1.0\r\n\r\n");
	talk_say(talk, STREAM_SERVER, "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
	static const uint8_t zeros[90];
	assert_int_equal(buffer_append(&talk->data[STREAM_SERVER], zeros, 90), 0);
	talk->session.half[STREAM_SERVER].lost = 90;
	talk_say(talk, STREAM_SERVER, "close");
	talk_describe(talk);
	assert_true(talk_is(talk, "http", STREAM_UNJUDGED));
	assert_int_equal(talk->description.file_count, 1);
	assert_int_equal(talk->description.files[0].content.length, 100);
	assert_false(talk->description.files[0].complete);
	talk_free(talk);
}

/* Browsers take what strict readers refuse, and so must who looks for what crosses. */
static void odd_framing_hides_nothing(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3 \x0b\r\none\r\n\x01"
		"4\r\n two\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"\r\n\r\n3\r\none\r\n\r\n4\r\n two\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
		"3\r\none\r\n4\r\n two\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n"
		"3\r\none\r\n4\r\n two\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"
		"3\r\none\r\n4\r\n two\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\none two",
		"HTTP/1.01 200 OK\r\nContent-Length: 7\r\n\r\none two",
		"one two",
	};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct talk *talk = exchange("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", answers[i]);
		assert_true(talk_is(talk, "http", STREAM_DEVIATES));
		if (!talk_file(talk, "a", bytes_of("one two")))
			print_message("case %zu\n", i);
		assert_non_null(talk_file(talk, "a", bytes_of("one two")));
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proper_exchange),
		cmocka_unit_test(odd_framing_hides_nothing),
		cmocka_unit_test(several_exchanges_on_one_connection),
		cmocka_unit_test(chunks_that_lie_have_no_places),
		cmocka_unit_test(a_body_up_to_the_end),
		cmocka_unit_test(deviations_are_named),
		cmocka_unit_test(utf8_in_a_field_is_text),
		cmocka_unit_test(an_overlong_line_deviates),
		cmocka_unit_test(a_gap_is_not_a_deviation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
