/* TCP (RFC 9293) and UDP (RFC 768) headers and checksums. Every other protocol is handed on as it
 * is.
 *
 * A checksum is judged only where it can be: all bytes were captured and the pseudo header is
 * known. UDP over IPv4 with checksum 0 has none; over IPv6 a zero is wrong (RFC 8200, section 8.1).
 */
#include "packet/decode.h"

#define OPTION_END	    0
#define OPTION_NOTHING	    1
#define OPTION_WINDOW_SCALE 3
#define OPTION_TIMESTAMPS   8
#define WINDOW_SCALE_MOST   14 /* RFC 7323, section 2.3 */

static bool checksum_is_right(const struct datagram *datagram, struct bytes segment)
{
	size_t width = datagram->source.family == 4 ? 4 : 16;
	uint32_t sum = checksum_add(0, (struct bytes){ datagram->source.bytes, width });
	sum = checksum_add(sum, (struct bytes){ datagram->destination.bytes, width });
	sum += datagram->protocol;
	sum += (uint32_t)(segment.length >> 16) + (uint32_t)(segment.length & 0xffff);
	return checksum_fold(checksum_add(sum, segment)) == 0;
}

static bool checksum_can_be_judged(const struct datagram *datagram)
{
	return !datagram->checksum_foreign && datagram->payload.length == datagram->length_on_wire;
}

static void read_options(struct bytes options, struct packet *packet)
{
	struct reader reader = reader_of(options);
	while (reader_left(&reader)) {
		uint8_t kind = reader_u8(&reader);
		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOTHING)
			continue;
		uint8_t length = reader_u8(&reader);
		if (length < 2)
			return;
		struct reader value = reader_of(reader_take(&reader, (size_t)length - 2));
		if (reader_failed(&reader))
			return;
		if (kind == OPTION_TIMESTAMPS && length == 10) {
			packet->has_timestamp = true;
			packet->timestamp = reader_u32be(&value);
		} else if (kind == OPTION_WINDOW_SCALE && length == 3) {
			uint8_t scale = reader_u8(&value);
			packet->has_window_scale = true;
			packet->window_scale =
				scale > WINDOW_SCALE_MOST ? WINDOW_SCALE_MOST : scale;
		}
	}
}

static enum decode_result decode_tcp(const struct datagram *datagram, struct packet *packet)
{
	struct bytes segment = datagram->payload;
	struct reader reader = reader_of(segment);
	packet->source_port = reader_u16be(&reader);
	packet->destination_port = reader_u16be(&reader);
	packet->sequence = reader_u32be(&reader);
	packet->acknowledgement = reader_u32be(&reader);
	size_t header = (size_t)(reader_u8(&reader) >> 4) * 4;
	packet->flags = reader_u8(&reader) & 0x3f;
	packet->window = reader_u16be(&reader);
	reader_skip(&reader, 2);
	packet->urgent = reader_u16be(&reader);
	if (reader_failed(&reader) || header < 20 || header > datagram->length_on_wire)
		return DECODE_MALFORMED;
	read_options(bytes_slice(segment, 20, header - 20), packet);
	packet->payload = bytes_slice(segment, header, SIZE_MAX);
	packet->payload_on_wire = datagram->length_on_wire - (uint32_t)header;
	if (checksum_can_be_judged(datagram) && !checksum_is_right(datagram, segment))
		packet->checksum_wrong = true;
	return DECODE_OK;
}

static enum decode_result decode_udp(const struct datagram *datagram, struct packet *packet)
{
	struct reader reader = reader_of(datagram->payload);
	packet->source_port = reader_u16be(&reader);
	packet->destination_port = reader_u16be(&reader);
	uint32_t length = reader_u16be(&reader);
	uint16_t checksum = reader_u16be(&reader);
	if (length == 0) /* offloaded, or a jumbogram (RFC 2675) */
		length = datagram->length_on_wire;
	if (reader_failed(&reader) || length < 8 || length > datagram->length_on_wire)
		return DECODE_MALFORMED;
	struct bytes whole = bytes_slice(datagram->payload, 0, length);
	packet->payload = bytes_slice(whole, 8, SIZE_MAX);
	packet->payload_on_wire = length - 8;
	bool has_checksum = checksum || datagram->source.family == 6;
	if (has_checksum && !datagram->checksum_foreign && whole.length == length &&
	    !checksum_is_right(datagram, whole))
		packet->checksum_wrong = true;
	return DECODE_OK;
}

enum decode_result transport_decode(const struct datagram *datagram, struct packet *packet)
{
	enum decode_result result = DECODE_OK;

	packet->source = datagram->source;
	packet->destination = datagram->destination;
	packet->protocol = datagram->protocol;
	packet->ttl = datagram->ttl;
	packet->checksum_wrong = datagram->checksum_wrong;
	packet->payload = datagram->payload;
	packet->payload_on_wire = datagram->length_on_wire;
	if (datagram->protocol == 6)
		result = decode_tcp(datagram, packet);
	else if (datagram->protocol == 17)
		result = decode_udp(datagram, packet);
	packet->truncated = packet->payload.length < packet->payload_on_wire;
	return result;
}
