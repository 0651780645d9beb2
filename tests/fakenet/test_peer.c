#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fakenet/fakenet.h"

static const struct peer *open_net(struct fakenet **net, const struct fakenet_config *config)
{
	*net = fakenet_new(config);
	assert_non_null(*net);
	return fakenet_peer(*net);
}

static struct address parse(const char *text)
{
	struct address address;
	assert_int_equal(address_parse(text, &address), 0);
	return address;
}

static uint32_t dial(const struct peer *peer, const char *address, uint16_t port, uint8_t protocol)
{
	uint32_t conversation = 0;
	struct address to = parse(address);
	assert_int_equal(peer->connect(peer->context, &to, port, protocol, &conversation), 0);
	assert_int_not_equal(conversation, 0);
	return conversation;
}

static void tell(const struct peer *peer, uint32_t conversation, const char *text)
{
	peer->send(peer->context, conversation, bytes_of(text));
}

static const char *answer(const struct peer *peer, uint32_t conversation)
{
	static uint8_t text[8192];
	size_t length = 0, got;
	while ((got = peer->receive(peer->context, conversation, text + length,
				    sizeof text - 1 - length)) > 0)
		length += got;
	text[length] = '\0';
	return (char *)text;
}

static void same_name_same_address(void **state)
{
	(void)state;
	struct fakenet *one, *two, *other;
	const struct peer *a = open_net(&one, &(struct fakenet_config){ .seed = 1 });
	const struct peer *b = open_net(&two, &(struct fakenet_config){ .seed = 1 });
	const struct peer *c = open_net(&other, &(struct fakenet_config){ .seed = 2 });
	unsigned same = 0;

	for (unsigned i = 0; i < 200; i++) {
		struct address first, second, third;
		char name[64];
		snprintf(name, sizeof name, "host%u.Corp.Example", i);
		assert_int_equal(a->resolve(a->context, name, &first), 0);
		for (char *at = name; *at; at++)
			*at = *at == 'C' ? 'c' : *at == 'E' ? 'e' : *at;
		strcat(name, ".");
		assert_int_equal(b->resolve(b->context, name, &second), 0);
		assert_true(address_equal(&first, &second));
		uint32_t network = address_to_v4(&first) >> 8;
		assert_true(network == 0xc63364 || network == 0xcb0071);
		assert_in_range(first.bytes[3], 1, 254);
		assert_int_equal(c->resolve(c->context, name, &third), 0);
		same += address_equal(&first, &third);
	}
	assert_in_range(same, 0, 5);
	fakenet_free(one);
	fakenet_free(two);
	fakenet_free(other);
}

static void some_names_do_not_exist(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ 0 });
	char endless[400];
	struct address address;

	memset(endless, 'a', sizeof endless);
	endless[sizeof endless - 1] = '\0';
	const char *const bad[] = { "", ".", "a..b", "no.invalid", "sp ace.example", endless };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(peer->resolve(peer->context, bad[i], &address), ERROR_INPUT);
	assert_int_equal(peer->resolve(peer->context, "192.0.2.77", &address), 0);
	assert_int_equal(address_to_v4(&address), 0xc000024d);
	assert_int_equal(peer->resolve(peer->context, "localhost", &address), 0);
	assert_int_equal(address_to_v4(&address), 0x7f000001);
	fakenet_free(net);
}

/* Tries 4,096 addresses; how many answer. */
static unsigned scan(const struct peer *peer, uint16_t port)
{
	unsigned live = 0;
	for (uint32_t i = 0; i < 4096; i++) {
		struct address address = address_v4(0x0b000000u + i * 9973u);
		uint32_t conversation;
		if (peer->connect(peer->context, &address, port, 6, &conversation) == 0) {
			live++;
			peer->close(peer->context, conversation);
		}
	}
	return live;
}

static void a_share_of_scanned_addresses_answers(void **state)
{
	(void)state;
	struct fakenet *net, *empty;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ .live_share = 16384 });
	const struct peer *nobody =
		open_net(&empty, &(struct fakenet_config){ .live_share = FAKENET_NOBODY });

	unsigned live = scan(peer, 445);
	assert_in_range(live, 4096 / 4 - 120, 4096 / 4 + 120);
	assert_int_equal(scan(peer, 445), live); /* the same ones again */
	assert_int_equal(fakenet_counters(net).refused, 2 * (4096 - live));
	assert_int_equal(fakenet_counters(net).connections, 2 * live);
	assert_int_equal(scan(nobody, 445), 0);
	assert_int_equal(scan(nobody, 6667), 8); /* servers known by number, until it is a scan */
	dial(nobody, "203.0.113.200", 445, 6);
	fakenet_free(net);
	fakenet_free(empty);
}

static void passive_transfer(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer =
		open_net(&net, &(struct fakenet_config){ .download = bytes_of("MZ content") });
	uint32_t control = dial(peer, "198.51.100.7", 21, 6);

	tell(peer, control, "USER a\r\nPASS b\r\nPASV\r\n");
	const char *port = strstr(answer(peer, control), "(198,51,100,7,");
	unsigned high, low;
	assert_non_null(port);
	assert_int_equal(sscanf(port, "(198,51,100,7,%u,%u)", &high, &low), 2);
	uint32_t data = dial(peer, "198.51.100.7", (uint16_t)(high << 8 | low), 6);
	assert_string_equal(answer(peer, data), "");
	tell(peer, control, "RETR a.exe\r\n");
	assert_non_null(strstr(answer(peer, control), "226 "));
	assert_string_equal(answer(peer, data), "MZ content");
	/* The other order: asked for first, fetched afterwards. */
	tell(peer, control, "EPSV\r\n");
	assert_int_equal(sscanf(strstr(answer(peer, control), "|||"), "|||%u|", &low), 1);
	tell(peer, control, "NLST\r\n");
	data = dial(peer, "198.51.100.7", (uint16_t)low, 6);
	assert_string_equal(answer(peer, data), "setup.exe\r\n");
	fakenet_free(net);
}

static void active_transfer(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer =
		open_net(&net, &(struct fakenet_config){ .download = bytes_of("MZ content"),
							 .no_visitors = true });
	uint32_t control = dial(peer, "203.0.113.4", 21, 6), data;
	struct address from;
	uint16_t from_port;

	assert_int_equal(peer->accept(peer->context, 1029, &from, &from_port, &data), ERROR_INPUT);
	tell(peer, control, "PORT 192,0,2,20,4,5\r\nRETR a.exe\r\n");
	assert_int_equal(peer->accept(peer->context, 1030, &from, &from_port, &data), ERROR_INPUT);
	assert_int_equal(peer->accept(peer->context, 1029, &from, &from_port, &data), 0);
	assert_int_equal(address_to_v4(&from), 0xcb007104);
	assert_string_equal(answer(peer, data), "MZ content");
	assert_int_equal(peer->accept(peer->context, 1029, &from, &from_port, &data), ERROR_INPUT);
	tell(peer, control, "EPRT |1|192.0.2.20|1031|\r\nRETR b.exe\r\n");
	assert_int_equal(peer->accept(peer->context, 1031, &from, &from_port, &data), 0);
	assert_string_equal(answer(peer, data), "MZ content");
	fakenet_free(net);
}

static void scripts_are_callers(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ .no_visitors = true });
	struct address from;
	uint16_t from_port;
	uint32_t first, second;

	assert_int_equal(fakenet_script(net, 0, bytes_of("anywhere\r\n")), 0);
	assert_int_equal(fakenet_script(net, 4444, bytes_of("echo open\r\n")), 0);
	assert_int_equal(peer->accept(peer->context, 4444, &from, &from_port, &first), 0);
	assert_string_equal(answer(peer, first), "anywhere\r\n");
	assert_int_equal(peer->accept(peer->context, 80, &from, &from_port, &second), ERROR_INPUT);
	assert_int_equal(peer->accept(peer->context, 4444, &from, &from_port, &second), 0);
	tell(peer, second, "C:\\>");
	assert_string_equal(answer(peer, second), "echo open\r\n");
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(fakenet_script(net, 1, bytes_of("x")), 0);
	assert_int_equal(fakenet_script(net, 1, bytes_of("x")), ERROR_LIMIT);
	fakenet_free(net);
}

static void who_listens_is_visited_once(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ 0 });
	struct address from;
	uint16_t from_port;
	uint32_t number;

	assert_int_equal(peer->accept(peer->context, 31337, &from, &from_port, &number), 0);
	assert_int_equal(address_to_v4(&from), 0xcb007142);
	assert_string_equal(answer(peer, number), "");
	assert_int_equal(peer->accept(peer->context, 31337, &from, &from_port, &number),
			 ERROR_INPUT);
	assert_int_equal(peer->accept(peer->context, 31338, &from, &from_port, &number), 0);
	fakenet_free(net);
}

static void stale_numbers_say_nothing(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ 0 });
	uint32_t first = dial(peer, "198.51.100.7", 21, 6);

	peer->close(peer->context, first);
	for (unsigned i = 0; i < 4096; i++)
		assert_int_not_equal(dial(peer, "198.51.100.7", 21, 6), first);
	assert_string_equal(answer(peer, first), "");
	tell(peer, first, "USER x\r\n");
	peer->close(peer->context, first);
	uint32_t number;
	struct address address = parse("198.51.100.7");
	assert_int_equal(peer->connect(peer->context, &address, 21, 6, &number), ERROR_INPUT);
	assert_int_equal(fakenet_counters(net).dropped, 1);
	fakenet_free(net);
}

static void talkers_are_cut(void **state)
{
	(void)state;
	static char endless[70000];
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ 0 });
	uint32_t number = dial(peer, "198.51.100.7", 21, 6);

	memset(endless, 'a', sizeof endless - 1);
	tell(peer, number, endless);
	assert_int_equal(fakenet_counters(net).cut, 1);
	fakenet_free(net);
}

static void mail_is_kept(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ 0 });
	uint32_t number = dial(peer, "198.51.100.25", 25, 6);

	tell(peer, number,
	     "HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.test>\r\n"
	     "RCPT TO:<e@f.test>\r\nDATA\r\nSubject: s\r\n\r\n..x\r\n.\r\nQUIT\r\n");
	const struct fakenet_mail *mail = fakenet_mail(net, 0);
	assert_non_null(mail);
	assert_string_equal(mail->from, "a@b.example");
	assert_string_equal(mail->to, "c@d.test e@f.test");
	assert_true(bytes_equal_text(mail->content, "Subject: s\r\n\r\n.x\r\n"));
	assert_null(fakenet_mail(net, 1));
	fakenet_free(net);
}

static void a_blank_program_is_served(void **state)
{
	(void)state;
	struct fakenet *net;
	const struct peer *peer = open_net(&net, &(struct fakenet_config){ 0 });
	uint32_t number = dial(peer, "198.51.100.80", 80, 6);
	uint8_t text[4096];

	tell(peer, number, "GET /a.exe HTTP/1.0\r\n\r\n");
	size_t length = peer->receive(peer->context, number, text, sizeof text);
	struct bytes body = { text, length };
	size_t start = bytes_find(body, bytes_of("\r\n\r\n"), 0) + 4;
	body = bytes_slice(body, start, SIZE_MAX);
	assert_int_equal(body.length, 1024);
	assert_true(bytes_start_with(body, "MZ"));
	assert_memory_equal(body.data + body.data[0x3c], "PE\0\0", 4);
	fakenet_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_name_same_address),
					    cmocka_unit_test(some_names_do_not_exist),
					    cmocka_unit_test(a_share_of_scanned_addresses_answers),
					    cmocka_unit_test(passive_transfer),
					    cmocka_unit_test(active_transfer),
					    cmocka_unit_test(scripts_are_callers),
					    cmocka_unit_test(who_listens_is_visited_once),
					    cmocka_unit_test(stale_numbers_say_nothing),
					    cmocka_unit_test(talkers_are_cut),
					    cmocka_unit_test(mail_is_kept),
					    cmocka_unit_test(a_blank_program_is_served) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
