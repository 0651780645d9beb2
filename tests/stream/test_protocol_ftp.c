#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "talk.h"

static struct talk *log_in(void)
{
	struct talk *talk = talk_new(6, 8884);
	talk_say(talk, STREAM_SERVER, "220 hello\r\n");
	talk_say(talk, STREAM_CLIENT, "USER a\r\n");
	talk_say(talk, STREAM_SERVER, "331-one moment\r\nplease\r\n331 password\r\n");
	talk_say(talk, STREAM_CLIENT, "PASS b\r\n");
	talk_say(talk, STREAM_SERVER, "230 in\r\n");
	return talk;
}

static void transfers_are_announced(void **state)
{
	(void)state;
	static const struct {
		const char *client, *server; /* one of them names the address */
		const char *command, *name, *address;
		uint16_t port;
		bool to_server;
	} cases[] = {
		{ "PORT 192,0,2,1,4,56\r\n", NULL, "RETR x.exe\r\n", "x.exe", "192.0.2.1", 1080,
		  false },
		{ "EPRT |1|192.0.2.1|5000|\r\n", NULL, "STOR up\r\n", "up", "192.0.2.1", 5000,
		  true },
		{ "PASV\r\n", "227 Entering Passive Mode (198,51,100,2,7,208).\r\n", "RETR x y\r\n",
		  "x y", "198.51.100.2", 2000, false },
		{ "EPSV\r\n", "229 Extended (|||6446|)\r\n", "LIST\r\n", "", "198.51.100.2", 6446,
		  false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[ADDRESS_TEXT_SIZE];
		struct talk *talk = log_in();
		talk_say(talk, STREAM_CLIENT, cases[i].client);
		talk_say(talk, STREAM_SERVER, cases[i].server ? cases[i].server : "200 ok\r\n");
		talk_say(talk, STREAM_CLIENT, cases[i].command);
		talk_describe(talk);
		assert_true(talk_is(talk, "ftp", STREAM_CONFORMS));
		assert_int_equal(talk->description.announcement_count, 1);
		const struct stream_announcement *announced = talk->description.announcements;
		assert_string_equal(address_text(&announced->address, text), cases[i].address);
		assert_int_equal(announced->port, cases[i].port);
		assert_int_equal(announced->protocol, 6);
		assert_string_equal(announced->purpose, "ftp-data");
		assert_string_equal(announced->name, cases[i].name);
		assert_int_equal(announced->to_server, cases[i].to_server);
		talk_free(talk);
	}
}

static void the_dialogue_is_kept_in_order(void **state)
{
	(void)state;
	struct talk *talk = log_in();
	talk_describe(talk);
	assert_int_equal(talk->description.utterance_count, 7);
	assert_string_equal(talk->description.utterances[0].text, "220 hello");
	assert_string_equal(talk->description.utterances[1].text, "USER a");
	assert_string_equal(talk->description.utterances[6].text, "230 in");
	talk_free(talk);
}

static void deviations_are_named(void **state)
{
	(void)state;
	static const struct {
		enum stream_side side;
		const char *line, *what;
	} cases[] = {
		{ STREAM_CLIENT, "PORT 192,0,2,1,4\r\n", "does not parse" },
		{ STREAM_CLIENT, "PORT 192,0,2,300,4,5\r\n", "does not parse" },
		{ STREAM_CLIENT, "PORT 203,0,113,9,4,5\r\n", "third host" },
		{ STREAM_CLIENT, "USER \x90\x90\x90\r\n", "no text" },
		{ STREAM_CLIENT, "XYZZY\r\n", "unknown" },
		{ STREAM_SERVER, "what?\r\n", "without a reply code" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = log_in();
		talk_say(talk, cases[i].side, cases[i].line);
		talk_describe(talk);
		assert_true(talk_is(talk, "ftp", STREAM_DEVIATES));
		assert_true(talk_deviates(talk, cases[i].what));
		talk_free(talk);
	}
}

static void an_overlong_command_deviates(void **state)
{
	(void)state;
	char command[2000] = "USER ";
	memset(command + 5, 'A', 1900);
	strcpy(command + 1905, "\r\n");
	struct talk *talk = log_in();
	talk_say(talk, STREAM_CLIENT, command);
	talk_describe(talk);
	assert_true(talk_deviates(talk, "longer than 1024"));
	talk_free(talk);
}

static void the_announced_connection_is_the_file(void **state)
{
	(void)state;
	struct stream_announcement announcement = { .name = "x.txt", .purpose = "ftp-data" };
	struct talk *talk = talk_new(6, 1080);
	talk_say(talk, STREAM_CLIENT, "GET / is how this text begins");
	talk_describe(talk);
	stream_description_fini(&talk->description);
	assert_int_equal(
		stream_describe_announced(&talk->session, &announcement, &talk->description), 0);
	assert_string_equal(talk->description.protocol, "ftp-data");
	const struct stream_file *file =
		talk_file(talk, "x.txt", bytes_of("GET / is how this text begins"));
	assert_non_null(file);
	assert_string_equal(file->carrier, "ftp-data");
	assert_true(file->complete);
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transfers_are_announced),
		cmocka_unit_test(the_dialogue_is_kept_in_order),
		cmocka_unit_test(deviations_are_named),
		cmocka_unit_test(an_overlong_command_deviates),
		cmocka_unit_test(the_announced_connection_is_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
