#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/printable.h"

enum { BOTH = 1 << X86_MODE_32 | 1 << X86_MODE_64 };

/* Text, and letters of base64, as instructions: what is told by the table is what a glance tells,
 * but for what nobody writes. */
static void knows_printable_lengths(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	struct random random;
	unsigned told = 0, ended = 0;

	(void)state;
	random_init(&random, 17, 0);
	for (unsigned i = 0; i < 400000; i++) {
		uint8_t code[2 * INSTRUCTION_MAX];
		enum x86_mode mode = i & 1 ? X86_MODE_64 : X86_MODE_32;
		unsigned length;
		struct step step;
		for (unsigned j = 0; j < sizeof code; j++)
			code[j] = (uint8_t)(i & 2 ? letters[random_below(&random, 64)]
						  : (int)random_below(&random, 0x80));
		length = printable_length(mode, code);
		step = glance_length(mode, (struct bytes){ code, INSTRUCTION_MAX });
		if (length > INSTRUCTION_MAX)
			continue;
		if (length == 0) {
			uint8_t opcode = code[glance_opcode(mode, (struct bytes){ code, 15 })];
			assert_true(step.length == 0 || opcode == 0x62 || opcode == 0x63);
			ended++;
			continue;
		}
		assert_int_equal(length, step.length);
		assert_true(step.flow == FLOW_NEXT || step.flow == FLOW_BRANCH);
		told++;
	}
	assert_true(told > 300000 && ended > 10000);
}

static bool is_prefix(enum x86_mode mode, uint8_t byte)
{
	return (byte && strchr("\x26\x2e\x36\x3e\x64\x65", byte)) ||
	       (mode == X86_MODE_64 && (byte & 0xf0) == 0x40);
}

/* 0: nobody writes it. */
static unsigned obvious_length(enum x86_mode mode, struct bytes code)
{
	struct step step = glance_length(mode, code);
	size_t opcode = 0;

	if (is_prefix(mode, code.data[0]))
		return 1;
	while (opcode + 1 < code.length &&
	       (is_prefix(mode, code.data[opcode]) || (code.data[opcode] & 0xfe) == 0x66))
		opcode++;
	if (code.data[opcode] == 0x62 || (code.data[opcode] == 0x63 && mode == X86_MODE_32) ||
	    (step.flow != FLOW_NEXT && step.flow != FLOW_BRANCH))
		return 0;
	return step.length;
}

/* The slow, obvious walk through a run: has it twenty instructions, two changes of what lies ahead
 * and eight kinds of them, or six sums and three pushes, before it ends? */
static bool obviously_works(enum x86_mode mode, struct bytes bytes, size_t end)
{
	unsigned patches = 0, sums = 0, pushes = 0, kinds = 0;
	bool seen[256] = { false };
	size_t at = 0;

	for (unsigned steps = 1; steps <= 160 && at < end; steps++) {
		unsigned length = obvious_length(mode, bytes_slice(bytes, at, INSTRUCTION_MAX));
		uint8_t first = bytes.data[at];
		if (length == 0)
			return false;
		kinds += !seen[first];
		seen[first] = true;
		patches += (first == 0x30 || first == 0x31) && length == 3;
		sums += first == 0x25 || first == 0x2d || first == 0x35;
		pushes += first == 0x50;
		if (steps >= 20 && ((patches >= 2 && kinds >= 8) || (sums >= 6 && pushes >= 3)))
			return true;
		at += length;
	}
	return false;
}

/* What is asked for is told, and the other width never. */
static void widths_are_those_of_the_obvious_walk(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	static const char useful[] = "0A1BP5XAAHIIJJKKGGRQZWUVZuTt-Sy2";
	struct random random;
	unsigned works[2] = { 0 }, ends[2] = { 0 };

	(void)state;
	random_init(&random, 18, 0);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t code[400];
		struct bytes bytes = { code, sizeof code };
		size_t end = 48 + random_below(&random, 350);
		unsigned widths;
		uint64_t cost = 0;
		for (unsigned j = 0; j < sizeof code; j++)
			code[j] = (uint8_t)(i & 1   ? useful[random_below(&random, 32)]
					    : i & 2 ? letters[random_below(&random, 64)]
						    : 0x20 + (int)random_below(&random, 0x5f));
		widths = printable_widths(bytes, 0, end, BOTH, &cost);
		for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
			bool work = obviously_works(mode, bytes, end);
			assert_int_equal(widths >> mode & 1, work);
			assert_int_equal(printable_widths(bytes, 0, end, 1u << mode, &cost),
					 work ? 1u << mode : 0);
			works[mode] += work;
			ends[mode] += !work;
		}
	}
	assert_true(works[0] > 5000 && works[1] > 5000 && ends[0] > 5000 && ends[1] > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_printable_lengths),
		cmocka_unit_test(widths_are_those_of_the_obvious_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
