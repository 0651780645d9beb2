/* What is saved and read again is the same conversation, with its times, its gaps and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../packet/craft.h"
#include "wire.h"

struct saved {
	struct buffer file;
	int result;
};

static int save(void *context, const struct stream_session *session)
{
	struct saved *saved = context;
	saved->result = stream_save(session, &saved->file);
	return 0;
}

/* Reads a saved conversation into a table of its own. */
static struct wire *read_again(const struct saved *saved)
{
	struct wire *wire = wire_new(NULL);
	struct packet_source *source;
	struct packet packet;
	struct error error;
	assert_int_equal(saved->result, 0);
	assert_int_equal(
		packet_open(craft_descriptor(buffer_bytes(&saved->file)), "saved", &source, &error),
		0);
	while (packet_next(source, &packet, &error) == 1) {
		assert_false(packet.checksum_wrong);
		wire_push(wire, &packet);
	}
	assert_int_equal(packet_counters(source).malformed, 0);
	wire_flush(wire);
	packet_close(source);
	return wire;
}

static void a_conversation_comes_back(void **state)
{
	(void)state;
	struct saved saved = { .result = 1 };
	buffer_init(&saved.file, 1u << 20);
	struct wire *wire = wire_new(NULL);
	stream_free(wire->table);
	wire->table = stream_new(&wire->limits, save, &saved);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "question");
	uint64_t asked = wire->now_ns;
	wire->sequence[STREAM_SERVER] += 4; /* lost */
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "answer");
	wire_send(wire, STREAM_CLIENT, PACKET_FIN | PACKET_ACK, "thanks");
	wire_send(wire, STREAM_SERVER, PACKET_FIN | PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "");
	wire_flush(wire);
	struct wire *again = read_again(&saved);
	assert_int_equal(again->got_count, 1);
	const struct stream_session *session = &again->got[0].session;
	assert_true(wire_got(again, 0, STREAM_CLIENT, "questionthanks"));
	assert_int_equal(again->got[0].length[STREAM_SERVER], 10);
	assert_memory_equal(again->got[0].data[STREAM_SERVER], "\0\0\0\0answer", 10);
	assert_int_equal(session->half[STREAM_SERVER].lost, 4);
	assert_int_equal(session->half[STREAM_CLIENT].port, 1025);
	assert_int_equal(session->end, STREAM_END_FIN);
	assert_false(session->picked_up);
	assert_true(session->first_ns < asked && session->last_ns > asked);
	wire_free(again);
	wire_free(wire);
	buffer_fini(&saved.file);
}

static void datagrams_of_ipv6_come_back(void **state)
{
	(void)state;
	struct saved saved = { .result = 1 };
	buffer_init(&saved.file, 1u << 20);
	struct wire *wire = wire_new(NULL);
	stream_free(wire->table);
	wire->table = stream_new(&wire->limits, save, &saved);
	for (int i = 0; i < 3; i++) {
		struct packet packet = wire_packet(wire, (enum stream_side)(i % 2), 0, "abc");
		packet.protocol = 17;
		packet.source = craft_address(i % 2 ? "2001:db8::2" : "2001:db8::1");
		packet.destination = craft_address(i % 2 ? "2001:db8::1" : "2001:db8::2");
		wire_push(wire, &packet);
	}
	wire_flush(wire);
	struct wire *again = read_again(&saved);
	assert_int_equal(again->got_count, 1);
	assert_true(wire_got(again, 0, STREAM_CLIENT, "abcabc"));
	assert_true(wire_got(again, 0, STREAM_SERVER, "abc"));
	assert_int_equal(again->got[0].session.half[STREAM_CLIENT].segment_count, 2);
	wire_free(again);
	wire_free(wire);
	buffer_fini(&saved.file);
}

static void a_full_buffer_is_said(void **state)
{
	(void)state;
	struct saved saved = { .result = 1 };
	buffer_init(&saved.file, 100);
	struct wire *wire = wire_new(NULL);
	stream_free(wire->table);
	wire->table = stream_new(&wire->limits, save, &saved);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "question");
	wire_flush(wire);
	assert_int_equal(saved.result, ERROR_LIMIT);
	wire_free(wire);
	buffer_fini(&saved.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_comes_back),
		cmocka_unit_test(datagrams_of_ipv6_come_back),
		cmocka_unit_test(a_full_buffer_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
