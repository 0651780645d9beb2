/* pcapng beyond one interface: both byte orders, link types, resolutions, offsets, and damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "craft.h"

#define SECOND 1000000000ull

static const struct craft_segment hello = { .source = "192.0.2.1",
					    .destination = "198.51.100.2",
					    .source_port = 1025,
					    .destination_port = 80,
					    .flags = PACKET_ACK,
					    .payload = { (const uint8_t *)"hello", 5 } };

struct writer {
	struct buffer file;
	bool big_endian;
};

static void put(struct writer *writer, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++) {
		unsigned shift = 8 * (writer->big_endian ? width - 1 - i : i);
		uint8_t byte = (uint8_t)(value >> shift);
		if (buffer_append(&writer->file, &byte, 1) < 0)
			abort();
	}
}

static void put_section(struct writer *writer)
{
	put(writer, 0x0a0d0d0a, 4);
	put(writer, 28, 4);
	put(writer, 0x1a2b3c4d, 4);
	put(writer, 1, 2);
	put(writer, 0, 2);
	put(writer, UINT64_MAX, 8);
	put(writer, 28, 4);
}

static void put_interface(struct writer *writer, unsigned link_type, uint8_t resolution,
			  int64_t offset)
{
	put(writer, 1, 4);
	put(writer, 48, 4);
	put(writer, link_type, 2);
	put(writer, 0, 2);
	put(writer, 0, 4);
	put(writer, 9, 2); /* resolution */
	put(writer, 1, 2);
	put(writer, resolution, 1);
	put(writer, 0, 3);
	put(writer, 14, 2); /* time offset */
	put(writer, 8, 2);
	put(writer, (uint64_t)offset, 8);
	put(writer, 0, 4); /* end of options */
	put(writer, 0, 4);
	put(writer, 48, 4);
}

static void put_frame(struct writer *writer, unsigned interface, uint64_t ticks, struct bytes frame)
{
	static const uint8_t padding[4];
	uint32_t padded = (uint32_t)(frame.length + 3) & ~3u;
	put(writer, 6, 4);
	put(writer, padded + 32, 4);
	put(writer, interface, 4);
	put(writer, ticks >> 32, 4);
	put(writer, ticks & 0xffffffff, 4);
	put(writer, frame.length, 4);
	put(writer, frame.length, 4);
	if (buffer_append(&writer->file, frame.data, frame.length) < 0 ||
	    buffer_append(&writer->file, padding, padded - frame.length) < 0)
		abort();
	put(writer, padded + 32, 4);
}

static struct packet_source *open_writer(struct writer *writer)
{
	struct packet_source *source;
	struct error error;
	assert_int_equal(packet_open(craft_descriptor(buffer_bytes(&writer->file)), "t.pcapng",
				     &source, &error),
			 0);
	return source;
}

static void interfaces_differ(void **state)
{
	(void)state;
	static struct craft frame;
	craft_frame(&frame, 6, &hello);
	struct bytes ethernet = { frame.data, frame.length };
	struct bytes raw = bytes_slice(ethernet, 14, SIZE_MAX);
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct writer writer = { .big_endian = big_endian };
		struct packet packet;
		struct error error;
		buffer_init(&writer.file, 1u << 20);
		put_section(&writer);
		put_interface(&writer, 1, 6, 0);
		put_interface(&writer, 101, 9, 100);
		put_interface(&writer, 105, 6, 0); /* not supported: its frames are unknown */
		put_frame(&writer, 0, 5000001, ethernet);
		put_frame(&writer, 1, 7 * SECOND + 3, raw);
		put_frame(&writer, 2, 1, ethernet);
		/* Another section: its interfaces count from 0 again. */
		writer.big_endian = !big_endian;
		put_section(&writer);
		put_interface(&writer, 101, 0x80 | 10, -1); /* 2^-10 s */
		put_frame(&writer, 0, 10 * 1024 + 512, raw);
		struct packet_source *source = open_writer(&writer);
		static const uint64_t times[] = { 5 * SECOND + 1000, 107 * SECOND + 3,
						  9 * SECOND + SECOND / 2 };
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(packet_next(source, &packet, &error), 1);
			assert_true(packet.time_ns == times[i]);
			assert_true(bytes_equal_text(packet.payload, "hello"));
		}
		assert_int_equal(packet_next(source, &packet, &error), 0);
		assert_int_equal(packet_counters(source).link_unknown, 1);
		assert_true(packet_position(source) == writer.file.length);
		packet_close(source);
		buffer_fini(&writer.file);
	}
}

static void a_file_without_a_known_link_type_is_refused(void **state)
{
	(void)state;
	struct writer writer = { .big_endian = false };
	struct packet_source *source;
	struct error error;
	buffer_init(&writer.file, 1u << 20);
	put_section(&writer);
	put_interface(&writer, 105, 6, 0);
	assert_int_equal(
		packet_open(craft_descriptor(buffer_bytes(&writer.file)), "x", &source, &error),
		ERROR_INPUT);
	assert_non_null(strstr(error.message, "802.11"));
	buffer_fini(&writer.file);
}

/* Cut at every byte, and every byte changed: an answer, an end or an error with its place. */
static void damage_has_a_place(void **state)
{
	(void)state;
	static struct craft frame;
	struct writer writer = { .big_endian = false };
	craft_frame(&frame, 6, &hello);
	buffer_init(&writer.file, 1u << 20);
	put_section(&writer);
	put_interface(&writer, 1, 6, 0);
	put_frame(&writer, 0, 1, (struct bytes){ frame.data, frame.length });
	size_t head = 28 + 48, block = writer.file.length - head;
	put_frame(&writer, 0, 2, (struct bytes){ frame.data, frame.length });
	for (size_t cut = head; cut <= writer.file.length; cut++) {
		struct packet packet;
		struct error error = { .code = 0 };
		struct packet_source *source;
		struct bytes part = bytes_slice(buffer_bytes(&writer.file), 0, cut);
		assert_int_equal(packet_open(craft_descriptor(part), "t", &source, &error), 0);
		unsigned whole = 0;
		int status;
		while ((status = packet_next(source, &packet, &error)) == 1)
			whole++;
		assert_int_equal(whole, (cut - head) / block);
		assert_int_equal(status, (cut - head) % block ? ERROR_INPUT : 0);
		if (status < 0)
			assert_non_null(strstr(error.where, whole ? "frame 2" : "frame 1"));
		packet_close(source);
	}
	for (size_t at = 0; at < writer.file.length; at++) {
		struct packet packet;
		struct error error;
		struct packet_source *source;
		writer.file.data[at] ^= 0xff;
		if (packet_open(craft_descriptor(buffer_bytes(&writer.file)), "t", &source,
				&error) == 0) {
			unsigned packets = 0;
			while (packet_next(source, &packet, &error) == 1)
				packets++;
			assert_in_range(packets, 0, 2);
			packet_close(source);
		}
		writer.file.data[at] ^= 0xff;
	}
	buffer_fini(&writer.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_differ),
		cmocka_unit_test(a_file_without_a_known_link_type_is_refused),
		cmocka_unit_test(damage_has_a_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
