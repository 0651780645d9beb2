/* QUIC: whose versions and connection identifiers agree, which bytes are ciphertext, and that
 * pretending hides nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

enum { INITIAL = 0, EARLY = 1, HANDSHAKE = 2, RETRY = 3 };
enum { HEADER = 26 }; /* of Initial packets here: no token, a length of two bytes */

struct datagram {
	uint8_t data[2048];
	size_t length;
};

static void put(struct datagram *datagram, uint64_t value, unsigned width)
{
	while (width-- > 0)
		datagram->data[datagram->length++] = (uint8_t)(value >> 8 * width);
}

static void put_filling(struct datagram *datagram, size_t length)
{
	memset(datagram->data + datagram->length, 0xa5, length);
	datagram->length += length;
}

/* A packet with a long header whose protected part says that it has `says` bytes and has `has`. */
static void put_packet(struct datagram *datagram, enum stream_side side, uint32_t version,
		       unsigned bits, size_t says, size_t has)
{
	static const uint64_t ids[STREAM_SIDES] = { 0x1111111111111111, 0x2222222222222222 };

	put(datagram, 0xc0 | bits << 4, 1);
	put(datagram, version, 4);
	put(datagram, 8, 1);
	put(datagram, ids[!side], 8);
	put(datagram, 8, 1);
	put(datagram, ids[side], 8);
	if (bits == INITIAL + (version == 0x6b3343cf))
		put(datagram, 0, 1);
	put(datagram, 0x4000 | says, 2);
	put_filling(datagram, has);
}

static void say(struct talk *talk, enum stream_side side, const struct datagram *datagram)
{
	talk_bytes(talk, side, (struct bytes){ datagram->data, datagram->length });
}

static void say_initial(struct talk *talk, enum stream_side side, uint32_t version, size_t length)
{
	struct datagram datagram = { .length = 0 };

	put_packet(&datagram, side, version, INITIAL + (version == 0x6b3343cf), length - HEADER,
		   length - HEADER);
	say(talk, side, &datagram);
}

static void say_short(struct talk *talk, enum stream_side side, size_t length)
{
	struct datagram datagram = { .length = 0 };

	put(&datagram, 0x40, 1);
	put_filling(&datagram, length - 1);
	say(talk, side, &datagram);
}

static void ciphertext_is_what_both_agreed_on(void **state)
{
	static const uint32_t versions[] = { 1, 0x6b3343cf, 0xff00001d };

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		struct talk *talk = talk_new(17, 443);
		struct datagram both = { .length = 0 };
		say_initial(talk, STREAM_CLIENT, versions[i], 1200);
		put_packet(&both, STREAM_SERVER, versions[i], INITIAL + (i == 1), 100, 100);
		put_packet(&both, STREAM_SERVER, versions[i], HANDSHAKE + (i == 1), 300, 300);
		say(talk, STREAM_SERVER, &both);
		say_short(talk, STREAM_CLIENT, 60);
		say_short(talk, STREAM_SERVER, 1000);
		talk_describe(talk);
		assert_true(talk_is(talk, "quic", STREAM_CONFORMS));
		const struct stream_range *sealed = talk->description.sealed;
		assert_int_equal(talk->description.sealed_count, 3);
		assert_int_equal(sealed[0].offset, HEADER);
		assert_int_equal(sealed[0].length, 1200 - HEADER + 60);
		assert_int_equal(sealed[1].side, STREAM_SERVER);
		assert_int_equal(sealed[1].offset, HEADER);
		assert_int_equal(sealed[1].length, 100);
		assert_int_equal(sealed[2].offset, HEADER + 100 + HEADER - 1);
		assert_int_equal(sealed[2].length, 300 + 1000);
		talk_free(talk);
	}
}

/* What looks like QUIC on one side only is searched. */
static void one_end_alone_seals_nothing(void **state)
{
	(void)state;
	struct talk *talk = talk_new(17, 443);
	say_initial(talk, STREAM_CLIENT, 1, 1200);
	say_short(talk, STREAM_CLIENT, 500);
	talk_describe(talk);
	assert_true(talk_is(talk, "quic", STREAM_UNJUDGED));
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);

	talk = talk_new(17, 443);
	say_initial(talk, STREAM_CLIENT, 1, 1200);
	talk_say(talk, STREAM_SERVER, "no such service\r\n");
	talk_describe(talk);
	assert_string_not_equal(talk->description.protocol, "quic");
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);
}

/* A server that answers to another identifier answers somebody else. */
static void identifiers_must_agree(void **state)
{
	(void)state;
	struct talk *talk = talk_new(17, 443);
	struct datagram answer = { .length = 0 };

	say_initial(talk, STREAM_CLIENT, 1, 1200);
	put_packet(&answer, STREAM_CLIENT, 1, INITIAL, 100, 100);
	say(talk, STREAM_SERVER, &answer);
	talk_describe(talk);
	assert_string_not_equal(talk->description.protocol, "quic");
	talk_free(talk);
}

static void negotiation_and_retry_are_told(void **state)
{
	(void)state;
	struct talk *talk = talk_new(17, 443);
	struct datagram answer = { .length = 0 };

	say_initial(talk, STREAM_CLIENT, 1, 1200);
	put(&answer, 0x80, 1);
	put(&answer, 0, 4);
	put(&answer, 8, 1);
	put(&answer, 0x1111111111111111, 8);
	put(&answer, 8, 1);
	put(&answer, 0x2222222222222222, 8);
	put(&answer, 0x6b3343cf, 4);
	say(talk, STREAM_SERVER, &answer);
	talk_describe(talk);
	assert_true(talk_said(talk, "version", "1"));
	assert_true(talk_said(talk, "negotiation", "other versions"));
	assert_int_equal(talk->description.sealed_count, 0);
	talk_free(talk);

	talk = talk_new(17, 443);
	answer.length = 0;
	say_initial(talk, STREAM_CLIENT, 1, 1200);
	put_packet(&answer, STREAM_SERVER, 1, RETRY, 60, 60);
	say(talk, STREAM_SERVER, &answer);
	talk_describe(talk);
	assert_true(talk_is(talk, "quic", STREAM_CONFORMS));
	assert_true(talk_said(talk, "retry", "with a token"));
	talk_free(talk);
}

static void deviations_are_named(void **state)
{
	(void)state;
	struct talk *talk = talk_new(17, 443);
	say_initial(talk, STREAM_CLIENT, 1, 900);
	say_initial(talk, STREAM_SERVER, 1, 900);
	talk_describe(talk);
	assert_true(talk_is(talk, "quic", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "less than 1200"));
	talk_free(talk);

	talk = talk_new(17, 443); /* early data that overtook the rest may come in small ones */
	struct datagram early = { .length = 0 };
	put_packet(&early, STREAM_CLIENT, 1, EARLY, 50, 50);
	say(talk, STREAM_CLIENT, &early);
	say_initial(talk, STREAM_CLIENT, 1, 1200);
	say_initial(talk, STREAM_SERVER, 1, 1200);
	talk_describe(talk);
	assert_true(talk_is(talk, "quic", STREAM_CONFORMS));
	talk_free(talk);

	talk = talk_new(17, 443);
	struct datagram cut = { .length = 0 };
	say_initial(talk, STREAM_CLIENT, 1, 1200);
	say_initial(talk, STREAM_SERVER, 1, 1200);
	put_packet(&cut, STREAM_SERVER, 1, HANDSHAKE, 400, 300);
	say(talk, STREAM_SERVER, &cut);
	talk_describe(talk);
	assert_true(talk_is(talk, "quic", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "contradict"));
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphertext_is_what_both_agreed_on),
		cmocka_unit_test(one_end_alone_seals_nothing),
		cmocka_unit_test(identifiers_must_agree),
		cmocka_unit_test(negotiation_and_retry_are_told),
		cmocka_unit_test(deviations_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
