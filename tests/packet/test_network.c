#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "craft.h"
#include "packet/decode.h"

static struct craft made;

static struct bytes made_bytes(void)
{
	return (struct bytes){ made.data, made.length };
}

static void make_v4(const char *payload, uint16_t fragment)
{
	struct address source = craft_address("192.0.2.1"), to = craft_address("192.0.2.2");
	made.length = 0;
	craft_ip(&made, &source, &to, 17, strlen(payload), 99, fragment);
	craft_put(&made, payload, strlen(payload));
}

static void reads_ipv4(void **state)
{
	(void)state;
	struct datagram datagram;
	char text[ADDRESS_TEXT_SIZE];
	make_v4("payload", 0);
	craft_put(&made, "link padding", 12);
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_OK);
	assert_string_equal(address_text(&datagram.source, text), "192.0.2.1");
	assert_int_equal(datagram.protocol, 17);
	assert_int_equal(datagram.ttl, 64);
	assert_false(datagram.fragment);
	assert_false(datagram.checksum_wrong);
	assert_true(bytes_equal_text(datagram.payload, "payload"));
}

static void judges_the_header_checksum(void **state)
{
	(void)state;
	struct datagram datagram;
	make_v4("payload", 0);
	made.data[10] ^= 1;
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_OK);
	assert_true(datagram.checksum_wrong);
	made.data[10] = made.data[11] = 0; /* left to the network card */
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_OK);
	assert_false(datagram.checksum_wrong);
}

static void total_length_zero_means_the_frame(void **state)
{
	(void)state;
	struct datagram datagram;
	make_v4("offloaded", 0);
	made.data[2] = made.data[3] = 0;
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_OK);
	assert_true(bytes_equal_text(datagram.payload, "offloaded"));
}

static void a_cut_packet_knows_its_length_on_the_wire(void **state)
{
	(void)state;
	struct datagram datagram;
	make_v4("payload", 0);
	assert_int_equal(network_decode(bytes_slice(made_bytes(), 0, 23), &datagram), DECODE_OK);
	assert_int_equal(datagram.payload.length, 3);
	assert_int_equal(datagram.length_on_wire, 7);
	for (size_t cut = 0; cut < 20; cut++)
		assert_int_equal(network_decode(bytes_slice(made_bytes(), 0, cut), &datagram),
				 DECODE_MALFORMED);
}

static void contradictory_headers_are_malformed(void **state)
{
	(void)state;
	struct datagram datagram;
	make_v4("payload", 0);
	made.data[0] = 0x44; /* header of 16 bytes */
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_MALFORMED);
	made.data[0] = 0x4f; /* header longer than the packet */
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_MALFORMED);
	made.data[0] = 0x55;
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_MALFORMED);
}

static void reads_ipv6_with_extension_headers(void **state)
{
	(void)state;
	struct datagram datagram;
	struct address source = craft_address("2001:db8::1"), to = craft_address("2001:db8::2");
	static const uint8_t extensions[] = {
		60, 0, 1, 4,	0,    0,    0,	  0,   /* hop by hop, next: destination options */
		44, 0, 1, 4,	0,    0,    0,	  0,   /* destination options, next: fragment */
		17, 0, 0, 0x09, 0xde, 0xad, 0xbe, 0xef /* fragment at offset 8, more follow */
	};
	made.length = 0;
	craft_ip(&made, &source, &to, 0, sizeof extensions + 4, 0, 0);
	craft_put(&made, extensions, sizeof extensions);
	craft_put(&made, "data", 4);
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_OK);
	assert_int_equal(datagram.protocol, 17);
	assert_true(datagram.fragment);
	assert_true(datagram.more_fragments);
	assert_int_equal(datagram.fragment_offset, 8);
	assert_int_equal(datagram.identification, 0xdeadbeef);
	assert_true(bytes_equal_text(datagram.payload, "data"));
	for (size_t cut = 0; cut < 64; cut++)
		assert_int_equal(network_decode(bytes_slice(made_bytes(), 0, cut), &datagram),
				 DECODE_MALFORMED);
}

static void an_atomic_fragment_is_a_whole_packet(void **state)
{
	(void)state;
	struct datagram datagram;
	struct address source = craft_address("2001:db8::1"), to = craft_address("2001:db8::2");
	made.length = 0;
	craft_ip(&made, &source, &to, 44, 12, 0, 0);
	craft_put(&made, "\x11\0\0\0\0\0\0\1data", 12);
	assert_int_equal(network_decode(made_bytes(), &datagram), DECODE_OK);
	assert_false(datagram.fragment);
	assert_true(bytes_equal_text(datagram.payload, "data"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ipv4),
		cmocka_unit_test(judges_the_header_checksum),
		cmocka_unit_test(total_length_zero_means_the_frame),
		cmocka_unit_test(a_cut_packet_knows_its_length_on_the_wire),
		cmocka_unit_test(contradictory_headers_are_malformed),
		cmocka_unit_test(reads_ipv6_with_extension_headers),
		cmocka_unit_test(an_atomic_fragment_is_a_whole_packet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
