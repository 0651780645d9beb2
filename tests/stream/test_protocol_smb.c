#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

/* Messages are built here from the layouts of [MS-CIFS], little-endian. */
struct message {
	uint8_t data[8192];
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

static struct bytes bytes_in(const struct message *message)
{
	return (struct bytes){ message->data, message->length };
}

/* One message in its NetBIOS frame; `extra` is added to the length that the frame states. */
static void say_smb(struct talk *talk, enum stream_side side, uint8_t command, uint16_t multiplex,
		    const struct message *words, struct bytes bytes, int extra)
{
	struct message message = { .length = 0 };
	size_t length = 32 + 1 + words->length + 2 + bytes.length;
	put_number(&message, 0, 1);
	put_number(&message, 0, 1);
	put_number(&message, (length + (size_t)extra) >> 8, 1);
	put_number(&message, (length + (size_t)extra) & 255, 1);
	put(&message, "\xffSMB", 4);
	put_number(&message, command, 1);
	put_number(&message, 0, 4);
	put_number(&message, side == STREAM_SERVER ? 0x88 : 0x08, 1);
	put_number(&message, 0, 2); /* no Unicode */
	put_number(&message, 0, 12);
	put_number(&message, 1, 2); /* tree */
	put_number(&message, 7, 2); /* process */
	put_number(&message, 1, 2); /* user */
	put_number(&message, multiplex, 2);
	put_number(&message, words->length / 2, 1);
	put(&message, words->data, words->length);
	put_number(&message, bytes.length, 2);
	put(&message, bytes.data, bytes.length);
	talk_bytes(talk, side, bytes_in(&message));
}

static struct message no_andx(void)
{
	struct message words = { .length = 0 };
	put_number(&words, 0xff, 4);
	return words;
}

static void connect_tree(struct talk *talk, const char *path)
{
	struct message words = no_andx();
	put_number(&words, 0, 2);
	put_number(&words, 1, 2); /* length of the password */
	struct message bytes = { .length = 0 };
	put(&bytes, "", 1);
	put(&bytes, path, strlen(path) + 1);
	put(&bytes, "?????", 6);
	say_smb(talk, STREAM_CLIENT, 0x75, 1, &words, bytes_in(&bytes), 0);
	words = no_andx();
	put_number(&words, 0, 2);
	say_smb(talk, STREAM_SERVER, 0x75, 1, &words, bytes_of("A:"), 0);
}

static void open_file(struct talk *talk, const char *name, uint16_t file)
{
	struct message words = no_andx();
	put_number(&words, 0, 44);
	say_smb(talk, STREAM_CLIENT, 0xa2, 2, &words,
		(struct bytes){ (const uint8_t *)name, strlen(name) + 1 }, 0);
	words = no_andx();
	put_number(&words, 0, 1);
	put_number(&words, file, 2);
	put_number(&words, 0, 61);
	say_smb(talk, STREAM_SERVER, 0xa2, 2, &words, (struct bytes){ NULL, 0 }, 0);
}

static void write_file(struct talk *talk, uint16_t file, uint32_t position, struct bytes content,
		       uint32_t stated)
{
	struct message words = no_andx();
	put_number(&words, file, 2);
	put_number(&words, position, 4);
	put_number(&words, 0, 8);
	put_number(&words, stated >> 16, 2);
	put_number(&words, stated & 0xffff, 2);
	put_number(&words, 32 + 1 + 28 + 2, 2); /* offset of the data */
	put_number(&words, 0, 4);
	say_smb(talk, STREAM_CLIENT, 0x2f, 3, &words, content, 0);
}

/* --- DCE/RPC --- */

static struct message bind_to(const uint8_t uuid[16])
{
	struct message pdu = { .length = 0 };
	put(&pdu, "\5\0\x0b\3\x10\0\0\0", 8);
	put_number(&pdu, 72, 2);
	put_number(&pdu, 0, 2);
	put_number(&pdu, 1, 4);
	put_number(&pdu, 4280, 2);
	put_number(&pdu, 4280, 2);
	put_number(&pdu, 0, 4);
	put_number(&pdu, 1, 4); /* one context */
	put_number(&pdu, 0, 2);
	put_number(&pdu, 1, 2); /* one transfer syntax */
	put(&pdu, uuid, 16);
	put_number(&pdu, 0, 4);
	put(&pdu, "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\2\0\0\0", 20);
	return pdu;
}

static struct message call(uint16_t operation, const struct message *stub)
{
	struct message pdu = { .length = 0 };
	put(&pdu, "\5\0\0\3\x10\0\0\0", 8);
	put_number(&pdu, 24 + stub->length, 2);
	put_number(&pdu, 0, 2);
	put_number(&pdu, 2, 4);
	put_number(&pdu, stub->length, 4);
	put_number(&pdu, 0, 2);
	put_number(&pdu, operation, 2);
	put(&pdu, stub->data, stub->length);
	return pdu;
}

static void put_wide(struct message *stub, uint32_t maximum, uint32_t first, uint32_t actual,
		     size_t letters, bool terminated)
{
	put_number(stub, 0, -stub->length % 4);
	put_number(stub, maximum, 4);
	put_number(stub, first, 4);
	put_number(stub, actual, 4);
	for (size_t i = 0; i < letters; i++)
		put_number(stub, 'a', 2);
	if (terminated)
		put_number(stub, 0, 2);
}

static const uint8_t dssetup[] = { 0x6a, 0x28, 0x19, 0x39, 0x0c, 0xb1, 0xd0, 0x11,
				   0x9b, 0xa8, 0x00, 0xc0, 0x4f, 0xd9, 0x2e, 0xf5 };

static struct talk *call_of(const uint8_t uuid[16], uint16_t operation, const struct message *stub)
{
	struct talk *talk = talk_new(6, 1026);
	struct message bind = bind_to(uuid), request = call(operation, stub);
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&bind));
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&request));
	talk_describe(talk);
	return talk;
}

static struct talk *call_over_tcp(const struct message *stub)
{
	return call_of(dssetup, 9, stub);
}

/* [MS-DCOM] RemoteActivation: ORPCTHIS, a GUID, and a path behind a pointer. */
static struct talk *activate(uint32_t extensions, size_t letters)
{
	static const uint8_t remote[] = { 0xb8, 0x4a, 0x9f, 0x4d, 0x1c, 0x7d, 0xcf, 0x11,
					  0x86, 0x1e, 0x00, 0x20, 0xaf, 0x6e, 0x7c, 0x57 };
	struct message stub = { .length = 0 };

	put_number(&stub, 5, 4);
	put_number(&stub, 0, 24);
	put_number(&stub, extensions, 4);
	put_number(&stub, 7, 16);
	put_number(&stub, 0x20000, 4);
	put_wide(&stub, (uint32_t)letters + 1, 0, (uint32_t)letters + 1, letters, true);
	return call_of(remote, 0, &stub);
}

static void arguments_behind_structures(void **state)
{
	(void)state;
	static const struct {
		uint32_t extensions;
		size_t letters;
		enum stream_conformance conformance;
	} cases[] = {
		{ 0, 20, STREAM_CONFORMS },
		{ 0, 900, STREAM_DEVIATES },
		/* What the extensions hold comes in between: nothing is said of the path. */
		{ 0x20000, 900, STREAM_CONFORMS },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = activate(cases[i].extensions, cases[i].letters);
		assert_true(talk_is(talk, "dcerpc", cases[i].conformance));
		assert_non_null(strstr(talk->description.target, "MS03-026"));
		talk_free(talk);
	}
}

static void a_device_with_a_long_name(void **state)
{
	(void)state;
	static const uint8_t pnp[] = { 0x40, 0x4e, 0x9f, 0x8d, 0x3d, 0xa0, 0xce, 0x11,
				       0x8f, 0x69, 0x08, 0x00, 0x3e, 0x30, 0x05, 0x1b };
	for (size_t letters = 200; letters <= 201; letters++) {
		struct message stub = { .length = 0 };
		put_wide(&stub, (uint32_t)letters + 1, 0, (uint32_t)letters + 1, letters, true);
		put_number(&stub, 0, -stub.length % 4 + 4);
		struct talk *talk = call_of(pnp, 54, &stub);
		assert_true(talk_is(talk, "dcerpc",
				    letters == 200 ? STREAM_CONFORMS : STREAM_DEVIATES));
		assert_non_null(strstr(talk->description.target, "MS05-039"));
		talk_free(talk);
	}
}

static void a_pipe_named_by_a_path(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 445);
	connect_tree(talk, "\\\\192.0.2.7\\IPC$");
	open_file(talk, "/srv/share/x.so", 0x4000);
	talk_describe(talk);
	assert_true(talk_deviates(talk, "path of a file of Unix"));
	assert_string_equal(talk->description.target, "Samba, CVE-2017-7494");
	talk_free(talk);
}

static void a_pipe_carries_calls(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 445);
	struct message stub = { .length = 0 };
	put_wide(&stub, 5, 0, 5, 4, true);
	connect_tree(talk, "\\\\192.0.2.7\\IPC$");
	open_file(talk, "\\lsarpc", 0x4000);
	struct message bind = bind_to(dssetup), request = call(9, &stub);
	write_file(talk, 0x4000, 0, bytes_in(&bind), (uint32_t)bind.length);
	/* The call in two writes: PDUs need not be whole in a message. */
	write_file(talk, 0x4000, 0, bytes_slice(bytes_in(&request), 0, 20), 20);
	write_file(talk, 0x4000, 0, bytes_slice(bytes_in(&request), 20, SIZE_MAX),
		   (uint32_t)request.length - 20);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_CONFORMS));
	assert_true(talk_said(talk, "tree", "\\\\192.0.2.7\\IPC$"));
	assert_true(talk_said(talk, "pipe", "\\lsarpc"));
	assert_true(talk_said(talk, "bind",
			      "dssetup 3919286a-b10c-11d0-9ba8-00c04fd92ef5 v0.0 over \\lsarpc"));
	assert_true(talk_said(talk, "call",
			      "dssetup DsRolerUpgradeDownlevelServer (operation 9), 22 bytes over "
			      "\\lsarpc"));
	assert_string_equal(talk->description.target, "MS04-011 LSASS, CVE-2003-0533");
	talk_free(talk);
}

static void written_files_are_carved(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 139);
	connect_tree(talk, "\\\\192.0.2.7\\C$");
	open_file(talk, "\\x.txt", 9);
	write_file(talk, 9, 7, bytes_of("second"), 6); /* a hole of one byte before it */
	write_file(talk, 9, 0, bytes_of("first "), 6);
	struct message words = { .length = 0 };
	put_number(&words, 9, 2);
	put_number(&words, 0, 4);
	say_smb(talk, STREAM_CLIENT, 0x04, 4, &words, (struct bytes){ NULL, 0 }, 0);
	open_file(talk, "\\y.txt", 9);
	write_file(talk, 9, 0, bytes_of("first "), 6);
	write_file(talk, 9, 6, bytes_of("second"), 6);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_CONFORMS));
	assert_int_equal(talk->description.file_count, 2);
	assert_false(talk->description.files[0].complete);
	const struct stream_file *file = talk_file(talk, "\\y.txt", bytes_of("first second"));
	assert_non_null(file);
	assert_true(file->complete);
	assert_string_equal(file->carrier, "smb");
	talk_free(talk);
}

static void lengths_that_contradict_deviate(void **state)
{
	(void)state;
	struct message words = { .length = 0 };
	struct talk *talk = talk_new(6, 445);
	say_smb(talk, STREAM_CLIENT, 0x72, 1, &words, bytes_of("\2NT LM 0.12"), 0);
	say_smb(talk, STREAM_CLIENT, 0x2b, 2, &words, bytes_of("echo"), -3);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "dialect without its terminator"));
	assert_true(talk_deviates(talk, "byte count runs over"));
	talk_free(talk);

	talk = talk_new(6, 445);
	open_file(talk, "\\x", 9);
	write_file(talk, 9, 0, bytes_of("short"), 5000);
	talk_describe(talk);
	assert_true(talk_deviates(talk, "outside its message"));
	talk_free(talk);
}

static void ndr_that_contradicts_itself_deviates(void **state)
{
	(void)state;
	static const struct {
		uint32_t maximum, first, actual;
		size_t letters;
		bool terminated;
		const char *what; /* NULL: conforms */
	} cases[] = {
		{ 5, 0, 5, 4, true, NULL },
		{ 2, 0, 5, 4, true, "longer than its maximum" },
		{ 9, 1, 5, 4, true, "begins behind" },
		{ 500, 0, 500, 4, true, "longer than the stub" },
		{ 4, 0, 4, 4, false, "without its terminator" },
		{ 301, 0, 301, 300, true, "longer than its meaning" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct message stub = { .length = 0 };
		put_wide(&stub, cases[i].maximum, cases[i].first, cases[i].actual, cases[i].letters,
			 cases[i].terminated);
		struct talk *talk = call_over_tcp(&stub);
		assert_true(
			talk_is(talk, "dcerpc", cases[i].what ? STREAM_DEVIATES : STREAM_CONFORMS));
		if (cases[i].what)
			assert_true(talk_deviates(talk, cases[i].what));
		assert_string_equal(talk->description.target, "MS04-011 LSASS, CVE-2003-0533");
		talk_free(talk);
	}
	struct message empty = { .length = 0 };
	struct talk *talk = call_over_tcp(&empty);
	assert_true(talk_deviates(talk, "ends within"));
	talk_free(talk);
}

static void fragments_of_a_call_are_joined(void **state)
{
	(void)state;
	struct message stub = { .length = 0 }, first, second, half = { .length = 0 };
	struct message bind = bind_to(dssetup);
	put_wide(&stub, 5, 0, 5, 4, true);
	put(&half, stub.data, 10);
	first = call(9, &half);
	first.data[3] = 1; /* first fragment */
	half.length = 0;
	put(&half, stub.data + 10, stub.length - 10);
	second = call(9, &half);
	second.data[3] = 2; /* last fragment */
	struct talk *talk = talk_new(6, 135);
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&bind));
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&first));
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&second));
	talk_describe(talk);
	assert_true(talk_is(talk, "dcerpc", STREAM_CONFORMS));
	assert_true(talk_said(talk, "call",
			      "dssetup DsRolerUpgradeDownlevelServer (operation 9), 22 bytes"));
	talk_free(talk);
}

static void pdus_that_contradict_deviate(void **state)
{
	(void)state;
	struct message stub = { .length = 0 };
	struct message request = call(9, &stub);
	struct talk *talk = talk_new(6, 135);
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&request)); /* no bind before */
	request.data[10] = 200;				     /* authentication */
	talk_bytes(talk, STREAM_CLIENT, bytes_in(&request));
	talk_bytes(talk, STREAM_CLIENT, bytes_slice(bytes_in(&request), 0, 18));
	talk_describe(talk);
	assert_true(talk_deviates(talk, "never bound"));
	assert_true(talk_deviates(talk, "authentication longer"));
	assert_true(talk_deviates(talk, "ends before its stated length"));
	talk_free(talk);
}

/* The mixture of transactions by which MS17-010 was exploited. */
static void a_mixed_transaction_is_named(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 445);
	struct message words = { .length = 0 };
	put_number(&words, 0, 7);
	put_number(&words, 66512, 4); /* total data */
	put_number(&words, 0, 16);
	put_number(&words, 4, 4);
	put_number(&words, 32 + 1 + 38 + 2, 4);
	put_number(&words, 0, 3);
	say_smb(talk, STREAM_CLIENT, 0xa0, 64, &words, bytes_of("list"), 0);
	words.length = 0;
	put_number(&words, 0, 2);
	put_number(&words, 4, 2);
	put_number(&words, 0, 6);
	put_number(&words, 4, 2);
	put_number(&words, 32 + 1 + 18 + 2, 2);
	put_number(&words, 4, 2);
	put_number(&words, 0, 2);
	say_smb(talk, STREAM_CLIENT, 0x33, 64, &words, bytes_of("more"), 0);
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_DEVIATES));
	assert_true(talk_deviates(talk, "another kind"));
	assert_non_null(talk->description.target);
	assert_non_null(strstr(talk->description.target, "MS17-010"));
	talk_free(talk);
}

static void a_reserved_function_is_named(void **state)
{
	(void)state;
	for (unsigned function = 4; function <= 5; function++) { /* notify change, rename */
		struct talk *talk = talk_new(6, 445);
		struct message words = { .length = 0 };
		put_number(&words, 0, 7);
		put_number(&words, 4, 4); /* total data */
		put_number(&words, 0, 16);
		put_number(&words, 4, 4);
		put_number(&words, 32 + 1 + 38 + 2, 4);
		put_number(&words, 0, 1);
		put_number(&words, function, 2);
		say_smb(talk, STREAM_CLIENT, 0xa0, 64, &words, bytes_of("list"), 0);
		talk_describe(talk);
		assert_true(
			talk_is(talk, "smb", function == 5 ? STREAM_DEVIATES : STREAM_CONFORMS));
		assert_int_equal(function == 5, talk->description.target != NULL);
		if (function == 5)
			assert_non_null(strstr(talk->description.target, "MS17-010"));
		talk_free(talk);
	}
}

/* The process identifier's high half is an index in CVE-2009-3103. */
static void smb2_negotiated_with_a_process_identifier(void **state)
{
	(void)state;
	for (int high = 0; high < 2; high++) {
		struct talk *talk = talk_new(6, 445);
		struct message words = { .length = 0 };
		say_smb(talk, STREAM_CLIENT, 0x72, 1, &words,
			(struct bytes){ (const uint8_t *)"\2SMB 2.002", 11 }, 0);
		talk->data[STREAM_CLIENT].data[4 + 12] = (uint8_t)high;
		talk_describe(talk);
		assert_true(talk_is(talk, "smb", high ? STREAM_DEVIATES : STREAM_CONFORMS));
		assert_int_equal(high, talk->description.target != NULL);
		if (high)
			assert_non_null(strstr(talk->description.target, "MS09-050"));
		talk_free(talk);
	}
}

static void read_part(struct talk *talk, uint16_t file, uint32_t position, const char *content)
{
	struct message words = no_andx();
	put_number(&words, file, 2);
	put_number(&words, position, 4);
	put_number(&words, 0, 14);
	say_smb(talk, STREAM_CLIENT, 0x2e, 9, &words, (struct bytes){ NULL, 0 }, 0);
	words = no_andx();
	put_number(&words, 0, 6);
	put_number(&words, strlen(content), 2);
	put_number(&words, 32 + 1 + 24 + 2, 2);
	put_number(&words, 0, 10);
	say_smb(talk, STREAM_SERVER, 0x2e, 9, &words, bytes_of(content), 0);
}

static void a_file_that_is_read_is_carved(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 445);
	connect_tree(talk, "\\\\HOST\\SHARE");
	open_file(talk, "tool.exe", 5);
	read_part(talk, 5, 0, "one ");
	read_part(talk, 5, 4, "two");
	talk_describe(talk);
	assert_true(talk_is(talk, "smb", STREAM_CONFORMS));
	const struct stream_file *file = talk_file(talk, "tool.exe", bytes_of("one two"));
	assert_non_null(file);
	assert_int_equal(file->sender, STREAM_SERVER);
	assert_true(file->complete);
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_named_by_a_path),
		cmocka_unit_test(a_pipe_carries_calls),
		cmocka_unit_test(written_files_are_carved),
		cmocka_unit_test(lengths_that_contradict_deviate),
		cmocka_unit_test(ndr_that_contradicts_itself_deviates),
		cmocka_unit_test(fragments_of_a_call_are_joined),
		cmocka_unit_test(pdus_that_contradict_deviate),
		cmocka_unit_test(a_mixed_transaction_is_named),
		cmocka_unit_test(a_reserved_function_is_named),
		cmocka_unit_test(arguments_behind_structures),
		cmocka_unit_test(a_device_with_a_long_name),
		cmocka_unit_test(smb2_negotiated_with_a_process_identifier),
		cmocka_unit_test(a_file_that_is_read_is_carved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
