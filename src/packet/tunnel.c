/* IP packets inside other packets: IP in IP (RFC 2003), 6in4 (RFC 4213), IPv6 tunnels (RFC 2473),
 * GRE with keys, sequence numbers and bridged Ethernet (RFC 2784, 2890), PPTP's GRE with PPP (RFC
 * 2637), VXLAN (RFC 7348).
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
#define VXLAN_PORT	    4789
#define VXLAN_PORT_LINUX    8472 /* before the number was assigned */
#define VXLAN_HAS_NUMBER    0x08

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
	return link_decode_ethertype(type, inside, content);
}

static enum decode_result decode_vxlan(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	reader_skip(&reader, 2);
	uint16_t port = reader_u16be(&reader);
	reader_skip(&reader, 4);
	uint8_t flags = reader_u8(&reader);
	uint32_t reserved = reader_u16be(&reader);
	reserved |= reader_u8(&reader);
	reader_skip(&reader, 3); /* network identifier */
	reserved |= reader_u8(&reader);
	if (reader_failed(&reader) || (port != VXLAN_PORT && port != VXLAN_PORT_LINUX) ||
	    flags != VXLAN_HAS_NUMBER || reserved)
		return DECODE_UNKNOWN;
	return link_decode(DLT_EN10MB, bytes_slice(bytes, reader.offset, SIZE_MAX), content);
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
	case PROTOCOL_UDP: result = decode_vxlan(datagram->payload, content); break;
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
