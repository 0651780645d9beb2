#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static void carries_bodies_and_descriptors(void **state)
{
	(void)state;
	int pair[2], passed;
	struct error error;
	struct buffer body;
	enum sandbox_message type;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	int file = open("/proc/self/exe", O_RDONLY);
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	assert_int_equal(sandbox_send(pair[0], SANDBOX_INPUT, bytes_of("name"), file, &error), 0);
	assert_int_equal(sandbox_send(pair[0], SANDBOX_FINISH, bytes_of(""), -1, &error), 0);
	close(pair[0]);
	assert_int_equal(sandbox_receive(pair[1], &type, &body, &passed, &error), 1);
	assert_int_equal(type, SANDBOX_INPUT);
	assert_string_equal(buffer_text(&body), "name");
	char magic[4];
	assert_int_equal(read(passed, magic, 4), 4);
	assert_memory_equal(magic, "\177ELF", 4);
	close(passed);
	assert_int_equal(sandbox_receive(pair[1], &type, &body, &passed, &error), 1);
	assert_int_equal(type, SANDBOX_FINISH);
	assert_int_equal(body.length, 0);
	assert_int_equal(passed, -1);
	assert_int_equal(sandbox_receive(pair[1], &type, &body, &passed, &error), 0);
	buffer_fini(&body);
	close(pair[1]);
	close(file);
}

static void says_when_a_message_is_cut(void **state)
{
	(void)state;
	int pair[2], passed;
	struct error error;
	struct buffer body;
	enum sandbox_message type;
	uint32_t header[2] = { SANDBOX_RECORD, 100 };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], header, sizeof header), sizeof header);
	close(pair[0]);
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	assert_int_equal(sandbox_receive(pair[1], &type, &body, &passed, &error), ERROR_INTERNAL);
	buffer_fini(&body);
	close(pair[1]);
}

static void carries_outcomes(void **state)
{
	(void)state;
	int pair[2], passed;
	struct error sent, outcome;
	struct buffer body;
	enum sandbox_message type;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	error_set(&sent, ERROR_INPUT, "here", "this is wrong");
	assert_int_equal(sandbox_send_outcome(pair[0], SANDBOX_DONE, &sent), 0);
	assert_int_equal(sandbox_receive(pair[1], &type, &body, &passed, NULL), 1);
	assert_int_equal(type, SANDBOX_DONE);
	sandbox_read_outcome(&body, &outcome);
	assert_int_equal(outcome.code, ERROR_INPUT);
	assert_string_equal(outcome.where, "here");
	assert_string_equal(outcome.message, "this is wrong");
	assert_int_equal(
		sandbox_send_outcome(pair[0], SANDBOX_INPUT_DONE, &(struct error){ .code = 0 }), 0);
	assert_int_equal(sandbox_receive(pair[1], &type, &body, &passed, NULL), 1);
	sandbox_read_outcome(&body, &outcome);
	assert_int_equal(outcome.code, 0);
	/* one that a broken role made */
	buffer_clear(&body);
	sandbox_read_outcome(&body, &outcome);
	assert_int_equal(outcome.code, ERROR_INTERNAL);
	buffer_append(&body, "\xff\xff\xff\xffplace", 9);
	sandbox_read_outcome(&body, &outcome);
	assert_int_equal(outcome.code, ERROR_INPUT);
	assert_string_equal(outcome.where, "place");
	buffer_fini(&body);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(carries_bodies_and_descriptors),
					    cmocka_unit_test(says_when_a_message_is_cut),
					    cmocka_unit_test(carries_outcomes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
