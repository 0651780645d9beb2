/* Packets and captures made in memory, for tests and fuzz targets: an IPv4/IPv6 packet with TCP or
 * UDP, its Ethernet frame, a pcap or pcapng file of frames, and a descriptor to read that from.
 * Functions abort on lack of memory; addresses are those of documentation (RFC 5737, RFC 3849). */
#ifndef KENBI_TESTS_PACKET_CRAFT_H
#define KENBI_TESTS_PACKET_CRAFT_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "packet/packet.h"

#define CRAFT_MOST 70000

struct craft {
	uint8_t data[CRAFT_MOST];
	size_t length;
};

struct craft_segment {
	const char *source, *destination;
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgement;
	uint8_t flags;
	uint16_t window;
	struct bytes options; /* a multiple of four bytes */
	struct bytes payload;
	bool wrong_checksum;
};

static inline void craft_put(struct craft *craft, const void *data, size_t length)
{
	if (length > CRAFT_MOST - craft->length)
		abort();
	if (length)
		memcpy(craft->data + craft->length, data, length);
	craft->length += length;
}

static inline void craft_u8(struct craft *craft, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	craft_put(craft, &byte, 1);
}

static inline void craft_u16(struct craft *craft, unsigned value)
{
	craft_u8(craft, value >> 8);
	craft_u8(craft, value);
}

static inline void craft_u32(struct craft *craft, uint32_t value)
{
	craft_u16(craft, value >> 16);
	craft_u16(craft, value);
}

static inline uint32_t craft_sum(uint32_t sum, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		sum += i % 2 ? bytes.data[i] : (uint32_t)bytes.data[i] << 8;
	return sum;
}

static inline uint16_t craft_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline struct address craft_address(const char *text)
{
	struct address address;
	if (address_parse(text, &address) < 0)
		abort();
	return address;
}

static inline void craft_set_checksum(struct craft *craft, size_t from, size_t field,
				      const struct address *source,
				      const struct address *destination, uint8_t protocol)
{
	size_t width = source->family == 4 ? 4 : 16;
	struct bytes segment = { craft->data + from, craft->length - from };
	uint32_t sum = craft_sum(protocol + (uint32_t)segment.length,
				 (struct bytes){ source->bytes, width });
	sum = craft_sum(sum, (struct bytes){ destination->bytes, width });
	uint16_t checksum = craft_fold(craft_sum(sum, segment));
	if (protocol == 17 && checksum == 0)
		checksum = 0xffff;
	craft->data[from + field] = (uint8_t)(checksum >> 8);
	craft->data[from + field + 1] = (uint8_t)checksum;
}

/* An IP header for `length` bytes of `protocol`; IPv4 `fragment` is the raw field (flags and
 * offset). */
static inline void craft_ip(struct craft *craft, const struct address *source,
			    const struct address *destination, uint8_t protocol, size_t length,
			    uint16_t identification, uint16_t fragment)
{
	size_t from = craft->length;
	if (source->family == 6) {
		craft_u32(craft, 0x60000000);
		craft_u16(craft, (unsigned)length);
		craft_u8(craft, protocol);
		craft_u8(craft, 64);
		craft_put(craft, source->bytes, 16);
		craft_put(craft, destination->bytes, 16);
		return;
	}
	craft_u16(craft, 0x4500);
	craft_u16(craft, (unsigned)length + 20);
	craft_u16(craft, identification);
	craft_u16(craft, fragment);
	craft_u8(craft, 64);
	craft_u8(craft, protocol);
	craft_u16(craft, 0);
	craft_put(craft, source->bytes, 4);
	craft_put(craft, destination->bytes, 4);
	uint16_t checksum = craft_fold(craft_sum(0, (struct bytes){ craft->data + from, 20 }));
	craft->data[from + 10] = (uint8_t)(checksum >> 8);
	craft->data[from + 11] = (uint8_t)checksum;
}

/* The TCP segment alone, with its checksum. */
static inline void craft_tcp_segment(struct craft *craft, const struct craft_segment *segment)
{
	struct address source = craft_address(segment->source);
	struct address destination = craft_address(segment->destination);
	size_t from = craft->length;
	craft_u16(craft, segment->source_port);
	craft_u16(craft, segment->destination_port);
	craft_u32(craft, segment->sequence);
	craft_u32(craft, segment->acknowledgement);
	craft_u8(craft, (unsigned)(5 + segment->options.length / 4) << 4);
	craft_u8(craft, segment->flags);
	craft_u16(craft, segment->window ? segment->window : 65535);
	craft_u32(craft, 0);
	craft_put(craft, segment->options.data, segment->options.length);
	craft_put(craft, segment->payload.data, segment->payload.length);
	craft_set_checksum(craft, from, 16, &source, &destination, 6);
	if (segment->wrong_checksum)
		craft->data[from + 16] ^= 0x5a;
}

static inline void craft_udp_datagram(struct craft *craft, const struct craft_segment *segment)
{
	struct address source = craft_address(segment->source);
	struct address destination = craft_address(segment->destination);
	size_t from = craft->length;
	craft_u16(craft, segment->source_port);
	craft_u16(craft, segment->destination_port);
	craft_u16(craft, (unsigned)segment->payload.length + 8);
	craft_u16(craft, 0);
	craft_put(craft, segment->payload.data, segment->payload.length);
	craft_set_checksum(craft, from, 6, &source, &destination, 17);
	if (segment->wrong_checksum)
		craft->data[from + 6] ^= 0x5a;
}

static inline void craft_ethernet(struct craft *craft, uint16_t type)
{
	craft_put(craft, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
	craft_u16(craft, type);
}

/* A whole Ethernet frame around one segment (protocol 6) or datagram (17). Replaces what `frame`
 * held. */
static inline void craft_frame(struct craft *frame, uint8_t protocol,
			       const struct craft_segment *segment)
{
	static _Thread_local struct craft inside;
	struct address source = craft_address(segment->source);
	struct address destination = craft_address(segment->destination);
	inside.length = frame->length = 0;
	if (protocol == 6)
		craft_tcp_segment(&inside, segment);
	else
		craft_udp_datagram(&inside, segment);
	craft_ethernet(frame, source.family == 4 ? 0x0800 : 0x86dd);
	craft_ip(frame, &source, &destination, protocol, inside.length, 1, 0);
	craft_put(frame, inside.data, inside.length);
}

/* --- capture files --- */

static inline void craft_file_u32(struct buffer *file, uint32_t value)
{
	if (buffer_append(file, &value, 4) < 0)
		abort();
}

/* A pcap file header in this machine's byte order, nanoseconds. */
static inline void craft_pcap(struct buffer *file, uint32_t link_type)
{
	buffer_init(file, 1u << 28);
	craft_file_u32(file, 0xa1b23c4d);
	craft_file_u32(file, 4u << 16 | 2);
	craft_file_u32(file, 0);
	craft_file_u32(file, 0);
	craft_file_u32(file, 262144);
	craft_file_u32(file, link_type);
}

/* One frame of which `kept` bytes were captured (SIZE_MAX: all). */
static inline void craft_pcap_frame(struct buffer *file, uint64_t time_ns,
				    const struct craft *frame, size_t kept)
{
	if (kept > frame->length)
		kept = frame->length;
	craft_file_u32(file, (uint32_t)(time_ns / 1000000000u));
	craft_file_u32(file, (uint32_t)(time_ns % 1000000000u));
	craft_file_u32(file, (uint32_t)kept);
	craft_file_u32(file, (uint32_t)frame->length);
	if (buffer_append(file, frame->data, kept) < 0)
		abort();
}

/* A pcapng file with one Ethernet interface in nanoseconds. */
static inline void craft_pcapng(struct buffer *file, uint16_t link_type)
{
	buffer_init(file, 1u << 28);
	craft_file_u32(file, 0x0a0d0d0a);
	craft_file_u32(file, 28);
	craft_file_u32(file, 0x1a2b3c4d);
	craft_file_u32(file, 1);
	craft_file_u32(file, UINT32_MAX);
	craft_file_u32(file, UINT32_MAX);
	craft_file_u32(file, 28);
	craft_file_u32(file, 1);
	craft_file_u32(file, 32);
	craft_file_u32(file, link_type);
	craft_file_u32(file, 0);
	craft_file_u32(file, 1u << 16 | 9); /* if_tsresol, length 1 */
	craft_file_u32(file, 9);	    /* 10^-9 s */
	craft_file_u32(file, 0);
	craft_file_u32(file, 32);
}

static inline void craft_pcapng_frame(struct buffer *file, uint64_t time_ns,
				      const struct craft *frame)
{
	static const uint8_t padding[4];
	uint32_t padded = (uint32_t)(frame->length + 3) & ~3u;
	craft_file_u32(file, 6);
	craft_file_u32(file, padded + 32);
	craft_file_u32(file, 0);
	craft_file_u32(file, (uint32_t)(time_ns >> 32));
	craft_file_u32(file, (uint32_t)time_ns);
	craft_file_u32(file, (uint32_t)frame->length);
	craft_file_u32(file, (uint32_t)frame->length);
	if (buffer_append(file, frame->data, frame->length) < 0 ||
	    buffer_append(file, padding, padded - frame->length) < 0)
		abort();
	craft_file_u32(file, padded + 32);
}

/* A descriptor from which `content` is read. */
static inline int craft_descriptor(struct bytes content)
{
	int descriptor = memfd_create("capture", 0);
	if (descriptor < 0)
		abort();
	for (size_t written = 0; written < content.length;) {
		ssize_t wrote = write(descriptor, content.data + written, content.length - written);
		if (wrote <= 0)
			abort();
		written += (size_t)wrote;
	}
	if (lseek(descriptor, 0, SEEK_SET) < 0)
		abort();
	return descriptor;
}

#endif
