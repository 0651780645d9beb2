/* Whole conversations through the table: both sides' streams cut at random, sent in any order,
 * again and overlapping, over wrapping sequence numbers, with garbage between them that a receiver
 * would refuse. The oracle is the receiver at its plainest: an array of bytes, which of them have
 * come, and how far they are contiguous, which is what it acknowledges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire.h"

#define MOST 3000

struct receiver {
	uint8_t sent[MOST]; /* what the peer says, all of it */
	bool came[MOST];
	uint32_t length, contiguous;
};

struct world {
	struct wire *wire;
	struct random random;
	struct receiver receivers[STREAM_SIDES]; /* by who speaks */
	uint32_t base[STREAM_SIDES];
	uint32_t clock;
};

static struct packet make(struct world *world, enum stream_side side, uint32_t from,
			  uint32_t length)
{
	struct packet packet = wire_packet(world->wire, side, PACKET_ACK | PACKET_PSH, "");
	packet.sequence = world->base[side] + from;
	packet.acknowledgement = world->base[!side] + world->receivers[!side].contiguous;
	packet.payload = (struct bytes){ world->receivers[side].sent + from, length };
	packet.payload_on_wire = length;
	packet.ttl = 60;
	packet.has_timestamp = true;
	packet.timestamp = ++world->clock;
	return packet;
}

static void deliver(struct world *world, enum stream_side side, uint32_t from, uint32_t length)
{
	struct receiver *receiver = &world->receivers[side];
	struct packet packet = make(world, side, from, length);
	wire_push(world->wire, &packet);
	for (uint32_t i = from; i < from + length; i++)
		receiver->came[i] = true;
	while (receiver->contiguous < receiver->length && receiver->came[receiver->contiguous])
		receiver->contiguous++;
}

/* Something wrong that the receiver refuses, in front of or over what is still to come. */
static void disturb(struct world *world, enum stream_side side)
{
	static const uint8_t garbage[64] = "garbage garbage garbage garbage garbage garbage";
	struct receiver *receiver = &world->receivers[side];
	uint32_t from = receiver->contiguous + random_below(&world->random, 60);
	struct packet packet = make(world, side, 0, 1);
	packet.sequence = world->base[side] + from;
	packet.payload = (struct bytes){ garbage, 1 + random_below(&world->random, 40) };
	packet.payload_on_wire = (uint32_t)packet.payload.length;
	switch (random_below(&world->random, 5)) {
	case 0: packet.checksum_wrong = true; break;
	case 1: packet.timestamp -= 100000; break;
	case 2: packet.ttl = 2; break;
	case 3: packet.flags = PACKET_PSH; break;
	default: packet.sequence += 70000; break; /* beyond the window */
	}
	wire_push(world->wire, &packet);
}

static void handshake(struct world *world)
{
	struct packet packet = make(world, STREAM_CLIENT, 0, 0);
	packet.sequence--;
	packet.flags = PACKET_SYN;
	wire_push(world->wire, &packet);
	packet = make(world, STREAM_SERVER, 0, 0);
	packet.sequence--;
	packet.flags = PACKET_SYN | PACKET_ACK;
	wire_push(world->wire, &packet);
	packet = make(world, STREAM_CLIENT, 0, 0);
	wire_push(world->wire, &packet);
}

static void start(struct world *world, uint64_t seed, enum packet_personality personality)
{
	struct stream_limits limits = stream_default_limits();
	limits.hosts.others = personality;
	*world = (struct world){ .wire = wire_new(&limits), .clock = 200000 };
	random_init(&world->random, seed, (uint64_t)personality);
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct receiver *receiver = &world->receivers[side];
		receiver->length = 1 + random_below(&world->random, MOST);
		for (uint32_t i = 0; i < receiver->length; i++)
			receiver->sent[i] = (uint8_t)random_u32(&world->random);
		/* Half of them wrap. */
		world->base[side] = random_below(&world->random, 2)
					    ? 0u - random_below(&world->random, MOST)
					    : random_u32(&world->random);
	}
	handshake(world);
}

/* Random pieces from a window ahead of what is acknowledged, until everything came. */
static void talk_at_random(struct world *world)
{
	for (;;) {
		enum stream_side side = (enum stream_side)random_below(&world->random, 2);
		struct receiver *receiver = &world->receivers[side];
		if (receiver->contiguous == receiver->length) {
			side = (enum stream_side) !side;
			receiver = &world->receivers[side];
		}
		if (receiver->contiguous == receiver->length)
			return;
		if (random_below(&world->random, 6) == 0)
			disturb(world, side);
		uint32_t back = random_below(&world->random, 30);
		uint32_t from = receiver->contiguous > back ? receiver->contiguous - back : 0;
		from += random_below(&world->random, 200);
		if (from >= receiver->length)
			from = receiver->length - 1;
		uint32_t length = 1 + random_below(&world->random, 120);
		if (length > receiver->length - from)
			length = receiver->length - from;
		deliver(world, side, from, length);
	}
}

static void every_conversation_is_read_whole(void **state)
{
	(void)state;
	unsigned refused = 0;
	for (int personality = 0; personality < PACKET_PERSONALITY_COUNT; personality++) {
		for (uint64_t seed = 0; seed < 60; seed++) {
			struct world world;
			start(&world, seed, (enum packet_personality)personality);
			talk_at_random(&world);
			for (int side = 0; side < STREAM_SIDES; side++) {
				struct packet fin = make(&world, (enum stream_side)side,
							 world.receivers[side].length, 0);
				fin.flags = PACKET_FIN | PACKET_ACK;
				wire_push(world.wire, &fin);
			}
			wire_flush(world.wire);
			assert_int_equal(world.wire->got_count, 1);
			const struct wire_session *got = &world.wire->got[0];
			assert_int_equal(got->session.end, STREAM_END_FIN);
			for (int side = 0; side < STREAM_SIDES; side++) {
				const struct receiver *receiver = &world.receivers[side];
				assert_int_equal(got->length[side], receiver->length);
				assert_memory_equal(got->data[side], receiver->sent,
						    receiver->length);
				assert_int_equal(got->session.half[side].lost, 0);
			}
			struct stream_counters counters = stream_counters(world.wire->table);
			refused += (unsigned)(counters.checksum_wrong + counters.out_of_window);
			wire_free(world.wire);
		}
	}
	assert_true(refused > 1000); /* there was something to refuse */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_conversation_is_read_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
