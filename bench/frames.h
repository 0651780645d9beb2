/* TCP conversations as Ethernet frames in a pcap file, for measurements that read captures. */
#ifndef KENBI_BENCH_FRAMES_H
#define KENBI_BENCH_FRAMES_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct writer {
	FILE *file;
	uint64_t now_us;
	uint64_t frames, bytes;
};

struct endpoint {
	uint32_t address;
	uint16_t port;
	uint32_t sequence;
};

static inline void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static inline uint32_t sum(const uint8_t *at, size_t length)
{
	uint32_t total = 0;
	for (size_t i = 0; i + 1 < length; i += 2)
		total += (uint32_t)at[i] << 8 | at[i + 1];
	return total + (length % 2 ? (uint32_t)at[length - 1] << 8 : 0);
}

static inline unsigned fold(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	return ~((total & 0xffff) + (total >> 16)) & 0xffff;
}

/* An Ethernet frame with a TCP segment of `length` bytes of `payload`. */
static inline void put_frame(struct writer *writer, const struct endpoint *from,
			     const struct endpoint *to, uint8_t flags, const uint8_t *payload,
			     size_t length)
{
	uint8_t frame[1600] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };
	uint8_t *ip = frame + 14, *tcp = ip + 20;
	uint32_t record[4];

	ip[0] = 0x45;
	put16(ip + 2, (unsigned)(40 + length));
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, from->address);
	put32(ip + 16, to->address);
	put16(ip + 10, fold(sum(ip, 20)));
	put16(tcp, from->port);
	put16(tcp + 2, to->port);
	put32(tcp + 4, from->sequence);
	put32(tcp + 8, flags & 16 ? to->sequence : 0);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	memcpy(tcp + 20, payload, length);
	put16(tcp + 16,
	      fold(sum(tcp, 20 + length) + sum(ip + 12, 8) + 6 + (uint32_t)(20 + length)));
	size_t all = 54 + length < 60 ? 60 : 54 + length;
	record[0] = (uint32_t)(writer->now_us / 1000000);
	record[1] = (uint32_t)(writer->now_us++ % 1000000);
	record[2] = record[3] = (uint32_t)all;
	fwrite(record, 1, sizeof record, writer->file);
	fwrite(frame, 1, all, writer->file);
	writer->frames++;
	writer->bytes += all;
}

static const uint8_t nothing[1];

static inline void say(struct writer *writer, struct endpoint *from, struct endpoint *to,
		       uint8_t flags, const uint8_t *payload, size_t length)
{
	put_frame(writer, from, to, flags, payload, length);
	from->sequence += (uint32_t)length + ((flags & 3) != 0);
}

static inline void handshake(struct writer *writer, struct endpoint *client,
			     struct endpoint *server)
{
	say(writer, client, server, 2, nothing, 0);
	say(writer, server, client, 18, nothing, 0);
	say(writer, client, server, 16, nothing, 0);
}

static inline void goodbye(struct writer *writer, struct endpoint *client, struct endpoint *server)
{
	say(writer, client, server, 17, nothing, 0);
	say(writer, server, client, 17, nothing, 0);
	say(writer, client, server, 16, nothing, 0);
}

/* The header of a file of Ethernet frames with microseconds. */
static inline struct writer writer_open(const char *path)
{
	static const uint32_t header[] = { 0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 1 };
	struct writer writer = { .file = fopen(path, "w"), .now_us = 1700000000000000u };

	if (writer.file)
		fwrite(header, 1, sizeof header, writer.file);
	return writer;
}

#endif
