/* TFTP (RFC 1350, RFC 2347). A request goes to port 69; the answer comes from a new port, so that a
 * transfer is two conversations: the request announces the other one. Blocks are numbered; repeated
 * ones are read once. */
#include "stream/protocol.h"

#define BLOCK_DEFAULT 512u

enum tftp_operation {
	TFTP_READ = 1,
	TFTP_WRITE = 2,
	TFTP_DATA = 3,
	TFTP_ACKNOWLEDGE = 4,
	TFTP_ERROR = 5,
	TFTP_OPTIONS = 6
};

struct request {
	uint16_t operation;
	struct bytes file, mode;
	int64_t block_size;
};

static uint16_t operation_of(struct bytes datagram)
{
	struct reader reader = reader_of(datagram);
	return reader_u16be(&reader);
}

static struct bytes read_text(struct reader *reader, bool *ended)
{
	struct bytes rest = bytes_slice(reader->bytes, reader->offset, SIZE_MAX);
	size_t length = bytes_find(rest, (struct bytes){ (const uint8_t *)"", 1 }, 0);
	*ended = length != SIZE_MAX;
	struct bytes text = bytes_slice(rest, 0, length);
	reader_skip(reader, text.length + *ended);
	return text;
}

/* False: not a request at all. *right: it is as the RFC wants it. */
static bool read_request(struct bytes datagram, struct request *request, bool *right)
{
	struct reader reader = reader_of(datagram);
	bool file_ended, mode_ended;

	*request =
		(struct request){ .operation = reader_u16be(&reader), .block_size = BLOCK_DEFAULT };
	if (request->operation != TFTP_READ && request->operation != TFTP_WRITE)
		return false;
	request->file = read_text(&reader, &file_ended);
	request->mode = read_text(&reader, &mode_ended);
	*right = file_ended && mode_ended && request->file.length > 0 &&
		 (text_equal_ignoring_case(request->mode, "octet") ||
		  text_equal_ignoring_case(request->mode, "netascii") ||
		  text_equal_ignoring_case(request->mode, "mail"));
	while (reader_left(&reader)) {
		bool ended;
		struct bytes option = read_text(&reader, &ended);
		struct bytes value = read_text(&reader, &ended);
		if (text_equal_ignoring_case(option, "blksize") && text_number(value) > 0)
			request->block_size = text_number(value);
	}
	return true;
}

/* Data in blocks 1, 2, … from one side. */
static bool sends_blocks(const struct stream_half *half)
{
	struct bytes first = side_datagram(half, 0);
	struct reader reader = reader_of(first);
	uint16_t operation = reader_u16be(&reader);
	return operation == TFTP_DATA && reader_u16be(&reader) == 1 && !reader_failed(&reader);
}

static bool sends_acknowledgements(const struct stream_half *half)
{
	for (size_t i = 0; i < half->segment_count && i < 8; i++) {
		struct bytes datagram = side_datagram(half, i);
		uint16_t operation = operation_of(datagram);
		if (operation != TFTP_ERROR &&
		    (operation != TFTP_ACKNOWLEDGE || datagram.length != 4))
			return false;
	}
	return true;
}

int tftp_recognise(const struct stream_session *session)
{
	struct request request;
	bool right;
	const struct stream_half *half = session->half;

	if (read_request(side_datagram(&half[STREAM_CLIENT], 0), &request, &right)) {
		if (right)
			return SURE_BY_MAGIC;
		return half[STREAM_SERVER].port == 69 ? SURE_BY_FORM : SURE_NOT;
	}
	for (int side = 0; side < STREAM_SIDES; side++)
		if (sends_blocks(&half[side]) && sends_acknowledgements(&half[!side]))
			return half[!side].segment_count ? SURE_BY_DIALOGUE : SURE_WEAKLY;
	return SURE_NOT;
}

static void announce(struct describer *describer, const struct request *request)
{
	const struct stream_half *client = &describer->session->half[STREAM_CLIENT];
	struct stream_announcement announcement = {
		.address = client->address,
		.port = client->port,
		.protocol = 17,
		.purpose = "tftp",
		.to_server = request->operation == TFTP_WRITE,
	};
	describe_announcement(describer, &announcement, request->file);
}

static void read_requests(struct describer *describer, struct request *request)
{
	const struct stream_half *client = &describer->session->half[STREAM_CLIENT];
	for (size_t i = 0; i < client->segment_count && !describer->cut; i++) {
		struct request found;
		bool right;
		size_t offset = client->segments[i].offset;
		if (!read_request(side_datagram(client, i), &found, &right))
			continue;
		*request = found;
		describe_say_format(describer, STREAM_CLIENT, offset, "request", "%s %s (%s)",
				    request->operation == TFTP_READ ? "read" : "write",
				    describe_text(describer, request->file),
				    describe_text(describer, request->mode));
		if (!right)
			describe_deviation(
				describer, STREAM_CLIENT, offset,
				"TFTP request without file and mode as RFC 1350 has them");
		if (!text_is_printable(request->file))
			describe_deviation(describer, STREAM_CLIENT, offset,
					   "TFTP file name with bytes that are not ASCII text");
		if (request->file.length + request->mode.length > BLOCK_DEFAULT)
			describe_deviation(describer, STREAM_CLIENT, offset,
					   "TFTP request longer than 512 bytes");
		announce(describer, request);
	}
}

/* Joins the blocks of one side. */
static void read_blocks(struct describer *describer, enum stream_side side,
			const struct request *request)
{
	const struct stream_half *half = &describer->session->half[side];
	struct buffer content;
	uint16_t expected = 1;
	size_t first = 0, last_length = 0, block_size = (size_t)request->block_size;
	bool hole = false;

	buffer_init(&content, half->data.length);
	for (size_t i = 0; i < half->segment_count; i++) {
		struct bytes datagram = side_datagram(half, i);
		struct reader reader = reader_of(datagram);
		if (reader_u16be(&reader) != TFTP_DATA)
			continue;
		uint16_t block = reader_u16be(&reader);
		uint16_t ahead = (uint16_t)(block - expected);
		if (reader_failed(&reader) || ahead > 0x7fff)
			continue; /* repeated */
		hole |= ahead != 0;
		struct bytes data = reader_take(&reader, reader_left(&reader));
		if (content.length == 0)
			first = half->segments[i].offset;
		if (data.length > block_size)
			block_size = data.length; /* an agreed larger size, seen only here */
		if (data.length && buffer_append(&content, data.data, data.length) < 0)
			describer->cut = true;
		last_length = data.length;
		expected = (uint16_t)(block + 1);
	}
	if (hole)
		describe_deviation(describer, side, first, "TFTP blocks with one left out");
	describe_file(describer, side, first, buffer_bytes(&content), request->file, "tftp",
		      !hole && last_length < block_size && half->lost == 0);
	buffer_fini(&content);
}

void tftp_read_named(struct describer *describer, struct bytes name)
{
	struct request request = { .block_size = BLOCK_DEFAULT, .file = name };
	read_requests(describer, &request);
	for (int side = 0; side < STREAM_SIDES; side++)
		read_blocks(describer, (enum stream_side)side, &request);
}

void tftp_read(struct describer *describer)
{
	tftp_read_named(describer, (struct bytes){ NULL, 0 });
}
