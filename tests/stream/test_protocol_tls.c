#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

static void put(struct talk *talk, enum stream_side side, uint8_t type, const char *content,
		size_t length)
{
	uint8_t record[1024] = { type, 3, 3, (uint8_t)(length >> 8), (uint8_t)length };

	memcpy(record + 5, content, length);
	talk_bytes(talk, side, (struct bytes){ record, 5 + length });
}

#define RANDOM "0123456789abcdef0123456789abcdef"
/* server_name "a.test" */
#define NAME                                   \
	"\x00\x00\x00\x0b\x00\x09\x00\x00\x06" \
	"a.test"

static void client_hello(struct talk *talk)
{
	static const char hello[] = "\x01\x00\x00\x3a\x03\x03" RANDOM "\x00\x00\x02\x13\x01\x01\x00"
				    "\x00\x0f" NAME;
	put(talk, STREAM_CLIENT, 22, hello, sizeof hello - 1);
}

static void server_hello(struct talk *talk)
{
	static const char hello[] = "\x02\x00\x00\x2e\x03\x03" RANDOM "\x00\x13\x01\x00"
				    "\x00\x06\x00\x2b\x00\x02\x03\x04";
	put(talk, STREAM_SERVER, 22, hello, sizeof hello - 1);
}

static struct talk *agreed(void)
{
	struct talk *talk = talk_new(6, 8443);

	client_hello(talk);
	server_hello(talk);
	put(talk, STREAM_SERVER, 20, "\x01", 1);
	put(talk, STREAM_CLIENT, 20, "\x01", 1);
	return talk;
}

static void a_proper_conversation(void **state)
{
	(void)state;
	struct talk *talk = agreed();
	size_t client = talk->data[STREAM_CLIENT].length, server = talk->data[STREAM_SERVER].length;
	put(talk, STREAM_CLIENT, 23, "secret request", 14);
	put(talk, STREAM_SERVER, 23, "secret", 6);
	put(talk, STREAM_SERVER, 23, "answer", 6);
	put(talk, STREAM_SERVER, 21, "\x02\x28", 2);
	put(talk, STREAM_SERVER, 23, "more", 4);
	talk_describe(talk);
	assert_true(talk_is(talk, "tls", STREAM_CONFORMS));
	assert_true(talk_said(talk, "host", "a.test"));
	assert_true(talk_said(talk, "version", "TLS 1.3"));
	/* Two records side by side are one range; the alert between the others is none. */
	const struct stream_range *sealed = talk->description.sealed;
	assert_int_equal(talk->description.sealed_count, 3);
	assert_int_equal(sealed[0].side, STREAM_CLIENT);
	assert_int_equal(sealed[0].offset, client);
	assert_int_equal(sealed[0].length, 19);
	assert_int_equal(sealed[1].side, STREAM_SERVER);
	assert_int_equal(sealed[1].offset, server);
	assert_int_equal(sealed[1].length, 22);
	assert_int_equal(sealed[2].offset, server + 22 + 7);
	talk_free(talk);
}

/* Whoever only pretends hides nothing: without the other end's hello there is no ciphertext. */
static void one_end_alone_seals_nothing(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 443);
	client_hello(talk);
	put(talk, STREAM_CLIENT, 23, "\x90\x90\x90\x90", 4);
	talk_describe(talk);
	assert_string_equal(talk->description.protocol, "tls");
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);

	talk = talk_new(6, 443);
	client_hello(talk);
	put(talk, STREAM_CLIENT, 23, "\x90\x90\x90\x90", 4);
	talk_say(talk, STREAM_SERVER, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	talk_describe(talk);
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);
}

static void data_before_the_hello_is_not_sealed(void **state)
{
	(void)state;
	struct talk *talk = agreed();
	put(talk, STREAM_CLIENT, 23, "data", 4);
	talk_say(talk, STREAM_CLIENT, "\x90\x90\x90\x90\x90\x90\x90\x90");
	talk_describe(talk);
	assert_true(talk_is(talk, "tls", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "no TLS record"));
	assert_int_equal(talk->description.sealed_count, 1);
	talk_free(talk);
}

static void deviations_are_named(void **state)
{
	(void)state;
	static const struct {
		uint8_t type;
		const char *content;
		size_t length;
		const char *what;
	} cases[] = {
		{ 24, "\x01\x40\x00", 3, "heartbeat" },
		{ 21, "\x02", 1, "alert" },
		{ 20, "\x01\x01", 2, "change of cipher" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = talk_new(6, 443);
		client_hello(talk);
		server_hello(talk);
		put(talk, STREAM_CLIENT, cases[i].type, cases[i].content, cases[i].length);
		talk_describe(talk);
		assert_true(talk_is(talk, "tls", STREAM_DEVIATES));
		assert_true(talk_deviates(talk, cases[i].what));
		talk_free(talk);
	}
}

static void hellos_that_lie(void **state)
{
	(void)state;
	static const struct {
		const char *hello;
		size_t length;
		const char *what;
	} cases[] = {
		{ "\x01\x00\x00\x05\x03\x03"
		  "abc",
		  9, "shorter" },
		{ "\x01\x00\x40\x00\x03\x03"
		  "abc",
		  9, "does not end" },
		{ "\x01\x00\x00\x2b\x03\x03" RANDOM "\x00\x00\x02\x13\x01\x01\x00\x00\x09", 47,
		  "extensions" },
		{ "\x01\x00\x00\x2a\x03\x03" RANDOM "\x00\x00\x03\x13\x01\x02\x01\x00", 46,
		  "ciphers" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = talk_new(6, 443);
		put(talk, STREAM_CLIENT, 22, cases[i].hello, cases[i].length);
		server_hello(talk);
		talk_describe(talk);
		assert_true(talk_is(talk, "tls", STREAM_DEVIATES));
		assert_true(talk_deviates(talk, cases[i].what));
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proper_conversation),
		cmocka_unit_test(one_end_alone_seals_nothing),
		cmocka_unit_test(data_before_the_hello_is_not_sealed),
		cmocka_unit_test(deviations_are_named),
		cmocka_unit_test(hellos_that_lie),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
