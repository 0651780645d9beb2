/* Every tunnel, around the same conversation, gives the same packet; what is no tunnel stays what
 * it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "craft.h"

static const struct craft_segment hello = { .source = "192.0.2.1",
					    .destination = "198.51.100.2",
					    .source_port = 1025,
					    .destination_port = 80,
					    .sequence = 7,
					    .flags = PACKET_ACK,
					    .payload = { (const uint8_t *)"hello", 5 } };
static const struct craft_segment hello6 = { .source = "2001:db8::1",
					     .destination = "2001:db8::2",
					     .source_port = 1025,
					     .destination_port = 80,
					     .flags = PACKET_ACK,
					     .payload = { (const uint8_t *)"hello", 5 } };

static struct bytes bytes_in(const struct craft *craft)
{
	return (struct bytes){ craft->data, craft->length };
}

/* The IP packet of `hello`, without a link header. */
static struct bytes inner_ip(const struct craft_segment *segment)
{
	static struct craft frame;
	craft_frame(&frame, 6, segment);
	return bytes_slice(bytes_in(&frame), 14, SIZE_MAX);
}

static struct bytes inner_ethernet(void)
{
	static struct craft frame;
	craft_frame(&frame, 6, &hello);
	return bytes_in(&frame);
}

/* `header` and `inside` in an IPv4 packet of `protocol` in Ethernet. */
static void wrap(struct craft *frame, uint8_t protocol, struct bytes header, struct bytes inside)
{
	struct address from = craft_address("203.0.113.1"), to = craft_address("203.0.113.2");
	frame->length = 0;
	craft_ethernet(frame, 0x0800);
	craft_ip(frame, &from, &to, protocol, header.length + inside.length, 9, 0);
	craft_put(frame, header.data, header.length);
	craft_put(frame, inside.data, inside.length);
}

/* The only packet of a capture with that frame. */
static struct packet only_packet(const struct craft *frame, uint8_t *payload)
{
	struct buffer file;
	struct packet packet, none;
	struct packet_source *source;
	struct error error;
	craft_pcap(&file, 1);
	craft_pcap_frame(&file, 1000000000u, frame, SIZE_MAX);
	assert_int_equal(packet_open(craft_descriptor(buffer_bytes(&file)), "t", &source, &error),
			 0);
	assert_int_equal(packet_next(source, &packet, &error), 1);
	assert_true(packet.payload.length < 3000);
	if (packet.payload.length)
		memcpy(payload, packet.payload.data, packet.payload.length);
	packet.payload.data = payload;
	assert_int_equal(packet_next(source, &none, &error), 0);
	packet_close(source);
	buffer_fini(&file);
	return packet;
}

static void assert_hello(const struct craft *frame, const struct craft_segment *segment,
			 unsigned tunnels)
{
	uint8_t payload[3000];
	struct packet packet = only_packet(frame, payload);
	struct address source = craft_address(segment->source);
	assert_true(address_equal(&packet.source, &source));
	assert_int_equal(packet.protocol, 6);
	assert_int_equal(packet.destination_port, 80);
	assert_int_equal(packet.tunnels, tunnels);
	assert_false(packet.checksum_wrong);
	assert_true(bytes_equal_text(packet.payload, "hello"));
}

#define HEX(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static void every_tunnel_is_opened(void **state)
{
	(void)state;
	static struct craft frame;
	static const struct {
		uint8_t protocol;
		struct bytes header;
		enum { IP4, IP6, ETHERNET } inside;
	} cases[] = {
		{ 4, HEX(""), IP4 },		/* IP in IP */
		{ 41, HEX(""), IP6 },		/* 6in4 */
		{ 47, HEX("\0\0\x08\0"), IP4 }, /* GRE */
		{ 47, HEX("\0\0\x86\xdd"), IP6 },
		{ 47, HEX("\x20\0\x08\0\1\2\3\4"), IP4 },		  /* key */
		{ 47, HEX("\xb0\0\x08\0\0\0\0\0\1\2\3\4\0\0\0\5"), IP4 }, /* all three */
		{ 47, HEX("\x20\0\x65\x58\1\2\3\4"), ETHERNET },	  /* bridged */
		{ 47, HEX("\x30\x81\x88\x0b\0\x10\0\1\0\0\0\1\0\0\0\1\xff\x03\0\x21"),
		  IP4 },							       /* PPTP */
		{ 17, HEX("\x30\x39\x12\xb5\0\0\0\0\x08\0\0\0\0\0\x2a\0"), ETHERNET }, /* VXLAN */
		{ 17, HEX("\x30\x39\x21\x18\0\0\0\0\x08\0\0\0\0\0\x2a\0"),
		  ETHERNET },			       /* its old port */
		{ 47, HEX("\0\0\x88\xbe"), ETHERNET }, /* ERSPAN I, II, III */
		{ 47, HEX("\x10\0\x88\xbe\0\0\0\1\x10\x0a\0\1\0\0\0\2"), ETHERNET },
		{ 47, HEX("\x10\0\x22\xeb\0\0\0\1\x20\x0a\0\1\0\0\0\2\0\0\0\0"), ETHERNET },
		{ 47, HEX("\x10\0\x22\xeb\0\0\0\1\x20\x0a\0\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0"),
		  ETHERNET },
		{ 17, HEX("\x30\x39\x17\xc1\0\0\0\0\0\0\x65\x58\0\0\x2a\0"),
		  ETHERNET }, /* Geneve */
		{ 17, HEX("\x30\x39\x17\xc1\0\0\0\0\1\0\x08\0\0\0\x2a\0\1\2\3\4"), IP4 },
		{ 17, HEX("\x08\x68\x08\x68\0\0\0\0\x30\xff\0\x2d\0\0\0\1"), IP4 }, /* GTP-U */
		{ 17, HEX("\x08\x68\x08\x68\0\0\0\0\x34\xff\0\x35\0\0\0\1\0\0\0\x85\1\0\0\0"),
		  IP4 },
		{ 17, HEX("\x30\x39\x0d\xd8\0\0\0\0"), IP6 }, /* Teredo */
		{ 17, HEX("\x0d\xd8\x30\x39\0\0\0\0\0\1\0\0\1\2\3\4\5\6\7\x08\0\0\0\1\2\3\4\5\6"),
		  IP6 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct craft_segment *segment = cases[i].inside == IP6 ? &hello6 : &hello;
		struct bytes inside =
			cases[i].inside == ETHERNET ? inner_ethernet() : inner_ip(segment);
		wrap(&frame, cases[i].protocol, cases[i].header, inside);
		assert_hello(&frame, segment, 1);
	}
}

static void what_is_no_tunnel_stays_a_datagram(void **state)
{
	(void)state;
	static struct craft frame;
	uint8_t payload[3000];
	static const struct {
		uint8_t protocol;
		struct bytes content;
	} cases[] = {
		{ 4, HEX("\x60no IPv4") },
		{ 41, HEX("\x45no IPv6") },
		{ 47, HEX("\0\7\x08\0\x45") },		 /* version 7 */
		{ 47, HEX("\x40\0\x08\0\0\0\0\0\x45") }, /* routing */
		{ 47, HEX("\x20\0\x08\0\1\2") },	 /* ends within the key */
		{ 47, HEX("\0\0\x08\6\x45") },		 /* ARP */
		{ 17, HEX("\x30\x39\x17\xc1\0\0\0\0\x40\0\x08\0\0\0\x2a\0\x45") },
		{ 17, HEX("\x08\x68\x08\x68\0\0\0\0\x30\xff\0\x2d\0\0\0\1\x45") }, /* length */
		{ 17, HEX("\x30\x39\x0d\xd8\0\0\0\0\0\1\xff\xff\x60") },
		{ 17, HEX("\x30\x39\x12\xb5\0\x19\0\0\x09\0\0\0\0\0\x2a\0 no VXLAN") },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		wrap(&frame, cases[i].protocol, HEX(""), cases[i].content);
		struct packet packet = only_packet(&frame, payload);
		assert_int_equal(packet.protocol, cases[i].protocol);
		assert_int_equal(packet.tunnels, 0);
	}
}

static void depth_has_a_limit(void **state)
{
	(void)state;
	static struct craft frame, inside;
	for (unsigned depth = 1; depth <= PACKET_TUNNELS_MOST + 2; depth++) {
		uint8_t payload[3000];
		struct bytes ip = inner_ip(&hello);
		inside.length = 0;
		craft_put(&inside, ip.data, ip.length);
		for (unsigned i = 0; i < depth; i++) {
			wrap(&frame, 4, HEX(""), bytes_in(&inside));
			inside.length = 0;
			craft_put(&inside, frame.data + 14, frame.length - 14);
		}
		struct packet packet = only_packet(&frame, payload);
		bool reached = depth <= PACKET_TUNNELS_MOST;
		assert_int_equal(packet.protocol, reached ? 6 : 4);
		assert_int_equal(packet.tunnels, reached ? depth : PACKET_TUNNELS_MOST);
	}
}

/* A tunnel's packet in two fragments, which carries a packet that is itself in two fragments. */
static void fragments_within_fragments(void **state)
{
	(void)state;
	static struct craft whole, inner[2], frame;
	struct address from = craft_address("192.0.2.1"), to = craft_address("198.51.100.2");
	struct address outer_from = craft_address("203.0.113.1"),
		       outer_to = craft_address("203.0.113.2");
	struct craft_segment segment = hello;
	static uint8_t text[300];
	memset(text, 'x', sizeof text);
	segment.payload = (struct bytes){ text, sizeof text };
	craft_tcp_segment(&whole, &segment);
	struct buffer file;
	craft_pcap(&file, 1);
	for (int i = 0; i < 2; i++) {
		struct bytes part = bytes_slice(bytes_in(&whole), i ? 160 : 0, i ? SIZE_MAX : 160);
		inner[i].length = 0;
		craft_ip(&inner[i], &from, &to, 6, part.length, 77, i ? 20 : 0x2000);
		craft_put(&inner[i], part.data, part.length);
		for (int j = 0; j < 2; j++) {
			struct bytes half =
				bytes_slice(bytes_in(&inner[i]), j ? 80 : 0, j ? SIZE_MAX : 80);
			frame.length = 0;
			craft_ethernet(&frame, 0x0800);
			craft_ip(&frame, &outer_from, &outer_to, 4, half.length,
				 (uint16_t)(100 + i), j ? 10 : 0x2000);
			craft_put(&frame, half.data, half.length);
			craft_pcap_frame(&file, 1000, &frame, SIZE_MAX);
		}
	}
	struct packet packet;
	struct packet_source *source;
	struct error error;
	assert_int_equal(packet_open(craft_descriptor(buffer_bytes(&file)), "t", &source, &error),
			 0);
	assert_int_equal(packet_next(source, &packet, &error), 1);
	assert_int_equal(packet.payload.length, sizeof text);
	assert_memory_equal(packet.payload.data, text, sizeof text);
	assert_false(packet.checksum_wrong);
	assert_int_equal(packet_next(source, &packet, &error), 0);
	packet_close(source);
	buffer_fini(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tunnel_is_opened),
		cmocka_unit_test(what_is_no_tunnel_stays_a_datagram),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(fragments_within_fragments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
