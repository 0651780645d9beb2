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
	/* compiled without optimisation: a function of its own gives it, by a variable of its own
	 */
	assert_true(ahead(X86_MODE_32,
			  BYTES("\x64\xa1\x30\x00\x00\x00\x89\x45\xfc\x8b\x45\xfc\xc9\xc3"),
			  SEED_SEGMENT, false));
	assert_false(ahead(X86_MODE_32,
			   BYTES("\x64\xa1\x30\x00\x00\x00\x89\x45\xfc\x8b\x45\xfc\xc9\xc3"),
			   SEED_SEGMENT, true));
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

static enum printable obvious_run(struct bytes run)
{
	unsigned patches = 0, sums = 0, pushes = 0;

	for (size_t i = 0; i < run.length; i++) {
		uint8_t next = i + 1 < run.length ? run.data[i + 1] : 0;
		patches += (run.data[i] == '0' || run.data[i] == '1') && next >= 0x40 &&
			   (next & 7) != 4;
		sums += run.data[i] == '%' || run.data[i] == '-' || run.data[i] == '5';
		pushes += run.data[i] == 'P';
	}
	return sums >= 6 && pushes >= 3 ? PRINTABLE_BUILDS
	       : patches >= 2		? PRINTABLE_WRITES
					: PRINTABLE_NOT;
}

static void runs_are_counted_alike_by_all_processors(void **state)
{
	static const char useful[] = "0A1BP5XAa=-%zLDdTUVYZuvw/+hijklmn";
	struct random random;
	unsigned seen[3] = { 0 };

	(void)state;
	random_init(&random, 19, 0);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t data[200];
		struct bytes run = { data, random_below(&random, sizeof data + 1) };
		unsigned which = random_below(&random, 40);
		enum printable expected;
		for (size_t j = 0; j < run.length; j++)
			data[j] = (uint8_t)(random_below(&random, 40) < which
						    ? 0x21 + (int)random_below(&random, 0x5e)
						    : useful[random_below(&random, 33)]);
		expected = obvious_run(run);
		assert_int_equal(printable_run(run), expected);
		assert_int_equal(printable_run_plainly(run), expected);
		seen[expected]++;
	}
	assert_true(seen[0] > 1000 && seen[1] > 1000 && seen[2] > 1000);
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

/* Both widths at once give what each of them gives alone. */
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
		widths = printable_widths(bytes, 0, end, &cost);
		for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
			bool work = obviously_works(mode, bytes, end);
			assert_int_equal(widths >> mode & 1, work);
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
		cmocka_unit_test(runs_are_counted_alike_by_all_processors),
		cmocka_unit_test(widths_are_those_of_the_obvious_walk),
		cmocka_unit_test(an_environment_must_be_fetched),
		cmocka_unit_test(a_pointer_must_be_followed),
		cmocka_unit_test(compiled_code_all_around_asks_for_a_decoder),
		cmocka_unit_test(decoded_words_must_change_memory),
		cmocka_unit_test(runs_are_judged_by_their_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
