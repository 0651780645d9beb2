/* DCE/RPC, connectionless (C706, chapter 12, "Connectionless RPC Protocol PDUs"), over UDP: one
 * call a datagram, or several fragments of one. Windows' Messenger and endpoint mapper are asked
 * so.
 *
 * Limits: the fragments of one call at a time are put together, in their order; a call whose
 * fragments mix with another's is told without its arguments being judged. */
#include "stream/dcerpc.h"

#include <string.h>

#define HEADER	    80u
#define VERSION	    4
#define REQUEST	    0
#define TYPE_MOST   10
#define FLAG_LAST   0x02
#define FLAG_PIECES 0x04
#define STUB_MOST   (1u << 20)

struct datagram_pdu {
	uint8_t type, flags;
	bool little_endian;
	uint8_t activity[UUID_SIZE];
	struct dcerpc_context context;
	uint16_t opnum, length, number;
	struct bytes body;
};

static bool read_header(struct bytes bytes, struct datagram_pdu *pdu)
{
	struct reader reader = reader_of(bytes);
	uint8_t version = reader_u8(&reader);
	pdu->type = reader_u8(&reader) & 0x1f;
	pdu->flags = reader_u8(&reader);
	reader_skip(&reader, 1);
	uint8_t representation = reader_u8(&reader);
	reader_skip(&reader, 3 + UUID_SIZE); /* representation, serial number, object */
	struct bytes interface = reader_take(&reader, UUID_SIZE);
	struct bytes activity = reader_take(&reader, UUID_SIZE);
	reader_skip(&reader, 4); /* time of the server's start */
	pdu->little_endian = representation & 0x10;
	bool little = pdu->little_endian;
	pdu->context.major = little ? reader_u16le(&reader) : reader_u16be(&reader);
	pdu->context.minor = little ? reader_u16le(&reader) : reader_u16be(&reader);
	reader_skip(&reader, 4); /* sequence number */
	pdu->opnum = little ? reader_u16le(&reader) : reader_u16be(&reader);
	reader_skip(&reader, 4); /* hints */
	pdu->length = little ? reader_u16le(&reader) : reader_u16be(&reader);
	pdu->number = little ? reader_u16le(&reader) : reader_u16be(&reader);
	reader_skip(&reader, 2); /* authentication, serial number */
	if (reader_failed(&reader) || version != VERSION || pdu->type > TYPE_MOST ||
	    (representation & 0xef))
		return false;
	memcpy(pdu->context.uuid, interface.data, UUID_SIZE);
	memcpy(pdu->activity, activity.data, UUID_SIZE);
	if (!little)
		dcerpc_swap_uuid(pdu->context.uuid);
	pdu->body = bytes_slice(bytes, HEADER, SIZE_MAX);
	return true;
}

int dcerpc_udp_recognise(const struct stream_session *session)
{
	struct datagram_pdu pdu;

	if (!read_header(side_datagram(&session->half[STREAM_CLIENT], 0), &pdu))
		return SURE_NOT;
	return pdu.length <= pdu.body.length		  ? SURE_BY_MAGIC
	       : session->half[STREAM_SERVER].port == 135 ? SURE_BY_FORM
							  : SURE_NOT;
}

struct pieces {
	struct buffer stub;
	uint8_t activity[UUID_SIZE];
	uint16_t next;
	size_t offset; /* of the first one */
	bool broken;
};

static void tell_call(struct describer *describer, size_t offset, struct datagram_pdu *pdu,
		      struct bytes stub, bool whole)
{
	pdu->context.other_syntax = !whole;
	dcerpc_describe_call(describer, &(struct dcerpc_call){ .side = STREAM_CLIENT,
							       .offset = offset,
							       .context = &pdu->context,
							       .opnum = pdu->opnum,
							       .little_endian = pdu->little_endian,
							       .stub = stub,
							       .over = "" });
}

static void read_piece(struct describer *describer, struct pieces *pieces, size_t offset,
		       struct datagram_pdu *pdu, struct bytes stub)
{
	if (pdu->number == 0) {
		buffer_clear(&pieces->stub);
		memcpy(pieces->activity, pdu->activity, UUID_SIZE);
		pieces->next = 0;
		pieces->broken = false;
		pieces->offset = offset;
	}
	pieces->broken |= pdu->number != pieces->next ||
			  memcmp(pieces->activity, pdu->activity, UUID_SIZE) != 0;
	pieces->next++;
	if (stub.length && buffer_append(&pieces->stub, stub.data, stub.length) < 0)
		describer->cut = true;
	if (pdu->flags & FLAG_LAST)
		tell_call(describer, pieces->offset, pdu, buffer_bytes(&pieces->stub),
			  !pieces->broken);
}

static void read_datagram(struct describer *describer, struct pieces *pieces, size_t offset,
			  struct bytes bytes)
{
	struct datagram_pdu pdu;

	if (!read_header(bytes, &pdu)) {
		describe_deviation(describer, STREAM_CLIENT, offset, "datagram that is no DCE/RPC");
		return;
	}
	if (pdu.length > pdu.body.length)
		describe_deviation(describer, STREAM_CLIENT, offset,
				   "DCE/RPC datagram shorter than its stated length");
	if (pdu.type != REQUEST)
		return;
	struct bytes stub = bytes_slice(pdu.body, 0, pdu.length);
	if (pdu.flags & FLAG_PIECES)
		read_piece(describer, pieces, offset, &pdu, stub);
	else
		tell_call(describer, offset, &pdu, stub, true);
}

void dcerpc_udp_read(struct describer *describer)
{
	const struct stream_half *client = &describer->session->half[STREAM_CLIENT];
	struct pieces pieces = { .next = 0 };

	buffer_init(&pieces.stub, STUB_MOST);
	for (size_t i = 0; i < client->segment_count && !describer->cut; i++)
		read_datagram(describer, &pieces, client->segments[i].offset,
			      side_datagram(client, i));
	buffer_fini(&pieces.stub);
}
