/* DNS (RFC 1035) over UDP and TCP: questions and answers as text, and messages that do not hold
 * together.
 *
 * A session is DNS when its first message parses to its end. Compression pointers may only lead
 * back (RFC 1035, section 4.1.4), so that reading ends. */
#include "stream/protocol.h"

#include <stdio.h>
#include <string.h>

#define HEADER	     12u
#define NAME_MOST    255u
#define RECORDS_MOST 512u
#define CLASS_NONE   254
#define CLASS_ANY    255

struct name {
	char text[1024];
	size_t length;
};

enum name_result { NAME_RIGHT, NAME_LOOPS, NAME_TOO_LONG, NAME_CUT };

static void put_label(struct name *name, struct bytes label)
{
	if (name->length && name->length < sizeof name->text - 5)
		name->text[name->length++] = '.';
	for (size_t i = 0; i < label.length && name->length < sizeof name->text - 5; i++) {
		uint8_t byte = label.data[i];
		if (byte > 32 && byte < 127 && byte != '.' && byte != '\\')
			name->text[name->length++] = (char)byte;
		else /* the master file form of RFC 1035, section 5.1 */
			name->length +=
				(size_t)snprintf(name->text + name->length, 5, "\\%03u", byte);
	}
	name->text[name->length] = 0;
}

static enum name_result read_name(struct reader *reader, struct name *name)
{
	struct reader at = *reader;
	bool jumped = false;
	size_t total = 0, lowest = reader->offset;

	*name = (struct name){ .length = 0 };
	for (;;) {
		uint8_t length = reader_u8(&at);
		if (reader_failed(&at))
			return NAME_CUT;
		if (length >= 0xc0) {
			size_t target = (size_t)(length & 0x3f) << 8 | reader_u8(&at);
			if (!jumped)
				*reader = at;
			jumped = true;
			if (reader_failed(&at))
				return NAME_CUT;
			if (target >= lowest)
				return NAME_LOOPS;
			lowest = target;
			reader_seek(&at, target);
			continue;
		}
		if (length > 63)
			return NAME_CUT;
		if (length == 0)
			break;
		put_label(name, reader_take(&at, length));
		total += length + 1u;
		if (total > NAME_MOST)
			return NAME_TOO_LONG;
	}
	if (!jumped)
		*reader = at;
	if (name->length == 0)
		memcpy(name->text, ".", 2);
	return NAME_RIGHT;
}

static const char *type_name(uint16_t type)
{
	switch (type) {
	case 1: return "A";
	case 2: return "NS";
	case 5: return "CNAME";
	case 6: return "SOA";
	case 12: return "PTR";
	case 15: return "MX";
	case 16: return "TXT";
	case 28: return "AAAA";
	case 33: return "SRV";
	case 252: return "AXFR";
	case 255: return "ANY";
	default: return NULL;
	}
}

static char *type_text(uint16_t type, char text[16])
{
	const char *name = type_name(type);
	if (name)
		snprintf(text, 16, "%s", name);
	else
		snprintf(text, 16, "TYPE%u", type); /* RFC 3597 */
	return text;
}

struct message {
	struct describer *describer; /* NULL: only look */
	enum stream_side side;
	size_t offset;
	struct reader reader;
	bool wrong;
};

static void deviates(struct message *message, const char *what)
{
	message->wrong = true;
	if (message->describer)
		describe_deviation(message->describer, message->side, message->offset, what);
}

static bool next_name(struct message *message, struct name *name)
{
	switch (read_name(&message->reader, name)) {
	case NAME_RIGHT: return true;
	case NAME_LOOPS: deviates(message, "DNS name whose compression does not lead back"); break;
	case NAME_TOO_LONG: deviates(message, "DNS name longer than 255 bytes"); break;
	case NAME_CUT: deviates(message, "DNS name that runs over the message"); break;
	}
	return false;
}

static bool read_question(struct message *message)
{
	struct name name;
	char text[16];
	if (!next_name(message, &name))
		return false;
	uint16_t type = reader_u16be(&message->reader);
	reader_skip(&message->reader, 2);
	if (!reader_failed(&message->reader) && message->describer)
		describe_say_format(message->describer, message->side, message->offset, "question",
				    "%s %s", name.text, type_text(type, text));
	return !reader_failed(&message->reader);
}

static void say_record(struct message *message, const struct name *name, uint16_t type,
		       struct bytes data)
{
	char text[16], value[ADDRESS_TEXT_SIZE] = "";
	struct address address = { .family = 0 };
	struct name target;
	struct reader inside = message->reader; /* stands behind the data */

	if ((type == 1 && data.length == 4) || (type == 28 && data.length == 16)) {
		address.family = type == 1 ? 4 : 6;
		memcpy(address.bytes, data.data, data.length);
		describe_say_format(message->describer, message->side, message->offset, "answer",
				    "%s %s %s", name->text, type_text(type, text),
				    address_text(&address, value));
		return;
	}
	reader_seek(&inside, message->reader.offset - data.length + (type == 15 ? 2 : 0));
	bool named = (type == 2 || type == 5 || type == 12 || type == 15) &&
		     read_name(&inside, &target) == NAME_RIGHT;
	describe_say_format(message->describer, message->side, message->offset, "answer",
			    "%s %s%s%s", name->text, type_text(type, text), named ? " " : "",
			    named ? target.text : "");
}

static bool read_record(struct message *message)
{
	struct name name;
	if (!next_name(message, &name))
		return false;
	uint16_t type = reader_u16be(&message->reader);
	uint16_t class = reader_u16be(&message->reader);
	reader_skip(&message->reader, 4);
	uint16_t length = reader_u16be(&message->reader);
	struct bytes data = reader_take(&message->reader, length);
	if (reader_failed(&message->reader))
		return false;
	/* Updates name sets of records without a value (RFC 2136, section 2.4). */
	bool empty = length == 0 && (class == CLASS_NONE || class == CLASS_ANY);
	if (!empty && ((type == 1 && length != 4) || (type == 28 && length != 16)))
		deviates(message, "DNS address of a wrong length");
	if (message->describer && type != 41) /* OPT (RFC 6891) says nothing */
		say_record(message, &name, type, data);
	return true;
}

static void read_message(struct message *message)
{
	struct reader *reader = &message->reader;
	reader_skip(reader, 4);
	unsigned questions = reader_u16be(reader);
	unsigned records = reader_u16be(reader);
	records += reader_u16be(reader);
	records += reader_u16be(reader);
	for (unsigned i = 0; i < questions + records; i++) {
		bool right = i < questions ? read_question(message) : read_record(message);
		if (right && i < RECORDS_MOST)
			continue;
		if (!message->wrong)
			deviates(message, "DNS counts that contradict the message");
		return;
	}
	if (reader_left(reader))
		deviates(message, "DNS message with bytes behind its records");
}

/* The message in a datagram or, over TCP, behind its length at `offset`. */
static struct bytes message_at(const struct stream_session *session, enum stream_side side,
			       size_t *offset)
{
	struct bytes data = session->half[side].data;
	if (session->protocol == 17)
		return data;
	struct reader reader = reader_of(data);
	reader_seek(&reader, *offset);
	uint16_t length = reader_u16be(&reader);
	*offset = reader.offset;
	return bytes_slice(data, reader.offset, length);
}

static bool parses(struct bytes bytes)
{
	struct message message = { .reader = reader_of(bytes) };
	if (bytes.length < HEADER + 5)
		return false;
	struct reader reader = reader_of(bytes);
	reader_skip(&reader, 2);
	uint16_t flags = reader_u16be(&reader);
	uint16_t questions = reader_u16be(&reader);
	unsigned opcode = flags >> 11 & 15;
	if ((flags & 0x40) || opcode > 6 || opcode == 3 || questions != 1)
		return false;
	read_message(&message);
	return !message.wrong;
}

int dns_recognise(const struct stream_session *session)
{
	bool port = session->half[STREAM_SERVER].port == 53;
	for (int side = 0; side < STREAM_SIDES; side++) {
		size_t offset = 0;
		struct bytes first = session->protocol == 17
					     ? side_datagram(&session->half[side], 0)
					     : message_at(session, (enum stream_side)side, &offset);
		if (parses(first))
			return port ? SURE_BY_MAGIC : SURE_BY_FORM;
	}
	/* On its own port even a broken message is an attempt at DNS. */
	size_t length = session->half[STREAM_CLIENT].data.length;
	return port && length >= HEADER ? SURE_WEAKLY : SURE_NOT;
}

static void read_datagrams(struct describer *describer, enum stream_side side)
{
	const struct stream_half *half = &describer->session->half[side];
	for (size_t i = 0; i < half->segment_count && !describer->cut; i++) {
		struct message message = { describer, side, half->segments[i].offset,
					   reader_of(side_datagram(half, i)), false };
		if (message.reader.bytes.length < HEADER)
			deviates(&message, "DNS message shorter than its header");
		else
			read_message(&message);
	}
}

static void read_stream(struct describer *describer, enum stream_side side)
{
	size_t offset = 0;
	while (offset < describer->whole_until[side] && !describer->cut) {
		size_t start = offset;
		struct bytes bytes = message_at(describer->session, side, &offset);
		struct message message = { describer, side, start, reader_of(bytes), false };
		if (bytes.length < HEADER) {
			deviates(&message, "DNS message shorter than its header");
			return;
		}
		read_message(&message);
		offset += bytes.length;
	}
}

void dns_read(struct describer *describer)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		if (describer->session->protocol == 17)
			read_datagrams(describer, (enum stream_side)side);
		else
			read_stream(describer, (enum stream_side)side);
	}
}
