/* DCE/RPC over TCP and UDP: both byte orders, fragments, contexts, transfer syntaxes, and the
 * targets that calls name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "talk.h"

#define SRVSVC	  "4b324fc8-1670-01d3-1278-5a47bf6ee188"
#define LSARPC_DS "3919286a-b10c-11d0-9ba8-00c04fd92ef5"
#define SVCCTL	  "367abb81-9844-35f1-ad32-98f038001003"
#define MESSENGER "5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc"
#define NDR	  "8a885d04-1ceb-11c9-9fe8-08002b104860"
#define NDR64	  "71710533-beba-4937-8319-b5dbef9ccc36"

struct pdu {
	uint8_t data[4096];
	size_t length;
	bool big_endian;
};

static void put(struct pdu *pdu, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		pdu->data[pdu->length++] =
			(uint8_t)(value >> 8 * (pdu->big_endian ? width - 1 - i : i));
}

static void put_uuid(struct pdu *pdu, const char *text)
{
	unsigned a, b, c, d[8];
	assert_int_equal(sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0],
				&d[1], &d[2], &d[3], &d[4], &d[5], &d[6], &d[7]),
			 11);
	put(pdu, a, 4);
	put(pdu, b, 2);
	put(pdu, c, 2);
	for (int i = 0; i < 8; i++)
		put(pdu, d[i], 1);
}

static void begin(struct pdu *pdu, bool big_endian, uint8_t type, uint8_t flags)
{
	*pdu = (struct pdu){ .big_endian = big_endian };
	put(pdu, 5, 1);
	put(pdu, 0, 1);
	put(pdu, type, 1);
	put(pdu, flags, 1);
	put(pdu, big_endian ? 0 : 0x10, 1);
	put(pdu, 0, 3);
	put(pdu, 0, 2); /* length: set by say */
	put(pdu, 0, 2);
	put(pdu, 1, 4);
}

static void say(struct talk *talk, struct pdu *pdu)
{
	size_t length = pdu->length;
	pdu->length = 8;
	put(pdu, length, 2);
	pdu->length = length;
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ pdu->data, pdu->length });
}

static void say_bind(struct talk *talk, bool big_endian, uint8_t type, unsigned context,
		     const char *uuid, const char *syntax)
{
	struct pdu pdu;
	begin(&pdu, big_endian, type, 3);
	put(&pdu, 5840, 2);
	put(&pdu, 5840, 2);
	put(&pdu, 0, 4);
	put(&pdu, 1, 4);
	if (big_endian) { /* the count is one byte, then padding */
		pdu.length -= 4;
		put(&pdu, 1, 1);
		put(&pdu, 0, 3);
	}
	put(&pdu, context, 2);
	put(&pdu, 1, 1);
	put(&pdu, 0, 1);
	put_uuid(&pdu, uuid);
	put(&pdu, 3, 2);
	put(&pdu, 0, 2);
	put_uuid(&pdu, syntax);
	put(&pdu, 2, 4);
	say(talk, &pdu);
}

/* A stub for NetprPathCanonicalize whose path says it is `actual` characters of at most `most`. */
static struct pdu path_stub(bool big_endian, unsigned most, unsigned actual)
{
	struct pdu stub = { .big_endian = big_endian };
	put(&stub, 0, 4); /* no server name */
	put(&stub, most, 4);
	put(&stub, 0, 4);
	put(&stub, actual, 4);
	for (unsigned i = 0; i + 1 < actual; i++)
		put(&stub, 'A', 2);
	put(&stub, 0, 2);
	if (stub.length % 4)
		put(&stub, 0, 2);
	put(&stub, 10, 4); /* OutbufLen */
	put(&stub, 1, 4);
	put(&stub, 0, 4);
	put(&stub, 1, 4);
	put(&stub, 0, 4); /* "" and padding */
	put(&stub, 1, 4);
	put(&stub, 0, 4);
	return stub;
}

static void say_call(struct talk *talk, bool big_endian, unsigned context, unsigned opnum,
		     const struct pdu *stub, size_t piece)
{
	for (size_t at = 0; at < stub->length; at += piece) {
		size_t length = stub->length - at < piece ? stub->length - at : piece;
		struct pdu pdu;
		begin(&pdu, big_endian, 0,
		      (uint8_t)((at == 0) | (at + length == stub->length ? 2 : 0)));
		put(&pdu, stub->length - at, 4);
		put(&pdu, context, 2);
		put(&pdu, opnum, 2);
		memcpy(pdu.data + pdu.length, stub->data + at, length);
		pdu.length += length;
		say(talk, &pdu);
	}
}

static void both_byte_orders_and_fragments(void **state)
{
	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		static const size_t pieces[] = { 4000, 40, 7 };
		for (size_t i = 0; i < 3; i++) {
			struct talk *talk = talk_new(6, 1030);
			struct pdu stub = path_stub(big_endian, 20, 20);
			say_bind(talk, big_endian, 11, 0, SRVSVC, NDR);
			say_call(talk, big_endian, 0, 31, &stub, pieces[i]);
			talk_describe(talk);
			for (size_t j = 0; j < talk->description.deviation_count; j++)
				print_message("%s\n", talk->description.deviations[j].what);
			assert_true(talk_is(talk, "dcerpc", STREAM_CONFORMS));
			assert_true(talk_said(talk, "bind", "srvsvc " SRVSVC " v3.0"));
			assert_non_null(strstr(talk->description.target, "MS08-067"));
			talk_free(talk);
		}
	}
}

static void bounds_are_checked_in_both_orders(void **state)
{
	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct talk *talk = talk_new(6, 1030);
		struct pdu stub = path_stub(big_endian, 5, 600);
		say_bind(talk, big_endian, 11, 0, SRVSVC, NDR);
		say_call(talk, big_endian, 0, 31, &stub, 700);
		talk_describe(talk);
		assert_true(talk_is(talk, "dcerpc", STREAM_DEVIATES));
		assert_true(talk_deviates(talk, "longer than its maximum count"));
		talk_free(talk);
	}
}

/* A stub for ROpenServiceW, whose first argument is a context handle, cut to `length`. */
static struct pdu open_service_stub(unsigned most, size_t length)
{
	struct pdu stub = { .length = 0 };
	for (unsigned i = 0; i < 5; i++)
		put(&stub, 0x1111 * i, 4);
	put(&stub, most, 4);
	put(&stub, 0, 4);
	put(&stub, 4, 4);
	for (unsigned i = 0; i < 3; i++)
		put(&stub, 'a', 2);
	put(&stub, 0, 2);
	put(&stub, 0xf01ff, 4);
	stub.length = length < stub.length ? length : stub.length;
	return stub;
}

static void context_handles_are_passed_over(void **state)
{
	static const struct {
		unsigned most;
		size_t length;
		const char *deviation;
	} cases[] = {
		{ 4, SIZE_MAX, NULL },
		{ 3, SIZE_MAX, "longer than its maximum count" },
		{ 4, 18, "ends within its arguments" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *talk = talk_new(6, 1030);
		struct pdu stub = open_service_stub(cases[i].most, cases[i].length);
		say_bind(talk, false, 11, 0, SVCCTL, NDR);
		say_call(talk, false, 0, 16, &stub, 700);
		talk_describe(talk);
		if (cases[i].deviation)
			assert_true(talk_deviates(talk, cases[i].deviation));
		else
			assert_true(talk_is(talk, "dcerpc", STREAM_CONFORMS));
		talk_free(talk);
	}
}

static void contexts_are_altered(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 1030);
	struct pdu stub = { .length = 0 };
	put(&stub, 0, 2);
	say_bind(talk, false, 11, 0, SRVSVC, NDR);
	say_bind(talk, false, 14, 7, LSARPC_DS, NDR);
	say_call(talk, false, 7, 0, &stub, 100);
	talk_describe(talk);
	assert_true(talk_is(talk, "dcerpc", STREAM_CONFORMS));
	assert_true(talk_said(talk, "call",
			      "dssetup DsRolerGetPrimaryDomainInformation (operation 0), 2 bytes"));
	talk_free(talk);
	talk = talk_new(6, 1030);
	say_bind(talk, false, 11, 0, SRVSVC, NDR);
	say_call(talk, false, 9, 0, &stub, 100);
	talk_describe(talk);
	assert_true(talk_deviates(talk, "never bound"));
	talk_free(talk);
}

/* NDR64 is named and not misread as NDR. */
static void ndr64_is_not_judged(void **state)
{
	(void)state;
	struct talk *talk = talk_new(6, 1030);
	struct pdu stub = path_stub(false, 5, 600);
	say_bind(talk, false, 11, 0, SRVSVC, NDR64);
	say_call(talk, false, 0, 31, &stub, 2000);
	talk_describe(talk);
	assert_true(talk_is(talk, "dcerpc", STREAM_UNJUDGED));
	assert_non_null(strstr(talk->description.target, "MS08-067"));
	talk_free(talk);
}

/* --- over UDP --- */

static void say_datagram(struct talk *talk, bool big_endian, uint8_t flags, unsigned number,
			 struct bytes stub, size_t stated)
{
	struct pdu pdu = { .big_endian = big_endian };
	put(&pdu, 4, 1);
	put(&pdu, 0, 1);
	put(&pdu, flags, 1);
	put(&pdu, 0, 1);
	put(&pdu, big_endian ? 0 : 0x10, 1);
	put(&pdu, 0, 3);
	for (int i = 0; i < 16; i++)
		put(&pdu, 0, 1); /* object */
	put_uuid(&pdu, MESSENGER);
	for (int i = 0; i < 16; i++)
		put(&pdu, 0xa0 + i, 1); /* activity */
	put(&pdu, 0, 4);
	put(&pdu, 1, 2);
	put(&pdu, 0, 2);
	put(&pdu, 0, 4);
	put(&pdu, 0, 2); /* operation */
	put(&pdu, 0xffffffff, 4);
	put(&pdu, stated, 2);
	put(&pdu, number, 2);
	put(&pdu, 0, 2);
	assert_int_equal(pdu.length, 80);
	memcpy(pdu.data + pdu.length, stub.data, stub.length);
	talk_bytes(talk, STREAM_CLIENT, (struct bytes){ pdu.data, pdu.length + stub.length });
}

static struct pdu popup(bool big_endian, unsigned most, unsigned length)
{
	struct pdu stub = { .big_endian = big_endian };
	for (int i = 0; i < 3; i++) {
		unsigned actual = i == 2 ? length : 4;
		put(&stub, i == 2 ? most : 4, 4);
		put(&stub, 0, 4);
		put(&stub, actual, 4);
		for (unsigned j = 0; j + 1 < actual; j++)
			put(&stub, 'm', 1);
		put(&stub, 0, 1);
		while (stub.length % 4)
			put(&stub, 0, 1);
	}
	return stub;
}

static void the_messenger_over_udp(void **state)
{
	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct talk *talk = talk_new(17, 135);
		struct pdu stub = popup(big_endian, 100, 100);
		struct bytes bytes = { stub.data, stub.length };
		say_datagram(talk, big_endian, 0x08, 0, bytes, bytes.length);
		/* And one in two fragments. */
		say_datagram(talk, big_endian, 0x0c, 0, bytes_slice(bytes, 0, 50), 50);
		say_datagram(talk, big_endian, 0x0e, 1, bytes_slice(bytes, 50, SIZE_MAX),
			     bytes.length - 50);
		talk_describe(talk);
		assert_true(talk_is(talk, "dcerpc", STREAM_CONFORMS));
		assert_int_equal(talk->description.utterance_count, 2);
		assert_non_null(strstr(talk->description.target, "MS03-043"));
		talk_free(talk);
		talk = talk_new(17, 135);
		stub = popup(big_endian, 10, 1000);
		bytes.length = stub.length;
		say_datagram(talk, big_endian, 0x0c, 0, bytes_slice(bytes, 0, 500), 500);
		say_datagram(talk, big_endian, 0x0e, 1, bytes_slice(bytes, 500, SIZE_MAX),
			     bytes.length - 500);
		say_datagram(talk, big_endian, 0, 0, bytes_slice(bytes, 0, 10), 20);
		talk_describe(talk);
		assert_true(talk_is(talk, "dcerpc", STREAM_DEVIATES));
		assert_true(talk_deviates(talk, "longer than its maximum count"));
		assert_true(talk_deviates(talk, "shorter than its stated length"));
		talk_free(talk);
	}
}

static void a_missing_fragment_is_not_judged(void **state)
{
	(void)state;
	struct talk *talk = talk_new(17, 135);
	struct pdu stub = popup(false, 10, 1000);
	struct bytes bytes = { stub.data, stub.length };
	say_datagram(talk, false, 0x0c, 0, bytes_slice(bytes, 0, 500), 500);
	say_datagram(talk, false, 0x0e, 2, bytes_slice(bytes, 600, SIZE_MAX), bytes.length - 600);
	talk_describe(talk);
	assert_true(talk_is(talk, "dcerpc", STREAM_UNJUDGED));
	talk_free(talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_and_fragments),
		cmocka_unit_test(bounds_are_checked_in_both_orders),
		cmocka_unit_test(context_handles_are_passed_over),
		cmocka_unit_test(contexts_are_altered),
		cmocka_unit_test(ndr64_is_not_judged),
		cmocka_unit_test(the_messenger_over_udp),
		cmocka_unit_test(a_missing_fragment_is_not_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
