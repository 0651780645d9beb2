/* Link headers. Ethernet with VLAN tags (802.1Q, 802.1ad, stacked), MPLS labels (RFC 3032; Ethernet
 * behind a control word, RFC 4385 and 4448) and PPPoE (RFC 2516), Linux
 * cooked v1 and v2, PPP with and without HDLC framing (RFC 1661, 1662), BSD loopback, and raw IP.
 * Layouts: https://www.tcpdump.org/linktypes.html. 802.3 frames with a length instead of a type
 * carry IP only behind SNAP (RFC 1042), which is followed. */
#include "packet/decode.h"

#include <pcap/dlt.h>

#define ETHERTYPE_IPV4	       0x0800
#define ETHERTYPE_IPV6	       0x86dd
#define ETHERTYPE_VLAN	       0x8100
#define ETHERTYPE_QINQ	       0x88a8
#define ETHERTYPE_QINQ_OLD     0x9100
#define ETHERTYPE_PPPOE	       0x8864
#define ETHERTYPE_MPLS	       0x8847
#define ETHERTYPE_MPLS_MANY    0x8848
#define ETHERTYPE_LOWEST       0x0600
#define PPP_IPV4	       0x0021
#define PPP_IPV6	       0x0057
#define PPP_MPLS	       0x0281
#define VLAN_TAGS_MOST	       8
#define LABELS_MOST	       16
#define LABEL_IS_LAST	       0x100
#define ETHERNET_ADDRESSES     12
#define LINUX_COOKED_IP_OFFSET 16

static enum decode_result rest_is_ip(struct reader *reader, struct bytes *content)
{
	if (reader_failed(reader))
		return DECODE_MALFORMED;
	*content = reader_take(reader, reader_left(reader));
	return DECODE_OK;
}

static enum decode_result decode_ethertype(struct reader *reader, uint16_t type,
					   struct bytes *content);

/* Behind the last label nothing says what follows: IP begins with its version, and the zeros of a
 * control word are put before Ethernet so that it does not. */
static enum decode_result decode_mpls(struct reader *reader, struct bytes *content)
{
	uint32_t label = 0;

	for (int labels = 0; labels < LABELS_MOST && !(label & LABEL_IS_LAST); labels++)
		label = reader_u32be(reader);
	if (reader_failed(reader) || !(label & LABEL_IS_LAST) || reader_left(reader) == 0)
		return DECODE_MALFORMED;
	uint8_t version = reader->bytes.data[reader->offset] >> 4;
	if (version == 4 || version == 6)
		return rest_is_ip(reader, content);
	if (version != 0)
		return DECODE_UNKNOWN;
	reader_skip(reader, 4 + ETHERNET_ADDRESSES);
	return decode_ethertype(reader, reader_u16be(reader), content);
}

/* The protocol field may be compressed to one byte (RFC 1661, section 6.5): an odd first byte says
 * so. */
static enum decode_result decode_ppp(struct reader *reader, struct bytes *content)
{
	uint16_t protocol = reader_u8(reader);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | reader_u8(reader));
	if (reader_failed(reader))
		return DECODE_MALFORMED;
	if (protocol == PPP_MPLS)
		return decode_mpls(reader, content);
	if (protocol != PPP_IPV4 && protocol != PPP_IPV6)
		return DECODE_UNKNOWN;
	return rest_is_ip(reader, content);
}

enum decode_result link_decode_ppp(struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	/* HDLC's address and control bytes are there or not; 0xff starts no protocol. */
	if (bytes_start_with(bytes, "\xff\x03"))
		reader_skip(&reader, 2);
	return decode_ppp(&reader, content);
}

static enum decode_result decode_pppoe(struct reader *reader, struct bytes *content)
{
	reader_skip(reader, 4); /* version and type, code, session */
	uint16_t length = reader_u16be(reader);
	if (reader_failed(reader))
		return DECODE_MALFORMED;
	struct bytes inside = bytes_slice(reader->bytes, reader->offset, length);
	struct reader inner = reader_of(inside);
	return decode_ppp(&inner, content);
}

static enum decode_result decode_ethertype(struct reader *reader, uint16_t type,
					   struct bytes *content)
{
	for (int tags = 0;
	     type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
	     tags++) {
		if (tags == VLAN_TAGS_MOST)
			return DECODE_MALFORMED;
		reader_skip(reader, 2);
		type = reader_u16be(reader);
	}
	if (type < ETHERTYPE_LOWEST && !reader_failed(reader)) {
		struct bytes snap = reader_take(reader, 6);
		static const uint8_t header[] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };
		if (!bytes_equal(snap, (struct bytes){ header, sizeof header }))
			return DECODE_UNKNOWN;
		type = reader_u16be(reader);
	}
	if (reader_failed(reader))
		return DECODE_MALFORMED;
	if (type == ETHERTYPE_PPPOE)
		return decode_pppoe(reader, content);
	if (type == ETHERTYPE_MPLS || type == ETHERTYPE_MPLS_MANY)
		return decode_mpls(reader, content);
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return DECODE_UNKNOWN;
	return rest_is_ip(reader, content);
}

enum decode_result link_decode_ethertype(uint16_t type, struct bytes bytes, struct bytes *content)
{
	struct reader reader = reader_of(bytes);
	return decode_ethertype(&reader, type, content);
}

/* The address family in the writing machine's byte order. The values of IPv6 differ among systems,
 * so that only their being small is checked; the version nibble behind decides. */
static enum decode_result decode_loopback(struct reader *reader, struct bytes *content)
{
	uint32_t family = reader_u32le(reader);
	if (reader_failed(reader))
		return DECODE_MALFORMED;
	uint32_t swapped = __builtin_bswap32(family);
	if (swapped < family)
		family = swapped;
	if (family != 2 && family != 10 && family != 24 && family != 28 && family != 30)
		return DECODE_UNKNOWN;
	return rest_is_ip(reader, content);
}

static enum decode_result decode_cooked(struct reader *reader, size_t type_offset, size_t header,
					struct bytes *content)
{
	struct reader type_reader = *reader;
	reader_skip(&type_reader, type_offset);
	uint16_t type = reader_u16be(&type_reader);
	reader_skip(reader, header);
	if (reader_failed(reader))
		return DECODE_MALFORMED;
	if (type < ETHERTYPE_LOWEST)
		return DECODE_UNKNOWN;
	return decode_ethertype(reader, type, content);
}

bool link_supported(int link_type)
{
	switch (link_type) {
	case DLT_EN10MB:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2: return true;
	default: return false;
	}
}

enum decode_result link_decode(int link_type, struct bytes frame, struct bytes *content)
{
	struct reader reader = reader_of(frame);

	switch (link_type) {
	case DLT_EN10MB: {
		reader_skip(&reader, 12);
		uint16_t type = reader_u16be(&reader);
		return decode_ethertype(&reader, type, content);
	}
	case DLT_NULL:
	case DLT_LOOP: return decode_loopback(&reader, content);
	case DLT_PPP:
	case DLT_PPP_SERIAL: return link_decode_ppp(frame, content);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6: return rest_is_ip(&reader, content);
	case DLT_LINUX_SLL: return decode_cooked(&reader, 14, LINUX_COOKED_IP_OFFSET, content);
	case DLT_LINUX_SLL2: return decode_cooked(&reader, 0, 20, content);
	default: return DECODE_UNKNOWN;
	}
}
