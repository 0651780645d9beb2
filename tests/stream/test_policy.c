/* Random streams, cut, reordered, repeated and overlapped with contradictions, against a slow and
 * obvious oracle: for every byte, which segment it belongs to, one byte after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "stream/assembly.h"

#define SPACE	 96
#define SEGMENTS 40
#define NOBODY	 -1

struct oracle {
	enum packet_personality personality;
	int owner[SPACE]; /* of each byte: which segment */
	int begin[SEGMENTS], end[SEGMENTS];
	int next; /* what is read next */
};

/* Where what is left of the byte's segment begins. */
static int run_begin(const struct oracle *oracle, int at)
{
	int begin = at;
	while (begin > oracle->next && oracle->owner[begin - 1] == oracle->owner[at])
		begin--;
	return begin;
}

/* The sentences of Novak and Sturges, 2007, for one byte at `at` that segment `old` holds. */
static bool takes(const struct oracle *oracle, int at, int old, int begin, int end)
{
	int old_begin = oracle->begin[old], old_end = oracle->end[old];
	switch (oracle->personality) {
	case PACKET_FIRST:
	case PACKET_VISTA: return false;
	case PACKET_LAST: return true;
	case PACKET_BSD_RIGHT: return !(begin < old_begin);
	case PACKET_SOLARIS:
	case PACKET_HPUX11: return begin <= old_begin ? end >= old_end : end > old_end;
	case PACKET_LINUX_22: return begin < old_begin || (begin == old_begin && !(end < old_end));
	case PACKET_LINUX_24:
	case PACKET_HPUX10:
	case PACKET_IRIX: return begin < old_begin || (begin == old_begin && end > old_end);
	default: return begin < run_begin(oracle, at); /* BSD trims what waits */
	}
}

static void oracle_push(struct oracle *oracle, int segment, int begin, int end)
{
	bool won[SPACE] = { false };
	if (begin < oracle->next)
		begin = oracle->next;
	oracle->begin[segment] = begin;
	oracle->end[segment] = end;
	for (int at = begin; at < end; at++)
		won[at] = oracle->owner[at] == NOBODY ||
			  takes(oracle, at, oracle->owner[at], begin, end);
	for (int at = begin; at < end; at++)
		if (won[at])
			oracle->owner[at] = segment;
	while (oracle->next < SPACE && oracle->owner[oracle->next] != NOBODY)
		oracle->next++;
}

static void every_personality_against_the_oracle(void **state)
{
	(void)state;
	struct assembly_table table = { .side_limit = 1u << 20,
					.queue_bytes = 1u << 20,
					.queue_pieces = 2048 };
	unsigned contradictions = 0;
	for (int personality = 0; personality < PACKET_PERSONALITY_COUNT; personality++) {
		if (personality == PACKET_LINUX) /* asks the kernel itself: test_kernel.c */
			continue;
		for (uint64_t seed = 0; seed < 3000; seed++) {
			struct oracle oracle = { .personality =
							 (enum packet_personality)personality };
			struct assembly assembly;
			struct random random;
			uint8_t bytes[SPACE];
			int last = 0;
			memset(oracle.owner, NOBODY, sizeof oracle.owner);
			random_init(&random, seed, (uint64_t)personality);
			assembly_init(&assembly, oracle.personality, &table);
			unsigned longest = 1 + random_below(&random, 30);
			for (int i = 0; i < SEGMENTS; i++) {
				int begin = (int)random_below(&random, SPACE - 1);
				int end = begin + 1 + (int)random_below(&random, longest);
				if (end > SPACE)
					end = SPACE;
				memset(bytes, i + 1, sizeof bytes);
				struct segment segment = {
					.position = (uint64_t)begin,
					.bytes = { bytes, (size_t)(end - begin) },
				};
				oracle_push(&oracle, i, begin, end);
				assembly_push(&assembly, &segment);
				assert_int_equal(assembly.next, oracle.next);
				last = end > last ? end : last;
			}
			contradictions += assembly.contradictions;
			assembly_finish(&assembly, TRUST_INTACT);
			assert_int_equal(assembly.length, last);
			for (int at = 0; at < last; at++)
				assert_int_equal(assembly.data[at], oracle.owner[at] + 1);
			assembly_fini(&assembly);
			assert_int_equal(table.memory, 0);
		}
	}
	assert_true(contradictions > 100000);
}

/* The table of Novak and Sturges in the large: one waiting segment, one newcomer, every way in
 * which they can lie; 'o' where the old one's byte is read, 'n' where the new one's. */
static void the_ways_to_overlap_by_name(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int begin, end; /* of the newcomer; the old one lies at [10, 20) */
		/* Personalities whose newcomer wins the bytes that both hold. */
		uint32_t winners;
	} cases[] = {
#define P(name) (1u << PACKET_##name)
#define BEFORE                                                                                     \
	(P(WINDOWS) | P(WINDOWS_2003) | P(BSD) | P(MACOS) | P(LINUX) | P(LINUX_24) | P(LINUX_22) | \
	 P(HPUX10) | P(IRIX) | P(LAST))
#define LONGER (P(LINUX) | P(LINUX_24) | P(LINUX_22) | P(HPUX10) | P(IRIX) | P(LAST))
#define BY_END (P(SOLARIS) | P(HPUX11))
		{ "begins before, ends before", 5, 15, BEFORE },
		{ "begins before, ends together", 5, 20, BEFORE | BY_END },
		{ "begins before, ends behind", 5, 25, BEFORE | BY_END },
		{ "begins together, ends before", 10, 15, P(LAST) | P(BSD_RIGHT) },
		{ "the same", 10, 20, P(LAST) | P(BSD_RIGHT) | P(LINUX_22) | BY_END },
		{ "begins together, ends behind", 10, 25, LONGER | P(BSD_RIGHT) | BY_END },
		{ "begins behind, ends before", 12, 18, P(LAST) | P(BSD_RIGHT) },
		{ "begins behind, ends together", 12, 20, P(LAST) | P(BSD_RIGHT) },
		{ "begins behind, ends behind", 12, 25, P(LAST) | P(BSD_RIGHT) | BY_END },
	};
	struct assembly_table table = { .side_limit = 1000,
					.queue_bytes = 1000,
					.queue_pieces = 100 };
	for (int personality = 0; personality < PACKET_PERSONALITY_COUNT; personality++) {
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			uint8_t old[10], new[25];
			struct assembly assembly;
			memset(old, 'o', sizeof old);
			memset(new, 'n', sizeof new);
			assembly_init(&assembly, (enum packet_personality)personality, &table);
			struct segment segment = { .position = 10, .bytes = { old, 10 } };
			assembly_push(&assembly, &segment);
			segment = (struct segment){ .position = (uint64_t)cases[i].begin,
						    .bytes = { new, (size_t)(cases[i].end -
									     cases[i].begin) } };
			assembly_push(&assembly, &segment);
			assembly_finish(&assembly, TRUST_INTACT);
			int from = cases[i].begin > 10 ? cases[i].begin : 10;
			char expected = cases[i].winners >> personality & 1 ? 'n' : 'o';
			if (assembly.data[from] != expected)
				print_message("%s: %s\n", cases[i].name,
					      packet_personality_name(
						      (enum packet_personality)personality));
			assert_int_equal(assembly.data[from], expected);
			assembly_fini(&assembly);
		}
	}
}

static void resets_by_personality(void **state)
{
	(void)state;
	for (int i = 0; i < PACKET_PERSONALITY_COUNT; i++) {
		enum packet_personality personality = (enum packet_personality)i;
		assert_true(policy_reset_counts(personality, 100, 100, 200));
		assert_false(policy_reset_counts(personality, 99, 100, 200));
		assert_int_equal(policy_reset_counts(personality, 300, 100, 200),
				 personality == PACKET_HPUX11);
	}
	assert_true(policy_reset_counts(PACKET_LINUX_24, 150, 100, 200));
	assert_false(policy_reset_counts(PACKET_LINUX, 150, 100, 200)); /* RFC 5961 */
	assert_false(policy_reset_counts(PACKET_WINDOWS, 150, 100, 200));
}

/* --- cost --- */

static uint64_t cpu_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Processor time per segment for `count` segments of one stream behind a gap. */
static double cost(unsigned count, unsigned stride, unsigned length, bool shuffled)
{
	struct assembly_table table = { .side_limit = 64u << 20,
					.queue_bytes = 1u << 20,
					.queue_pieces = 2048 };
	static uint8_t bytes[1500];
	struct assembly assembly;
	struct random random;
	random_init(&random, 1, 1);
	assembly_init(&assembly, PACKET_WINDOWS, &table);
	uint64_t before = cpu_ns();
	for (unsigned i = 0; i < count; i++) {
		uint64_t place = shuffled ? random_below(&random, 4000) : i % 4000;
		struct segment segment = { .position = 1 + place * stride,
					   .bytes = { bytes, length } };
		bytes[i % sizeof bytes]++; /* no two alike */
		assembly_push(&assembly, &segment);
		assert_true(table.memory < 4u << 20);
	}
	double each = (double)(cpu_ns() - before) / count;
	assembly_fini(&assembly);
	assert_int_equal(table.memory, 0);
	return each;
}

/* The worst that fits: every byte waits as a segment of its own, and long segments that win nothing
 * are compared with each of them. */
static double cost_of_losers(unsigned count)
{
	struct assembly_table table = { .side_limit = 64u << 20,
					.queue_bytes = 1u << 20,
					.queue_pieces = 2048 };
	static uint8_t bytes[1400];
	struct assembly assembly;
	assembly_init(&assembly, PACKET_FIRST, &table);
	for (unsigned i = 0; i < 2000; i++) {
		struct segment segment = { .position = 1 + i, .bytes = { bytes, 1 } };
		assembly_push(&assembly, &segment);
	}
	uint64_t before = cpu_ns();
	for (unsigned i = 0; i < count; i++) {
		struct segment segment = { .position = 1 + i % 600,
					   .bytes = { bytes, sizeof bytes } };
		bytes[i % sizeof bytes]++;
		assembly_push(&assembly, &segment);
	}
	double each = (double)(cpu_ns() - before) / count;
	assert_int_equal(queue_count(assembly.queue), 2000);
	assembly_fini(&assembly);
	return each;
}

/* What a segment costs stays within a small factor of a plain one's, however they are sent: a list
 * that is walked would cost hundreds of times as much. */
static void no_order_of_arrival_is_dear(void **state)
{
	(void)state;
	double plain = cost(200000, 2, 1, false);
	double shuffled = cost(200000, 2, 1, true);
	double overlapping = cost(20000, 2, 1400, true);
	double losers = cost_of_losers(5000);
	print_message("ns a segment: in order %.0f, shuffled %.0f, overlapping %.0f, "
		      "1,400 bytes over 1,400 segments %.0f\n",
		      plain, shuffled, overlapping, losers);
	assert_true(shuffled < 30 * (plain + 50));
	assert_true(overlapping < 700 * (plain + 50));
	/* 1,400 bytes may touch 1,400 pieces: no more than that many times a plain one. */
	assert_true(losers < 1400 * (plain + 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_personality_against_the_oracle),
		cmocka_unit_test(the_ways_to_overlap_by_name),
		cmocka_unit_test(resets_by_personality),
		cmocka_unit_test(no_order_of_arrival_is_dear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
