/* IP packets inside other packets: IP in IP (RFC 2003), 6in4 (RFC 4213), IPv6 tunnels (RFC 2473),
 * GRE with keys, sequence numbers and bridged Ethernet (RFC 2784, 2890), PPTP's GRE with PPP (RFC
 * 2637), mirrored ports (ERSPAN, draft-foschiano-erspan), VXLAN (RFC 7348), Geneve (RFC 8926),
 * GTP-U of mobile networks (3GPP TS 29.281), Teredo (RFC 4380).
 *
 * What is no well-formed tunnel header is left to be what it looks like from outside: a datagram of
 * its own. A tunnel's own number (VNI, key) does not tell conversations apart: two tenants with the
 * same addresses and ports are read as one. */
#include "packet/decode.h"

#include <pcap/dlt.h>

#define PROTOCOL_IPV4	    4
#define PROTOCOL_UDP	    17
#define PROTOCOL_IPV6	    41
#define PROTOCOL_GRE	    47
#define GRE_CHECKSUM	    0x8000
#define GRE_ROUTING	    0x4000
#define GRE_KEY		    0x2000
#define GRE_SEQUENCE	    0x1000
#define GRE_ACKNOWLEDGEMENT 0x0080 /* version 1 */
#define GRE_VERSION	    0x0007
#define ETHERTYPE_BRIDGED   0x6558
#define ETHERTYPE_PPP	    0x880b
#define ETHERTYPE_ERSPAN    0x88be /* types I and II */
#define ETHERTYPE_ERSPAN_3  0x22eb
#define VXLAN_PORT	    4789
#define VXLAN_PORT_LINUX    8472 /* before the number was assigned */
#define VXLAN_HAS_NUMBER    0x08
#define GENEVE_PORT	    6081
#define GTP_PORT	    2152
#define GTP_VERSION_1	    0x30 /* and no GTP' */
#define GTP_OPTIONS	    0x07 /* any of sequence, N-PDU and extensions: all their fields */
#define GTP_EXTENDED	    0x04
#define GTP_PACKET	    255
#define GTP_EXTENSIONS_MOST 8
#define TEREDO_PORT	    3544

/* What a switch copied from a port, behind a header that type I has not. */
static enum decode_result decode_erspan(struct bytes bytes, uint16_t type, bool numbered,
					struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	uint8_t version = reader_u8(&reader) >> 4;

	if (type == ETHERTYPE_ERSPAN && !numbered)
		return link_decode(DLT_EN10MB, bytes, content);
	if (version != (type == ETHERTYPE_ERSPAN ? 1 : 2))
		return DECODE_UNKNOWN;
	reader_skip(&reader, 7);
	if (type == ETHERTYPE_ERSPAN_3) {
		reader_skip(&reader, 3);
		if (reader_u8(&reader) & 1) /* a subheader follows */
			reader_skip(&reader, 8);
	}
	if (reader_failed(&reader))
		return DECODE_UNKNOWN;
	return link_decode(DLT_EN10MB, bytes_slice(bytes, reader.offset, SIZE_MAX), content);
}

static enum decode_result decode_gre(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	uint16_t flags = reader_u16be(&reader);
	uint16_t type = reader_u16be(&reader);
	uint16_t version = flags & GRE_VERSION;

	if (version > 1 || (flags & GRE_ROUTING))
		return DECODE_UNKNOWN;
	if (flags & GRE_CHECKSUM)
		reader_skip(&reader, 4);
	if (flags & GRE_KEY)
		reader_skip(&reader, 4);
	if (flags & GRE_SEQUENCE)
		reader_skip(&reader, 4);
	if (version == 1 && (flags & GRE_ACKNOWLEDGEMENT))
		reader_skip(&reader, 4);
	struct bytes inside = bytes_slice(bytes, reader.offset, SIZE_MAX);
	if (reader_failed(&reader) || inside.length == 0)
		return DECODE_UNKNOWN;
	if (type == ETHERTYPE_BRIDGED)
		return link_decode(DLT_EN10MB, inside, content);
	if (type == ETHERTYPE_PPP)
		return link_decode_ppp(inside, content);
	if (type == ETHERTYPE_ERSPAN || type == ETHERTYPE_ERSPAN_3)
		return decode_erspan(inside, type, flags & GRE_SEQUENCE, content);
	return link_decode_ethertype(type, inside, content);
}

static enum decode_result decode_vxlan(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	uint8_t flags = reader_u8(&reader);
	uint32_t reserved = reader_u16be(&reader);
	reserved |= reader_u8(&reader);
	reader_skip(&reader, 3); /* network identifier */
	reserved |= reader_u8(&reader);
	if (reader_failed(&reader) || flags != VXLAN_HAS_NUMBER || reserved)
		return DECODE_UNKNOWN;
	return link_decode(DLT_EN10MB, bytes_slice(bytes, reader.offset, SIZE_MAX), content);
}

static enum decode_result decode_geneve(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	uint8_t version = reader_u8(&reader); /* and the length of the options, in words */
	uint8_t flags = reader_u8(&reader);
	uint16_t type = reader_u16be(&reader);
	reader_skip(&reader, 3); /* network identifier */
	uint8_t reserved = reader_u8(&reader);

	reader_skip(&reader, (size_t)(version & 0x3f) * 4);
	if (reader_failed(&reader) || version >> 6 || (flags & 0x3f) || reserved)
		return DECODE_UNKNOWN;
	struct bytes inside = bytes_slice(bytes, reader.offset, SIZE_MAX);
	return type == ETHERTYPE_BRIDGED ? link_decode(DLT_EN10MB, inside, content)
					 : link_decode_ethertype(type, inside, content);
}

static enum decode_result decode_gtp(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	uint8_t flags = reader_u8(&reader), type = reader_u8(&reader);
	uint16_t length = reader_u16be(&reader);

	reader_skip(&reader, 4); /* tunnel */
	if (reader_failed(&reader) || (flags & ~GTP_OPTIONS) != GTP_VERSION_1 ||
	    type != GTP_PACKET || length != reader_left(&reader))
		return DECODE_UNKNOWN;
	if (flags & GTP_OPTIONS) {
		reader_skip(&reader, 3);
		uint8_t next = reader_u8(&reader);
		for (int i = 0; (flags & GTP_EXTENDED) && next && i < GTP_EXTENSIONS_MOST; i++) {
			size_t words = reader_u8(&reader); /* with this byte and the next type */
			reader_skip(&reader, words ? words * 4 - 2 : SIZE_MAX);
			next = reader_u8(&reader);
		}
	}
	*content = bytes_slice(bytes, reader.offset, SIZE_MAX);
	return reader_failed(&reader) ? DECODE_UNKNOWN : DECODE_OK;
}

/* IPv6 behind an authentication and an origin, both of which may be missing. */
static enum decode_result decode_teredo(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);

	if (bytes_equal(bytes_slice(bytes, 0, 2), (struct bytes){ (const uint8_t *)"\0\1", 2 })) {
		reader_skip(&reader, 2);
		size_t identifier = reader_u8(&reader), value = reader_u8(&reader);
		reader_skip(&reader, identifier + value + 9); /* nonce, confirmation */
	}
	struct bytes origin = bytes_slice(bytes, reader.offset, 2);
	if (bytes_equal(origin, (struct bytes){ (const uint8_t *)"\0\0", 2 }))
		reader_skip(&reader, 8);
	*content = bytes_slice(bytes, reader.offset, SIZE_MAX);
	return !reader_failed(&reader) && content->length && content->data[0] >> 4 == 6
		       ? DECODE_OK
		       : DECODE_UNKNOWN;
}

static enum decode_result decode_udp(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	uint16_t from = reader_u16be(&reader), to = reader_u16be(&reader);

	reader_skip(&reader, 4);
	struct bytes inside = bytes_slice(bytes, reader.offset, SIZE_MAX);
	if (reader_failed(&reader))
		return DECODE_UNKNOWN;
	if (to == VXLAN_PORT || to == VXLAN_PORT_LINUX)
		return decode_vxlan(inside, content);
	if (to == GENEVE_PORT)
		return decode_geneve(inside, content);
	if (to == GTP_PORT || from == GTP_PORT)
		return decode_gtp(inside, content);
	if (to == TEREDO_PORT || from == TEREDO_PORT)
		return decode_teredo(inside, content);
	return DECODE_UNKNOWN;
}

enum decode_result tunnel_decode(const struct datagram *datagram, struct bytes *content)
{
	enum decode_result result = DECODE_UNKNOWN;

	switch (datagram->protocol) {
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		*content = datagram->payload;
		result = DECODE_OK;
		break;
	case PROTOCOL_GRE: result = decode_gre(datagram->payload, content); break;
	case PROTOCOL_UDP: result = decode_udp(datagram->payload, content); break;
	default: break;
	}
	/* Only what says of itself that it is an IP packet. */
	if (result != DECODE_OK || content->length == 0)
		return DECODE_UNKNOWN;
	uint8_t version = content->data[0] >> 4;
	if ((datagram->protocol == PROTOCOL_IPV4 && version != 4) ||
	    (datagram->protocol == PROTOCOL_IPV6 && version != 6))
		return DECODE_UNKNOWN;
	return version == 4 || version == 6 ? DECODE_OK : DECODE_UNKNOWN;
}
