/* SMB over NetBIOS sessions (RFC 1002, section 4.3; port 139) and straight over TCP (445, the same
 * frame with a longer length).
 *
 * Messages of both sides are read in the order of time, since an answer says what a request opened.
 */
#include "stream/smb.h"

#include <stdlib.h>

#define FRAME_HEADER  4u
#define FRAME_MESSAGE 0x00
#define FRAME_REQUEST 0x81
#define FRAME_KEEP    0x85
#define ANDX_MOST     8

static const uint8_t smb1_magic[] = { 0xff, 'S', 'M', 'B' };

static bool has_magic(struct bytes message, const uint8_t magic[4])
{
	return bytes_equal(bytes_slice(message, 0, 4), (struct bytes){ magic, 4 });
}

/* SMB 2 and 3 in the clear (0xfe), encrypted (0xfd), compressed (0xfc). */
static bool is_smb2(struct bytes message)
{
	return message.length >= 4 && message.data[0] >= 0xfc && message.data[0] <= 0xfe &&
	       bytes_equal_text(bytes_slice(message, 1, 3), "SMB");
}

int smb_recognise(const struct stream_session *session)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes data = session->half[side].data;
		struct bytes message = bytes_slice(data, FRAME_HEADER, 4);
		if (has_magic(message, smb1_magic) || is_smb2(message))
			return SURE_BY_MAGIC;
		/* A NetBIOS session request: two encoded names of 34 bytes (RFC 1002,
		 * section 4.3.2). */
		if (bytes_start_with(data, "\x81") && data.length >= 72 && data.data[1] == 0 &&
		    data.data[2] == 0 && data.data[3] == 68 && data.data[4] == 32)
			return SURE_BY_DIALOGUE;
	}
	return SURE_NOT;
}

void smb_deviates(struct smb *smb, const struct smb_command *command, const char *what)
{
	describe_deviation(smb->describer, command->side, command->offset, what);
}

/* Reads the words and bytes of the command at `offset` of the message. */
static bool read_block(struct smb *smb, struct smb_command *command, size_t offset, size_t *end)
{
	struct reader reader = reader_of(command->message);
	reader_seek(&reader, offset);
	uint8_t words = reader_u8(&reader);
	command->words = reader_take(&reader, (size_t)words * 2);
	uint16_t length = reader_u16le(&reader);
	if (reader_failed(&reader)) {
		smb_deviates(smb, command, "SMB words run over the NetBIOS frame");
		return false;
	}
	command->bytes_offset = reader.offset;
	/* Transfers beyond 64 KiB leave the count short; the frame then rules ([MS-SMB] 2.2.4.3).
	 */
	size_t left = reader_left(&reader);
	if (length > left)
		smb_deviates(smb, command, "SMB byte count runs over the NetBIOS frame");
	command->bytes = bytes_slice(command->message, reader.offset, length);
	if (reader.offset + length > *end)
		*end = reader.offset + length;
	return true;
}

static bool is_andx(uint8_t code)
{
	return code == SMB_LOCKING_ANDX || code == SMB_OPEN_ANDX || code == SMB_READ_ANDX ||
	       code == SMB_WRITE_ANDX || code == SMB_SESSION_SETUP_ANDX ||
	       code == SMB_LOGOFF_ANDX || code == SMB_TREE_CONNECT_ANDX ||
	       code == SMB_NT_CREATE_ANDX;
}

/* Word parameters of an AndX command begin with the next command and its offset; SMB_NO_ANDX: none.
 */
static uint8_t next_andx(const struct smb_command *command, size_t *offset)
{
	struct reader reader = reader_of(command->words);
	if (!is_andx(command->code))
		return SMB_NO_ANDX;
	uint8_t code = reader_u8(&reader);
	reader_skip(&reader, 1);
	*offset = reader_u16le(&reader);
	return reader_failed(&reader) ? SMB_NO_ANDX : code;
}

static void read_message(struct smb *smb, enum stream_side side, size_t offset,
			 struct bytes message)
{
	struct smb_command command = { .side = side, .offset = offset, .message = message };
	struct reader reader = reader_of(message);
	reader_skip(&reader, 4);
	command.code = reader_u8(&reader);
	command.status = reader_u32le(&reader);
	command.response = reader_u8(&reader) & 0x80;
	command.unicode = reader_u16le(&reader) & 0x8000;
	reader_skip(&reader, 12);
	command.tree = reader_u16le(&reader);
	command.process = reader_u16le(&reader);
	command.user = reader_u16le(&reader);
	command.multiplex = reader_u16le(&reader);
	if (reader_failed(&reader)) {
		smb_deviates(smb, &command, "NetBIOS frame shorter than an SMB header");
		return;
	}
	if (command.response != (side == STREAM_SERVER))
		smb_deviates(smb, &command, "SMB message whose direction bit is wrong");
	size_t block = SMB_HEADER, end = 0;
	for (int i = 0; i < ANDX_MOST; i++) {
		size_t previous = block;
		if (!read_block(smb, &command, block, &end))
			return;
		smb_command_read(smb, &command);
		uint8_t next = next_andx(&command, &block);
		if (next == SMB_NO_ANDX)
			break;
		command.code = next;
		if (block <= previous) {
			smb_deviates(smb, &command, "SMB AndX chain that does not lead on");
			return;
		}
	}
	/* Windows states 42 words for the 50 of an extended answer to NT_CREATE_ANDX
	 * ([MS-SMB] 2.2.4.9.2), and leaves the words of what failed behind the error. */
	bool miscounted =
		command.response && (command.code == SMB_NT_CREATE_ANDX || command.status != 0);
	if (end < message.length && message.length - end > 3 && command.bytes.length < 0xffff &&
	    !miscounted)
		smb_deviates(smb, &command, "NetBIOS frame longer than the SMB message in it");
}

/* --- frames --- */

struct frames {
	const struct stream_session *session;
	size_t offset[STREAM_SIDES];
	size_t end[STREAM_SIDES];
};

struct frame {
	uint8_t type;
	size_t offset, length; /* of what is behind the header */
};

static bool peek_frame(const struct frames *frames, enum stream_side side, struct frame *frame)
{
	struct bytes data = bytes_slice(frames->session->half[side].data, 0, frames->end[side]);
	struct reader reader = reader_of(data);
	reader_seek(&reader, frames->offset[side]);
	frame->type = reader_u8(&reader);
	frame->length = (size_t)reader_u8(&reader) << 16;
	frame->length |= reader_u16be(&reader);
	frame->offset = reader.offset;
	return !reader_failed(&reader);
}

/* The side whose next frame was complete first; STREAM_SIDES at the end. */
static int next_side(const struct frames *frames, struct frame *frame)
{
	uint64_t best_time = UINT64_MAX;
	int best = STREAM_SIDES;

	for (int side = 0; side < STREAM_SIDES; side++) {
		struct frame candidate;
		if (!peek_frame(frames, (enum stream_side)side, &candidate))
			continue;
		size_t last = candidate.offset + candidate.length - 1;
		if (last >= frames->end[side])
			last = frames->end[side] - 1;
		uint64_t time = side_time(&frames->session->half[side], last);
		if (best != STREAM_SIDES && time >= best_time)
			continue;
		best = side;
		best_time = time;
		*frame = candidate;
	}
	return best;
}

/* False: what follows in this side is no sequence of frames. */
static bool read_frame(struct smb *smb, enum stream_side side, const struct frame *frame,
		       struct bytes content)
{
	size_t header = frame->offset - FRAME_HEADER;
	size_t said = smb->describer->session->half[side].data.length;

	if (content.length < frame->length && smb->describer->session->end == STREAM_END_FIN)
		describe_deviation(smb->describer, side, header,
				   "NetBIOS frame ends before its stated length");
	if (content.length < frame->length && frame->offset + content.length < said) {
		describe_unjudged(smb->describer); /* it went on where nothing was captured */
		return false;
	}
	if (frame->type == FRAME_MESSAGE && has_magic(content, smb1_magic)) {
		read_message(smb, side, frame->offset, content);
		return true;
	}
	if (frame->type == FRAME_MESSAGE && is_smb2(content)) {
		smb2_message_read(smb, side, frame->offset, content);
		return true;
	}
	if (frame->type >= FRAME_REQUEST && frame->type <= FRAME_KEEP)
		return true;
	describe_deviation(smb->describer, side, header, "NetBIOS frame that holds no SMB message");
	return frame->type == FRAME_MESSAGE && content.length == frame->length;
}

void smb_read(struct describer *describer)
{
	struct frames frames = { .session = describer->session };
	struct smb *smb = calloc(1, sizeof *smb);
	struct frame frame = { .length = 0 };
	int side;

	if (!smb) {
		describer->cut = true;
		return;
	}
	smb->describer = describer;
	for (int i = 0; i < STREAM_SIDES; i++)
		frames.end[i] = describer->whole_until[i];
	while (!describer->cut && (side = next_side(&frames, &frame)) != STREAM_SIDES) {
		struct bytes data =
			bytes_slice(describer->session->half[side].data, 0, frames.end[side]);
		struct bytes content = bytes_slice(data, frame.offset, frame.length);
		bool goes_on = read_frame(smb, (enum stream_side)side, &frame, content);
		frames.offset[side] = goes_on ? frame.offset + content.length : frames.end[side];
	}
	smb_open_close_all(smb);
	for (int i = 0; i < STREAM_SIDES; i++)
		buffer_fini(&smb->transaction[i].data);
	free(smb);
}
