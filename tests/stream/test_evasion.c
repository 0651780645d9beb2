/* The evasions by their names: those of Ptacek and Newsham, "Insertion, Evasion, and Denial of
 * Service" (1998), as Song's fragrouter numbers them, and those of Novak and Sturges (2007). Each
 * is a short conversation of which the target reads ATTACK, or what its system makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../packet/craft.h"
#include "wire.h"

enum tweak {
	BAD_CHECKSUM = 1,
	NO_ACK = 2,
	OLD_TIMESTAMP = 4,
	LOW_TTL = 8,
	OTHER_BASE = 16 /* the sequence number counts from another beginning */
};

/* One packet. For the client `at` is the position of its first byte; for the server it is the
 * position that it acknowledges. */
struct step {
	char who; /* 'c', 's'; 0: the end */
	uint8_t flags;
	int at;
	const char *text;
	unsigned tweaks;
	uint16_t urgent;
};

#define D(at, text)                                          \
	{                                                    \
		'c', PACKET_ACK | PACKET_PSH, at, text, 0, 0 \
	}
#define X(at, text, tweaks)                                       \
	{                                                         \
		'c', PACKET_ACK | PACKET_PSH, at, text, tweaks, 0 \
	}
#define U(at, text, pointer)                                       \
	{                                                          \
		'c', PACKET_ACK | PACKET_URG, at, text, 0, pointer \
	}
#define F(flags, at, tweaks)                  \
	{                                     \
		'c', flags, at, "", tweaks, 0 \
	}
#define A(at)                                 \
	{                                     \
		's', PACKET_ACK, at, "", 0, 0 \
	}
#define SYN_AGAIN                             \
	{                                     \
		'c', PACKET_SYN, -1, "", 0, 0 \
	}
#define SYN_OTHER                                      \
	{                                              \
		'c', PACKET_SYN, -1, "", OTHER_BASE, 0 \
	}
#define SYN_ANSWER_OTHER                                           \
	{                                                          \
		's', PACKET_SYN | PACKET_ACK, 0, "", OTHER_BASE, 0 \
	}

struct evasion {
	const char *name;
	struct step steps[24];
	const char *expected; /* what the last conversation's client was read to say */
	bool no_handshake;
	enum packet_personality personality;
};

static const struct evasion evasions[] = {
	{ "tcp-1: FIN and RST with wrong checksums, then single bytes",
	  { F(PACKET_FIN | PACKET_ACK, 0, BAD_CHECKSUM), F(PACKET_RST, 0, BAD_CHECKSUM), D(0, "A"),
	    D(1, "T"), D(2, "T"), D(3, "A"), D(4, "C"), D(5, "K"), A(6) },
	  "ATTACK" },
	{ "tcp-3: a single byte repeated",
	  { D(0, "AT"), D(2, "T"), D(2, "T"), D(3, "ACK"), A(6) },
	  "ATTACK" },
	{ "tcp-4: a repetition with other bytes",
	  { D(0, "AT"), D(0, "XX"), D(2, "TACK"), D(1, "X"), A(6) },
	  "ATTACK" },
	{ "tcp-5: a byte behind the gap, overwritten forward, Windows",
	  { D(1, "X"), D(0, "AT"), D(3, "X"), D(2, "TA"), D(5, "X"), D(4, "CK"), A(6) },
	  "ATTACK" },
	{ "tcp-5 for a target that keeps what came first",
	  { D(1, "X"), D(0, "AT"), D(2, "TACK"), A(6) },
	  "AXTACK",
	  false,
	  PACKET_FIRST },
	{ "tcp-7: between them bytes with far sequence numbers",
	  { D(0, "AT"), D(2000000, "X"), D(2, "TA"), D(-3000000, "X"), D(4, "CK"), A(6) },
	  "ATTACK" },
	{ "tcp-8: one out of order", { D(0, "AT"), D(3, "ACK"), D(2, "T"), A(6) }, "ATTACK" },
	{ "tcp-9: backwards",
	  { D(5, "K"), D(4, "C"), D(3, "A"), D(2, "T"), D(1, "T"), D(0, "A"), A(6) },
	  "ATTACK" },
	{ "tcbc-2: SYNs of the same connection in between",
	  { D(0, "AT"), SYN_AGAIN, D(2, "TA"), SYN_OTHER, D(4, "CK"), A(6) },
	  "ATTACK" },
	{ "tcbc-3: data before any handshake, then a connection",
	  { D(900, "X"), D(901, "Y"), SYN_OTHER, SYN_ANSWER_OTHER, X(0, "ATTACK", OTHER_BASE) },
	  "ATTACK",
	  true },
	{ "tcbt-1: reset, and the same ports with other numbers",
	  { D(0, "old"), F(PACKET_RST, 3, 0), SYN_OTHER, SYN_ANSWER_OTHER,
	    X(0, "ATTACK", OTHER_BASE) },
	  "ATTACK" },
	{ "ins-2: insertion by a wrong checksum",
	  { D(0, "AT"), X(2, "XX", BAD_CHECKSUM), A(2), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "ins-3: insertion without ACK",
	  { D(0, "AT"), X(2, "XX", NO_ACK), A(2), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "insertion by an old timestamp (PAWS)",
	  { D(0, "AT"), X(2, "XX", OLD_TIMESTAMP), A(2), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "insertion by a TTL that expires",
	  { D(0, "AT"), X(2, "XX", LOW_TTL), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "a longer way, which the target acknowledges, is read",
	  { D(0, "AT"), X(2, "TACK", LOW_TTL), A(6) },
	  "ATTACK" },
	{ "a reset whose TTL expires",
	  { D(0, "AT"), F(PACKET_RST, 2, LOW_TTL), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "a reset inside the window, which only old systems take (RFC 5961)",
	  { D(0, "AT"), F(PACKET_RST, 1000, 0), D(2, "TACK"), A(6) },
	  "ATTACK",
	  false,
	  PACKET_LINUX },
	{ "the same against one that takes it",
	  { D(0, "AT"), A(2), F(PACKET_RST, 1000, 0), D(2, "TACK") },
	  "AT",
	  false,
	  PACKET_SOLARIS },
	{ "FIN beyond what was sent, data in between",
	  { D(0, "AT"), F(PACKET_FIN | PACKET_ACK, 6, 0), D(2, "TACK"), A(7) },
	  "ATTACK" },
	{ "data behind FIN",
	  { D(0, "ATTACK"), F(PACKET_FIN | PACKET_ACK, 6, 0), D(6, "XX"), A(7) },
	  "ATTACK" },
	{ "FIN with an old timestamp, then data",
	  { D(0, "AT"), F(PACKET_FIN | PACKET_ACK, 2, OLD_TIMESTAMP), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "bytes beyond the window, first copied wrongly",
	  { D(65535, "XXXX"), D(0, "ATTACK"), A(6) },
	  "ATTACK" },
	{ "an urgent byte, which the program never sees",
	  { D(0, "AT"), U(2, "XTACK", 1), A(7) },
	  "ATTACK" },
	{ "an urgent byte announced before it comes",
	  { U(0, "AT", 3), D(2, "XTACK"), A(7) },
	  "ATTACK" },
	{ "two urgent bytes", { U(0, "XAT", 1), U(3, "XTACK", 1), A(8) }, "ATTACK" },
	{ "the probe of a sleeping connection",
	  { D(0, "AT"), D(1, "?"), A(2), D(1, ""), A(2), D(2, "TACK"), A(6) },
	  "ATTACK" },
	{ "same beginning and longer, Linux",
	  { D(2, "XX"), D(2, "TACK"), D(0, "AT"), A(6) },
	  "ATTACK",
	  false,
	  PACKET_LINUX },
	{ "same beginning and longer, Windows",
	  { D(2, "XX"), D(2, "TACK"), D(0, "AT"), A(6) },
	  "ATXXCK" },
	{ "behind and longer, Solaris",
	  { D(1, "TXX"), D(2, "TACK"), D(0, "A"), A(6) },
	  "ATTACK",
	  false,
	  PACKET_SOLARIS },
	{ "wholly covered from before, Vista",
	  { D(2, "TA"), D(1, "TXXCK"), D(0, "A"), A(6) },
	  "ATTACK",
	  false,
	  PACKET_VISTA },
	{ "the last one, whatever it is",
	  { D(1, "XXXXX"), D(3, "AC"), D(1, "TT"), D(5, "K"), D(0, "A"), A(6) },
	  "ATTACK",
	  false,
	  PACKET_LAST },
};

static void push_step(struct wire *wire, const struct step *step)
{
	bool client = step->who == 'c';
	uint32_t base = step->tweaks & OTHER_BASE ? 0x70000000u : 1001u;
	struct packet packet =
		wire_packet(wire, client ? STREAM_CLIENT : STREAM_SERVER, step->flags, step->text);

	packet.ttl = step->tweaks & LOW_TTL ? 3 : 64;
	packet.has_timestamp = true;
	packet.timestamp = step->tweaks & OLD_TIMESTAMP ? 5 : (uint32_t)(wire->now_ns / 1000000);
	packet.checksum_wrong = step->tweaks & BAD_CHECKSUM;
	packet.urgent = step->urgent;
	if (client) {
		packet.sequence = base + (uint32_t)step->at;
		packet.acknowledgement = step->flags & PACKET_ACK ? 5001 : 0;
		if (step->tweaks & NO_ACK)
			packet.flags &= (uint8_t)~PACKET_ACK;
	} else {
		packet.sequence = step->flags & PACKET_SYN ? 5000 : 5001;
		packet.acknowledgement = base + (uint32_t)step->at;
	}
	wire_push(wire, &packet);
}

static void what_the_target_reads(void **state)
{
	(void)state;
	static const struct step handshake[] = {
		{ 'c', PACKET_SYN, -1, "", 0, 0 },
		{ 's', PACKET_SYN | PACKET_ACK, 0, "", 0, 0 },
		{ 'c', PACKET_ACK, 0, "", 0, 0 },
	};
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof evasions / sizeof *evasions; i++) {
		const struct evasion *evasion = &evasions[i];
		struct stream_limits limits = stream_default_limits();
		limits.hosts.others = evasion->personality;
		struct wire *wire = wire_new(&limits);
		for (size_t j = 0; j < 3 && !evasion->no_handshake; j++)
			push_step(wire, &handshake[j]);
		for (const struct step *step = evasion->steps; step->who; step++)
			push_step(wire, step);
		wire_flush(wire);
		const struct wire_session *last = &wire->got[wire->got_count - 1];
		if (!wire_got(wire, wire->got_count - 1, STREAM_CLIENT, evasion->expected)) {
			print_message("%s: '%.*s' instead of '%s'\n", evasion->name,
				      (int)last->length[STREAM_CLIENT],
				      (const char *)last->data[STREAM_CLIENT], evasion->expected);
			wrong++;
		}
		wire_free(wire);
	}
	assert_int_equal(wrong, 0);
}

/* --- fragments, through the whole way from the frame --- */

struct part {
	unsigned first, behind; /* of the TCP segment, in units of eight bytes */
	bool last;
	char fill; /* 0: the real bytes */
};

static const struct {
	const char *name;
	struct part parts[10];
	enum packet_personality personality;
} fragmented[] = {
	{ "frag-1: ordered fragments of eight bytes",
	  { { 0, 1, false, 0 },
	    { 1, 2, false, 0 },
	    { 2, 3, false, 0 },
	    { 3, 4, false, 0 },
	    { 4, 5, true, 0 } } },
	{ "frag-2: of 24 bytes", { { 0, 3, false, 0 }, { 3, 5, true, 0 } } },
	{ "frag-3: one out of order",
	  { { 0, 1, false, 0 }, { 2, 3, false, 0 }, { 1, 2, false, 0 }, { 3, 5, true, 0 } } },
	{ "frag-4: one twice",
	  { { 0, 1, false, 0 }, { 1, 2, false, 0 }, { 1, 2, false, 0 }, { 2, 5, true, 0 } } },
	{ "frag-5: out of order and one twice",
	  { { 3, 4, false, 0 },
	    { 0, 1, false, 0 },
	    { 1, 3, false, 0 },
	    { 1, 3, false, 0 },
	    { 4, 5, true, 0 } } },
	{ "frag-6: the last one first",
	  { { 4, 5, true, 0 }, { 3, 4, false, 0 }, { 2, 3, false, 0 }, { 0, 2, false, 0 } } },
	{ "frag-7: overlapping forward, the real ones rewrite what came before",
	  { { 1, 2, false, 'X' },
	    { 0, 2, false, 0 },
	    { 3, 4, false, 'X' },
	    { 2, 4, false, 0 },
	    { 4, 5, true, 0 } },
	  PACKET_LINUX },
	{ "frag-7 for one that keeps the last",
	  { { 0, 4, false, 'X' }, { 0, 2, false, 0 }, { 2, 4, false, 0 }, { 4, 5, true, 0 } },
	  PACKET_LAST },
	{ "overlapping backward, what came first is real",
	  { { 1, 3, false, 0 }, { 0, 2, false, 0 }, { 1, 3, false, 'X' }, { 3, 5, true, 0 } },
	  PACKET_FIRST },
};

static struct craft segment, frame;

static void put_frame(struct buffer *file, uint64_t time, const struct craft_segment *fields)
{
	craft_frame(&frame, 6, fields);
	craft_pcap_frame(file, time, &frame, SIZE_MAX);
}

static void put_part(struct buffer *file, const struct part *part)
{
	struct address from = craft_address("192.0.2.1"), to = craft_address("198.51.100.2");
	size_t begin = part->first * 8, end = part->behind * 8;
	uint8_t bytes[100];

	if (end > segment.length)
		end = segment.length;
	memcpy(bytes, segment.data + begin, end - begin);
	if (part->fill)
		memset(bytes, part->fill, end - begin);
	frame.length = 0;
	craft_ethernet(&frame, 0x0800);
	craft_ip(&frame, &from, &to, 6, end - begin, 99,
		 (uint16_t)(part->first | (part->last ? 0 : 0x2000)));
	craft_put(&frame, bytes, end - begin);
	craft_pcap_frame(file, 3000000, &frame, SIZE_MAX);
}

static void fragments_reach_the_target(void **state)
{
	(void)state;
	struct craft_segment client = { .source = "192.0.2.1",
					.destination = "198.51.100.2",
					.source_port = 1025,
					.destination_port = 80,
					.sequence = 1000,
					.flags = PACKET_SYN };
	struct craft_segment server = { .source = "198.51.100.2",
					.destination = "192.0.2.1",
					.source_port = 80,
					.destination_port = 1025,
					.sequence = 5000,
					.acknowledgement = 1001,
					.flags = PACKET_SYN | PACKET_ACK };
	for (size_t i = 0; i < sizeof fragmented / sizeof *fragmented; i++) {
		struct stream_limits limits = stream_default_limits();
		struct packet_source *source;
		struct packet packet;
		struct buffer file;
		struct error error;
		limits.hosts.others = fragmented[i].personality;
		struct wire *wire = wire_new(&limits);
		craft_pcap(&file, 1);
		put_frame(&file, 1000000, &client);
		put_frame(&file, 2000000, &server);
		segment.length = 0;
		struct craft_segment data = client;
		data.sequence = 1001;
		data.acknowledgement = 5001;
		data.flags = PACKET_ACK | PACKET_PSH;
		data.payload = bytes_of("ATTACK AT DAWN AT ..");
		craft_tcp_segment(&segment, &data);
		assert_int_equal(segment.length, 40);
		for (const struct part *part = fragmented[i].parts; part->behind; part++)
			put_part(&file, part);
		assert_int_equal(
			packet_open(craft_descriptor(buffer_bytes(&file)), "t", &source, &error),
			0);
		packet_set_hosts(source, &limits.hosts);
		while (packet_next(source, &packet, &error) == 1)
			wire_push(wire, &packet);
		wire_flush(wire);
		if (!wire_got(wire, 0, STREAM_CLIENT, "ATTACK AT DAWN AT .."))
			print_message("%s\n", fragmented[i].name);
		assert_true(wire_got(wire, 0, STREAM_CLIENT, "ATTACK AT DAWN AT .."));
		packet_close(source);
		buffer_fini(&file);
		wire_free(wire);
	}
}

/* --- what is no evasion, and must not look like one --- */

static void data_with_the_syn_counts_where_it_is_acknowledged(void **state)
{
	(void)state;
	for (int taken = 0; taken < 2; taken++) {
		struct wire *wire = wire_new(NULL);
		struct packet syn = wire_packet(wire, STREAM_CLIENT, PACKET_SYN, "early ");
		wire_push(wire, &syn);
		wire->sequence[STREAM_CLIENT] += taken ? 7 : 1; /* TCP Fast Open, RFC 7413 */
		wire_send(wire, STREAM_SERVER, PACKET_SYN | PACKET_ACK, "");
		wire_send(wire, STREAM_CLIENT, PACKET_ACK, "late");
		wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
		wire_flush(wire);
		assert_true(wire_got(wire, 0, STREAM_CLIENT, taken ? "early late" : "late"));
		wire_free(wire);
	}
}

static void both_open_at_once(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_send(wire, STREAM_CLIENT, PACKET_SYN, "");
	wire_send(wire, STREAM_SERVER, PACKET_SYN, "");
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct packet answer =
			wire_packet(wire, (enum stream_side)side, PACKET_SYN | PACKET_ACK, "");
		answer.sequence--;
		wire_push(wire, &answer);
	}
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "from one");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "from the other");
	wire_flush(wire);
	assert_int_equal(wire->got_count, 1);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "from one"));
	assert_true(wire_got(wire, 0, STREAM_SERVER, "from the other"));
	wire_free(wire);
}

/* A receiver without room: probes of one byte are read when it takes them. */
static void a_closed_window_is_probed(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire->window = 0;
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "full");
	struct packet closed = wire_packet(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_push(wire, &closed);
	struct packet probe = wire_packet(wire, STREAM_CLIENT, PACKET_ACK, "!");
	wire_push(wire, &probe); /* refused: acknowledged as before */
	wire_push(wire, &closed);
	wire_push(wire, &probe);
	wire->sequence[STREAM_CLIENT]++;
	wire_send(wire, STREAM_SERVER, PACKET_ACK, ""); /* taken */
	wire->window = 65535;
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, " again");
	wire_send(wire, STREAM_SERVER, PACKET_ACK, "");
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "full! again"));
	assert_int_equal(wire->got[0].session.half[STREAM_CLIENT].contradictions, 0);
	wire_free(wire);
}

static void a_probe_is_no_contradiction(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire_handshake(wire);
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "here");
	struct packet probe = wire_packet(wire, STREAM_CLIENT, PACKET_ACK, "?");
	probe.sequence--;
	wire_push(wire, &probe);
	probe.payload = bytes_of("XX");
	probe.payload_on_wire = 2;
	probe.sequence--;
	wire_push(wire, &probe); /* this one contradicts */
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "here"));
	assert_int_equal(wire->got[0].session.half[STREAM_CLIENT].contradictions, 1);
	wire_free(wire);
}

static void telnet_reads_urgent_data_in_line(void **state)
{
	(void)state;
	struct wire *wire = wire_new(NULL);
	wire->server_port = 23;
	wire_handshake(wire);
	struct packet urgent =
		wire_packet(wire, STREAM_CLIENT, PACKET_ACK | PACKET_URG, "\xff\xf2 x");
	urgent.urgent = 2;
	wire_push(wire, &urgent);
	wire_flush(wire);
	assert_true(wire_got(wire, 0, STREAM_CLIENT, "\xff\xf2 x"));
	assert_int_equal(wire->got[0].session.half[STREAM_CLIENT].urgent, 0);
	wire_free(wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_target_reads),
		cmocka_unit_test(fragments_reach_the_target),
		cmocka_unit_test(data_with_the_syn_counts_where_it_is_acknowledged),
		cmocka_unit_test(both_open_at_once),
		cmocka_unit_test(a_closed_window_is_probed),
		cmocka_unit_test(a_probe_is_no_contradiction),
		cmocka_unit_test(telnet_reads_urgent_data_in_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
