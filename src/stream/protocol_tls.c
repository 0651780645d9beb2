/* TLS (RFC 5246, RFC 8446) and SSL 3.0 (RFC 6101) on any port, and behind the command of another
 * protocol that asks for it: records, the two hellos, and which bytes are ciphertext.
 *
 * Both ends must have said hello, in the right roles, before anything counts as ciphertext, and
 * only application data is told as such: handshakes, alerts and heartbeats were themselves targets
 * of attacks and stay what they are. Ciphers are not broken, certificates not judged; SSL 2.0
 * hellos are not read. */
#include "stream/protocol.h"

#define RECORD_HEADER	   5u
#define RECORD_MOST	   (16384u + 2048u) /* RFC 5246, section 6.2.3 */
#define HELLO_MOST	   65536u	    /* of a hello that comes in several records */
#define DRAFT_OF_1_3	   0x7f		    /* first byte of a draft's version */
#define EXTENSION_NAME	   0		    /* server_name, RFC 6066, section 3 */
#define EXTENSION_VERSIONS 43		    /* supported_versions, RFC 8446, section 4.2.1 */

enum content {
	CONTENT_CHANGE_CIPHER = 20,
	CONTENT_ALERT = 21,
	CONTENT_HANDSHAKE = 22,
	CONTENT_DATA = 23,
	CONTENT_HEARTBEAT = 24
};

enum message { MESSAGE_CLIENT_HELLO = 1, MESSAGE_SERVER_HELLO = 2 };

/* A record at the beginning of `bytes`: its type, version, and how much it says it holds. */
struct record {
	uint8_t type;
	uint16_t version;
	size_t length;
};

static bool read_record(struct reader *reader, struct record *record)
{
	record->type = reader_u8(reader);
	record->version = reader_u16be(reader);
	record->length = reader_u16be(reader);
	return !reader_failed(reader);
}

static bool is_record(const struct record *record)
{
	return record->type >= CONTENT_CHANGE_CIPHER && record->type <= CONTENT_HEARTBEAT &&
	       record->version >> 8 == 3 && (record->version & 0xff) <= 4 &&
	       record->length <= RECORD_MOST;
}

/* Does the side begin with that hello? */
static bool begins_with(struct bytes said, enum message message)
{
	struct reader reader = reader_of(said);
	struct record record;

	return read_record(&reader, &record) && is_record(&record) &&
	       record.type == CONTENT_HANDSHAKE && reader_u8(&reader) == message &&
	       !reader_failed(&reader);
}

static bool begins_with_alert(struct bytes said)
{
	struct reader reader = reader_of(said);
	struct record record;

	return read_record(&reader, &record) && is_record(&record) &&
	       record.type == CONTENT_ALERT && record.length == 2;
}

int tls_recognise(const struct stream_session *session)
{
	struct bytes client = session->half[STREAM_CLIENT].data;
	struct bytes server = session->half[STREAM_SERVER].data;
	bool asks = begins_with(client, MESSAGE_CLIENT_HELLO);
	bool answers = begins_with(server, MESSAGE_SERVER_HELLO) || begins_with_alert(server);

	if (asks && answers)
		return SURE_BY_MAGIC;
	return (asks && server.length == 0) || (answers && client.length == 0) ? SURE_BY_DIALOGUE
									       : SURE_NOT;
}

struct tls {
	struct describer *describer;
	bool agreed; /* both ends said hello */
	enum stream_side side;
	size_t offset;	 /* of the present record */
	bool hello_read; /* of this side */
	bool in_cipher;	 /* this side has changed to ciphertext */
};

static void deviates(struct tls *tls, const char *what)
{
	describe_deviation(tls->describer, tls->side, tls->offset, what);
}

/* --- hellos --- */

static const char *version_name(uint16_t version)
{
	static const char *const names[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2",
					     "TLS 1.3" };

	return version >= 0x0300 && version <= 0x0304 ? names[version - 0x0300] : "";
}

/* The host in a server_name extension. */
static void read_name(struct tls *tls, struct bytes extension)
{
	struct reader reader = reader_of(extension);

	reader_skip(&reader, 2); /* length of the list */
	uint8_t type = reader_u8(&reader);
	struct bytes name = reader_take(&reader, reader_u16be(&reader));
	if (reader_failed(&reader))
		deviates(tls, "TLS server name that contradicts its length");
	else if (type == 0)
		describe_say(tls->describer, tls->side, tls->offset, "host", name);
}

/* Up to the end of the hello; *version becomes what the server chose. */
static void read_extensions(struct tls *tls, struct reader *reader, uint16_t *version)
{
	if (reader_left(reader) == 0)
		return; /* none at all */
	struct reader list = reader_of(reader_take(reader, reader_u16be(reader)));
	if (reader_failed(reader) || reader_left(reader)) {
		deviates(tls, "TLS hello whose extensions contradict its length");
		return;
	}
	while (reader_left(&list)) {
		uint16_t type = reader_u16be(&list);
		struct bytes extension = reader_take(&list, reader_u16be(&list));
		if (reader_failed(&list)) {
			deviates(tls, "TLS extension longer than its list");
			return;
		}
		if (type == EXTENSION_NAME && tls->side == STREAM_CLIENT)
			read_name(tls, extension);
		if (type == EXTENSION_VERSIONS && tls->side == STREAM_SERVER &&
		    extension.length == 2)
			*version = (uint16_t)(extension.data[0] << 8 | extension.data[1]);
	}
}

/* ClientHello and ServerHello (RFC 5246, section 7.4.1; RFC 8446, section 4.1). */
static void read_hello(struct tls *tls, struct bytes hello)
{
	struct reader reader = reader_of(hello);
	uint16_t version = reader_u16be(&reader);
	bool client = tls->side == STREAM_CLIENT;
	/* Servers of the drafts up to 21 named neither a session nor a compression. */
	bool drafted = !client && version >> 8 == DRAFT_OF_1_3;

	reader_skip(&reader, 32); /* random */
	uint8_t session = drafted ? 0 : reader_u8(&reader);
	reader_skip(&reader, session);
	size_t suites = client ? reader_u16be(&reader) : 2;
	reader_skip(&reader, suites);
	size_t compressions = client ? reader_u8(&reader) : 1;
	if (drafted)
		compressions = 0;
	reader_skip(&reader, compressions);
	if (reader_failed(&reader)) {
		deviates(tls, "TLS hello shorter than what it holds");
		return;
	}
	if (session > 32)
		deviates(tls, "TLS session identifier longer than 32 bytes");
	if (suites == 0 || suites % 2 || (compressions == 0 && !drafted))
		deviates(tls, "TLS hello without proper ciphers or compressions");
	read_extensions(tls, &reader, &version);
	if (!client && version_name(version)[0])
		describe_say(tls->describer, tls->side, tls->offset, "version",
			     bytes_of(version_name(version)));
}

/* The handshake messages in the records from `begin` on, joined as far as the first one needs. */
static void read_first_message(struct tls *tls, struct bytes said, size_t begin)
{
	struct reader reader = reader_of(bytes_slice(said, begin, HELLO_MOST));
	struct record record;
	struct buffer joined;
	size_t wanted = 4;

	buffer_init(&joined, HELLO_MOST);
	while (joined.length < wanted && read_record(&reader, &record) &&
	       record.type == CONTENT_HANDSHAKE && is_record(&record)) {
		struct bytes part = reader_take(&reader, record.length);
		if (reader_failed(&reader) || part.length == 0 ||
		    buffer_append(&joined, part.data, part.length) < 0)
			break;
		if (joined.length >= 4)
			wanted = 4 + ((size_t)joined.data[1] << 16 | (size_t)joined.data[2] << 8 |
				      joined.data[3]);
	}
	if (joined.length >= wanted)
		read_hello(tls, bytes_slice(buffer_bytes(&joined), 4, wanted - 4));
	else
		deviates(tls, "TLS hello that does not end");
	buffer_fini(&joined);
}

/* --- records --- */

static void read_heartbeat(struct tls *tls, struct bytes content)
{
	struct reader reader = reader_of(content);

	reader_skip(&reader, 1);
	size_t payload = reader_u16be(&reader);
	/* at least 16 bytes of padding follow (RFC 6520, section 4) */
	if (!tls->in_cipher && (reader_failed(&reader) || payload + 16 > reader_left(&reader)))
		deviates(tls, "TLS heartbeat that says more than it holds");
}

static void judge_record(struct tls *tls, const struct record *record, struct bytes content)
{
	switch (record->type) {
	case CONTENT_CHANGE_CIPHER:
		tls->in_cipher = true;
		if (record->length != 1)
			deviates(tls, "TLS change of cipher that is not one byte");
		break;
	case CONTENT_ALERT:
		if (!tls->in_cipher && record->length != 2)
			deviates(tls, "TLS alert that is not two bytes");
		break;
	case CONTENT_DATA:
		if (!tls->hello_read)
			deviates(tls, "TLS application data before the hello");
		else if (tls->agreed)
			describe_sealed(tls->describer, tls->side, tls->offset,
					RECORD_HEADER + content.length);
		break;
	case CONTENT_HEARTBEAT: read_heartbeat(tls, content); break;
	default: break;
	}
}

static void read_side(struct tls *tls, enum stream_side side, size_t begin)
{
	struct describer *describer = tls->describer;
	struct bytes said =
		bytes_slice(side_data(describer->session, side), 0, describer->whole_until[side]);
	struct reader reader = reader_of(said);
	struct record record;

	if (begin > said.length)
		return;
	tls->side = side;
	tls->hello_read = tls->in_cipher = false;
	reader_seek(&reader, begin);
	for (tls->offset = begin; reader_left(&reader); tls->offset = reader.offset) {
		if (!read_record(&reader, &record)) {
			if (describer->session->end == STREAM_END_FIN)
				deviates(tls, "TLS record that ends within its header");
			return;
		}
		if (!is_record(&record)) {
			deviates(tls, "bytes that are no TLS record");
			return;
		}
		struct bytes content = bytes_slice(said, reader.offset, record.length);
		if (content.length < record.length) {
			if (describer->session->end == STREAM_END_FIN)
				deviates(tls, "TLS record that ends before its stated length");
			return;
		}
		if (record.type == CONTENT_HANDSHAKE && !tls->hello_read) {
			read_first_message(tls, said, tls->offset);
			tls->hello_read = true;
		}
		judge_record(tls, &record, content);
		reader_skip(&reader, record.length);
	}
}

void tls_read_behind(struct describer *describer, const size_t begin[STREAM_SIDES])
{
	static const enum message hello[STREAM_SIDES] = {
		[STREAM_CLIENT] = MESSAGE_CLIENT_HELLO, [STREAM_SERVER] = MESSAGE_SERVER_HELLO
	};
	struct tls tls = { .describer = describer, .agreed = true };

	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes said = side_data(describer->session, (enum stream_side)side);
		tls.agreed &= begins_with(bytes_slice(said, begin[side], SIZE_MAX), hello[side]);
	}
	for (int side = 0; side < STREAM_SIDES; side++)
		read_side(&tls, (enum stream_side)side, begin[side]);
}

void tls_read(struct describer *describer)
{
	tls_read_behind(describer, (const size_t[STREAM_SIDES]){ 0, 0 });
}
