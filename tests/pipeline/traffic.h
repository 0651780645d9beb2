/* A capture made in memory for tests of the pipeline: conversations one after the other, each a
 * request with an answer, some of them carrying code. */
#ifndef KENBI_TESTS_PIPELINE_TRAFFIC_H
#define KENBI_TESTS_PIPELINE_TRAFFIC_H

#include <stdio.h>

#include "../packet/craft.h"

/* tests/vectors/linux_execve.asm: execve("/bin/sh") */
#define TRAFFIC_CODE "\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80"

struct traffic {
	struct buffer file;
	uint64_t now_ns;
};

static inline void traffic_init(struct traffic *traffic)
{
	craft_pcap(&traffic->file, 1);
	traffic->now_ns = 1700000000ull * 1000000000u;
}

static inline void traffic_frame(struct traffic *traffic, bool client, uint16_t port,
				 uint32_t sequence, uint32_t acknowledgement, uint8_t flags,
				 struct bytes payload)
{
	static struct craft frame;
	struct craft_segment segment = {
		.source = client ? "192.0.2.1" : "198.51.100.2",
		.destination = client ? "198.51.100.2" : "192.0.2.1",
		.source_port = client ? port : 80,
		.destination_port = client ? 80 : port,
		.sequence = sequence,
		.acknowledgement = acknowledgement,
		.flags = flags,
		.payload = payload,
	};
	craft_frame(&frame, 6, &segment);
	craft_pcap_frame(&traffic->file, traffic->now_ns += 1000000, &frame, SIZE_MAX);
}

/* A whole conversation from that port; each side at most 1,400 bytes. */
static inline void traffic_conversation(struct traffic *traffic, uint16_t port, struct bytes said,
					struct bytes answered)
{
	const uint32_t c = 1000, s = 5000;
	uint32_t asked = c + 1 + (uint32_t)said.length, told = s + 1 + (uint32_t)answered.length;
	const struct bytes none = { NULL, 0 };

	traffic_frame(traffic, true, port, c, 0, PACKET_SYN, none);
	traffic_frame(traffic, false, port, s, c + 1, PACKET_SYN | PACKET_ACK, none);
	traffic_frame(traffic, true, port, c + 1, s + 1, PACKET_ACK, none);
	if (said.length)
		traffic_frame(traffic, true, port, c + 1, s + 1, PACKET_ACK | PACKET_PSH, said);
	if (answered.length)
		traffic_frame(traffic, false, port, s + 1, asked, PACKET_ACK | PACKET_PSH,
			      answered);
	traffic_frame(traffic, true, port, asked, told, PACKET_FIN | PACKET_ACK, none);
	traffic_frame(traffic, false, port, told, asked + 1, PACKET_FIN | PACKET_ACK, none);
	traffic_frame(traffic, true, port, asked + 1, told + 1, PACKET_ACK, none);
}

/* A plain HTTP exchange; `code`: with TRAFFIC_CODE in the request's body. */
static inline void traffic_web(struct traffic *traffic, uint16_t port, bool code)
{
	char said[1024];
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nThe quick brown "
				     "fox jumps over the dogs.";
	size_t length = (size_t)snprintf(
		said, sizeof said,
		"POST /page%u HTTP/1.1\r\nHost: example.org\r\nContent-Length: %u\r\n\r\n",
		(unsigned)port, code ? 200 + (unsigned)sizeof TRAFFIC_CODE - 1 : 200);

	memset(said + length, 'n', 200);
	length += 200;
	if (code) {
		memcpy(said + length, TRAFFIC_CODE, sizeof TRAFFIC_CODE - 1);
		length += sizeof TRAFFIC_CODE - 1;
	}
	traffic_conversation(traffic, port, (struct bytes){ (const uint8_t *)said, length },
			     bytes_of(answer));
}

#endif
