#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "craft.h"
#include "packet/decode.h"

static struct craft frame;

static enum decode_result decode(const struct craft_segment *segment, uint8_t protocol, size_t kept,
				 struct packet *packet)
{
	struct datagram datagram;
	craft_frame(&frame, protocol, segment);
	struct bytes ip = { frame.data + 14, frame.length - 14 };
	*packet = (struct packet){ .time_ns = 0 };
	enum decode_result result = network_decode(bytes_slice(ip, 0, kept), &datagram);
	return result == DECODE_OK ? transport_decode(&datagram, packet) : result;
}

static struct craft_segment segment_of(const char *source, const char *destination)
{
	return (struct craft_segment){ .source = source,
				       .destination = destination,
				       .source_port = 1,
				       .destination_port = 2,
				       .sequence = 0xfffffff0,
				       .acknowledgement = 3,
				       .flags = PACKET_SYN,
				       .window = 4,
				       .payload = { (const uint8_t *)"data!", 5 } };
}

static void checksums_of_both_families(void **state)
{
	(void)state;
	static const char *const ends[][2] = { { "192.0.2.1", "198.51.100.2" },
					       { "2001:db8::1", "2001:db8::2" } };
	for (size_t i = 0; i < 2; i++) {
		for (int protocol = 6; protocol <= 17; protocol += 11) {
			struct packet packet;
			struct craft_segment segment = segment_of(ends[i][0], ends[i][1]);
			assert_int_equal(decode(&segment, (uint8_t)protocol, SIZE_MAX, &packet),
					 DECODE_OK);
			assert_false(packet.checksum_wrong);
			assert_true(bytes_equal_text(packet.payload, "data!"));
			segment.wrong_checksum = true;
			assert_int_equal(decode(&segment, (uint8_t)protocol, SIZE_MAX, &packet),
					 DECODE_OK);
			assert_true(packet.checksum_wrong);
		}
	}
}

static void a_cut_segment_is_not_judged(void **state)
{
	(void)state;
	struct packet packet;
	struct craft_segment segment = segment_of("192.0.2.1", "192.0.2.2");
	segment.wrong_checksum = true;
	assert_int_equal(decode(&segment, 6, 42, &packet), DECODE_OK);
	assert_false(packet.checksum_wrong);
	assert_true(packet.truncated);
	assert_int_equal(packet.payload.length, 2);
	assert_int_equal(packet.payload_on_wire, 5);
	assert_int_equal(decode(&segment, 6, 30, &packet), DECODE_MALFORMED);
}

static void options_are_read(void **state)
{
	(void)state;
	struct packet packet;
	static const uint8_t options[] = { 1, 3, 3, 20, 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0 };
	struct craft_segment segment = segment_of("192.0.2.1", "192.0.2.2");
	segment.options = (struct bytes){ options, sizeof options };
	assert_int_equal(decode(&segment, 6, SIZE_MAX, &packet), DECODE_OK);
	assert_true(packet.has_window_scale);
	assert_int_equal(packet.window_scale, 14); /* the most that RFC 7323 allows */
	assert_true(packet.has_timestamp);
	assert_int_equal(packet.timestamp, 9);
	assert_true(bytes_equal_text(packet.payload, "data!"));
	/* Options that do not hold together end the reading, no more. */
	static const uint8_t broken[] = { 8, 200, 3, 0 };
	segment.options = (struct bytes){ broken, sizeof broken };
	assert_int_equal(decode(&segment, 6, SIZE_MAX, &packet), DECODE_OK);
	assert_false(packet.has_timestamp);
}

static void no_udp_checksum_is_not_wrong(void **state)
{
	(void)state;
	struct packet packet = { .time_ns = 0 };
	struct datagram datagram;
	struct craft_segment segment = segment_of("192.0.2.1", "192.0.2.2");
	craft_frame(&frame, 17, &segment);
	frame.data[14 + 20 + 6] = frame.data[14 + 20 + 7] = 0;
	struct bytes ip = { frame.data + 14, frame.length - 14 };
	assert_int_equal(network_decode(ip, &datagram), DECODE_OK);
	assert_int_equal(transport_decode(&datagram, &packet), DECODE_OK);
	assert_false(packet.checksum_wrong);
}

static void lengths_that_contradict_are_malformed(void **state)
{
	(void)state;
	struct packet packet = { .time_ns = 0 };
	struct datagram datagram;
	struct craft_segment segment = segment_of("192.0.2.1", "192.0.2.2");
	craft_frame(&frame, 17, &segment);
	frame.data[14 + 20 + 5] = 200; /* longer than the datagram */
	struct bytes ip = { frame.data + 14, frame.length - 14 };
	assert_int_equal(network_decode(ip, &datagram), DECODE_OK);
	assert_int_equal(transport_decode(&datagram, &packet), DECODE_MALFORMED);
	craft_frame(&frame, 6, &segment);
	frame.data[14 + 20 + 12] = 0x40; /* header of 16 bytes */
	assert_int_equal(network_decode(ip, &datagram), DECODE_OK);
	assert_int_equal(transport_decode(&datagram, &packet), DECODE_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums_of_both_families),
		cmocka_unit_test(a_cut_segment_is_not_judged),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(no_udp_checksum_is_not_wrong),
		cmocka_unit_test(lengths_that_contradict_are_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
