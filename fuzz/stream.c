/* The first byte chooses: a conversation whose two halves follow (length of the first, server port,
 * bytes), to be described; or a sequence of small TCP and UDP packets, to be rebuilt and then
 * described: the target's personality, then for each side and flags, sequence and acknowledgement
 * offsets, urgent pointer and TTL, length, bytes. Sessions are taken over half of the time. */
#include "stream/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int describe(void *context, const struct stream_session *session)
{
	struct stream_description description;

	(void)context;
	if (stream_describe(session, &description) == 0 && !description.protocol)
		__builtin_trap();
	for (size_t i = 0; i < description.file_count; i++)
		if (!description.files[i].content.data || !description.files[i].media)
			__builtin_trap();
	for (size_t i = 0; i < description.sealed_count; i++) {
		const struct stream_range *sealed = &description.sealed[i];
		size_t length = session->half[sealed->side].data.length;
		if (sealed->offset > length || sealed->length > length - sealed->offset)
			__builtin_trap();
	}
	stream_description_fini(&description);
	return 0;
}

static void fill_half(struct stream_half *half, struct bytes data, struct stream_segment *segment)
{
	*segment = (struct stream_segment){ 0, data.length, 1000 };
	half->data = data;
	half->segments = segment;
	half->segment_count = data.length > 0;
	half->address = address_v4(0xC0000201);
}

static void describe_halves(struct reader *reader, uint8_t protocol)
{
	struct stream_session session = { .protocol = protocol, .end = STREAM_END_FIN };
	struct stream_segment segments[STREAM_SIDES];
	uint16_t first = reader_u16le(reader);
	session.half[STREAM_SERVER].port = reader_u16le(reader);
	struct bytes rest = bytes_slice(reader->bytes, reader->offset, SIZE_MAX);
	fill_half(&session.half[STREAM_CLIENT], bytes_slice(rest, 0, first),
		  &segments[STREAM_CLIENT]);
	fill_half(&session.half[STREAM_SERVER], bytes_slice(rest, first, SIZE_MAX),
		  &segments[STREAM_SERVER]);
	describe(NULL, &session);
}

struct taker {
	struct stream_table *table;
	unsigned count;
};

static int take_or_describe(void *context, const struct stream_session *session)
{
	struct taker *taker = context;
	if (taker->count++ % 2 == 0)
		return describe(NULL, session);
	struct stream_session *taken = stream_session_take(taker->table);
	if (!taken)
		return ERROR_MEMORY;
	struct buffer saved;
	buffer_init(&saved, 1u << 20);
	if (stream_save(taken, &saved) < 0 && saved.length < 1u << 19)
		__builtin_trap();
	buffer_fini(&saved);
	int result = describe(NULL, taken);
	stream_session_free(taken);
	return result;
}

static void rebuild(struct reader *reader)
{
	struct taker taker = { .count = 0 };
	struct stream_limits limits = stream_default_limits();
	limits.memory = 1u << 20;
	uint8_t system = reader_u8(reader);
	limits.hosts.others = (enum packet_personality)(system % PACKET_PERSONALITY_COUNT);
	limits.prompt = system & 0x80;
	struct stream_table *table = stream_new(&limits, take_or_describe, &taker);
	taker.table = table;
	uint64_t now = 0;

	while (table && reader_left(reader) && !reader_failed(reader)) {
		uint8_t kind = reader_u8(reader);
		bool from_server = kind & 0x80;
		struct address ends[2] = { address_v4(0xC0000201), address_v4(0xC6336402) };
		struct packet packet = { .time_ns = now += 1000000,
					 .protocol = kind & 0x40 ? 17 : 6,
					 .source = ends[from_server],
					 .destination = ends[!from_server],
					 .source_port = from_server ? 80 : 1025,
					 .destination_port = from_server ? 1025 : 80,
					 .flags = kind & 0x1f,
					 .checksum_wrong = kind & 0x20,
					 .window = 1000 };
		packet.sequence = 0xfffffff0u + reader_u16le(reader);
		packet.acknowledgement = 0xfffffff0u + reader_u16le(reader);
		uint8_t more = reader_u8(reader);
		packet.urgent = more & 15;
		packet.flags |= more & 0x10 ? PACKET_URG : 0;
		packet.ttl = more & 0x20 ? 9 : 60;
		uint8_t length = reader_u8(reader);
		size_t left = reader_left(reader);
		packet.payload = reader_take(reader, length < left ? length : left);
		packet.payload_on_wire = (uint32_t)packet.payload.length;
		if (stream_push(table, &packet) < 0)
			break;
	}
	if (table && stream_flush(table) < 0)
		__builtin_trap();
	/* Nothing of any conversation is left. */
	if (table && stream_memory(table) > 1u << 16)
		__builtin_trap();
	stream_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of((struct bytes){ data, size });
	uint8_t choice = reader_u8(&reader);

	if (choice & 1)
		rebuild(&reader);
	else
		describe_halves(&reader, choice & 2 ? 17 : 6);
	return 0;
}
