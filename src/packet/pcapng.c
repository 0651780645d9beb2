/* pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, any number of interfaces, each
 * with its own link type, time resolution and time offset.
 *
 * Read are section headers, interface descriptions, enhanced, simple and obsolete packet blocks;
 * all others are passed over. A simple packet has no time of its own and gets that of the frame
 * before. Limits: 16 MiB a block, 4,096 interfaces a section. Frames of interfaces whose link type
 * is not taken apart are handed on and counted as unknown; a file in which no interface before the
 * first frame is of a known type is refused. */
#include "packet/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pcap/dlt.h>

#define LINKTYPE_RAW	   101
#define BLOCK_MOST	   (16u << 20)
#define INTERFACES_MOST	   4096u
#define FIRST_ROOM	   (256u << 10)
#define BYTE_ORDER_MAGIC   0x1a2b3c4d
#define BLOCK_SECTION	   0x0a0d0d0a
#define BLOCK_INTERFACE	   1
#define BLOCK_PACKET	   2 /* obsolete */
#define BLOCK_SIMPLE	   3
#define BLOCK_ENHANCED	   6
#define OPTION_END	   0
#define OPTION_RESOLUTION  9
#define OPTION_TIME_OFFSET 14
#define RESOLUTION_BINARY  0x80
#define MICROSECONDS	   6 /* the resolution where none is given: 10^-6 s */
#define SECOND		   1000000000u

struct interface {
	int link_type;
	uint32_t snap; /* 0: no limit */
	uint8_t resolution;
	int64_t offset; /* seconds */
};

struct pcapng {
	struct frames frames; /* first: the two are one object */
	int descriptor;
	bool big_endian;
	struct interface *interfaces;
	size_t interface_count;
	uint64_t last_ns;
	uint64_t consumed; /* bytes of whole blocks */
	uint8_t *room;	   /* what was read and not yet consumed: [begin, end) */
	size_t capacity, begin, end;
	struct frame pending; /* the first frame, found while opening */
	bool has_pending;
};

static struct pcapng *pcapng_of(struct frames *frames)
{
	return (struct pcapng *)frames;
}

static uint16_t u16(const struct pcapng *file, struct reader *reader)
{
	return file->big_endian ? reader_u16be(reader) : reader_u16le(reader);
}

static uint32_t u32(const struct pcapng *file, struct reader *reader)
{
	return file->big_endian ? reader_u32be(reader) : reader_u32le(reader);
}

/* --- bytes --- */

/* Makes `wanted` bytes available at begin. 1: they are; 0: the file ends before; negative: error.
 */
static int fill(struct pcapng *file, size_t wanted, struct error *error)
{
	if (file->end - file->begin >= wanted)
		return 1;
	if (file->begin + wanted > file->capacity) {
		memmove(file->room, file->room + file->begin, file->end - file->begin);
		file->end -= file->begin;
		file->begin = 0;
	}
	if (wanted > file->capacity) {
		uint8_t *grown = realloc(file->room, wanted);
		if (!grown)
			return error_set(error, ERROR_MEMORY, "", "no memory for a block");
		file->room = grown;
		file->capacity = wanted;
	}
	while (file->end - file->begin < wanted) {
		ssize_t got =
			read(file->descriptor, file->room + file->end, file->capacity - file->end);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(error, ERROR_INPUT, "", "cannot be read: %s",
					 strerror(errno));
		if (got == 0)
			return 0;
		file->end += (size_t)got;
	}
	return 1;
}

static struct bytes available(const struct pcapng *file)
{
	return (struct bytes){ file->room + file->begin, file->end - file->begin };
}

/* --- interfaces --- */

static void read_options(const struct pcapng *file, struct reader *reader,
			 struct interface *interface)
{
	while (reader_left(reader) >= 4) {
		uint16_t code = u16(file, reader);
		uint16_t length = u16(file, reader);
		struct reader value = reader_of(reader_take(reader, length));
		reader_skip(reader, -length & 3u);
		if (code == OPTION_END || reader_failed(reader))
			return;
		if (code == OPTION_RESOLUTION && length == 1)
			interface->resolution = reader_u8(&value);
		if (code == OPTION_TIME_OFFSET && length == 8) {
			uint64_t first = u32(file, &value), second = u32(file, &value);
			interface->offset = (int64_t)(file->big_endian ? first << 32 | second
								       : second << 32 | first);
		}
	}
}

static int read_interface(struct pcapng *file, struct reader *reader, struct error *error)
{
	struct interface interface = { .resolution = MICROSECONDS };

	uint16_t type = u16(file, reader);
	/* Files have numbers of their own; this is the only one here that differs from libpcap's.
	 */
	interface.link_type = type == LINKTYPE_RAW ? DLT_RAW : type;
	reader_skip(reader, 2);
	interface.snap = u32(file, reader);
	if (reader_failed(reader))
		return error_set(error, ERROR_INPUT, "", "an interface description is too short");
	if (file->interface_count == INTERFACES_MOST)
		return error_set(error, ERROR_INPUT, "", "more than %u interfaces",
				 INTERFACES_MOST);
	read_options(file, reader, &interface);
	struct interface *grown =
		realloc(file->interfaces, (file->interface_count + 1) * sizeof *grown);
	if (!grown)
		return error_set(error, ERROR_MEMORY, "", "no memory for an interface");
	file->interfaces = grown;
	grown[file->interface_count++] = interface;
	return 0;
}

/* Ticks of an interface's clock in nanoseconds since 1970. */
static uint64_t to_ns(const struct interface *interface, uint64_t ticks)
{
	unsigned power = interface->resolution & 0x7f;
	unsigned __int128 ns = (unsigned __int128)ticks * SECOND;

	if (interface->resolution & RESOLUTION_BINARY) {
		ns = power < 127 ? ns >> power : 0;
	} else {
		for (unsigned i = 0; i < power && ns; i++)
			ns /= 10;
	}
	return (uint64_t)ns + (uint64_t)interface->offset * SECOND;
}

/* --- packets --- */

static int bad_packet(struct error *error)
{
	return error_set(error, ERROR_INPUT, "", "a packet block contradicts its length");
}

/* Ticks in powers of ten are by far the most common; exact and without a division each. */
static uint64_t time_of(const struct interface *interface, uint64_t ticks)
{
	static const uint32_t factors[] = { SECOND, 100000000, 10000000, 1000000, 100000,
					    10000,  1000,      100,	 10,	  1 };
	if (interface->resolution <= 9 && ticks < UINT64_MAX / SECOND)
		return ticks * factors[interface->resolution] +
		       (uint64_t)interface->offset * SECOND;
	return to_ns(interface, ticks);
}

static int read_packet(struct pcapng *file, uint32_t type, struct reader *reader,
		       struct frame *frame, struct error *error)
{
	uint32_t number = 0, captured;

	if (type == BLOCK_ENHANCED) {
		number = u32(file, reader);
	} else if (type == BLOCK_PACKET) {
		number = u16(file, reader);
		reader_skip(reader, 2); /* drops */
	}
	if (number >= file->interface_count)
		return error_set(error, ERROR_INPUT, "",
				 "a frame of interface %u, which is not described", number);
	const struct interface *interface = &file->interfaces[number];
	if (type == BLOCK_SIMPLE) {
		captured = u32(file, reader);
		if (interface->snap && captured > interface->snap)
			captured = interface->snap;
	} else {
		uint64_t ticks = u32(file, reader);
		ticks = ticks << 32 | u32(file, reader);
		file->last_ns = time_of(interface, ticks);
		captured = u32(file, reader);
		reader_skip(reader, 4); /* length on the wire */
	}
	struct bytes bytes = reader_take(reader, captured);
	if (reader_failed(reader))
		return bad_packet(error);
	*frame = (struct frame){ .time_ns = file->last_ns,
				 .link_type = interface->link_type,
				 .bytes = bytes };
	return 1;
}

/* --- blocks --- */

/* The section header tells the byte order of its own length. */
static int read_order(struct pcapng *file, struct error *error)
{
	int status = fill(file, 12, error);

	if (status <= 0)
		return status;
	struct reader reader = reader_of(bytes_slice(available(file), 8, 4));
	uint32_t magic = reader_u32be(&reader);
	if (magic != BYTE_ORDER_MAGIC && magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
		return error_set(error, ERROR_INPUT, "", "a section without byte-order magic");
	file->big_endian = magic == BYTE_ORDER_MAGIC;
	file->interface_count = 0;
	return 1;
}

/* Length of the block at begin, all of it available. 0: the file ends here, negative: error. */
static int next_block(struct pcapng *file, uint32_t *type, uint32_t *length, struct error *error)
{
	int status = fill(file, 8, error);

	if (status == 0 && file->end > file->begin)
		return error_set(error, ERROR_INPUT, "", "it ends within the head of a block");
	if (status <= 0)
		return status;
	/* The type of a section header reads the same in both byte orders. */
	if (bytes_start_with(available(file), PCAPNG_MAGIC) &&
	    (status = read_order(file, error)) <= 0)
		return status < 0 ? status
				  : error_set(error, ERROR_INPUT, "",
					      "it ends within a section header");
	struct reader reader = reader_of(available(file));
	*type = u32(file, &reader);
	*length = u32(file, &reader);
	if (*length < 12 || *length % 4 || *length > BLOCK_MOST)
		return error_set(error, ERROR_INPUT, "", "a block of %u bytes", *length);
	status = fill(file, *length, error);
	if (status == 0)
		return error_set(error, ERROR_INPUT, "", "it ends within a block");
	return status;
}

static int pcapng_next(struct frames *frames, struct frame *frame, struct error *error)
{
	struct pcapng *file = pcapng_of(frames);
	uint32_t type = 0, length = 0;

	if (file->has_pending) {
		*frame = file->pending;
		file->has_pending = false;
		return 1;
	}
	for (;;) {
		int status = next_block(file, &type, &length, error);
		if (status <= 0)
			return status;
		struct bytes block = bytes_slice(available(file), 0, length);
		struct reader trailer = reader_of(bytes_slice(block, length - 4, 4));
		if (u32(file, &trailer) != length)
			return error_set(error, ERROR_INPUT, "",
					 "a block whose two lengths contradict each other");
		struct reader reader = reader_of(bytes_slice(block, 8, length - 12));
		status = 0;
		if (type == BLOCK_INTERFACE)
			status = read_interface(file, &reader, error);
		else if (type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_PACKET)
			status = read_packet(file, type, &reader, frame, error);
		if (status < 0)
			return status;
		file->begin += length;
		file->consumed += length;
		if (status == 1)
			return 1;
	}
}

static uint64_t pcapng_position(const struct frames *frames)
{
	return ((const struct pcapng *)frames)->consumed;
}

static void pcapng_close(struct frames *frames)
{
	struct pcapng *file = pcapng_of(frames);

	close(file->descriptor);
	free(file->interfaces);
	free(file->room);
	free(file);
}

/* Reads up to the first frame, so that a file that cannot be used is refused at once. */
static int look_ahead(struct pcapng *file, const char *name, struct error *error)
{
	struct error reason;
	int status = pcapng_next(&file->frames, &file->pending, &reason);

	file->has_pending = status == 1;
	if (file->consumed == 0)
		return error_set(error, ERROR_INPUT, name, "not a readable capture: %s",
				 status < 0 ? reason.message : "it is empty");
	if (status < 0 && status != ERROR_INPUT)
		return error_set(error, status, name, "%s", reason.message);
	for (size_t i = 0; i < file->interface_count; i++)
		if (link_supported(file->interfaces[i].link_type))
			return 0;
	if (file->interface_count)
		return link_refuse(file->interfaces[0].link_type, name, error);
	return 0;
}

int pcapng_open(int descriptor, const char *name, struct frames **frames, struct error *error)
{
	struct pcapng *file = calloc(1, sizeof *file);
	uint8_t *room = malloc(FIRST_ROOM);

	*frames = NULL;
	if (!file || !room) {
		close(descriptor);
		free(file);
		free(room);
		return error_set(error, ERROR_MEMORY, name, "no memory for a capture");
	}
	*file = (struct pcapng){ .frames = { .next = pcapng_next,
					     .position = pcapng_position,
					     .close = pcapng_close },
				 .descriptor = descriptor,
				 .room = room,
				 .capacity = FIRST_ROOM,
				 .end = 4 };
	memcpy(room, PCAPNG_MAGIC, 4);
	int status = look_ahead(file, name, error);
	if (status < 0) {
		pcapng_close(&file->frames);
		return status;
	}
	*frames = &file->frames;
	return 0;
}
