/* A capture file as a sequence of packets.
 *
 * libpcap reads the file formats; it gets its bytes through a stream of our own that needs nothing
 * but read(2) on the descriptor, so that it works in a process that may only read, and that counts,
 * so that messages can name the offset of damage exactly. Time stamps are nanoseconds. A pcapng
 * file whose interfaces have different link types ends at the first frame of the second type (a
 * limit of libpcap). */
#include "packet/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pcap/pcap.h>

#define READ_SIZE (64u << 10)

/* 16 MiB and 4096 datagrams; 60 s is the time that RFC 8200, section 4.5 gives. */
static const struct fragment_limits fragment_limits = { 16u << 20, 4096, 60000000000u };

struct packet_source {
	char name[200];
	int descriptor;
	pcap_t *capture;
	int link_type;
	bool damaged;
	struct fragment_table *fragments;
	struct packet_counters counters;
	uint64_t read; /* bytes that came from the descriptor */
	char buffer[READ_SIZE];
};

static ssize_t read_more(void *cookie, char *into, size_t size)
{
	struct packet_source *source = cookie;
	ssize_t got;

	do
		got = read(source->descriptor, into, size);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		source->read += (uint64_t)got;
	return got;
}

/* Answers where the stream stands, which is all that ftello needs; goes nowhere. */
static int tell(void *cookie, off64_t *offset, int whence)
{
	const struct packet_source *source = cookie;

	if (whence != SEEK_CUR || *offset != 0) {
		errno = ESPIPE;
		return -1;
	}
	*offset = (off64_t)source->read;
	return 0;
}

static int close_descriptor(void *cookie)
{
	struct packet_source *source = cookie;
	int descriptor = source->descriptor;
	source->descriptor = -1;
	return close(descriptor);
}

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

static int open_capture(struct packet_source *source, struct error *error)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	cookie_io_functions_t functions = { .read = read_more,
					    .seek = tell,
					    .close = close_descriptor };
	FILE *stream = fopencookie(source, "r", functions);

	if (!stream)
		return error_set(error, ERROR_MEMORY, source->name, "no memory for a stream");
	setvbuf(stream, source->buffer, _IOFBF, sizeof source->buffer);
	source->capture = pcap_fopen_offline_with_tstamp_precision(
		stream, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!source->capture) {
		fclose(stream);
		return error_set(error, ERROR_INPUT, source->name, "not a readable capture: %s",
				 reason);
	}
	source->link_type = pcap_datalink(source->capture);
	if (link_supported(source->link_type))
		return 0;
	const char *name = pcap_datalink_val_to_description(source->link_type);
	return error_set(
		error, ERROR_INPUT, source->name,
		"link type %d (%s) is not supported; supported are Ethernet, Linux cooked, "
		"raw IP, loopback and PPP",
		source->link_type, name ? name : "unknown");
}

int packet_open(int descriptor, const char *name, struct packet_source **result,
		struct error *error)
{
	struct packet_source *source = calloc(1, sizeof *source);

	*result = NULL;
	if (!source) {
		close(descriptor);
		return error_set(error, ERROR_MEMORY, name, "no memory for a capture");
	}
	source->descriptor = descriptor;
	snprintf(source->name, sizeof source->name, "%s", name);
	source->fragments = fragment_table_new(&fragment_limits);
	int status = source->fragments ? open_capture(source, error)
				       : error_set(error, ERROR_MEMORY, name, "no memory");
	if (status < 0) {
		packet_close(source);
		return status;
	}
	*result = source;
	return 0;
}

void packet_close(struct packet_source *source)
{
	if (!source)
		return;
	if (source->capture)
		pcap_close(source->capture); /* closes the stream, which closes the descriptor */
	if (source->descriptor >= 0)
		close(source->descriptor);
	fragment_table_free(source->fragments);
	free(source);
}

static enum decode_result decode(struct packet_source *source, struct bytes frame,
				 struct packet *packet)
{
	struct bytes inside = { NULL, 0 };
	struct datagram datagram;
	enum decode_result result = link_decode(source->link_type, frame, &inside);

	if (result == DECODE_OK)
		result = network_decode(inside, &datagram);
	if (result == DECODE_OK && datagram.fragment)
		result = fragment_push(source->fragments, packet->time_ns, &datagram);
	if (result == DECODE_OK)
		result = transport_decode(&datagram, packet);
	return result;
}

static void count(struct packet_source *source, enum decode_result result)
{
	struct packet_counters *counters = &source->counters;

	counters->frames++;
	counters->packets += result == DECODE_OK;
	counters->link_unknown += result == DECODE_UNKNOWN;
	counters->malformed += result == DECODE_MALFORMED;
	counters->fragments += result == DECODE_KEPT;
	counters->fragments_dropped += result == DECODE_DROPPED;
	uint64_t given_up = fragment_take_given_up(source->fragments);
	counters->fragments -= given_up;
	counters->fragments_dropped += given_up;
}

/* The end of the file, or of what is readable of it: fragments that still wait are given up. */
static void finish(struct packet_source *source)
{
	fragment_flush(source->fragments);
	uint64_t given_up = fragment_take_given_up(source->fragments);
	source->counters.fragments -= given_up;
	source->counters.fragments_dropped += given_up;
}

/* What libpcap has taken: less than was read, by what waits in the stream's buffer. */
uint64_t packet_position(const struct packet_source *source)
{
	off_t position = ftello(pcap_file(source->capture));
	return position < 0 ? source->read : (uint64_t)position;
}

static int report_damage(struct packet_source *source, struct error *error)
{
	char where[256];

	source->damaged = true;
	finish(source);
	snprintf(where, sizeof where, "%s: frame %llu, offset %llu", source->name,
		 (unsigned long long)source->counters.frames + 1,
		 (unsigned long long)packet_position(source));
	return error_set(error, ERROR_INPUT, where,
			 "the rest of the capture is damaged: %s; what came before was read",
			 pcap_geterr(source->capture));
}

int packet_next(struct packet_source *source, struct packet *packet, struct error *error)
{
	struct pcap_pkthdr *header;
	const uint8_t *data;

	if (source->damaged)
		return error_set(error, ERROR_INPUT, source->name,
				 "the capture was found damaged before");
	for (;;) {
		int status = pcap_next_ex(source->capture, &header, &data);
		if (status == PCAP_ERROR_BREAK) {
			finish(source);
			return 0;
		}
		if (status != 1)
			return report_damage(source, error);
		/* libpcap puts nanoseconds into tv_usec at this precision. */
		*packet = (struct packet){ .time_ns = (uint64_t)header->ts.tv_sec * 1000000000u +
						      (uint64_t)header->ts.tv_usec };
		enum decode_result result =
			decode(source, (struct bytes){ data, header->caplen }, packet);
		count(source, result);
		if (result == DECODE_OK)
			return 1;
	}
}

struct packet_counters packet_counters(const struct packet_source *source)
{
	return source->counters;
}
