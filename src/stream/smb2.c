/* SMB 2 and 3 ([MS-SMB2] section 2.2): negotiation, log-in, trees, files and pipes opened, read,
 * written, and pipe operations (FSCTL_PIPE_TRANSCEIVE). What is encrypted or compressed is named
 * and not read; the session is then not judged. Offsets in messages count from their header. */
#include "stream/smb.h"

#include <string.h>

enum {
	HEADER = 64,
	FLAG_RESPONSE = 1,
	FLAG_BINDING = 1, /* of a log-in over one more connection (2.2.5) */
	COMPOUND_MOST = 64,
	STATUS_PENDING = 0x103,
	STATUS_MORE = 0x80000005u, /* a pipe's message has more than was asked for */
	FSCTL_PIPE_TRANSCEIVE = 0x11c017,
	SHARE_PIPE = 2,
	DIALECT_ANY = 0x2ff /* a server's answer to a negotiation in SMB1 */
};

enum command {
	NEGOTIATE,
	SESSION_SETUP,
	LOGOFF,
	TREE_CONNECT,
	TREE_DISCONNECT,
	CREATE,
	CLOSE,
	FLUSH,
	READ,
	WRITE,
	LOCK,
	IOCTL,
	COMMANDS = 0x13
};

/* StructureSize of request and response; 0: not judged here. */
static const uint8_t structure_sizes[COMMANDS][2] = {
	[NEGOTIATE] = { 36, 65 },   [SESSION_SETUP] = { 25, 9 },  [LOGOFF] = { 4, 4 },
	[TREE_CONNECT] = { 9, 16 }, [TREE_DISCONNECT] = { 4, 4 }, [CREATE] = { 57, 89 },
	[CLOSE] = { 24, 60 },	    [FLUSH] = { 24, 4 },	  [READ] = { 49, 17 },
	[WRITE] = { 49, 17 },	    [LOCK] = { 48, 4 },		  [IOCTL] = { 57, 49 },
};

/* One command; `at` reads its body from behind StructureSize. */
struct message {
	struct smb *smb;
	struct smb_command command;
	uint32_t tree;
	struct reader at;
};

static void deviates(struct message *message, const char *what)
{
	smb_deviates(message->smb, &message->command, what);
}

static void say(struct message *message, const char *what, const char *text)
{
	describe_say(message->smb->describer, message->command.side, message->command.offset, what,
		     bytes_of(text));
}

static struct bytes part(struct message *message, size_t offset, size_t length)
{
	return smb_part(message->smb, &message->command, offset, length);
}

/* Persistent part, then the volatile one, by which servers know what is open (2.2.14.1). */
static uint64_t read_file(struct reader *reader)
{
	reader_skip(reader, 8);
	return reader_u64le(reader);
}

/* The file of a request that is chained to the one that opens it (3.2.4.1.4). */
#define FILE_OF_CHAIN UINT64_MAX

/* --- negotiation, log-in, trees --- */

static const char *dialect_name(uint16_t dialect)
{
	switch (dialect) {
	case 0x202: return "2.0.2";
	case 0x210: return "2.1";
	case 0x300: return "3.0";
	case 0x302: return "3.0.2";
	case 0x311: return "3.1.1";
	default: return NULL;
	}
}

static void read_negotiate(struct message *message)
{
	struct reader *at = &message->at;
	char text[100] = "SMB";

	if (message->command.response) {
		reader_skip(at, 2);
		uint16_t chosen = reader_u16le(at);
		if (dialect_name(chosen))
			describe_say_format(message->smb->describer, message->command.side,
					    message->command.offset, "negotiate", "SMB %s",
					    dialect_name(chosen));
		else if (chosen != DIALECT_ANY && !reader_failed(at))
			deviates(message, "SMB2 dialect that does not exist");
		return;
	}
	uint16_t count = reader_u16le(at);
	reader_skip(at, 32);
	struct reader dialects = reader_of(reader_take(at, 2 * (size_t)count));
	if (count == 0 || reader_failed(at)) {
		deviates(message, "SMB2 dialect list that contradicts its length");
		return;
	}
	while (reader_left(&dialects)) {
		const char *name = dialect_name(reader_u16le(&dialects));
		if (!name || strlen(text) + strlen(name) + 2 > sizeof text)
			continue;
		strcat(text, " ");
		strcat(text, name);
	}
	say(message, "negotiate", text);
}

static void read_session_setup(struct message *message)
{
	struct reader *at = &message->at;

	if (message->command.response)
		return;
	message->smb->bound |= reader_u8(at) & FLAG_BINDING;
	reader_skip(at, 9);
	uint16_t offset = reader_u16le(at), length = reader_u16le(at);
	if (length)
		smb_log_in(message->smb, &message->command, part(message, offset, length));
}

static void read_tree_connect(struct message *message)
{
	struct smb *smb = message->smb;
	struct reader *at = &message->at;

	if (message->command.response) {
		smb_tree_add(smb, message->tree, reader_u8(at) == SHARE_PIPE);
		return;
	}
	reader_skip(at, 2);
	uint16_t offset = reader_u16le(at), length = reader_u16le(at);
	struct bytes path = part(message, offset, length);
	say(message, "tree", describe_text_utf16(smb->describer, path));
}

/* --- files and pipes --- */

static void read_create(struct message *message)
{
	struct smb *smb = message->smb;
	struct reader *at = &message->at;
	bool pipe = smb_tree_is_pipe(smb, message->tree);

	if (message->command.response) { /* a late one does not name its tree */
		struct smb_pending request;
		reader_skip(at, 62);
		uint64_t file = read_file(at);
		if (reader_failed(at) || !smb_recall(smb, &message->command, &request))
			return;
		smb_open_add(smb, file, request.name, request.position);
		smb->opened = file;
		return;
	}
	reader_skip(at, 42);
	uint16_t offset = reader_u16le(at), length = reader_u16le(at);
	const char *name =
		describe_text_utf16(smb->describer, part(message, length ? offset : 0, length));
	smb_remember(smb, &message->command, 0, pipe, name);
	smb_say_open(smb, &message->command, name, pipe);
}

static void read_close(struct message *message)
{
	if (message->command.response)
		return;
	reader_skip(&message->at, 6);
	uint64_t file = read_file(&message->at);
	if (!reader_failed(&message->at))
		smb_open_close(message->smb, file);
}

/* Which file a chained request means, only its answer will tell: what it writes is not read. */
static void transfer(struct message *message, uint64_t file, uint64_t position,
		     struct bytes content)
{
	if (file == FILE_OF_CHAIN)
		describe_unjudged(message->smb->describer);
	else
		smb_open_transfer(message->smb, file, &message->command, position, content);
}

static void read_read(struct message *message)
{
	struct reader *at = &message->at;
	struct smb_pending request;

	if (!message->command.response) {
		reader_skip(at, 6);
		uint64_t position = reader_u64le(at);
		uint64_t file = read_file(at);
		smb_remember(message->smb, &message->command, file, position, "");
		return;
	}
	uint8_t offset = reader_u8(at);
	reader_skip(at, 1);
	uint32_t length = reader_u32le(at);
	if (!reader_failed(at) && smb_recall(message->smb, &message->command, &request))
		transfer(message,
			 request.file == FILE_OF_CHAIN ? message->smb->opened : request.file,
			 request.position, part(message, offset, length));
}

static void read_write(struct message *message)
{
	struct reader *at = &message->at;

	if (message->command.response)
		return;
	uint16_t offset = reader_u16le(at);
	uint32_t length = reader_u32le(at);
	uint64_t position = reader_u64le(at);
	uint64_t file = read_file(at);
	if (!reader_failed(at))
		transfer(message, file, position, part(message, offset, length));
}

static void read_ioctl(struct message *message)
{
	struct reader *at = &message->at;

	reader_skip(at, 2);
	uint32_t code = reader_u32le(at);
	uint64_t file = read_file(at);
	uint32_t offset = reader_u32le(at), length = reader_u32le(at);
	if (message->command.response) { /* input, then output */
		offset = reader_u32le(at);
		length = reader_u32le(at);
	}
	if (!reader_failed(at) && code == FSCTL_PIPE_TRANSCEIVE && length)
		transfer(message, file, 0, part(message, offset, length));
}

/* --- messages --- */

static void read_body(struct message *message)
{
	struct smb_command *command = &message->command;
	uint16_t size = reader_u16le(&message->at);
	bool failed = command->response && command->status != 0 && command->status != STATUS_MORE;

	/* Errors have a body of their own (2.2.2); a log-in that goes on has not. */
	if (failed && command->status != 0xc0000016u) {
		struct smb_pending refused;
		if (command->status != STATUS_PENDING)
			(void)smb_recall(message->smb, command, &refused);
		return;
	}
	uint16_t expected =
		command->code < COMMANDS ? structure_sizes[command->code][command->response] : 0;
	if (reader_failed(&message->at) || (expected && size != expected)) {
		deviates(message, "SMB2 structure whose size is not its command's");
		return;
	}
	switch (command->code) {
	case NEGOTIATE: read_negotiate(message); break;
	case SESSION_SETUP: read_session_setup(message); break;
	case TREE_CONNECT: read_tree_connect(message); break;
	case CREATE: read_create(message); break;
	case CLOSE: read_close(message); break;
	case READ: read_read(message); break;
	case WRITE: read_write(message); break;
	case IOCTL: read_ioctl(message); break;
	default: break;
	}
	if (reader_failed(&message->at))
		deviates(message, "SMB2 structure that ends within its fields");
}

/* One of a chain (2.2.1); returns where the next one begins, 0: it was the last. */
static size_t read_one(struct smb *smb, enum stream_side side, size_t offset, struct bytes rest)
{
	struct message message = { .smb = smb };
	struct reader header = reader_of(rest);

	message.command = (struct smb_command){ .side = side, .offset = offset, .process = 0xfeff };
	reader_skip(&header, 4);
	uint16_t size = reader_u16le(&header);
	reader_skip(&header, 2);
	message.command.status = reader_u32le(&header);
	uint16_t code = reader_u16le(&header);
	message.command.code = (uint8_t)(code < COMMANDS ? code : COMMANDS);
	reader_skip(&header, 2);
	message.command.response = reader_u32le(&header) & FLAG_RESPONSE;
	uint32_t next = reader_u32le(&header);
	message.command.number = reader_u64le(&header);
	reader_skip(&header, 4);
	message.tree = reader_u32le(&header);
	message.command.message = bytes_slice(rest, 0, next ? next : SIZE_MAX);
	if (rest.length < HEADER || size != HEADER) {
		deviates(&message, "SMB2 header that is none");
		return 0;
	}
	if (code >= COMMANDS)
		deviates(&message, "SMB2 command that does not exist");
	if (message.command.response != (side == STREAM_SERVER))
		deviates(&message, "SMB message whose direction bit is wrong");
	if (next && (next % 8 || next < HEADER || next > rest.length - HEADER)) {
		deviates(&message, "SMB2 chain that leaves its frame");
		next = 0;
	}
	message.at = reader_of(message.command.message);
	reader_seek(&message.at, HEADER);
	read_body(&message);
	return next;
}

/* SMB2 COMPRESSION_TRANSFORM_HEADER (2.2.42). The buffer for what is unpacked is as large as the
 * sum of the two lengths: what goes beyond 32 bits writes behind it. */
static void judge_compressed(struct smb *smb, enum stream_side side, size_t offset,
			     struct bytes message)
{
	struct smb_command command = { .side = side, .offset = offset, .message = message };
	struct reader reader = reader_of(message);

	reader_skip(&reader, 4);
	uint32_t original = reader_u32le(&reader);
	reader_skip(&reader, 2);
	uint16_t flags = reader_u16le(&reader);
	uint32_t length = reader_u32le(&reader);
	if (reader_failed(&reader))
		smb_deviates(smb, &command, "SMB2 structure that ends within its fields");
	else if (flags == 0 && (uint64_t)original + length > UINT32_MAX)
		smb_mark(smb, &command, "compression-overflow",
			 "SMB3 compressed message whose lengths overflow");
}

void smb2_message_read(struct smb *smb, enum stream_side side, size_t offset, struct bytes message)
{
	uint8_t kind = message.data[0];
	size_t at = 0;

	if (kind != 0xfe) {
		describe_unjudged(smb->describer);
		describe_say(smb->describer, side, offset, "command",
			     bytes_of(kind == 0xfd ? "encrypted message" : "compressed message"));
		if (kind == 0xfc)
			judge_compressed(smb, side, offset, message);
		return;
	}
	for (unsigned i = 0; i < COMPOUND_MOST && !smb->describer->cut; i++) {
		size_t next = read_one(smb, side, offset + at, bytes_slice(message, at, SIZE_MAX));
		if (next == 0)
			return;
		at += next;
	}
	smb->describer->cut = true;
}
