/* SSH: what is in the clear, where ciphertext begins, and who hides nothing by pretending. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

/* A packet in the clear with that message, 16 bytes long: its length, that of the padding, the
 * message, five bytes of content, four of padding and four more. */
static void put_packet(struct talk *talk, enum stream_side side, uint8_t message)
{
	uint8_t packet[16] = { 0, 0, 0, 12, 4, message };

	talk_bytes(talk, side, (struct bytes){ packet, sizeof packet });
}

static struct talk *identified(void)
{
	struct talk *talk = talk_new(6, 22);

	talk_say(talk, STREAM_SERVER, "SSH-2.0-server_1.0\r\n");
	talk_say(talk, STREAM_CLIENT, "SSH-2.0-client_1.0\r\n");
	put_packet(talk, STREAM_CLIENT, 20);
	put_packet(talk, STREAM_SERVER, 20);
	return talk;
}

static void ciphertext_begins_behind_the_new_keys(void **state)
{
	(void)state;
	struct talk *talk = identified();
	put_packet(talk, STREAM_CLIENT, 30);
	put_packet(talk, STREAM_SERVER, 31);
	put_packet(talk, STREAM_SERVER, 21);
	put_packet(talk, STREAM_CLIENT, 21);
	size_t client = talk->data[STREAM_CLIENT].length, server = talk->data[STREAM_SERVER].length;
	talk_say(talk, STREAM_CLIENT, "secret");
	talk_say(talk, STREAM_SERVER, "more secrets");
	talk_describe(talk);
	assert_true(talk_is(talk, "ssh", STREAM_CONFORMS));
	assert_true(talk_said(talk, "banner", "SSH-2.0-client_1.0"));
	const struct stream_range *sealed = talk->description.sealed;
	assert_int_equal(talk->description.sealed_count, 2);
	assert_int_equal(sealed[0].side, STREAM_CLIENT);
	assert_int_equal(sealed[0].offset, client);
	assert_int_equal(sealed[0].length, 6);
	assert_int_equal(sealed[1].side, STREAM_SERVER);
	assert_int_equal(sealed[1].offset, server);
	assert_int_equal(sealed[1].length, 12);
	talk_free(talk);
}

/* Both ends must have changed to the new keys. */
static void one_end_alone_seals_nothing(void **state)
{
	(void)state;
	struct talk *talk = identified();
	put_packet(talk, STREAM_CLIENT, 21);
	talk_say(talk, STREAM_CLIENT, "\x90\x90\x90\x90");
	talk_describe(talk);
	assert_true(talk_is(talk, "ssh", STREAM_CONFORMS));
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);

	talk = talk_new(6, 22);
	talk_say(talk, STREAM_CLIENT, "SSH-2.0-client_1.0\r\n");
	put_packet(talk, STREAM_CLIENT, 20);
	put_packet(talk, STREAM_CLIENT, 21);
	talk_say(talk, STREAM_CLIENT, "\x90\x90\x90\x90");
	talk_say(talk, STREAM_SERVER, "220 mail.example.org ESMTP\r\n");
	talk_describe(talk);
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);
}

static void expect_deviation(struct talk *talk, const char *what)
{
	talk_describe(talk);
	assert_true(talk_is(talk, "ssh", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, what));
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);
}

static void deviations_are_named(void **state)
{
	(void)state;
	static const uint8_t unpadded[16] = { 0, 0, 0, 12, 3, 21 };
	static const uint8_t padded_only[16] = { 0, 0, 0, 12, 11, 21 };
	static const uint8_t odd[16] = { 0, 0, 0, 11, 4, 21 };
	static const uint8_t huge[16] = { 1, 0, 0, 4, 4, 21 };
	const uint8_t *const packets[] = { unpadded, padded_only, odd, huge };

	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		struct talk *talk = identified();
		talk_bytes(talk, STREAM_CLIENT, (struct bytes){ packets[i], 16 });
		put_packet(talk, STREAM_SERVER, 21);
		talk_say(talk, STREAM_SERVER, "ciphertext");
		expect_deviation(talk, "lengths");
	}
	struct talk *talk = talk_new(6, 22);
	talk_say(talk, STREAM_SERVER, "SSH-2.0-server_1.0\r\n");
	talk_say(talk, STREAM_CLIENT, "SSH-2.0-client_1.0\r\n");
	put_packet(talk, STREAM_CLIENT, 21);
	expect_deviation(talk, "key exchange");

	talk = talk_new(6, 22);
	talk_say(talk, STREAM_SERVER, "SSH-2.0-server_1.0\r\n");
	talk_say(talk, STREAM_CLIENT, "SSH-2.0-cl\x01\x90\r\n");
	expect_deviation(talk, "binary");

	talk = talk_new(6, 22);
	talk_say(talk, STREAM_SERVER, "SSH-2.0-server_1.0\r\n");
	talk_say(talk, STREAM_CLIENT, "something else\r\n");
	expect_deviation(talk, "no SSH identification");
}

/* A server that speaks both is told by its client which it is. */
static void version_1_is_not_judged(void **state)
{
	static const struct {
		const char *client;
		enum stream_conformance conformance;
	} cases[] = { { "SSH-1.5-client\n", STREAM_UNJUDGED },
		      { "", STREAM_UNJUDGED },
		      { "SSH-2.0-client\r\n", STREAM_DEVIATES },
		      { "GET / HTTP/1.1\r\n", STREAM_DEVIATES } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = talk_new(6, 2222);
		talk_say(talk, STREAM_SERVER, "SSH-1.99-server\n");
		if (cases[i].client[0])
			talk_say(talk, STREAM_CLIENT, cases[i].client);
		put_packet(talk, STREAM_SERVER, 2); /* no key exchange of version 2 */
		talk_describe(talk);
		if (i < 3)
			assert_true(talk_is(talk, "ssh", cases[i].conformance));
		else
			assert_int_equal(talk->description.conformance, STREAM_DEVIATES);
		assert_int_equal(talk->description.sealed_count, 0);
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphertext_begins_behind_the_new_keys),
		cmocka_unit_test(one_end_alone_seals_nothing),
		cmocka_unit_test(version_1_is_not_judged),
		cmocka_unit_test(deviations_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
