/* The responders that speak UDP, byte by byte: DNS, TFTP, NTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fakenet/fakenet.h"

struct exchange {
	struct fakenet *net;
	const struct peer *peer;
	uint32_t conversation;
	uint8_t reply[2048];
	size_t length;
};

static int open_exchange(void **state)
{
	static char download[1024 + 100];
	struct exchange *exchange = calloc(1, sizeof *exchange);

	assert_non_null(exchange);
	memset(download, 'd', sizeof download);
	exchange->net = fakenet_new(
		&(struct fakenet_config){ .download = { (uint8_t *)download, sizeof download } });
	assert_non_null(exchange->net);
	exchange->peer = fakenet_peer(exchange->net);
	*state = exchange;
	return 0;
}

static int close_exchange(void **state)
{
	struct exchange *exchange = *state;
	fakenet_free(exchange->net);
	free(exchange);
	return 0;
}

static void ask(struct exchange *exchange, uint16_t port, const void *data, size_t length)
{
	void *context = exchange->peer->context;
	struct address server = address_v4(0xc6336435);

	if (!exchange->conversation)
		assert_int_equal(exchange->peer->connect(context, &server, port, 17,
							 &exchange->conversation),
				 0);
	exchange->peer->send(context, exchange->conversation,
			     (struct bytes){ (const uint8_t *)data, length });
	exchange->length = exchange->peer->receive(context, exchange->conversation, exchange->reply,
						   sizeof exchange->reply);
}

#define QUERY(name_and_type) \
	"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" name_and_type "\x00\x01"
#define ASK_DNS(exchange, name_and_type) \
	ask(exchange, 53, QUERY(name_and_type), sizeof QUERY(name_and_type) - 1)

static void dns_answers(void **state)
{
	struct exchange *exchange = *state;
	struct address address;
	static const char question[] = "\3www\4corp\7example\0\0\1\0\1";

	ASK_DNS(exchange, "\3www\4corp\7example\0\0\1");
	assert_int_equal(exchange->peer->resolve(exchange->net, "www.corp.example", &address), 0);
	assert_int_equal(exchange->length, 12 + sizeof question - 1 + 16);
	assert_memory_equal(exchange->reply, "\x12\x34\x81\x80\0\1\0\1\0\0\0\0", 12);
	assert_memory_equal(exchange->reply + 12, question, sizeof question - 1);
	const uint8_t *record = exchange->reply + 12 + sizeof question - 1;
	assert_memory_equal(record, "\xc0\x0c\0\1\0\1\0\0\x01\x2c\0\4", 12);
	assert_memory_equal(record + 12, address.bytes, 4);
}

static void dns_names_the_mail_server(void **state)
{
	struct exchange *exchange = *state;
	static const char data[] = "\0\x0a\4mail\4corp\7example";

	ASK_DNS(exchange, "\4corp\7example\0\0\x0f");
	assert_int_equal(exchange->reply[7], 1);
	assert_memory_equal(exchange->reply + exchange->length - sizeof data, data, sizeof data);
}

static void dns_knows_the_way_back(void **state)
{
	struct exchange *exchange = *state;
	static const char name[] = "\12host-x-y-z\7example";

	struct address address;
	assert_int_equal(exchange->peer->resolve(exchange->net, "host-x-y-z.example", &address), 0);
	uint8_t query[128];
	int length = 12;
	memcpy(query, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
	for (int i = 3; i >= 0; i--) {
		int digits = snprintf((char *)query + length + 1, 4, "%u", address.bytes[i]);
		query[length] = (uint8_t)digits;
		length += 1 + digits;
	}
	memcpy(query + length, "\7in-addr\4arpa\0\0\x0c\0\1", 18);
	ask(exchange, 53, query, (size_t)length + 18);
	assert_int_equal(exchange->reply[7], 1);
	assert_memory_equal(exchange->reply + exchange->length - sizeof name, name, sizeof name);
}

static void dns_refuses(void **state)
{
	struct exchange *exchange = *state;

	ASK_DNS(exchange, "\2no\7invalid\0\0\1");
	assert_int_equal(exchange->reply[3] & 0xf, 3); /* the name does not exist */
	assert_int_equal(exchange->reply[7], 0);
	ASK_DNS(exchange, "\3www\7example\0\0\x1c");
	assert_int_equal(exchange->reply[3] & 0xf, 0); /* exists, without an IPv6 address */
	assert_int_equal(exchange->reply[7], 0);
	ASK_DNS(exchange, "\3www\x7f"
			  "example\0\0\1");
	assert_int_equal(exchange->reply[3] & 0xf, 1); /* a label that cannot be */
	ask(exchange, 53, "\x12\x34\x81\x80\0\0\0\0\0\0\0\0", 12);
	assert_int_equal(exchange->length, 0); /* an answer is not answered */
}

static void tftp_reads_to_the_end(void **state)
{
	struct exchange *exchange = *state;

	ask(exchange, 69, "\0\1a.exe\0octet", 14);
	assert_int_equal(exchange->length, 516);
	assert_memory_equal(exchange->reply, "\0\3\0\1dddd", 8);
	ask(exchange, 69, "\0\4\0\1", 4);
	assert_int_equal(exchange->length, 516);
	ask(exchange, 69, "\0\4\0\2", 4);
	assert_int_equal(exchange->length, 4 + 100);
	assert_memory_equal(exchange->reply, "\0\3\0\3", 4);
	ask(exchange, 69, "\0\4\0\3", 4);
	assert_int_equal(exchange->length, 0);
}

static void tftp_takes_what_is_written(void **state)
{
	struct exchange *exchange = *state;

	ask(exchange, 69, "\0\2a.exe\0octet", 14);
	assert_int_equal(exchange->length, 4);
	assert_memory_equal(exchange->reply, "\0\4\0\0", 4);
	ask(exchange, 69, "\0\3\0\7data", 8);
	assert_memory_equal(exchange->reply, "\0\4\0\7", 4);
}

static void ntp_tells_the_simulated_time(void **state)
{
	struct exchange *exchange = *state;
	uint8_t query[48] = { 0x1b };
	const uint32_t expected = 1245067200u + 2208988800u;

	memcpy(query + 40, "client's", 8);
	ask(exchange, 123, query, sizeof query);
	assert_int_equal(exchange->length, 48);
	assert_int_equal(exchange->reply[0], 0x1c);
	assert_memory_equal(exchange->reply + 24, "client's", 8);
	struct reader reader = reader_of((struct bytes){ exchange->reply, 48 });
	reader_seek(&reader, 40);
	assert_true(reader_u32be(&reader) == expected);
	ask(exchange, 123, query, 47);
	assert_int_equal(exchange->length, 0);
}

static void nobody_serves_other_ports(void **state)
{
	struct exchange *exchange = *state;
	struct address server = address_v4(0xc6336435);
	uint32_t number;

	assert_int_equal(exchange->peer->connect(exchange->net, &server, 9999, 17, &number),
			 ERROR_INPUT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_exchange, close_exchange)

int main(void)
{
	const struct CMUnitTest tests[] = { CASE(dns_answers),
					    CASE(dns_names_the_mail_server),
					    CASE(dns_knows_the_way_back),
					    CASE(dns_refuses),
					    CASE(tftp_reads_to_the_end),
					    CASE(tftp_takes_what_is_written),
					    CASE(ntp_tells_the_simulated_time),
					    CASE(nobody_serves_other_ports) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
