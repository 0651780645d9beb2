#include "stream/dcerpc.h"

#include <stdio.h>
#include <string.h>

#define HEADER	    16u
#define PDU_MOST    65535u
#define STUB_MOST   (4u << 20)
#define SYNTAX_SIZE 20u /* UUID and version */
#define FLAG_FIRST  1
#define FLAG_LAST   2
#define FLAG_OBJECT 0x80

#define FLOATS_MOST   3 /* IEEE, VAX, Cray, IBM (C706, section 14.1) */
#define LEVEL_PRIVACY 6 /* [MS-RPCE] 2.2.1.1.8 */

enum pdu_type {
	PDU_REQUEST = 0,
	PDU_RESPONSE = 2,
	PDU_FAULT = 3,
	PDU_BIND = 11,
	PDU_BIND_ACK = 12,
	PDU_BIND_NAK = 13,
	PDU_ALTER_CONTEXT = 14,
	PDU_ALTER_CONTEXT_RESPONSE = 15,
	PDU_AUTH3 = 16,
	PDU_SHUTDOWN = 17,
	PDU_CANCEL = 18,
	PDU_ORPHANED = 19
};

struct pdu {
	uint8_t type, flags;
	bool little_endian;
	bool sealed; /* the stub is encrypted */
	uint16_t length, auth_length;
	uint32_t call;
	size_t offset; /* in the session's side */
	enum stream_side side;
	struct bytes body; /* behind the common header, without authentication trailer */
};

static uint16_t read_u16(struct reader *reader, bool little_endian)
{
	return little_endian ? reader_u16le(reader) : reader_u16be(reader);
}

static uint32_t read_u32(struct reader *reader, bool little_endian)
{
	return little_endian ? reader_u32le(reader) : reader_u32be(reader);
}

void dcerpc_init(struct dcerpc *rpc, struct describer *describer, const char *pipe)
{
	*rpc = (struct dcerpc){ .describer = describer, .pipe = pipe };
	for (int side = 0; side < STREAM_SIDES; side++) {
		buffer_init(&rpc->side[side].pdu, PDU_MOST);
		buffer_init(&rpc->side[side].stub, STUB_MOST);
	}
}

void dcerpc_fini(struct dcerpc *rpc)
{
	for (int i = 0; i < STREAM_SIDES; i++) {
		struct dcerpc_side *side = &rpc->side[i];
		if (side->pdu.length && rpc->describer->session->end == STREAM_END_FIN)
			describe_deviation(rpc->describer, (enum stream_side)i, side->pdu_offset,
					   "DCE/RPC PDU ends before its stated length");
		buffer_fini(&side->pdu);
		buffer_fini(&side->stub);
	}
}

bool dcerpc_looks_like(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);
	uint8_t version = reader_u8(&reader);
	uint8_t minor = reader_u8(&reader);
	uint8_t type = reader_u8(&reader);
	reader_skip(&reader, 1);
	uint8_t representation = reader_u8(&reader);
	uint8_t floats = reader_u8(&reader);
	uint16_t reserved = reader_u16le(&reader);
	uint16_t length = read_u16(&reader, representation & 0x10);
	return !reader_failed(&reader) && version == 5 && minor <= 1 && type <= PDU_ORPHANED &&
	       (representation & 0xef) == 0 && floats <= FLOATS_MOST && reserved == 0 &&
	       length >= HEADER;
}

/* --- bind --- */

static void describe_bind(struct dcerpc *rpc, const struct pdu *pdu,
			  const struct dcerpc_context *context)
{
	const struct target_interface *interface =
		targets_interface(targets_get(NULL), context->uuid);
	char uuid[UUID_TEXT_SIZE];
	describe_say_format(rpc->describer, pdu->side, pdu->offset, "bind", "%s%s%s v%u.%u%s%s",
			    interface ? interface->name : "", interface ? " " : "",
			    uuid_text(context->uuid, uuid), context->major, context->minor,
			    rpc->pipe[0] ? " over " : "", rpc->pipe);
}

static void keep_context(struct dcerpc *rpc, const struct dcerpc_context *context)
{
	for (size_t i = 0; i < rpc->context_count; i++) {
		if (rpc->contexts[i].id == context->id) {
			rpc->contexts[i] = *context;
			return;
		}
	}
	if (rpc->context_count < DCERPC_CONTEXTS)
		rpc->contexts[rpc->context_count++] = *context;
	else
		rpc->describer->cut = true;
}

void dcerpc_swap_uuid(uint8_t uuid[UUID_SIZE])
{
	static const uint8_t place[] = { 3, 2, 1, 0, 5, 4, 7, 6 };
	uint8_t swapped[sizeof place];

	for (size_t i = 0; i < sizeof place; i++)
		swapped[i] = uuid[place[i]];
	memcpy(uuid, swapped, sizeof swapped);
}

/* Is NDR among the transfer syntaxes? (C706, appendix N: 8a885d04-1ceb-11c9-9fe8-08002b104860.) */
static bool offers_ndr(struct bytes syntaxes, bool little_endian)
{
	static const uint8_t ndr[UUID_SIZE] = { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
						0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60 };
	for (size_t at = 0; at + SYNTAX_SIZE <= syntaxes.length; at += SYNTAX_SIZE) {
		uint8_t uuid[UUID_SIZE];
		memcpy(uuid, syntaxes.data + at, UUID_SIZE);
		if (!little_endian)
			dcerpc_swap_uuid(uuid);
		if (memcmp(uuid, ndr, UUID_SIZE) == 0)
			return true;
	}
	return false;
}

static void read_bind(struct dcerpc *rpc, const struct pdu *pdu)
{
	struct reader reader = reader_of(pdu->body);
	reader_skip(&reader, 8); /* largest fragments, association group */
	uint8_t count = reader_u8(&reader);
	reader_skip(&reader, 3);
	for (uint8_t i = 0; i < count && !reader_failed(&reader); i++) {
		struct dcerpc_context context = { .id = read_u16(&reader, pdu->little_endian) };
		uint8_t transfers = reader_u8(&reader);
		reader_skip(&reader, 1);
		struct bytes uuid = reader_take(&reader, UUID_SIZE);
		context.major = read_u16(&reader, pdu->little_endian);
		context.minor = read_u16(&reader, pdu->little_endian);
		struct bytes syntaxes = reader_take(&reader, (size_t)transfers * SYNTAX_SIZE);
		if (reader_failed(&reader))
			break;
		memcpy(context.uuid, uuid.data, UUID_SIZE);
		context.other_syntax = !offers_ndr(syntaxes, pdu->little_endian);
		if (!pdu->little_endian)
			dcerpc_swap_uuid(context.uuid);
		keep_context(rpc, &context);
		describe_bind(rpc, pdu, &context);
	}
	if (reader_failed(&reader) || count == 0)
		describe_deviation(rpc->describer, pdu->side, pdu->offset,
				   "DCE/RPC bind whose context list contradicts its length");
}

/* --- calls --- */

static const struct dcerpc_context *find_context(const struct dcerpc *rpc, uint16_t id)
{
	for (size_t i = 0; i < rpc->context_count; i++)
		if (rpc->contexts[i].id == id)
			return &rpc->contexts[i];
	return NULL;
}

void dcerpc_describe_call(struct describer *describer, const struct dcerpc_call *call)
{
	const struct targets *targets = targets_get(NULL);
	const struct target_interface *interface =
		call->context ? targets_interface(targets, call->context->uuid) : NULL;
	const struct target_operation *operation = targets_operation(interface, call->opnum);
	char uuid[UUID_TEXT_SIZE] = "unbound interface";

	if (call->context)
		uuid_text(call->context->uuid, uuid);
	describe_say_format(describer, call->side, call->offset, "call",
			    "%s %s (operation %u), %zu bytes%s", interface ? interface->name : uuid,
			    operation ? operation->name : "", call->opnum, call->stub.length,
			    call->over);
	if (!operation)
		return;
	if (operation->vulnerability)
		describe_target(describer, operation->vulnerability);
	if (call->sealed || (call->context && call->context->other_syntax))
		describe_unjudged(describer);
	else
		ndr_check(describer, call->side, call->offset, call->stub, call->little_endian,
			  operation);
}

static void read_request(struct dcerpc *rpc, const struct pdu *pdu)
{
	struct dcerpc_side *side = &rpc->side[pdu->side];
	struct reader reader = reader_of(pdu->body);
	reader_skip(&reader, 4); /* allocation hint: no more than that (C706, section 12.6.3.1) */
	uint16_t context_id = read_u16(&reader, pdu->little_endian);
	uint16_t opnum = read_u16(&reader, pdu->little_endian);
	if (pdu->flags & FLAG_OBJECT)
		reader_skip(&reader, UUID_SIZE);
	struct bytes stub = reader_take(&reader, reader_left(&reader));
	if (reader_failed(&reader)) {
		describe_deviation(rpc->describer, pdu->side, pdu->offset,
				   "DCE/RPC request shorter than its header");
		return;
	}
	if (pdu->flags & FLAG_FIRST) {
		buffer_clear(&side->stub);
		side->in_call = true;
	} else if (!side->in_call) {
		describe_deviation(rpc->describer, pdu->side, pdu->offset,
				   "DCE/RPC fragment of a call that has no first one");
	}
	if (buffer_append(&side->stub, stub.data, stub.length) < 0)
		rpc->describer->cut = true;
	if (!(pdu->flags & FLAG_LAST))
		return;
	side->in_call = false;
	const struct dcerpc_context *context = find_context(rpc, context_id);
	if (!context && !rpc->describer->session->picked_up)
		describe_deviation(rpc->describer, pdu->side, pdu->offset,
				   "DCE/RPC request in a context that was never bound");
	char over[64];
	snprintf(over, sizeof over, "%s%.50s", rpc->pipe[0] ? " over " : "", rpc->pipe);
	dcerpc_describe_call(rpc->describer,
			     &(struct dcerpc_call){ .side = pdu->side,
						    .offset = pdu->offset,
						    .context = context,
						    .opnum = opnum,
						    .little_endian = pdu->little_endian,
						    .sealed = pdu->sealed,
						    .stub = buffer_bytes(&side->stub),
						    .over = over });
}

static void read_pdu(struct dcerpc *rpc, struct pdu *pdu)
{
	if (pdu->auth_length) {
		size_t trailer = (size_t)pdu->auth_length + 8;
		if (trailer > pdu->body.length) {
			describe_deviation(rpc->describer, pdu->side, pdu->offset,
					   "DCE/RPC authentication longer than its PDU");
			return;
		}
		pdu->body.length -= trailer;
		/* Its security level, and what pads the stub in front of it ([MS-RPCE] 2.2.2.11).
		 */
		pdu->sealed = pdu->body.data[pdu->body.length + 1] == LEVEL_PRIVACY;
		uint8_t padding = pdu->body.data[pdu->body.length + 2];
		if (padding > pdu->body.length)
			describe_deviation(rpc->describer, pdu->side, pdu->offset,
					   "DCE/RPC padding longer than its PDU");
		else
			pdu->body.length -= padding;
	}
	switch (pdu->type) {
	case PDU_BIND:
	case PDU_ALTER_CONTEXT: read_bind(rpc, pdu); break;
	case PDU_REQUEST: read_request(rpc, pdu); break;
	case PDU_FAULT:
		describe_say(rpc->describer, pdu->side, pdu->offset, "reply", bytes_of("fault"));
		break;
	case PDU_BIND_NAK:
		describe_say(rpc->describer, pdu->side, pdu->offset, "reply",
			     bytes_of("bind refused"));
		break;
	default: break;
	}
}

/* The header of what is in the buffer; false when it is none. */
static bool read_header(const struct dcerpc_side *side, enum stream_side which, struct pdu *pdu)
{
	struct bytes bytes = buffer_bytes(&side->pdu);
	struct reader reader = reader_of(bytes);
	if (!dcerpc_looks_like(bytes))
		return false;
	reader_skip(&reader, 2);
	pdu->type = reader_u8(&reader);
	pdu->flags = reader_u8(&reader);
	pdu->little_endian = reader_u8(&reader) & 0x10;
	reader_skip(&reader, 3);
	pdu->length = read_u16(&reader, pdu->little_endian);
	pdu->auth_length = read_u16(&reader, pdu->little_endian);
	pdu->call = read_u32(&reader, pdu->little_endian);
	pdu->offset = side->pdu_offset;
	pdu->side = which;
	pdu->body = bytes_slice(bytes, HEADER, SIZE_MAX);
	return true;
}

void dcerpc_feed(struct dcerpc *rpc, enum stream_side which, size_t offset, struct bytes bytes)
{
	struct dcerpc_side *side = &rpc->side[which];
	size_t taken = 0;

	rpc->begun = true;
	while (taken < bytes.length && !side->lost_track && !rpc->describer->cut) {
		struct pdu pdu = { .length = HEADER };
		if (side->pdu.length == 0)
			side->pdu_offset = offset + taken;
		if (side->pdu.length >= HEADER && !read_header(side, which, &pdu)) {
			describe_deviation(rpc->describer, which, side->pdu_offset,
					   "bytes that are no DCE/RPC header");
			side->lost_track = true;
			buffer_clear(&side->pdu);
			return;
		}
		struct bytes next = bytes_slice(bytes, taken, pdu.length - side->pdu.length);
		if (next.length && buffer_append(&side->pdu, next.data, next.length) < 0) {
			rpc->describer->cut = true;
			return;
		}
		taken += next.length;
		if (side->pdu.length < HEADER || !read_header(side, which, &pdu) ||
		    side->pdu.length < pdu.length)
			continue;
		read_pdu(rpc, &pdu);
		buffer_clear(&side->pdu);
	}
}
