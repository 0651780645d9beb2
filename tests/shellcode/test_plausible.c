#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/plausible.h"
#include "shellcode/printable.h"

#define BYTES(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static bool ahead(enum x86_mode mode, struct bytes code, enum seed_kind kind, bool strict)
{
	struct sweep *sweep = sweep_new(mode);
	bool plausible;

	assert_non_null(sweep);
	sweep_load(sweep, code);
	plausible = plausible_ahead(sweep, mode, &(struct seed){ 0, kind, false }, strict);
	sweep_free(sweep);
	return plausible;
}

static bool entry(struct bytes code, bool decoded)
{
	struct sweep *sweep = sweep_new(X86_MODE_32);
	bool plausible;

	assert_non_null(sweep);
	sweep_load(sweep, code);
	plausible = plausible_entry(sweep, 0, decoded);
	sweep_free(sweep);
	return plausible;
}

static void an_environment_must_be_fetched(void **state)
{
	(void)state;
	/* fnstenv [esp - 12]; pop esi; xor [esi], al */
	assert_true(ahead(X86_MODE_32, BYTES("\xd9\x74\x24\xf4\x5e\x30\x06"), SEED_FPU, false));
	/* nobody pops it: xor eax, eax … ret */
	assert_false(ahead(X86_MODE_32, BYTES("\xd9\x74\x24\xf4\x31\xc0\xc3"), SEED_FPU, false));
	/* arpl: nobody writes that */
	assert_false(
		ahead(X86_MODE_32, BYTES("\xd9\x74\x24\xf4\x63\xc1\x5e\x30\x06"), SEED_FPU, false));
}

static void a_pointer_must_be_followed(void **state)
{
	(void)state;
	/* mov eax, fs:[30h]; mov eax, [eax + 12] */
	assert_true(ahead(X86_MODE_32, BYTES("\x64\xa1\x30\x00\x00\x00\x8b\x40\x0c"), SEED_SEGMENT,
			  false));
	/* through another register: xchg esi, eax; lodsd */
	assert_true(
		ahead(X86_MODE_32, BYTES("\x64\xa1\x30\x00\x00\x00\x96\xad"), SEED_SEGMENT, false));
	/* not: mov eax, [ecx + 12]; ret */
	assert_false(ahead(X86_MODE_32, BYTES("\x64\xa1\x30\x00\x00\x00\x8b\x41\x0c\xc3"),
			   SEED_SEGMENT, false));
}

static void compiled_code_all_around_asks_for_a_decoder(void **state)
{
	/* call next; pop ebx; mov eax, [ebx + 4]; ret: how libraries find their data */
	struct bytes library = BYTES("\xe8\x00\x00\x00\x00\x5b\x8b\x43\x04\xc3");
	/* call next; pop ebx; xor byte [ebx], 1; inc ebx; loop back to the xor */
	struct bytes decoder = BYTES("\xe8\x00\x00\x00\x00\x5b\x80\x33\x01\x43\xe2\xfa");

	(void)state;
	assert_true(ahead(X86_MODE_32, library, SEED_CALL, false));
	assert_false(ahead(X86_MODE_32, library, SEED_CALL, true));
	assert_true(ahead(X86_MODE_32, decoder, SEED_CALL, true));
}

static void decoded_words_must_change_memory(void **state)
{
	/* movs, loop, and enough behind it */
	struct bytes loop =
		BYTES("\xa4\xe2\xfd\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90"
		      "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90");
	struct bytes nothing = BYTES("\x31\xc0\x40\xc3");

	(void)state;
	assert_true(entry(loop, true));
	assert_false(entry(bytes_slice(loop, 0, 12), true));
	assert_true(entry(nothing, false));
	assert_false(entry(nothing, true));
}

static void runs_are_judged_by_their_characters(void **state)
{
	(void)state;
	assert_int_equal(printable_run(BYTES("PYIIII0AkAAQ2AB1BB0BBABXP")), PRINTABLE_WRITES);
	assert_int_equal(printable_run(BYTES("%AAAA%BBBB-AAAAP-BBBB-CCCCP-AAAA-BBBBP")),
			 PRINTABLE_BUILDS);
	assert_int_equal(printable_run(BYTES("http://www.example.com/a/very/long/name.html")),
			 PRINTABLE_NOT);
	assert_int_equal(printable_run(BYTES("")), PRINTABLE_NOT);
}

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
	return (byte && strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67", byte)) ||
	       (mode == X86_MODE_64 && (byte & 0xf0) == 0x40);
}

/* The slow, obvious walk: instructions until one that nobody writes, at most 20; *prefixes: bytes
 * before their opcodes, of all that it saw; *closer: there were some that are looked at closer. */
static unsigned goes_on(enum x86_mode mode, struct bytes bytes, unsigned *prefixes, bool *closer)
{
	size_t at = 0;

	*prefixes = 0;
	for (unsigned steps = 0; steps < 20; steps++) {
		struct bytes code = bytes_slice(bytes, at, INSTRUCTION_MAX);
		struct step step = glance_length(mode, code);
		size_t opcode = 0;
		while (opcode < code.length - 1 && is_prefix(mode, code.data[opcode]))
			opcode++;
		*prefixes += (unsigned)opcode;
		*closer |= printable_length(mode, code.data) > INSTRUCTION_MAX;
		if (step.length == 0 || code.data[opcode] == 0x62 ||
		    (code.data[opcode] == 0x63 && mode == X86_MODE_32))
			return steps;
		at += step.length;
	}
	return 20;
}

/* Both widths at once give what each of them gives alone. */
static void widths_are_those_of_the_obvious_walk(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	struct random random;
	unsigned gone[2] = { 0 }, ended[2] = { 0 };

	(void)state;
	random_init(&random, 18, 0);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t code[400];
		unsigned widths, prefixes[2], steps[2], shift = i & 1;
		uint64_t cost = 0;
		bool closer = false;
		for (unsigned j = 0; j < sizeof code; j++)
			code[j] = (uint8_t)(i & 4 ? letters[random_below(&random, 64) >> shift]
						  : 0x20 + (int)random_below(&random, 0x5f));
		widths = printable_widths((struct bytes){ code, sizeof code }, 0, &cost);
		for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
			steps[mode] = goes_on(mode, (struct bytes){ code, sizeof code },
					      &prefixes[mode], &closer);
		for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
			bool may = widths >> mode & 1;
			assert_true(closer || cost > 0);
			assert_true(may || steps[mode] < 20);
			assert_true(!may || closer || steps[mode] + prefixes[mode] >= 20);
			gone[mode] += may && !closer;
			ended[mode] += !may;
		}
	}
	assert_true(gone[0] > 500 && gone[1] > 500 && ended[0] > 5000 && ended[1] > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_printable_lengths),
		cmocka_unit_test(widths_are_those_of_the_obvious_walk),
		cmocka_unit_test(an_environment_must_be_fetched),
		cmocka_unit_test(a_pointer_must_be_followed),
		cmocka_unit_test(compiled_code_all_around_asks_for_a_decoder),
		cmocka_unit_test(decoded_words_must_change_memory),
		cmocka_unit_test(runs_are_judged_by_their_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
