/* QUIC (RFC 9000, RFC 9369 and the last drafts) up to its ciphertext: the headers of the
 * handshake's packets, and which bytes are protected.
 *
 * Nothing counts as ciphertext before both ends have spoken the same version and the server has
 * answered to the connection identifier that the client chose. Protection is not taken off, not
 * even that of Initial packets, whose keys anybody can derive: names of hosts are not told. */
#include "stream/protocol.h"

#include <inttypes.h>

#define INITIAL_LEAST 1200u /* bytes of a client's datagram (section 14.1) */
#define ID_LEAST      8u    /* that a client chooses for the server first (section 7.2) */
#define ID_MOST	      20u   /* (section 17.2) */
#define SAMPLE	      20u   /* number and sample of a protected packet (RFC 9001, section 5.4.2) */
#define LONG_FORM     0x80u
#define FIXED_BIT     0x40u

enum { VERSION_NEGOTIATION = 0, VERSION_1 = 1, VERSION_2 = 0x6b3343cf };

enum packet_type {
	PACKET_INITIAL,
	PACKET_EARLY,
	PACKET_HANDSHAKE,
	PACKET_RETRY,
	PACKET_NEGOTIATION
};

/* A packet with a long header. What lies behind it in the datagram begins at `end`. */
struct quic_packet {
	enum packet_type type;
	uint32_t version;
	struct bytes to, from; /* connection identifiers */
	size_t payload, end;   /* in the datagram */
	bool whole;
};

/* Versions whose packets are laid out as those of version 1; drafts since 28 are. */
static bool is_known(uint32_t version)
{
	return version == VERSION_1 || version == VERSION_2 ||
	       (version >= 0xff00001c && version <= 0xff000022);
}

/* Section 16. */
static uint64_t read_variable(struct reader *reader)
{
	uint64_t value = reader_u8(reader);
	unsigned more = (1u << (value >> 6)) - 1;

	value &= 0x3f;
	while (more-- > 0)
		value = value << 8 | reader_u8(reader);
	return value;
}

static enum packet_type type_of(uint8_t first, uint32_t version)
{
	unsigned bits = first >> 4 & 3;

	if (version == VERSION_NEGOTIATION)
		return PACKET_NEGOTIATION;
	/* RFC 9369, section 3.2: each one further */
	return (enum packet_type)(version == VERSION_2 ? (bits + 3) & 3 : bits);
}

/* The packet at `at` of a datagram; false: none with a long header of a known version. */
static bool read_packet(struct bytes datagram, size_t at, struct quic_packet *packet)
{
	struct reader reader = reader_of(datagram);

	reader_seek(&reader, at);
	uint8_t first = reader_u8(&reader);
	*packet = (struct quic_packet){ .version = reader_u32be(&reader) };
	packet->to = reader_take(&reader, reader_u8(&reader));
	packet->from = reader_take(&reader, reader_u8(&reader));
	packet->type = type_of(first, packet->version);
	if (!(first & LONG_FORM) || packet->to.length > ID_MOST || packet->from.length > ID_MOST)
		return false;
	if (packet->type == PACKET_NEGOTIATION) {
		packet->payload = packet->end = datagram.length;
		packet->whole = !reader_failed(&reader) && reader_left(&reader) % 4 == 0;
		return packet->whole && reader_left(&reader) > 0;
	}
	if (!is_known(packet->version) || !(first & FIXED_BIT))
		return false;
	if (packet->type == PACKET_INITIAL)
		(void)reader_take(&reader, (size_t)read_variable(&reader)); /* token */
	uint64_t length =
		packet->type == PACKET_RETRY ? reader_left(&reader) : read_variable(&reader);
	packet->payload = reader.offset;
	packet->whole = !reader_failed(&reader) && length <= reader_left(&reader) &&
			(length >= SAMPLE || packet->type == PACKET_RETRY);
	packet->end = packet->whole ? packet->payload + (size_t)length : datagram.length;
	return true;
}

/* --- recognition --- */

/* Early data may overtake the Initial packet. */
static bool greets(const struct stream_session *session, struct quic_packet *packet)
{
	struct bytes datagram = side_datagram(&session->half[STREAM_CLIENT], 0);

	return read_packet(datagram, 0, packet) && packet->whole &&
	       (packet->type == PACKET_INITIAL || packet->type == PACKET_EARLY) &&
	       packet->to.length >= ID_LEAST;
}

static bool answers(const struct stream_session *session, struct quic_packet *packet)
{
	return read_packet(side_datagram(&session->half[STREAM_SERVER], 0), 0, packet) &&
	       packet->whole && packet->type != PACKET_EARLY;
}

static bool agree(const struct quic_packet *greeting, const struct quic_packet *answer)
{
	return bytes_equal(answer->to, greeting->from) &&
	       (answer->type == PACKET_NEGOTIATION || answer->version == greeting->version ||
		answer->version == VERSION_2); /* compatible negotiation (RFC 9368) */
}

int quic_recognise(const struct stream_session *session)
{
	struct quic_packet greeting, answer;
	bool greeted = greets(session, &greeting), answered = answers(session, &answer);

	if (greeted && answered)
		return agree(&greeting, &answer) ? SURE_BY_MAGIC : SURE_NOT;
	if (session->half[STREAM_CLIENT].segment_count &&
	    session->half[STREAM_SERVER].segment_count)
		return SURE_NOT;
	return greeted || answered ? SURE_BY_FORM : SURE_NOT;
}

/* --- reading --- */

static void say_packet(struct describer *describer, enum stream_side side, size_t offset,
		       const struct quic_packet *packet)
{
	switch (packet->type) {
	case PACKET_NEGOTIATION:
		describe_say(describer, side, offset, "negotiation", bytes_of("other versions"));
		break;
	case PACKET_RETRY:
		describe_say(describer, side, offset, "retry", bytes_of("with a token"));
		break;
	default:
		describe_say_format(describer, side, offset, "version", "%" PRIx32,
				    packet->version);
	}
}

/* Later Initial packets, of acknowledgements alone, real clients do not fill up. */
static void judge_packet(struct describer *describer, enum stream_side side, size_t offset,
			 struct bytes datagram, const struct quic_packet *packet)
{
	if (!packet->whole)
		describe_deviation(describer, side, offset,
				   "QUIC packet whose lengths contradict its datagram");
	else if (side == STREAM_CLIENT && offset == 0 && packet->type == PACKET_INITIAL &&
		 datagram.length < INITIAL_LEAST)
		describe_deviation(describer, side, offset,
				   "QUIC Initial packet in a datagram of less than 1200 bytes");
}

static void read_datagram(struct describer *describer, enum stream_side side, size_t index,
			  bool agreed)
{
	const struct stream_half *half = &describer->session->half[side];
	struct bytes datagram = side_datagram(half, index);
	size_t offset = half->segments[index].offset, at = 0;
	struct quic_packet packet;

	while (at < datagram.length && read_packet(datagram, at, &packet)) {
		if (index == 0 && at == 0)
			say_packet(describer, side, offset, &packet);
		judge_packet(describer, side, offset + at, datagram, &packet);
		if (!packet.whole)
			return;
		if (agreed)
			describe_sealed(describer, side, offset + packet.payload,
					packet.end - packet.payload);
		at = packet.end;
	}
	/* short headers: nothing of them is told apart from what they protect */
	if (agreed && at < datagram.length && !(datagram.data[at] & LONG_FORM))
		describe_sealed(describer, side, offset + at, datagram.length - at);
}

void quic_read(struct describer *describer)
{
	const struct stream_session *session = describer->session;
	struct quic_packet greeting, answer;
	bool agreed = greets(session, &greeting) && answers(session, &answer) &&
		      answer.type != PACKET_NEGOTIATION && agree(&greeting, &answer);

	for (int side = 0; side < STREAM_SIDES; side++)
		for (size_t i = 0; i < session->half[side].segment_count && !describer->cut; i++)
			read_datagram(describer, (enum stream_side)side, i, agreed);
	if (!agreed)
		describe_unjudged(describer);
}
