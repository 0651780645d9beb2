/* A TCP or UDP conversation made of packets and pushed into a table, for tests: two ends that count
 * their sequence numbers, and what the table handed on. */
#ifndef KENBI_TESTS_STREAM_WIRE_H
#define KENBI_TESTS_STREAM_WIRE_H

#include <stdlib.h>
#include <string.h>

#include "stream/stream.h"

#define WIRE_SESSIONS_MOST 64
#define WIRE_DATA_MOST	   4096

struct wire_session {
	struct stream_session session;
	uint8_t data[STREAM_SIDES][WIRE_DATA_MOST];
	size_t length[STREAM_SIDES];
};

struct wire {
	struct stream_table *table;
	struct stream_limits limits;
	uint64_t now_ns;
	uint32_t sequence[STREAM_SIDES]; /* next of each side */
	uint16_t client_port, server_port;
	uint16_t window;
	struct wire_session got[WIRE_SESSIONS_MOST];
	size_t got_count;
};

static inline int wire_receive(void *context, const struct stream_session *session)
{
	struct wire *wire = context;
	if (wire->got_count == WIRE_SESSIONS_MOST)
		abort();
	struct wire_session *got = &wire->got[wire->got_count++];
	got->session = *session;
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes data = bytes_slice(session->half[side].data, 0, WIRE_DATA_MOST);
		got->length[side] = session->half[side].data.length;
		if (data.length)
			memcpy(got->data[side], data.data, data.length);
	}
	return 0;
}

static inline struct wire *wire_new(const struct stream_limits *limits)
{
	struct wire *wire = calloc(1, sizeof *wire);
	if (!wire)
		abort();
	wire->limits = limits ? *limits : stream_default_limits();
	wire->table = stream_new(&wire->limits, wire_receive, wire);
	wire->now_ns = 1000000000;
	wire->sequence[STREAM_CLIENT] = 1000;
	wire->sequence[STREAM_SERVER] = 5000;
	wire->client_port = 1025;
	wire->server_port = 80;
	wire->window = 65535;
	return wire;
}

static inline void wire_free(struct wire *wire)
{
	stream_free(wire->table);
	free(wire);
}

/* A packet from `side` with the present numbers; to be changed and pushed by the caller. */
static inline struct packet wire_packet(struct wire *wire, enum stream_side side, uint8_t flags,
					const char *text)
{
	struct address client = address_v4(0xC0000201), server = address_v4(0xC6336402);
	bool from_client = side == STREAM_CLIENT;
	struct packet packet = {
		.time_ns = wire->now_ns += 1000000,
		.source = from_client ? client : server,
		.destination = from_client ? server : client,
		.protocol = 6,
		.source_port = from_client ? wire->client_port : wire->server_port,
		.destination_port = from_client ? wire->server_port : wire->client_port,
		.sequence = wire->sequence[side],
		.acknowledgement = flags & PACKET_ACK ? wire->sequence[!side] : 0,
		.window = wire->window,
		.flags = flags,
		.payload = bytes_of(text),
	};
	packet.payload_on_wire = (uint32_t)packet.payload.length;
	return packet;
}

static inline void wire_push(struct wire *wire, const struct packet *packet)
{
	if (stream_push(wire->table, packet) < 0)
		abort();
}

/* Sends, and counts the sequence number on. */
static inline void wire_send(struct wire *wire, enum stream_side side, uint8_t flags,
			     const char *text)
{
	struct packet packet = wire_packet(wire, side, flags, text);
	wire_push(wire, &packet);
	wire->sequence[side] +=
		(uint32_t)packet.payload.length + ((flags & (PACKET_SYN | PACKET_FIN)) != 0);
}

static inline void wire_handshake(struct wire *wire)
{
	wire_send(wire, STREAM_CLIENT, PACKET_SYN, "");
	wire_send(wire, STREAM_SERVER, PACKET_SYN | PACKET_ACK, "");
	wire_send(wire, STREAM_CLIENT, PACKET_ACK, "");
}

static inline void wire_flush(struct wire *wire)
{
	if (stream_flush(wire->table) < 0)
		abort();
}

static inline bool wire_got(const struct wire *wire, size_t index, enum stream_side side,
			    const char *text)
{
	const struct wire_session *got = &wire->got[index];
	return index < wire->got_count &&
	       bytes_equal_text((struct bytes){ got->data[side], got->length[side] }, text);
}

#endif
