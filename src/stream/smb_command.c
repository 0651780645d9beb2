/* Single SMB commands: negotiation, log-in, trees, opening, reading, writing, closing. Layouts:
 * [MS-CIFS] section 2.2.4, with the extended forms of [MS-SMB] section 2.2.4. */
#include "stream/smb.h"

#include <string.h>

#define READ_WORDS_SHORT ((size_t)10)
#define READ_WORDS_LONG	 ((size_t)12)
#define WRITE_WORDS_LONG ((size_t)14)
#define PROCESS_HIGH	 ((size_t)12) /* [MS-CIFS] 2.2.3.1 */

struct bytes smb_part(struct smb *smb, const struct smb_command *command, size_t offset,
		      size_t length)
{
	struct bytes part = bytes_slice(command->message, offset, length);
	if (part.length < length)
		smb_deviates(smb, command, "SMB data lies outside its message");
	return part;
}

static struct bytes until_zero(struct bytes bytes, unsigned width)
{
	size_t end = 0;
	while (end + width <= bytes.length &&
	       (bytes.data[end] || (width == 2 && bytes.data[end + 1])))
		end += width;
	return bytes_slice(bytes, 0, end);
}

/* The string and, in *behind, the offset behind its terminator. */
static const char *read_string(struct smb *smb, const struct smb_command *command, bool unicode,
			       size_t offset, size_t *behind)
{
	unsigned width = unicode ? 2 : 1;
	if (unicode && (command->bytes_offset + offset) % 2)
		offset++;
	struct bytes text = until_zero(bytes_slice(command->bytes, offset, SIZE_MAX), width);
	*behind = offset + text.length + width;
	return unicode ? describe_text_utf16(smb->describer, text)
		       : describe_text(smb->describer, text);
}

const char *smb_string(struct smb *smb, const struct smb_command *command, size_t offset)
{
	size_t behind;
	return read_string(smb, command, command->unicode, offset, &behind);
}

static void read_negotiate(struct smb *smb, const struct smb_command *command)
{
	struct reader reader = reader_of(command->bytes);
	struct reader header = reader_of(command->message);
	if (command->response)
		return;
	reader_seek(&header, PROCESS_HIGH);
	if (reader_u16le(&header) &&
	    bytes_find(command->bytes, bytes_of("\2SMB 2."), 0) != SIZE_MAX)
		smb_mark(smb, command, "process-identifier",
			 "SMB2 negotiated with a process identifier that selects a routine");
	while (reader_left(&reader)) {
		if (reader_u8(&reader) != 2) { /* the format byte of a dialect */
			smb_deviates(smb, command, "SMB dialect list that does not parse");
			return;
		}
		struct bytes rest = bytes_slice(command->bytes, reader.offset, SIZE_MAX);
		struct bytes dialect = until_zero(rest, 1);
		if (dialect.length == rest.length)
			smb_deviates(smb, command, "SMB dialect without its terminator");
		reader_skip(&reader, dialect.length);
		reader_skip(&reader, reader_left(&reader) ? 1 : 0);
	}
	describe_say(smb->describer, command->side, command->offset, "negotiate", command->bytes);
}

/* --- log-in --- */

/* A field of an NTLM message: length, room, offset ([MS-NLMP] section 2.2.1.3). */
static const char *ntlm_field(struct smb *smb, const struct smb_command *command, struct bytes blob,
			      size_t at)
{
	struct reader reader = reader_of(blob);
	reader_seek(&reader, at);
	uint16_t length = reader_u16le(&reader);
	reader_skip(&reader, 2);
	uint32_t offset = reader_u32le(&reader);
	struct bytes text = bytes_slice(blob, offset, length);
	if (reader_failed(&reader) || text.length < length)
		smb_deviates(smb, command, "NTLM field lies outside its message");
	return describe_text_utf16(smb->describer, text);
}

void smb_log_in(struct smb *smb, const struct smb_command *command, struct bytes blob)
{
	size_t start = bytes_find(blob, (struct bytes){ (const uint8_t *)"NTLMSSP", 8 }, 0);
	struct bytes ntlm = start == SIZE_MAX ? blob : bytes_slice(blob, start, SIZE_MAX);
	struct reader reader = reader_of(ntlm);
	reader_skip(&reader, 8);
	if (start == SIZE_MAX || reader_u32le(&reader) != 3)
		return;
	const char *domain = ntlm_field(smb, command, ntlm, 28);
	const char *user = ntlm_field(smb, command, ntlm, 36);
	describe_say_format(smb->describer, command->side, command->offset, "login", "%s\\%s",
			    domain, user[0] ? user : "(nobody)");
}

static void read_extended_log_in(struct smb *smb, const struct smb_command *command, size_t length)
{
	struct bytes blob = bytes_slice(command->bytes, 0, length);
	if (blob.length < length)
		smb_deviates(smb, command, "SMB security blob longer than its message");
	smb_log_in(smb, command, blob);
}

static void read_session_setup(struct smb *smb, const struct smb_command *command)
{
	struct reader words = reader_of(command->words);
	if (command->response)
		return;
	reader_skip(&words, 14);
	size_t first = reader_u16le(&words); /* password, or security blob */
	if (command->words.length == 24) {
		read_extended_log_in(smb, command, first);
		return;
	}
	if (command->words.length != 26)
		return;
	size_t second = reader_u16le(&words);
	size_t behind = first + second;
	if (behind > command->bytes.length)
		smb_deviates(smb, command, "SMB passwords longer than the message");
	const char *user = read_string(smb, command, command->unicode, behind, &behind);
	const char *domain = read_string(smb, command, command->unicode, behind, &behind);
	describe_say_format(smb->describer, command->side, command->offset, "login", "%s\\%s",
			    domain, user[0] ? user : "(nobody)");
}

static void read_tree_connect(struct smb *smb, const struct smb_command *command)
{
	struct reader words = reader_of(command->words);
	struct smb_pending request;

	if (command->response) {
		if (smb_recall(smb, command, &request) && command->status == 0)
			smb_tree_add(smb, command->tree, request.position);
		return;
	}
	reader_skip(&words, 6);
	const char *path = smb_string(smb, command, reader_u16le(&words));
	if (reader_failed(&words))
		return;
	size_t length = strlen(path);
	bool pipe = length >= 4 && text_equal_ignoring_case(bytes_of(path + length - 4), "IPC$");
	smb_remember(smb, command, 0, pipe, path);
	smb->chained = (struct smb_chain){ pipe, command->offset };
	describe_say(smb->describer, command->side, command->offset, "tree", bytes_of(path));
}

/* --- files and pipes --- */

static void read_open(struct smb *smb, const struct smb_command *command)
{
	if (command->response) {
		struct smb_pending request;
		struct reader words = reader_of(command->words);
		/* NT_CREATE_ANDX has an oplock byte before the file, OPEN_ANDX has not. */
		reader_skip(&words, command->code == SMB_NT_CREATE_ANDX ? 5 : 4);
		uint16_t file = reader_u16le(&words);
		bool known = smb_recall(smb, command, &request);
		if (known && command->status == 0 && !reader_failed(&words))
			smb_open_add(smb, file, request.name, request.position);
		return;
	}
	const char *name = smb_string(smb, command, 0);
	bool pipe = smb_tree_is_pipe(smb, command->tree) ||
		    (smb->chained.pipe && smb->chained.offset == command->offset);
	smb_remember(smb, command, 0, pipe, name);
	smb_say_open(smb, command, name, pipe);
}

static void read_write(struct smb *smb, const struct smb_command *command)
{
	struct reader words = reader_of(command->words);
	if (command->response)
		return;
	reader_skip(&words, 4);
	uint16_t file = reader_u16le(&words);
	uint64_t position = reader_u32le(&words);
	reader_skip(&words, 8);
	size_t length = (size_t)reader_u16le(&words) << 16;
	length |= reader_u16le(&words);
	size_t offset = reader_u16le(&words);
	if (reader_failed(&words)) {
		smb_deviates(smb, command, "SMB write with too few words");
		return;
	}
	if (command->words.length >= WRITE_WORDS_LONG * 2)
		position |= (uint64_t)reader_u32le(&words) << 32;
	smb_open_transfer(smb, file, command, position, smb_part(smb, command, offset, length));
}

static void read_read(struct smb *smb, const struct smb_command *command)
{
	struct reader words = reader_of(command->words);
	struct smb_pending request;

	reader_skip(&words, 4);
	if (!command->response) {
		uint16_t file = reader_u16le(&words);
		uint64_t position = reader_u32le(&words);
		reader_skip(&words, 10);
		if (command->words.length >= READ_WORDS_LONG * 2)
			position |= (uint64_t)reader_u32le(&words) << 32;
		if (command->words.length >= READ_WORDS_SHORT * 2)
			smb_remember(smb, command, file, position, "");
		else
			smb_deviates(smb, command, "SMB read with too few words");
		return;
	}
	reader_skip(&words, 6);
	size_t length = reader_u16le(&words);
	size_t offset = reader_u16le(&words);
	length |= (size_t)reader_u16le(&words) << 16;
	if (smb_recall(smb, command, &request) && !reader_failed(&words))
		smb_open_transfer(smb, request.file, command, request.position,
				  smb_part(smb, command, offset, length));
}

static void read_close(struct smb *smb, const struct smb_command *command)
{
	struct reader words = reader_of(command->words);
	if (!command->response && command->words.length >= 2)
		smb_open_close(smb, reader_u16le(&words));
}

void smb_command_read(struct smb *smb, const struct smb_command *command)
{
	switch (command->code) {
	case SMB_NEGOTIATE: read_negotiate(smb, command); break;
	case SMB_SESSION_SETUP_ANDX: read_session_setup(smb, command); break;
	case SMB_TREE_CONNECT_ANDX: read_tree_connect(smb, command); break;
	case SMB_OPEN_ANDX:
	case SMB_NT_CREATE_ANDX: read_open(smb, command); break;
	case SMB_WRITE_ANDX: read_write(smb, command); break;
	case SMB_READ_ANDX: read_read(smb, command); break;
	case SMB_CLOSE: read_close(smb, command); break;
	case SMB_TRANSACTION:
	case SMB_TRANSACTION_SECONDARY:
	case SMB_TRANSACTION2:
	case SMB_TRANSACTION2_SECONDARY:
	case SMB_NT_TRANSACT:
	case SMB_NT_TRANSACT_SECONDARY: smb_transaction_read(smb, command); break;
	default: break;
	}
}
