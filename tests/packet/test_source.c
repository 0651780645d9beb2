#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <seccomp.h>

#include "craft.h"

#define ETHERNET 1
#define SECOND	 1000000000u

static const struct craft_segment hello = { .source = "192.0.2.1",
					    .destination = "198.51.100.2",
					    .source_port = 1025,
					    .destination_port = 80,
					    .sequence = 7,
					    .acknowledgement = 9,
					    .flags = PACKET_ACK | PACKET_PSH,
					    .payload = { (const uint8_t *)"hello", 5 } };

static struct packet_source *open_bytes(struct bytes content)
{
	struct error error;
	struct packet_source *source;
	assert_int_equal(packet_open(craft_descriptor(content), "t.pcap", &source, &error), 0);
	return source;
}

static void make_three(struct buffer *file)
{
	static struct craft frame;
	craft_pcap(file, ETHERNET);
	for (unsigned i = 0; i < 3; i++) {
		craft_frame(&frame, 6, &hello);
		craft_pcap_frame(file, 1700000000ull * SECOND + i, &frame, SIZE_MAX);
	}
}

static void reads_pcap_to_the_nanosecond(void **state)
{
	(void)state;
	struct buffer file;
	struct packet packet;
	struct error error;
	make_three(&file);
	assert_true(packet_is_capture(buffer_bytes(&file)));
	struct packet_source *source = open_bytes(buffer_bytes(&file));
	for (unsigned i = 0; i < 3; i++) {
		memset(&packet, 0x5a, sizeof packet); /* nothing of it may be left */
		assert_int_equal(packet_next(source, &packet, &error), 1);
		assert_int_equal(packet.tunnels, 0);
		assert_int_equal(packet.timestamp, 0);
		assert_int_equal(packet.window_scale, 0);
		assert_true(packet.time_ns == 1700000000ull * SECOND + i);
		assert_int_equal(packet.source_port, 1025);
		assert_int_equal(packet.sequence, 7);
		assert_int_equal(packet.flags, PACKET_ACK | PACKET_PSH);
		assert_false(packet.checksum_wrong);
		assert_true(bytes_equal_text(packet.payload, "hello"));
	}
	assert_int_equal(packet_next(source, &packet, &error), 0);
	assert_int_equal(packet_counters(source).packets, 3);
	assert_true(packet_position(source) == file.length);
	packet_close(source);
	buffer_fini(&file);
}

static void reads_pcapng(void **state)
{
	(void)state;
	static struct craft frame;
	struct buffer file;
	struct packet packet;
	struct error error;
	craft_pcapng(&file, ETHERNET);
	craft_frame(&frame, 17, &hello);
	craft_pcapng_frame(&file, 5 * (uint64_t)SECOND + 42, &frame);
	assert_true(packet_is_capture(buffer_bytes(&file)));
	struct packet_source *source = open_bytes(buffer_bytes(&file));
	assert_int_equal(packet_next(source, &packet, &error), 1);
	assert_true(packet.time_ns == 5 * (uint64_t)SECOND + 42);
	assert_int_equal(packet.protocol, 17);
	assert_true(bytes_equal_text(packet.payload, "hello"));
	assert_int_equal(packet_next(source, &packet, &error), 0);
	packet_close(source);
	buffer_fini(&file);
}

/* Cut at every byte: the whole frames before the cut come out, then one error that says where. */
static void delivers_everything_before_a_cut(void **state)
{
	(void)state;
	struct buffer file;
	make_three(&file);
	size_t record = (file.length - 24) / 3;
	for (size_t cut = 24; cut < file.length; cut++) {
		struct packet packet;
		struct error error = { .code = 0 };
		struct packet_source *source = open_bytes(bytes_slice(buffer_bytes(&file), 0, cut));
		unsigned whole = 0;
		int status;
		while ((status = packet_next(source, &packet, &error)) == 1)
			whole++;
		assert_int_equal(whole, (cut - 24) / record);
		if ((cut - 24) % record == 0) {
			assert_int_equal(status, 0);
		} else {
			char frame[80];
			assert_int_equal(status, ERROR_INPUT);
			snprintf(frame, sizeof frame, "t.pcap: frame %u, offset %zu", whole + 1,
				 cut);
			assert_string_equal(error.where, frame);
			assert_int_equal(packet_next(source, &packet, &error), ERROR_INPUT);
		}
		packet_close(source);
	}
	buffer_fini(&file);
}

static void refuses_what_is_no_capture(void **state)
{
	(void)state;
	struct error error;
	struct packet_source *source;
	static const char *const texts[] = { "", "abc", "this is no capture at all, nor was it" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_false(packet_is_capture(bytes_of(texts[i])));
		assert_int_equal(
			packet_open(craft_descriptor(bytes_of(texts[i])), "x", &source, &error),
			ERROR_INPUT);
		assert_string_equal(error.where, "x");
		assert_null(source);
	}
	struct buffer file;
	craft_pcap(&file, 105); /* IEEE 802.11 */
	assert_int_equal(packet_open(craft_descriptor(buffer_bytes(&file)), "x", &source, &error),
			 ERROR_INPUT);
	assert_non_null(strstr(error.message, "802.11"));
	buffer_fini(&file);
}

static void damage_inside_is_an_error(void **state)
{
	(void)state;
	struct buffer file;
	struct packet packet;
	struct error error;
	make_three(&file);
	size_t record = (file.length - 24) / 3;
	memset(file.data + 24 + record + 8, 0xff, 4); /* captured length of the second frame */
	struct packet_source *source = open_bytes(buffer_bytes(&file));
	assert_int_equal(packet_next(source, &packet, &error), 1);
	assert_int_equal(packet_next(source, &packet, &error), ERROR_INPUT);
	assert_non_null(strstr(error.where, "frame 2"));
	packet_close(source);
	buffer_fini(&file);
}

static void every_frame_is_counted_once(void **state)
{
	(void)state;
	static struct craft frame;
	struct buffer file;
	struct packet packet;
	struct error error;
	make_three(&file);
	frame.length = 0;
	craft_ethernet(&frame, 0x0806); /* ARP */
	craft_pcap_frame(&file, 0, &frame, SIZE_MAX);
	craft_frame(&frame, 6, &hello);
	craft_pcap_frame(&file, 0, &frame, 30); /* cut within the IP header */
	struct address source = craft_address("192.0.2.1"), to = craft_address("192.0.2.2");
	frame.length = 0;
	craft_ethernet(&frame, 0x0800);
	craft_ip(&frame, &source, &to, 17, 8, 5, 0x2000);
	craft_put(&frame, "12345678", 8);
	craft_pcap_frame(&file, 0, &frame, SIZE_MAX); /* a fragment whose others never come */
	struct packet_source *capture = open_bytes(buffer_bytes(&file));
	while (packet_next(capture, &packet, &error) == 1)
		;
	struct packet_counters counters = packet_counters(capture);
	assert_int_equal(counters.frames, 6);
	assert_int_equal(counters.packets, 3);
	assert_int_equal(counters.link_unknown, 1);
	assert_int_equal(counters.malformed, 1);
	assert_int_equal(counters.fragments, 0);
	assert_int_equal(counters.fragments_dropped, 1);
	packet_close(capture);
	buffer_fini(&file);
}

static bool sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true;
#elif defined(__has_feature)
	return __has_feature(address_sanitizer);
#else
	return false;
#endif
}

/* The work itself must need nothing but read, memory and the way out. */
static void works_where_only_reading_is_allowed(void **state)
{
	(void)state;
	if (sanitized()) {
		print_message("skipped: the sanitizer itself makes other system calls\n");
		skip();
	}
	struct buffer file;
	make_three(&file);
	int descriptor = craft_descriptor(buffer_bytes(&file));
	pid_t child = fork();
	if (child == 0) {
		static const int allowed[] = { SCMP_SYS(read),	    SCMP_SYS(close),
					       SCMP_SYS(brk),	    SCMP_SYS(mmap),
					       SCMP_SYS(munmap),    SCMP_SYS(mremap),
					       SCMP_SYS(exit_group) };
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
		for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
			if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) < 0)
				_exit(90);
		if (seccomp_load(filter) < 0)
			_exit(91);
		struct packet_source *source;
		struct packet packet;
		struct error error;
		int packets = 0;
		if (packet_open(descriptor, "t.pcap", &source, &error) < 0)
			_exit(92);
		while (packet_next(source, &packet, &error) == 1)
			packets++;
		packet_close(source);
		_exit(packets);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	close(descriptor);
	buffer_fini(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_pcap_to_the_nanosecond),
		cmocka_unit_test(reads_pcapng),
		cmocka_unit_test(delivers_everything_before_a_cut),
		cmocka_unit_test(refuses_what_is_no_capture),
		cmocka_unit_test(damage_inside_is_an_error),
		cmocka_unit_test(every_frame_is_counted_once),
		cmocka_unit_test(works_where_only_reading_is_allowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
