/* SQL Server Resolution Protocol (MC-SQLR, section 2.2): which instances of SQL Server a host has.
 * One datagram asks, one answers. A name of an instance that is longer than the protocol allows is
 * what MS02-039 describes. */
#include "stream/protocol.h"
#include "stream/targets.h"

#define SSRP_PORT 1434u
#define NAME_MOST 32u /* bytes of an instance's name, section 2.2.3 */

enum ssrp_operation {
	SSRP_BROADCAST = 2,
	SSRP_LIST = 3,
	SSRP_INSTANCE = 4,
	SSRP_ANSWER = 5,
	SSRP_ADMINISTRATION = 15 /* asks for the port of the administrator's connection */
};

struct message {
	struct describer *describer;
	enum stream_side side;
	size_t offset;
	struct reader reader;
};

static void deviates(struct message *message, const char *what)
{
	describe_deviation(message->describer, message->side, message->offset, what);
}

/* An instance's name up to its zero byte, and nothing behind it. */
static void read_name(struct message *message, const char *what)
{
	size_t left = reader_left(&message->reader);
	struct bytes rest = reader_take(&message->reader, left);
	size_t length = bytes_find(rest, (struct bytes){ (const uint8_t *)"", 1 }, 0);
	struct bytes name = bytes_slice(rest, 0, length);

	describe_say(message->describer, message->side, message->offset, what, name);
	if (name.length > NAME_MOST) {
		const char *target = targets_mark(targets_get(NULL), "instance-name-overflow");
		deviates(message, "SQL Server instance name longer than 32 bytes");
		if (target)
			describe_target(message->describer, target);
	} else if (length == SIZE_MAX) {
		deviates(message, "SQL Server instance name that does not end");
	} else if (length + 1 < rest.length) {
		deviates(message, "SQL Server request with bytes behind its name");
	}
}

static void read_question(struct message *message)
{
	switch (reader_u8(&message->reader)) {
	case SSRP_BROADCAST:
	case SSRP_LIST:
		describe_say(message->describer, message->side, message->offset, "request",
			     bytes_of("list of instances"));
		if (reader_left(&message->reader))
			deviates(message, "SQL Server request longer than its one byte");
		break;
	case SSRP_INSTANCE: read_name(message, "instance"); break;
	case SSRP_ADMINISTRATION:
		if (reader_u8(&message->reader) != 1)
			deviates(message, "SQL Server request of a version that does not exist");
		read_name(message, "administration of instance");
		break;
	default: deviates(message, "SQL Server request that does not exist"); break;
	}
}

static void read_answer(struct message *message)
{
	uint8_t operation = reader_u8(&message->reader);
	uint16_t length = reader_u16le(&message->reader);
	size_t left = reader_left(&message->reader);

	if (operation != SSRP_ANSWER) {
		deviates(message, "SQL Server answer that is none");
		return;
	}
	/* An answer about administration counts all of its six bytes (section 2.2.6). */
	if (reader_failed(&message->reader) || (length != left && (length != 6 || left != 3)))
		deviates(message, "SQL Server answer that contradicts its length");
	describe_say(message->describer, message->side, message->offset, "reply",
		     reader_take(&message->reader, left));
}

int ssrp_recognise(const struct stream_session *session)
{
	struct bytes first = side_datagram(&session->half[STREAM_CLIENT], 0);
	uint8_t operation = first.length ? first.data[0] : 0;

	if (session->half[STREAM_SERVER].port != SSRP_PORT)
		return SURE_NOT;
	return operation == SSRP_INSTANCE || operation == SSRP_ADMINISTRATION ||
			       (first.length == 1 &&
				(operation == SSRP_BROADCAST || operation == SSRP_LIST))
		       ? SURE_BY_FORM
		       : SURE_WEAKLY;
}

void ssrp_read(struct describer *describer)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		const struct stream_half *half = &describer->session->half[side];
		for (size_t i = 0; i < half->segment_count && !describer->cut; i++) {
			struct message message = { describer, (enum stream_side)side,
						   half->segments[i].offset,
						   reader_of(side_datagram(half, i)) };
			if (side == STREAM_CLIENT)
				read_question(&message);
			else
				read_answer(&message);
		}
	}
}
