/* SMB 2 and 3: what is opened, written and read, calls through pipes, chains, and messages that
 * lie. Messages are built here from the layouts of [MS-SMB2] 2.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

enum { NEGOTIATE, SESSION_SETUP, TREE_CONNECT = 3, CREATE = 5, CLOSE, READ = 8, WRITE, IOCTL = 11 };
#define TREE	5u
#define FILE_ID 77u

struct message {
	uint8_t data[4096];
	size_t length;
};

static void put(struct message *message, const void *data, size_t length)
{
	assert_true(length <= sizeof message->data - message->length);
	if (length)
		memcpy(message->data + message->length, data, length);
	message->length += length;
}

static void put_number(struct message *message, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		uint8_t byte = (uint8_t)(i < 8 ? value >> 8 * i & 0xffu : 0);
		put(message, &byte, 1);
	}
}

static void put_wide(struct message *message, const char *text)
{
	for (; *text; text++)
		put_number(message, (uint8_t)*text, 2);
}

static void put_file(struct message *message)
{
	put_number(message, 4, 8);
	put_number(message, FILE_ID, 8);
}

static void put_header(struct message *message, bool response, uint16_t command, uint64_t number,
		       uint32_t status, uint32_t next)
{
	put(message, "\xfeSMB", 4);
	put_number(message, 64, 2);
	put_number(message, 1, 2);
	put_number(message, status, 4);
	put_number(message, command, 2);
	put_number(message, 1, 2);
	put_number(message, response, 4);
	put_number(message, next, 4);
	put_number(message, number, 8);
	put_number(message, 0, 4);
	put_number(message, TREE, 4);
	put_number(message, 9, 8);
	put_number(message, 0, 16);
}

static void say_frame(struct talk *talk, enum stream_side side, const struct message *message)
{
	struct message frame = { .length = 0 };
	put_number(&frame, 0, 1);
	put_number(&frame, message->length >> 16, 1);
	put_number(&frame, message->length >> 8, 1);
	put_number(&frame, message->length, 1);
	put(&frame, message->data, message->length);
	talk_bytes(talk, side, (struct bytes){ frame.data, frame.length });
}

static void say_smb2(struct talk *talk, enum stream_side side, uint16_t command, uint64_t number,
		     uint32_t status, const struct message *body)
{
	struct message message = { .length = 0 };
	put_header(&message, side == STREAM_SERVER, command, number, status, 0);
	put(&message, body->data, body->length);
	say_frame(talk, side, &message);
}

static void negotiate(struct talk *talk)
{
	struct message body = { .length = 0 };
	put_number(&body, 36, 2);
	put_number(&body, 2, 2);
	put_number(&body, 0, 32);
	put_number(&body, 0x202, 2);
	put_number(&body, 0x311, 2);
	say_smb2(talk, STREAM_CLIENT, NEGOTIATE, 0, 0, &body);
	body.length = 0;
	put_number(&body, 65, 2);
	put_number(&body, 1, 2);
	put_number(&body, 0x311, 2);
	put_number(&body, 0, 59);
	say_smb2(talk, STREAM_SERVER, NEGOTIATE, 0, 0, &body);
}

static void connect_tree(struct talk *talk, const char *path, uint8_t type)
{
	struct message body = { .length = 0 };
	put_number(&body, 9, 2);
	put_number(&body, 0, 2);
	put_number(&body, 64 + 8, 2);
	put_number(&body, 2 * strlen(path), 2);
	put_wide(&body, path);
	say_smb2(talk, STREAM_CLIENT, TREE_CONNECT, 1, 0, &body);
	body.length = 0;
	put_number(&body, 16, 2);
	put_number(&body, type, 1);
	put_number(&body, 0, 13);
	say_smb2(talk, STREAM_SERVER, TREE_CONNECT, 1, 0, &body);
}

static struct message create_request(const char *name)
{
	struct message body = { .length = 0 };
	put_number(&body, 57, 2);
	put_number(&body, 0, 42);
	put_number(&body, 64 + 56, 2);
	put_number(&body, 2 * strlen(name), 2);
	put_number(&body, 0, 8);
	put_wide(&body, name);
	return body;
}

static struct message create_response(void)
{
	struct message body = { .length = 0 };
	put_number(&body, 89, 2);
	put_number(&body, 0, 62);
	put_file(&body);
	put_number(&body, 0, 8);
	return body;
}

static void open_file(struct talk *talk, const char *name)
{
	struct message request = create_request(name), response = create_response();
	say_smb2(talk, STREAM_CLIENT, CREATE, 2, 0, &request);
	say_smb2(talk, STREAM_SERVER, CREATE, 2, 0, &response);
}

static void write_file(struct talk *talk, uint64_t position, struct bytes content, uint32_t stated)
{
	struct message body = { .length = 0 };
	put_number(&body, 49, 2);
	put_number(&body, 64 + 48, 2);
	put_number(&body, stated, 4);
	put_number(&body, position, 8);
	put_file(&body);
	put_number(&body, 0, 16);
	put(&body, content.data, content.length);
	say_smb2(talk, STREAM_CLIENT, WRITE, 3 + position, 0, &body);
}

static struct message read_request(uint64_t position, bool chained)
{
	struct message body = { .length = 0 };
	put_number(&body, 49, 2);
	put_number(&body, 0, 2);
	put_number(&body, 100, 4);
	put_number(&body, position, 8);
	if (chained)
		put(&body, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	else
		put_file(&body);
	put_number(&body, 0, 17);
	return body;
}

static struct message read_response(const char *content)
{
	struct message body = { .length = 0 };
	put_number(&body, 17, 2);
	put_number(&body, 64 + 16, 2);
	put_number(&body, strlen(content), 4);
	put_number(&body, 0, 8);
	put(&body, content, strlen(content));
	return body;
}

static void a_file_written_and_read(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 445);
	negotiate(talk);
	connect_tree(talk, "\\\\HOST\\SHARE", 1);
	open_file(talk, "dir\\worm.exe");
	write_file(talk, 0, bytes_of("first "), 6);
	write_file(talk, 6, bytes_of("second"), 6);
	struct message request = read_request(5, false), response = read_response("from there");
	say_smb2(talk, STREAM_CLIENT, READ, 20, 0, &request);
	struct message pending = { .length = 0 };
	put_number(&pending, 9, 2);
	put_number(&pending, 0, 7);
	say_smb2(talk, STREAM_SERVER, READ, 20, 0x103, &pending);
	say_smb2(talk, STREAM_SERVER, READ, 20, 0, &response);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_CONFORMS));
	assert_true(talk_said(talk, "negotiate", "SMB 2.0.2 3.1.1"));
	assert_true(talk_said(talk, "negotiate", "SMB 3.1.1"));
	assert_true(talk_said(talk, "tree", "\\\\HOST\\SHARE"));
	assert_true(talk_said(talk, "open", "dir\\worm.exe"));
	const struct stream_file *written =
		talk_file(talk, "dir\\worm.exe", bytes_of("first second"));
	assert_non_null(written);
	assert_int_equal(written->sender, STREAM_CLIENT);
	assert_true(written->complete);
	const struct stream_file *got = talk_file(talk, "dir\\worm.exe", bytes_of("from there"));
	assert_non_null(got);
	assert_int_equal(got->sender, STREAM_SERVER);
	assert_false(got->complete); /* what is before it was not read */
	talk_free(talk);
}

/* A bind to srvsvc and a call of NetprPathCanonicalize whose path says it is longer than it may. */
static void put_pdu(struct message *message, uint8_t type, const struct message *body)
{
	put(message, "\5\0", 2);
	put_number(message, type, 1);
	put_number(message, 3, 1);
	put_number(message, 0x10, 4);
	put_number(message, 16 + body->length, 2);
	put_number(message, 0, 2);
	put_number(message, 1, 4);
	put(message, body->data, body->length);
}

static void transceive(struct talk *talk, const struct message *pdu)
{
	struct message body = { .length = 0 };
	put_number(&body, 57, 2);
	put_number(&body, 0, 2);
	put_number(&body, 0x11c017, 4);
	put_file(&body);
	put_number(&body, 64 + 56, 4);
	put_number(&body, pdu->length, 4);
	put_number(&body, 0, 24);
	put(&body, pdu->data, pdu->length);
	say_smb2(talk, STREAM_CLIENT, IOCTL, 30, 0, &body);
}

static void a_pipe_named_by_a_path(void **state)
{
	static const char *const names[] = { "srvsvc", "\\PIPE\\/srv/share/x.so" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct talk *talk = talk_new(6, 445);
		connect_tree(talk, "\\\\HOST\\IPC$", 2);
		open_file(talk, names[i]);
		talk_describe(talk);
		assert_true(talk_said(talk, "pipe", names[i]));
		assert_true(talk_is(talk, "smb", i == 0 ? STREAM_CONFORMS : STREAM_DEVIATES));
		if (i == 0)
			assert_null(talk->description.target);
		else
			assert_string_equal(talk->description.target, "Samba, CVE-2017-7494");
		talk_free(talk);
	}
}

static void a_call_through_a_pipe(void **state)
{
	(void)state;
	static const uint8_t srvsvc[] = { 0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3,
					  0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e,
					  0xe1, 0x88, 3,    0,	  0,	0 };
	static const uint8_t ndr[] = { 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8,
				       0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2,	 0,    0,    0 };
	struct message body = { .length = 0 }, pdu = { .length = 0 };
	struct talk *talk = talk_new(6, 445);

	connect_tree(talk, "\\\\HOST\\IPC$", 2);
	open_file(talk, "srvsvc");
	put_number(&body, 0x10001000, 8);
	put_number(&body, 1, 4);
	put_number(&body, 0x10000, 4);
	put(&body, srvsvc, sizeof srvsvc);
	put(&body, ndr, sizeof ndr);
	put_pdu(&pdu, 11, &body);
	write_file(talk, 0, (struct bytes){ pdu.data, pdu.length }, (uint32_t)pdu.length);
	body.length = pdu.length = 0;
	put_number(&body, 0, 6);
	put_number(&body, 31, 2);
	put_number(&body, 0, 4); /* no server name */
	put_number(&body, 2, 4); /* PathName: room for two, */
	put_number(&body, 0, 4);
	put_number(&body, 500, 4); /* but five hundred come */
	put_number(&body, 0, 1000);
	put_pdu(&pdu, 0, &body);
	transceive(talk, &pdu);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_DEVIATES));
	assert_true(talk_said(talk, "pipe", "srvsvc"));
	assert_true(talk_deviates(talk, "longer than its maximum count"));
	assert_non_null(talk->description.target);
	assert_non_null(strstr(talk->description.target, "MS08-067"));
	assert_int_equal(talk->description.file_count, 0);
	talk_free(talk);
}

static void describe_writes(struct talk *talk, const uint64_t positions[],
			    const char *const texts[], size_t count)
{
	negotiate(talk);
	connect_tree(talk, "\\\\192.0.2.7\\C$", 1);
	open_file(talk, "x");
	for (size_t i = 0; i < count; i++)
		write_file(talk, positions[i], bytes_of(texts[i]), (uint32_t)strlen(texts[i]));
	talk_describe(talk);
	assert_int_equal(talk->description.file_count, 1);
}

/* Parts in any order make the file, and say where they crossed. */
static void parts_are_put_in_order(void **state)
{
	static const uint64_t positions[] = { 5, 11, 0, 5 };
	static const char *const texts[] = { "second", "third", "first", "second" };
	struct talk *talk = talk_new(6, 445);
	size_t at = 0;

	(void)state;
	describe_writes(talk, positions, texts, 4);
	const struct stream_file *file = &talk->description.files[0];
	assert_true(bytes_equal_text(file->content, "firstsecondthird"));
	assert_true(file->complete);
	assert_int_equal(file->piece_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct stream_piece *piece = &file->pieces[i];
		assert_int_equal(piece->at, at);
		assert_true(bytes_equal(
			bytes_slice(file->content, piece->at, piece->length),
			bytes_slice(buffer_bytes(&talk->data[0]), piece->offset, piece->length)));
		at += piece->length;
	}
	assert_int_equal(at, file->content.length);
	talk_free(talk);
}

/* What was written later counts; then nobody can say where the file crossed. */
static void parts_that_overlap(void **state)
{
	static const uint64_t positions[] = { 0, 6, 4, 0 };
	static const char *const texts[] = { "abcdef", "ghijkl", "1234", "AB" };
	struct talk *talk = talk_new(6, 445);

	(void)state;
	describe_writes(talk, positions, texts, 4);
	const struct stream_file *file = &talk->description.files[0];
	assert_true(bytes_equal_text(file->content, "ABcd1234ijkl"));
	assert_true(file->complete);
	assert_int_equal(file->piece_count, 0);
	talk_free(talk);
}

static void parts_with_a_hole(void **state)
{
	static const uint64_t positions[] = { UINT64_MAX - 2, 9, 0 };
	static const char *const texts[] = { "end", "later", "first" };
	struct talk *talk = talk_new(6, 445);

	(void)state;
	describe_writes(talk, positions, texts, 3);
	const struct stream_file *file = &talk->description.files[0];
	assert_true(bytes_equal_text(file->content, "firstlaterend"));
	assert_false(file->complete);
	assert_int_equal(file->piece_count, 0);
	talk_free(talk);
}

/* CREATE and READ in one frame: the read means the file that is being opened. */
static void a_chain(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 445);
	struct message create = create_request("a.txt"), frame = { .length = 0 };
	struct message created = create_response(), request = read_request(0, true);
	struct message response = read_response("chained");

	connect_tree(talk, "\\\\HOST\\SHARE", 1);
	while (create.length % 8)
		put_number(&create, 0, 1);
	while (created.length % 8)
		put_number(&created, 0, 1);
	put_header(&frame, false, CREATE, 2, 0, (uint32_t)(64 + create.length));
	put(&frame, create.data, create.length);
	put_header(&frame, false, READ, 3, 0, 0);
	put(&frame, request.data, request.length);
	say_frame(talk, STREAM_CLIENT, &frame);
	frame.length = 0;
	put_header(&frame, true, CREATE, 2, 0, (uint32_t)(64 + created.length));
	put(&frame, created.data, created.length);
	put_header(&frame, true, READ, 3, 0, 0);
	put(&frame, response.data, response.length);
	say_frame(talk, STREAM_SERVER, &frame);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_CONFORMS));
	assert_non_null(talk_file(talk, "a.txt", bytes_of("chained")));
	talk_free(talk);
}

static struct talk *with_one(uint16_t command, uint32_t next, const struct message *body)
{
	struct talk *talk = talk_new(6, 445);
	struct message message = { .length = 0 };

	negotiate(talk);
	put_header(&message, false, command, 9, 0, next);
	put(&message, body->data, body->length);
	say_frame(talk, STREAM_CLIENT, &message);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_DEVIATES));
	return talk;
}

static void messages_that_lie(void **state)
{
	(void)state;
	struct message body = { .length = 0 };
	struct talk *talk = talk_new(6, 445);

	connect_tree(talk, "\\\\HOST\\SHARE", 1);
	open_file(talk, "x");
	write_file(talk, 0, bytes_of("short"), 5000);
	talk_describe(talk);
	assert_true(talk_deviates(talk, "outside its message"));
	talk_free(talk);

	put_number(&body, 24, 2);
	put_number(&body, 0, 22);
	talk = with_one(CLOSE, 4, &body);
	assert_true(talk_deviates(talk, "chain"));
	talk_free(talk);
	talk = with_one(WRITE, 0, &body);
	assert_true(talk_deviates(talk, "structure whose size"));
	talk_free(talk);
	talk = with_one(0x77, 0, &body);
	assert_true(talk_deviates(talk, "does not exist"));
	talk_free(talk);
	body.length = 10;
	talk = with_one(CLOSE, 0, &body);
	assert_true(talk_deviates(talk, "ends within"));
	talk_free(talk);
}

/* CVE-2020-0796 as the advisory tells it: the two lengths add up to more than 32 bits. */
static void transformed_messages(void **state)
{
	(void)state;
	struct message message = { .length = 0 };
	struct talk *talk = talk_new(6, 445);

	negotiate(talk);
	put(&message, "\xfdSMB", 4);
	put_number(&message, 0, 60);
	say_frame(talk, STREAM_CLIENT, &message);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_UNJUDGED));
	assert_true(talk_said(talk, "command", "encrypted message"));
	talk_free(talk);

	talk = talk_new(6, 445);
	message.length = 0;
	put(&message, "\xfcSMB", 4);
	put_number(&message, 0xffffffff, 4);
	put_number(&message, 1, 4);
	put_number(&message, 16, 4);
	put_number(&message, 0, 16);
	say_frame(talk, STREAM_CLIENT, &message);
	talk_describe(talk);
	assert_true(talk_deviates(talk, "overflow"));
	assert_non_null(strstr(talk->description.target, "CVE-2020-0796"));
	talk_free(talk);
}

/* Cut anywhere, nothing is read that is not there (under the sanitizers). */
static void cut_anywhere(void **state)
{
	(void)state;
	struct talk *whole = talk_new(6, 445);
	connect_tree(whole, "\\\\HOST\\SHARE", 1);
	open_file(whole, "x");
	write_file(whole, 0, bytes_of("content"), 7);
	for (size_t cut = 1; cut < whole->data[STREAM_CLIENT].length; cut++) {
		struct talk *talk = talk_new(6, 445);
		talk_bytes(talk, STREAM_SERVER, buffer_bytes(&whole->data[STREAM_SERVER]));
		talk_bytes(talk, STREAM_CLIENT,
			   bytes_slice(buffer_bytes(&whole->data[STREAM_CLIENT]), 0, cut));
		talk_describe(talk);
		assert_string_equal(talk->description.protocol, "smb");
		talk_free(talk);
	}
	talk_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_written_and_read),
		cmocka_unit_test(parts_are_put_in_order),
		cmocka_unit_test(parts_that_overlap),
		cmocka_unit_test(parts_with_a_hole),
		cmocka_unit_test(a_pipe_named_by_a_path),
		cmocka_unit_test(a_call_through_a_pipe),
		cmocka_unit_test(a_chain),
		cmocka_unit_test(messages_that_lie),
		cmocka_unit_test(transformed_messages),
		cmocka_unit_test(cut_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
