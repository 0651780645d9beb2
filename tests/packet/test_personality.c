/* Who wins where fragments overlap: the six packets of Novak 2005 (after Shankar and Paxson 2003),
 * as each policy is published to put them together, and a slow oracle for every personality. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "packet/decode.h"

#define UNIT 8

static const struct fragment_limits limits = { 1u << 20, 100, 60000000000u };

static struct datagram fragment_of(unsigned first, unsigned behind, bool more, const uint8_t *data)
{
	uint32_t length = (behind - first) * UNIT;
	return (struct datagram){ .source = { .family = 4, .bytes = { 1 } },
				  .destination = { .family = 4, .bytes = { 2 } },
				  .protocol = 17,
				  .fragment = true,
				  .more_fragments = more,
				  .identification = 7,
				  .fragment_offset = first * UNIT,
				  .length_on_wire = length,
				  .payload = { data, length } };
}

/* 111  22 333   without 4 at 1..4, then 44445555 over it …: units and behind, in order of arrival.
 */
static const struct {
	char value;
	unsigned first, behind;
} shankar_paxson[] = { { '1', 0, 3 }, { '2', 4, 6 }, { '3', 6, 9 },
		       { '4', 1, 5 }, { '5', 6, 9 }, { '6', 9, 12 } };

static void the_published_example(void **state)
{
	(void)state;
	/* Worked out by hand from each rule; the first five are the strings that the paper prints.
	 */
	static const struct {
		enum packet_personality personality;
		const char *expected;
	} cases[] = {
		{ PACKET_BSD, "111442333666" },	    { PACKET_BSD_RIGHT, "144422555666" },
		{ PACKET_LINUX, "111442555666" },   { PACKET_FIRST, "111422333666" },
		{ PACKET_LAST, "144442555666" },    { PACKET_WINDOWS, "111422333666" },
		{ PACKET_SOLARIS, "111422333666" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet_hosts hosts = { .others = cases[i].personality };
		struct fragment_table *table = fragment_table_new(&limits);
		enum decode_result result = DECODE_KEPT;
		struct datagram datagram;
		fragment_set_hosts(table, &hosts);
		for (size_t j = 0; j < 6; j++) {
			uint8_t data[100];
			memset(data, shankar_paxson[j].value, sizeof data);
			assert_int_equal(result, DECODE_KEPT);
			datagram = fragment_of(shankar_paxson[j].first, shankar_paxson[j].behind,
					       j != 5, data);
			result = fragment_push(table, 0, &datagram);
		}
		assert_int_equal(result, DECODE_OK);
		char got[13] = "";
		for (size_t unit = 0; unit < 12; unit++)
			got[unit] = (char)datagram.payload.data[unit * UNIT];
		assert_string_equal(got, cases[i].expected);
		fragment_table_free(table);
	}
}

/* The sentences of the paper, one a personality, over whole fragments. */
static bool sentence(enum packet_personality personality, int first, int behind, int old_first,
		     int old_behind)
{
	bool before = first < old_first, same = first == old_first;
	switch (personality) {
	case PACKET_FIRST:
	case PACKET_MACOS:
	case PACKET_HPUX11: return false;
	case PACKET_LAST: return true;
	case PACKET_BSD:
	case PACKET_HPUX10:
	case PACKET_IRIX: return before;
	case PACKET_BSD_RIGHT: return !before;
	case PACKET_LINUX:
	case PACKET_LINUX_24:
	case PACKET_LINUX_22: return before || same;
	case PACKET_SOLARIS: return before && behind >= old_behind;
	default: return before && behind > old_behind;
	}
}

static void every_personality_as_its_sentence_says(void **state)
{
	(void)state;
	struct random random;
	for (int personality = 0; personality < PACKET_PERSONALITY_COUNT; personality++) {
		struct packet_hosts hosts = { .others = (enum packet_personality)personality };
		for (uint64_t seed = 0; seed < 400; seed++) {
			struct fragment_table *table = fragment_table_new(&limits);
			int owner[24], from[32], to[32];
			struct datagram datagram;
			enum decode_result result = DECODE_KEPT;
			memset(owner, -1, sizeof owner);
			fragment_set_hosts(table, &hosts);
			random_init(&random, seed, (uint64_t)personality);
			for (int i = 0; i < 32 && result == DECODE_KEPT; i++) {
				uint8_t data[200];
				memset(data, i + 1, sizeof data);
				from[i] = (int)random_below(&random, 23);
				to[i] = from[i] + 1 + (int)random_below(&random, 8);
				bool last = i == 31 || to[i] >= 24;
				if (last)
					to[i] = 24;
				for (int unit = from[i]; unit < to[i]; unit++) {
					int old = owner[unit];
					if (old < 0 ||
					    sentence((enum packet_personality)personality, from[i],
						     to[i], from[old], to[old]))
						owner[unit] = i;
				}
				datagram = fragment_of((unsigned)from[i], (unsigned)to[i], !last,
						       data);
				result = fragment_push(table, 0, &datagram);
			}
			if (result == DECODE_OK) {
				assert_int_equal(datagram.payload.length, 24 * UNIT);
				for (size_t i = 0; i < 24 * UNIT; i++)
					assert_int_equal(datagram.payload.data[i],
							 owner[i / UNIT] + 1);
			}
			fragment_table_free(table);
		}
	}
}

static void the_longest_prefix_decides(void **state)
{
	(void)state;
	struct address net, host, six, other;
	assert_int_equal(address_parse("10.1.0.0", &net), 0);
	assert_int_equal(address_parse("10.1.2.3", &host), 0);
	assert_int_equal(address_parse("2001:db8::", &six), 0);
	const struct packet_host list[] = { { net, 15, PACKET_SOLARIS },
					    { host, 32, PACKET_LAST },
					    { six, 33, PACKET_LINUX } };
	struct packet_hosts hosts = { list, 3, PACKET_BSD };
	static const struct {
		const char *address;
		enum packet_personality personality;
	} cases[] = { { "10.1.2.3", PACKET_LAST },
		      { "10.0.255.255", PACKET_SOLARIS },
		      { "10.2.0.0", PACKET_BSD },
		      { "2001:db8:7fff::1", PACKET_LINUX },
		      { "2001:db8:8000::1", PACKET_BSD } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(address_parse(cases[i].address, &other), 0);
		assert_int_equal(packet_personality_of(&hosts, &other), cases[i].personality);
	}
}

static void names_lead_there_and_back(void **state)
{
	(void)state;
	enum packet_personality found;
	for (int i = 0; i < PACKET_PERSONALITY_COUNT; i++) {
		const char *name = packet_personality_name((enum packet_personality)i);
		assert_int_equal(packet_personality_parse(name, &found), 0);
		assert_int_equal(found, i);
	}
	assert_int_equal(packet_personality_parse("beos", &found), ERROR_USAGE);
}

static void guesses_by_syn(void **state)
{
	(void)state;
	static const struct {
		uint8_t ttl;
		uint16_t window;
		bool scale;
		int guess; /* -1: none */
	} cases[] = {
		{ 255, 49640, false, PACKET_SOLARIS },
		{ 240, 49640, true, PACKET_SOLARIS },
		{ 128, 65535, false, PACKET_WINDOWS },
		{ 113, 64240, false, PACKET_WINDOWS },
		{ 128, 8192, true, PACKET_VISTA },
		{ 64, 65535, true, PACKET_BSD },
		{ 52, 64240, true, PACKET_LINUX },
		{ 64, 5840, false, PACKET_LINUX },
		{ 32, 8192, false, -1 },
		{ 1, 65535, false, -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet packet = { .protocol = 6,
					 .flags = PACKET_SYN,
					 .ttl = cases[i].ttl,
					 .window = cases[i].window,
					 .has_window_scale = cases[i].scale };
		enum packet_personality guess = PACKET_LAST;
		bool known = packet_personality_guess(&packet, &guess);
		assert_int_equal(known, cases[i].guess >= 0);
		if (known)
			assert_int_equal(guess, cases[i].guess);
		packet.flags = PACKET_ACK;
		assert_false(packet_personality_guess(&packet, &guess));
		packet.flags = PACKET_SYN;
		packet.protocol = 17;
		assert_false(packet_personality_guess(&packet, &guess));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses_by_syn),
		cmocka_unit_test(the_published_example),
		cmocka_unit_test(every_personality_as_its_sentence_says),
		cmocka_unit_test(the_longest_prefix_decides),
		cmocka_unit_test(names_lead_there_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
