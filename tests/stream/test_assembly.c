#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stream/assembly.h"

#define LIMIT (1u << 20)

static struct assembly_table table = { .queue_bytes = 1u << 20, .queue_pieces = 2048 };

static void start(struct assembly *assembly, size_t limit)
{
	table.side_limit = limit;
	assembly_init(assembly, PACKET_BSD, &table);
}

static void push(struct assembly *assembly, uint64_t position, const char *text)
{
	struct segment segment = { .position = position, .bytes = bytes_of(text) };
	assembly_push(assembly, &segment);
}

static void push_doubtful(struct assembly *assembly, uint64_t position, const char *text)
{
	struct segment segment = { .position = position,
				   .bytes = bytes_of(text),
				   .trust = TRUST_BAD_CHECKSUM };
	assembly_push(assembly, &segment);
}

static void assert_read(struct assembly *assembly, const char *text)
{
	struct bytes read = { assembly->data, assembly->length };
	assert_true(bytes_equal_text(read, text));
	assert_false(assembly_failed(assembly));
	assembly_fini(assembly);
	assert_int_equal(table.memory, 0);
}

static void order_is_restored(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	push(&assembly, 5, "67890");
	push(&assembly, 0, "12345");
	assert_int_equal(assembly.out_of_order, 1);
	assert_int_equal(assembly.segment_count, 2);
	assert_read(&assembly, "1234567890");
}

static void what_was_read_cannot_change(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	push(&assembly, 0, "abcdef");
	push(&assembly, 0, "abcdef");
	push(&assembly, 2, "XXXXgh");
	assert_int_equal(assembly.retransmitted, 1);
	assert_int_equal(assembly.overlaps, 1);
	assert_int_equal(assembly.contradictions, 1);
	assert_read(&assembly, "abcdefgh");
}

/* In the queue the segment that begins first wins, as in BSD's tcp_reass(). */
static void waiting_bytes_follow_the_rule_of_bsd(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	push(&assembly, 3, "333");
	push(&assembly, 1, "1111"); /* begins before: wins 3 and 4 */
	push(&assembly, 4,
	     "4444"); /* begins behind: loses 4; 5 belongs to a piece that begins at 5 */
	push(&assembly, 0, "0");
	assert_int_equal(assembly.contradictions, 2);
	assert_read(&assembly, "01111444");
}

static void doubt_is_settled_by_acknowledgement(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	push_doubtful(&assembly, 0, "abc");
	assert_int_equal(assembly.length, 0);
	assembly_acknowledge(&assembly, 3);
	assert_int_equal(assembly.length, 3);
	push_doubtful(&assembly, 3, "bad");
	push(&assembly, 3, "def");
	assembly_acknowledge(&assembly, 6);
	push_doubtful(&assembly, 6, "never taken");
	assembly_finish(&assembly, TRUST_INTACT);
	assert_int_equal(assembly.ignored[TRUST_BAD_CHECKSUM], 2);
	assert_read(&assembly, "abcdef");
}

static void gaps_are_zeros_and_counted(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	push(&assembly, 0, "ab");
	push(&assembly, 4, "ef");
	assembly_finish(&assembly, TRUST_INTACT);
	assert_int_equal(assembly.lost, 2);
	assert_int_equal(assembly.length, 6);
	assert_memory_equal(assembly.data, "ab\0\0ef", 6);
	assert_int_equal(assembly.segments[1].offset, 4);
	assembly_fini(&assembly);
	assert_int_equal(table.memory, 0);
}

static void nothing_is_read_beyond_the_end(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	push(&assembly, 2, "cdXX");
	assembly_end(&assembly, 4);
	push(&assembly, 0, "ab");
	push(&assembly, 4, "more");
	assembly_finish(&assembly, TRUST_DOUBTFUL);
	assert_read(&assembly, "abcd");
}

static void the_limit_holds(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, 4);
	push(&assembly, 0, "abc");
	push(&assembly, 3, "def");
	push(&assembly, 6, "ghi");
	assert_int_equal(assembly.beyond_limit, 5);
	assert_read(&assembly, "abcd");
}

static void far_apart_segments_cost_no_memory(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, 1u << 30);
	push(&assembly, 0, "a");
	push(&assembly, 900000000, "z");
	assembly_finish(&assembly, TRUST_DOUBTFUL);
	assert_true(table.memory < 1 << 16);
	assert_int_equal(assembly.beyond_limit, 900000000);
	assert_read(&assembly, "a");
}

static void what_the_capture_left_out_is_lost(void **state)
{
	(void)state;
	struct assembly assembly;
	start(&assembly, LIMIT);
	struct segment cut = { .position = 0, .bytes = bytes_of("ab"), .absent = 2 };
	assembly_push(&assembly, &cut);
	push(&assembly, 4, "ef");
	assert_int_equal(assembly.lost, 2);
	assert_int_equal(assembly.length, 6);
	assembly_fini(&assembly);
}

/* --- against slow and obvious oracles --- */

#define STREAM 400

/* Consistent segments, cut and shuffled in every way, always give the stream. */
static void any_order_gives_the_stream(void **state)
{
	(void)state;
	struct random random;
	for (uint64_t seed = 0; seed < 3000; seed++) {
		uint8_t stream[STREAM];
		bool sent[STREAM] = { false };
		struct assembly assembly;
		random_init(&random, seed, 1);
		start(&assembly, LIMIT);
		for (size_t i = 0; i < STREAM; i++)
			stream[i] = (uint8_t)random_u32(&random);
		for (size_t missing = STREAM; missing;) {
			uint32_t from = random_below(&random, STREAM);
			uint32_t length = 1 + random_below(&random, 40);
			if (from + length > STREAM)
				length = STREAM - from;
			struct segment segment = { .position = from,
						   .bytes = { stream + from, length },
						   .time_ns = seed };
			assembly_push(&assembly, &segment);
			for (uint32_t i = from; i < from + length; i++) {
				missing -= !sent[i];
				sent[i] = true;
			}
		}
		assert_int_equal(assembly.length, STREAM);
		assert_memory_equal(assembly.data, stream, STREAM);
		assert_int_equal(assembly.contradictions, 0);
		assert_int_equal(assembly.lost, 0);
		size_t covered = 0;
		for (size_t i = 0; i < assembly.segment_count; i++) {
			assert_int_equal(assembly.segments[i].offset, covered);
			covered += assembly.segments[i].length;
		}
		assert_int_equal(covered, STREAM);
		assembly_fini(&assembly);
		assert_int_equal(table.memory, 0);
	}
}

/* tcp_reass() in its plainest form: a sorted list of segments, the newcomer trimmed by the one
 * before it, the ones behind trimmed by the newcomer. */
struct oracle {
	struct {
		size_t from, to;
		uint8_t value;
	} list[64];
	size_t count;
};

static void oracle_remove(struct oracle *oracle, size_t at)
{
	memmove(&oracle->list[at], &oracle->list[at + 1],
		(oracle->count - at - 1) * sizeof oracle->list[0]);
	oracle->count--;
}

static void oracle_push(struct oracle *oracle, size_t from, size_t to, uint8_t value)
{
	size_t at = 0;
	while (at < oracle->count && oracle->list[at].from <= from)
		at++;
	if (at && oracle->list[at - 1].to > from)
		from = oracle->list[at - 1].to;
	if (from >= to)
		return;
	while (at < oracle->count && oracle->list[at].from < to) {
		if (oracle->list[at].to > to) {
			oracle->list[at].from = to;
			break;
		}
		oracle_remove(oracle, at);
	}
	memmove(&oracle->list[at + 1], &oracle->list[at],
		(oracle->count - at) * sizeof oracle->list[0]);
	oracle->list[at].from = from;
	oracle->list[at].to = to;
	oracle->list[at].value = value;
	oracle->count++;
}

static void contradictions_are_settled_as_bsd_does(void **state)
{
	(void)state;
	struct random random;
	for (uint64_t seed = 0; seed < 20000; seed++) {
		struct oracle oracle = { .count = 0 };
		struct assembly assembly;
		uint8_t expected[64] = { 0 }, bytes[64];
		size_t end = 1;
		random_init(&random, seed, 2);
		start(&assembly, LIMIT);
		for (unsigned i = 0; i < 12; i++) {
			size_t from = 1 + random_below(&random, 40);
			size_t to = from + 1 + random_below(&random, 20);
			uint8_t value = (uint8_t)(i + 1);
			memset(bytes, value, sizeof bytes);
			struct segment segment = { .position = from,
						   .bytes = { bytes, to - from } };
			assembly_push(&assembly, &segment);
			oracle_push(&oracle, from, to, value);
			end = to > end ? to : end;
		}
		for (size_t i = 0; i < oracle.count; i++)
			memset(expected + oracle.list[i].from, oracle.list[i].value,
			       oracle.list[i].to - oracle.list[i].from);
		push(&assembly, 0, "\xff");
		assembly_finish(&assembly, TRUST_INTACT);
		expected[0] = 0xff;
		assert_int_equal(assembly.length, end);
		assert_memory_equal(assembly.data, expected, end);
		assembly_fini(&assembly);
		assert_int_equal(table.memory, 0);
	}
}

/* Garbage that the receiver never acknowledges does not change a byte, wherever it lies. */
static void unacknowledged_garbage_changes_nothing(void **state)
{
	(void)state;
	struct random random;
	static const uint8_t garbage[60];
	for (uint64_t seed = 0; seed < 3000; seed++) {
		uint8_t stream[STREAM];
		struct assembly assembly;
		size_t sent = 0;
		random_init(&random, seed, 3);
		start(&assembly, LIMIT);
		memset(stream, 'x', sizeof stream);
		while (sent < STREAM) {
			struct segment bad = { .position = random_below(&random, STREAM),
					       .bytes = { garbage, random_below(&random, 60) },
					       .trust = TRUST_DOUBTFUL };
			uint32_t length = 1 + random_below(&random, 50);
			if (length > STREAM - sent)
				length = (uint32_t)(STREAM - sent);
			struct segment good = { .position = sent,
						.bytes = { stream + sent, length } };
			assembly_push(&assembly, &bad);
			assembly_push(&assembly, &good);
			sent += length;
			assembly_acknowledge(&assembly, sent);
		}
		assembly_finish(&assembly, TRUST_INTACT);
		assert_int_equal(assembly.length, STREAM);
		assert_memory_equal(assembly.data, stream, STREAM);
		assembly_fini(&assembly);
		assert_int_equal(table.memory, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_restored),
		cmocka_unit_test(what_was_read_cannot_change),
		cmocka_unit_test(waiting_bytes_follow_the_rule_of_bsd),
		cmocka_unit_test(doubt_is_settled_by_acknowledgement),
		cmocka_unit_test(gaps_are_zeros_and_counted),
		cmocka_unit_test(nothing_is_read_beyond_the_end),
		cmocka_unit_test(the_limit_holds),
		cmocka_unit_test(far_apart_segments_cost_no_memory),
		cmocka_unit_test(what_the_capture_left_out_is_lost),
		cmocka_unit_test(any_order_gives_the_stream),
		cmocka_unit_test(contradictions_are_settled_as_bsd_does),
		cmocka_unit_test(unacknowledged_garbage_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
