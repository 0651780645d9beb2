#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pcap/dlt.h>

#include "packet/decode.h"

#define HEX(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define MACS	  "\1\2\3\4\5\6\7\7\7\7\7\7"
#define IP	  "\x45IP"

static void finds_ip_behind_every_header(void **state)
{
	(void)state;
	static const struct {
		int link_type;
		struct bytes frame;
	} cases[] = {
		{ DLT_EN10MB, HEX(MACS "\x08\x00" IP) },
		{ DLT_EN10MB, HEX(MACS "\x86\xdd" IP) },
		{ DLT_EN10MB, HEX(MACS "\x81\x00\x00\x05\x08\x00" IP) },
		{ DLT_EN10MB, HEX(MACS "\x88\xa8\x00\x05\x81\x00\x00\x07\x08\x00" IP) },
		{ DLT_EN10MB, HEX(MACS "\x88\x64\x11\x00\x00\x01\x00\x05\x00\x21" IP) },
		{ DLT_EN10MB, HEX(MACS "\x88\x47\x00\x01\x01\x40" IP) },
		{ DLT_EN10MB, HEX(MACS "\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40" IP) },
		{ DLT_EN10MB, HEX(MACS "\x88\x48\x00\x01\x01\x40\0\0\0\1" MACS "\x08\x00" IP) },
		{ DLT_PPP, HEX("\x02\x81\x00\x01\x01\x40" IP) },
		{ DLT_EN10MB, HEX(MACS "\x00\x0b\xaa\xaa\x03\x00\x00\x00\x08\x00" IP) },
		{ DLT_LINUX_SLL, HEX("\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\x00" IP) },
		{ DLT_LINUX_SLL2, HEX("\x08\x00\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0" IP) },
		{ DLT_RAW, HEX(IP) },
		{ DLT_IPV4, HEX(IP) },
		{ DLT_NULL, HEX("\2\0\0\0" IP) },
		{ DLT_LOOP, HEX("\0\0\0\2" IP) },
		{ DLT_NULL, HEX("\x1e\0\0\0" IP) },
		{ DLT_PPP, HEX("\x00\x21" IP) },
		{ DLT_PPP, HEX("\x21" IP) },
		{ DLT_PPP_SERIAL, HEX("\xff\x03\x00\x57" IP) },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes content;
		assert_true(link_supported(cases[i].link_type));
		assert_int_equal(link_decode(cases[i].link_type, cases[i].frame, &content),
				 DECODE_OK);
		assert_true(bytes_equal_text(content, IP));
		/* No cut frame is more than its bytes. */
		for (size_t cut = 0; cut < cases[i].frame.length - 3; cut++)
			assert_int_not_equal(link_decode(cases[i].link_type,
							 bytes_slice(cases[i].frame, 0, cut),
							 &content) == DECODE_OK &&
						     content.length > 0,
					     1);
	}
}

static void other_protocols_are_unknown(void **state)
{
	(void)state;
	struct bytes content;
	assert_int_equal(link_decode(DLT_EN10MB, HEX(MACS "\x08\x06" IP), &content),
			 DECODE_UNKNOWN);
	assert_int_equal(link_decode(DLT_PPP, HEX("\xc0\x21" IP), &content), DECODE_UNKNOWN);
	assert_int_equal(link_decode(DLT_EN10MB,
				     HEX(MACS "\x00\x05"
					      "\x42\x42\x03\1\2\3\4\5"),
				     &content),
			 DECODE_UNKNOWN);
	assert_false(link_supported(DLT_IEEE802_11));
}

static void endless_tags_are_malformed(void **state)
{
	(void)state;
	uint8_t frame[200] = { 0 };
	struct bytes content;
	for (size_t i = 12; i + 1 < sizeof frame; i += 4)
		frame[i] = 0x81;
	assert_int_equal(link_decode(DLT_EN10MB, (struct bytes){ frame, sizeof frame }, &content),
			 DECODE_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_ip_behind_every_header),
					    cmocka_unit_test(other_protocols_are_unknown),
					    cmocka_unit_test(endless_tags_are_malformed) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
