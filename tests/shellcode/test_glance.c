#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/glance_table.h"

enum { RANDOM_ROUNDS = 3000000 };

/* The full decoder is the oracle. */
static void compare(enum x86_mode mode, struct bytes code)
{
	struct step full = instruction_step(mode, code), quick = glance(mode, code);
	struct step length = glance_length(mode, code);

	assert_int_equal(length.length, quick.length);
	assert_int_equal(length.flow, quick.flow);
	assert_int_equal(length.target, quick.target);
	if (full.length == quick.length && full.target == quick.target &&
	    (full.length == 0 || full.flow == quick.flow))
		return;
	for (size_t i = 0; i < code.length; i++)
		printf("%02x ", code.data[i]);
	fail_msg("mode %d: length %d %d, flow %d %d, target %d %d", mode, full.length, quick.length,
		 full.flow, quick.flow, full.target, quick.target);
}

static void agrees_on_every_opcode(void **state)
{
	static const uint8_t prefixes[] = { 0x90, 0x66, 0x67, 0xf0, 0xf2,
					    0xf3, 0x64, 0x48, 0x41, 0x0f };
	uint8_t code[INSTRUCTION_MAX];
	struct bytes bytes = { code, sizeof code };

	(void)state;
	for (unsigned first = 0; first < 0x10000; first++)
		for (unsigned i = 0; i < sizeof prefixes; i++) {
			size_t at = prefixes[i] != 0x90;
			memset(code, 0x24, sizeof code);
			code[0] = prefixes[i];
			code[at] = (uint8_t)first;
			code[at + 1] = (uint8_t)(first >> 8);
			compare(X86_MODE_32, bytes);
			compare(X86_MODE_64, bytes);
		}
}

static void agrees_on_random_bytes(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 19, 0);
	for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
		uint8_t code[INSTRUCTION_MAX];
		for (size_t i = 0; i < sizeof code; i += 4) {
			uint32_t word = random_u32(&random);
			memcpy(code + i, &word, sizeof code - i < 4 ? sizeof code - i : 4);
		}
		compare(round & 1 ? X86_MODE_64 : X86_MODE_32,
			(struct bytes){ code,
					round % 16 == 15 ? 1 + random_u32(&random) % 14 : 15 });
	}
}

static unsigned traits(enum x86_mode mode, const char *code, size_t length)
{
	return glance(mode, (struct bytes){ (const uint8_t *)code, length }).traits &
	       ~(unsigned)GLANCE_ASKED;
}

/* Behind a prefix that changes nothing it is looked at closer: the traits stay. */
static void finds_the_same_traits_either_way(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 31, 0);
	for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
		enum x86_mode mode = round & 1 ? X86_MODE_64 : X86_MODE_32;
		uint8_t code[INSTRUCTION_MAX + 1] = { 0x3e };
		struct step quick, close;
		for (size_t i = 1; i < sizeof code; i++)
			code[i] = (uint8_t)(random_u32(&random) >> 7);
		quick = glance(mode, (struct bytes){ code + 1, INSTRUCTION_MAX });
		close = glance(mode, (struct bytes){ code, INSTRUCTION_MAX });
		if (quick.length == 0 || close.length == 0 ||
		    (quick.traits | close.traits) & GLANCE_ASKED)
			continue;
		assert_int_equal(quick.length + 1, close.length);
		assert_int_equal(quick.traits, close.traits);
	}
}

/* What two bytes tell is the same as what is told by all, whatever follows. */
static void tells_the_same_by_two_bytes(void **state)
{
	static struct glance_table tables[2];
	struct random random;
	unsigned told = 0, plains = 0;

	(void)state;
	glance_table_init(&tables[X86_MODE_32], X86_MODE_32);
	glance_table_init(&tables[X86_MODE_64], X86_MODE_64);
	random_init(&random, 37, 0);
	for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
		enum x86_mode mode = round & 1 ? X86_MODE_64 : X86_MODE_32;
		uint8_t code[INSTRUCTION_MAX], falls, plain;
		struct step quick, close;
		bool goes_on;
		for (size_t i = 0; i < sizeof code; i++)
			code[i] = (uint8_t)(random_u32(&random) >> 7);
		if (round & 2) /* near targets, and all that depends on zeros */
			memset(code + 2, round & 4 ? 0 : 0xff, 4);
		close = glance(mode, (struct bytes){ code, sizeof code });
		falls = glance_table_falls(&tables[mode], code);
		goes_on = close.flow == FLOW_NEXT || close.flow == FLOW_BRANCH ||
			  close.flow == FLOW_CALL || close.flow == FLOW_SYSTEM;
		if (falls != GLANCE_TABLE_UNTOLD)
			assert_int_equal(falls, goes_on ? close.length : 0);
		plain = glance_table_plain(&tables[mode], code);
		if (plain) {
			assert_int_equal(plain, close.length);
			assert_true(close.flow == FLOW_NEXT || close.flow == FLOW_BRANCH);
			assert_false(close.traits & GLANCE_RARE);
		}
		if (!glance_by_table(&tables[mode], code, &quick)) {
			assert_int_equal(plain, 0);
			continue;
		}
		plains += plain > 0;
		told++;
		assert_int_equal(quick.length, close.length);
		assert_int_equal(quick.traits, close.traits);
		assert_int_equal(quick.target, close.target);
		if (close.length)
			assert_int_equal(quick.flow, close.flow);
	}
	assert_true(told > RANDOM_ROUNDS / 4 * 3);
	assert_true(plains > told / 2);
}

static void tells_what_it_could_not_answer(void **state)
{
	(void)state;
	assert_false(glance(X86_MODE_32, bytes_of("\x31\xc0")).traits & GLANCE_ASKED);
	assert_true(glance(X86_MODE_32, bytes_of("\xf0\x31\x03")).traits & GLANCE_ASKED);
	assert_true(glance(X86_MODE_32, bytes_of("\x0f\x28\xc1")).traits & GLANCE_ASKED);
}

static void knows_the_traits(void **state)
{
#define TRAITS(code) traits(X86_MODE_32, code, sizeof(code) - 1)
	(void)state;
	assert_int_equal(TRAITS("\x54"), GLANCE_PUSH | GLANCE_STACK_TAKEN);
	assert_int_equal(TRAITS("\x6a\x0b"), GLANCE_PUSH);
	assert_int_equal(TRAITS("\x58"), GLANCE_POP | GLANCE_SETS_AX);
	assert_int_equal(TRAITS("\x31\xc0"), GLANCE_SETS_AX);
	assert_int_equal(TRAITS("\xb0\x0b"), GLANCE_TOUCHES_AX);
	assert_int_equal(TRAITS("\xd9\xee"), GLANCE_FPU);
	assert_int_equal(TRAITS("\xd9\x74\x24\xf4"), 0);
	assert_int_equal(TRAITS("\xdb\xe3"), 0);
	assert_int_equal(TRAITS("\x30\x06"), GLANCE_STORE);
	assert_int_equal(TRAITS("\x31\x44\x24\x04"), 0);
	assert_int_equal(TRAITS("\x3b\x07"), GLANCE_LOAD | GLANCE_SCAN);
	assert_int_equal(TRAITS("\xaf"), GLANCE_LOAD | GLANCE_SCAN);
	assert_int_equal(TRAITS("\x89\xe1"), GLANCE_STACK_TAKEN);
	assert_int_equal(TRAITS("\x63\x61\x62"), GLANCE_LOAD | GLANCE_RARE);
#undef TRAITS
}

static void knows_what_goes_nowhere(void **state)
{
#define NOWHERE(mode, code) ((traits(mode, code, sizeof(code) - 1) & GLANCE_NOWHERE) != 0)
	(void)state;
	/* mov ecx, [ffff0000h], [7], [30000000h]; mov eax, [80000000h] */
	assert_true(NOWHERE(X86_MODE_32, "\x8b\x0d\0\0\xff\xff"));
	assert_true(NOWHERE(X86_MODE_32, "\x8b\x0d\x07\0\0\0"));
	assert_true(NOWHERE(X86_MODE_32, "\x8b\x0d\0\0\0\x30"));
	assert_true(NOWHERE(X86_MODE_32, "\xa1\0\0\0\x80"));
	/* a program's own, a library's, the TEB's, none at all, relative to a register */
	assert_false(NOWHERE(X86_MODE_32, "\x8b\x0d\0\x10\x40\0"));
	assert_false(NOWHERE(X86_MODE_32, "\xa1\0\x10\x80\x7c"));
	assert_false(NOWHERE(X86_MODE_32, "\x64\x8b\x0d\x30\0\0\0"));
	assert_false(NOWHERE(X86_MODE_32, "\x64\xa1\x30\0\0\0"));
	assert_false(NOWHERE(X86_MODE_32, "\x8d\x0d\0\0\xff\xff"));
	assert_false(NOWHERE(X86_MODE_32, "\x8b\x8b\0\0\xff\xff"));
	/* relative to rip: 16 MiB are far */
	assert_true(NOWHERE(X86_MODE_64, "\x8b\x0d\0\0\x80\x70"));
	assert_false(NOWHERE(X86_MODE_64, "\x8b\x0d\xf0\xff\xff\xff"));
	assert_false(NOWHERE(X86_MODE_64, "\x8b\x0d\0\x10\0\0"));
	assert_true(NOWHERE(X86_MODE_64, "\xa1\0\x10\0\0\0\0\0\x70"));
	assert_false(NOWHERE(X86_MODE_64, "\xa1\0\x10\x40\0\0\0\0\0"));
	/* int3, int1, int 21h; int 80h, int 2eh, int 91h */
	assert_true(NOWHERE(X86_MODE_32, "\xcc"));
	assert_true(NOWHERE(X86_MODE_64, "\xf1"));
	assert_true(NOWHERE(X86_MODE_32, "\xcd\x21"));
	assert_false(NOWHERE(X86_MODE_64, "\xcd\x80"));
	assert_false(NOWHERE(X86_MODE_32, "\xcd\x2e"));
	assert_false(NOWHERE(X86_MODE_32, "\xcd\x91"));
#undef NOWHERE
}

static void knows_what_gets_a_value(void **state)
{
#define SETS(mode, code) \
	glance_sets(mode, (struct bytes){ (const uint8_t *)(code), sizeof(code) - 1 })
	(void)state;
	assert_int_equal(SETS(X86_MODE_32, "\x5b"), 1u << X86_BX);
	assert_int_equal(SETS(X86_MODE_32, "\x31\xc9"), 1u << X86_CX);
	assert_int_equal(SETS(X86_MODE_32, "\x41"), 0);
	assert_int_equal(SETS(X86_MODE_32, "\xf7\xe3"), 1u << X86_AX | 1u << X86_DX);
	assert_int_equal(SETS(X86_MODE_32, "\x91"), 1u << X86_AX | 1u << X86_CX);
	assert_int_equal(SETS(X86_MODE_32, "\x0f\xb6\xd0"), 1u << X86_DX);
	assert_int_equal(SETS(X86_MODE_64, "\x48\x31\xf6"), 1u << X86_SI);
	assert_int_equal(SETS(X86_MODE_32, ""), 0);
#undef SETS
}

static void skips_prefixes(void **state)
{
	(void)state;
	assert_int_equal(glance_opcode(X86_MODE_32, bytes_of("\x64\x66\xa1")), 2);
	assert_int_equal(glance_opcode(X86_MODE_64, bytes_of("\x65\x48\x8b")), 2);
	assert_int_equal(glance_opcode(X86_MODE_32, bytes_of("\x48\x8b")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_every_opcode),
		cmocka_unit_test(agrees_on_random_bytes),
		cmocka_unit_test(finds_the_same_traits_either_way),
		cmocka_unit_test(knows_the_traits),
		cmocka_unit_test(knows_what_goes_nowhere),
		cmocka_unit_test(knows_what_gets_a_value),
		cmocka_unit_test(skips_prefixes),
		cmocka_unit_test(tells_the_same_by_two_bytes),
		cmocka_unit_test(tells_what_it_could_not_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
