#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "packet/decode.h"

#define SECOND 1000000000u

static const struct fragment_limits generous = { 1u << 20, 100, 60ull * SECOND };

static struct datagram fragment_of(uint8_t family, uint32_t identification, uint32_t offset,
				   bool more, const void *data, size_t length)
{
	return (struct datagram){ .source = { .family = family, .bytes = { 1 } },
				  .destination = { .family = family, .bytes = { 2 } },
				  .protocol = 17,
				  .fragment = true,
				  .more_fragments = more,
				  .identification = identification,
				  .fragment_offset = offset,
				  .length_on_wire = (uint32_t)length,
				  .payload = { data, length } };
}

static enum decode_result push(struct fragment_table *table, uint32_t offset, bool more,
			       const char *text, struct datagram *datagram)
{
	*datagram = fragment_of(4, 7, offset, more, text, strlen(text));
	return fragment_push(table, 0, datagram);
}

static void any_order(void **state)
{
	(void)state;
	struct fragment_table *table = fragment_table_new(&generous);
	struct datagram datagram;
	assert_int_equal(push(table, 16, false, "end", &datagram), DECODE_KEPT);
	assert_int_equal(push(table, 0, true, "01234567", &datagram), DECODE_KEPT);
	assert_int_equal(push(table, 8, true, "89abcdef", &datagram), DECODE_OK);
	assert_true(bytes_equal_text(datagram.payload, "0123456789abcdefend"));
	assert_int_equal(datagram.length_on_wire, 19);
	assert_false(datagram.fragment);
	assert_int_equal(fragment_take_given_up(table), 0);
	fragment_table_free(table);
}

static void the_first_bytes_win_in_ipv4(void **state)
{
	(void)state;
	struct fragment_table *table = fragment_table_new(&generous);
	struct datagram datagram;
	assert_int_equal(push(table, 8, true, "11111111", &datagram), DECODE_KEPT);
	assert_int_equal(push(table, 0, true, "2222222222222222", &datagram), DECODE_KEPT);
	assert_int_equal(push(table, 16, false, "3", &datagram), DECODE_OK);
	assert_true(bytes_equal_text(datagram.payload, "22222222111111113"));
	fragment_table_free(table);
}

static void ipv6_gives_up_overlaps(void **state)
{
	(void)state;
	struct fragment_table *table = fragment_table_new(&generous);
	struct datagram datagram = fragment_of(6, 1, 0, true, "0123456701234567", 16);
	assert_int_equal(fragment_push(table, 0, &datagram), DECODE_KEPT);
	datagram = fragment_of(6, 1, 0, true, "0123456701234567", 16);
	assert_int_equal(fragment_push(table, 0, &datagram), DECODE_KEPT); /* a repetition */
	datagram = fragment_of(6, 1, 8, true, "0123456789abcdef", 16);
	assert_int_equal(fragment_push(table, 0, &datagram), DECODE_DROPPED);
	assert_int_equal(fragment_take_given_up(table), 2);
	fragment_table_free(table);
}

static void contradictory_ends_are_given_up(void **state)
{
	(void)state;
	struct fragment_table *table = fragment_table_new(&generous);
	struct datagram datagram;
	assert_int_equal(push(table, 8, false, "end", &datagram), DECODE_KEPT);
	assert_int_equal(push(table, 16, false, "other end", &datagram), DECODE_DROPPED);
	assert_int_equal(fragment_take_given_up(table), 1);
	assert_int_equal(push(table, 65528, true, "01234567", &datagram), DECODE_DROPPED);
	assert_int_equal(push(table, 0, true, "odd", &datagram), DECODE_DROPPED);
	fragment_table_free(table);
}

static void datagrams_do_not_mix(void **state)
{
	(void)state;
	struct fragment_table *table = fragment_table_new(&generous);
	struct datagram datagram = fragment_of(4, 1, 0, true, "aaaaaaaa", 8);
	assert_int_equal(fragment_push(table, 0, &datagram), DECODE_KEPT);
	datagram = fragment_of(4, 2, 8, false, "b", 1);
	assert_int_equal(fragment_push(table, 0, &datagram), DECODE_KEPT);
	datagram = fragment_of(4, 1, 8, false, "a", 1);
	datagram.protocol = 6;
	assert_int_equal(fragment_push(table, 0, &datagram), DECODE_KEPT);
	fragment_flush(table);
	assert_int_equal(fragment_take_given_up(table), 3);
	fragment_table_free(table);
}

static void limits_hold(void **state)
{
	(void)state;
	static const struct fragment_limits narrow = { 100000, 10, 5ull * SECOND };
	struct fragment_table *table = fragment_table_new(&narrow);
	struct datagram datagram;
	for (uint32_t i = 0; i < 1000; i++) {
		datagram = fragment_of(4, i, 0, true, "01234567", 8);
		assert_int_equal(fragment_push(table, 0, &datagram), DECODE_KEPT);
	}
	assert_int_equal(fragment_take_given_up(table), 990);
	datagram = fragment_of(4, 5000, 0, true, "01234567", 8);
	assert_int_equal(fragment_push(table, 6ull * SECOND, &datagram), DECODE_KEPT);
	assert_int_equal(fragment_take_given_up(table), 10); /* too old */
	fragment_table_free(table);
}

/* Random cuts and orders give the datagram, with overlaps and repetitions. */
static void any_cut_gives_the_datagram(void **state)
{
	(void)state;
	struct random random;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct fragment_table *table = fragment_table_new(&generous);
		uint8_t whole[803];
		random_init(&random, seed, 1);
		for (size_t i = 0; i < sizeof whole; i++)
			whole[i] = (uint8_t)random_u32(&random);
		enum decode_result result = DECODE_KEPT;
		struct datagram datagram;
		for (int tries = 0; result == DECODE_KEPT && tries < 20000; tries++) {
			uint32_t offset = random_below(&random, 101) * 8;
			uint32_t length = (1 + random_below(&random, 20)) * 8;
			bool more = offset + length < sizeof whole;
			if (!more)
				length = (uint32_t)sizeof whole - offset;
			datagram = fragment_of(4, 9, offset, more, whole + offset, length);
			result = fragment_push(table, 0, &datagram);
		}
		assert_int_equal(result, DECODE_OK);
		assert_int_equal(datagram.payload.length, sizeof whole);
		assert_memory_equal(datagram.payload.data, whole, sizeof whole);
		fragment_table_free(table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(the_first_bytes_win_in_ipv4),
		cmocka_unit_test(ipv6_gives_up_overlaps),
		cmocka_unit_test(contradictory_ends_are_given_up),
		cmocka_unit_test(datagrams_do_not_mix),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(any_cut_gives_the_datagram),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
