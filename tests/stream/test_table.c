#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire.h"

#define SECOND 1000000000u

static struct packet datagram(struct wire *wire, enum stream_side side, const char *text)
{
	struct packet packet = wire_packet(wire, side, 0, text);
	packet.protocol = 17;
	return packet;
}

static void datagrams_make_conversations(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire->server_port = 53;
	struct packet question = datagram(wire, STREAM_CLIENT, "question");
	struct packet answer = datagram(wire, STREAM_SERVER, "answer");
	wire_push(wire, &question);
	wire_push(wire, &answer);
	wire->now_ns += 61ull * SECOND; /* idle for longer than the limit: another conversation */
	struct packet again = datagram(wire, STREAM_CLIENT, "again");
	wire_push(wire, &again);
	wire_flush(wire);
	assert_int_equal(wire->got_count, 2);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "question"));
	assert_true(wire_got(wire, 0, STREAM_SERVER, "answer"));
	assert_true(wire_got(wire, 1, STREAM_CLIENT, "again"));
	assert_int_equal(wire->got[0].session.end, STREAM_END_TIMEOUT);
	wire_free(wire);
}

static void wrong_datagrams_are_dropped_where_right_ones_came(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	struct packet wrong = datagram(wire, STREAM_CLIENT, "a");
	wrong.checksum_wrong = true;
	wire_push(wire, &wrong);
	struct packet right = datagram(wire, STREAM_CLIENT, "b");
	wire_push(wire, &right);
	wire_push(wire, &wrong);
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "ab"));
	assert_int_equal(stream_counters(wire->table).checksum_wrong, 1);
	wire_free(wire);
}

/* A flood of connections that nobody answers costs itself, not the conversation that lives. */
static void a_flood_evicts_itself_first(void **state)
{
	(void)state;
	struct stream_limits limits = stream_default_limits();
	limits.flows = 8;
	struct wire *wire = wire_new(&limits);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "first ");
	for (uint16_t port = 2000; port < 2030; port++) {
		struct packet syn = wire_packet(wire, STREAM_CLIENT, PACKET_SYN, "");
		syn.source_port = port;
		wire_push(wire, &syn);
	}
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "second");
	wire_flush(wire);
	assert_int_equal(wire->got_count, 31);
	size_t whole = 0;
	for (size_t i = 0; i < wire->got_count; i++)
		whole += wire_got(wire, i, STREAM_CLIENT, "first second");
	assert_int_equal(whole, 1);
	assert_int_equal(stream_counters(wire->table).evicted, 23);
	wire_free(wire);
}

static int count_ends(void *context, const struct stream_session *session)
{
	uint64_t *ends = context;
	ends[session->end]++;
	return 0;
}

static struct packet flood_packet(uint32_t number, bool from_server, uint8_t flags)
{
	struct address spoofed = address_v4(0x0a000000u + number / 60000);
	struct address server = address_v4(0xC6336402);
	uint16_t port = (uint16_t)(1024 + number % 60000);
	return (struct packet){ .time_ns = 1000000000u + number,
				.protocol = 6,
				.source = from_server ? server : spoofed,
				.destination = from_server ? spoofed : server,
				.source_port = from_server ? 80 : port,
				.destination_port = from_server ? port : 80,
				.sequence = number * 7919,
				.acknowledgement = flags & PACKET_ACK ? number * 7919 + 1 : 0,
				.window = 1000,
				.flags = flags };
}

/* What a half-open connection costs, and that the server's answers do not save it from eviction. */
static void a_flood_of_syns_is_cheap_and_leaves_first(void **state)
{
	(void)state;
	enum { FLOOD = 300000, ROOM = 40000 };
	uint64_t ends[STREAM_END_LIMIT + 1] = { 0 };
	struct stream_limits limits = stream_default_limits();
	limits.flows = ROOM;
	struct stream_table *table = stream_new(&limits, count_ends, ends);
	size_t before = stream_memory(table), most = 0;
	/* Somebody's real conversation. */
	struct packet real = flood_packet(5, false, PACKET_SYN);
	real.destination_port = 443;
	real.payload_on_wire = 0;
	assert_int_equal(stream_push(table, &real), 0);
	real.flags = PACKET_ACK;
	real.sequence++;
	real.payload = bytes_of("real");
	real.payload_on_wire = 4;
	assert_int_equal(stream_push(table, &real), 0);
	struct packet answer = flood_packet(5, true, PACKET_ACK);
	answer.source_port = 443;
	answer.acknowledgement = real.sequence + 4;
	assert_int_equal(stream_push(table, &answer), 0);
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct packet syn = flood_packet(i, false, PACKET_SYN);
		struct packet synack = flood_packet(i, true, PACKET_SYN | PACKET_ACK);
		assert_int_equal(stream_push(table, &syn), 0);
		assert_int_equal(stream_push(table, &synack), 0);
		most = stream_memory(table) > most ? stream_memory(table) : most;
	}
	assert_int_equal(ends[STREAM_END_LIMIT], FLOOD + 1 - ROOM);
	print_message("bytes a half-open connection: %zu\n", (most - before) / ROOM);
	assert_true((most - before) / ROOM <= 320);
	/* The real one is still there. */
	real.sequence += 4;
	real.acknowledgement = answer.sequence;
	real.flags = PACKET_RST;
	real.payload_on_wire = 0;
	real.payload.length = 0;
	assert_int_equal(stream_push(table, &real), 0);
	assert_int_equal(stream_flush(table), 0);
	assert_int_equal(ends[STREAM_END_RST], 1);
	stream_free(table);
}

static void a_finished_conversation_can_come_at_once(void **state)
{
	(void)state;
	struct stream_limits limits = stream_default_limits();
	limits.prompt = true;
	struct wire *wire = wire_new(&limits);
	for (size_t round = 0; round < 2; round++) {
		wire_handshake(wire);
		wire_send(wire, STREAM_CLIENT, PACKET_ACK, "question");
		wire_send(wire, STREAM_SERVER, PACKET_ACK, "answer");
		wire_send(wire, STREAM_CLIENT, PACKET_FIN | PACKET_ACK, "");
		wire_send(wire, STREAM_SERVER, PACKET_FIN | PACKET_ACK, "");
		assert_int_equal(wire->got_count, round);
		wire_send(wire, STREAM_CLIENT, PACKET_ACK, "");
		assert_int_equal(wire->got_count, round + 1);
		assert_true(wire_got(wire, round, STREAM_CLIENT, "question"));
		assert_true(wire_got(wire, round, STREAM_SERVER, "answer"));
		assert_int_equal(wire->got[round].session.end, STREAM_END_FIN);
		/* What comes late is no conversation of its own; a new SYN is. */
		struct packet late = wire_packet(wire, STREAM_SERVER, PACKET_ACK, "answer");
		late.sequence -= 7;
		wire_push(wire, &late);
		wire->sequence[STREAM_CLIENT] += 100000;
		wire->sequence[STREAM_SERVER] += 100000;
	}
	wire_flush(wire);
	assert_int_equal(wire->got_count, 2);
	assert_int_equal(stream_counters(wire->table).evicted, 0);
	wire_free(wire);
}

static int take(void *context, const struct stream_session *session)
{
	struct wire *wire = context;
	struct stream_session **taken = (struct stream_session **)&wire->got[0];
	(void)session;
	*taken = stream_session_take(wire->table);
	return *taken ? 0 : ERROR_MEMORY;
}

/* A session that was taken outlives its table and no longer counts against it. */
static void a_session_can_be_taken(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	stream_free(wire->table);
	wire->table = stream_new(&wire->limits, take, wire);
	size_t before = stream_memory(wire->table);
	assert_null(stream_session_take(wire->table)); /* nothing is being handed over */
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "question");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "answer");
	wire_flush(wire);
	assert_int_equal(stream_memory(wire->table), before);
	struct stream_session *taken = *(struct stream_session **)&wire->got[0];
	wire_free(wire);
	assert_true(bytes_equal_text(taken->half[STREAM_CLIENT].data, "question"));
	assert_true(bytes_equal_text(taken->half[STREAM_SERVER].data, "answer"));
	assert_int_equal(taken->half[STREAM_SERVER].segment_count, 1);
	assert_true(stream_session_memory(taken) >= sizeof *taken + 14);
	stream_session_free(taken);
	stream_session_free(NULL);
}

static void memory_has_a_limit(void **state)
{
	(void)state;
	struct stream_limits limits = stream_default_limits();
	limits.memory = 100000;
	struct wire *wire = wire_new(&limits);
	char text[1001];
	memset(text, 'm', 1000);
	text[1000] = 0;
	for (uint16_t port = 3000; port < 3060; port++) {
		wire->client_port = port;
		wire->sequence[STREAM_CLIENT] = 1000;
		wire->sequence[STREAM_SERVER] = 5000;
		wire_handshake(wire);
		for (int i = 0; i < 3; i++)
			wire_send(wire, STREAM_CLIENT, PACKET_ACK, text);
	}
	wire_flush(wire);
	assert_int_equal(wire->got_count, 60);
	assert_int_equal(wire->got[0].session.end, STREAM_END_LIMIT);
	assert_in_range(stream_counters(wire->table).evicted, 20, 50);
	wire_free(wire);
}

static void silence_ends_a_connection(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "hello");
	wire->now_ns += 301ull * SECOND;
	struct packet other = wire_packet(wire, STREAM_CLIENT, PACKET_SYN, "");
	other.source_port = 9;
	wire_push(wire, &other);
	assert_int_equal(wire->got_count, 1);
	assert_int_equal(wire->got[0].session.end, STREAM_END_TIMEOUT);
	wire_free(wire);
}

static void other_protocols_are_counted(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	struct packet ping = wire_packet(wire, STREAM_CLIENT, 0, "ping");
	ping.protocol = 1;
	wire_push(wire, &ping);
	wire_flush(wire);
	assert_int_equal(wire->got_count, 0);
	assert_int_equal(stream_counters(wire->table).other_protocols, 1);
	wire_free(wire);
}

static int refuse(void *context, const struct stream_session *session)
{
	(void)context;
	(void)session;
	return ERROR_LIMIT;
}

static void a_receiver_can_stop(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	struct stream_table *table = stream_new(&wire->limits, refuse, NULL);
	struct packet packet = datagram(wire, STREAM_CLIENT, "x");
	assert_int_equal(stream_push(table, &packet), 0);
	assert_int_equal(stream_flush(table), ERROR_LIMIT);
	stream_free(table);
	wire_free(wire);
}

static void sessions_are_numbered_by_their_first_packet(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	for (uint16_t port = 40; port > 30; port--) {
		wire->client_port = port;
		struct packet packet = datagram(wire, STREAM_CLIENT, "x");
		wire_push(wire, &packet);
	}
	wire_flush(wire);
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(wire->got[i].session.number, i + 1);
		assert_int_equal(wire->got[i].session.half[STREAM_CLIENT].port, 40 - i);
	}
	wire_free(wire);
}

/* The server's SYN tells which system reads: the same contradiction behind a gap, read by Linux and
 * by Windows. A list that names the server is believed more. */
static void the_syn_tells_the_reader(void **state)
{
	(void)state;
	struct packet_host named = { address_v4(0xC6336402), 32, PACKET_WINDOWS };
	static const struct {
		uint8_t ttl;
		bool guess, named;
		const char *read;
	} cases[] = { { 60, true, false, "abNNNNNN" },
		      { 120, true, false, "abooooNN" },
		      { 60, false, false, "abooooNN" },
		      { 60, true, true, "abooooNN" } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stream_limits limits = stream_default_limits();
		limits.guess = cases[i].guess;
		if (cases[i].named)
			limits.hosts = (struct packet_hosts){ &named, 1, PACKET_WINDOWS };
		struct wire *wire = wire_new(&limits);
		wire->window = 5840;
		wire_send(wire, STREAM_CLIENT, PACKET_SYN, "");
		struct packet answer =
			wire_packet(wire, STREAM_SERVER, PACKET_SYN | PACKET_ACK, "");
		answer.ttl = cases[i].ttl;
		wire_push(wire, &answer);
		wire->sequence[STREAM_SERVER]++;
		struct packet old = wire_packet(wire, STREAM_CLIENT, PACKET_ACK, "oooo");
		old.sequence += 2;
		wire_push(wire, &old);
		struct packet new = wire_packet(wire, STREAM_CLIENT, PACKET_ACK, "NNNNNN");
		new.sequence += 2;
		wire_push(wire, &new);
		wire_send(wire, STREAM_CLIENT, PACKET_ACK, "ab");
		wire_flush(wire);
		assert_true(wire_got(wire, 0, STREAM_CLIENT, cases[i].read));
		wire_free(wire);
	}
}

/* Without packets the clock is told. */
static void silence_ends_conversations(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "hello");
	assert_int_equal(stream_advance(wire->table, wire->now_ns + 299000000000u), 0);
	assert_int_equal(wire->got_count, 0);
	assert_int_equal(stream_advance(wire->table, wire->now_ns + 301000000000u), 0);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "hello"));
	assert_int_equal(wire->got[0].session.end, STREAM_END_TIMEOUT);
	/* backwards it does not go */
	assert_int_equal(stream_advance(wire->table, 1), 0);
	wire_free(wire);
}

/* A conversation that falls silent is shown as it stands, each byte once, and still comes whole at
 * its end. */
static void a_look_at_what_goes_on(void **state)
{
	(void)state;
	const uint64_t second = 1000000000u;
	struct stream_limits limits = stream_default_limits();
	limits.look_ns = second;
	struct wire *wire = wire_new(&limits);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "attack");
	assert_int_equal(stream_advance(wire->table, wire->now_ns + second / 2), 0);
	assert_int_equal(wire->got_count, 0);
	assert_int_equal(stream_advance(wire->table, wire->now_ns + 2 * second), 0);
	assert_int_equal(wire->got_count, 1);
	assert_true(wire->got[0].session.part);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "attack"));
	assert_int_equal(wire->got[0].length[STREAM_SERVER], 0);
	/* nothing new, nothing shown */
	assert_int_equal(stream_advance(wire->table, wire->now_ns + 9 * second), 0);
	assert_int_equal(wire->got_count, 1);
	/* an acknowledgement is activity, but says nothing */
	wire->now_ns += 10 * second;
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	assert_int_equal(stream_advance(wire->table, wire->now_ns + 2 * second), 0);
	assert_int_equal(wire->got_count, 1);
	wire->now_ns += 10 * second;
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "$ ");
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, " goes on");
	/* another one's packets move the clock as well */
	wire->client_port = 1026;
	wire->now_ns += 2 * second;
	wire_send(wire, STREAM_CLIENT, PACKET_SYN, "");
	assert_int_equal(wire->got_count, 2);
	assert_true(wire->got[1].session.part);
	assert_true(wire_got(wire, 1, STREAM_SERVER, "$ "));
	/* with what was before, so that nothing that lies across is missed */
	assert_true(wire_got(wire, 1, STREAM_CLIENT, "attack goes on"));
	assert_int_equal(wire->got[1].session.number, 1);
	assert_int_equal(stream_counters(wire->table).sessions, 0);
	wire_flush(wire);
	assert_int_equal(wire->got_count, 4);
	assert_false(wire->got[2].session.part);
	assert_true(wire_got(wire, 2, STREAM_CLIENT, "attack goes on"));
	assert_int_equal(stream_counters(wire->table).sessions, 2);
	wire_free(wire);
}

/* What was shown is left out but for 64 KiB. */
static void a_look_skips_what_was_shown(void **state)
{
	(void)state;
	static char much[1001];
	struct stream_limits limits = stream_default_limits();
	limits.look_ns = 1000000000u;
	struct wire *wire = wire_new(&limits);
	memset(much, 'm', 1000);
	wire_handshake(wire);
	for (int i = 0; i < 100; i++) {
		wire_send(wire, STREAM_CLIENT, PACKET_ACK, much);
		wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	}
	assert_int_equal(stream_advance(wire->table, wire->now_ns += 2000000000u), 0);
	assert_int_equal(wire->got[0].length[STREAM_CLIENT], 100000);
	assert_int_equal(wire->got[0].session.half[STREAM_CLIENT].skipped, 0);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, much);
	assert_int_equal(stream_advance(wire->table, wire->now_ns += 2000000000u), 0);
	assert_int_equal(wire->got[1].length[STREAM_CLIENT], 65536 + 1000);
	assert_int_equal(wire->got[1].session.half[STREAM_CLIENT].skipped, 100000 - 65536);
	wire_free(wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_at_what_goes_on),
		cmocka_unit_test(a_look_skips_what_was_shown),
		cmocka_unit_test(the_syn_tells_the_reader),
		cmocka_unit_test(silence_ends_conversations),
		cmocka_unit_test(datagrams_make_conversations),
		cmocka_unit_test(wrong_datagrams_are_dropped_where_right_ones_came),
		cmocka_unit_test(a_flood_evicts_itself_first),
		cmocka_unit_test(a_flood_of_syns_is_cheap_and_leaves_first),
		cmocka_unit_test(a_finished_conversation_can_come_at_once),
		cmocka_unit_test(a_session_can_be_taken),
		cmocka_unit_test(memory_has_a_limit),
		cmocka_unit_test(silence_ends_a_connection),
		cmocka_unit_test(other_protocols_are_counted),
		cmocka_unit_test(a_receiver_can_stop),
		cmocka_unit_test(sessions_are_numbered_by_their_first_packet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
