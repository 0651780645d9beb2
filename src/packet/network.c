/* IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200, section 4).
 *
 * A total length of 0 is what segmentation offload leaves in captures made on the sending host: the
 * frame's own length then counts. Bytes behind the stated length are link padding and are cut. A
 * header checksum of 0 is what checksum offload leaves and is not called wrong. */
#include "packet/decode.h"

#include <string.h>

#define IPV6_HEADER	   40
#define EXTENSIONS_MOST	   16
#define HEADER_HOP_BY_HOP  0
#define HEADER_ROUTING	   43
#define HEADER_FRAGMENT	   44
#define HEADER_AUTH	   51
#define HEADER_DESTINATION 60
#define HEADER_MOBILITY	   135

static void read_address(struct reader *reader, uint8_t family, struct address *address)
{
	struct bytes bytes = reader_take(reader, family == 4 ? 4 : 16);
	*address = (struct address){ .family = family };
	if (bytes.length)
		memcpy(address->bytes, bytes.data, bytes.length);
}

static enum decode_result decode_v4(struct bytes bytes, struct datagram *datagram)
{
	struct reader reader = reader_of(bytes);
	size_t header = (size_t)(reader_u8(&reader) & 15) * 4;
	reader_skip(&reader, 1);
	uint16_t total = reader_u16be(&reader);
	datagram->identification = reader_u16be(&reader);
	uint16_t fragment = reader_u16be(&reader);
	datagram->ttl = reader_u8(&reader);
	datagram->protocol = reader_u8(&reader);
	uint16_t checksum = reader_u16be(&reader);
	read_address(&reader, 4, &datagram->source);
	read_address(&reader, 4, &datagram->destination);
	size_t length = total ? total : bytes.length;
	if (reader_failed(&reader) || header < 20 || header > length || header > bytes.length)
		return DECODE_MALFORMED;
	datagram->more_fragments = fragment & 0x2000;
	datagram->fragment_offset = (uint32_t)(fragment & 0x1fff) * 8;
	datagram->fragment = datagram->more_fragments || datagram->fragment_offset;
	datagram->checksum_wrong =
		checksum && checksum_fold(checksum_add(0, bytes_slice(bytes, 0, header)));
	datagram->length_on_wire = (uint32_t)(length - header);
	datagram->payload = bytes_slice(bytes, header, length - header);
	return DECODE_OK;
}

/* Reads one extension header and moves `next` on. False when `next` is not one. */
static bool skip_extension(struct reader *reader, uint8_t *next, struct datagram *datagram)
{
	uint8_t this = *next;
	if (this != HEADER_HOP_BY_HOP && this != HEADER_ROUTING && this != HEADER_FRAGMENT &&
	    this != HEADER_AUTH && this != HEADER_DESTINATION && this != HEADER_MOBILITY)
		return false;
	*next = reader_u8(reader);
	uint8_t units = reader_u8(reader);
	switch (this) {
	case HEADER_FRAGMENT: {
		uint16_t fragment = reader_u16be(reader);
		datagram->more_fragments = fragment & 1;
		datagram->fragment_offset = fragment & 0xfff8;
		/* An atomic fragment (RFC 6946) is a whole packet. */
		datagram->fragment = datagram->more_fragments || datagram->fragment_offset;
		datagram->identification = reader_u32be(reader);
		break;
	}
	case HEADER_AUTH: reader_skip(reader, (size_t)(units + 2) * 4 - 2); break;
	case HEADER_ROUTING: {
		reader_skip(reader, 1);
		if (reader_u8(reader)) /* segments left */
			datagram->checksum_foreign = true;
		reader_skip(reader, (size_t)units * 8 + 4);
		break;
	}
	default: reader_skip(reader, (size_t)units * 8 + 6);
	}
	return true;
}

static enum decode_result decode_v6(struct bytes bytes, struct datagram *datagram)
{
	struct reader reader = reader_of(bytes);
	reader_skip(&reader, 4);
	uint16_t stated = reader_u16be(&reader);
	uint8_t next = reader_u8(&reader);
	datagram->ttl = reader_u8(&reader);
	read_address(&reader, 6, &datagram->source);
	read_address(&reader, 6, &datagram->destination);
	if (reader_failed(&reader))
		return DECODE_MALFORMED;
	size_t length = stated ? stated : bytes.length - IPV6_HEADER;
	struct bytes inside = bytes_slice(bytes, IPV6_HEADER, length);
	struct reader extensions = reader_of(inside);
	for (int i = 0; i < EXTENSIONS_MOST; i++) {
		/* Behind a fragment header comes fragmented content, which only the whole datagram
		 * shows. */
		if (datagram->fragment || !skip_extension(&extensions, &next, datagram))
			break;
	}
	if (reader_failed(&extensions))
		return DECODE_MALFORMED;
	datagram->protocol = next;
	datagram->length_on_wire = (uint32_t)(length - extensions.offset);
	datagram->payload = bytes_slice(inside, extensions.offset, SIZE_MAX);
	return DECODE_OK;
}

enum decode_result network_decode(struct bytes bytes, struct datagram *datagram)
{
	*datagram = (struct datagram){ .fragment = false };
	if (bytes.length == 0)
		return DECODE_MALFORMED;
	switch (bytes.data[0] >> 4) {
	case 4: return decode_v4(bytes, datagram);
	case 6: return decode_v6(bytes, datagram);
	default: return DECODE_MALFORMED;
	}
}
