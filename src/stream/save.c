/* A conversation as a capture file of its own: what each side said, with the times at which it
 * came, in packets that any reader of pcap takes.
 *
 * The packets are made anew from what was rebuilt: in order, without repetitions, a handshake in
 * front where the beginning was seen, FIN or RST behind as it ended. Bytes that never came are
 * missing in the file too. Lengths are cut at 32 KiB a packet. Link type: raw IP. */
#include "stream/stream.h"

#include <string.h>

#define PACKET_MOST  32768u
#define HEADERS_MOST 60u /* IPv6 and TCP */
#define LINKTYPE_RAW 101
#define PCAP_NANO    0xa1b23c4d
#define SECOND	     1000000000u
#define PROTOCOL_TCP 6
#define FIRST_NUMBER 1 /* of both sides' sequences, the SYN's is the one before */

struct saving {
	const struct stream_session *session;
	struct buffer *into;
	uint32_t next[STREAM_SIDES]; /* sequence numbers */
	bool failed;
};

static void put(struct saving *saving, const void *data, size_t length)
{
	if (length && buffer_append(saving->into, data, length) < 0)
		saving->failed = true;
}

static void put_u32le(struct saving *saving, uint32_t value)
{
	uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			    (uint8_t)(value >> 24) };
	put(saving, bytes, sizeof bytes);
}

static void set_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void set_u32(uint8_t *at, uint32_t value)
{
	set_u16(at, value >> 16);
	set_u16(at + 2, value & 0xffff);
}

static uint64_t sum_words(uint64_t sum, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		sum += i % 2 ? bytes.data[i] : (uint32_t)bytes.data[i] << 8;
	return sum;
}

static uint16_t fold_sum(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Returns the length of the IP header for `length` bytes behind it. */
static size_t set_ip(uint8_t *ip, const struct stream_half *from, const struct stream_half *to,
		     uint8_t protocol, size_t length)
{
	if (from->address.family == 6) {
		ip[0] = 0x60;
		set_u16(ip + 4, (uint32_t)length);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, from->address.bytes, 16);
		memcpy(ip + 24, to->address.bytes, 16);
		return 40;
	}
	ip[0] = 0x45;
	set_u16(ip + 2, (uint32_t)length + 20);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, from->address.bytes, 4);
	memcpy(ip + 16, to->address.bytes, 4);
	set_u16(ip + 10, fold_sum(sum_words(0, (struct bytes){ ip, 20 })));
	return 20;
}

static uint16_t transport_checksum(const struct stream_half *from, const struct stream_half *to,
				   uint8_t protocol, struct bytes header, struct bytes payload)
{
	size_t width = from->address.family == 6 ? 16 : 4;
	uint64_t sum = protocol + header.length + payload.length;
	sum = sum_words(sum, (struct bytes){ from->address.bytes, width });
	sum = sum_words(sum, (struct bytes){ to->address.bytes, width });
	return fold_sum(sum_words(sum_words(sum, header), payload));
}

static void put_packet(struct saving *saving, enum stream_side side, uint64_t time_ns,
		       uint8_t flags, struct bytes payload)
{
	const struct stream_half *from = &saving->session->half[side];
	const struct stream_half *to = &saving->session->half[!side];
	uint8_t headers[HEADERS_MOST] = { 0 };
	bool tcp = saving->session->protocol == PROTOCOL_TCP;
	size_t transport = tcp ? 20 : 8;
	size_t ip =
		set_ip(headers, from, to, saving->session->protocol, transport + payload.length);
	uint8_t *header = headers + ip;

	set_u16(header, from->port);
	set_u16(header + 2, to->port);
	if (tcp) {
		set_u32(header + 4, saving->next[side]);
		set_u32(header + 8, flags & PACKET_ACK ? saving->next[!side] : 0);
		header[12] = 0x50;
		header[13] = flags;
		set_u16(header + 14, 65535);
	} else {
		set_u16(header + 4, (uint32_t)(8 + payload.length));
	}
	uint16_t checksum = transport_checksum(from, to, saving->session->protocol,
					       (struct bytes){ header, transport }, payload);
	set_u16(header + (tcp ? 16 : 6), !tcp && checksum == 0 ? 0xffff : checksum);
	uint32_t length = (uint32_t)(ip + transport + payload.length);
	put_u32le(saving, (uint32_t)(time_ns / SECOND));
	put_u32le(saving, (uint32_t)(time_ns % SECOND));
	put_u32le(saving, length);
	put_u32le(saving, length);
	put(saving, headers, ip + transport);
	put(saving, payload.data, payload.length);
}

static void put_flag(struct saving *saving, enum stream_side side, uint64_t time_ns, uint8_t flags)
{
	put_packet(saving, side, time_ns, flags, (struct bytes){ NULL, 0 });
	saving->next[side] += (flags & (PACKET_SYN | PACKET_FIN)) != 0;
}

static void put_segment(struct saving *saving, enum stream_side side,
			const struct stream_segment *segment)
{
	const struct stream_half *half = &saving->session->half[side];
	struct bytes data = bytes_slice(half->data, segment->offset, segment->length);

	for (size_t at = 0; at < data.length && !saving->failed; at += PACKET_MOST) {
		struct bytes part = bytes_slice(data, at, PACKET_MOST);
		saving->next[side] = FIRST_NUMBER + (uint32_t)(segment->offset + at);
		put_packet(saving, side, segment->time_ns, PACKET_ACK | PACKET_PSH, part);
		saving->next[side] += (uint32_t)part.length;
	}
}

/* Both sides' segments in the order of their times. */
static void put_segments(struct saving *saving)
{
	const struct stream_half *half = saving->session->half;
	size_t at[STREAM_SIDES] = { 0, 0 };

	while (!saving->failed) {
		bool client = at[STREAM_CLIENT] < half[STREAM_CLIENT].segment_count;
		bool server = at[STREAM_SERVER] < half[STREAM_SERVER].segment_count;
		if (!client && !server)
			return;
		enum stream_side side = STREAM_CLIENT;
		if (!client ||
		    (server && half[STREAM_SERVER].segments[at[STREAM_SERVER]].time_ns <
				       half[STREAM_CLIENT].segments[at[STREAM_CLIENT]].time_ns))
			side = STREAM_SERVER;
		put_segment(saving, side, &half[side].segments[at[side]++]);
	}
}

static void put_end(struct saving *saving)
{
	uint64_t last = saving->session->last_ns;

	if (saving->session->end == STREAM_END_RST) {
		put_flag(saving, STREAM_CLIENT, last, PACKET_RST | PACKET_ACK);
	} else if (saving->session->end == STREAM_END_FIN) {
		put_flag(saving, STREAM_CLIENT, last, PACKET_FIN | PACKET_ACK);
		put_flag(saving, STREAM_SERVER, last, PACKET_FIN | PACKET_ACK);
		put_flag(saving, STREAM_CLIENT, last, PACKET_ACK);
	}
}

int stream_save(const struct stream_session *session, struct buffer *capture)
{
	struct saving saving = { .session = session,
				 .into = capture,
				 .next = { FIRST_NUMBER, FIRST_NUMBER } };
	bool tcp = session->protocol == PROTOCOL_TCP;

	put_u32le(&saving, PCAP_NANO);
	put_u32le(&saving, 4u << 16 | 2);
	put_u32le(&saving, 0);
	put_u32le(&saving, 0);
	put_u32le(&saving, 65535);
	put_u32le(&saving, LINKTYPE_RAW);
	if (tcp && !session->picked_up) {
		saving.next[STREAM_CLIENT] = saving.next[STREAM_SERVER] = FIRST_NUMBER - 1;
		put_flag(&saving, STREAM_CLIENT, session->first_ns, PACKET_SYN);
		put_flag(&saving, STREAM_SERVER, session->first_ns, PACKET_SYN | PACKET_ACK);
		put_flag(&saving, STREAM_CLIENT, session->first_ns, PACKET_ACK);
	}
	put_segments(&saving);
	if (tcp)
		put_end(&saving);
	return saving.failed ? ERROR_LIMIT : 0;
}
