/* Live capture on a veth pair in a network namespace of the test's own: every frame that was sent
 * arrives, two workers share the conversations, a full ring is counted. Skipped without root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "craft.h"

static bool ready;

static int make_namespace(void **state)
{
	(void)state;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
		return 0;
	ready = system("ip link add kenbi0 type veth peer name kenbi1 && "
		       "sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 && "
		       "ip link set kenbi0 up && ip link set kenbi1 up") == 0;
	return 0;
}

static void need_root(void)
{
	if (ready)
		return;
	print_message("skipped: making a network namespace and a veth pair needs root and ip\n");
	skip();
}

static int sender_open(void)
{
	int descriptor = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("kenbi0") };
	assert_true(descriptor >= 0);
	assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof address), 0);
	return descriptor;
}

static void send_frame(int descriptor, uint16_t port, uint32_t sequence)
{
	static struct craft frame;
	struct craft_segment segment = { .source = sequence % 2 ? "192.0.2.1" : "198.51.100.2",
					 .destination = sequence % 2 ? "198.51.100.2" : "192.0.2.1",
					 .source_port = sequence % 2 ? port : 80,
					 .destination_port = sequence % 2 ? 80 : port,
					 .sequence = sequence,
					 .flags = PACKET_ACK,
					 .payload = bytes_of("live") };
	craft_frame(&frame, 6, &segment);
	while (send(descriptor, frame.data, frame.length, 0) < 0)
		assert_int_equal(errno, ENOBUFS);
}

static void frames_arrive(void **state)
{
	(void)state;
	need_root();
	struct packet_live live = { .interface = "kenbi1", .ring = 4u << 20, .promiscuous = true };
	struct packet_source *source;
	struct packet packet;
	struct error error;
	assert_int_equal(packet_open_live(&live, &source, &error), 0);
	int sender = sender_open();
	for (uint32_t i = 0; i < 500; i++)
		send_frame(sender, 1025, i);
	uint32_t got = 0;
	int status;
	while ((status = packet_next(source, &packet, &error)) == 1) {
		assert_int_equal(packet.sequence, got);
		assert_true(packet.time_ns > 1600000000ull * 1000000000ull);
		assert_false(packet.checksum_wrong);
		assert_true(bytes_equal_text(packet.payload, "live"));
		got++;
	}
	assert_int_equal(status, PACKET_IDLE);
	assert_int_equal(got, 500);
	assert_true(packet_kernel_counters(source).received == 500);
	assert_true(packet_kernel_counters(source).dropped == 0);
	close(sender);
	packet_close(source);
}

/* Both directions of each conversation go to one of the two. */
static void workers_share_conversations(void **state)
{
	(void)state;
	need_root();
	struct packet_live live = {
		.interface = "kenbi1", .ring = 4u << 20, .fanout_group = 77, .promiscuous = true
	};
	struct packet_source *sources[2];
	struct packet packet;
	struct error error;
	for (int i = 0; i < 2; i++)
		assert_int_equal(packet_open_live(&live, &sources[i], &error), 0);
	int sender = sender_open();
	for (uint32_t i = 0; i < 640; i++)
		send_frame(sender, (uint16_t)(2000 + i / 10), i);
	unsigned per_source[2] = { 0 };
	int owner[64];
	memset(owner, -1, sizeof owner);
	for (int i = 0; i < 2; i++) {
		while (packet_next(sources[i], &packet, &error) == 1) {
			unsigned port = packet.source_port == 80 ? packet.destination_port
								 : packet.source_port;
			assert_in_range(port, 2000, 2063);
			int *mine = &owner[port - 2000];
			assert_true(*mine == -1 || *mine == i);
			*mine = i;
			per_source[i]++;
		}
	}
	assert_int_equal(per_source[0] + per_source[1], 640);
	assert_true(per_source[0] > 0 && per_source[1] > 0);
	close(sender);
	for (int i = 0; i < 2; i++)
		packet_close(sources[i]);
}

static void what_the_ring_cannot_hold_is_counted(void **state)
{
	(void)state;
	need_root();
	struct packet_live live = { .interface = "kenbi1", .ring = 2u << 20, .promiscuous = true };
	struct packet_source *source;
	struct packet packet;
	struct error error;
	assert_int_equal(packet_open_live(&live, &source, &error), 0);
	int sender = sender_open();
	for (uint32_t i = 0; i < 40000; i++)
		send_frame(sender, 1025, i);
	uint64_t got = 0;
	while (packet_next(source, &packet, &error) == 1)
		got++;
	struct packet_kernel_counters kernel = packet_kernel_counters(source);
	assert_true(kernel.dropped > 0);
	assert_true(kernel.received == 40000);
	assert_true(got + kernel.dropped == 40000);
	assert_true(kernel.freezes > 0);
	close(sender);
	packet_close(source);
}

static void errors_are_clear(void **state)
{
	(void)state;
	struct packet_source *source;
	struct error error;
	struct packet_live live = { .interface = "no-such-one" };
	assert_int_equal(packet_open_live(&live, &source, &error), ERROR_SYSTEM);
	assert_string_equal(error.where, "no-such-one");
	assert_null(source);
	live.interface = "a-name-that-is-far-too-long";
	assert_int_equal(packet_open_live(&live, &source, &error), ERROR_USAGE);
	need_root();
	live.interface = "kenbi1";
	live.ring = (size_t)5 << 30;
	assert_int_equal(packet_open_live(&live, &source, &error), ERROR_USAGE);
	/* An interface that goes away ends the capture with a reason. */
	assert_int_equal(system("ip link add kenbi2 type veth peer name kenbi3 && "
				"ip link set kenbi2 up && ip link set kenbi3 up"),
			 0);
	struct packet packet;
	live = (struct packet_live){ .interface = "kenbi3", .ring = 2u << 20 };
	assert_int_equal(packet_open_live(&live, &source, &error), 0);
	assert_int_equal(system("ip link del kenbi2"), 0);
	int status = PACKET_IDLE;
	for (int tries = 0; tries < 20 && status >= 0; tries++)
		status = packet_next(source, &packet, &error);
	assert_int_equal(status, ERROR_SYSTEM);
	assert_string_equal(error.where, "kenbi3");
	packet_close(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_arrive),
		cmocka_unit_test(workers_share_conversations),
		cmocka_unit_test(what_the_ring_cannot_hold_is_counted),
		cmocka_unit_test(errors_are_clear),
	};
	return cmocka_run_group_tests(tests, make_namespace, NULL);
}
