#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire.h"

#define PUSH (PACKET_ACK | PACKET_PSH)

static void a_whole_conversation(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "question");
	wire_send(wire, STREAM_SERVER, PUSH, "answer");
	wire_send(wire, STREAM_CLIENT, PACKET_FIN | PACKET_ACK, "");
	wire_send(wire, STREAM_SERVER, PACKET_FIN | PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "");
	wire_flush(wire);
	assert_int_equal(wire->got_count, 1);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "question"));
	assert_true(wire_got(wire, 0, STREAM_SERVER, "answer"));
	const struct stream_session *session = &wire->got[0].session;
	assert_int_equal(session->end, STREAM_END_FIN);
	assert_false(session->picked_up);
	assert_int_equal(session->half[STREAM_CLIENT].port, 1025);
	assert_int_equal(session->half[STREAM_CLIENT].packets, 5);
	assert_int_equal(session->half[STREAM_SERVER].packets, 3);
	wire_free(wire);
}

static void sequence_numbers_wrap(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire->sequence[STREAM_CLIENT] = 0xfffffffc;
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "before");
	wire_send(wire, STREAM_CLIENT, PUSH, "behind");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "beforebehind"));
	wire_free(wire);
}

static void picked_up_in_the_middle(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_send(wire, STREAM_SERVER, PUSH, "answer");
	wire_send(wire, STREAM_CLIENT, PUSH, "thanks");
	wire_flush(wire);
	assert_true(wire->got[0].session.picked_up);
	assert_int_equal(wire->got[0].session.half[STREAM_SERVER].port, 80);
	assert_true(wire_got(wire, 0, STREAM_SERVER, "answer"));
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "thanks"));
	wire_free(wire);
}

/* --- evasions: what a target would not read must not be read (Ptacek and Newsham, 1998) --- */

static void insertion_by_wrong_checksum(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "at");
	struct packet insertion = wire_packet(wire, STREAM_CLIENT, PUSH, "XX");
	insertion.checksum_wrong = true;
	wire_push(wire, &insertion);
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PUSH, "tack");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "attack"));
	assert_int_equal(stream_counters(wire->table).checksum_wrong, 1);
	wire_free(wire);
}

/* Offload: every segment of one side is wrong in the capture, yet its peer acknowledges them. */
static void offloaded_checksums_are_read(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	for (int i = 0; i < 3; i++) {
		struct packet packet = wire_packet(wire, STREAM_CLIENT, PUSH, "part ");
		packet.checksum_wrong = true;
		wire_push(wire, &packet);
		wire->sequence[STREAM_CLIENT] += 5;
		wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	}
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "part part part "));
	assert_int_equal(stream_counters(wire->table).checksum_wrong, 0);
	wire_free(wire);
}

/* One rewritten segment among right ones (an anonymised capture): acknowledged, so it was right on
 * the wire. */
static void a_rewritten_segment_is_read(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "USER 1\r\n");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	struct packet packet = wire_packet(wire, STREAM_CLIENT, PUSH, "PORT\r\n");
	packet.checksum_wrong = true;
	wire_push(wire, &packet);
	wire->sequence[STREAM_CLIENT] += 6;
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PUSH, "QUIT\r\n");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "USER 1\r\nPORT\r\nQUIT\r\n"));
	wire_free(wire);
}

static void insertion_beyond_the_window(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire->window = 100;
	wire_handshake(wire);
	struct packet insertion = wire_packet(wire, STREAM_CLIENT, PUSH, "XXXX");
	insertion.sequence += 200;
	wire_push(wire, &insertion);
	wire_send(wire, STREAM_CLIENT, PUSH, "read");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "read"));
	assert_int_equal(stream_counters(wire->table).out_of_window, 1);
	wire_free(wire);
}

static void insertion_without_ack_bit(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	struct packet insertion = wire_packet(wire, STREAM_CLIENT, PACKET_PSH, "XXXX");
	wire_push(wire, &insertion);
	wire_send(wire, STREAM_CLIENT, PUSH, "read");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "read"));
	wire_free(wire);
}

static void insertion_with_old_timestamp(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	static const uint8_t flags[] = { PACKET_SYN, PACKET_SYN | PACKET_ACK };
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct packet syn = wire_packet(wire, (enum stream_side)side, flags[side], "");
		syn.has_timestamp = true;
		syn.timestamp = 1000;
		wire_push(wire, &syn);
		wire->sequence[side]++;
	}
	struct packet insertion = wire_packet(wire, STREAM_CLIENT, PUSH, "XXXX");
	insertion.has_timestamp = true;
	insertion.timestamp = 10;
	wire_push(wire, &insertion);
	struct packet good = wire_packet(wire, STREAM_CLIENT, PUSH, "read");
	good.has_timestamp = true;
	good.timestamp = 1001;
	wire_push(wire, &good);
	wire->sequence[STREAM_CLIENT] += 4;
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "read"));
	wire_free(wire);
}

static void a_reset_outside_the_window_is_nothing(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire->window = 100;
	wire_handshake(wire);
	struct packet reset = wire_packet(wire, STREAM_CLIENT, PACKET_RST, "");
	reset.sequence += 5000;
	wire_push(wire, &reset);
	wire_send(wire, STREAM_CLIENT, PUSH, "goes on");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "goes on"));
	assert_int_equal(wire->got[0].session.end, STREAM_END_CAPTURE);
	wire_free(wire);
}

/* A reset that the target did not take: it goes on acknowledging, so what follows was read. */
static void a_reset_that_was_not_believed(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	struct packet reset = wire_packet(wire, STREAM_CLIENT, PACKET_RST, "");
	wire_push(wire, &reset);
	wire_send(wire, STREAM_CLIENT, PUSH, "still read");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PUSH, "not read");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "still read"));
	assert_int_equal(wire->got[0].session.end, STREAM_END_RST);
	wire_free(wire);
}

static void data_beyond_fin_is_not_read(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "all");
	wire_send(wire, STREAM_CLIENT, PACKET_FIN | PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PUSH, "beyond");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "all"));
	wire_free(wire);
}

static void a_false_syn_changes_nothing(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "one ");
	struct packet syn = wire_packet(wire, STREAM_CLIENT, PACKET_SYN, "");
	syn.sequence = 77777;
	wire_push(wire, &syn);
	wire_send(wire, STREAM_CLIENT, PUSH, "two");
	wire_flush(wire);
	assert_int_equal(wire->got_count, 1);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "one two"));
	wire_free(wire);
}

static void an_answered_syn_is_a_new_connection(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "old");
	wire->sequence[STREAM_CLIENT] = 900000;
	wire->sequence[STREAM_SERVER] = 800000;
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PUSH, "new");
	wire_flush(wire);
	assert_int_equal(wire->got_count, 2);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "old"));
	assert_true(wire_got(wire, 1, STREAM_CLIENT, "new"));
	wire_free(wire);
}

static void a_refused_connection(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_send(wire, STREAM_CLIENT, PACKET_SYN, "");
	wire->sequence[STREAM_SERVER] = 0;
	wire_send(wire, STREAM_SERVER, PACKET_RST | PACKET_ACK, "");
	wire_flush(wire);
	assert_int_equal(wire->got[0].session.end, STREAM_END_RST);
	wire_free(wire);
}

static void one_direction_alone_is_read(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_send(wire, STREAM_CLIENT, PACKET_SYN, "");
	struct packet packet = wire_packet(wire, STREAM_CLIENT, PUSH, "only this side");
	packet.checksum_wrong = true;
	wire_push(wire, &packet);
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "only this side"));
	wire_free(wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_conversation),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(picked_up_in_the_middle),
		cmocka_unit_test(insertion_by_wrong_checksum),
		cmocka_unit_test(offloaded_checksums_are_read),
		cmocka_unit_test(a_rewritten_segment_is_read),
		cmocka_unit_test(insertion_beyond_the_window),
		cmocka_unit_test(insertion_without_ack_bit),
		cmocka_unit_test(insertion_with_old_timestamp),
		cmocka_unit_test(a_reset_outside_the_window_is_nothing),
		cmocka_unit_test(a_reset_that_was_not_believed),
		cmocka_unit_test(data_beyond_fin_is_not_read),
		cmocka_unit_test(a_false_syn_changes_nothing),
		cmocka_unit_test(an_answered_syn_is_a_new_connection),
		cmocka_unit_test(a_refused_connection),
		cmocka_unit_test(one_direction_alone_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
