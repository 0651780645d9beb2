/* A source of packets: frames from a file or an interface, taken apart and counted. */
#include "packet/decode.h"

#include <stdio.h>
#include <stdlib.h>

/* 16 MiB and 4096 datagrams; 60 s is the time that RFC 8200, section 4.5 gives. */
static const struct fragment_limits fragment_limits = { 16u << 20, 4096, 60000000000u };

struct packet_source {
	char name[200];
	struct frames *frames;
	struct fragment_table *fragments;
	struct packet_counters counters;
	bool damaged;
};

bool packet_is_capture(struct bytes beginning)
{
	struct reader reader = reader_of(beginning);
	uint32_t magic = reader_u32be(&reader);

	switch (magic) {
	case 0xa1b2c3d4: /* pcap with microseconds, both byte orders */
	case 0xd4c3b2a1:
	case 0xa1b23c4d: /* pcap with nanoseconds */
	case 0x4d3cb2a1:
	case 0xa1b2cd34: /* pcap of patched libpcaps, with more fields per frame */
	case 0x34cdb2a1:
	case 0x0a0d0d0a: /* pcapng section header */ return true;
	default: return false;
	}
}

static struct packet_source *source_new(const char *name)
{
	struct packet_source *source = calloc(1, sizeof *source);

	if (!source)
		return NULL;
	snprintf(source->name, sizeof source->name, "%s", name);
	source->fragments = fragment_table_new(&fragment_limits);
	if (!source->fragments) {
		free(source);
		return NULL;
	}
	return source;
}

int packet_open(int descriptor, const char *name, struct packet_source **result,
		struct error *error)
{
	struct frames *frames;
	int status = capture_file_open(descriptor, name, &frames, error);

	*result = NULL;
	if (status < 0)
		return status;
	struct packet_source *source = source_new(name);
	if (!source) {
		frames->close(frames);
		return error_set(error, ERROR_MEMORY, name, "no memory for a capture");
	}
	source->frames = frames;
	*result = source;
	return 0;
}

int packet_open_live(const struct packet_live *live, struct packet_source **result,
		     struct error *error)
{
	struct frames *frames;
	int status = live_open(live, &frames, error);

	*result = NULL;
	if (status < 0)
		return status;
	struct packet_source *source = source_new(live->interface);
	if (!source) {
		frames->close(frames);
		return error_set(error, ERROR_MEMORY, live->interface, "no memory for a capture");
	}
	source->frames = frames;
	*result = source;
	return 0;
}

void packet_close(struct packet_source *source)
{
	if (!source)
		return;
	source->frames->close(source->frames);
	fragment_table_free(source->fragments);
	free(source);
}

void packet_set_hosts(struct packet_source *source, const struct packet_hosts *hosts)
{
	fragment_set_hosts(source->fragments, hosts);
}

/* One IP packet, put together where it comes in fragments. */
static enum decode_result decode_ip(struct packet_source *source, struct bytes bytes,
				    uint64_t time_ns, struct datagram *datagram)
{
	enum decode_result result = network_decode(bytes, datagram);

	if (result == DECODE_OK && datagram->fragment)
		result = fragment_push(source->fragments, time_ns, datagram);
	return result;
}

static enum decode_result decode(struct packet_source *source, const struct frame *frame,
				 struct packet *packet)
{
	struct bytes inside = { NULL, 0 };
	struct datagram datagram;
	bool wrong = false;
	enum decode_result result = link_decode(frame->link_type, frame->bytes, &inside);

	*packet = (struct packet){ .time_ns = frame->time_ns };
	if (result == DECODE_OK)
		result = decode_ip(source, inside, frame->time_ns, &datagram);
	while (result == DECODE_OK && packet->tunnels < PACKET_TUNNELS_MOST &&
	       tunnel_decode(&datagram, &inside) == DECODE_OK) {
		wrong |= datagram.checksum_wrong;
		packet->tunnels++;
		result = decode_ip(source, inside, frame->time_ns, &datagram);
	}
	if (result == DECODE_OK)
		result = transport_decode(&datagram, packet);
	packet->checksum_wrong = (packet->checksum_wrong || wrong) && !frame->checksum_unfinished;
	return result;
}

static void take_given_up(struct packet_source *source)
{
	uint64_t given_up = fragment_take_given_up(source->fragments);

	source->counters.fragments -= given_up;
	source->counters.fragments_dropped += given_up;
}

static void count(struct packet_source *source, enum decode_result result)
{
	struct packet_counters *counters = &source->counters;

	counters->frames++;
	switch (result) {
	case DECODE_OK: counters->packets++; break;
	case DECODE_UNKNOWN: counters->link_unknown++; break;
	case DECODE_MALFORMED: counters->malformed++; break;
	case DECODE_KEPT: counters->fragments++; break;
	case DECODE_DROPPED: counters->fragments_dropped++; break;
	}
	take_given_up(source);
}

/* The end of the file, or of what is readable of it: fragments that still wait are given up. */
static void finish(struct packet_source *source)
{
	fragment_flush(source->fragments);
	take_given_up(source);
}

uint64_t packet_position(const struct packet_source *source)
{
	return source->frames->position(source->frames);
}

static int report_damage(struct packet_source *source, const struct error *reason,
			 struct error *error)
{
	char where[256];

	source->damaged = true;
	finish(source);
	snprintf(where, sizeof where, "%s: frame %llu, offset %llu", source->name,
		 (unsigned long long)source->counters.frames + 1,
		 (unsigned long long)packet_position(source));
	return error_set(error, ERROR_INPUT, where,
			 "the rest of the capture is damaged: %s; what came before was read",
			 reason->message);
}

int packet_next(struct packet_source *source, struct packet *packet, struct error *error)
{
	struct error reason;
	struct frame frame;

	if (source->damaged)
		return error_set(error, ERROR_INPUT, source->name,
				 "the capture was found damaged before");
	for (;;) {
		int status = source->frames->next(source->frames, &frame, &reason);
		if (status == ERROR_INPUT)
			return report_damage(source, &reason, error);
		if (status < 0) {
			if (error)
				*error = reason;
			return status;
		}
		if (status == 0)
			finish(source);
		if (status != 1)
			return status;
		enum decode_result result = decode(source, &frame, packet);
		count(source, result);
		if (result == DECODE_OK)
			return 1;
	}
}

struct packet_counters packet_counters(const struct packet_source *source)
{
	return source->counters;
}

struct packet_kernel_counters packet_kernel_counters(struct packet_source *source)
{
	if (!source->frames->kernel)
		return (struct packet_kernel_counters){ 0 };
	return source->frames->kernel(source->frames);
}
