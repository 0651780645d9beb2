#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shellcode/plausible.h"

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

static void a_straight_decoder_may_end_in_what_it_decodes(void **state)
{
	/* not dword [ecx + 16], [ecx + 20], …; then arpl, which nobody writes */
	struct bytes four = BYTES("\xf7\x51\x10\xf7\x51\x14\xf7\x51\x18\xf7\x51\x1c\x63\xc1");

	(void)state;
	assert_true(entry(four, false));
	assert_false(entry(bytes_slice(four, 3, four.length - 3), false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_environment_must_be_fetched),
		cmocka_unit_test(a_pointer_must_be_followed),
		cmocka_unit_test(compiled_code_all_around_asks_for_a_decoder),
		cmocka_unit_test(decoded_words_must_change_memory),
		cmocka_unit_test(a_straight_decoder_may_end_in_what_it_decodes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
