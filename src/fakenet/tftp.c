/* TFTP (RFC 1350): every file can be read and is the download; what is written is acknowledged and
 * swallowed. Blocks of 512 bytes; the server stays on its port, which clients accept as its
 * transfer identifier. */
#include "fakenet/net.h"

#include <string.h>

enum { READ_REQUEST = 1, WRITE_REQUEST, DATA, ACKNOWLEDGEMENT, TFTP_ERROR };

#define BLOCK ((size_t)512)

static void say_block(struct conversation *conversation, unsigned number)
{
	uint8_t datagram[4 + BLOCK] = { 0, DATA, (uint8_t)(number >> 8), (uint8_t)number };
	struct bytes part =
		bytes_slice(net_download(conversation->net), (number - 1) * BLOCK, BLOCK);

	if (part.length > 0)
		memcpy(datagram + 4, part.data, part.length);
	say_datagram(conversation, (struct bytes){ datagram, 4 + part.length });
}

static size_t tftp_hear(struct conversation *conversation, struct bytes datagram)
{
	struct reader reader = reader_of(datagram);
	unsigned operation = reader_u16be(&reader), number = reader_u16be(&reader);
	uint8_t reply[4] = { 0, ACKNOWLEDGEMENT, (uint8_t)(number >> 8), (uint8_t)number };

	if (reader_failed(&reader))
		return datagram.length;
	switch (operation) {
	case READ_REQUEST: say_block(conversation, 1); break;
	case ACKNOWLEDGEMENT:
		/* The last block is the first that is not full, be it empty. */
		if (number * BLOCK <= net_download(conversation->net).length && number < 65535)
			say_block(conversation, number + 1);
		break;
	case WRITE_REQUEST:
		reply[2] = reply[3] = 0; /* "number" was the start of the file name */
		say_datagram(conversation, (struct bytes){ reply, sizeof reply });
		break;
	case DATA: say_datagram(conversation, (struct bytes){ reply, sizeof reply }); break;
	default: break; /* an error of the client's, or nothing that exists: silence */
	}
	return datagram.length;
}

const struct responder responder_tftp = {
	.name = "tftp",
	.protocol = PROTOCOL_UDP,
	.ports = { 69 },
	.hear = tftp_hear,
};
