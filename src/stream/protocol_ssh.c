/* SSH 2 (RFC 4253) up to its ciphertext: both identifications, then packets in the clear until each
 * end has said that it uses the new keys. What follows that is ciphertext, where both ends have;
 * what comes before is searched for code. Ciphers are not broken, and SSH 1 is not read. */
#include "stream/protocol.h"

#include <string.h>

#define IDENTIFICATION_MOST 255u   /* with its line end (section 4.2) */
#define PACKET_MOST	    35000u /* what every end must be able to read (section 6.1) */
#define PADDING_LEAST	    4u
#define BLOCK		    8u /* that packets fill before there is a cipher (section 6) */

enum message { MESSAGE_KEXINIT = 20, MESSAGE_NEWKEYS = 21 };

static bool identifies(struct bytes said)
{
	return bytes_start_with(said, "SSH-2.0-") || bytes_start_with(said, "SSH-1.99-");
}

int ssh_recognise(const struct stream_session *session)
{
	bool client = identifies(side_data(session, STREAM_CLIENT));
	bool server = identifies(side_data(session, STREAM_SERVER));

	if (client && server)
		return SURE_BY_MAGIC;
	return client || server ? SURE_BY_FORM : SURE_NOT;
}

/* Is it, or may it be, version 1, whose packets are others? Who says 1.99 speaks either (section
 * 5.1): the other end decides. */
static bool may_be_version_1(struct bytes said, struct bytes other)
{
	if (bytes_start_with(said, "SSH-1.99-"))
		return other.length == 0;
	return bytes_start_with(said, "SSH-1.");
}

static void say_banner(struct describer *describer, enum stream_side side, struct bytes said)
{
	struct reader reader = reader_of(said);

	if (bytes_start_with(said, "SSH-"))
		describe_say(describer, side, 0, "banner", reader_line(&reader));
}

/* The next packet's message number; 0: there is none, or it is wrong, which is told. */
static uint8_t read_packet(struct describer *describer, enum stream_side side,
			   struct reader *reader)
{
	size_t at = reader->offset;
	uint32_t length = reader_u32be(reader);
	struct reader packet = reader_of(reader_take(reader, length));
	uint32_t padding = reader_u8(&packet);
	uint8_t message = reader_u8(&packet);

	if (length > PACKET_MOST || (length + 4) % BLOCK || padding < PADDING_LEAST ||
	    padding + 2 > length) {
		/* less than a packet at the end of what was captured says nothing */
		if (!reader_failed(reader) || length > PACKET_MOST)
			describe_deviation(describer, side, at,
					   "SSH packet whose lengths contradict each other");
		return 0;
	}
	return reader_failed(reader) ? 0 : message;
}

/* Where the side's ciphertext begins; SIZE_MAX: nowhere. */
static size_t read_clear(struct describer *describer, enum stream_side side, struct bytes said)
{
	struct reader reader = reader_of(said);
	struct bytes line = reader_line(&reader);
	uint8_t message;

	if (!identifies(said)) {
		/* A server may say other lines first (section 4.2); these are not read. */
		if (side == STREAM_CLIENT && said.length)
			describe_deviation(describer, side, 0,
					   "bytes that are no SSH identification");
		else
			describe_unjudged(describer);
		return SIZE_MAX;
	}
	if (reader.offset > IDENTIFICATION_MOST)
		describe_deviation(describer, side, 0, "SSH identification longer than 255 bytes");
	if (text_binary_bytes(line))
		describe_deviation(describer, side, 0, "SSH identification with binary bytes");
	if (reader_left(&reader) == 0)
		return SIZE_MAX;
	size_t first = reader.offset;
	message = read_packet(describer, side, &reader);
	if (message && message != MESSAGE_KEXINIT)
		describe_deviation(describer, side, first,
				   "SSH conversation that does not begin with a key exchange");
	if (message != MESSAGE_KEXINIT)
		return SIZE_MAX;
	while (message && message != MESSAGE_NEWKEYS)
		message = read_packet(describer, side, &reader);
	return message ? reader.offset : SIZE_MAX;
}

void ssh_read(struct describer *describer)
{
	struct bytes said[STREAM_SIDES];
	size_t begin[STREAM_SIDES];

	for (int side = 0; side < STREAM_SIDES; side++) {
		said[side] = bytes_slice(side_data(describer->session, (enum stream_side)side), 0,
					 describer->whole_until[side]);
		say_banner(describer, (enum stream_side)side, said[side]);
	}
	if (may_be_version_1(said[STREAM_CLIENT], said[STREAM_SERVER]) ||
	    may_be_version_1(said[STREAM_SERVER], said[STREAM_CLIENT])) {
		describe_unjudged(describer);
		return;
	}
	for (int side = 0; side < STREAM_SIDES; side++)
		begin[side] = read_clear(describer, (enum stream_side)side, said[side]);
	if (begin[STREAM_CLIENT] == SIZE_MAX || begin[STREAM_SERVER] == SIZE_MAX)
		return;
	for (int side = 0; side < STREAM_SIDES; side++)
		if (begin[side] < said[side].length)
			describe_sealed(describer, (enum stream_side)side, begin[side],
					said[side].length - begin[side]);
}
